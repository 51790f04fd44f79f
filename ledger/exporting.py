"""Transactions and lines as CSV files: streamed, and safe to open in a spreadsheet.

A cell that a spreadsheet would take for a formula gets an apostrophe in front. Amounts are not touched: a figure with a
sign is none. `ledger.imports.formats.holdfast` reads the transactions back.

Columns of transactions, one line each, newest first:
  id                      the transaction's own; the same in every export
  time                    in UTC, RFC 3339
  kind, category          as the API has them
  sent_*, received_*, fee_*   amount and asset of what left, what came, and what it cost
  value_*                 what it was worth, where somebody said so
  wallet, exchange        where it happened
  note, tags, ignored     the owner's words; tags are separated by commas
  group, order, hash, address, network    what belongs together, and where it stands on its chain
  linked                  ids of the other ends of the transfer that it is an end of, separated by spaces
  apart                   the same of what the owner said is no transfer with it; what was said at once, parted by "; "
  before                  what its sources say of the fields in which the owner says otherwise, as JSON
  conflicts               of the fields that wait for the owner to decide, what is against that word: what its sources
                          had said when it was said, or another word of the owner's; as JSON
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from ledger import acts, decisions, listing
from ledger.decisions import TRANSFERS, Kind
from ledger.deriving import text_of
from ledger.edits import pasts_of
from ledger.models import ImportRow
from ledger.overlay import has_changed
from ledger.shown import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from accounts.models import User
    from ledger.listing import Filters, Wallets
    from ledger.models import ImportFile, Transaction
    from ledger.overlay import Word

COLUMNS = (
    "id", "time", "kind", "category", "sent_amount", "sent_asset", "received_amount", "received_asset", "fee_amount",
    "fee_asset", "value_amount", "value_currency", "wallet", "exchange", "note", "tags", "ignored", "group", "order",
    "hash", "address", "network", "linked", "apart", "before", "conflicts",
)  # fmt: skip
AT_ONCE = 2000
MARK = "'"
# What spreadsheets read as the beginning of a formula; where people write in full width, some take those signs, too.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# A sign, digits, and at most a unit: nothing in it calls or refers to anything.
FIGURE = re.compile(r"[-+]?[€$£¥]?\d[\d., ]*(?: ?[A-Za-z€$£¥%]{1,10})?")


def safe(text: str) -> str:
    """Never a formula. What begins with an apostrophe before such a sign gets one more, so that it can be undone."""
    bare = text.lstrip(MARK)
    if not bare.startswith(RISKY) or (bare == text and FIGURE.fullmatch(text)):
        return text
    return MARK + text


def unsafe(text: str) -> str:
    """What was there before `safe`."""
    bare = text.lstrip(MARK)
    return text[1:] if text.startswith(MARK) and bare.startswith(RISKY) else text


def lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """In pieces of many rows: sending each by itself would cost more than writing it."""
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    for number, row in enumerate(rows, 1):
        writer.writerow([safe(text) for text in row])
        if number % 500 == 0:
            yield held.getvalue()
            held.seek(0)
            held.truncate()
    yield held.getvalue()


# --- transactions -----------------------------------------------------------------------------------------------------


def transactions(owner: User, chosen: Filters, wallets: Wallets) -> Iterator[str]:
    return lines(with_header(with_ends(owner, chosen, wallets), wallets))


def everything(owner: User) -> Iterator[str]:
    """Of all wallets that are not in the bin; what is ignored is marked so."""
    return transactions(owner, listing.Filters(ignored=listing.SHOWN), listing.wallets_of(owner))


@dataclass(frozen=True, slots=True)
class Beside:
    """Other ends: those that it is linked with, and each group of those that it is not. And what is in conflict."""

    linked: Sequence[UUID] = ()
    apart: Sequence[Sequence[UUID]] = ()
    conflicts: Mapping[str, Any] = field(default_factory=dict)


def with_header(found: Iterable[tuple[Transaction, Beside]], wallets: Wallets) -> Iterator[Sequence[str]]:
    yield COLUMNS
    for each, beside in found:
        yield row_of(each, wallets, beside)


def with_ends(owner: User, chosen: Filters, wallets: Wallets) -> Iterator[tuple[Transaction, Beside]]:
    for page in walked(owner, chosen, wallets):
        beside, doubts = ends_beside(owner, page), conflicts_of(page)
        yield from ((each, replace(beside.get(each.pk, Beside()), conflicts=doubts.get(each.pk, {}))) for each in page)


def conflicts_of(page: Sequence[Transaction]) -> dict[UUID, dict[str, Any]]:
    """Few have any, so that words are looked up for those alone."""
    disputed = {each.pk: each for each in page if each.conflicts}
    pasts = pasts_of(list(disputed)) if disputed else {}
    return {pk: against(disputed[pk], [past.words for past in pasts[pk].said.values()]) for pk in disputed}


def against(each: Transaction, words: Sequence[Mapping[str, Word]]) -> dict[str, Any]:
    """What the word that holds stood against when it was said; where that is so still, what else was said."""
    fields, found = fields_of(each), {}
    for name in each.conflicts:
        said = [held[name] for held in words if name in held]
        holding = next(word for word in said if word.value == fields.effective[name])
        others = [word.value for word in said if word.value != holding.value]
        found[name] = others[0] if others and not has_changed(name, holding, fields.source[name]) else holding.seen
    return found


def ends_beside(owner: User, page: Sequence[Transaction]) -> dict[UUID, Beside]:
    """Of a transfer that arrived as several, those besides it, too."""
    held = [each for each in decisions.of([each.pk for each in page]) if decisions.about(each.kind) is TRANSFERS]
    found = acts.present(owner, {end for each in held for end in (each.one, each.other)})
    ends: dict[tuple[Kind, UUID], set[UUID]] = defaultdict(set)
    for each in held:
        ends[each.kind, each.act] |= {found[end].pk for end in (each.one, each.other) if end in found}
    beside: dict[UUID, dict[Kind, list[list[UUID]]]] = defaultdict(lambda: defaultdict(list))
    for (kind, _), whole in ends.items():
        for end in whole:
            beside[end][kind].append(sorted(whole - {end}))
    return {
        end: Beside([each for group in told[Kind.LINKED] for each in group], sorted(filter(None, told[Kind.APART])))
        for end, told in beside.items()
    }


def walked(owner: User, chosen: Filters, wallets: Wallets) -> Iterator[list[Transaction]]:
    """Page after page by its key: nothing is held open while somebody's line is slow."""
    rows: Any = listing.listed(owner, chosen, wallets)
    last = None
    while True:
        further = Q() if last is None else beyond(last)
        page = list(rows.filter(further).order_by("-occurred_at", "-id")[:AT_ONCE])
        yield page
        if len(page) < AT_ONCE:
            return
        last = page[-1]


