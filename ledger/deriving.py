"""From events to transactions: what sources tell, merged where it is the same, under the owner's rules and words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ledger import keys as names
from ledger.overlay import History, Merged, history, merge
from ledger.readings.base import Kind
from ledger.readings.categories import RENAME
from ledger.readings.events import Draft, drafts
from ledger.readings.numbers import EXACT
from ledger.rules import ruled_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal
    from uuid import UUID

    from ledger.assets import Namer
    from ledger.keys import Key, Known
    from ledger.models import Rule
    from ledger.readings.events import Amount, Told
    from wallets.models import Wallet

DETAILS = ("category", "order", "group", "hash", "address", "network", "note", "worth")


@dataclass(slots=True)
class Found:
    """A draft on its way: what it was made of, and by what names it may be known."""

    event: str
    draft: Draft
    trust: int
    keys: list[Key]
    told_by: dict[int, list[str]]  # what each origin calls it, by how far it is trusted

    @property
    def key(self) -> Key:
        return self.keys[0]


@dataclass(frozen=True, slots=True)
class Derived:
    """A transaction, ready to be written."""

    id: UUID
    event: str
    draft: Draft
    source: Mapping[str, Any]
    merged: Merged
    unknown: tuple[str, ...]


def found(told: Mapping[str, Sequence[Told]]) -> list[Found]:
    return [
        Found(event, draft, min(each.trust for each in readings), [], told_by(draft, readings))
        for event, readings in sorted(told.items())
        for draft in drafts(readings)
    ]


def told_by(draft: Draft, readings: Sequence[Told]) -> dict[int, list[str]]:
    own = set(draft.identities)
    if len(readings) == 1:
        return {each.trust: [each.reading.identity] for each in readings if each.reading.identity in own}
    found: dict[int, list[str]] = {}
    for each in readings:
        if each.reading.identity in own:
            found.setdefault(each.trust, []).append(each.reading.identity)
    return {trust: sorted(names) for trust, names in found.items()}


def name(wallet: Wallet, drafted: Sequence[Found], known: Known, *, now: datetime) -> None:
    """Each gets its keys, the one it will bear first. What has no name yet is given one."""
    for each in drafted:
        each.keys = known.of(each.draft.identities)
    given = names.give(wallet, list(dict.fromkeys(new for each in drafted for new in wanting(each, known))), now=now)
    known.by_anchor.update(given)
    for each in drafted:
        candidates = known.of(each.draft.identities)
        candidates += known.left_to(candidates)
        first = known.chosen(candidates)
        each.keys = [first, *(key for key in candidates if key is not first)]


def wanting(each: Found, known: Known) -> list[str]:
    """A name where it has none; and one from each origin that tells it, so that it is known by the others when one is
    taken back.
    """
    several = [names for names in each.told_by.values() if not known.of(names)] if len(each.told_by) > 1 else []
    return [names[0] for names in several] or ([] if each.keys else [each.draft.anchor])


def without_doubles(drafted: Sequence[Found], known: Known) -> list[Found]:
    """Where two are the same, by decision or because they bear one name, one of them stays: with all rows, and with
    every name.
    """
    into = doubles(drafted, known)
    if not into:
        return list(drafted)
    kept = [each for each in drafted if id(each) not in into]
    for each in sorted(drafted, key=rank):
        if id(each) in into:
            absorb(last(each, into), each, known)
    return kept


def doubles(drafted: Sequence[Found], known: Known) -> dict[int, Found]:
    """Which of them is another one's double, and whose."""
    names = [key.pk for each in drafted for key in each.keys]
    if not known.same and len(set(names)) == len(names):
        return {}
    bearers: dict[UUID, list[Found]] = {}
    for each in drafted:
        for key in each.keys:
            bearers.setdefault(key.pk, []).append(each)
    into: dict[int, Found] = {}
    for each in drafted:
        same = {other for key in each.keys for other in (key.pk, *known.same.get(key.pk, ()))}
        better = [one for name in same for one in bearers.get(name, ()) if rank(one) < rank(each)]
        if better:
            into[id(each)] = min(better, key=rank)
    return into


