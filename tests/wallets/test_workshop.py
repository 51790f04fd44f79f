"""How a connector is put together: whose budget it draws on."""

from __future__ import annotations

from wallets.workshop import connect


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
