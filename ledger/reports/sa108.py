"""The United Kingdom: disposals for the capital gains pages (SA108), all of an asset on a day as one."""

from __future__ import annotations

from ledger.engine.types import Country
from ledger.reports.statement import Statement
from ledger.reports.tables import GAIN, MATCHES, Column, Look, Table, amount, cents, shown

TABLE = Table(
    (
        Column("Day", "m.day::text", Look.DAY),
        Column("Asset", shown("m.asset")),
        Column("Amount", amount("sum(m.amount)"), Look.AMOUNT),
        Column("Proceeds", cents("sum(m.proceeds)"), Look.MONEY),
        Column("Allowable costs", cents("sum(m.cost)"), Look.MONEY),
        Column("Gain or loss", cents(f"sum({GAIN})"), Look.MONEY),
        Column("Matched by", "string_agg(DISTINCT replace(m.rule, '_', ' '), ', ' ORDER BY replace(m.rule, '_', ' '))"),
    ),
    MATCHES,
    "m.day, m.asset",
    "GROUP BY m.day, m.asset",
)
WIDTHS = {
    "Day": 56, "Asset": 70, "Amount": 110, "Proceeds": 72, "Allowable costs": 76, "Gain or loss": 70, "Matched by": 69,
}  # fmt: skip
KINDS = Statement(
    "sa108",
    "Capital gains for SA108",
    "The figures for the capital gains pages, and each disposal by asset and day with the rule that matched it.",
    Country.GB,
    TABLE,
    WIDTHS,
    (
        (
            "Figures go under “Other property, assets and gains”. What was sold is matched on the same day, "
            "within 30 days, or from the pool, in that order. Losses of earlier years are not in here: set them "
            "off on the form."
        ),
        ("For 2024/25 rates changed on 30 October 2024, and the form asks for gains before and after: see the days."),
    ),
).kinds()
