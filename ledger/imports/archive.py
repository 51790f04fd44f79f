"""Files that are archives inside (.xlsx), read without trusting a size that they claim."""

from __future__ import annotations

import zipfile
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO

from ledger.imports.base import Refused

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from contextlib import ExitStack

CHUNK = 65_536
MAX_DIRECTORY = 1_000_000  # bytes of the list of contents: thousands of parts
MAX_UNPACKED = 2_000_000_000
MAX_RATIO = 250  # spreadsheets pack ten to sixty times; what packs more is made to burst
FREE = 20_000_000  # so much may come out of however little

END = b"PK\x05\x06"
END_SIZE = 22
LONG_END = b"PK\x06\x07"
LONG_END_SIZE = 20

# ValueError: for a part that is said to begin before the file does.
UNPACKABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    KeyError,
    ValueError,
)

BROKEN = Refused("broken_workbook", "This spreadsheet is damaged. Please download or save it again.")
BOMB = Refused("zip_bomb", "This file unpacks to far more than a spreadsheet holds, so it was not read.")


class Archive:
    def __init__(self, stream: BinaryIO, stack: ExitStack) -> None:
        self.size = stream.seek(0, 2)
        refuse_long_list(stream, self.size)
        self.unpacked = 0
        self.stack = stack
        try:
            self.zip = stack.enter_context(zipfile.ZipFile(stream))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError) as error:
            raise BROKEN from error
        self.names = frozenset(self.zip.namelist())

    def chunks(self, name: str) -> Iterator[bytes]:
        """Closed with the archive: a part of which only the beginning was read would wait to be found by chance."""
        return self.stack.enter_context(closing(self.unpack(name)))

    def unpack(self, name: str) -> Generator[bytes]:
        """Counted as they come: what the list of contents says about sizes is not believed."""
        try:
            with self.zip.open(name) as part:
                while chunk := part.read(CHUNK):
                    self.count(len(chunk))
                    yield chunk
        except UNPACKABLE as error:
            raise BROKEN from error

    def count(self, more: int) -> None:
        self.unpacked += more
        if self.unpacked > MAX_UNPACKED or self.unpacked > max(FREE, self.size * MAX_RATIO):
            raise BOMB


def refuse_long_list(stream: BinaryIO, size: int) -> None:
    """The list of contents is read whole by the library, so its own length is looked at first."""
    stream.seek(max(0, size - 65_536 - END_SIZE))
    tail = stream.read()
    stream.seek(0)
    place = len(tail) - END_SIZE
    if place < 0 or not tail[place:].startswith(END) or not tail.endswith(b"\0\0"):
        place = tail.rfind(END)
    if place < 0 or len(tail) - place < END_SIZE:
        raise BROKEN
    longer = tail[max(0, place - LONG_END_SIZE) : place].startswith(LONG_END)
    if longer or int.from_bytes(tail[place + 12 : place + 16], "little") > MAX_DIRECTORY:
        raise BOMB
