"""Rows of files of unknown form: each carries the mapping it was read by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import Options
from ledger.imports.mapping import NAME, Mapping, reader_of
from ledger.readings.base import Kind, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.readings.base import Row

NO_MAPPING = "What the columns of this row are is not known any more."


class MappedReader:
    VERSION = 1

    def read(self, row: Row) -> Iterable[Reading]:
        try:
            mapping = Mapping.of(Options.of(row.raw.get("read_as")).mapping)
        except ValueError:
            identity = f"{NAME}:{row.external_id}"
            return (Reading(identity, identity, row.at, Kind.ADJUSTMENT, skip=NO_MAPPING),)
        return reader_of(mapping).read(row)


READERS = {NAME: MappedReader()}
