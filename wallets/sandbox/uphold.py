"""Uphold, the public v0 interface: consent, tokens, the user, cards and transactions by places.

Known (Uphold's published documents and its pagination middleware): addresses, the client id in the path of the consent
page, PKCE by way of /oauth2/authorize/start with the challenge kept for the pair of client and state for 30 minutes,
codes of five minutes that work once and are spent by a wrong verifier, no end of access tokens and no refresh token
unless an app has them switched on, all tokens dead when the password changes, which scope a call takes, `Range:
items=a-b`, at most 50, 206 with Content-Range, `items */0` where there is nothing, 412 and 416, statuses, the fields of
users, cards and transactions, 500 calls in five minutes from one address, Retry-After. `expires_in` was null in older
documents and is left out in newer ones.
Invented: bodies of 401, 403, 404, 412, 416 and 429; that the redirect address is asked for again with the code; that
PKCE given to the consent page itself counts; that people may untick scopes (Uphold says they cannot, as yet); what
follows when a code or refresh token is used twice; rewards as deposits out of Uphold's own network; ids.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from wallets.sandbox.books import COINS, Books, Event, Kind
from wallets.sandbox.grants import Granting
from wallets.sandbox.oauth import Rules
from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wallets.sandbox.people import Person
    from wallets.sandbox.wire import Call, World

SCOPES = frozenset({"accounts:read", "cards:read", "phones:read", "transactions:read", "user:read"})
NEEDED = {"/v0/me": "user:read", "/v0/me/cards": "cards:read", "/v0/me/transactions": "transactions:read"}
PAGE = 50
FIVE_MINUTES = timedelta(minutes=5)
CHALLENGE_LIVES = timedelta(minutes=30)
WITHOUT_EFFECT = {"cancelled", "failed"}
BODIES = {
    401: ("unauthorized", "Unauthorized"),
    403: ("forbidden", "Access forbidden"),
    404: ("not_found", "Object not found"),
    412: ("precondition_failed", "Malformed range"),
    416: ("range_not_satisfiable", "Requested range not satisfiable"),
    429: ("rate_limit_exceeded", "Rate limit exceeded"),
}


class Uphold(Granting):
    name = "uphold"

    def __init__(self, world: World) -> None:
        self.open_door(
            world,
            Rules(title="Uphold", scopes=SCOPES, code_lives=FIVE_MINUTES, access_lives=None, refresh_scope=None),
        )
        self.world = world
        self.books = Books(world.derive("uphold books"), 400, datetime(2024, 1, 3, tzinfo=UTC))
        self.statuses: dict[int, str] = {}
        self.empty_cards = 0
        self.allowed = 500
        self.calls: list[datetime] = []
        self.challenges: dict[tuple[str, str], tuple[str, datetime]] = {}

    def configure(self, change: Mapping[str, object]) -> None:
        """Takes what is about letting apps in (grants.Granting), what the books take (books.Books), and these.

        {"statuses": {"399": "processing"}}     transactions by number that are not completed
        {"empty_cards": 60}                     so many cards beside those in use
        {"allowed": 500}                        so many calls in five minutes
        """
        for name, value in self.take(change).items():
            match name, value:
                case "statuses", dict(statuses):
                    self.statuses = {int(number): str(status) for number, status in statuses.items()}
                case "empty_cards", int(count):
                    self.empty_cards = count
                case "allowed", int(allowed):
                    self.allowed = allowed
                case _ if not self.books.configure(name, value, now=self.world.now()):
                    raise ValueError(f"Uphold knows no {name} like that.")

    def state(self) -> dict[str, object]:
        return {"size": self.books.size, "statuses": self.statuses} | self.seen()

    def answer(self, call: Call) -> Reply:
        match call.method, call.path.strip("/").split("/"):
            case "GET", ["oauth2", "authorize", "start"]:
                return self.start(call)
            case "GET" | "POST", ["authorize", client_id]:
                return self.oauth.authorize(self.completed(call, client_id))
            case "POST", ["oauth2", "token"]:
                return self.oauth.token(call)
            case "POST", ["oauth2", "revoke"]:
                return self.oauth.revoke(call)
            case "GET", ["v0", *_]:
                return self.tell(call)
            case _:
                return refusal(404)

    # --- the way in ----------------------------------------------------------------------------------------------

    def start(self, call: Call) -> Reply:
        """Keeps the challenge and sends the browser on to the consent page."""
        given, now = call.params, self.world.now()
        client_id, state = given.get("client_id", ""), given.get("state", "")
        kept, until = self.challenges.get((client_id, state), ("", now))
        challenge = given.get("code_challenge", "")
        other = kept != challenge and now < until
        if given.get("code_challenge_method") != "S256" or not (client_id and state and challenge) or other:
            return Reply.json({"error": "invalid_request", "error_description": "Invalid challenge"}, 400)
        self.challenges[client_id, state] = (challenge, now + CHALLENGE_LIVES)
        passed_on = {name: value for name, value in given.items() if name in {"redirect_uri", "scope", "state"}}
        return Reply.redirect(f"{call.origin}/authorize/{client_id}?{urlencode(passed_on)}")

    def completed(self, call: Call, client_id: str) -> Call:
        """The page as the common server understands it: what it asks for in the query stands in the path here."""
        given = {**call.params, "client_id": client_id, "response_type": "code"}
        challenge, until = self.challenges.get((client_id, given.get("state", "")), ("", self.world.now()))
        if challenge and self.world.now() < until:
            given |= {"code_challenge": challenge, "code_challenge_method": "S256"}
        return replace(call, query=urlencode(given))

    # --- what is told --------------------------------------------------------------------------------------------

    def tell(self, call: Call) -> Reply:
        now = self.world.now()
        self.calls = [*(each for each in self.calls if now - each < FIVE_MINUTES), now]
        if len(self.calls) > self.allowed:
            return refusal(429, Retry_After="85")
        if call.path == "/v0/ticker/USD":
            return Reply.json([{"ask": "41010.5", "bid": "40990.1", "currency": "USD", "pair": "BTCUSD"}])
        issued = self.oauth.bearer(call)
        if isinstance(issued, str):
            return refusal(401)
        if call.path not in NEEDED:
            return refusal(404)
        if NEEDED[call.path] not in issued.grant.scopes:
            return refusal(403)
        return self.answer_for(self.people[issued.grant.person], call)

    def answer_for(self, person: Person, call: Call) -> Reply:
        match call.path:
            case "/v0/me":
                return Reply.json(user_row(person))
            case "/v0/me/cards":
                cards = self.cards()
                return ranged(call, len(cards), lambda first, count: cards[first : first + count])
            case _:
                return ranged(call, self.books.told, self.transactions)

    def transactions(self, first: int, count: int) -> list[dict[str, object]]:
        return [
            transaction_row(event, self.statuses.get(event.number, "completed"))
            for event in self.books.newest_first(first, count)
        ]

    def cards(self) -> list[dict[str, object]]:
        held: dict[str, Decimal] = defaultdict(Decimal, self.books.balances())
        for number, status in self.statuses.items():
            if status in WITHOUT_EFFECT:
                for asset, change in self.books.event(number).changes.items():
                    held[asset] -= change
        used = [card_row(asset, f"{asset} card", held[asset]) for asset in (*COINS, "EUR")]
        return used + [card_row("USD", f"Spare card {number}", Decimal(0)) for number in range(self.empty_cards)]


# --- rows ---------------------------------------------------------------------------------------------------------


def user_row(person: Person) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.name,
        "firstName": person.name.split()[0],
        "lastName": person.name.split()[-1],
        "email": person.email,
        "country": "IE",
        "currencies": [*COINS, "EUR"],
        "memberAt": "2024-01-01T00:00:00.000Z",
        "settings": {"currency": "EUR"},
        "status": "ok",
        "type": "individual",
        "verifications": {},
    }


def card_id(label: str) -> str:
    return str(UUID(bytes=label.encode().ljust(16, b"\0")[:16], version=4))


def card_row(asset: str, label: str, balance: Decimal) -> dict[str, object]:
    return {
        "id": card_id(label),
        "label": label,
        "currency": asset,
        "balance": f"{balance:f}",
        "available": f"{balance:f}",
        "address": {},
        "lastTransactionAt": None,
        "settings": {"position": 1, "protected": False, "starred": True},
    }


def transaction_row(event: Event, status: str) -> dict[str, object]:
    """What leaves is told with its fee, what arrives without: the amounts are what the cards really change by."""
    origin, destination = sides(event)
    return {
        "id": str(UUID(event.mark[:32], version=4)),
        "createdAt": event.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{event.at.microsecond // 1000:03d}Z",
        "type": {Kind.DEPOSIT: "deposit", Kind.REWARD: "deposit", Kind.WITHDRAWAL: "withdrawal"}.get(
            event.kind, "transfer"
        ),
        "status": status,
        "application": None,
        "denomination": {"amount": f"{event.amount:f}", "currency": event.base, "rate": "1.00"},
        "origin": origin,
        "destination": destination,
        "fees": [
            {
                "amount": f"{event.fee:f}",
                "currency": event.quote or event.base,
                "target": "destination" if event.kind in {Kind.SELL, Kind.CONVERT} else "origin",
                "type": "exchange" if event.quote else "network",
            }
        ]
        if event.fee
        else [],
        "message": None,
        "network": "uphold"
        if event.quote or event.kind is Kind.REWARD
        else "sepa"
        if event.base == "EUR"
        else "mainnet",
        "priority": "normal",
        "reference": None,
    }


def sides(event: Event) -> tuple[dict[str, object], dict[str, object]]:
    match event.kind:
        case Kind.DEPOSIT | Kind.REWARD:
            return outside(event.base, event.amount), card_side(event.base, event.amount, event.amount)
        case Kind.WITHDRAWAL:
            return card_side(event.base, event.amount + event.fee, event.amount), outside(event.base, event.amount)
        case Kind.BUY:
            paid = card_side(event.quote, event.total + event.fee, event.total)
            return paid, card_side(event.base, event.amount, event.amount)
        case _:
            got = card_side(event.quote, event.total - event.fee, event.total)
            return card_side(event.base, event.amount, event.amount), got


def card_side(asset: str, amount: Decimal, base: Decimal) -> dict[str, object]:
    card = card_id(f"{asset} card")
    told = {"amount": f"{amount:f}", "base": f"{base:f}", "commission": "0.00", "fee": "0.00"}
    return {"CardId": card, "currency": asset, **told, "node": {"id": card, "type": "card"}, "type": "card"}


def outside(asset: str, amount: Decimal) -> dict[str, object]:
    return {"currency": asset, "amount": f"{amount:f}", "base": f"{amount:f}", "type": "external"}


# --- the wire -----------------------------------------------------------------------------------------------------


def ranged(call: Call, length: int, rows: Callable[[int, int], list[dict[str, object]]]) -> Reply:
    match = re.fullmatch(r"items=(\d{1,15})-(\d{1,15})", call.headers.get("range", f"items=0-{PAGE - 1}"))
    if not match:
        return refusal(412)
    first, last = int(match[1]), min(int(match[2]), int(match[1]) + PAGE - 1, length - 1)
    if int(match[2]) < first or (length and first >= length):
        return refusal(416)
    told = f"items {first}-{last}/{length}" if length else "items */0"
    found = rows(first, last - first + 1) if length else []
    return Reply.json(found, 206, Content_Range=told, Accept_Ranges="items")


def refusal(status: int, **headers: str) -> Reply:
    code, message = BODIES[status]
    return Reply.json({"code": code, "message": message}, status, **headers)
