"""From events to transactions: what sources tell, merged where it is the same, under the owner's rules and words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger import keys as names
from ledger.overlay import History, history, merge
from ledger.readings.base import Kind
from ledger.readings.categories import RENAME
from ledger.readings.events import Amount, Draft, drafts
from ledger.readings.numbers import EXACT
from ledger.rules import ruled_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from ledger.assets import Namer
    from ledger.keys import Key, Known
    from ledger.models import Rule
    from ledger.readings.events import Told
    from wallets.models import Wallet

Side = tuple[Decimal | None, str]  # how much of what
NO_SIDE: Side = (None, "")
DETAILS = ("category", "order", "group", "hash", "address", "network", "note", "worth")


@dataclass(slots=True)
class Found:
    """A draft on its way: what it was made of, and by what names it may be known."""

    event: str
    draft: Draft
    trust: int
    keys: list[Key]
    told_by: dict[int, list[str]]  # where several origins tell it, what each calls it, by how far it is trusted

    @property
    def key(self) -> Key:
        return self.keys[0]


class Legs(NamedTuple):
    """What a draft moved, under the codes of its assets instead of the exchange's symbols."""

    sent: Amount | None
    received: Amount | None
    fee: Amount | None

    @property
    def are_of_one_asset(self) -> bool:
        return self.sent is not None and self.received is not None and self.sent.asset == self.received.asset


class Held(NamedTuple):
    """What holds of a transaction, as its columns have it."""

    occurred_at: datetime
    kind: str
    category: str
    sent: Side
    received: Side
    fee: Side
    value: Side
    note: str
    tags: Sequence[str] = ()
    ignored: bool = False


class Derived(NamedTuple):
    """A transaction, ready to be written."""

    id: UUID
    event: str
    draft: Draft
    held: Held
    unknown: tuple[str, ...]
    source: Mapping[str, Any] | None = None  # where the owner or a rule says otherwise
    mine: tuple[str, ...] = ()
    ruled: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


def found(told: Mapping[str, Sequence[Told]]) -> list[Found]:
    return [
        Found(event, draft, min([each.trust for each in readings]), [], told_by(draft, readings))
        for event, readings in sorted(told.items())
        for draft in drafts(readings)
    ]


def told_by(draft: Draft, readings: Sequence[Told]) -> dict[int, list[str]]:
    if len({each.trust for each in readings}) == 1:
        return {}
    own = set(draft.identities)
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
    known.add(given.values())
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
    winner.draft = winner.draft._replace(rows=rows, **missing)
    candidates = [*winner.keys, *loser.keys]
    first = known.chosen(candidates)
    winner.keys = [first, *(key for key in candidates if key is not first)]


def derived(each: Found, known: Known, rules: Sequence[Rule], wallet: Wallet, namer: Namer) -> Derived:
    """Nearly all hold as their sources tell them. Where a rule, a link or the owner may say more, it is weighed."""
    legs, unknown = coded(each.draft, namer)
    linked = bool(known.linked) and any(known.linked.get(key.pk) for key in each.keys)
    words = [said.words for key in each.keys if (said := said_about(key.pk, known))] if known.edits else []
    if not (rules or linked or words or legs.are_of_one_asset):
        return Derived(each.key.pk, each.event, each.draft, as_told(each.draft, legs), unknown)
    source = told_by_sources(each.draft, legs)
    ruled = ruled_by(rules, wallet, source)
    merged = merge(source, {**ruled, "kind": "transfer"} if linked else ruled, words)
    return Derived(
        each.key.pk,
        each.event,
        each.draft,
        as_merged(merged.effective),
        unknown,
        source if merged.mine or merged.ruled else None,
        merged.mine,
        merged.ruled,
        merged.conflicts,
    )


def said_about(key: UUID, known: Known) -> History | None:
    edits = known.edits.get(key)
    return history(edits) if edits else None


def coded(draft: Draft, namer: Namer) -> tuple[Legs, tuple[str, ...]]:
    """What it moved, and those of its assets that nobody knows."""
    unknown: list[str] = []

    def under_code(told: Amount | None) -> Amount | None:
        if told is None:
            return None
        code, known = namer.code(told.asset, draft.at)
        if not known:
            unknown.append(code)
        return Amount(told.amount, code)

    legs = Legs(under_code(draft.sent), under_code(draft.received), under_code(draft.fee))
    return legs, tuple(dict.fromkeys(unknown)) if unknown else ()


def as_told(draft: Draft, legs: Legs) -> Held:
    """What `told_by_sources` comes to, without writing texts and reading them again."""
    return Held(
        draft.at,
        str(draft.kind),
        draft.category,
        side_of(legs.sent),
        side_of(legs.received),
        side_of(legs.fee),
        (Decimal(text_of(draft.worth.amount)), draft.worth.currency) if draft.worth else NO_SIDE,
        draft.note,
    )


def side_of(leg: Amount | None) -> Side:
    """Without zeros that say nothing, as `text_of` has it."""
    return (EXACT.normalize(leg.amount), leg.asset) if leg else NO_SIDE


def as_merged(effective: Mapping[str, Any]) -> Held:
    return Held(
        datetime.fromisoformat(effective["occurred_at"]),
        effective["kind"],
        effective["category"],
        read_side(effective["sent"], "asset"),
        read_side(effective["received"], "asset"),
        read_side(effective["fee"], "asset"),
        read_side(effective["value"], "currency"),
        effective["note"],
        effective["tags"],
        effective["ignored"],
    )


def read_side(value: Mapping[str, str] | None, unit: str) -> Side:
    return (Decimal(value["amount"]), value[unit]) if value else NO_SIDE


def told_by_sources(draft: Draft, legs: Legs) -> dict[str, Any]:
    source: dict[str, Any] = {
        "kind": str(draft.kind),
        "category": draft.category,
        "occurred_at": time_of(draft.at),
        "sent": written(legs.sent),
        "received": written(legs.received),
        "fee": written(legs.fee),
        "value": {"amount": text_of(draft.worth.amount), "currency": draft.worth.currency} if draft.worth else None,
        "note": draft.note,
        "tags": [],
        "ignored": False,
    }
    return renamed(source, draft)


def written(leg: Amount | None) -> dict[str, str] | None:
    return {"amount": text_of(leg.amount), "asset": leg.asset} if leg else None


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
