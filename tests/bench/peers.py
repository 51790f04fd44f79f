"""How fast gains are reckoned beside rp2, a program of the same kind: the same trades, the same gains, in the same run.

rp2 is installed for the occasion, by hash, into a folder that is thrown away. It is given a sheet and asked to read it
and to compute, without its reports. Ours reads the same trades as text, makes movements of them and books every match.
Seconds by the clock, each once for rp2 and the best of three for ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from ledger.engine import sums
from ledger.engine.reckoning import reckon
from ledger.engine.types import Amount, Country, Event, Kind, Method, Regime, Scope, Settings
from ledger.engine.units import money
from tests.bench import basis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Report = Callable[[str], object]

LOCK = Path(settings.BASE_DIR) / "requirements" / "peers.txt"
HEADS = {
    "in_header": "timestamp asset exchange holder transaction_type spot_price crypto_in fiat_in_no_fee "
    "fiat_in_with_fee fiat_fee unique_id notes",
    "out_header": "timestamp asset exchange holder transaction_type spot_price crypto_out_no_fee crypto_fee "
    "fiat_out_no_fee fiat_fee unique_id notes",
    "intra_header": "timestamp asset from_exchange from_holder to_exchange to_holder spot_price crypto_sent "
    "crypto_received - unique_id notes",
}
# Reads one asset's table after the other, computes, and says what it came to and how long that took.
PROGRAM = """
import json, logging, sys, time
from importlib import import_module
from prezzemolo.avl_tree import AVLTree
from rp2.logger import LOGGER
LOGGER.setLevel(logging.ERROR)
from rp2.accounting_engine import AccountingEngine
from rp2.configuration import MIN_DATE, Configuration
from rp2.ods_parser import open_ods, parse_ods
from rp2.plugin.country.us import US
from rp2.tax_engine import compute_tax

began = time.perf_counter()
configuration = Configuration(configuration_path=sys.argv[1], country=US())
methods = AVLTree()
methods.insert_node(MIN_DATE.year, import_module("rp2.plugin.accounting_method." + sys.argv[3]).AccountingMethod())
engine = AccountingEngine(years_2_methods=methods)
sheet = open_ods(configuration=configuration, input_file_path=sys.argv[2])
gain = 0.0
for asset in sorted(configuration.assets):
    read = parse_ods(configuration=configuration, asset=asset, input_file_handle=sheet)
    computed = compute_tax(configuration=configuration, accounting_engine=engine, input_data=read)
    gain += sum(float(year.fiat_gain_loss) for year in computed.yearly_gain_loss_list)
