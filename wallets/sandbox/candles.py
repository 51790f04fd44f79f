"""What exchanges tell anybody about prices, each in its own shape and within its own limits.

Known (exchanges.md 6, ccxt's source): paths, parameters, fields and their order, pages of 1000, 300 and 720, Kraken's
newest 720 whatever is asked, the candle that still grows among them. Invented: the words of refusals beside Coinbase's
and Binance's. Since when a pair is traded is the sandbox's own: its world begins in 2019.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wallets.sandbox import prices
from wallets.sandbox.prices import DAY, HOUR, IN_EUROS, STABLECOINS, candle
from wallets.sandbox.wire import Reply, bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wallets.sandbox.prices import Candle
    from wallets.sandbox.wire import Call, World

BEGAN = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp())
ONLY_ABROAD = ("SHIB", "PEPE")  # these have no market in money
COINS = tuple(coin for coin in IN_EUROS if coin not in ONLY_ABROAD)
BITSTAMP = tuple((base, quote) for base in (*COINS[:8], *STABLECOINS) for quote in ("USD", "EUR"))
COINBASE = tuple((base, quote) for base in (*COINS[:9], "USDT") for quote in ("USD", "EUR"))
KRAKEN = tuple((base, quote) for base in (*COINS, *STABLECOINS) for quote in ("USD", "EUR"))
BINANCE = tuple((base, "EUR") for base in COINS[:5])
ABROAD = tuple((base, "USDT") for base in ("BNB", *ONLY_ABROAD))  # candles only: nobody's account trades there
BINANCEUS = tuple((base, "USD") for base in COINS[:5])
OLD_NAMES = {"BTC": "XBT", "DOGE": "XDG"}
KRAKEN_MINUTES = {"60": HOUR, "1440": DAY}
INTERVALS = {"1h": HOUR, "1d": DAY}
KRAKEN_NEWEST, COINBASE_PAGE, PAGE = 720, 300, 1000


def told(world: World, pair: tuple[str, str], begin: int, end: int, span: int) -> Iterator[Candle]:
    """Those that begin from `begin` until `end`, and have begun by now."""
    now = int(world.now().timestamp())
    first = max(-(-begin // span) * span, BEGAN)
    for at in range(first, min(end, now) + 1, span):
        yield candle(world.market, *pair, at, span)


# --- Kraken --------------------------------------------------------------------------------------------------------


def kraken(world: World, call: Call) -> Reply | None:
    match call.path:
        case "/0/public/AssetPairs":
            return Reply.json({"error": [], "result": {kraken_name(*pair): kraken_pair(*pair) for pair in KRAKEN}})
        case "/0/public/OHLC":
            return kraken_candles(world, call.params)
    return None


def kraken_name(base: str, quote: str) -> str:
    return f"{OLD_NAMES.get(base, base)}{quote}"


def kraken_pair(base: str, quote: str) -> dict[str, object]:
    name = kraken_name(base, quote)
    return {"altname": name, "wsname": f"{OLD_NAMES.get(base, base)}/{quote}", "status": "online"}


def kraken_candles(world: World, asked: dict[str, str]) -> Reply:
    pair = {kraken_name(*each): each for each in KRAKEN}.get(asked.get("pair", ""))
    span = KRAKEN_MINUTES.get(asked.get("interval", "1"))
    if pair is None or span is None:
        return Reply.json({"error": ["EQuery:Unknown asset pair" if pair is None else "EGeneral:Invalid arguments"]})
    now = int(world.now().timestamp())
    newest = now // span * span
    since = max(int(asked.get("since", "0")), newest - (KRAKEN_NEWEST - 1) * span)
    rows = [
        [each.at, str(each.open), str(each.high), str(each.low), str(each.close), str(each.close), str(each.volume), 9]
        for each in told(world, pair, since, now, span)
    ]
    return Reply.json({"error": [], "result": {kraken_name(*pair): rows, "last": newest - span}})


# --- Binance and Binance.US ----------------------------------------------------------------------------------------


def binance(world: World, call: Call, pairs: tuple[tuple[str, str], ...]) -> Reply | None:
    if call.path != "/api/v3/klines":
        return None
    asked = call.params
    pair = {f"{base}{quote}": (base, quote) for base, quote in pairs}.get(asked.get("symbol", ""))
    span = INTERVALS.get(asked.get("interval", ""))
    if pair is None or span is None:
        words = "Invalid symbol." if pair is None else "Invalid interval."
        return Reply.json({"code": -1121 if pair is None else -1120, "msg": words}, 400)
    begin = int(asked["startTime"]) // 1000
    count = min(int(asked.get("limit", "500")), PAGE)
    last = min(int(asked["endTime"]) // 1000, max(begin, BEGAN) + count * span - 1)
    return Reply.json([kline(each, span) for each in told(world, pair, begin, last, span)][:count])


def kline(each: Candle, span: int) -> list[object]:
    turnover = str(prices.rounded(each.volume * each.close))
    told = [each.at * 1000, str(each.open), str(each.high), str(each.low), str(each.close), str(each.volume)]
    return [*told, (each.at + span) * 1000 - 1, turnover, 9, "0", "0", "0"]


def listed(pair: tuple[str, str], *, trading: bool = True) -> dict[str, object]:
    status = {"status": "TRADING" if trading else "BREAK", "isSpotTradingAllowed": trading}
    return {"symbol": "".join(pair), "baseAsset": pair[0], "quoteAsset": pair[1], **status}


# --- Coinbase Exchange ---------------------------------------------------------------------------------------------


def coinbase(world: World, call: Call) -> Reply | None:
    match call.path.strip("/").split("/"):
        case ["products"]:
            return Reply.json([coinbase_product(*pair) for pair in COINBASE])
        case ["products", product, "candles"]:
            return coinbase_candles(world, product, call.params)
    return None


def coinbase_product(base: str, quote: str) -> dict[str, object]:
    return {"id": f"{base}-{quote}", "base_currency": base, "quote_currency": quote, "status": "online"}


def coinbase_candles(world: World, product: str, asked: dict[str, str]) -> Reply:
    """The newest first; both ends are told."""
    pair = {f"{base}-{quote}": (base, quote) for base, quote in COINBASE}.get(product)
    if pair is None:
        return Reply.json({"message": "NotFound"}, 404)
    span = int(asked.get("granularity", "60"))
    begin, end = (int(datetime.fromisoformat(asked[name]).timestamp()) for name in ("start", "end"))
    if (end - begin) // span > COINBASE_PAGE:
        words = "granularity too small for the requested time range. Count of aggregations requested exceeds 300"
        return Reply.json({"message": words}, 400)
    rows = [
        [each.at, *(bare(f"{number:f}") for number in (each.low, each.high, each.open, each.close, each.volume))]
        for each in told(world, pair, begin, end, span)
    ]
    return Reply.json(rows[::-1][:COINBASE_PAGE])


# --- Bitstamp ------------------------------------------------------------------------------------------------------


def bitstamp(world: World, call: Call) -> Reply | None:
    match call.path.strip("/").split("/"):
        case ["api", "v2", "markets"]:
            return Reply.json([bitstamp_market(*pair) for pair in BITSTAMP])
        case ["api", "v2", "ohlc", name]:
            return bitstamp_candles(world, name, call.params)
    return None


def bitstamp_market(base: str, quote: str) -> dict[str, object]:
    symbol = f"{base}{quote}".lower()
    names = {"name": f"{base}/{quote}", "market_symbol": symbol, "base_currency": base, "counter_currency": quote}
    return {**names, "trading": "Enabled", "market_type": "SPOT"}


def bitstamp_candles(world: World, name: str, asked: dict[str, str]) -> Reply:
    pair = {f"{base}{quote}".lower(): (base, quote) for base, quote in BITSTAMP}.get(name)
    if pair is None:
        return Reply.html("<html>Not found</html>", 404)
    span, limit = int(asked["step"]), int(asked["limit"])
    if not 1 <= limit <= PAGE:
        return Reply.json({"code": "4002", "field": "limit", "message": f"Limit must be 1 to {PAGE}"}, 400)
    begin = int(asked["start"])
    rows = list(told(world, pair, begin, min(int(asked["end"]), begin + (limit - 1) * span), span))
    return Reply.json({"data": {"pair": "/".join(pair), "ohlc": [bitstamp_row(each) for each in rows]}})


def bitstamp_row(each: Candle) -> dict[str, str]:
    numbers = {name: str(getattr(each, name)) for name in ("open", "high", "low", "close", "volume")}
    return {"timestamp": str(each.at), **numbers}
