"""Filed years: figures as they were filed, kept beside what they would be now. Nothing is forbidden afterwards."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import IntegrityError, transaction

from accounts.audit import Action, record
from accounts.models import AuditEvent
from ledger import reporting, tax_figures, tax_years
from ledger.deriving import text_of
from ledger.engine.days import number_of
from ledger.engine.types import Country
from ledger.gains import asking, terms
from ledger.models import YearLock
from ledger.reports.kinds import filed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from accounts.audit import Actor
    from accounts.models import User
    from ledger.models import Reckoning
    from ledger.tax_figures import Figures

NOUGHT = Decimal(0)
MOST_CHANGES = 20
# What may make figures differ, as the trail tells it.
CHANGING = (
    Action.TAX_SETTINGS_CHANGED, Action.PROFILE_CHANGED, Action.TRANSACTIONS_EDITED, Action.TRANSACTION_ADDED,
    Action.TRANSACTION_BINNED, Action.TRANSACTION_RESTORED, Action.RULE_ADDED, Action.RULE_CHANGED, Action.RULE_MOVED,
    Action.RULE_DELETED, Action.DUPLICATES_MERGED, Action.DUPLICATES_KEPT, Action.DUPLICATES_DECIDED,
    Action.CLOCK_CONFIRMED, Action.CLOCK_REFUSED, Action.TRANSFER_LINKED, Action.TRANSFERS_DECIDED,
    Action.TRANSFER_REJECTED, Action.FILE_IMPORTED, Action.IMPORT_UNDONE, Action.WALLET_CONNECTED, Action.WALLET_BINNED,
    Action.WALLET_RESTORED, Action.SYNC_ASKED, Action.LOTS_CHOSEN, Action.LOTS_TAKEN_BACK, Action.COST_SAID,
    Action.COST_TAKEN_BACK, Action.PLAN_SAVED, Action.PLAN_TAKEN_BACK, Action.TRANSFER_FEE_CHOSEN, Action.PRICE_SET,
    Action.PRICE_TAKEN_BACK, Action.ASSET_NAMED, Action.ASSET_NAME_CHANGED, Action.ASSET_NAME_DROPPED,
)  # fmt: skip
SETTINGS = {
    "regimes": "tax settings",
    "currency": "base currency",
    "zone": "time zone",
    "transfer_fee": "transfer fees",
}


class NotYetError(Exception):
    """Gains are being reckoned, so nobody knows what would be filed."""


class NotOverError(Exception):
    """The tax year still runs, and nobody said that it is to be filed all the same."""


class LockedError(Exception):
    """It is filed already."""


class UnseenError(Exception):
    """The figures are others than those its owner looked at."""


def of(owner: User, year: int) -> YearLock | None:
    return YearLock.objects.filter(owner=owner, year=year, opened_at=None).first()


def former(owner: User, year: int) -> list[YearLock]:
    """Those that were taken back; their record stays."""
    rows = YearLock.objects.filter(owner=owner, year=year).exclude(opened_at=None)
    return list(rows.order_by("-locked_at")[:20])


# --- verbs --------------------------------------------------------------------------------------------------------


@transaction.atomic
def lock(
    *, by: Actor, owner: User, year: int, note: str, now: datetime, unfinished: bool = False, seen: str | None = None
) -> YearLock:
    """Figures are frozen as they are now, and the country's paper is made of them. `unfinished`: though the year is not
    over, as for whoever leaves a country. `seen`: what its owner looked at, by its `inputs`; empty: nothing. Raises
    NotOverError, NotYetError, UnseenError, LockedError.
    """
    if runs_until(owner, year, now=now) and not unfinished:
        raise NotOverError
    standing = asking.standing(owner, now=now)
    if standing.reckoning is None or not standing.current:
        raise NotYetError
    held = frozen(standing.reckoning, year)
    if seen is not None and seen != held["inputs"] and of(owner, year) is None:
        raise UnseenError
    country = Country(held["settings"]["country"])
    held["settings"]["report"] = str(reporting.ask(by=by, owner=owner, kind=filed(country).name, year=year, now=now).pk)
    try:
        with transaction.atomic():
            made = YearLock.objects.create(owner=owner, year=year, note=note, locked_at=now, **held)
    except IntegrityError:
        raise LockedError from None
    subject = tax_years.terms_of(held["settings"], year).label
    record(by=by, action=Action.YEAR_LOCKED, owner=owner, now=now, subject=subject, about=made.pk)
    return made


def runs_until(owner: User, year: int, *, now: datetime) -> date | None:
    return tax_years.asked(owner, year).runs_until(owner.time_zone, now=now)


def met_until(owner: User, year: int, *, now: datetime) -> date | None:
    return tax_years.met_until(terms.asked(owner), year, now=now)


def frozen(reckoning: Reckoning, year: int, figures: Figures | None = None) -> dict[str, Any]:
    """`figures`: those that are shown beside it, so that what is shown and what is named cannot be two things."""
    told: dict[str, Any] = {
        "settings": {**reckoning.settings, "country": str(tax_figures.country_of(reckoning, year))},
        "version": reckoning.version,
        "figures": tax_figures.kept(figures or tax_figures.figures(reckoning, year)),
        "assets": tax_figures.by_asset(reckoning, year),
    }
    return {**told, "inputs": hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()}


@transaction.atomic
def take_back(*, by: Actor, owner: User, year: int, now: datetime) -> bool:
    """No longer filed. What was filed stays on record."""
    found = YearLock.objects.select_for_update(no_key=True).filter(owner=owner, year=year, opened_at=None).first()
    if found is None:
        return False
    found.opened_at = now
    found.save(update_fields=["opened_at"])
    subject = tax_years.terms_of(found.settings, year).label
    record(by=by, action=Action.YEAR_OPENED, owner=owner, now=now, subject=subject, about=found.pk)
    return True


# --- what would now differ ----------------------------------------------------------------------------------------


class Difference(NamedTuple):
    """A figure, or an asset's gain. What is not there, such as income of a kind, is nought."""

    name: str
    words: str
    filed: Decimal
    now: Decimal

    @property
    def by(self) -> Decimal:
        return self.now - self.filed


