"""CoinJar Exchange: accounts, fills and transfers, behind a key or a sign-in.

Known (CoinJar's documents): `Authorization: Bearer`, the next page's cursor in `x-cjx-cursor` and back in `?cursor=`,
600 calls in ten minutes for one user, that a key may do everything. From other people's clients: paths, fields,
products told to everybody, newest first, cursor 0 when there is no more, `error_type` and `error_messages`, the address
of the consent page and its scope `reports`.
Invented: everything else. The token and revoke addresses; that tokens open this very interface, last two hours and are
renewed by refresh tokens that are spent by use; that a token may read all with `reports`; 50 rows to a page; what a
cursor holds; error types of refusals; which account a transfer belongs to; rewards as deposits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from wallets.sandbox.books import COINS, Books, Event, Kind
from wallets.sandbox.grants import Granting
from wallets.sandbox.keys import Keyed
from wallets.sandbox.oauth import Rules
from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wallets.sandbox.people import Person
    from wallets.sandbox.wire import Call, World

SCOPES = frozenset({"reports"})
PAGE = 50
TEN_MINUTES = timedelta(minutes=10)
TRADES = {Kind.BUY, Kind.SELL, Kind.CONVERT}
REFUSALS = {
    400: "INVALID_PARAMS",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    429: "RATE_LIMITED",
}


@dataclass(slots=True)
class Key:
    id: str  # the key itself: there is nothing else to it
    secret: str = ""
    allowed: int = 600  # calls in ten minutes
    trouble: int = 0  # a status every call of this key is answered with
    calls: list[datetime] = field(default_factory=list)


class Coinjar(Granting, Keyed[Key]):
    name = "coinjar"
    makes = Key
    told = ("id",)

    def __init__(self, world: World) -> None:
        rules = Rules(title="CoinJar", scopes=SCOPES, access_lives=timedelta(hours=2), refresh_scope="")
        self.open_door(world, rules)
        self.world = world
        self.books = Books(world.derive("coinjar books"), 400, datetime(2024, 1, 3, tzinfo=UTC))
        demo = Key(world.derive("coinjar key")[:43])
        self.keys = {demo.id: demo}

    def configure(self, change: Mapping[str, object]) -> None:
        super().configure(self.take(change))

    def state(self) -> dict[str, object]:
        return super().state() | self.seen()

    def answer(self, call: Call) -> Reply:
        match call.method, call.path:
            case "GET" | "POST", "/oauth/authorize":
                return self.oauth.authorize(call)
            case "POST", "/oauth/token":
                return self.oauth.token(call)
            case "POST", "/oauth/revoke":
                return self.oauth.revoke(call)
            case "GET", "/products":
                return Reply.json([{"id": f"{coin}EUR", "name": f"{coin}/EUR"} for coin in COINS])
            case "GET", _:
                refused = self.refuses(call)
                return refusal(refused) if refused else self.tell(call)
            case _:
                return refusal(404)

    def refuses(self, call: Call) -> int:
        """The status a call is refused with, if it is. A token is none of the keys."""
        key = self.keys.get(call.headers.get("authorization", "").removeprefix("Bearer "))
        if key is None:
            issued = self.oauth.bearer(call)
            return 401 if isinstance(issued, str) else 0 if "reports" in issued.grant.scopes else 403
        now = self.world.now()
        key.calls = [*(each for each in key.calls if now - each < TEN_MINUTES), now]
        return key.trouble or (429 if len(key.calls) > key.allowed else 0)

    def tell(self, call: Call) -> Reply:
        match call.path:
            case "/accounts":
                held = self.books.balances()
                return Reply.json([account_row(asset, f"{held.get(asset, 0):f}") for asset in (*COINS, "EUR")])
            case "/fills":
                return self.page(call, lambda event: event.kind in TRADES, fill_row)
            case "/transfers":
                return self.page(call, lambda event: event.kind not in TRADES, transfer_row)
            case "/users/current":
                person = self.person_of(call)
                return Reply.json({"uuid": person.id, "email": person.email, "username": person.username})
            case _:
                return refusal(404)

    def person_of(self, call: Call) -> Person:
        """Keys are the first person's."""
        issued = self.oauth.bearer(call)
        return self.people[next(iter(self.people)) if isinstance(issued, str) else issued.grant.person]

    def page(self, call: Call, belongs: Callable[[Event], bool], row: Callable[[Event], dict[str, object]]) -> Reply:
        """The cursor is the number of the last event told, one up so that it is never 0 while there is more."""
        cursor = call.params.get("cursor", "")
        if cursor and not cursor.isdigit():
            return refusal(400)
        top = min(int(cursor) - 1 if cursor else self.books.size, self.books.size)
        mine = (event for event in self.books.events(range(top - 1, -1, -1)) if belongs(event))
        events = list(islice(mine, PAGE + 1))
        following = events[PAGE - 1].number + 1 if len(events) > PAGE else 0
        return Reply.json([row(event) for event in events[:PAGE]], x_cjx_cursor=str(following))


# --- rows ---------------------------------------------------------------------------------------------------------


def account_row(asset: str, balance: str) -> dict[str, object]:
    money = {"balance": balance, "settled_balance": balance, "hold": "0", "available": balance}
    return {"number": f"{asset}-1", "type": "fiat" if asset == "EUR" else "digital", "asset_code": asset, **money}


def fill_row(event: Event) -> dict[str, object]:
    return {
        "tid": event.number + 1,
        "oid": int(event.mark[:8], 16),
        "product_id": f"{event.base}{event.quote}",
        "price": str((event.total / event.amount).quantize(event.fee)),
        "size": f"{event.amount:f}",
        "value": f"{event.total:f}",
        "side": "buy" if event.kind is Kind.BUY else "sell",
        "liquidity": "taker",
        "estimated_fee": f"{event.fee:f}",
        "timestamp": moment(event),
    }


def transfer_row(event: Event) -> dict[str, object]:
    return {
        "uuid": str(UUID(event.mark[:32], version=4)),
        "type": "withdraw" if event.kind is Kind.WITHDRAWAL else "deposit",
        "account_number": f"{event.base}-1",
        "amount": f"{abs(event.changes[event.base]):f}",
        "counterparty_type": "coinjar_account",
        "counterparty_id": str(UUID(event.mark[32:], version=4)),
        "created_at": moment(event),
        "processed_at": moment(event),
    }


def moment(event: Event) -> str:
    return event.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def refusal(status: int) -> Reply:
    body = {"error_type": REFUSALS.get(status, "ERROR"), "error_messages": ["Refused."], "error_status": status}
    return Reply.json(body, status)
