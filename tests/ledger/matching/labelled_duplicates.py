"""One book told by several origins: in each situation, what is one and what only looks like it.

Written by hand after how exchanges' lists and files differ; each is played with several amounts and times.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ledger.matching.base import API, HAND, Candidate, Precision
from ledger.readings.base import Kind
from ledger.readings.events import Amount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = datetime(2023, 3, 1, 9, 30, 12, 431_000, tzinfo=UTC)
FILE, OTHER = "file:statement", "file:trades"
COINS = ("0.41237795", "1.50321", "12.000413", "0.2292", "0.00871203", "4.118", "7.10093", "0.99871")
PRICE = Decimal("21734.118")
CASES = 8


@dataclass(frozen=True)
class Tale:
    name: str
    candidates: tuple[Candidate, ...]
    same: frozenset[frozenset[str]]


def of(amount: Decimal | str, asset: str) -> Amount:
    return Amount(Decimal(amount), asset)


def told(name: str, origin: str, seconds: Decimal | int = 0, **more: Any) -> Candidate:
    at = more.pop("at", START + timedelta(milliseconds=int(Decimal(seconds) * 1000)))
    return Candidate(name, origin, at, more.pop("kind", Kind.TRADE), **more)


def bought(n: int) -> dict[str, Amount]:
    coins = Decimal(COINS[n % 8])
    return {"sent": of(coins * PRICE, "USD"), "received": of(coins, "BTC")}


def cents(legs: dict[str, Amount]) -> dict[str, Amount]:
    return {**legs, "sent": of(legs["sent"].amount.quantize(Decimal("0.01")), "USD")}


def times(legs: dict[str, Amount], by: int) -> dict[str, Amount]:
    return {side: of(leg.amount * by, leg.asset) for side, leg in legs.items()}


def one(*groups: str) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(group.split()) for group in groups)


def chain(*words: object) -> str:
    return hashlib.sha256(repr(words).encode()).hexdigest()


Family = tuple[list[Candidate], frozenset[frozenset[str]]]
FAMILIES: dict[str, Callable[[int], Family]] = {}


def family(said: str) -> Callable[[Callable[[int], Family]], Callable[[int], Family]]:
    def keep(make: Callable[[int], Family]) -> Callable[[int], Family]:
        FAMILIES[said] = make
        return make

    return keep


@family("the file cuts the thousandths of the second")
def _(n: int) -> Family:
    return [told("a", API, **bought(n)), told("f", FILE, at=START.replace(microsecond=0), **bought(n))], one("a f")


@family("the file rounds money to cents, and tells no fee")
def _(n: int) -> Family:
    return [told("a", API, **bought(n), fee=of("0.31", "USD")), told("f", FILE, 1, **cents(bought(n)))], one("a f")


@family("the file has the fee inside what was paid")
def _(n: int) -> Family:
    legs = bought(n)
    whole = {**legs, "sent": of(legs["sent"].amount + 3, "USD")}
    return [told("a", API, **legs, fee=of("3", "USD")), told("f", FILE, **whole)], one("a f")


@family("the file tells minutes only")
def _(n: int) -> Family:
    minute = START.replace(second=0, microsecond=0)
    return [
        told("a", API, n * 5, **bought(n)),
        told("f", FILE, at=minute, precision=Precision.MINUTE, **bought(n)),
    ], one("a f")


@family("two files and the list of the exchange tell it")
def _(n: int) -> Family:
    legs = bought(n)
    return [told("a", API, **legs), told("f", FILE, 1, **cents(legs)), told("g", OTHER, **legs)], one("a f g")


@family("twins: two here, two there")
def _(n: int) -> Family:
    return [told(name, API if name < "c" else FILE, **bought(n)) for name in "abfg"], one("a f", "b g")


@family("triplets in the list, twins in the file")
def _(n: int) -> Family:
    return [told(name, API if name < "d" else FILE, **bought(n)) for name in "abcfg"], one("a f", "b g")


@family("a statement that sums the fills of one second")
def _(n: int) -> Family:
    fills = [told(name, API, part / Decimal(10), **bought(n + part)) for part, name in enumerate("abc")]
    legs = {
        side: of(sum((getattr(fill, side).amount for fill in fills), Decimal(0)), asset)
        for side, asset in (("sent", "USD"), ("received", "BTC"))
    }
    return [*fills, told("f", FILE, at=START.replace(microsecond=0), **legs)], one("a b c f")


@family("fills over minutes, and a file with a line for each order")
def _(n: int) -> Family:
    fills = [told(name, API, 40 * part, order=f"o{n}", **bought(n)) for part, name in enumerate("abc")]
    return [*fills, told("f", FILE, -30, order=f"o{n}", **times(bought(n), 3))], one("a b c f")


@family("a deposit that the list dates when it was seen, and the file when it was credited; both name it")
def _(n: int) -> Family:
    deposit = {"kind": Kind.DEPOSIT, "received": of(COINS[n % 8], "ETH"), "hash": chain(n)}
    return [told("a", API, **deposit), told("f", FILE, 1200 + n, **deposit)], one("a f")


@family("a reward that the file calls a deposit")
def _(n: int) -> Family:
    reward = of(f"0.00{31415 + n}", "ADA")
    return [
        told("a", API, kind=Kind.REWARD, received=reward),
        told("f", FILE, kind=Kind.DEPOSIT, received=reward),
    ], one("a f")


@family("the file's time is minutes off: true, but not to be known")
def _(n: int) -> Family:
    return [told("a", API, **bought(n)), told("f", FILE, 90 + n, **bought(n))], one("a f")


@family("not: the same again in the next minute")
def _(n: int) -> Family:
    return [told("a", API, **bought(n)), told("f", FILE, 60, **bought(n))], one()


@family("not: the same again in the next minute, in a file that tells minutes")
def _(n: int) -> Family:
    minute = START.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return [told("a", API, **bought(n)), told("f", FILE, at=minute, precision=Precision.MINUTE, **bought(n))], one()


@family("not: the same figures of another coin")
def _(n: int) -> Family:
    legs = bought(n)
    return [told("a", API, **legs), told("f", FILE, **{**legs, "received": of(COINS[n % 8], "LTC")})], one()


@family("not: bought and sold again, in the same second")
def _(n: int) -> Family:
    legs = bought(n)
    sold = {"sent": legs["received"], "received": legs["sent"]}
    return [told("a", API, **legs), told("f", FILE, **sold)], one()


@family("not: the same sum every day, the list of the even days, the file of the odd ones")
def _(n: int) -> Family:
    spent = {"kind": Kind.DEPOSIT, "received": of("100", "EUR")}
    return [told(f"{day}", (API, FILE)[day % 2], 86_400 * day + n, **spent) for day in range(6)], one()


@family("not: a day's sum told by the day only, while the list knows another one of that day")
def _(n: int) -> Family:
    spent = {"kind": Kind.DEPOSIT, "received": of("100", "EUR")}
    return [
        told("a", API, 600 * n, **spent),
        told("f", FILE, precision=Precision.DAY, at=START.replace(hour=0, minute=0), **spent),
    ], one()


@family("not: two deposits of one amount and second, each of its own transaction on the network")
def _(n: int) -> Family:
    amount = of(COINS[n % 8], "ETH")
    return [
        told("a", API, kind=Kind.DEPOSIT, received=amount, hash=chain("a", n)),
        told("f", FILE, kind=Kind.DEPOSIT, received=amount, hash=chain("f", n)),
    ], one()


@family("not: twins within one origin")
def _(n: int) -> Family:
    return [told("a", API, **bought(n)), told("b", API, **bought(n)), told("f", FILE, 7_200, **bought(n + 1))], one()


@family("not: round parts that happen to add up to a round whole of the same second")
def _(n: int) -> Family:
    parts = [told(name, API, kind=Kind.DEPOSIT, received=of(10 * (n + k), "EUR")) for k, name in ((1, "a"), (2, "b"))]
    return [*parts, told("f", FILE, kind=Kind.DEPOSIT, received=of(10 * (2 * n + 3), "EUR"))], one()


@family("not by itself: what the owner entered by hand, to the second")
def _(n: int) -> Family:
    return [told("a", API, **bought(n)), told("h", HAND, **bought(n))], one()


def tales() -> Iterator[Tale]:
    for name, make in FAMILIES.items():
        for case in range(CASES):
            candidates, same = make(case)
            yield Tale(f"{name} ({case})", tuple(candidates), same)
