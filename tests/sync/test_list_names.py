"""What lists are called: nobody knows an account of theirs by its id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from ledger import intake
from ledger.models import Coverage
from sync.list_names import titles_of
from sync.models import StreamState
from wallets.models import Wallet
from wallets.records import Record

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ONE, TWO, THREE = (f"transactions:{n * 8}-4fa3-2165-3e55-39373416f340" for n in "abc")


@pytest.fixture
def wallet(alice: User) -> Wallet:
    return Wallet.objects.create(
        owner=alice, exchange="coinbase", way="key", label="Coinbase", created_at=NOW, health="working"
    )


def moved(wallet: Wallet, stream: str, asset: str, *, status: str = "completed", days: int = 1) -> None:
    raw = {"type": "send", "status": status, "amount": {"amount": "0.5", "currency": asset}}
    at = NOW - timedelta(days=days)
    record = Record("transactions", f"{stream[-60:]}-{days}", at, {"id": f"{stream[-60:]}-{days}", **raw})
    intake.store(wallet, [record], stream=stream, now=NOW)


def test_a_list_named_by_an_id_is_called_by_what_moves_in_it(wallet: Wallet) -> None:
    moved(wallet, ONE, "BTC")
    moved(wallet, "transactions:EUR", "EUR")

    assert titles_of(wallet, [ONE, "transactions:EUR", "fills"]) == {
        ONE: "Transactions, BTC",
        "transactions:EUR": "Transactions, EUR",
        "fills": "Fills",
    }


def test_what_has_not_moved_anything_yet_does_not_hide_what_did(wallet: Wallet) -> None:
    moved(wallet, ONE, "BTC", days=3)
    moved(wallet, ONE, "BTC", status="pending")

    assert titles_of(wallet, [ONE])[ONE] == "Transactions, BTC"


def test_two_accounts_of_one_asset_and_an_empty_one_are_told_apart(wallet: Wallet) -> None:
    moved(wallet, ONE, "BTC")
    moved(wallet, TWO, "BTC")

    assert sorted(titles_of(wallet, [ONE, TWO, THREE]).values()) == [
        "Transactions, BTC (aaaaaaaa)",
        "Transactions, BTC (bbbbbbbb)",
        "Transactions, nothing in it yet (cccccccc)",
    ]


def test_names_that_say_something_cost_no_query(wallet: Wallet, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert titles_of(wallet, ["trades:BTCUSDT"]) == {"trades:BTCUSDT": "Trades, BTCUSDT"}


def test_the_form_for_a_part_of_a_history_shows_no_id(alices_browser: Client, wallet: Wallet) -> None:
    moved(wallet, ONE, "BTC")
    StreamState.objects.create(owner=wallet.owner, wallet=wallet, way="key", stream=ONE, updated_at=NOW)
    Coverage.objects.create(owner=wallet.owner, wallet=wallet, stream=ONE, first_row_at=NOW, updated_at=NOW)

    page = alices_browser.get(reverse("sync:history", args=[wallet.pk])).text

    assert ">Transactions, BTC<" in page.replace("\n", "")