@dataclass(frozen=True, slots=True)
class Comparison:
    figures: list[Difference]
    assets: list[Difference]
    settings: list[str]  # which of them are others now, in words
    otherwise: bool  # Holdfast itself has been mended since, which may be why
    incomparable: str  # by another "currency" or "country" now, figures cannot be held against each other; else nothing

    @property
    def comparable(self) -> bool:
        return not self.incomparable

    @property
    def differs(self) -> bool:
        """Settings alone are no difference: what they change is in the figures, or it is nothing."""
        return bool(self.assets) or any(each.by for each in self.figures)


def compare(held: YearLock, reckoning: Reckoning) -> Comparison:
    settings, otherwise = settings_changed(held, reckoning), held.version != reckoning.version
    if apart := incomparable(held, reckoning):
        return Comparison([], [], settings, otherwise=otherwise, incomparable=apart)
    return Comparison(
        figures=list(figures_beside(held, reckoning)),
        assets=[each for each in assets_beside(held, reckoning) if each.by],
        settings=settings,
        otherwise=otherwise,
        incomparable="",
    )


def incomparable(held: YearLock, reckoning: Reckoning) -> str:
    """Another country's form asks for other figures, and its year may have other days."""
    if reckoning.settings["currency"] != held.settings["currency"]:
        return "currency"
    return "country" if tax_figures.country_of(reckoning, held.year) != held.settings["country"] else ""


def figures_beside(held: YearLock, reckoning: Reckoning) -> Iterator[Difference]:
    """All of them, so that those which are the same are seen to be."""
    now = {line.name: line for line in tax_figures.lines(tax_figures.figures(reckoning, held.year))}
    for name in dict.fromkeys([*now, *held.figures]):
        words = now[name].words if name in now else tax_figures.words_of(name)
        value = Decimal(text_of(now[name].value)) if name in now else NOUGHT
        yield Difference(name, words, Decimal(held.figures.get(name, 0)), value)


def assets_beside(held: YearLock, reckoning: Reckoning) -> Iterator[Difference]:
    now = tax_figures.by_asset(reckoning, held.year)
    for asset in sorted({*now, *held.assets}):
        yield Difference(asset, asset, gain_of(held.assets, asset), gain_of(now, asset))


def as_filed(held: YearLock) -> list[tuple[str, str, Decimal]]:
    """Each figure's name, words and value: what was filed, whatever can be held against it by now."""
    names = tax_figures.in_order(held.figures)
    return [(name, tax_figures.words_of(name), Decimal(held.figures[name])) for name in names]


def gain_of(assets: Mapping[str, Mapping[str, list[str]]], asset: str) -> Decimal:
    return tax_figures.summed(assets.get(asset, {}))


def settings_changed(held: YearLock, reckoning: Reckoning) -> list[str]:
    then, now = (until(settings, held.year) for settings in (held.settings, reckoning.settings))
    return [words for name, words in SETTINGS.items() if then.get(name) != now.get(name)]


def until(settings: Mapping[str, Any], year: int) -> dict[str, Any]:
    """Without the lines of later years, which change nothing before them."""
    return {**settings, "regimes": [line for line in settings["regimes"] if line[0] <= number_of(year)]}


def changes_since(held: YearLock) -> list[AuditEvent]:
    """What was done since that may be the reason, newest first."""
    rows = AuditEvent.objects.filter(owner=held.owner_id, action__in=CHANGING, at__gte=held.locked_at)
    return list(rows.order_by("-at", "-id")[:MOST_CHANGES])
