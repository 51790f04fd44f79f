"""Whether two of different origins are one transaction told twice: certainly, perhaps, or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ledger.matching import likeness
from ledger.matching.base import HAND, NONE, Precision
from ledger.matching.reasons import PLAIN, Reason, Why

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.matching.base import Candidate
    from ledger.readings.base import Kind
    from ledger.readings.events import Amount

Shape = tuple[str, str, str]

BLINK = 2  # seconds that two records of one moment may be apart
NEAR, NEAR_BY_HAND = 300, 86_400
WITH_A_NAME = 86_400  # the same order or hash: opened and filled, sent and confirmed
WORTH_A_LOOK, WORTH_A_LOOK_BY_HAND = 45, 20
ABOUT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Unit:
    """One candidate, or several of one origin taken together. Times are whole seconds; the last one is included."""

    ids: tuple[str, ...]
    origin: str
    first: int
    last: int
    precision: Precision
    kind: Kind
    sent: Amount | None
    received: Amount | None
    fee: Amount | None
    order: str
    hash: str
    lists: frozenset[str]
    ahead: int = 0  # seconds by which its clock was put right already

    @property
    def shape(self) -> Shape:
        """What it moves; of a fee alone, the fee."""
        sent, received = asset(self.sent), asset(self.received)
        return sent, received, "" if sent or received else asset(self.fee)

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """All but its name and its origin."""
        told = (self.sent, self.received, self.fee, self.order, self.hash)
        return (self.first, self.last, self.precision, self.kind, *told)

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        return tuple(leg.amount for leg in (self.sent, self.received) if leg) or (number(self.fee),)


@dataclass(frozen=True, slots=True)
class Sameness:
    certain: bool
    score: int
    apart: int  # seconds
    reasons: tuple[Reason, ...]


def asset(amount: Amount | None) -> str:
    return amount.asset if amount else ""


def number(amount: Amount | None) -> Decimal:
    return amount.amount if amount else NONE


def unit_of(candidate: Candidate, ahead: timedelta) -> Unit:
    """With its clock put right. A coarse time stands for all of its minute or day."""
    at = likeness.seconds(candidate.at)
    first = at - at % candidate.precision - ahead // likeness.SECOND
    return Unit(
        (candidate.id,),
        candidate.origin,
        first,
        first + candidate.precision - 1,
        candidate.precision,
        candidate.kind,
        candidate.sent,
        candidate.received,
        candidate.fee,
        candidate.order,
        likeness.plain_hash(candidate.hash),
        candidate.lists,
        ahead // likeness.SECOND,
    )


def compare(one: Unit, other: Unit, *, shifted: int = 0) -> Sameness | None:
    """Nothing, if they are not the same. `shifted`: seconds by which `other` is ahead, if its clock is wrong."""
    apart = distance(one, other, shifted)
    named = same_name(one, other)
    if named is None or apart > reach(one, other, named=named):
        return None
    amounts = of_amounts(one, other)
    if amounts is None:
        return None
    rest = [*of_name(one, other, named=named), *of_ids(one, other), *of_fee(one, other), *of_kind(one, other)]
    rest += [*of_hand(one, other), *of_clocks(one, other)]
    digits = of_digits(one, other) if amounts[1].code is not Why.AMOUNT_NEAR else ()
    points = [amounts, of_time(one, other, apart, shifted), *digits, *rest]
    certain = is_certain(one, other, {reason.code for _, reason in points}, apart, named=named)
    score = max(0, min(100, sum(weight for weight, _ in points)))
    least = WORTH_A_LOOK_BY_HAND if HAND in {one.origin, other.origin} else WORTH_A_LOOK
    return Sameness(certain, score, apart, tuple(reason for _, reason in points)) if certain or score >= least else None


def distance(one: Unit, other: Unit, shifted: int = 0) -> int:
    first, last = other.first - shifted, other.last - shifted
    return max(0, first - one.last, one.first - last)


def same_name(one: Unit, other: Unit) -> bool | None:
    """True: by hash or order. None: the network says that they are two."""
    if one.hash and other.hash:
        if one.hash == other.hash:
            return True
        if likeness.is_of_chain(one.hash) and likeness.is_of_chain(other.hash):
            return None
    return bool(one.order) and one.order == other.order


def reach(one: Unit, other: Unit, *, named: bool) -> int:
    if HAND in {one.origin, other.origin}:
        return NEAR_BY_HAND
    return WITH_A_NAME if named else NEAR


def of_amounts(one: Unit, other: Unit) -> tuple[int, Reason] | None:
    if one.amounts == other.amounts:
        return 50, PLAIN[Why.AMOUNT_EQUAL]
    both = list(zip(one.amounts, other.amounts, strict=True))
    if all(likeness.same_amount(*pair) for pair in both):
        return 46, PLAIN[Why.AMOUNT_ROUNDED]
    if any(agree_with_fee(*pair) for pair in ((one, other), (other, one))):
        return 42, PLAIN[Why.FEE_INSIDE]
    if HAND in {one.origin, other.origin} and all(abs(a - b) <= max(a, b) * ABOUT for a, b in both):
        return 20, Reason(Why.AMOUNT_NEAR, "1")
    return None


def agree_with_fee(with_fee: Unit, without: Unit) -> bool:
    """One side tells amounts that hold the fee which the other tells apart."""
    if not with_fee.fee:
        return False
    sent, received = number(with_fee.sent), number(with_fee.received)
    paid = with_fee.fee.amount
    more = sent + paid if asset(with_fee.sent) == with_fee.fee.asset else sent
    less = received - paid if asset(with_fee.received) == with_fee.fee.asset else received
    wanted = (number(without.sent), number(without.received))
    return any(
        likeness.same_amount(a, wanted[0]) and likeness.same_amount(b, wanted[1])
        for a, b in ((more, received), (sent, less))
    )


def of_time(one: Unit, other: Unit, apart: int, shifted: int) -> tuple[int, Reason]:
    if shifted:
        return 25, Reason(Why.TIME_SHIFTED, likeness.zone(timedelta(seconds=shifted)))
    coarse = max(one.precision, other.precision)
    if not apart and coarse is Precision.DAY:
        return 25, PLAIN[Why.DAY_ONLY]
    if not apart and coarse is Precision.MINUTE:
        return 38, PLAIN[Why.TIME_CUT]
    if apart <= BLINK:
        return 40, PLAIN[Why.SAME_TIME]
    said = Reason(Why.TIME_NEAR, likeness.span(timedelta(seconds=apart)))
    return next(points for most, points in ((60, 20), (300, 8), (3_600, 0), (WITH_A_NAME, -5)) if apart <= most), said


def of_name(one: Unit, other: Unit, *, named: bool) -> Iterator[tuple[int, Reason]]:
    if named and one.hash and one.hash == other.hash:
        yield 30, PLAIN[Why.HASH_EQUAL]
    elif named:
        yield 20, PLAIN[Why.SAME_ORDER]
    elif one.order and other.order:
        yield -15, PLAIN[Why.ORDER_DIFFERS]
    if len(one.ids) != len(other.ids):
        yield 0, Reason(Why.SUM_OF_PARTS, str(max(len(one.ids), len(other.ids))))


def of_ids(one: Unit, other: Unit) -> Iterator[tuple[int, Reason]]:
    """Those of the same id are one already, and not asked about."""
    if one.lists & other.lists:
        yield -15, PLAIN[Why.ID_DIFFERS]


def of_digits(one: Unit, other: Unit) -> Iterator[tuple[int, Reason]]:
    telling = max(likeness.digits(amount) for amount in (*one.amounts, *other.amounts))
    if telling >= 5:  # noqa: PLR2004
        yield 10, PLAIN[Why.AMOUNT_DISTINCT]
    elif telling <= 2:  # noqa: PLR2004
        yield -5, PLAIN[Why.AMOUNT_COMMON]


def of_fee(one: Unit, other: Unit) -> Iterator[tuple[int, Reason]]:
    if bool(one.fee) != bool(other.fee):
        yield 0, PLAIN[Why.FEE_ONCE]
    elif one.fee and other.fee and not same_fee(one.fee, other.fee):
        yield -10, PLAIN[Why.FEE_DIFFERS]


def same_fee(one: Amount, other: Amount) -> bool:
    return one.asset == other.asset and likeness.same_amount(one.amount, other.amount)


def of_kind(one: Unit, other: Unit) -> Iterator[tuple[int, Reason]]:
    if one.kind is not other.kind:
        yield -5, PLAIN[Why.KIND_DIFFERS]


def of_hand(one: Unit, other: Unit) -> Iterator[tuple[int, Reason]]:
    if HAND in {one.origin, other.origin}:
        yield 5, PLAIN[Why.BY_HAND]


def of_clocks(one: Unit, other: Unit) -> Iterator[tuple[int, Reason]]:
    if one.ahead != other.ahead:
        yield 0, Reason(Why.CLOCK_AHEAD, likeness.zone(timedelta(seconds=one.ahead - other.ahead)))


# What leaves a doubt, whatever else agrees.
DOUBTS = {Why.BY_HAND, Why.AMOUNT_NEAR, Why.FEE_DIFFERS, Why.ORDER_DIFFERS, Why.TIME_SHIFTED, Why.ID_DIFFERS}


def is_certain(one: Unit, other: Unit, said: set[Why], apart: int, *, named: bool) -> bool:
    if DOUBTS & said:
        return False
    if named:
        return True
    if len(one.ids) != len(other.ids) and Why.AMOUNT_COMMON in said:
        return False  # round sums come about by chance
    if Why.TIME_NEAR in said:
        return False
    if apart and max(one.precision, other.precision) > Precision.SECOND:
        return False
    return Why.AMOUNT_DISTINCT in said or not {Why.DAY_ONLY, Why.KIND_DIFFERS} & said
