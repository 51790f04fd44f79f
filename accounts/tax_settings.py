"""How gains are reckoned: in which country, by which method, over which holdings. Dated: rules change by the year.

What is offered per country lies in `RULES`, with the reason. `DEFAULT` holds for an owner who has set nothing;
the first change writes rows down.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import TextChoices

from accounts.audit import Action, Actor, record
from accounts.models import TaxSettings, User
from config.questions import Question

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet


FIRST_YEAR = 2009  # the year of the first block: nothing is older
LAST_YEAR = 2099
TOLD = re.compile(r"from (\d+): (\w+), (\w+), (\w+)")


class Country(TextChoices):
    US = "US", "United States"
    GB = "GB", "United Kingdom"
    CA = "CA", "Canada"
    DE = "DE", "Germany"
    AU = "AU", "Australia"
    OTHER = "other", "Another country"


class Method(TextChoices):
    FIFO = "fifo", "First in, first out"
    LIFO = "lifo", "Last in, first out"
    HIFO = "hifo", "Highest cost first"
    LOFO = "lofo", "Lowest cost first"
    SPECIFIC = "specific", "Lots chosen one by one"
    AVERAGE = "average", "Average cost"
    UK_POOL = "uk_pool", "UK share pooling: same day, 30 days, pool"
    ACB = "acb", "Canadian adjusted cost base, with superficial losses"


class BasisScope(TextChoices):
    UNIVERSAL = "universal", "All holdings together"
    PER_WALLET = "per_wallet", "Each wallet by itself"


# Month and day on which tax years begin, where it is not the first of January.
BEGINNINGS = {Country.GB: (4, 6), Country.AU: (7, 1)}
LOTS = (Method.FIFO, Method.LIFO, Method.HIFO, Method.LOFO, Method.SPECIFIC)
BOTH = (BasisScope.UNIVERSAL, BasisScope.PER_WALLET)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a country's tax office accepts. The first of each is what we propose."""

    methods: tuple[Method, ...]
    scopes: tuple[BasisScope, ...]
    reason: str


RULES = {
    Country.US: Rules(
        LOTS,
        BOTH,
        "Lots may be identified, at the sale at the latest, else the oldest go first; average cost is not accepted. "
        "From 2025 each wallet counts by itself.",
    ),
    Country.GB: Rules(
        (Method.UK_POOL,),
        (BasisScope.UNIVERSAL,),
        "HMRC asks for one pool per asset over all wallets, after the same-day and 30-day rules.",
    ),
    Country.CA: Rules(
        (Method.ACB,),
        (BasisScope.UNIVERSAL,),
        "The CRA asks for the average cost of identical property over all wallets.",
    ),
    Country.DE: Rules(
        (Method.FIFO,),
        (BasisScope.PER_WALLET,),
        "Where units are not told apart, the finance ministry's letter takes what was bought first as sold first, "
        "in each wallet by itself.",
    ),
    Country.AU: Rules(
        LOTS, BOTH, "The ATO lets you choose the parcels if your records identify them; average cost is not accepted."
    ),
    Country.OTHER: Rules(
        (*LOTS, Method.AVERAGE), BOTH, "We do not know the rules of this country: ask your adviser which ones hold."
    ),
}
US_PER_WALLET_FROM = 2025
AGAINST_US_RULE = "From 2025 each wallet counts by itself (Treas. Reg. §1.1012-1(j)): universal is for years before."


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds from `from_year` on, until the next one."""

    from_year: int
    country: Country
    method: Method
    scope: BasisScope

    @property
    def begins(self) -> date:
        return date(self.from_year, *BEGINNINGS.get(self.country, (1, 1)))

    @property
    def called(self) -> str:
        """Its first tax year, as its country calls it."""
        two = f"{self.from_year}/{(self.from_year + 1) % 100:02}"
        return two if self.country in BEGINNINGS else str(self.from_year)

    @property
    def advice(self) -> str:
        """A word of warning where the owner's choice is not what the tax office asks for."""
        late = self.country is Country.US and self.from_year >= US_PER_WALLET_FROM
        return AGAINST_US_RULE if late and self.scope is BasisScope.UNIVERSAL else ""


