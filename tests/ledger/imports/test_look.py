"""A file is looked at before anything is kept: what must be asked is asked, and each line says what it would become."""

from __future__ import annotations

import io
import re
import tracemalloc
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.imports import formats, look
from ledger.imports.base import Refused
from ledger.imports.formats.base import Failure, Options, Read, Skip
from ledger.imports.mapping import Mapping
from ledger.readings.base import Reading
from tests.ledger.imports.files import amounts, net, read, readings, text, workbook
from tests.strength import examples

TRADES = "#,PAIR,AMOUNT,PRICE,FEE,FEE PERC,FEE CURRENCY,DATE,ORDER ID"
DISTRIBUTIONS = "Date(UTC),type,Amount,Asset,Symbol,Transaction ID"


def asked(source, **how):
    return {question.name: question for question in look.survey(source, **how).questions}


def notes(source):
    return {note.code for note in look.survey(source).notes}


def test_dates_that_may_be_two_are_asked_with_the_choices_and_the_lines():
    lines = [f"{n},BTC/USD,1,2,0,0,USD,03-04-21 10:00:00,7" for n in range(5)]
    question = asked(text(TRADES, *lines))["order"]
    assert [choice.value for choice in question.choices] == ["dmy", "mdy"]  # in 2003 there was no coin
    assert question.choices[0].words == "The day comes first: 03-04-21 10:00:00 is 3 April 2021"
    assert next((sample.number, sample.text) for sample in question.samples) == (2, "03-04-21 10:00:00")


def test_one_date_that_can_only_be_read_one_way_answers_for_all():
    source = text(TRADES, "1,BTC/USD,1,2,0,0,USD,13-04-21 10:00:00,7", "2,BTC/USD,1,2,0,0,USD,31-03-21 10:00:00,7")
    assert "order" in asked(source)  # the 31st of a month, or the year 2031
    source = text(TRADES, "1,BTC/USD,1,2,0,0,USD,03/04/2021 10:00,7", "2,BTC/USD,1,2,0,0,USD,31/03/2021 10:00,7")
    found = look.survey(source, given=Options(zone="UTC"))
    assert (found.ready, found.options.order) == (True, "dmy")


def test_dates_that_contradict_each_other_are_asked_too():
    source = text(TRADES, "1,BTC/USD,1,2,0,0,USD,13/04/2021 10:00,7", "2,BTC/USD,1,2,0,0,USD,04/13/2021 10:00,7")
    assert "contradict" in asked(source)["order"].why


def test_a_zone_is_asked_only_where_nothing_says_it():
    line = "1,BTC/USD,1,2,0,0,USD,2021-04-03 10:00:00{},7"
    assert "zone" in asked(text(TRADES, line.format("")))
    assert "zone" not in asked(text(TRADES, line.format(" UTC")))
    assert "zone" not in asked(text(TRADES, line.format("")), given=Options(zone="Europe/Vienna"))
    [trade] = readings(text(TRADES, line.format("")), zone="Europe/Vienna")
    assert trade.at.isoformat() == "2021-04-03T08:00:00+00:00"


def test_binances_statement_says_its_zone_or_is_asked():
    line = "1,2024-01-01 00:00:00,Spot,Deposit,USDT,100,"
    assert not asked(text("User_ID,UTC_Time,Account,Operation,Coin,Change,Remark", line))
    assert "zone" in asked(text("User ID,Time,Account,Operation,Coin,Change,Remark", line))


def test_binances_two_digit_years_are_asked_only_where_no_line_proves_them():
    header, line = "User ID,Time,Account,Operation,Coin,Change,Remark", "1,{} 10:30:00,Spot,Deposit,USDT,100,"
    assert "order" in asked(text(header, line.format("24-01-15")), given=Options(zone="UTC"))
    found = readings(text(header, line.format("24-01-15"), line.format("24-03-05")), zone="UTC")
    assert [f"{each.at:%Y-%m-%d}" for each in found] == ["2024-01-15", "2024-03-05"]


def test_the_name_of_binances_file_says_the_zone_unless_its_owner_does():
    lines = "Time,Pair,Side,Price,Executed,Amount,Fee", "25-10-08 01:01:13,BTCUSDT,BUY,60000,0.01BTC,600USDT,0.6USDT"
    name = "Binance-Spot-Trade-History-202604201027(UTC+7).csv"
    [trade] = readings(text(*lines), file_name=name)
    assert trade.at.isoformat() == "2025-10-07T18:01:13+00:00"
    [said] = readings(text(*lines), file_name=name, zone="UTC")
    assert said.at.isoformat() == "2025-10-08T01:01:13+00:00"
    assert asked(text(*lines), file_name="history.csv").keys() == {"zone"}


