"""Which asset a symbol stands for, on an exchange, at a time.

First the owner's own word, then what the exchange means by it, then how the asset's name changed since. What is left
is the symbol itself. Lists say what an asset is called; they never change its code.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ledger.naming import aliases, bait, ccxt_names
from ledger.naming.base import Alias, AssetKind, By, Code
from ledger.naming.symbols import cleaned, disguised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.naming.base import Listed

BEGINNING = datetime.min.replace(tzinfo=UTC)
MOST_REMEMBERED = 50_000  # symbols: files may hold any number of made-up ones
APART = "BAIT:"  # so that a token that only calls itself USDC is never counted with USDC

Table = dict[tuple[str, str], list[Alias]]
# What a symbol stood for, from each time on, the latest first.
Timeline = tuple[tuple[datetime, Code], ...]


def version() -> str:
    """What codes depend on, beside the owner's word. Another version may give other codes: derive journals again."""
    return f"{aliases.VERSION}+ccxt{ccxt_names.edition()}"


def table(entries: Iterable[Alias]) -> Table:
    found: Table = {}
    for alias in entries:
        found.setdefault((alias.exchange, cleaned(alias.symbol)), []).append(alias)
    return found


OF_EXCHANGES = table(aliases.OF_EXCHANGES)
RENAMED = table(aliases.RENAMED)


def turns(entries: Iterable[Alias]) -> set[datetime]:
    return {time for alias in entries for time in (alias.since, alias.until) if time}


TURNS = turns((*aliases.OF_EXCHANGES, *aliases.RENAMED))


class Names:
    """For one owner. Asking for the same symbol again is one look into a dictionary."""

    def __init__(self, listed: Mapping[str, Listed], own: Sequence[Alias] = ()) -> None:
        self._listed = listed
        self._own = table(own)
        self._seen: dict[tuple[str, str], Code | Timeline] = {}

    def code(self, exchange: str, symbol: str, at: datetime) -> Code:
        found = self._seen.get((exchange, symbol)) or self._remember(exchange, symbol)
        return found if isinstance(found, Code) else standing(found, at)

    def named(self, exchange: str, symbol: str, at: datetime, *, name: str) -> Code:
        """Where the source tells the asset's name too, as chains do. A bait is kept apart from what it apes."""
        found = self.code(exchange, symbol, at)
        warning = bait.reason(name)
        if found.by is By.OWNER or not warning:
            return found
        return Code(cleaned(APART + symbol), known=False, name=name, spam=warning)

    def _remember(self, exchange: str, symbol: str) -> Code | Timeline:
        if len(self._seen) >= MOST_REMEMBERED:
            self._seen.clear()
        timeline = self._timeline(exchange, cleaned(symbol))
        found = timeline[0][1] if len(timeline) == 1 else timeline
        self._seen[exchange, symbol] = found
        return found

    def _timeline(self, exchange: str, symbol: str) -> Timeline:
        """Only words about this symbol can turn it into something else; an owner may have hundreds about others."""
        said = (*self._own.get((exchange, symbol), ()), *self._own.get(("", symbol), ()))
        spans: list[tuple[datetime, Code]] = []
        for since in (BEGINNING, *sorted(TURNS | turns(said))):
            code = self._at(exchange, symbol, since)
            if not spans or spans[-1][1] != code:
                spans.append((since, code))
        return tuple(reversed(spans))

    def _at(self, exchange: str, symbol: str, at: datetime) -> Code:
        if own := holding(self._own, exchange, symbol, at) or holding(self._own, "", symbol, at):
            return self._called(cleaned(own.code), By.OWNER, own.why)
        code, by, why = meant(exchange, unlent(exchange, symbol), at)
        if renamed := holding(RENAMED, "", code, at):
            return self._called(renamed.code, By.ALIAS, renamed.why)
        if by is By.SYMBOL and code != symbol:
            by, why = By.ALIAS, "Lent out on the exchange"
        return self._called(code, by, why)

    def _called(self, code: str, by: By, why: str) -> Code:
        listed = self._listed.get(code)
        also = listed.also if listed and by is By.SYMBOL else ()
        if listed:
            return Code(code, known=True, kind=listed.kind, name=listed.name, by=by, why=why, also=also)
        spam = self._suspicion(code) if by is By.SYMBOL else ""
        return Code(code, known=by in {By.OWNER, By.ALIAS}, kind=AssetKind.UNKNOWN, by=by, why=why, spam=spam)

    def _suspicion(self, code: str) -> str:
        aped = disguised(code)
        if aped and aped in self._listed:
            return f"It looks like {aped}, but is written in other letters."
        return bait.reason(code)


def standing(timeline: Timeline, at: datetime) -> Code:
    for since, code in timeline:
        if since <= at:
            return code
    return timeline[-1][1]


def holding(entries: Table, exchange: str, symbol: str, at: datetime) -> Alias | None:
    return next((alias for alias in entries.get((exchange, symbol), ()) if alias.holds(at)), None)


def meant(exchange: str, symbol: str, at: datetime) -> tuple[str, By, str]:
    """What an exchange means by a symbol: as we know it, else as ccxt does, else just that."""
    if ours := holding(OF_EXCHANGES, exchange, symbol, at):
        return ours.code, By.ALIAS, ours.why
    theirs = ccxt_names.aliases(exchange).get(symbol, symbol)
    return (theirs, By.CCXT, "The exchange's own name") if theirs != symbol else (symbol, By.SYMBOL, "")


def unlent(exchange: str, symbol: str) -> str:
    prefix = aliases.LENT.get(exchange)
    lent = prefix and symbol.startswith(prefix) and len(symbol) > len(prefix) + 1 and symbol not in aliases.NOT_LENT
    return symbol.removeprefix(prefix) if prefix and lent else symbol
