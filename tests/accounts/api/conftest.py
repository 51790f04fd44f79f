"""Alice's phone and scripts, and a stranger's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tokens
from accounts.audit import SYSTEM
from accounts.models import Session
from tests.conftest import signed_in

if TYPE_CHECKING:
    from accounts.models import User


def phone_session(user: User, *, factor_age: float | None = 0) -> str:
    """What headless sign-in gives a phone: the name of a session."""
    browser = signed_in(user, factor_age=factor_age)
    Session.objects.filter(public_id=browser.session.public_id).update(door="phone")
    return browser.cookies["sessionid"].value


def phone_of(user: User, *, factor_age: float | None = 0) -> APIClient:
    """It carries its session in a header, and no cookie."""
    phone = APIClient()
    phone.credentials(HTTP_X_SESSION_TOKEN=phone_session(user, factor_age=factor_age))
    return phone


def script_of(user: User, *scopes: str) -> APIClient:
    now = timezone.now()
    _, presented = tokens.mint(
        by=SYSTEM, owner=user, name="a script", scopes=list(scopes), expires_at=now + timedelta(days=30), now=now
    )
    script = APIClient()
    script.credentials(HTTP_AUTHORIZATION=f"Bearer {presented}")
    return script


@pytest.fixture
def phone(alice: User) -> APIClient:
    return phone_of(alice)


@pytest.fixture
def stale_phone(alice: User) -> APIClient:
    return phone_of(alice, factor_age=3600)


@pytest.fixture
def bobs_phone(bob: User) -> APIClient:
    return phone_of(bob)


@pytest.fixture
def reader(alice: User) -> APIClient:
    return script_of(alice, "read")


@pytest.fixture
def writer(alice: User) -> APIClient:
    return script_of(alice, "write")
