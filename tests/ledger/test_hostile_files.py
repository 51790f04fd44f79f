"""Files that mean harm, and those that chance makes: words, never half an import, and little memory.

What takes long is asked for by HOLDFAST_COMPLETE_ROWS, as elsewhere.
"""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.audit import Actor, ActorKind
from ledger import importing
from ledger.imports.base import MAX_ROWS, Refused, Row, checked
from ledger.models import ImportChunk, ImportFile, ImportRow, SourceRow, Transaction
from tests.ledger.bringing import BOUGHT, HEADER, kraken_file, work
from tests.ledger.conftest import NOW
from tests.ledger.test_views_imports import at, bring, press, text
from wallets.models import Wallet

ROOT = Path(__file__).resolve().parents[2]
COMPLETE = int(os.environ.get("HOLDFAST_COMPLETE_ROWS", "0"))
MOST_MEGABYTES = 300


def zipped(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "/"), body)
    return held.getvalue()


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">
<c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"""
WORKBOOK = b"""<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>
<sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>"""
RELATIONS = b"""<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="worksheets/sheet1.xml"
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>"""


def xlsx(sheet: bytes) -> bytes:
    return zipped(
        **{
            "[Content_Types].xml": b"<Types/>",
            "xl__workbook.xml": WORKBOOK,
            "xl___rels__workbook.xml.rels": RELATIONS,
            "xl__worksheets__sheet1.xml": sheet,
        }
    )


CORPUS = {
    "zip bomb": zipped(**{"a.csv": b"0" * 60_000_000}),
    "zip in zip": zipped(**{"a.zip": zipped(**{"b.csv": kraken_file(*BOUGHT)})}),
    "zip that climbs": zipped(**{"..__..__etc__passwd.csv": b"root:x:0"}),
    "broken zip": zipped(**{"a.csv": kraken_file(*BOUGHT)})[:60],
    "external entities": xlsx(ENTITIES),
    "workbook of nothing": xlsx(b"<worksheet/>"),
    "workbook of noise": xlsx(b"\x00\xff<<<"),
    "nul bytes": kraken_file("L1\0A,T1\0,2026-11-20 12:00:00,trade,,currency,ZE\0UR,-1\x000,0,0"),
    "half characters": HEADER.encode() + b"\nL\xed\xa0\x80,T1,2026-11-20 12:00:00,trade,,currency,ZEUR,-1,0,0",
    "wrong types": kraken_file(
        "1,2,3,4,5,6,7,8,9,10", ",,,,,,,,,", "L,T,2026-99-99,trade,,currency,ZEUR,1e999999999,NaN,0"
    ),
    "right to left": kraken_file("\u202eL1A,T1,2026-11-20 12:00:00,trade,,currency,\u202eRUEZ,-100,0,0"),
    "formulas": kraken_file("\"=cmd|' /C calc'!A0\",@SUM(A1),2026-11-20 12:00:00,trade,,currency,+X,-100,0,0"),
    "markup": kraken_file("<script>alert(1)</script>,T,2026-11-20 12:00:00,trade,,currency,ZEUR,-1,0,0"),
    "open quote": HEADER.encode() + b'\n"L1A,T1' + b"\nx" * 1000,
    "long digits": kraken_file(f"L1A,T1,2026-11-20 12:00:00,trade,,currency,ZEUR,-{'9' * 5000},0,0"),
    "many columns": ",".join(f"c{n}" for n in range(5000)).encode() + b"\n1,2",
    "same column twice": b"date,date,amount,amount\n2026-01-01,2026-01-02,1,2",
    "only separators": b";;;;;;\n,,,,\n\t\t\t",
    "page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "picture": b"\x89PNG\r\n\x1a\n" + bytes(1000),
    "nothing": b"",
    "one byte": b"\xff",
    "utf-16 of half": "txid,refid".encode("utf-16")[:-1],
}
RESTING = {"questions", "preview", "refused"}


def assert_calm(browser, file, *, rows=0):
    """At rest, with words where it was refused, and nothing of it counts."""
    assert file.state in RESTING, (file.state, file.words)
    assert file.state != "refused" or file.words.strip()
    page = text(browser.get(at(file)))
    assert "<script>alert" not in page
    for state in ("failed", "skipped"):
        text(browser.get(at(file), {"lines": state}))
    if file.columns:
        assert browser.get(at(file, "columns/")).status_code in {200, 302}
        text(browser.get(at(file, "to-mend.csv")))
    assert SourceRow.objects.count() == rows
    assert not Transaction.objects.exists()
    if file.state == "preview":
        assert_comes_and_goes(browser, file)


def assert_comes_and_goes(browser, file):
    """What of it can be taken in is shown and exported as what it is, and taken back whole."""
    press(browser, file, "commit/")
    assert file.state == "committed", file.words
    for address in ("/transactions/", "/portfolio/", *map("/transactions/{}/".format, some_transactions())):
        assert "<script>alert" not in text(browser.get(address)), address
    export = csv.reader(io.StringIO(text(browser.get("/transactions/export.csv"))))
    assert not [cell for line in export for cell in line if cell.startswith(("=", "@", "+X"))]
    press(browser, file, "undo/")
    assert (file.state, Transaction.objects.count()) == ("undone", 0), file.words


def some_transactions():
    return Transaction.objects.order_by("pk").values_list("pk", flat=True)[:3]


@pytest.mark.django_db
@pytest.mark.parametrize("name", CORPUS)
def test_what_means_harm_gets_a_calm_answer(name, alices_browser, wallet):
    assert_calm(alices_browser, bring(alices_browser, CORPUS[name], f"{name}.csv", wallet))


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["formulas", "markup", "right to left"])
def test_of_what_means_harm_this_is_taken_in(name, alices_browser, wallet):
    """Else the above would try nothing of what comes after the preview."""
    assert bring(alices_browser, CORPUS[name], f"{name}.csv", wallet).state == "preview"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\Users\\me\\ledgers.csv", "a\u202evsc.exe", "x" * 300 + ".csv", "\0.csv"]
)
def test_the_name_of_a_file_is_no_place_and_no_trick(name, alice):
    file = importing.receive(
        by=Actor(ActorKind.OWNER, alice), owner=alice, stream=io.BytesIO(b"a,b"), name=name, now=NOW
    )
    assert not set("/\\\0\u202e") & set(file.name)
    assert 0 < len(file.name) <= 200


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["2026-11-20 12:00:00", "-1.5", "ZEUR", "=1", "", "\0", '"', "1e400", "trade", "03/04/2026", "NaN"]
    ),
)
LINES = st.lists(st.lists(CELLS, max_size=11).map(",".join), max_size=8)
BODIES = st.one_of(
    st.binary(max_size=300),
    LINES.map(lambda lines: "\n".join([HEADER, *lines]).encode("utf-8", "surrogatepass")),
    LINES.map(lambda lines: "\n".join(["Date,Amount,Currency", *lines]).encode("utf-8", "surrogatepass")),
    st.binary(max_size=60).map(lambda noise: zipped(**{"a.csv": kraken_file(*BOUGHT)})[:-40] + noise),
)


@pytest.mark.django_db
@settings(max_examples=max(15, COMPLETE // 100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES)
def test_what_chance_makes_gets_a_calm_answer_too(body, alice, alices_browser):
    wallet, _ = Wallet.objects.get_or_create(
        owner=alice, exchange="kraken", label="Chance", defaults={"way": "csv", "created_at": NOW}
    )
    by, rows = Actor(ActorKind.OWNER, alice), SourceRow.objects.count()
    file = importing.receive(by=by, owner=alice, stream=io.BytesIO(body), name="x.csv", wallet=wallet, now=NOW)
    work()
    file.refresh_from_db()
    assert_calm(alices_browser, file, rows=rows)
    if file.state in RESTING:
        for model in (ImportRow, ImportChunk):
            model.objects.filter(file=file).delete()
        ImportFile.objects.filter(pk=file.pk).delete()


# --- how much memory it takes -----------------------------------------------------------------------------------------

READING = """
    import io
    from ledger.imports import look
    from ledger.imports.base import Refused
    from ledger.imports.formats.base import Options

    class Endless(io.RawIOBase):
        '''So many bytes, of which none is anywhere before it is read.'''
        def __init__(self, head, line, size):
            self.head, self.line, self.size, self.at = head, line, size, 0
        def readable(self): return True
        def seekable(self): return True
        def tell(self): return self.at
        def seek(self, offset, whence=0):
            self.at = offset + (0 if whence == 0 else self.at if whence == 1 else self.size)
            return self.at
        def readinto(self, into):
            count = max(0, min(len(into), self.size - self.at))
            for place in range(0, count, 1 << 20):
                piece = min(1 << 20, count - place)
                into[place:place + piece] = self.piece(self.at + place, piece)
            self.at += count
            return count
        def piece(self, start, count):
            if start < len(self.head):
                return (self.head[start:] + self.line * (count // len(self.line) + 1))[:count]
            turn = (start - len(self.head)) % len(self.line)
            return (self.line * (count // len(self.line) + 2))[turn:turn + count]

    head, line, size = {head!r}, {line!r}, {size}
    stream = io.BufferedReader(Endless(head, line, size), 1 << 16)
    try:
        found = look.survey(stream, file_name="x.csv")
        said = f"read {{found.lines}}"
    except Refused as refused:
        said = refused.code
    # Of this program alone: what the system counts as used at most begins with what the caller held.
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(said, int(peak.split()[1]) // 1024)
"""
HEAD = f"{HEADER}\n".encode()
ROW = b"L1A,T1,2026-11-20 12:00:00,trade,,currency,ZEUR,-100,0.26,0\n"


def read_apart(line: bytes, size: int) -> tuple[str, int]:
    """In a process of its own: what it said, and the most megabytes it held."""
    program = textwrap.dedent(READING).format(head=HEAD, line=line, size=size)
    environment = {**os.environ, "SECRET_KEY": "x", "PYTHONPATH": str(ROOT)}
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    said, _, megabytes = told.stdout.strip().rpartition(" ")
    return said, int(megabytes)


def test_a_line_of_a_gigabyte_is_refused_before_it_is_held():
    said, megabytes = read_apart(b"x", 1 << 30)
    assert said in {"line_too_long", "cell_too_long"}
    assert megabytes <= MOST_MEGABYTES


def test_two_million_lines_and_one_are_refused_in_words_and_hold_little():
    """All of them only where HOLDFAST_COMPLETE_ROWS asks for what takes minutes; else the one that is too much."""
    if not COMPLETE:
        with pytest.raises(Refused, match="2,000,000 rows") as refused:
            checked(Row(MAX_ROWS + 1, ("L1A",), "L1A"))
        assert refused.value.code == "too_many_rows"
        return
    said, megabytes = read_apart(ROW, len(HEAD) + 2_000_001 * len(ROW))
    assert said == "too_many_rows"
    assert megabytes <= MOST_MEGABYTES
