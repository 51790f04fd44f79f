"""Whose file is it? Decided by the names of its columns, and by the file's own name only where those fit several."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ledger.imports import formats, times

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.imports.formats.base import Format

ZONE = re.compile(r"\(UTC(?P<offset>(?:\+|--)\d{1,2}(?::\d{2})?)?\)", re.IGNORECASE)
ZONE_SAID = re.compile(r"time ?zone\W{1,3}(?P<zone>(?:UTC|GMT) ?(?:[+\-]\d{1,2}(?::?\d{2})?)?)", re.IGNORECASE)
DIRECTION = re.compile(r"(?P<deposit>deposit)|(?P<withdrawal>withdraw)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Match:
    form: Format
    columns: Mapping[str, str]  # the format's name -> the file's
    unused: tuple[str, ...]
    named: bool  # the file's name speaks for it too

    @property
    def rank(self) -> tuple[int, int, bool, int]:
        """More columns first: headers that begin alike are told apart by what else they have."""
        return len(self.columns), -len(self.unused), self.named, -len(self.form.optional)

    def reasons(self) -> tuple[str, ...]:
        among = len(self.columns) + len(self.unused)
        known = f"{len(self.columns)} of {among} columns are those of “{self.form.title}”."
        return (known, "The file's name says so too.") if self.named else (known,)


def matches(names: tuple[str, ...], file_name: str = "") -> list[Match]:
    """The best first."""
    return sorted(fitting(names, file_name), key=lambda match: match.rank, reverse=True)


def best(names: tuple[str, ...], file_name: str = "") -> Match | None:
    """None: nobody's that is known here, so its columns must be mapped."""
    return next(iter(matches(names, file_name)), None)


@lru_cache(maxsize=1_000)
def fitting(names: tuple[str, ...], file_name: str) -> tuple[Match, ...]:
    found = (match_of(form, names, file_name) for form in formats.every().values())
    return tuple(match for match in found if match)


def match_of(form: Format, names: tuple[str, ...], file_name: str) -> Match | None:
    columns = form.match(names)
    if columns is None:
        return None
    unused = tuple(name for name in names if name not in set(columns.values()))
    if len(unused) > len(columns) and not form.open_ended:
        return None
    return Match(form, columns, unused, bool(form.named and re.search(form.named, file_name, re.IGNORECASE)))


def is_header(names: tuple[str, ...]) -> bool:
    return bool(fitting(names, ""))


def direction_in(file_name: str) -> str:
    """Whether it says deposit or withdrawal, and not the other."""
    found = {match.lastgroup or "" for match in DIRECTION.finditer(file_name)}
    return next(iter(found)) if len(found) == 1 else ""


def zone_in_name(file_name: str) -> str:
    """As Binance writes it (R): “(UTC+7)”, “(UTC--6)”."""
    match = ZONE.search(file_name)
    name = f"UTC{(match['offset'] or '').replace('--', '-')}" if match else ""
    return name if name and times.is_zone(name) else ""


def zone_in_remark(line: str) -> str:
    """As OKX writes it in front of its lines (R): “UID:1,Account Type:Main,Time Zone:UTC+8”."""
    match = ZONE_SAID.search(line)
    name = match["zone"].replace(" ", "").upper() if match else ""
    return name if name and times.is_zone(name) else ""
