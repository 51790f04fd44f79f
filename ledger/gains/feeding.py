"""Transactions as the engine's events: streamed, each with what it was worth in the owner's currency.

The owner's word on the worth goes first, then the money in a trade: what was paid or got in the owner's own currency is
what it is. Then comes what the trade says itself, then any price that is kept. What has no price is handed on without
one: the engine says what that touches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from ledger.engine.legs import RESULTS
from ledger.engine.movements import ACQUIRED, DISPOSED, NO_MORE, Act, Movement
from ledger.engine.types import Amount, Event, Kind
from ledger.engine.units import USUAL, cents, units
from ledger.gains.stale import WORTH_IS_MINE
from ledger.pricing.base import EXACT, Missing
from ledger.pricing.implied import Side, by_money, by_source, sides

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from ledger.engine.types import Settings
    from ledger.naming.base import AssetKind
    from ledger.pricing.book import PriceBook
    from ledger.pricing.implied import Implied

    Fed = Event | Movement

BATCH = 5000
TRADE, BOUGHT, SOLD = str(Kind.TRADE), Act.BOUGHT, Act.SOLD
KINDS = {str(kind): kind for kind in Kind}
COLUMNS = """
    t.id::text, t.occurred_at, t.kind, t.category, t.wallet_id::text, t.event, t.sent_amount, t.sent_asset,
    t.received_amount, t.received_asset, t.fee_amount, t.fee_asset, t.value_amount, t.value_currency,
    {worth_is_mine}
""".format(worth_is_mine=WORTH_IS_MINE.format("t"))
READ = f"""
    SELECT {COLUMNS} FROM ledger_transaction AS t
    WHERE t.owner_id = %(owner)s AND NOT t.ignored AND t.wallet_id = ANY(%(wallets)s) {{which}}
"""  # noqa: S608 - only names of our own
OF_ASSETS = """
    AND t.occurred_at >= %(since)s AND (%(until)s::timestamptz IS NULL OR t.occurred_at <= %(until)s)
    AND (t.sent_asset = ANY(%(assets)s) OR t.received_asset = ANY(%(assets)s) OR t.fee_asset = ANY(%(assets)s))
"""
NAMED = "AND t.id = ANY(%(named)s)"
# Money is not booked. That it is income, or the result of a position, is; and that it is all there is of a trade, said.
OF_MONEY = """
    AND (t.sent_asset = ANY(%(assets)s) OR t.received_asset = ANY(%(assets)s) OR t.fee_asset = ANY(%(assets)s))
    AND (
        t.kind IN ('reward', 'income') OR t.category = ANY(%(results)s)
        OR t.kind = 'trade' AND (t.sent_amount IS NULL OR t.received_amount IS NULL)
    )
"""
# The latest word about each pair; names that answer for others stand for those.
LINKED = """
    SELECT coalesce(one.alias_of_id, one.id)::text, coalesce(other.alias_of_id, other.id)::text FROM (
        SELECT DISTINCT ON (least(one_id, other_id), greatest(one_id, other_id)) one_id, other_id, kind
        FROM ledger_decision WHERE owner_id = %(owner)s AND kind IN ('linked', 'apart', 'unsaid')
        ORDER BY least(one_id, other_id), greatest(one_id, other_id), id DESC
    ) AS said
    JOIN ledger_transactionkey AS one ON one.id = said.one_id
    JOIN ledger_transactionkey AS other ON other.id = said.other_id
    WHERE said.kind = 'linked'
"""
DIGITS = "0123456789"


class Row(NamedTuple):
    id: str
    at: datetime
    kind: str
    category: str
    wallet: str
    event: str
    sent_amount: Decimal | None
    sent_asset: str
    received_amount: Decimal | None
    received_asset: str
    fee_amount: Decimal | None
    fee_asset: str
    value_amount: Decimal | None
    value_currency: str
    value_is_mine: bool


class Basis(NamedTuple):
    """The owner's word on what something had cost."""

    cost: Decimal
    currency: str
    acquired: datetime | None


