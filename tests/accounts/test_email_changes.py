"""A changed address, and who reads the former mailbox: they may stop everything, and neither mailbox alone takes it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import closing, email_changes, notices, recovery, tokens
from accounts.audit import SYSTEM, Action, record
from accounts.email_changes import Keep
from accounts.models import AuditEvent, EmailChange, Session, User
from accounts.notice_mail import send_due
from accounts.notices import Kind
from tests.accounts.people import code_of, give_password, mailed_code, recovery_code_of, sign_in
from tests.conftest import signed_in
from tests.factories import PASSWORD, UserFactory

EMAIL, VERIFY = reverse("account_email"), reverse("account_email_verification_sent")
DECIDE, HOME, LOGIN = reverse("accounts:email_decide"), reverse("accounts:home"), reverse("account_login")
PHONE = "/_allauth/app/v1"
FORMER, PRESENT = "alice@example.test", "present@example.test"
NOW = timezone.now()


def change(browser: Client, email: str) -> str:
    """Changes the address there; the path of the link that the former one is mailed, if any."""
    browser.post(EMAIL, {"email": email, "action_add": "1"})
    browser.post(VERIFY, {"code": mailed_code()})
    mail.outbox.clear()
    send_due(timezone.now())
    found = [re.search(r"https?://[^/\s]+(/not-me/\S+)", letter.body) for letter in mail.outbox]
    return next((each[1] for each in found if each), "")


@pytest.fixture
def alice(alice: User) -> User:
    """Has had her second factor for a while."""
    Authenticator.objects.filter(user=alice).update(created_at=NOW - timedelta(days=90))
    return alice


@pytest.fixture
def link(alice, alices_browser) -> str:
    link = change(alices_browser, PRESENT)
    alice.refresh_from_db()
    return link


@pytest.fixture
def contested(alice, link) -> User:
    Client().post(link)
    alice.refresh_from_db()
    return alice


def trail(owner: User) -> list[str]:
    return list(AuditEvent.objects.filter(owner=owner).values_list("action", flat=True))


def addresses(owner: User) -> dict[str, bool]:
    """Which sign in, and whether they are where mail goes."""
    return dict(EmailAddress.objects.filter(user=owner, verified=True).values_list("email", "primary"))


class TestTheLink:
    def test_only_the_former_address_is_mailed_it(self, link):
        (letter,) = (each for each in mail.outbox if link in each.body)

        assert letter.to == [FORMER]
        assert all(link in part for part in (letter.body, letter.alternatives[0].content))

    def test_no_page_shows_it_for_it_is_the_former_mailboxs(self, alice, link, alices_browser):
        page = alices_browser.get(reverse("accounts:notices"))

        assert "E-mail address changed" in page.text
        assert "/not-me/" not in page.text

    def test_following_it_changes_nothing_for_programs_follow_links_too(self, client, alice, link, alices_browser):
        page = client.get(link)

        assert page.status_code == 200
        assert not EmailChange.objects.exclude(contested_at=None).exists()
        assert alices_browser.get(HOME).status_code == 200

    def test_pressing_it_ends_all_that_was_let_in_and_says_what_to_do(self, client, alice, link, alices_browser):
        end = NOW + timedelta(days=30)
        tokens.mint(by=SYSTEM, owner=alice, name="Backup", scopes=["read"], expires_at=end, now=NOW)

        page = client.post(link)

        alice.refresh_from_db()
        assert not Session.objects.filter(owner=alice).exists()
        assert not tokens.live(alice, timezone.now()).exists()
        assert alices_browser.get(HOME).url.startswith(LOGIN)
        assert "access token" in page.text
        assert "Backup" not in page.text  # what the owner calls it is not the mailbox's to know
        assert reverse("account_reset_password") in page.text
        assert alice.contested_at
        assert addresses(alice) == {FORMER: True, PRESENT: False}
        assert alice.email == FORMER
        assert "email_contested" in trail(alice)

    def test_it_is_pressed_once(self, contested, link):
        held_at = contested.contested_at
        browser = Client()
        sign_in(browser, contested)

        again = Client().post(link)

        contested.refresh_from_db()
        assert "already" in again.text
        assert contested.contested_at == held_at
        assert browser.get(DECIDE).status_code == 200

    def test_after_three_days_it_opens_nothing(self, client, alice, link, monkeypatch):
        EmailChange.objects.update(changed_at=NOW - timedelta(days=3, minutes=1))

        assert client.get(link).status_code == client.post(link).status_code == 404
        alice.refresh_from_db()
        assert alice.contested_at is None

    @pytest.mark.parametrize("token", ["x", "a:b:c", "IjEi:1:2"])
    def test_one_that_is_made_up_opens_nothing(self, client, db, token):
        assert client.post(reverse("accounts:email_not_me", args=[token])).status_code == 404

    def test_a_link_of_a_recovery_is_none(self, client, alice, link):
        found = EmailChange.objects.get()
        other = re.sub(r"https?://[^/]+", "", recovery.link("cancel", found.id)).split("/")[-2]

        assert client.post(reverse("accounts:email_not_me", args=[other])).status_code == 404

    def test_the_owners_own_browser_may_press_it(self, alice, link, alices_browser):
        page = alices_browser.post(link)

        assert page.status_code == 200
        assert alices_browser.get(HOME).url.startswith(LOGIN)

    def test_the_present_address_is_told(self, alice, link):
        end = NOW + timedelta(days=30)
        tokens.mint(by=SYSTEM, owner=alice, name="Backup", scopes=["read"], expires_at=end, now=NOW)
        send_due(timezone.now())
        Client().post(link)
        mail.outbox.clear()
        send_due(timezone.now())

        letter = next(each for each in mail.outbox if each.to == [PRESENT])
        assert "was not you" in letter.body
        assert "/not-me/" not in letter.body
        assert "Backup" not in letter.body

    def test_an_account_whose_address_came_home_has_no_link(self, alice, alices_browser, link):
        assert change(alices_browser, FORMER) == ""
        assert Client().post(link).status_code == 404

    def test_a_purged_owner_leaves_no_row(self, contested):
        User.objects.filter(pk=contested.pk).update(purge_at=NOW - timedelta(days=1))
        closing.purge(owner_id=contested.pk, now=NOW)

        assert not EmailChange.objects.exists()


class TestDeciding:
    """Password and a second factor that is older than the change: by that the owner is known, and by no mailbox."""

    @pytest.mark.parametrize("email", [FORMER, PRESENT])
    def test_both_addresses_sign_in_and_lead_to_the_question(self, client, contested, email):
        client.post(LOGIN, {"login": email, "password": PASSWORD})
        client.post(reverse("mfa_authenticate"), {"code": code_of(contested)})

        for path in (HOME, EMAIL, reverse("accounts:settings_security"), reverse("accounts:token_new")):
            assert client.get(path).url == DECIDE, path

    @pytest.mark.parametrize("email", [FORMER, PRESENT])
    def test_both_mailboxes_set_a_new_password_and_none_gets_in_by_it(self, client, contested, email):
        mail.outbox.clear()
        client.post(reverse("account_reset_password"), {"email": email})
        assert mail.outbox[-1].to == [email]
        client.post(reverse("account_confirm_password_reset_code"), {"code": mailed_code()})
        client.post(reverse("account_complete_password_reset"), {"password1": "another calm passphrase"})

        assert give_password(client, contested, "another calm passphrase").url == reverse("mfa_authenticate")
        assert client.get(HOME).url.startswith(LOGIN)

    @pytest.mark.parametrize(("keep", "kept"), [("former", FORMER), ("present", PRESENT)])
    def test_the_owner_keeps_one_and_the_other_is_gone(self, client, contested, keep, kept):
        sign_in(client, contested)
        page = client.get(DECIDE)
        assert FORMER in page.text
        assert PRESENT in page.text

        answer = client.post(DECIDE, {"keep": keep})

        contested.refresh_from_db()
        assert answer.url == reverse("accounts:settings_security")
        assert contested.email == kept
        assert contested.contested_at is None
        assert addresses(contested) == {kept: True}
        assert "email_settled" in trail(contested)
        assert client.get(HOME).status_code == 200
        assert not contested.notices.filter(kind="email_contested", closed_at=None).exists()

    def test_no_link_works_once_it_is_decided(self, client, contested, link):
        sign_in(client, contested)
        client.post(DECIDE, {"keep": "present"})

        assert Client().post(link).status_code == 404

    def test_nothing_to_decide_leads_home(self, alices_browser):
        assert alices_browser.get(DECIDE).url == HOME

    def test_who_decides_while_staff_do_is_led_on(self, client, contested, monkeypatch):
        sign_in(client, contested)
        decide = email_changes.decide

        def after_staff(**said):
            decide(**said | {"by": SYSTEM, "keep": Keep.PRESENT})
            return decide(**said)

        monkeypatch.setattr(email_changes, "decide", after_staff)

        assert client.post(DECIDE, {"keep": "former"}).url == HOME

    def test_what_is_not_offered_is_not_taken(self, client, contested):
        sign_in(client, contested)

        assert client.post(DECIDE, {"keep": "mallory@example.test"}).status_code == 200
        contested.refresh_from_db()
        assert contested.contested_at

    def test_a_stale_factor_is_asked_for_again(self, contested):
        browser = signed_in(contested, factor_age=3600)

        assert browser.get(DECIDE).url.startswith(reverse("accounts:step_up"))
        assert browser.post(DECIDE, {"keep": "present"}).status_code == 403

    def test_where_the_former_address_is_somebody_elses_by_now_it_is_not_put_back(self, client, alice, link):
        UserFactory(email=FORMER)

        page = client.post(link)

        alice.refresh_from_db()
        assert alice.contested_at
        assert "another account" in page.text
        assert addresses(alice) == {PRESENT: True}
        browser = Client()
        sign_in(browser, alice)
        assert browser.post(DECIDE, {"keep": "former"}).status_code == 200
        assert browser.post(DECIDE, {"keep": "present"}).status_code == 302


class TestWhoStoleASession:
    """Changed the address from it, with the second factor still fresh, and whatever else that allows."""

    def test_a_factor_they_added_does_not_lead_in(self, client, alice, link):
        theirs = generate_totp_secret()
        Authenticator.objects.filter(user=alice, type="totp").update(type="webauthn")  # beside it, an app of theirs
        TOTP.activate(alice, theirs)
        Client().post(link)
        alice.refresh_from_db()

        page = client.post(LOGIN, {"login": PRESENT, "password": PASSWORD})
        page = client.post(reverse("mfa_authenticate"), {"code": code_of(alice)}, follow=True)

        assert page.redirect_chain[-1][0] == LOGIN
        assert "before the address was changed" in page.text
        assert client.get(DECIDE).url.startswith(LOGIN)

    @pytest.mark.parametrize(("days", "leads_in"), [(6, False), (8, True)])
    def test_nor_one_they_added_a_while_before(self, client, alice, link, days, leads_in):
        """Of a factor that was added the owner is told by mail, and had a week to hear it."""
        Authenticator.objects.filter(user=alice, type="totp").update(type="webauthn")
        TOTP.activate(alice, generate_totp_secret())
        added = timezone.now() - timedelta(days=days)
        Authenticator.objects.filter(user=alice, type="totp").update(created_at=added)
        Client().post(link)

        sign_in(client, alice)

        assert (client.get(DECIDE).status_code == 200) == leads_in

    def test_nor_do_recovery_codes_which_a_session_shows(self, client, contested):
        page = client.post(LOGIN, {"login": PRESENT, "password": PASSWORD})
        page = client.post(reverse("mfa_authenticate"), {"code": recovery_code_of(contested)}, follow=True)

        assert page.redirect_chain[-1][0] == LOGIN
        assert not Session.objects.filter(owner=contested).exists()

    def test_nor_one_that_took_the_place_of_the_owners(self, client, alice, alices_browser, link):
        Authenticator.objects.filter(user=alice, type="totp").update(created_at=timezone.now())
        record(by=SYSTEM, action=Action.TOTP_REMOVED, owner=alice, now=timezone.now())
        Client().post(link)
        alice.refresh_from_db()

        sign_in(client, alice)

        assert client.get(DECIDE).url.startswith(LOGIN)

    def test_nor_one_that_came_by_a_recovery(self, client, alice, link):
        """Within the minutes in which one may end and the link still works."""
        Authenticator.objects.filter(user=alice, type="totp").update(created_at=timezone.now())
        record(by=SYSTEM, action=Action.RECOVERY_USED, owner=alice, now=timezone.now())
        Client().post(link)
        alice.refresh_from_db()

        sign_in(client, alice)

        assert client.get(DECIDE).url.startswith(LOGIN)

    def test_a_second_change_does_not_outrun_the_first_link(self, alice, alices_browser, link):
        second = change(alices_browser, "further@example.test")
        assert second
        Client().post(second)

        Client().post(link)

        alice.refresh_from_db()
        assert alice.email == FORMER
        assert addresses(alice) == {FORMER: True, "further@example.test": False}
        assert EmailChange.objects.filter(owner=alice).exclude(contested_at=None).filter(settled_at=None).count() == 1

    def test_nor_is_the_first_undone_by_the_second(self, alice, alices_browser, link):
        second = change(alices_browser, "further@example.test")
        Client().post(link)

        Client().post(second)

        alice.refresh_from_db()
        assert addresses(alice) == {FORMER: True, "further@example.test": False}


class TestMails:
    """Which of the two is the owner's is not known: what guards the account is told to both, and nothing else."""

    def mailed(self, kind: Kind, owner: User, **facts: str) -> list[str]:
        notices.tell(owner=owner, kind=kind, now=timezone.now(), **facts)
        mail.outbox.clear()
        send_due(timezone.now())
        return sorted(to for letter in mail.outbox for to in letter.to if letter.subject == mail.outbox[-1].subject)

    def test_both_hear_what_guards_the_account(self, contested):
        send_due(timezone.now())

        assert self.mailed(Kind.PASSWORD_RESET, contested, ended="") == [FORMER, PRESENT]
        ids = {letter.extra_headers["Message-ID"] for letter in mail.outbox}
        assert len(ids) == len(mail.outbox)

    def test_what_else_there_is_goes_to_one(self, contested):
        send_due(timezone.now())

        assert self.mailed(Kind.EXPORT_READY, contested, until="tomorrow") == [FORMER]

    def test_as_soon_as_it_is_decided_the_other_hears_nothing_more(self, client, contested):
        sign_in(client, contested)
        client.post(DECIDE, {"keep": "former"})
        send_due(timezone.now())

        contested.refresh_from_db()
        assert self.mailed(Kind.PASSWORD_CHANGED, contested) == [FORMER]


