"""Germany: private sales for Anlage SO, each with its lot and how long it was held."""

from __future__ import annotations

from ledger.engine.types import Country
from ledger.reports import tables
from ledger.reports.statement import AFTER_FEES, FORKED, Statement
from ledger.reports.tables import BY_TIME, GAIN, MATCHES, Column, Look, Table, amount, cents, shown, wallet

TABLE = Table(
    (
        Column("Asset", shown("m.asset")),
        Column("Amount", amount("m.amount"), Look.AMOUNT),
        Column("Acquired", tables.day("m.acquired"), Look.DAY),
        Column("Sold", "m.day::text", Look.DAY),
        Column("Proceeds", cents("m.proceeds"), Look.MONEY),
        Column("Cost", cents("m.cost"), Look.MONEY),
        Column("Gain or loss", cents(f"({GAIN})"), Look.MONEY),
        Column(
            "Held",
            "CASE WHEN m.rule = 'result' THEN 'Anlage KAP' WHEN m.term = 'long' THEN 'over a year'"
            " ELSE 'up to a year' END",
        ),
        Column("Wallet", wallet("m.wallet")),
        Column("Transaction", "m.disposal::text"),
    ),
    MATCHES,
    BY_TIME,
)
WIDTHS = {
    "Asset": 64, "Amount": 106, "Acquired": 58, "Sold": 58, "Proceeds": 64, "Cost": 64, "Gain or loss": 60, "Held": 49,
}  # fmt: skip
KINDS = Statement(
    "anlage_so",
    "Private sales for Anlage SO",
    "What was sold within a year and what is free of tax, with each sale's lot, and other income beside it.",
    Country.DE,
    TABLE,
    WIDTHS,
    (
        (
            "Sales within a year of buying are taxed (section 23 EStG) once all gains of the year reach the limit,"
            " which is no allowance. Gains count for it also of what else you sold privately within the time that holds"
            " for it: those are not known here. What was held longer is free."
        ),
        AFTER_FEES,
        FORKED.format(more=", and it is as old as that (letter of the finance ministry)"),
        (
            "On newer forms virtual currencies have lines of their own: on the first of them 41 to 47 for sales, 10 to"
            " 16 for other income. Look whether they bear the same numbers on yours."
        ),
        "Rewards count as other income (section 22 no. 3 EStG): free below 256 euros a year, else all is taxed.",
        (
            "Wages, dividends and interest on money are no such income (sections 19 and 20 EStG): they belong on other"
            " forms, and count neither for the limit nor among what is taxed here."
        ),
        (
            "What margin and futures positions won or lost is paid out as a difference and belongs on Anlage KAP"
            " (section 20(2) no. 3 EStG): it has figures of its own, and counts for no limit above and for no sale."
            " Among the lines it is marked so. Ask your adviser where a position gave or took coins themselves."
        ),
    ),
).kinds()
