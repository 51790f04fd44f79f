"""Tickers that another coin took over: of a former one nothing is kept beyond the day it ended.

It is not asked for any longer than that (`ledger.pricing.depths`). What was kept before that rule came is dropped here,
and what should lie in its place is asked for again. There is nothing to do then, ever after.
"""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from ledger.models import PriceSeries, PriceWant
from ledger.naming.aliases import ended, taken_over
from ledger.prices import changed
from ledger.pricing.clock import moment, seconds
from ledger.pricing.runs import Run, read

if TYPE_CHECKING:
    from datetime import datetime


def keep_to_their_coins(now: datetime) -> None:
    former = reduce(or_, (Q(asset=each.code, symbol=each.symbol) for each in taken_over()))
    for series in PriceSeries.objects.filter(former).order_by("pk"):
        if at := ended(series.asset, series.symbol):
            cut(series.pk, seconds(at) // series.span * series.span, now=now)


@transaction.atomic
def cut(series_id: int, end: int, *, now: datetime) -> None:
    """Whoever keeps of the same pair waits for its row; whoever reckoned with what is dropped hears of it."""
    series = PriceSeries.objects.select_for_update(no_key=True).get(pk=series_id)
    beyond = list(series.runs.filter(ends__gt=moment(end)))
    for row in beyond:
        run = read(seconds(row.begins), series.span, row.closes)
        if run.begins >= end:
            row.delete()
        else:
            left = Run(run.begins, run.span, run.cells[: (end - run.begins) // run.span])
            row.closes, row.ends = left.text, moment(left.ends)
            row.save(update_fields=["closes", "ends"])
    if beyond:
        remember_the_last(series)
        PriceWant.objects.filter(asset=series.asset).update(not_before=now, whole_at=None)
        changed(asset=series.asset, since=moment(end), now=now)


def remember_the_last(series: PriceSeries) -> None:
    runs = (read(seconds(row.begins), series.span, row.closes) for row in series.runs.order_by("-begins"))
    last = next((told[-1] for run in runs if (told := list(run.priced()))), None)
    series.last_at, series.last_price = (moment(last[0]), Decimal(last[1])) if last else (None, None)
    series.save(update_fields=["last_at", "last_price"])
