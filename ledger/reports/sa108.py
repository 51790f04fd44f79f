"""The United Kingdom: disposals for the capital gains pages (SA108), all of an asset on a day as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.engine.types import Country
from ledger.reports import tables
from ledger.reports.statement import AFTER_FEES, FORKED, Statement
from ledger.reports.tables import GAIN, MATCHES, Column, Look, Table, amount, cents, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from ledger.reports.base import Source

TWO_RATES = 2024  # the tax year in which rates changed on 30 October
PARTS = f"""
    SELECT part.since, coalesce(sum(gain) FILTER (WHERE gain > 0), 0), coalesce(-sum(gain) FILTER (WHERE gain < 0), 0)
    FROM (VALUES ('until 29 October 2024', FALSE), ('from 30 October 2024 on', TRUE)) AS part (since, later)
    LEFT JOIN (
        SELECT m.day >= '2024-10-30' AS later, sum({GAIN}) AS gain FROM {MATCHES} GROUP BY m.asset, m.day
    ) AS days ON days.later = part.later
    GROUP BY part.since, part.later ORDER BY part.later
"""  # noqa: S608 - only words of our own


def of_both_rates(source: Source) -> Iterator[tuple[str, Decimal]]:
    """What the adjustment for the change of rates is reckoned of."""
    if source.terms.number == TWO_RATES:
        for since, gains, losses in tables.ask(PARTS, tables.facts(source, file=False)):
            yield f"Gains {since}", gains
            yield f"Losses {since}", losses


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
            "From 2024/25 on figures go under “Cryptoassets”, before under “Other property, assets and gains”. "
            "What was sold is matched on the same day, within 30 days, or from the pool, in that order. Losses of "
            "earlier years are set off on the form."
        ),
        (
            "In 2024/25 rates changed on 30 October 2024. The form asks for an adjustment of the tax, which is "
            "reckoned from gains and losses before and after."
        ),
        f"{AFTER_FEES} Whether gains have to be reported at all may hang on proceeds before fees.",
        FORKED.format(more=" (TCGA 1992, sections 43 and 52(4))"),
        (
            "A loss on what you gave to a relative may only be set against gains on what you gave to the same person. "
            "That is not looked at here: it stands among the other losses."
        ),
    ),
    of_both_rates,
).kinds()
