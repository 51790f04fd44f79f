"""`wallets/`: listed, connected, changed, removed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import Action
from accounts.models import AuditEvent, IdempotencyRecord
from tests.accounts.api.conftest import script_of
from tests.wallets.api.conftest import PHRASE, SECRET, TESTS, WALLETS, errors_of, hurried, refusal_of, wallet_of
from wallets.models import Credential, CredentialTest, Wallet, WalletState

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from accounts.models import User
    from tests.wallets.stage import Stage

real = pytest.mark.django_db(transaction=True)


def at(wallet: Wallet, part: str = "") -> str:
    return f"{WALLETS}{wallet.pk}/{part}"


# --- looking -------------------------------------------------------------------------------------------------------


def test_a_wallet_says_how_it_is_connected_and_never_with_what(reader: APIClient, wallet: Wallet) -> None:
    told = reader.get(at(wallet))

    assert told.json() | {"id": "", "created_at": ""} == {
        "id": "",
        "exchange": "kraken",
        "exchange_name": "Kraken",
        "region": "",
        "method": "key",
        "label": "Kraken 0",
        "note": "",
        "state": "working",
        "cause": None,
        "whose_fault": "nobody",
        "title": "Working",
        "next_action": {"kind": "none", "url": None, "page": None},
        "last_success": None,
        "next_try": None,
        "rotate_months": None,
        "created_at": "",
        "kept_until": None,
        "connection": {
            "method": "key",
            "since": "2026-11-20T12:00:00Z",
            "used_at": "2026-11-20T12:00:00Z",
            "expires_at": None,
            "confirmed_at": None,
            "confirmed_words": "",
            "rights": {
                "at": "2026-11-19T12:00:00Z",
                "can_tell": True,
                "read": ["Query funds 1"],
                "beyond": [],
                "missing": [],
                "ips": [],
            },
        },
        "staged": None,
    }
    assert SECRET not in told.content.decode()


def test_the_list_pages_newest_first(reader: APIClient, alice: User) -> None:
    for number in range(5):
        wallet_of(alice, number)

    found, address = [], f"{WALLETS}?limit=2"
    while address:
        page = reader.get(address).json()
        found += [row["label"] for row in page["results"]]
        address = page["next"]

    assert found == [f"Kraken {number}" for number in (4, 3, 2, 1, 0)]


def test_thirty_wallets_take_as_many_queries_as_one(reader: APIClient, alice: User) -> None:
    counts = []
    for many in (1, 30):
        for number in range(Wallet.objects.count(), many):
            wallet_of(alice, number)
        reader.get(WALLETS)  # the first call may have more to do
        with CaptureQueriesContext(connection) as queries:
            assert len(reader.get(WALLETS).json()["results"]) == many
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("state", WalletState)
def test_each_state_can_be_asked_for(reader: APIClient, alice: User, state: WalletState) -> None:
    stopped = {"paused": "paused_at", "archived": "archived_at", "detached": "detached_at", "in_bin": "binned_at"}
    for number, each in enumerate(WalletState):
        facts: dict[str, Any] = {stopped[each]: timezone.now()} if each in stopped else {"health": each}
        wallet_of(alice, number, label=each.value, **facts)

    found = reader.get(f"{WALLETS}?state={state}").json()["results"]

    assert [(row["label"], row["state"]) for row in found] == [(state, state)]


def test_the_bin_is_shown_only_when_asked_for(reader: APIClient, alice: User) -> None:
    wallet_of(alice, 1)
    binned = wallet_of(alice, 2, binned_at=timezone.now())
    tombstone = wallet_of(alice, 3, binned_at=timezone.now(), purged_at=timezone.now())

    assert [row["label"] for row in reader.get(WALLETS).json()["results"]] == ["Kraken 1"]
    assert [row["label"] for row in reader.get(f"{WALLETS}?state=in_bin").json()["results"]] == ["Kraken 2"]
    assert reader.get(at(binned)).json()["kept_until"]
    assert reader.get(at(tombstone)).status_code == 404


def test_wallets_of_one_exchange(reader: APIClient, alice: User) -> None:
    wallet_of(alice, 1)
    wallet_of(alice, 2, exchange="gemini", label="Gemini")

    assert [row["label"] for row in reader.get(f"{WALLETS}?exchange=gemini").json()["results"]] == ["Gemini"]
    assert reader.get(f"{WALLETS}?exchange=nowhere").json()["results"] == []
    assert errors_of(reader.get(f"{WALLETS}?state=gone")) == [("state", "invalid_choice")]
    assert errors_of(reader.get(f"{WALLETS}?way=key")) == [("way", "unknown_field")]


# --- connecting ----------------------------------------------------------------------------------------------------


@real
def test_a_key_that_passes_becomes_a_wallet(script: APIClient, stage: Stage) -> None:
    begun = script.post(WALLETS, {"exchange": "kraken", "label": "Savings", "credentials": stage.key()})
    assert (begun.status_code, begun.json()["wallet"]) == (202, None)
    assert begun.json()["test"]["purpose"] == "connect"

    stage.work()

    test = script.get(begun["Location"]).json()
    shown = script.get(f"{WALLETS}{test['wallet']}/").json()
    assert (shown["label"], shown["state"], shown["connection"]["rights"]["can_tell"]) == ("Savings", "working", True)
    assert stage.values(Wallet.objects.get()) == stage.key()


@real
def test_the_repeat_of_a_connect_has_the_wallet_in_it(script: APIClient, stage: Stage) -> None:
    body = {"exchange": "kraken", "credentials": stage.key()}
    script.post(WALLETS, body, HTTP_IDEMPOTENCY_KEY="k")
    stage.work()

    again = script.post(WALLETS, body, HTTP_IDEMPOTENCY_KEY="k")

    assert (again.status_code, again.json()["test"]["state"]) == (201, "passed")
    assert again.json()["wallet"]["label"] == "Kraken"
    assert Wallet.objects.count() == 1
    kept = json.dumps(list(IdempotencyRecord.objects.values()), default=str)
    assert stage.key()["secret"] not in kept
    assert stage.key()["key"] not in kept


@real
def test_a_wide_key_makes_no_wallet(script: APIClient, stage: Stage) -> None:
    key = stage.key()
    stage.street.tell("kraken", key={"id": key["key"], "permissions": ["query-funds", "withdraw-funds"]})
    body = {"exchange": "kraken", "credentials": key}
    script.post(WALLETS, body, HTTP_IDEMPOTENCY_KEY="k")
    stage.work()

    again = script.post(WALLETS, body, HTTP_IDEMPOTENCY_KEY="k")

    assert (again.status_code, again.json()["wallet"]) == (200, None)
    assert again.json()["test"]["cause"] == "rights_too_wide"
    assert not Wallet.objects.exists()


@pytest.mark.parametrize(
    ("sent", "wallet"),
    [
        ({"method": "csv", "exchange": "kraken"}, ("kraken", "csv", "Kraken")),
        ({"method": "csv", "exchange": "kraken", "label": "Old Kraken"}, ("kraken", "csv", "Old Kraken")),
        ({"method": "csv", "label": "A ledger"}, ("", "csv", "A ledger")),
        ({"method": "manual", "label": "Paper"}, ("", "manual", "Paper")),
    ],
)
def test_a_wallet_for_files_or_by_hand_is_there_at_once(
    script: APIClient, sent: dict[str, Any], wallet: tuple[str, str, str]
) -> None:
    answer = script.post(WALLETS, sent)

    told = answer.json()
    assert (answer.status_code, told["test"]) == (201, None)
    assert (told["wallet"]["exchange"], told["wallet"]["method"], told["wallet"]["label"]) == wallet
    assert told["wallet"]["connection"] is None
    assert script.get(f"{WALLETS}{told['wallet']['id']}/").json() == told["wallet"]


KEY = {"key": "k" * 56, "secret": "s" * 86 + "=="}


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({}, ("credentials", "required")),
        ({"exchange": "kraken"}, ("credentials", "required")),
        ({"credentials": KEY}, ("exchange", "required")),
        ({"exchange": "uphold", "credentials": {}}, ("method", "not_offered")),
        ({"method": "oauth", "exchange": "coinbase"}, ("method", "invalid_choice")),
        ({"method": "csv"}, ("label", "required")),
        ({"method": "csv", "exchange": "kraken", "credentials": KEY}, ("credentials", "not_here")),
        ({"method": "csv", "exchange": "nowhere"}, ("exchange", "not_found")),
        ({"method": "manual"}, ("label", "required")),
        ({"method": "manual", "label": "x", "exchange": "kraken"}, ("exchange", "not_here")),
        ({"method": "manual", "label": PHRASE}, ("label", "treasure")),
        ({"exchange": "kraken", "label": PHRASE, "credentials": KEY}, ("label", "seed_phrase")),
        (
            {"exchange": "kraken", "label": "Mine", "credentials": {**KEY, "key": PHRASE}},
            ("credentials.key", "seed_phrase"),
        ),
        ({"exchange": "kraken", "label": "x" * 81, "credentials": KEY}, ("label", "max_length")),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    script: APIClient, alice: User, sent: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = script.post(WALLETS, sent)

    assert error in errors_of(answer)
    assert "winner" not in answer.content.decode()
    assert not Wallet.objects.exists()
    assert not CredentialTest.objects.exists()


# --- changing ------------------------------------------------------------------------------------------------------


def test_label_note_and_reminder_are_changed(script: APIClient, wallet: Wallet, alice: User) -> None:
    answer = script.patch(at(wallet), {"label": "Savings", "note": "Since 2017", "rotate_months": 6})

    assert answer.status_code == 200
    told = answer.json()
    assert (told["label"], told["note"], told["rotate_months"]) == ("Savings", "Since 2017", 6)
    assert told == script.get(at(wallet)).json()
    actions = set(AuditEvent.objects.filter(owner=alice, about=wallet.pk).values_list("action", flat=True))
    assert actions == {Action.WALLET_RENAMED, Action.WALLET_NOTED, Action.ROTATION_CHANGED}


def test_what_is_not_sent_stays(script: APIClient, wallet: Wallet) -> None:
    Wallet.objects.update(note="Since 2017", rotate_months=6)

    told = script.patch(at(wallet), {"label": "Savings"}).json()

    assert (told["note"], told["rotate_months"]) == ("Since 2017", 6)
    assert script.patch(at(wallet), {"rotate_months": None}).json()["rotate_months"] is None
    assert script.patch(at(wallet), {"note": ""}).json()["note"] == ""


def test_a_lost_race_overwrites_nothing(script: APIClient, wallet: Wallet) -> None:
    read = script.get(at(wallet))["ETag"]
    first = script.patch(at(wallet), {"label": "First"}, HTTP_IF_MATCH=read)

    second = script.patch(at(wallet), {"label": "Second"}, HTTP_IF_MATCH=read)

    assert (first.status_code, refusal_of(second)) == (200, (412, "precondition_failed"))
    assert Wallet.objects.get().label == "First"
    assert script.patch(at(wallet), {"label": "Third"}, HTTP_IF_MATCH=first["ETag"]).status_code == 200


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"label": ""}, ("label", "blank")),
        ({"label": "x" * 81}, ("label", "max_length")),
        ({"note": "x" * 4001}, ("note", "max_length")),
        ({"note": "x" + "\r" * 4000}, ("note", "max_length")),
        ({"rotate_months": 4}, ("rotate_months", "invalid_choice")),
        ({"rotate_months": "6"}, ("rotate_months", "invalid_choice")),
        ({"label": PHRASE}, ("label", "treasure")),
        ({"label": "New", "note": PHRASE}, ("note", "treasure")),
        ({"state": "working"}, ("state", "unknown_field")),
        ({"exchange": "gemini"}, ("exchange", "unknown_field")),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(
    script: APIClient, wallet: Wallet, sent: dict[str, Any], error: tuple[str, str]
) -> None:
    answer = script.patch(at(wallet), sent)

    assert errors_of(answer) == [error]
    assert "winner" not in answer.content.decode()
    wallet.refresh_from_db()
    assert (wallet.label, wallet.note, wallet.rotate_months) == ("Kraken 0", "", None)


def test_in_the_bin_nothing_is_changed(script: APIClient, alice: User) -> None:
    binned = wallet_of(alice, binned_at=timezone.now())

    assert refusal_of(script.patch(at(binned), {"label": "x"})) == (409, "not_now")


# --- removing ------------------------------------------------------------------------------------------------------


def test_what_hangs_on_it_is_said_before_anything_happens(script: APIClient, wallet: Wallet) -> None:
    answer = script.delete(f"{at(wallet)}?dry_run=1")

    told = answer.json()
    assert (answer.status_code, told["done"]) == (200, False)
    assert ("keys and sign-ins", 1) in [(line["what"], line["count"]) for line in told["hanging"]]
    assert [instead["kind"] for instead in told["instead"]] == ["pause", "archive", "detach", "ask_help"]
    assert script.post(told["instead"][0]["url"]).status_code == 200
    assert script.get(at(wallet)).json()["state"] == "paused"


def test_removing_says_what_hung_on_it_and_wipes_the_key(script: APIClient, wallet: Wallet) -> None:
    told = script.delete(at(wallet)).json()

    assert told["done"]
    assert ("keys and sign-ins", 1) in [(line["what"], line["count"]) for line in told["hanging"]]
    shown = script.get(at(wallet)).json()
    assert (shown["state"], shown["connection"]) == ("in_bin", None)
    assert shown["kept_until"] == told["kept_until"]
    assert not Credential.objects.filter(sealed__isnull=False).exists()


def test_a_wallet_that_was_changed_meanwhile_is_not_removed(script: APIClient, wallet: Wallet) -> None:
    then = {"headers": {"If-Match": script.get(at(wallet))["ETag"]}}
    script.patch(at(wallet), {"label": "Theirs"})

    assert refusal_of(script.delete(at(wallet), **then)) == (412, "precondition_failed")
    now = script.delete(at(wallet), headers={"If-Match": script.get(at(wallet))["ETag"]})
    assert (now.status_code, "ETag" in now) == (200, False)  # what is answered is no wallet


def test_what_is_in_the_bin_is_not_removed_again(script: APIClient, wallet: Wallet) -> None:
    script.delete(at(wallet))

    assert refusal_of(script.delete(at(wallet))) == (409, "not_now")


def test_removing_asks_a_phone_for_its_second_factor(stale_phone: APIClient, phone: APIClient, wallet: Wallet) -> None:
    assert refusal_of(stale_phone.delete(at(wallet))) == (403, "step_up_required")
    assert phone.delete(at(wallet)).status_code == 200


def test_a_writer_cannot_connect_or_remove(alice: User, wallet: Wallet) -> None:
    writer = hurried(script_of(alice, "write"))

    assert refusal_of(writer.post(WALLETS, {"method": "manual", "label": "x"})) == (403, "insufficient_scope")
    assert refusal_of(writer.delete(at(wallet))) == (403, "insufficient_scope")
    assert writer.patch(at(wallet), {"label": "Mine"}).status_code == 200


def test_tests_stand_beside_wallets(script: APIClient, wallet: Wallet) -> None:
    """Ids of the two are not mixed up."""
    assert script.get(f"{TESTS}{wallet.pk}/").status_code == 404
