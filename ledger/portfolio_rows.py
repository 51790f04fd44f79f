"""Holdings line by line as a page shows them, and how they share the whole among them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ledger import portfolio_shown as shown
from ledger.sums import NOUGHT, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.portfolio import Held, Portfolio
    from wallets.models import Wallet

MANY = 100  # lines of a table, before it is asked for all
SLICES = 7  # of a ring; what is smaller goes together
SMALL = Decimal(1)  # in whatever money
THIN = Decimal("0.4")  # of a hundred: what is thinner cannot be seen
FULL = Decimal(100)


@dataclass(frozen=True, slots=True)
class Row:
    """Words and figures, ready to be read. Money has no currency here: the heading says it."""

    held: Held
    amount: str
    price: str
    priced: str  # when, where it is not of now
    value: str
    cost: str
    gain: str
    gain_share: str
    change: str
    change_share: str
    unknown: str  # so much of it at a cost nobody knows
    lots: str  # what they come to, where it is not what is held
    lots_are_fewer: bool

    @property
    def below(self) -> bool:
        return self.held.amount < 0


@dataclass(frozen=True, slots=True)
class Slice:
    name: str
    code: str  # empty: what is put together
    value: str
    share: str
    length: Decimal  # of a hundred
    rest: Decimal
    offset: Decimal
    number: int


def row(held: Held, currency: str) -> Row:
    basis, price = held.basis, held.price
    then = held.value - held.change if held.value is not None and held.change is not None else None
    return Row(
        held=held,
        amount=shown.amount(held.amount),
        price=shown.price(price.value if price else None),
        priced=shown.clock(held.priced_at, held.now) if held.is_old else "",
        value=shown.plain(held.value, currency),
        cost=shown.plain(basis.told_cost if basis else None, currency),
        gain=shown.plain_change(held.gain, currency),
        gain_share=shown.signed_share(held.gain, basis.cost if basis else None),
        change=shown.plain_change(held.change if not is_own(held, currency) else None, currency),
        change_share=shown.signed_share(held.change, then) if not is_own(held, currency) else "",
        unknown=shown.amount(basis.unknown) if basis and basis.unknown else "",
        lots=shown.amount(basis.amount) if basis and basis.lots and basis.amount != held.amount else "",
        lots_are_fewer=bool(basis and basis.amount < held.amount),
    )


def is_own(held: Held, currency: str) -> bool:
    """The money in which everything is told does not change."""
    return held.code == currency


def rows(found: Portfolio, *, small: bool = True, most: int | None = MANY) -> list[Row]:
    """`small`: also what is worth next to nothing."""
    return [row(each, found.currency) for each in kept(found, small=small)[:most]]


def kept(found: Portfolio, *, small: bool) -> list[Held]:
    return [each for each in found.held if small or matters(each)]


def matters(held: Held) -> bool:
    if held.about.spam:
        return False
    return held.value is None or abs(held.value) >= SMALL


def by_asset(found: Portfolio) -> list[Slice]:
    """What is worth something; a debt is no part of a whole."""
    return ring([(each.code, each.code, each.value or NOUGHT) for each in found.held], found.currency)


def by_wallet(found: Portfolio) -> list[tuple[Wallet, str, str]]:
    whole = total(value for _, value in found.by_wallet if value > 0)
    return [
        (wallet, shown.worth(value, found.currency), shown.share(value, whole) if value > 0 else "")
        for wallet, value in found.by_wallet
    ]


def ring(parts: Iterable[tuple[str, str, Decimal]], currency: str) -> list[Slice]:
    kept = sorted(((name, code, value) for name, code, value in parts if value > 0), key=lambda part: -part[2])
    whole = total(value for *_, value in kept)
    seen = [part for part in kept[:SLICES] if part[2] * FULL >= whole * THIN]
    rest = kept[len(seen) :]
    if len(rest) == 1:
        seen, rest = kept, []
    if rest:
        seen = [*seen, (f"{len(rest)} others", "", total(value for *_, value in rest))]
    return list(around(seen, whole, currency))


def around(parts: Sequence[tuple[str, str, Decimal]], whole: Decimal, currency: str) -> Iterable[Slice]:
    before = NOUGHT
    for number, (name, code, value) in enumerate(parts, start=1):
        length = shown.rounded(value * FULL / whole, shown.CENT)
        told = shown.worth(value, currency), shown.share(value, whole)
        yield Slice(name, code, *told, length, FULL - length, FULL - before, number)
        before += length
