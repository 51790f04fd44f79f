"""Gains added up by what one asks for. Each of these adds up to the same total, to the last unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ledger.engine.days import tax_year

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Hashable, Iterable, Iterator

    from ledger.engine.movements import Receipt, Take
    from ledger.engine.reckoning import Reckoning

    Key = TypeVar("Key", bound=Hashable)


class Sum(NamedTuple):
    """In whole units of money."""

    proceeds: int = 0
    cost: int = 0
    adjustment: int = 0

    @property
    def gain(self) -> int:
        return self.proceeds - self.cost + self.adjustment


def counted(reckoning: Reckoning) -> Iterator[Take]:
    """What left without a gain is none of a tax year's business."""
    return (take for booked in reckoning.booked.values() for take in booked.takes if take.counts)


def received(reckoning: Reckoning) -> Iterator[Receipt]:
    return (receipt for booked in reckoning.booked.values() for receipt in booked.receipts)


def by(takes: Iterable[Take], key: Callable[[Take], Key]) -> dict[Key, Sum]:
    sums: dict[Key, list[int]] = {}
    for take in takes:
        line = sums.setdefault(key(take), [0, 0, 0])
        line[0] += take.proceeds
        line[1] += take.cost
        line[2] += take.adjustment
    return {name: Sum(*line) for name, line in sums.items()}


def of_year(reckoning: Reckoning, year: int) -> list[Take]:
    settings = reckoning.settings
    return [take for take in counted(reckoning) if tax_year(settings, take.out.at, take.day) == year]


def income_of_year(reckoning: Reckoning, year: int, *, only: Container[str] | None = None) -> dict[str, int]:
    """By category. `only`: what came in these assets."""
    settings = reckoning.settings
    sums: dict[str, int] = {}
    for receipt in received(reckoning):
        if only is not None and receipt.of.asset not in only:
            continue
        if tax_year(settings, receipt.of.at, receipt.day) == year:
            category = receipt.of.more.category
            sums[category] = sums.get(category, 0) + receipt.value
    return sums
