"""`credential-tests/`: what was sent is tested, told line by line, and kept nowhere."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import recovery
from accounts.api import waiting
from accounts.audit import SYSTEM, Action
from accounts.models import AuditEvent, FactorRecovery, IdempotencyRecord
from tests.accounts.api.conftest import script_of
from tests.wallets.api.conftest import PHRASE, TESTS, errors_of, hurried, refusal_of, wallet_of
from wallets.models import CredentialTest, Wallet

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper
    from rest_framework.test import APIClient

    from accounts.models import User
    from tests.wallets.stage import Stage

KEY = {"key": "k" * 56, "secret": "s" * 86 + "=="}
real = pytest.mark.django_db(transaction=True)  # with a worker


def wish(**facts: Any) -> dict[str, Any]:
    return {"exchange": "kraken", "credentials": KEY, **facts}


# --- what comes of it ----------------------------------------------------------------------------------------------


@real
def test_a_key_that_only_reads_passes_and_nothing_is_kept(script: APIClient, stage: Stage) -> None:
    begun = script.post(TESTS, wish(credentials=stage.key()))
    assert (begun.status_code, begun.json()["state"]) == (202, "queued")

    stage.work()

    told = script.get(begun["Location"]).json()
    assert (told["id"], told["state"], told["purpose"]) == (begun.json()["id"], "passed", "look")
    assert {line["state"] for line in told["checklist"]} <= {"ticked", "unknown"}
    assert told["rights"]["read_only"] is True
    assert told["identity"] == {"told": False, "same_account": None, "other_wallet": None}
    assert told["cause"] is None
    assert not Wallet.objects.exists()
    assert CredentialTest.objects.get().sealed is None


@real
def test_a_key_that_can_withdraw_is_refused_with_the_box_to_untick(script: APIClient, stage: Stage) -> None:
    key = stage.key()
    rights = ["query-funds", "query-closed-trades", "query-ledger", "withdraw-funds"]
    stage.street.tell("kraken", key={"id": key["key"], "permissions": rights})
    begun = script.post(TESTS, wish(credentials=key))

    stage.work()

    told = script.get(begun["Location"]).json()
    assert (told["state"], told["cause"]) == ("failed", "rights_too_wide")
    assert told["title"]
    assert "Withdraw funds" in told["explanation"]
    assert told["rights"]["beyond"] == ["Withdraw funds"]
    (crossed,) = [line for line in told["checklist"] if line["state"] == "crossed"]
    assert (crossed["check"], crossed["items"], crossed["cause"]) == ("rights", ["Withdraw funds"], "rights_too_wide")


@real
def test_with_a_wallet_it_says_whether_it_is_that_account(script: APIClient, stage: Stage) -> None:
    """Gemini tells whose account it is."""
    wallet = stage.connected("gemini")
    own = script.post(TESTS, {"exchange": "gemini", "credentials": stage.key("gemini"), "wallet": str(wallet.pk)})
    stage.work()

    told = script.get(own["Location"]).json()

    assert (told["state"], told["wallet"]) == ("passed", str(wallet.pk))
    assert told["identity"] == {"told": True, "same_account": "yes", "other_wallet": None}
    assert stage.values(wallet) == stage.key("gemini")


@real
def test_an_account_that_is_connected_already_is_pointed_to(script: APIClient, stage: Stage) -> None:
    wallet = stage.connected("gemini")
    begun = script.post(TESTS, {"exchange": "gemini", "credentials": stage.key("gemini")})
    stage.work()

    assert script.get(begun["Location"]).json()["identity"]["other_wallet"] == str(wallet.pk)


@real
def test_no_answer_holds_anything_of_what_was_sent(script: APIClient, stage: Stage) -> None:
    wrong = {**stage.key(), "secret": "d3Jvbmc" * 12 + "=="}
    begun = script.post(TESTS, wish(credentials=wrong))
    stage.work()

    told = begun.content.decode() + script.get(begun["Location"]).content.decode()

    assert json.loads(script.get(begun["Location"]).content)["cause"] == "signature_wrong"
    assert wrong["secret"] not in told
    assert wrong["key"] not in told


# --- waiting -------------------------------------------------------------------------------------------------------


@real
def test_one_call_is_enough_for_a_client_that_waits(stage: Stage, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker on another connection sees the test, because nothing is held while the call waits."""
    monkeypatch.setattr(waiting, "LOOK_EVERY", 0.02)
    patient = script_of(alice, "connect")

    def worker() -> None:
        try:
            while not CredentialTest.objects.exists():
                pass
            stage.work()
        finally:
            connection.close()

    thread = threading.Thread(target=worker)
    thread.start()
    answer = patient.post(TESTS, wish(credentials=stage.key()))
    thread.join()

    assert (answer.status_code, answer.json()["state"]) == (200, "passed")


