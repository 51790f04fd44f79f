"""Lots as text, in blocks, and pools that read a block only when it is its turn.

Whoever goes on from a checkpoint of a hundred thousand lots to book ten trades needs a handful of them. A pool that was
kept is a run of blocks in the order of its method, and beside it a pool for what has come since; the next lot to leave
is the better one of both. When it is kept again, blocks that nobody has touched go back as they are.

A block is called after its text, and where one ends its last lot says: so the same lots make the same blocks, whatever
stands before them. Two states that have a block in common need not be compared there, and keep it once.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import deque
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING, Any
from zlib import crc32

from ledger.engine.movements import Origin
from ledger.engine.pools import Blend, Holding, key_of, pool_for, refilled
from ledger.engine.types import Method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ledger.engine.pools import Key, Pool

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BLOCK = 256  # lots, as a rule
LONGEST = 4 * BLOCK


# --- lots as text ------------------------------------------------------------------------------------------------


class Shelf(dict[str, str]):
    """Blocks by their names: those made here, and through it those that were kept."""

    def __init__(self, kept: Mapping[str, str]) -> None:
        self.kept = kept

    def __missing__(self, name: str) -> str:
        return self.kept[name]


def packed(lot: Holding) -> tuple[Any, ...]:
    origin = lot.origin
    acquired = (origin.acquired - EPOCH) // MICROSECOND
    said = int(origin.known), int(origin.dated)
    return (acquired, *origin[1:4], *said, origin.amount, origin.cost, lot.unknown, lot.amount, lot.cost)


def unpacked(lot: Sequence[Any], factor: int = 1) -> Holding:
    acquired, sequence, name, part, known, dated, whole, price, unknown, amount, cost = lot
    at = EPOCH + timedelta(microseconds=acquired)
    origin = tuple.__new__(Origin, (at, sequence, name, part, bool(known), whole * factor, price, bool(dated)))
    return Holding(origin, amount * factor, cost, unknown * factor)


def written(lots: Iterable[Holding], texts: Shelf) -> Iterator[str]:
    """Puts blocks among the texts; answers their names."""
    for block in cut(lots):
        text = json.dumps(block, separators=(",", ":"))
        name = blake2b(text.encode(), digest_size=16).hexdigest()
        texts[name] = text
        yield name


def cut(lots: Iterable[Holding]) -> Iterator[list[tuple[Any, ...]]]:
    block: list[tuple[Any, ...]] = []
    for lot in lots:
        block.append(packed(lot))
        if not crc32(lot.origin.id.encode()) % BLOCK or len(block) == LONGEST:
            yield block
            block = []
    if block:
        yield block


def read(block: str, factor: int = 1) -> list[Holding]:
    return [unpacked(lot, factor) for lot in json.loads(block)]


# --- pools -------------------------------------------------------------------------------------------------------


class Thawing:
    """Takes from the front of what was kept, or from its end where the newest leaves first."""

    __slots__ = ("_blocks", "_key", "_last", "_live", "_mixed", "_newest_first", "_open", "_texts")

    def __init__(
        self, kept: Iterable[str], texts: Shelf, live: Pool, key: Callable[[Origin], Key], *, newest_first: bool
    ) -> None:
        self._blocks = deque(kept)
        self._texts = texts
        self._open: list[Holding] = []  # the block under way; the next to leave is its last
        self._live = live
        self._key = key
        self._newest_first = newest_first
        self._last: Key | None = None  # of all that was kept, once something comes
        self._mixed = False  # something has come that belongs before what was kept

    def push(self, lot: Holding) -> None:
        if not self._mixed:
            last = self._last = self._last or self._latest()
            self._mixed = last is not None and self._key(lot.origin) < last
        self._live.push(lot)

    def _latest(self) -> Key | None:
        if self._open and (self._newest_first or not self._blocks):
            return self._key(self._open[-1 if self._newest_first else 0].origin)
        return self._ends(self._blocks[-1])[1] if self._blocks else None

    def _ends(self, name: str) -> tuple[Key, Key]:
        lots = json.loads(self._texts[name])
        return self._key(unpacked(lots[0]).origin), self._key(unpacked(lots[-1]).origin)

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
        blocks, texts = self._blocks, self._texts
        return read(texts[blocks.pop()]) if self._newest_first else read(texts[blocks.popleft()])[::-1]

    def lots(self) -> Iterator[Holding]:
        """The lots themselves: whoever chooses one by hand takes from it. So everything has to be read."""
        rest = list(chain.from_iterable(read(self._texts[name]) for name in self._blocks))
        self._blocks.clear()
        self._open[:0] = rest if self._newest_first else reversed(rest)
        return self._begun()

    def _run(self) -> list[Holding]:
        """What is left of the block under way, in the order of the others."""
        run = [lot for lot in self._open if lot.amount]
        return run if self._newest_first else run[::-1]

    def _begun(self) -> Iterator[Holding]:
        """What is not in blocks any more, or not yet."""
        return merge(self._run(), self._live.lots(), key=lambda lot: self._key(lot.origin))

    def blocks(self, texts: Shelf) -> Iterator[str]:
        """Untouched ones as they are."""
        if self._mixed:
            return self._woven(texts)
        if self._newest_first:
            return chain(self._blocks, written(self._begun(), texts))
        return chain(written(self._run(), texts), self._blocks, written(self._live.lots(), texts))

    def _woven(self, texts: Shelf) -> Iterator[str]:
        """Something has come that belongs among the blocks: those it falls into are made anew. Pieces of one lot lie in
        the order in which they came: what is left of the block under way stays where that block was.
        """
        new, run = list(self._live.lots()), self._run()
        keys = [self._key(lot.origin) for lot in new]
        loose: list[Holding] = []
        done = 0
        begun = [""] if run else []  # the block under way has no name any more
        for name in [*self._blocks, *begun] if self._newest_first else [*begun, *self._blocks]:
            first, last = self._ends(name) if name else (self._key(run[0].origin), self._key(run[-1].origin))
            begin, done = done, bisect_left(keys, last, lo=done)
            before = new[begin:done]
            if not name or (before and keys[done - 1] >= first):
                lots = read(self._texts[name]) if name else run
                loose += merge(lots, before, key=lambda lot: self._key(lot.origin))
                continue
            yield from written([*loose, *before], texts)
            loose.clear()
            yield name
        yield from written([*loose, *new[done:]], texts)


def blocks(pool: Pool, texts: Shelf) -> list[str]:
    return list(pool.blocks(texts) if isinstance(pool, Thawing) else written(pool.lots(), texts))


def thawing(kept: Sequence[str], texts: Shelf, method: Method, scale: int, factor: int = 1) -> Pool:
    """`factor`: an asset has been given more decimals since, and every lot has to be read."""
    pool = pool_for(method, scale)
    if isinstance(pool, Blend) or factor != 1:
        return refilled(pool, chain.from_iterable(read(texts[name], factor) for name in kept))
    return Thawing(kept, texts, pool, key_of(method, scale), newest_first=method is Method.LIFO)
