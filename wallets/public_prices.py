"""Whom we ask for prices without a key, and how often: counted by outgoing address, with everything else we ask."""

from __future__ import annotations

from dataclasses import dataclass

from wallets import catalogue
from wallets.catalogue import Allowance


@dataclass(frozen=True, slots=True)
class Tariff:
    """`for_a_key` stands for who asks without one: it is counted apart, where the exchange counts it apart."""

    id: str
    for_a_key: Allowance | None = None
    for_an_address: Allowance | None = None


# As documents say (D), or remembered (M); half of it, for others at our address may ask as well.
OPEN = {
    "bitstamp": Allowance(at_once=20, each_second=5),  # D: 10,000 in ten minutes
    "coinbaseexchange": Allowance(at_once=5, each_second=5),  # D: 10 a second
    "kraken": Allowance(at_once=2, each_second=1 / 2),  # M: about one a second
}
# Where an exchange's candles are served under another name than its accounts are.
SERVED_BY = {"coinbaseexchange": "coinbase"}


def tariff(exchange: str) -> Tariff:
    """Binance counts all that comes from an address, with a key or without."""
    if exchange in OPEN:
        return Tariff(exchange, for_a_key=OPEN[exchange])
    return Tariff(exchange, for_an_address=catalogue.load()[exchange].for_an_address)
