"""Gate.io's ledger. The legs of one trade share their action's number. Times name no zone."""

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

WITHIN = re.compile(r".*transfer.*|.*(subscri|redeem|redemption|lock|unlock).*|order (placed|cancel\w*)")
TYPES: tuple[tuple[str, Meaning], ...] = (
    (r".*trad(e|ing) fees?.*", TRADED),  # one of the legs of its trade
    (r".*(deposit|withdraw).*", MOVE),
    (r".*(convert|swap|exchange).*", CONVERTED),
    (r".*(dust|small balance).*", DUST),
    (r".*(order|trade|fill|buy|sell).*", TRADED),
    (r".*(staking|mining|hodl).*", STAKING),
    (r".*(interest|lend|earn|savings).*", INTEREST),
    (r".*(airdrop|distribut|fork|startup).*", AIRDROP),
    (r".*(referral|commission|invit).*", REFERRAL),
    (r".*rebate.*", REBATE),
    (r".*(bonus|reward|gift|voucher|points).*", BONUS),
    (r".*(pnl|funding|liquidat|settle|futures|contract).*", CONTRACT),
    (r".*(loan|borrow|repay).*", LOAN),
    (r".*fee.*", FEES),
    (r".*adjust.*", means(Kind.ADJUSTMENT)),
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
    event = f"gate:{action}" if action and kind is Kind.TRADE else ""
    return [reading(cells, cells.when(), kind, [leg], event=event, category=known.category, note=cells.text("action"))]


FORMATS = (
    Format(
        name="gate",
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
