"""Who comes through the door of each exchange: how many of one caller at once, and how many in a stretch of time.

Turns nobody away: it remembers, for whoever wants to know whether limits were held. Kraken's own counter and CoinJar's
own allowance stand with them; weights of Binance and KuCoin are not played.
"""

from __future__ import annotations

import base64
import json
import threading
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


RULES = {
    "bitfinex": Rule(90, 60, of_address=True),  # as its documents give for most lists
    "bitstamp": Rule(10_000, 600),
    "bybit": Rule(600, 5, of_address=True),
    "coinbase": Rule(10_000, 3600),
    "gemini": Rule(600, 60),
    "uphold": Rule(500, 300, of_address=True),
}


class Turnstile:
    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.lock = threading.Lock()
        self.inside: Counter[tuple[str, str]] = Counter()
        self.calls: Counter[str] = Counter()
        self.at_once: dict[str, int] = {}  # the most that one caller ever had open
        self.over: Counter[str] = Counter()  # calls beyond the rule
        self.lately: dict[tuple[str, str], deque[datetime]] = {}

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
            self.count(name, (name, call.peer) if rule.of_address else who, rule)

    def count(self, name: str, who: tuple[str, str], rule: Rule) -> None:
        now = self.clock()
        lately = self.lately.setdefault(who, deque())
        lately.append(now)
        while lately[0] <= now - timedelta(seconds=rule.seconds):
            lately.popleft()
        self.over[name] += len(lately) > rule.calls

    def state(self) -> dict[str, object]:
        with self.lock:
            over = {name: times for name, times in self.over.items() if times}
            return {"calls": dict(self.calls), "at_once": dict(self.at_once), "over": over}


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
