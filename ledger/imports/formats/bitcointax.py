"""Bitcoin.tax: trades in one file, what came in and what was spent in another. Its totals are without the fee."""

from __future__ import annotations

from ledger.imports.formats.base import Cells, Format, Read, Skip, unknown
from ledger.imports.trackers import Entry, Side, Words, named, side, symbol, told, worth_in
from ledger.readings.base import Kind
from ledger.readings.cells import Meaning, means
from ledger.readings.telling import GIVEN, LOAN, MINING

COMES: dict[str, Meaning] = {"income": means(Kind.INCOME), "mining": MINING, "giftin": GIVEN, "borrow": LOAN}
GOES: dict[str, Meaning] = {
    "spend": means(Kind.SPEND),
    "donation": means(Kind.GIFT, "donation"),
    "gift": GIVEN,
    "stolen": means(Kind.LOST, "stolen"),
    "lost": means(Kind.LOST),
    "repay": LOAN,
}


def trade(cells: Cells) -> Read | Skip:
    action, coin = cells.word("action"), side(cells, "volume", "asset", "place")
    total = "total" if cells.amount("total") else "cost"
    money = side(cells, total, "currency", "place")
    if action not in {"buy", "sell"}:
        raise unknown(cells.text("action"), cells.column("action"))
    sent, received = (money, coin) if action == "buy" else (coin, money)
    return told(cells, Entry(cells.when(), sent, received, fee(cells)), Words(note=cells.text("memo")))


def single(cells: Cells) -> Read | Skip:
    action, moved = cells.word("action"), side(cells, "volume", "asset", "place")
    meaning = COMES.get(action) or GOES.get(action)
    if meaning is None:
        raise unknown(cells.text("action"), cells.column("action"))
    sent, received = (None, moved) if action in COMES else (moved, None)
    more = {
        "hash": cells.text("hash"),
        "address": cells.text("recipient"),
        "worth": worth_in(cells, "total", cells.text("currency")),
    }
    entry = Entry(cells.when(), sent, received, fee(cells), meaning=meaning, more=more)
    return told(cells, entry, Words(note=cells.text("memo")))


def fee(cells: Cells) -> Side | None:
    """One below nought was a rebate."""
    amount = cells.amount("fee")
    if not amount or not cells.text("fee_asset"):
        return None
    return Side(symbol(cells, "fee_asset"), amount, named(cells, "place"))


LINE = {
    "time": "date",
    "action": "action",
    "asset": "symbol",
    "place": "account",
    "volume": "volume",
    "price": "price",
    "currency": "currency",
    "fee": "fee",
    "fee_asset": "feecurrency",
    "total": "total",
}

FORMATS = (
    Format(
        name="bitcointax_trades",
        exchange="",
        title="Bitcoin.tax trades",
        columns={**LINE, "cost": "cost/proceeds"},
        optional={
            "exchange_id": "exchangeid",
            "category": "category",
            "subaccount": "subaccount",
            "memo": "memo",
            "balance": "symbolbalance",
            "money_balance": "currencybalance",
            "fee_balance": "feebalance",
        },
        read_cells=trade,
        zone="",
        changing=("memo", "category", "balance", "money_balance", "fee_balance"),
    ),
    Format(
        name="bitcointax_single",
        exchange="",
        title="Bitcoin.tax income and spending",
        columns={**LINE, "ref": "ref"},
        optional={
            "memo": "memo",
            "margin": "margin",
            "margin_id": "marginid",
            "hash": "txhash",
            "sender": "sender",
            "recipient": "recipient",
            "balance": "symbolbalance",
        },
        read_cells=single,
        zone="",
        changing=("memo", "balance", "price", "total"),
    ),
)
