"""Uphold: one list of all transactions, each with two sides, of which one or both are cards of the account.

Sources are named as in exchanges.md: D documents, M memory (wants a live check).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.cells import amount as number_in
from ledger.readings.cells import inner, name_of, plus, read_by, text, worth
from ledger.readings.numbers import NOTHING
from ledger.readings.telling import CALLED_OFF, INTERNAL, ON_ITS_WAY, left_out, legs, minus, parts, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from ledger.readings.base import Row

VERSION = 1
COMPLETED = "completed"
STATUSES = {
    "pending": ON_ITS_WAY,
    "processing": ON_ITS_WAY,
    "waiting": ON_ITS_WAY,
    "cancelled": CALLED_OFF,
    "failed": CALLED_OFF,
}
HOME = "uphold"  # the network of what stays at Uphold


def read(row: Row) -> list[Reading]:
    return read_by({"transactions": transaction}, row)


def why_not(status: str) -> str:
    """Why a transaction of this status does not count. Nothing, for one that does; files write it with a capital."""
    if status.lower() == COMPLETED:
        return ""
    return STATUSES.get(status.lower(), "Uphold does not say that this was completed.")


def kind_of(nature: str, network: str, *, coming: bool) -> Kind:
    """What comes out of Uphold itself, and from nobody there, was given for something (M, as is its shape)."""
    if not coming:
        return Kind.WITHDRAWAL
    return Kind.REWARD if (nature, network) == ("deposit", HOME) else Kind.DEPOSIT


# --- sides --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """What leaves is told with its fees, what arrives without: amounts are what cards really change by (D)."""

    asset: str
    amount: Decimal
    fee: Decimal
    own: bool

    @property
    def gone(self) -> tuple[Leg, ...]:
        return legs(Leg(self.asset, plus(self.fee, minus(self.amount))), self.paid)

    @property
    def come(self) -> tuple[Leg, ...]:
        return legs(Leg(self.asset, plus(self.amount, self.fee)), self.paid)

    @property
    def paid(self) -> Leg:
        return Leg(self.asset, minus(self.fee), fee=True)


def sides_of(raw: Mapping[str, Any]) -> tuple[Side, Side]:
    origin, destination = side(raw, "origin"), side(raw, "destination")
    if origin.own or destination.own:
        return origin, destination
    nature = text(raw, "type")
    return replace(origin, own=nature != "deposit"), replace(destination, own=nature != "withdrawal")


def side(raw: Mapping[str, Any], name: str) -> Side:
    """A card is named to whom it belongs to, and to nobody else (D)."""
    own = inner(raw, name)
    asset, amount = text(own, "currency"), number_in(own, "amount").copy_abs()
    return Side(asset, amount, fee_of(raw, name, asset, amount), bool(text(own, "CardId")))


def fee_of(raw: Mapping[str, Any], name: str, asset: str, amount: Decimal) -> Decimal:
    """`base` is the amount before commissions and fees (D); where it is missing, fees of this side say the same."""
    own = inner(raw, name)
    if text(own, "base"):
        base = number_in(own, "base").copy_abs()
        fee = plus(amount, minus(base)) if name == "origin" else plus(base, minus(amount))
    else:
        ours = (each for each in parts(raw, "fees") if text(each, "target") == name and text(each, "currency") == asset)
        fee = next((number_in(each, "amount") for each in ours), NOTHING)
    return max(fee, NOTHING)


# --- rows ---------------------------------------------------------------------------------------------------------


def transaction(row: Row) -> Iterator[Reading]:
    why = why_not(text(row.raw, "status"))
    if why:
        yield left_out(row, why)
        return
    origin, destination = sides_of(row.raw)
    if origin.own and destination.own:
        yield between_cards(row, origin, destination)
    elif origin.own:
        yield from out(row, origin, destination)
    else:
        yield from into(row, origin, destination)


def between_cards(row: Row, origin: Side, destination: Side) -> Reading:
    if origin.asset != destination.asset:
        return told(row, Kind.TRADE, (*origin.gone, *destination.come), **details(row, destination))
    if origin.amount == destination.amount:
        return left_out(row, INTERNAL)
    return told(row, Kind.TRANSFER, (*origin.gone, *destination.come), category="internal", **details(row, origin))


def into(row: Row, origin: Side, destination: Side) -> Iterator[Reading]:
    """Money of another currency, from outside, is bought for on its way in. Somebody else's is turned by them (M)."""
    kind = kind_of(text(row.raw, "type"), text(row.raw, "network"), coming=True)
    more = details(row, destination)
    if kind is Kind.REWARD or not turned(row, origin, destination):
        yield told(row, kind, destination.come, **more)
        return
    group = name_of(row)
    yield told(row, Kind.TRADE, (*origin.gone, *destination.come), group=group, **more)
    yield beside(row, kind, Leg(origin.asset, origin.amount), "in")


def out(row: Row, origin: Side, destination: Side) -> Iterator[Reading]:
    more = details(row, origin)
    if not turned(row, origin, destination):
        yield told(row, Kind.WITHDRAWAL, origin.gone, **more)
        return
    yield told(row, Kind.TRADE, (*origin.gone, *destination.come), group=name_of(row), **more)
    yield beside(row, Kind.WITHDRAWAL, Leg(destination.asset, minus(destination.amount)), "out")


def turned(row: Row, origin: Side, destination: Side) -> bool:
    """A deposit or withdrawal that was another currency outside than it is here."""
    known = bool(origin.asset and origin.amount and destination.asset and destination.amount)
    return known and origin.asset != destination.asset and text(row.raw, "type") in {"deposit", "withdrawal"}


def beside(row: Row, kind: Kind, moved: Leg, which: str) -> Reading:
    """The other half of a row that is two happenings: an event of its own, so that they are not netted."""
    name = f"{name_of(row)}:{which}"
    return Reading(name, name, row.at, kind, legs(moved), group=name_of(row))


def details(row: Row, ours: Side) -> dict[str, Any]:
    network = text(row.raw, "network")
    return {
        "hash": text(inner(row.raw, "params"), "txid"),  # M
        "network": "" if network == HOME else network,
        "note": text(row.raw, "message"),
        "worth": worth_of(row.raw) if ours.amount else None,
    }


def worth_of(raw: Mapping[str, Any]) -> Worth | None:
    """What Uphold itself reckons a transaction in, which is US dollars (D)."""
    return next(filter(None, (worth(each) for each in parts(raw, "normalized"))), None)
