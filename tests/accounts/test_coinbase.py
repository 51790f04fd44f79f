"""Signing in with Coinbase, over real HTTP to a strict stand-in: who comes in, who does not, and what is kept."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core import mail
from django.core.cache import cache
from django.core.serializers import serialize
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import coinbase
from accounts.audit import Action
from accounts.models import AuditEvent, CoinbaseLink, Notice, User
from config.http import Patience
from config.oauth import SessionStarts
from tests.accounts.people import code_of, mailed_code
from tests.conftest import signed_in
from tests.playground import CLIENT_SECRET
from tests.threads import in_threads

START = "/sign-in/coinbase/"
RETURN = "/sign-in/coinbase/return/"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _sandbox(db, sandbox):
    """Every test here has one, and nothing remembered about it."""
    cache.clear()


@pytest.fixture
def linked(alice, sandbox):
    """Alice, whose Coinbase account is Ada's."""
    CoinbaseLink.objects.create(owner=alice, coinbase_user_id=sandbox.id_of("Ada"), linked_at=NOW)
    return alice


@pytest.fixture
def browser(db):
    return Client()


def there(browser: Client, **query: str) -> str:
    """The address at Coinbase that the browser is sent to."""
    answer = browser.get(START, query)
    assert answer.status_code == 302
    return answer["Location"]


def back(browser: Client, location: str):
    """The browser follows Coinbase's redirect."""
    assert location.startswith("http://testserver/")
    return browser.get(location.removeprefix("http://testserver"))


def walk(browser: Client, sandbox, first_name: str = "Ada", **query: str):
    return back(browser, sandbox.allow(there(browser, **query), first_name))


def trouble(answer) -> str:
    """The name of the trouble page that an answer leads to."""
    assert answer.status_code == 302, answer.content
    found = re.fullmatch(r"/sign-in/coinbase/trouble/([\w-]+)/", answer["Location"])
    assert found, answer["Location"]
    return found[1]


def user_of(browser: Client) -> User | None:
    key = browser.session.get("_auth_user_id")
    return User.objects.get(pk=key) if key else None


# --- away --------------------------------------------------------------------------------------------------------


