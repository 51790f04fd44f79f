"""What somebody needs who tries Holdfast with the sandbox: its keys to paste, and sign-ins that know us."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wallets import catalogue, oauth
from wallets.catalogue import Way
from wallets.management.commands.sandbox import register_us
from wallets.sandbox.demo import demo_key
from wallets.sandbox.server import House

KEYED = [row.id for row in catalogue.load().values() if row.method(Way.KEY)]


@pytest.fixture
def house():
    """As the command opens it."""
    return House(clock=lambda: datetime.now(UTC))


@pytest.mark.parametrize("name", KEYED)
def test_the_key_that_pages_show_is_one_the_sandbox_knows(house, name):
    known = house.residents[name].state()["keys"][0]

    shown = demo_key(name)

    assert shown["key"] == known["id"]
    assert all(shown[field] == known[field] for field in shown if field != "key")
    assert set(shown) >= {field.name for field in catalogue.load()[name].fields}


def test_who_has_no_keys_shows_none():
    assert demo_key("uphold") == {}
    assert demo_key("unheard of") == {}


@pytest.mark.parametrize("name", ["coinbase", "uphold", "coinjar"])
def test_holdfast_is_registered_wherever_people_sign_in(house, settings, name):
    settings.OAUTH_CLIENTS = dict.fromkeys(["coinbase", "uphold", "coinjar"], ("Holdfast-wallets", "a secret"))
    settings.COINBASE_SIGNIN_CLIENT_ID, settings.COINBASE_SIGNIN_CLIENT_SECRET = "Holdfast", "another"

    register_us(house)

    ours = house.residents[name].oauth.clients["Holdfast-wallets"]
    assert (ours.secret, ours.redirect_uris) == ("a secret", (oauth.return_url(name),))
    assert ("Holdfast" in house.residents[name].oauth.clients) is (name == "coinbase")
