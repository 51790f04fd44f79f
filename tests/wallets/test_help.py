"""Asking for help: what staff get to see, for how long, and that nothing is given away."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from accounts.audit import Action, Actor, ActorKind
from accounts.models import AuditEvent, Notice
from config.fields import seal
from wallets import help as asking
from wallets.free_text import TreasureError
from wallets.models import Credential, CredentialTest, HelpRequest, RightsReport, Wallet
from wallets.notice_kinds import Kind

if TYPE_CHECKING:
    from accounts.models import User

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
SECRET = "canary-secret-5520"


@pytest.fixture
def wallet(alice: User) -> Wallet:
    made = Wallet.objects.create(
        owner=alice,
        exchange="kraken",
        way="key",
        label="Savings of Alice",
        note="My private note",
        created_at=NOW,
        health="needs_you",
        cause="ip_refused",
    )
    credential = Credential(owner=alice, wallet=made, version=3, way="key", standing="current", created_at=NOW)
    seal(credential, sealed=json.dumps({"key": "public", "secret": SECRET}))
    credential.save()
    RightsReport.objects.create(
        credential=credential, owner=alice, at=NOW, can_tell=True, read=["Query funds"], ips=["203.0.113.77"]
    )
    lines = [
        {"check": "address", "mark": "crossed", "detail": "192.0.2.10", "cause": "ip_refused"},
        {"check": "activity", "mark": "ticked", "detail": "17 currencies", "cause": ""},
    ]
    test = CredentialTest(owner=alice, wallet=made, credential=credential, purpose="check", exchange="kraken")
    test.lines, test.created_at, test.expires_at, test.not_before = lines, NOW, NOW, NOW
    test.claims = [["user", "hashed-identity-1111"]]
    test.save()
    return made


@pytest.fixture
def by(alice: User) -> Actor:
    return Actor(ActorKind.OWNER, alice)


@pytest.fixture
def staff(staff_member: User) -> Actor:
    return Actor(ActorKind.STAFF, staff_member)


@pytest.fixture
def request_(by: Actor, alice: User, wallet: Wallet) -> HelpRequest:
    return asking.ask(by=by, owner=alice, subject="It fails", words="Since Monday.", wallet=wallet, now=NOW)


def test_the_same_question_is_asked_once_until_it_is_answered(by: Actor, alice: User, wallet: Wallet) -> None:
    def ask(words: str) -> HelpRequest:
        return asking.ask(by=by, owner=alice, subject="It fails", words=words, wallet=wallet, now=NOW)

    first = ask("Why?")

    assert ask("Why?") == first
    assert ask("And since when?") != first
    assert AuditEvent.objects.filter(action=Action.HELP_ASKED).count() == 2
    HelpRequest.objects.update(answered_at=NOW, answer="So.")
    assert ask("Why?") != first


def test_the_bundle_says_why_it_fails(request_: HelpRequest) -> None:
    bundle = request_.bundle

    assert (bundle["exchange"], bundle["cause"], bundle["state"], bundle["key_version"]) == (
        "kraken",
        "ip_refused",
        "needs_you",
        3,
    )
    assert bundle["tests"][0]["checklist"][0]["cause"] == "ip_refused"
    assert bundle["rights"]["read"] == ["Query funds"]


@pytest.mark.parametrize(
    "kept_back",
    [SECRET, "public", "Savings of Alice", "My private note", "203.0.113.77", "17 currencies", "hashed-identity"],
)
def test_the_bundle_gives_nothing_away(request_: HelpRequest, kept_back: str) -> None:
    """No secret, nothing of whose account it is, no figure, nothing the owner wrote down for themselves."""
    told = json.dumps({key: value for key, value in request_.bundle.items() if key != "tests"})
    lines = json.dumps([test["checklist"] for test in request_.bundle["tests"]])

    assert kept_back not in told + lines


def test_a_treasure_among_the_words_is_not_kept_and_that_it_happened_is(by: Actor, alice: User, wallet: Wallet) -> None:
    with pytest.raises(TreasureError):
        asking.ask(by=by, owner=alice, subject="Help", words=f"I typed {PHRASE}", wallet=wallet, now=NOW)

    assert not HelpRequest.objects.exists()
    assert AuditEvent.objects.get(owner=alice).action == Action.TREASURE_REFUSED


def test_staff_answers_and_the_owner_is_told(request_: HelpRequest, staff: Actor, alice: User) -> None:
    asking.answer(by=staff, request=request_, words="Take the restriction off.", now=NOW + timedelta(hours=1))

    request_.refresh_from_db()
    assert (request_.answer, request_.answered_at) == ("Take the restriction off.", NOW + timedelta(hours=1))
    assert Notice.objects.get(owner=alice).kind == Kind.HELP_ANSWERED
    answered = AuditEvent.objects.get(owner=alice, action=Action.HELP_ANSWERED)
    assert (answered.actor_kind, answered.about) == ("staff", request_.wallet_id)


@pytest.mark.parametrize("after", [timedelta(0), timedelta(days=40)])
def test_nobody_answers_without_consent(request_: HelpRequest, staff: Actor, by: Actor, after: timedelta) -> None:
    if not after:
        asking.withdraw(by=by, request=request_, now=NOW)

    with pytest.raises(PermissionError):
        asking.answer(by=staff, request=request_, words="x", now=NOW + after)

    request_.refresh_from_db()
    assert request_.answer == ""


def test_taking_the_consent_back_twice_is_recorded_once(request_: HelpRequest, by: Actor, alice: User) -> None:
    asking.withdraw(by=by, request=request_, now=NOW)
    asking.withdraw(by=by, request=request_, now=NOW)

    assert AuditEvent.objects.filter(owner=alice, action=Action.HELP_WITHDRAWN).count() == 1
