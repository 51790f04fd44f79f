"""Gate.io's ledger, and its lists of trades, deposits and withdrawals. Times name no zone.

In the ledger the legs of one order share its number: what it takes when it is placed, gives back when it is called off,
and brings as it is filled (R).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ledger.imports.formats.base import (
    Cells,
    Format,
    Skip,
    Unreadable,
    by_side,
    done,
    moved,
    paid,
    reading,
    unknown,
)
from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.cells import MOVE, Meaning, means
from ledger.readings.telling import (
    AIRDROP,
    BONUS,
    CONTRACT,
    CONVERTED,
    DUST,
    FEES,
    GIVEN,
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

# D for the names of what may come; what they mean is M, but for those that R knows. What is lent stays the owner's.
WITHIN = re.compile(
    r".*transfer.*|(?!.*fee).*(subscri|redeem|redemption|lock).*|lend|lending-lent|collected|.*frozen.*|.*freeze.*"
)
PEER = Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "p2p")
TYPES: tuple[tuple[str, Meaning], ...] = (
    (r".*trad(e|ing) fees?.*", TRADED),  # one of the legs of its trade
    (r".*(c2c|p2p).*", PEER),
    (r".*(deposit bonus).*", BONUS),
    (r".*(deposit|withdraw).*|push.*", MOVE),
    (r".*dual c.*|.*liquidity (added|removed|rebalanced).*", means(Kind.ADJUSTMENT)),  # what comes back is no gain
    (r".*(convert|swap|exchange).*", CONVERTED),
    (r".*(dust|small balance).*", DUST),
    (r".*(order|trade|fill|buy|sell).*", TRADED),
    (r".*(staking|mining|hodl).*", STAKING),
    (r".*(interest|lend|earn|savings).*", INTEREST),
    (r".*(airdrop|distribut|fork|startup).*", AIRDROP),
    (r".*(referral|commission|invit).*", REFERRAL),
    (r".*rebate.*", REBATE),
    (r".*(bonus|reward|award|gift|voucher|points).*", BONUS),
    (r"donation|red packet.*", GIVEN),
    (r".*(pnl|funding|liquidat|settle|futures|contract).*", CONTRACT),
    (r".*(loan|borrow|repay|pledge|collateral).*", LOAN),
    (r".*fee.*", FEES),
    (r".*(adjust|correction|rolled back|rebasing|consolidation).*", means(Kind.ADJUSTMENT)),
)


def line(cells: Cells) -> Iterable[Reading] | Skip:
    what = cells.word("action").replace("_", " ")
    if WITHIN.fullmatch(what):
        return Skip(INTERNAL)
    known = next((meaning for pattern, meaning in TYPES if re.fullmatch(pattern, what)), None)
    if not known:
        raise unknown(cells.text("action"), cells.column("action"))
    change, action = cells.needed("change"), cells.text("data")
    kind = known.kind(change)
    leg = Leg(cells.asset("asset"), change, fee="fee" in what)
    event = f"gate:{action}" if action and (kind is Kind.TRADE or known is PEER) else ""
    return [reading(cells, cells.when(), kind, [leg], event=event, category=known.category, note=cells.text("action"))]


# --- lists --------------------------------------------------------------------------------------------------------


def trade(cells: Cells) -> Iterable[Reading]:
    """Each amount has its coin beside it. The fee may be paid in points, which are held as a coin is (R)."""
    base, _, quote = cells.text("pair").upper().replace("_", "/").partition("/")
    if not base or not quote:
        raise Unreadable(cells.column("pair"), "Does not name two coins. Please write it such as BTC/USDT.")
    amount, value = told(cells, "amount", base), told(cells, "total", quote)
    legs = [*by_side(cells)((base, amount), (quote, value)), *fee_of(cells, base, quote)]
    return [reading(cells, cells.when(), Kind.TRADE, legs)]


def told(cells: Cells, key: str, asset: str) -> Decimal:
    amount = cells.told(key, asset=asset).amount
    if amount is None:
        raise Unreadable(cells.column(key), "Has no amount. Please fill it in, or leave this line out.")
    return amount


def fee_of(cells: Cells, base: str, quote: str) -> list[Leg]:
    said = cells.text("fee").upper()
    coin = next((each for each in (base, quote) if said.endswith(f" {each}")), "")
    fee = cells.told("fee", asset=coin)
    if fee.amount and not fee.asset:
        raise Unreadable(cells.column("fee"), "Does not say of which coin it is. Please write it such as 0.1 USDT.")
    return [paid(fee.asset, fee.amount)] if fee.amount else []


def deposit(cells: Cells) -> Iterable[Reading] | Skip:
    return done(cells, "credited", "success", "done") or [moved(cells, comes=True, **on_chain(cells))]


def withdrawal(cells: Cells) -> Iterable[Reading] | Skip:
    """What arrives is without the fee, which is within the amount (R)."""
    skip = done(cells, "success", "done")
    return skip or [moved(cells, comes=False, fee=cells.amount("fee"), within=True, **on_chain(cells))]


def on_chain(cells: Cells) -> dict[str, Any]:
    return {"hash": cells.text("hash"), "address": cells.text("address"), "network": cells.text("network")}


FORMATS = (
    Format(
        name="gate",
        version=2,
        exchange="",
        title="Gate.io ledger",
        columns={
            "number": "no",
            "time": "time",
            "action": "action_desc",
            "data": "action_data",
            "asset": "type",
            "change": "change_amount",
            "amount": "amount",
            "total": "total",
        },
        read_cells=line,
        zone="",
        changing=("number",),
    ),
    Format(
        name="gate_trades",
        exchange="",
        title="Gate.io spot trades",
        columns={
            "number": "no",
            "time": "time",
            "side": "trade type",
            "role": "role",
            "pair": "market",
            "price": "deal price",
            "amount": "deal amount",
            "total": "total",
            "fee": "fee",
        },
        read_cells=trade,
        key=("number", "side"),
        zone="",
    ),
    Format(
        name="gate_deposits",
        exchange="",
        title="Gate.io deposits",
        columns={
            "id": "order id",
            "time": "time",
            "address": "address",
            "hash": "txid",
            "asset": "coin",
            "amount": "amount",
            "status": "status",
        },
        optional={"network": "network"},
        read_cells=deposit,
        key=("id",),
        zone="",
    ),
    Format(
        name="gate_withdrawals",
        exchange="",
        title="Gate.io withdrawals",
        columns={
            "id": "order id",
            "time": "time",
            "network": "network",
            "address": "address",
            "hash": "txid",
            "asset": "coin",
            "amount": "amount",
            "fee": "trading fee",
            "received": "amount received",
            "status": "status",
        },
        optional={"name": "address name"},
        read_cells=withdrawal,
        key=("id",),
        zone="",
    ),
)
