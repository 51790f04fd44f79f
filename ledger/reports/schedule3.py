"""Canada: dispositions for Schedule 3, each with its adjusted cost base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.engine.types import Country
from ledger.reports import tables
from ledger.reports.statement import Statement
from ledger.reports.tables import GAIN, MATCHES, Column, Look, Table, amount, cents, shown, wallet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from ledger.reports.base import Source

TWO_PERIODS = 2024  # the year whose form asks for what was disposed of before and after 25 June apart
PARTS = f"""
    SELECT part.since, coalesce(sum(m.proceeds), 0), coalesce(sum(m.cost), 0), coalesce(sum({GAIN}), 0)
    FROM (VALUES ('until 24 June 2024', FALSE), ('from 25 June 2024 on', TRUE)) AS part (since, later)
    LEFT JOIN (SELECT m.* FROM {MATCHES}) AS m ON (m.day >= '2024-06-25') = part.later
    GROUP BY part.since, part.later ORDER BY part.later
"""  # noqa: S608 - only words of our own


def of_both_periods(source: Source) -> Iterator[tuple[str, Decimal]]:
    if source.terms.number == TWO_PERIODS:
        for since, proceeds, cost, gain in tables.ask(PARTS, tables.facts(source, file=False)):
            yield f"Proceeds {since}", proceeds
            yield f"Adjusted cost base {since}", cost
            yield f"Gain or loss {since}", gain


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
        (
            "For superficial losses who bought the same property counts, too: your spouse, or a company of yours. What"
            " they bought is not known here."
        ),
        (
            "Schedule 3 of 2024 asks for the time before 25 June and from then on apart. The higher rate that was"
            " proposed from then on was cancelled in March 2025: the same half of a gain is taxed in both."
        ),
        (
            "On Schedule 3 they stand under bonds, debentures, promissory notes, crypto-assets, and other similar"
            " properties. It has a column of its own for outlays of the sale, which are taken off proceeds here."
        ),
        "These are capital gains. Who trades as a business has income instead, taxed in full: ask your adviser.",
    ),
    of_both_periods,
).kinds()