def test_it_asks_for_the_user_id_and_nothing_more(browser, sandbox):
    address = there(browser)

    query = parse_qs(urlsplit(address).query)
    assert address.startswith(f"{sandbox.coinbase}/oauth2/auth?")
    assert query["scope"] == ["wallet:user:read"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == ["http://testserver/sign-in/coinbase/return/"]


def test_whoever_is_linked_may_turn_it_off_when_it_is_no_longer_offered(linked, alices_browser, settings):
    settings.COINBASE_SIGNIN_CLIENT_ID = ""
    page = alices_browser.get(reverse("accounts:coinbase_settings"))

    alices_browser.post(reverse("accounts:coinbase_unlink"))

    assert page.status_code == 200
    assert not CoinbaseLink.objects.exists()
    assert alices_browser.get(reverse("accounts:coinbase_settings")).status_code == 404


def test_without_a_client_id_there_is_no_such_page_and_no_button(browser, settings):
    settings.COINBASE_SIGNIN_CLIENT_ID = ""

    answers = [browser.get(path).status_code for path in (START, RETURN)]

    assert answers == [404, 404]
    assert START not in browser.get(reverse("account_login")).text


def test_the_doors_show_the_button(browser):
    assert START in browser.get(reverse("account_login")).text
    assert START in browser.get(reverse("account_signup")).text


def test_somebody_at_another_name_of_ours_is_brought_to_the_registered_one(browser, settings):
    settings.PUBLIC_URL = "http://localhost"

    answer = browser.get(START, {"next": "/settings/"})

    assert answer["Location"] == "http://localhost/sign-in/coinbase/?next=%2Fsettings%2F"


# --- signing in --------------------------------------------------------------------------------------------------


def test_coinbase_stands_in_for_the_password_and_the_second_factor_is_still_asked(browser, sandbox, linked):
    answer = walk(browser, sandbox)

    assert answer["Location"] == reverse("mfa_authenticate")
    assert user_of(browser) is None


def test_with_the_second_factor_the_owner_is_in(browser, sandbox, linked):
    walk(browser, sandbox)

    answer = browser.post(reverse("mfa_authenticate"), {"code": code_of(linked)})

    assert answer["Location"] == reverse("accounts:home")
    assert user_of(browser) == linked


def test_who_waits_at_the_second_factor_while_it_is_turned_off_begins_again(browser, sandbox, linked, alices_browser):
    walk(browser, sandbox)
    alices_browser.post(reverse("accounts:coinbase_unlink"))

    answer = browser.post(reverse("mfa_authenticate"), {"code": code_of(linked)}, follow=True)

    assert answer.redirect_chain[-1][0] == reverse("account_login")
    assert "Sign-in with Coinbase was turned off meanwhile." in answer.text
    assert user_of(browser) is None


def test_it_leads_on_to_where_the_person_wanted_to_go_but_not_elsewhere(sandbox, linked):
    landed = []
    for wanted in ("/settings/", "https://evil.example/"):
        browser = Client()
        Authenticator.objects.filter(user=linked).update(last_used_at=None)
        walk(browser, sandbox, next=wanted)
        landed.append(browser.session["account_login"]["redirect_url"])

    assert landed == ["/settings/", None]


def test_the_token_is_revoked_at_once(browser, sandbox, linked):
    walk(browser, sandbox)

    assert [(grant["scopes"], grant["revoked"]) for grant in sandbox.state()["grants"]] == [
        (["wallet:user:read"], True)
    ]


def test_a_token_that_cannot_be_revoked_now_keeps_nobody_out(browser, sandbox, linked):
    sandbox.fault("status", "/oauth2/revoke", status=503)

    answer = walk(browser, sandbox)

    assert answer["Location"] == reverse("mfa_authenticate")


def test_a_closed_account_stays_closed(browser, sandbox, linked):
    User.objects.filter(pk=linked.pk).update(is_active=False)

    answer = walk(browser, sandbox)

    assert answer["Location"] == reverse("account_inactive")
    assert user_of(browser) is None


def test_somebody_signed_in_already_stays_who_they_are(sandbox, linked, bobs_browser, bob):
    location = sandbox.allow(there(Client()), "Ada")
    own = bobs_browser.get(START)

    assert own["Location"] == reverse("accounts:home")
    assert trouble(back(bobs_browser, location)) == "begin-again"
    assert user_of(bobs_browser) == bob


def test_signing_in_elsewhere_meanwhile_does_not_switch_the_account(browser, sandbox, linked, bob):
    location = sandbox.allow(there(browser), "Ada")
    browser.force_login(bob)

    answer = back(browser, location)

    assert trouble(answer) == "signed-in-already"
    assert user_of(browser) == bob


# --- a new account -----------------------------------------------------------------------------------------------


def ask_for_account(browser: Client, sandbox, email: str, first_name: str = "Ada"):
    assert walk(browser, sandbox, first_name)["Location"] == reverse("accounts:coinbase_new")
    return browser.post(reverse("accounts:coinbase_new"), {"email": email})


def test_a_newcomer_gives_an_address_and_proves_it_by_code(browser, sandbox):
    asked = ask_for_account(browser, sandbox, "New@Example.test")
    unproven = CoinbaseLink.objects.count()
    proven = browser.post(reverse("account_email_verification_sent"), {"code": mailed_code()})

    owner = User.objects.get()
    assert asked["Location"] == reverse("account_email_verification_sent")
    assert unproven == 0
    assert proven.status_code == 302
    assert (owner.email, owner.has_usable_password()) == ("new@example.test", False)
    assert owner.coinbase_link.coinbase_user_id == sandbox.id_of("Ada")
    assert user_of(browser) == owner


@pytest.mark.django_db(transaction=True)
def test_a_newcomer_who_presses_twice_has_one_account_and_meets_no_failure(browser, sandbox):
    walk(browser, sandbox)
    answers = []

    def press():
        again = Client(raise_request_exception=False)
        again.cookies = browser.cookies.copy()
        try:
            answers.append(again.post(reverse("accounts:coinbase_new"), {"email": "twice@example.test"}).status_code)
        finally:
            connections.close_all()

    in_threads(press, 3)

    assert set(answers) <= {302, 429}
    assert User.objects.filter(email="twice@example.test").count() == 1


def test_a_newcomer_is_led_to_the_second_factor_like_everybody(browser, sandbox):
    ask_for_account(browser, sandbox, "new@example.test")
    browser.post(reverse("account_email_verification_sent"), {"code": mailed_code()})

    answer = browser.get(reverse("accounts:settings_profile"))

    assert answer["Location"] == reverse("accounts:enrol")


def test_opening_an_account_is_recorded_and_told(browser, sandbox):
    ask_for_account(browser, sandbox, "new@example.test")
    browser.post(reverse("account_email_verification_sent"), {"code": mailed_code()})

    owner = User.objects.get()
    recorded = AuditEvent.objects.filter(owner=owner, actor=owner).values_list("action", flat=True)
    assert sorted(recorded) == [Action.COINBASE_LINKED, Action.SIGNED_IN, Action.SIGNED_UP]
    assert Notice.objects.filter(owner=owner, kind="coinbase_linked").count() == 1


def without_names(page: str) -> str:
    """The page without what differs for everybody: the address they gave and the form's token."""
    return re.sub(r'[\w.]+@example\.test|name="csrfmiddlewaretoken" value="\w+"', "", page)


def test_an_address_that_has_an_account_is_neither_linked_nor_told_apart(sandbox, bob):
    strangers = [Client(), Client()]

    known = ask_for_account(strangers[0], sandbox, "BOB@example.test")
    unknown = ask_for_account(strangers[1], sandbox, "nobody@example.test", "Ben")

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    pages = [without_names(browser.get(known["Location"]).text) for browser in strangers]
    assert pages[0] == pages[1]
    assert not CoinbaseLink.objects.filter(owner=bob).exists()
    assert [message.to for message in mail.outbox] == [["bob@example.test"], ["nobody@example.test"]]


def test_a_strangers_coinbase_account_does_not_wait_on_an_address_it_never_proved(sandbox):
    attacker, victim = Client(), Client()
    ask_for_account(attacker, sandbox, "victim@example.test", "Ben")
    cache.clear()  # one mail in ten seconds to an address

    ask_for_account(victim, sandbox, "victim@example.test", "Ada")
    victim.post(reverse("account_email_verification_sent"), {"code": mailed_code()})

    link = CoinbaseLink.objects.get()
    assert link.coinbase_user_id == sandbox.id_of("Ada")
    assert User.objects.count() == 1
    assert user_of(attacker) is None


def test_the_address_form_needs_somebody_fresh_from_coinbase(browser, sandbox):
    answer = browser.get(reverse("accounts:coinbase_new"))

    assert answer["Location"] == reverse("account_login")


def test_who_came_from_coinbase_is_forgotten_after_half_an_hour(browser, sandbox):
    walk(browser, sandbox)
    session = browser.session
    session["coinbase_newcomer"]["at"] = (datetime.now(UTC) - timedelta(minutes=31)).isoformat()
    session.save()

    answer = browser.post(reverse("accounts:coinbase_new"), {"email": "new@example.test"})

    assert answer["Location"] == reverse("account_login")
    assert not User.objects.exists()


# --- what can go wrong on the way --------------------------------------------------------------------------------


def test_saying_no_at_coinbase_is_respected(browser, sandbox):
    answer = back(browser, sandbox.refuse(there(browser)))

    assert trouble(answer) == "refused"
    assert browser.get(answer["Location"]).status_code == 200


def test_a_way_back_without_a_state_of_this_browser_leads_nowhere(sandbox, linked):
    location = sandbox.allow(there(Client()))

    for query in (urlsplit(location).query, "code=abc", "", "state=&code=abc", "state=abc&code=abc"):
        assert trouble(Client().get(f"{RETURN}?{query}")) == "begin-again"
    assert not sandbox.state()["grants"][0]["revoked"]  # the code was never spent


def test_a_state_works_once(browser, sandbox, linked):
    location = sandbox.allow(there(browser))

    first, second = back(browser, location), back(browser, location)

    assert first["Location"] == reverse("mfa_authenticate")
    assert trouble(second) == "begin-again"


def test_a_try_is_good_for_ten_minutes(browser, sandbox, linked):
    location = sandbox.allow(there(browser))
    session = browser.session
    session["oauth_starts"][0]["begun_at"] = (datetime.now(UTC) - timedelta(minutes=10, seconds=1)).isoformat()
    session.save()

    assert trouble(back(browser, location)) == "too-late"


def test_a_code_that_was_used_elsewhere_is_not_accepted(browser, sandbox, linked):
    location = sandbox.allow(there(browser))
    sandbox.later(11 * 60)  # at Coinbase; the code is over

    assert trouble(back(browser, location)) == "code-spent"


def test_our_own_registration_gone_wrong_is_said_to_be_ours(browser, sandbox, linked, settings):
    location = sandbox.allow(there(browser))
    settings.COINBASE_SIGNIN_CLIENT_SECRET = "another"

    assert trouble(back(browser, location)) == "our-side"


@pytest.mark.parametrize(
    ("path", "fault", "named"),
    [
        ("/oauth2/token", {"kind": "status", "status": 503}, "not-answering"),
        ("/oauth2/token", {"kind": "status", "status": 429}, "not-answering"),
        ("/oauth2/token", {"kind": "status", "status": 403, "body": "<html>"}, "not-told"),
        ("/oauth2/token", {"kind": "html"}, "not-told"),
        ("/oauth2/token", {"kind": "empty"}, "not-told"),
        ("/oauth2/token", {"kind": "truncated"}, "not-told"),
        ("/oauth2/token", {"kind": "cut"}, "not-answering"),
        ("/oauth2/token", {"kind": "reset"}, "not-answering"),
        ("/oauth2/token", {"kind": "lost"}, "not-answering"),
        ("/oauth2/token", {"kind": "redirect", "location": "http://127.0.0.1:1/"}, "not-told"),
        ("/v2/user", {"kind": "status", "status": 500, "body": "{}"}, "not-answering"),
        ("/v2/user", {"kind": "html"}, "not-told"),
        ("/v2/user", {"kind": "truncated"}, "not-told"),
        ("/v2/user", {"kind": "reset"}, "not-answering"),
    ],
    ids=str,
)
def test_whatever_coinbase_answers_there_is_a_page_for_it(browser, sandbox, linked, path, fault, named):
    location = sandbox.allow(there(browser))
    sandbox.fault(path=path, **fault)

    answer = back(browser, location)

    assert trouble(answer) == named
    assert browser.get(answer["Location"]).status_code == 200
    assert user_of(browser) is None


def test_a_coinbase_that_drips_is_not_waited_for(browser, sandbox, linked, monkeypatch):
    monkeypatch.setattr(coinbase, "PATIENCE", Patience(connect=1, read=1, total=1))
    location = sandbox.allow(there(browser))
    sandbox.fault("drip", "/oauth2/token", pause_ms=200)
    began = datetime.now(UTC)

    answer = back(browser, location)

    assert trouble(answer) == "not-answering"
    assert datetime.now(UTC) - began < timedelta(seconds=5)


def test_after_one_wait_for_nothing_nobody_waits_for_a_while(browser, sandbox, linked):
    sandbox.fault("status", "/oauth2/token", status=503, times=1)

    down = trouble(walk(browser, sandbox))
    meanwhile = trouble(walk(browser, sandbox))
    cache.delete(coinbase.SILENT)  # half a minute later
    again = walk(browser, sandbox)

    assert (down, meanwhile) == ("not-answering", "not-answering")
    assert again["Location"] == reverse("mfa_authenticate")


def test_nobody_can_make_coinbase_look_silent_by_saying_so(browser, sandbox, linked):
    state = parse_qs(urlsplit(there(browser)).query)["state"][0]

    claimed = trouble(browser.get(RETURN, {"state": state, "error": "server_error"}))

    assert claimed == "not-answering"
    assert walk(browser, sandbox)["Location"] == reverse("mfa_authenticate")


def test_an_answer_without_an_id_signs_nobody_in(browser, sandbox, linked):
    sandbox.control("coinbase", {"hides_the_id": True})

    assert trouble(walk(browser, sandbox)) == "not-told"


def test_a_consent_without_the_users_id_still_names_the_user(browser, sandbox, linked):
    """Coinbase gives the id without any scope; unticking the box takes the rest away, which we never wanted."""
    location = sandbox.allow(there(browser), scopes=[])

    assert back(browser, location)["Location"] == reverse("mfa_authenticate")


def test_no_trouble_page_is_invented(browser):
    assert browser.get("/sign-in/coinbase/trouble/something/").status_code == 404


# --- turning it on and off ---------------------------------------------------------------------------------------


def test_an_owner_links_from_the_settings(alices_browser, alice, sandbox):
    location = alices_browser.post(reverse("accounts:coinbase_link"))["Location"]
    answer = back(alices_browser, sandbox.allow(location))

    assert answer["Location"] == reverse("accounts:coinbase_settings")
    assert CoinbaseLink.objects.get().owner == alice
    assert AuditEvent.objects.filter(owner=alice, action=Action.COINBASE_LINKED).count() == 1


def test_linking_needs_a_fresh_second_factor(stale_browser, sandbox):
    page = stale_browser.get(reverse("accounts:coinbase_settings"))
    link = stale_browser.post(reverse("accounts:coinbase_link"))
    unlink = stale_browser.post(reverse("accounts:coinbase_unlink"))

    assert page["Location"].startswith(reverse("accounts:step_up"))
    assert (link.status_code, unlink.status_code) == (403, 403)


def test_linking_ends_with_the_owner_who_began_it(alices_browser, bob, sandbox):
    location = alices_browser.post(reverse("accounts:coinbase_link"))["Location"]
    begun = alices_browser.session["oauth_starts"]
    bobs = signed_in(bob)
    session = bobs.session
    session["oauth_starts"] = begun
    session.save()

    answer = back(bobs, sandbox.allow(location))

    assert trouble(answer) == "somebody-else-now"
    assert not CoinbaseLink.objects.exists()


def test_one_coinbase_account_signs_in_to_one_owner(linked, bobs_browser, sandbox):
    location = bobs_browser.post(reverse("accounts:coinbase_link"))["Location"]

    answer = back(bobs_browser, sandbox.allow(location, "Ada"))

    assert trouble(answer) == "linked-elsewhere"
    assert CoinbaseLink.objects.get().owner == linked


def test_an_owner_has_one_coinbase_account(linked, alices_browser, sandbox):
    location = alices_browser.post(reverse("accounts:coinbase_link"))["Location"]

    answer = back(alices_browser, sandbox.allow(location, "Ben"))

    assert trouble(answer) == "linked-elsewhere"
    assert CoinbaseLink.objects.get().coinbase_user_id == sandbox.id_of("Ada")


def test_linking_twice_is_linking_once(linked, alices_browser, sandbox):
    location = alices_browser.post(reverse("accounts:coinbase_link"))["Location"]

    answer = back(alices_browser, sandbox.allow(location, "Ada"))

    assert answer["Location"] == reverse("accounts:coinbase_settings")
    assert not AuditEvent.objects.filter(action=Action.COINBASE_LINKED).exists()


def test_turning_it_off_is_recorded_and_told(linked, alices_browser):
    alices_browser.post(reverse("accounts:coinbase_unlink"))

    assert not CoinbaseLink.objects.exists()
    assert AuditEvent.objects.filter(owner=linked, action=Action.COINBASE_UNLINKED).count() == 1
    assert Notice.objects.filter(owner=linked, kind="coinbase_unlinked").count() == 1


def test_the_last_way_in_stays(linked, alices_browser):
    linked.set_unusable_password()
    linked.save()
    browser = signed_in(linked)

    page = browser.get(reverse("accounts:coinbase_settings"))
    answer = browser.post(reverse("accounts:coinbase_unlink"), follow=True)

    assert reverse("account_set_password") in page.text
    assert CoinbaseLink.objects.filter(owner=linked).exists()
    assert "Set a password first" in answer.text


# --- what is kept ------------------------------------------------------------------------------------------------


def test_no_token_code_or_client_secret_is_left_anywhere(browser, sandbox, linked, caplog):
    caplog.set_level(logging.DEBUG)
    location = sandbox.allow(there(browser))
    code = parse_qs(urlsplit(location).query)["code"][0]
    answer = back(browser, location)
    sandbox.fault("status", "/v2/user", status=500, body="canary-in-a-provider-text")
    another = Client()
    failed = walk(another, sandbox)

    secrets = [CLIENT_SECRET, code, "canary-in-a-provider-text", *sandbox.state()["secrets"]]
    rows = "".join(serialize("json", model.objects.all()) for model in apps.get_models())
    sessions = f"{dict(browser.session)} {dict(another.session)}"
    logs = "".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records if ours(record))
    seen = f"{rows} {sessions} {logs} {answer.content} {answer.headers} {failed.content} {failed.headers}"
    assert len(secrets) >= 6
    assert not [secret for secret in secrets if secret in seen]
    # What is kept is found, so what is not found is not kept.
    assert sandbox.id_of("Ada") in rows
    assert "coinbase" in sessions
    assert "sign-in/coinbase/return/" in logs


def ours(record: logging.LogRecord) -> bool:
    """Not what the test itself asks of the sandbox in the browser's place."""
    return not re.search("/oauth2/auth|/_control/", record.getMessage())


def test_a_way_out_to_connect_a_wallet_never_ends_as_a_way_to_sign_in(alice, alices_browser, sandbox):
    """Where the operator has one app at Coinbase for both: to connect asks for less than to link, which is a way in."""
    session = alices_browser.session
    url = coinbase.depart(
        coinbase.provider(), SessionStarts(session), purpose="connect_exchange", now=timezone.now(), owner=alice
    )
    session.save()

    answer = back(alices_browser, sandbox.allow(url))

    assert trouble(answer) == "begin-again"
    assert not CoinbaseLink.objects.exists()
