"""Who signs up with an address of somebody else keeps nobody from it: only who reads the mail goes further."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import email_changes, unproven
from accounts.audit import SYSTEM
from accounts.models import AuditEvent, EmailChange, Session, User
from tests.accounts.people import code_of, give_password, mailed_code
from tests.factories import PASSWORD, OwnerFactory

SIGNUP, VERIFY = reverse("account_signup"), reverse("account_email_verification_sent")
LOGIN, EMAIL, ENROL = reverse("account_login"), reverse("account_email"), reverse("accounts:enrol")
PHONE = "/_allauth/app/v1"
X, THEIRS, OWN = "x@example.test", "the strangers passphrase", "the owners own passphrase"
NOW = timezone.now()


def sign_up(password: str, by: str = "page") -> Client:
    browser = Client()
    if by == "page":
        browser.post(SIGNUP, {"email": X, "password1": password})
        return browser
    told = browser.post(f"{PHONE}/auth/signup", {"email": X, "password": password}, "application/json")
    return Client(headers={"X-Session-Token": told.json()["meta"]["session_token"]})


def prove(browser: Client, code: str, by: str = "page"):
    if by == "page":
        return browser.post(VERIFY, {"code": code})
    return browser.post(f"{PHONE}/auth/email/verify", {"key": code}, "application/json")


def who() -> User:
    return User.objects.get(email=X)


@pytest.mark.django_db
class TestSigningUp:
    @pytest.mark.parametrize("by", ["page", "phone"])
    def test_the_owner_of_a_squatted_address_signs_up_with_their_own_password(self, by):
        sign_up(THEIRS)
        owner = sign_up(OWN, by)

        answer = prove(owner, mailed_code(), by)

        assert answer.status_code in {200, 302}
        assert EmailAddress.objects.get(email=X).verified
        assert who().check_password(OWN)
        assert Session.objects.filter(owner=who()).count() == 1
        assert give_password(Client(), who(), THEIRS).status_code == 200  # refused

    def test_nor_does_a_stranger_get_in_between(self):
        owner = sign_up(OWN)
        code = mailed_code()
        stranger = sign_up(THEIRS)

        prove(owner, code)

        assert who().check_password(OWN)
        assert owner.get(ENROL).status_code == 200
        assert prove(stranger, code).status_code == 200  # asked again: it is not theirs
        stranger.get(VERIFY)
        assert stranger.get(ENROL).url.startswith(LOGIN)
        assert who().check_password(OWN)

    def test_a_strangers_try_ends_where_the_owner_was_first(self):
        """Even with the code that was mailed for it, as when somebody reads both out."""
        owner = sign_up(OWN)
        code = mailed_code()
        stranger = sign_up(THEIRS)
        theirs = mailed_code()
        prove(owner, code)

        prove(stranger, theirs)

        assert stranger.get(ENROL).url.startswith(LOGIN)
        assert who().check_password(OWN)

    def test_who_lost_the_mail_begins_again(self):
        sign_up(OWN)
        again = sign_up(OWN)

        assert mail.outbox[-1].subject == "Your Holdfast code"
        assert prove(again, mailed_code()).status_code == 302
        assert User.objects.count() == 1

    def test_a_strangers_password_opens_nothing_after_a_new_one_by_mail(self):
        sign_up(THEIRS)
        owner = Client()
        owner.post(reverse("account_reset_password"), {"email": X})
        owner.post(reverse("account_confirm_password_reset_code"), {"code": mailed_code()})
        owner.post(reverse("account_complete_password_reset"), {"password1": OWN})

        assert give_password(owner, who(), OWN).status_code == 302
        assert owner.get(ENROL).status_code == 200

    def test_an_account_that_was_signed_in_to_is_nobodys_to_begin_again(self, alice):
        Client().post(SIGNUP, {"email": alice.email, "password1": THEIRS})

        alice.refresh_from_db()
        assert "already" in mail.outbox[-1].subject
        assert alice.check_password(PASSWORD)


@pytest.mark.django_db
class TestOtherWays:
    def test_an_owner_changes_to_a_squatted_address(self, alice, alices_browser):
        sign_up(THEIRS)
        alices_browser.post(EMAIL, {"email": X, "action_add": "1"})
        code = mailed_code()
        sign_up(THEIRS)

        alices_browser.post(VERIFY, {"code": code})

        alice.refresh_from_db()
        assert alice.email == X

    def test_so_does_a_phone(self, alice):
        sign_up(THEIRS)
        data, kind = {"email": alice.email, "password": PASSWORD}, "application/json"
        token = Client().post(f"{PHONE}/auth/login", data, kind).json()["meta"]["session_token"]
        phone = Client(headers={"X-Session-Token": token})
        token = phone.post(f"{PHONE}/auth/2fa/authenticate", {"code": code_of(alice)}, kind).json()
        phone = Client(headers={"X-Session-Token": token["meta"]["session_token"]})
        phone.post(f"{PHONE}/account/email", {"email": X}, kind)

        assert prove(phone, mailed_code(), "phone").status_code == 200
        alice.refresh_from_db()
        assert alice.email == X

    def test_but_to_ask_for_it_takes_nothing_away(self, alice, alices_browser):
        owner = sign_up(OWN)
        code = mailed_code()

        alices_browser.post(EMAIL, {"email": X, "action_add": "1"})

        assert prove(owner, code).status_code == 302
        assert owner.get(ENROL).status_code == 200

    def test_a_former_address_is_put_back_though_somebody_squats_it(self):
        alice = OwnerFactory(email="new@example.test")
        change = EmailChange.objects.create(owner=alice, former=X, present=alice.email, changed_at=NOW)
        sign_up(THEIRS)

        email_changes.contest(by=SYSTEM, change=change, now=timezone.now())

        assert who() == alice


@pytest.mark.django_db
class TestTheSweep:
    def swept(self, **when) -> bool:
        sign_up(OWN)
        unproven.sweep(timezone.now() + timedelta(**when))
        return not User.objects.filter(email=X).exists()

    def test_what_was_never_proven_goes_after_a_week(self):
        assert not self.swept(days=6)
        assert self.swept(days=7, minutes=1)
        assert not AuditEvent.objects.exclude(owner=None).exists()

    def test_who_proved_it_stays(self, alice, newcomer):
        User.objects.update(date_joined=NOW - timedelta(days=30))
        owner = sign_up(OWN)
        prove(owner, mailed_code())
        unproven.sweep(timezone.now() + timedelta(days=30))

        assert User.objects.count() == 3

    def test_whoever_has_a_factor_stays(self, alice):
        EmailAddress.objects.all().delete()
        unproven.sweep(timezone.now() + timedelta(days=30))

        assert User.objects.get() == alice

    def test_staff_who_were_made_by_hand_stay(self):
        User.objects.create_superuser("root@example.test", PASSWORD)
        unproven.sweep(timezone.now() + timedelta(days=30))

        assert User.objects.count() == 1
