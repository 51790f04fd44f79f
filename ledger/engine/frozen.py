"""Lots as text, in blocks, and pools that read a block only when it is its turn.

Whoever goes on from a checkpoint of a hundred thousand lots to book ten trades needs a handful of them. A pool that was
kept is a run of blocks in the order of its method, and beside it a pool for what has come since; the next lot to leave
is the better one of both. When it is kept again, blocks that nobody has touched go back as they are.
"""

from __future__ import annotations

import json
from collections import deque
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from ledger.engine.movements import Origin
from ledger.engine.pools import Blend, Holding, key_of, pool_for, refilled
from ledger.engine.types import Method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ledger.engine.pools import Key, Pool

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BLOCK = 256


# --- lots as text ------------------------------------------------------------------------------------------------


def packed(lot: Holding) -> tuple[Any, ...]:
    origin = lot.origin
    acquired = (origin.acquired - EPOCH) // MICROSECOND
    return (acquired, *origin[1:4], int(origin.known), origin.amount, origin.cost, lot.amount, lot.cost)


def unpacked(lot: Sequence[Any], factor: int = 1) -> Holding:
    acquired, sequence, name, part, known, whole, price, amount, cost = lot
    at = EPOCH + timedelta(microseconds=acquired)
    origin = tuple.__new__(Origin, (at, sequence, name, part, bool(known), whole * factor, price))
    return Holding(origin, amount * factor, cost)


def written(lots: Iterable[Holding]) -> Iterator[str]:
    rest = iter(lots)
    while block := [packed(lot) for lot in islice(rest, BLOCK)]:
        yield json.dumps(block, separators=(",", ":"))


def read(block: str, factor: int = 1) -> list[Holding]:
    return [unpacked(lot, factor) for lot in json.loads(block)]


# --- pools -------------------------------------------------------------------------------------------------------


class Thawing:
    """Takes from the front of what was kept, or from its end where the newest leaves first."""

    __slots__ = ("_blocks", "_key", "_last", "_live", "_mixed", "_newest_first", "_open")

    def __init__(self, kept: Iterable[str], live: Pool, key: Callable[[Origin], Key], *, newest_first: bool) -> None:
        self._blocks = deque(kept)
        self._open: list[Holding] = []  # the block under way; the next to leave is its last
        self._live = live
        self._key = key
        self._newest_first = newest_first
        self._last = key(read(self._blocks[-1])[-1].origin) if self._blocks else None
        self._mixed = False  # something has come that belongs before what was kept

    def push(self, lot: Holding) -> None:
        if not self._mixed and self._last is not None:
            self._mixed = self._key(lot.origin) < self._last
        self._live.push(lot)

    def first(self) -> Holding | None:
        lots = self._open
        kept = lots[-1] if lots and lots[-1].amount else self._kept()
        if kept is None or (self._newest_first and not self._mixed):
            return self._live.first() or kept
        return self._better(kept) if self._mixed else kept

    def _better(self, kept: Holding) -> Holding:
        new = self._live.first()
        if new is None:
            return kept
        ours, theirs = self._key(kept.origin), self._key(new.origin)
        if self._newest_first:
            return kept if ours > theirs else new
        return kept if ours <= theirs else new

    def _kept(self) -> Holding | None:
        lots = self._open
        while lots or self._blocks:
            if not lots:
                lots = self._open = self._next()
            elif lots[-1].amount:
                return lots[-1]
            else:
                lots.pop()
        return None

    def _next(self) -> list[Holding]:
        return read(self._blocks.pop()) if self._newest_first else read(self._blocks.popleft())[::-1]

    def lots(self) -> Iterator[Holding]:
        """The lots themselves: whoever chooses one by hand takes from it. So everything has to be read."""
        rest = list(chain.from_iterable(map(read, self._blocks)))
        self._blocks.clear()
        self._open[:0] = rest if self._newest_first else reversed(rest)
        run = [lot for lot in self._open if lot.amount]
        if not self._newest_first:
            run.reverse()
        return merge(run, self._live.lots(), key=lambda lot: self._key(lot.origin))

    def told(self) -> Iterator[Sequence[Any]]:
        """As they are packed, in no order: those nobody has touched are not made for it."""
        kept = chain.from_iterable(map(json.loads, self._blocks))
        return chain(kept, (packed(lot) for lot in self._open if lot.amount), map(packed, self._live.lots()))

    def blocks(self) -> Iterator[str]:
        """Untouched ones as they are, if what has come since comes after all of them."""
        if self._newest_first or self._mixed:
            return written(self.lots())
        begun = reversed([lot for lot in self._open if lot.amount])
        return chain(written(begun), self._blocks, written(self._live.lots()))


def blocks(pool: Pool) -> Iterator[str]:
    return pool.blocks() if isinstance(pool, Thawing) else written(pool.lots())


def told(pool: Pool) -> Iterator[Sequence[Any]]:
    return pool.told() if isinstance(pool, Thawing) else map(packed, pool.lots())


def thawing(kept: Sequence[str], method: Method, scale: int, factor: int) -> Pool:
    """`factor`: an asset has been given more decimals since, and every lot has to be read."""
    pool = pool_for(method, scale)
    if isinstance(pool, Blend) or factor != 1:
        return refilled(pool, chain.from_iterable(read(block, factor) for block in kept))
    return Thawing(kept, pool, key_of(method, scale), newest_first=method is Method.LIFO)
