"""Files of one format in several layouts: an exchange adds columns over the years, or an owner leaves some out.

What names a line without an id is all that it says. So the same event has two names where two layouts tell it, and
matchers look for it as they do between two formats. Within one layout they do not: there the same line has the same
name, and twins are real.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

from ledger.imports.times import NAMED_OFFSET

FILE = "file:"
BY_CONTENT = r"^[0-9a-f]{32}(-[0-9]+)?([@~]|$)"  # as ledger.imports.identity makes it
BEYOND = re.compile(r"Column \d+")  # a cell too many in one line


def origin(family: str, columns: str = "") -> str:
    """Who tells it, as matchers name them: a format, and the layout of it where lines are named by what they say."""
    return f"{FILE}{family}{f':{mark(columns)}' if columns else ''}"


@lru_cache(maxsize=1000)
def mark(columns: str) -> str:
    """Of columns' names, one in a line. The zone that one of them names makes no other layout of it."""
    names = {NAMED_OFFSET.sub("", name).casefold() for name in columns.split("\n") if not BEYOND.fullmatch(name)}
    return blake2b("\n".join(sorted(names)).encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()


def family_of(told_by: str) -> str:
    return told_by.removeprefix(FILE).partition(":")[0] if told_by.startswith(FILE) else ""


def any_layout(told_by: str) -> str:
    """What is said of a format is said of all its layouts."""
    family = family_of(told_by)
    return origin(family) if family else told_by
