"""Every row of the catalogue can be acted on: fields with places, steps, boxes, and how sure we are."""

from __future__ import annotations

import importlib
import re

import pytest
from django.conf import settings

from tests.wallets.conftest import REPLIES
from wallets.budget import UNSAID
from wallets.catalogue import Way, load
from wallets.sandbox.turnstile import RULES

ROWS = list(load().values())
KEYED = [row for row in ROWS if row.method(Way.KEY) and not row.retired]
LETTING_IN = [row for row in ROWS if row.method(Way.OAUTH) and not row.retired]
# Scopes that read without saying so in their name, and the one that keeps people signed in.
HARMLESS_SCOPES = {"offline_access", "reports"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_exchange_says_what_each_way_gives(row):
    assert row.methods
    assert all(method.fetches for method in row.methods)
    assert set(row.identities) >= {method.way for method in row.methods}


@pytest.mark.parametrize("row", KEYED, ids=lambda row: row.id)
def test_a_key_can_be_made_by_following_the_steps(row):
    assert len(row.steps) >= 3
    assert row.tick or row.method(Way.KEY).owner_must_confirm  # where a key has no boxes, the owner is asked
    assert row.key_page.startswith("https://")
    assert row.ip_advice
    assert all(field.where for field in row.fields)


@pytest.mark.parametrize("row", KEYED, ids=lambda row: row.id)
def test_shapes_are_patterns(row):
    for field in row.fields:
        re.compile(field.shape)


@pytest.mark.parametrize("row", LETTING_IN, ids=lambda row: row.id)
def test_who_lets_people_in_says_where_and_asks_to_read_only(row):
    facts = row.sign_in

    addresses = (facts.authorize_url, facts.token_url, facts.revoke_url, facts.api_url)
    assert all(address.startswith("https://") for address in addresses)
    assert facts.scopes
    assert all(scope.endswith(":read") or scope in HARMLESS_SCOPES for scope in facts.scopes)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_who_waits_longer_than_a_minute_was_sent_away(row):
    """No count makes anybody wait longer for a call: so runs know who waits for the end of a ban."""
    allowed = [each for each in (row.for_a_key, row.for_an_address) if each]

    assert all(each.at_once / each.each_second <= UNSAID.total_seconds() for each in allowed)


def test_whoever_lets_people_in_can_be_given_the_operators_client_id():
    assert set(settings.OAUTH_CLIENTS) == {row.id for row in LETTING_IN}


def test_nobody_is_signed_in_where_no_way_leads():
    assert [row.id for row in ROWS if row.sign_in and not row.method(Way.OAUTH)] == []


@pytest.mark.parametrize("row", [*KEYED, *LETTING_IN], ids=lambda row: row.id)
def test_every_way_in_has_connector_sandbox_and_recorded_failures(row):
    module, name = row.connector.split(":")

    assert hasattr(importlib.import_module(module), name)
    assert importlib.import_module(f"wallets.sandbox.{row.id}")
    assert (REPLIES / row.id / "errors.json").exists()


def test_who_cannot_be_asked_says_what_is_done_instead():
    silent = [row for row in KEYED if not row.tells_rights]

    assert all(row.probe and row.method(Way.KEY).owner_must_confirm for row in silent)


@pytest.mark.parametrize(("exchange", "weight"), [("binance", 6000), ("binanceus", 1200), ("bitfinex", 90)])
def test_what_an_address_spends_in_a_minute_stays_below_what_it_may(exchange, weight):
    """What may go at once goes first, and what follows goes in the same minute."""
    allowed = load()[exchange].for_an_address

    assert allowed.at_once + 60 * allowed.each_second <= weight


@pytest.mark.parametrize("exchange", RULES)
def test_no_more_is_spent_in_any_stretch_of_time_than_the_exchange_allows(exchange):
    """What may go at once, and after it what trickles in: together in one of the exchange's stretches."""
    rule, row = RULES[exchange], load()[exchange]
    ours = row.for_an_address if rule.of_address else row.for_a_key

    assert ours
    assert ours.at_once + ours.each_second * rule.seconds <= rule.calls
