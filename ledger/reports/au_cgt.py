"""Australia: capital gains events, each with its parcel and whether the discount may be taken."""

from __future__ import annotations

from ledger.engine.types import Country
from ledger.reports import tables
from ledger.reports.statement import Statement
from ledger.reports.tables import BY_TIME, GAIN, MATCHES, Column, Look, Table, amount, cents, shown, wallet

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
            " months is taxed. Losses of former years are not in here."
        ),
        (
            "What you bought for 10,000 dollars or less to use up for yourself may be a personal use asset, and its"
            " gains and losses are left out then. That is not known here: they stand among the lines."
        ),
    ),
).kinds()
