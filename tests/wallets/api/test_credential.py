"""`wallets/{id}/credential/` and `method/`: another credential, the same wallet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from accounts.audit import Action
from accounts.models import AuditEvent
from tests.accounts.api.conftest import script_of
from tests.wallets.api.conftest import PHRASE, WALLETS, errors_of, refusal_of, wallet_of
from tests.wallets.holdings import a_credential
from wallets import staging
from wallets.models import Credential, CredentialTest, OAuthStart, Wallet
from wallets.records import Cause, ConnectorError

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper
    from rest_framework.test import APIClient

    from accounts.models import User
    from tests.wallets.stage import Stage

KEY = {"key": "k" * 56, "secret": "s" * 86 + "=="}
real = pytest.mark.django_db(transaction=True)


def at(wallet: Wallet, part: str = "credential") -> str:
    return f"{WALLETS}{wallet.pk}/{part}/"


def other_account(stage: Stage) -> dict[str, str]:
    """A key of another account at KuCoin, which tells whose an account is."""
    key = {**stage.key("kucoin"), "key": "b" * 24}
    stage.street.tell("kucoin", key={"id": key["key"], "secret": key["secret"], "uid": 7})
    stage.street.tell("kucoin", key={"id": key["key"], "passphrase": key["passphrase"]})
    return key


# --- in place ------------------------------------------------------------------------------------------------------


@real
def test_a_new_key_takes_over_and_the_wallet_stays_what_it_was(script: APIClient, stage: Stage) -> None:
    wallet = stage.connected()
    script.patch(f"{WALLETS}{wallet.pk}/", {"label": "Savings", "note": "Mine"})
    new = {"key": "second" + "k" * 50, "secret": "c2Vjb25kIHNlY3JldA=="}
    stage.street.tell("kraken", key={"id": new["key"], "secret": new["secret"], "nonce": 0})
    begun = script.put(at(wallet), {"credentials": new})
    assert (begun.status_code, begun.json()["purpose"]) == (202, "replace")

    stage.work()

    asked = script.get(begun["Location"]).json()
    assert (asked["state"], asked["questions"][0]["question"]) == ("asking", "same_account")
    assert stage.values(wallet) != new
    script.post(f"{begun['Location']}answer/", {"answers": {"same_account": asked["questions"][0]["sentence"]}})
    stage.work()
    assert script.get(begun["Location"]).json()["state"] == "passed"
    assert stage.values(wallet) == new
    shown = script.get(f"{WALLETS}{wallet.pk}/").json()
    assert (shown["label"], shown["note"], shown["state"]) == ("Savings", "Mine", "working")


@real
def test_a_key_that_fails_leaves_the_former_in_force(script: APIClient, stage: Stage) -> None:
    wallet = stage.connected()
    former = stage.values(wallet)
    begun = script.put(at(wallet), {"credentials": {"key": "nobody" + "k" * 50, "secret": former["secret"]}})

    stage.work()

    assert script.get(begun["Location"]).json()["cause"] == "key_unknown"
    assert stage.values(wallet) == former
    assert script.get(f"{WALLETS}{wallet.pk}/health/").json()["state"] == "working"


@real
def test_a_key_of_another_account_is_refused(script: APIClient, stage: Stage) -> None:
    wallet = stage.connected("kucoin")
    former = stage.values(wallet)
    begun = script.put(at(wallet), {"credentials": other_account(stage)})

    stage.work()

    told = script.get(begun["Location"]).json()
    assert (told["state"], told["cause"], told["identity"]["same_account"]) == ("failed", None, "no")
    assert "another account" in told["title"]
    assert stage.values(wallet) == former


@real
def test_a_key_for_a_wallet_that_went_into_the_bin_meanwhile_is_not_put_in_force(
    script: APIClient, stage: Stage
) -> None:
    wallet = stage.connected("gemini")
    begun = script.put(at(wallet), {"credentials": stage.key("gemini")})
    script.delete(f"{WALLETS}{wallet.pk}/")

    stage.work()

    assert script.get(begun["Location"]).json()["state"] == "failed"
    assert not Credential.objects.filter(wallet=wallet, sealed__isnull=False).exists()


def test_the_region_stays_unless_another_is_named(script: APIClient, alice: User) -> None:
    wallet = wallet_of(alice, exchange="okx", region="eea")
    key = {"key": "k", "secret": "s", "passphrase": "p"}
    regions = [row["id"] for row in script.get("/api/v1/exchanges/okx/").json()["regions"]]

    kept = script.put(at(wallet), {"credentials": key}).json()
    moved = script.put(at(wallet), {"credentials": key, "region": regions[0]}).json()

    assert (kept["region"], moved["region"]) == ("eea", regions[0])
    assert errors_of(script.put(at(wallet), {"credentials": key, "region": "moon"})) == [("region", "not_here")]


@real
def test_a_staged_key_lies_beside_the_one_in_force_and_can_be_dropped(script: APIClient, stage: Stage) -> None:
    wallet = stage.connected("gemini")
    begun = script.put(at(wallet), {"credentials": stage.key("gemini"), "stage": True})
    assert (begun.status_code, begun.json()["purpose"]) == (202, "stage")

    stage.work()

    told = script.get(begun["Location"]).json()
    assert (told["state"], "in reserve" in told["title"]) == ("passed", True)
    shown = script.get(f"{WALLETS}{wallet.pk}/").json()
    assert (shown["staged"]["cause"], shown["staged"]["kept_until"]) == (None, None)
    assert shown["connection"]["since"] < shown["staged"]["since"]
    assert refusal_of(script.post(at(wallet, "credential/staged"))) == (409, "not_now")
    assert script.delete(at(wallet, "credential/staged")).json()["staged"] is None
    assert refusal_of(script.delete(at(wallet, "credential/staged"))) == (409, "not_now")


def test_a_staged_key_that_failed_says_why_and_is_tried_again(script: APIClient, wallet: Wallet) -> None:
    staged = a_credential(wallet, version=2, standing="staged")
    staging.refuse(wallet, staged, ConnectorError(Cause.IP_REFUSED), now=timezone.now())

    told = script.get(f"{WALLETS}{wallet.pk}/").json()["staged"]
    again = script.post(at(wallet, "credential/staged")).json()["staged"]

    assert (told["cause"], again["cause"]) == ("ip_refused", None)
    assert told["kept_until"] is not None


def test_nothing_is_staged_without_a_key_in_force_or_for_another_site(script: APIClient, alice: User) -> None:
    bare = wallet_of(alice)
    bare.credentials.update(standing="former", sealed=None)
    okx = wallet_of(alice, 1, exchange="okx", region="eea")
    key = {"key": "k", "secret": "s", "passphrase": "p"}

    assert refusal_of(script.put(at(bare), {"credentials": KEY, "stage": True})) == (409, "no_key")
    elsewhere = script.put(at(okx), {"credentials": key, "stage": True, "region": "global"})
    assert errors_of(elsewhere) == [("region", "not_with_stage")]
    assert not CredentialTest.objects.exists()


def test_what_was_pasted_wrongly_is_said_and_not_repeated(script: APIClient, wallet: Wallet, alice: User) -> None:
    answer = script.put(at(wallet), {"credentials": {**KEY, "secret": PHRASE}})

    assert errors_of(answer) == [("credentials.secret", "seed_phrase")]
    assert "winner" not in answer.content.decode()
    assert AuditEvent.objects.filter(owner=alice, action=Action.TREASURE_REFUSED).count() == 1


def test_in_the_bin_nothing_is_put_in_place(script: APIClient, alice: User) -> None:
    binned = wallet_of(alice, binned_at=timezone.now())

    assert refusal_of(script.put(at(binned), {"credentials": KEY})) == (409, "not_now")
    assert refusal_of(script.delete(at(binned))) == (409, "not_now")


def test_a_wallet_by_hand_has_no_exchange_to_ask(script: APIClient, alice: User) -> None:
    paper = wallet_of(alice, exchange="", way="manual")

    assert refusal_of(script.put(at(paper), {"credentials": KEY})) == (409, "not_now")


@pytest.mark.parametrize(
    ("method", "part", "body"),
    [
        ("PUT", "credential", {"credentials": KEY}),
        ("DELETE", "credential", None),
        ("POST", "method", {"method": "csv"}),
        ("POST", "detach", None),
        ("POST", "leaked", None),
    ],
)
def test_what_is_grave_asks_a_phone_and_not_a_script_that_connects(
    stale_phone: APIClient, script: APIClient, wallet: Wallet, method: str, part: str, body: Any
) -> None:
    def ask(client: APIClient) -> Any:
        return getattr(client, method.lower())(at(wallet, part), body)

    assert refusal_of(ask(stale_phone)) == (403, "step_up_required")
    assert ask(script).status_code in {200, 202}


# --- taken away ----------------------------------------------------------------------------------------------------


def test_taking_it_away_keeps_the_wallet(script: APIClient, wallet: Wallet) -> None:
    told = script.delete(at(wallet)).json()

    assert (told["state"], told["cause"], told["connection"]) == ("detached", "no_key", None)
    assert not Credential.objects.filter(sealed__isnull=False).exists()


def test_what_has_no_credential_has_none_to_lose(script: APIClient, alice: User) -> None:
    assert refusal_of(script.delete(at(wallet_of(alice, way="csv")))) == (409, "no_key")


# --- another way ---------------------------------------------------------------------------------------------------


def test_to_files_holds_at_once(script: APIClient, wallet: Wallet) -> None:
    answer = script.post(at(wallet, "method"), {"method": "csv"})

    told = answer.json()
    assert (answer.status_code, told["test"], told["sign_in"]) == (200, None, None)
    assert (told["wallet"]["method"], told["wallet"]["state"], told["wallet"]["connection"]) == ("csv", "working", None)


@real
def test_from_files_to_a_key_and_the_wallet_goes_on(script: APIClient, stage: Stage) -> None:
    made = script.post(WALLETS, {"method": "csv", "exchange": "kraken"}).json()["wallet"]
    wallet = Wallet.objects.get(pk=made["id"])

    begun = script.post(at(wallet, "method"), {"method": "key", "credentials": stage.key()})
    assert (begun.status_code, begun.json()["wallet"]["method"]) == (202, "csv")
    stage.answer(stage.work())

    shown = script.get(f"{WALLETS}{wallet.pk}/").json()
    assert (shown["method"], shown["state"], shown["id"]) == ("key", "working", made["id"])


def test_to_a_sign_in_answers_where_to_go(script: APIClient, alice: User, settings: SettingsWrapper) -> None:
    settings.OAUTH_CLIENTS = {"coinbase": ("client", "secret")}
    wallet = wallet_of(alice, exchange="coinbase")

    told = script.post(at(wallet, "method"), {"method": "oauth", "return_to": "holdfast://back"}).json()

    assert told["sign_in"]["url"].startswith("https://login.coinbase.com/oauth2/auth?")
    assert OAuthStart.objects.get().wallet == wallet
    assert told["wallet"]["method"] == "key"


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({}, ("method", "required")),
        ({"method": "manual"}, ("method", "invalid_choice")),
        ({"method": "key"}, ("credentials", "required")),
        ({"method": "oauth"}, ("return_to", "required")),
        ({"method": "oauth", "return_to": "holdfast://back"}, ("method", "not_offered")),
        ({"method": "oauth", "return_to": "https://evil.example/"}, ("return_to", "scheme")),
    ],
)
def test_a_way_that_does_not_fit_is_refused(
    script: APIClient, wallet: Wallet, sent: dict[str, Any], error: tuple[str, str]
) -> None:
    assert errors_of(script.post(at(wallet, "method"), sent)) == [error]


def test_a_writer_changes_no_credential(alice: User, wallet: Wallet) -> None:
    writer = script_of(alice, "write")

    assert refusal_of(writer.put(at(wallet), {"credentials": KEY})) == (403, "insufficient_scope")
    assert refusal_of(writer.post(at(wallet, "method"), {"method": "csv"})) == (403, "insufficient_scope")
