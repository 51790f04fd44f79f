"""`transactions/file/`: the list as the table that Holdfast reads back, as its page offers it."""

from __future__ import annotations

import csv
import io

import pytest

from ledger import handmade
from tests.accounts.api.conftest import script_of
from tests.ledger.api.conftest import TRANSACTIONS, errors_of
from tests.ledger.bringing import OWNER, exported
from tests.ledger.conftest import NOW
from tests.ledger.stand import read, store, trade

FILE = f"{TRANSACTIONS}file/"
GIFT = {
    "kind": "gift",
    "occurred_at": "2026-03-01T12:30:00Z",
    "received": {"amount": "2", "asset": "ETH"},
    "note": "=HYPERLINK(1)",
    "ignored": True,
}


@pytest.fixture
def held(wallet):
    store(wallet, *trade(1))
    read(wallet)
    return handmade.add(by=OWNER, wallet=wallet, fields=GIFT, now=NOW)


def lines(answer):
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_it_is_what_the_page_offers_with_what_is_ignored_marked_so(alice, held):
    answer = script_of(alice, "read").get(FILE)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert 'filename="holdfast-transactions-' in answer["Content-Disposition"]
    body = b"".join(answer.streaming_content)
    assert body == exported(alice)
    told = list(csv.DictReader(io.StringIO(body.decode())))
    assert [(row["kind"], row["ignored"]) for row in told] == [("trade", ""), ("gift", "yes")]
    assert told[1]["note"] == "'=HYPERLINK(1)"


def test_it_takes_the_filters_of_the_list(script, held):
    assert [row["id"] for row in lines(script.get(f"{FILE}?kind=trade"))] != [str(held.pk)]
    assert [row["id"] for row in lines(script.get(f"{FILE}?ignored=only"))] == [str(held.pk)]
    assert lines(script.get(f"{FILE}?asset=SOL")) == []
    assert errors_of(script.get(f"{FILE}?kind=nonsense")) == [("kind", "invalid_choice")]
    assert errors_of(script.get(f"{FILE}?limit=5")) == [("limit", "unknown_field")]


def test_nothing_of_it_is_a_strangers(bobs_script, held):
    assert lines(bobs_script.get(FILE)) == []
