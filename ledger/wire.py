"""Arrays as PostgreSQL has them: as text in a question, as bytes in a COPY. The driver makes them element by element;
here thousands are joined at once, and the few that recur are made once.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT, NUMBER = 1043, 20  # varchar and bigint: the database's own numbers of its types, which never change
NONE = struct.pack("!iii", 0, 0, TEXT)
NO_NUMBERS = struct.pack("!iii", 0, 0, NUMBER)
RECURRING = 4096


def asked(items: Sequence[Any]) -> str:
    """To be compared with: what kind of array it is, the database sees by what stands beside it."""
    if not items or not isinstance(items[0], str):
        return "{" + ",".join(map(str, items)) + "}"
    body = '","'.join(items)
    if "\\" in body or body.count('"') != 2 * (len(items) - 1):
        body = '","'.join(each.replace("\\", "\\\\").replace('"', '\\"') for each in items)
    return '{"' + body + '"}'


@lru_cache(maxsize=RECURRING)
def texts(items: tuple[str, ...]) -> bytes:
    """For a column of texts, in a COPY that takes it for bytes."""
    if not items:
        return NONE
    parts = [struct.pack("!iiiii", 1, 0, TEXT, len(items), 1)]
    for each in items:
        data = each.encode()
        parts += (struct.pack("!i", len(data)), data)
    return b"".join(parts)


def numbers(items: Sequence[int]) -> bytes:
    """For a column of whole numbers, likewise."""
    if not items:
        return NO_NUMBERS
    cells = (part for each in items for part in (8, each))
    return struct.pack("!iiiii" + "iq" * len(items), 1, 0, NUMBER, len(items), 1, *cells)
