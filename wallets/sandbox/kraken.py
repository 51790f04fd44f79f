"""Kraken, spot: signing, nonces, the call counter, keys and their rights, ledger and trades.

Known (exchanges.md 1 to 4, ccxt's source): paths, API-Sign over path, nonce and body, errors in a list with status
200, rights by name, 50 rows a page, newest first, `ofs`, `count`, `start` exclusive and `end` inclusive, times with
four decimals. Invented: which right each call asks for where no document says so; the order of refusals; the text of
ids. The counter's limits are those of the middle tier (20, one off every two seconds).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wallets.sandbox import candles
from wallets.sandbox.books import BLOCK, Books, Event, Kind
from wallets.sandbox.keys import Keyed
from wallets.sandbox.wire import Reply, bare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wallets.sandbox.wire import Call, World

PAGE = 50
COUNTER_LIMIT = 20
COUNTER_DECAY = 0.5  # a second
READING = ["query-funds", "query-open-trades", "query-closed-trades", "query-ledger"]
RIGHTS = {
    "Balance": "query-funds",
    "BalanceEx": "query-funds",
    "Ledgers": "query-ledger",
    "TradesHistory": "query-closed-trades",
    "GetApiKeyInfo": "",
}
COSTS = {"Ledgers": 2, "TradesHistory": 2}
CODES = {"BTC": "XXBT", "ETH": "XETH", "EUR": "ZEUR"}
ROWS_OF = {Kind.BUY: 2, Kind.SELL: 2, Kind.CONVERT: 2}  # ledger rows of an event; others have one
TRADES = (Kind.BUY, Kind.SELL)


@dataclass(slots=True)
class Key:
    id: str
    secret: str
    permissions: list[str] = field(default_factory=lambda: list(READING))
    ip_allowlist: list[str] = field(default_factory=list)
    created_time: str = "1735689600"
    valid_until: str = "0"
    query_from: str = "0"
    query_to: str = "0"
    older_names: bool = False  # what is told of it has names like query_from, and not like queryFrom
    uncounted: bool = False  # it may ask as often as it likes
    trouble: str = ""  # an error every signed call of this key is answered with
    nonce: int = 0
    counter: float = 0
    counted_at: datetime | None = None


class Kraken(Keyed[Key]):
    name = "kraken"
    makes = Key
    told = ("id", "secret", "permissions")

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = Books(world.derive("kraken books"), 400, datetime(2024, 1, 3, tzinfo=UTC))
        secret = base64.b64encode(hashlib.sha512(world.derive("kraken key").encode()).digest()).decode()
        demo = Key(base64.b64encode(hashlib.sha512(b"kraken demo").digest()[:42]).decode(), secret)
        self.keys = {demo.id: demo}
        self.busiest = (
            0.0  # the highest the counter of any key ever stood: limits were held if it is below COUNTER_LIMIT
        )

    def state(self) -> dict[str, object]:
        return super().state() | {"busiest": self.busiest}

    def answer(self, call: Call) -> Reply:
        if told := candles.kraken(self.world, call):
            return told
        match call.path.strip("/").split("/"):
            case ["0", "public", "Time"]:
                now = self.world.now()
                return result(
                    {"unixtime": int(now.timestamp()), "rfc1123": now.strftime("%a, %d %b %y %H:%M:%S +0000")}
                )
            case ["0", "private", name] if call.method == "POST" and name in RIGHTS:
                refused = self.refuses(call, name)
                return error(refused) if refused else self.private(name, call)
            case _:
                return error("EGeneral:Unknown method")

    def refuses(self, call: Call, name: str) -> str:
        """The first thing wrong with a signed call."""
        key = self.keys.get(call.headers.get("api-key", ""))
        if key is None or self.expired(key):
            return "EAPI:Invalid key"
        if not signed(call, key.secret):
            return "EAPI:Invalid signature"
        return self.refuses_key(key, call, name)

    def refuses_key(self, key: Key, call: Call, name: str) -> str:
        nonce = call.form.get("nonce", "")
        if not nonce.isdigit() or int(nonce) <= key.nonce:
            return "EAPI:Invalid nonce"
        key.nonce = int(nonce)
        if key.ip_allowlist and call.peer not in key.ip_allowlist:
            return "EAPI:Invalid key"  # M: what Kraken says to a foreign address is not known
        if not key.trouble and not key.uncounted and not self.counts(key, COSTS.get(name, 1)):
            return "EAPI:Rate limit exceeded"
        lacking = RIGHTS[name] and RIGHTS[name] not in key.permissions
        return key.trouble or ("EGeneral:Permission denied" if lacking else "")

    def expired(self, key: Key) -> bool:
        return key.valid_until != "0" and float(key.valid_until) < self.world.now().timestamp()

    def counts(self, key: Key, cost: float) -> bool:
        now = self.world.now()
        rested = (now - key.counted_at).total_seconds() * COUNTER_DECAY if key.counted_at else 0
        key.counter, key.counted_at = max(0.0, key.counter - rested), now
        if key.counter + cost > COUNTER_LIMIT:
            return False
        key.counter += cost
        self.busiest = max(self.busiest, key.counter)
        return True

    def private(self, name: str, call: Call) -> Reply:
        answers: dict[str, Callable[[Call], object]] = {
            "GetApiKeyInfo": self.key_info,
            "Balance": lambda _: {code(asset): str(held) for asset, held in self.books.balances().items()},
            "BalanceEx": lambda _: {
                code(asset): {"balance": str(held), "hold_trade": "0"} for asset, held in self.books.balances().items()
            },
            "Ledgers": self.ledgers,
            "TradesHistory": self.trades,
        }
        return result(answers[name](call))

    def key_info(self, call: Call) -> object:
        """D: `queryFrom`, F: `query_from`. Which of the two Kraken sends wants a live check."""
        key = self.keys[call.headers["api-key"]]
        names = ("permissions", "ip_allowlist", "created_time", "valid_until", "query_from", "query_to")
        told = {
            "api_key_name": "holdfast",
            **{name: getattr(key, name) for name in names},
            "nonce": str(key.nonce),
            "nonce_window": "0",
            "modified_time": key.created_time,
            "last_used": str(int(self.world.now().timestamp())),
        }
        return told if key.older_names else {in_capitals(name): value for name, value in told.items()}

    def ledgers(self, call: Call) -> object:
        return {"ledger": self.rows(call, LEDGER), "count": self.span(call, LEDGER)[1]}

    def trades(self, call: Call) -> object:
        return {"trades": self.rows(call, TRADED), "count": self.span(call, TRADED)[1]}

    def rows(self, call: Call, table: Table) -> dict[str, object]:
        """The newest, in no order that a reader could lean on: an object's names have none."""
        newest, count = self.span(call, table)
        offset = int(call.form.get("ofs", "0"))
        places: Sequence[int] = range(newest, newest - count, -1)
        if self.books.hidden:
            places = [place for place in places if table.event_at(place)[0] not in self.books.hidden]
        return dict(sorted(table.row(self.books, place) for place in places[offset : offset + PAGE]))

    def place_at(self, end: str, table: Table) -> int:
        """A row by its id, or the last row up to a moment."""
        if not end.isdigit():
            return table.place_of(end)
        return table.first_place(self.books.later_than(datetime.fromtimestamp(int(end), UTC))) - 1

    def span(self, call: Call, table: Table) -> tuple[int, int]:
        """The newest place that is asked for, and how many rows lie from there down to `start`."""
        form = call.form
        size = table.first_place(self.books.size)
        newest = self.place_at(form["end"], table) if form.get("end") else size - 1
        oldest = 0
        if start := form.get("start"):
            moment = datetime.fromtimestamp(int(start), UTC)
            oldest = table.first_place(self.books.later_than(moment))
        first, last = self.shown_to(self.keys[call.headers["api-key"]], table)
        newest, oldest = min(newest, last), max(oldest, first)
        return newest, max(0, newest - oldest + 1)

    def shown_to(self, key: Key, table: Table) -> tuple[int, int]:
        """A key may be made for a stretch of time. It is told nothing else, and not told so."""
        first, last = 0, table.first_place(self.books.size) - 1
        if key.query_from != "0":
            first = table.first_place(self.books.later_than(datetime.fromtimestamp(int(key.query_from) - 1, UTC)))
        if key.query_to != "0":
            last = self.place_at(key.query_to, table)
        return first, last