class Feed:
    """Of one owner."""

    def __init__(
        self,
        owner_id: int,
        wallets: Sequence[UUID],
        settings: Settings,
        book: PriceBook,
        kinds: Mapping[str, AssetKind],
    ) -> None:
        self.owner_id = owner_id
        self.wallets = list(wallets)
        self.scales = settings.scales
        self.worth = Worth(settings, book, kinds)
        self.links = links_of(owner_id)
        self.bases = bases_of(owner_id)

    def everything(self) -> Generator[Fed, None, None]:
        yield from map(self.fed, self.rows(""))

    def touching(
        self, assets: Collection[str], since: datetime, until: datetime | None = None
    ) -> Generator[Fed, None, None]:
        """Those of these assets from then on, and the other ends of their transfers, whenever those were."""
        found: set[str] = set()
        for row in self.rows(OF_ASSETS, assets=list(assets), since=since, until=until):
            if row.id in self.links:
                found.add(row.id)
            yield self.fed(row)
        linked = {self.links[name] for name in found}
        missing = [name for name, link in self.links.items() if link in linked and name not in found]
        if missing:
            yield from map(self.event, self.rows(NAMED, named=missing))

    def of_money(self, currencies: Collection[str]) -> Generator[Fed, None, None]:
        yield from map(self.event, self.rows(OF_MONEY, assets=list(currencies), results=sorted(RESULTS)))

    def rows(self, which: str, **facts: Any) -> Generator[Row, None, None]:
        facts = {"owner": self.owner_id, "wallets": self.wallets, **facts}
        with connection.cursor() as opened:  # opens the connection, and the transaction
            raw = opened.connection
            with raw.cursor("feed", withhold=False) as cursor:
                cursor.itersize = BATCH
                cursor.execute(READ.format(which=which), facts, binary=True)
                for row in cursor:
                    yield tuple.__new__(Row, row)

    def fed(self, row: Row) -> Fed:
        return self.plain(row) or self.event(row)

    def plain(self, row: Row) -> Movement | None:
        """A purchase or a sale for the owner's own money, which nearly all are: at once what the engine makes of it."""
        name, at, kind, _, wallet, event, sent, sent_asset, received, received_asset, paid, fee_asset, _, _, mine = row
        own, money = self.worth.currency, self.worth.money
        if kind != TRADE or mine or not sent or not received or name in self.links or name in self.bases:
            return None
        if fee_asset and fee_asset != own:
            return None
        fee = cents(paid) if paid else 0
        if sent_asset == own and received_asset not in money:
            asset, amount, value = received_asset, received, cents(sent) + fee
            rank, part, act = ACQUIRED, 0, BOUGHT
        elif received_asset == own and sent_asset not in money:
            asset, amount, value = sent_asset, sent, cents(received) - fee
            rank, part, act = DISPOSED, 1, SOLD
        else:
            return None
        whole = units(amount, self.scales.get(asset, USUAL))
        return tuple.__new__(
            Movement, (at, rank, sequence(event), name, part, act, wallet, asset, whole, value, NO_MORE)
        )

    def event(self, row: Row) -> Event:
        link, basis = self.links.get(row.id, ""), self.bases.get(row.id)
        value, fee_value = self.worth.of(row)
        return tuple.__new__(
            Event,
            (
                row.id,
                row.at,
                KINDS[row.kind],
                row.wallet,
                None if row.sent_amount is None else tuple.__new__(Amount, (row.sent_amount, row.sent_asset)),
                None
                if row.received_amount is None
                else tuple.__new__(Amount, (row.received_amount, row.received_asset)),
                None if row.fee_amount is None else tuple.__new__(Amount, (row.fee_amount, row.fee_asset)),
                value,
                fee_value,
                sequence(row.event),
                row.category,
                link,
                self.worth.basis(basis, row.at) if basis else None,
                basis.acquired if basis else None,
                row.kind == TRADE and self.worth.is_half(row),
            ),
        )


def sequence(event: str) -> int:
    """The exchange's own number, where the name of an event ends in one: of what happened at one moment, the first."""
    end = event[-18:]
    return int(end[len(end.rstrip(DIGITS)) :] or 0)


# --- what it was worth -------------------------------------------------------------------------------------------