def test_other_files_have_their_zone_from_where_they_always_had_it():
    line = "1,BTC/USD,1,2,0,0,USD,2021-04-03 10:00:00,7"
    assert "zone" in asked(text(TRADES, line), file_name="trades(UTC+7).csv")


def test_the_column_may_say_the_zone():
    header = "UID,Account Type,Currency,Side,Amount,Fee,Time(UTC-03:30),Remark,Type"
    [bonus] = readings(text(header, "1,main,KCS,Deposit,1,0,2023-01-03 02:00:00,KuCoin Bonus,"))
    assert bonus.at.isoformat() == "2023-01-03T05:30:00+00:00"


def test_decimal_commas_are_found_out_told_and_kept_with_each_row():
    source = text(DISTRIBUTIONS.replace(",", ";"), "2024-01-01 00:00:00;BNB Vault;1.234,5;BNB;BNB;77")
    [outcome] = read(source)
    assert net(outcome.result.readings) == amounts(BNB="1234.5")
    assert outcome.raw["read_as"] == {"decimal": ","}
    assert "decimal_comma" in notes(source)


def test_amounts_of_both_kinds_are_asked():
    source = text(DISTRIBUTIONS, '2024-01-01 00:00:00,x,"1,5",BNB,BNB,7', "2024-01-01 00:00:00,x,1.5,BNB,BNB,8")
    assert "decimal" in asked(source)


def test_which_way_is_asked_unless_the_files_name_says_it():
    header = "Date(UTC),Coin,Network,Amount,TransactionFee,Address,TXID,SourceAddress,PaymentID,Status"
    source = text(header, "2019-01-01 00:00:00,BTC,BTC,1,0.1,a,b,,,Completed")
    assert [choice.value for choice in asked(source)["direction"].choices] == ["deposit", "withdrawal"]
    [came] = readings(source, file_name="DepositHistory.csv")
    [went] = readings(source, direction="withdrawal")
    assert (came.legs[0].amount, went.legs[0].amount) == (1, -1)


def test_what_a_spreadsheet_took_is_missed_and_told():
    lines = ["2024-01-01 00:00,BNB Vault,0.1,BNB,BNB,6.12E+23"]
    assert notes(text(DISTRIBUTIONS, *lines)) == {"lost_seconds", "rounded_ids"}


def test_an_unknown_file_needs_a_mapping_and_gets_a_guess():
    found = look.survey(
        text("When;What;How much;Coin;Ref", "2021-01-25 10:00;deposit;1,5;BTC;a", "25.01.2021;fee;2;BTC;b")
    )
    assert (found.needs_mapping, found.ready, found.columns[0]) == (True, False, "When")
    assert found.guess
    assert found.samples[0].cells["Coin"] == "BTC"


def test_a_spreadsheet_reads_as_the_file_it_was():
    cells = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in DISTRIBUTIONS.split(","))
    row = (
        '<c s="1"><v>45292.5</v></c><c t="inlineStr"><is><t>BNB Vault</t></is></c><c><v>0.1</v></c>'
        '<c t="inlineStr"><is><t>BNB</t></is></c><c t="inlineStr"><is><t>BNB</t></is></c><c><v>77</v></c>'
    )
    book = workbook(f"<row>{cells}</row><row>{row}</row>", formats=["yyyy-mm-dd hh:mm:ss"])
    [sheet], [plain] = (
        read(source) for source in (book, text(DISTRIBUTIONS, "2024-01-01 12:00:00,BNB Vault,0.1,BNB,BNB,77"))
    )
    assert (sheet.external_id, sheet.result) == (plain.external_id, plain.result)


def test_one_line_twice_with_one_id_counts_once_and_says_so():
    line = "2024-01-01 00:00:00,BNB Vault,0.1,BNB,BNB,77"
    counts = look.Counts()
    source = text(DISTRIBUTIONS, line, line, line.replace("0.1", "0.2"))
    states = [each.state for each in look.outcomes(source, look.survey(source).options, counts=counts)]
    assert states == ["read", "skipped", "read"]
    assert counts.states == Counter(read=2, skipped=1)
    assert [note.code for note in counts.notes] == ["shared_ids"]


def test_a_quote_that_never_ends_is_said_and_not_read_as_one_line():
    line = "2024-01-01 00:00:00,BNB Vault,0.1,BNB,BNB,{}"
    lines = [line.format(number) for number in range(30)]
    found = read(text(DISTRIBUTIONS, line.format("a"), line.format('"b'), *lines))
    assert [each.state for each in found] == ["read", "failed"]
    assert "never ends" in found[1].result.why


