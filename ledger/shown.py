"""A transaction in the fields that owners see and say: as it holds, and as the sources tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.deriving import text_of, time_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from ledger.models import Transaction


@dataclass(frozen=True, slots=True)
class Fields:
    effective: Mapping[str, Any]
    source: Mapping[str, Any]


def fields_of(each: Transaction) -> Fields:
    effective = effective_of(each)
    return Fields(effective, each.source or effective)


def effective_of(each: Transaction) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "category": each.category,
        "occurred_at": time_of(each.occurred_at),
        "sent": pair(each.sent_amount, "asset", each.sent_asset),
        "received": pair(each.received_amount, "asset", each.received_asset),
        "fee": pair(each.fee_amount, "asset", each.fee_asset),
        "value": pair(each.value_amount, "currency", each.value_currency),
        "note": each.note,
        "tags": list(each.tags),
        "ignored": each.ignored,
    }


def pair(amount: Decimal | None, unit: str, name: str) -> dict[str, str] | None:
    return None if amount is None else {"amount": text_of(amount), unit: name}
