"""Files of every kind become the same rows of text, or are refused in words, without harm."""

from __future__ import annotations

import csv
import gc
import io
import tracemalloc
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.imports import workbook as workbooks
from ledger.imports.base import MAX_CELL, MAX_LINE, Refused
from ledger.imports.sheets import opened
from tests.ledger.imports.files import MAIN, text, workbook
from tests.strength import examples

TABLE = [("Date", "Größe"), ("2021-01-02", "1,5 €")]


def cells(source):
    with opened(source) as sheet:
        return [row.cells for row in sheet.rows]


def notes(source):
    with opened(source) as sheet:
        return [note.code for note in sheet.notes]


def refusal(source):
    with pytest.raises(Refused) as refused, opened(source) as sheet:
        for _ in sheet.rows:
            pass
    assert refused.value.words.endswith((".", "”."))
    return refused.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_alphabet_gives_the_same_rows(encoding):
    table = [("Date", "Größe"), ("2021-01-02", "15 %")]
    assert cells(text(*(";".join(row) for row in table), encoding=encoding)) == table


def test_an_old_alphabet_is_told():
    assert notes(text("Date;Größe", encoding="cp1252")) == ["old_encoding"]
    assert notes(text("Date;Größe")) == []


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_below_a_preamble_and_beside_decimal_commas(separator):
    lines = ["My transactions, 2021", "", *(separator.join((f"a{n}", '"1,5"', "x")) for n in range(9))]
    assert cells(text(*lines))[-1] == ("a8", "1,5", "x")


def test_a_declared_separator_is_obeyed_and_not_counted():
    with opened(text("sep=|", "a|b", "1,2,3|4")) as sheet:
        assert [(row.number, row.cells) for row in sheet.rows] == [(1, ("a", "b")), (2, ("1,2,3", "4"))]


def test_lines_that_a_spreadsheet_took_for_one_cell_each_are_parted_again():
    lines = ['"1,BUY,""1,500.5"",x"', '"2,SELL,7,""y"""']
    table = [("1", "BUY", "1,500.5", "x"), ("2", "SELL", "7", "y")]
    assert cells(text("id,side,amount,what", *lines)) == [("id", "side", "amount", "what"), *table]
    assert cells(text('"id,""side"",""amount"",""what"""', *lines)) == [("id", "side", "amount", "what"), *table]
    remark = '"For customers, sells, converts, and ""rewards"" are taxable"'
    assert cells(text(remark, "a,b", "1,2", "3,4"))[0] == ('For customers, sells, converts, and "rewards" are taxable',)


def test_rows_are_counted_as_a_spreadsheet_counts():
    with opened(text("a,b", '"two\nlines",2', "", '"say ""so""",3')) as sheet:
        rows = list(sheet.rows)
    assert [(row.number, row.cells[0]) for row in rows] == [(1, "a"), (2, "two\nlines"), (4, 'say "so"')]
    assert rows[1].original == '"two\nlines",2'


@pytest.mark.parametrize(
    ("beginning", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
        (b"%PDF-1.7", "pdf"),
        (b"\x89PNG\r\n", "image"),
        (b"\xef\xbb\xbf <!DOCTYPE html><html>", "html"),
        (b"<table><tr><td>", "html"),
        (b'{"rows": []}', "json"),
        (b'[{"a": 1}]', "json"),
        (b"\x1f\x8b\x08", "packed"),
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"PK\x03\x04 and no more", "broken_workbook"),
    ],
)
def test_what_is_no_table_is_refused_whatever_its_name(beginning, code):
    assert refusal(io.BytesIO(beginning)) == code


def test_packed_files_and_open_documents_are_told_apart():
    def packed(*names):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name in names:
                archive.writestr(name, "x")
        return stream

    assert refusal(packed("mimetype", "content.xml")) == "ods"
    assert refusal(packed("trades.csv")) == "archive"


def test_bytes_that_are_no_text_and_cells_without_end_are_refused():
    assert refusal(io.BytesIO(b"a,b\n1,\0\n")) == "nul"
    assert refusal(text("a,b", f"1,{'x' * (MAX_CELL + 1)}")) == "cell_too_long"
    assert refusal(text("a,b", ",".join("1" * 1_001))) == "too_many_cells"
    assert refusal(text("a,b", '"' + "x\n" * 200_000)) in {"broken_rows", "line_too_long"}


