"""The Crypto.com Exchange: its journal, each line of which changes one balance, and the trades of before it (R)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Unreadable, by_side, paid, product, reading, unknown
from ledger.readings.base import Kind, Leg
from ledger.readings.cells import MOVE, Meaning
from ledger.readings.telling import (
    CONTRACT,
    CONVERTED,
    DUST,
    FEES,
    OWN_ACCOUNTS,
    REWARDED,
    SET_RIGHT,
    STAKING,
    TAKEN_BACK,
    TRADED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from ledger.readings.base import Reading

APP = Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "exchange")  # to or from the app, or whoever has one
# R, or D for the names alone. What is sold or taken in other ways is not known, and waits.
TYPES: tuple[tuple[str, Meaning], ...] = (
    (r"trading|trade fee", TRADED),  # one of the legs of its trade
    (r"offchain (deposit|withdrawal)", APP),
    (r"rollback .*|fiat withdrawal cancel", TAKEN_BACK),
    (r"withdraw(al)? fee", FEES),
    (r"(onchain |fiat (\w+ )?)?(deposit|withdraw(al)?)", MOVE),
    (r"soft stake reward", STAKING),
    (r".*reward", REWARDED),
    (r"crypto dusting", DUST),
    (r"(auto|manual) conversion", CONVERTED),
    (r"funding|realized pnl|session settle|(liquidation|settlement) fee|(socialized|uncovered) loss", CONTRACT),
    (r"insurance fund", CONTRACT),
    (r"subaccount tx", OWN_ACCOUNTS),
    (r"(admin )?adjustment|delist", SET_RIGHT),
)
OF_CONTRACT = re.compile(r".+-.+")  # BTCUSD-PERP: no balance is called so
BUNDLE = {"USD_STABLE_COIN": "USDC"}  # dollars of all sorts, which are sent as this one (R)


def journal(cells: Cells) -> Iterable[Reading]:
    what, asset = cells.word("type").replace("_", " "), cells.asset("asset")
    known = next((meaning for pattern, meaning in TYPES if re.fullmatch(pattern, what)), None)
    if not known:
        raise unknown(cells.text("type"), cells.column("type"))
    if OF_CONTRACT.fullmatch(asset):
        raise unknown(asset, cells.column("asset"))
    amount, at = cells.needed("amount"), cells.when()
    kind = known.kind(amount)
    leg = Leg(BUNDLE.get(asset.upper(), asset), amount, fee=what == "trade fee" or kind is Kind.FEE)
    order = "" if cells.text("order") == "0" else cells.text("order")
    event = named(cells.text("trade")) if known is TRADED else ""
    if known in {DUST, CONVERTED}:
        event = f"cryptocom:{known.category}:{at:%Y-%m-%dT%H:%M:%S}"
    said = {"category": known.category, "order": order, "note": cells.text("type")}
    return [reading(cells, at, kind, [leg], event=event, **said)]


def named(trade: str) -> str:
    return f"cryptocom:trade:{trade}" if trade not in {"", "0"} else ""


def trade(cells: Cells) -> Iterable[Reading]:
    return [traded(cells, cells.needed("total"))]


def old_trade(cells: Cells) -> Iterable[Reading]:
    if cells.word("account") != "spot":
        raise unknown(cells.text("account"), cells.column("account"))
    return [traded(cells, product(cells.needed("amount"), cells.needed("price")))]


def traded(cells: Cells, value: Decimal) -> Reading:
    """The journal tells the same, line by line: this counts where that is missing."""
    base, _, quote = cells.text("pair").upper().replace("-", "_").replace("/", "_").partition("_")
    if not base or not quote:
        raise Unreadable(cells.column("pair"), "Does not name two coins. Please write it such as BTC_USDT.")
    legs = by_side(cells)((base, cells.needed("amount")), (quote, value))
    fee = paid(cells.text("fee_asset") or quote, cells.amount("fee"))
    event, order = named(cells.text("trade")), cells.text("order")
    return reading(cells, cells.when(), Kind.TRADE, [*legs, fee], event=event, order=order, rank=1)


FORMATS = (
    Format(
        name="cryptocom_journal",
        exchange="",
        title="Crypto.com Exchange transactions",
        columns={
            "id": "journal id",
            "time": r"time \(utc\)",
            "date": "event date",
            "type": "journal type",
            "asset": "instrument",
            "taker": "taker side",
            "side": "side",
            "amount": "transaction quantity",
            "cost": "transaction cost",
            "profit": "realized pnl",
            "order": "order id",
            "trade": "trade id",
        },
        optional={
            "number": "order",
            "balance": "usd balance",
            "match": "trade match id",
            "client": "client order id",
        },
        read_cells=journal,
        key=("id",),
        changing=("number", "balance"),
    ),
    Format(
        name="cryptocom_trades",
        exchange="",
        title="Crypto.com Exchange spot trades",
        columns={
            "order": "order id",
            "trade": "trade id",
            "time": r"time \(utc\)",
            "pair": "symbol",
            "side": "side",
            "price": "trade price",
            "amount": "trade amount",
            "total": "volume of business",
            "fee": "fee",
            "fee_asset": "fee currency",
        },
        read_cells=trade,
        key=("trade", "side"),
    ),
    Format(
        name="cryptocom_trades_old",
        exchange="",
        title="Crypto.com Exchange spot trades (older file)",
        columns={
            "account": "account_type",
            "order": "order_id",
            "trade": "trade_id",
            "time": "create_time_utc",
            "pair": "symbol",
            "side": "side",
            "maker": "liqu[a-z]{5}_indicator",  # they misspell it (R)
            "price": "traded_price",
            "amount": "traded_quantity",
            "fee": "fee",
            "fee_asset": "fee_currency",
        },
        read_cells=old_trade,
        key=("trade", "side"),
    ),
)
