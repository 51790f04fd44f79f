"""Figures of holdings as pages show them. Rounding happens here and nowhere else; a sign is more than a colour."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING

from django.utils import timezone

from ledger.engine.days import BEGINNINGS, number_of
from ledger.engine.types import Problem, Term
from ledger.lines import exact

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.engine.types import Country

PLUS, MINUS, NARROW = "+", "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"
DIGITS = Context(prec=60, rounding=ROUND_HALF_UP)  # as tax pages and papers round: one sum is one figure everywhere
WHOLE = frozenset({"JPY", "KRW", "ISK"})  # money that nobody divides
CENT, ONE, TENTH = Decimal("0.01"), Decimal(1), Decimal("0.1")
FINE = Decimal("1e-8")  # of an amount in a table; all digits stand on the asset's own page
LEADING = 4  # digits of a small price
HUNDRED = Decimal(100)
TERMS = {Term.SHORT: "Short", Term.LONG: "Long", Term.NONE: ""}
FOUND = {
    Problem.MISSING_BASIS: "Sold, and nobody says what it had cost",
    Problem.NEGATIVE_BALANCE: "More left a wallet than was there",
    Problem.MISSING_PRICE: "Nobody says what it was worth",
    Problem.FEE_WITHOUT_RATE: "Its fee is in money that nobody can convert",
    Problem.ONE_SIDED: "Only one side of a trade is here",
    Problem.WORTH_SAID: "Your word on its worth is not the money that changed hands",
    Problem.IN_TRANSIT: "Sold before it had arrived",
    Problem.UNKNOWN_ORIGIN: "Came from nobody knows where",
    Problem.FORK_UNSHARED: "Came of a fork, and nobody says its share of the old coin's cost",
    Problem.UNKNOWN_TARGET: "Went to nobody knows where",
    Problem.MORE_ARRIVED: "More arrived than was sent",
    Problem.LINK_OF_TWO_ASSETS: "Linked, but not of one asset",
    Problem.CHOICE_SHORT: "A lot you chose does not hold as much",
    Problem.NO_PLAN: "Lots were shared out among wallets without a plan of yours",
    Problem.PLAN_DOES_NOT_FIT: "Your plan puts more into a wallet than it held",
}


def rounded(value: Decimal, step: Decimal) -> Decimal:
    return value.quantize(step, context=DIGITS)


def grouped(value: Decimal) -> str:
    """In thousands, below nought with a true minus."""
    return f"{MINUS if value < 0 else ''}{abs(value):,f}"


def step_of(currency: str) -> Decimal:
    return ONE if currency in WHOLE else CENT


def plain(value: Decimal | None, currency: str) -> str:
    """Money without its currency, where a heading says it; a dash for what is not known."""
    return "\N{EN DASH}" if value is None else grouped(rounded(value, step_of(currency)))


def worth(value: Decimal | None, currency: str) -> str:
    return plain(value, currency) if value is None else f"{plain(value, currency)}{NARROW}{currency}"


def plain_change(value: Decimal | None, currency: str) -> str:
    """Always with its sign, but for nothing at all."""
    near = None if value is None else rounded(value, step_of(currency))
    return f"{PLUS if near and near > 0 else ''}{plain(near, currency)}"


def signed(value: Decimal | None, currency: str) -> str:
    return plain_change(value, currency) if value is None else f"{plain_change(value, currency)}{NARROW}{currency}"


def price(value: Decimal | None) -> str:
    """To the cent, and small ones to so many digits that they tell something."""
    if value is None:
        return "\N{EN DASH}"
    if abs(value) >= ONE or not value:
        return grouped(rounded(value, CENT))
    return grouped(rounded(value, Decimal(1).scaleb(value.adjusted() - LEADING + 1)))


def amount(value: Decimal) -> str:
    """What is less than is shown is shown whole: nothing is held as little as that."""
    return exact(rounded(value, FINE) or value)


def share(part: Decimal | None, whole: Decimal | None) -> str:
    """In hundredths; nothing where there is nothing to compare with."""
    found = hundredths(part, whole)
    return "" if found is None else f"{grouped(found)}{NARROW}%"


def signed_share(part: Decimal | None, whole: Decimal | None) -> str:
    found = hundredths(part, whole)
    return "" if found is None else f"{PLUS if found > 0 else ''}{grouped(found)}{NARROW}%"


def hundredths(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    if part is None or whole is None or whole <= 0:
        return None
    return rounded(DIGITS.divide(DIGITS.multiply(part, HUNDRED), whole), TENTH)


def direction(value: Decimal | None) -> str:
    """For the colour, which says what the sign says already."""
    return "" if not value else "up" if value > 0 else "down"


def year(number: int, country: Country) -> str:
    """2025, or 2025/26 where it does not end with the calendar's."""
    begins = number_of(number)
    return f"{begins}/{(begins + 1) % 100:02}" if country in BEGINNINGS else str(begins)


def clock(at: datetime | None, now: datetime) -> str:
    """The time of day where it is today's, else the day, on the owner's clock."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    return f"{local.day} {local:%b}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def span(begin: datetime | None, end: datetime | None, now: datetime) -> str:
    """Of two moments, as one word where they look the same."""
    one, other = clock(begin, now), clock(end, now)
    return one if one == other else f"{one} to {other}"