def test_rows_stand_at_their_own_time_also_when_nothing_else_of_them_can_be_read():
    [outcome] = read(text(DISTRIBUTIONS, "2024-01-01 00:00:00,BNB Vault,soon,BNB,BNB,77"))
    assert (outcome.state, outcome.at.isoformat()) == ("failed", "2024-01-01T00:00:00+00:00")
    assert look.row_of(outcome).at == outcome.at


# --- as large as it comes -------------------------------------------------------------------------------------------


class Lines(io.RawIOBase):
    """A file of any length that is made while it is read."""

    def __init__(self, header, line, count):
        self.header, self.line, self.count = header.encode() + b"\n", line, count
        self.seek(0)

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        assert (offset, whence) == (0, 0)
        self.place, self.rest = 0, self.header
        return 0

    def readinto(self, buffer):
        while len(self.rest) < len(buffer) and self.place < self.count:
            self.rest += (self.line % self.place).encode() + b"\n"
            self.place += 1
        size = min(len(buffer), len(self.rest))
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]
        return size


def peak_of(count):
    source = io.BufferedReader(Lines(DISTRIBUTIONS, "2024-01-01 00:00:00,BNB Vault,0.1,BNB,BNB,%d", count))
    tracemalloc.start()
    options = look.survey(source).options
    read_lines = sum(outcome.state == "read" for outcome in look.outcomes(source, options))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read_lines == count
    return peak


def test_no_line_is_held():
    """The table of their names doubles after 2,730 lines: up to there, nothing grows."""
    peak_of(10)
    few, many = peak_of(600), peak_of(2_600)
    assert many - few < 2_000 * 150  # a line that is held takes ten times as much


# --- whatever comes -------------------------------------------------------------------------------------------------

NAMES = sorted(formats.every())
AMOUNTS = ["", "-", "0", "1.5", "(2)", "1e-9", "9" * 60, "5.28ZEN", "nan", "Infinity", "-0", "-1"]
WORDS = ["BTC", "buy", "Sell", "deposit", "Convert", "2024-01-01 00:00:00", "03/04/21", "uphold", "BTC/USD", "done"]
CELLS = st.sampled_from([*AMOUNTS, *WORDS, "=cmd", "\u202e"]) | st.text(max_size=12)


def names_for(form):
    """The file's own names, as plain as their patterns are."""

    def plain(pattern):
        for _ in range(6):
            pattern = re.sub(r"\([^()]*\)[?*]", "", pattern)
        return re.sub(r"\\(.)", r"\1", re.sub(r".\?|\.\*|\|.*", "", pattern)) or pattern

    return {key: plain(pattern) for key, pattern in {**form.columns, **form.optional}.items()}


@settings(max_examples=12)
@pytest.mark.parametrize("name", NAMES)
@given(st.data())
def test_no_line_makes_a_format_raise(name, data):
    form = formats.every()[name]
    cells = {column: data.draw(CELLS) for column in names_for(form).values()}
    said = {"zone": "UTC", "order": "dmy", "direction": "deposit", "decimal": ","}
    options = Options(**{name: data.draw(st.sampled_from(["", value])) for name, value in said.items()})
    result = form.read(cells, options, "x")
    assert isinstance(result, (Read, Skip, Failure))
    if isinstance(result, Read):
        assert all(isinstance(each, Reading) and each.identity and each.event for each in result.readings)
        assert all(leg.amount.is_finite() and leg.asset for each in result.readings for leg in each.legs)
    raw = {"cells": cells, "read_as": options.told()}
    again = list(formats.reader(name).read(look.Row(name, "x", look.BEGINNING, raw)))
    assert not isinstance(result, Read) or tuple(again) == result.readings


@pytest.mark.parametrize(
    "raw", [{}, {"cells": None}, {"cells": {"a": 1}, "read_as": 5}, {"cells": [], "read_as": {"zone": {}}}]
)
def test_rows_that_hold_something_else_say_so(raw):
    for name in NAMES:
        for found in formats.reader(name).read(look.Row(name, "x", look.BEGINNING, raw)):
            assert found.skip


@settings(max_examples=examples(60))
@given(
    st.binary(max_size=300), st.sampled_from([b"", DISTRIBUTIONS.encode() + b"\n", TRADES.encode() + b"\n", b"a;b\n"])
)
def test_any_file_is_surveyed_or_refused(data, beginning):
    source = io.BytesIO(beginning + data)
    try:
        found = look.survey(source)
        list(look.outcomes(source, found.options))
        if found.needs_mapping:
            mapped = found.guess or Mapping()
            list(look.outcomes(source, look.survey(source, mapped=mapped).options))
    except Refused as refused:
        assert refused.words  # noqa: PT017 - either end is right