def test_rows_without_end_are_refused(monkeypatch):
    monkeypatch.setattr("ledger.imports.base.MAX_ROWS", 3)
    assert refusal(text(*["a,b"] * 4)) == "too_many_rows"


class Endless(io.RawIOBase):
    """A line of a gigabyte, without a gigabyte."""

    def __init__(self, size):
        self.size, self.place = size, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        self.place = {0: 0, 1: self.place, 2: self.size}[whence] + offset
        return self.place

    def readinto(self, buffer):
        count = min(len(buffer), self.size - self.place)
        buffer[:count] = b"x" * count
        self.place += count
        return count


def test_a_line_of_many_megabytes_is_never_held():
    tracemalloc.start()
    assert refusal(io.BufferedReader(Endless(60_000_000))) == "line_too_long"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * MAX_LINE


# --- spreadsheets -------------------------------------------------------------------------------------------------


def test_numbers_of_a_spreadsheet_stay_the_text_they_are():
    row = (
        '<row r="3"><c r="A3"><v>0.30000000000000004</v></c><c r="C3"><v>1E-8</v></c><c r="D3" t="b"><v>1</v></c></row>'
    )
    with opened(workbook(row)) as sheet:
        [found] = sheet.rows
    assert (found.number, found.cells) == (3, ("0.30000000000000004", "", "1E-8", "TRUE"))


def test_texts_are_found_wherever_a_spreadsheet_keeps_them():
    strings = ["<t>plain</t>", "<r><t>in </t></r><r><t>parts</t></r><rPh><t>how it sounds</t></rPh>"]
    row = (
        '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="inlineStr"><is><t>here</t></is></c>'
        '<c t="str"><f>A1</f><v>made</v></c><c t="s"><v>99</v></c></row>'
    )
    assert cells(workbook(row, strings=strings)) == [("plain", "in parts", "here", "made")]


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        ("yyyy-mm-dd hh:mm:ss", "44198.5", "2021-01-02 12:00:00"),
        ("dd/mm/yyyy", "44198", "2021-01-02"),
        ('[$-409]d" of "mmmm yyyy', "44198", "2021-01-02"),
        ("m/d/yy h:mm", "44198.123456", "2021-01-02 02:57:46.598"),
        ("[h]:mm:ss", "0.25", "06:00:00"),
        ("0.00", "44198.50", "44198.50"),
        ('#,##0.00 "dollars"', "5", "5"),
        ("[Red]0.0;[Blue]0.0", "5", "5"),
        ("yyyy-mm-dd", "-3", "-3"),
        ("yyyy-mm-dd", "n/a", "n/a"),
    ],
)
def test_a_date_is_known_by_its_style(code, number, shown):
    [(cell,)] = cells(workbook(f'<row><c s="1"><v>{number}</v></c></row>', formats=[code]))
    assert cell == shown


def test_spreadsheets_that_count_from_1904():
    row = '<row><c s="1"><v>42736</v></c></row>'
    assert cells(workbook(row, formats=["yyyy-mm-dd"], date1904=True)) == [("2021-01-02",)]


def test_the_first_sheet_that_is_not_empty_is_read_and_said():
    book = workbook("", '<row><c t="inlineStr"><is><t>second</t></is></c></row>', "<row><c><v>3</v></c></row>")
    assert cells(book) == [("second",)]
    assert notes(book) == ["several_sheets"]
    assert refusal(workbook("", "")) == "empty"


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/worksheets/s1.xml"])
def test_declarations_are_refused_in_every_part(part):
    assert refusal(workbook("<row/>", extra={part: f"{LAUGHS}<x>&b;</x>"})) == "xml_declares"


def test_what_bursts_is_refused_while_it_is_read():
    bomb = f"<worksheet {MAIN}><sheetData>" + " " * 40_000_000
    assert refusal(workbook("", extra={"xl/worksheets/s1.xml": bomb})) == "zip_bomb"


