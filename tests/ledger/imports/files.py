"""Files made for tests: texts, and spreadsheets built part by part."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import quoteattr

from ledger.imports import look
from ledger.imports.formats.base import Options, Read
from ledger.readings.events import Told, drafts

SAMPLES = Path(__file__).parent / "samples"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def text(*lines, encoding="utf-8"):
    return io.BytesIO("\n".join(lines).encode(encoding))


def workbook(*sheets, strings=(), formats=(), date1904=False, extra=(), compression=zipfile.ZIP_DEFLATED):
    """`sheets`: rows of cells as XML inside `<sheetData>`; `formats`: number formats, used as style 1, 2, ..."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, part in {**parts(sheets, strings, formats, date1904), **dict(extra)}.items():
            archive.writestr(name, part)
    stream.seek(0)
    return stream


def parts(sheets, strings, formats, date1904):
    names = range(1, len(sheets) + 1)
    listed = "".join(f'<sheet name="Sheet {n}" sheetId="{n}" r:id="rId{n}"/>' for n in names)
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATION}/worksheet" Target="worksheets/s{n}.xml"/>' for n in names
    )
    related += f'<Relationship Id="a" Type="{RELATION}/sharedStrings" Target="sharedStrings.xml"/>'
    related += f'<Relationship Id="b" Type="{RELATION}/styles" Target="styles.xml"/>'
    codes = "".join(f'<numFmt numFmtId="{164 + n}" formatCode={quoteattr(code)}/>' for n, code in enumerate(formats))
    styled = "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(formats)))
    return {
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATION}"><workbookPr date1904="{int(date1904)}"/>'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships>{related}</Relationships>",
        "xl/sharedStrings.xml": f"<sst {MAIN}>{''.join(f'<si>{each}</si>' for each in strings)}</sst>",
        "xl/styles.xml": f"<styleSheet {MAIN}><numFmts>{codes}</numFmts>"
        f'<cellXfs><xf numFmtId="0"/>{styled}</cellXfs></styleSheet>',
        **{
            f"xl/worksheets/s{n}.xml": f"<worksheet {MAIN}><sheetData>{sheets[n - 1]}</sheetData></worksheet>"
            for n in names
        },
    }


def read(source, *, file_name="", **options):
    """All outcomes of a file that asks nothing more."""
    found = look.survey(source, file_name=file_name, given=Options(**options))
    assert found.ready, (found.questions, found.needs_mapping)
    return list(look.outcomes(source, found.options, file_name=file_name))


def results(source, **how):
    return [outcome.result for outcome in read(source, **how)]


def readings(source, **how):
    """Of a file whose every line is read."""
    found = read(source, **how)
    assert not [(each.number, each.result) for each in found if each.state == "failed"]
    return [reading for each in found if isinstance(each.result, Read) for reading in each.result.readings]


def net(found):
    """What all readings moved together, as the journal would book it: event by event, believed once."""
    events = {}
    for place, reading in enumerate(found):
        events.setdefault(reading.event, []).append(Told(reading, place))
    sums = Counter()
    for told in events.values():
        for draft in drafts(told):
            for amount, sign in ((draft.sent, -1), (draft.received, 1), (draft.fee, -1)):
                if amount:
                    sums[amount.asset] += sign * amount.amount
    return {asset: amount for asset, amount in sums.items() if amount}


def amounts(**said):
    return {asset: Decimal(amount) for asset, amount in said.items()}
