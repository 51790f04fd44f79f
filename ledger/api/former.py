"""`wallets/{id}/former/`: whether its account is one that was removed before, and what is kept for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework import serializers

from accounts.api.frame import Call, api
from config.api.fields import Choice, Shape, Truth, UtcTime
from config.api.problem import Problem, kind
from ledger import former
from ledger.mine_matching import former_of, wallet_of
from ledger.models import FormerBook

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTLED = kind("former_settled", 409, "It was answered otherwise by now", "Read the list again.")
SHOWN = 10
VERDICTS = [(each.value, each.value) for each in FormerBook.Verdict]


class FormerShape(Shape):
    id = serializers.CharField()
    removed_at = UtcTime(help_text="When you removed that account.")
    verdict = Choice(
        VERDICTS,
        help_text="`asked`: it waits for you. `other`: you said that it is another account; that can be changed. "
        "`same`: what you had said is back.",
    )
    transactions = serializers.IntegerField(source="said", help_text="About so many something is kept.")
    rules = serializers.IntegerField(help_text="Kept, that were about that wallet alone.")
    agreeing = serializers.IntegerField(help_text="Names of transactions that both have, of those that were compared.")

    example = {
        "id": "5f0c7a52-1b8e-4a39-9c55-2f6f0d0a9e11",
        "removed_at": "2026-03-01T12:30:00Z",
        "verdict": "asked",
        "transactions": 12,
        "rules": 0,
        "agreeing": 2,
    }


class FormerAnswer(Shape):
    same = Truth(help_text="True: bring back what is kept for it. False: leave it where it is.")

    example = {"same": True}


@api("GET", scope="read", gives=FormerShape, whole=True)
def index(call: Call) -> Sequence[FormerBook]:
    """List accounts that you removed and that this one looks like, while that is open or you said no.

    Where there is no doubt, what you had said comes back by itself, and a notice tells you.
    """
    return list(former.questions(wallet_of(call.owner, call.path["wallet_id"]))[:SHOWN])


@api("POST", scope="write", takes=FormerAnswer, gives=FormerShape, problems=(SETTLED,))
def answer(call: Call) -> FormerBook:
    """Say whether it is the same account. Nothing is lost by a no; a yes is carried out in the background."""
    wallet = wallet_of(call.owner, call.path["wallet_id"])
    found = former_of(wallet, call.path["former_id"])
    try:
        return former.answer(by=call.by, wallet=wallet, found=found, same=call.data["same"], now=call.now)
    except former.NotNowError:
        raise Problem(SETTLED) from None
