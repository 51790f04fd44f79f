"""`transactions/bin/` and `transactions/{id}/restore/`: what was written by hand and put away, until it is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from accounts.api.frame import Call, api
from config.api.fields import Choice, Shape, UtcTime
from ledger import handmade
from ledger.api import transactions
from ledger.api.shapes import ID, KINDS, AmountShape, TransactionShape, ValueShape

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ledger.models import Transaction


class BinnedShape(Shape):
    id = serializers.CharField(help_text="`transactions/{id}/restore/` brings it back under this id.")
    wallet = serializers.CharField()
    binned_at = UtcTime(help_text="When it was put away. It stays until it is brought back.")
    kind = Choice(KINDS, help_text="As it was written down, like all that follows; edits come back with it.")
    category = serializers.CharField(allow_blank=True)
    occurred_at = UtcTime()
    sent = AmountShape(allow_null=True)
    received = AmountShape(allow_null=True)
    fee = AmountShape(allow_null=True)
    value = ValueShape(allow_null=True)

    example = {
        "id": ID,
        "wallet": ID,
        "binned_at": "2026-03-04T08:00:00Z",
        "kind": "gift",
        "category": "",
        "occurred_at": "2026-03-01T12:30:00Z",
        "sent": None,
        "received": {"amount": "0.5", "asset": "BTC"},
        "fee": None,
        "value": None,
    }

    def to_representation(self, instance: Any) -> Any:
        raw = instance.raw
        told = {name: raw.get(name) for name in ("kind", "sent", "received", "fee", "value")}
        facts = {"id": str(instance.key_id), "wallet": str(instance.wallet_id)}
        times = {"binned_at": instance.binned_at, "occurred_at": instance.occurred_at}
        return super().to_representation({**facts, **told, **times, "category": raw.get("category") or ""})


@api("GET", scope="read", gives=BinnedShape, order=("-occurred_at", "-id"))
def index(call: Call) -> QuerySet[Any]:
    """List what you wrote down by hand and took away again, the newest first. It counts for nothing.

    What exchanges and files tell never comes here: it is ignored instead, and `transactions/?ignored=only` lists it.
    """
    return handmade.lying(call.owner)


@api("POST", scope="write", gives=TransactionShape)
def restore(call: Call) -> Transaction:
    """Bring back what lies in the bin, with all that was said about it. What is back already stays as it is."""
    found = handmade.lies_in_bin(call.owner, call.path["transaction_id"])
    if found is None:
        return transactions.one(call)
    handmade.restore(by=call.by, key=found.key, wallet=found.wallet, now=call.now)
    return transactions.one(call)
