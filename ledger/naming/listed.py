"""The named list of assets, from packages that are installed and never committed.

- `cryptocurrencies` (npm, MIT): some twelve thousand tickers with a name each, as CryptoCompare's list had them.
- `@web3icons/common` (npm, MIT): nearly two thousand assets that are in use, kept up to date. Its names go before.
- `@metamask/slip44` (npm, ISC): the chains that have a number of their own: tells coins from tokens.
- `iso4217` (Python, public domain): money.

A list says what an asset is called and what kind it is. It never changes the code that a symbol stands for, so a
machine without these packages, or a newer list, leaves every journal as it is.
"""

from __future__ import annotations

import json
import re
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ledger.naming.base import AssetKind, Listed
from ledger.naming.known import ALSO, COINS_NAMED_LIKE_MONEY, NAMES, STABLECOINS
from ledger.naming.likeness import alike
from ledger.naming.symbols import cleaned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

BROAD = "cryptocurrencies"
CURATED = "@web3icons/common"
CHAINS = "@metamask/slip44"
MONEY = "iso4217"
OURS = "Holdfast"

FIELD = re.compile(r"^\s+(symbol|name): (['\"])(.*)\2,$", re.MULTILINE)
# Funds codes, metals, tests: no money that anybody holds.
NO_MONEY = re.compile(r"X..|BOV|CHE|CHW|CLF|COU|MXV|USN|UYI|UYW")
STILL_MONEY = frozenset({"XAF", "XCD", "XOF", "XPF"})


def everything(modules: Path) -> dict[str, Listed]:
    """Code -> asset, of all that is installed; `modules` is where npm puts packages. Nothing installed: our own few."""
    broad, curated, chains = cryptocurrencies(modules), web3icons(modules), slip44(modules)
    listed = {code: fiat for code, fiat in money().items() if code not in COINS_NAMED_LIKE_MONEY}
    for code in {**broad, **curated, **dict.fromkeys(STABLECOINS), **NAMED}:
        names = [(name, source) for name, source in told(code, broad, curated) if name]
        if code in listed:
            listed[code] = shadowed(listed[code], [name for name, _ in names])
        else:
            listed[code] = asset(code, names, chains.get(code, frozenset()))
    return listed


NAMED = {code: name for code, (name, _) in NAMES.items()}


def told(code: str, broad: Mapping[str, str], curated: Mapping[str, str]) -> list[tuple[str, str]]:
    """What each source calls it, the best one first."""
    return [(NAMED.get(code, ""), OURS), (curated.get(code, ""), CURATED), (broad.get(code, ""), BROAD)]


def asset(code: str, names: list[tuple[str, str]], chains: frozenset[str]) -> Listed:
    name, source = names[0] if names else (code, OURS)
    return Listed(code, name, kind(code, name, chains), others(code, name, [other for other, _ in names[1:]]), source)


def kind(code: str, name: str, chains: frozenset[str]) -> AssetKind:
    if code in STABLECOINS:
        return AssetKind.STABLECOIN
    if code in NAMES:
        return NAMES[code][1]
    return AssetKind.COIN if any(alike(name, chain) for chain in chains) else AssetKind.TOKEN


def shadowed(fiat: Listed, names: list[str]) -> Listed:
    """Money whose code is some coin's ticker too."""
    return Listed(fiat.code, fiat.name, fiat.kind, others(fiat.code, fiat.name, names), fiat.source)


def others(code: str, name: str, names: list[str]) -> tuple[str, ...]:
    """Names of what seems to be another asset. A name that is the ticker itself tells nothing."""
    telling = [other for other in names if not {cleaned(name), cleaned(other)} & {code}]
    return tuple(dict.fromkeys([*ALSO.get(code, ()), *(other for other in telling if not alike(name, other))]))


# --- the sources --------------------------------------------------------------------------------------------------


def cryptocurrencies(modules: Path) -> dict[str, str]:
    text = read(modules / BROAD / "cryptocurrencies.json")
    return {cleaned(symbol): name.strip() for symbol, name in json.loads(text or "{}").items()}


def web3icons(modules: Path) -> dict[str, str]:
    """Its list is a module of JavaScript, one field a line."""
    fields = iter(FIELD.findall(read(modules / CURATED / "dist" / "metadata" / "tokens.js")))
    pairs = ((cleaned(symbol), name) for (_, _, symbol), (_, _, name) in zip(fields, fields, strict=False))
    return {symbol: name.replace("\\'", "'").strip() for symbol, name in pairs}


def slip44(modules: Path) -> dict[str, frozenset[str]]:
    """Ticker -> the names of all chains that use it."""
    found: dict[str, frozenset[str]] = {}
    for row in json.loads(read(modules / CHAINS / "slip44.json") or "{}").values():
        if row["symbol"]:
            symbol = cleaned(row["symbol"])
            found[symbol] = found.get(symbol, frozenset()) | {row["name"]}
    return found


def money() -> dict[str, Listed]:
    if not find_spec(MONEY):
        return {}
    table: Mapping[str, Mapping[str, str]] = import_module(MONEY).raw_table
    return {code: Listed(code, row["CcyNm"], AssetKind.FIAT, ALSO.get(code, ()), MONEY) for code, row in in_use(table)}


def in_use(table: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for code, row in table.items():
        if code and (code in STILL_MONEY or not NO_MONEY.fullmatch(code)):
            yield code, row


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
