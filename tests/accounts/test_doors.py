"""Signing up, in and out, and changing what one signs in with: page by page, and without telling strangers anything."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import get_hasher
from django.core import mail
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import tokens
from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Session, User
from accounts.notice_mail import send_due
from tests.accounts.people import (
    WRONG,
    code_of,
    give_password,
    mailed_code,
    recovery_code_of,
    sign_in,
)
from tests.conftest import signed_in
from tests.factories import PASSWORD
from tests.threads import in_threads

LOGIN = reverse("account_login")
SIGNUP = reverse("account_signup")
VERIFY = reverse("account_email_verification_sent")
SECOND = reverse("mfa_authenticate")
RESET = reverse("account_reset_password")
RESET_CODE = reverse("account_confirm_password_reset_code")
RESET_DONE = reverse("account_complete_password_reset")
EMAIL = reverse("account_email")
PASSWORD_CHANGE = reverse("account_change_password")
PHONE = "/_allauth/app/v1/auth"
NEW = "another calm passphrase"
FRESH = "fresh@example.test"


@pytest.fixture
def hashed(monkeypatch) -> list[str]:
    """Each hashing of a password: what takes the time, counted instead of measured, for machines are busy at times."""
    seen: list[str] = []
    hasher = type(get_hasher())
    encode = hasher.encode

    def counted(self, password, *args, **kwargs):
        seen.append(password)
        return encode(self, password, *args, **kwargs)

    monkeypatch.setattr(hasher, "encode", counted)
    return seen


def token_of(owner: User, name: str) -> None:
    now = timezone.now()
    end = now + timedelta(days=30)
    tokens.mint(by=SYSTEM, owner=owner, name=name, scopes=["read"], expires_at=end, now=now)


def asked(act) -> list[str]:
    with CaptureQueriesContext(connection) as seen:
        act()
    return [query["sql"].strip() for query in seen.captured_queries if "SAVEPOINT" not in query["sql"]]


def writes(statements: list[str]) -> list[str]:
    """Which tables."""
    return [" ".join(sql.split()[:3]) for sql in statements if sql.startswith(("INSERT", "UPDATE", "DELETE"))]


def words(page) -> str:
    """What a person reads, without the parts that differ by chance or repeat what was typed."""
    text = re.sub(r"<[^>]+>|[\w.+-]+@[\w.-]+", " ", page.text)
    return re.sub(r"\s+", " ", text)


class TestSignUp:
    def test_an_address_is_one_whatever_its_case(self, client, alice):
        client.post(SIGNUP, {"email": "ALICE@Example.TEST", "password1": PASSWORD})

        assert User.objects.filter(email__iexact=alice.email).count() == 1

    def test_a_known_address_is_answered_as_a_new_one(self, alice):
        known, new = Client(), Client()
        a = known.post(SIGNUP, {"email": alice.email, "password1": NEW}, follow=True)
        b = new.post(SIGNUP, {"email": "fresh@example.test", "password1": NEW}, follow=True)

        assert (a.status_code, a.redirect_chain) == (b.status_code, b.redirect_chain)
        assert words(a) == words(b)
        assert known.cookies.keys() == new.cookies.keys()

    def test_every_next_step_is_answered_the_same_too(self, alice):
        known, new = Client(), Client()
        known.post(SIGNUP, {"email": alice.email, "password1": NEW})
        new.post(SIGNUP, {"email": "fresh@example.test", "password1": NEW})

        for data in [{"code": "BBBB-BBBB"}, {"action": "change", "email": "x@example.test"}, {"code": "BBBB-BBBB"}]:
            a, b = known.post(VERIFY, data, follow=True), new.post(VERIFY, data, follow=True)
            assert (a.status_code, a.redirect_chain, words(a)) == (b.status_code, b.redirect_chain, words(b))

    def test_the_owner_of_a_known_address_is_told_by_mail_only(self, client, alice):
        client.post(SIGNUP, {"email": alice.email, "password1": NEW})

        assert mail.outbox[-1].to == [alice.email]
        assert "already" in mail.outbox[-1].subject
        assert reverse("account_reset_password") in mail.outbox[-1].body

    def test_a_known_address_takes_as_long_as_a_new_one(self, alice, hashed):
        Client().post(SIGNUP, {"email": alice.email, "password1": NEW})
        known = len(hashed)
        Client().post(SIGNUP, {"email": "fresh@example.test", "password1": NEW})

        assert known == len(hashed) - known > 0

    @pytest.mark.parametrize("by", ["page", "phone"])
    def test_the_database_does_the_same_for_both(self, alice, by):
        """Ten more statements for a new one, three of them waiting for the disk, could be told from outside."""
        self.signed_up_by(by, "warm@example.test")

        known, new = (asked(lambda email=email: self.signed_up_by(by, email)) for email in (alice.email, FRESH))

        assert sorted(writes(known)) == sorted(writes(new))
        assert abs(len(known) - len(new)) <= 4  # short looks, beside the hashing of a password
        assert not User.objects.filter(email__endswith=".invalid").exists()

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("by", ["page", "phone"])
    def test_who_presses_twice_has_one_account_and_meets_no_failure(self, by):
        """The first answer leads on to the code that was mailed; the next mail would come too soon."""
        answers = []

        def press():
            try:
                answers.append(self.signed_up_by(by, "twice@example.test").status_code)
            finally:
                connections.close_all()

        in_threads(press, 4)

        assert set(answers) <= {302 if by == "page" else 401, 429}
        assert User.objects.filter(email="twice@example.test").count() == 1

    @staticmethod
    def signed_up_by(way, email):
        if way == "page":
            return Client(raise_request_exception=False).post(SIGNUP, {"email": email, "password1": NEW})
        data = {"email": email, "password": NEW}
        return Client(raise_request_exception=False).post(f"{PHONE}/signup", data, "application/json")

    def test_a_weak_password_is_explained(self, client, db):
        page = client.post(SIGNUP, {"email": "new@example.test", "password1": "short"})

        assert page.status_code == 200
        assert "too short" in page.text

    def test_a_wrong_code_says_what_to_do_and_three_end_it(self, client, db):
        client.post(SIGNUP, {"email": "new@example.test", "password1": PASSWORD})

        pages = [client.post(VERIFY, {"code": "BBBB-BBBB"}) for _ in range(3)]

        assert "Check the newest e-mail" in pages[0].text
        assert pages[2].url == LOGIN

    def test_a_new_code_is_sent_on_request(self, client, db, monkeypatch):
        client.post(SIGNUP, {"email": "new@example.test", "password1": PASSWORD})
        first = mailed_code()
        later = time.time() + 60
        monkeypatch.setattr(time, "time", lambda: later)

        client.post(VERIFY, {"action": "resend"})

        assert mailed_code() != first
        assert client.post(VERIFY, {"code": first}).status_code == 200
        assert client.post(VERIFY, {"code": mailed_code()}).status_code == 302

    def test_somebody_who_mistyped_the_address_starts_again(self, client, db):
        client.post(SIGNUP, {"email": "typo@example.test", "password1": PASSWORD})

        page = client.post(reverse("account_logout"), {"next": SIGNUP}, follow=True)

        assert page.redirect_chain == [(SIGNUP, 302)]
        assert "Open an account" in page.text

    def test_codes_are_mailed_in_plain_words_and_html(self, client, db):
        client.post(SIGNUP, {"email": "new@example.test", "password1": PASSWORD})

        letter = mail.outbox[-1]

        assert letter.subject == "Your Holdfast code"
        assert mailed_code() in letter.alternatives[0].content


class TestSignIn:
    def test_password_then_app_opens_the_account(self, client, alice):
        asked = give_password(client, alice)
        opened = client.post(SECOND, {"code": code_of(alice)})

        assert asked.url == SECOND
        assert opened.url == reverse("accounts:home")
        assert AuditEvent.objects.get(owner=alice, action="signed_in").details["method"] == "password+totp"

    def test_the_password_alone_opens_nothing(self, client, alice):
        give_password(client, alice)

        assert client.get(EMAIL).url.startswith(LOGIN)

    def test_the_key_of_the_session_changes_at_the_door(self, client, alice):
        give_password(client, alice)
        before = client.session.session_key

        client.post(SECOND, {"code": code_of(alice)})

        assert client.session.session_key != before
        assert not Session.objects.filter(owner=None).exists()

    def test_a_recovery_code_works_once(self, alice):
        code = recovery_code_of(alice)

        first, second = Client(), Client()
        opened = sign_in(first, alice, code)
        refused = sign_in(second, alice, code)

        assert opened.url == reverse("accounts:home")
        assert refused.status_code == 200
        assert AuditEvent.objects.filter(owner=alice, action="recovery_code_used").count() == 1

    def test_a_code_of_the_app_works_once(self, alice):
        code = code_of(alice)

        opened, refused = sign_in(Client(), alice, code), sign_in(Client(), alice, code)

        assert opened.status_code == 302
        assert "was used already" in refused.text

    def test_a_code_stays_used_when_the_cache_forgets(self, alice, settings):
        code = code_of(alice)
        sign_in(Client(), alice, code)
        cache.clear()

        assert sign_in(Client(), alice, code).status_code == 200

    def test_an_older_code_is_not_taken_after_a_newer_one(self, alice):
        sign_in(Client(), alice, code_of(alice, ahead=1))

        assert sign_in(Client(), alice, code_of(alice)).status_code == 200

    def test_a_wrong_code_is_refused_recorded_and_limited(self, client, alice):
        give_password(client, alice)

        pages = [client.post(SECOND, {"code": WRONG}) for _ in range(6)]

        assert "That code is not right" in pages[0].text
        assert "Too many tries" in pages[5].text
        assert AuditEvent.objects.filter(owner=alice, action="sign_in_failed").count() == 5

    def test_unknown_address_and_wrong_password_are_one_answer(self, client, alice):
        a = client.post(LOGIN, {"login": alice.email, "password": "not her password"})
        b = client.post(LOGIN, {"login": "nobody@example.test", "password": "not her password"})

        assert (a.status_code, words(a)) == (b.status_code, words(b))

    def test_guessing_is_stopped_the_same_way_for_both(self, alice):
        def tries(email: str) -> list[str]:
            client = Client(REMOTE_ADDR=f"10.0.0.{ord(email[0])}")
            return [words(client.post(LOGIN, {"login": email, "password": f"guess {n}"})) for n in range(7)]

        assert tries(alice.email) == tries("nobody@example.test")
        assert "Too many tries" in tries(alice.email)[-1]

    def test_an_unknown_address_takes_as_long_as_a_known_one(self, alice, hashed):
        Client().post(LOGIN, {"login": alice.email, "password": "wrong wrong wrong"})
        known = len(hashed)
        Client().post(LOGIN, {"login": "nobody@example.test", "password": "wrong wrong wrong"})

        assert known == len(hashed) - known > 0

    def test_nor_does_the_disk_tell_them_apart(self, alice):
        """What is taken back waits for no disk; so what is kept does not either."""
        ways = [lambda email=email: give_password(Client(), User(email=email), "wrong wrong") for email in
                ("warm@example.test", alice.email, "fresh@example.test")]  # fmt: skip
        _, known, new = map(asked, ways)

        assert writes(known) == writes(new)
        assert [sql for sql in known if "synchronous_commit" in sql]

    def test_a_closed_account_is_not_opened(self, client, alice):
        User.objects.filter(pk=alice.pk).update(is_active=False)

        assert give_password(client, alice).url == reverse("account_inactive")

    def test_a_new_device_is_told_and_a_known_one_is_not(self, alice):
        home, elsewhere = Client(), Client()
        sign_in(home, alice, recovery_code_of(alice))
        assert not alice.notices.filter(kind="new_sign_in").exists()

        home.post(reverse("account_logout"))
        sign_in(home, alice, recovery_code_of(alice))
        assert not alice.notices.filter(kind="new_sign_in").exists()

        sign_in(elsewhere, alice, recovery_code_of(alice))
        assert alice.notices.filter(kind="new_sign_in").count() == 1

    def test_the_cookie_of_a_known_device_cannot_be_made_up(self, client, alice, bob):
        sign_in(Client(), alice, recovery_code_of(alice))
        client.cookies["known_here"] = f"WzFd:{alice.pk}"

        sign_in(client, alice, recovery_code_of(alice))

        assert alice.notices.filter(kind="new_sign_in").exists()

    def test_signing_out_ends_the_session_and_is_recorded(self, alice, alices_browser):
        key = alices_browser.session.session_key

        page = alices_browser.post(reverse("account_logout"))

        assert page.url == reverse("accounts:landing")
        assert page["Clear-Site-Data"] == '"storage"'
        assert AuditEvent.objects.filter(owner=alice, action="signed_out").exists()
        other = Client()
        other.cookies["sessionid"] = key
        assert other.get(EMAIL).url.startswith(LOGIN)

    def test_a_link_signs_nobody_out(self, alices_browser):
        page = alices_browser.get(reverse("account_logout"))

        assert "This device is signed out" in page.text
        assert "Clear-Site-Data" not in page
        assert alices_browser.get(EMAIL).status_code == 200

    def test_a_foreign_address_to_return_to_is_ignored(self, client, alice):
        client.post(LOGIN, {"login": alice.email, "password": PASSWORD, "next": "https://evil.example/"})

        assert client.post(SECOND, {"code": code_of(alice)}).url == reverse("accounts:home")

    def test_options_for_a_passkey_are_given_to_strangers_without_names(self, client, alice):
        options = client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"}).json()

        assert options["request_options"]["publicKey"]["challenge"]
        assert not options["request_options"]["publicKey"].get("allowCredentials")

    @pytest.mark.parametrize("credential", ["", "null", "[]", "{}", '{"response": {"userHandle": "eA"}}', '{"id": 1}'])
    def test_a_passkey_made_up_is_sent_back_to_the_door(self, client, db, credential):
        client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})

        page = client.post(reverse("mfa_login_webauthn"), {"credential": credential})

        assert page.url == LOGIN


class TestResetPassword:
    def start(self, client, email):
        return client.post(RESET, {"email": email}, follow=True)

    def test_the_code_sets_a_new_password_and_the_second_factor_stays(self, client, alice):
        self.start(client, alice.email)
        client.post(RESET_CODE, {"code": mailed_code()})
        done = client.post(RESET_DONE, {"password1": NEW})

        assert done.url == reverse("account_password_reset_completed")
        assert give_password(client, alice, NEW).url == SECOND
        assert AuditEvent.objects.get(owner=alice, action="password_changed").details == {"how": "reset"}
        assert alice.notices.filter(kind="password_reset").exists()

    def reset(self, client, email):
        self.start(client, email)
        client.post(RESET_CODE, {"code": mailed_code()})
        return client.post(RESET_DONE, {"password1": NEW}, follow=True)

    def test_other_devices_are_signed_out(self, client, alice, alices_browser):
        self.reset(client, alice.email)

        assert alices_browser.get(EMAIL).url.startswith(LOGIN)
        assert not Session.objects.filter(owner=alice).exists()

    def test_access_tokens_end_and_page_and_mail_say_so(self, client, alice):
        names = ["Backup", "Taxes", *(f"Script {n}" for n in range(5))]
        for name in names:
            token_of(alice, name)

        page = self.reset(client, alice.email)
        send_due(timezone.now())

        assert not tokens.live(alice, timezone.now()).exists()
        assert "all access tokens ended" in page.text
        assert "need new ones: “Backup”, “Taxes”, “Script 0”, “Script 1”, “Script 2”, 2 more." in mail.outbox[-1].body
        assert AuditEvent.objects.filter(owner=alice, action="token_revoked").count() == len(names)

    @pytest.mark.parametrize("by", ["page", "phone"])
    def test_who_waits_at_the_second_factor_with_the_former_password_begins_again(self, client, alice, by):
        stranger, phone = Client(), {"content_type": "application/json"}
        if by == "page":
            give_password(stranger, alice)
        else:
            told = stranger.post(f"{PHONE}/login", {"email": alice.email, "password": PASSWORD}, **phone)
            phone["headers"] = {"X-Session-Token": told.json()["meta"]["session_token"]}
        self.reset(client, alice.email)

        if by == "page":
            page = stranger.post(SECOND, {"code": code_of(alice)}, follow=True)
            assert page.redirect_chain == [(LOGIN, 302)]
            assert "changed meanwhile" in page.text
        else:
            told = stranger.post(f"{PHONE}/2fa/authenticate", {"code": code_of(alice)}, **phone)
            assert told.status_code == 401

        assert not Session.objects.filter(owner=alice).exists()

    def test_who_had_no_token_hears_of_none(self, client, alice):
        self.reset(client, alice.email)
        send_due(timezone.now())

        assert "access tokens" not in alice.notices.get(kind="password_reset").facts["ended"]

    @pytest.mark.parametrize("who", ["alice", "newcomer"])
    def test_the_mail_speaks_of_a_second_factor_only_to_who_has_one(self, client, who, alice, newcomer):
        """To who has none it promised that a stranger at their mailbox does not get in."""
        owner = alice if who == "alice" else newcomer
        page = self.reset(client, owner.email)
        mail.outbox.clear()
        send_due(timezone.now())

        (letter,) = [each for each in mail.outbox if "new password was set" in each.subject]
        both = [letter.body, letter.alternatives[0][0]]
        assert all(("Without your second factor" in text) == (who == "alice") for text in both)
        assert all(("set up a second factor" in text) == (who == "newcomer") for text in both)
        assert "if you have set one up" in page.text

    def test_from_a_browser_that_is_still_signed_in_it_ends_well_too(self, alice, alices_browser):
        page = self.reset(alices_browser, alice.email)

        assert page.status_code == 200
        assert alices_browser.get(EMAIL).url.startswith(LOGIN)

    def test_an_unknown_address_gets_the_same_answers(self, alice):
        known, unknown = Client(), Client()
        a, b = self.start(known, alice.email), self.start(unknown, "nobody@example.test")
        assert (a.status_code, a.redirect_chain, words(a)) == (b.status_code, b.redirect_chain, words(b))

        for _ in range(3):
            a = known.post(RESET_CODE, {"code": "BBBB-BBBB"}, follow=True)
            b = unknown.post(RESET_CODE, {"code": "BBBB-BBBB"}, follow=True)
            assert (a.status_code, a.redirect_chain, words(a)) == (b.status_code, b.redirect_chain, words(b))

    def test_nobody_reaches_the_new_password_without_the_code(self, client, alice):
        self.start(client, alice.email)

        page = client.post(RESET_DONE, {"password1": NEW})

        assert page.url == RESET_CODE
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)

    def test_asking_often_is_limited(self, client, alice):
        pages = [client.post(RESET, {"email": alice.email}) for _ in range(6)]

        assert [page.status_code for page in pages] == [302] * 5 + [429]


class TestChangePassword:
    def test_programs_go_on_and_page_and_mail_say_so(self, alice, alices_browser):
        token_of(alice, "Backup")

        page = alices_browser.get(PASSWORD_CHANGE)
        alices_browser.post(PASSWORD_CHANGE, {"oldpassword": PASSWORD, "password1": NEW})
        send_due(timezone.now())

        assert tokens.live(alice, timezone.now()).count() == 1
        assert "Access tokens of programs go on working" in page.text
        assert "access tokens of programs go on working" in mail.outbox[-1].body

    def test_other_devices_are_signed_out_and_this_one_stays(self, alice, alices_browser):
        phone = signed_in(alice)

        page = alices_browser.post(PASSWORD_CHANGE, {"oldpassword": PASSWORD, "password1": NEW})

        assert page.url == reverse("accounts:settings_security")
        assert alices_browser.get(PASSWORD_CHANGE).status_code == 200
        assert phone.get(PASSWORD_CHANGE).url.startswith(LOGIN)
        assert Session.objects.filter(owner=alice).count() == 1

    def test_the_current_password_is_wanted(self, alice, alices_browser):
        page = alices_browser.post(PASSWORD_CHANGE, {"oldpassword": "guess", "password1": NEW})

        assert "not your current password" in page.text

    def test_a_stale_factor_is_refused_and_nothing_is_kept(self, alice, stale_browser):
        page = stale_browser.post(PASSWORD_CHANGE, {"oldpassword": PASSWORD, "password1": NEW})

        assert page.status_code == 403
        assert NEW not in str(dict(stale_browser.session.items()))
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)


class TestChangeEmail:
    def change(self, client, email):
        return client.post(EMAIL, {"email": email, "action_add": "1"}, follow=True)

    def test_the_code_sent_to_the_new_address_changes_it(self, alice, alices_browser):
        self.change(alices_browser, "Alice.New@example.test")
        assert mail.outbox[-1].to == ["alice.new@example.test"]

        page = alices_browser.post(VERIFY, {"code": mailed_code()})

        alice.refresh_from_db()
        assert page.url == reverse("accounts:settings_profile")
        assert alice.email == "alice.new@example.test"
        assert AuditEvent.objects.filter(owner=alice, action="email_changed").exists()
        assert alice.notices.get(kind="email_changed").mail_to == "alice@example.test"

    def test_until_then_nothing_changes(self, alice, alices_browser):
        self.change(alices_browser, "alice.new@example.test")

        alice.refresh_from_db()
        assert alice.email == "alice@example.test"

    def test_a_taken_address_is_answered_like_a_free_one(self, alice, bob):
        one, other = signed_in(alice), signed_in(alice)
        a, b = self.change(one, bob.email), self.change(other, "free@example.test")

        assert (a.status_code, a.redirect_chain, words(a)) == (b.status_code, b.redirect_chain, words(b))

    def test_a_stale_factor_is_asked_for_first(self, stale_browser):
        assert stale_browser.get(EMAIL).url == f"{reverse('accounts:step_up')}?next=%2Faccounts%2Femail%2F"

    def test_addresses_cannot_be_removed_or_shuffled_here(self, alice, alices_browser):
        alices_browser.post(EMAIL, {"email": alice.email, "action_remove": "1"})

        assert alice.emailaddress_set.filter(email=alice.email, primary=True).exists()


# In capitals the one is an S and the other an I: forms let both through.
@pytest.mark.parametrize(
    "email", ["\u017f@example.test", "a@" + "\u0131" * 63 + ".test"], ids=["before the @", "behind it"]
)
@pytest.mark.parametrize("door", ["sign up", "reset", "phone", "change"])
def test_an_address_that_no_mail_reaches_is_refused_at_every_door(client, alice, alices_browser, door, email):
    answer = {
        "sign up": lambda: client.post(SIGNUP, {"email": email, "password1": NEW}),
        "reset": lambda: client.post(RESET, {"email": email}),
        "phone": lambda: client.post(
            f"{PHONE}/signup", {"email": email, "password": NEW}, content_type="application/json"
        ),
        "change": lambda: alices_browser.post(EMAIL, {"email": email, "action_add": ""}),
    }[door]()

    assert answer.status_code == (400 if door == "phone" else 200)
    assert "No mail can be sent to that address." in answer.content.decode()
    assert not mail.outbox
    assert User.objects.count() == 1


def test_the_factor_of_somebody_else_opens_nothing(client, alice, bob):
    give_password(client, alice)

    assert client.post(SECOND, {"code": code_of(bob)}).status_code == 200
    assert not Authenticator.objects.get(user=alice, type="totp").last_used_at
