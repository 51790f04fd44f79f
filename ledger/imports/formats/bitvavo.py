"""Bitvavo's transaction history, in the account's own time zone, which stands in a column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, Unreadable, less, more, paid, reading, total, unknown
from ledger.readings.base import Kind, Leg, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

IN_NAME = re.compile(r"([A-Z]{3,5}) received / paid", re.IGNORECASE)  # until 2023 (R)
DONE = {"completed", "distributed", ""}
TYPES: dict[str, tuple[Kind, Kind, str]] = {
    "deposit": (Kind.DEPOSIT, Kind.DEPOSIT, ""),
    "withdrawal": (Kind.DEPOSIT, Kind.WITHDRAWAL, ""),
    "withdrawal_cancelled": (Kind.DEPOSIT, Kind.WITHDRAWAL, "reversal"),
    "staking": (Kind.REWARD, Kind.ADJUSTMENT, "staking"),
    "fixed_staking": (Kind.REWARD, Kind.ADJUSTMENT, "staking"),
    "lending": (Kind.REWARD, Kind.ADJUSTMENT, "interest"),
    "affiliate": (Kind.REWARD, Kind.ADJUSTMENT, "referral"),
    "rebate": (Kind.REWARD, Kind.ADJUSTMENT, "rebate"),
    "distribution": (Kind.REWARD, Kind.ADJUSTMENT, "airdrop"),
    "airdrop": (Kind.REWARD, Kind.ADJUSTMENT, "airdrop"),
    "campaign_new_user_incentive": (Kind.REWARD, Kind.ADJUSTMENT, "bonus"),
    "internal_transfer": (Kind.DEPOSIT, Kind.WITHDRAWAL, "internal"),
    "external_transferred_funds": (Kind.DEPOSIT, Kind.WITHDRAWAL, ""),
    **dict.fromkeys(  # R: what is borrowed on margin, and what is pledged for it
        (
            "margin_loan_borrow",
            "margin_loan_repay",
            "margin_loan_collateral_deposit",
            "margin_loan_collateral_return",
        ),
        (Kind.ADJUSTMENT, Kind.ADJUSTMENT, "loan"),
    ),
    # D for the names; what they mean is M. What Bitvavo assigns by hand sets something right.
    "loan": (Kind.ADJUSTMENT, Kind.ADJUSTMENT, "loan"),
    "manually_assigned": (Kind.ADJUSTMENT, Kind.ADJUSTMENT, ""),
    "manually_assigned_bitvavo": (Kind.ADJUSTMENT, Kind.ADJUSTMENT, ""),
}


def line(cells: Cells) -> Iterable[Reading] | Skip:
    what, status = cells.word("type"), cells.word("status")
    if status not in DONE:
        return Skip(f"Not completed: Bitvavo says “{cells.text('status')}”.")
    at = cells.when()
    if what in {"buy", "sell"}:
        return [reading(cells, at, Kind.TRADE, trade(cells, buys=what == "buy"))]
    if what not in TYPES:
        raise unknown(cells.text("type"), cells.column("type"))
    amount = cells.needed("amount")
    came, went, category = TYPES[what]
    legs = movement(cells, amount)
    return [reading(cells, at, came if amount > 0 else went, legs, category=category, address=cells.text("address"))]


def trade(cells: Cells, *, buys: bool) -> Iterable[Leg]:
    """What was paid is with the fee, what was got without; a fee in the coin is likewise within the coin's amount."""
    named = IN_NAME.fullmatch(cells.column("paid_amount"))
    coin, money = cells.asset("asset"), named[1].upper() if named else cells.asset("paid_currency")
    amount, price = more(cells.needed("amount")), more(cells.needed("paid_amount"))
    fee, fee_asset = more(cells.amount("fee")), cells.text("fee_currency")
    if fee and fee_asset == money:
        price = total(price, less(fee) if buys else fee)
    elif fee and fee_asset == coin:
        amount = total(amount, fee if buys else less(fee))
    elif fee and not fee_asset:
        raise Unreadable(cells.column("fee_currency"), "Does not say in what the fee was paid. Please fill it in.")
    yield Leg(coin, amount if buys else less(amount))
    yield Leg(money, less(price) if buys else price)
    yield paid(fee_asset, fee)


def movement(cells: Cells, amount: Decimal) -> Iterable[Leg]:
    """What left is with its fee. A fee that is more than all that left is none that can be true."""
    asset, fee = cells.asset("asset"), more(cells.amount("fee"))
    within = amount < 0 and fee < more(amount) and cells.text("fee_currency") in {"", asset}
    if not fee or (amount < 0 and not within):
        return [Leg(asset, amount)]
    if within:
        return [Leg(asset, total(amount, fee)), paid(asset, fee)]
    return [Leg(asset, amount), paid(cells.text("fee_currency") or asset, fee)]


FORMATS = (
    Format(
        name="bitvavo",
        version=4,
        exchange="",
        title="Bitvavo transactions",
        columns={
            "date": "date",
            "time": "time",
            "type": "type",
            "asset": "currency",
            "amount": "amount",
            "paid_amount": "([A-Z]{3,5} received / paid|received / paid amount)",
            "fee_currency": "fee currency",
            "fee": "fee amount",
            "status": "status",
        },
        optional={
            "zone": "time ?zone",
            "paid_currency": "received / paid currency",
            "quote": "quote currency",
            "price": r"quote price|price \([A-Z]{3,5}\)",
            "id": "transaction id",
            "address": "address",
        },
        read_cells=line,
        key=("id",),
        clock=("date", "time"),
        zone="",
        zone_in="zone",
    ),
)
