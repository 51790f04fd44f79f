"""Who looks at tax pages when pictures are taken. Development and tests only; all of it invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from accounts import tax_settings, visitors
from accounts.audit import Actor, ActorKind
from accounts.models import User
from ledger import known_costs, lot_choices, lots_then, tax_methods
from ledger.gains import asking, working
from ledger.lot_choices import Chosen
from ledger.mine import transaction_of
from ledger.models import Reckoning, TransactionKey
from ledger.visitors import known, line, stored
from wallets.models import Wallet
from wallets.visitors import one_list_read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wallets.records import Record

TAXPAYER, BRITON, NEWLY = "taxpayer@example.test", "briton@example.test", "newly@example.test"
HOUR = timedelta(hours=1)
NAMED = (
    ("tax-sale", "tax-first", "ledger:S3A"),
    ("tax-gift", "tax-first", "ledger:D2"),
    ("tax-chosen", "tax-first", "ledger:S5A"),
    ("tax-bought", "tax-first", "ledger:B2A"),
)
# When; what was bought (above nought) or sold; for how much.
TRADES = (
    ((2023, 2, 3), "XXBT", "0.5", "-11500.00"),
    ((2023, 6, 11), "XETH", "6", "-10800.00"),
    ((2023, 11, 20), "XXBT", "0.25", "-9300.00"),
    ((2024, 3, 14), "XXBT", "-0.4", "28800.00"),
    ((2024, 5, 2), "SOL", "40", "-5600.00"),
    ((2024, 8, 9), "XETH", "-2.5", "6500.00"),
    ((2024, 9, 30), "SOL", "-12.25", "1930.50"),
    ((2025, 4, 22), "XXBT", "-0.1", "9350.00"),
    ((2025, 7, 1), "XETH", "-3", "7420.00"),
    ((2025, 10, 5), "SOL", "-30", "6990.00"),
)


def taxpayer(now: datetime) -> Mapping[str, str]:
    """Pays tax in the United States: three years, two wallets, and not everything is in order."""
    cookies = visitors.owner(now, TAXPAYER)
    owner = User.objects.get(email=TAXPAYER)
    synced = {"last_success_at": now, "streams": one_list_read(now)}
    facts = {"owner": owner, "health": "working", "created_at": now, **synced}
    first = Wallet.objects.create(id=known("tax-first"), exchange="kraken", way="key", label="Kraken", **facts)
    second = Wallet.objects.create(
        id=known("tax-second"), exchange="kraken", way="key", label="The family's long-term savings", **facts
    )
    for name, _, anchor in NAMED:
        TransactionKey.objects.create(id=known(name), owner=owner, book=first.book, anchor=anchor, created_at=now)
    stored(first, [*traded(), *gone_astray(), *rewarded()], now)
    stored(second, [line("A1", "A1", "XXBT", "0.02", at=on(2024, 4, 1), kind="deposit")], now)
    reckoned(owner, now)
    said(owner, now)
    read = reckoned(owner, now)
    tax_methods.looks(owner, read, 2024, now=now)
    reckoned(owner, now)
    return cookies


def briton(now: datetime) -> Mapping[str, str]:
    """Pays tax in the United Kingdom, where everything is one pool."""
    cookies = visitors.owner(now, BRITON)
    owner = User.objects.get(email=BRITON)
    by = Actor(ActorKind.OWNER, owner)
    tax_settings.set_for_all_years(by=by, owner=owner, country="GB", now=now)
    wallet = Wallet.objects.create(
        owner=owner, exchange="kraken", way="key", label="Kraken", health="working", created_at=now
    )
    stored(wallet, traded(), now)
    reckoned(owner, now)
    return cookies


def newly(now: datetime) -> Mapping[str, str]:
    """Looks before anything is reckoned."""
    cookies = visitors.owner(now, NEWLY)
    owner = User.objects.get(email=NEWLY)
    wallet = Wallet.objects.create(
        owner=owner, exchange="kraken", way="key", label="Kraken", health="working", created_at=now
    )
    stored(wallet, traded(), now)
    return cookies


def on(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 14, 20, tzinfo=UTC)


def traded() -> list[Record]:
    found: list[Record] = []
    for number, ((year, month, day), coin, came, paid) in enumerate(TRADES):
        side, at = "B" if paid.startswith("-") else "S", on(year, month, day)
        refid = f"{side}{number}"
        found.append(line(f"{refid}A", refid, coin, came, at=at))
        found.append(line(f"{refid}B", refid, "ZUSD", paid, at=at, fee="4.1250"))
    return found


def gone_astray() -> Sequence[Record]:
    """What came from nowhere and was sold, what went nowhere, and what has no price."""
    return [
        line("D2", "D2", "DOT", "310.5", at=on(2024, 2, 1), kind="deposit"),
        line("X1A", "X1", "DOT", "-310.5", at=on(2024, 10, 1)),
        line("X1B", "X1", "ZUSD", "1304.10", at=on(2024, 10, 1), fee="1.30"),
        line("W1", "W1", "XETH", "-0.25", at=on(2024, 6, 1), kind="withdrawal", fee="0.0035"),
        line("X2A", "X2", "QQFOO", "-1500", at=on(2024, 11, 5)),
        line("X2B", "X2", "SOL", "0.4", at=on(2024, 11, 5)),
        line("X3A", "X3", "ADA", "-900", at=on(2024, 12, 12)),
        line("X3B", "X3", "ZUSD", "921.55", at=on(2024, 12, 12), fee="1.10"),
    ]


def rewarded() -> list[Record]:
    return [
        line(f"R{month}", f"R{month}", "ZUSD", f"{month}.37", at=on(2024, month, 28), kind="staking")
        for month in range(1, 13)
    ]


def reckoned(owner: User, now: datetime) -> Reckoning:
    """As a worker does it. Answers what is in force."""
    asking.standing(owner, now=now)
    asking.due(now)
    while found := Reckoning.objects.filter(owner=owner).select_related("owner").claim(now=now):
        working.work(found, clock=lambda: now)
    return Reckoning.objects.get(owner=owner, in_force=True)


def said(owner: User, now: datetime) -> None:
    """One cost, and the lots of one sale."""
    by, gift = Actor(ActorKind.OWNER, owner), transaction_of(owner, known("tax-gift"))
    facts = {"cost": Decimal(900), "currency": "USD", "acquired_at": on(2021, 5, 3), "note": "Statement of the fund"}
    known_costs.say(by=by, each=gift, now=now, **facts)  # type: ignore[arg-type] # of several kinds
    sale = transaction_of(owner, known("tax-chosen"))
    read = asking.standing(owner, now=now).reckoning
    then = lots_then.then(read, sale) if read else None
    if then:
        lots = [Chosen(lot.lot, Decimal("1.5")) for lot in then.open()[-1:]]
        lot_choices.choose(by=by, each=sale, chosen=lots, then=then, now=now)
