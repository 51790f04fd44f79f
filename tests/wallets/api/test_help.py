"""`help/`: asked with a bundle that can be seen beforehand, and taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import Action
from accounts.models import AuditEvent
from config.api.fields import Facts
from tests.accounts.api.conftest import script_of
from tests.wallets.api.conftest import PHRASE, SECRET, errors_of, refusal_of, wallet_of
from wallets import help as helping
from wallets.models import HelpRequest

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from accounts.models import User
    from wallets.models import Wallet

HELP = "/api/v1/help/"


def test_what_staff_would_see_is_shown_before_it_is_sent(script: APIClient, wallet: Wallet) -> None:
    question = {"subject": "It fails", "words": "Since yesterday.", "wallet": str(wallet.pk)}
    dry = script.post(f"{HELP}?dry_run=1", question)
    assert (dry.status_code, dry.json()["id"]) == (200, None)
    assert not HelpRequest.objects.exists()

    asked = script.post(HELP, question)

    assert asked.status_code == 201
    assert asked.json()["bundle"] == dry.json()["bundle"] == Facts().to_representation(helping.bundle_of(wallet))
    assert asked.json()["bundle"]["wallet"] == str(wallet.pk)
    assert asked.json()["consent_until"]
    assert SECRET not in asked.content.decode()


def test_asking_is_in_the_trail_under_the_scripts_name(script: APIClient, alice: User) -> None:
    script.post(HELP, {"subject": "It fails"})

    event = AuditEvent.objects.get(owner=alice, action=Action.HELP_ASKED)
    assert (event.actor_kind, event.subject) == ("token", "It fails")


def test_consent_is_taken_back_and_the_question_stays(script: APIClient) -> None:
    asked = script.post(HELP, {"subject": "It fails"}).json()

    told = script.delete(f"{HELP}{asked['id']}/").json()

    assert told["consent_until"] is None
    assert script.get(f"{HELP}{asked['id']}/").json() == told
    assert script.delete(f"{HELP}{asked['id']}/").status_code == 200
    assert AuditEvent.objects.filter(action=Action.HELP_WITHDRAWN).count() == 1


def test_an_answer_by_staff_is_read_here(script: APIClient) -> None:
    asked = script.post(HELP, {"subject": "It fails"}).json()
    HelpRequest.objects.update(answer="Try again.", answered_at=timezone.now())

    assert script.get(f"{HELP}{asked['id']}/").json()["answer"] == "Try again."


@pytest.mark.parametrize("dry", ["", "?dry_run=1"])
def test_a_seed_phrase_is_turned_away_and_the_trail_says_so(script: APIClient, alice: User, dry: str) -> None:
    answer = script.post(f"{HELP}{dry}", {"subject": "Help", "words": PHRASE}, HTTP_IDEMPOTENCY_KEY="k")

    assert errors_of(answer) == [("words", "treasure")]
    assert "winner" not in answer.content.decode()
    assert not HelpRequest.objects.exists()
    assert AuditEvent.objects.filter(owner=alice, action=Action.TREASURE_REFUSED).count() == 1


def test_questions_have_a_shape(script: APIClient) -> None:
    assert errors_of(script.post(HELP, {"words": "x"})) == [("subject", "required")]
    assert errors_of(script.post(HELP, {"subject": "x" * 121})) == [("subject", "max_length")]
    assert errors_of(script.post(HELP, {"subject": "x", "wallet": "x"})) == [("wallet", "invalid")]


def test_the_list_pages_and_takes_as_many_queries_with_thirty(reader: APIClient, alice: User) -> None:
    counts = []
    for many in (1, 30):
        for number in range(HelpRequest.objects.count(), many):
            at = timezone.now() + timedelta(seconds=number)
            HelpRequest.objects.create(
                owner=alice, subject=f"Question {number}", created_at=at, wallet=wallet_of(alice, number)
            )
        reader.get(HELP)
        with CaptureQueriesContext(connection) as queries:
            found = reader.get(HELP).json()["results"]
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert [row["subject"] for row in found] == [f"Question {number}" for number in range(29, -1, -1)]
    assert reader.get(f"{HELP}?limit=10").json()["next"]


def test_a_reader_reads_and_does_not_ask(reader: APIClient, alice: User) -> None:
    assert refusal_of(reader.post(HELP, {"subject": "x"})) == (403, "insufficient_scope")
    assert script_of(alice, "write").post(HELP, {"subject": "x"}).status_code == 201
    assert len(reader.get(HELP).json()["results"]) == 1
