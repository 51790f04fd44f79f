"""Bybit's logs of changes: of the unified account, and two older ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import NOTHING, Cells, Format, Skip, meaning_of, reading, total
from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.bybit import trade_event
from ledger.readings.cells import MOVE, Meaning, means
from ledger.readings.telling import (
    AIRDROP,
    BONUS,
    CONTRACT,
    CONVERTED,
    FEES,
    INTEREST,
    INTERNAL,
    LOAN,
    REBATE,
    REFERRAL,
    STAKING,
    TRADED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

FILE = 2  # the API's ledger and fills are of the same events, and either is believed before the file
WITHIN = re.compile(r".*transfer.*|.*(subscription|redemption|stake principal).*|.*earn.*(deposit|redeem).*")
TYPES: tuple[tuple[str, Meaning], ...] = (
    (r"trade|spot.*trad.*|buy|sell|filled|.*order.*", TRADED),
    (r".*(deposit|withdraw).*", MOVE),
    (r".*(convert|exchange|coin swap).*|currency (buy|sell)", CONVERTED),
    (r".*(realised|realized|settlement|delivery|liquidation|funding|profit|loss|p&l|pnl).*", CONTRACT),
    (r".*airdrop.*", AIRDROP),
    (r".*staking.*|.*launchpool.*", STAKING),
    (r".*(interest|earn|yield|savings).*", INTEREST),
    (r".*(referral|commission|affiliate).*", REFERRAL),
    (r".*(rebate|refund).*", REBATE),
    (r".*(bonus|reward|prize|gift|coupon|cashback).*", BONUS),
    (r".*(loan|borrow|repay).*", LOAN),
    (r".*fee.*", FEES),
    (r".*(adjust|others?).*", means(Kind.ADJUSTMENT)),
)


def unified(cells: Cells) -> Iterable[Reading] | Skip:
    """Both sides of a trade in spot have one number; what a contract brings is a change by itself."""
    known = meaning_of(cells, TYPES, WITHIN)
    if known is None:
        return Skip(INTERNAL)
    asset, change, fee = cells.asset("asset"), cells.needed("change"), charged(cells)
    trade, contract = cells.text("trade"), cells.word("contract")
    spot = known is TRADED and (
        not contract or contract.startswith(asset.casefold()) or contract.endswith(asset.casefold())
    )
    told = known if spot or known is not TRADED else CONTRACT
    legs = [Leg(asset, total(change, fee.copy_negate())), Leg(asset, fee, fee=True)]
    at, order = cells.when(), cells.text("order")
    event = trade_event(order, trade) if spot and trade else ""
    if known is CONVERTED:  # both sides are lines of one second, and name no order
        event = f"bybit:{known.category}:{at:%Y-%m-%dT%H:%M:%S}"
    more = {"event": event, "category": told.category, "order": order, "rank": FILE}
    return [reading(cells, at, told.kind(change), legs, **more)]


def charged(cells: Cells) -> Decimal:
    """The fee as it is in the change: it fits the sum with one sign or the other, or is no part of it."""
    fee = cells.amount("fee")
    rest = total(cells.amount("flow"), cells.amount("funding"))
    return next((each for each in (fee, fee.copy_negate()) if total(rest, each) == cells.amount("change")), NOTHING)


def simple(cells: Cells) -> Iterable[Reading] | Skip:
    known = meaning_of(cells, TYPES, WITHIN)
    if known is None:
        return Skip(INTERNAL)
    amount, at = cells.needed("amount"), cells.when()
    joined = known in {TRADED, CONVERTED}
    event = f"bybit:{cells.word('description')}:{at:%Y-%m-%dT%H:%M:%S}" if joined else ""
    note = cells.text("description") or cells.text("type")
    leg = Leg(cells.asset("asset"), amount, fee=known.kind(amount) is Kind.FEE)
    return [reading(cells, at, known.kind(amount), [leg], event=event, category=known.category, note=note)]


FORMATS = (
    Format(
        name="bybit_unified",
        version=2,
        exchange="bybit",
        title="Bybit unified account log",
        columns={
            "time": r"time(\(utc.*\))?",
            "asset": "currency",
            "contract": "contract",
            "type": "type",
            "direction": "direction",
            "amount": "quantity",
            "price": "filled price",
            "funding": "funding",
            "fee": "fee paid",
            "flow": "cash flow",
            "change": "change",
            "trade": "trade id",
            "order": "order id",
        },
        optional={"uid": "uid", "position": "position", "balance": "wallet balance", "rate": "fee rate"},
        read_cells=unified,
        zone="",
    ),
    Format(
        name="bybit_assets",
        version=2,
        exchange="bybit",
        title="Bybit asset history",
        columns={
            "time": r"date ?& ?time ?\(utc.*\)",
            "asset": "coin",
            "amount": "qty",
            "type": "type",
            "balance": "account balance",
            "description": "description",
        },
        read_cells=simple,
    ),
    Format(
        name="bybit_history_old",
        exchange="bybit",
        title="Bybit asset history (older file)",
        columns={
            "type": "type",
            "asset": "coin",
            "amount": "amount",
            "balance": "wallet balance",
            "time": r"time ?\(utc.*\)",
        },
        read_cells=simple,
    ),
)
