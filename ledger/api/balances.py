"""`wallets/{id}/balances/`: what the exchange reports against what its transactions add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from accounts.api.frame import Call, api
from config.api.fields import Choice, ExactDecimal, Shape, UtcTime
from ledger import discrepancies
from ledger.api.shapes import AmountShape
from ledger.mine_matching import wallet_of
from ledger.readings.base import Kind
from ledger.reconcile import Code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.discrepancies import Balances
    from ledger.reconcile import Cause, Line, Proposal

CAUSE = {
    "code": "unmatched",
    "words": "0.5 BTC left Kraken on 1 Mar 2026 and may have arrived here.",
    "exact": True,
    "url": "/transactions/transfers/link/?one=6b1f…",
}
PROPOSAL = {
    "kind": "adjustment",
    "category": "opening balance",
    "occurred_at": "2020-12-31T23:59:59Z",
    "sent": None,
    "received": {"amount": "0.5", "asset": "BTC"},
}
LINE = {
    "asset": "BTC",
    "reported": "1.5",
    "calculated": "1",
    "difference": "0.5",
    "agrees": False,
    "causes": [CAUSE],
    "proposal": PROPOSAL,
}


class CauseShape(Shape):
    code = Choice([(each, each) for each in Code])
    words = serializers.CharField()
    exact = serializers.BooleanField(help_text="It accounts for the difference to the last digit.")
    url = serializers.CharField(help_text="The page where it is mended; empty: nothing is to be done.")

    example = CAUSE


class ProposalShape(Shape):
    kind = Choice([(Kind.ADJUSTMENT, Kind.ADJUSTMENT)])
    category = serializers.CharField()
    occurred_at = UtcTime()
    sent = AmountShape(allow_null=True)
    received = AmountShape(allow_null=True)

    example = PROPOSAL

    def to_representation(self, instance: Proposal) -> Any:
        return {"sent": None, "received": None, **instance.fields}


class BalanceShape(Shape):
    asset = serializers.CharField()
    reported = ExactDecimal(allow_null=True, help_text="Over all places where the exchange keeps it. Null: not said.")
    calculated = ExactDecimal(help_text="By the transactions, as of the report.")
    difference = ExactDecimal(allow_null=True, help_text="Above nought: the exchange has more.")
    agrees = serializers.BooleanField(help_text="But for digits that the exchange does not tell.")
    causes = CauseShape(many=True, help_text="Found in the data, not guessed.")
    proposal = ProposalShape(
        allow_null=True,
        help_text="The last resort: POST these fields, with the wallet, to transactions/, and both agree. It explains "
        "nothing. An adjustment in the bin undoes it.",
    )

    example = LINE


class BalancesShape(Shape):
    said_by = Choice(
        [(each, each) for each in ("exchange", "owner", "nobody")],
        help_text="Who says what is reported: a wallet fed by files has only your own word, if any.",
    )
    reported_at = UtcTime(allow_null=True)
    causes = CauseShape(many=True, help_text="Of the wallet as a whole, where something differs.")
    balances = BalanceShape(many=True, help_text="Those that differ first.")

    example = {"said_by": "exchange", "reported_at": "2026-03-01T12:30:00Z", "causes": [], "balances": [LINE]}


@api("GET", scope="read", gives=BalancesShape)
def show(call: Call) -> dict[str, Any]:
    """Read what the exchange says it holds against what the transactions add up to, with causes and what would mend it.

    Up to now for each asset; an asset of which nothing is said and nothing calculated is not there.
    """
    return told(discrepancies.balances_of(wallet_of(call.owner, call.path["wallet_id"])))


def told(found: Balances) -> dict[str, Any]:
    return {
        "said_by": found.source,
        "reported_at": found.reported_at,
        "causes": causes(found.causes),
        "balances": [balance(line) for line in found.lines],
    }


def causes(found: Iterable[Cause]) -> list[dict[str, Any]]:
    return [{"code": each.code, "words": each.words, "exact": each.exact, "url": each.href} for each in found]


def balance(line: Line) -> dict[str, Any]:
    return {
        "asset": line.asset,
        "reported": line.reported and line.reported.amount,
        "calculated": line.calculated,
        "difference": line.difference,
        "agrees": line.agrees,
        "causes": causes(line.causes),
        "proposal": line.proposal,
    }
