"""Every kind of report there is, by name, in the order in which pages show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.reports import (
    anlage_so,
    au_cgt,
    form_8949,
    gains,
    holdings,
    income,
    sa108,
    schedule3,
    transactions,
    turbotax,
    workbook,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.engine.types import Country
    from ledger.reports.base import Kind

ROOMS = (
    form_8949, turbotax, sa108, schedule3, anlage_so, au_cgt, workbook, gains, income, holdings, transactions,
)  # fmt: skip
KINDS: dict[str, Kind] = {kind.name: kind for room in ROOMS for kind in room.KINDS}


def fitting(country: Country) -> Iterator[Kind]:
    """Those that make sense where this country's rules are in force; its own come first."""
    return (kind for kind in KINDS.values() if country in kind.countries)


def filed(country: Country) -> Kind:
    """What is made at once when a year is locked: the paper of the country, or all of it where there is none."""
    return next(fitting(country))
