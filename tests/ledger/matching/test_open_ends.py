"""What has no other end: the owner is offered what it may be."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ledger.matching import transfers
from ledger.matching.base import Decided, Movement
from ledger.matching.open_ends import open_ends
from ledger.matching.reasons import Guess, Perhaps
from tests.ledger.matching.labelled import START, came, linked, out

if TYPE_CHECKING:
    from datetime import datetime

LATER = START + timedelta(days=400)
OWN = {"addr-of-gemini": frozenset({"gemini"})}


def guessed(*movements: Movement, now: datetime = LATER, decided: Decided | None = None) -> dict[str, list[Perhaps]]:
    settled = decided or Decided()
    found = transfers.match(movements, own=OWN, decided=settled)
    answers = open_ends(movements, found, own=OWN, decided=settled, now=now)
    return {name: [guess.code for guess in guesses] for name, guesses in answers.items()}


def test_something_sent_may_be_a_payment_a_gift_or_in_a_wallet_that_is_not_here() -> None:
    assert guessed(out("o", "1")) == {
        "o": [Perhaps.WALLET_NOT_CONNECTED, Perhaps.PAYMENT, Perhaps.GIFT_GIVEN, Perhaps.LOST]
    }


def test_something_received_may_have_been_bought_earned_or_given() -> None:
    assert guessed(came("i", "1"))["i"][:3] == [Perhaps.WALLET_NOT_CONNECTED, Perhaps.BOUGHT_ELSEWHERE, Perhaps.INCOME]


def test_what_left_lately_may_be_on_its_way() -> None:
    assert guessed(out("o", "1"), now=START + timedelta(hours=5))["o"][0] is Perhaps.ON_ITS_WAY


def test_what_went_to_a_wallet_of_ours_points_at_its_history() -> None:
    movement = out("o", "1", address="addr-of-gemini")

    found = open_ends([movement], transfers.match([movement], own=OWN), own=OWN, decided=Decided(), now=LATER)

    assert found["o"][0] == Guess(Perhaps.HISTORY_MISSING, "gemini")


def test_money_goes_to_a_bank() -> None:
    assert guessed(out("o", "1000", asset="EUR", fiat=True))["o"][0] is Perhaps.BANK


def test_money_that_came_is_not_said_to_be_bought() -> None:
    found = guessed(came("i", "1150", asset="EUR", fiat=True))["i"]

    assert found[0] is Perhaps.BANK
    assert Perhaps.BOUGHT_ELSEWHERE not in found


def test_what_came_back_is_recognised_on_either_side() -> None:
    found = guessed(out("o", "1.23"), came("i", "1.23", 90, wallet="kraken"))

    assert found["o"][0] is found["i"][0] is Perhaps.CAME_BACK


def test_a_tiny_amount_from_nowhere_may_be_advertising() -> None:
    usual = [came(f"u{number}", "3", number * 10_000) for number in range(3)]

    assert guessed(*usual, came("i", "0.000001", 77_777))["i"][0] is Perhaps.SPAM


def test_what_is_suggested_is_said_first_and_what_is_linked_is_not_open() -> None:
    movements = (out("o", "0.4123"), came("i", "0.4123", 10), came("j", "0.4123", 14))

    assert guessed(*movements)["j"][0] is Perhaps.SUGGESTED
    assert set(guessed(*movements, decided=Decided(links=linked(("o", "i"))))) == {"j"}


@pytest.mark.parametrize("code", list(Perhaps))
def test_every_guess_has_words(code: Perhaps) -> None:
    assert Guess(code).words.endswith(".")
