"""Moments as files write them: which order day, month and year stand in, and in which zone, is proven or asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from ledger.readings.numbers import EARLIEST, LATEST, from_epoch

DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "dmy", "mdy", "ymd"
ANY_ORDER = frozenset({DAY_FIRST, MONTH_FIRST, YEAR_FIRST})

CLOCK = (
    r"(?:[T ,]+(?:at )?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,:](?P<part>\d{1,9}))?)?"
    r"(?:\s?(?P<half>[AaPp])\.?[Mm]\b\.?)?)?"
)
ZONE = r"(?:\s*(?P<zone>Z|[A-Za-z][\w/+\-:]{1,39}|[+-]\d{2}(?::?\d{2}){0,2}))?(?: UTC| GMT)?(?:\s*\([^)]{0,60}\))?"
END = CLOCK + ZONE
ISO = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + END)
PACKED = re.compile(r"(?P<year>20\d{2})(?P<month>\d{2})(?P<day>\d{2})" + END)
DATE_LAST = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?) (\d{4}-\d{2}-\d{2})")  # as Bybit writes it (R)
PARTS = re.compile(r"(?P<first>\d{1,2})[-/.](?P<middle>\d{1,2})[-/.](?P<last>\d{4}|\d{2})" + END)
WEEKDAY = r"(?:[A-Za-z]{3,9}\.?,? )?"
NAMED_DAY_FIRST = re.compile(WEEKDAY + r"(?P<day>\d{1,2})[ -](?P<name>[A-Za-z]{3,9})\.?,?[ -](?P<year>\d{4})" + END)
NAMED_MONTH_FIRST = re.compile(WEEKDAY + r"(?P<name>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>\d{4})" + END)
SHAPES = (ISO, PACKED, NAMED_MONTH_FIRST, NAMED_DAY_FIRST)
EPOCH = re.compile(r"\d{9,10}(\.\d{1,9})?|\d{13}|\d{16}")
PER_SECOND = {13: 1_000, 16: 1_000_000}

NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {name: number for number, name in enumerate(NAMES, 1)}
OFFSET = re.compile(
    r"(?:UTC|GMT)?\s*(?P<sign>[+\-±])\s*(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?(?::?\d{2})?",
    re.IGNORECASE | re.ASCII,
)
# Short names that mean one thing in the files that use them; others are asked.
ABBREVIATED = {
    "z": 0,
    "utc": 0,
    "gmt": 0,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "cet": 1,
    "cest": 2,
    "bst": 1,
    "sgt": 8,
    "jst": 9,
}
NOON = 12
CENTURY = 2000
FIRST_COIN = 2009


@dataclass(frozen=True, slots=True)
class Clock:
    """What must be known beside the text: a zone for those that name none, an order for 03/04/2021."""

    zone: str = "UTC"
    order: str = ""


def moment(text: str, clock: Clock) -> datetime:
    """In UTC. Raises ValueError, in words, for what is no moment or may be several."""
    return possible(written(text, clock))


def possible(at: datetime) -> datetime:
    if not EARLIEST <= at < LATEST:
        raise ValueError(f"is no time in which anything was moved: look at the year, {at.year}")
    return at


def written(text: str, clock: Clock) -> datetime:
    bare = DATE_LAST.sub(r"\2 \1", " ".join(text.split()))
    if EPOCH.fullmatch(bare):
        return from_epoch(bare, per_second=PER_SECOND.get(len(bare), 1))
    match, date = found(bare, clock.order)
    hour, minute, second, part = time_of_day(match)
    zone = zone_of(match["zone"] or clock.zone)
    try:
        naive = datetime(*date, hour, minute, second, part, tzinfo=zone)
        return naive.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("is no date that exists") from error


def found(text: str, order: str) -> tuple[re.Match[str], tuple[int, int, int]]:
    for shape in SHAPES:
        if match := shape.fullmatch(text):
            parts = match.groupdict()
            month = month_named(parts["name"]) if "name" in parts else int(parts["month"])
            return match, (int(parts["year"]), month, int(parts["day"]))
    if not (match := PARTS.fullmatch(text)):
        raise ValueError("is no date and time in a form that is known here")
    orders = orders_of(text)
    if order not in orders and len(orders) == 1:
        order = next(iter(orders))
    if not order:
        raise ValueError("may be read with the day or the month first")
    places = {letter: match[name] for letter, name in zip(order, ("first", "middle", "last"), strict=True)}
    return match, (full_year(places["y"]), int(places["m"]), int(places["d"]))


def month_named(name: str) -> int:
    if name[:3].lower() not in MONTHS:
        raise ValueError("names no month that is known here")
    return MONTHS[name[:3].lower()]


def full_year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else CENTURY + int(digits)  # noqa: PLR2004 - digits


def time_of_day(match: re.Match[str]) -> tuple[int, int, int, int]:
    hour, half = int(match["hour"] or 0), (match["half"] or "").lower()
    if half and not 1 <= hour <= NOON:
        raise ValueError("is no time of day that exists")
    if half:
        hour = hour % NOON + (NOON if half == "p" else 0)
    part = int((match["part"] or "0")[:6].ljust(6, "0"))
    return hour, int(match["minute"] or 0), int(match["second"] or 0), part


@lru_cache(maxsize=500)
def zone_of(name: str) -> tzinfo:
    """Of a name ("Europe/Vienna"), a short one that is clear ("PST"), or an offset ("UTC+08:00")."""
    bare = name.strip()
    if not bare:
        raise ValueError("names no time zone")
    if (hours := ABBREVIATED.get(bare.lower())) is not None:
        return timezone(timedelta(hours=hours)) if hours else UTC
    if match := OFFSET.fullmatch(bare):
        minutes = int(match["hours"]) * 60 + int(match["minutes"] or 0)
        if minutes > 15 * 60:
            raise ValueError("names a time zone that does not exist")
        return timezone(timedelta(minutes=-minutes if match["sign"] == "-" else minutes))
    try:
        return ZoneInfo(bare)
    except (OSError, ValueError, KeyError) as error:  # what zoneinfo raises for names of all sorts
        raise ValueError("names a time zone that is not known here") from error


def is_zone(name: str) -> bool:
    try:
        zone_of(name)
    except ValueError:
        return False
    return True


NAMED_OFFSET = re.compile(r"\b(?:UTC|GMT)\s*(?:[+\-]\s*\d{1,2}(?::?\d{2})?|±\s*0?0(?::?00)?)?", re.IGNORECASE)


def zone_in(column: str) -> str:
    """The zone that a column's own name says, as in “Filled Time(UTC+08:00)”."""
    match = NAMED_OFFSET.search(column.replace("\u2212", "-"))
    return match[0].replace(" ", "").upper() if match else ""


