"""`wallets/{id}/balances/`: what the exchange reports against what its transactions add up to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from rest_framework import serializers

from accounts.api.frame import Call, api
from config.api.fields import Choice, ExactDecimal, Shape, UtcTime
from config.api.problem import Problem, invalid, kind
from ledger import discrepancies
from ledger.api.shapes import AmountShape
from ledger.fields import ASSET
from ledger.mine_matching import wallet_of
from ledger.readings.base import Kind
from ledger.reconcile import Code
from wallets.mine import wallet_of as of_any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.discrepancies import Balances
    from ledger.reconcile import Cause, Line, Proposal, Since

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
THEN = {"at": "2026-03-07T12:30:00Z", "reported": "1.5", "calculated": "1", "difference": "0.5"}
SINCE = {
    "agreed_at": "2026-03-03T12:30:00Z",
    "differs_at": "2026-03-07T12:30:00Z",
    "url": "/transactions/?wallet=6b1f…&asset=BTC&from=2026-03-03&to=2026-03-07",
    "days": [THEN],
}
LINE = {
    "asset": "BTC",
    "reported": "1.5",
    "calculated": "1",
    "difference": "0.5",
    "agrees": False,
    "causes": [CAUSE],
    "proposal": PROPOSAL,
    "since": SINCE,
}


CODES = [(each, each) for each in Code]
TOLD_BY_EXCHANGE = kind(
    "told_by_exchange", 409, "The exchange tells the balances itself", "This wallet has a key: nothing need be said."
)


class CauseShape(Shape):
    code = Choice(CODES)
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


class ThenShape(Shape):
    at = UtcTime(help_text="When it was reported; calculated as of then.")
    reported = ExactDecimal()
    calculated = ExactDecimal()
    difference = ExactDecimal()

    example = THEN


class SinceShape(Shape):
    agreed_at = UtcTime(allow_null=True, help_text="The last report that agreed. Null: the first one kept differed.")
    differs_at = UtcTime(help_text="The first report after it, since which they differ.")
    url = serializers.CharField(help_text="The transactions between.")
    days = ThenShape(
        many=True,
        help_text="The report that agreed, the first that did not, those in which the difference changed, and the "
        "last: at most 12. Reports are kept by the day for 90 days, then by the month.",
    )

    example = SINCE


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
    since = SinceShape(allow_null=True, help_text="Null: they agree, or there was no report before.")

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


class SaidShape(Shape):
    amount = ExactDecimal(help_text="What is held there now; nought or more.")

    example = {"amount": "1.5"}


@api("PUT", scope="write", takes=SaidShape, gives=BalancesShape, problems=(TOLD_BY_EXCHANGE,))
def say(call: Call) -> dict[str, Any]:
    """Say what is held of an asset, where no key tells: in place of what you said of it before."""
    wallet = wallet_of(call.owner, call.path["wallet_id"])
    asset, amount = call.path["code"].upper(), call.data["amount"]
    if wallet.is_connected:
        raise Problem(TOLD_BY_EXCHANGE)
    if not ASSET.fullmatch(asset):
        raise Http404
    if amount < 0:
        raise invalid("amount", "below_nought", "What is held is nought or more.")
    discrepancies.type_in(by=call.by, wallet=wallet, asset=asset, amount=amount, now=call.now)
    return told(discrepancies.balances_of(wallet))


@api("DELETE", scope="write")
def unsay(call: Call) -> None:
    """Take back what you said of an asset, also while its wallet lies in the bin."""
    wallet = of_any(call.owner, call.path["wallet_id"])
    discrepancies.take_back(by=call.by, wallet=wallet, asset=call.path["code"].upper(), now=call.now)


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
        "since": line.since and began(line.since),
    }


def began(since: Since) -> dict[str, Any]:
    return {"agreed_at": since.agreed, "differs_at": since.differs, "url": since.href, "days": since.days}