# --- rows ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    """How Kraken's rows lie over events: place p of the ledger or the trades is row r of event n."""

    prefix: str
    rows_of: Mapping[Kind, int]
    write: Callable[[Event, int], dict[str, object]]

    @property
    def per_block(self) -> int:
        return sum(self.rows_of.get(kind, 0) for kind in BLOCK)

    def first_place(self, number: int) -> int:
        block, inside = divmod(number, len(BLOCK))
        return block * self.per_block + sum(self.rows_of.get(kind, 0) for kind in BLOCK[:inside])

    def event_at(self, place: int) -> tuple[int, int]:
        block, inside = divmod(place, self.per_block)
        for number, kind in enumerate(BLOCK):
            if inside < self.rows_of.get(kind, 0):
                return block * len(BLOCK) + number, inside
            inside -= self.rows_of.get(kind, 0)
        raise AssertionError(place)

    def row(self, books: Books, place: int) -> tuple[str, dict[str, object]]:
        number, part = self.event_at(place)
        event = books.event(number)
        return self.id_of(place, event), self.write(event, part)

    def id_of(self, place: int, event: Event) -> str:
        """The place is written into the id, so that `end` finds it again; real ids tell nothing."""
        return f"{self.prefix}{place:08d}-{event.mark[:5].upper()}-{event.mark[5:11].upper()}"

    def place_of(self, row_id: str) -> int:
        return int(row_id[len(self.prefix) :][:8])


