"""How a connector is put together: whose budget it draws on."""

from __future__ import annotations

import pytest

from wallets.budget import BusyError
from wallets.workshop import connect, one_by_one

KEYS = {"key": "A" * 56, "secret": "c2VjcmV0"}


def purse(values, account):
    """What the calls of this credential are counted under."""
    (bucket,) = connect("coinjar", values, account=account).api.pace.buckets
    return bucket.key


def test_a_renewed_token_draws_on_the_same_budget_as_before():
    assert purse({"token": "first"}, "wallet 7") == purse({"token": "second"}, "wallet 7")
    assert purse({"token": "first"}, "wallet 7") != purse({"token": "first"}, "wallet 8")


def test_a_key_is_counted_as_itself_whichever_wallet_tries_it():
    assert purse({"key": "A" * 43}, "wallet 7") == purse({"key": "A" * 43}, "a test")
    assert purse({"key": "A" * 43}, "wallet 7") != purse({"key": "B" * 43}, "wallet 7")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("exchange", ["kraken", "gemini", "bitfinex"])
def test_one_key_is_one_workers_whichever_wallet_or_test_it_is_for(exchange):
    keys = KEYS | ({"key": "account-" + "A" * 20} if exchange == "gemini" else {})

    with one_by_one() as first, one_by_one() as second:
        first(exchange, keys, account="wallet 7")
        with pytest.raises(BusyError):
            second(exchange, keys, account="a test")
        second(exchange, keys | {"key": keys["key"] + "B"}, account="wallet 7")

    with one_by_one() as third:
        third(exchange, keys, account="a test")


@pytest.mark.django_db(transaction=True)
def test_where_nothing_is_numbered_several_use_a_key_at_once():
    with one_by_one() as first, one_by_one() as second:
        first("coinjar", KEYS, account="wallet 7")
        second("coinjar", KEYS, account="a test")
