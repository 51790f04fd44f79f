"""Texts that PostgreSQL keeps. JSON and files can spell two things that no column takes: a zero sign, which is left
out, and half of a pair of signs, in whose place stands the sign for what nobody can read.
"""

from __future__ import annotations

import re
from typing import Any

HALF = re.compile("[\ud800-\udfff]")


def is_whole(text: str) -> bool:
    return text.isascii() or not HALF.search(text)


def keepable(told: Any) -> Any:
    """The same, with its texts and names so that they can be kept."""
    if isinstance(told, str):
        return HALF.sub("\ufffd", told.replace("\x00", ""))
    if isinstance(told, dict):
        return {keepable(name): keepable(value) for name, value in told.items()}
    if isinstance(told, list | tuple):
        return [keepable(each) for each in told]
    return told
