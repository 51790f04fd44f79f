"""Files of other programs: each is recognised as itself, and adds up, wallet by wallet and all in one."""

from __future__ import annotations

import pytest

from ledger.imports import formats, look
from ledger.imports.recognise import best, matches
from ledger.imports.tables import names_of
from ledger.readings.base import Kind
from tests.ledger.imports.files import amounts, net, read, readings, text
from tests.ledger.imports.test_recognise import HEADERS as EXCHANGES
from tests.ledger.imports.tracker_files import FILES, HEADER, HEADERS, TRACKERS, columns, file


@pytest.mark.parametrize(("name", "header"), HEADERS)
def test_every_header_is_recognised_as_itself(name, header):
    found = matches(columns(header))
    assert found[0].form.name == name
    assert len(found) == 1 or found[0].rank > found[1].rank


@pytest.mark.parametrize(("name", "header"), EXCHANGES)
def test_no_exchanges_file_is_taken_for_a_trackers(name, header):
    assert best(names_of(header.split(","))).form.name not in TRACKERS


def test_no_format_is_without_a_header():
    """Ours is made by our own export where it is held to what it says."""
    assert set(formats.every()) == {name for name, _ in (*EXCHANGES, *HEADERS)} | {"holdfast_transactions"}


@pytest.mark.parametrize(("name", "header"), HEADERS)
def test_a_column_that_is_added_changes_nothing(name, header):
    assert best((*columns(header), "Something new")).form.name == name


def test_voyagers_header_is_nobodys():
    """It has all of CoinLedger's columns but one."""
    header = "Timestamp (UTC),Type,Internal Id,Platform,Platform Id,Blockchain Id,Record Type,Asset,Amount,Description"
    assert best(columns(header)) is None


EVERY_PLACE = [(name, place) for name, (_, _, moved) in FILES.items() for place in moved]


@pytest.mark.parametrize(("name", "place"), EVERY_PLACE)
def test_a_file_adds_up_wallet_by_wallet(name, place):
    lines, options, moved = FILES[name]
    chosen = {"wallet": place} if place else {}
    assert net(readings(file(name, *lines), **options, **chosen)) == moved[place]


@pytest.mark.parametrize("name", FILES)
def test_each_line_is_a_row_of_its_own_and_again_the_same(name):
    lines, options, _ = FILES[name]
    first, again = (read(file(name, *lines), **options) for _ in range(2))
    assert [each.external_id for each in first] == [each.external_id for each in again]
    assert len({(each.family, each.external_id) for each in first}) == len(first)
    for each in first:
        if each.state == "read":
            found = formats.reader(each.family).read(look.row_of(each))
            assert tuple(found) == each.result.readings


OLD_BLOCKPIT = HEADER["blockpit_old"].replace(",", ";")


def old_blockpit(*lines, **options):
    return read(text(OLD_BLOCKPIT, *lines), **options)


def test_blockpits_export_has_semicolons_and_days_first():
    found = old_blockpit(
        "7,1;03.04.2021 10:11;EXCHANGE;Kraken;Main;Trade;EUR;1000,5;BTC;0,02;EUR;1,5;;;",
        "7,2;13.04.2021 10:11;EXCHANGE;Kraken;Main;Margin_trading_loss;EUR;10;;;;;;Ouch;",
    )
    assert net([each.result.readings[0] for each in found]) == amounts(EUR="-1012", BTC="0.02")
    assert [each.external_id for each in found] == ["7,1", "7,2"]
    assert (found[0].at.day, found[0].at.month) == (3, 4)
    assert found[1].result.readings[0].kind is Kind.LOST


def test_ids_prove_no_decimal_sign():
    """Its own ids have a comma, also where amounts have a point."""
    [found] = old_blockpit("7,1;03.04.2021 10:11;EXCHANGE;Kraken;Main;Trade;EUR;1000.5;BTC;0.02;;;;;")
    assert net(found.result.readings) == amounts(EUR="-1000.5", BTC="0.02")
