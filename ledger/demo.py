"""What the owner of a demonstration account brings and says: files, edits, a rule, choices for taxes. Development only.

Each thing is done once: who does them all again finds them done. They are chosen by what is there, not by names, so
that they fit whatever history was fetched.
"""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from accounts.audit import Actor, ActorKind
from config import queue
from ledger import (
    demo_files,
    edits,
    handmade,
    importing,
    known_costs,
    locking,
    lot_choices,
    lots_then,
    plans,
    price_rates,
    price_wants,
    reporting,
    ruling,
    saving,
)
from ledger.fields import BadFieldError
from ledger.gains import asking, terms
from ledger.listing import wallets_of
from ledger.models import (
    Decision,
    Edit,
    GainChoices,
    ImportFile,
    Journal,
    KnownCost,
    LotChoice,
    OfficialRates,
    PriceWant,
    Report,
    Rule,
    SavedView,
    Transaction,
    YearLock,
)
from ledger.readings.base import Kind
from wallets import demo as accounts
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User
    from ledger.models import Reckoning

State = ImportFile.State
CENT = Decimal("0.01")
DAYS = timedelta(days=4)  # before wallets begin to count by themselves: so the law wants it
LAST_FILED = 2  # years ago; the one after it is open
VIEWS = (("Rewards", {"kind": "reward"}), ("Large sales of bitcoin", {"kind": "trade", "asset": "BTC"}))


def by(owner: User) -> Actor:
    return Actor(ActorKind.OWNER, owner)


# --- whether workers have done their part --------------------------------------------------------------------------


def is_read(owner: User) -> bool:
    """Every row that came is a transaction by now, and the matchers have looked at it."""
    mine = Journal.objects.filter(owner=owner, wallet__binned_at=None)
    return not mine.filter(behind=True).exists() and not mine.filter(look_from__isnull=False).exists()


def is_reckoned(owner: User, now: datetime) -> bool:
    standing = asking.standing(owner, now=now)
    return standing.failed or (standing.reckoning is not None and standing.current)


def are_looked_through(owner: User) -> bool:
    return not ImportFile.objects.for_user(owner).filter(state__in=[State.READING, State.COMMITTING]).exists()


# --- files ---------------------------------------------------------------------------------------------------------


def bring_files(owner: User, now: datetime) -> None:
    """The history of an account that is closed, and that of a device that no exchange knows."""
    if ImportFile.objects.for_user(owner).exists():
        return
    known = {each.label: each for each in Wallet.objects.for_user(owner).kept()}
    came, left = loose_ends(owner, Kind.DEPOSIT), loose_ends(owner, Kind.WITHDRAWAL)
    files = (
        (accounts.CLOSED, "bitstamp-transactions.csv", demo_files.closed_account(came)),
        (accounts.COLD, "ledger-live-operations.csv", demo_files.device(left, now)),
    )
    for label, name, text in files:
        if label in known:
            bring(owner, known[label], name, text, now)


def bring(owner: User, wallet: Wallet, name: str, text: str, now: datetime) -> None:
    importing.receive(by=by(owner), owner=owner, stream=io.BytesIO(text.encode()), name=name, wallet=wallet, now=now)


def loose_ends(owner: User, kind: Kind) -> list[demo_files.End]:
    """Coins that came from nowhere or went nowhere, as far as is known; oldest first."""
    linked = Decision.objects.filter(owner=owner, kind=Decision.Kind.LINKED)
    joined = {name for pair in linked.values_list("one", "other") for name in pair}
    leg = "received" if kind is Kind.DEPOSIT else "sent"
    rows = Transaction.objects.for_user(owner).filter(kind=kind).select_related("wallet").order_by("occurred_at", "id")
    return [
        demo_files.End(each.occurred_at, getattr(each, f"{leg}_asset"), getattr(each, f"{leg}_amount"), each.hash)
        for each in rows.exclude(**{f"{leg}_asset": "EUR"})
        if each.pk not in joined
    ]


def take_files_in(owner: User, now: datetime) -> None:
    for file in ImportFile.objects.for_user(owner).filter(state=State.PREVIEW, committed_at=None):
        importing.commit(by=by(owner), file=file, now=now)


