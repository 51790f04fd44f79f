"""One asset of an owner: where it lies, what it is worth, which lots are left, what was realised, what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q, Sum

from config.keyset import moment_of
from ledger import tax_years
from ledger.engine.countries import TRAITS
from ledger.engine.types import Kind
from ledger.gains import asking, terms
from ledger.models import Balance, DailyChange, Finding, GainSum, Lot, Transaction
from ledger.portfolio import Basis, Portfolio, amounts_of, bases_of, held_by, times, wallets_of
from ledger.portfolio_terms import currency_of, terms_of
from ledger.pricing.base import EXACT
from ledger.sums import less, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User
    from ledger.engine.types import Term
    from ledger.gains.asking import Standing
    from ledger.portfolio import Held
    from ledger.portfolio_terms import Terms
    from wallets.models import Wallet

FOUND = 10  # findings that are shown
LARGEST = 2**63  # number of a row


@dataclass(frozen=True, slots=True)
class There:
    """What lies in one wallet. No cost: it is counted over all wallets, or not reckoned yet."""

    wallet: Wallet
    amount: Decimal
    value: Decimal | None
    basis: Basis | None


@dataclass(frozen=True, slots=True)
class LotLine:
    lot: Lot
    price: Decimal | None
    term: Term
    wallet: str  # its name; empty: it lies in none

    @property
    def value(self) -> Decimal | None:
        return times(self.lot.amount, self.price)

    @property
    def unit_cost(self) -> Decimal:
        return EXACT.divide(self.lot.cost, self.lot.amount)

    @property
    def gain(self) -> Decimal | None:
        return less(self.value, self.lot.cost) if self.value is not None and self.lot.known else None


@dataclass(frozen=True, slots=True)
class Year:
    year: int
    label: str
    proceeds: Decimal
    cost: Decimal
    gain: Decimal


@dataclass(frozen=True, slots=True)
class Asset:
    portfolio: Portfolio  # of this asset alone
    held: Held  # also where nothing is left of it
    wallets: Sequence[There]
    years: Sequence[Year]
    findings: Sequence[Finding]

    @property
    def lots(self) -> QuerySet[Lot]:
        return Lot.objects.filter(reckoning=self.portfolio.standing.reckoning, asset=self.held.code)

    def lots_from(self, after: str) -> QuerySet[Lot]:
        """Those that follow on the lot called `after`, the oldest first. What makes no sense is the beginning."""
        at, _, number = after.partition("_")
        try:
            moment, place = moment_of(at), int(number)
        except ValueError:
            return self.lots
        if not 0 <= place < LARGEST:
            return self.lots
        # Spelt so that PostgreSQL walks the index from here: (acquired, id) > (moment, place).
        return self.lots.filter(Q(acquired__gte=moment) & (Q(acquired__gt=moment) | Q(id__gt=place)))

    def lines(self, lots: Iterable[Lot]) -> list[LotLine]:
        price = self.held.price.value if self.held.price else None
        names = {each.pk: each.label for each in self.portfolio.wallets}
        shown = list(lots)
        terms = terms_of_each(self.portfolio.terms, shown)
        return [
            LotLine(lot, price, term, names.get(lot.wallet, "") if lot.wallet else "")
            for lot, term in zip(shown, terms, strict=True)
        ]


def terms_of_each(found: Terms | None, lots: Sequence[Lot]) -> list[Term]:
    if not lots:
        return []
    assert found is not None  # noqa: S101 - there are no lots before anything is reckoned
    brought = {lot.origin for lot in lots if lot.origin} if TRAITS[found.country].heirs_hold_long else set()
    left = Transaction.objects.filter(pk__in=brought, kind=Kind.GIFT, category="inheritance")
    inherited = dict(left.values_list("pk", "occurred_at")) if brought else {}
    return [found.term(lot.acquired, inherited=inherited.get(lot.origin) if lot.origin else None) for lot in lots]


def asset_of(owner: User, code: str, *, now: datetime) -> Asset | None:
    """None: this owner never held it."""
    if not code.isprintable():  # a NUL no database takes
        return None
    amounts = amounts_of(owner, asset=code)
    if not amounts and not ever_held(owner, code):
        return None
    standing = asking.standing(owner, now=now)
    regime = terms_of(standing.reckoning, now=now) if standing.reckoning else None
    currency = currency_of(owner, standing.reckoning)
    bases = bases_of(standing, None, together=False, asset=code)
    [held] = held_by(owner, amounts or {code: {}}, bases, currency, now)
    wallets = wallets_of(owner)
    together = bool(regime and regime.together)
    return Asset(
        portfolio=Portfolio(owner, now, standing, currency, regime, [held] if amounts else [], wallets),
        held=held,
        wallets=there(held, wallets, by_wallet(standing, code) if not together and not held.is_money else {}),
        years=years_of(standing, code),
        findings=findings_of(standing, code),
    )


def ever_held(owner: User, code: str) -> bool:
    in_bin = Q(wallet__binned_at=None)
    return (
        DailyChange.objects.filter(in_bin, owner=owner, asset=code).exists()
        or Balance.objects.filter(in_bin, owner=owner, asset=code).exists()
    )


def by_wallet(standing: Standing, code: str) -> dict[UUID, Basis]:
    """Of lots that lie in a wallet: those on their way lie in none."""
    if standing.reckoning is None:
        return {}
    rows = standing.reckoning.holdings.filter(asset=code).exclude(wallet=None)
    facts = rows.values_list("wallet", "amount", "cost", "unknown", "lots")
    return {
        wallet: Basis(amount, cost, unknown, lots)
        for wallet, amount, cost, unknown, lots in facts
        if wallet is not None
    }


def there(held: Held, wallets: Iterable[Wallet], bases: dict[UUID, Basis]) -> list[There]:
    price = held.price.value if held.price else None
    return [
        There(wallet, held.wallets[wallet.pk], times(held.wallets[wallet.pk], price), bases.get(wallet.pk))
        for wallet in wallets
        if wallet.pk in held.wallets
    ]


def years_of(standing: Standing, code: str) -> list[Year]:
    """Newest first."""
    if standing.reckoning is None or code in terms.money():
        return []
    settings = standing.reckoning.settings
    sums = GainSum.objects.filter(reckoning=standing.reckoning, asset=code).values_list("year")
    rows = sums.annotate(Sum("proceeds"), Sum("cost"), Sum("adjustment"))
    found = [(tax_years.terms_of(settings, year), *figures) for year, *figures in rows]
    return [
        Year(held.year, held.label, proceeds, cost, total((less(proceeds, cost), adjustment)))
        for held, proceeds, cost, adjustment in sorted(found, key=lambda each: each[0].first, reverse=True)
    ]


def findings_of(standing: Standing, code: str) -> list[Finding]:
    if standing.reckoning is None:
        return []
    rows = Finding.objects.filter(reckoning=standing.reckoning, asset=code)
    return list(rows.order_by("-at", "-id")[:FOUND])
