"""What the symbols of exchanges stand for, for one owner."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from config.libraries import MODULES
from ledger.models import AssetAlias
from ledger.naming import listed, resolver
from ledger.naming.base import Alias
from ledger.naming.resolver import Names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ledger.naming.base import Listed
    from wallets.models import Wallet


@lru_cache(maxsize=1)
def everything() -> Mapping[str, Listed]:
    """The named list, read once in a process. It stays until the end, so the collector of garbage need not walk through
    its entries again and again while journals are derived.
    """
    found = listed.everything(MODULES)
    gc.freeze()
    return found


@lru_cache(maxsize=1)
def everybodys() -> Names:
    """For owners who said nothing of their own, which is nearly everybody: what was looked up once is remembered."""
    return Names(everything())


def version() -> str:
    return resolver.version()


def names_of(owner_id: int) -> Names:
    own = [
        Alias(each.symbol, each.code, each.exchange, each.since, each.until)
        for each in AssetAlias.objects.filter(owner=owner_id).order_by("-created_at", "-id")
    ]
    return Names(everything(), own) if own else everybodys()


@dataclass(frozen=True, slots=True)
class Namer:
    """For one wallet: its exchange's own names, under its owner's word."""

    exchange: str
    names: Names

    def code(self, symbol: str, at: datetime) -> tuple[str, bool]:
        """The asset's code, and whether it is known. Without the list nobody could tell, and nothing is doubted."""
        found = self.names.code(self.exchange, symbol, at)
        return found.code, found.known or not everything()


def namer(wallet: Wallet) -> Namer:
    return Namer(wallet.exchange, names_of(wallet.owner_id))
