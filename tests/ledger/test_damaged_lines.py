"""A line of our own export that was damaged, or changed by hand: it fails by itself, and never stops a journal."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest

from ledger import exporting, importing, journal
from ledger.models import ImportRow, Journal, SourceRow, Transaction
from ledger.readings import kraken
from ledger.readings.base import Kind, Leg, Reading, Worth
from tests.ledger.bringing import OWNER, at_work, taken
from tests.ledger.conftest import NOW
from tests.ledger.stand import SOON, assert_sound, ledger_row, read, store
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
SOUND = {
    "id": "11111111-1111-4111-8111-111111111111", "time": "2026-03-01T12:00:00Z", "kind": "deposit",
    "received_amount": "1", "received_asset": "BTC",
}  # fmt: skip
ANOTHER = {**SOUND, "id": "22222222-2222-4222-8222-222222222222", "received_amount": "2"}


def export_of(*lines):
    written = io.StringIO()
    writer = csv.DictWriter(written, exporting.COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(lines)
    return written.getvalue().encode()


def before(**said):
    return {**SOUND, "before": json.dumps(said)}


DAMAGED = {
    "a name that is a list": (before(received={"amount": "1", "asset": ["BTC"]}), "before", "“received”"),
    "a name that is a table": (before(sent={"amount": "1", "asset": {"a": "BTC"}}), "before", "“sent”"),
    "a name with nought in it": (before(fee={"amount": "1", "asset": "B\0TC"}), "before", "“fee”"),
    "a currency that is a list": (before(value={"amount": "1", "currency": ["EUR"]}), "before", "“value”"),
    "a currency with nought": (before(value={"amount": "1", "currency": "E\0R"}), "before", "“value”"),
    "a note with nought in it": (before(note="a\0b"), "before", "“note”"),
    "a note with half a character": (before(note="a\ud800b"), "before", "“note”"),
    "a category with nought": (before(category="\0"), "before", "“category”"),
    "a time before all time": (before(occurred_at="0001-01-01T00:00:00+05:00"), "before", "“occurred_at”"),
    "a time at its beginning": (before(occurred_at="0001-01-01T00:00:00Z"), "before", "“occurred_at”"),
    "a time at its end": (before(occurred_at="9999-12-31T23:59:59Z"), "before", "“occurred_at”"),
    "a time after its end": (before(occurred_at="9999-12-31T23:59:59-05:00"), "before", "“occurred_at”"),
    "a time that is a number": (before(occurred_at=20260301), "before", "“occurred_at”"),
    "no table": ({**SOUND, "before": "[1]"}, "before", "what was there before"),
    "a year that was cut": ({**SOUND, "time": "0026-03-01T12:00:00Z"}, "time", "look at the year, 26"),
    "the first year": ({**SOUND, "time": "0001-01-01T00:00:00Z"}, "time", "look at the year"),
    "the last year": ({**SOUND, "time": "9999-12-31T23:59:59Z"}, "time", "look at the year"),
    "an amount of which there is not so much": ({**SOUND, "received_amount": "9" * 41}, "received_amount", "longer"),
    "the like with an exponent": ({**SOUND, "received_amount": "1e59"}, "received_amount", "longer"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_line_fails_in_words_and_those_beside_it_are_taken_in(name, alice, wallet):
    damaged, column, words = DAMAGED[name]
    alice.time_zone = "Asia/Tokyo"  # where the last day of the calendar has no end
    alice.save()
    facts = {"owner": alice, "stream": io.BytesIO(export_of(damaged, ANOTHER)), "name": "holdfast.csv"}
    file = importing.receive(by=OWNER, **facts, wallet=wallet, answers={}, now=NOW)
    at_work(file)
    [failed, fine] = ImportRow.objects.filter(file=file).order_by("number")
    assert (failed.state, failed.column, fine.state) == ("failed", column, "new")
    assert words in failed.reason
    importing.commit(by=OWNER, file=file, now=NOW)
    at_work(file)
    assert file.state == "committed", file.words
    assert [each.received_amount for each in Transaction.objects.all()] == [2]
    assert_sound(wallet)


def test_what_a_line_comes_to_is_looked_at_before_it_is_promised(alice):
    """Each figure can be told, and what was paid, which is both multiplied, is beyond all digits."""
    wallet = Wallet.objects.create(owner=alice, exchange="bitfinex", way="csv", label="B", created_at=NOW)
    header = "#,PAIR,AMOUNT,PRICE,FEE,FEE CURRENCY,DATE,ORDER ID"
    lines = [f"{n},BTC/USD,{amount},{amount},0,USD,2026-03-01 12:00:00,1" for n, amount in ((1, "9" * 30), (2, 2))]
    facts = {"stream": io.BytesIO("\n".join([header, *lines]).encode()), "name": "trades.csv"}
    file = importing.receive(by=OWNER, owner=alice, wallet=wallet, **facts, answers={"zone": "UTC"}, now=NOW)
    at_work(file)
    [failed, fine] = ImportRow.objects.filter(file=file).order_by("number")
    assert (failed.state, fine.state) == ("failed", "new")
    assert "longer than any amount" in failed.reason


@pytest.mark.parametrize("name", DAMAGED)
def test_a_row_that_was_taken_in_before_this_was_known_stops_nothing(name, alice, wallet):
    """It is told of as one that means nothing yet."""
    taken(alice, wallet, export_of(ANOTHER), "holdfast.csv")
    kept = SourceRow.objects.get()
    damaged = {**dict.fromkeys(exporting.COLUMNS, ""), **DAMAGED[name][0]}
    record = ledger_row(damaged["id"], "", "", "")
    raw = {"cells": damaged, "read_as": kept.raw["read_as"]}
    store(wallet, type(record)(kept.family, damaged["id"], NOW, raw), origin=SourceRow.Origin.FILE)
    journal.catch_up_all(wallet, now=SOON)
    assert [each.received_amount for each in Transaction.objects.all()] == [2]
    assert not Journal.objects.get(wallet=wallet).behind


READ = Reading("ledger:L1", "R1", NOW, Kind.DEPOSIT, (Leg("XXBT", Decimal(1)),))


@pytest.mark.parametrize(
    "unkeepable",
    [
        READ._replace(at=NOW.replace(year=1)),
        READ._replace(at=NOW.replace(year=9999)),
        READ._replace(legs=(Leg(["XXBT"], Decimal(1)),)),
        READ._replace(legs=(Leg("XX\0BT", Decimal(1)),)),
        READ._replace(legs=(Leg("XXBT", Decimal("1e200000")),)),
        READ._replace(legs=(Leg("XXBT", Decimal("1e-200000")),)),
        READ._replace(legs=(Leg("XXBT", Decimal("NaN")),)),
        READ._replace(worth=Worth(Decimal(1), {"EUR": 1})),
        READ._replace(worth=Worth(Decimal("Infinity"), "EUR")),
        READ._replace(about=Leg("XXBT", Decimal("Infinity"))),
        READ._replace(note="half of \ud800"),
        READ._replace(note=["a list"]),
        READ._replace(hash="\0"),
    ],
)
def test_whatever_a_reader_makes_of_a_row_the_rows_beside_it_are_read(unkeepable, wallet, monkeypatch):
    honest = kraken.read
    monkeypatch.setattr(kraken, "read", lambda row: [unkeepable] if row.external_id == "L1" else honest(row))
    store(wallet, ledger_row("L1", "R1", "XXBT", "1", kind="deposit"))
    store(wallet, ledger_row("L2", "R2", "XXBT", "2", kind="deposit"))
    read(wallet)
    assert [each.received_amount for each in Transaction.objects.all()] == [2]
    assert_sound(wallet)


def test_an_exchange_that_tells_an_amount_beyond_all_digits_stops_nothing(wallet):
    store(wallet, ledger_row("L1", "R1", "XXBT", "1e200000", kind="deposit"))
    store(wallet, ledger_row("L2", "R2", "XXBT", "2", kind="deposit"))
    read(wallet)
    assert [each.received_amount for each in Transaction.objects.all()] == [2]
