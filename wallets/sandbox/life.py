"""Three years of one person at five exchanges, written for the demonstration and played by the sandbox as it is told.

Every account keeps the order of kinds that all books have (`books.BLOCK`), and one length of a block. Each begins when
the one before it in the row sends coins away, so that what leaves here can arrive there a little later: some of it
does, some goes to a hardware wallet, and some comes from an account that is closed. Prices are those of a market with
tides; nobody sells or sends what they do not hold. Nothing is kept: the same day gives the same life.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from wallets.sandbox.books import BLOCK, TWIN, Event, Kind, mark_of
from wallets.sandbox.prices import TIDAL, price

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = "holdfast"
SLOTS = len(BLOCK)
SENDS = BLOCK.index(Kind.WITHDRAWAL)
ON_ITS_WAY = timedelta(minutes=26)
BLOCKS = 26
YEARS = timedelta(days=3 * 365)
# How many digits amounts and prices have: their product is exact, so that what is bought costs what it says.
DIGITS = {"BTC": (6, 1), "ETH": (5, 2), "SOL": (3, 2), "ADA": (1, 4), "DOT": (2, 3)}
NETWORK_FEES = {"BTC": "0.00006", "ETH": "0.0006", "SOL": "0.004", "ADA": "0.8", "DOT": "0.08"}
FAVOURITES = ("BTC", "ETH", "BTC", "SOL", "ETH", "BTC", "DOT", "ADA", "SOL", "ETH")
STAKED = ("ETH", "SOL", "DOT", "ADA")
FEE, CENT, NOTHING = Decimal("0.0026"), Decimal("0.01"), Decimal(0)
CLOSED = "closed account"  # where coins came from that no exchange here has sent


@dataclass(frozen=True, slots=True)
class Account:
    """`begins` with that block of the first account. Whose coins arrive with which of its blocks."""

    name: str
    begins: int
    first: int  # euros
    monthly: int
    takes: frozenset[int] = frozenset()  # with these blocks comes what the account before it has sent
    gifts: dict[int, tuple[str, str, str]] = field(default_factory=dict)  # block: asset, amount, from whom
    extras: dict[int, tuple[str, str]] = field(default_factory=dict)  # block: asset and amount of its last reward
    coins_for_coins: bool = True
    sends_for_nothing: bool = False


ACCOUNTS = (
    Account(
        "coinbase",
        begins=0,
        first=9000,
        monthly=1200,
        gifts={2: ("BTC", "0.214", CLOSED), 4: ("ETH", "2.35", CLOSED), 7: ("SOL", "18.5", ""), 11: ("DOT", "260", "")},
        sends_for_nothing=True,
    ),
    Account(
        "kraken",
        begins=11,
        first=4000,
        monthly=800,
        takes=frozenset({2, 4, 7, 10, 13}),
        extras={3: ("QRBT", "1250"), 6: ("FLR", "480.5")},
    ),
    Account("gemini", begins=6, first=2500, monthly=600, takes=frozenset({7, 10, 13, 16}), coins_for_coins=False),
    Account("bitfinex", begins=12, first=1800, monthly=350, takes=frozenset({3, 6, 9, 11}), coins_for_coins=False),
    Account("okx", begins=24, first=3000, monthly=900, coins_for_coins=False),
)


@dataclass(slots=True)
class Writing:
    """One account while it is written."""

    account: Account
    start: datetime
    slot: timedelta
    seed: str
    held: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    written: list[Event] = field(default_factory=list)

    def at(self, number: int) -> datetime:
        """Somewhere in its own slot, which nobody else's reaches into; twins at once."""
        sooner = number - (number % SLOTS == TWIN)
        into = self.draw(sooner, 600)
        return (self.start + sooner * self.slot + into * self.slot / 1000).replace(microsecond=0)

    def draw(self, number: int, below: int) -> int:
        return int(mark_of(self.seed, number)[:8], 16) % below

    def worth(self, coin: str, at: datetime) -> Decimal:
        return price(f"{SEED}{TIDAL}", coin, "EUR", int(at.timestamp()) // 60 * 60)

    def put(self, event: Event) -> None:
        self.written.append(event)
        for asset, change in event.changes.items():
            self.held[asset] += change

    # --- one event of each kind --------------------------------------------------------------------------------------

    def write(self, number: int, arrives: Event | None) -> None:
        block, place = divmod(number, SLOTS)
        at, kind = self.at(number), BLOCK[place]
        if place == TWIN:
            base, amount, quote, total, fee = told_by(self.written[-1])
        elif kind is Kind.DEPOSIT:
            base, amount, quote, total, fee = self.paid_in(block, arrives)
        else:
            base, amount, quote, total, fee = self.done(kind, number, at)
        mark = mark_of(self.seed, number)
        if arrives and place == 0:
            at, mark = arrives.at + ON_ITS_WAY, arrives.mark
        self.put(Event(number, kind, at, base, amount, quote, total, fee, mark))

    def paid_in(self, block: int, arrives: Event | None) -> tuple[str, Decimal, str, Decimal, Decimal]:
        if arrives:
            return arrives.base, arrives.amount, "", NOTHING, NOTHING
        if block in self.account.gifts:
            asset, amount, _ = self.account.gifts[block]
            return asset, Decimal(amount), "", NOTHING, NOTHING
        euros = self.account.monthly + 50 * self.draw(block, 9) if block else self.account.first
        return "EUR", Decimal(euros), "", NOTHING, NOTHING

    def done(self, kind: Kind, number: int, at: datetime) -> tuple[str, Decimal, str, Decimal, Decimal]:
        match kind:
            case Kind.BUY:
                coin = FAVOURITES[self.draw(number, 1000) % len(FAVOURITES)]
                return self.traded(coin, self.held["EUR"] * (10 + self.draw(number + 1, 9)) / 100, at)
            case Kind.SELL:
                coin = self.richest(at)
                share = self.held[coin] * self.worth(coin, at) * (8 + self.draw(number + 1, 25)) / 100
                return self.traded(coin, share, at)
            case Kind.CONVERT:
                return self.converted(at)
            case Kind.REWARD:
                return self.rewarded(number, at)
            case _:
                return self.sent(number, at)

    def traded(self, coin: str, euros: Decimal, at: datetime) -> tuple[str, Decimal, str, Decimal, Decimal]:
        amount_digits, price_digits = DIGITS[coin]
        told = rounded(self.worth(coin, at), price_digits)
        amount = max(rounded(euros / told, amount_digits), Decimal(1).scaleb(-amount_digits))
        total = amount * told
        return coin, amount, "EUR", total, (total * FEE).quantize(Decimal("1e-4"))

    def converted(self, at: datetime) -> tuple[str, Decimal, str, Decimal, Decimal]:
        coin = self.richest(at)
        if not self.account.coins_for_coins:
            return self.traded(coin, self.held[coin] * self.worth(coin, at) / 6, at)
        other = "ETH" if coin == "BTC" else "BTC"
        amount = rounded(self.held[coin] / 6, DIGITS[coin][0])
        total = rounded(amount * self.worth(coin, at) / self.worth(other, at), 8)
        return coin, amount, other, total, rounded(total / 200, 8)

    def rewarded(self, number: int, at: datetime) -> tuple[str, Decimal, str, Decimal, Decimal]:
        block, place = divmod(number, SLOTS)
        if place == SLOTS - 1 and block in self.account.extras:
            asset, told = self.account.extras[block]
            return asset, Decimal(told), "", NOTHING, NOTHING
        coin = max(STAKED, key=lambda each: self.held[each] * self.worth(each, at))
        amount = rounded(self.held[coin] * (4 + self.draw(number, 4)) / 1000, 8)
        return coin, max(amount, Decimal("0.00001")), "", NOTHING, NOTHING

    def sent(self, number: int, at: datetime) -> tuple[str, Decimal, str, Decimal, Decimal]:
        coin = self.richest(at)
        amount = rounded(self.held[coin] * (20 + self.draw(number, 20)) / 100, DIGITS[coin][0])
        fee = NOTHING if self.account.sends_for_nothing else Decimal(NETWORK_FEES[coin])
        return coin, amount, "", NOTHING, fee

    def richest(self, at: datetime) -> str:
        return max(DIGITS, key=lambda coin: self.held[coin] * self.worth(coin, at))


def told_by(event: Event) -> tuple[str, Decimal, str, Decimal, Decimal]:
    return event.base, event.amount, event.quote, event.total, event.fee


def rounded(number: Decimal, digits: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-digits), ROUND_DOWN)


