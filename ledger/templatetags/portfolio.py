"""Figures of holdings in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from ledger import holding_lines
from ledger import portfolio_shown as shown
from ledger.engine.types import Problem, Term

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from django.utils.safestring import SafeString

    from ledger.engine.types import Country
    from ledger.portfolio_rows import Row

register = template.Library()
register.filter("amount", shown.amount)
register.filter("direction", shown.direction)
register.simple_tag(shown.share, name="share")
register.simple_tag(shown.signed_share, name="signed_share")
register.simple_tag(shown.span, name="span")


def there(value: Decimal | str | None) -> Decimal | None:
    """A template hands on an empty text for what hangs on something that is not there."""
    return None if value is None or isinstance(value, str) else value


@register.filter
def worth(value: Decimal | str | None, currency: str) -> str:
    return shown.worth(there(value), currency)


@register.filter
def signed(value: Decimal | str | None, currency: str) -> str:
    return shown.signed(there(value), currency)


@register.filter
def price(value: Decimal | str | None) -> str:
    return shown.price(there(value))


@register.filter
def tax_year(number: int, country: Country) -> str:
    return shown.year(number, country)


@register.filter
def clock(at: datetime, now: datetime) -> str:
    return shown.clock(at, now)


@register.filter
def term(value: str) -> str:
    return shown.TERMS[Term(value)]


@register.filter
def problem(value: str) -> str:
    return shown.FOUND[Problem(value)]


@register.simple_tag
def holding_rows(rows: Sequence[Row], currency: str, waiting: bool) -> SafeString:  # noqa: FBT001 - as templates say it
    return holding_lines.html(rows, currency, waiting=waiting)
