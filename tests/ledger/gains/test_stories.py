"""Whatever happens, in whatever order, under whatever rules: going on gives what reckoning from the beginning gives.

So it is with matches, income, findings, lots and with all that is kept added up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.audit import Actor, ActorKind
from accounts.models import TaxSettings, User
from ledger import decisions, known_costs, linking, plans, prices, purge
from ledger.decisions import Verdict
from ledger.engine.types import Allocation, Method, Share
from ledger.gains import stale
from ledger.models import Decision, LotChoice, Transaction
from ledger.pricing.candles import DAY
from tests.ledger.engine import blocks
from tests.ledger.gains.books import assert_as_from_the_beginning, buys, day, moved, named, reckon, says, sells, tell
from tests.ledger.priced import quoted
from tests.ledger.stand import ledger_row
from tests.strength import THOROUGH
from wallets.models import Wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def short_blocks():
    with blocks.of_few_lots():
        yield


EXAMPLES = 50 if THOROUGH else 15
RULES = (
    [(2009, "US", "fifo", "universal"), (2025, "US", "fifo", "per_wallet")],
    [(2009, "US", "hifo", "universal"), (2025, "US", "lifo", "per_wallet")],
    [(2009, "GB", "uk_pool", "universal")],
    [(2009, "CA", "acb", "universal")],
    [(2009, "DE", "fifo", "per_wallet"), (2025, "AU", "hifo", "universal")],
    [(2009, "US", "lofo", "universal"), (2025, "GB", "uk_pool", "universal")],
    [(2009, "CA", "acb", "universal"), (2025, "DE", "fifo", "per_wallet")],
    [(2009, "other", "average", "per_wallet"), (2025, "other", "specific", "universal")],
    [(2009, "GB", "uk_pool", "universal"), (2025, "CA", "acb", "universal"), (2026, "US", "hifo", "per_wallet")],
)
EARNED = ("XXBT", "XETH", "ZEUR")
FORTNIGHT = timedelta(days=14)


@dataclass
class Told:
    """One thing that happens, with some numbers to make it of."""

    owner: User
    own: Wallet
    name: str
    when: int
    amount: int
    money: int

    @property
    def at(self):
        return day(self.when)

    @property
    def by(self):
        return Actor(ActorKind.OWNER, self.owner)

    def tell(self, *rows):
        tell(self.own, *rows)

    def another(self):
        """A wallet of this story, and of no other."""
        facts = {"exchange": "kraken", "way": "key", "label": f"{self.own.pk}", "created_at": day(0)}
        return Wallet.objects.create(owner=self.owner, **facts)

    def beside(self):
        """One of those that came beside the first."""
        rows = Wallet.objects.filter(owner=self.owner, label=f"{self.own.pk}", purged_at=None)
        return self.one_of(rows.exclude(pk=self.own.pk).order_by("pk"))

    def one(self, **which):
        here = Transaction.objects.filter(owner=self.owner, wallet__binned_at=None, **which)
        return self.one_of(here.order_by("occurred_at", "event"))

    def one_of(self, rows):
        return rows[self.money % len(rows)] if rows else None


# --- what may happen -----------------------------------------------------------------------------------------------


def buy(it):
    it.tell(*buys(it.name, str(it.amount), str(it.money), it.at))


def sell(it):
    it.tell(*sells(it.name, str(it.amount), str(it.money), it.at))


def swap(it):
    it.tell(*buys(it.name, str(it.amount), str(it.money), it.at, asset="XETH", money="XXBT"))


def earn(it):
    it.tell(ledger_row(it.name, it.name, EARNED[it.money % 3], str(it.amount), kind="staking", at=it.at))


def much_at_once(it):
    swap(it)
    it.tell(*buys(f"{it.name}x", str(it.amount), str(it.money), it.at))
    it.tell(ledger_row(f"{it.name}y", f"{it.name}y", "XETH", str(it.amount), kind="staking", at=it.at))


def finer(it):
    it.tell(*buys(it.name, f"{it.amount}.{'0' * (15 + it.money % 12)}7", str(it.money), it.at))


def move(it, left=None):
    """A fortnight on its way, and a tenth is lost: into a wallet of its own."""
    left = left or it.at
    it.tell(*moved(it.name, f"-{it.amount}", left))
    tell(it.another(), *moved(f"{it.name}I", str(it.amount * Decimal("0.9")), left + FORTNIGHT))
    ends = [named(it.owner, each).pk for each in (it.name, f"{it.name}I")]
    linking.link(by=it.by, owner=it.owner, named=ends, now=timezone.now())


def move_now(it):
    move(it, timezone.now() - timedelta(days=3))


def take_apart(it):
    ends = it.one_of(Decision.objects.filter(owner=it.owner, kind="linked").order_by("pk"))
    if ends:
        verdict = Verdict(Decision.Kind.APART, [ends.one_id], [ends.other_id])
        decisions.decide(by=it.by, owner=it.owner, verdict=verdict, now=timezone.now())


def open_another(it):
    rows = ledger_row(f"{it.name}y", f"{it.name}y", "XETH", "2", kind="staking", at=it.at)
    tell(it.another(), *buys(it.name, str(it.amount), str(it.money), it.at), rows)


def bin_one(it):
    if wallet := it.beside():
        Wallet.objects.filter(pk=wallet.pk).update(binned_at=None if wallet.binned_at else timezone.now())


def delete_one(it):
    if wallet := it.beside():
        Wallet.objects.filter(pk=wallet.pk).update(binned_at=timezone.now() - timedelta(days=31))
        with transaction.atomic():
            purge.purge(wallet)
        Wallet.objects.filter(pk=wallet.pk).update(purged_at=timezone.now())


def call_it_a_reward(it):
    if each := it.one():
        says(it.owner, each, kind="reward")


def ignore(it):
    if each := it.one():
        says(it.owner, each, ignored=not each.ignored)


def move_in_time(it):
    if each := it.one():
        says(it.owner, each, occurred_at=it.at.isoformat())


def say_a_cost(it):
    if each := it.one(received_asset="BTC"):
        acquired = it.at - timedelta(days=900) if it.money % 2 else None
        facts = {"cost": Decimal(it.money), "currency": "USD", "acquired_at": acquired, "note": ""}
        known_costs.say(by=it.by, each=each, now=timezone.now(), **facts)


def choose_a_lot(it):
    sold, lot = it.one(sent_asset="BTC"), it.one(received_asset="BTC")
    if sold and lot:
        LotChoice.objects.filter(disposal=sold.pk).delete()
        facts = {"place": 0, "amount": Decimal(it.amount) / 2, "created_at": it.at}
        LotChoice.objects.create(owner=it.owner, disposal_id=sold.pk, lot_id=lot.pk, **facts)
        stale.decided({sold.pk})


def plan(it):
    lot, wallets = it.one(received_asset="BTC"), Wallet.objects.filter(owner=it.owner, binned_at=None)
    names = tuple(sorted(str(wallet.pk) for wallet in wallets))
    shares = (Share("BTC", str(lot.pk), names[-1], Decimal(it.amount) / 4),) if lot else ()
    said = Allocation(method=Method.HIFO, wallets=names[:2], shares=shares)
    since = datetime(2025, 1, 1, tzinfo=UTC)
    plans.save(by=it.by, owner=it.owner, plan=said, since=since, today=date(2025, 1, 1), now=timezone.now())


def price(it):
    quoted("ETH", "USD", it.at, *[str(it.money)] * 30, span=DAY)
    around = {"since": it.at - timedelta(days=1), "until": it.at + timedelta(days=40)}
    prices.changed(asset="ETH", now=timezone.now(), **around)


def look(it):
    reckon(it.owner)


HAPPENS = (
    *(buy, sell, swap, earn, much_at_once, finer, move, move_now, take_apart),
    *(open_another, bin_one, delete_one, call_it_a_reward, ignore, move_in_time),
    *(say_a_cost, choose_a_lot, plan, price, look, look, look),
)
STORY = st.lists(
    st.tuples(st.sampled_from(HAPPENS), st.integers(0, 900), st.integers(1, 50), st.integers(1, 500)),
    min_size=6,
    max_size=24,
)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(story=STORY, rules=st.sampled_from(RULES))
def test_going_on_gives_what_reckoning_from_the_beginning_gives(alice, short_blocks, story, rules):
    own = Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="Own", created_at=day(0))
    Wallet.objects.filter(owner=alice).exclude(pk=own.pk).update(binned_at=timezone.now())
    TaxSettings.objects.filter(owner=alice).delete()
    for year, country, method, scope in rules:
        facts = {"from_year": year, "country": country, "method": method, "scope": scope, "created_at": day(0)}
        TaxSettings.objects.create(owner=alice, **facts)
    for number, (happens, when, amount, money) in enumerate(story):
        happens(Told(alice, own, f"{own.pk}T{number}", when, amount, money))
    assert_as_from_the_beginning(alice)
