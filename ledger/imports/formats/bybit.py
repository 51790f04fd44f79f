"""Bybit's logs of changes: of the unified account, of the funding account, and an older one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import (
    NOTHING,
    Cells,
    Format,
    Skip,
    Unreadable,
    by_side,
    less,
    meaning_of,
    more,
    product,
    reading,
    total,
)
from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.bybit import sides_of, trade_event
from ledger.readings.bybit_types import AT_ONE_MOMENT, DUAL, EARNING, PEER, UNIFIED, funding_meaning, unified_why_not
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
    (r".*(convert|exchange|coin swap|smallbalance).*|currency (buy|sell)", CONVERTED),
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
HELD_IN_EARN = re.compile(r".*(subscription|redemption|auto-earn).*")


def unified(cells: Cells) -> Iterable[Reading] | Skip:
    """Both sides of a trade in spot have one number, or else one second; what a contract brings is by itself."""
    nature = cells.word("type").replace(" ", "_").upper()
    is_within = unified_why_not(nature) == INTERNAL
    known = None if is_within else UNIFIED.get(nature) or meaning_of(cells, TYPES, WITHIN)
    if known is None:
        return Skip(INTERNAL)
    asset, change, fee = cells.asset("asset"), cells.needed("change"), charged(cells)
    at, order = cells.when(), cells.text("order")
    spot = known is TRADED and is_spot(cells, asset)
    told = known if spot or known is not TRADED else CONTRACT
    legs = [Leg(asset, total(change, fee.copy_negate())), Leg(asset, fee, fee=True)]
    together = AT_ONE_MOMENT.get(nature, "") or ("conversion" if known is CONVERTED else "")
    if spot and not together:
        event = trade_event(order, cells.text("trade")) or f"bybit:{cells.word('contract')}:{at:%Y-%m-%dT%H:%M:%S}"
    else:  # both sides are lines of one second, and name no order
        event = f"bybit:{together}:{at:%Y-%m-%dT%H:%M:%S}" if together else ""
    more = {"event": event, "category": told.category, "order": order, "rank": FILE}
    return [reading(cells, at, told.kind(change), legs, **more)]


def is_spot(cells: Cells, asset: str) -> bool:
    """Contracts are called as markets are: BTCUSDT. What flows in spot is the amount or its price, and never so where
    a position is opened, which moves a fee, or closed, which brings what it won (R).
    """
    if any(cells.word(key).startswith(("open", "close")) for key in ("direction", "action")):
        return False
    contract, coin = cells.word("contract"), asset.casefold()
    if contract and not (contract.startswith(coin) or contract.endswith(coin)):
        return False
    amount, flow = more(cells.amount("amount")), more(cells.amount("flow"))
    if not contract or not amount:
        return True
    return bool(flow) and any(near(flow, each) for each in (amount, product(amount, more(cells.amount("price")))))


def near(one: Decimal, other: Decimal) -> bool:
    """But for rounding."""
    return more(total(one, less(other))) * 1000 <= other


def charged(cells: Cells) -> Decimal:
    """The fee as it is in the change: it fits the sum with one sign or the other, or is no part of it."""
    fee = cells.amount("fee")
    rest = total(cells.amount("flow"), cells.amount("funding"))
    return next((each for each in (fee, fee.copy_negate()) if total(rest, each) == cells.amount("change")), NOTHING)


def simple(cells: Cells) -> Iterable[Reading] | Skip:
    known = meaning_of(cells, TYPES, WITHIN)
    return Skip(INTERNAL) if known is None else one_side(cells, known)


def funds(cells: Cells) -> Iterable[Reading] | Skip:
    """What it was, the description says where the type says only where it belongs: “Earn”, “Fiat”, “Bybit Card” (R)."""
    nature, said = cells.word("type"), cells.word("description")
    if said in {"deposit", "withdrawal", "withdraw"}:
        return one_side(cells, PEER if nature == "fiat" else MOVE)
    if nature == "fiat":
        return one_side(cells, PEER)
    if "card" in nature and cells.asset("asset") == "USD":
        return Skip("What the card took, in dollars: another line says in which coin.")
    if DUAL in nature:
        found = funding_meaning(nature, said, coming=cells.needed("amount") > 0)
    elif any(each in nature for each in EARNING) or HELD_IN_EARN.fullmatch(said):
        found = funding_meaning("earn", said, coming=cells.needed("amount") > 0)
    elif "card" in nature:
        found = funding_meaning(nature, said)
    else:
        found = meaning_of(cells, TYPES, WITHIN) or INTERNAL
    return Skip(found or INTERNAL) if found is None or isinstance(found, str) else one_side(cells, found)


def one_side(cells: Cells, known: Meaning) -> Iterable[Reading]:
    amount, at = cells.needed("amount"), cells.when()
    joined = known in {TRADED, CONVERTED}
    event = f"bybit:{cells.word('description')}:{at:%Y-%m-%dT%H:%M:%S}" if joined else ""
    note = cells.text("description") or cells.text("type")
    leg = Leg(cells.asset("asset"), amount, fee=known.kind(amount) is Kind.FEE)
    return [reading(cells, at, known.kind(amount), [leg], event=event, category=known.category, note=note)]


def spot_fill(cells: Cells) -> Iterable[Reading]:
    """Where no coin is named, a fee is taken of what was got (R)."""
    base, _, quote = cells.text("pair").upper().replace("-", "/").partition("/")
    found = (base, quote) if quote else sides_of(base)
    if not found:
        raise Unreadable(cells.column("pair"), "Does not name two coins. Please write it such as BTC/USDT.")
    way = by_side(cells)
    legs = way((found[0], cells.needed("amount")), (found[1], cells.needed("total")))
    got = cells.text("fee_asset").strip("-") or legs[1].asset
    fee = cells.amount("fee_of_coin") or cells.amount("fee")
    order = cells.text("order")
    event = trade_event(order, cells.text("trade"))
    movements = [*legs, Leg(got, fee.copy_negate(), fee=True)]
    return [reading(cells, cells.when(), Kind.TRADE, movements, event=event, order=order, rank=FILE + 1)]


FORMATS = (
    Format(
        name="bybit_unified",
        version=4,
        exchange="bybit",
        title="Bybit unified account log",
        columns={
            "time": r"(traded)?time(\(utc.*\))?",
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
        },
        optional={
            "uid": "uid",
            "position": "position",
            "balance": "wallet balance",
            "rate": "fee rate",
            "trade": "trade ?id",
            "order": "order ?id",
            "action": "action",  # in newer files, which name neither trade nor order
        },
        read_cells=unified,
        zone="",
    ),
    Format(
        name="bybit_spot_fills",
        exchange="bybit",
        title="Bybit spot trades",
        columns={
            "pair": "spot pairs",
            "kind": "order type",
            "side": "direction",
            "total": "filled value",
            "price": "filled price",
            "amount": "filled quantity",
            "fee": "fees",
            "trade": "transaction id",
            "order": r"order no\.?",
            "time": r"timestamp ?\(utc.*\)",
        },
        optional={"uid": "uid", "fee_asset": "fee ?coin", "fee_of_coin": "execfeev2", "local": "filled time.*"},
        read_cells=spot_fill,
        seconds=False,  # some files have none
    ),
    Format(
        name="bybit_assets",
        version=4,
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
        optional={"uid": "uid"},
        read_cells=funds,
    ),
    Format(
        name="bybit_history_old",
        version=2,
        exchange="bybit",
        title="Bybit asset history (older file)",
        columns={
            "type": "type",
            "asset": "coin",
            "amount": "amount",
            "balance": "wallet balance",
            "time": r"time ?\(utc.*\)",
        },
        optional={"uid": "uid"},
        read_cells=simple,
    ),
)
