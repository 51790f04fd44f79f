"""What exchanges tell anybody, without a key: which pairs are traded, and candles. Replies are handed on as they came;
what they mean is read where prices are kept.

Paths and limits as in exchanges.md, section 6, and ccxt's source; whether `markets/` of
Bitstamp tells of every pair is M.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from config import http
from wallets.connectors.client import NOT_JSON, Reply, accepted, sent
from wallets.records import Cause, ConnectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wallets.connectors.base import Pace

LARGEST = 64 * http.MEGABYTE  # Binance's list of pairs has about twenty
MILLISECONDS = 1000
RATE_LIMITED = ("EGeneral:Too many requests", "EAPI:Rate limit exceeded", "EService:Throttled")
SPOKEN = {3600: ("60", "1h"), 86400: ("1440", "1d")}  # a span, in Kraken's minutes and in Binance's words

Pair = tuple[str, str, str]  # the asset and what it is priced in, as the exchange writes them, and its name for both


@dataclass(frozen=True, slots=True)
class Place:
    """One exchange's public side. `cost` in the units of its budget: of a page of candles, and of the list of pairs."""

    host: str
    pairs_path: str
    read_pairs: Callable[[Any], Iterator[Pair]]
    candles_path: Callable[[str, int, int, int], str]
    cost: int = 1
    list_cost: int = 1


class Public:
    def __init__(self, exchange: str, *, pace: Pace, origin: str = "") -> None:
        self.place, self.pace = PLACES[exchange], pace
        self.base = origin.rstrip("/") or f"https://{self.place.host}"
        self.session = http.session(origins=[self.base], largest=LARGEST)

    def pairs(self) -> list[Pair]:
        reply = self._ask(self.place.pairs_path, self.place.list_cost)
        failure = None
        try:
            return list(self.place.read_pairs(reply.data))
        except (KeyError, TypeError, AttributeError, ValueError):
            failure = ConnectorError(Cause.UNEXPECTED_REPLY, code="pairs")
        raise failure

    def candles(self, name: str, *, span: int, begin: int, end: int) -> bytes:
        """Of the pair the exchange calls so, those beginning from `begin` until just before `end`, in seconds."""
        return self._ask(self.place.candles_path(name, span, begin, end - span), self.place.cost).body

    def _ask(self, path: str, cost: int) -> Reply:
        self.pace.before(cost)
        reply = sent(lambda: self._reply(path))
        return accepted(reply, blame(reply), self.pace)

    def _reply(self, path: str) -> Reply:
        answer = self.session.ask("GET", f"{self.base}{path}", headers={})
        return Reply(answer.status, answer.headers, answer.body)


def blame(reply: Reply) -> ConnectorError | None:
    """Kraken alone says 200 to what it refuses, and counts who asks without a key apart. What the status says is read
    by whoever asks us.
    """
    data = None if reply.data is NOT_JSON else reply.data
    errors = data.get("error") if isinstance(data, dict) else None
    if not isinstance(errors, list) or not errors:
        return None
    first = str(errors[0])
    cause = Cause.RATE_LIMITED if first.startswith(RATE_LIMITED) else Cause.UNEXPECTED_REPLY
    return ConnectorError(Cause.MAINTENANCE if first.startswith("EService:U") else cause, code=first[:40])


# --- which pairs ---------------------------------------------------------------------------------------------------


def kraken_pairs(data: Any) -> Iterator[Pair]:
    for each in data["result"].values():
        base, _, quote = each.get("wsname", "").partition("/")
        if quote:
            yield base, quote, each["altname"]


def binance_pairs(data: Any) -> Iterator[Pair]:
    """Also those that are traded no longer: their candles are still told."""
    return ((each["baseAsset"], each["quoteAsset"], each["symbol"]) for each in data["symbols"])


def coinbase_pairs(data: Any) -> Iterator[Pair]:
    return ((each["base_currency"], each["quote_currency"], each["id"]) for each in data)


def bitstamp_pairs(data: Any) -> Iterator[Pair]:
    for each in data:
        if each.get("market_type", "SPOT") == "SPOT":
            yield each["base_currency"], each["counter_currency"], each["market_symbol"]


# --- where candles are: of a pair, in such spans, from the first to the last of them, told too ----------------


def kraken_candles(name: str, span: int, begin: int, last: int) -> str:  # noqa: ARG001 - it takes no end
    asked = {"pair": name, "interval": SPOKEN[span][0], "since": begin - span}
    return f"/0/public/OHLC?{urlencode(asked)}"


def binance_candles(name: str, span: int, begin: int, last: int) -> str:
    times = {"startTime": begin * MILLISECONDS, "endTime": last * MILLISECONDS}
    return f"/api/v3/klines?{urlencode({'symbol': name, 'interval': SPOKEN[span][1], **times, 'limit': 1000})}"


def coinbase_candles(name: str, span: int, begin: int, last: int) -> str:
    times = {"start": iso(begin), "end": iso(last)}
    return f"/products/{name}/candles?{urlencode({'granularity': span, **times})}"


def bitstamp_candles(name: str, span: int, begin: int, last: int) -> str:
    return f"/api/v2/ohlc/{name}/?{urlencode({'step': span, 'limit': 1000, 'start': begin, 'end': last})}"


def iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


INFO = "/api/v3/exchangeInfo"
PLACES = {
    "kraken": Place("api.kraken.com", "/0/public/AssetPairs", kraken_pairs, kraken_candles),
    "binance": Place("api.binance.com", INFO, binance_pairs, binance_candles, cost=2, list_cost=20),
    "binanceus": Place("api.binance.us", INFO, binance_pairs, binance_candles, cost=2, list_cost=10),
    "coinbaseexchange": Place("api.exchange.coinbase.com", "/products", coinbase_pairs, coinbase_candles),
    "bitstamp": Place("www.bitstamp.net", "/api/v2/markets/", bitstamp_pairs, bitstamp_candles),
}
