"""How lots are shared out among wallets when each begins to count by itself (Rev. Proc. 2024-28).

What is proposed is what is done without a plan: oldest lots first, to wallets as they were added. The owner looks at
it, asks for another order of lots or of wallets, and saves it with its day. Where that is not enough, lots are shared
out one by one (`plan_shares`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.audit import Action, record
from accounts.models import User
from ledger.engine.days import changes
from ledger.engine.desk import TOGETHER
from ledger.engine.types import Allocation, Country, Method, Scope
from ledger.engine.units import USUAL, money, plain
from ledger.gains import stale, terms
from ledger.gains.working import starts_of
from ledger.lots_then import booked_to, feed_of, moved_since
from ledger.models import Checkpoint, GainChoices
from ledger.sums import total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from decimal import Decimal
    from uuid import UUID

    from accounts.audit import Actor
    from ledger.engine.booking import Booked
    from ledger.engine.pools import Holding
    from ledger.engine.types import Settings
    from ledger.listing import Wallets
    from ledger.models import Reckoning

SIZE = 10  # assets on a page: each is booked anew from the newest state before
SHOWN = 20  # lots of one wallet
ORDERS = (Method.FIFO, Method.LIFO, Method.HIFO, Method.LOFO)
MOMENT = timedelta(microseconds=1)


def turning(settings: Settings) -> datetime | None:
    """When wallets begin to count by themselves, where they counted together before; none: they do not."""
    lines = changes(settings)
    for (_, former), (at, line) in pairwise(lines):
        if former.scope is Scope.UNIVERSAL and line.scope is Scope.PER_WALLET and line.country is Country.US:
            return at
    return None


# --- the plan itself -----------------------------------------------------------------------------------------------


def kept(owner: User) -> GainChoices | None:
    return GainChoices.objects.filter(owner=owner).first()


def saved(owner: User) -> Allocation | None:
    found = kept(owner)
    return terms.read(found.allocation) if found and found.allocation else None


def drafted(said: Mapping[str, Any], wallets: Wallets, former: Allocation | None = None) -> Allocation:
    """As it was asked for; wallets that are not there are passed over. What was shared out lot by lot stays so."""
    method = said.get("method", Method.FIFO)
    known = {str(pk) for pk in wallets.by_id}
    order = tuple(dict.fromkeys(each for each in said.get("wallets", ()) if each in known))
    found = Allocation(method=Method(method) if method in ORDERS else Method.FIFO, wallets=order)
    return found._replace(shares=former.shares if former else ())


def alone(owner: User) -> User:
    """As they are now. Until the transaction is over, nobody else says anything of this plan: who reads it and writes
    it back would lose what another window said meanwhile.
    """
    return User.objects.select_for_update(no_key=True).get(pk=owner.pk)


@transaction.atomic
def save_order(
    *, by: Actor, owner: User, said: Mapping[str, Any], wallets: Wallets, since: datetime, today: date, now: datetime
) -> None:
    """As it is asked for; what was shared out lot by lot stays so."""
    alone(owner)
    save(by=by, owner=owner, plan=drafted(said, wallets, saved(owner)), since=since, today=today, now=now)


@transaction.atomic
def save(*, by: Actor, owner: User, plan: Allocation, since: datetime, today: date, now: datetime) -> None:
    """`since`: when wallets begin to count by themselves."""
    allocation = {
        "saved": today.isoformat(),
        "method": str(plan.method),
        "wallets": list(plan.wallets),
        "shares": [
            {"asset": each.asset, "lot": each.lot, "wallet": each.wallet, "amount": f"{each.amount:f}"}
            for each in plan.shares
        ],
    }
    keep(owner, now, allocation=allocation)
    counts: dict[str, Any] = {"wallets": len(plan.wallets), "shares": len(plan.shares)}
    record(by=by, action=Action.PLAN_SAVED, owner=owner, now=now, method=str(plan.method), **counts)
    stale.shared_out(owner.pk, since=since - MOMENT)


@transaction.atomic
def take_back(*, by: Actor, owner: User, since: datetime, now: datetime) -> bool:
    if saved(owner) is None:
        return False
    keep(owner, now, allocation=None)
    record(by=by, action=Action.PLAN_TAKEN_BACK, owner=owner, now=now)
    stale.shared_out(owner.pk, since=since - MOMENT)
    return True


@transaction.atomic
def choose_fee(*, by: Actor, owner: User, transfer_fee: str, now: datetime) -> None:
    """What becomes of a transfer's fee. It is of the terms: everything is reckoned anew by itself."""
    keep(owner, now, transfer_fee=transfer_fee)
    record(by=by, action=Action.TRANSFER_FEE_CHOSEN, owner=owner, now=now, transfer_fee=transfer_fee)


