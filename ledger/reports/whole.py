"""Every match and all income of a year, each digit of them: what the hash of a report's inputs is taken of."""

from __future__ import annotations

from ledger.reports.tables import BY_TIME, EARNED, EARNINGS, Column, Table

MATCH = (
    "asset", "wallet", "disposal", "part", "act", "lot", "amount", "acquired", "disposed", "proceeds", "cost",
    "adjustment", "term", "rule", "counts", "known",
)  # fmt: skip
EARNING = ("asset", "wallet", "transaction", "part", "at", "amount", "value", "category", "known")
EXACT = frozenset({"amount", "proceeds", "cost", "adjustment", "value"})
TIMES = frozenset({"acquired", "disposed", "at"})


def column(table: str, name: str) -> Column:
    of = f"{table}.{name}"
    if name in EXACT:
        return Column(name, f"trim_scale({of})")
    return Column(name, f"extract(epoch FROM {of})" if name in TIMES else of)


WHOLE = (
    Table(
        tuple(column("m", name) for name in MATCH),
        "ledger_match AS m WHERE m.reckoning_id = %(reckoning)s AND m.year = %(year)s",
        f"{BY_TIME}, m.wallet, m.proceeds, m.cost",
    ),
    Table(tuple(column("e", name) for name in EARNING), EARNINGS, EARNED),
)
