"""Every line has a name of its own: by the exchange's id, else by what it says and how often that came."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ledger.imports.formats.base import Format
from ledger.imports.identity import Names, Table

COLUMNS = {"time": "time", "what": "what"}
PLAIN = Format("plain", "", "", columns=COLUMNS, optional={"sum": "sum"}, read_cells=lambda _: [], changing=("sum",))
NUMBERED = Format("numbered", "", "", columns={**COLUMNS, "id": "id"}, read_cells=lambda _: [], key=("id",))


def line(what, **more):
    return {"time": "1", "what": what, **more}


def external_ids(form, lines):
    names = Names()
    return [names.name(form, cells).external_id for cells in lines]


def test_twins_within_a_file_stay_twins():
    ids = external_ids(PLAIN, [line("a"), line("b"), line("a"), line("a")])
    assert len(set(ids)) == 4
    assert ids[2:] == [f"{ids[0]}-2", f"{ids[0]}-3"]


@given(st.lists(st.sampled_from("abc"), max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_files_that_overlap_are_the_same_rows(whats, begin, length):
    whole = Counter(external_ids(PLAIN, map(line, whats)))
    part = Counter(external_ids(PLAIN, map(line, whats[begin : begin + length])))
    assert part <= whole
    assert set(whole.values()) <= {1}


def test_order_of_columns_and_what_changes_between_exports_make_no_other_line():
    first, again = (
        external_ids(PLAIN, [{"time": "1", "what": "a", "sum": "5"}]),
        external_ids(PLAIN, [{"sum": "7", "what": "a", "more": "", "time": "1"}]),
    )
    assert first == again


def test_the_exchanges_own_id_is_used_where_it_is_whole():
    assert external_ids(NUMBERED, [line("a", id="T1")]) == ["T1"]
    assert external_ids(NUMBERED, [line("a", id="")]) != [""]
    assert external_ids(NUMBERED, [line("a", id="6.12E+23")]) != ["6.12E+23"]


def test_one_id_for_the_same_line_is_once_and_for_another_line_is_told_apart():
    names = Names()
    first, repeat, other, again = (names.name(NUMBERED, line(what, id="T1")) for what in ("a", "a", "b", "b"))
    assert (first.external_id, first.repeated, repeat.external_id, repeat.repeated) == ("T1", False, "T1", True)
    assert other.external_id.startswith("T1#")
    assert not other.repeated
    assert again.external_id == other.external_id
    assert again.repeated


@given(st.dictionaries(st.integers(1, 2**64 - 1), st.integers(1, 2**64 - 1), max_size=50))
def test_the_table_keeps_what_it_is_given(numbers):
    table = Table()
    for key, value in numbers.items():
        table.put(key, value)
    assert {key: table.get(key) for key in numbers} == numbers


def test_the_table_grows():
    table = Table()
    for key in range(1, 20_000):
        table.put(key * 7919, key)
    assert all(table.get(key * 7919) == key for key in range(1, 20_000))
    assert table.get(5) == 0
