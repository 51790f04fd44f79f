"""Summ, formerly CryptoTaxCalculator: which way a line's base currency went, its type alone says."""

from __future__ import annotations

from ledger.imports.formats.base import Cells, Format, Read, Skip, unknown
from ledger.imports.labels import folded, listed
from ledger.imports.times import DAY_FIRST
from ledger.imports.trackers import Entry, Words, fee, side, told

COMES = listed(
    "receive, fiat deposit, transfer in, bridge in, airdrop, staking, staking reward, staking withdrawal, interest"
    ", mining, income, gift received, incoming gift, royalty, royalties, cash back, cashback, rebate, loan, borrow"
    ", chain split, realized profit, remove liquidity, vault withdrawal, swap in, mint in, derivative profit"
    ", collateral withdrawal, ignore in, spam in, bounty, referral, dividend, lending income"
)
GOES = listed(
    "send, fiat withdrawal, transfer out, bridge out, staking deposit, interest payment, gift, outgoing gift, gift sent"
    ", lost, burn, stolen, fee, expense, personal use, donation, loan repayment, repay, liquidate, realized loss"
    ", realized fee, add liquidity, vault deposit, swap out, approval, failed, failed out, derivative loss"
    ", collateral deposit, ignore out, spam out, payment, tax"
)
BOUGHT, SOLD = {"buy", "trade", "trade in"}, {"sell", "trade out"}


def line(cells: Cells) -> Read | Skip:
    what = folded(cells.text("type"))
    sent, received = sides_of(what)
    if not (sent or received):
        raise unknown(cells.text("type"), cells.column("type"))
    entry = Entry(
        cells.when(),
        side(cells, f"{sent}_amount", sent, "from") if sent else None,
        side(cells, f"{received}_amount", received, place_of(cells, what)) if received else None,
        fee(cells, place="from"),
        more={"hash": cells.text("id")},
    )
    return told(cells, entry, Words(cells.text("type"), cells.text("description"), ignored=what.startswith("ignore ")))


def sides_of(what: str) -> tuple[str, str]:
    """Which of base and quote went, and which came."""
    if what in BOUGHT | SOLD:
        return ("quote", "base") if what in BOUGHT else ("base", "quote")
    return ("base" if what in GOES else "", "base" if what in COMES else "")


def place_of(cells: Cells, what: str) -> str:
    """A trade stays where it began."""
    return "from" if what in BOUGHT | SOLD and cells.text("from") else "to"


FORMATS = (
    Format(
        name="summ",
        exchange="",
        title="Summ (CryptoTaxCalculator) template",
        columns={
            "time": r"timestamp \(utc\)",
            "type": "type",
            "base": r"base currency( \(optional\))?",
            "base_amount": r"base amount( \(optional\))?",
            "quote": r"quote currency( \(optional\))?",
            "quote_amount": r"quote amount( \(optional\))?",
            "fee_asset": r"fee currency( \(optional\))?",
            "fee": r"fee amount( \(optional\))?",
            "from": r"from( \(optional\))?",
            "to": r"to( \(optional\))?",
        },
        optional={
            "chain": r"blockchain( \(optional\))?",
            "id": r"id( \(optional\))?",
            "description": r"description( \(optional\))?",
            "reference_price": r"reference price .*",
        },
        read_cells=line,
        order=DAY_FIRST,
        seconds=False,
        changing=("description",),
    ),
)