DEFAULT = (
    Setting(FIRST_YEAR, Country.US, Method.FIFO, BasisScope.UNIVERSAL),
    Setting(US_PER_WALLET_FROM, Country.US, Method.FIFO, BasisScope.PER_WALLET),
)


# --- reading -----------------------------------------------------------------------------------------------------


def _of(owner: int) -> QuerySet[TaxSettings]:
    return TaxSettings.objects.filter(owner=owner).order_by("from_year")


DATED = Question(_of, owner=-1)


def dated(owner: User) -> list[Setting]:
    """Oldest first; never empty."""
    return [_setting(row) for row in DATED.ask(owner=owner.pk)] or list(DEFAULT)


def has_said(owner: User) -> bool:
    """In which country tax is paid. Until then it is the default's, which need not be the owner's."""
    return bool(DATED.ask(owner=owner.pk))


def in_force(owner: User, year: int) -> Setting:
    """Years before the first setting are reckoned by the first one."""
    settings = dated(owner)
    return [settings[0], *(setting for setting in settings if setting.from_year <= year)][-1]


def present(owner: User, *, now: datetime) -> Setting:
    """Of the tax year that runs now where its owner lives: one that begins in April is not reached in January."""
    today = now.astimezone(ZoneInfo(owner.time_zone)).date()
    first, *others = dated(owner)
    return [first, *(setting for setting in others if setting.begins <= today)][-1]


def other_later(owner: User, year: int) -> Setting | None:
    """The next line of another country than the one that holds from that year on: it was set before, and stays."""
    lines, here = dated(owner), in_force(owner, year)
    return next((line for line in lines if line.from_year > year and line.country is not here.country), None)


def _setting(row: TaxSettings) -> Setting:
    return Setting(row.from_year, Country(row.country), Method(row.method), BasisScope(row.scope))


# --- changing ----------------------------------------------------------------------------------------------------


@transaction.atomic
def set_from(
    *, by: Actor, owner: User, from_year: int, country: str, method: str, scope: str, now: datetime
) -> Setting:
    """From one year on. A year that has a setting gets this one in its place."""
    setting = _checked(from_year, country, method, scope)
    _lock(owner)
    _write(by, owner, dated(owner), beside(owner, setting), now)
    return setting


def beside(owner: User, setting: Setting) -> list[Setting]:
    """What would hold, from when on, if this one did from its year on."""
    chosen = TaxSettings.objects.filter(owner=owner).exists()
    base = dated(owner) if chosen else _proposed_with(setting)
    kept = [other for other in base if other.from_year != setting.from_year]
    return sorted([*kept, setting], key=lambda s: s.from_year)


def _proposed_with(new: Setting) -> list[Setting]:
    """What we propose beside an owner's first choice: it does not come back into force over that choice in 2025."""
    if new.from_year >= US_PER_WALLET_FROM:
        return list(DEFAULT)
    if new.country is not Country.US:
        return [DEFAULT[0]]
    return [DEFAULT[0], replace(DEFAULT[1], method=new.method)]


@transaction.atomic
def set_for_all_years(
    *,
    by: Actor,
    owner: User,
    now: datetime,
    country: str | None = None,
    method: str | None = None,
    scope: str | None = None,
) -> None:
    """What is named holds in every year; what is not named keeps its dates.

    A method or scope that a newly named country does not know gives way to the one we propose there.
    """
    if {country, method, scope} == {None}:
        return
    _lock(owner)
    former = dated(owner)
    after = instead(former, country=country, method=method, scope=scope)
    _write(by, owner, former, after, now)


