"""Whether two names mean the same asset, or only share its ticker."""

from __future__ import annotations

import re
from functools import lru_cache

WORD = re.compile(r"[a-z0-9]+")
# Words that say nothing about which asset it is.
EMPTY = frozenset(
    WORD.findall(
        "coin token network protocol finance the dao of chain governance ecosystem project platform cash usd dollar"
        " digital new old io ai app labs foundation crypto world game games",
    )
)
SHORTEST = 3  # letters of a beginning that two names must share


def alike(one: str, other: str) -> bool:
    first, second = words(one), words(other)
    if first & second - EMPTY or first == second:
        return True
    short, long = sorted((joined(one), joined(other)), key=len)
    return len(short) >= SHORTEST and short in long


@lru_cache(maxsize=1024)
def words(name: str) -> frozenset[str]:
    return frozenset(WORD.findall(name.lower()))


def joined(name: str) -> str:
    return "".join(WORD.findall(name.lower()))
