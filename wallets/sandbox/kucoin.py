"""KuCoin, classic account: signed path, signed passphrase, rights by name, pages within short windows.

Known (exchanges.md 1 to 4, ccxt's source): paths, KC-API-SIGN over time, method, path and query, version 2 passphrases,
codes, what user/api-key tells, page sizes from 10 to 500, seven days for trades and movements, deposits without id, the
ledger of a Pro account with its three days and `lastId`.
Remembered: a day for the ledger, that trades of a Pro account are told in its own ledger alone. Invented: the order of
refusals (key, time, passphrase, signature, address, right), five seconds of tolerance, 400100 for a window that is too
long, that the other ledger reaches back for ever, ids.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from wallets.sandbox.books import Books, Event, Kind
from wallets.sandbox.keys import Keyed
from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wallets.sandbox.wire import Call, World

PRO_DAYS, PRO_PAGE = 3, 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
DAY = 24 * 3600 * 1000
TOLERANCE = 5000
SIZES = range(10, 501)
REFUSALS = {
    "header": (401, "400001", "Please check the header of your request for KC-API-KEY, KC-API-SIGN"),
    "clock": (401, "400002", "KC-API-TIMESTAMP Invalid"),
    "unknown": (401, "400003", "KC-API-KEY not exists"),
    "passphrase": (401, "400004", "KC-API-PASSPHRASE error"),
    "signature": (401, "400005", "Signature error"),
    "address": (401, "400006", "The requested ip address is not in the api whitelist"),
    "right": (401, "400007", "Access denied--> Require more permission."),
    "region": (403, "400302", "Our services are currently unavailable in the U.S."),
    "frozen": (401, "411100", "User are frozen"),
    "rate": (429, "429000", "Too many requests"),
    "internal": (500, "500000", "Internal Server Error"),
    "parameter": (400, "400100", "Parameter error."),
}


@dataclass(slots=True)
class Key:
    id: str
    secret: str
    passphrase: str = "holdfast demo"  # noqa: S105 # the sandbox's own
    permission: str = "General"
    ips: list[str] = field(default_factory=list)
    uid: int = 165111215
    expired_at: int = 0
    page: int = 500  # rows a page has at most, also where more were asked for
    trouble: str = ""  # a refusal every signed call of this key is answered with


class Kucoin(Keyed[Key]):
    name = "kucoin"
    makes = Key
    told = ("id", "secret", "passphrase", "permission")

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = Books(world.derive("kucoin books"), 400, datetime(2024, 1, 3, tzinfo=UTC))
        mark = world.derive("kucoin secret")
        secret = "-".join((mark[:8], mark[8:12], mark[12:16], mark[16:20], mark[20:32]))
        demo = Key(world.derive("kucoin key")[:24], secret)
        self.keys = {demo.id: demo}
        self.pro = False

    def configure(self, change: Mapping[str, object]) -> None:
        """Takes what every resident with keys takes (keys.Keyed), and this.

        {"pro": true}    there is a Pro account, and all trades are made in it
        """
        rest = dict(change)
        self.pro = bool(rest.pop("pro", self.pro))
        super().configure(rest)

    def answer(self, call: Call) -> Reply:
        if (call.method, call.path) == ("GET", "/api/v1/timestamp"):
            return fine(stamp(self.world.now()))
        answers: dict[str, Callable[[Call], Reply]] = {
            "/api/v1/user/api-key": self.about_key,
            "/api/v1/accounts": self.accounts,
            "/api/v1/accounts/ledgers": lambda call: self.listed(call, 1, LEDGER),
            "/api/v1/hf/accounts/opened": lambda _: fine(self.pro),
            "/api/v1/hf/accounts/ledgers": self.pro_ledger,
            "/api/v1/fills": lambda call: self.listed(call, 7, FILLS),
            "/api/v1/deposits": lambda call: self.listed(call, 7, DEPOSITS),
            "/api/v1/withdrawals": lambda call: self.listed(call, 7, WITHDRAWALS),
        }
        if call.method != "GET" or call.path not in answers:
            return Reply.json({"code": "404000", "msg": "Url Not Found"}, 404)
        refused = self.refuses(call)
        return refusal(refused) if refused else answers[call.path](call)

    def refuses(self, call: Call) -> str:
        """The first thing wrong with a signed call."""
        key = self.keys.get(call.headers.get("kc-api-key", ""))
        if key is None:
            return "unknown" if "kc-api-key" in call.headers else "header"
        at = call.headers.get("kc-api-timestamp", "")
        if not at.isdigit() or abs(stamp(self.world.now()) - int(at)) > TOLERANCE:
            return "clock"
        if key.expired_at and key.expired_at < stamp(self.world.now()):
            return "unknown"
        return self.refuses_signature(key, call, at)

    def refuses_signature(self, key: Key, call: Call, at: str) -> str:
        asked = f"{call.path}?{call.query}" if call.query else call.path
        signed = same(call.headers.get("kc-api-sign", ""), key.secret, f"{at}{call.method}{asked}")
        # The passphrase is signed with the secret: with a wrong secret both are wrong, and the secret is to blame.
        if not signed:
            return "signature"
        if not same(call.headers.get("kc-api-passphrase", ""), key.secret, key.passphrase):
            return "passphrase"
        if key.ips and call.peer not in key.ips:
            return "address"
        return key.trouble or ("" if "General" in key.permission.split(",") else "right")

    def about_key(self, call: Call) -> Reply:
        key = self.keys[call.headers["kc-api-key"]]
        told: dict[str, object] = {
            "remark": "holdfast",
            "apiKey": key.id,
            "apiVersion": 3,
            "permission": key.permission,
            "createdAt": 1735689600000,
            "uid": key.uid,
            "isMaster": True,
        }
        bound = {"ipWhitelist": ",".join(key.ips)} if key.ips else {}
        ending = {"expiredAt": key.expired_at} if key.expired_at else {}
        return fine({**told, **bound, **ending})

    def accounts(self, _call: Call) -> Reply:
        held = self.books.balances().items()
        return fine([{"currency": a, "type": "trade", "balance": str(each), "holds": "0"} for a, each in held])

    def listed(self, call: Call, days: int, table: Mapping[Kind, Writer]) -> Reply:
        asked = call.params
        since, until = int(asked.get("startAt", "0")), int(asked.get("endAt", "0"))
        size, page = int(asked.get("pageSize", "50")), int(asked.get("currentPage", "1"))
        if until - since > days * DAY or size not in SIZES:
            return refusal("parameter")
        told = (event for event in self.within(since, until) if not (self.pro and event.kind in FILLS))
        rows = (row for event in told if event.kind in table for row in table[event.kind](event))
        size = min(size, self.keys[call.headers["kc-api-key"]].page)
        items = list(islice(rows, (page - 1) * size, page * size))
        return fine({"currentPage": page, "pageSize": size, "totalNum": 0, "totalPage": 0, "items": items})

    def pro_ledger(self, call: Call) -> Reply:
        """What lies further back is not refused, and not told."""
        asked, now = call.params, stamp(self.world.now())
        since = max(int(asked.get("startAt", "0")), now - PRO_DAYS * DAY)
        until = min(int(asked.get("endAt", str(now))), now)
        traded = (event for event in self.within(since, until) if self.pro and event.kind in FILLS)
        rows = (row for event in traded for row in reversed(pro_rows(event)))
        below = (row for row in rows if int(row["id"]) < int(asked.get("lastId", "0") or 0) or "lastId" not in asked)
        return fine(list(islice(below, min(int(asked.get("limit", "100")), PRO_PAGE))))

    def within(self, since: int, until: int) -> Iterator[Event]:
        first, last = (self.books.later_than(EPOCH + at * MILLISECOND) for at in (since - 1, until + 1))
        events = self.books.events(range(last - 1, first - 1, -1))
        return (event for event in events if since <= stamp(event.at) <= until)


# --- rows ---------------------------------------------------------------------------------------------------------

if TYPE_CHECKING:
    Writer = Callable[[Event], list[dict[str, object]]]

WORDS = {Kind.DEPOSIT: "Deposit", Kind.WITHDRAWAL: "Withdrawal", Kind.REWARD: "KuCoin Bonus"}


def ledger_rows(event: Event) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for part, (asset, change) in enumerate(event.changes.items()):
        pays_fee = asset == (event.quote or event.base)
        rows.append(
            {
                "id": f"{event.mark[:22]}{part:02d}",
                "currency": asset,
                "amount": str(abs(change)),
                "fee": str(event.fee if pays_fee else 0),
                "accountType": "TRADE",
                "bizType": WORDS.get(event.kind, "Exchange"),
                "direction": "in" if change > 0 else "out",
                "createdAt": stamp(event.at),
                "context": json.dumps(context_of(event)),
            }
        )
    return rows


def pro_rows(event: Event) -> list[dict[str, str]]:
    """Its ids are numbers that rise, and everything is text."""
    context = json.dumps(context_of(event))
    return [
        {
            **{name: str(value) for name, value in row.items()},
            "id": str(event.number * 2 + part),
            "accountType": "TRADE_HF",
            "bizType": "TRADE_EXCHANGE",
            "tax": "0",
            "context": context,
        }
        for part, row in enumerate(ledger_rows(event))
    ]


def context_of(event: Event) -> dict[str, str]:
    """By which a line is found in the list that tells more of it."""
    context = {"orderId": event.mark[:24]}
    if event.kind in {Kind.BUY, Kind.SELL}:
        return context | {"symbol": f"{event.base}-{event.quote}", "tradeId": str(event.number + 1)}
    if event.kind in {Kind.DEPOSIT, Kind.WITHDRAWAL}:
        return context | {"txId": f"{event.mark}@default@0"}
    return context


def fill_rows(event: Event) -> list[dict[str, object]]:
    return [
        {
            "symbol": f"{event.base}-{event.quote}",
            "tradeId": str(event.number + 1),
            "orderId": event.mark[:24],
            "side": event.kind.value,
            "price": str((event.total / event.amount).quantize(event.fee)),
            "size": str(event.amount),
            "funds": str(event.total),
            "fee": str(event.fee),
            "feeCurrency": event.quote,
            "createdAt": stamp(event.at),
        }
    ]


def deposit_rows(event: Event) -> list[dict[str, object]]:
    return [{**movement(event), "walletTxId": f"{event.mark}@1", "isInner": False}]


def withdrawal_rows(event: Event) -> list[dict[str, object]]:
    return [{**movement(event), "id": event.mark[:24], "walletTxId": event.mark, "isInner": False}]


def movement(event: Event) -> dict[str, object]:
    return {
        "currency": event.base,
        "amount": str(event.amount),
        "fee": str(event.fee),
        "status": "SUCCESS",
        "createdAt": stamp(event.at),
        "updatedAt": stamp(event.at),
    }


LEDGER = dict.fromkeys(Kind, ledger_rows)
FILLS = dict.fromkeys((Kind.BUY, Kind.SELL), fill_rows)
DEPOSITS = {Kind.DEPOSIT: deposit_rows}
WITHDRAWALS = {Kind.WITHDRAWAL: withdrawal_rows}


def stamp(at: datetime) -> int:
    return (at - EPOCH) // MILLISECOND


# --- the wire -----------------------------------------------------------------------------------------------------


def same(sent: str, secret: str, message: str) -> bool:
    """Base64 of HMAC-SHA256: KC-API-SIGN and, since version 2 of keys, KC-API-PASSPHRASE."""
    expected = base64.b64encode(hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()).decode()
    return hmac.compare_digest(expected, sent)


def fine(data: object) -> Reply:
    return Reply.json({"code": "200000", "data": data})


def refusal(reason: str) -> Reply:
    status, code, message = REFUSALS[reason]
    return Reply.json({"code": code, "msg": message}, status)
