"""What an owner's holdings were worth over time: the net change of each day added up, times what assets closed at.

A moment's worth is that of what was held when its day (or hour) was over, in wallets and on its way between them.
Where an asset has no price, its last one stands for a while; without one it is left out and counted as left out, and
where nothing at all is priced there is no worth: a sum that fell only because a price is missing would be taken for a
loss.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import TYPE_CHECKING, Any

from django.db import connection

from ledger import under_way
from ledger.models import Transaction
from ledger.portfolio_closes import closes
from ledger.prices import STANDS
from ledger.pricing.base import EXACT
from ledger.pricing.clock import midnight
from ledger.readings.numbers import EXACT as WHOLE
from ledger.sums import NOUGHT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from decimal import Decimal
    from uuid import UUID

    from ledger.portfolio import Portfolio

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POINTS = 400  # of a chart: more than a screen can tell apart
# Days after the last point before (or of it) count to it; those of all time before the first, to the first.
OF_DAYS = """
    SELECT asset, width_bucket(day - 1, %(ends)s::date[]) AS place, sum(amount) FROM ledger_dailychange
    WHERE owner_id = %(owner)s AND wallet_id = ANY(%(wallets)s) AND day <= %(last)s {which}
    GROUP BY asset, place
"""
OF_HOURS = """
    SELECT leg.asset, width_bucket(t.occurred_at, %(ends)s::timestamptz[]) AS place, sum(leg.amount)
    FROM ledger_transaction AS t CROSS JOIN LATERAL (VALUES
        (t.sent_asset, -t.sent_amount), (t.received_asset, t.received_amount), (t.fee_asset, -t.fee_amount)
    ) AS leg (asset, amount)
    WHERE t.owner_id = %(owner)s AND t.wallet_id = ANY(%(wallets)s) AND NOT t.ignored AND leg.amount IS NOT NULL
        AND t.occurred_at >= %(first)s AND t.occurred_at < %(last)s {which}
    GROUP BY leg.asset, place
