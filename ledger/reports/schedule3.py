"""Canada: dispositions for Schedule 3, each with its adjusted cost base."""

from __future__ import annotations

from ledger.engine.types import Country
from ledger.reports.statement import Statement
from ledger.reports.tables import GAIN, MATCHES, Column, Look, Table, amount, cents, shown, wallet

TABLE = Table(
    (
        Column("Day", "m.day::text", Look.DAY),
        Column("Property", shown("m.asset")),
        Column("Amount", amount("sum(m.amount)"), Look.AMOUNT),
        Column("Proceeds", cents("sum(m.proceeds)"), Look.MONEY),
        Column("Adjusted cost base", cents("sum(m.cost)"), Look.MONEY),
        Column("Denied loss", cents("sum(m.adjustment)"), Look.MONEY),
        Column("Gain or loss", cents(f"sum({GAIN})"), Look.MONEY),
        Column("Wallet", wallet("m.wallet")),
        Column("Transaction", "m.disposal::text"),
    ),
    MATCHES,
    "m.disposed, m.disposal, m.part, m.asset",
    "GROUP BY m.day, m.asset, m.wallet, m.disposal, m.disposed, m.part",
)
WIDTHS = {
    "Day": 58, "Property": 76, "Amount": 116, "Proceeds": 72, "Adjusted cost base": 84, "Denied loss": 62,
    "Gain or loss": 68,
}  # fmt: skip
KINDS = Statement(
    "schedule3",
    "Capital gains for Schedule 3",
    "Proceeds, adjusted cost base, superficial losses and gains, with one line for each disposition.",
    Country.CA,
    TABLE,
    WIDTHS,
    (
        (
            "Proceeds are after fees, and fees of purchases are part of the adjusted cost base. A superficial loss is"
            " denied and goes to the cost of what was bought instead. Half of a gain is taxed."
        ),
        "These are capital gains. Who trades as a business has income instead, taxed in full: ask your adviser.",
    ),
).kinds()
