"""The exchanges that are asked for prices: what is traded there, and for how long one that fails is left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import F

from ledger.models import PriceSource
from ledger.naming.aliases import OF_EXCHANGES
from ledger.pricing.depths import DEPTHS
from wallets import workshop
from wallets.budget import SPENT
from wallets.records import Cause, ConnectorError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ledger.pricing.depths import Market

FRESH = timedelta(days=1)  # a list of pairs
FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=6)
QUOTES = {depth.exchange: frozenset(depth.quotes) for depth in DEPTHS}


class Sources:
    """As they are at one time, for one piece of work."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.rows = {each.exchange: each for each in PriceSource.objects.all()}
        self._pairs: dict[tuple[str, datetime | None], set[tuple[str, str]]] = {}

    @property
    def traded(self) -> dict[str, set[tuple[str, str]]]:
        """By exchange, of those that answer: pairs of asset and quote."""
        found = {}
        for depth in DEPTHS:
            row = self.asked(depth.exchange)
            if row and not self.resting(row):
                found[depth.exchange] = self._listed(row)
        return found

    def _listed(self, row: PriceSource) -> set[tuple[str, str]]:
        key = (row.exchange, row.pairs_at)
        if key not in self._pairs:
            self._pairs[key] = {pair(name) for name in row.pairs}
        return self._pairs[key]

    @property
    def back_at(self) -> datetime | None:
        """When the first of those that are left alone is asked again."""
        return min((row.not_before for row in self.rows.values() if row.not_before and self.resting(row)), default=None)

    def resting(self, row: PriceSource) -> bool:
        return bool(row.not_before and row.not_before > self.now)

    def name_of(self, market: Market) -> str:
        name: str = self.rows[market.exchange].pairs[f"{market.symbol}/{market.quote}"]
        return name

    def asked(self, exchange: str) -> PriceSource | None:
        """With its list of pairs, which is asked for once a day. None: nobody may be asked, as in development."""
        row = self.rows.get(exchange) or PriceSource(exchange=exchange)
        if self.resting(row) or (row.pairs_at and row.pairs_at > self.now - FRESH):
            return row
        try:
            told = workshop.public(exchange).pairs()
        except workshop.NowhereError:
            return None
        except ConnectorError as error:
            self.failed(exchange, error)
            return self.rows[exchange]
        row.pairs, row.pairs_at = listed(exchange, told, self.now), self.now
        PriceSource.objects.update_or_create(exchange=exchange, defaults={"pairs": row.pairs, "pairs_at": self.now})
        self.rows[exchange] = row
        return row

    def failed(self, exchange: str, error: ConnectorError) -> None:
        """It is left alone for longer each time. What our own budget holds back is no failure of its own."""
        row, _ = PriceSource.objects.get_or_create(exchange=exchange)
        PriceSource.objects.filter(pk=exchange).update(failures=F("failures") + 1)
        row.refresh_from_db()
        row.cause, row.code = error.cause, error.code[:80]
        row.not_before = self.now + (error.wait or min(FIRST * 2 ** min(row.failures - 1, 12), LONGEST))
        row.save(update_fields=["cause", "code", "not_before"])
        self.rows[exchange] = row

    def answered(self, exchange: str) -> None:
        facts = {"failures": 0, "cause": "", "code": "", "not_before": None, "answered_at": self.now}
        PriceSource.objects.filter(pk=exchange).update(**facts)


def held_back(error: ConnectorError) -> bool:
    """By ourselves: the exchange is well."""
    return error.cause is Cause.RATE_LIMITED and error.code == SPENT


def listed(exchange: str, told: Iterable[tuple[str, str, str]], now: datetime) -> dict[str, str]:
    """By our names of both sides; former names of assets stay, for their older prices lie there."""
    ours = {each.symbol: each.code for each in OF_EXCHANGES if each.exchange == exchange and each.holds(now)}
    named = ((ours.get(base, base), ours.get(quote, quote), name) for base, quote, name in told)
    return {f"{base}/{quote}": name for base, quote, name in named if quote in QUOTES[exchange]}


def pair(name: str) -> tuple[str, str]:
    asset, _, quote = name.rpartition("/")
    return asset, quote
