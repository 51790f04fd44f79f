"""The people who look at the pages of transactions when pictures are taken. Development and tests only; invented."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from accounts import visitors
from accounts.audit import Actor, ActorKind
from accounts.models import User
from ledger import edits, handmade, intake, journal, ruling, saving
from ledger.models import BulkEdit, SourceRow, TransactionKey
from wallets.models import Wallet
from wallets.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

BOOKKEEPER = "bookkeeper@example.test"
EXPECTANT = "expectant@example.test"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
MARKETS = (("XXBT", "BTC"), ("XETH", "ETH"), ("SOL", "SOL"), ("DOT", "DOT"))


def known(name: str) -> UUID:
    """Ids that the album can name beforehand."""
    return uuid5(NAMESPACE_URL, f"https://holdfast.example/transactions/{name}")


def expectant(now: datetime) -> Mapping[str, str]:
    """Has connected a wallet, of which nothing has come yet."""
    cookies = visitors.owner(now, EXPECTANT)
    owner = User.objects.get(email=EXPECTANT)
    Wallet.objects.create(owner=owner, exchange="kraken", way="key", label="Kraken", health="working", created_at=now)
    return cookies


def bookkeeper(now: datetime) -> Mapping[str, str]:
    """Has a history with everything in it that a page can show."""
    cookies = visitors.owner(now, BOOKKEEPER)
    owner = User.objects.get(email=BOOKKEEPER)
    owner.time_zone = "Europe/Berlin"
    owner.save(update_fields=["time_zone"])
    by = Actor(ActorKind.OWNER, owner)
    wallet = Wallet.objects.create(
        id=known("wallet"), owner=owner, exchange="kraken", way="key", label="Kraken", health="working", created_at=now
    )
    paper = Wallet.objects.create(owner=owner, way="manual", label="Paper wallet of the early years", created_at=now)
    for name, anchor in (("bought", "ledger:L000A"), ("rewarded", "ledger:R000"), ("ordered", "ledger:F0A")):
        TransactionKey.objects.create(id=known(name), owner=owner, book=wallet.book, anchor=anchor, created_at=now)
    stored(wallet, history(now), now)
    said(owner, by, now)
    by_hand(by, paper, now)
    standing(owner, by, now)
    with_many_words(owner, now)
    return cookies


def stored(wallet: Wallet, records: Sequence[Record], now: datetime) -> None:
    with transaction.atomic():
        intake.store(wallet, records, stream="ledger", now=now, origin=SourceRow.Origin.API)
    journal.catch_up_all(wallet, now=now)


def line(
    name: str, refid: str, asset: str, amount: str, *, at: datetime, kind: str = "trade", fee: str = "0"
) -> Record:
    raw = {"id": name, "refid": refid, "type": kind, "subtype": "", "aclass": "currency", "asset": asset}
    return Record("ledger", name, at, {**raw, "amount": amount, "fee": fee, "time": f"{at.timestamp():.4f}"})


def history(now: datetime) -> list[Record]:
    found: list[Record] = []
    for number in range(60):
        at, (coin, _) = now - number * DAY / 2 - 7 * MINUTE, MARKETS[number % len(MARKETS)]
        refid, came = f"T{number:03}", f"{(number * 7 + 13) % 29}.{(number * 31337 + 4711) % 1000000:06}"
        found += bought(f"L{number:03}", refid, coin, f"-{1250 + 37 * number}.4075", came=came, at=at)
        if number % 6 == 0:
            found.append(line(f"R{number:03}", f"R{number:03}", "DOT", "0.0041732905", at=at - MINUTE, kind="staking"))
        if number % 9 == 0:
            found.append(line(f"D{number:03}", f"D{number:03}", "ZEUR", "5000.00", at=at - 2 * MINUTE, kind="deposit"))
    for number in range(4):
        at = now - DAY / 3 - number * MINUTE
        found += bought(f"F{number}", f"FILL{number}", "XXBT", "-640.25", came="0.0064", at=at)
        found.append(filled(f"FILL{number}", at))
    found.append(line("W1", "W1", "XXBT", "-0.0512", at=now - DAY, kind="withdrawal", fee="0.00005"))
    return found


def bought(name: str, refid: str, coin: str, paid: str, *, came: str, at: datetime) -> list[Record]:
    """Kraken tells a trade in two lines."""
    return [line(f"{name}A", refid, "ZEUR", paid, at=at, fee="1.6640"), line(f"{name}B", refid, coin, came, at=at)]


def filled(name: str, at: datetime) -> Record:
    raw = {"ordertxid": "OABCDE-FGHIJ-KLMNOP", "pair": "XXBTZEUR", "type": "buy", "ordertype": "limit"}
    figures = {"price": "100039.0", "cost": "640.25", "fee": "1.6640", "vol": "0.0064", "margin": "0"}
    return Record("trades", name, at, {"id": name, **raw, **figures, "time": f"{at.timestamp():.4f}"})


def said(owner: User, by: Actor, now: datetime) -> None:
    """Edits of every kind, and a source that moved under one of them."""
    wallet = Wallet.objects.get(pk=known("wallet"))
    note = "For the savings plan; the fee was paid back later by the exchange as a courtesy."
    first = {"sent": {"amount": "1200", "asset": "EUR"}, "note": note, "tags": ["savings", "2026"]}
    edits.edit(by=by, owner=owner, ids=[known("bought")], changes=first, now=now)
    at = now - 7 * MINUTE
    moved = [
        each
        for each in bought("L000", "T000", "XXBT", "-1249.9900", came="13.004711", at=at)
        if "ZEUR" in str(each.raw)
    ]
    stored(wallet, moved, now)
    ids = [known("rewarded"), known("ordered")]
    edits.edit(by=by, owner=owner, ids=ids, changes={"category": "staking pool"}, now=now, act=known("act"))
    edits.undo(by=by, owner=owner, transaction_id=known("ordered"), now=now)


# One word about very many, at every point of its way.
MANY: Mapping[str, Mapping[str, Any]] = {
    "under-way": {"changed": 12_500},
    "being-taken-back": {"changed": 3_500, "move": "undo"},
    "all-changed": {"changed": 41_180, "left_out": 20, "over": True},
    "all-taken-back": {"changed": 41_180, "move": "undo", "over": True},
    "ended-in-the-middle": {"changed": 18_000, "over": True, "failed": True},
}


def with_many_words(owner: User, now: datetime) -> None:
    """Workers, where there are any, leave them as they are."""
    said = {"filters": {"kind": "trade"}, "changes": {"category": "savings plan"}, "whole": 41_200}
    for name, told in MANY.items():
        facts = {**said, **told, "finished_at": now if told.get("over") else None, "not_before": now + 400 * DAY}
        facts.pop("over", None)
        BulkEdit.objects.create(id=known(name), owner=owner, actor_kind="owner", asked_at=now, **facts)


def by_hand(by: Actor, paper: Wallet, now: datetime) -> None:
    amount = {"amount": "12.5", "asset": "LTC"}
    facts = {"kind": "gift", "occurred_at": now - 3 * DAY, "received": amount, "note": "From an aunt"}
    handmade.add(by=by, wallet=paper, fields=facts, now=now)
    again = handmade.add(by=by, wallet=paper, fields={**facts, "note": "Twice, by mistake"}, now=now)
    handmade.put_in_bin(by=by, each=again, now=now)


def standing(owner: User, by: Actor, now: datetime) -> None:
    facts = {
        "name": "Rewards at Kraken are passive",
        "exchange": "kraken",
        "kind": "reward",
        "then_tags": ["passive"],
    }
    rule = ruling.add(by=by, draft=ruling.drafted(owner, facts, now=now), now=now)
    type(rule).objects.filter(pk=rule.pk).update(id=known("rule"))
    other = {"name": "What is said to be a test is left out", "words": "test", "then_ignored": True}
    ruling.add(by=by, draft=ruling.drafted(owner, other, now=now), now=now)
    saving.keep(owner, name="Rewards of this year", filters={"kind": "reward", "from": "2026-01-01"}, now=now)
    for wallet in Wallet.objects.for_user(owner):
        journal.catch_up_all(wallet, now=now)
