"""What was held when the tax year was over, and what it was worth at that moment.

What was on its way between wallets was held, too. What it had cost is read off lots: those that are still there, and
those that left since. They were there from when they came, which may be long after they were acquired by whoever gave
them. A pool's cost of former days is booked again.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from ledger import prices, under_way
from ledger.deriving import text_of
from ledger.exporting import lines
from ledger.portfolio import Basis, times, told_at
from ledger.pricing.base import Price
from ledger.reports import pool_costs, tables
from ledger.reports.base import Kind
from ledger.sums import total

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from decimal import Decimal

    from ledger.reports.base import Source

# What a candle closed at is the price of its end: that of the year's last hour or day is the one at the year's end. The
# next day's closes a day later.
MOMENT = timedelta(microseconds=1)
POOLED = frozenset({"average", "uk_pool", "acb"})
HELD = """
    SELECT leg.asset, sum(leg.amount) FROM ledger_transaction AS t CROSS JOIN LATERAL (VALUES
        (t.sent_asset, -t.sent_amount), (t.received_asset, t.received_amount), (t.fee_asset, -t.fee_amount)
    ) AS leg (asset, amount)
    WHERE t.owner_id = %(owner)s AND t.wallet_id = ANY(%(wallets)s) AND NOT t.ignored
        AND t.occurred_at < %(until)s AND leg.amount IS NOT NULL
    GROUP BY leg.asset
"""
COST = """
    SELECT asset, sum(amount), sum(cost), coalesce(sum(amount) FILTER (WHERE NOT known), 0), count(*) FROM (
        SELECT l.asset, l.amount, l.cost, l.known
        FROM ledger_lot AS l LEFT JOIN ledger_transaction AS t ON t.id = l.origin
        WHERE l.reckoning_id = %(reckoning)s AND coalesce(t.occurred_at, l.acquired) < %(until)s
        UNION ALL
        SELECT m.asset, m.amount, m.cost, m.known
        FROM ledger_match AS m LEFT JOIN ledger_transaction AS t ON t.id = m.lot
        WHERE m.reckoning_id = %(reckoning)s AND m.disposed >= %(until)s
            AND coalesce(t.occurred_at, m.acquired) < %(until)s AND m.rule NOT IN ('missing', 'result')
    ) AS there GROUP BY asset
"""
TITLES = ("asset", "amount", "currency", "price", "value", "cost", "unrealised", "price_at", "cost_unknown")


class Held(NamedTuple):
    """Money is in the owner's currency; none: nobody knows."""

    asset: str
    amount: Decimal
    price: Decimal | None
    basis: Basis
    priced_at: datetime | None

    @property
    def value(self) -> Decimal | None:
        return times(self.amount, self.price)

    @property
    def cost(self) -> Decimal | None:
        return self.basis.told_cost

    @property
    def unrealised(self) -> Decimal | None:
        """As on the page of holdings: of what has a known cost."""
        return self.basis.gain(self.price)


def held(source: Source) -> Iterator[Held]:
    said = {
        "owner": source.owner.pk,
        "wallets": source.reckoning.wallets,
        "until": source.until,
        "reckoning": source.reckoning.pk,
    }
    pooled = any(method in POOLED for _, _, method, _ in source.reckoning.settings["regimes"])
    bases = pool_costs.bases(source) if pooled else {asset: Basis(*rest) for asset, *rest in tables.ask(COST, said)}
    worth, last = prices.book(source.owner.pk).price, source.until - MOMENT
    for asset, amount in sorted(amounts(said).items()):
        found = worth(asset, source.currency, last)
        at = told_at(found, source.until) if isinstance(found, Price) else None
        yield Held(asset, amount, prices.worth(found), bases.get(asset, Basis()), at)


def amounts(said: Mapping[str, Any]) -> dict[str, Decimal]:
    """In wallets and between them, whatever comes to more or less than nought."""
    there: dict[str, Decimal] = dict(tables.ask(HELD, said))
    for asset, amount in under_way.before(said["owner"], said["wallets"], said["until"]).items():
        there[asset] = total((there.get(asset), amount))
    return {asset: amount for asset, amount in there.items() if amount}


def as_csv(source: Source, file: BinaryIO) -> int:
    rows = [row(each, source.currency) for each in held(source)]
    file.writelines(piece.encode() for piece in lines([TITLES, *rows]))
    return len(rows)


def row(each: Held, currency: str) -> tuple[str, ...]:
    money = (
        "" if number is None else text_of(number) for number in (each.price, each.value, each.cost, each.unrealised)
    )
    at = f"{each.priced_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if each.priced_at else ""
    unknown = text_of(each.basis.unknown) if each.basis.unknown else ""
    return (each.asset, text_of(each.amount), currency, *money, at, unknown)


KINDS = (
    Kind(
        "holdings_csv",
        "Holdings at the end of the year",
        "What was held when the tax year was over, its price then, its value and what it had cost.",
        as_csv,
    ),
)