# --- words about transactions ----------------------------------------------------------------------------------------


def say_words(owner: User, now: datetime) -> None:
    if Edit.objects.for_user(owner).exists():
        return
    mine = Transaction.objects.for_user(owner).order_by("-occurred_at", "-id")
    buys = mine.filter(kind=Kind.TRADE, sent_asset="EUR")
    rewards = mine.filter(kind=Kind.REWARD)
    device = list(mine.filter(wallet__label=accounts.COLD, kind=Kind.WITHDRAWAL))
    edit(owner, buys[3:6], now, note="Bought the dip, after the report", tags=["savings plan"])
    edit(owner, buys[40:52], now, tags=["savings plan"])
    edit(owner, rewards[10:11], now, category="referral", note="For bringing Ben along")
    edit(owner, mine.filter(received_asset="QRBT"), now, category="airdrop", note="Came without being asked for")
    edit(owner, device[:1], now, kind=Kind.GIFT, note="For Mira, on her birthday", tags=["family"])
    edit(owner, device[1:2], now, kind=Kind.SPEND, note="Paid for the bicycle", tags=["household"])


def edit(owner: User, chosen: Iterable[Transaction], now: datetime, **changes: object) -> None:
    ids = [each.pk for each in chosen]
    if ids:
        edits.edit(by=by(owner), owner=owner, ids=ids, changes=changes, now=now)


def write_twice(owner: User, now: datetime) -> None:
    """A purchase that the owner wrote down by hand, a little off, and that the exchange tells as well."""
    wallet = accounts.wallet_at(owner, "coinbase")
    known = Transaction.objects.for_user(owner)
    if wallet is None or known.filter(wallet=wallet, origins=["hand"]).exists():
        return
    bought = known.filter(wallet=wallet, kind=Kind.TRADE, sent_asset="EUR", received_asset="BTC")
    each = bought.order_by("-occurred_at", "-id")[2:3].first()
    if each is None or each.sent_amount is None or each.received_amount is None:
        return
    fields = {
        "kind": Kind.TRADE,
        "occurred_at": (each.occurred_at + timedelta(minutes=7)).isoformat(),
        "sent": {"amount": f"{each.sent_amount.quantize(CENT):f}", "asset": "EUR"},
        "received": {"amount": f"{each.received_amount.quantize(Decimal('0.00001')):f}", "asset": "BTC"},
        "note": "From the receipt in my mail",
    }
    handmade.add(by=by(owner), wallet=wallet, fields=fields, now=now)


def keep_order(owner: User, now: datetime) -> None:
    """A standing rule, and lists to come back to."""
    if not Rule.objects.for_user(owner).exists():
        facts = {"name": "Bitfinex pays interest", "exchange": "bitfinex", "kind": Kind.REWARD}
        says = {"then_category": "interest", "then_tags": ["lending"]}
        ruling.add(by=by(owner), draft=ruling.drafted(owner, facts | says, now=now), now=now)
    if not SavedView.objects.for_user(owner).exists():
        for name, filters in VIEWS:
            with suppress(BadFieldError):
                saving.keep(owner, name=name, filters=filters, now=now)


def doubt_a_fee(owner: User, now: datetime) -> Transaction | None:
    """The owner says of a purchase at Coinbase that its fee was lower; answers which, where it was said just now."""
    wallet = accounts.wallet_at(owner, "coinbase")
    mine = Transaction.objects.for_user(owner).filter(
        wallet=wallet, kind=Kind.TRADE, sent_asset="EUR", fee_amount__gte=2 * CENT
    )
    if wallet is None or Edit.objects.for_user(owner).filter(field="fee").exists():
        return None
    some = list(mine.order_by("-occurred_at", "-id")[9:49])
    each = some[owner.pk % len(some)] if some else None  # who shares the sandbox doubts another one
    if each is None or not each.fee_amount:
        return None
    less = {"amount": f"{(each.fee_amount / 2).quantize(CENT):f}", "asset": each.fee_asset}
    edit(owner, [each], now, fee=less, note="They promised me half the fee")
    return each


# --- taxes -----------------------------------------------------------------------------------------------------------


