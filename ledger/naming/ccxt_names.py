"""What ccxt calls an exchange's symbols, read from its source without importing it: that would cost 80 megabytes."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.naming.aliases import ANYWHERE
from ledger.naming.symbols import cleaned

if TYPE_CHECKING:
    from collections.abc import Mapping

# Our names of exchanges are ccxt's; what is not there has no aliases of its own.
NAME = re.compile(r"[a-z0-9]+")
PARENT = re.compile(r"^class \w+\((\w+)", re.MULTILINE)
TABLE = re.compile(r"'commonCurrencies': (\{.*?\n\s*\})", re.DOTALL)


@lru_cache(maxsize=1)
def edition() -> str:
    """Asked at every step: the package's papers are long."""
    try:
        return version("ccxt")
    except PackageNotFoundError:
        return ""


@lru_cache(maxsize=256)
def aliases(exchange: str) -> Mapping[str, str]:
    source = source_of(exchange)
    if not source:
        return ANYWHERE
    parent = PARENT.search(source)
    above = aliases(parent[1]) if parent and parent[1] != "Exchange" else ANYWHERE
    return {**above, **told(source)}


def source_of(exchange: str) -> str:
    found = find_spec("ccxt") if NAME.fullmatch(exchange) else None
    path = Path(found.origin).with_name(f"{exchange}.py") if found and found.origin else None
    return path.read_text(encoding="utf-8") if path and path.is_file() else ""


def told(source: str) -> dict[str, str]:
    table = TABLE.search(source)
    if not table:
        return {}
    return {cleaned(symbol): cleaned(code) for symbol, code in ast.literal_eval(table[1]).items()}
