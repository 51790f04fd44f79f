"""Every state has a word, an icon and a tone; whose turn it is is said without blaming anybody."""

from __future__ import annotations

import pytest

from config.templatetags.ui import TONES, icon_names
from wallets.diagnosis import DIAGNOSES, SAFE, Fault, NextAction, diagnose
from wallets.glances import URGENCY, glance
from wallets.models import Wallet, WalletState
from wallets.records import Cause
from wallets.state_words import BY_WAY, NOTHING_TO_DO, WORDS, YOUR_TURN, whose_turn, words_of


@pytest.mark.parametrize("state", WalletState)
def test_no_state_hangs_on_a_colour(state: WalletState) -> None:
    words = WORDS[state]

    assert words.label
    assert words.icon in icon_names()
    assert words.tone in TONES
    assert words.meaning.endswith(".")


def test_no_two_states_read_alike() -> None:
    labels = [words.label for words in (*WORDS.values(), *BY_WAY.values())]

    assert len(set(labels)) == len(labels)
    assert set(URGENCY) == set(WalletState)


@pytest.mark.parametrize("cause", Cause)
def test_whose_turn_it_is_agrees_with_what_there_is_to_do(cause: Cause) -> None:
    said = diagnose(cause, exchange="Kraken")

    turn = whose_turn(said, exchange="Kraken")

    assert turn.endswith(NOTHING_TO_DO if said.action in {NextAction.WAIT, NextAction.NONE} else YOUR_TURN)
    assert ("Kraken" in turn) is (said.fault is Fault.EXCHANGE)


@pytest.mark.parametrize("cause", Cause)
def test_what_reassures_is_said_apart_and_never_twice(cause: Cause) -> None:
    seen = glance(Wallet(exchange="kraken", way="key", health="needs_you", cause=cause))

    assert SAFE not in seen.explanation + seen.remedy
    assert seen.explanation
    assert seen.sentence == f"{DIAGNOSES[cause].title.format(exchange='Kraken')}."


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"exchange": "kraken", "way": "key"}, "Kraken · Key"),
        ({"exchange": "okx", "way": "key", "region": "eea"}, "OKX Europe (my.okx.com) · Key"),
        ({"exchange": "", "way": "manual"}, "By hand"),
        ({"exchange": "longgone", "way": "csv"}, "Longgone · Files"),
    ],
)
def test_where_it_is_and_how_it_is_fed(more: dict[str, str], place: str) -> None:
    assert glance(Wallet(health="working", **more)).place == place


@pytest.mark.parametrize("way", ["csv", "manual"])
def test_what_no_exchange_feeds_has_words_of_its_own(way: str) -> None:
    assert words_of(Wallet(way=way, health="working")) == BY_WAY[way]
    assert words_of(Wallet(way=way, health="working", archived_at="2026-11-20")) == WORDS[WalletState.ARCHIVED]