"""
Moves = dict[str, list[tuple[int, "Decimal"]]]


class Interval(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Grid:
    """The moments of a chart, oldest first: the beginnings of hours or days, and each is told of as of its end."""

    moments: Sequence[datetime]
    hourly: bool = False

    @property
    def ends(self) -> list[datetime]:
        return [at + (HOUR if self.hourly else DAY) for at in self.moments]


@dataclass(frozen=True, slots=True)
class Which:
    """Whose, where, and of which asset; no asset: of all."""

    owner_id: int
    wallets: Sequence[UUID]
    currency: str
    asset: str = ""

    @property
    def narrowing(self) -> str:
        return "AND asset = %(asset)s" if self.asset else ""

    def facts(self, **more: Any) -> dict[str, Any]:
        return {"owner": self.owner_id, "wallets": list(self.wallets), "asset": self.asset, **more}


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    value: Decimal | None  # none: something was held, and nothing of it has a price
    left_out: int = 0  # assets that were held and had no price then, though they have at other times
    amount: Decimal | None = None  # of the one asset that is told of
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class History:
    currency: str
    grid: Grid
    points: Sequence[Point]
    left_out: Mapping[str, int]  # by asset, at how many of the points it was left out
    never: Sequence[str]  # of these, those that have no price at all


def which_of(found: Portfolio, asset: str = "") -> Which:
    wallets = [found.wallet] if found.wallet else found.wallets
    return Which(found.owner.pk, [each.pk for each in wallets], found.currency, asset)


def history_of(which: Which, grid: Grid, *, now: Portfolio | None = None) -> History:
    """`now`: what holds at this moment is the last point, and the same figure as on the page."""
    held = added_up(moves_of(which, grid), len(grid.moments))
    worth = stood(held, which, grid)
    priced = {each.code for each in now.held if each.price} if now else set()
    never = {code for code, prices in worth.items() if all(price is None for price in prices)} - priced
    points, left_out = summed(grid, held, worth, never, one=which.asset)
    points = begun(points, held)
    if now:
        points = [*points, point_of(now, never, which.asset)]
    return History(which.currency, grid, points, left_out, sorted(never & {*left_out}))


# --- what was held -------------------------------------------------------------------------------------------------


def moves_of(which: Which, grid: Grid) -> Moves:
    if not grid.moments or not which.wallets:
        return {}
    found = in_wallets(which, grid)
    for asset, place, amount in under_way.changes(which.owner_id, which.wallets, grid.ends):
        if which.asset in {"", asset}:
            found.setdefault(asset, []).append((place, amount))
    return found


def in_wallets(which: Which, grid: Grid) -> Moves:
    if not grid.hourly:
        return asked(OF_DAYS, which, ends=[at.date() for at in grid.moments], last=grid.moments[-1].date())
    first = midnight(grid.moments[0].astimezone(UTC).date())
    before = (first - DAY).date()
    moves = asked(OF_DAYS, which, ends=[before], last=before)
    for asset, more in asked(OF_HOURS, which, ends=grid.ends, first=first, last=grid.ends[-1]).items():
        moves.setdefault(asset, []).extend(more)
    return moves


def asked(query: str, which: Which, **facts: object) -> Moves:
    found: Moves = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(query.format(which=which.narrowing), which.facts(**facts))
        for asset, place, amount in cursor.fetchall():
            found[asset].append((place, amount))
    return dict(found)


def added_up(moves: Moves, count: int) -> dict[str, list[Decimal]]:
    """What was held of each at each point."""
    found = {}
    for asset, changes in moves.items():
        by_place: dict[int, Decimal] = defaultdict(lambda: NOUGHT)
        for place, amount in changes:
            by_place[place] = WHOLE.add(by_place[place], amount)
        found[asset] = running(by_place, count)
    return found


def running(by_place: Mapping[int, Decimal], count: int) -> list[Decimal]:
    held, amounts = NOUGHT, []
    for place in range(count):
        if place in by_place:
            held = WHOLE.add(held, by_place[place])
        amounts.append(held)
    return amounts


# --- what it was worth ---------------------------------------------------------------------------------------------


def stood(held: Iterable[str], which: Which, grid: Grid) -> dict[str, list[Decimal | None]]:
    """What each closed at, or had closed at before, also before the first moment."""
    worth = closes(held, which.currency, grid.moments, owner_id=which.owner_id, hourly=grid.hourly)
    late = [code for code, prices in worth.items() if prices and prices[0] is None]
    first = grid.moments[0].replace(hour=0) if late else None
    before = [first - DAY * number for number in range(STANDS // DAY + 1, 0, -1)] if first else []
    former = closes(late, which.currency, before, owner_id=which.owner_id)
    return {
        code: standing([*former[code], *prices], [*before, *grid.moments])[len(before) :]
        if code in former
        else standing(prices, grid.moments)
        for code, prices in worth.items()
    }


def standing(prices: Sequence[Decimal | None], moments: Sequence[datetime]) -> list[Decimal | None]:
    """With the last price in place of those that are missing after it, for a while."""
    found: list[Decimal | None] = []
    last, since = None, None
    for price, at in zip(prices, moments, strict=True):
        if price is not None:
            last, since = price, at
        elif since is not None and at.date() - since.date() > STANDS:
            last = None
        found.append(last)
    return found


@dataclass(slots=True)
class Sum:
    """At one point."""

    value: Decimal = NOUGHT
    priced: int = 0
    left_out: int = 0
    never: int = 0

    def take(self, amount: Decimal, price: Decimal) -> None:
        self.value = EXACT.add(self.value, EXACT.multiply(amount, price))
        self.priced += 1

    @property
    def worth(self) -> Decimal | None:
        return self.value if self.priced or not (self.left_out or self.never) else None


def summed(
    grid: Grid,
    held: Mapping[str, Sequence[Decimal]],
    worth: Mapping[str, Sequence[Decimal | None]],
    never: Collection[str],
    *,
    one: str = "",
) -> tuple[list[Point], dict[str, int]]:
    sums = [Sum() for _ in grid.moments]
    left_out: dict[str, int] = {}
    for asset, amounts in held.items():
        for each, amount, price in zip(sums, amounts, worth[asset], strict=True):
            if not amount:
                continue
            if price is not None:
                each.take(amount, price)
                continue
            left_out[asset] = left_out.get(asset, 0) + 1
            each.never += asset in never
            each.left_out += asset not in never
    had, cost = held.get(one), worth.get(one)
    points = [
        Point(at, each.worth, each.left_out, had[place] if had else None, cost[place] if cost else None)
        for place, (at, each) in enumerate(zip(grid.moments, sums, strict=True))
    ]
    return points, left_out


def begun(points: list[Point], held: Mapping[str, Sequence[Decimal]]) -> list[Point]:
    """From the first moment on at which anything was held."""
    first = min((first_of(amounts) for amounts in held.values()), default=len(points))
    return points[first:]


def first_of(amounts: Sequence[Decimal]) -> int:
    return next((place for place, amount in enumerate(amounts) if amount), len(amounts))


def point_of(found: Portfolio, never: Collection[str], asset: str = "") -> Point:
    held = [each for each in found.held if not asset or each.code == asset]
    value = worth_of([each.value for each in held])
    out = sum(each.price is None and each.code not in never for each in held)
    if not asset:
        return Point(found.now, value, out)
    if not held:
        return Point(found.now, value, out, NOUGHT)
    return Point(found.now, value, out, held[0].amount, held[0].price.value if held[0].price else None)


def worth_of(values: Sequence[Decimal | None]) -> Decimal | None:
    told = [value for value in values if value is not None]
    return reduce(EXACT.add, told, NOUGHT) if told or not values else None


# --- which moments -------------------------------------------------------------------------------------------------


def every_hour(begin: datetime, end: datetime) -> Grid:
    """Whole hours, `end` not included."""
    first = begin.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    count = max(0, -(-(end - first) // HOUR))
    return Grid([first + number * HOUR for number in range(count)], hourly=True)


def every_day(first: date, last: date, *, step: int = 1) -> Grid:
    """Both included; counted back from the last, so that it is always there."""
    count = (last - first).days // step + 1 if first <= last else 0
    return Grid([midnight(last - timedelta(days=step * number)) for number in reversed(range(count))])


def every_month(first: date, last: date) -> Grid:
    """The last day of each month, and the last day asked for."""
    if first > last:
        return Grid([])
    days, day = [last], last.replace(day=1) - DAY
    while day >= first:
        days.append(day)
        day = day.replace(day=1) - DAY
    return Grid([midnight(day) for day in reversed(days)])


def grid_of(interval: Interval, begin: datetime, end: datetime) -> Grid:
    first, last = begin.astimezone(UTC).date(), end.astimezone(UTC).date()
    if interval is Interval.HOUR:
        return every_hour(begin, end)
    if interval is Interval.MONTH:
        return every_month(first, last)
    return every_day(first, last, step=7 if interval is Interval.WEEK else 1)


def first_day(which: Which) -> date | None:
    """On which anything happened; none: nothing did."""
    rows = Transaction.objects.filter(owner=which.owner_id)
    if len(which.wallets) == 1:
        rows = rows.filter(wallet=which.wallets[0])
    found = rows.order_by("occurred_at", "id").values_list("occurred_at", flat=True).first()
    return found.astimezone(UTC).date() if found else None


# --- ranges that pages offer ---------------------------------------------------------------------------------------


class Range(StrEnum):
    WEEK = "1w"
    MONTH = "1m"
    QUARTER = "3m"
    YEAR = "1y"
    ALL = "all"


DAYS = {Range.WEEK: 7, Range.MONTH: 31, Range.QUARTER: 92, Range.YEAR: 365}


def grid_of_range(chosen: Range, which: Which, now: datetime) -> Grid:
    """Up to the last that is over; what holds now is a point of its own."""
    yesterday = now.astimezone(UTC).date() - DAY
    if chosen is Range.WEEK:
        return every_hour(now - DAYS[chosen] * DAY, now.replace(minute=0, second=0, microsecond=0))
    if chosen is not Range.ALL:
        return every_day(yesterday - timedelta(days=DAYS[chosen] - 1), yesterday)
    first = first_day(which)
    days = (yesterday - first).days + 1 if first else 0
    return every_day(first or yesterday, yesterday, step=max(1, -(-days // POINTS)))
