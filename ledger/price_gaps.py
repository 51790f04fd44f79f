"""Which prices are missing where they matter: assets and stretches of time, with the transactions they touch."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

from ledger.models import DailyChange, PriceWant
from ledger.price_rates import rates
from ledger.prices import own, stored
from ledger.pricing.base import Missing
from ledger.pricing.book import PriceBook
from ledger.pricing.candles import DAY
from ledger.pricing.clock import midnight

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from accounts.models import User

MOST_DAYS = 20_000  # with changes, of one owner, that are looked at
COUNTED = 1000  # transactions; more are "over a thousand"
# Trades against money, and what the exchange itself put a value on, need no price of their own.
SIDE = """(SELECT count(*) FROM (
        SELECT FROM ledger_transaction AS t
        WHERE t.owner_id = %(owner)s AND t.{side} = gap.asset AND t.{side} <> '' AND NOT t.ignored
            AND t.occurred_at >= gap.since AND t.occurred_at < gap.until
            AND t.value_currency = '' AND NOT t.{other} = ANY(%(money)s)
        LIMIT %(most)s
    ) AS found)"""
SIDES = (("sent_asset", "received_asset"), ("received_asset", "sent_asset"))
COUNTS = " + ".join(SIDE.format(side=side, other=other) for side, other in SIDES)
TOUCHED = f"""
    SELECT gap.asset, {COUNTS}
    FROM unnest(%(assets)s::text[], %(since)s::timestamptz[], %(until)s::timestamptz[]) AS gap (asset, since, until)
"""  # noqa: S608 - only names of our own


@dataclass(frozen=True, slots=True)
class Gap:
    """`days`: those with changes and without a price, from the first to the last of them."""

    asset: str
    first: date
    last: date
    days: int
    transactions: int
    coming: bool  # exchanges are being asked just now
    why: str  # what those who were asked said

    @property
    def many(self) -> bool:
        return self.transactions > COUNTED


@dataclass(frozen=True, slots=True)
class Gaps:
    """`more`: those after this asset were not looked at yet; empty: that is all."""

    found: Sequence[Gap]
    more: str


def gaps_of(owner: User, quote: str, *, after: str = "") -> Gaps:
    """Of the assets after that one, those that touch most first. The same few questions, however many they are."""
    days, more = days_with_changes(owner, after)
    missing = missing_days(owner, quote, days)
    touched = touched_by(owner, missing)
    wants = wants_of(missing)
    found = [gap(asset, days, touched.get(asset, 0), wants.get(asset)) for asset, days in missing.items()]
    told = (each for each in found if each.transactions)
    return Gaps(sorted(told, key=lambda each: (-each.transactions, each.asset)), more)


def days_with_changes(owner: User, after: str) -> tuple[list[tuple[str, date]], str]:
    """As many as are looked at in one go, of whole assets; and the last of these, where others follow."""
    changes = DailyChange.objects.filter(owner=owner, wallet__binned_at=None, asset__gt=after)
    changes = changes.exclude(asset__in=rates().currencies).order_by("asset", "day")
    days = list(changes.values_list("asset", "day").distinct()[: MOST_DAYS + 1])
    if len(days) <= MOST_DAYS:
        return days, ""
    cut = days[-1][0]
    whole = [each for each in days if each[0] != cut] or days
    return whole, whole[-1][0]


def missing_days(owner: User, quote: str, days: Sequence[tuple[str, date]]) -> dict[str, list[date]]:
    if not days:
        return {}
    at = [midnight(day) for _, day in days]
    found = PriceBook([*own(owner.pk), *stored({asset for asset, _ in days}, min(at), max(at), DAY)], rates())
    missing: dict[str, list[date]] = defaultdict(list)
    for asset, day in days:
        if isinstance(found.price(asset, quote, midnight(day)), Missing):
            missing[asset].append(day)
    return missing


def touched_by(owner: User, missing: Mapping[str, Sequence[date]]) -> dict[str, int]:
    facts: dict[str, Any] = {
        "owner": owner.pk,
        "money": sorted(rates().currencies),
        "most": COUNTED + 1,
        "assets": list(missing),
        "since": [midnight(days[0]) for days in missing.values()],
        "until": [midnight(days[-1]) + timedelta(days=1) for days in missing.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED, facts)
        return dict(cursor.fetchall())


def wants_of(assets: Iterable[str]) -> dict[str, PriceWant]:
    found = PriceWant.objects.filter(asset__in=list(assets), aim=PriceWant.Aim.DAYS)
    return {each.asset: each for each in found}


def gap(asset: str, days: Sequence[date], transactions: int, want: PriceWant | None) -> Gap:
    why = want.trouble if want else ""
    return Gap(asset, days[0], days[-1], len(days), transactions, coming=is_coming(want), why=why)


def is_coming(want: PriceWant | None) -> bool:
    """Nobody has said yet that there is nothing."""
    return want is None or (want.whole_at is None and not want.trouble)
