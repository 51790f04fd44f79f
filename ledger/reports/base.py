"""What a report is made of, what it is, and what has been made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from ledger.engine.types import Country

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from accounts.models import User
    from ledger.models import Reckoning
    from ledger.tax_years import Terms

CSV, PDF, XLSX = "csv", "pdf", "xlsx"
MEDIA = {
    CSV: "text/csv; charset=utf-8",
    PDF: "application/pdf",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
EVERYWHERE = frozenset(Country)


@dataclass(frozen=True, slots=True)
class Source:
    """One owner's gains of one tax year, as they stood at one moment."""

    owner: User
    reckoning: Reckoning
    year: int
    terms: Terms
    until: datetime  # when it was over, or now
    runs_until: date | None  # its last day, while it is not over
    wallets: Mapping[UUID, str]  # what they are called
    now: datetime
    tell: Callable[[int], None] = lambda _: None  # how many lines are written
    # What is on a 1099-DA, and whether with its cost: a part of a transaction, or one of the lots it met.
    reported: Mapping[tuple[UUID, int, UUID | None], bool] = field(default_factory=dict)

    @property
    def currency(self) -> str:
        return str(self.reckoning.settings["currency"])

    @property
    def zone(self) -> str:
        return str(self.reckoning.settings["zone"])

    @property
    def country(self) -> Country:
        return self.terms.country

    @property
    def called(self) -> str:
        """2025, or 2024/25 where a tax year spans two."""
        return self.terms.called


@dataclass(frozen=True, slots=True)
class Kind:
    """`make` writes the file, forward only, and answers how many lines it wrote."""

    name: str
    title: str
    about: str  # what is in it and what it is for, in a sentence or two
    make: Callable[[Source, BinaryIO], int]
    countries: frozenset[Country] = EVERYWHERE

    @property
    def suffix(self) -> str:
        return self.name.rpartition("_")[2]

    @property
    def media(self) -> str:
        return MEDIA[self.suffix]