@real
def test_the_repeat_is_the_same_test_as_it_stands_by_then(script: APIClient, stage: Stage) -> None:
    first = script.post(TESTS, wish(credentials=stage.key()), HTTP_IDEMPOTENCY_KEY="k")
    stage.work()

    second = script.post(TESTS, wish(credentials=stage.key()), HTTP_IDEMPOTENCY_KEY="k")

    assert (first.status_code, second.status_code) == (202, 200)
    assert second.json()["id"] == first.json()["id"]
    assert second.json()["state"] == "passed"
    assert CredentialTest.objects.count() == 1


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (wish(exchange="nowhere"), ("exchange", "not_found")),
        (wish(exchange="uphold", credentials={}), ("exchange", "not_offered")),
        (wish(credentials="text"), ("credentials", "not_an_object")),
        (wish(credentials={"key": 7}), ("credentials", "not_an_object")),
        (wish(credentials={"key": "k", "pin": "1"}), ("credentials", "unknown_field")),
        (wish(credentials={PHRASE: "k"}), ("credentials", "unknown_field")),
        (wish(region="moon"), ("region", "not_here")),
        (wish(exchange="okx"), ("region", "required")),
        (wish(exchange="okx", region="moon"), ("region", "not_here")),
        (wish(sub_account="savings"), ("sub_account", "not_here")),
        (wish(wallet="00000000-0000-4000-8000-000000000000"), ("wallet", "not_found")),
        (wish(wallet="x"), ("wallet", "invalid")),
        (wish(credentials={}), ("credentials.key", "missing")),
        (wish(credentials={**KEY, "key": "me@example.com"}), ("credentials.key", "email")),
        (wish(credentials={**KEY, "secret": PHRASE}), ("credentials.secret", "seed_phrase")),
        (wish(name="x"), ("name", "unknown_field")),
    ],
)
def test_what_is_wrong_is_said_at_its_field(script: APIClient, sent: dict[str, Any], error: tuple[str, str]) -> None:
    if sent["exchange"] == "okx":
        sent = {**sent, "credentials": {**KEY, "passphrase": "x"}}

    answer = script.post(TESTS, sent)

    assert error in errors_of(answer)
    assert not CredentialTest.objects.exists()


def test_a_wallet_of_another_exchange_is_refused(script: APIClient, alice: User) -> None:
    wallet = wallet_of(alice, exchange="gemini")

    assert errors_of(script.post(TESTS, wish(wallet=str(wallet.pk)))) == [("wallet", "other_exchange")]


@pytest.mark.parametrize(
    "body",
    [
        wish(credentials={**KEY, "secret": PHRASE}),
        wish(credentials={"key": PHRASE, "secret": PHRASE}),
        wish(credentials={PHRASE: "x"}),
        {**wish(), PHRASE: "x"},
        wish(region=PHRASE),
        wish(exchange=PHRASE[:30]),
        wish(wallet=PHRASE),
    ],
)
def test_a_seed_phrase_is_neither_said_again_nor_kept(script: APIClient, alice: User, body: dict[str, Any]) -> None:
    answer = script.post(TESTS, body, HTTP_IDEMPOTENCY_KEY="k")

    assert answer.status_code == 400
    for word in ("winner", "sausage", "yellow"):
        assert word not in answer.content.decode()
    assert not IdempotencyRecord.objects.exists()
    assert not CredentialTest.objects.exists()


def test_that_a_seed_phrase_was_turned_away_stays_in_the_trail(script: APIClient, alice: User) -> None:
    script.post(TESTS, wish(credentials={**KEY, "secret": PHRASE}), HTTP_IDEMPOTENCY_KEY="k")

    event = AuditEvent.objects.get(owner=alice, action=Action.TREASURE_REFUSED)
    assert (event.actor_kind, event.subject) == ("token", "Kraken")
    assert "winner" not in json.dumps(event.details)


def test_a_reader_and_a_writer_may_not(alice: User, reader: APIClient) -> None:
    writer = script_of(alice, "write")

    assert [refusal_of(client.post(TESTS, wish())) for client in (reader, writer)] == [(403, "insufficient_scope")] * 2


def test_a_phone_needs_no_fresh_factor_to_test(stale_phone: APIClient) -> None:
    assert stale_phone.post(TESTS, wish()).status_code == 202


def test_tests_are_limited_for_the_owner_whatever_the_door(
    script: APIClient, phone: APIClient, bobs_phone: APIClient, settings: SettingsWrapper
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "key_tests": (2, 600)}
    answers = [client.post(TESTS, wish()) for client in (script, phone, script)]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert int(answers[-1]["Retry-After"]) > 1
    assert CredentialTest.objects.count() == 2
    assert bobs_phone.post(TESTS, wish()).status_code == 202


