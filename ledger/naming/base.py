"""What naming says: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LONGEST = 64  # characters of a code


class AssetKind(StrEnum):
    COIN = "coin"
    TOKEN = "token"  # noqa: S105 - a token of a chain, no secret
    STABLECOIN = "stablecoin"
    FIAT = "fiat"
    UNKNOWN = "unknown"


class By(StrEnum):
    """Whose word it is that a symbol stands for this asset."""

    OWNER = "owner"
    ALIAS = "alias"  # ours
    CCXT = "ccxt"
    SYMBOL = "symbol"  # it is called so everywhere


@dataclass(frozen=True, slots=True)
class Alias:
    """A symbol, and what it stands for from `since` on, until just before `until`. No exchange: on any."""

    symbol: str
    code: str
    exchange: str = ""
    since: datetime | None = None
    until: datetime | None = None
    why: str = ""

    def holds(self, at: datetime) -> bool:
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Listed:
    """An asset that a source knows by name. `also`: what else goes by the same ticker."""

    code: str
    name: str
    kind: AssetKind
    also: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """The asset that a symbol stands for. An unknown one works like any other; its owner may say what it is."""

    code: str
    known: bool
    kind: AssetKind = AssetKind.UNKNOWN
    name: str = ""
    by: By = By.SYMBOL
    why: str = ""  # how the symbol came to this code, in words, where it is not the symbol itself
    also: tuple[str, ...] = ()  # other assets of the same ticker: tell whoever looks at it
    spam: str = ""  # why it looks like bait; nothing, if it does not
