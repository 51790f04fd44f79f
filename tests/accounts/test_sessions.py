"""The session table tells nobody anything, and ends a session at once."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.audit import origin_of
from accounts.models import Session, User
from accounts.sessions import SessionEndedError, SessionStore, hashed
from tests.conftest import as_request
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.django_db


PHONE_SESSION = "/_allauth/app/v1/auth/session"


def phone_signs_in(user: User) -> dict:
    said = Client().post(
        "/_allauth/app/v1/auth/login", {"email": user.email, "password": PASSWORD}, content_type="application/json"
    )
    return said.json()


def phone(said: dict) -> Client:
    return Client(headers={"X-Session-Token": said["meta"]["session_token"]})


def stored_session(**data: object) -> SessionStore:
    store = SessionStore()
    store.update(data)
    store.save()
    return store


def test_what_is_stored_comes_back_under_its_key_only() -> None:
    store = stored_session(colour="blue")

    assert SessionStore(store.session_key)["colour"] == "blue"
    assert "colour" not in SessionStore(hashed(store.session_key))
    assert not SessionStore().exists(hashed(store.session_key))


def test_the_table_holds_neither_the_key_nor_what_is_inside() -> None:
    store = stored_session(secret="JBSWY3DPEHPK3PXP")

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(s)::text FROM accounts_session s")
        (row,) = cursor.fetchone()

    assert store.session_key not in row
    assert "JBSWY3DPEHPK3PXP" not in row


def test_data_copied_over_anothers_row_opens_nothing() -> None:
    mine, theirs = stored_session(who="alice"), stored_session(who="mallory")
    copied = Session.objects.get(pk=hashed(mine.session_key)).session_data

    Session.objects.filter(pk=hashed(theirs.session_key)).update(session_data=copied)

    assert dict(SessionStore(theirs.session_key).items()) == {}


def test_the_engine_is_the_one_the_settings_name() -> None:
    assert import_module(settings.SESSION_ENGINE).SessionStore is SessionStore


@pytest.mark.parametrize("key", [None, "", "short", "x" * 5000, "nul\x00byte-in-key", "clé-étrange-ø"])
def test_a_made_up_key_is_no_session_and_no_error(key: str | None) -> None:
    assert not SessionStore().exists(key)
    assert SessionStore(key).get("anything") is None


def test_what_is_saved_under_a_made_up_key_gets_a_key_of_ours() -> None:
    store = SessionStore("a-key-the-client-chose")
    store["colour"] = "blue"

    store.save()

    assert store.session_key != "a-key-the-client-chose"
    assert SessionStore(store.session_key)["colour"] == "blue"
    assert not SessionStore().exists("a-key-the-client-chose")


def test_an_expired_session_is_gone_and_swept() -> None:
    store = stored_session(colour="blue")
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))

    assert not SessionStore().exists(store.session_key)
    assert dict(SessionStore(store.session_key).items()) == {}

    SessionStore.clear_expired()
    assert not Session.objects.exists()


def test_sweeping_leaves_live_sessions() -> None:
    store = stored_session(colour="blue")

    SessionStore.clear_expired()

    assert SessionStore().exists(store.session_key)


def test_a_cycled_key_keeps_the_session_and_closes_the_old_key() -> None:
    store = stored_session(colour="blue")
    old_key, public_id = store.session_key, store.public_id

    store.cycle_key()

    assert store.session_key != old_key
    assert not SessionStore().exists(old_key)
    again = SessionStore(store.session_key)
    assert again["colour"] == "blue"
    assert again.public_id == public_id


def test_a_session_ended_meanwhile_is_not_brought_back_by_saving_or_cycling() -> None:
    for act in ("save", "cycle_key"):
        store = SessionStore(stored_session(colour="blue").session_key)
        store["colour"] = "red"
        Session.objects.all().delete()

        with pytest.raises(SessionEndedError):
            getattr(store, act)()

        assert not Session.objects.exists()
    assert issubclass(SessionEndedError, UpdateError)


def test_flush_removes_the_row() -> None:
    store = stored_session(colour="blue")

    store.flush()

    assert store.session_key is None
    assert store.public_id is None
    assert not Session.objects.exists()


def test_a_browser_is_known_by_owner_address_and_agent(alice: User) -> None:
    browser = Client(headers={"user-agent": "Firefox"}, REMOTE_ADDR="192.0.2.7")
    before = timezone.now()

    browser.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})

    row = Session.objects.get()
    assert (row.ip, row.agent, row.door) == ("192.0.2.7", "Firefox", "browser")
    assert row.created_at >= before


def test_a_phone_is_known_as_a_phone_and_let_in_by_its_token(newcomer: User) -> None:
    said = phone_signs_in(newcomer)

    row = Session.objects.get()
    assert (row.owner, row.door) == (newcomer, "phone")
    assert row.session_key == hashed(said["meta"]["session_token"])
    assert phone(said).get(PHONE_SESSION).json()["data"]["user"]["email"] == newcomer.email


def test_a_phones_token_is_of_no_use_once_its_session_is_ended(newcomer: User) -> None:
    said = phone_signs_in(newcomer)

    Session.objects.all().delete()

    assert phone(said).get(PHONE_SESSION).status_code == HTTPStatus.GONE


@pytest.mark.parametrize("address", ["", "unix:"])
def test_a_client_behind_a_socket_file_has_no_address(address: str) -> None:
    request = RequestFactory(REMOTE_ADDR=address).get("/", headers={"user-agent": "curl"})

    assert origin_of(request) == (None, "curl")


def test_an_address_of_ipv4_is_told_as_one_whatever_the_server_listens_on() -> None:
    """On a door for both kinds, the network of all of IPv4 is ::/64: sign-in limits would count everybody as one."""
    request = RequestFactory(REMOTE_ADDR="::ffff:192.0.2.7").get("/", headers={"user-agent": "curl"})

    assert origin_of(request) == ("192.0.2.7", "curl")
    assert get_adapter().get_client_ip(request) == "192.0.2.7"


def test_being_seen_is_written_at_most_once_a_minute(alice: User, django_assert_num_queries) -> None:
    key = stored_session(colour="blue").session_key
    with django_assert_num_queries(1):
        SessionStore(key).get("colour")

    Session.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    with django_assert_num_queries(2):
        SessionStore(key).get("colour")
    with django_assert_num_queries(1):
        SessionStore(key).get("colour")


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(newcomer: User) -> None:
    here, there = Client(), Client()
    here.force_login(newcomer)
    there.force_login(newcomer)
    kept = here.session.public_id

    with as_request(here, newcomer) as request:
        newcomer.set_password("another long password")
        newcomer.save()
        update_session_auth_hash(request, newcomer)
        here.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    there.get(reverse("account_change_password"))
    here.get(reverse("account_change_password"))

    assert Session.objects.get(owner=newcomer).public_id == kept


# --- who comes with a session --------------------------------------------------------------------------------------


def test_a_page_asks_once_for_the_session_its_owner_and_their_factors(alices_browser: Client) -> None:
    alices_browser.get("/settings/security/trail/")
    with CaptureQueriesContext(connection) as queries:
        alices_browser.get("/settings/security/trail/")

    tables = ("accounts_session", "accounts_user", "mfa_authenticator")
    about = [each["sql"] for each in queries if any(f'FROM "{table}"' in each["sql"] for table in tables)]
    assert len(about) == 1


@pytest.mark.parametrize("changed", [{"is_active": False}, {"password": "another"}])
def test_who_came_with_a_session_is_let_in_by_no_other_rule_than_djangos(
    alice: User, alices_browser: Client, changed: dict
) -> None:
    User.objects.filter(pk=alice.pk).update(**changed)

    assert alices_browser.get("/settings/").url.startswith(reverse("account_login"))


def test_nor_by_a_door_that_was_taken_out(alices_browser: Client, settings: SettingsWrapper) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]

    assert alices_browser.get("/settings/").url.startswith(reverse("account_login"))


def test_a_row_that_says_somebody_else_than_what_is_sealed_in_it_opens_nothing_of_theirs(
    alice: User, bob: User, alices_browser: Client
) -> None:
    Session.objects.filter(owner=alice).update(owner=bob)

    page = alices_browser.get("/settings/").content.decode()
    assert alice.email in page
    assert bob.email not in page