def rank(each: Found) -> tuple[int, datetime, str, str]:
    """The least is believed: the API before files; of the like the one that was here first."""
    return (each.trust, each.key.created_at, each.key.anchor, each.event)


def last(each: Found, into: Mapping[int, Found]) -> Found:
    while id(each) in into:
        each = into[id(each)]
    return each


def absorb(winner: Found, loser: Found, known: Known) -> None:
    """A second file's or list's words about the same add what the first did not know."""
    missing = {field: getattr(loser.draft, field) for field in DETAILS if not getattr(winner.draft, field)}
    rows = tuple(sorted({*winner.draft.rows, *loser.draft.rows}))
    winner.draft = replace(winner.draft, rows=rows, **missing)
    candidates = [*winner.keys, *loser.keys]
    first = known.chosen(candidates)
    winner.keys = [first, *(key for key in candidates if key is not first)]


def derived(each: Found, known: Known, rules: Sequence[Rule], wallet: Wallet, namer: Namer) -> Derived:
    source, unknown = told_by_sources(each.draft, namer)
    ruled = ruled_by(rules, wallet, source)
    if known.linked and any(known.linked.get(key.pk) for key in each.keys):
        ruled = {**ruled, "kind": "transfer"}
    words = [said.words for key in each.keys if (said := said_about(key.pk, known))] if known.edits else []
    return Derived(each.key.pk, each.event, each.draft, source, merge(source, ruled, words), unknown)


def said_about(key: UUID, known: Known) -> History | None:
    edits = known.edits.get(key)
    return history(edits) if edits else None


def told_by_sources(draft: Draft, namer: Namer) -> tuple[dict[str, Any], tuple[str, ...]]:
    unknown: list[str] = []

    def amount(told: Amount | None) -> dict[str, str] | None:
        if told is None:
            return None
        code, known = namer.code(told.asset, draft.at)
        if not known:
            unknown.append(code)
        return {"amount": text_of(told.amount), "asset": code}

    source: dict[str, Any] = {
        "kind": str(draft.kind),
        "category": draft.category,
        "occurred_at": time_of(draft.at),
        "sent": amount(draft.sent),
        "received": amount(draft.received),
        "fee": amount(draft.fee),
        "value": {"amount": text_of(draft.worth.amount), "currency": draft.worth.currency} if draft.worth else None,
        "note": draft.note,
        "tags": [],
        "ignored": False,
    }
    return renamed(source, draft), tuple(dict.fromkeys(unknown))


def renamed(source: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """Who is given POL for their MATIC, or takes lent coins back, holds what they held: nothing was sold. What there is
    more or less of it afterwards came or went.
    """
    sent, received = draft.sent, draft.received
    if not (sent and received and source["sent"]["asset"] == source["received"]["asset"]):
        return source
    more = EXACT.subtract(received.amount, sent.amount)
    leg = {"amount": text_of(more.copy_abs()), "asset": source["sent"]["asset"]} if more else None
    return {
        **source,
        "kind": str(Kind.ADJUSTMENT),
        "category": RENAME,
        "sent": leg if more < 0 else None,
        "received": leg if more > 0 else None,
        "note": draft.note
        or f"{text_of(sent.amount)} {sent.asset} became {text_of(received.amount)} {received.asset}.",
    }


def text_of(amount: Decimal) -> str:
    """One text for one amount: exact, no exponent, no zeros that say nothing."""
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def time_of(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def aliases(drafted: Iterable[Found]) -> dict[UUID, UUID | None]:
    """Whom they answer for, where that is not so yet."""
    pointing: dict[UUID, UUID | None] = {}
    for each in drafted:
        for key in each.keys:
            answers_for = None if key is each.key else each.key.pk
            if key.alias_of_id != answers_for:
                pointing[key.pk] = answers_for
    return pointing
