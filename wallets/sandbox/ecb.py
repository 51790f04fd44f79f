"""The European Central Bank's file of reference rates: a zip with one CSV, newest day first, working days only.

Known (the packaged file): its name, its columns and how empty ones are marked. Left out: currencies that are no more,
and holidays.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from wallets.sandbox.prices import PER_EURO, price
from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from wallets.sandbox.wire import Call, World

FIRST = datetime(2023, 1, 1, tzinfo=UTC).date()  # before that the real ones stand
PUBLISHED = time(15, tzinfo=UTC)
SATURDAY = 5
CENT_OF_CENT = Decimal("0.0001")


class Ecb:
    name = "ecb"

    def __init__(self, world: World) -> None:
        self.world = world

    def answer(self, call: Call) -> Reply:
        if (call.method, call.path) != ("GET", "/stats/eurofxref/eurofxref-hist.zip"):
            return Reply.html("<html>Not found</html>", 404)
        lines = "\n".join((f"Date,{','.join(PER_EURO)},", *(line(self.world.market, day) for day in self.days())))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("eurofxref-hist.csv", lines + "\n")
        return Reply(200, packed.getvalue(), {"Content-Type": "application/zip"})

    def days(self) -> Iterator[date]:
        now = self.world.now()
        day = now.date() if now.timetz() >= PUBLISHED else now.date() - timedelta(days=1)
        while day >= FIRST:
            if day.weekday() < SATURDAY:
                yield day
            day -= timedelta(days=1)

    def configure(self, change: Mapping[str, object]) -> None:
        raise ValueError(f"Nothing to set: {', '.join(change)}")

    def state(self) -> dict[str, object]:
        return {}


@lru_cache(maxsize=8192)
def line(market: str, day: date) -> str:
    at = int(datetime.combine(day, PUBLISHED).timestamp())
    rates = (price(market, "EUR", money, at).quantize(CENT_OF_CENT) for money in PER_EURO)
    return f"{day},{','.join(map(str, rates))},"
