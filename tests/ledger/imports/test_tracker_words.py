"""What other programs' files say beside what moved: words that become edits, wallets, worth; and what fails in them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.imports import formats, look
from ledger.imports.formats.base import Failure, Options, Read, Skip
from ledger.readings.base import Kind, Worth
from tests.ledger.imports.files import amounts, net, read, readings, results
from tests.ledger.imports.tracker_files import FILES, HEADER, TRACKERS, UTC, columns, file, line

# --- the owner's words -----------------------------------------------------------------------------------------------


def words_of(name, *lines, **options):
    return [dict(found.edits) for found in results(file(name, *lines), **options)]


def bulk(**cells):
    return line("koinly_bulk_edit", id__read_only="A1", date__utc="2024-01-01 10:00:00", **cells)


def test_koinlys_deletions_tags_and_descriptions_become_edits():
    came = {"to_wallet__read_only": "Kraken;kr", "to_amount": "2", "to_currency": "DOT;6"}
    found = words_of(
        "koinly_bulk_edit",
        bulk(**came, tag="airdrop", description="From the launch", deleted="true"),
        bulk(**came, tag="Liquidity In", deleted="false").replace("A1", "A2"),
        bulk(**came).replace("A1", "A3"),
    )
    assert found == [
        {"kind": "reward", "category": "airdrop", "note": "From the launch", "ignored": "true"},
        {"category": "Liquidity In"},
        {},
    ]


def test_a_deleted_line_is_read_all_the_same():
    """Taken back, its edit leaves the transaction as it was."""
    [found] = results(file("koinly_bulk_edit", bulk(to_amount="2", to_currency="DOT", deleted="true")))
    assert net(found.readings) == amounts(DOT="2")


MEANT = {
    "airdrop": (Kind.REWARD, Kind.ADJUSTMENT, "airdrop"),
    "staking": (Kind.REWARD, Kind.ADJUSTMENT, "staking"),
    "Reward": (Kind.REWARD, Kind.ADJUSTMENT, "reward"),
    "mining": (Kind.INCOME, Kind.FEE, "mining"),
    "other income": (Kind.INCOME, Kind.SPEND, "income"),
    "fork": (Kind.REWARD, Kind.ADJUSTMENT, "fork"),
    "loan_interest": (Kind.REWARD, Kind.FEE, "interest"),
    "gift": (Kind.GIFT, Kind.GIFT, "gift"),
    "donation": (Kind.GIFT, Kind.GIFT, "donation"),
    "lost": (Kind.ADJUSTMENT, Kind.LOST, "lost"),
    "cost": (Kind.ADJUSTMENT, Kind.SPEND, "cost"),
    "realized gain": (Kind.INCOME, Kind.LOST, "futures"),
    "Derivatives / Futures Profit": (Kind.INCOME, Kind.LOST, "futures"),
    "Minting": (Kind.REWARD, Kind.ADJUSTMENT, "staking"),
    "LP Rewards": (Kind.REWARD, Kind.ADJUSTMENT, "reward"),
    "Settlement Fee": (Kind.FEE, Kind.FEE, ""),
    "margin fee": (Kind.FEE, Kind.FEE, ""),
    "My own word": (Kind.DEPOSIT, Kind.WITHDRAWAL, ""),
}


@pytest.mark.parametrize("label", MEANT)
def test_a_label_that_is_certain_says_the_kind(label):
    came, went, category = MEANT[label]
    sources = [f"2024-01-01 10:00,1,BTC,{label},", f"2024-01-02 10:00,-1,BTC,{label},"]
    found = readings(file("koinly_simple", *sources))
    assert [each.kind for each in found] == [came, went]
    assert {each.category for each in found} == {category}


@pytest.mark.parametrize(
    ("name", "cells", "said"),
    [
        ("cointracker_export",
         {"received_tag": "Airdrop", "received_comment": "a", "sent_comment": "b", "ignored": "True"},
         {"kind": "reward", "category": "airdrop", "note": "a; b", "ignored": "true"}),
        ("cointracker_export", {"type": "INTEREST_PAYMENT"}, {"kind": "reward", "category": "interest"}),
        ("cointracker_export", {"type": "RECEIVE"}, {}),
    ],
)  # fmt: skip
def test_cointrackers_tags_comments_and_ignored_lines_become_edits(name, cells, said):
    told = {"date": "01/13/2024 10:00:00", "transaction_id": "1", "received_quantity": "1", "received_currency": "ETH"}
    header = 1 if "ignored" in cells else 0
    assert words_of_line(name, header, line(name, header, **told, **cells)) == said


def words_of_line(name, header, row):
    [found] = results(file(name, row, header=header))
    return dict(found.edits)


def test_groups_are_tags_and_comments_notes():
    said = {"kind": "gift", "category": "gift", "note": "For Ann", "tags": "Family"}
    lines = "Gift,-,,0.1,BTC,-,,Kraken,Family,For Ann,13.02.2024 10:00"
    assert words_of("cointracking_export", lines, **UTC) == [said]
    lines = "Gift,,,0.1,BTC,,,Kraken,Family,For Ann,02/13/2024 10:00"
    assert words_of("tokentax", lines, **UTC) == [said]


def test_what_is_ignored_elsewhere_is_ignored():
    cells = {"timeexecuted": "02/13/2024 10:00", "boughtquantity": "1", "boughtcurrency": "X", "id": "1"}
    row = line("accointing", **cells, classification="ignored", comments="Spam")
    assert words_of("accointing", row, **UTC) == [{"note": "Spam", "ignored": "true"}]


def test_a_trade_keeps_its_kind_whatever_its_label():
    [found] = results(file("koinly_template", "2024-01-01 10:00,1,BTC,20,ETH,,,,,airdrop,,"))
    assert found.readings[0].kind is Kind.TRADE
    assert dict(found.edits) == {"category": "airdrop"}


# --- whose wallet, worth what ----------------------------------------------------------------------------------------


def test_a_transfer_is_two_halves_of_one_event_each_with_its_place():
    lines, _, _ = FILES["koinly_export"]
    [found] = results(file("koinly_export", lines[2]))
    out, arrived = found.readings
    assert (out.kind, arrived.kind) == (Kind.WITHDRAWAL, Kind.DEPOSIT)
    assert out.event == arrived.event
    assert dict(found.places) == {out.identity: "Kraken", arrived.identity: "Ledger"}
    assert (out.hash, arrived.hash, out.address) == ("ab", "ab", "b")
    assert net(found.readings) == amounts(BTC="-0.0001")


def test_what_arrived_less_cost_a_fee():
    [found] = results(file("koinly_export", "2024-01-03 10:00,transfer,,Kraken,1,BTC,,Ledger,0.99,BTC,,,,,,,,,,"))
    assert [leg.fee for leg in found.readings[0].legs] == [False, True]
    assert net(found.readings) == amounts(BTC="-0.01")


def test_lines_of_another_wallet_make_no_row():
    lines, _, _ = FILES["koinly_export"]
    found = read(file("koinly_export", *lines), wallet="Ledger")
    assert [(each.state, bool(each.external_id)) for each in found] == [
        ("skipped", False),
        ("skipped", False),
        ("read", True),
        ("read", True),
    ]


def test_halves_that_are_imported_into_one_wallet_one_after_the_other_are_two_rows():
    lines, _, _ = FILES["koinly_export"]
    out, arrived = (read(file("koinly_export", lines[2]), wallet=place)[0] for place in ("Kraken", "Ledger"))
    assert out.external_id != arrived.external_id
    assert net([*out.result.readings, *arrived.result.readings]) == amounts(BTC="-0.0001")
    assert len({each.identity for half in (out, arrived) for each in half.result.readings}) == 2


@pytest.mark.parametrize(
    ("name", "row", "options", "worth"),
    [
        ("koinly_template", "2024-01-01 10:00,,,1,BTC,,,500,USD;10,,,", {}, ("500", "USD")),
        ("koinly_export", FILES["koinly_export"][0][1], {}, ("500", "EUR")),
        ("cointracking_values", FILES["cointracking_values"][0][0], UTC, ("8000", "EUR")),
        ("bittytax", FILES["bittytax"][0][0], {}, ("30000", "GBP")),
        ("bitcointax_single", FILES["bitcointax_single"][0][0], {}, ("4000", "USD")),
        ("zenledger", FILES["zenledger"][0][1], UTC, ("30", "USD")),
        ("accointing_valued", FILES["accointing_valued"][0][0], FILES["accointing_valued"][1], ("1900.5", "EUR")),
        ("dali_in", FILES["dali_in"][0][1], {}, ("7", "USD")),
    ],
)
def test_what_it_was_worth_is_kept(name, row, options, worth):
    [found] = readings(file(name, row), **options)
    assert found.worth == Worth(amounts(X=worth[0])["X"], worth[1])


def test_worth_in_what_is_no_currency_is_none():
    [found] = readings(file("koinly_template", "2024-01-01 10:00,,,1,BTC,,,500,A currency of nobody's,,,"))
    assert found.worth is None


# --- what is asked, and what fails -----------------------------------------------------------------------------------


def test_cointracking_asks_for_the_zone_of_the_account_and_for_the_order_of_days():
    found = look.survey(file("cointracking_export", "Deposit,1,BTC,-,,-,,Kraken,,,03.04.2021 10:00"))
    assert [question.name for question in found.questions] == ["order", "zone"]


def test_templates_say_which_comes_first():
    """In files whose days prove it of themselves, that holds."""
    [summ] = readings(file("summ", "03/04/2024 10:00:00,receive,BTC,1,,,,,,Ledger,,"))
    [koinly] = readings(file("coinledger_template", "03/04/2024 10:00:00,Kraken,,,BTC,1,,,Deposit,,"))
    assert (summ.at.month, koinly.at.month) == (4, 3)
    [summ] = readings(file("summ", "03/14/2024 10:00:00,receive,BTC,1,,,,,,Ledger,,"))
    assert summ.at.month == 3


@pytest.mark.parametrize(
    ("name", "row", "options", "column"),
    [
        ("koinly_template", "2024-01-01 10:00,,,one,BTC,,,,,,,", {}, "Received Amount"),
        ("koinly_template", "2024-01-01 10:00,,,1,,,,,,,,", {}, "Received Currency"),
        ("koinly_export", "soon,buy,,Kraken,500,EUR,,Kraken,0.02,BTC,,1,EUR,,500,1,,,,", {}, "Date"),
        ("koinly_simple", "2024-01-01 10:00,,BTC,,", {}, "Amount"),
        ("cointracking_export", "Trade,1,,-,,-,,Kraken,,,13.02.2024 10:00", UTC, "Cur."),
        ("coinledger_export", "2024-01-01T10:00:00,Gift Sent,7,K,K,,,Debit,BTC,0.1,", {}, "Amount"),
        ("coinledger_export", "2024-01-01T10:00:00,Mining,7,K,K,,,Credit,BTC,-0.1,", {}, "Amount"),
        ("coinledger_export", "2024-01-01T10:00:00,Trade,7,K,K,,,Credit,BTC,-0.1,", {}, "Amount"),
        ("coinledger_export", "2024-01-01T10:00:00,Trade,7,K,K,,,Wonder,BTC,0.1,", {}, "Record Type"),
        ("rotki_events", "Wonder,kraken,EUR,1000,,,,1658912400000", {}, "Type"),
        ("summ", "13/02/2024 10:00:00,wonder,BTC,0.1,,,,,,,,", {}, "Type"),
        ("bitcointax_trades", "2024-01-01 10:00:00 +0000,SWAP,A,K,1,1,B,,,1,1,,,,,,,", {}, "Action"),
        ("rotki_trades", f"kraken,{'x' * 65},BTC,4.3,390,,,,1659171600000", {}, "Spend Currency"),
    ],
)
def test_a_bad_cell_is_named(name, row, options, column):
    [found] = results(file(name, row), **options)
    assert isinstance(found, Failure)
    assert found.column == column


def test_what_moves_nothing_and_remarks_are_skipped():
    assert isinstance(results(file("koinly_template", "2024-01-01 10:00,0,BTC,,,,,,,,Approval,ab"))[0], Skip)
    remark = "... shown up to here,upgrade for more,"
    [found] = results(file("cointracker_export", remark))
    assert isinstance(found, Skip)


def test_a_trade_whose_other_side_is_empty_is_a_trade():
    lines, _, _ = FILES["cointracker_export"]
    found = [each.readings for each in results(file("cointracker_export", *lines)) if isinstance(each, Read)]
    assert [(len(each), each[0].kind) for each in found[-2:]] == [(1, Kind.TRADE), (1, Kind.TRADE)]


def test_lines_of_one_trade_of_many_tokens_are_one_event():
    told = {"date": "01/13/2024 10:00:00", "type": "MULTI_TOKEN_TRADE", "transaction_id": "9"}
    out = {"sent_quantity": "1", "sent_currency": "LP"}
    came = [{"received_quantity": "2", "received_currency": asset} for asset in ("A", "B")]
    found = readings(file("cointracker_export", *(line("cointracker_export", **told, **each) for each in (out, *came))))
    assert len({each.event for each in found}) == 1
    assert len({each.identity for each in found}) == 3


# --- one line, one name ----------------------------------------------------------------------------------------------


def test_the_programs_own_id_names_a_line():
    [found] = read(file("koinly_bulk_edit", bulk(to_amount="2", to_currency="DOT")))
    assert found.external_id == "A1"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("koinly_template", ",,,1,BTC,,,500,USD,,,", ",,,1,BTC,,,600,USD,airdrop,From the launch,"),
        (
            "tokentax",
            "Deposit,1,BTC,,,,,Kraken,,,02/13/2024 10:00",
            "Airdrop,1,BTC,,,,,Kraken,Mine,New,02/13/2024 10:00",
        ),
    ],
)
def test_what_its_owner_said_since_makes_no_other_line_of_it(name, before, after):
    at = "" if before.endswith("10:00") else "2024-01-01 10:00"
    names = {read(file(name, at + row), zone="UTC")[0].external_id for row in (before, after)}
    assert len(names) == 1


def test_twins_stay_two():
    row = FILES["cointracking_full"][0][1]
    assert len({each.external_id for each in read(file("cointracking_full", row, row), **UTC)}) == 2


# --- anything --------------------------------------------------------------------------------------------------------

SOMETHING = st.one_of(
    st.sampled_from(
        ["", "-", "1", "-0.5", "1e9", "1.234,5", "BTC", "BTC;3", "trade", "buy", "Deposit", "airdrop", "true"]
    ),
    st.sampled_from(["2024-01-01 10:00:00", "13.02.2024 10:00", "1659171600000", "Credit", "Network Fee", "__unknown"]),
    st.text(max_size=12),
)


@pytest.mark.parametrize("name", TRACKERS)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_no_line_makes_it_raise(name, data):
    form = formats.every()[name]
    names = columns(HEADER[name])
    cells = dict(zip(names, data.draw(st.lists(SOMETHING, min_size=len(names), max_size=len(names))), strict=True))
    options = Options(zone=data.draw(st.sampled_from(["", "UTC"])), wallet=data.draw(st.sampled_from(["", "1"])))
    found = form.read(cells, options, "x")
    assert isinstance(found, (Read, Skip, Failure))
    if isinstance(found, Failure):
        assert found.why
    if isinstance(found, Read):
        assert all(value and isinstance(value, str) for value in found.edits.values())
        assert all(leg.amount and leg.asset for reading in found.readings for leg in reading.legs)
