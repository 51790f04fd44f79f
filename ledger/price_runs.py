"""Keeps what an exchange told of a stretch: joined to what is there, so that a period stays one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from ledger.models import PriceRun, PriceSeries
from ledger.pricing.clock import moment, seconds
from ledger.pricing.depths import Market
from ledger.pricing.runs import LENGTHS, Run, joined, read, written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from ledger.pricing.runs import Stretch


@dataclass(frozen=True, slots=True)
class Told:
    """What came: a close for each moment at which something was traded."""

    asset: str
    market: Market
    span: int
    stretch: Stretch
    closes: Mapping[int, Decimal]


@transaction.atomic
def keep(told: Told) -> None:
    """Whoever keeps of the same pair waits for its row."""
    series, _ = PriceSeries.objects.get_or_create(
        asset=told.asset,
        span=told.span,
        source=told.market.exchange,
        quote=told.market.quote,
        symbol=told.market.symbol,
    )
    series = PriceSeries.objects.select_for_update(no_key=True).get(pk=series.pk)
    for run in written(told.stretch, told.span, told.closes):
        put(series, run)
    remember_newest(series, told)


def put(series: PriceSeries, run: Run) -> None:
    """In place of all that it touches, up to the borders of its period."""
    begin = run.begins // LENGTHS[run.span] * LENGTHS[run.span]
    near = PriceRun.objects.filter(
        series=series,
        begins__gte=moment(begin),
        begins__lt=moment(min(begin + LENGTHS[run.span], run.ends + 1)),
        ends__gte=moment(run.begins),
    ).order_by("begins")
    gone = []
    for row in near:
        if whole := joined(read(seconds(row.begins), run.span, row.closes), run):
            run = whole
            gone.append(row.pk)
    PriceRun.objects.filter(pk__in=gone).delete()
    PriceRun.objects.create(series=series, begins=moment(run.begins), ends=moment(run.ends), closes=run.text)


def remember_newest(series: PriceSeries, told: Told) -> None:
    within = [at for at in told.closes if told.stretch[0] <= at < told.stretch[1]]
    if within and (series.last_at is None or moment(max(within)) >= series.last_at):
        series.last_at, series.last_price = moment(max(within)), told.closes[max(within)]
        series.save(update_fields=["last_at", "last_price"])


def known(asset: str, span: int, since: int) -> dict[Market, list[Run]]:
    """All that reaches beyond `since`."""
    rows = PriceRun.objects.filter(series__asset=asset, series__span=span, ends__gt=moment(since))
    found: dict[Market, list[Run]] = {}
    columns = ("series__source", "series__symbol", "series__quote", "begins", "closes")
    for *market, begins, closes in rows.order_by("begins").values_list(*columns):
        found.setdefault(Market(*market), []).append(read(seconds(begins), span, closes))
    return found
