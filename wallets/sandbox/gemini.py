"""Gemini, spot: payload in a header, nonces of both kinds, roles, trusted addresses, trades, transfers, staking.

Known (exchanges.md 1 to 4, Gemini's documents, ccxt's source): paths, signature, what v1/roles says, Auditor alone,
reasons and statuses of refusals, 600 calls a minute, one for transfers in five seconds, `timestamp` inclusive, that
pages from there on hold the oldest rows, newest first, staking newest first with bare amounts. Invented: the order of
refusals, that a time-based nonce may be in seconds or milliseconds, ids, the staking provider, that conversions are
sales.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from wallets.sandbox.books import COINS, Books, Event, Kind
from wallets.sandbox.keys import Keyed
from wallets.sandbox.wire import Reply, bare

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from wallets.sandbox.wire import Call, World

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
A_MINUTE, CALLS_A_MINUTE = 60, 600
TRANSFERS, TRANSFERS_EACH = "/v1/transfers", timedelta(seconds=5)
NONCE_WINDOW = 30
SYMBOLS = tuple(f"{coin.lower()}eur" for coin in COINS)
TRADES = (Kind.BUY, Kind.SELL, Kind.CONVERT)
MOVES = (Kind.DEPOSIT, Kind.WITHDRAWAL)
READERS = ("isAuditor", "isTrader", "isFundManager")
REFUSALS = {
    "MissingApikeyHeader": (401, "Must provide 'X-GEMINI-APIKEY' header"),
    "InvalidApiKey": (400, "Invalid API key"),
    "InvalidSignature": (400, "Invalid signature for this request"),
    "InvalidNonce": (400, "Nonce '1' has not increased since your last call to the Gemini API."),
    "NonceWindow": (400, "Nonce '1' is not within 30 seconds of server time"),
    "ApiKeyIpFilteringFailure": (403, "ApiKey fails IP Filtering Check for some accounts"),
    "MissingRole": (403, "Assign one of these roles [Auditor] to API key account-x which currently has roles []"),
    "RateLimit": (429, "Requests were made too frequently"),
    "Maintenance": (503, "The system is down for maintenance"),
    "System": (500, "We are experiencing technical issues"),
    "EndpointNotFound": (404, "API entry point not found"),
}


@dataclass(slots=True)
class Key:
    id: str
    secret: str
    roles: dict[str, bool] = field(
        default_factory=lambda: {"isAuditor": True, "isFundManager": False, "isTrader": False}
    )
    ips: list[str] = field(default_factory=list)
    time_based: bool = False
    memo: str = "GEMPJBRDZ"
    page: int = 500  # rows a page has at most, also where more were asked for
    uncounted: bool = False  # it may ask as often as it likes
    trouble: str = ""  # a reason every signed call of this key is answered with
    nonce: int = 0
    calls: list[datetime] = field(default_factory=list)
    moves_asked: datetime | None = None


class Gemini(Keyed[Key]):
    name = "gemini"
    makes = Key
    told = ("id", "secret", "roles")

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = Books(world.derive("gemini books"), 400, datetime(2024, 1, 3, tzinfo=UTC))
        mark = world.derive("gemini key")
        demo = Key(f"account-{mark[:20]}", mark[20:48])
        self.keys = {demo.id: demo}

    def answer(self, call: Call) -> Reply:
        if (call.method, call.path) == ("GET", "/v1/symbols"):
            return Reply.json(list(SYMBOLS))
        answers: dict[str, Callable[[Key, Mapping[str, Any]], object]] = {
            "/v1/roles": lambda key, _: key.roles,
            "/v1/account": lambda key, _: {
                "account": {"accountName": "Primary", "shortName": "primary", "type": "exchange"},
                "memo_reference_code": key.memo,
            },
            "/v1/balances": self.balances,
            "/v1/balances/staking": lambda _key, _: [],
            "/v1/mytrades": self.trades,
            TRANSFERS: self.transfers,
            "/v1/staking/history": self.staking,
        }
        if call.method != "POST" or call.path not in answers:
            return refusal("EndpointNotFound")
        asked = payload(call)
        refused = self.refuses(call, asked)
        return refusal(refused) if refused else Reply.json(answers[call.path](self.key_of(call), asked))

    def key_of(self, call: Call) -> Key:
        return self.keys[call.headers["x-gemini-apikey"]]

    def refuses(self, call: Call, asked: Mapping[str, Any]) -> str:
        """The first thing wrong with a signed call."""
        if "x-gemini-apikey" not in call.headers:
            return "MissingApikeyHeader"
        key = self.keys.get(call.headers["x-gemini-apikey"])
        if key is None:
            return "InvalidApiKey"
        if not signed(call, key.secret) or asked.get("request") != call.path:
            return "InvalidSignature"
        return self.refuses_key(key, call, asked)

    def refuses_key(self, key: Key, call: Call, asked: Mapping[str, Any]) -> str:
        if refused := self.refuses_nonce(key, str(asked.get("nonce", ""))):
            return refused
        if key.ips and call.peer not in key.ips:
            return "ApiKeyIpFilteringFailure"
        if key.trouble:
            return key.trouble
        if not key.uncounted and not (self.counts(key) and self.counts_transfers(key, call)):
            return "RateLimit"
        needs_role = call.path not in {"/v1/roles", "/v1/account"}
        return "MissingRole" if needs_role and not any(key.roles.get(role) for role in READERS) else ""

    def refuses_nonce(self, key: Key, nonce: str) -> str:
        if not nonce.isdigit() or int(nonce) <= key.nonce:
            return "InvalidNonce"
        key.nonce = int(nonce)
        seconds = int(nonce[:10])
        late = abs(seconds - int(self.world.now().timestamp())) > NONCE_WINDOW
        return "NonceWindow" if key.time_based and late else ""

    def counts(self, key: Key) -> bool:
        now = self.world.now()
        key.calls = [*(each for each in key.calls if (now - each).total_seconds() < A_MINUTE), now]
        return len(key.calls) <= CALLS_A_MINUTE

    def counts_transfers(self, key: Key, call: Call) -> bool:
        if call.path != TRANSFERS:
            return True
        now, before = self.world.now(), key.moves_asked
        if before and now - before < TRANSFERS_EACH:
            return False
        key.moves_asked = now
        return True

    def balances(self, _key: Key, _asked: Mapping[str, Any]) -> object:
        return [
            {"type": "exchange", "currency": asset, "amount": str(held), "available": str(held)}
            for asset, held in self.books.balances().items()
        ]

    def trades(self, key: Key, asked: Mapping[str, Any]) -> object:
        coin = str(asked.get("symbol", "")).upper().removesuffix("EUR")
        mine = (event for event in self.upward(asked, TRADES) if event.base == coin)
        return [
            trade_row(event) for event in reversed(list(islice(mine, min(asked.get("limit_trades", 50), key.page))))
        ]

    def transfers(self, key: Key, asked: Mapping[str, Any]) -> object:
        limit = min(asked.get("limit_transfers", 10), 50, key.page)
        return [transfer_row(event) for event in reversed(list(islice(self.upward(asked, MOVES), limit)))]

    def upward(self, asked: Mapping[str, Any], kinds: Collection[Kind]) -> Iterator[Event]:
        since = EPOCH + int(asked.get("timestamp", 0)) * MILLISECOND
        numbers = range(self.books.later_than(since - MILLISECOND), self.books.size)
        return (event for event in self.books.events(numbers) if in_time(event, since, kinds))

    def staking(self, key: Key, asked: Mapping[str, Any]) -> object:
        since, until = (moment_of(asked[name]) if name in asked else None for name in ("since", "until"))
        top = self.books.later_than(until + MILLISECOND) if until else self.books.size
        found = self.books.events(range(top - 1, -1, -1))
        mine = (
            event
            for event in found
            if in_time(event, since or EPOCH, (Kind.REWARD,)) and (not until or stamp(event.at) <= stamp(until))
        )
        rows = [staking_row(event) for event in islice(mine, min(asked.get("limit", 50), key.page))]
        return [{"providerId": "62b21e17-2534-4b9f-afcf-b7edb609dd8d", "transactions": rows}] if rows else []


# --- rows ---------------------------------------------------------------------------------------------------------


def in_time(event: Event, since: datetime, kinds: Collection[Kind]) -> bool:
    return event.kind in kinds and stamp(event.at) >= stamp(since)


def trade_row(event: Event) -> dict[str, object]:
    return {
        "price": str((event.total / event.amount).quantize(event.fee)),
        "amount": str(event.amount),
        "timestamp": stamp(event.at) // 1000,
        "timestampms": stamp(event.at),
        "type": "Buy" if event.kind is Kind.BUY else "Sell",
        "aggressor": True,
        "fee_currency": event.quote,
        "fee_amount": str(event.fee),
        "tid": number_of(event),
        "order_id": str(int(event.mark[20:30], 16)),
        "exchange": "gemini",
        "is_clearing_fill": False,
        "symbol": f"{event.base}{event.quote}",
    }


def transfer_row(event: Event) -> dict[str, object]:
    coming = event.kind is Kind.DEPOSIT
    money = {"method": "SEPA"}
    way = money if event.base == "EUR" else {"txHash": event.mark, "destination": f"bc1q{event.mark[:38]}"}
    return {
        "type": "Deposit" if coming else "Withdrawal",
        "status": "Complete",
        "timestampms": stamp(event.at),
        "eid": number_of(event),
        "currency": event.base,
        "amount": str(event.amount),
        **way,
    }


def staking_row(event: Event) -> dict[str, object]:
    return {
        "transactionId": event.mark[:8].upper(),
        "transactionType": "Interest",
        "amountCurrency": event.base,
        "amount": bare(f"{event.amount:f}"),
        "dateTime": stamp(event.at),
    }


def number_of(event: Event) -> int:
    return 1_000_000_000 + event.number


def stamp(at: datetime) -> int:
    return (at - EPOCH) // MILLISECOND


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


# --- the wire -----------------------------------------------------------------------------------------------------


def payload(call: Call) -> dict[str, Any]:
    try:
        asked = json.loads(base64.b64decode(call.headers.get("x-gemini-payload", ""), validate=True))
    except (binascii.Error, ValueError):
        return {}
    return asked if isinstance(asked, dict) else {}


def signed(call: Call, secret: str) -> bool:
    """X-GEMINI-SIGNATURE = hexadecimal HMAC-SHA384 of the payload as it was sent."""
    sent = call.headers.get("x-gemini-payload", "").encode()
    expected = hmac.new(secret.encode(), sent, hashlib.sha384).hexdigest()
    return hmac.compare_digest(expected, call.headers.get("x-gemini-signature", ""))


def refusal(reason: str) -> Reply:
    status, message = REFUSALS[reason]
    named = "InvalidNonce" if reason == "NonceWindow" else reason
    return Reply.json({"result": "error", "reason": named, "message": message}, status)
