"""What an account really holds: the rows that the sandbox's own books make, without any page, stretch or limit.

Rows are compared as they are sent, and counted: so one that is lost, doubled or changed shows, and so does one of two
twins.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from wallets.connectors.bitfinex import TABLES as COLUMNS
from wallets.sandbox import (
    binance,
    binanceus,
    bitfinex,
    bitstamp,
    bybit,
    coinbase_wallet,
    coinjar,
    gemini,
    kraken,
    kucoin,
    okx,
    uphold,
)
from wallets.sandbox.books import Kind
from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from wallets.sandbox.books import Books, Event

    Rows = Callable[[Event], list[dict[str, object]]]

TRADES = (Kind.BUY, Kind.SELL)
MOVES = (Kind.DEPOSIT, Kind.WITHDRAWAL)
STAKING = {"providerId": "62b21e17-2534-4b9f-afcf-b7edb609dd8d"}  # told once above the rows


def of(write: Callable[[Event], dict[str, object]], *kinds: Kind, **more: object) -> Rows:
    """One row for each event of these kinds."""
    return lambda event: [write(event) | more] if event.kind in kinds else []


def of_kraken(table: kraken.Table) -> Rows:
    return lambda event: [table.write(event, part) for part in range(table.rows_of.get(event.kind, 0))]


def of_bitfinex(name: str, rows: Callable[[Event], list[list[object]]]) -> Rows:
    """Lists without names; ours have them."""
    return lambda event: [dict(COLUMNS[name].record(sent(row)).raw) for row in rows(event)]


def of_accounts(event: Event) -> list[dict[str, object]]:
    return [coinbase_wallet.transaction_row(event, asset) for asset in event.changes]


def of_bybit(path: str) -> Rows:
    rows = bybit.LISTS[path].rows
    return lambda event: [
        row for name, write in rows.items() if name in {"", "2", "spot", *EARNED} for row in write(event)
    ]


EARNED = ("FlexibleSaving", "OnChain")
# By exchange and by family; what comes before a colon is the family here, so that markets stand together.
TRUE: dict[str, dict[str, Rows]] = {
    "binance": {
        "trades": of(binance.trade_row, *TRADES),
        "withdrawals": of(binance.withdrawal_row, Kind.WITHDRAWAL),
        "fiat deposits": of(binance.fiat_row, Kind.DEPOSIT),
        "conversions": lambda event: [] if binance.is_dust(event) else of(binance.convert_row, Kind.CONVERT)(event),
        "dust": lambda event: [binance.dust_row(event)] if binance.is_dust(event) else [],
        "distributions": lambda event: (
            [] if binance.is_by_the_second(event) else of(binance.reward_row, Kind.REWARD)(event)
        ),
        "flexible rewards": lambda event: [binance.flexible_row(event)] if binance.is_by_the_second(event) else [],
    },
    "binanceus": {
        "trades": of(binance.trade_row, *TRADES),
        "deposits": binanceus.deposit_rows,
        "withdrawals": of(binance.withdrawal_row, Kind.WITHDRAWAL),
        "fiat deposits": binanceus.fiat_rows,
        "instant buys": binanceus.instant_rows,
        "conversions": binanceus.conversion_rows,
        "distributions": binanceus.distribution_rows,
        "staking rewards": binanceus.staking_rows,
    },
    "bitfinex": {
        "ledger": of_bitfinex("ledger", bitfinex.ledger_rows),
        "trades": of_bitfinex("trades", bitfinex.trade_rows),
        "movements": of_bitfinex("movements", bitfinex.movement_rows),
    },
    "bitstamp": {
        "transactions": of(bitstamp.row, *Kind),
        "crypto": of(bitstamp.crypto_row, Kind.WITHDRAWAL, kind="withdrawals"),
    },
    "bybit": {
        "ledger": bybit.ledger_rows,
        "funding": bybit.funding_rows,
        "trades": of_bybit("/v5/execution/list"),
        "deposits": of_bybit("/v5/asset/deposit/query-record"),
        "internal deposits": of_bybit("/v5/asset/deposit/query-internal-record"),
        "withdrawals": of(bybit.withdrawal_row, Kind.WITHDRAWAL),
        "transfers": of(bybit.transfer_row, Kind.DEPOSIT),
        "sub-account transfers": of(bybit.universal_transfer_row, Kind.WITHDRAWAL),
        "conversions": bybit.CONVERSIONS,
        "exchanges": of(bybit.exchange_row, Kind.CONVERT),
        "small balances": bybit.SMALL_BALANCES,
        "earn orders": of_bybit("/v5/earn/order"),
        "yields": of_bybit("/v5/earn/yield"),
    },
    "coinbase": {"transactions": of_accounts, "fills": of(coinbase_wallet.fill_row, *TRADES)},
    "coinjar": {
        "fills": of(coinjar.fill_row, *coinjar.TRADES),
        "transfers": of(coinjar.transfer_row, *(set(Kind) - coinjar.TRADES)),
    },
    "gemini": {
        "trades": of(gemini.trade_row, *gemini.TRADES),
        "transfers": of(gemini.transfer_row, *MOVES),
        "staking": of(gemini.staking_row, Kind.REWARD, **STAKING),
    },
    "kraken": {"ledger": of_kraken(kraken.LEDGER), "trades": of_kraken(kraken.TRADED)},
    "kucoin": {
        "ledger": kucoin.ledger_rows,
        "trades": lambda event: kucoin.fill_rows(event) if event.kind in TRADES else [],
        "deposits": lambda event: kucoin.deposit_rows(event) if event.kind is Kind.DEPOSIT else [],
        "withdrawals": lambda event: kucoin.withdrawal_rows(event) if event.kind is Kind.WITHDRAWAL else [],
    },
    "okx": {
        "ledger": okx.trading_bills,
        "trades": okx.fill_rows,
        "funding": okx.funding_bills,
        "deposits": okx.deposit_rows,
        "withdrawals": okx.withdrawal_rows,
        "conversions": okx.conversion_rows,
        "savings": okx.savings_rows,
        "staking": okx.locked_rows,
        "eth staking": partial(okx.minted_rows, odd=False),
        "sol staking": partial(okx.minted_rows, odd=True),
    },
    "uphold": {"transactions": of(lambda event: uphold.transaction_row(event, "completed"), *Kind)},
}


def families(exchange: str) -> tuple[str, ...]:
    return tuple(TRUE[exchange])


def rows_of(exchange: str, event: Event) -> list[dict[str, object]]:
    """All that one event leaves, in whatever list."""
    return list(chain.from_iterable(rows(event) for rows in TRUE[exchange].values()))


def held(
    exchange: str,
    family: str,
    books: Books,
    *,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Counter[str]:
    """What a family holds of some time; orders that still run are told when they are over."""
    told = (event for event in books.events(range(books.size)) if within(event.at, since, until))
    rows: Iterator[dict[str, object]] = chain.from_iterable(map(TRUE[exchange][family], told))
    return Counter(text_of(row) for row in rows if int(str(row.get("redeemedTime", 0))) <= now.timestamp() * 1000)


def within(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or moment >= since) and (until is None or moment <= until)


def sent(row: Any) -> Any:
    """As it comes out at the other end of the wire."""
    return json.loads(Reply.json(row).body, parse_float=str)


def text_of(row: Any) -> str:
    return json.dumps(sent(row), sort_keys=True)
