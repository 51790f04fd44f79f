"""Every next action leads somewhere that exists, and to nothing that this operator or exchange does not offer."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.urls import reverse

from wallets import catalogue
from wallets.diagnosis import DIAGNOSES, NextAction
from wallets.models import Wallet, WalletState
from wallets.next_steps import BACK, STEPS, next_step
from wallets.records import Cause

SOME = UUID(int=7)
EXCHANGES = catalogue.load()
KRAKEN, COINBASE, UPHOLD = EXCHANGES["kraken"], EXCHANGES["coinbase"], EXCHANGES["uphold"]
QUIET = {NextAction.NONE, NextAction.WAIT}


def step_for(cause: str = "", *, way: str = "key", exchange=KRAKEN, signs_in: bool = True, **more):
    wallet = Wallet(way=way, cause=cause, health="needs_you" if cause else "working", **more)
    return next_step(wallet, exchange, signs_in=signs_in)


def test_the_closed_list_of_actions_is_mapped_whole() -> None:
    assert set(STEPS) == set(NextAction)
    assert {step.kind for step in STEPS.values() if not step.label} == QUIET


@pytest.mark.parametrize("step", [*STEPS.values(), *BACK.values()], ids=lambda step: f"{step.kind} {step.label}")
def test_every_button_leads_to_a_page_that_is_there(step) -> None:
    leads = bool(step.url_name) or step.away

    assert leads is bool(step.label)
    if step.url_name:
        assert reverse(step.url_name, args=[SOME])


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_one_button_or_nothing_to_do(cause: Cause) -> None:
    step = step_for(cause)

    assert bool(step.label) is (DIAGNOSES[cause].action not in QUIET)


@pytest.mark.parametrize(
    "cause", ["key_expired", "key_unknown", "no_key", "key_leaked", "sign_in_again", "right_missing", "rights_too_wide"]
)
def test_a_sign_in_is_renewed_by_signing_in(cause: str) -> None:
    assert step_for(cause, way="oauth", exchange=COINBASE).kind is NextAction.RECONNECT


@pytest.mark.parametrize(("exchange", "leads_to"), [(COINBASE, "wallets:update_key"), (UPHOLD, "wallets:method")])
def test_where_no_sign_in_is_offered_another_way_is(exchange, leads_to: str) -> None:
    """Coinbase takes keys as well, Uphold does not."""
    assert step_for("sign_in_again", way="oauth", exchange=exchange, signs_in=False).url_name == leads_to


def test_an_exchange_that_left_the_catalogue_leads_to_what_is_left() -> None:
    assert step_for("key_expired", exchange=None).kind is NextAction.UPLOAD_CSV
    assert step_for("account_frozen", exchange=None).kind is NextAction.ASK_HELP


def test_the_same_step_is_called_what_the_owner_expects() -> None:
    assert step_for("key_expired").label == "Update the key"
    assert step_for("no_key").label == "Connect it again"
    assert step_for("key_leaked").label == "Put a new key here"


@pytest.mark.parametrize(
    ("column", "state"),
    [
        ("paused_at", WalletState.PAUSED),
        ("archived_at", WalletState.ARCHIVED),
        ("binned_at", WalletState.IN_BIN),
    ],
)
def test_what_the_owner_stopped_is_not_nagged_about(column: str, state: WalletState) -> None:
    step = step_for("key_expired", **{column: "2026-11-20"})

    assert step == BACK[state]
    assert (step.kind, step.posts) == (NextAction.NONE, True)


def test_a_detached_wallet_is_connected_again() -> None:
    assert step_for("no_key", detached_at="2026-11-20").url_name == "wallets:update_key"


@pytest.mark.parametrize("way", ["csv", "manual"])
def test_what_no_exchange_feeds_asks_for_nothing(way: str) -> None:
    assert step_for("key_expired", way=way).kind is NextAction.NONE
