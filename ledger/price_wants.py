"""Whose prices are needed, and since when: of what anybody holds or ever moved, and of what that is priced in.

Once an hour all owners' days are walked through; in between only those of wallets that were read since, which add to
what is wanted already. What nobody needs any more is wanted until the next walk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db import connection

from ledger import price_endings
from ledger.assets import everybodys
from ledger.models import Journal, PriceSeries, PriceWant
from ledger.naming.base import AssetKind
from ledger.price_rates import rates
from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.clock import moment
from ledger.pricing.runs import LENGTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from uuid import UUID

WORK = "ledger.wants"
Aim = PriceWant.Aim
DAYS_OF_PERIOD = LENGTHS[HOUR] // DAY
MARK = "ledger.price_wants"  # when all was walked through last, and until when wallets were looked at
NEVER = datetime(1, 1, 1, tzinfo=UTC).isoformat()
WHOLE = timedelta(hours=1)
LATE = timedelta(minutes=10)  # a wallet bears the moment at which its reading began, and may be seen only later
# One walk through all owners' days, however many there are, or through those of some wallets.
MOVED = """
    SELECT asset, (day - DATE '1970-01-01') / %(length)s, min(day) FROM ledger_dailychange {which} GROUP BY 1, 2
"""
HELD = "SELECT DISTINCT asset FROM ledger_balance WHERE amount <> 0 {which}"


@dataclass(slots=True)
class Need:
    since: date | None = None
    held: bool = False
    periods: set[int] = field(default_factory=set)

    def also(self, other: Need) -> None:
        self.since = min(filter(None, (self.since, other.since)), default=None)
        self.held = self.held or other.held
        self.periods |= other.periods


def feed(now: datetime) -> bool:
    """What has not changed keeps its turn."""
    here = {(want.asset, want.aim): want for want in PriceWant.objects.all()}
    walked, looked = map(datetime.fromisoformat, cache.get(MARK) or (NEVER, NEVER))
    whole = not walked <= now < walked + WHOLE
    if whole:
        price_endings.keep_to_their_coins(now)
    found = needs(now) if whole else further(known(here.values()), looked - LATE, now)
    wanted = {(want.asset, want.aim): want for want in wants(found, now)}
    fresh = [want for key, want in wanted.items() if key not in here or differs(want, here[key])]
    PriceWant.objects.bulk_create(
        fresh,
        update_conflicts=True,
        unique_fields=["asset", "aim"],
        update_fields=["since", "periods", "not_before"],
        batch_size=1000,
    )
    gone = [want.pk for key, want in here.items() if key not in wanted]
    PriceWant.objects.filter(pk__in=gone, lease_token=None).delete()
    cache.set(MARK, [each.isoformat() for each in (now if whole else walked, now)], timeout=None)
    return False


def known(here: Iterable[PriceWant]) -> dict[str, Need]:
    """What is wanted already, as needs."""
    found: dict[str, Need] = {}
    for want in here:
        need = found.setdefault(want.asset, Need())
        if want.aim == Aim.LATEST:
            need.also(Need(held=True))
        else:
            need.also(Need(want.since.date(), periods=set(want.periods)))
    return found


def further(found: dict[str, Need], since: datetime, now: datetime) -> dict[str, Need]:
    """With what wallets need that were read since then."""
    wallets = list(Journal.objects.filter(read_at__gte=since).values_list("pk", flat=True))
    for asset, need in (needs(now, wallets) if wallets else {}).items():
        found.setdefault(asset, Need()).also(need)
    add_bridges(found)
    return found


def differs(one: PriceWant, other: PriceWant) -> bool:
    return (one.since, one.periods) != (other.since, other.periods)


def needs(now: datetime, wallets: Sequence[UUID] | None = None) -> dict[str, Need]:
    """Of all, or of these wallets."""
    found: dict[str, Need] = {}
    which = "" if wallets is None else "wallet_id = ANY(%(wallets)s)"
    facts: dict[str, Any] = {"length": DAYS_OF_PERIOD, "wallets": wallets}
    with connection.cursor() as cursor:
        cursor.execute(MOVED.format(which=which and f"WHERE {which}"), facts)
        for asset, period, day in cursor.fetchall():
            found.setdefault(asset, Need()).also(Need(day, periods={period}))
        cursor.execute(HELD.format(which=which and f"AND {which}"), facts)
        for (asset,) in cursor.fetchall():
            found.setdefault(asset, Need(now.date())).also(Need(held=True))
    priced = {asset: need for asset, need in found.items() if is_priced(asset, now)}
    add_bridges(priced)
    return priced


def is_priced(asset: str, now: datetime) -> bool:
    """Money has official rates, and bait has no price that anybody should believe."""
    about = everybodys().code("", asset, now)
    return about.kind is not AssetKind.FIAT and asset not in rates().currencies and not about.spam


def add_bridges(found: dict[str, Need]) -> None:
    """Who is priced in USDT needs what USDT was worth."""
    money = rates().currencies
    pairs = PriceSeries.objects.values_list("asset", "quote").distinct()
    for asset, quote in [(asset, quote) for asset, quote in pairs if quote not in money and asset in found]:
        found.setdefault(quote, Need()).also(found[asset])


def wants(found: dict[str, Need], now: datetime) -> Iterator[PriceWant]:
    for asset, need in found.items():
        since = datetime.combine(need.since or now.date(), time(), UTC)
        if need.held:
            yield want(asset, Aim.LATEST, moment(0), now)
        yield want(asset, Aim.DAYS, since, now)
        if need.periods:
            yield want(asset, Aim.HOURS, since, now, need.periods)


def want(asset: str, aim: PriceWant.Aim, since: datetime, now: datetime, periods: Iterable[int] = ()) -> PriceWant:
    return PriceWant(asset=asset, aim=aim, since=since, periods=sorted(periods), not_before=now)