print(json.dumps({"gain": gain, "seconds": time.perf_counter() - began}))
"""
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table", "meta")
)
SHEET = "application/vnd.oasis.opendocument.spreadsheet"


def run(report: Report, *, rows: int) -> None:
    trades = list(basis.trades(rows))
    with tempfile.TemporaryDirectory() as folder:
        python, place = seat(Path(folder)), Path(folder)
        write_configuration(place / "rp2.ini")
        write_sheet(place / "rp2.ods", trades)
        write_text(place / "trades.txt", trades)
        for method in (Method.FIFO, Method.LIFO, Method.HIFO):
            compare(report, python, place, method)


def seat(folder: Path) -> Path:
    venv.create(folder / "environment", with_pip=True)
    python = folder / "environment" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", LOCK]
    subprocess.run(install, check=True, capture_output=True)
    return python


def compare(report: Report, python: Path, place: Path, method: Method) -> None:
    command = [python, "-c", PROGRAM, place / "rp2.ini", place / "rp2.ods", str(method)]
    theirs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=place).stdout)
    program = f"from tests.bench import peers; peers.alone({str(place / 'trades.txt')!r}, {str(method)!r})"
    ours = min((alone_in_a_process(program) for _ in range(3)), key=lambda told: told["seconds"])
    report(
        f"{method:5} rp2 {theirs['seconds']:7.2f} s, gain {theirs['gain']:.4f}; ours {ours['seconds']:7.3f} s, gain "
        f"{ours['gain']:.4f}: 1/{theirs['seconds'] / ours['seconds']:.0f}; wanted at most 1/30"
    )


def alone_in_a_process(program: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def alone(path: str, method: str) -> None:
    import time  # noqa: PLC0415 - the clock of another process

    began = time.perf_counter()
    regime = Regime(2009, Country.US, Method(method), Scope.UNIVERSAL)
    reckoning = reckon(read_text(path), Settings((regime,), scales=basis.SCALES))
    gain = float(money(sums.total(reckoning).gain))
    print(json.dumps({"gain": gain, "seconds": time.perf_counter() - began}))  # noqa: T201 - the answer


def read_text(path: str) -> Iterator[Event]:
    with Path(path).open() as file:
        for line in file:
            name, at, asset, buy, amount, total = line.split("\t")
            thing, paid = Amount(Decimal(amount), asset), Amount(Decimal(total), "USD")
            sent, received = (paid, thing) if buy == "buy" else (thing, paid)
            yield Event(name, datetime.fromisoformat(at), Kind.TRADE, "X", sent, received)


# --- the same trades, for each -----------------------------------------------------------------------------------


def write_text(path: Path, trades: list[basis.Trade]) -> None:
    with path.open("w") as file:
        for each in trades:
            side = "buy" if each.buy else "sell"
            amount, total = decimals(each)
            file.write(f"{each.id}\t{each.at.isoformat()}\t{each.asset}\t{side}\t{amount:f}\t{total:f}\n")


def decimals(trade: basis.Trade) -> tuple[Decimal, Decimal]:
    return Decimal(trade.amount).scaleb(-8), Decimal(trade.total).scaleb(-8)


def write_configuration(path: Path) -> None:
    assets = ", ".join(sorted(name for name, *_ in basis.ASSETS))
    lines = [f"[general]\nassets = {assets}\nexchanges = X\nholders = Me\n"]
    for head, columns in HEADS.items():
        lines += [f"[{head}]", *(f"{name} = {n}" for n, name in enumerate(columns.split()) if name != "-"), ""]
    path.write_text("\n".join(lines))


def write_sheet(path: Path, trades: list[basis.Trade]) -> None:
    tables = "".join(table_of(name, trades) for name in sorted(name for name, *_ in basis.ASSETS))
    kinds = (("content", f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"),)
    listed = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>'
        for name, kind in (
            ("/", SHEET),
            ("content.xml", "text/xml"),
            ("styles.xml", "text/xml"),
            ("meta.xml", "text/xml"),
        )
    )
    space = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as sheet:
        sheet.writestr(zipfile.ZipInfo("mimetype"), SHEET)
        sheet.writestr("META-INF/manifest.xml", f"<manifest:manifest {space}>{listed}</manifest:manifest>")
        for name, body in (*kinds, ("styles", ""), ("meta", "<office:meta/>")):
            sheet.writestr(
                f"{name}.xml",
                f'<office:document-{name} {SPACES} office:version="1.2">{body}</office:document-{name}>',
            )


def table_of(asset: str, trades: list[basis.Trade]) -> str:
    lines = []
    for kind, buy in (("IN", True), ("OUT", False)):
        lines += [line_of([kind]), line_of(["head"] * 12)]
        lines += [line_of(cells_of(each)) for each in trades if each.asset == asset and each.buy is buy]
        lines += [line_of(["TABLE END"]), line_of([])]
    return f'<table:table table:name="{asset}">{"".join(lines)}</table:table>'


def cells_of(trade: basis.Trade) -> list[str | Decimal]:
    amount, total = decimals(trade)
    figures = [amount, total, total, Decimal(0)] if trade.buy else [amount, Decimal(0), total, Decimal(0)]
    time = trade.at.strftime("%Y-%m-%d %H:%M:%S +0000")
    price = (total / amount).quantize(Decimal("1e-11"))
    return [time, trade.asset, "X", "Me", "BUY" if trade.buy else "SELL", price, *figures, trade.id, ""]


def line_of(cells: list[str | Decimal] | list[str]) -> str:
    return (
        f"<table:table-row>{''.join(map(cell_of, cells))}{'<table:table-cell/>' * (12 - len(cells))}</table:table-row>"
    )


def cell_of(value: str | Decimal) -> str:
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
    return (
        f'<table:table-cell office:value-type="float" office:value="{value:f}"><text:p>{value:f}</text:p>'
        "</table:table-cell>"
    )