def beyond(last: Transaction) -> Q:
    at = last.occurred_at
    return Q(occurred_at__lte=at) & (Q(occurred_at__lt=at) | Q(id__lt=last.pk))


def row_of(each: Transaction, wallets: Wallets, beside: Beside) -> Sequence[str]:
    wallet = wallets.by_id.get(each.wallet_id)
    facts = {
        **{name: str(getattr(each, name)) for name in TEXTS},
        "id": str(each.pk),
        "time": each.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "wallet": wallet.label if wallet else "",
        "exchange": wallet.exchange if wallet else "",
        "tags": ", ".join(each.tags),
        "ignored": "yes" if each.ignored else "",
        "linked": " ".join(map(str, beside.linked)),
        "apart": "; ".join(" ".join(map(str, group)) for group in beside.apart),
        "before": before(each, linked=bool(beside.linked)),
        "conflicts": as_json(beside.conflicts),
        **{f"{leg}_amount": amount_of(each, leg) for leg in ("sent", "received", "fee", "value")},
    }
    return [facts[name] for name in COLUMNS]


def before(each: Transaction, *, linked: bool) -> str:
    """What a rule says goes for what sources say, but for the kind that comes of a link: the link is told beside it."""
    names = [*each.mine, *(name for name in each.ruled if name == "kind" and linked)]
    said = {name: (each.source or {})[name] for name in names}
    return as_json(said)


def as_json(said: Mapping[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, sort_keys=True) if said else ""


TEXTS = (
    "kind", "category", "sent_asset", "received_asset", "fee_asset", "value_currency", "note", "group", "order", "hash",
    "address", "network",
)  # fmt: skip


def amount_of(each: Transaction, leg: str) -> str:
    amount = getattr(each, f"{leg}_amount")
    return "" if amount is None else text_of(amount)


# --- lines of a file that could not be read ---------------------------------------------------------------------------


def failed_rows(file: ImportFile) -> Iterator[str]:
    """As they stood, with their own header: mended, they are a file like the one they came from."""
    rows = ImportRow.objects.filter(file=file, state=ImportRow.State.FAILED).order_by("number")
    return lines(as_table(file.columns, rows.values_list("raw", flat=True).iterator(chunk_size=AT_ONCE)))


def as_table(order: Sequence[str], found: Iterable[Mapping[str, Any] | None]) -> Iterator[Sequence[str]]:
    """A new header wherever the columns change: some files have several tables."""
    header: list[str] = []
    for raw in found:
        cells = (raw or {}).get("cells") or {}
        names = [name for name in order if name in cells] + sorted(set(cells) - set(order))
        if names != header:
            header = names
            yield header
        yield [str(cells[name]) for name in header]