def test_a_tag_without_end_is_not_held():
    tag = f'<worksheet {MAIN}><sheetData><row r="' + "1" * 5_000_000
    assert refusal(workbook("", extra={"xl/worksheets/s1.xml": tag})) == "broken_workbook"


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/worksheets/s1.xml"])
def test_tags_within_tags_without_end_are_not_held(part):
    """Twenty kilobytes of them would fill a gigabyte: the parser keeps each until it ends."""
    nested = f"<worksheet {MAIN}>{'<a>' * 200}{'</a>' * 200}</worksheet>"
    assert refusal(workbook("<row/>", extra={part: nested})) == "broken_workbook"


LISTS = {
    "xl/workbook.xml": '<sheet name="{}"/>',
    "xl/_rels/workbook.xml.rels": '<Relationship Id="{}"/>',
    "xl/styles.xml": '<numFmt numFmtId="{}" formatCode="0"/>',
    "xl/sharedStrings.xml": "<si><!--{}--></si>",
}


@pytest.mark.parametrize("part", LISTS)
def test_lists_without_end_are_not_held(part, monkeypatch):
    """A few megabytes of entries that no cell names came to some hundred megabytes of memory."""
    monkeypatch.setattr(workbooks, "MAX_LISTED", 1_000)
    monkeypatch.setattr(workbooks, "MAX_TEXTS", 1_000)
    listed = "".join(LISTS[part].format(number) for number in range(1_001))
    cell = '<row><c t="inlineStr"><is><t>1</t></is></c></row>'
    assert refusal(workbook(cell, extra={part: f"<list {MAIN}>{listed}</list>"})) == "broken_workbook"


def test_a_list_of_contents_without_end_is_not_read():
    book = bytearray(workbook("<row/>").getvalue())
    place = book.rfind(b"PK\x05\x06")
    book[place + 12 : place + 16] = (2_000_000).to_bytes(4, "little")
    assert refusal(io.BytesIO(bytes(book))) == "zip_bomb"


@pytest.mark.parametrize("reference", ["ZZZZ9", "XFD1", "a1", "!"])
def test_places_that_do_not_exist_do_no_harm(reference):
    book = workbook(f'<row r="1"><c r="{reference}"><v>1</v></c></row>')
    if reference == "XFD1":
        assert refusal(book) == "too_many_cells"
    else:
        assert cells(book) == [("1",)]


# --- whatever comes -----------------------------------------------------------------------------------------------

ROWS = st.lists(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff")), min_size=2, max_size=4), min_size=1
)


@settings(max_examples=examples(60))
@given(ROWS)
def test_what_was_written_is_read(rows):
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([["kind", "of", "file"]] * 60 + rows)
    found = cells(io.BytesIO(stream.getvalue().encode()))
    assert found[60:] == [tuple(row) for row in rows if any(row)]


@settings(max_examples=examples(80))
@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"a,b\n", b"\xff\xfe", b"\xef\xbb\xbf"]))
def test_any_bytes_are_rows_or_a_refusal(data, beginning):
    try:
        found = cells(io.BytesIO(beginning + data))
    except Refused as refused:
        assert refused.words  # noqa: PT017 - either end is right
    else:
        assert all(isinstance(cell, str) for row in found for cell in row)


@settings(max_examples=examples(80))
@given(st.integers(0, 2_000), st.binary(min_size=1, max_size=4))
@example(1220, b"q")  # a part that begins before the file does
def test_a_damaged_spreadsheet_is_rows_or_a_refusal(place, damage):
    book = bytearray(
        workbook('<row><c t="s"><v>0</v></c><c s="1"><v>44198</v></c></row>', strings=["<t>x</t>"]).getvalue()
    )
    book[place % len(book) : place % len(book) + len(damage)] = damage
    try:
        cells(io.BytesIO(bytes(book)))
    except Refused as refused:
        assert refused.words  # noqa: PT017 - either end is right


def test_whoever_leaves_early_leaves_nothing_open(monkeypatch):
    """What is closed by chance only, when the process ends, is an error that nobody can answer."""
    source = workbook("".join(f"<row><c><v>{number * 7919 % 99991}</v></c></row>" for number in range(60_000)))
    parts, opens = [], zipfile.ZipFile.open
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *given: parts.append(opens(*given)) or parts[-1])
    gc.disable()
    try:
        with opened(source) as sheet:
            next(sheet.rows)
            assert not all(part.closed for part in parts)
        assert all(part.closed for part in parts)
    finally:
        gc.enable()