class TestWhoReadsAMailbox:
    """Password and mailbox end in 72 hours at no new factor, as long as it is contested."""

    def test_no_recovery_is_begun(self, client, contested):
        mail.outbox.clear()
        client.post(reverse("accounts:recovery_start"), {"email": FORMER, "password": PASSWORD})

        assert recovery.open_of(contested) is None
        assert "rests" in mail.outbox[-1].body

    def test_one_that_runs_is_over(self, alice, alices_browser, link):
        recovery.start(by=SYSTEM, owner=alice, now=NOW)
        found = recovery.confirm(by=SYSTEM, recovery=recovery.open_of(alice), now=NOW)
        finish = re.sub(r"https?://[^/]+", "", recovery.link("finish", found.id))

        Client().post(link)

        found.refresh_from_db()
        assert found.cancelled_at
        assert Client().post(finish, {"password": PASSWORD}).status_code == 404

    def test_staff_start_none_either_until_they_have_decided(self, contested, staff_member):
        staff = signed_in(staff_member)
        chosen = {"_selected_action": [str(contested.pk)]}
        staff.post("/admin/accounts/user/", {"action": "start_recovery"} | chosen)
        assert recovery.open_of(contested) is None

        staff.post("/admin/accounts/user/", {"action": "keep_present_address"} | chosen)
        staff.post("/admin/accounts/user/", {"action": "start_recovery"} | chosen)

        contested.refresh_from_db()
        assert contested.email == PRESENT
        assert contested.contested_at is None
        assert AuditEvent.objects.get(owner=contested, action="email_settled").actor == staff_member
        assert contested.notices.filter(kind="staff_acted").exists()
        assert recovery.open_of(contested)


