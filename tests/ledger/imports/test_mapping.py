"""A file of unknown form is read as its owner says what its columns are; what is missing is named."""

from __future__ import annotations

import pytest

from ledger.imports import formats, look
from ledger.imports.formats.base import Failure, Options, Read, Skip
from ledger.imports.guessing import guess
from ledger.imports.mapping import Mapping, problems
from ledger.readings.base import Kind
from tests.ledger.imports.files import amounts, net, text

SIGNED = Mapping(
    date="When",
    amount="How much",
    currency="Coin",
    type="What",
    id="Ref",
    wallet="Where",
    note="Why",
    kinds=(("in", "deposit"), ("inner", "skip"), ("out", "withdrawal"), ("stake", "reward:staking")),
)
SIDES = Mapping(
    date="Date", time="Time", sent_amount="Out", sent_currency="Out cur",
    received_amount="In", received_currency="In cur",
    fee_amount="Fee", fee_currency="Fee cur",
)  # fmt: skip


def outcomes(mapping, *lines, **said):
    found = look.survey(text(*lines), given=Options(zone="UTC", **said), mapped=mapping)
    assert found.ready, found.questions
    return list(look.outcomes(text(*lines), found.options))


def test_one_amount_with_a_sign_and_a_column_of_types():
    found = outcomes(
        SIGNED,
        "When;What;How much;Coin;Ref;Where;Why",
        "2021-01-25 10:00;in;1,5;BTC;a;Home;first",
        "2021-01-26 10:00;stake;0,1;BTC;b;Home;",
        "2021-01-27 10:00;inner;9;BTC;c;Home;",
        "2021-01-28 10:00;OUT;0,2;BTC;d;Home;",
        "2021-01-29 10:00;what;0,2;BTC;e;Home;",
    )
    assert [type(each.result) for each in found] == [Read, Read, Skip, Read, Failure]
    told = [each.result.readings[0] for each in found if each.state == "read"]
    assert [(each.kind, each.category) for each in told] == [
        (Kind.DEPOSIT, ""), (Kind.REWARD, "staking"), (Kind.WITHDRAWAL, ""),
    ]  # fmt: skip
    assert net(told) == amounts(BTC="1.4")
    assert (told[0].identity, told[0].note, found[0].result.places) == ("mapped:a", "first", {"mapped:a": "Home"})
    assert found[4].result.column == "What"


def test_what_was_sent_and_what_was_received():
    [trade, gone, nothing] = outcomes(
        SIDES,
        "Date,Time,Out,Out cur,In,In cur,Fee,Fee cur",
        "2021-01-25,10:00:05,100,EUR,0.01,BTC,0.5,EUR",
        "2021-01-25,10:00:06,1 BTC,,,,,",
        "2021-01-25,10:00:07,,,,,,",
    )
    assert trade.at.isoformat() == "2021-01-25T10:00:05+00:00"
    assert trade.result.readings[0].kind is Kind.TRADE
    assert net([*trade.result.readings, *gone.result.readings]) == amounts(EUR="-100.5", BTC="-0.99")
    assert isinstance(nothing.result, Skip)


def test_amounts_without_a_currency_are_asked_for_it():
    mapping = Mapping(date="Date", amount="Amount")
    source = text("Date,Amount,Other", "2021-01-25 10:00,1.5,x")
    assert [question.name for question in look.survey(source, mapped=mapping).questions] == ["zone", "base"]
    [found] = outcomes(mapping, "Date,Amount,Other", "2021-01-25 10:00,1.5,x", base="EUR")
    assert net(found.result.readings) == amounts(EUR="1.5")


def test_ambiguous_amounts_of_an_unknown_file_are_asked():
    source = text("Date;Amount;Coin", "2021-01-25 10:00;1.234;BTC")
    found = look.survey(source, mapped=Mapping(date="Date", amount="Amount", currency="Coin"))
    assert {question.name for question in found.questions} == {"zone", "decimal"}


def test_what_was_read_by_a_mapping_is_read_again_by_it():
    for outcome in outcomes(SIDES, "Date,Time,Out,Out cur,In,In cur,Fee,Fee cur", "2021-01-25,10:00:05,1,EUR,2,BTC,,"):
        again = formats.reader(outcome.family).read(look.row_of(outcome))
        assert tuple(again) == outcome.result.readings


def test_a_row_whose_mapping_is_lost_says_so():
    for told in ({}, {"mapping": "no"}, {"mapping": "{}"}):
        [found] = formats.reader("mapped").read(look.Row("mapped", "a", look.BEGINNING, {"cells": {}, "read_as": told}))
        assert found.skip


