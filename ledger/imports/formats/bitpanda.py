"""Bitpanda's history, today's and the old one: several tables in one file, and a line for each that is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import (
    Cells,
    Format,
    Skip,
    Unreadable,
    bought,
    done,
    less,
    more,
    paid,
    reading,
    sold,
    total,
    unknown,
)
from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.cells import MOVE, Meaning
from ledger.readings.telling import REWARDED, STAKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

TYPES: dict[str, Meaning] = {
    "deposit": MOVE,
    "withdrawal": MOVE,
    "transfer": Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "internal"),
    "transfer(stake)": Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "internal"),
    "transfer(unstake)": Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "internal"),
    "reward": STAKING,
    "rewards": STAKING,
    "staking": STAKING,
    "bonus": REWARDED,
    "airdrop": REWARDED,
}
INSIDE = {"transfer(stake)", "transfer(unstake)"}


def said(cells: Cells, key: str) -> str:
    """A line stands for nothing."""
    return "" if cells.text(key) == "-" else cells.text(key)


def line(cells: Cells) -> Iterable[Reading] | Skip:
    what = cells.word("type")
    if skip := done(cells, "finished", "completed", "processed"):
        return skip
    if what in INSIDE:
        return Skip("Staked or taken out again: it stays at Bitpanda, and no balance changed.")
    comes = cells.word("way") == "incoming"
    if what in {"buy", "sell"}:
        return [trade(cells, buys=what == "buy")]
    if what not in TYPES:
        raise unknown(cells.text("type"), cells.column("type"))
    asset, amount = moved(cells)
    leg = Leg(asset, more(amount) if comes else less(amount))
    meaning = TYPES[what]
    return [reading(cells, cells.when(), meaning.kind(leg.amount), [leg, *fee(cells)], category=meaning.category)]


def moved(cells: Cells) -> tuple[str, Decimal]:
    """Money stands among the amounts of money, and beside them as an asset or not at all."""
    coins, money = cells.amount("amount"), cells.amount("money")
    if coins:
        return cells.asset("asset"), coins
    if money:
        return cells.asset("currency"), money
    raise Unreadable(cells.column("amount"), "Has no amount. Please fill it in, or leave this line out.")


def trade(cells: Cells, *, buys: bool) -> Reading:
    """What was paid is with its fee in money, and what was got without (R: all that a sale brought was then withdrawn;
    M for other coins, as BEST, whose fee comes on top).
    """
    coin, money = (cells.asset("asset"), cells.needed("amount")), (cells.asset("currency"), cells.needed("money"))
    worth, fees = Worth(more(money[1]), money[0]), fee(cells)
    inside = [leg.amount if buys else more(leg.amount) for leg in fees if leg.asset == money[0]]
    value = (money[0], total(more(money[1]), *inside))
    legs = (bought if buys else sold)(coin, value)
    return reading(cells, cells.when(), Kind.TRADE, [*legs, *fees], worth=worth)


def fee(cells: Cells) -> list[Leg]:
    amount = cells.amount("fee")
    return [paid(said(cells, "fee_asset") or cells.asset("currency"), amount)] if amount else []


FORMATS = (
    Format(
        name="bitpanda",
        version=2,
        exchange="",
        title="Bitpanda transactions",
        columns={
            "id": "transaction id",
            "time": "timestamp",
            "type": "transaction type",
            "way": "in/out",
            "money": "amount fiat",
            "currency": "fiat",
            "amount": "amount asset",
            "asset": "asset",
        },
        optional={
            "price": "asset market price",
            "price_asset": "asset market price currency",
            "class": "asset class",
            "product": "product id",
            "fee": "fee",
            "fee_asset": "fee asset",
            "fee_percent": "fee percent",
            "spread": "spread",
            "spread_asset": "spread currency",
            "tax": "tax fiat",
        },
        read_cells=line,
        key=("id",),
    ),
    Format(
        name="bitpanda_old",
        version=2,
        exchange="",
        title="Bitpanda transactions (older file)",
        columns={
            "id": "id",
            "type": "type",
            "way": "in/out",
            "money": "amount fiat",
            "fee": "fee",
            "currency": "fiat",
            "amount": "amount asset",
            "asset": "asset",
            "status": "status",
            "time": "created at",
        },
        read_cells=line,
        key=("id",),
    ),
)
