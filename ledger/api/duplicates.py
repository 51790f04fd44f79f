"""`duplicates/`: pairs that may be the same thing told twice, and the owner's word about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.frame import Call, api
from config.api import pages
from config.api.fields import Choice, Shape, UtcTime
from config.api.problem import Problem, kind
from ledger import filed_years, linking
from ledger.api.shapes import ID, FiledYears
from ledger.decisions import CannotBeError, Kind
from ledger.mine_matching import proposal_of
from ledger.models import Proposal

if TYPE_CHECKING:
    from ledger.models import Decision

CANNOT_BE = kind(
    "cannot_be", 409, "These cannot be one, or one transfer", "The detail says why. Read the transactions again."
)
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
    filed_years = FiledYears()

    example = {
        "id": ID,
        "at": "2026-03-01T12:30:00Z",
        "score": 60,
        "reasons": [REASON],
        "ones": ["6b1f…"],
        "others": ["90aa…"],
        "filed_years": [],
    }


class OutcomeShape(Shape):
    """What holds from now on."""

    decision = Choice([(each, each) for each in Kind], help_text="same, different, linked, apart.")
    ones = serializers.ListField(child=serializers.CharField())
    others = serializers.ListField(child=serializers.CharField())

    example = {"decision": "same", "ones": ["6b1f…"], "others": ["90aa…"]}


@api("GET", scope="read", gives=PairShape, order=("-at", "-id"))
def index(call: Call) -> Response:
    """List pairs that may be the same thing told twice, the newest first.

    What is certain is joined without asking. Read `transactions/{id}/` of each to see it with the rows it is made of.
    """
    rows = Proposal.objects.for_user(call.owner).filter(about=Proposal.About.DUPLICATES)
    page, address = pages.page(call.request, rows, order=("-at", "-id"))
    touched = filed_years.touched_of_each(call.owner, [[*each.ones, *each.others] for each in page])
    names = ("id", "at", "score", "reasons", "ones", "others")
    told = [
        {**{name: getattr(each, name) for name in names}, "filed_years": touch.numbers}
        for each, touch in zip(page, touched, strict=True)
    ]
    return Response({"results": PairShape(told, many=True).data, "next": address})


@api("POST", scope="write", gives=OutcomeShape, problems=(CANNOT_BE,))
def merge(call: Call) -> dict[str, Any]:
    """Say that they are the same. One transaction stays, with all rows, edits and names of both."""
    return said(call, "pair_id", Proposal.About.DUPLICATES, Kind.SAME)


@api("POST", scope="write", gives=OutcomeShape)
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