def transfer_fee(owner: User) -> str:
    found = kept(owner)
    return str(found.transfer_fee if found else GainChoices.TransferFee.DISPOSAL)


def keep(owner: User, now: datetime, **facts: Any) -> None:
    GainChoices.objects.update_or_create(owner=owner, defaults={**facts, "changed_at": now})


# --- what it comes to ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lot:
    origin: str
    acquired: datetime
    amount: Decimal
    cost: Decimal
    known: bool  # no: nobody says what it had cost, or a part of it
    dated: bool  # no: nobody says when it was acquired, only when it came


@dataclass(frozen=True, slots=True)
class Share:
    """What a wallet gets of an asset."""

    wallet: str  # none: it is on its way, or there was less in wallets than in lots
    lots: Sequence[Lot]

    @property
    def amount(self) -> Decimal:
        return total(lot.amount for lot in self.lots)

    @property
    def cost(self) -> Decimal:
        return total(lot.cost for lot in self.lots)

    @property
    def shown(self) -> Sequence[Lot]:
        return self.lots[:SHOWN]

    @property
    def left_out(self) -> int:
        return max(0, len(self.lots) - SHOWN)


def assets_of(reckoning: Reckoning, at: datetime, after: str = "", size: int = SIZE) -> tuple[list[str], str]:
    """Of which something was held when wallets began to count by themselves, and where the next page begins."""
    rows = Checkpoint.objects.filter(reckoning=reckoning, at=at, asset__gt=after).order_by("asset")
    found = list(rows.values_list("asset", flat=True)[: size + 1])
    return found[:size], found[size - 1] if len(found) > size else ""


def outcome(
    reckoning: Reckoning, plan: Allocation | None, assets: Sequence[str], at: datetime
) -> dict[str, list[Share]]:
    """By asset of which something was held: how a plan would share it out. The engine's own doing, to that moment."""
    settings = told_with(reckoning, plan)
    found = {asset: list(shares(booked, asset, settings)) for asset, booked in shared(reckoning, settings, assets, at)}
    return {asset: parts for asset, parts in found.items() if parts}


def told_with(reckoning: Reckoning, plan: Allocation | None) -> Settings:
    owner = reckoning.owner
    return terms.told(owner, reckoning.settings)._replace(allocation=terms.with_all(owner, plan))


def shared(
    reckoning: Reckoning, settings: Settings, assets: Sequence[str], at: datetime
) -> Iterator[tuple[str, Booked]]:
    starts, feed = starts_of(reckoning, settings, dict.fromkeys(assets, at - MOMENT)), feed_of(reckoning, settings)
    for asset in assets:
        moved = moved_since(feed, settings, asset, starts[asset], until=at)
        yield asset, booked_to(asset, [each for each in moved if each.at < at], settings, starts[asset], at)


def shares(booked: Booked, asset: str, settings: Settings) -> Iterator[Share]:
    scale = settings.scales.get(asset, USUAL)
    held: dict[str, list[Lot]] = defaultdict(list)
    for wallet, lot in [*booked.lots, *((TOGETHER, lot) for _, lot in booked.on_the_way)]:
        held[wallet].append(told(lot, scale))
    for wallet, lots in sorted(held.items()):
        yield Share(wallet, sorted(lots, key=lambda lot: (lot.acquired, lot.origin)))


def told(lot: Holding, scale: int) -> Lot:
    origin = lot.origin
    return Lot(origin.id, origin.acquired, plain(lot.amount, scale), money(lot.cost), origin.known, origin.dated)


def ordered(owner: User, plan: Allocation | None, held: Iterable[UUID]) -> list[str]:
    here = set(map(str, held))
    return [each for each in terms.with_all(owner, plan).wallets if each in here]
