"""Bybit's types: what a line of either ledger means. Those of the unified account are its documents' (D), those of the
funding account are words that are documented nowhere (R: seen in other people's records; the rest M).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.readings.base import Kind
from ledger.readings.cells import Meaning, means
from ledger.readings.telling import (
    AIRDROP,
    BONUS,
    CONTRACT,
    FEES,
    GIVEN,
    INTEREST,
    INTERNAL,
    LOAN,
    OWN_ACCOUNTS,
    PAID,
    REBATE,
    REFERRAL,
    REWARDED,
    SET_RIGHT,
    STAKING,
    TAKEN_BACK,
    TRADED,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

CONVERSIONS_TELL = "The lists of conversions tell both sides of this."
MOVEMENTS_TELL = "The list of deposits or withdrawals tells this, with its transaction."
PEER = means(Kind.DEPOSIT, "p2p", went=Kind.WITHDRAWAL)
CARD = means(Kind.INCOME, "card", went=Kind.SPEND)
PREMARKET = means(Kind.ADJUSTMENT, "premarket")
STRUCTURED = means(Kind.ADJUSTMENT, "structured")  # put into a product and taken out of it, in this coin or another

UNIFIED: Mapping[str, Meaning] = {
    "TRADE": TRADED,  # of contracts, what they won or lost
    **dict.fromkeys(("SETTLEMENT", "DELIVERY", "LIQUIDATION", "ADL"), CONTRACT),
    "AIRDROP": AIRDROP,
    **dict.fromkeys(("BONUS", "BONUS_RECOLLECT"), BONUS),
    "FEE_REFUND": REBATE,
    **dict.fromkeys(
        ("INTEREST", "INTEREST_REPAYMENT_INS_LOAN", "AUTO_INTEREST_REPAYMENT_INS_LOAN", "INTEREST_REPAYMENT_SECURED"),
        INTEREST,
    ),
    **dict.fromkeys(("INSTITUTION_PAYBACK_INTEREST_OUT", "INSTITUTION_LIQ_INTEREST_OUT"), INTEREST),
    **dict.fromkeys(
        ("BORROWED_AMOUNT_INS_LOAN", "PRINCIPLE_REPAYMENT_INS_LOAN", "AUTO_PRINCIPLE_REPAYMENT_INS_LOAN"), LOAN
    ),
    **dict.fromkeys(("BORROW", "REPAY", "FLOATING_TO_FIXED_BORROW", "FLOATING_TO_FIXED_REPAY"), LOAN),
    **dict.fromkeys(("LOANS_BORROW_FUNDS", "LOANS_PLEDGE_ASSET"), LOAN),
    **dict.fromkeys(
        ("INSTITUTION_LOAN_IN", "INSTITUTION_PAYBACK_PRINCIPAL_OUT", "INSTITUTION_LIQ_PRINCIPAL_OUT"), LOAN
    ),
    **dict.fromkeys(("INSTITUTION_LOAN_RESERVE_IN", "INSTITUTION_LOAN_RESERVE_OUT"), LOAN),
    **dict.fromkeys(("AUTO_SOLD_COLLATERAL_INS_LOAN", "AUTO_BUY_LIABILITY_INS_LOAN"), TRADED),
    **dict.fromkeys(("INSTITUTION_EXCHANGE_SELL", "INSTITUTION_EXCHANGE_BUY"), TRADED),
    **dict.fromkeys(("SPOT_REPAYMENT_SELL", "SPOT_REPAYMENT_BUY"), TRADED),
    **dict.fromkeys(("TOKENS_SUBSCRIPTION", "TOKENS_REDEMPTION"), TRADED),
    **dict.fromkeys(("TRANSFER_IN_INS_LOAN", "TRANSFER_OUT_INS_LOAN"), OWN_ACCOUNTS),
    **dict.fromkeys(
        ("INSTITUTION_LOAN_TRANSFER_IN", "INSTITUTION_LOAN_TRANSFER_OUT", "INSTITUTION_LOAN_WITHOUT_WITHDRAW"),
        OWN_ACCOUNTS,
    ),
    "AUTO_DEDUCTION": SET_RIGHT,
    **dict.fromkeys(
        (
            "PREMARKET_TRANSFER_OUT",
            "PREMARKET_DELIVERY_SELL_NEW_COIN",
            "PREMARKET_DELIVERY_BUY_NEW_COIN",
            "PREMARKET_DELIVERY_PLEDGE_PAY_SELLER",
            "PREMARKET_DELIVERY_PLEDGE_BACK",
            "PREMARKET_ROLLBACK_PLEDGE_BACK",
            "PREMARKET_ROLLBACK_PLEDGE_PENALTY_TO_BUYER",
        ),
        PREMARKET,
    ),
    **dict.fromkeys(("SPREAD_FEE_OUT", "BROKER_ABACCOUNT_FEE"), FEES),
    **dict.fromkeys(("CUSTODY_NETWORK_FEE", "CUSTODY_SETTLE_FEE"), FEES),
}
# D: each is put in from here (subscription), and comes back when it is called for (redemption) or when it could not be
# put in (refund). All three count for nothing, as in the funding account's ledger: what one of them left out and
# another counted would be gained or lost. M: that what comes back is the same coin.
PRODUCTS = (
    *("FLEXIBLE_STAKING", "FIXED_STAKING", "ONCHAINEARN", "DEFI_INVESTMENT", "STRUCTURE_PRODUCT", "LIQUIDITY_MINING"),
    *("PWM", "CLASSIC_WEALTH_MANAGEMENT", "PREMIMUM_WEALTH_MANAGEMENT", "PREMIUM_WEALTH_MANAGEMENT"),  # sic
)
# A currency is bought and sold also when what was borrowed is settled (D): no list tells that, and it is left out too.
UNIFIED_LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(("CURRENCY_BUY", "CURRENCY_SELL"), CONVERSIONS_TELL),
    **dict.fromkeys(("TRANSFER_IN", "TRANSFER_OUT"), INTERNAL),
    **{f"{each}_{step}": INTERNAL for each in PRODUCTS for step in ("SUBSCRIPTION", "REDEMPTION", "REFUND")},
    **dict.fromkeys(("CUSTODY_LOCK", "CUSTODY_UNLOCK", "CUSTODY_UNLOCK_REFUND"), INTERNAL),  # M: held for the owner
}
# Both sides of one order, which these lines do not name, stand at one moment (M).
AT_ONE_MOMENT: Mapping[str, str] = {
    **dict.fromkeys(("SPOT_REPAYMENT_SELL", "SPOT_REPAYMENT_BUY"), "repayment"),
    **dict.fromkeys(("TOKENS_SUBSCRIPTION", "TOKENS_REDEMPTION"), "tokens"),
    **dict.fromkeys(("AUTO_SOLD_COLLATERAL_INS_LOAN", "AUTO_BUY_LIABILITY_INS_LOAN"), "collateral"),
    **dict.fromkeys(("INSTITUTION_EXCHANGE_SELL", "INSTITUTION_EXCHANGE_BUY"), "collateral"),
}
CONTRACTS = {"linear", "inverse", "option"}

# Words that a line of the funding account may hold, in its type or its description; the first that does decides.
FUNDING: tuple[tuple[str, Meaning], ...] = (
    ("airdrop", AIRDROP),
    ("referral", REFERRAL),
    ("commission", REFERRAL),
    ("affiliate", REFERRAL),
    ("cashback", REBATE),
    ("rebate", REBATE),
    ("bonus", BONUS),
    ("launchpool", STAKING),
    ("reward", REWARDED),
    ("prize", REWARDED),
    ("gift", GIVEN),
    ("red packet", GIVEN),
    ("card", CARD),
    ("p2p", PEER),
    ("fiat", PEER),
    ("interest", INTEREST),
    ("loan", LOAN),
    ("refund", TAKEN_BACK),
    ("fee", FEES),
    ("pay", PAID),
)
DUAL = "dual asset"  # may be paid out in the other coin, so what comes back is not what was put in (M)
EARNING = ("earn", "saving", "staking", "launchpool", "liquidity mining")
# Of what comes from Earn, only these are gains: the rest is what was put in before.
GAINS = (("interest", INTEREST), ("staking", STAKING), ("yield", STAKING), ("reward", REWARDED), ("bonus", BONUS))
MOVEMENTS = {"deposit", "withdraw", "withdrawal"}
SUB_ACCOUNTS = ("sub-account", "subaccount", "sub account")


def unified_meaning(nature: str, category: str = "") -> Meaning | None:
    """By type and product. None: a type that is not known."""
    meaning = UNIFIED.get(nature.upper())
    return CONTRACT if meaning is TRADED and category.lower() in CONTRACTS else meaning


def unified_why_not(nature: str) -> str:
    return UNIFIED_LEFT_OUT.get(nature.upper(), "")


def funding_meaning(nature: str, description: str = "", *, coming: bool = True) -> Meaning | str | None:
    """By type, description and direction; words where it counts for nothing. None: a type that is not known."""
    said = f"{nature} {description}".lower()
    if nature.lower().strip() in MOVEMENTS:
        return MOVEMENTS_TELL
    if "transfer" in said:
        return OWN_ACCOUNTS if any(each in said for each in SUB_ACCOUNTS) else INTERNAL
    if "convert" in said or "exchange" in nature.lower():
        return CONVERSIONS_TELL
    if DUAL in said:
        gain = earning(description.lower(), coming=coming) if description else INTERNAL
        return STRUCTURED if gain is INTERNAL else gain
    if any(each in nature.lower() for each in EARNING):
        return earning(description.lower(), coming=coming)
    return next((meaning for each, meaning in FUNDING if each in said), None)


def earning(description: str, *, coming: bool) -> Meaning | str:
    """What was put in and comes back is the owner's all along. Of what nobody describes (M), all that comes is gain."""
    if not coming:
        return INTERNAL
    if not description:
        return REWARDED
    return next((meaning for each, meaning in GAINS if each in description and "redem" not in description), INTERNAL)