# --- what a whole file proves -----------------------------------------------------------------------------------------


def orders_of(text: str) -> frozenset[str]:
    """In which orders this may be read; all of them, if it proves nothing."""
    match = PARTS.fullmatch(" ".join(text.split()))
    if not match:
        return ANY_ORDER
    first, middle, last = int(match["first"]), int(match["middle"]), int(match["last"])
    possible = set()
    if valid(first, middle):
        possible.add(DAY_FIRST)
    if valid(middle, first):
        possible.add(MONTH_FIRST)
    if len(match["last"]) == 2 and valid(last, middle):  # noqa: PLR2004 - digits
        possible.add(YEAR_FIRST)
    return frozenset(possible)


def since_the_first_coin(text: str, orders: frozenset[str]) -> frozenset[str]:
    """Of orders that a text allows, those by which it is no older than Bitcoin; all of them, if that leaves none."""
    match = PARTS.fullmatch(" ".join(text.split()))
    if not match:
        return orders
    years = {DAY_FIRST: match["last"], MONTH_FIRST: match["last"], YEAR_FIRST: match["first"]}
    return frozenset(order for order in orders if full_year(years[order]) >= FIRST_COIN) or orders


def valid(day: int, month: int) -> bool:
    return 1 <= day <= 31 and 1 <= month <= 12  # noqa: PLR2004 - a calendar's


@dataclass(slots=True)
class Orders:
    """What the dates of a file prove together; and whether a spreadsheet took their seconds."""

    possible: frozenset[str] = ANY_ORDER
    constrained: bool = False
    samples: list[tuple[int, str]] = field(default_factory=list)
    without_seconds: int = 0
    with_seconds: int = 0

    def look(self, number: int, text: str) -> None:
        if not text:
            return
        orders = orders_of(text)
        if orders is not ANY_ORDER:
            orders = since_the_first_coin(text, orders)
            self.possible &= orders
            self.constrained = True
            self.keep(number, text, orders)
        if ":" in text:
            seconds = WITH_SECONDS.search(text) is not None
            self.with_seconds += seconds
            self.without_seconds += not seconds

    def keep(self, number: int, text: str, orders: frozenset[str]) -> None:
        if len(self.samples) < 3 and len(orders) > 1:  # noqa: PLR2004 - enough to see why
            self.samples.append((number, text))

    def decided(self) -> str:
        """Nothing, if no date needs an order, or if it must be asked: see `open`."""
        return next(iter(self.possible)) if self.constrained and len(self.possible) == 1 else ""

    @property
    def open(self) -> bool:
        return self.constrained and len(self.possible) != 1

    @property
    def lost_seconds(self) -> bool:
        return bool(self.without_seconds) and not self.with_seconds


WITH_SECONDS = re.compile(r":\d{2}:\d{2}")


def names_zone(text: str) -> bool:
    """Whether it says itself in which zone it is."""
    bare = " ".join(text.split())
    if EPOCH.fullmatch(bare):
        return True
    match = next((match for shape in (*SHAPES, PARTS) if (match := shape.fullmatch(bare))), None)
    return bool(match and match["zone"])