# --- all of them -----------------------------------------------------------------------------------------------------


def lived(until: datetime, blocks: int = BLOCKS) -> dict[str, list[Event]]:
    """What happened at each exchange, until that moment. Of fewer blocks: a shorter life, for tests."""
    slot = YEARS / (BLOCKS * SLOTS)
    began = until - blocks * SLOTS * slot
    written: list[Writing] = []
    for place, account in enumerate(ACCOUNTS):
        # Its block begins in the very slot in which the one before it in the row sends.
        start = began + (account.begins * blocks // BLOCKS * SLOTS + place * SENDS % SLOTS) * slot
        writing = Writing(account, start, slot, f"{SEED} life at {account.name}")
        write_all(writing, written[-1] if written else None, until)
        written.append(writing)
    return {each.account.name: each.written for each in written}


def write_all(writing: Writing, before: Writing | None, until: datetime) -> None:
    number = 0
    while writing.at(number) + ON_ITS_WAY < until:
        block, place = divmod(number, SLOTS)
        takes = place == 0 and before is not None and block in writing.account.takes
        writing.write(number, sent_before(before, writing.start + number * writing.slot) if takes and before else None)
        number += 1


def sent_before(before: Writing, begins: datetime) -> Event | None:
    """What left there in the slot that begins at that moment."""
    leaving = (each for each in before.written if each.kind is Kind.WITHDRAWAL)
    return next((each for each in leaving if begins <= each.at < begins + before.slot), None)


def scripts(until: datetime, blocks: int = BLOCKS) -> Iterator[tuple[str, dict[str, object]]]:
    """As the control address takes it, exchange by exchange."""
    for name, events in lived(until, blocks).items():
        yield name, {"size": len(events), "script": [as_told(each) for each in events]}


def as_told(event: Event) -> dict[str, str]:
    numbers = {name: f"{getattr(event, name):f}" for name in ("amount", "total", "fee")}
    return {
        "number": str(event.number),
        "at": event.at.astimezone(UTC).isoformat(),
        "base": event.base,
        "quote": event.quote,
        "mark": event.mark,
        **numbers,
    }
