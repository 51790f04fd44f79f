"""Lots that are there, in the order in which they leave.

A method is a key function, and a pool keeps its lots by that key. Oldest and newest first are a line, from which one
end leaves; it is in order already, save for lots that come out of a transfer with an older date. Highest and lowest
cost first are a heap. Average is the exception: one lot that everything is stirred into.

An emptied lot stays where it is and is passed over. So a lot that was chosen by hand may be emptied in the middle.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Protocol

from ledger.engine.types import Method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ledger.engine.movements import Origin

    Key = tuple[object, ...]

COMPACT = 4096  # so many emptied lots are carried along before a line is cut
FINE = 10**18  # a lot's cost for one whole piece is compared to 18 decimals below money's eight


@dataclass(slots=True)
class Holding:
    """What is left of a lot. `unknown`: where others were stirred into it, so much of it at a cost nobody knows."""

    origin: Origin
    amount: int
    cost: int
    unknown: int = 0


class Pool(Protocol):
    def push(self, lot: Holding) -> None: ...

    def first(self) -> Holding | None:
        """The one that leaves next."""

    def lots(self) -> Iterator[Holding]:
        """All that hold something, in the order in which pushing them again makes the same pool."""


def oldest(lot: Holding) -> Origin:
    return lot.origin


class Line:
    """Kept oldest first, and taken from the front."""

    __slots__ = ("_head", "_lots")

    def __init__(self) -> None:
        self._lots: list[Holding] = []
        self._head = 0

    def push(self, lot: Holding) -> None:
        lots = self._lots
        if not lots or lots[-1].origin <= lot.origin:
            lots.append(lot)
        else:
            insort(lots, lot, lo=self._head, key=oldest)

    def first(self) -> Holding | None:
        lots, head = self._lots, self._head
        while head < len(lots):
            lot = lots[head]
            if lot.amount:
                self._head = head
                return lot
            head += 1
            if head >= COMPACT:
                del lots[:head]
                head = 0
        self._head = head
        return None

    def lots(self) -> Iterator[Holding]:
        return (lot for lot in self._lots[self._head :] if lot.amount)


class Stack(Line):
    """Kept oldest first, and taken from the end."""

    __slots__ = ()

    def first(self) -> Holding | None:
        lots = self._lots
        while lots:
            if lots[-1].amount:
                return lots[-1]
            lots.pop()
        return None


class Heap:
    """Kept by what one piece had cost; of equals the oldest leaves first."""

    __slots__ = ("_count", "_heap", "_key")

    def __init__(self, key: Callable[[Origin], Key]) -> None:
        self._key = key
        self._heap: list[tuple[Key, int, Holding]] = []
        self._count = count()

    def push(self, lot: Holding) -> None:
        heappush(self._heap, (self._key(lot.origin), next(self._count), lot))

    def first(self) -> Holding | None:
        heap = self._heap
        while heap:
            lot = heap[0][2]
            if lot.amount:
                return lot
            heappop(heap)
        return None

    def lots(self) -> Iterator[Holding]:
        return (lot for _, _, lot in sorted(self._heap, key=lambda entry: entry[:2]) if lot.amount)


class Blend:
    """One lot that all others are stirred into. Cost may wait in it while nothing is held (see `canada`)."""

    __slots__ = ("lot",)

    def __init__(self) -> None:
        self.lot: Holding | None = None

    def push(self, lot: Holding) -> None:
        held, unknown = self.lot, lot.unknown or (0 if lot.origin.known else lot.amount)
        if held is None or not held.amount:
            waiting = held.cost if held else 0
            origin = lot.origin._replace(id="", part=0, dated=False)
            self.lot = Holding(origin, lot.amount, lot.cost + waiting, unknown)
            return
        if held.origin.known and not lot.origin.known:
            held.origin = held.origin._replace(known=False)
        held.amount += lot.amount
        held.cost += lot.cost
        held.unknown += unknown

    def first(self) -> Holding | None:
        return self.lot if self.lot and self.lot.amount else None

    def lots(self) -> Iterator[Holding]:
        if self.lot and (self.lot.amount or self.lot.cost):
            yield self.lot


def share(unknown: int, amount: int, whole: int) -> int:
    """So much of a part is at a cost nobody knows, where so much of the whole is: never nothing of something."""
    return -(-unknown * amount // whole)


def price(origin: Origin, scale: int) -> int:
    """Of one whole piece, when it was acquired. The number of the asset's decimals cancels."""
    return origin.cost * (FINE * 10**scale) // origin.amount if origin.amount else 0


def by_age(origin: Origin) -> Key:
    return origin


def key_of(method: Method, scale: int) -> Callable[[Origin], Key]:
    """By what a method's lots are kept."""
    match method:
        case Method.HIFO:
            return lambda origin: (-price(origin, scale), origin)
        case Method.LOFO:
            return lambda origin: (price(origin, scale), origin)
        case _:
            return by_age


def pool_for(method: Method, scale: int) -> Pool:
    match method:
        case Method.AVERAGE | Method.ACB | Method.UK_POOL:
            return Blend()
        case Method.HIFO | Method.LOFO:
            return Heap(key_of(method, scale))
        case Method.LIFO:
            return Stack()
        case _:
            return Line()


def refilled(pool: Pool, lots: Iterable[Holding]) -> Pool:
    for lot in lots:
        pool.push(lot)
    return pool