def test_while_a_lost_factor_is_recovered_nothing_is_tested(phone: APIClient, alice: User) -> None:
    recovery.start(by=SYSTEM, owner=alice, now=timezone.now())
    recovery.confirm(by=SYSTEM, recovery=FactorRecovery.objects.get(), now=timezone.now())

    assert refusal_of(phone.post(TESTS, wish())) == (409, "credentials_frozen")


# --- afterwards ----------------------------------------------------------------------------------------------------


def test_giving_up_wipes_at_once(script: APIClient) -> None:
    test_id = script.post(TESTS, wish()).json()["id"]

    told = script.delete(f"{TESTS}{test_id}/").json()

    assert told["state"] == "expired"
    assert CredentialTest.objects.get().sealed is None


def test_after_a_quarter_of_an_hour_it_is_over_also_before_the_sweep(script: APIClient) -> None:
    test_id = script.post(TESTS, wish()).json()["id"]
    CredentialTest.objects.update(expires_at=timezone.now())

    assert script.get(f"{TESTS}{test_id}/").json()["state"] == "expired"


def test_what_ends_a_former_credential_is_no_test_of_the_owners(script: APIClient) -> None:
    test_id = script.post(TESTS, wish()).json()["id"]
    CredentialTest.objects.update(purpose="end")

    assert script.get(f"{TESTS}{test_id}/").status_code == 404


# --- answering -----------------------------------------------------------------------------------------------------


@pytest.fixture
def asking(alice: User) -> CredentialTest:
    now = timezone.now()
    return CredentialTest.objects.create(
        owner=alice,
        purpose="connect",
        state="asking",
        exchange="bitstamp",
        label="Bitstamp",
        outcome={"questions": ["only_reads", "same_account"]},
        not_before=now,
        created_at=now,
        expires_at=now + timedelta(minutes=15),
        finished_at=now,
    )


def answer_to(client: APIClient, test: CredentialTest, answers: object) -> Any:
    return client.post(f"{TESTS}{test.pk}/answer/", {"answers": answers})


WORDS = {"only_reads": "I have looked: it only reads.", "same_account": "It is mine."}


def test_the_questions_are_told_with_the_sentence_to_agree_to(script: APIClient, asking: CredentialTest) -> None:
    told = script.get(f"{TESTS}{asking.pk}/").json()

    assert told["state"] == "asking"
    assert [question["question"] for question in told["questions"]] == ["only_reads", "same_account"]
    assert all(question["sentence"] and question["title"] and question["why"] for question in told["questions"])


def test_the_owners_words_are_kept_and_a_worker_goes_on(script: APIClient, asking: CredentialTest, alice: User) -> None:
    answer = answer_to(script, asking, WORDS)

    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    asking.refresh_from_db()
    assert asking.outcome["confirmed"] == WORDS["only_reads"]
    assert AuditEvent.objects.get(owner=alice, action=Action.CREDENTIAL_CONFIRMED).actor_kind == "token"
    assert "answered" not in answer.content.decode()


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"only_reads": "Yes."}, ("answers.same_account", "required")),
        ({**WORDS, "same_account": ""}, ("answers.same_account", "blank")),
        ({**WORDS, "same_account": "x" * 501}, ("answers.same_account", "max_length")),
        ({**WORDS, "how_old": "7"}, ("answers.how_old", "unknown_field")),
        ("yes", ("answers", "invalid")),
        ({**WORDS, "only_reads": PHRASE}, ("answers", "treasure")),
    ],
)
def test_answers_have_to_fit_the_questions(
    script: APIClient, asking: CredentialTest, answers: object, error: tuple[str, str]
) -> None:
    assert errors_of(answer_to(script, asking, answers)) == [error]
    asking.refresh_from_db()
    assert asking.state == "asking"


def test_what_is_not_asked_or_over_is_not_answered(script: APIClient, asking: CredentialTest) -> None:
    CredentialTest.objects.update(state="passed")
    assert refusal_of(answer_to(script, asking, WORDS)) == (409, "not_asking")

    CredentialTest.objects.update(state="asking", expires_at=timezone.now())
    assert refusal_of(answer_to(script, asking, WORDS)) == (409, "test_expired")


@real
def test_bitstamp_asks_and_is_answered_through_the_api(alice: User, stage: Stage) -> None:
    script = hurried(script_of(alice, "connect"))
    begun = script.post(
        "/api/v1/wallets/", {"exchange": "bitstamp", "label": "Savings", "credentials": stage.key("bitstamp")}
    )
    stage.work()
    asked = script.get(begun["Location"]).json()
    assert asked["state"] == "asking"

    script.post(
        f"{begun['Location']}answer/",
        {"answers": {question["question"]: question["sentence"] for question in asked["questions"]}},
    )
    stage.work()

    done = script.get(begun["Location"]).json()
    assert done["state"] == "passed"
    shown = script.get(f"/api/v1/wallets/{done['wallet']}/").json()
    assert shown["connection"]["confirmed_words"] == asked["questions"][0]["sentence"]
