"""`oauth/{exchange}/`: a phone's way to the exchange's consent page and back, over real HTTP to the sandbox."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts import recovery
from accounts.audit import SYSTEM
from accounts.models import FactorRecovery, IdempotencyRecord
from tests.accounts.api.conftest import phone_of, script_of
from tests.wallets.api.conftest import PHRASE, WALLETS, errors_of, hurried, refusal_of, wallet_of
from wallets import tasks
from wallets.models import CredentialTest, OAuthStart, Wallet

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper
    from rest_framework.test import APIClient

    from accounts.models import User
    from tests.wallets.stage import Stage

START = "/api/v1/oauth/coinbase/start/"
FINISH = "/api/v1/oauth/coinbase/finish/"
BACK = "holdfast://connected"
real = pytest.mark.django_db(transaction=True)


@pytest.fixture
def offered(settings: SettingsWrapper) -> None:
    settings.OAUTH_CLIENTS = {"coinbase": ("client", "secret")}


def begin(client: APIClient, **facts: Any) -> Any:
    return client.post(START, {"return_to": BACK, **facts})


def come_back(stage: Stage, url: str, **allowing: Any) -> dict[str, str]:
    """What the phone's browser does: a yes at the exchange, back to us, and on to the app."""
    location = urlsplit(stage.people.allow(url, **allowing))
    answer = Client().get(f"{location.path}?{location.query}")
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{BACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


@pytest.fixture
def at_home(stage: Stage, settings: SettingsWrapper) -> Stage:
    """The exchange leads back to where the stage is registered."""
    settings.PUBLIC_URL = "http://testserver"
    return stage


# --- there and back ------------------------------------------------------------------------------------------------


@real
def test_a_phone_connects_by_signing_in_at_the_exchange(phone: APIClient, at_home: Stage) -> None:
    begun = begin(phone, label="My Coinbase")
    assert begun.status_code == 201
    assert begun.json()["url"].startswith(at_home.street.origin("coinbase"))

    handed = come_back(at_home, begun.json()["url"])
    assert handed["exchange"] == "coinbase"
    claimed = phone.post(FINISH, {"code": handed["code"]})
    assert (claimed.status_code, claimed.json()["state"], claimed.json()["method"]) == (202, "queued", "oauth")
    at_home.work()

    test = phone.get(f"/api/v1/credential-tests/{claimed.json()['id']}/").json()
    assert test["state"] == "passed"
    wallet = phone.get(f"{WALLETS}{test['wallet']}/").json()
    assert (wallet["label"], wallet["method"], wallet["state"]) == ("My Coinbase", "oauth", "working")


@real
def test_signing_in_again_goes_on_with_the_same_wallet(phone: APIClient, at_home: Stage) -> None:
    wallet = at_home.connected("coinbase")
    before = at_home.values(wallet)
    handed = come_back(at_home, begin(phone, wallet=str(wallet.pk)).json()["url"])

    claimed = phone.post(FINISH, {"code": handed["code"]}).json()
    at_home.work()

    assert phone.get(f"/api/v1/credential-tests/{claimed['id']}/").json()["state"] == "passed"
    assert Wallet.objects.get().pk == wallet.pk
    assert at_home.values(wallet) != before


@real
def test_another_persons_sign_in_is_refused_for_this_wallet(phone: APIClient, at_home: Stage) -> None:
    wallet = at_home.connected("coinbase")
    handed = come_back(at_home, begin(phone, wallet=str(wallet.pk)).json()["url"], first_name="Ben")

    claimed = phone.post(FINISH, {"code": handed["code"]}).json()
    at_home.work()

    told = phone.get(f"/api/v1/credential-tests/{claimed['id']}/").json()
    assert (told["state"], told["identity"]["same_account"]) == ("failed", "no")


@real
def test_a_no_at_the_exchange_reaches_the_app(phone: APIClient, at_home: Stage) -> None:
    location = urlsplit(at_home.people.refuse(begin(phone).json()["url"]))

    answer = Client().get(f"{location.path}?{location.query}")

    assert answer["Location"] == f"{BACK}?error=refused&exchange=coinbase"
    assert not CredentialTest.objects.exists()


# --- whose it is ---------------------------------------------------------------------------------------------------


@real
def test_nobody_else_finishes_it_and_nobody_twice(phone: APIClient, bob: User, at_home: Stage) -> None:
    code = come_back(at_home, begin(phone).json()["url"])["code"]

    assert refusal_of(hurried(phone_of(bob)).post(FINISH, {"code": code})) == (409, "sign_in_over")
    assert phone.post(FINISH, {"code": code}).status_code == 202
    assert refusal_of(phone.post(FINISH, {"code": code})) == (409, "sign_in_over")


@real
def test_what_nobody_claims_is_never_spent(phone: APIClient, at_home: Stage) -> None:
    """Somebody could begin, have another person say yes, and wait: nothing comes of it."""
    come_back(at_home, begin(phone).json()["url"])
    started = timezone.now()

    for minutes in (0, 14, 15, 16, 60):
        tasks.sweep(started + timedelta(minutes=minutes))
        assert CredentialTest.objects.claim(now=started + timedelta(minutes=minutes)) is None

    kept = CredentialTest.objects.get()
    assert (kept.state, kept.sealed) == ("expired", None)
    assert not OAuthStart.objects.exists()
    assert not Wallet.objects.exists()


@real
def test_the_exchanges_own_code_is_in_no_address_and_no_answer(phone: APIClient, at_home: Stage) -> None:
    begun = begin(phone)
    location = urlsplit(at_home.people.allow(begun.json()["url"]))
    code = parse_qs(location.query)["code"][0]

    back = Client().get(f"{location.path}?{location.query}")
    handed = parse_qs(urlsplit(back["Location"]).query)["code"][0]
    claimed = phone.post(FINISH, {"code": handed})

    assert code not in back["Location"] + claimed.content.decode()
    assert handed not in claimed.content.decode()


@pytest.mark.parametrize("code", ["", "x", "é" * 40, "x" * 201])
def test_odd_codes_open_nothing(phone: APIClient, code: str) -> None:
    assert phone.post(FINISH, {"code": code}).status_code in {400, 409}


# --- beginning -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"return_to": "https://evil.example/"}, ("return_to", "scheme")),
        ({"return_to": "javascript:alert(1)"}, ("return_to", "scheme")),
        ({"return_to": "//evil.example/"}, ("return_to", "scheme")),
        ({"return_to": "holdfast"}, ("return_to", "scheme")),
        ({"return_to": "holdfast://a b"}, ("return_to", "scheme")),
        ({"return_to": "holdfast://a\r\nSet-Cookie: x"}, ("return_to", "scheme")),
        ({"return_to": "holdfast://é"}, ("return_to", "scheme")),
        ({"return_to": f"holdfast://{'x' * 500}"}, ("return_to", "max_length")),
        ({"label": PHRASE}, ("label", "treasure")),
        ({"wallet": "00000000-0000-4000-8000-000000000000"}, ("wallet", "not_found")),
    ],
)
def test_what_does_not_fit_is_refused(phone: APIClient, facts: dict[str, Any], error: tuple[str, str]) -> None:
    answer = begin(phone, **facts)

    assert errors_of(answer) == [error]
    assert "winner" not in answer.content.decode()
    assert not OAuthStart.objects.exists()


