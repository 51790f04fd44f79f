"""OKX's trading and funding history. Their times follow the account's setting, so the zone is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import NOTHING, Cells, Format, Skip, less, meaning_of, reading, total
from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.cells import MOVE, Meaning, means
from ledger.readings.okx_bills import PEER, PROFIT, STRUCTURED
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
    PAID,
    REBATE,
    REFERRAL,
    STAKING,
    TRADED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

WITHIN = re.compile(
    r".*transfer.*|.*(from|to) (trading|funding|unified|spot|margin|futures|sub-?).*account.*"
    r"|.*(savings?|earn|staking|stake|flexible|defi).*(subscription|purchase|redemption|redeem|subscribe)"
    r"|(purchase|subscribe|redeem|redemption|stake|unstake)\b.*"
    r"|jumpstart (subscri|lock|unlock).*|.*collateral.*"
)
TYPES: tuple[tuple[str, Meaning], ...] = (
    (r"buy|sell|.*(open|close) (long|short).*", TRADED),
    # As the API's bills are read, by their names (M).
    (r".*(dual investment|shark fin|seagull|snowball).*profit.*", PROFIT),
    (r".*(dual investment|shark fin|seagull|snowball).*", STRUCTURED),
    (r"jumpstart pay.*", PAID),
    (r"token (received|given away)", GIVEN),
    (r"\W?fiat\W? .*order.*", PEER),
    (r"deposit.*|withdraw.*|.*(deposit|withdrawal)|card payment.*", MOVE),
    (r".*(convert|conversion|flash).*", CONVERTED),
    (r".*(dust|small assets).*", DUST),
    (r".*(stak|mining).*(reward|payout|income|yield|interest|rebate)?.*", STAKING),
    (r".*(interest|savings|earn|lending).*", INTEREST),
    (r".*airdrop.*|.*distribut.*|.*fork.*|.*from activity.*", AIRDROP),
    (r".*(referral|invit|commission).*", REFERRAL),
    (r".*rebate.*", REBATE),
    (r".*(bonus|reward|bounty|coupon|voucher|gift|lucky|campaign|event).*", BONUS),
    (r".*red packet.*", GIVEN),
    (r".*(funding fee|liquidation|delivery|settle|clawback|realized).*", CONTRACT),
    (r".*(loan|borrow|repay).*", LOAN),
    (r".*(p2p|c2c).*", PEER),
    (r".*fee.*", FEES),
    (r".*adjustment.*|other.*", means(Kind.ADJUSTMENT)),
)


def trading(cells: Cells) -> Iterable[Reading] | Skip:
    """Each line changes one balance; a fee, below nought where it was charged, is in that change already."""
    known = meaning_of(cells, TYPES, WITHIN)
    if known is None:
        return Skip(INTERNAL)
    asset, change = cells.asset("change_unit"), cells.needed("change")
    fee = cells.amount("fee") if cells.text("fee_unit") in {"", asset} else NOTHING  # another line's, in its own coin
    order = cells.text("order") or cells.text("id")
    spot = known is TRADED and cells.word("trade_type") in {"", "spot", "margin"}
    told = known if spot or known is not TRADED else CONTRACT
    legs = [Leg(asset, total(change, fee.copy_negate())), Leg(asset, fee, fee=True)]
    at = cells.when()
    event = f"okx:{order}" if known is TRADED and order else moment_event(at, known)
    return [reading(cells, at, told.kind(change), legs, event=event, category=told.category, order=cells.text("order"))]


def moment_event(at: datetime, known: Meaning) -> str:
    """Both sides of a conversion are lines of one second, and name no order."""
    return f"okx:{known.category}:{at:%Y-%m-%dT%H:%M:%S}" if known in {CONVERTED, DUST} else ""


def funding(cells: Cells) -> Iterable[Reading] | Skip:
    """A fee comes on top, unless the balance says that the amount is all that left (M)."""
    known = meaning_of(cells, TYPES, WITHIN)
    if known is None:
        return Skip(INTERNAL)
    asset, amount, fee = cells.asset("asset"), cells.needed("amount"), less(cells.amount("fee"))
    within = total(cells.amount("after"), cells.amount("before").copy_negate()) == amount
    legs = [Leg(asset, total(amount, fee.copy_negate()) if within else amount), Leg(asset, fee, fee=True)]
    note = cells.text("type")
    return [reading(cells, cells.when(), known.kind(amount), legs, category=known.category, note=note)]


FORMATS = (
    Format(
        name="okx_trading",
        version=4,
        exchange="okx",
        title="OKX trading history",
        columns={
            "id": "id",
            "order": "order ?id",
            "time": "time.*",
            "trade_type": "trade type",
            "pair": "instrument|symbol",
            "type": "type|action",
            "amount": "amount",
            "fee": "fee",
            "change": "balance change",
            "change_unit": "unit 2|balance unit",
        },
        optional={
            "unit": "unit|trading unit",
            "profit": "pl|pnl",
            "position": "position change",
            "position_balance": "position balance",
            "balance": "balance",
            "price": "filled price",
            "fee_unit": "fee unit",
        },
        read_cells=trading,
        key=("id", "type", "change_unit"),
        zone="",
    ),
    Format(
        name="okx_funding",
        version=4,
        exchange="okx",
        title="OKX funding history",
        columns={
            "id": "id",
            "time": "time.*",
            "type": "type",
            "amount": "amount",
            "before": "before balance",
            "after": "after balance",
            "asset": "symbol",
        },
        optional={"fee": "fee"},
        read_cells=funding,
        key=("id",),
        list="funding",
        zone="",
    ),
)
