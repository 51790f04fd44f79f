"""What is still to be asked, and of whom: stretches of time, less those that somebody has told of."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from ledger.pricing.candles import DAY
from ledger.pricing.clock import seconds
from ledger.pricing.depths import DEPTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ledger.pricing.depths import Market
    from ledger.pricing.runs import Run, Stretch

# Nothing was traded for so long: the pair was not there yet, or is no more, and somebody else is asked.
SILENCE = 3 * DAY
NEVER: Mapping[str, int] = MappingProxyType({})
BY_NAME = {depth.exchange: depth for depth in DEPTHS}


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: this market, from then until just before then."""

    market: Market
    begin: int
    end: int


def minus(wanted: Iterable[Stretch], taken: Iterable[Stretch]) -> list[Stretch]:
    """What is left, in order."""
    left = merged(wanted)
    for begin, end in merged(taken):
        left = [piece for stretch in left for piece in without(stretch, begin, end)]
    return left


def without(stretch: Stretch, begin: int, end: int) -> Iterator[Stretch]:
    first, last = stretch
    if first < min(begin, last):
        yield first, min(begin, last)
    if max(end, first) < last:
        yield max(end, first), last


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    found: list[Stretch] = []
    for begin, end in sorted(stretch for stretch in stretches if stretch[0] < stretch[1]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def told(runs: Iterable[Run]) -> list[Stretch]:
    return merged((run.begins, run.ends) for run in runs)


def priced(runs: Iterable[Run]) -> list[Stretch]:
    """What was told, less where nothing was traded for long."""
    whole = sorted(runs, key=lambda run: run.begins)
    moments = [(at, at + run.span) for run in whole for at, _ in run.priced()]
    return minus(told(whole), silences(told(whole), merged(moments)))


def silences(known: Iterable[Stretch], traded: Iterable[Stretch]) -> list[Stretch]:
    return [(begin, end) for begin, end in minus(known, traded) if end - begin >= SILENCE]


def next_ask(
    need: Sequence[Stretch],
    markets: Sequence[Market],
    known: Mapping[Market, Sequence[Run]],
    *,
    span: int,
    now: int,
    until: Mapping[str, int] = NEVER,
) -> Ask | None:
    """The newest piece that nobody has told of, asked of the deepest market that can. None: there is nobody left.

    `known` has the runs of markets that are not asked just now, too. `until`: tickers that mean another asset from then
    on, so that nothing of what closes later is of this one.
    """
    left = unpriced(need, known)
    for market in markets:
        reach = reach_of(market, span, now), until.get(market.symbol, now) // span * span
        if askable := within(minus(left, told(known.get(market, ()))), *reach):
            begin, end = askable[-1]
            return Ask(market, max(begin, end - BY_NAME[market.exchange].page * span), end)
    return None


def unpriced(need: Iterable[Stretch], known: Mapping[Market, Sequence[Run]]) -> list[Stretch]:
    left = merged(need)
    for runs in known.values():
        left = minus(left, priced(runs))
    return left


def reach_of(market: Market, span: int, now: int) -> int:
    """The oldest moment the exchange tells of at all."""
    depth = BY_NAME[market.exchange]
    newest = now // span * span - (depth.newest - 1) * span if depth.newest else 0
    return max(newest, seconds(depth.since) // span * span)


def within(stretches: Iterable[Stretch], since: int, until: int) -> list[Stretch]:
    cut = ((max(begin, since), min(end, until)) for begin, end in stretches)
    return [(begin, end) for begin, end in cut if begin < end]
