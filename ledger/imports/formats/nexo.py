"""Nexo's history. Whether a line counts, the first word of its details says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, less, more, paid, reading, swapped, unknown
from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.cells import MOVE, Meaning, means
from ledger.readings.telling import BONUS, CONVERTED, INTEREST, INTERNAL, LOAN, REFERRAL

if TYPE_CHECKING:
    from collections.abc import Iterable

OK = ("approved", "completed", "")
WITHIN = re.compile(
    r"(locking|unlocking|unlock) ?term deposit|(transfer|transferred) (in|out|to|from).*|.*transfer (in|out).*"
    r"|exchange to withdraw|deposit to exchange|credit card status|administrator|(assimilation|collateral).*"
)
TYPES: tuple[tuple[str, Meaning], ...] = (
    (r".*cash ?back.*", means(Kind.REWARD, "cashback", went=Kind.ADJUSTMENT)),
    (r".*referral.*", REFERRAL),
    (r".*(bonus|dividend|reward).*", BONUS),
    (r".*interest.*", INTEREST),
    (r"exchange.*|.*liquidation.*|nexo booster", CONVERTED),
    (r".*(deposit|top ?up|withdraw).*", MOVE),
    (r".*(loan|credit|repay).*", LOAN),
    (r".*(card|purchase).*", means(Kind.ADJUSTMENT, "card", went=Kind.SPEND)),
)


def line(cells: Cells) -> Iterable[Reading] | Skip:
    state = cells.word("details").partition(" ")[0].strip("/")
    if state not in OK:
        return Skip(f"Not completed: Nexo says “{state[:40]}”.")
    what = cells.word("type")
    if WITHIN.fullmatch(what):
        return Skip(INTERNAL)
    known = next((meaning for pattern, meaning in TYPES if re.fullmatch(pattern, what)), None)
    if not known:
        raise unknown(cells.text("type"), cells.column("type"))
    legs = [*moved(cells, known, what), *fee(cells)]
    amount = legs[0].amount
    note = cells.text("details")
    kind, category = known.kind(amount), known.category
    return [reading(cells, cells.when(), kind, legs, category=category, note=note, worth=worth(cells))]


def moved(cells: Cells, known: Meaning, what: str) -> Iterable[Leg]:
    sent, received = cells.amount("sent"), cells.amount("received")
    if known is CONVERTED:
        return swapped((cells.asset("sent_asset"), sent), (cells.asset("received_asset"), received))
    if "withdraw" in what or "repay" in what or (sent < 0 and known.came is not known.went):
        return [Leg(cells.asset("sent_asset"), less(sent))]
    key = "received" if cells.text("received_asset") and received else "sent"
    return [Leg(cells.asset(f"{key}_asset"), more(cells.needed(key)))]


def fee(cells: Cells) -> list[Leg]:
    amount = cells.amount("fee")
    return [paid(cells.asset("fee_asset"), amount)] if amount else []


def worth(cells: Cells) -> Worth | None:
    told = cells.told("worth")
    return Worth(more(told.amount), "USD") if told.amount else None


FORMATS = (
    Format(
        name="nexo",
        exchange="",
        title="Nexo transactions",
        columns={
            "id": "transaction",
            "type": "type",
            "sent_asset": "input currency",
            "sent": "input amount",
            "received_asset": "output currency",
            "received": "output amount",
            "worth": "usd equivalent",
            "details": "details",
            "time": r"date ?/ ?time \(utc\)",
        },
        optional={"fee": "fee", "fee_asset": "fee currency"},
        read_cells=line,
        key=("id",),
    ),
)
