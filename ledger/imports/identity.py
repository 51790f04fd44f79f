"""The name of a line within its wallet: the exchange's own id, else what it says and how often that came.

So twins within a file stay twins, and the same lines in two files that overlap are the same rows. What was seen is kept
in flat arrays: a dictionary of two million lines would be the largest thing in memory.
"""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from ledger.imports.formats.base import columns_in, matches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.imports.formats.base import Format

SIZE = 1 << 12


class Table:
    """Numbers by number, each 64 bits, nought meaning none."""

    def __init__(self) -> None:
        self.keys = array("Q", bytes(8 * SIZE))
        self.values = array("Q", bytes(8 * SIZE))
        self.used = 0

    def slot(self, key: int) -> int:
        mask = len(self.keys) - 1
        place = key & mask
        while self.keys[place] not in {0, key}:
            place = (place + 1) & mask
        return place

    def get(self, key: int) -> int:
        return self.values[self.slot(key or 1)]

    def put(self, key: int, value: int) -> None:
        key = key or 1
        place = self.slot(key)
        self.used += not self.keys[place]
        self.keys[place], self.values[place] = key, value
        if self.used * 3 > len(self.keys) * 2:
            self.grow()

    def grow(self) -> None:
        keys, values = self.keys, self.values
        self.keys = array("Q", bytes(16 * len(keys)))
        self.values = array("Q", bytes(16 * len(values)))
        for key, value in zip(keys, values, strict=True):
            if key:
                place = self.slot(key)
                self.keys[place], self.values[place] = key, value


@dataclass(frozen=True, slots=True)
class Name:
    external_id: str
    repeated: bool = False  # the file has this very line, with this very id, already


@dataclass
class Names:
    """Of the lines of one file, told in its order."""

    by_id: Table = field(default_factory=Table)  # -> what the line said
    by_content: Table = field(default_factory=Table)  # -> how often
    clashes: int = 0  # lines that say something else under an id that was there

    def name(self, form: Format, cells: Mapping[str, str]) -> Name:
        digest = content(form, cells)
        number = int.from_bytes(digest[:8], "big")
        if key := form.key_of(cells):
            return self.by_key(form, key, number, digest)
        count = self.by_content.get(number) + 1
        self.by_content.put(number, count)
        return Name(digest.hex() if count == 1 else f"{digest.hex()}-{count}")

    def by_key(self, form: Format, key: str, number: int, digest: bytes) -> Name:
        place = int.from_bytes(hashlib.blake2b(f"{form.name}\x1f{key}".encode(), digest_size=8).digest(), "big")
        first = self.by_id.get(place)
        if not first:
            self.by_id.put(place, number or 1)
            return Name(key)
        if first == (number or 1):
            return Name(key, repeated=True)
        self.clashes += 1
        again = self.by_content.get(number)
        self.by_content.put(number, 1)
        return Name(f"{key}#{digest.hex()[:8]}", repeated=bool(again))


def content(form: Format, cells: Mapping[str, str]) -> bytes:
    """Of what the line says: neither the order of columns nor one that came to be empty changes it."""
    told = "\x1e".join(f"{label}\x1f{text}" for label, name in labels(form, tuple(cells)) if (text := cells[name]))
    return hashlib.blake2b(f"{form.name}\x1e{told}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


@lru_cache(maxsize=500)
def labels(form: Format, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Those columns that are what a line says, in an order of their own, each by our name for it if there is one."""
    ours = {name: key for key, name in columns_in(form, names).items()}
    kept = (name for name in names if ours.get(name) not in form.changing)
    return tuple(
        sorted(
            (ours.get(name, name.casefold()), name)
            for name in kept
            if not (form.passing and matches(form.passing, name))
        )
    )