def test_a_file_of_several_wallets_is_read_for_one_of_them():
    header = "When;What;How much;Coin;Ref;Where;Why"
    lines = ["2021-01-25 10:00;in;1;BTC;a;Home;", "2021-01-25 10:00;in;1;BTC;b;Work;", "2021-01-25 10:00;in;1;BTC;c;;"]
    found = outcomes(SIGNED, header, *lines, wallet="Work")
    assert [each.state for each in found] == ["skipped", "read", "read"]


def test_a_mapping_says_what_is_wrong_with_it_by_column():
    found = problems(
        Mapping(date="Day", amount="Sum", sent_amount="Sum", fee_currency="Cur", kinds=(("a", "b"),)), ("Day", "Sum")
    )
    assert [(each.role, each.column) for each in found] == [
        ("fee_currency", "Cur"), ("amount", "Sum"), ("amount", "Sum"), ("fee_currency", "Cur"), ("kinds", ""),
    ]  # fmt: skip
    assert [each.role for each in problems(Mapping(), ())] == ["date", "amount"]
    assert not problems(SIDES, ("Date", "Time", "Out", "Out cur", "In", "In cur", "Fee", "Fee cur"))


def test_a_mapping_is_kept_as_text():
    for mapping in (SIGNED, SIDES, Mapping()):
        assert Mapping.of(mapping.text()) == mapping


@pytest.mark.parametrize("broken", ["", "[]", '{"colour": "red"}', "5"])
def test_what_is_no_mapping_is_refused(broken):
    with pytest.raises(ValueError, match=r"."):
        Mapping.of(broken)


def test_a_guess_goes_by_names_and_by_what_stands_there():
    names = (
        "Timestamp",
        "Side",
        "Bought Quantity",
        "Bought Currency",
        "Sold Quantity",
        "Sold Currency",
        "Fee",
        "TxHash",
        "Notes",
    )
    line = dict(zip(names, ("2021-01-25", "Buy", "1", "BTC", "2", "EUR", "0.1", "ab", ""), strict=True))
    assert guess(names, [line]) == Mapping(
        date="Timestamp", type="Side", received_amount="Bought Quantity", received_currency="Bought Currency",
        sent_amount="Sold Quantity", sent_currency="Sold Currency", fee_amount="Fee", hash="TxHash", note="Notes",
        kinds=(("Buy", "trade"),),
    )  # fmt: skip
    assert guess(("Date", "Amount"), [{"Date": "yes", "Amount": "no"}]) == Mapping()


NO_SIGN = ("Date,Type,Coin,Amount", "2025-03-01 10:00,Buy,BTC,0.1", "2025-03-02 10:00,Sell,BTC,0.04")


def guessed(header, *lines):
    names = header.split(",")
    return guess(names, [dict(zip(names, line.split(","), strict=True)) for line in lines])


def test_what_was_sold_left_where_no_amount_has_a_sign():
    """It came: a sale was a purchase, and nobody was told."""
    mapping = guessed(*NO_SIGN)
    assert dict(mapping.kinds) == {"Buy": "trade", "Sell": "sold"}
    assert not problems(mapping, NO_SIGN[0].split(","))

    found = outcomes(mapping, *NO_SIGN)

    readings = [each.result.readings[0] for each in found]
    assert [each.kind for each in readings] == [Kind.TRADE, Kind.TRADE]
    assert net(readings) == amounts(BTC="0.06")


def test_where_amounts_have_signs_they_are_believed():
    """Of the two lines of a sale, the money came."""
    header, *lines = "Date,Type,Coin,Amount", "2025-03-02,Sell,BTC,-0.04", "2025-03-02,Sell,EUR,2000"
    mapping = guessed(header, *lines)
    assert dict(mapping.kinds) == {"Sell": "trade"}
    assert net([each.result.readings[0] for each in outcomes(mapping, header, *lines)]) == amounts(
        BTC="-0.04", EUR="2000"
    )


@pytest.mark.parametrize("word", ["Sold", "market sell", "SALE", "Verkauf", "Vente", "Venta"])
def test_words_for_selling_are_known(word):
    assert dict(guessed("Date,Type,Coin,Amount", f"2025-03-02,{word},BTC,1").kinds) == {word: "sold"}


def test_what_was_sold_has_columns_of_its_own_where_both_sides_are_told():
    header, line = "Date,Type,Out,In,Coin out,Coin in", "2025-03-02 10:00,Sell,1,300,BTC,EUR"
    mapping = Mapping(
        date="Date", type="Type", sent_amount="Out", sent_currency="Coin out", received_amount="In",
        received_currency="Coin in", kinds=(("Sell", "sold"),),
    )  # fmt: skip
    [found] = outcomes(mapping, header, line)
    assert found.result.readings[0].kind is Kind.TRADE
    assert net(found.result.readings) == amounts(BTC="-1", EUR="300")
