"""What the symbols of exchanges stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class Namer:
    """For one wallet: its exchange's own names, under its owner's word."""

    exchange: str

    def code(self, symbol: str, at: datetime) -> tuple[str, bool]:  # noqa: ARG002 - names have their history
        """The asset's code, and whether it is known."""
        return symbol.strip().upper()[:64], True


def namer(wallet: Wallet) -> Namer:
    return Namer(wallet.exchange)
