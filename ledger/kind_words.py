"""What the closed lists of the ledger are called on pages. Fields and kinds are named here only."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind
from wallets import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = {
    Kind.TRADE: "Trade",
    Kind.DEPOSIT: "Deposit",
    Kind.WITHDRAWAL: "Withdrawal",
    Kind.TRANSFER: "Transfer",
    Kind.REWARD: "Reward",
    Kind.INCOME: "Income",
    Kind.FEE: "Fee",
    Kind.SPEND: "Spending",
    Kind.GIFT: "Gift",
    Kind.LOST: "Lost",
    Kind.ADJUSTMENT: "Adjustment",
}
CHOICES = [(kind.value, words) for kind, words in KINDS.items()]
FIELDS = {
    "kind": "Kind",
    "category": "Category",
    "occurred_at": "When",
    "sent": "Sent",
    "received": "Received",
    "fee": "Fee",
    "value": "Value",
    "note": "Note",
    "tags": "Tags",
    "ignored": "Ignored",
}
ORIGINS = {"api": "The exchange", "file": "A file", "hand": "Written by hand"}


def kind(value: str) -> str:
    return KINDS[value]  # type: ignore[index] # by its text


def exchange(name: str) -> str:
    return catalogue.named(name)


def stood_in(origin: str, family: str) -> str:
    """Where a row stood: a list as its exchange calls it, or a file by the title of its format."""
    from ledger.imports import formats  # noqa: PLC0415 - dozens of formats: loaded by who shows a file's rows

    form = formats.every().get(family) if origin == "file" else None
    return form.title if form else finer(family)


def finer(category: str) -> str:
    """As it stands behind a kind: "internal_transfer" is no word."""
    return category.replace("_", " ")


def said(field: str, value: Any, *, at: Callable[[str], str]) -> str:
    """A field's value in words. `at` puts a time on the reader's clock."""
    if value in (None, "", []):
        return "None"
    if field == "occurred_at":
        return at(value)
    return SAID[field](value) if field in SAID else str(value)


def sum_of(value: dict[str, str]) -> str:
    return f"{grouped(value['amount'])} {value.get('asset') or value.get('currency')}"


def grouped(amount: str) -> str:
    """1234.5 is 1,234.5, to the last digit."""
    return f"{Decimal(amount):,f}"


SAID: dict[str, Callable[[Any], str]] = {
    "kind": kind,
    "sent": sum_of,
    "received": sum_of,
    "fee": sum_of,
    "value": sum_of,
    "tags": ", ".join,
    "ignored": lambda value: "Yes" if value else "No",
}