class Worth:
    def __init__(self, settings: Settings, book: PriceBook, kinds: Mapping[str, AssetKind]) -> None:
        self.currency = settings.currency
        self.money = settings.money | {settings.currency}
        self.price = book.price
        self.kinds = kinds

    def of(self, row: Row) -> tuple[Decimal | None, Decimal | None]:
        """Of what was sent or received, and of the fee."""
        own = self.currency
        told = own in {row.sent_asset, row.received_asset} and not row.value_is_mine
        value = None if told else self.value(row)  # else the engine reads it off the trade
        return value, self.fee(row) if row.fee_amount else None

    def value(self, row: Row) -> Decimal | None:
        if row.value_is_mine and row.value_amount is not None:
            return self.converted(row.value_amount, row.value_currency, row.at)
        if row.sent_amount is not None and row.received_amount is not None:
            sent, received = Side(row.sent_amount, row.sent_asset), Side(row.received_amount, row.received_asset)
            return self.traded(row, sent, received)
        if row.received_amount is not None:
            return self.single(row, Side(row.received_amount, row.received_asset))
        if row.sent_amount is not None:
            return self.single(row, Side(row.sent_amount, row.sent_asset))
        return None

    def is_half(self, row: Row) -> bool:
        """What was paid by card, or from hand to hand, has its worth beside it. Of money alone that says nothing."""
        if (row.sent_amount is None) is (row.received_amount is None):
            return False
        return row.value_amount is None or (row.received_asset or row.sent_asset) in self.money

    def traded(self, row: Row, sent: Side, received: Side) -> Decimal | None:
        """By the money in it, where its rate is known: central banks publish those of few. Else by what the source
        says; else by the side that is known better, else the other.
        """
        by_trade = by_money(sent, received, self.kind)
        told = self.converted(by_trade.worth, by_trade.quote, row.at) if by_trade else None
        if told is not None:
            return told
        if row.value_amount is not None:
            return self.converted(row.value_amount, row.value_currency, row.at)
        ordered = sides(sent, received, self.kind)
        return first(self.priced(side, row.at) for side in (ordered.priced, ordered.follows))

    def single(self, row: Row, side: Side) -> Decimal | None:
        if side.asset in self.money:
            return self.converted(side.amount, side.asset, row.at)
        said = self.said(row, side)
        return self.priced(side, row.at, said)

    @staticmethod
    def said(row: Row, side: Side) -> Implied | None:
        if row.value_amount is None:
            return None
        return by_source(side, row.value_amount, row.value_currency, "the source")

    def fee(self, row: Row) -> Decimal | None:
        """What is paid in the trade's own assets the engine values as the trade does."""
        amount, asset = row.fee_amount, row.fee_asset
        if amount is None or asset == self.currency or asset in {row.sent_asset, row.received_asset} - self.money:
            return None
        return self.priced(Side(amount, asset), row.at)

    def priced(self, side: Side, at: datetime, said: Implied | None = None) -> Decimal | None:
        price = self.price(side.asset, self.currency, at, implied=said)
        return None if isinstance(price, Missing) else EXACT.multiply(side.amount, price.value)

    def converted(self, amount: Decimal, currency: str, at: datetime) -> Decimal | None:
        if currency == self.currency:
            return amount
        return self.priced(Side(amount, currency), at)

    def basis(self, basis: Basis, at: datetime) -> Decimal | None:
        return self.converted(basis.cost, basis.currency, basis.acquired or at)

    def kind(self, asset: str) -> Any:
        return "fiat" if asset in self.money else self.kinds.get(asset, "")


def first(values: Iterable[Decimal | None]) -> Decimal | None:
    return next((value for value in values if value is not None), None)


# --- words of the owner ------------------------------------------------------------------------------------------


def links_of(owner_id: int) -> dict[str, str]:
    """By transaction, the name of the transfer it is an end of: that of its first end. Ends of one end are of one."""
    with connection.cursor() as cursor:
        cursor.execute(LINKED, {"owner": owner_id})
        pairs = cursor.fetchall()
    leads: dict[str, str] = {}

    def lead(name: str) -> str:
        while leads.setdefault(name, name) != name:
            leads[name] = name = leads[leads[name]]
        return name

    for one, other in pairs:
        first_end, last_end = sorted((lead(one), lead(other)))
        leads[last_end] = first_end
    return {name: lead(name) for name in list(leads)}


BASES = """
    SELECT coalesce(key.alias_of_id, key.id)::text, said.cost, said.currency, said.acquired_at
    FROM ledger_knowncost AS said JOIN ledger_transactionkey AS key ON key.id = said.key_id
    WHERE said.owner_id = %(owner)s ORDER BY said.created_at, said.id
"""  # the last word about transactions that were joined


def bases_of(owner_id: int) -> dict[str, Basis]:
    with connection.cursor() as cursor:
        cursor.execute(BASES, {"owner": owner_id})
        return {name: Basis(*rest) for name, *rest in cursor.fetchall()}
