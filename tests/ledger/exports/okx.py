"""OKX: the bills of the trading and of the funding account."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.ledger.exports.base import Export, Happened, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OKX_NAMES = {
    "1": "Deposit", "2": "Withdrawal", "83": "Staking yield", "130": "Transfer in", "131": "Transfer out",
    "139": "ETH staking reward", "400": "Simple earn interest",
}  # fmt: skip


def okx_trading(each: Happened) -> Iterable[Sequence[Any]]:
    """Two lines of one id for a trade, and for a conversion two without an order."""
    bills = each.of("ledger")
    for raw in bills:
        what = {"1": "Transfer in" if raw["to"] == "18" else "Transfer out", "27": "Convert"}.get(raw["type"])
        what = what or ("Buy" if Decimal(raw["balChg"]) > 0 else "Sell")
        number = bills[0]["billId"] if raw["ordId"] else raw["billId"]
        head = number, raw["ordId"], each.at(), "Spot" if raw["ordId"] else "", raw["instId"], what
        yield *head, raw["sz"], raw["ccy"], "0", raw["fee"], "0", "0", raw["balChg"], "0", raw["ccy"]


def okx_funding(each: Happened) -> Iterable[Sequence[Any]]:
    """The API's own bills, under their own ids; a withdrawal's fee, a bill of its own there, has a column here."""
    for raw in each.of("funding"):
        if raw["type"] != "221":
            fee = plain(each.event.fee) if raw["type"] == "2" else "0"
            yield raw["billId"], each.at(), OKX_NAMES[raw["type"]], raw["balChg"], "0", "0", fee, raw["ccy"]


OKX = (
    Export(
        "trading.csv",
        "\ufeffid,Order id,Time,Trade Type,Instrument,Type,Amount,Unit,PL,Fee,Position Change,Position Balance,"
        "Balance Change,Balance,Unit",
        okx_trading,
    ),
    Export("funding.csv", "\ufeffid,Time,Type,Amount,Before Balance,After Balance,Fee,Symbol", okx_funding),
)
