"""What a person at the doors does: reads codes from mails, from the app, from the page."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.urls import reverse

from tests.factories import PASSWORD

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

WRONG = "000000"


def app_code(secret: str, *, ahead: int = 0) -> str:
    """What the authenticator app shows now, or `ahead` steps of 30 seconds later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


def secret_of(user: User) -> str:
    return get_adapter().decrypt(Authenticator.objects.get(user=user, type="totp").data["secret"])


def code_of(user: User, *, ahead: int = 0) -> str:
    return app_code(secret_of(user), ahead=ahead)


def recovery_code_of(user: User) -> str:
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()[0]


def mailed_code() -> str:
    found = re.search(r"\b[A-Z]{4}-[A-Z]{4}\b", mail.outbox[-1].body)
    assert found, mail.outbox[-1].body
    return found[0]


def mailed_link(part: str) -> str:
    """The path of the newest link of that part of the site."""
    found = re.search(rf"https?://[^/\s]+(/{part}/\S+)", mail.outbox[-1].body)
    assert found, mail.outbox[-1].body
    return found[1]


def give_password(client: Client, user: User, password: str = PASSWORD):
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def sign_in(client: Client, user: User, code: str | None = None):
    give_password(client, user)
    return client.post(reverse("mfa_authenticate"), {"code": code or code_of(user)})
