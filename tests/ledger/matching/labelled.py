"""Situations in which something left and something arrived, each with what is true of it.

Families are written by hand from how exchanges tell their withdrawals and deposits; each says in a line what happened,
and is played with several amounts and times. Those that begin with "not" hold nothing that is a transfer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ledger.matching.base import Ends, Movement, Precision, Side
from ledger.readings.base import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

START = datetime(2023, 3, 1, 9, 30, 12, tzinfo=UTC)
TELLING = ("0.41237795", "1.50321", "12.000413", "3471.2292", "0.00871203", "254.118", "77.10093", "0.99871")
COMMON = ("100", "500", "1000", "2500", "50", "0.5", "2", "10")
COINS = ("BTC", "ETH", "USDT", "SOL", "XRP", "USDC", "LTC", "ADA")


@dataclass(frozen=True)
class Story:
    name: str
    movements: tuple[Movement, ...]
    links: frozenset[Ends]
    own: tuple[tuple[str, str], ...] = ()  # address, wallet


def moved(name: str, side: Side, amount: Decimal | str, minutes: Decimal | int = 0, **told: Any) -> Movement:
    wallet = told.pop("wallet", "kraken" if side is Side.OUT else "binance")
    kind = Kind.WITHDRAWAL if side is Side.OUT else Kind.DEPOSIT
    at = START + timedelta(seconds=int(Decimal(minutes) * 60))
    known = {"asset": "BTC", "kind": kind, **told}
    return Movement(name, wallet, side, at, amount=Decimal(amount), **known)


def out(name: str, amount: Decimal | str, minutes: Decimal | int = 0, **told: Any) -> Movement:
    return moved(name, Side.OUT, amount, minutes, **told)


def came(name: str, amount: Decimal | str, minutes: Decimal | int = 0, **told: Any) -> Movement:
    return moved(name, Side.IN, amount, minutes, **told)


def chain(*words: object) -> str:
    return hashlib.sha256(repr(words).encode()).hexdigest()


def linked(*pairs: tuple[str, str]) -> frozenset[Ends]:
    """Names apart by blanks, for several of a side."""
    return frozenset(Ends(frozenset(left.split()), frozenset(right.split())) for left, right in pairs)


ONE = linked(("o", "i"))
NONE = linked()
Family = tuple[tuple[Movement, ...], frozenset[Ends]]
FAMILIES: dict[str, Callable[[int], Family]] = {}


def family(said: str) -> Callable[[Callable[[int], Family]], Callable[[int], Family]]:
    def keep(make: Callable[[int], Family]) -> Callable[[int], Family]:
        FAMILIES[said] = make
        return make

    return keep


def telling(n: int) -> Decimal:
    return Decimal(TELLING[n % 8])


def common(n: int) -> Decimal:
    return Decimal(COMMON[n % 8])


def coin(n: int) -> dict[str, str]:
    return {"asset": COINS[n % 8]}


def fee(text: str, n: int, asset: str = "") -> dict[str, Any]:
    return {"fee": Decimal(text), "fee_asset": asset or COINS[n % 8]}


# --- transfers ---------------------------------------------------------------------------------------------------


@family("both exchanges name the transaction on the network; the fee is on top")
def _(n: int) -> Family:
    told = {**coin(n), "hash": chain("a", n)}
    return (out("o", telling(n), **told, **fee("0.0002", n)), came("i", telling(n), 20 + 9 * n, **told)), ONE


@family("both name it, a round amount, and the fee is inside what left")
def _(n: int) -> Family:
    told = {**coin(n), "hash": chain("b", n)}
    left = out("o", common(n) + Decimal("0.001"), **told, **fee("0.001", n))
    return (left, came("i", common(n), 15 + n, **told)), ONE


@family("one writes the hash with 0x and in capitals, the other with the number of the output")
def _(n: int) -> Family:
    name = chain("c", n)
    left = out("o", common(n), **coin(n), hash="0x" + name.upper())
    return (left, came("i", common(n), 7 * n + 3, **coin(n), hash=f"{name}:{n}")), ONE


@family("nobody names the transaction, the amount tells it, within the hour")
def _(n: int) -> Family:
    return (out("o", telling(n), **coin(n)), came("i", telling(n), 4 + 7 * n, **coin(n))), ONE


@family("no hash, and what arrived is what left less the fee it tells")
def _(n: int) -> Family:
    left = out("o", telling(n) + Decimal("0.0005"), **coin(n), **fee("0.0005", n))
    return (left, came("i", telling(n), 10 + 20 * n, **coin(n))), ONE


@family("no hash, and the fee was paid in the exchange's own coin")
def _(n: int) -> Family:
    return (out("o", telling(n), **coin(n), **fee("0.01", n, "BNB")), came("i", telling(n), 5 + n, **coin(n))), ONE


@family("one side tells eighteen decimals, the other cuts after eight")
def _(n: int) -> Family:
    left = out("o", telling(n) + Decimal("0.000000004170113211"), **coin(n))
    return (left, came("i", telling(n), 3 + 5 * n, **coin(n))), ONE


@family("a full network: it took many hours, and the amount tells it")
def _(n: int) -> Family:
    return (out("o", telling(n), **coin(n)), came("i", telling(n), 60 * (4 + n), **coin(n))), ONE


@family("it took two days, and both name the transaction")
def _(n: int) -> Family:
    told = {**coin(n), "hash": chain("d", n)}
    return (out("o", telling(n), **told), came("i", telling(n), 1440 * 2 + 60 * n, **told)), ONE


@family("the other exchange's clock is minutes behind")
def _(n: int) -> Family:
    return (out("o", telling(n), **coin(n)), came("i", telling(n), -(n + 1), **coin(n))), ONE


@family("the withdrawal is dated when it was complete, an hour after it arrived, and both name it")
def _(n: int) -> Family:
    told = {**coin(n), "hash": chain("e", n)}
    return (out("o", telling(n), **told), came("i", telling(n), -60 - 3 * n, **told)), ONE


@family("a file in local time: it arrived hours before it left, and both name it")
def _(n: int) -> Family:
    told = {**coin(n), "hash": chain("f", n)}
    return (out("o", telling(n), **told), came("i", telling(n), 20 - 60 * (n + 1), **told)), ONE


@family("the network's fee is not told, and both name the transaction")
def _(n: int) -> Family:
    told = {**coin(n), "hash": chain("g", n)}
    return (out("o", telling(n), **told), came("i", telling(n) * Decimal("0.996"), 30, **told)), ONE


@family("the fee is not told, and it went to a deposit address known to be the owner's")
def _(n: int) -> Family:
    told = {**coin(n), "address": f"addr-of-binance-{n}"}
    return (out("o", telling(n), **told), came("i", telling(n) * Decimal("0.997"), 11 + n, **told)), ONE


@family("the fee is not told, no hash, no address: true, but hard to know")
def _(n: int) -> Family:
    return (out("o", telling(n), **coin(n)), came("i", telling(n) * Decimal("0.998"), 25, **coin(n))), ONE


@family("stablecoins, a round amount, minutes later, and nothing else is near")
def _(n: int) -> Family:
    return (out("o", common(n), asset="USDT"), came("i", common(n), 2 + 3 * n, asset="USDT")), ONE


@family("stablecoins, a round amount, hours later: true, but so might others be")
def _(n: int) -> Family:
    return (out("o", common(n), asset="USDC"), came("i", common(n), 240 + 60 * n, asset="USDC")), ONE


@family("the same sum every day, each half an hour on its way")
def _(n: int) -> Family:
    days = range(4)
    left = [out(f"o{day}", common(n), 1440 * day, asset="USDT") for day in days]
    arrived = [came(f"i{day}", common(n), 1440 * day + 12 + n, asset="USDT") for day in days]
    return (*left, *arrived), linked(*((f"o{day}", f"i{day}") for day in days))


@family("the same sum every few minutes, and each is named")
def _(n: int) -> Family:
    times = range(3)
    left = [out(f"o{each}", common(n), 5 * each, asset="USDT", hash=chain(n, each)) for each in times]
    arrived = [came(f"i{each}", common(n), 5 * each + 9, asset="USDT", hash=chain(n, each)) for each in times]
    return (*left, *arrived), linked(*((f"o{each}", f"i{each}") for each in times))


@family("the same sum every few minutes, and nothing tells them apart")
def _(n: int) -> Family:
    left = [out(f"o{each}", common(n), 5 * each, asset="USDT") for each in range(2)]
    arrived = [came(f"i{each}", common(n), 5 * each + 9, asset="USDT") for each in range(2)]
    return (*left, *arrived), linked(("o0", "i0"), ("o1", "i1"))


@family("euros by bank, days later, an amount with cents")
def _(n: int) -> Family:
    amount, told = Decimal("1812.37") + n, {"asset": "EUR", "fiat": True}
    return (out("o", amount, **told), came("i", amount, 1440 + 300 * n, **told)), ONE


@family("euros by bank, days later, a round amount: true, but salaries look like it")
def _(n: int) -> Family:
    told = {"asset": "EUR", "fiat": True}
    return (out("o", common(n), **told), came("i", common(n), 1440 + 300 * n, **told)), ONE


@family("to the sister product of the same exchange, which both sides say")
def _(n: int) -> Family:
    told = {"asset": "USDC", "internal": True, "kind": Kind.TRANSFER}
    return (out("o", common(n), wallet="coinbase", **told), came("i", common(n), 1, wallet="pro", **told)), ONE


@family("from spot to funding within one wallet, which both rows say")
def _(n: int) -> Family:
    told = {"wallet": "okx", "internal": True, "kind": Kind.TRANSFER, **coin(n)}
    return (out("o", telling(n), **told), came("i", telling(n), 0, **told)), ONE


@family("a round amount over a network that the two call by different names")
def _(n: int) -> Family:
    names = (("ERC20", "ETH"), ("TRC20", "TRX"), ("Arbitrum One", "ARBITRUM"), ("BEP20", "BSC"))[n % 4]
    left = out("o", common(n), asset="USDT", network=names[0])
    return (left, came("i", common(n), 3 + n, asset="USDT", network=names[1])), ONE


@family("a wallet kept by hand tells the day only")
def _(n: int) -> Family:
    left = replace(out("o", telling(n), **coin(n), wallet="cold"), precision=Precision.DAY)
    at_midnight = replace(left, at=left.at.replace(hour=0, minute=0, second=0))
    return (at_midnight, came("i", telling(n), 60 * n, **coin(n))), ONE


@family("a file that cuts the seconds, so that it seems to have arrived before it left")
def _(n: int) -> Family:
    arrived = replace(came("i", telling(n), 0, **coin(n)), precision=Precision.MINUTE)
    return (out("o", telling(n), **coin(n)), replace(arrived, at=arrived.at.replace(second=0))), ONE


@family("one withdrawal that one transaction delivered as two deposits")
def _(n: int) -> Family:
    told = {**coin(n), "hash": chain("h", n)}
    part = telling(n) / 4
    return (
        (out("o", telling(n), **told), came("i", part, 20, **told), came("j", telling(n) - part, 20, **told)),
        linked(("o", "i j")),
    )


@family("two withdrawals that one transaction delivered as one deposit, with fees on top")
def _(n: int) -> Family:
    told = {**coin(n), "hash": chain("k", n)}
    left = [out(name, telling(n), **told, **fee("0.001", n)) for name in "op"]
    return (*left, came("i", telling(n) * 2, 20, **told)), linked(("o p", "i"))


@family("two withdrawals that arrived as one deposit, which no hash says")
def _(n: int) -> Family:
    left = (out("o", telling(n), **coin(n)), out("p", telling(n + 1), 3, **coin(n)))
    return (*left, came("i", telling(n) + telling(n + 1), 40, **coin(n))), linked(("o p", "i"))


# --- nothing of the kind -----------------------------------------------------------------------------------------


@family("not: a payment to somebody, and hours later a customer paid the same round sum elsewhere")
def _(n: int) -> Family:
    return (out("o", common(n), asset="USDT"), came("i", common(n), 200 + 45 * n, asset="USDT")), NONE


@family("not: the same, and within the hour: once in a long while")
def _(n: int) -> Family:
    return (out("o", common(n), asset="USDT"), came("i", common(n), 10 + 12 * n, asset="USDT")), NONE


@family("not: the same figure of another asset")
def _(n: int) -> Family:
    return (out("o", telling(n), asset="USDT"), came("i", telling(n), 9, asset="USDC")), NONE


@family("not: the same amount, and each names a transaction of its own")
def _(n: int) -> Family:
    left = out("o", telling(n), **coin(n), hash=chain("l", n))
    return (left, came("i", telling(n), 5 + n, **coin(n), hash=chain("m", n))), NONE


@family("not: it arrived hours before the other left")
def _(n: int) -> Family:
    return (out("o", telling(n), **coin(n)), came("i", telling(n), -150 - 60 * n, **coin(n))), NONE


@family("not: it went to another wallet of the owner's, whose history is not here")
def _(n: int) -> Family:
    left = out("o", telling(n), **coin(n), address="addr-of-gemini")
    return (left, came("i", telling(n), 14 + n, **coin(n))), NONE


@family("not: it went to a stranger's address, and the same came to one of ours")
def _(n: int) -> Family:
    left = out("o", common(n), **coin(n), address=f"stranger-{n}")
    return (left, came("i", common(n), 14 + n, **coin(n), address=f"addr-of-binance-{n}")), NONE


@family("not: a good deal less arrived")
def _(n: int) -> Family:
    share = Decimal("0.99") - Decimal("0.02") * n
    return (out("o", telling(n), **coin(n)), came("i", telling(n) * share, 30 + n, **coin(n))), NONE


@family("not: nearly the same amount, by chance, within the hour")
def _(n: int) -> Family:
    share = Decimal("0.9985") - Decimal("0.0003") * n
    return (out("o", telling(n), **coin(n)), came("i", telling(n) * share, 20 + n, **coin(n))), NONE


@family("not: more arrived than left")
def _(n: int) -> Family:
    return (out("o", telling(n), **coin(n)), came("i", telling(n) * Decimal("1.004"), 20 + n, **coin(n))), NONE


@family("not: a wage came two days after the rent went out, the same sum")
def _(n: int) -> Family:
    return (out("o", common(n), asset="USDC"), came("i", common(n), 2880 + 60 * n, asset="USDC")), NONE


@family("not: the same sum over another network, within the hour")
def _(n: int) -> Family:
    left = out("o", common(n), asset="USDT", network="TRC20")
    return (left, came("i", common(n), 5 + 3 * n, asset="USDT", network="ERC20")), NONE


@family("not: a reward of the same amount")
def _(n: int) -> Family:
    return (out("o", telling(n), **coin(n)), came("i", telling(n), 5, **coin(n), kind=Kind.REWARD)), NONE


@family("not: spent with the exchange's card, and a deposit of the same sum")
def _(n: int) -> Family:
    return (out("o", telling(n), **coin(n), kind=Kind.SPEND), came("i", telling(n), 5, **coin(n))), NONE


@family("not: a withdrawal that failed and came back to its own wallet")
def _(n: int) -> Family:
    return (out("o", telling(n), **coin(n)), came("i", telling(n), 45, **coin(n), wallet="kraken")), NONE


@family("not: a salary in euros of the same round sum as was taken out to the bank")
def _(n: int) -> Family:
    told = {"asset": "EUR", "fiat": True}
    return (out("o", common(n), **told), came("i", common(n), 1440 * (1 + n % 6), **told)), NONE


@family("not: a stranger's dust, and a withdrawal of a thousand times as much")
def _(n: int) -> Family:
    return (out("o", telling(n), **coin(n)), came("i", telling(n) / 1000, 5, **coin(n))), NONE


CASES = 8


def stories() -> Iterator[Story]:
    for name, make in FAMILIES.items():
        for case in range(CASES):
            movements, links = make(case)
            own = tuple((f"addr-of-binance-{n}", "binance") for n in range(CASES))
            yield Story(f"{name} ({case})", movements, links, (*own, ("addr-of-gemini", "gemini")))


def history() -> Story:
    """All of them in one owner's life, three weeks apart."""
    movements: list[Movement] = []
    links: list[Ends] = []
    own: dict[str, str] = {}
    for number, story in enumerate(stories()):
        later = timedelta(days=21 * number)
        movements += [replace(each, id=f"{number}:{each.id}", at=each.at + later) for each in story.movements]
        links += [Ends(_named(number, ends.outs), _named(number, ends.ins)) for ends in story.links]
        own |= dict(story.own)
    return Story("a life", tuple(movements), frozenset(links), tuple(own.items()))


def _named(number: int, names: frozenset[str]) -> frozenset[str]:
    return frozenset(f"{number}:{name}" for name in names)
