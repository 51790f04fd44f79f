"""Who comes through the door of each exchange: how many of one caller at once, and how many in a stretch of time.

It remembers, for whoever wants to know whether limits were held, and turns nobody away but when it is told to: in a ban
everybody is, and told for how long. Kraken's own counter and CoinJar's own allowance stand with them. OKX counts each
of its lists by itself, which is not played.
"""

from __future__ import annotations

import base64
import json
import threading
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from wallets.sandbox.wire import Call

# Where an exchange looks for the name of a key.
NAMED_IN = (
    "api-key",
    "bfx-apikey",
    "kc-api-key",
    "ok-access-key",
    "x-auth",
    "x-bapi-api-key",
    "x-gemini-apikey",
    "x-mbx-apikey",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """So many calls in so many seconds: of one caller, or of everybody at one address."""

    calls: int
    seconds: int
    of_address: bool = False
    weights: Mapping[str, int] = field(default_factory=dict)  # by path; others count as one


BINANCE_HEAVY = ("/api/v3/myTrades", "/api/v3/account", "/api/v3/exchangeInfo")
RULES = {
    "binance": Rule(6000, 60, of_address=True, weights=dict.fromkeys(BINANCE_HEAVY, 20)),
    "binanceus": Rule(1200, 60, of_address=True, weights=dict.fromkeys(BINANCE_HEAVY, 10)),
    "bitfinex": Rule(90, 60, of_address=True),  # as its documents give for most lists
    "bitstamp": Rule(10_000, 600),
    "bybit": Rule(600, 5, of_address=True),
    "coinbase": Rule(10_000, 3600),
    "gemini": Rule(600, 60),
    "kucoin": Rule(  # the lowest tier, and what documents give for each list (M)
        2000,
        30,
        weights={
            "/api/v1/user/api-key": 20,
            "/api/v1/accounts": 5,
            "/api/v1/accounts/ledgers": 2,
            "/api/v1/hf/accounts/opened": 2,
            "/api/v1/hf/accounts/ledgers": 2,
            "/api/v1/fills": 10,
            "/api/v1/deposits": 5,
            "/api/v1/withdrawals": 20,
            "/api/v1/timestamp": 3,
        },
    ),
    "uphold": Rule(500, 300, of_address=True),
}


@dataclass(slots=True)
class Ban:
    """`status` says it: 429, or 418 for an address that went on asking. It begins with the first call that meets it.
    Who was on the way when that was told could not know.
    """

    status: int
    lasting: timedelta
    met_at: datetime | None = None
    calls: int = 0  # that were turned away
    broken: int = 0  # by whoever could know

    def left(self, now: datetime) -> timedelta:
        return self.lasting - (now - (self.met_at or now))

    def turn_away(self, now: datetime) -> Reply:
        self.met_at = self.met_at or now
        self.calls += 1
        self.broken += now > self.met_at + MOMENT
        return Reply(self.status, headers={"Retry-After": str(ceil(self.left(now).total_seconds()))})


MOMENT = timedelta(seconds=5)  # for an answer to be read and written down, and for what had its turn to arrive


class Turnstile:
    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.lock = threading.Lock()
        self.inside: Counter[tuple[str, str]] = Counter()
        self.calls: Counter[str] = Counter()
        self.at_once: dict[str, int] = {}  # the most that one caller ever had open
        self.over: Counter[str] = Counter()  # calls beyond the rule
        self.lately: dict[tuple[str, str], deque[tuple[datetime, int]]] = {}
        self.bans: dict[str, list[Ban]] = {}

    @contextmanager
    def passing(self, name: str, call: Call) -> Iterator[None]:
        who = (name, caller_of(call))
        with self.lock:
            self.note(name, who, call)
        try:
            yield
        finally:
            with self.lock:
                self.inside[who] -= 1

    def note(self, name: str, who: tuple[str, str], call: Call) -> None:
        self.calls[name] += 1
        if who[1]:  # what needs no key is nobody's
            self.inside[who] += 1
            self.at_once[name] = max(self.at_once.get(name, 0), self.inside[who])
        if rule := RULES.get(name):
            weight = rule.weights.get(call.path, 1)
            self.count(name, (name, call.peer) if rule.of_address else who, rule, weight)

    def count(self, name: str, who: tuple[str, str], rule: Rule, weight: int) -> None:
        now = self.clock()
        lately = self.lately.setdefault(who, deque())
        lately.append((now, weight))
        while lately[0][0] <= now - timedelta(seconds=rule.seconds):
            lately.popleft()
        self.over[name] += sum(each for _, each in lately) > rule.calls

    # --- bans -----------------------------------------------------------------------------------------------------

    def ban(self, name: str, *, seconds: float, status: int) -> None:
        with self.lock:
            self.bans.setdefault(name, []).append(Ban(status, timedelta(seconds=seconds)))

    def lift(self, name: str) -> None:
        """What nobody has met is none."""
        with self.lock:
            self.bans[name] = [ban for ban in self.bans.get(name, ()) if ban.met_at]

    def turned_away(self, name: str) -> Reply | None:
        """While a ban lasts nobody gets an answer, whoever asks and for whatever."""
        with self.lock:
            now = self.clock()
            ban = next((each for each in self.bans.get(name, ()) if each.left(now) > timedelta(0)), None)
            return ban.turn_away(now) if ban else None

    def state(self) -> dict[str, object]:
        with self.lock:
            over = {name: times for name, times in self.over.items() if times}
            bans = {name: [(ban.calls, ban.broken) for ban in bans] for name, bans in self.bans.items()}
            return {"calls": dict(self.calls), "at_once": dict(self.at_once), "over": over, "bans": bans}


def caller_of(call: Call) -> str:
    """Empty: nobody in particular."""
    named = next((call.headers[header] for header in NAMED_IN if header in call.headers), "")
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return named or (key_of_token(token) if scheme == "Bearer" else "")


def key_of_token(token: str) -> str:
    """Coinbase signs a token anew for each call; its head names the key. Others are the name themselves."""
    head, _, rest = token.partition(".")
    if not rest:
        return token
    try:
        return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))).get("kid", token))
    except ValueError:
        return token
