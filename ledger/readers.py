"""Which reader says what a source row means: its exchange's, its file format's, or that of what owners write down."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, cast

import structlog

from ledger import assets
from ledger.readings import hand
from ledger.readings.base import Kind, Reading
from ledger.readings.keepable import kept
from wallets import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.models import SourceRow
    from ledger.readings.base import Reader, Row

log = structlog.get_logger(__name__)
# API before what was written by hand before files: a file rounds, and an owner writes what they remember.
MAPPED = "mapped"  # each row of such a file carries how it is read
TRUST = {"api": 0, "hand": 1, "file": 2}
EVENTS = 3  # rises with what is made of readings, whoever read them, and with which of them can be kept
UNREADABLE = "Holdfast does not know yet what this row means. It is kept, and read again when it does."


def of_exchange(exchange: str) -> Reader | None:
    if not catalogue.of(exchange).connector:
        return None
    return cast("Reader", import_module(f"ledger.readings.{exchange}"))


def of_file(row: Row) -> Reader | None:
    """By the format that knew the file, or by how its owner mapped it."""
    from ledger.imports import formats  # noqa: PLC0415 - dozens of formats: loaded by who reads a file's rows

    return formats.reader(row.family)


@dataclass(slots=True)
class Readers:
    """Those of one wallet."""

    exchange: str
    formats: dict[str, Reader | None] = field(default_factory=dict)
    by_api: Reader | None = field(init=False)

    def __post_init__(self) -> None:
        self.by_api = of_exchange(self.exchange)

    @property
    def version(self) -> str:
        """Changes with anything by which rows may be taken to mean something else."""
        from ledger.imports import formats  # noqa: PLC0415 - as above

        written = f"hand:{hand.VERSION} files:{formats.version()} events:{EVENTS}"
        read_by = self.by_api.VERSION if self.by_api else 0
        return f"{self.exchange}:{read_by} {written} names:{assets.version()}"

    @property
    def details(self) -> Mapping[str, str]:
        """Families of rows that say more about what other rows moved, without naming them; and whose rows those are."""
        return getattr(self.by_api, "DETAILS", {})

    def read(self, row: Row, origin: SourceRow.Origin | str) -> list[Reading]:
        reader = self.reader(row, str(origin))
        try:
            found = [kept(each) for each in reader.read(row)] if reader else []
        except Exception:
            # A fault of ours in one row must not keep all others from being read; it is read again when it is mended.
            log.exception("row.unreadable", exchange=self.exchange, family=row.family.partition(":")[0])
            found = []
        return found or [nothing_known(row)]

    def reader(self, row: Row, origin: str) -> Reader | None:
        if origin == "hand":
            return cast("Reader", hand)
        if origin == "api":
            return self.by_api
        if row.family == MAPPED:
            return of_file(row)
        if row.family not in self.formats:
            self.formats[row.family] = of_file(row)
        return self.formats[row.family]


def nothing_known(row: Row) -> Reading:
    identity = f"{row.family}:{row.external_id}"
    return Reading(identity, identity, row.at, Kind.ADJUSTMENT, skip=UNREADABLE)
