"""The first page leads a new owner to an exchange; who has connected one sees first what they hold."""

from __future__ import annotations

import pytest

from tests.wallets.holdings import a_wallet

pytestmark = pytest.mark.django_db


def order_of(page, *words):
    return sorted(words, key=page.index)


def test_before_anything_is_connected_the_steps_come_first(alices_browser):
    page = alices_browser.get("/home/").text

    assert "Welcome to Holdfast" in page
    assert order_of(page, "What you hold", "Getting ready") == ["Getting ready", "What you hold"]


def test_with_a_wallet_what_is_held_comes_first_and_the_steps_that_are_left_below(alices_browser, alice):
    a_wallet(alice)

    page = alices_browser.get("/home/").text

    assert "Welcome to Holdfast" not in page
    assert order_of(page, "Getting ready", "Your exchanges", "Net worth now") == [
        "Net worth now",
        "Your exchanges",
        "Getting ready",
    ]
    assert "Say where you pay tax" in page
