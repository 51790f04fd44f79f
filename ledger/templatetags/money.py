"""Amounts and transactions in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.utils.http import urlencode

from ledger import kind_words, lines, particulars

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal
    from uuid import UUID

    from django.utils.safestring import SafeString

    from ledger.models import Transaction

register = template.Library()
register.filter("exact", lines.exact)
register.filter("under", lines.under)


@register.simple_tag
def transaction_rows(shown: Sequence[lines.Line], names: Mapping[UUID, str], *, pick: bool = True) -> SafeString:
    return lines.html(shown, names, pick=pick)


@register.simple_tag
def money(amount: Decimal | None, unit: str, sign: str = "") -> str:
    return lines.money(amount, unit, sign)


@register.filter
def kind(value: str) -> str:
    return kind_words.kind(value)


@register.filter
def said(value: Any, field: str) -> str:
    """One field's value, as `ledger.shown` has it, in the words of a page."""
    return particulars.words(field, value)


@register.filter
def of(values: Mapping[str, Any], name: str) -> Any:
    return values[name]


@register.filter
def query_of(filters: Mapping[str, str]) -> str:
    return urlencode(filters)


@register.filter
def as_filters(query: str) -> str:
    """The filters of a list, as another page is told them."""
    return urlencode({"filters": query})


@register.filter
def trades(each: Transaction, currency: str) -> bool:
    """Whether it gave one thing for another, and one of them was that money: then that much is what it was worth."""
    both = each.sent_amount is not None and each.received_amount is not None
    return each.kind == "trade" and both and currency in {each.sent_asset, each.received_asset}
