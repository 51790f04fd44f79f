"""Spreadsheets keep dates as numbers of days; only a cell's style says that it is one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Everybody counts from here since Lotus took 1900 for a leap year.
DAY_ONE = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet knows no zone
DAY_ONE_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - as above
LAST_DAY = 2_958_465  # the year 9999
MILLISECONDS = 86_400_000


class Style(Enum):
    PLAIN = "plain"
    DATE = "date"
    MOMENT = "moment"
    TIME = "time"


BUILT_IN = {14: Style.DATE, 15: Style.DATE, 16: Style.DATE, 17: Style.DATE, 22: Style.MOMENT}
BUILT_IN |= dict.fromkeys((18, 19, 20, 21, 45, 46, 47), Style.TIME)
BUILT_IN |= dict.fromkeys((*range(27, 32), 36, *range(50, 59)), Style.DATE)
BUILT_IN |= dict.fromkeys(range(32, 36), Style.TIME)

NO_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)


def style_of(code: str) -> Style:
    r"""Of a format such as `yyyy\-mm\-dd hh:mm`, without what it only prints."""
    bare = NO_CODE.sub("", code.partition(";")[0]).lower()
    if "general" in bare:
        return Style.PLAIN
    date, time = bool(re.search(r"[yd]", bare)), bool(re.search(r"[hs]", bare))
    if date or time:
        return Style.MOMENT if date and time else Style.DATE if date else Style.TIME
    return Style.DATE if re.fullmatch(r"m{3,5}", bare.strip()) else Style.PLAIN


def styles_of(elements: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[Style, ...]:
    """For each style that cells name by its place."""
    formats: dict[str, str] = {}
    found: list[Style] = []
    within = ""
    for name, attributes in elements:
        if name in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            within = name
        elif name == "numFmt":
            formats.setdefault(attributes.get("numFmtId", ""), attributes.get("formatCode", ""))
        elif name == "xf" and within == "cellXfs":
            key = attributes.get("numFmtId", "0")
            found.append(style_of(formats[key]) if key in formats else built_in(key))
    return tuple(found)


def built_in(key: str) -> Style:
    return BUILT_IN.get(int(key), Style.PLAIN) if key.isdecimal() and len(key) < 6 else Style.PLAIN  # noqa: PLR2004 - digits


def shown(text: str, style: Style, *, from_1904: bool = False) -> str:
    """A number stays the text it is. A date becomes ISO text, to the millisecond: such numbers hold no more."""
    if style is Style.PLAIN:
        return text
    try:
        days = Decimal(text.strip())
    except InvalidOperation:
        return text
    if not days.is_finite() or not 0 <= days <= LAST_DAY:
        return text
    moment = (DAY_ONE_1904 if from_1904 else DAY_ONE) + timedelta(milliseconds=round(days * MILLISECONDS))
    time = moment.isoformat(" ", "milliseconds" if moment.microsecond else "seconds")
    if style is Style.TIME and days < 1:
        return time[11:]
    return time[:10] if style is Style.DATE and days == int(days) else time
