"""Binance's statement: one line for each change of a balance, and no id that joins them. Those of one second and one
kind of operation are one happening, however many spends and buys it has. Operations get new names all the time: one
that is not known, and that moves something, fails with its name, so that nobody loses it unseen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, reading, unknown
from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.binance import SAME_COIN, plain
from ledger.readings.cells import MOVE, Meaning, means
from ledger.readings.okx_bills import STRUCTURED
from ledger.readings.telling import (
    AIRDROP,
    BONUS,
    CONTRACT,
    CONVERTED,
    DUST,
    FEES,
    GIVEN,
    INTEREST,
    LOAN,
    MINING,
    REBATE,
    REFERRAL,
    STAKING,
    TRADED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

P2P = Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "p2p")
CARD = means(Kind.ADJUSTMENT, "card", went=Kind.SPEND)
POOLED = means(Kind.TRADE, "liquidity")
STAKED = means(Kind.TRADE, "staking")
# The first pattern that fits the whole operation; what is joined by the second has the name of its group.
OPERATIONS: tuple[tuple[str, Meaning, str], ...] = (
    (r"small assets exchange.*|dust.*", DUST, "dust"),
    (r"convert fiat to .*", TRADED, "buy"),
    (r"((binance|futures) )?convert|.*otc.*|instant (buy|sell).*|.*auto-conversion", CONVERTED, "convert"),
    (r"leveraged? tokens? (purchase|subscription|redemption)", TRADED, "token"),
    (r"(eth 2\.0|sol) staking( withdrawals?)?|(?!.*reward).*(beth|bnsol).*(stak|wrap|redemp).*", STAKED, "stake"),
    (r"token swap.*|.*redenomination.*|.*rebranding.*|asset conversion.*|delist.*conver.*", CONVERTED, "swap"),
    (r"auto-invest transaction|buy crypto.*|sell crypto.*|(crypto )?buy with fiat.*|.*purchase with.*", TRADED, "buy"),
    (r"swap farming transaction|liquid(ity)? (swap|farming) (add|remove|sell).*", POOLED, "pool"),
    (r"(transaction )?fee", means(Kind.TRADE), "trade"),
    (r"strategy trading fee rebate", REBATE, ""),
    (r"buy|sell|transaction (related|buy|spend|sold|revenue|sell)|.*strategy.*trad.*|market order.*", TRADED, "trade"),
    (r"tax liquidation", TRADED, "trade"),
    (r"((fiat|crypto) )?(deposit|withdraw(al)?)|send|receive|transfer_(in|out)_external", MOVE, ""),
    (r"fiat ocbs - .*|deposit fiat ocbs", MOVE, ""),  # what a card paid in, a moment before it buys (R)
    (r"dual (investment|currency).*|launchpad subscri(be|ption)", STRUCTURED, ""),
    (r"p2p trading|c2c transfer|p2p.*", P2P, ""),
    (r".*card (spending|payment|refund).*|(binance )?pay(ment)?|merchant.*", CARD, ""),
    (r".*cash ?back.*|.*voucher.*|.*bonus.*|crypto box.*|.*gift.*|.*red packet.*", BONUS, ""),
    (r".*(commission|referr(al|er)).*", REFERRAL, ""),
    (r".*rebate.*|.*kickback.*|.*insurance fund.*|.*asset recovery.*", REBATE, ""),
    (r"savings? distribution|rwusd.*", INTEREST, ""),  # before what is given to holders
    (r"on-?chain yields.*(distribution|reward|interest).*|soft staking", STAKING, ""),
    (r"staking rewards? distribution", STAKING, ""),
    (r"pool distribution", MINING, ""),
    (r"mission reward.*|learn (&|and) earn.*", BONUS, ""),
    (r".*(airdrop|distribution|fork).*", AIRDROP, ""),
    (r".*(staking|launchpool|eth 2\.0|vault|megadrop|launchpad).*reward.*|.*launchpool interest", STAKING, ""),
    (r".*staking rewards?|.*locked rewards?|.*dot slot auction rewards|launchpool earnings.*", STAKING, ""),
    (r"(liquid swap|swap farming|liquidity farming) rewards?", STAKING, ""),
    (r".*(interest|flexible reward|saving reward|earn.*reward|rwusd|bfusd).*", INTEREST, ""),
    (r"campaign.*reward.*", BONUS, ""),
    (r".*\bmining\b.*", MINING, ""),
    (r".*liquidation - repayment", LOAN, ""),
    (r".*liquidation.*takeover", TRADED, "takeover"),  # what was pledged is sold, for whatever it brings
    (r".*liquidation.*fee", FEES, ""),
    (r".*(profit and loss|pnl).*|funding fee|.*liquidation.*|.*margin.*interest.*", CONTRACT, ""),
    (r".*(loan|borrow|repay|collateral).*", LOAN, ""),
    (r"nft.*", means(Kind.TRADE, "nft"), "nft"),
    (r".*donation.*|charity.*", GIVEN, ""),
    (r".*fee.*", FEES, ""),
)  # fmt: skip
# Between accounts of the same owner. What is put into a product of Binance's own is held all the same.
WITHIN = re.compile(
    r"transfer.*|.*transfer (between|from|to|in|out).*|.*sub-?account.*|.*unlock.*"
    r"|.*(main|spot|funding|futures|margin|options?).*transfer.*"
    r"|(?!dual |launchpad |.*(voucher|gift|box)).*(subscription|redemption|purchase|subscribe|redeem)"
)
# R: what holders were given stood under this name in old files, and the remark says so, in English or in Chinese.
HANDED = re.compile(r"(crypto|asset) - (asset )?transfer")
GIVEN_OUT = re.compile(r".*(airdrop|distribution|空投|分发).*", re.IGNORECASE)


def line(cells: Cells) -> Iterable[Reading] | Skip:
    operation, amount = cells.word("operation"), cells.needed("change")
    if not amount:
        return Skip("The change is nothing: no balance changed.")
    found = next(((meaning, group) for pattern, meaning, group in OPERATIONS if fits(pattern, operation)), None)
    if HANDED.fullmatch(operation) and amount > 0 and GIVEN_OUT.fullmatch(cells.text("remark")):
        found = AIRDROP, ""
    if WITHIN.fullmatch(operation) and (found is None or not found[1]):
        return Skip(SAME_COIN)
    if not found:
        raise unknown(cells.text("operation"), cells.column("operation"))
    at, (meaning, group) = cells.when(), found
    leg = Leg(plain(cells.asset("asset")), amount, fee=operation in {"fee", "transaction fee"})
    event = f"binance:{cells.word('account')}:{at:%Y-%m-%dT%H:%M:%S}:{group}" if group else ""
    note = " ".join(filter(None, (cells.text("operation"), cells.text("remark"))))
    return [reading(cells, at, meaning.kind(amount), [leg], event=event, category=meaning.category, note=note)]


def fits(pattern: str, operation: str) -> bool:
    return re.fullmatch(pattern, operation, re.IGNORECASE) is not None


FORMATS = (
    Format(
        name="binance_statement",
        version=4,
        exchange="binance",
        title="Binance transaction history (statement)",
        columns={
            "time": r"(utc_)?time(\(utc.*\))?",
            "account": "account",
            "operation": "operation",
            "asset": "coin",
            "change": "change",
        },
        optional={"user": "user[_ ]id", "remark": "remark"},
        read_cells=line,
        zone_named=True,
        zone="",  # newer files follow the account's setting, and then the column does not say UTC
    ),
)
