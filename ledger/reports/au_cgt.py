"""Australia: capital gains events, each with its parcel and whether the discount may be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger import tax_figures
from ledger.engine.figures import Australia
from ledger.engine.types import Country
from ledger.reports import tables
from ledger.reports.statement import AFTER_FEES, Statement
from ledger.reports.tables import BY_TIME, GAIN, MATCHES, Column, Look, Table, amount, cents, shown, wallet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from ledger.reports.base import Source


def of_the_item(source: Source) -> Iterator[tuple[str, Decimal]]:
    """At H gains stand before losses and before the discount."""
    found = tax_figures.figures(source.reckoning, source.year)
    if isinstance(found, Australia):
        yield "Total current year capital gains (label H)", found.gains + found.discountable


TABLE = Table(
    (
        Column("Asset", shown("m.asset")),
        Column("Amount", amount("m.amount"), Look.AMOUNT),
        Column("Acquired", tables.day("m.acquired"), Look.DAY),
        Column("Event", "m.day::text", Look.DAY),
        Column("Proceeds", cents("m.proceeds"), Look.MONEY),
        Column("Cost base", cents("m.cost"), Look.MONEY),
        Column("Gain or loss", cents(f"({GAIN})"), Look.MONEY),
        Column("Discount", f"CASE WHEN m.term = 'long' AND {GAIN} > 0 THEN 'yes' ELSE 'no' END"),
        Column("Wallet", wallet("m.wallet")),
        Column("Transaction", "m.disposal::text"),
    ),
    MATCHES,
    BY_TIME,
)
WIDTHS = {
    "Asset": 64, "Amount": 106, "Acquired": 58, "Event": 58, "Proceeds": 66, "Cost base": 66, "Gain or loss": 62,
    "Discount": 43,
}  # fmt: skip
KINDS = Statement(
    "au_cgt",
    "Capital gains for the tax return",
    "Net capital gain, losses and discount as the tax return asks for them, and every event with its parcel.",
    Country.AU,
    TABLE,
    WIDTHS,
    (
        (
            "Losses go first against gains without the discount. Half of a gain on what was held for at least twelve"
            " months is taxed. With losses of earlier years less is left at label A, net capital gain, and more may be"
            " at label V, losses carried forward."
        ),
        AFTER_FEES,
        (
            "What you bought for 10,000 dollars or less to use up for yourself may be a personal use asset, and its"
            " gains and losses are left out then. That is not known here: they stand among the lines."
        ),
    ),
    of_the_item,
).kinds()