def say_costs(owner: User, now: datetime) -> None:
    """What coins had cost that came from nobody knows where. Of one such deposit, so that another still asks."""
    came = Transaction.objects.for_user(owner).filter(kind=Kind.DEPOSIT, received_asset="DOT").order_by("occurred_at")
    each = came.first()
    if each and not KnownCost.objects.filter(owner=owner).exists():
        known_costs.say(
            by=by(owner),
            each=each,
            cost=Decimal(1240),
            currency="USD",
            acquired_at=datetime(2022, 11, 14, 12, tzinfo=UTC),
            note="Bought from a friend, paid by bank",
            now=now,
        )


def save_plan(owner: User, now: datetime) -> None:
    """How lots are shared out when each wallet begins to count by itself."""
    read = asking.standing(owner, now=now).reckoning
    if read is None or GainChoices.objects.filter(owner=owner).exists():
        return
    since = plans.turning(terms.told(owner, read.settings))
    if since:
        plan = plans.drafted({"method": "fifo"}, wallets_of(owner))
        plans.save(by=by(owner), owner=owner, plan=plan, since=since, today=(since - DAYS).date(), now=now)


def choose_lots(owner: User, now: datetime) -> None:
    """For one sale of this year: the dearest first."""
    read = asking.standing(owner, now=now).reckoning
    if read is None or LotChoice.objects.filter(owner=owner).exists():
        return
    sold = Transaction.objects.for_user(owner).filter(kind=Kind.TRADE, sent_asset="ETH", received_asset="EUR")
    for each in sold.order_by("-occurred_at", "-id")[2:8]:
        if choose_dearest(owner, read, each, now):
            return


def choose_dearest(owner: User, read: Reckoning, each: Transaction, now: datetime) -> bool:
    then = lots_then.then(read, each)
    lots = sorted(then.open(), key=lambda lot: lot.unit, reverse=True) if then else []
    wanted, chosen = then.amount if then else Decimal(0), []
    for lot in lots:
        taken = min(lot.amount, wanted)
        if taken > 0:
            chosen.append(lot_choices.Chosen(lot.lot, taken))
            wanted -= taken
    if then is None or wanted or len(chosen) == 1 == len(lots):
        return False
    lot_choices.choose(by=by(owner), each=each, chosen=chosen, then=then, now=now)
    return True


def file_a_year(owner: User, now: datetime) -> None:
    """The one before last, with the paper that is made of it."""
    year = now.year - LAST_FILED
    if not YearLock.objects.filter(owner=owner).exists():
        with suppress(locking.NotYetError):
            locking.lock(by=by(owner), owner=owner, year=year, note="Sent in by post, with the form", now=now)


def find_a_mistake(owner: User, now: datetime) -> None:
    """In the year that is filed: what it would now differ by is shown."""
    sold = Transaction.objects.for_user(owner).filter(kind=Kind.TRADE, received_asset="EUR")
    each = sold.filter(occurred_at__year=now.year - LAST_FILED).order_by("-occurred_at", "-id")[4:5].first()
    if each is None or not each.received_amount or Edit.objects.for_user(owner).filter(field="received").exists():
        return
    less = {"amount": f"{(each.received_amount * 7 / 10).quantize(CENT):f}", "asset": "EUR"}
    edit(owner, [each], now, received=less, note="My bank received less: see the statement of that month")


def ask_for_papers(owner: User, now: datetime) -> None:
    last = now.year - 1
    if not Report.objects.filter(owner=owner, year=last).exists():
        for kind in ("8949_csv", "income_csv", "xlsx"):
            with suppress(reporting.NotHereError):
                reporting.ask(by=by(owner), owner=owner, kind=kind, year=last, now=now)


def are_papers_made(owner: User) -> bool:
    return not Report.objects.filter(owner=owner, finished_at=None).exists()


# --- prices ----------------------------------------------------------------------------------------------------------


def want_prices() -> None:
    """At once, not when their turn comes: the banks' rates are asked for twice a day only."""
    for work in (price_rates.WORK, price_wants.WORK):
        queue.wake(work)


def are_priced() -> bool:
    known = OfficialRates.objects.exclude(last_day=None).exists()
    return known and not PriceWant.objects.filter(whole_at=None, trouble="").exists()
