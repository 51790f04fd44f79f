"""Fetches what is wanted, a page at a time, from the deepest exchange that answers. In workers, never for a page.

Each page is one transaction behind the fence of its want: what is kept, and whoever reckoned with other prices told.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from config.leases import LeaseLostError
from ledger import price_runs
from ledger.models import PriceWant
from ledger.price_sources import Sources, held_back
from ledger.prices import changed
from ledger.pricing import candles, coverage, depths
from ledger.pricing.candles import DAY, HOUR, NoCandlesError
from ledger.pricing.clock import moment, seconds
from ledger.pricing.runs import LENGTHS
from wallets import workshop
from wallets.records import Cause, ConnectorError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ledger.pricing.coverage import Ask
    from ledger.pricing.runs import Stretch

WORK = "ledger.prices"
PAGES = 6  # in one go
WEEK = 8 * DAY  # of hours, for what is shown as the latest
Aim = PriceWant.Aim
SPANS = {Aim.LATEST: HOUR, Aim.DAYS: DAY, Aim.HOURS: HOUR}
# After an hour or a day is over, how long until its candle is asked for; spread over the wants.
SETTLED = {Aim.LATEST: 150, Aim.DAYS: 15 * 60, Aim.HOURS: 30 * 60}
NOBODY = "No exchange that is asked trades it."
SOME = "Not for all of the time: no exchange that is asked has the rest."
LOOK_AGAIN = timedelta(days=1)


def work(now: datetime, *, clock: Callable[[], datetime]) -> bool:
    """One want, for a few pages. True: there may be more."""
    PriceWant.objects.sweep(now=now)
    want = PriceWant.objects.claim(now=now)
    if want is None:
        return False
    with suppress(LeaseLostError):  # it took too long, and somebody else is at it
        advance(want, clock=clock)
    return True


def advance(want: PriceWant, *, clock: Callable[[], datetime]) -> None:
    sources = Sources(clock())
    for _ in range(PAGES):
        sources.now = clock()
        ask = question(want, sources)
        if ask is None:
            rest(want, sources)
            return
        try:
            told = asked(want, ask, sources)
        except ConnectorError as error:
            if held_back(error):
                want.again(at=sources.now + (error.wait or timedelta(minutes=1)), fresh=True)
                return
            sources.failed(ask.market.exchange, error)
            break
        with transaction.atomic():
            want.fence(now=clock())
            kept(told, now=sources.now)
        sources.answered(ask.market.exchange)
    want.again(at=sources.now, fresh=True)


def question(want: PriceWant, sources: Sources) -> Ask | None:
    """What is asked next, of whom."""
    need = needed(want, sources.now)
    if not need:
        return None
    span, since = SPANS[Aim(want.aim)], need[0][0]
    markets = depths.markets(want.asset, sources.traded, since=moment(since))
    known = price_runs.known(want.asset, span, since)
    until = depths.meanings(want.asset, markets)
    return coverage.next_ask(need, markets, known, span=span, now=seconds(sources.now), until=until)


def needed(want: PriceWant, now: datetime) -> list[Stretch]:
    """Up to the last candle that is over."""
    span = SPANS[Aim(want.aim)]
    over = seconds(now) // span * span
    if want.aim == Aim.LATEST:
        return [(over - WEEK, over)]
    if want.aim == Aim.DAYS:
        return coverage.merged([(seconds(want.since) // DAY * DAY, over)])
    length = LENGTHS[HOUR]
    periods = ((period * length, min((period + 1) * length, over)) for period in want.periods)
    since = seconds(want.since) // DAY * DAY - DAY
    return coverage.merged((max(begin, since), end) for begin, end in periods)


def asked(want: PriceWant, ask: Ask, sources: Sources) -> price_runs.Told:
    """Raises ConnectorError."""
    span, exchange = SPANS[Aim(want.aim)], ask.market.exchange
    public = workshop.public(exchange)
    body = public.candles(sources.name_of(ask.market), span=span, begin=ask.begin, end=ask.end)
    try:
        found = candles.parsed(exchange, body, span=span, now=seconds(sources.now))
    except NoCandlesError:
        found = None
    if found is None:
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="candles")
    closes = {each.at: each.close for each in found}
    return price_runs.Told(want.asset, ask.market, span, (ask.begin, ask.end), closes)


def kept(told: price_runs.Told, *, now: datetime) -> None:
    price_runs.keep(told)
    begin, end = told.stretch
    within = [at for at in told.closes if begin <= at < end]
    if within:
        until = moment(max(within) + told.span + WEEK)  # the last of them may be carried on
        changed(asset=told.asset, since=moment(min(within)), until=until, now=now)


def rest(want: PriceWant, sources: Sources) -> None:
    """Until the next candle is over; where something is left, until somebody may know more."""
    now = sources.now
    need = needed(want, now)
    known = price_runs.known(want.asset, SPANS[Aim(want.aim)], need[0][0]) if need else {}
    left = coverage.unpriced(need, known)
    at = next_candle(want, now)
    if left and want.aim != Aim.LATEST:
        at = min(now + LOOK_AGAIN, sources.back_at or now + LOOK_AGAIN)
    trouble = (SOME if any(known.values()) else NOBODY) if left else ""
    with transaction.atomic():
        want.fence(now=now)
        mine = PriceWant.objects.filter(pk=want.pk)
        changed_since = mine.exclude(since=want.since, periods=want.periods).exists()
        mine.update(trouble=trouble, whole_at=None if left else now)
        want.again(at=now if changed_since else at, fresh=True)


def next_candle(want: PriceWant, now: datetime) -> datetime:
    aim = Aim(want.aim)
    span = HOUR if aim == Aim.LATEST else DAY
    spread = want.pk * 37 % (5 * 60 if aim == Aim.LATEST else 3600)
    return moment((seconds(now) // span + 1) * span + SETTLED[aim] + spread)
