"""Histories as an accountant would write them down, and what the engine makes of them, as text again.

    US fifo universal
    2023-01-10 buy 1 BTC for 20000
    2023-06-01 sell 0.4 BTC for 12000 fee 10

A line may name its wallet (`kraken:`) and itself (`#rent`). SPEC.md is written in this language.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ledger.engine import shown
from ledger.engine.reckoning import reckon
from ledger.engine.types import (
    Allocation,
    Amount,
    Choice,
    Country,
    Event,
    Kind,
    Method,
    Regime,
    Scope,
    Settings,
    Share,
    TransferFee,
)

LINE = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\d(?: \d\d:\d\d)?) (?:(?P<wallet>\w+): )?(?P<verb>\w+) (?P<rest>.*?)(?: #(?P<name>\w+))?$"
)
CLAUSE = re.compile(r"\b(for|fee|worth|to|arriving|on|as|cost|acquired|of) ")
CURRENCIES = {"US": "USD", "GB": "GBP", "CA": "CAD", "DE": "EUR", "AU": "AUD", "other": "EUR"}
ONE_SIDED = {
    "bought": (Kind.TRADE, "received"),  # for nobody knows what
    "sold": (Kind.TRADE, "sent"),
    "reward": (Kind.REWARD, "received"),
    "income": (Kind.INCOME, "received"),
    "given": (Kind.GIFT, "received"),
    "deposit": (Kind.DEPOSIT, "received"),
    "opening": (Kind.ADJUSTMENT, "received"),
    "profit": (Kind.INCOME, "received"),
    "spend": (Kind.SPEND, "sent"),
    "give": (Kind.GIFT, "sent"),
    "lose": (Kind.LOST, "sent"),
    "withdraw": (Kind.WITHDRAWAL, "sent"),
    "adjust": (Kind.ADJUSTMENT, "sent"),
    "pay": (Kind.FEE, "sent"),
    "loss": (Kind.SPEND, "sent"),
}


def told(text: str) -> str:
    """What the engine makes of a story."""
    settings, events = read(text)
    return retold(reckon(events, settings), settings.zone)


def read(text: str) -> tuple[Settings, list[Event]]:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    head = [line for line in lines if not LINE.match(line)]
    settings = settings_of(head)
    events: list[Event] = []
    for number, line in enumerate((line for line in lines if LINE.match(line)), 1):
        events += events_of(line, str(number), settings)
    return settings, events


# --- settings ----------------------------------------------------------------------------------------------------


def settings_of(head: list[str]) -> Settings:
    regimes, more, choices = [], {}, {}
    for line in head:
        word, *rest = line.split()
        if word in CURRENCIES:
            year = int(rest[3]) if "from" in rest else 2009
            regimes.append(Regime(year, Country(word), Method(rest[0]), Scope(rest[1])))
            more.setdefault("currency", CURRENCIES[word])
        elif word == "zone":
            more["zone"] = ZoneInfo(rest[0])
        elif word == "money":  # besides the owner's own
            more["money"] = frozenset(rest)
        elif word == "transfer-fee":
            more["transfer_fee"] = TransferFee(rest[0])
        elif word == "choose":  # choose SALE: LOT AMOUNT, LOT AMOUNT
            sale, picks = line.removeprefix("choose ").split(": ")
            choices[sale] = tuple(choice_of(pick) for pick in picks.split(", "))
        else:
            more["allocation"] = allocation_of(line, more.get("allocation", Allocation(date(2025, 1, 1))))
    return Settings(tuple(regimes), choices=choices, **more)


def choice_of(text: str) -> Choice:
    lot, *amount = text.split()
    return Choice(lot, Decimal(amount[0]) if amount else None)


def allocation_of(line: str, plan: Allocation) -> Allocation:
    """`plan hifo kraken coinbase` or `share 1 BTC of LOT in WALLET`."""
    word, *rest = line.split()
    if word == "plan":
        return plan._replace(method=Method(rest[0]), wallets=tuple(rest[1:]))
    assert word == "share", line
    return plan._replace(shares=(*plan.shares, Share(rest[1], rest[3], rest[5], Decimal(rest[0]))))


# --- events ------------------------------------------------------------------------------------------------------


def events_of(line: str, number: str, settings: Settings) -> list[Event]:
    found = LINE.match(line)
    assert found, line
    verb, name = found["verb"], found["name"] or number
    first, *clauses = CLAUSE.split(found["rest"])
    said = dict(zip(clauses[::2], (each.strip() for each in clauses[1::2]), strict=True))
    event = Event(name, moment(found["at"], settings), Kind.TRADE, found["wallet"] or "main")
    event = event._replace(**besides(said, settings))
    if verb == "move":
        return moved(event, first, said)
    if verb in {"buy", "swap", "sell"}:
        sent, received = amount(first), amount(said["for"], settings.currency)
        sent, received = (received, sent) if verb == "buy" else (sent, received)
        return [event._replace(sent=sent, received=received)]
    kind, side = ONE_SIDED[verb]
    category = "futures" if verb in {"profit", "loss"} else event.category
    half = kind is Kind.TRADE
    return [event._replace(kind=kind, category=category, half=half, **{side: amount(first, settings.currency)})]


def moment(text: str, settings: Settings) -> datetime:
    at = datetime.fromisoformat(text if ":" in text else f"{text} 12:00")
    return at.replace(tzinfo=settings.zone).astimezone(UTC)


def amount(text: str, asset: str = "") -> Amount:
    number, *named = text.split()
    return Amount(Decimal(number.replace(",", "")), named[0] if named else asset)


def besides(said: dict[str, str], settings: Settings) -> dict[str, object]:
    found: dict[str, object] = {}
    if "fee" in said:  # in an asset, with what it was worth: `fee 0.01 BNB=3`
        paid, _, worth = said["fee"].partition("=")
        found["fee"] = amount(paid, settings.currency)
        found["fee_value"] = Decimal(worth) if worth else None
    if "worth" in said:
        found["value"] = Decimal(said["worth"].replace(",", ""))
    if "as" in said:
        found["category"] = said["as"]
    if "cost" in said:
        found["basis"] = Decimal(said["cost"].replace(",", ""))
    if "acquired" in said:
        found["acquired"] = moment(said["acquired"], settings)
    return found


def moved(event: Event, first: str, said: dict[str, str]) -> list[Event]:
    """`move 1 BTC to cold arriving 0.99 on 2023-02-01`: both sides, joined."""
    sent = amount(first)
    came = Decimal(said["arriving"]) if "arriving" in said else sent.amount
    at = datetime.fromisoformat(f"{said['on']}T12:00+00:00") if "on" in said else event.at
    out = event._replace(kind=Kind.TRANSFER, sent=sent, link=event.id)
    arrival = Event(f"{event.id}in", at, Kind.TRANSFER, said["to"], received=Amount(came, sent.asset), link=event.id)
    return [out, arrival]


# --- and back ----------------------------------------------------------------------------------------------------


def retold(reckoning, zone) -> str:
    matches = sorted(shown.matches(reckoning), key=lambda each: (each.disposed, each.disposal, each.kind))
    lines = [
        *sorted(map(income, shown.incomes(reckoning))),
        *(match(each, zone) for each in matches),
        *(lot(each, zone) for each in shown.lots(reckoning)),
        *map(finding, shown.findings(reckoning)),
    ]
    return "\n".join(lines)


def finding(each) -> str:
    touched = f", {plain(each.money)}" if each.money else ""
    return f"finding: {each.problem}, {plain(each.amount)} {each.asset}{touched}"


def match(each, zone) -> str:
    source = {"average": "average", "pool": "pool", "missing": "nowhere", "result": "result"}.get(each.rule)
    source = source or (f"{each.acquired.astimezone(zone):%Y-%m-%d}" if each.acquired else "unknown")
    gain = f"{plain(each.proceeds)} - {plain(each.cost)}"
    if each.adjustment:
        gain += f" + {plain(each.adjustment)} denied"
    words = [each.term, each.rule if each.rule not in {"average", "pool", "missing", "result"} else ""]
    words += ["" if each.counts else f"({each.kind}, no gain)", "" if each.known else "(cost unknown)"]
    tail = " ".join(filter(None, words))
    what = f"{plain(each.amount)} {each.asset} of {source}"
    return f"{each.day} {what}: {gain} = {plain(each.gain)} {tail}".rstrip()


def income(each) -> str:
    return f"{each.day} income: {plain(each.amount)} {each.asset}, {plain(each.value)} {each.category}".rstrip()


def lot(each, zone) -> str:
    known = "" if each.known else " (cost unknown)"
    place = f" in {each.wallet}" if each.wallet else ""
    day = each.acquired.astimezone(zone).date()
    return f"held{place}: {plain(each.amount)} {each.asset} of {day}, cost {plain(each.cost)}{known}"


def plain(number: Decimal) -> str:
    """To the cent where it is not exact; the engine keeps eight decimals."""
    rounded = round(number, 2)
    shortest = number if len(f"{number.normalize():f}") <= len(f"{rounded:f}") + 4 else rounded
    return f"{shortest.normalize():,f}"