class TestPhones:
    def signed_in(self, owner: User) -> Client:
        phone = Client()
        told = phone.post(f"{PHONE}/auth/login", {"email": owner.email, "password": PASSWORD}, "application/json")
        headers = {"X-Session-Token": told.json()["meta"]["session_token"]}
        told = phone.post(
            f"{PHONE}/auth/2fa/authenticate", {"code": code_of(owner)}, "application/json", headers=headers
        )
        assert told.status_code == 200, told.content
        return Client(headers={"X-Session-Token": told.json()["meta"]["session_token"]})

    def test_it_hears_that_it_is_contested_and_decides(self, contested):
        phone = self.signed_in(contested)
        refused = phone.get("/api/v1/me/")
        assert (refused.status_code, refused.json()["code"]) == (403, "address_contested")

        told = phone.get("/api/v1/account/address/")
        assert told.json()["former"] == FORMER
        assert told.json()["present"] == PRESENT
        answer = phone.post("/api/v1/account/address/", {"keep": "former"}, "application/json")

        assert answer.status_code == 200, answer.content
        assert answer.json() == {"contested_at": None, "former": None, "present": FORMER}
        assert phone.get("/api/v1/me/").status_code == 200

    def test_addresses_and_factors_stay_as_they_are_meanwhile(self, contested):
        phone = self.signed_in(contested)

        for path, body in (
            ("account/email", {"email": "further@example.test"}),
            ("account/authenticators/totp", {"code": "000000"}),
            ("account/password/change", {"current_password": PASSWORD, "new_password": "another calm passphrase"}),
        ):
            answer = phone.post(f"{PHONE}/{path}", body, "application/json")
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "address_contested"), path

    def test_nothing_is_contested_as_a_rule(self, alice):
        phone = self.signed_in(alice)

        assert phone.get("/api/v1/account/address/").json() == {
            "contested_at": None,
            "former": None,
            "present": FORMER,
        }
        refused = phone.post("/api/v1/account/address/", {"keep": "former"}, "application/json")
        assert refused.status_code == 409
