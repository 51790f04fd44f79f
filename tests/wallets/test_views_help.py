"""Asking staff: what is sent is shown first, a treasure is turned away, and the consent can be taken back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import Action, Actor, ActorKind
from accounts.models import AuditEvent
from tests.wallets.holdings import NOW, SECRET, a_check, a_wallet, page_of
from wallets import help as asking
from wallets.models import HelpRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User
    from wallets.models import Wallet

PAGE = "/wallets/help/"
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"


def asked_by(owner: User, *, subject: str = "It fails", wallet: Wallet | None = None, **when: object) -> HelpRequest:
    by = Actor(ActorKind.OWNER, owner)
    now = when.get("now", timezone.now())
    return asking.ask(by=by, owner=owner, subject=subject, words="Since Monday.", wallet=wallet, now=now)


# --- about a wallet --------------------------------------------------------------------------------------------------


def test_the_form_begins_with_what_is_wrong_and_without_the_wallets_name(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, label="Savings of Alice", cause="key_expired")

    form = alices_browser.get(page_of(wallet, "help/")).context["form"]

    assert form["subject"].value() == "Kraken: The key has run out"


def test_what_is_sent_is_shown_to_the_letter(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, label="Savings of Alice", note="private", cause="ip_refused")
    a_check(wallet, ("activity", "ticked", "17", ""), ("address", "crossed", "", "ip_refused"), cause="ip_refused")

    page = alices_browser.get(page_of(wallet, "help/"))
    alices_browser.post(page_of(wallet, "help/"), {"subject": "It fails", "words": "Since Monday."})

    shown = page.context["bundle"]
    asked = HelpRequest.objects.get()
    assert json.loads(shown) == asked.bundle
    assert not [kept for kept in ("Savings of Alice", "private", SECRET, '"17"') if kept in shown]


def test_asking_consents_for_thirty_days_and_leads_to_the_questions(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice)

    answer = alices_browser.post(page_of(wallet, "help/"), {"subject": "It fails", "words": ""}, follow=True)

    asked = HelpRequest.objects.get()
    assert (asked.owner, asked.wallet) == (alice, wallet)
    assert asked.consent_until - asked.created_at == timedelta(days=30)
    assert answer.redirect_chain[-1][0] == PAGE
    assert "Waits for an answer" in answer.text
    assert AuditEvent.objects.get(about=wallet.pk).action == Action.HELP_ASKED


def test_a_question_without_a_subject_is_not_sent(alice: User, alices_browser: Client) -> None:
    answer = alices_browser.post(page_of(a_wallet(alice), "help/"), {"subject": " ", "words": "Please."})

    assert "This field is required" in answer.text
    assert "Please.</textarea>" in answer.text
    assert not HelpRequest.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"subject": "Help", "words": f"I wrote {PHRASE}"},
        {"subject": "", "words": PHRASE},  # wrong in another way as well: not echoed either
        {"subject": " ".join(PHRASE.split()[:6]), "words": " ".join(PHRASE.split()[6:])},
    ],
)
@pytest.mark.parametrize("about_a_wallet", [True, False])
def test_a_treasure_is_turned_away_and_comes_back_into_no_page(
    alice: User, alices_browser: Client, typed: dict[str, str], *, about_a_wallet: bool
) -> None:
    path = page_of(a_wallet(alice), "help/") if about_a_wallet else PAGE

    answer = alices_browser.post(path, typed, follow=True)

    assert "This looks like a seed phrase" in answer.text
    assert "sausage" not in answer.text
    assert not HelpRequest.objects.exists()
    assert AuditEvent.objects.filter(action=Action.TREASURE_REFUSED).count() == 1


# --- all questions ---------------------------------------------------------------------------------------------------


def test_somebody_without_a_wallet_can_ask_too(alice: User, alices_browser: Client) -> None:
    alices_browser.post(PAGE, {"subject": "I cannot connect", "words": "It says nothing."})

    asked = HelpRequest.objects.get()
    assert (asked.owner, asked.wallet, asked.bundle) == (alice, None, {})


def test_an_answer_is_read_here(alice: User, staff_member: User, alices_browser: Client) -> None:
    asked = asked_by(alice, wallet=a_wallet(alice))
    by = Actor(ActorKind.STAFF, staff_member)
    asking.answer(by=by, request=asked, words="Take the <restriction> off.", now=timezone.now())

    page = alices_browser.get(PAGE).text

    assert "Answer by Holdfast staff" in page
    assert "Take the &lt;restriction&gt; off." in page
    assert "Waits for an answer" not in page


def test_the_consent_is_taken_back(alice: User, alices_browser: Client) -> None:
    asked = asked_by(alice)

    answer = alices_browser.post(f"{PAGE}{asked.pk}/withdraw/", follow=True)

    assert "Staff cannot see it any more." in answer.text
    assert HelpRequest.objects.get().consent_until is None


def test_a_consent_that_ran_out_is_said_to_be_over(alice: User, alices_browser: Client) -> None:
    asked_by(alice, now=NOW - timedelta(days=400))

    assert "Staff cannot see it any more." in alices_browser.get(PAGE).text


def test_strangers_questions_are_not_there(alice: User, bob: User, bobs_browser: Client) -> None:
    asked = asked_by(alice, subject="of alice")

    assert "of alice" not in bobs_browser.get(PAGE).text
    for pk in (asked.pk, uuid4()):
        assert bobs_browser.post(f"{PAGE}{pk}/withdraw/").status_code == 404
    assert HelpRequest.objects.get().consent_until
    assert bobs_browser.get(page_of(a_wallet(alice), "help/")).status_code == 404


def test_a_wallet_that_is_gone_is_not_linked(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, key=False, binned_at=NOW, purged_at=NOW)
    asked_by(alice, wallet=wallet)

    assert page_of(wallet) not in alices_browser.get(PAGE).text


def test_thirty_questions_cost_what_one_costs(
    alice: User, alices_browser: Client, django_assert_num_queries: Callable
) -> None:
    asked_by(alice, wallet=a_wallet(alice))
    alices_browser.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        alices_browser.get(PAGE)
    for _ in range(30):
        asked_by(alice, wallet=a_wallet(alice))

    with django_assert_num_queries(len(few)):
        alices_browser.get(PAGE)
