"""What an owner holds now: amounts, what they are worth, what they had cost, and how fresh each figure is.

Amounts are the kept balances, prices the newest that are known, costs as they were reckoned last. What one of them does
not tell stays open: nothing is taken for nought without being said.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Sum
from django.utils.functional import cached_property

from ledger import prices
from ledger.assets import names_of
from ledger.gains import asking, terms
from ledger.models import Balance, GainSum, Holding
from ledger.portfolio_terms import currency_of, terms_of
from ledger.pricing.base import EXACT, Method, Price
from ledger.pricing.fiat import CARRIED
from ledger.sums import NOUGHT, less, total
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from accounts.models import User
    from ledger.gains.asking import Standing
    from ledger.naming.base import Code
    from ledger.portfolio_terms import Terms
    from ledger.pricing.base import Missing

SPANS = {Method.HOUR: timedelta(hours=1), Method.DAY: timedelta(days=1)}
RENEWED = timedelta(days=CARRIED + 1)
OLD = timedelta(hours=26)  # a price that is older says so by itself
Amounts = dict[str, dict["UUID", "Decimal"]]  # by asset and wallet


@dataclass(frozen=True, slots=True)
class Basis:
    """What is left of acquisitions. `unknown`: so much of the amount at a cost nobody knows."""

    amount: Decimal = NOUGHT
    cost: Decimal = NOUGHT
    unknown: Decimal = NOUGHT
    lots: int = 0

    @property
    def known(self) -> Decimal:
        return less(self.amount, self.unknown)

    @property
    def told_cost(self) -> Decimal | None:
        """None: there is nothing, or nobody knows of any of it what it had cost."""
        return self.cost if self.lots and (self.cost or self.known) else None

    def gain(self, price: Decimal | None) -> Decimal | None:
        """Of what has a known cost. Where there is nothing such, and a cost, as of moving it, all of it bears that."""
        counted = self.known or (self.amount if self.cost else NOUGHT)
        if price is None or not counted:
            return None
        return less(EXACT.multiply(counted, price), self.cost)


@dataclass(frozen=True)
class Held:
    """One asset. What is not known is none. Its sums are asked for many times on a page, and made once."""

    about: Code
    wallets: Mapping[UUID, Decimal]
    price: Price | None
    before: Decimal | None  # its price a day ago
    is_money: bool
    basis: Basis | None  # none: money; or not reckoned yet; or reckoned over all wallets, and only one is looked at
    now: datetime

    @cached_property
    def code(self) -> str:
        return self.about.code

    @cached_property
    def amount(self) -> Decimal:
        return total(self.wallets.values())

    @cached_property
    def value(self) -> Decimal | None:
        return times(self.amount, self.price.value) if self.price else None

    @cached_property
    def change(self) -> Decimal | None:
        """What the last day did to what is held now."""
        if self.price is None or self.before is None:
            return None
        return times(self.amount, less(self.price.value, self.before))

    @cached_property
    def gain(self) -> Decimal | None:
        return self.basis.gain(self.price.value) if self.basis and self.price else None

    @cached_property
    def priced_at(self) -> datetime | None:
        return told_at(self.price, self.now) if self.price else None

    @cached_property
    def is_old(self) -> bool:
        return bool(self.priced_at and not self.is_money and self.now - self.priced_at > OLD)


@dataclass(frozen=True)
class Portfolio:
    owner: User
    now: datetime
    standing: Standing
    currency: str
    terms: Terms | None  # none: not reckoned yet
    held: Sequence[Held]  # what is worth most comes first, what has no price last
    wallets: Sequence[Wallet]
    wallet: Wallet | None = None  # the one that is looked at
    realised: Decimal | None = None  # in the tax year that today belongs to

    @cached_property
    def together(self) -> bool:
        """Costs are counted over all wallets."""
        return bool(self.terms and self.terms.together)

    @cached_property
    def worth(self) -> Decimal:
        return total(each.value for each in self.held)

    @cached_property
    def change(self) -> Decimal | None:
        told = [each.change for each in self.held if each.change is not None]
        return total(told) if told else None

    @cached_property
    def before(self) -> Decimal:
        """What those were worth a day ago of which that is known."""
        return total(times(each.amount, each.before) for each in self.held if each.before and each.price)

    @cached_property
    def cost(self) -> Decimal | None:
        counted = [each.basis.cost for each in self.held if each.basis and each.gain is not None]
        return total(counted) if counted else None

    @cached_property
    def gain(self) -> Decimal | None:
        told = [each.gain for each in self.held if each.gain is not None]
        return total(told) if told else None

    @cached_property
    def unpriced(self) -> list[Held]:
        """What would be worth something, if anybody said what. Bait is not among it."""
        return [each for each in self.held if each.price is None and not each.about.spam]

    @cached_property
    def below_nought(self) -> list[Held]:
        return [each for each in self.held if any(amount < 0 for amount in each.wallets.values())]

    @cached_property
    def awaited(self) -> list[Wallet]:
        """Never read to the end: what they hold is not all here, and every sum is of what has come."""
        return [each for each in looked_at(self) if each.awaits_history]

    @property
    def comes(self) -> bool:
        """More of it is on its way, without its owner."""
        return any(each.may_be_asked for each in self.awaited)

    @cached_property
    def by_wallet(self) -> list[tuple[Wallet, Decimal]]:
        sums: dict[UUID, list[Decimal | None]] = defaultdict(list)
        for each in self.held:
            for wallet, amount in each.wallets.items():
                sums[wallet].append(times(amount, each.price.value) if each.price else None)
        found = [(wallet, total(sums[wallet.pk])) for wallet in self.wallets if wallet.pk in sums]
        return sorted(found, key=lambda pair: (-pair[1], pair[0].label))


def portfolio_of(owner: User, *, now: datetime, wallet: Wallet | None = None) -> Portfolio:
    """In a constant number of questions, whatever is held."""
    standing = asking.standing(owner, now=now)
    wallets = wallets_of(owner)
    regime = terms_of(standing.reckoning, now=now) if standing.reckoning else None
    currency = currency_of(owner, standing.reckoning)
    bases = bases_of(standing, wallet, together=bool(regime and regime.together))
    found = Portfolio(
        owner=owner,
        now=now,
        standing=standing,
        currency=currency,
        terms=regime,
        held=held_by(owner, amounts_of(owner, wallet), bases, currency, now),
        wallets=wallets,
        wallet=wallet,
        realised=realised_in(standing, regime.year, wallet) if regime else None,
    )
    for each in found.wallets:
        each.owner = owner  # the one who asks: no query to find out
    return found


def wallets_of(owner: User) -> list[Wallet]:
    return list(Wallet.objects.for_user(owner).kept().filter(purged_at=None).order_by("label", "id"))


def held_by(
    owner: User, amounts: Amounts, bases: Mapping[str, Basis] | None, currency: str, now: datetime
) -> list[Held]:
    names, money = names_of(owner.pk), terms.money()
    latest = prices.latest(amounts, currency, owner_id=owner.pk, now=now)
    before = prices.day_before(amounts, currency, owner_id=owner.pk, now=now)
    found = [
        Held(
            about=names.code("", code, now),
            wallets=wallets,
            price=priced(latest[code]),
            before=prices.worth(before[code]),
            is_money=code in money,
            basis=bases.get(code, Basis()) if bases is not None and code not in money else None,
            now=now,
        )
        for code, wallets in amounts.items()
    ]
    return sorted(found, key=by_worth)


def by_worth(each: Held) -> tuple[bool, bool, Decimal, str]:
    value = each.value
    return value is None, bool(each.about.spam), -(value or NOUGHT), each.code


def amounts_of(owner: User, wallet: Wallet | None = None, asset: str = "") -> Amounts:
    """What is there, wallet by wallet; an asset that comes to nought in all of them is not."""
    rows = Balance.objects.filter(owner=owner, wallet__binned_at=None)
    rows = rows.filter(wallet=wallet) if wallet else rows
    rows = rows.filter(asset=asset) if asset else rows
    found: Amounts = defaultdict(dict)
    for code, where, amount in rows.values_list("asset", "wallet_id", "amount").order_by("asset", "wallet_id"):
        if amount:
            found[code][where] = amount
    return dict(found)


def bases_of(standing: Standing, wallet: Wallet | None, *, together: bool, asset: str = "") -> dict[str, Basis] | None:
    """None: nobody knows yet, or nobody can say of one wallet, since all are counted together."""
    if standing.reckoning is None or (wallet and together):
        return None
    rows = Holding.objects.filter(reckoning=standing.reckoning)
    rows = rows.filter(wallet=wallet.pk) if wallet else rows
    rows = rows.filter(asset=asset) if asset else rows
    sums = rows.values_list("asset").annotate(Sum("amount"), Sum("cost"), Sum("unknown"), Sum("lots"))
    return {code: Basis(amount, cost, unknown, lots) for code, amount, cost, unknown, lots in sums}


def realised_in(standing: Standing, year: int, wallet: Wallet | None) -> Decimal:
    rows = GainSum.objects.filter(reckoning=standing.reckoning, year=year)
    rows = rows.filter(wallet=wallet.pk) if wallet else rows
    sums = rows.aggregate(proceeds=Sum("proceeds"), cost=Sum("cost"), adjustment=Sum("adjustment"))
    return total((less(sums["proceeds"] or NOUGHT, sums["cost"] or NOUGHT), sums["adjustment"]))


def times(amount: Decimal, price: Decimal | None) -> Decimal | None:
    return None if price is None else EXACT.multiply(amount, price)


def priced(found: Price | Missing) -> Price | None:
    return found if isinstance(found, Price) else None


# --- how fresh it is -----------------------------------------------------------------------------------------------


def told_at(price: Price, now: datetime) -> datetime:
    """Until when its prices tell: the oldest of its steps. Official rates have a day, and only count by themselves, or
    where they are older than any row of holidays.
    """
    market = [step for step in price.steps if step.method is not Method.OFFICIAL or now - step.at >= RENEWED]
    ends = [step.at + SPANS.get(step.method, timedelta()) for step in market or price.steps]
    return min([*ends, now])


@dataclass(frozen=True, slots=True)
class Freshness:
    """None: there is nothing of which it could be told."""

    priced_from: datetime | None
    priced_until: datetime | None
    old: int  # prices older than a day
    synced_from: datetime | None
    synced_until: datetime | None
    failing: int  # wallets that could not be read at the last look
    reckoned_at: datetime | None


def freshness_of(found: Portfolio) -> Freshness:
    times_told = [each.priced_at for each in found.held if each.priced_at and not each.is_money]
    connected = [each for each in looked_at(found) if each.is_connected]
    synced = [each.last_success_at for each in connected if each.last_success_at and not each.awaits_history]
    reckoning = found.standing.reckoning
    return Freshness(
        priced_from=earliest(times_told),
        priced_until=max(times_told, default=None),
        old=sum(each.is_old for each in found.held),
        synced_from=earliest(synced),
        synced_until=max(synced, default=None),
        failing=sum(bool(each.cause) for each in connected),
        reckoned_at=reckoning.reckoned_at if reckoning else None,
    )


def looked_at(found: Portfolio) -> Sequence[Wallet]:
    return [found.wallet] if found.wallet else found.wallets


def earliest(moments: Iterable[datetime]) -> datetime | None:
    return min(moments, default=None)
