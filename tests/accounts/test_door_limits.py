"""Guessing ends soon, and no stranger's guessing ends the owner's own tries."""

from __future__ import annotations

import time

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.known_devices import COOKIE
from tests.accounts.people import WRONG, code_of, give_password, mailed_code, recovery_code_of, sign_in
from tests.factories import PASSWORD

LOGIN, SECOND, RESET = reverse("account_login"), reverse("mfa_authenticate"), reverse("account_reset_password")
RECOVERY = reverse("accounts:recovery_start")
PHONE = "/_allauth/app/v1/auth"
NEW = "another calm passphrase"


@pytest.fixture
def clock(monkeypatch):
    """Time passes when it is told to."""
    passed, real = [0.0], time.time
    monkeypatch.setattr(time, "time", lambda: real() + passed[0])

    def later(**units: float) -> None:
        passed[0] += 60 * units.get("minutes", 0) + units.get("seconds", 0)

    return later


def at(network: int, **more) -> Client:
    return Client(REMOTE_ADDR=f"198.51.{network // 250}.{network % 250 + 1}", **more)


def guess(network: int, email: str, times: int = 1) -> list[bool]:
    """Whether each try was looked at."""
    pages = [at(network).post(LOGIN, {"login": email, "password": f"guess {n}"}) for n in range(times)]
    return ["Too many tries" not in page.text for page in pages]


def known_device(alice, network: int) -> Client:
    """Where Alice has signed in before."""
    home = at(network)
    sign_in(home, alice, recovery_code_of(alice))
    home.post(reverse("account_logout"))
    return home


class TestSignIn:
    def test_a_strangers_guesses_do_not_keep_the_owner_out_elsewhere(self, alice):
        assert guess(1, alice.email, 7) == [True] * 5 + [False] * 2

        assert give_password(at(2), alice).url == SECOND

    def test_nor_do_a_patient_strangers(self, alice, clock):
        tries = []
        for _ in range(30):
            tries += guess(1, alice.email)
            clock(minutes=1, seconds=45)

        assert tries.count(True) == 20
        assert give_password(at(2), alice).url == SECOND

    def test_from_very_many_places_only_devices_that_were_here_before_come_in(self, alice, clock):
        home = known_device(alice, 1)
        tries = [all(guess(network, alice.email)) for network in range(2, 72)]

        assert tries.count(True) == 60
        assert "Too many tries" in give_password(at(200), alice).text
        assert give_password(home, alice).url == SECOND

    @pytest.mark.parametrize("whose", ["nobodys", "bobs"])
    def test_a_cookie_that_is_not_of_this_account_is_no_known_device(self, alice, bob, whose):
        stranger = known_device(bob, 1) if whose == "bobs" else at(1)
        if whose == "nobodys":
            stranger.cookies[COOKIE] = f"W{alice.pk}d:1:x"
        for n in range(5):
            stranger.post(LOGIN, {"login": alice.email, "password": f"guess {n}"})

        assert "Too many tries" in give_password(stranger, alice).text

    def test_a_known_device_guesses_no_longer_than_others(self, alice):
        home = known_device(alice, 1)
        for n in range(5):
            home.post(LOGIN, {"login": alice.email, "password": f"guess {n}"})

        assert "Too many tries" in give_password(home, alice).text

    def test_who_knows_the_password_uses_up_nothing(self, alice):
        assert [give_password(at(1), alice).url for _ in range(8)] == [SECOND] * 8

    def test_the_phones_door_counts_with_the_pages(self, alice):
        for n in range(5):
            data = {"email": alice.email, "password": f"guess {n}"}
            at(1).post(f"{PHONE}/login", data, "application/json")

        assert guess(1, alice.email) == [False]
        assert guess(2, alice.email) == [True]

    def test_a_new_password_by_mail_opens_the_door_here_at_once(self, alice):
        guess(1, alice.email, 6)
        owner = at(1)
        owner.post(RESET, {"email": alice.email})
        owner.post(reverse("account_confirm_password_reset_code"), {"code": mailed_code()})
        owner.post(reverse("account_complete_password_reset"), {"password1": NEW})

        assert give_password(at(1), alice, NEW).url == SECOND