@pytest.mark.usefixtures("offered")
def test_the_scheme_is_the_operators_to_allow(phone: APIClient, settings: SettingsWrapper) -> None:
    settings.OAUTH_RETURN_SCHEMES = ["org.example.app"]

    assert begin(phone, return_to="org.example.app:/back").status_code == 201
    assert begin(phone, return_to="ORG.example.APP:/back").status_code == 201
    assert errors_of(begin(phone)) == [("return_to", "scheme")]


@pytest.mark.usefixtures("offered")
def test_only_for_an_existing_wallet_a_fresh_factor_is_needed(
    stale_phone: APIClient, script: APIClient, alice: User
) -> None:
    wallet = wallet_of(alice, exchange="coinbase")

    assert begin(stale_phone).status_code == 201
    assert refusal_of(begin(stale_phone, wallet=str(wallet.pk))) == (403, "step_up_required")
    assert begin(script, wallet=str(wallet.pk)).status_code == 201


@pytest.mark.usefixtures("offered")
def test_a_wallet_of_another_exchange_is_refused(phone: APIClient, alice: User) -> None:
    assert errors_of(begin(phone, wallet=str(wallet_of(alice).pk))) == [("wallet", "other_exchange")]


@pytest.mark.usefixtures("offered")
def test_the_address_is_answered_once_and_kept_nowhere(phone: APIClient) -> None:
    """It carries the state by which the way back is known."""
    first = phone.post(START, {"return_to": BACK}, HTTP_IDEMPOTENCY_KEY="k")

    again = phone.post(START, {"return_to": BACK}, HTTP_IDEMPOTENCY_KEY="k")

    assert (first.status_code, refusal_of(again)) == (201, (409, "already_created"))
    assert IdempotencyRecord.objects.get().answer is None
    assert OAuthStart.objects.count() == 1


def test_where_it_is_not_offered_it_is_said(phone: APIClient) -> None:
    assert refusal_of(phone.post("/api/v1/oauth/kraken/start/", {"return_to": BACK})) == (409, "sign_in_not_offered")
    assert phone.post("/api/v1/oauth/nowhere/start/", {"return_to": BACK}).status_code == 404


@pytest.mark.usefixtures("offered")
def test_while_a_lost_factor_is_recovered_nothing_is_begun(phone: APIClient, alice: User) -> None:
    recovery.start(by=SYSTEM, owner=alice, now=timezone.now())
    recovery.confirm(by=SYSTEM, recovery=FactorRecovery.objects.get(), now=timezone.now())

    assert refusal_of(begin(phone)) == (409, "credentials_frozen")


def test_it_needs_the_scope_that_connects(alice: User) -> None:
    assert refusal_of(begin(script_of(alice, "write"))) == (403, "insufficient_scope")
