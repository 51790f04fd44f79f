"""Readings that belong together become transactions, as their sources tell them, before the owner's word.

An event of more than one pair of legs, as a basket, becomes several drafts of one `group`. Nothing is dropped and
nothing is made up: the legs of all drafts together are what the event moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.readings.base import Kind
from ledger.readings.numbers import EXACT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal

    from ledger.readings.base import Reading, Worth


class Amount(NamedTuple):
    amount: Decimal
    asset: str


class Told(NamedTuple):
    """A reading, and the row it was read from. The least `trust` is believed first: files round what the API tells."""

    reading: Reading
    row: int
    trust: int = 0


class Draft(NamedTuple):
    """A transaction, as its sources tell it. What is sent and received is above nought; a fee may have come back."""

    anchor: str  # what its key hangs on, unless another of its identities has a key already
    identities: tuple[str, ...]
    rows: tuple[int, ...]
    at: datetime
    kind: Kind
    sent: Amount | None = None
    received: Amount | None = None
    fee: Amount | None = None
    category: str = ""
    order: str = ""
    group: str = ""
    hash: str = ""
    address: str = ""
    network: str = ""
    note: str = ""
    worth: Worth | None = None


@dataclass(slots=True)
class Flow:
    """What an event moved of one asset, and which readings said so."""

    asset: str
    amount: Decimal
    by: list[Reading]


@dataclass(slots=True)
class Pair:
    sent: Flow | None = None
    received: Flow | None = None
    fee: Flow | None = None

    @property
    def flows(self) -> list[Flow]:
        return [flow for flow in (self.sent, self.received, self.fee) if flow]

    @property
    def assets(self) -> set[str]:
        return {flow.asset for flow in (self.sent, self.received) if flow}


def drafts(told: Iterable[Told]) -> list[Draft]:
    """Of one event. The same readings in any order give the same drafts."""
    ordered = list(told)
    if len(ordered) > 1:
        ordered.sort(key=lambda each: (each.reading.rank, each.reading.at, each.reading.identity, each.trust))
    rows = tuple(sorted({each.row for each in ordered}))
    readings = once_each(ordered)
    pairs = paired(flows(believed(readings)))
    names = named(pairs, readings)
    return [
        drawn(pair, anchor, identities, rows, readings, several=len(pairs) > 1)
        for pair, (anchor, identities) in zip(pairs, names, strict=True)
    ]


def once_each(ordered: Sequence[Told]) -> list[Reading]:
    """Two sources that name the same row tell it once."""
    if len(ordered) == 1:
        return [ordered[0].reading]
    best: dict[tuple[str, int], Told] = {}
    for each in ordered:
        known = best.setdefault((each.reading.identity, each.reading.rank), each)
        if (each.trust, -each.row) < (known.trust, -known.row):
            best[each.reading.identity, each.reading.rank] = each
    return [each.reading for each in best.values()]


def believed(readings: Sequence[Reading]) -> list[Reading]:
    """Of those that move something, the ones of the lowest rank."""
    moving = [reading for reading in readings if reading.legs]
    lowest = min((reading.rank for reading in moving), default=0)
    return [reading for reading in moving if reading.rank == lowest]


def flows(readings: Sequence[Reading]) -> dict[tuple[str, bool], Flow]:
    """Netted by asset; what fees took is kept apart. What comes to nothing moved nothing."""
    found: dict[tuple[str, bool], Flow] = {}
    for reading in readings:
        for leg in reading.legs:
            flow = found.get((leg.asset, leg.fee))
            if flow is None:
                found[leg.asset, leg.fee] = Flow(leg.asset, EXACT.plus(leg.amount), [reading])
                continue
            flow.amount = EXACT.add(flow.amount, leg.amount)
            if flow.by[-1] is not reading:
                flow.by.append(reading)
    return {key: flow for key, flow in found.items() if flow.amount}


def paired(found: dict[tuple[str, bool], Flow]) -> list[Pair]:
    """What went beside what came, and each fee beside what it was paid for."""
    main = [flow for (_, fee), flow in found.items() if not fee]
    went, came = [flow for flow in main if flow.amount < 0], [flow for flow in main if flow.amount > 0]
    pairs = [Pair(sent, received) for sent, received in zip_longest(went, came)]
    for (_, is_fee), fee in found.items():
        if not is_fee:
            continue
        free = [pair for pair in pairs if not pair.fee]
        place = next((pair for pair in free if fee.asset in pair.assets), next(iter(free), None))
        if place is None:
            pairs.append(place := Pair())
        place.fee = fee
    return pairs


def named(pairs: Sequence[Pair], readings: Sequence[Reading]) -> list[tuple[str, tuple[str, ...]]]:
    """For each draft the identity its key hangs on, and all by which it may be known already. Those of readings that
    only add details go with the first; but no name hangs on what may be said of another by tomorrow.
    """
    taken: set[str] = set()
    names: list[tuple[str, tuple[str, ...]]] = []
    for place, pair in enumerate(pairs):
        said = {reading.identity for flow in pair.flows for reading in flow.by}
        own = sorted(said - taken)
        taken.update(own)
        anchor = own[0] if own else f"{min(said)}+{place}"
        names.append((anchor, tuple(own or [anchor])))
    if names:
        anchor, own_identities = names[0]
        rest = sorted({reading.identity for reading in readings if not reading.about} - taken)
        names[0] = (anchor, (*own_identities, *rest))
    return names


def drawn(
    pair: Pair,
    anchor: str,
    identities: tuple[str, ...],
    rows: tuple[int, ...],
    readings: Sequence[Reading],
    *,
    several: bool,
) -> Draft:
    said = [reading for flow in pair.flows for reading in flow.by]
    named = {id(reading) for reading in said}
    order, hash_, address, network, note = words_of(
        [*said, *(reading for reading in readings if id(reading) not in named)]
    )
    return Draft(
        anchor=anchor,
        identities=identities,
        rows=rows,
        at=min(reading.at for reading in said),
        kind=kind_of(pair, said),
        sent=amount_of(pair.sent),
        received=amount_of(pair.received),
        fee=fee_of(pair.fee),
        category=first(said, "category") or "",
        order=order,
        group=first(said, "group") or (said[0].event if several else ""),
        hash=hash_,
        address=address,
        network=network,
        note=note,
        worth=first(said, "worth"),
    )


def kind_of(pair: Pair, said: Sequence[Reading]) -> Kind:
    if pair.sent and pair.received:
        return Kind.TRADE
    if not pair.sent and not pair.received:
        return Kind.FEE
    return said[0].kind


def amount_of(flow: Flow | None) -> Amount | None:
    return Amount(flow.amount.copy_abs(), flow.asset) if flow else None


def fee_of(flow: Flow | None) -> Amount | None:
    return Amount(flow.amount.copy_negate(), flow.asset) if flow else None


def words_of(readings: Iterable[Reading]) -> tuple[str, str, str, str, str]:
    """Of each what the first of them says that says anything; in one loop, because every event is asked for all."""
    order = hash_ = address = network = note = ""
    for each in readings:
        order, hash_, address = order or each.order, hash_ or each.hash, address or each.address
        network, note = network or each.network, note or each.note
    return order, hash_, address, network, note


def first(readings: Iterable[Reading], field: str) -> Any:
    """What the first of them says that says anything."""
    for reading in readings:
        if said := getattr(reading, field):
            return said
    return None
