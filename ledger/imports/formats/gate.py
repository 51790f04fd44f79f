"""Gate.io's ledger. The legs of one order share its number: what it takes when it is placed, gives back when it is
called off, and brings as it is filled (R). Times name no zone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, reading, unknown
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
)
