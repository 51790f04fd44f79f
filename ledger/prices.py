"""What things were worth, from what is kept: for one owner, whose own prices go before everybody's.

`book` is for whoever asks again and again; the others answer a page in a constant number of questions.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from ledger.gains import stale
from ledger.models import OwnPrice, PriceRun, PriceSeries
from ledger.price_rates import rates
from ledger.pricing.base import Method, Price
from ledger.pricing.book import BRIDGES, PriceBook, Tolerance
from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.clock import moment, seconds
from ledger.pricing.depths import DEPTHS
from ledger.pricing.remembering import RememberingBook
from ledger.pricing.runs import LENGTHS, Run, Runs, at_hand, read
from ledger.pricing.series import Pair, Series

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from decimal import Decimal

    from ledger.pricing.base import Missing
    from ledger.pricing.book import Prices

YOU = "you"
METHODS = {HOUR: Method.HOUR, DAY: Method.DAY}
FOREVER = 100 * 366 * DAY
REACHES = {OwnPrice.Reach.HOUR: HOUR, OwnPrice.Reach.DAY: DAY, OwnPrice.Reach.ONWARD: FOREVER}
# The deepest first, and of each exchange what is traded most.
DEPTH = {
    (depth.exchange, quote): (place, depth.quotes.index(quote))
    for place, depth in enumerate(DEPTHS)
    for quote in depth.quotes
}
LAST = (len(DEPTHS), 0)
# A last price in place of those that are missing after it, now as well as over time: what nobody traded for longer has
# no price any more.
STANDS = timedelta(days=31)
# What is shown as of now says how old it is. The freshest is told, by whatever way: of a pair that is no more the last
# price lies there for ever.
FRESH = 2 * DAY
NEWEST = [
    Tolerance(hour=FRESH, day=late, official=30)
    for late in (0, Tolerance().day, 10 * DAY, Tolerance().day + STANDS // timedelta(seconds=1))
]
# The newest price closed within the last hour; a day before that, this hour of yesterday had not closed yet.
YESTERDAY = timedelta(days=1, hours=1)
CARRIED = timedelta(seconds=max(Tolerance().hour, Tolerance().day) + DAY)


def book(owner_id: int) -> RememberingBook:
    """Everything that is known, read where it is asked about."""
    mine = own_series(owner_id)

    def learn(assets: Collection[str]) -> Iterable[Prices]:
        yield from (series for asset in assets for series in mine.get(asset, ()))
        rows = PriceSeries.objects.filter(asset__in=list(assets))
        yield from (lazy(series) for series in deepest_first(map(Known._make, rows.values_list(*Known._fields))))

    return RememberingBook(learn, rates())


def latest(assets: Iterable[str], quote: str, *, owner_id: int, now: datetime) -> dict[str, Price | Missing]:
    """The newest price of each. How old it is stands in its steps."""
    asked = list(dict.fromkeys(assets))
    kept, official = [*own(owner_id), *newest({*asked, *BRIDGES})], rates()
    found: dict[str, Price | Missing] = {}
    for tolerance in NEWEST:
        if missing := [asset for asset in asked if worth(found.get(asset)) is None]:
            known = PriceBook(kept, official, tolerance)
            found |= {asset: known.price(asset, quote, now) for asset in missing}
    return found


def day_before(assets: Iterable[str], quote: str, *, owner_id: int, now: datetime) -> dict[str, Price | Missing]:
    """What each was worth a day ago, as it was told then: a day's close is told only when the day is over."""
    asked, then = list(dict.fromkeys(assets)), now - YESTERDAY
    found = PriceBook([*own(owner_id), *stored(asked, then, then)], rates(), Tolerance(hour=FRESH))
    return {asset: found.price(asset, quote, then) for asset in asked}


def worth(found: Price | Missing | None) -> Decimal | None:
    return found.value if isinstance(found, Price) else None


def changed(
    *, asset: str, since: datetime, now: datetime, until: datetime | None = None, owner_id: int | None = None
) -> None:
    """There are other prices than before, of one owner or of all: whoever reckoned with them hears of it."""
    stale.prices_changed(asset=asset, since=since, until=until, owner_id=owner_id, now=now)


# --- what owners say -----------------------------------------------------------------------------------------------


def own(owner_id: int) -> list[Series]:
    return [series for each in own_series(owner_id).values() for series in each]


def own_series(owner_id: int) -> dict[str, list[Series]]:
    """By asset. What is said of an hour goes before what is said of its day."""
    points: dict[Pair, list[tuple[int, Decimal]]] = defaultdict(list)
    said = OwnPrice.objects.filter(owner=owner_id, ended_at=None).order_by("asset", "quote", "created_at")
    for asset, quote, at, reach, price in said.values_list("asset", "quote", "at", "reach", "price"):
        span = REACHES[OwnPrice.Reach(reach)]
        points[Pair(asset, quote, YOU, Method.OWNER, span)].append((seconds(at), price))
    found: dict[str, list[Series]] = defaultdict(list)
    for pair in sorted(points, key=lambda pair: pair.span):
        found[pair.asset].append(Series(pair, points[pair]))
    return found


# --- what is kept of exchanges -------------------------------------------------------------------------------------


class Known(NamedTuple):
    """A `PriceSeries`, of which a page asks about hundreds: a model object takes as long as all the rest of it."""

    pk: int
    asset: str
    quote: str
    source: str
    span: int

    @property
    def pair(self) -> Pair:
        return Pair(self.asset, self.quote, self.source, METHODS[self.span], self.span)


def deepest_first(found: Iterable[Known]) -> list[Known]:
    return sorted(found, key=lambda each: (DEPTH.get((each.source, each.quote), LAST), each.pk))


def newest(assets: Collection[str]) -> Iterator[Series]:
    rows = PriceSeries.objects.filter(asset__in=list(assets)).exclude(last_price=None)
    last = {
        Known(*known): (at, price) for at, price, *known in rows.values_list("last_at", "last_price", *Known._fields)
    }
    return (Series(each.pair, [(seconds(last[each][0]), last[each][1])]) for each in deepest_first(last))


def lazy(series: Known) -> Runs:
    return Runs(series.pair, lambda period: list(runs_of(series.pk, series.span, period)))


def runs_of(series_id: int, span: int, period: int) -> Iterator[Run]:
    begin = period * LENGTHS[span]
    within = (moment(begin), moment(begin + LENGTHS[span] - 1))
    found = PriceRun.objects.filter(series=series_id, begins__range=within)
    return (read(seconds(begins), span, closes) for begins, closes in found.values_list("begins", "closes"))


def stored(assets: Collection[str], begin: datetime, end: datetime, *spans: int) -> Iterator[Runs]:
    """All that is kept from `begin` to `end` of these, and of what they are priced by way of: one question."""
    runs = PriceRun.objects.filter(
        series__asset__in=[*assets, *BRIDGES],
        series__span__in=spans or METHODS,
        begins__lte=end,
        ends__gt=begin - CARRIED,
    )
    fields = (f"series__{name}" for name in Known._fields)
    by_series: dict[Known, list[Run]] = defaultdict(list)
    for begins, closes, *known in runs.order_by("series", "begins").values_list("begins", "closes", *fields):
        series = Known(*known)
        by_series[series].append(read(seconds(begins), series.span, closes))
    return (at_hand(series.pair, by_series[series]) for series in deepest_first(by_series))
