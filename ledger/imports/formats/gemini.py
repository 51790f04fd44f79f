"""Gemini's transaction history: a block of columns for each asset ever held."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, Unreadable, paid, reading, unknown
from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.gemini import trade_name

if TYPE_CHECKING:
    from collections.abc import Iterable

# (What came, what went), and finer. By the beginning of the type, the first that fits.
TYPES: tuple[tuple[str, Kind, Kind, str], ...] = (
    ("buy", Kind.TRADE, Kind.TRADE, ""),
    ("sell", Kind.TRADE, Kind.TRADE, ""),
    ("interest credit", Kind.REWARD, Kind.ADJUSTMENT, "interest"),
    ("reward", Kind.REWARD, Kind.ADJUSTMENT, ""),
    ("administrative", Kind.ADJUSTMENT, Kind.ADJUSTMENT, ""),
    ("redemption", Kind.TRANSFER, Kind.TRANSFER, "earn"),
    ("earn redemption", Kind.TRANSFER, Kind.TRANSFER, "earn"),
    ("credit", Kind.DEPOSIT, Kind.WITHDRAWAL, ""),
    ("debit", Kind.DEPOSIT, Kind.WITHDRAWAL, ""),
)
SUMMARY = Skip("A summary of the account, and no movement.")
REWARDED = re.compile(r"reward|promo|referral|gusd earn|payout", re.IGNORECASE)
AMOUNT = r"(\w+) Amount \1"
FEE = r"Fee (?:\((\w+)\) )?(\w+)"


def line(cells: Cells) -> Iterable[Reading] | Skip:
    what = cells.word("type")
    if not what or not cells.text("date") or "summary" in what:
        return SUMMARY
    found = next((each for each in TYPES if what.startswith(each[0])), None)
    if not found:
        raise unknown(cells.text("type"), cells.column("type"))
    if cells.word("symbol").endswith("perp"):
        raise Unreadable(cells.column("symbol"), "Perpetual contracts are not read yet. Please leave this line out.")
    legs = [*amounts(cells), *fees(cells)]
    moved = next((leg.amount for leg in legs if leg.amount and not leg.fee), None)
    kind = found[1] if moved is None or moved > 0 else found[2]
    rewarded = kind is Kind.DEPOSIT and REWARDED.search(cells.text("specification"))
    return [
        reading(
            cells,
            cells.when(),
            Kind.REWARD if rewarded else kind,
            legs,
            identity=trade_named(cells),
            category=found[3],
            order=cells.text("order"),
            hash=cells.text("hash"),
            address=cells.text("sent_to") or cells.text("came_to"),
            note=cells.text("specification") if kind is not Kind.TRADE else "",
        )
    ]


def trade_named(cells: Cells) -> str:
    """As the API's lists of trades do, one for each market."""
    return trade_name(cells.text("symbol"), cells.text("trade")) if cells.by_key else ""


def amounts(cells: Cells) -> Iterable[Leg]:
    for match, _ in cells.only(AMOUNT):
        number = cells.in_column(match[0], asset=match[1])
        if number:
            yield Leg(match[1], number)


def fees(cells: Cells) -> Iterable[Leg]:
    for match, _ in cells.only(FEE):
        asset = match[1] or match[2]
        number = cells.in_column(match[0], asset=asset)
        if number:
            yield paid(asset, number)


FORMATS = (
    Format(
        name="gemini",
        exchange="gemini",
        title="Gemini transaction history",
        columns={"date": "date", "time": r"time \(utc\)", "type": "type", "symbol": "symbol"},
        optional={
            "specification": "specification",
            "liquidity": "liquidity indicator",
            "rate": r"trading fee rate \(bps\)",
            "trade": "trade id",
            "order": "order id",
            "order_date": "order date",
            "order_time": "order time",
            "client_order": "client order id",
            "session": "api session",
            "hash": "tx hash",
            "came_to": "deposit destination",
            "came_output": "deposit tx output",
            "sent_to": "withdrawal destination",
            "sent_output": "withdrawal tx output",
        },
        read_cells=line,
        key=("symbol", "trade"),
        clock=("date", "time"),
        passing=r"\w+ Balance \w+",
        open_ended=True,
    ),
)