def instead(
    former: Sequence[Setting], *, country: str | None = None, method: str | None = None, scope: str | None = None
) -> list[Setting]:
    """The same with what is named in every year. Raises ValidationError for what does not go together."""
    base = former
    if country is not None and any(setting.country != country for setting in former):
        base = _moved(former, country)
    return _merged(
        [
            _checked(
                s.from_year,
                s.country,
                method if method is not None else s.method,
                scope if scope is not None else s.scope,
            )
            for s in base
        ]
    )


def _moved(former: Sequence[Setting], country: str) -> Sequence[Setting]:
    if country not in list(Country):
        raise ValidationError({"country": ValidationError("We do not know this country.", "invalid_choice")})
    if country == Country.US:
        return [_fitting(replace(s, country=Country.US), former[-1].method) for s in DEFAULT]
    return [_fitting(replace(s, country=Country(country)), s.method) for s in former]


def _fitting(setting: Setting, method: Method) -> Setting:
    rules = RULES[setting.country]
    return replace(
        setting,
        method=method if method in rules.methods else rules.methods[0],
        scope=setting.scope if setting.scope in rules.scopes else rules.scopes[0],
    )


def _merged(settings: Sequence[Setting]) -> list[Setting]:
    """A setting that says the same as the one before it says nothing."""
    kept: list[Setting] = []
    for setting in settings:
        if not kept or replace(setting, from_year=kept[-1].from_year) != kept[-1]:
            kept.append(setting)
    return kept


def _checked(from_year: int, country: str, method: str, scope: str) -> Setting:
    errors: dict[str, ValidationError] = {}
    if not FIRST_YEAR <= from_year <= LAST_YEAR:
        errors["from_year"] = ValidationError(f"Choose a year from {FIRST_YEAR} to {LAST_YEAR}.", "out_of_range")
    rules = RULES.get(Country(country)) if country in list(Country) else None
    if rules is None:
        errors["country"] = ValidationError("We do not know this country.", "invalid_choice")
    elif method not in rules.methods:
        errors["method"] = ValidationError(_not_here(rules, rules.methods), "not_in_this_country")
    elif scope not in rules.scopes:
        errors["scope"] = ValidationError(_not_here(rules, rules.scopes), "not_in_this_country")
    if errors:
        raise ValidationError(errors)
    return Setting(from_year, Country(country), Method(method), BasisScope(scope))


def _not_here(rules: Rules, choices: Sequence[TextChoices]) -> str:
    return f"{rules.reason} Choose {' or '.join(f'“{choice.label}”' for choice in choices)}."


def _lock(owner: User) -> None:
    """Two changes at once would each write the rows of the other away."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)


def _write(by: Actor, owner: User, former: Sequence[Setting], after: Sequence[Setting], now: datetime) -> None:
    if list(former) == list(after) and TaxSettings.objects.filter(owner=owner).exists():
        return
    TaxSettings.objects.filter(owner=owner).delete()
    TaxSettings.objects.bulk_create(
        TaxSettings(
            owner=owner,
            from_year=setting.from_year,
            country=setting.country,
            method=setting.method,
            scope=setting.scope,
            created_at=now,
        )
        for setting in after
    )
    record(
        by=by,
        action=Action.TAX_SETTINGS_CHANGED,
        owner=owner,
        now=now,
        former=[_words(setting) for setting in former],
        changed=[_words(setting) for setting in after],
    )


def _words(setting: Setting) -> str:
    return f"from {setting.from_year}: {setting.country}, {setting.method}, {setting.scope}"


def told(words: str) -> str:
    """What `_words` wrote down, for its owner to read; nothing where it was written otherwise once."""
    found = TOLD.fullmatch(words)
    try:
        named = (Country(found[2]), Method(found[3]), BasisScope(found[4])) if found else ()
    except ValueError:
        return ""
    return f"from {found[1]} {', '.join(str(each.label) for each in named)}" if found else ""
