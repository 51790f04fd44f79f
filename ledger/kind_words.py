"""What the closed lists of the ledger are called on pages. Fields and kinds are named here only."""

from __future__ import annotations

from ledger.readings.base import Kind

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
    return KINDS[Kind(value)]


def finer(category: str) -> str:
    """As it stands behind a kind: "internal_transfer" is no word."""
    return category.replace("_", " ")
