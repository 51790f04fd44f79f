"""`duplicates/`: pairs that may be the same thing told twice, and the owner's word about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.frame import Call, api
from config.api import pages
from config.api.fields import Choice, Shape, UtcTime
from config.api.problem import Problem, kind
from ledger import acts, filed_years, linking, proposals
from ledger.api.shapes import ID, FiledYears, TransactionLine
from ledger.decisions import VERDICTS, CannotBeError, Kind
from ledger.mine_matching import proposal_of
from ledger.models import Proposal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from accounts.models import User
    from ledger.models import Decision

CANNOT_BE = kind(
    "cannot_be", 409, "These cannot be one, or one transfer", "The detail says why. Read the transactions again."
)
DECISIONS = [(each, each) for each in VERDICTS]
LINES = "These as they are now, in the order in which they happened; what is no longer here is not among them."
REASON = {"code": "amount_equal", "words": "The amounts are the same.", "speaks_for": True}


class ReasonShape(Shape):
    code = serializers.CharField()
    words = serializers.CharField()
    speaks_for = serializers.BooleanField(help_text="False: it speaks against.")

    example = REASON


class PairShape(Shape):
    id = serializers.CharField()
    at = UtcTime(help_text="When the first of them happened.")
    score = serializers.IntegerField(help_text="Of a hundred.")
    reasons = ReasonShape(many=True)
    ones = serializers.ListField(child=serializers.CharField(), help_text="Transactions: one, or parts of one.")
    others = serializers.ListField(child=serializers.CharField(), help_text="Those that may be the same.")
    transactions = TransactionLine(many=True, help_text=LINES)
    filed_years = FiledYears()

    example = {
        "id": ID,
        "at": "2026-03-01T12:30:00Z",
        "score": 60,
        "reasons": [REASON],
        "ones": ["6b1f…"],
        "others": ["90aa…"],
        "transactions": [TransactionLine.example],
        "filed_years": [],
    }


class OutcomeShape(Shape):
    """What holds from now on."""

    decision = Choice(DECISIONS, help_text="same, different, linked, apart.")
    ones = serializers.ListField(child=serializers.CharField())
    others = serializers.ListField(child=serializers.CharField())

    example = {"decision": "same", "ones": ["6b1f…"], "others": ["90aa…"]}


@api("GET", scope="read", gives=PairShape, order=("-at", "-id"))
def index(call: Call) -> Response:
    """List pairs that may be the same thing told twice, the newest first.

    What is certain is joined without asking. `transactions/{id}/` of each tells the rows it is made of as well.
    """
    rows = proposals.asked(call.owner, Proposal.About.DUPLICATES)
    page, address = pages.page(call.request, rows, order=("-at", "-id"))
    names = ("id", "at", "score", "reasons", "ones", "others")
    told = [{name: getattr(each, name) for name in names} for each in page]
    both = [[*each.ones, *each.others] for each in page]
    return Response({"results": PairShape(with_what_they_are(call.owner, told, both), many=True).data, "next": address})


def with_what_they_are(
    owner: User, told: Sequence[dict[str, Any]], named: Sequence[Sequence[UUID]]
) -> list[dict[str, Any]]:
    """Each with the transactions it names, read for all at once: asking for them one by one would take hundreds."""
    found = acts.present(owner, [name for names in named for name in names])
    touched = filed_years.touched_of_each(owner, named)
    return [
        {**each, "transactions": acts.chosen(found, names), "filed_years": touch.numbers}
        for each, names, touch in zip(told, named, touched, strict=True)
    ]


@api("POST", scope="write", gives=OutcomeShape, problems=(CANNOT_BE,))
def merge(call: Call) -> dict[str, Any]:
    """Say that they are the same. One transaction stays, with all rows, edits and names of both."""
    return said(call, "pair_id", Proposal.About.DUPLICATES, Kind.SAME)


@api("POST", scope="write", gives=OutcomeShape, problems=(CANNOT_BE,))
def keep(call: Call) -> dict[str, Any]:
    """Say that they are different. They stay two, and this is not asked again."""
    return said(call, "pair_id", Proposal.About.DUPLICATES, Kind.DIFFERENT)


def said(call: Call, name: str, about: Proposal.About, verdict: Decision.Kind) -> dict[str, Any]:
    proposal = proposal_of(call.owner, call.path[name], about)
    try:
        linking.say(by=call.by, proposal=proposal, kind=verdict, now=call.now)
    except CannotBeError as error:
        raise Problem(CANNOT_BE, error.words) from None
    return {"decision": verdict, "ones": proposal.ones, "others": proposal.others}
