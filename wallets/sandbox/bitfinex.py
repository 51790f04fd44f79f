"""Bitfinex: signed bodies, rising nonces, permissions by scope, wallets, ledger, trades and movements as bare lists.

Known (exchanges.md 1 to 4, ccxt's source): paths, what is signed, headers, errors as lists with status 500, rows and
their columns, `start`, `end` and `limit`, newest first, 2500 and 1000 rows, bare numbers; of movements, that these two
are about when they were last changed (documents, which also allow 2500 of them). Remembered: 90 calls a minute to one
path, that `end` and `start` include. Invented: that movements come by their last change, the order of refusals,
what a foreign address hears, ids, the words of descriptions.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from wallets.sandbox.books import Books, Event, Kind
from wallets.sandbox.keys import Keyed
from wallets.sandbox.wire import Reply, bare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wallets.sandbox.wire import Call, World

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
A_MINUTE = 60
SCOPES = (
    *("account", "history", "orders", "positions", "funding"),
    *("settings", "wallets", "withdraw", "ui_withdraw", "bfxpay"),
)
RIGHTS = {
    "/v2/auth/r/permissions": "",
    "/v2/auth/r/info/user": "account",
    "/v2/auth/r/wallets": "wallets",
    "/v2/auth/r/ledgers/hist": "history",
    "/v2/auth/r/trades/hist": "history",
    "/v2/auth/r/movements/hist": "history",
}
REFUSALS = {
    "digest": [10100, "apikey: digest invalid"],
    "key": [10100, "apikey: invalid"],
    "right": [10001, "api_key: permission invalid (#10001)"],
    "nonce": [10114, "nonce: small"],
    "rate": [11010, "ratelimit: error"],
    "maintenance": [20060, "maintenance"],
}


@dataclass(slots=True)
class Key:
    id: str
    secret: str
    read: list[str] = field(default_factory=lambda: ["account", "history", "wallets"])
    write: list[str] = field(default_factory=list)
    ips: list[str] = field(default_factory=list)
    user: int = 7654321
    allowed: int = 90  # calls a minute to one path
    settles: int = 60_000  # milliseconds after which a movement is over
    page: int = 2500  # rows a page has at most, also where more were asked for
    trouble: str = ""  # a refusal every signed call of this key is answered with
    nonce: int = 0
    calls: list[tuple[str, datetime]] = field(default_factory=list)


class Bitfinex(Keyed[Key]):
    name = "bitfinex"
    makes = Key
    told = ("id", "secret", "read", "write")

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = Books(world.derive("bitfinex books"), 400, datetime(2024, 1, 3, tzinfo=UTC))
        demo = Key(world.derive("bitfinex key")[:43], world.derive("bitfinex secret")[:43])
        self.keys = {demo.id: demo}

    def answer(self, call: Call) -> Reply:
        if (call.method, call.path) == ("GET", "/v2/platform/status"):
            return Reply.json([1])
        if call.method != "POST" or call.path not in RIGHTS:
            return Reply.json({"error": "not_found"}, 404)
        refused = self.refuses(call)
        if refused:
            return Reply.json(["error", *REFUSALS[refused]], 500)
        answers: dict[str, Callable[[Key, Mapping[str, Any]], object]] = {
            "/v2/auth/r/permissions": lambda key, _: [
                [scope, int(scope in key.read), int(scope in key.write)]
                for scope in dict.fromkeys([*SCOPES, *key.read, *key.write])
            ],
            "/v2/auth/r/info/user": lambda key, _: [key.user, "somebody@example.org", "somebody"],
            "/v2/auth/r/wallets": self.wallets,
            "/v2/auth/r/ledgers/hist": lambda key, asked: self.page(asked, ledger_rows, min(2500, key.page)),
            "/v2/auth/r/trades/hist": lambda key, asked: self.page(asked, trade_rows, min(2500, key.page)),
            "/v2/auth/r/movements/hist": self.movements,
        }
        return Reply.json(answers[call.path](self.keys[call.headers["bfx-apikey"]], json.loads(call.body or b"{}")))

    def refuses(self, call: Call) -> str:
        """The first thing wrong with a signed call."""
        key = self.keys.get(call.headers.get("bfx-apikey", ""))
        if key is None:
            return "key"
        if not signed(call, key.secret):
            return "digest"
        nonce = call.headers.get("bfx-nonce", "")
        if not nonce.isdigit() or int(nonce) <= key.nonce:
            return "nonce"
        key.nonce = int(nonce)
        return self.refuses_key(key, call)

    def refuses_key(self, key: Key, call: Call) -> str:
        if key.ips and call.peer not in key.ips:
            return "key"
        if key.trouble:
            return key.trouble
        now = self.world.now()
        key.calls = [*(each for each in key.calls if (now - each[1]).total_seconds() < A_MINUTE), (call.path, now)]
        if sum(path == call.path for path, _ in key.calls) > key.allowed:
            return "rate"
        return "right" if RIGHTS[call.path] and RIGHTS[call.path] not in key.read else ""

    def wallets(self, _key: Key, _asked: Mapping[str, Any]) -> object:
        held = self.books.balances().items()
        return [["exchange", asset, bare(f"{amount:f}"), 0, bare(f"{amount:f}"), None, None] for asset, amount in held]

    def movements(self, key: Key, asked: Mapping[str, Any]) -> object:
        happened = {name: int(asked[name]) - key.settles for name in ("start", "end") if asked.get(name)}
        rows_of = partial(movement_rows, settles=key.settles)
        return self.page({**asked, **happened}, rows_of, min(1000, key.page))

    def page(self, asked: Mapping[str, Any], rows_of: Callable[[Event], list[list[object]]], most: int) -> object:
        rows = (row for event in self.downward(asked) for row in reversed(rows_of(event)))
        return list(islice(rows, min(int(asked.get("limit", 125)), most)))

    def downward(self, asked: Mapping[str, Any]) -> Iterator[Event]:
        start = int(asked.get("start", 0))
        end = asked.get("end")
        top = self.books.later_than(EPOCH + (int(end) + 1) * MILLISECOND) if end else self.books.size
        for event in self.books.events(range(top - 1, -1, -1)):
            if stamp(event.at) < start:
                return
            if not end or stamp(event.at) <= int(end):
                yield event


# --- rows ---------------------------------------------------------------------------------------------------------


def ledger_rows(event: Event) -> list[list[object]]:
    """What came, what left, and the fee, each a row of its own."""
    changes = list(event.changes.items())
    pays = event.quote or event.base
    legs = [(asset, change + event.fee if asset == pays else change, "") for asset, change in changes]
    legs += [(pays, -event.fee, "Trading fees" if event.quote else "Withdrawal fee")] if event.fee else []
    words = f"{event.kind.value.capitalize()} {event.base} on wallet exchange"
    return [
        [
            4_000_000_000 + event.number * 4 + part,
            asset,
            None,
            stamp(event.at),
            None,
            bare(f"{change:f}"),
            0,
            None,
            f"{what} for {words}" if what else words,
        ]
        for part, (asset, change, what) in enumerate(legs)
    ]


def trade_rows(event: Event) -> list[list[object]]:
    if not event.quote:
        return []
    price = (event.total / event.amount).quantize(event.fee)
    amount = event.amount if event.kind is Kind.BUY else -event.amount
    return [
        [
            *(900_000_000 + event.number, f"t{event.base}{event.quote}", stamp(event.at), int(event.mark[:10], 16)),
            *(bare(f"{amount:f}"), bare(str(price)), "EXCHANGE LIMIT", bare(str(price)), 1),
            *(bare(f"{-event.fee:f}"), event.quote, None),
        ]
    ]


def movement_rows(event: Event, *, settles: int = 60_000) -> list[list[object]]:
    if event.kind not in {Kind.DEPOSIT, Kind.WITHDRAWAL}:
        return []
    amount = event.amount if event.kind is Kind.DEPOSIT else -event.amount
    return [
        [
            *(
                13_000_000 + event.number,
                event.base,
                event.base,
                None,
                None,
                stamp(event.at),
                stamp(event.at) + settles,
            ),
            *(None, None, "COMPLETED", None, None, bare(f"{amount:f}"), bare(f"{-event.fee:f}"), None, None),
            *(f"bc1q{event.mark[:38]}", None, None, None, event.mark, None),
        ]
    ]


def stamp(at: datetime) -> int:
    return (at - EPOCH) // MILLISECOND


# --- the wire -----------------------------------------------------------------------------------------------------


def signed(call: Call, secret: str) -> bool:
    """bfx-signature = hexadecimal HMAC-SHA384 of /api, path, nonce and body."""
    message = f"/api{call.path}{call.headers.get('bfx-nonce', '')}".encode() + call.body
    expected = hmac.new(secret.encode(), message, hashlib.sha384).hexdigest()
    return hmac.compare_digest(expected, call.headers.get("bfx-signature", ""))