def ledger_row(event: Event, part: int) -> dict[str, object]:
    """A trade or conversion has two rows with one refid: what left, and what came."""
    (asset, change), fee = list(event.changes.items())[part], event.fee
    pays_fee = asset == (event.quote or event.base)
    words = {Kind.REWARD: "staking", Kind.BUY: "trade", Kind.SELL: "trade"}
    converting = "receive" if change > 0 else "spend"
    return {
        "refid": reference(event),
        "time": stamp(event.at),
        "type": converting if event.kind is Kind.CONVERT else words.get(event.kind, event.kind.value),
        "subtype": "",
        "aclass": "currency",
        "asset": code(asset),
        "amount": str(change + fee if pays_fee else change),
        "fee": str(fee if pays_fee else 0),
        "balance": "0.0000000000",  # a running balance would need every row before this one
    }


def trade_row(event: Event, _part: int) -> dict[str, object]:
    return {
        "ordertxid": f"O{event.mark[11:16].upper()}-{event.mark[16:21].upper()}-{event.mark[21:27].upper()}",
        "pair": pair_of(event),
        "time": stamp(event.at),
        "type": event.kind.value,
        "ordertype": "limit",
        "price": str((event.total / event.amount).quantize(event.fee)),
        "cost": str(event.total),
        "fee": str(event.fee),
        "vol": str(event.amount),
        "margin": "0.00000",
        "misc": "",
        "ledgers": [],
    }


LEDGER = Table("L", {kind: ROWS_OF.get(kind, 1) for kind in Kind}, ledger_row)
TRADED = Table("T", dict.fromkeys(TRADES, 1), trade_row)


def reference(event: Event) -> str:
    """A trade's ledger rows point at the trade; other events have a reference of their own."""
    if event.kind in TRADES:
        return TRADED.id_of(TRADED.first_place(event.number), event)
    return f"Q{event.mark[27:33].upper()}-{event.mark[33:38].upper()}-{event.mark[38:44].upper()}"


def pair_of(event: Event) -> str:
    """Markets of old coins have the old codes of both sides, those of newer ones of neither: XXBTZEUR, SOLEUR."""
    return f"{CODES[event.base]}{code(event.quote)}" if event.base in CODES else f"{event.base}{event.quote}"


def stamp(at: datetime) -> str:
    """Kraken sends times as bare numbers with four decimals."""
    whole = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return bare(f"{whole}.{at.microsecond // 100:04d}")


def in_capitals(name: str) -> str:
    """query_from -> queryFrom"""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def code(asset: str) -> str:
    return CODES.get(asset, asset)


# --- the wire -----------------------------------------------------------------------------------------------------


def signed(call: Call, secret: str) -> bool:
    """API-Sign = HMAC-SHA512(path + SHA256(nonce + body), base64-decoded secret)."""
    try:
        key = base64.b64decode(secret, validate=True)
    except binascii.Error:
        return False
    nonce = call.form.get("nonce", "").encode()
    message = call.path.encode() + hashlib.sha256(nonce + call.body).digest()
    expected = base64.b64encode(hmac.new(key, message, hashlib.sha512).digest()).decode()
    return hmac.compare_digest(expected, call.headers.get("api-sign", ""))


def result(value: object) -> Reply:
    return Reply.json({"error": [], "result": value})


def error(text: str) -> Reply:
    return Reply.json({"error": [text]})
