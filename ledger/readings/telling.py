"""What readers of exchanges with several lists share: readings that say the same in the same words, and the meanings
that come back everywhere. `cells` takes fields out of rows; this puts readings together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.cells import NOTHING_MOVED, Meaning, means, moved, name_of, plus
from ledger.readings.numbers import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from ledger.readings.base import Row

INTERNAL = "Moved between places of this account: what you hold stays the same."
ON_ITS_WAY = "On its way: it counts once it has arrived."
CALLED_OFF = "Called off: nothing was moved."
# Left out although they may have moved something that nobody else tells: what they say is too little to know.
BETWEEN_OWN = "Between two accounts of yours here: the row does not say which of them this one is."
SENT_WITHIN = "Sent within the exchange: its ledger tells it, as far back as that reaches."
UNSURE = (BETWEEN_OWN, SENT_WITHIN)

TRADED = means(Kind.TRADE)
CONVERTED = means(Kind.TRADE, "conversion")
DUST = means(Kind.TRADE, "dust")
FEES = means(Kind.FEE)
REBATE = means(Kind.REWARD, "rebate", went=Kind.FEE)
REWARDED = means(Kind.REWARD, went=Kind.ADJUSTMENT)  # what goes is taken back
BONUS = means(Kind.REWARD, "bonus", went=Kind.ADJUSTMENT)
AIRDROP = means(Kind.REWARD, "airdrop", went=Kind.ADJUSTMENT)
STAKING = means(Kind.REWARD, "staking", went=Kind.ADJUSTMENT)
REFERRAL = means(Kind.REWARD, "referral", went=Kind.ADJUSTMENT)
MINING = means(Kind.INCOME, "mining", went=Kind.FEE)
INTEREST = means(Kind.REWARD, "interest", went=Kind.FEE)  # earned by lending, or paid for what was borrowed
LOAN = means(Kind.ADJUSTMENT, "loan")
# What a contract won is income. What it lost is gone for nothing, which no sale is and no fee.
CONTRACT = means(Kind.INCOME, "futures", went=Kind.LOST)
GIVEN = means(Kind.GIFT)
PAID = means(Kind.INCOME, went=Kind.SPEND)
OWN_ACCOUNTS = means(Kind.TRANSFER, "internal")  # to and from another account of the same person
SET_RIGHT = means(Kind.ADJUSTMENT)
TAKEN_BACK = means(Kind.ADJUSTMENT, "reversal")


def parts(raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of objects, whatever stands there."""
    value = raw.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def minus(number: Decimal) -> Decimal:
    """To the last digit: the sign alone would round."""
    return number.copy_negate()


def legs(*told: Leg) -> tuple[Leg, ...]:
    """Those that moved something. An amount of nobody knows what is no movement."""
    found = moved(*told)
    if not all(leg.asset for leg in found):
        raise ValueError(told)
    return found


def change(symbol: str, number: Decimal, fee: Decimal) -> tuple[Leg, ...]:
    """By how much a balance changed, a fee that was paid included, as the two that it is made of."""
    return legs(Leg(symbol, plus(number, fee)), Leg(symbol, minus(fee), fee=True))


def told(row: Row, kind: Kind, movements: tuple[Leg, ...], *, event: str = "", **details: Any) -> Reading:
    if not movements:
        return left_out(row, NOTHING_MOVED, event=event, **details)
    return Reading(name_of(row), event or name_of(row), row.at, kind, movements, **details)


def meant(
    row: Row, meaning: Meaning, symbol: str, number: Decimal, *, fee: Decimal = NOTHING, **details: Any
) -> Reading:
    """A row that changed one balance, by what its type means; a fee that is told beside is a part of the change."""
    kind = meaning.kind(number)
    paid = (Leg(symbol, number, fee=True),) if kind is Kind.FEE else ()
    return told(row, kind, legs(*paid) or change(symbol, number, fee), **{"category": meaning.category, **details})


def left_out(row: Row, why: str, *, event: str = "", **details: Any) -> Reading:
    """Nothing of this row counts. What else it says is kept, for whoever looks for its other end."""
    return Reading(name_of(row), event or name_of(row), row.at, Kind.TRANSFER, skip=why, **details)
