"""What every test may ask for: alice (an owner), bob (a stranger to her things), and clients signed in as them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import hypothesis
import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, record_authentication
from django.test import Client, RequestFactory
from encrypted_model_fields import fields as package

from tests.copies import django_db_modify_db_settings  # noqa: F401  # pytest looks for its hooks and fixtures here
from tests.course import (  # noqa: F401  # as above
    pytest_collection_finish,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_runtest_setup,
    pytest_sessionfinish,
    pytest_sessionstart,
    pytest_terminal_summary,
    pytest_testnodedown,
    pytest_xdist_make_scheduler,
    redis_url,
)
from tests.factories import OwnerFactory, UserFactory
from tests.hunt import log  # noqa: F401  # as above
from tests.playground import CLIENT_ID, CLIENT_SECRET, Playground, running
from tests.strength import examples

# A busy machine is no finding. And as many as hypothesis itself would try, unless a test says otherwise.
hypothesis.settings.register_profile("house", deadline=None, max_examples=examples(100))
hypothesis.settings.load_profile("house")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest
    from pytest_django.fixtures import SettingsWrapper as Settings

    from accounts.models import User


def signed_in(user: User, *, factor_age: float | None = 0) -> Client:
    """A browser of `user`, whose second factor was given `factor_age` seconds ago (None: never in this session)."""
    client = Client()
    client.force_login(user)
    if factor_age is not None:
        with as_request(client, user) as request:
            record_authentication(request, user, method="mfa", type="totp")
            request.session[AUTHENTICATION_METHODS_SESSION_KEY][-1]["at"] -= factor_age
    return client


@contextmanager
def as_request(client: Client, user: User) -> Iterator[HttpRequest]:
    """A request in the client's own session; what it writes there is kept."""
    request = RequestFactory().get("/")
    request.user, request.session = user, client.session
    yield request
    request.session.save()


@pytest.fixture
def alice(db: None) -> User:
    return OwnerFactory(email="alice@example.test")


@pytest.fixture
def bob(db: None) -> User:
    return OwnerFactory(email="bob@example.test")


@pytest.fixture
def newcomer(db: None) -> User:
    """Signed up, address proven, no second factor yet."""
    return UserFactory(email="newcomer@example.test")


@pytest.fixture
def staff_member(db: None) -> User:
    return OwnerFactory(email="staff@example.test", is_staff=True, is_superuser=True)


@pytest.fixture
def alices_browser(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def stale_browser(alice: User) -> Client:
    """Alice's, but her second factor was given an hour ago."""
    return signed_in(alice, factor_age=3600)


@pytest.fixture
def bobs_browser(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def newcomers_browser(newcomer: User) -> Client:
    return signed_in(newcomer, factor_age=None)


@pytest.fixture
def use_keys(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Callable[..., None]:
    """Encryption keys of this process, newest first. The package has read its own at import; this reads again."""

    def use(*keys: str) -> None:
        settings.FIELD_ENCRYPTION_KEY = list(keys)
        monkeypatch.setattr(package, "CRYPTER", package.get_crypter())

    return use


@pytest.fixture(scope="session")
def playground() -> Iterator[Playground]:
    with running() as playground:
        yield playground


@pytest.fixture
def sandbox(playground: Playground, settings: Settings) -> Playground:
    """Coinbase played by the sandbox, from a fresh start, and Holdfast registered there."""
    playground.control("reset")
    settings.PUBLIC_URL = "http://testserver"
    settings.EXCHANGE_ORIGINS = {"coinbase": playground.coinbase}
    settings.COINBASE_SIGNIN_CLIENT_ID, settings.COINBASE_SIGNIN_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    playground.register("http://testserver/sign-in/coinbase/return/")
    return playground
