"""PayPal's crypto history: what came, what went, and a fee. It names no time zone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, less, more, paid, reading
from ledger.readings.base import Kind, Leg, Reading, Worth

if TYPE_CHECKING:
    from collections.abc import Iterable

IN_NAME = re.compile(r".*\((\w+)\)")


def line(cells: Cells) -> Iterable[Reading] | Skip:
    legs = []
    if received := cells.amount("received"):
        legs.append(Leg(cells.asset("received_asset"), more(received)))
    if sent := cells.amount("sent"):
        legs.append(Leg(cells.asset("sent_asset"), less(sent)))
    if fee := cells.amount("fee"):
        legs.append(paid(cells.asset("fee_asset"), fee))
    if not legs:
        return Skip("Nothing moved: no amount in this line is more than nought.")
    kind = Kind.TRADE if received and sent else kind_of(cells, comes=bool(received), only_fee=not received and not sent)
    return [reading(cells, cells.when(), kind, legs, note=cells.text("type"), worth=worth(cells))]


def kind_of(cells: Cells, *, comes: bool, only_fee: bool) -> Kind:
    what = cells.word("type")
    if only_fee:
        return Kind.FEE
    if comes:
        return Kind.REWARD if "reward" in what or "cash back" in what else Kind.DEPOSIT
    return Kind.SPEND if "checkout" in what or "payment" in what or "purchase" in what else Kind.WITHDRAWAL


def worth(cells: Cells) -> Worth | None:
    match = IN_NAME.fullmatch(cells.column("worth"))
    amount = cells.amount("worth")
    return Worth(more(amount), match[1]) if amount and match else None


FORMATS = (
    Format(
        name="paypal",
        exchange="",
        title="PayPal crypto",
        columns={
            "time": "datetime",
            "type": "transaction type",
            "received": r"asset in \(quantity\)",
            "received_asset": r"asset in \(currency\)",
            "sent": r"asset out \(quantity\)",
            "sent_asset": r"asset out \(currency\)",
            "fee": r"transaction fee \(quantity\)",
            "fee_asset": r"transaction fee \(currency\)",
        },
        optional={"worth": r"market value \(\w+\)"},
        read_cells=line,
        zone="",
    ),
)
