"""`exchanges/`: what a client needs to build the form, the steps and the warnings of every exchange."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from wallets import catalogue

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper
    from rest_framework.test import APIClient

EXCHANGES = "/api/v1/exchanges/"


def method_of(told: dict, way: str) -> dict:
    return next(method for method in told["methods"] if method["method"] == way)


def test_all_of_the_catalogue_is_told_in_one_answer(reader: APIClient) -> None:
    answer = reader.get(EXCHANGES).json()

    assert [row["id"] for row in answer["results"]] == list(catalogue.load())
    assert answer["next"] is None


@pytest.mark.parametrize("exchange", catalogue.load().values(), ids=lambda exchange: exchange.id)
def test_each_row_says_all_that_its_form_needs(reader: APIClient, exchange: catalogue.Exchange) -> None:
    told = reader.get(f"{EXCHANGES}{exchange.id}/").json()

    assert [each["name"] for each in told["credential_fields"]] == [each.name for each in exchange.fields]
    assert all(re.compile(each["shape"]) for each in told["credential_fields"])
    assert [row["id"] for row in told["regions"]] == [row.id for row in exchange.regions]
    assert {method["method"] for method in told["methods"]} == {method.way for method in exchange.methods}
    assert (told["tick"], told["leave"], told["steps"]) == (
        list(exchange.tick),
        list(exchange.leave),
        list(exchange.steps),
    )
    assert len(told["identities"]) == sum(len(sources) for sources in exchange.identities.values())


def test_secrets_are_marked_and_a_lone_key_is_one(reader: APIClient) -> None:
    kraken, coinjar = (reader.get(f"{EXCHANGES}{name}/").json()["credential_fields"] for name in ("kraken", "coinjar"))

    assert [(each["name"], each["secret"]) for each in kraken] == [("key", False), ("secret", True)]
    assert [(each["name"], each["secret"]) for each in coinjar] == [("key", True)]


def test_a_sign_in_is_offered_where_the_operator_has_a_client_id(reader: APIClient, settings: SettingsWrapper) -> None:
    settings.OAUTH_CLIENTS = {"coinbase": ("client", "secret")}

    coinbase, uphold = (reader.get(f"{EXCHANGES}{name}/").json() for name in ("coinbase", "uphold"))

    assert method_of(coinbase, "oauth")["offered"]
    assert not method_of(uphold, "oauth")["offered"]
    assert "Uphold" in method_of(uphold, "oauth")["why_not"]
    assert method_of(coinbase, "csv")["offered"]


def test_what_cannot_be_proven_is_said(reader: APIClient) -> None:
    told = reader.get(f"{EXCHANGES}bitstamp/").json()

    assert method_of(told, "key")["label"] == "cannot be proven read-only"
    assert method_of(told, "key")["owner_must_confirm"]
    assert not told["tells_rights"]
    assert told["probe"]


def test_our_addresses_stand_beside_the_form(reader: APIClient, settings: SettingsWrapper) -> None:
    settings.EGRESS_IPS = ["192.0.2.10", "192.0.2.11"]

    assert reader.get(f"{EXCHANGES}kraken/").json()["our_addresses"] == ["192.0.2.10", "192.0.2.11"]


def test_what_is_not_in_the_catalogue_is_404(reader: APIClient) -> None:
    assert reader.get(f"{EXCHANGES}nowhere/").status_code == 404
