"""Every way of bringing an exchange's files, with what they cannot tell."""

from __future__ import annotations

from tests.ledger.exports.base import DEPOSIT, REWARD, TRADES, WITHDRAWAL, Way
from tests.ledger.exports.binance import BINANCE_FILES, STATEMENT
from tests.ledger.exports.binanceus import BINANCEUS
from tests.ledger.exports.bitfinex import BITFINEX, BITFINEX_LEDGER
from tests.ledger.exports.bitstamp import BITSTAMP, BITSTAMP_OLD
from tests.ledger.exports.bybit import BYBIT
from tests.ledger.exports.coinbase import COINBASE
from tests.ledger.exports.gemini import GEMINI
from tests.ledger.exports.kraken import KRAKEN_LEDGERS, KRAKEN_TRADES
from tests.ledger.exports.kucoin import KUCOIN_FILLS, KUCOIN_HISTORY, KUCOIN_MOVED, KUCOIN_ORDERS
from tests.ledger.exports.okx import OKX
from tests.ledger.exports.uphold import UPHOLD

UTC_ZONE = {"zone": "UTC"}
DAY_FIRST = {"zone": "UTC", "order": "dmy"}
TRADED, REWARDED = frozenset(TRADES), frozenset({REWARD})
WAYS: dict[str, Way] = {
    "kraken": Way("kraken", [KRAKEN_LEDGERS], same_rows=True),
    "kraken, ledgers and trades": Way("kraken", [KRAKEN_LEDGERS, KRAKEN_TRADES], same_rows=True),
    "kraken, trades": Way("kraken", [KRAKEN_TRADES], kinds=TRADED, same_rows=True),
    "coinbase": Way("coinbase", [COINBASE]),
    "binance, statement": Way("binance", [STATEMENT], sums=True),
    "binance, a file for each list": Way("binance", BINANCE_FILES, UTC_ZONE),
    "binance, trades and statement": Way("binance", [BINANCE_FILES[0], STATEMENT], UTC_ZONE),
    "binanceus": Way("binanceus", [BINANCEUS]),
    "gemini": Way("gemini", [GEMINI]),
    "kucoin, fills and movements": Way("kucoin", [KUCOIN_FILLS, *KUCOIN_MOVED], kinds=TRADED | {DEPOSIT, WITHDRAWAL}),
    "kucoin, orders and fills": Way("kucoin", [KUCOIN_ORDERS, KUCOIN_FILLS], kinds=TRADED),
    "kucoin, history": Way("kucoin", [KUCOIN_HISTORY], sums=True),
    "okx": Way("okx", OKX, UTC_ZONE),
    "bybit": Way("bybit", BYBIT, UTC_ZONE),
    "bitstamp": Way("bitstamp", [BITSTAMP], same_rows=True),
    "bitstamp, old": Way("bitstamp", [BITSTAMP_OLD], UTC_ZONE),
    "bitfinex": Way("bitfinex", BITFINEX, DAY_FIRST, same_rows=True),
    # What trades and movements tell counts there, in the API's lists as in the files: alone it tells the rest.
    "bitfinex, ledger": Way("bitfinex", [BITFINEX_LEDGER], DAY_FIRST, kinds=REWARDED, same_rows=True),
    "uphold": Way("uphold", [UPHOLD], same_rows=True),
}
