"""Lines are found under their headers, whatever stands around them."""

from __future__ import annotations

import pytest

from ledger.imports.sheets import opened
from ledger.imports.tables import Aside, Header, Line, folded, names_of, tables
from tests.ledger.imports.files import text

KNOWN = {("Date", "Coin", "Amount", "Fee"), ("Day", "Token", "Sum", "Tax")}


def parts(*lines, known=KNOWN):
    with opened(text(*lines)) as sheet:
        return list(tables(sheet.rows, lambda names: names in known))


def test_a_header_is_found_below_a_preamble():
    found = parts("Transactions", "User,me@example.org", "", "Date,Coin,Amount,Fee", "2021-01-02,BTC,1,0")
    assert [type(part) for part in found] == [Aside, Aside, Header, Line]
    assert (found[-1].number, found[-1].cells["Coin"], found[-1].original) == (5, "BTC", "2021-01-02,BTC,1,0")


def test_tables_follow_one_another_and_headers_repeat():
    found = parts(
        "Date,Coin,Amount,Fee",
        "2021,BTC,1,0",
        "Date,Coin,Amount,Fee",
        "2021,ETH,2,0",
        "Day,Token,Sum,Tax",
        "2021,A,3,0",
    )
    assert [type(part) for part in found] == [Header, Line] * 3
    assert found[-1].cells == {"Day": "2021", "Token": "A", "Sum": "3", "Tax": "0"}


def test_a_remark_below_is_no_line():
    found = parts("Date,Coin,Amount,Fee", "2021,BTC,1,0", "", "* all times in UTC", "Total,,,")
    assert [type(part) for part in found] == [Header, Line, Aside, Aside]


def test_the_likeliest_row_is_the_header_of_an_unknown_file():
    found = parts("Report", "made,2021-01-02", "When,What,How much", "2021-01-02,BTC,1", "2021-01-02,BTC,2")
    assert [type(part) for part in found] == [Aside, Aside, Header, Line, Line]
    assert found[2].names == ("When", "What", "How much")


def test_names_are_each_once_and_folded():
    told = ["Type", "Cur.", "Cur.", "cur.", "", "Fee\u00a0Amount", "Time\uff08UTC\uff09", "\ufeffid", "", ""]
    assert names_of(told) == (
        "Type", "Cur.", "Cur. 2", "cur. 3", "Column 5", "Fee Amount", "Time(UTC)", "id",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["Fee Amount", "Fee\u00a0 Amount\u200b", "\ufeffFee Amount "])
def test_what_nobody_sees_makes_no_other_name(name):
    assert folded(name) == "Fee Amount"


def test_a_line_longer_or_shorter_than_its_header_keeps_what_it_has():
    found = parts("Date,Coin,Amount,Fee,", "2021,BTC,1", "2021,BTC,1,0,,extra")
    assert found[1].cells == {"Date": "2021", "Coin": "BTC", "Amount": "1", "Fee": ""}
    assert found[2].cells["Column 6"] == "extra"


def test_texts_kept_from_rounding_are_unwrapped():
    [_, line] = parts("Date,Coin,Amount,Fee", '2021,"=""0012""", 1 ,0')
    assert (line.cells["Coin"], line.cells["Amount"]) == ("0012", "1")
