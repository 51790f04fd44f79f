"""Who looks at duplicates, transfers, balances and assets when pictures are taken. Development and tests; invented."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from accounts import visitors
from accounts.audit import Actor, ActorKind
from accounts.models import User
from ledger import (
    clocks,
    discrepancies,
    handmade,
    importing,
    journal,
    looking,
    reported_days,
    suggestions,
    symbols,
    visitors_imports,
)
from ledger.models import ClockQuestion, Coverage, Decision, FormerBook, Proposal, ReportedBalance, TransactionKey
from ledger.visitors import DAY, MINUTE, bought, known, line, stored
from wallets.models import Wallet
from wallets.visitors import one_list_read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wallets.records import Record

MATCHMAKER = "matchmaker@example.test"
HOUR = timedelta(hours=1)
NOW_SAID = {"XXBT": "0.18579074", "XXDG": "42.5"}


def matchmaker(now: datetime) -> Mapping[str, str]:
    """Has wallets between which things moved, of which not all add up."""
    cookies = visitors.owner(now, MATCHMAKER)
    owner = User.objects.get(email=MATCHMAKER)
    synced = {"last_success_at": now, "streams": one_list_read(now)}
    facts = {"owner": owner, "health": "working", "created_at": now, **synced}
    first = Wallet.objects.create(id=known("first"), exchange="kraken", way="key", label="Kraken", **facts)
    second = Wallet.objects.create(
        id=known("second"), exchange="kraken", way="key", label="Kraken, the family's long-term savings", **facts
    )
    paper = Wallet.objects.create(id=known("files"), exchange="gemini", way="csv", label="Gemini by files", **facts)
    TransactionKey.objects.create(id=known("open"), owner=owner, book=first.book, anchor="ledger:W7", created_at=now)
    stored(first, leaving(now), now)
    stored(second, arriving(now), now)
    by = Actor(ActorKind.OWNER, owner)
    bought_there = {"kind": "deposit", "occurred_at": now - 90 * DAY, "received": {"amount": "0.5", "asset": "BTC"}}
    handmade.add(by=by, wallet=paper, fields=bought_there, now=now)
    discrepancies.type_in(by=by, wallet=paper, asset="BTC", amount=Decimal("0.75"), now=now)
    twice(by, first, now)
    for wallet in (first, second, paper):
        looking.look(wallet, now=now)
    turned_down(by, owner, now)
    for name, label, ahead in (("clock", "Kraken, opened in 2019", HOUR), ("clock-said", "Kraken, closed", 2 * HOUR)):
        aside = Wallet.objects.create(id=known(name), exchange="kraken", way="key", label=label, **facts)
        by_another_clock(aside, name, ahead, now)
    clocks.say(by=by, asked=ClockQuestion.objects.get(wallet=known("clock-said")), same=True, now=now)
    looking.look(Wallet.objects.get(pk=known("clock-said")), now=now)
    reported(first, now)
    removed_before(second, now)
    symbols.say(by=by, owner=owner, said={"symbol": "LUNA", "code": "LUNC", "until": now - 900 * DAY}, now=now)
    for wallet in (first, second, paper):
        journal.catch_up_all(wallet, now=now)
    return cookies


def leaving(now: datetime) -> list[Record]:
    found = [
        line("W1", "W1", "XXBT", "-1.0", at=now - 40 * DAY, kind="withdrawal"),
        line("W2", "W2", "XXBT", "-1.0", at=now - 40 * DAY + MINUTE, kind="withdrawal"),
        line("W3", "W3", "XETH", "-2.73519264", at=now - 30 * DAY, kind="withdrawal", fee="0.00350000"),
        line("W7", "W7", "XXBT", "-0.31415926", at=now - 12 * DAY, kind="withdrawal", fee="0.00005000"),
        line("W5", "W5", "DOT", "-40", at=now - 60 * DAY, kind="withdrawal"),
        line("W6", "W6", "DOT", "-40", at=now - 60 * DAY + MINUTE, kind="withdrawal"),
        line("W8", "W8", "SOL", "-150.000000001", at=now - HOUR, kind="withdrawal"),
        line("Q1", "Q1", "QQFOO", "12000.25", at=now - 20 * DAY, kind="deposit"),
        line("Q2", "Q2", "CLAIM-AIRDROP.COM", "1", at=now - 19 * DAY, kind="deposit"),
    ]
    return [*found, *bought("B1", "B1", "XXBT", "-20000.0000", came="2.5", at=now - 50 * DAY)]


def arriving(now: datetime) -> list[Record]:
    return [
        line("D1", "D1", "XXBT", "1.0", at=now - 40 * DAY + 30 * MINUTE, kind="deposit"),
        line("D3", "D3", "XETH", "2.73519264", at=now - 30 * DAY + 15 * MINUTE, kind="deposit"),
        line("D4", "D4", "XXBT", "0.31", at=now - 11 * DAY, kind="deposit"),
        line("D6", "D6", "DOT", "40", at=now - 60 * DAY + 30 * MINUTE, kind="deposit"),
        line("D5", "D5", "ZEUR", "2500.00", at=now - 5 * DAY, kind="deposit"),
    ]


def turned_down(by: Actor, owner: User, now: datetime) -> None:
    """Both that may have been what arrived, at once."""
    doubtful = Proposal.objects.filter(owner=owner, about=Proposal.About.TRANSFERS, at__lt=now - 59 * DAY)
    ids = list(doubtful.values_list("pk", flat=True))
    suggestions.decide(by=by, owner=owner, ids=ids, kind=Decision.Kind.APART, batch=known("batch"), now=now)


def twice(by: Actor, wallet: Wallet, now: datetime) -> None:
    fields = {
        "kind": "trade",
        "occurred_at": now - 50 * DAY,
        "sent": {"amount": "20000", "asset": "EUR"},
        "received": {"amount": "2.5", "asset": "BTC"},
        "note": "The large one, at the bank's advice",
    }
    handmade.add(by=by, wallet=wallet, fields=fields, now=now)
    for number, amount in enumerate(("150.25", "75.125"), 1):
        at, name = now - number * DAY, f"B{number}2"
        stored(wallet, bought(name, name, "DOT", "-600.0000", came=amount, at=at), now)
        there = {"sent": {"amount": "600", "asset": "EUR"}, "received": {"amount": amount, "asset": "DOT"}}
        handmade.add(by=by, wallet=wallet, fields={**fields, **there, "occurred_at": at}, now=now)


def by_another_clock(wallet: Wallet, name: str, ahead: timedelta, now: datetime) -> None:
    """A file tells the same, to the minute, and all of it so much later."""
    days = [now - 200 * DAY - 2 * number * DAY for number in range(12)]
    came = [f"{number + 1}.{(number * 31337 + 4711) % 1000000:06}" for number in range(12)]
    lines = zip(days, came, strict=True)
    stored(wallet, [line(f"C{at:%j}", f"C{at:%j}", "ADA", amount, at=at, kind="staking") for at, amount in lines], now)
    told = [f"{at + ahead:%Y-%m-%d %H:%M},{amount},ADA,staking," for at, amount in zip(days, came, strict=True)]
    body = "\n".join(["Koinly Date,Amount,Currency,Label,TxHash", *told])
    file = visitors_imports.brought(name, body, wallet.owner, wallet, now, called="koinly.csv")
    importing.commit(by=Actor(ActorKind.OWNER, wallet.owner), file=file, now=now)
    visitors_imports.worked(name, now)


def reported(wallet: Wallet, now: datetime) -> None:
    for asset, amount in {**NOW_SAID, "XETH": "0", "SOL": "0", "ZEUR": "0"}.items():
        ReportedBalance.objects.create(
            owner=wallet.owner, wallet=wallet, asset=asset, amount=Decimal(amount), reported_at=now
        )
    for days, amounts in ((55, {}), (45, {"XXBT": "2.5"}), (35, {"XXBT": "0.5", "XXDG": "21"}), (10, NOW_SAID)):
        said = {asset: Decimal(amount) for asset, amount in amounts.items()}
        reported_days.keep(wallet, said, now=now - days * DAY)
    hole = [[(now - 300 * DAY).isoformat(), (now - 280 * DAY).isoformat()]]
    Coverage.objects.create(
        owner=wallet.owner, wallet=wallet, stream="ledger", since=now - 400 * DAY, holes=hole, updated_at=now
    )


def removed_before(wallet: Wallet, now: datetime) -> None:
    """It looks like one of two accounts; of the other its owner said that it is not."""
    facts = {"owner": wallet.owner, "wallet": wallet, "book": wallet.book, "found_at": now, "agreeing": 2}
    for name, said, rules, verdict in (("one", 12, 1, "asked"), ("other", 1, 0, "other")):
        removed_at = now - (70 if name == "one" else 400) * DAY
        counts = {"removed_at": removed_at, "said": said, "rules": rules}
        FormerBook.objects.create(former=known(f"former {name}"), verdict=verdict, **facts, **counts)


def addresses() -> Mapping[str, str]:
    """By name, for the album."""
    return {
        "batch": f"/transactions/transfers/several/{known('batch')}/",
        "link": f"/transactions/transfers/link/?one={known('open')}",
        "balances": f"/wallets/{known('first')}/balances/",
        "files": f"/wallets/{known('files')}/balances/",
        "former": f"/wallets/{known('second')}/former/",
        "former wallet": f"/wallets/{known('second')}/",
        "no former": f"/wallets/{known('first')}/former/",
    }
