"""Lots shared out among wallets one by one, where the order of a plan is not what its owner wants (Rev. Proc. 2024-28,
specific allocation): what there was to share out, whether what is said fits it exactly, and saying it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from ledger import plans
from ledger.engine.types import Allocation, Share
from ledger.engine.units import EXACT, USUAL, plain
from ledger.plans import Lot
from ledger.sums import total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from accounts.audit import Actor
    from accounts.models import User
    from ledger.models import Reckoning

CELLS = 600  # lots times wallets in one form
MOST = 5_000  # shares of all assets in one plan
Place = tuple[str, str]  # a lot, and a wallet


class BadShareError(ValueError):
    """What cannot be, and about which lot and which wallet, where it is about one."""

    def __init__(self, words: str, lot: str = "", wallet: str = "") -> None:
        super().__init__(words)
        self.words, self.lot, self.wallet = words, lot, wallet


@dataclass(frozen=True, slots=True)
class Ground:
    """What there was of an asset when wallets began to count by themselves, and how it is shared out now."""

    asset: str
    scale: int
    held: Mapping[str, Decimal]  # by wallet
    lots: Sequence[Lot]  # oldest first; what one transaction brought is one
    shared: Mapping[Place, Decimal]

    @property
    def by_hand(self) -> bool:
        """Whether there is something to share out otherwise, and it fits into a form."""
        return len(self.held) > 1 and bool(self.lots) and len(self.lots) * len(self.held) <= CELLS


def ground(reckoning: Reckoning, plan: Allocation | None, asset: str, at: datetime) -> Ground:
    settings = plans.told_with(reckoning, plan)
    ((_, booked),) = plans.shared(reckoning, settings, [asset], at)
    scale = settings.scales.get(asset, USUAL)
    held = {wallet: plain(amount, scale) for wallet, amount in sorted(booked.desk.balances.items()) if amount > 0}
    shares = list(plans.shares(booked, asset, settings))
    shared: dict[Place, list[Decimal]] = defaultdict(list)
    for share in shares:
        for lot in share.lots:
            if lot.origin and share.wallet:
                shared[lot.origin, share.wallet].append(lot.amount)
    lots = list(whole(lot for share in shares for lot in share.lots))
    return Ground(asset, scale, held, lots, {place: total(amounts) for place, amounts in shared.items()})


def whole(parts: Iterable[Lot]) -> Iterator[Lot]:
    """Put together again. What bears no name, as after an average, cannot be spoken of and goes by the order."""
    found: dict[str, list[Lot]] = defaultdict(list)
    for part in parts:
        found[part.origin].append(part)
    named = (each for origin, each in found.items() if origin)
    for each in sorted(named, key=lambda lots: (lots[0].acquired, lots[0].origin)):
        amount, cost = total(lot.amount for lot in each), total(lot.cost for lot in each)
        known, dated = (all(getattr(lot, name) for lot in each) for name in ("known", "dated"))
        yield Lot(each[0].origin, each[0].acquired, amount, cost, known, dated)


# --- whether it fits -----------------------------------------------------------------------------------------------


def check(there: Ground, said: Mapping[Place, Decimal]) -> None:
    """Every wallet gets exactly what it held; where there were fewer lots than that, every lot goes. Raises
    BadShareError.
    """
    for (lot, wallet), amount in said.items():
        check_one(there, lot, wallet, amount)
    of_lots, of_wallets = summed(said, 0), summed(said, 1)
    for each in there.lots:
        if of_lots[each.origin] > each.amount:
            words = f"This lot was {told(each.amount)}, and you shared out {told(of_lots[each.origin])} of it."
            raise BadShareError(words, lot=each.origin)
    enough = total(lot.amount for lot in there.lots) >= total(there.held.values())
    for wallet, held in there.held.items():
        given = of_wallets[wallet]
        if given > held or (enough and given < held):
            words = f"held {told(held)} then, and gets {told(given)}. Share out exactly what it held."
            raise BadShareError(words, wallet=wallet)
    if not enough and any(of_lots[each.origin] < each.amount for each in there.lots):
        raise BadShareError("There are fewer lots than the wallets held: share out all of each lot.")


def check_one(there: Ground, lot: str, wallet: str, amount: Decimal) -> None:
    if lot not in {each.origin for each in there.lots} or wallet not in there.held:
        raise BadShareError("This lot or this wallet was not there at that moment.", lot, wallet)
    if amount < 0 or -int(amount.normalize(EXACT).as_tuple().exponent) > there.scale:
        raise BadShareError(f"Write nought or more, with at most {there.scale} decimals.", lot, wallet)


def summed(said: Mapping[Place, Decimal], side: int) -> Mapping[str, Decimal]:
    found: dict[str, list[Decimal]] = defaultdict(list)
    for place, amount in said.items():
        found[place[side]].append(amount)
    return defaultdict(Decimal, {name: total(amounts) for name, amounts in found.items()})


def told(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


# --- saying it -----------------------------------------------------------------------------------------------------


@transaction.atomic
def save(
    *, by: Actor, owner: User, there: Ground, said: Mapping[Place, Decimal], since: datetime, today: date, now: datetime
) -> None:
    """In place of what was said of this asset before. Raises BadShareError."""
    check(there, said)
    shares = [Share(there.asset, lot, wallet, amount) for (lot, wallet), amount in sorted(said.items()) if amount]
    plans.alone(owner)
    plan = without(owner, there.asset)
    if len(plan.shares) + len(shares) > MOST:
        raise BadShareError(f"A plan names at most {MOST:,} shares. Leave some assets to the order.")
    plan = plan._replace(shares=(*plan.shares, *shares))
    plans.save(by=by, owner=owner, plan=plan, since=since, today=today, now=now)


@transaction.atomic
def forget(*, by: Actor, owner: User, asset: str, since: datetime, today: date, now: datetime) -> bool:
    """The order shares this asset out again. False: nothing was said of it."""
    plans.alone(owner)
    if not named(plans.saved(owner), asset):
        return False
    plans.save(by=by, owner=owner, plan=without(owner, asset), since=since, today=today, now=now)
    return True


def without(owner: User, asset: str) -> Allocation:
    plan = plans.saved(owner) or Allocation()
    return plan._replace(shares=tuple(share for share in plan.shares if share.asset != asset))


def named(plan: Allocation | None, asset: str) -> bool:
    """Whether its lots are shared out by hand."""
    return plan is not None and any(share.asset == asset for share in plan.shares)
