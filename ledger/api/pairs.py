"""`duplicates/bulk/`: several pairs said to be the same or different at once, and that taken back as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.api.frame import Call, api
from config.api.fields import Choice, Id, Shape, Text, Truth
from config.api.problem import invalid
from ledger import carried, proposals, suggestions
from ledger.api.problems import NOTHING_TO_DO
from ledger.api.shapes import ID
from ledger.api.suggestions import (
    BatchShape,
    RefusedSuggestion,
    SuggestionsAnswer,
    decided,
    named,
    one,
    redone,
    shape_of,
    undone,
)
from ledger.decisions import DUPLICATES, Kind

if TYPE_CHECKING:
    from uuid import UUID

WORDS = [(each, each) for each in (Kind.SAME, Kind.DIFFERENT)]
MOST = suggestions.MOST[DUPLICATES]


class PairsWish(Shape):
    ids = serializers.ListField(
        child=Text(max_length=40), min_length=1, max_length=MOST, required=False, help_text="Of `duplicates/`."
    )
    like = Id(
        required=False,
        help_text=f"Instead of ids, one pair: all that rest on the same reasons, the newest first, at most {MOST:,}.",
    )
    decision = Choice(WORDS, help_text="same: each pair is one transaction. different: two, and not asked again.")
    dry_run = Truth(required=False, help_text="Only say what would be decided.")

    example = {"ids": [ID], "decision": "same", "dry_run": True}

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in sent) == ("like" in sent):
            raise serializers.ValidationError({"ids": ErrorDetail("Send ids or like, one of both.", "required")})
        return sent


class RefusedPair(RefusedSuggestion):
    example = {"id": ID, "code": "shared", "words": suggestions.SHARED_PAIR}


class PairsInWallet(Shape):
    wallet = serializers.CharField()
    pairs = serializers.IntegerField()

    example = {"wallet": ID, "pairs": 12}


class PairsAnswer(SuggestionsAnswer):
    decision = Choice(WORDS)
    decided = serializers.ListField(child=serializers.CharField(), help_text="The pairs that are.")
    refused = RefusedPair(many=True, help_text="Those that are left as they are, and why.")
    batch = serializers.CharField(allow_null=True, help_text="All of it: see `duplicates/bulk/{batch}/`.")
    wallets = PairsInWallet(many=True, help_text="How many of them are of which wallet.")
    edited = serializers.IntegerField(help_text="Transactions of which you said something: it goes along.")
    differing = serializers.IntegerField(
        help_text="Pairs of which you said two things that differ. Where they become one, that is a conflict."
    )
    more = serializers.IntegerField(
        help_text=f"So many more rest on the same reasons, of the first {proposals.COUNTED:,}. Ask again."
    )

    example = {
        **SuggestionsAnswer.example,
        "decision": "same",
        "wallets": [PairsInWallet.example],
        "edited": 2,
        "differing": 0,
        "more": 0,
    }


class PairsBatch(BatchShape):
    decision = Choice(WORDS)
    refused = RefusedPair(many=True, help_text="Those that could not be decided again by this call.")

    example = {**BatchShape.example, "decision": "same"}


@api("POST", scope="write", takes=PairsWish, gives=PairsAnswer)
def decide(call: Call) -> dict[str, Any]:
    """Say of several pairs that they are the same, or that they are different, as one batch that is taken back at once.

    Each is decided as it is alone. Those that cannot be are left as they are and told one by one. With `dry_run`
    nothing is changed.
    """
    ids, strange, more = chosen(call)
    before = suggestions.look(call.owner, ids, Kind(call.data["decision"]))
    told = carried.carried(call.owner, before.fit)
    answer = decided(call, ids, strange)
    wallets = [{"wallet": wallet.pk, "pairs": count} for wallet, count in told.wallets]
    return {**answer, "wallets": wallets, "edited": told.worded, "differing": told.differing, "more": more}


def chosen(call: Call) -> tuple[list[UUID], list[dict[str, Any]], int]:
    """And what is no name of anything; and how many more are like these."""
    if "ids" in call.data:
        return *named(call.data["ids"]), 0
    pair = proposals.one_of(call.owner, call.data["like"], DUPLICATES)
    if pair is None:
        raise invalid("like", "not_found", "No such pair of yours is asked about. See `duplicates/`.")
    found = proposals.alike(pair, most=MOST)
    return list(found.ids), [], found.all - len(found.ids)


@api("GET", scope="read", gives=PairsBatch)
def show(call: Call) -> dict[str, Any]:
    """Read what was decided at once, and how much of it still holds."""
    return shape_of(one(call, DUPLICATES, "pairs_id"))


@api("POST", scope="write", gives=PairsBatch, problems=(NOTHING_TO_DO,))
def undo(call: Call) -> dict[str, Any]:
    """Take all of it back, wherever nothing was said since: it is asked about again, as if nobody had decided."""
    return undone(call, DUPLICATES, "pairs_id")


@api("POST", scope="write", gives=PairsBatch, problems=(NOTHING_TO_DO,))
def redo(call: Call) -> dict[str, Any]:
    """Decide again what was taken back, as far as it can be still."""
    return redone(call, DUPLICATES, "pairs_id")
