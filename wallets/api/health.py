"""`wallets/{id}/health/` and `checklist/`: how a wallet is doing, whose turn it is, and what is found by looking."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from accounts.api.frame import Call, api
from accounts.api.waiting import Wait
from config.api.fields import Choice, Shape, UtcTime
from wallets import trials
from wallets.api import steps, wallets
from wallets.api import trials as tests
from wallets.api.addresses import test_at
from wallets.api.problems import NO_KEY, refusals_told
from wallets.glances import glance
from wallets.models import CredentialTest
from wallets.records import Cause

if TYPE_CHECKING:
    from wallets.models import Wallet

Purpose, State = CredentialTest.Purpose, CredentialTest.State
CAUSES = [cause.value for cause in Cause]
STREAM_STATES = [(each, each.capitalize()) for each in ("waiting", "running", "done", "failed")]


class StreamHealth(Shape):
    stream = serializers.CharField(help_text="A list at the exchange, by the name that `sync/` takes.")
    state = Choice(STREAM_STATES, help_text="As the last run left it.")
    rows = serializers.IntegerField(help_text="That this run brought.")
    complete_to = UtcTime(allow_null=True, help_text="Null: not read to its end yet.")
    cause = Choice(CAUSES, allow_null=True, help_text="Why it was not read.")
    right = serializers.CharField(help_text="Which right the credential lacks for it; empty: none.")

    example = {
        "stream": "ledger",
        "state": "done",
        "rows": 40,
        "complete_to": "2026-03-01T12:30:00Z",
        "cause": None,
        "right": "",
    }


class Health(Shape):
    state = Choice(wallets.STATES)
    cause = Choice(CAUSES, allow_null=True)
    whose_fault = Choice(steps.FAULTS)
    title = serializers.CharField()
    explanation = serializers.CharField()
    remedy = serializers.CharField(help_text="What to do; empty where there is nothing.")
    next_action = steps.NextActionShape()
    last_success = UtcTime(allow_null=True)
    next_try = UtcTime(allow_null=True, help_text="Null: only after you did something.")
    failing_since = UtcTime(allow_null=True)
    streams = StreamHealth(many=True, help_text="How each list at the exchange is doing, once the wallet is synced.")

    example = {
        "state": "needs_you",
        "cause": "key_expired",
        "whose_fault": "owner",
        "title": "The key has run out",
        "explanation": "A key ends on the day that was chosen when it was made, or by a rule of Kraken, such as one "
        "for keys that are not bound to fixed addresses. Your history and your edits stay as they are.",
        "remedy": "Make a new read-only key at Kraken and put it here.",
        "next_action": {
            "kind": "update_key",
            "url": "/api/v1/wallets/1f0c…/credential/",
            "page": "https://holdfast.example/wallets/1f0c…/key/",
        },
        "last_success": "2026-03-01T12:30:00Z",
        "next_try": None,
        "failing_since": "2026-03-01T18:30:00Z",
        "streams": [StreamHealth.example],
    }


@api("GET", scope="read", gives=Health)
def show(call: Call) -> dict[str, Any]:
    """Read how a wallet is doing, whose turn it is, and what to do next."""
    wallet = wallets.one(call)
    seen = glance(wallet)
    return {
        "state": wallet.state,
        "cause": wallet.cause or None,
        **steps.told(seen),
        "explanation": seen.said.explanation if seen.said else seen.words.meaning,
        "remedy": seen.remedy,
        "last_success": wallet.last_success_at,
        "next_try": wallet.next_try_at,
        "failing_since": wallet.failing_since,
        "streams": list(map(_stream, wallet.streams)),
    }


def _stream(each: dict[str, Any]) -> dict[str, Any]:
    until = each["complete_to"]
    return {**each, "cause": each["cause"] or None, "complete_to": datetime.fromisoformat(until) if until else None}


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
