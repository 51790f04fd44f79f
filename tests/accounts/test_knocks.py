"""The right password and then a wrong second factor: told to the owner once, calmly, unless it was a slip."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import knocks, trail
from accounts.models import AuditEvent, Notice
from accounts.notice_mail import send_due
from accounts.notices import Kind, sentence_of
from tests.accounts.people import WRONG, code_of, give_password, recovery_code_of, sign_in
from tests.factories import PASSWORD

SECOND = reverse("mfa_authenticate")
ELSEWHERE = "203.0.113.9"


def knock(client: Client, owner, times: int = 1) -> None:
    give_password(client, owner)
    for _ in range(times):
        client.post(SECOND, {"code": WRONG})


def letters(*, after: timedelta = knocks.PATIENCE) -> list:
    mail.outbox.clear()
    send_due(timezone.now() + after)
    return [letter for letter in mail.outbox if "second factor" in letter.subject]


def back_then(owner, ago: timedelta) -> None:
    Notice.objects.filter(owner=owner).update(created_at=timezone.now() - ago)


def test_the_owner_is_told_once_by_mail_and_in_the_app(alice):
    knock(Client(REMOTE_ADDR=ELSEWHERE), alice, times=3)

    (letter,) = letters()

    assert letter.to == [alice.email]
    assert ELSEWHERE in letter.body
    assert "Nobody got in" in letter.body
    assert "change it now" in letter.body
    assert alice.notices.get(kind=Kind.SECOND_FACTOR_REFUSED).read_at is None
    assert letters(after=timedelta(days=30)) == []


def test_a_slip_that_is_put_right_at_once_alarms_nobody(client, alice):
    knock(client, alice, times=2)

    client.post(SECOND, {"code": code_of(alice)})

    assert letters() == []
    assert alice.notices.get(kind=Kind.SECOND_FACTOR_REFUSED).closed_at


def test_the_owner_signing_in_elsewhere_hides_no_knock_of_a_stranger(client, alice):
    knock(Client(REMOTE_ADDR=ELSEWHERE), alice)
    knock(client, alice)

    client.post(SECOND, {"code": code_of(alice)})

    assert len(letters()) == 1


@pytest.mark.parametrize("first", ["stranger", "owner"])
def test_the_letter_names_the_stranger_also_where_the_owner_slipped_beside_them(first, client, alice):
    """What the owner reads of their own device they would take for their own slip, and the password would stay."""
    stranger = Client(REMOTE_ADDR=ELSEWHERE, headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0"})
    for each in (stranger, client) if first == "stranger" else (client, stranger):
        knock(each, alice, times=2)

    client.post(SECOND, {"code": code_of(alice)})

    (letter,) = letters()
    assert ELSEWHERE in letter.body
    assert "127.0.0.1" not in letter.body
    assert ELSEWHERE in sentence_of(alice.notices.get(kind=Kind.SECOND_FACTOR_REFUSED))


def test_who_slips_again_after_a_stranger_knocked_hides_nothing_either(client, alice):
    knock(client, alice)
    knock(Client(REMOTE_ADDR=ELSEWHERE), alice)
    client.post(SECOND, {"code": code_of(alice)})
    other = Client()
    knock(other, alice)
    other.post(SECOND, {"code": code_of(alice, ahead=1)})

    (letter,) = letters()
    assert ELSEWHERE in letter.body


def test_who_goes_on_knocking_is_told_of_again_a_day_later_and_no_sooner(alice):
    stranger = Client(REMOTE_ADDR=ELSEWHERE)
    knock(stranger, alice)
    assert len(letters()) == 1

    back_then(alice, knocks.QUIET - timedelta(minutes=5))
    knock(stranger, alice)
    assert letters() == []

    back_then(alice, knocks.QUIET)
    knock(stranger, alice)
    assert len(letters()) == 1


def test_a_new_password_ends_it(client, alice, alices_browser):
    knock(Client(), alice)

    alices_browser.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": "another calm passphrase"}
    )

    assert letters() == []


def test_a_wrong_passkey_is_a_wrong_second_factor_too(client, alice):
    give_password(client, alice)

    client.post(SECOND, {"credential": '{"id": 1}'})

    assert len(letters()) == 1
    assert AuditEvent.objects.get(owner=alice, action="sign_in_failed").subject == "A passkey"


@pytest.mark.parametrize("credential", ["", '{"id": 1}'])
def test_a_wrong_password_is_no_knock(client, alice, credential):
    client.post(reverse("account_login"), {"login": alice.email, "password": "guess guess guess"})
    client.post(reverse("mfa_login_webauthn"), {"credential": credential})

    assert not alice.notices.exists()


def test_the_trail_does_not_take_the_stranger_for_the_owner(alice):
    knock(Client(REMOTE_ADDR=ELSEWHERE), alice)

    (line,) = trail.lines_of(AuditEvent.objects.filter(owner=alice, action="sign_in_failed"))

    assert line.who == "Somebody with your password"


def test_a_recovery_code_that_was_used_is_a_wrong_factor(alice):
    code = recovery_code_of(alice)
    sign_in(Client(), alice, code)

    sign_in(Client(REMOTE_ADDR=ELSEWHERE), alice, code)

    assert len(letters()) == 1


def test_a_phone_knocks_as_a_browser_does(client, alice):
    base = "/_allauth/app/v1/auth"
    told = client.post(f"{base}/login", {"email": alice.email, "password": PASSWORD}, "application/json")
    token = told.json()["meta"]["session_token"]
    again = {"content_type": "application/json", "headers": {"X-Session-Token": token}}

    client.post(f"{base}/2fa/authenticate", {"code": WRONG}, **again)
    assert alice.notices.filter(kind=Kind.SECOND_FACTOR_REFUSED, closed_at=None).exists()

    client.post(f"{base}/2fa/authenticate", {"code": code_of(alice)}, **again)
    assert letters() == []