class TestSecondFactor:
    """Who has the password does not keep the owner from their own second factor, behind which they would change it."""

    @staticmethod
    def guess(network: int, alice, times: int) -> list[bool]:
        stranger = at(network)
        give_password(stranger, alice)
        return ["Too many tries" not in stranger.post(SECOND, {"code": WRONG}).text for _ in range(times)]

    def test_one_stranger_uses_up_their_own_tries_only(self, alice, alices_browser):
        assert self.guess(1, alice, 7) == [True] * 5 + [False] * 2

        assert sign_in(at(2), alice).url == reverse("accounts:home")

    def test_nor_does_a_patient_one(self, alice, clock):
        tries = []
        for _ in range(24):
            tries += self.guess(1, alice, 1)
            clock(minutes=2)

        assert tries.count(True) == 15
        assert sign_in(at(2), alice, recovery_code_of(alice)).url == reverse("accounts:home")

    def test_but_all_together_have_fewer_than_an_hour_would_let_them(self, alice, clock):
        tries = []
        for network in range(3, 60):
            tries += self.guess(network, alice, 1)
            clock(minutes=1)

        assert tries.count(True) == 30

    def test_a_code_that_was_used_already_gives_no_try_back(self, alice):
        code = code_of(alice)
        sign_in(at(1), alice, code)
        stranger = at(2)
        give_password(stranger, alice)

        pages = [stranger.post(SECOND, {"code": code}) for _ in range(6)]

        assert "Too many tries" in pages[5].text

    def test_a_phone_counts_with_it(self, alice):
        phone = at(1)
        data, kind = {"email": alice.email, "password": PASSWORD}, "application/json"
        token = phone.post(f"{PHONE}/login", data, kind).json()["meta"]["session_token"]
        for _ in range(5):
            phone.post(f"{PHONE}/2fa/authenticate", {"code": WRONG}, kind, headers={"X-Session-Token": token})

        assert self.guess(1, alice, 1) == [False]
        assert self.guess(2, alice, 1) == [True]


class TestResetting:
    @staticmethod
    def ask(way: str, network: int, email: str) -> int:
        if way == "page":
            return at(network).post(RESET, {"email": email}).status_code
        return at(network).post(f"{PHONE}/password/request", {"email": email}, "application/json").status_code

    @pytest.mark.parametrize(("way", "good"), [("page", 302), ("phone", 401)])
    def test_a_stranger_who_asks_for_codes_does_not_keep_the_owner_from_one(self, alice, way, good):
        assert [self.ask(way, 1, alice.email) for _ in range(6)] == [good] * 5 + [429]
        mail.outbox.clear()

        assert self.ask(way, 2, alice.email) == good
        assert mail.outbox[-1].to == [alice.email]

    def test_nobody_fills_a_mailbox(self, alice, clock):
        answers = [self.ask("page", network, alice.email) for network in range(70)]
        assert answers.count(302) == 60

        home = known_device(alice, 100)
        assert home.post(RESET, {"email": alice.email}).status_code == 302

    def test_an_unknown_address_is_counted_the_same(self, alice):
        known, unknown = (
            [self.ask("page", 1, email) for _ in range(6)] for email in (alice.email, "nobody@example.test")
        )
        assert known == unknown


def test_a_stranger_does_not_keep_the_owner_from_recovering(alice):
    wrong = [at(1).post(RECOVERY, {"email": alice.email, "password": "guess"}).status_code for _ in range(4)]
    assert wrong == [302, 302, 302, 429]
    mail.outbox.clear()

    at(2).post(RECOVERY, {"email": alice.email, "password": PASSWORD})

    assert mail.outbox[-1].to == [alice.email]


def test_a_stranger_does_not_keep_the_owner_of_an_address_from_signing_up(db):
    signup = reverse("account_signup")
    at(1).post(signup, {"email": "fresh@example.test", "password1": PASSWORD})

    assert at(2).post(signup, {"email": "fresh@example.test", "password1": NEW}).status_code == 302
