"""`transfers/`: what is suggested, linked or without another end; accepted, rejected, taken apart, and made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.frame import Call, api
from config.api import pages
from config.api.fields import Choice, Id, Shape, UtcTime
from config.api.problem import Problem, invalid
from ledger import acts, linking, proposals, unmatched
from ledger.api.duplicates import CANNOT_BE, LINES, REASON, OutcomeShape, ReasonShape, said, with_what_they_are
from ledger.api.shapes import ID, FiledYears, TransactionLine
from ledger.decisions import CannotBeError, Kind
from ledger.mine_matching import act_of
from ledger.models import Proposal, Transaction

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from accounts.models import User
    from ledger.acts import Act
    from ledger.models import Decision
    from ledger.unmatched import OpenEnd

About = Proposal.About
STATES = ("suggested", "linked", "rejected", "unmatched")
GUESS = {"code": "payment", "words": "A payment for goods or services.", "wallet": None}


class TransferFilters(Shape):
    state = Choice([(each, each) for each in STATES], required=False, help_text="Left out: suggested.")

    example = {"state": "suggested"}


class GuessShape(Shape):
    code = serializers.CharField()
    words = serializers.CharField()
    wallet = serializers.CharField(allow_null=True, help_text="Which of your wallets is meant, where one is known.")

    example = GUESS


class TransferShape(Shape):
    id = serializers.CharField(
        help_text="For accept/ and reject/ if it is suggested, for unlink/ if linked; of an open end the transaction's."
    )
    state = Choice([(each, each) for each in STATES])
    at = UtcTime(help_text="When the first of them happened; of what is decided, when it was.")
    score = serializers.IntegerField(allow_null=True, help_text="Of a hundred. Null: nobody reckoned.")
    reasons = ReasonShape(many=True)
    by_itself = serializers.BooleanField(help_text="Decided without asking you.")
    outs = serializers.ListField(child=serializers.CharField(), help_text="Transactions: what left.")
    ins = serializers.ListField(child=serializers.CharField(), help_text="What arrived.")
    transactions = TransactionLine(many=True, help_text=LINES)
    guesses = GuessShape(many=True, help_text="What an open end may be, the likeliest first.")
    filed_years = FiledYears()

    example = {
        "id": ID,
        "state": "suggested",
        "at": "2026-03-01T12:30:00Z",
        "score": 70,
        "reasons": [REASON],
        "by_itself": False,
        "outs": ["6b1f…"],
        "ins": ["90aa…"],
        "transactions": [TransactionLine.example],
        "guesses": [],
        "filed_years": [],
    }


NONE_SAID: dict[str, Any] = {"score": None, "reasons": [], "by_itself": False, "guesses": []}


def of_proposal(each: Proposal) -> dict[str, Any]:
    facts = {"id": each.pk, "state": "suggested", "at": each.at, "score": each.score, "reasons": each.reasons}
    return {**NONE_SAID, **facts, "outs": each.ones, "ins": each.others}


def of_act(act: Act) -> dict[str, Any]:
    head = act.head
    state = "linked" if act.kind is Kind.LINKED else "rejected"
    facts = {"id": act.id, "state": state, "at": head.at, "score": head.score, "reasons": head.reasons}
    return {**NONE_SAID, **facts, "by_itself": head.by_itself, "outs": act.ones, "ins": act.others}


def of_end(end: OpenEnd) -> dict[str, Any]:
    each = end.transaction
    left = each.sent_amount is not None
    guesses = [
        {"code": choice.guess.code, "words": choice.guess.words, "wallet": choice.wallet and str(choice.wallet.pk)}
        for choice in end.choices
    ]
    sides = {"outs": [each.pk] if left else [], "ins": [] if left else [each.pk]}
    return {**NONE_SAID, "id": each.pk, "state": "unmatched", "at": each.occurred_at, **sides, "guesses": guesses}


def asked(call: Call, state: str) -> tuple[Any, tuple[str, ...]]:
    """The rows, and their order."""
    if state == "unmatched":
        return unmatched.unmatched(call.owner), ("-occurred_at", "-id")
    if state == "suggested":
        return proposals.asked(call.owner, About.TRANSFERS), ("-at", "-id")
    return heads(call.owner, state), ("-id",)


def told(call: Call, state: str, page: list[Any]) -> Iterable[dict[str, Any]]:
    if state == "unmatched":
        return map(of_end, unmatched.with_guesses(call.owner, page, now=call.now))
    return map(of_proposal, page) if state == "suggested" else map(of_act, acts.whole(page))


def heads(owner: User, state: str) -> Any:
    kind: Decision.Kind = Kind.APART if state == "rejected" else Kind.LINKED
    return acts.heads(owner, kind)


@api("GET", scope="read", query=TransferFilters, gives=TransferShape, order=("-at", "-id"))
def index(call: Call) -> Response:
    """List transfers between your wallets: those suggested, unless another state is asked for.

    `unmatched` is what left or arrived and has no other end here: say what it was by an edit of the transaction, or
    link it with its other end.
    """
    state = call.query.get("state", "suggested")
    listed, order = asked(call, state)
    page, address = pages.page(call.request, listed, order=order)
    found = list(told(call, state, page))
    both = [[*each["outs"], *each["ins"]] for each in found]
    rows = with_what_they_are(call.owner, found, both)
    return Response({"results": TransferShape(rows, many=True).data, "next": address})


class LinkWish(Shape):
    transactions = serializers.ListField(
        child=Id(),
        min_length=2,
        max_length=linking.MOST,
        help_text="Two; or one with its several parts. Which of them left is plain from each.",
    )

    example = {"transactions": [ID, "90aa3f5e-7f4e-4a60-9c4b-0d2f6c1f7b20"]}


@api("POST", scope="write", takes=LinkWish, gives=OutcomeShape, status=201, problems=(CANNOT_BE,))
def create(call: Call) -> dict[str, Any]:
    """Link by hand: what left in one arrived in the other.

    Refused where it cannot be: of one side only, of different assets, linked already.
    """
    return linked(call, call.data["transactions"])


def linked(call: Call, named: list[UUID]) -> dict[str, Any]:
    try:
        ends = linking.link(by=call.by, owner=call.owner, named=named, now=call.now)
    except CannotBeError as error:
        raise Problem(CANNOT_BE, error.words) from None
    except Transaction.DoesNotExist:
        raise invalid("transactions", "not_found", "Not all of these are transactions of yours.") from None
    sides = {"ones": [each.pk for each in ends.outs], "others": [each.pk for each in ends.ins]}
    return {"decision": Kind.LINKED, **sides}


@api("POST", scope="write", gives=OutcomeShape, problems=(CANNOT_BE,))
def accept(call: Call) -> dict[str, Any]:
    """Accept a suggestion. Both stay transactions, and are transfers from now on."""
    return verdict(call, Kind.LINKED)


@api("POST", scope="write", gives=OutcomeShape, problems=(CANNOT_BE,))
def reject(call: Call) -> dict[str, Any]:
    """Turn a suggestion down. It is not made again."""
    return verdict(call, Kind.APART)


def verdict(call: Call, kind: Decision.Kind) -> dict[str, Any]:
    try:
        return said(call, "proposal_id", About.TRANSFERS, kind)
    except Transaction.DoesNotExist:
        raise Problem(CANNOT_BE, linking.GONE) from None


@api("POST", scope="write", gives=OutcomeShape)
def unlink(call: Call) -> dict[str, Any]:
    """Take a link apart, whoever made it. It is not made again by itself."""
    act = act_of(call.owner, call.path["link_id"], Kind.LINKED)
    linking.turn(by=call.by, owner=call.owner, act=act, now=call.now)
    return {"decision": Kind.APART, "ones": act.ones, "others": act.others}
