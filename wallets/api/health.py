"""`wallets/{id}/health/` and `checklist/`: how a wallet is doing, whose turn it is, and what is found by looking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from accounts.api.frame import Call, api
from accounts.api.waiting import Wait
from config.api.fields import Choice, Shape, UtcTime
from wallets import trials
from wallets.api import trials as tests
from wallets.api import wallets
from wallets.api.addresses import help_at, test_at, wallet_at
from wallets.api.problems import NO_KEY, refusals_told
from wallets.diagnosis import Fault, NextAction
from wallets.glances import glance
from wallets.models import CredentialTest
from wallets.records import Cause

if TYPE_CHECKING:
    from wallets.glances import Glance
    from wallets.models import Wallet

Purpose, State = CredentialTest.Purpose, CredentialTest.State
CAUSES = [cause.value for cause in Cause]


class NextActionShape(Shape):
    kind = Choice([action.value for action in NextAction])
    url = serializers.CharField(
        allow_null=True, help_text="Where it is done through the API, or at the exchange; null: there is nothing to do."
    )
    page = serializers.CharField(allow_null=True, help_text="The page of Holdfast where it is done in a browser.")


class Health(Shape):
    state = Choice(wallets.STATES)
    cause = Choice(CAUSES, allow_null=True)
    whose_fault = Choice([fault.value for fault in Fault])
    title = serializers.CharField()
    explanation = serializers.CharField()
    remedy = serializers.CharField(help_text="What to do; empty where there is nothing.")
    next_action = NextActionShape()
    last_success = UtcTime(allow_null=True)
    next_try = UtcTime(allow_null=True, help_text="Null: only after you did something.")
    failing_since = UtcTime(allow_null=True)
    streams = serializers.ListField(
        child=serializers.DictField(), help_text="How each kind of record is doing, once the wallet is synced."
    )

    example = {
        "state": "needs_you",
        "cause": "key_expired",
        "whose_fault": "owner",
        "title": "The key has run out",
        "explanation": "Keys of Kraken end after a while. Your history and your edits stay as they are.",
        "remedy": "Make a new read-only key at Kraken and put it in place of the old one.",
        "next_action": {
            "kind": "update_key",
            "url": "/api/v1/wallets/1f0c…/credential/",
            "page": "https://holdfast.example/wallets/1f0c…/key/",
        },
        "last_success": "2026-03-01T12:30:00Z",
        "next_try": None,
        "failing_since": "2026-03-01T18:30:00Z",
        "streams": [],
    }


@api("GET", scope="read", gives=Health)
def show(call: Call) -> dict[str, Any]:
    """Read how a wallet is doing, whose turn it is, and what to do next."""
    wallet = wallets.one(call)
    seen = glance(wallet)
    return {
        "state": wallet.state,
        "cause": wallet.cause or None,
        "whose_fault": seen.said.fault if seen.said else Fault.NOBODY,
        "title": seen.said.title if seen.said else seen.words.label,
        "explanation": seen.said.explanation if seen.said else seen.words.meaning,
        "remedy": seen.said.remedy if seen.said else "",
        "next_action": {"kind": seen.step.kind, "url": _address(seen), "page": _page(seen)},
        "last_success": wallet.last_success_at,
        "next_try": wallet.next_try_at,
        "failing_since": wallet.failing_since,
        "streams": wallet.streams,
    }


# What a phone calls. What is mended at the exchange is looked at again by the checklist.
PARTS = {
    NextAction.UPDATE_KEY: "credential",
    NextAction.ENTER_PASSPHRASE: "credential",
    NextAction.FIX_RIGHTS: "checklist",
    NextAction.FIX_IP: "checklist",
    NextAction.ACTIVATE_KEY: "checklist",
    NextAction.UPLOAD_CSV: "method",
}


def _address(seen: Glance) -> str | None:
    kind, wallet = seen.step.kind, seen.wallet
    if kind in PARTS:
        return wallet_at(wallet.pk, PARTS[kind])
    if kind is NextAction.RECONNECT:
        return reverse("wallets_api:oauth-one-start", args=[wallet.exchange])
    if kind is NextAction.ASK_HELP:
        return help_at()
    return seen.address if kind is NextAction.CONTACT_EXCHANGE else None


def _page(seen: Glance) -> str | None:
    if seen.step.kind in {NextAction.NONE, NextAction.WAIT} or not seen.address:
        return None
    return seen.address if seen.step.away else f"{settings.PUBLIC_URL}{seen.address}"


# --- the checklist -------------------------------------------------------------------------------------------------


class Checklist(Shape):
    id = serializers.CharField(allow_null=True, help_text="Of its test, in `credential-tests/`; null: none was run.")
    state = Choice([(state.value, state.label) for state in State], allow_null=True)
    checklist = tests.LineShape(many=True)
    rights = tests.RightsShape(allow_null=True)
    cause = Choice(CAUSES, allow_null=True)
    title = serializers.CharField(help_text="What came of it; empty while it goes on.")
    explanation = serializers.CharField()
    created_at = UtcTime(allow_null=True, help_text="When it was begun.")

    example = {
        name: tests.Test.example[name]
        for name in ("id", "state", "checklist", "rights", "cause", "title", "explanation", "created_at")
    }


NEVER_RUN: dict[str, Any] = {
    **dict.fromkeys(("id", "state", "rights", "cause", "created_at")),
    **dict.fromkeys(("title", "explanation"), ""),
    "checklist": [],
}


@api("GET", scope="read", gives=Checklist)
def checklist(call: Call) -> dict[str, Any]:
    """Read what the latest look at this wallet's credential found, line by line.

    A look happens when it is put in place, at every check, and when you ask for one.
    """
    latest = of_the_credential(wallets.one(call)).order_by("-created_at").first()
    return tests.told(latest, call.now) if latest else NEVER_RUN


def of_the_credential(wallet: Wallet) -> Any:
    """Candidates that did not come in force say nothing about what is."""
    mine = CredentialTest.objects.filter(wallet=wallet)
    checks = mine.filter(purpose=Purpose.CHECK)
    return checks | mine.filter(purpose__in=trials.PUTS_IN_FORCE, state=State.PASSED)


@api(
    "POST",
    scope="write",
    gives=Checklist,
    limit="key_tests",
    problems=(*tests.ASKED, NO_KEY),
    wait=Wait(begun=lambda answer: answer["id"], is_over=tests.is_over, outcome=tests.as_it_is, address=test_at),
    status_of=tests.status_of,
    statuses={200: tests.ENDED, 202: tests.GOES_ON},
)
def run_checklist(call: Call) -> dict[str, Any]:
    """Look at this wallet's credential now, line by line.

    One look at a time: who asks meanwhile gets the one under way.
    """
    wallet = wallets.one(call)
    with refusals_told():
        return tests.told(trials.check(by=call.by, wallet=wallet, now=call.now), call.now)
