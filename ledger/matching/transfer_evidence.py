"""What speaks for and against a withdrawal having arrived as a certain deposit, in points out of a hundred.

The points were set against the labelled set in the tests. What is equal by chance must not reach `ENOUGH` by being
equal alone: it takes an amount that tells something, or little time, or a hash, or an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from ledger.matching import likeness
from ledger.matching.base import Precision
from ledger.matching.reasons import PLAIN, Reason, Why
from ledger.readings.base import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.matching.base import Movement

    Points = tuple[int, Reason]

ENOUGH = 65  # to be linked without asking
WORTH_A_LOOK = 30  # to be proposed
CLOSE = 10  # another pair that comes so near fits as well

MOVES = {Kind.DEPOSIT, Kind.WITHDRAWAL, Kind.TRANSFER}
LIKE_MOVES = {Kind.SPEND, Kind.GIFT}  # some sources call a transfer so
MOST_LOST = Decimal("0.20")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# What arrived is less by up to so much than what left, and no fee explains it.
LESS = ((Decimal("0.005"), 26), (Decimal("0.02"), 18), (Decimal("0.05"), 10), (MOST_LOST, 2))
LATER = ((HOUR / 2, 30), (HOUR, 28), (3 * HOUR, 26), (12 * HOUR, 18), (DAY, 10), (3 * DAY, 0))
LATER_BY_BANK = ((DAY, 24), (4 * DAY, 18), (10 * DAY, 8))
EARLIER = ((timedelta(minutes=15), 24), (2 * HOUR, 12))
EARLIER_BY_BANK = ((DAY, 8),)
BY_HASH = 10  # the hash says that it is the same, so the clock or the patience is at fault

CAPS = {
    Why.HASH_DIFFERS: 35,
    Why.ADDRESS_ELSEWHERE: 35,
    Why.AMOUNT_MORE: 60,
    Why.SAID_OTHERWISE: 60,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """`weight` may pass a hundred: it is what pairs are compared by. The score is what the owner sees."""

    weight: int
    reasons: tuple[Reason, ...]

    @property
    def score(self) -> int:
        return max(0, min(100, self.weight))


def evidence(out: Movement, arrived: Movement, own: Mapping[str, frozenset[str]]) -> Evidence:
    """Whatever the two are: the owner may link by hand what nobody would propose."""
    points = [*of_hash(out, arrived)]
    sure = bool(points) and points[0][1].code is Why.HASH_EQUAL
    points += [(0, Reason(Why.SAME_ASSET, out.asset))] if out.asset == arrived.asset else []
    points += of_amount(out, arrived)
    points += of_time(out, arrived, sure=sure)
    points += of_address(out, arrived, own)
    points += of_network(out, arrived)
    points += of_words(out, arrived, sure=sure)
    reasons = tuple(reason for _, reason in points)
    cap = min((CAPS[reason.code] for reason in reasons if reason.code in CAPS), default=1_000)
    return Evidence(min(cap, sum(weight for weight, _ in points)), reasons)


def of_hash(out: Movement, arrived: Movement) -> Iterator[Points]:
    left, came = likeness.plain_hash(out.hash), likeness.plain_hash(arrived.hash)
    if not left or not came:
        return
    if left == came:
        yield 50, PLAIN[Why.HASH_EQUAL]
    elif likeness.is_of_chain(left) and likeness.is_of_chain(came):
        yield -30, PLAIN[Why.HASH_DIFFERS]


def left_by(movement: Movement) -> tuple[Decimal, ...]:
    """What may have been under way: some exchanges tell the amount with the fee, some without."""
    if movement.fee and movement.fee_asset == movement.asset:
        return movement.amount, movement.amount - movement.fee
    return (movement.amount,)


def came_as(movement: Movement) -> tuple[Decimal, ...]:
    if movement.fee and movement.fee_asset == movement.asset:
        return movement.amount, movement.amount + movement.fee
    return (movement.amount,)


def of_amount(out: Movement, arrived: Movement) -> Iterator[Points]:
    sent, came = left_by(out), came_as(arrived)
    if sent[0] == came[0]:
        yield 40, PLAIN[Why.AMOUNT_EQUAL]
    elif set(sent) & set(came):
        yield 40, PLAIN[Why.AMOUNT_AFTER_FEE]
    elif any(likeness.rounded(one, other) for one in sent for other in came):
        yield 36, PLAIN[Why.AMOUNT_ROUNDED]
    else:
        yield of_difference(out, arrived)
        return
    yield from of_digits(arrived.amount)


def of_digits(amount: Decimal) -> Iterator[Points]:
    """An amount of many digits is hardly equal by chance."""
    telling = likeness.digits(amount)
    if telling <= 2:  # noqa: PLR2004 - 5, 100, 2500
        yield -5, PLAIN[Why.AMOUNT_COMMON]
    elif telling >= 5:  # noqa: PLR2004
        yield (16 if telling > 5 else 10), PLAIN[Why.AMOUNT_DISTINCT]  # noqa: PLR2004


def of_difference(out: Movement, arrived: Movement) -> Points:
    if arrived.amount > out.amount or not out.amount:
        return -10, PLAIN[Why.AMOUNT_MORE]
    lost = (out.amount - arrived.amount) / out.amount
    points = next((points for most, points in LESS if lost <= most), -10)
    told = bool(out.fee) and out.fee_asset == out.asset
    return points - 10 * told, Reason(Why.AMOUNT_LESS, percent(lost))


def percent(share: Decimal) -> str:
    text = f"{share * 100:.2f}"
    return text if text.strip("0.") else "less than 0.01"


def of_time(out: Movement, arrived: Movement, *, sure: bool) -> Iterator[Points]:
    coarse = max(out.precision, arrived.precision)
    gap = gap_of(out, arrived)
    bank = out.fiat or arrived.fiat
    table = (LATER_BY_BANK if bank else LATER) if gap >= timedelta() else (EARLIER_BY_BANK if bank else EARLIER)
    found = next((points for most, points in table if abs(gap) <= most), -30)
    found = max(found, BY_HASH) if sure else found
    if coarse is Precision.DAY:
        yield min(found, 12), PLAIN[Why.DAY_ONLY]
    else:
        yield found, Reason(word_for(gap, bank=bank), likeness.span(gap))


def gap_of(out: Movement, arrived: Movement) -> timedelta:
    """From leaving to arriving; what the coarser clock hides is taken to be in favour."""
    gap, hidden = arrived.at - out.at, timedelta(seconds=max(out.precision, arrived.precision) - 1)
    return max(gap - hidden, timedelta()) if gap > timedelta() else min(gap + hidden, timedelta())


def word_for(gap: timedelta, *, bank: bool) -> Why:
    if not gap:
        return Why.SAME_TIME
    if gap < timedelta():
        return Why.BEFORE
    return Why.LATE if gap > (4 * DAY if bank else 12 * HOUR) else Why.SOON_AFTER


def of_address(out: Movement, arrived: Movement, own: Mapping[str, frozenset[str]]) -> Iterator[Points]:
    if not out.address:
        return
    went, came = likeness.plain_address(out.address), likeness.plain_address(arrived.address)
    owners = own.get(went, frozenset())
    if went == came:
        yield 25, PLAIN[Why.ADDRESS_EQUAL]
    elif arrived.wallet in owners:
        yield 25, PLAIN[Why.ADDRESS_KNOWN]
    elif owners:
        yield -30, PLAIN[Why.ADDRESS_ELSEWHERE]
    elif came:
        yield -10, PLAIN[Why.ADDRESS_DIFFERS]


def of_network(out: Movement, arrived: Movement) -> Iterator[Points]:
    left, came = plain_network(out.network), plain_network(arrived.network)
    if not left or not came:
        return
    if left == came:
        yield 4, PLAIN[Why.NETWORK_AGREES]
    elif likeness.networks_differ(left, came):
        yield -25, PLAIN[Why.NETWORK_DIFFERS]


def of_words(out: Movement, arrived: Movement, *, sure: bool) -> Iterator[Points]:
    """What the sources call it."""
    if told := out.internal + arrived.internal:
        yield (15 if told > 1 else 10), PLAIN[Why.INTERNAL]
    if not sure and not {out.kind, arrived.kind} <= MOVES:
        yield -10, PLAIN[Why.SAID_OTHERWISE]


plain_network = lru_cache(maxsize=1_024)(likeness.plain_network)
