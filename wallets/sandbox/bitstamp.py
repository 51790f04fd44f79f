"""Bitstamp, spot: v2 signatures over host, path and body, nonces used once, boxes, addresses, transactions.

Known (exchanges.md 1 to 4, ccxt's source): paths, what is signed, headers, codes and texts of refusals with status
403, `since_id` inclusive, `sort`, 1000 rows, times without zone, one column for each currency, crypto transactions in
two lists with `offset` and `limit`. Remembered: 150 seconds for times and nonces, an empty POST is refused, type 27.
Invented: the order of refusals, which box crypto transactions and orders ask for, that a key that is not activated is
unknown, ids.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from wallets.sandbox import candles
from wallets.sandbox.books import Books, Event, Kind
from wallets.sandbox.keys import Keyed
from wallets.sandbox.wire import Reply, bare

if TYPE_CHECKING:
    from collections.abc import Callable

    from wallets.sandbox.wire import Call, World

PAGE = 1000
WINDOW = 150  # seconds
TEN_MINUTES = 600
FIRST_ID = 1_000_000
RIGHTS = {
    "/api/v2/account_balances/": "Account balance",
    "/api/v2/user_transactions/": "User transactions",
    "/api/v2/crypto-transactions/": "User transactions",
    "/api/v2/cancel_order/": "Orders",
}
TYPES = {Kind.DEPOSIT: "0", Kind.WITHDRAWAL: "1", Kind.REWARD: "27"}  # others are trades: 2
REFUSALS = {
    "API0000": "Missing key, signature and nonce parameters",
    "API0001": "API key not found",
    "API0002": "IP address not allowed",
    "API0003": "No permission found",
    "API0004": "Invalid nonce",
    "API0005": "Invalid signature",
    "API0006": "Your account is frozen",
    "API0007": "Please update your profile with your FATCA information, before using API.",
    "API0008": "Authentication failed",
    "API0011": "Wrong API key format",
    "API0017": "X-Auth-Timestamp header is invalid",
    "API0020": "Invalid request",
    "400.002": "Request rate limit exceeded",
}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(slots=True)
class Key:
    id: str
    secret: str
    boxes: list[str] = field(default_factory=lambda: ["Account balance", "User transactions"])
    ips: list[str] = field(default_factory=list)
    active: bool = True
    allowed: int = 10_000  # calls in ten minutes
    page: int = PAGE  # rows a page has at most, also where more were asked for
    trouble: str = ""  # a code every signed call of this key is answered with
    nonces: dict[str, datetime] = field(default_factory=dict)
    calls: list[datetime] = field(default_factory=list)


class Bitstamp(Keyed[Key]):
    name = "bitstamp"
    makes = Key
    told = ("id", "secret", "boxes")

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = Books(world.derive("bitstamp books"), 400, datetime(2024, 1, 3, tzinfo=UTC))
        mark = world.derive("bitstamp key")
        demo = Key(mark[:32], mark[32:])
        self.keys = {demo.id: demo}
        self.cancelled: list[str] = []

    def state(self) -> dict[str, object]:
        return super().state() | {"cancelled": self.cancelled}

    def answer(self, call: Call) -> Reply:
        if (call.method, call.path) == ("GET", "/api/v2/eur_usd/"):
            return Reply.json({"buy": "1.0850", "sell": "1.0840"})
        if told := candles.bitstamp(self.world, call):
            return told
        answers: dict[str, Callable[[Call], Reply]] = {
            "/api/v2/account_balances/": self.balances,
            "/api/v2/user_transactions/": self.transactions,
            "/api/v2/crypto-transactions/": self.crypto,
            "/api/v2/cancel_order/": self.cancel,
        }
        if call.method != "POST" or call.path not in answers:
            return Reply.html("<html>Not found</html>", 404)
        refused = self.refuses(call)
        return refusal(refused) if refused else answers[call.path](call)

    def refuses(self, call: Call) -> str:
        """The first thing wrong with a signed call."""
        scheme, _, key_id = call.headers.get("x-auth", "").partition(" ")
        if scheme != "BITSTAMP":
            return "API0000"
        key = self.keys.get(key_id)
        if key is None or not key.active:
            return "API0001"
        if not call.body:
            return "API0020"
        if not signed(call, key.secret):
            return "API0005"
        return self.refuses_time(key, call) or self.refuses_key(key, call)

    def refuses_time(self, key: Key, call: Call) -> str:
        now = self.world.now()
        sent, nonce = call.headers.get("x-auth-timestamp", ""), call.headers.get("x-auth-nonce", "")
        if not sent.isdigit() or abs(int(sent) // 1000 - int(now.timestamp())) > WINDOW:
            return "API0017"
        key.nonces = {each: used for each, used in key.nonces.items() if (now - used).total_seconds() < WINDOW}
        if not UUID.fullmatch(nonce) or nonce in key.nonces:
            return "API0004"
        key.nonces[nonce] = now
        return ""

    def refuses_key(self, key: Key, call: Call) -> str:
        if key.ips and call.peer not in key.ips:
            return "API0002"
        if key.trouble:
            return key.trouble
        now = self.world.now()
        key.calls = [*(each for each in key.calls if (now - each).total_seconds() < TEN_MINUTES), now]
        if len(key.calls) > key.allowed:
            return "400.002"
        return "" if RIGHTS[call.path] in key.boxes else "API0003"

    def balances(self, _call: Call) -> Reply:
        held = self.books.balances().items()
        return Reply.json(
            [
                {"currency": asset.lower(), "total": str(amount), "available": str(amount), "reserved": "0"}
                for asset, amount in held
            ]
        )

    def transactions(self, call: Call) -> Reply:
        """With `since_id` from that row on; without it, from the newest or oldest, by `sort`."""
        form = call.form
        first = max(0, int(form.get("since_id", "0")) - FIRST_ID)
        numbers = range(first, self.books.size)
        ordered = numbers if form.get("sort") == "asc" else reversed(numbers)
        offset = int(form.get("offset", "0"))
        told = self.books.events(ordered)
        limit = min(int(form.get("limit", "100")), self.page_of(call))
        return Reply.json([row(event) for event in islice(told, offset, offset + limit)])

    def crypto(self, call: Call) -> Reply:
        form = call.form
        offset, limit = int(form.get("offset", "0")), min(int(form.get("limit", "100")), self.page_of(call))
        sent = (event for event in self.books.newest_first(0, self.books.size) if event.kind is Kind.WITHDRAWAL)
        rows = [crypto_row(event) for event in islice(sent, offset, offset + limit)]
        return Reply.json({"deposits": [], "withdrawals": rows, "ripple_iou_transactions": []})

    def page_of(self, call: Call) -> int:
        return self.keys[call.headers["x-auth"].partition(" ")[2]].page

    def cancel(self, call: Call) -> Reply:
        """There are no orders here."""
        self.cancelled.append(call.form.get("id", ""))
        return Reply.json({"error": "Order not found"})


# --- rows ---------------------------------------------------------------------------------------------------------


def row(event: Event) -> dict[str, object]:
    """One column for each currency; those not touched are a bare 0."""
    coming = event.kind in {Kind.DEPOSIT, Kind.BUY, Kind.REWARD}
    shown: dict[str, object] = {
        "id": FIRST_ID + event.number,
        "datetime": event.at.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "type": TYPES.get(event.kind, "2"),
        "fee": str(event.fee),
        "usd": 0,
        "btc": 0,
        "eur": 0,
        event.base.lower(): str(event.amount if coming else -event.amount),
    }
    if event.quote:
        price = (event.total / event.amount).quantize(event.fee)
        shown |= {
            event.quote.lower(): str(-event.total if coming else event.total),
            f"{event.base}_{event.quote}".lower(): bare(str(price)),
            "order_id": int(event.mark[:12], 16),
        }
    return shown


def crypto_row(event: Event) -> dict[str, object]:
    return {
        "network": "bitcoin",
        "currency": event.base,
        "destinationAddress": f"bc1q{event.mark[:38]}",
        "txid": event.mark,
        "amount": bare(f"{event.amount:f}"),
        "datetime": int(event.at.timestamp()),
    }


# --- the wire -----------------------------------------------------------------------------------------------------


def signed(call: Call, secret: str) -> bool:
    """X-Auth-Signature over everything the caller wrote, the host as the caller saw it."""
    headers = call.headers
    host_and_path = f"{call.origin}{call.path}".removeprefix("https://") + (f"?{call.query}" if call.query else "")
    parts = (
        headers.get("x-auth", ""),
        call.method,
        host_and_path,
        headers.get("content-type", ""),
        headers.get("x-auth-nonce", ""),
        headers.get("x-auth-timestamp", ""),
        headers.get("x-auth-version", ""),
    )
    message = "".join(parts).encode() + call.body
    expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return headers.get("x-auth-version") == "v2" and hmac.compare_digest(
        expected, headers.get("x-auth-signature", "").lower()
    )


def refusal(code: str) -> Reply:
    return Reply.json(
        {"status": "error", "reason": REFUSALS[code], "code": code}, 400 if code in {"400.002", "API0020"} else 403
    )
