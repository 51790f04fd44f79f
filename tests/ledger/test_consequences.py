"""From a transaction to what it meant: what it sold, what it opened, what it earned. Nothing is asked for by that."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger import consequences
from ledger.models import Reckoning
from tests.accounts.api.conftest import script_of
from tests.ledger.gains.books import buys, day, moved, named, reckon, sells, tell
from tests.ledger.stand import ledger_row

pytestmark = pytest.mark.django_db


def page(browser, each):
    answer = browser.get(f"/transactions/{each.pk}/")
    assert answer.status_code == 200
    return answer.text


@pytest.fixture
def traded(alice, wallet):
    tell(wallet, *buys("T1", "2", "100", day(0)), *sells("T2", "0.5", "300", day(400)))
    return reckon(alice)


def test_a_sale_leads_to_the_lots_it_met(alices_browser, alice, traded):
    told = page(alices_browser, sale := named(alice, "T2"))
    assert "What this sold" in told
    assert "+275.00 USD" in told
    assert f"/tax/disposals/{sale.pk}/" in told
    assert "What it opened" not in told


def test_a_purchase_leads_to_what_is_left_of_it_and_to_what_took_from_it(alices_browser, alice, traded):
    bought = named(alice, "T1")
    came = consequences.of(alice, bought)
    assert [(lot.amount, lot.cost) for lot in came.lots] == [(Decimal("1.5"), Decimal(75))]
    assert [(each.amount, each.gain) for each in came.taken] == [(Decimal("0.5"), Decimal(275))]
    assert (came.current, came.more) == (True, False)
    told = page(alices_browser, bought)
    assert f"/tax/disposals/{named(alice, 'T2').pk}/" in told
    assert "What this sold" not in told


def test_more_disposals_than_are_shown_are_said_to_be_there(alice, wallet, monkeypatch):
    monkeypatch.setattr(consequences, "SHOWN", 2)
    sales = [row for number in range(3) for row in sells(f"S{number}", "0.1", "30", day(10 + number))]
    tell(wallet, *buys("T1", "2", "100", day(0)), *sales)
    reckon(alice)
    came = consequences.of(alice, named(alice, "T1"))
    assert ([each.amount for each in came.taken], came.more) == ([Decimal("0.1")] * 2, True)


def test_what_is_beyond_the_look_is_said_to_be_perhaps_there(alice, traded, monkeypatch):
    monkeypatch.setattr(consequences, "WALKED", 1)
    assert consequences.of(alice, named(alice, "T1")).more


def test_so_it_is_where_none_of_it_was_met(alices_browser, alice, wallet, monkeypatch):
    """The oldest left first, and more of them than are looked through."""
    tell(wallet, *buys("T1", "2", "100", day(0)), *buys("T2", "2", "100", day(1)))
    tell(wallet, *sells("S1", "1", "60", day(2)), *sells("S2", "1", "60", day(3)), *sells("S3", "2", "60", day(4)))
    reckon(alice)
    monkeypatch.setattr(consequences, "WALKED", 2)
    came = consequences.of(alice, second := named(alice, "T2"))
    assert (came.lots, came.taken, came.more) == ([], [], True)
    assert "not all of it was looked through" in page(alices_browser, second)


def test_a_reward_says_what_it_was_worth(alices_browser, alice, wallet):
    tell(wallet, *buys("T1", "1", "100", day(0)), ledger_row("R", "R", "XXBT", "0.5", kind="staking", at=day(0, 1)))
    reckon(alice)
    told = page(alices_browser, named(alice, "R"))
    assert "What it earned" in told
    assert "/tax/2024/income/" in told


def test_nothing_is_reckoned_because_of_a_look(alices_browser, alice, wallet):
    tell(wallet, *buys("T1", "2", "100", day(0)))
    assert "What it opened" not in page(alices_browser, named(alice, "T1"))
    assert not Reckoning.objects.exists()


def test_what_changed_since_is_being_brought_up_to_date(alices_browser, alice, wallet, traded):
    tell(wallet, *sells("T3", "0.5", "300", day(401)))
    assert "being brought up to date" in page(alices_browser, named(alice, "T2"))


def test_programs_are_told_the_gain(alice, wallet, traded):
    tell(wallet, *moved("D", "1", day(402)))
    script = script_of(alice, "read")

    def told(name):
        return script.get(f"/api/v1/transactions/{named(alice, name).pk}/").json()["gained"]

    assert told("T2") == {"year": 2025, "gain": "275", "currency": "USD"}
    assert [told("T1"), told("D")] == [None, None]
