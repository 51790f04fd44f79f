"""Uphold's rows: two sides, of which one or both are the owner's own cards."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.readings import uphold
from ledger.readings.base import Kind, Row, Worth
from tests.ledger.readings.books import ReadsTheBooks, drafts_of, net, readings_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def card(currency, amount, base=None, **more):
    return {"CardId": "c-1", "currency": currency, "amount": amount, **({"base": base} if base else {}), **more}


def outside(currency, amount):
    return {"currency": currency, "amount": amount, "type": "external"}


def row(origin, destination, **more):
    raw = {"id": "u-1", "type": "transfer", "status": "completed", "network": "uphold", "fees": []}
    return Row("transactions", "u-1", AT, raw | {"origin": origin, "destination": destination} | more)


IN_BY_CARD = row(outside("GBP", "104"), card("BTC", "0.002"), type="deposit", network="visa")
OUT_TO_BANK = row(card("BTC", "0.002"), outside("EUR", "100"), type="withdrawal", network="sepa")


class TestBooks(ReadsTheBooks):
    exchange, reader = "uphold", uphold
    more_rows = (IN_BY_CARD, OUT_TO_BANK, row(card("EUR", "10"), card("EUR", "9", "10")))


@pytest.mark.parametrize(
    ("status", "words"),
    [("processing", "On its way"), ("failed", "Called off"), ("dreaming", "does not say"), ("", "does not say")],
)
def test_only_what_is_completed_counts(status, words):
    [reading] = readings_of(uphold, row(card("BTC", "1"), outside("BTC", "1"), type="withdrawal", status=status))
    assert words in reading.skip


def test_from_one_card_to_another_of_the_same_currency_nothing_changes():
    assert not drafts_of(uphold, [row(card("EUR", "10"), card("EUR", "10"))])


def test_a_fee_between_cards_is_a_fee():
    [draft] = drafts_of(uphold, [row(card("EUR", "10"), card("EUR", "9", "10"))])
    assert (draft.kind, draft.fee.amount, draft.sent, draft.received) == (Kind.FEE, 1, None, None)


def test_money_that_is_another_currency_outside_comes_in_and_buys():
    found = drafts_of(uphold, [IN_BY_CARD])
    assert {draft.kind for draft in found} == {Kind.DEPOSIT, Kind.TRADE}
    assert {draft.group for draft in found} == {"transactions:u-1"}
    assert net(found) == {"BTC": Decimal("0.002")}


def test_and_on_its_way_out_it_is_sold():
    found = drafts_of(uphold, [OUT_TO_BANK])
    assert {draft.kind for draft in found} == {Kind.WITHDRAWAL, Kind.TRADE}
    assert net(found) == {"BTC": Decimal("-0.002")}


def test_what_another_person_sends_was_turned_by_them():
    theirs = {"currency": "USD", "amount": "100", "type": "card", "username": "bob"}
    [draft] = drafts_of(uphold, [row(theirs, card("BTC", "0.002"), message="for lunch")])
    assert (draft.kind, draft.received.asset, draft.note) == (Kind.DEPOSIT, "BTC", "for lunch")


def test_where_no_card_is_named_the_type_says_which_side_is_ours():
    [draft] = drafts_of(uphold, [row(outside("EUR", "10"), outside("EUR", "10"), type="deposit", network="sepa")])
    assert (draft.kind, draft.received.amount) == (Kind.DEPOSIT, 10)


def test_without_a_base_the_list_of_fees_says_what_was_paid():
    fees = [{"amount": "0.5", "currency": "EUR", "target": "origin", "type": "withdrawal"}]
    [draft] = drafts_of(uphold, [row(card("EUR", "10"), outside("EUR", "9.5"), type="withdrawal", fees=fees)])
    assert (draft.sent.amount, draft.fee.amount) == (Decimal("9.5"), Decimal("0.5"))


def test_uphold_says_what_it_was_worth():
    told = [{"amount": "x"}, {"amount": "11.2", "currency": "USD", "target": "origin"}]
    [draft] = drafts_of(uphold, [row(card("EUR", "10"), outside("EUR", "10"), type="withdrawal", normalized=told)])
    assert draft.worth == Worth(Decimal("11.2"), "USD")
