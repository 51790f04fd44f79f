"""OKX's bills: what each type of line in its two ledgers means. Numbers and names are its documents' (D), what they
amount to is often their name alone (M). Files write the names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.readings.base import Kind
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
    MINING,
    OWN_ACCOUNTS,
    PAID,
    REBATE,
    REFERRAL,
    SET_RIGHT,
    STAKING,
    TAKEN_BACK,
    TRADED,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

CONVERSIONS_TELL = "The list of conversions tells both sides of this."
STRUCTURED = means(Kind.ADJUSTMENT, "structured")  # put into a product and taken out of it, in this coin or another
PROFIT = means(Kind.INCOME, "structured", went=Kind.LOST)
PEER = means(Kind.DEPOSIT, "p2p", went=Kind.WITHDRAWAL)
CONTRACTS = {"SWAP", "FUTURES", "OPTION"}


def each(meaning: Meaning, *numbers: int) -> dict[str, Meaning]:
    return {str(number): meaning for number in numbers}


# Of the trading account: by type, or by type and subtype.
TRADING: Mapping[str, Meaning] = {
    **each(TRADED, 2, 4, 5, 13, 14, 24, 30),  # of contracts, what they won or lost
    **each(CONTRACT, 3, 8, 9, 10, 32, 34),
    **each(CONVERTED, 11, 29),
    **each(DUST, 28),
    **each(LOAN, 15, 16, 22, 33),
    **each(STRUCTURED, 26),
    **each(FEES, 250, 251),  # a share of profits, for whose trades were copied
    "1": OWN_ACCOUNTS,
    "7": INTEREST,
    "12/372": AIRDROP,
    "12/374": AIRDROP,
    "381": INTEREST,
}
TRADING_LEFT_OUT: Mapping[str, str] = {"6": INTERNAL, "12": INTERNAL, "27": CONVERSIONS_TELL}
INTERESTS = {"381"}  # a subtype that says more than its type
TOGETHER = (CONVERTED, DUST, TRADED)  # without an order, both sides stand at the same moment (M)

# Of the funding account, by type. Left unknown, so that the owner is asked: SOL put into a token for it and back (329
# to 332), whose sides may stand far apart.
FUNDING: Mapping[str, Meaning] = {
    **each(MOVE, 1, 2, 125, 193, 195, 197),
    **each(TAKEN_BACK, 13, 54, 74, 196, 315),
    **each(OWN_ACCOUNTS, 20, 21, 22, 23, 284, 285, 286, 287, 361),
    **each(FEES, 84, 104, 105, 106, 107, 127, 128, 221, 222, 224, 347),
    **each(CONVERTED, 61, 135, 137, 138, 188, 272, 273),  # M that the list of conversions leaves the last two out
    **each(TRADED, 200),
    **each(AIRDROP, 28, 77, 181, 229),
    **each(BONUS, 48, 49, 50, 51, 88, 129, 145, 146, 153, 154, 155, 169, 182, 184, 185, 186, 189, 211, 333, 354),
    **each(REFERRAL, 150, 151, 152, 172, 183, 299),
    **each(REBATE, 68, 69, 156, 173, 233, 271, 300),
    **each(GIVEN, 52, 53, 72, 73, 313, 314),
    **each(STAKING, 83, 139, 147, 328, 350),
    **each(INTEREST, 89, 98, 99, 102, 103, 108, 109, 126, 232, 400),  # M for 400
    **each(INTEREST, 307, 308, 309, 343, 344, 346),
    **each(MINING, 85, 87),
    **each(LOAN, 95, 97, 176, 179, 216, 217, 218, 219, 345, 351),
    **each(STRUCTURED, 160, 161, 163, 202, 203, 205, 207, 208, 210, 225, 226, 228),
    **each(STRUCTURED, 240, 241, 243, 249, 250, 252),
    **each(PROFIT, 162, 204, 209, 227, 242, 251),
    **each(PEER, 116, 117, 118, 119, 120, 121, 122, 123),
    **each(PAID, 86, 174, 223, 263, 265, 266),
    **each(SET_RIGHT, 47, 110, 111, 112, 113, 114, 115, 132, 133, 134, 143, 157, 198, 199, 220, 230),
}
FUNDING_LEFT_OUT: Mapping[str, str] = {
    # To and from the trading account, or those it was made of; savings, staking and collateral are still the owner's.
    **dict.fromkeys(map(str, (18, 19, 33, 34, 37, 38, 55, 56, 59, 60, 62, 63, 130, 131, 144, 187, 288, 289)), INTERNAL),
    **dict.fromkeys(map(str, (75, 76, 78, 79, 80, 81, 82, 90, 91, 92, 93, 94, 96, 124)), INTERNAL),
    **dict.fromkeys(map(str, (175, 177, 178, 180, 212, 213, 214, 215)), INTERNAL),
    **dict.fromkeys(map(str, (304, 305, 306, 339, 340, 341, 342, 348, 349)), INTERNAL),
    **dict.fromkeys(map(str, (311, 372, 373)), INTERNAL),  # M: small remains moved along, coins held apart and released
    "136": CONVERSIONS_TELL,
}

ONE_OF = {"273": "272"}  # both sides of one exchange may have either type (M)


def trading_meaning(nature: str, sort: str = "", instrument: str = "") -> Meaning | None:
    """By type, subtype and kind of instrument. None: a type that is not known."""
    if sort in INTERESTS:
        return TRADING[sort]
    meaning = TRADING.get(f"{nature}/{sort}") or TRADING.get(nature)
    return CONTRACT if meaning is TRADED and instrument.upper() in CONTRACTS else meaning


def trading_why_not(nature: str, sort: str = "") -> str:
    return "" if f"{nature}/{sort}" in TRADING or sort in INTERESTS else TRADING_LEFT_OUT.get(nature, "")


def funding_meaning(nature: str) -> Meaning | None:
    """None: a type that is not known."""
    return FUNDING.get(nature)


def funding_why_not(nature: str) -> str:
    return FUNDING_LEFT_OUT.get(nature, "")
