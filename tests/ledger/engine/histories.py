"""Histories by chance: few days and few hours, so that much falls together; fees in assets, transfers, gaps."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ledger.engine.types import Amount, Choice, Country, Event, Kind, Method, Regime, Scope, Settings, TransferFee

ASSETS = ("BTC", "ETH", "BNB")
WALLETS = ("kraken", "coinbase", "cold")
FIRST = datetime(2024, 8, 1, tzinfo=UTC)
COUNTRIES = {Method.UK_POOL: Country.GB, Method.ACB: Country.CA, Method.AVERAGE: Country.OTHER}
ALONE = {
    Kind.REWARD: "received",
    Kind.GIFT: "received",
    Kind.DEPOSIT: "received",
    Kind.SPEND: "sent",
    Kind.LOST: "sent",
    Kind.WITHDRAWAL: "sent",
    Kind.FEE: "sent",
}


def settings_for(method: Method, chance: random.Random) -> Settings:
    fee = chance.choice(list(TransferFee))
    country = COUNTRIES.get(method, Country.US)
    if method in {Method.UK_POOL, Method.ACB}:
        return Settings((Regime(2009, country, method, Scope.UNIVERSAL),), transfer_fee=fee)
    scopes = chance.choice(
        [
            [(2009, Scope.UNIVERSAL)],
            [(2009, Scope.PER_WALLET)],
            [(2009, Scope.UNIVERSAL), (2025, Scope.PER_WALLET)],
            [(2009, Scope.PER_WALLET), (2025, Scope.UNIVERSAL)],
        ]
    )
    return Settings(tuple(Regime(year, country, method, scope) for year, scope in scopes), transfer_fee=fee)


def history(seed: int, method: Method, size: int = 40) -> tuple[list[Event], Settings]:
    chance = random.Random(seed)
    settings = settings_for(method, chance)
    events: list[Event] = []
    if chance.random() < 0.7:  # something is there to begin with
        events += [opening(asset, wallet, chance) for asset in ASSETS for wallet in WALLETS]
    for number in range(size):
        events += happening(f"e{number:03}", chance)
    if method is Method.SPECIFIC:
        settings = settings._replace(choices=choices(events, chance))
    chance.shuffle(events)
    return events, settings


def opening(asset: str, wallet: str, chance: random.Random) -> Event:
    return Event(f"{asset}{wallet}", FIRST, Kind.TRADE, wallet, usd(chance), amount(asset, chance, 5))


def happening(name: str, chance: random.Random) -> list[Event]:
    asset, other = chance.sample(ASSETS, 2)
    event = Event(name, moment(chance), Kind.TRADE, chance.choice(WALLETS), sequence=chance.choice((0, 0, 1)))
    event = event._replace(fee=fee(chance), value=money(chance, 900), fee_value=money(chance, 5))
    kind = chance.choices(("buy", "sell", "swap", "move", "alone"), (40, 25, 12, 13, 10))[0]
    if kind == "buy":
        return [event._replace(sent=usd(chance), received=amount(asset, chance, 8))]
    if kind == "sell":
        return [event._replace(sent=amount(asset, chance, 2), received=usd(chance))]
    if kind == "swap":
        return [event._replace(sent=amount(asset, chance, 1), received=amount(other, chance, 2))]
    if kind == "move":
        return transfer(event, asset, chance)
    alone = chance.choice(list(ALONE))
    paid = event.fee if alone is Kind.SPEND else None
    event = event._replace(kind=alone, fee=paid, **{ALONE[alone]: amount(asset, chance, 1)})
    if alone is Kind.GIFT and chance.random() < 0.3:
        event = event._replace(category="inheritance")
    if alone is Kind.REWARD and chance.random() < 0.3:
        event = event._replace(category="cashback")
    return [event._replace(**said(event.at, chance)) if alone in {Kind.GIFT, Kind.DEPOSIT} else event]


def said(at: datetime, chance: random.Random) -> dict[str, object]:
    """What its owner says that it had cost, and mostly since when it was there."""
    if chance.random() < 0.5:
        return {}
    before = chance.choice((None, timedelta(days=3), timedelta(days=45), timedelta(days=400)))
    return {"basis": Decimal(chance.randrange(1, 90000)) / 100, "acquired": before and at - before}


def transfer(event: Event, asset: str, chance: random.Random) -> list[Event]:
    """To one or two wallets, seldom by a clock that goes wrong, seldom with more or much less than was sent."""
    sent = amount(asset, chance, 4)
    came = sent.amount * chance.choice((Decimal(1), Decimal(1), Decimal("0.99"), Decimal("0.5"), Decimal("1.01")))
    parts = chance.choice(((came,), (came,), (came / 4, came * 3 / 4)))
    target = chance.choice([wallet for wallet in WALLETS if wallet != event.wallet])
    out = event._replace(kind=Kind.TRANSFER, sent=sent, link=event.id)
    ins = [
        Event(
            f"{event.id}i{place}",
            event.at + timedelta(days=chance.choice((0, 0, 1, 9, 40, -1))),
            Kind.TRANSFER,
            target,
            received=Amount(part, asset),
            link=event.id,
        )
        for place, part in enumerate(parts)
    ]
    return [out, *ins]


def moment(chance: random.Random) -> datetime:
    return FIRST + timedelta(
        days=chance.choice((chance.randrange(60), chance.randrange(500))), hours=chance.choice((9, 9, 15))
    )


def amount(asset: str, chance: random.Random, most: int) -> Amount:
    places = chance.choice((0, 1, 4, 12))
    number = round(Decimal(chance.random() * most), places) or Decimal(1)
    return Amount(number, asset)


def usd(chance: random.Random) -> Amount:
    return Amount(Decimal(chance.randrange(1, 200000)) / 100, "USD")


def money(chance: random.Random, most: int) -> Decimal | None:
    """Sometimes nobody knows."""
    return None if chance.random() < 0.15 else Decimal(chance.randrange(1, most * 100)) / 100


def fee(chance: random.Random) -> Amount | None:
    kind = chance.choice(("none", "none", "money", "asset"))
    if kind == "none":
        return None
    number = Decimal(chance.randrange(1, 300)) / 10000
    return Amount(number * 100, "USD") if kind == "money" else Amount(number, chance.choice(ASSETS))


def choices(events: list[Event], chance: random.Random) -> dict[str, tuple[Choice, ...]]:
    """Of lots at random, many of which will not be there."""
    lots = [event.id for event in events if event.received]
    return {
        event.id: tuple(
            Choice(chance.choice(lots), chance.choice((None, Decimal("0.25"), Decimal(2))))
            for _ in range(chance.randrange(1, 3))
        )
        for event in events
        if event.sent and chance.random() < 0.6
    }
