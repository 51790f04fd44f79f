"""`help/`: questions to Holdfast's staff, with a bundle that explains and gives nothing away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from rest_framework import serializers

from accounts.api.frame import Call, api
from config.api.fields import Facts, Id, Shape, Text, UtcTime
from wallets import help as helping
from wallets.api.problems import treasure_told
from wallets.api.trials import wallet_in_body
from wallets.free_text import TreasureError, refuse_treasure
from wallets.help import CONSENT
from wallets.models import HelpRequest

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.audit import Actor
    from accounts.models import User
    from config.api.problem import Problem
    from wallets.models import Wallet


class Help(Shape):
    id = serializers.CharField(source="pk", allow_null=True, help_text="Null: it was a dry run, nothing was asked.")
    subject = serializers.CharField()
    words = serializers.CharField()
    wallet = serializers.CharField(source="wallet_id", allow_null=True)
    bundle = Facts(help_text="All that staff is shown beside your words: no secret, no amount.")
    consent_until = UtcTime(allow_null=True, help_text="So long staff sees it; null: you took it back.")
    answer = serializers.CharField()
    answered_at = UtcTime(allow_null=True)
    created_at = UtcTime()

    example = {
        "id": "8d2b…",
        "subject": "Kraken does not answer",
        "words": "It worked until yesterday.",
        "wallet": "1f0c…",
        "bundle": {"exchange": "kraken", "state": "exchange_down", "cause": "unexpected_reply"},
        "consent_until": "2026-03-31T12:30:00Z",
        "answer": "",
        "answered_at": None,
        "created_at": "2026-03-01T12:30:00Z",
    }


class Question(Shape):
    subject = Text(max_length=120)
    words = Text(max_length=4000, required=False, allow_blank=True)
    wallet = Id(required=False, help_text="The wallet it is about; its bundle goes along.")

    example = {"subject": "Kraken does not answer", "words": "It worked until yesterday.", "wallet": "1f0c7a52-…"}


class DryRun(Shape):
    dry_run = serializers.BooleanField(required=False, help_text="Only show what staff would see.")


@api("GET", scope="read", gives=Help, order=("-created_at", "-id"))
def index(call: Call) -> QuerySet[HelpRequest]:
    """List your questions, the newest first."""
    return HelpRequest.objects.filter(owner=call.owner)


@api(
    "POST",
    scope="write",
    takes=Question,
    query=DryRun,
    gives=Help,
    status_of=lambda answer: 201 if answer["id"] else 200,
    statuses={200: "A dry run: nothing was asked.", 201: "Asked."},
)
def ask(call: Call) -> HelpRequest | Problem:
    """Ask for help.

    Asking is consenting: staff sees this, and the bundle with it, for 30 days or until you take it back. With
    `?dry_run=1` nothing is asked, and the answer shows the bundle.
    """
    facts = {"subject": call.data["subject"], "words": call.data.get("words", ""), "wallet": wallet_in_body(call)}
    ask_or_show = _as_it_would_be if call.query.get("dry_run") else helping.ask
    try:
        return ask_or_show(by=call.by, owner=call.owner, now=call.now, **facts)
    except TreasureError:
        return treasure_told("words")


def _as_it_would_be(
    *, by: Actor, owner: User, subject: str, words: str, wallet: Wallet | None, now: datetime
) -> HelpRequest:
    refuse_treasure(f"{subject}\n{words}", by=by, owner=owner, now=now, place="a question to staff")
    bundle = helping.bundle_of(wallet) if wallet else {}
    facts = {"subject": subject, "words": words, "wallet": wallet, "bundle": bundle}
    return HelpRequest(pk=None, owner=owner, consent_until=now + CONSENT, created_at=now, **facts)


@api("GET", scope="read", gives=Help)
def show(call: Call) -> HelpRequest:
    """Read one question and its answer."""
    return one(call)


@api("DELETE", scope="write", gives=Help)
def withdraw(call: Call) -> HelpRequest:
    """Take your consent back.

    Staff no longer sees the question. You keep it, with the answer if there is one.
    """
    return helping.withdraw(by=call.by, request=one(call), now=call.now)


def one(call: Call) -> HelpRequest:
    found = HelpRequest.objects.filter(owner=call.owner, pk=call.path["help_id"]).first()
    if found is None:
        raise Http404
    return found
