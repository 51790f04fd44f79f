"""Planted secrets appear nowhere: no log, page, answer, admin page, session, table, export or crash page.

Real secrets of every kind are made by the service itself or given to it, everything that shows or keeps anything is
then read in full, and the search is shown to work by leaking one on purpose.
"""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.audit import Actor, ActorKind
from accounts.models import Notice, User
from tests.accounts.api.conftest import phone_of
from tests.conftest import signed_in
from tests.factories import PASSWORD
from tests.hunt import Hunt, read_export, read_log, read_mail, read_pages, read_tables
from wallets import catalogue, trials
from wallets.models import CredentialTest

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "Zx8" + "kQ3" * 17 + "pL"
SECRET = base64.b64encode(b"planted exchange secret that nobody may ever read again, at all!").decode()
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
NEW_PASSWORD = "another planted Passphrase 77"
CHANGED_PASSWORD = "a planted passphrase put in its place 91"
WRONG_CODE = "planted0code"
BODY_SECRET = "planted-in-a-stale-body-5521"


@pytest.fixture
def hunt(alice, log) -> Hunt:
    """Alice with a secret of every kind in the service."""
    hunt = Hunt()
    hunt.plant(password=PASSWORD, secret_key=settings.SECRET_KEY)
    hunt.plant(**{f"encryption_key_{place}": key for place, key in enumerate(settings.FIELD_ENCRYPTION_KEY)})
    totp = TOTP(Authenticator.objects.get(user=alice, type=Authenticator.Type.TOTP))
    codes = RecoveryCodes(Authenticator.objects.get(user=alice, type=Authenticator.Type.RECOVERY_CODES))
    hunt.plant(totp_seed=secret_of(totp), **{f"code_{n}": code for n, code in enumerate(codes.get_unused_codes())})
    by = Actor(ActorKind.OWNER, alice)
    now = timezone.now()
    _, token = tokens.mint(
        by=by, owner=alice, name="Script", scopes=["read"], expires_at=now + timedelta(days=7), now=now
    )
    hunt.plant(api_token=token)
    hunt.plant(exchange_key=KEY, exchange_secret=SECRET, seed_phrase=PHRASE)
    ask(alice, {"key": KEY, "secret": SECRET})
    ask(alice, {"key": KEY, "secret": PHRASE})
    return hunt


def secret_of(totp: TOTP) -> str:
    from allauth.mfa.utils import decrypt  # noqa: PLC0415 - its module needs a request's adapter

    return decrypt(totp.instance.data["secret"])


def ask(owner: User, pasted: dict[str, str]) -> None:
    trials.ask(
        by=Actor(ActorKind.OWNER, owner),
        owner=owner,
        exchange=catalogue.load()["kraken"],
        pasted=pasted,
        purpose=CredentialTest.Purpose.LOOK,
        now=timezone.now(),
    )


# --- the promise ---------------------------------------------------------------------------------------------------


def test_no_planted_secret_is_on_any_page_in_any_table_or_in_the_export(hunt, alice, staff_member, log):
    browser, staff = signed_in(alice), signed_in(staff_member)
    hunt.plant(session=browser.cookies["sessionid"].value)

    assert read_pages(hunt, browser, "alice") > 15
    assert read_pages(hunt, staff, "staff") > 15
    assert read_pages(hunt, Client(), "script", authorization=f"Bearer {hunt.planted['api_token']}") > 5
    read_tables(hunt)
    read_export(hunt, alice)
    read_log(hunt, log)

    assert hunt.found() - meant_to_be_shown(hunt) == set()


def meant_to_be_shown(hunt: Hunt) -> set[tuple[str, str]]:
    """Recovery codes, to their owner, on the two pages that are for saving them, behind a fresh second factor."""
    pages = ["alice /enrol/codes/", "alice /enrol/codes/file/"]
    return {(name, page) for name in hunt.planted if name.startswith("code_") for page in pages}


def test_signing_in_and_changing_things_leaves_no_secret_behind(hunt, alice, log):
    client = Client()
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    client.post("/accounts/login/", {"login": alice.email, "password": NEW_PASSWORD})
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    client.post("/accounts/login/second-factor/", {"code": WRONG_CODE})
    inside = client.post("/accounts/login/second-factor/", {"code": hunt.planted["code_0"]})
    client.post("/step-up/", {"code": hunt.planted["code_1"]})
    changed = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": CHANGED_PASSWORD})
    Client().post("/accounts/password/reset/", {"email": alice.email})
    hunt.plant(new_password=NEW_PASSWORD, changed=CHANGED_PASSWORD, wrong_code=WRONG_CODE)
    hunt.plant(**{f"mailed_{n}": code for n, code in enumerate(mailed_codes())})

    read_tables(hunt)
    read_log(hunt, log)

    assert (inside.url, changed.status_code) == ("/home/", 302)
    assert mailed_codes()
    assert hunt.found() == set()


def mailed_codes() -> list[str]:
    return [code for message in mail.outbox for code in re.findall(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b", str(message.body))]


def test_a_post_with_a_stale_step_up_is_refused_and_nothing_of_it_is_kept(hunt, stale_browser, log):
    hunt.plant(stale_body=BODY_SECRET)
    guarded = ["/settings/security/tokens/new/", "/settings/data/close/", "/accounts/password/change/"]

    for address in guarded:
        page = stale_browser.post(address, {"name": BODY_SECRET, "password": BODY_SECRET, "oldpassword": BODY_SECRET})
        assert page.status_code in {302, 403}, address
        hunt.see(address, f"{page.headers} {page.content.decode()}")
    read_tables(hunt)
    read_log(hunt, log)

    assert hunt.found() == set()


@pytest.mark.urls("tests.crashing")
def test_a_crash_tells_nobody_anything(hunt, alice, log):
    client = Client(raise_request_exception=False)

    page = client.post(
        "/crash/", {"password": PASSWORD}, headers={"authorization": f"Bearer {hunt.planted['api_token']}"}
    )
    hunt.see("crash page", f"{page.headers} {page.content.decode()}")
    read_mail(hunt)
    read_tables(hunt)
    read_log(hunt, log)

    assert page.status_code == 500
    assert "RuntimeError" in hunt.seen["log"]
    assert hunt.found() == set()


def test_an_answer_with_a_secret_is_not_kept_for_repeating(hunt, alice, log):
    phone = phone_of(alice)
    wish = {"name": "Phone", "scopes": ["read"]}

    first = phone.post("/api/v1/tokens/", wish, format="json", headers={"idempotency-key": "mint-once"})

    assert first.status_code == 201, first.content
    hunt.plant(minted=next(value for value in first.json().values() if str(value).startswith("hf_")))
    read_tables(hunt)
    read_log(hunt, log)

    assert hunt.found() == set()


def test_the_hunt_finds_what_is_leaked_on_purpose(hunt, alice, log):
    """The positive control: without it, a search that reads nothing would pass everything above."""
    Notice.objects.create(
        owner=alice,
        kind="new_sign_in",
        facts={"ip": hunt.planted["api_token"], "device": "x"},
        created_at=timezone.now(),
    )
    log.write(hunt.planted["totp_seed"])

    read_pages(hunt, signed_in(alice), "alice")
    read_tables(hunt)
    read_log(hunt, log)

    found = hunt.found()
    assert ("api_token", "table accounts_notice") in found
    assert ("api_token", "alice /notices/") in found
    assert ("totp_seed", "log") in found
