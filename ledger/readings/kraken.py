"""Kraken: the ledger is believed, the list of trades adds the order and stands in where the ledger is missing.

Kraken's own files (`ledgers.csv`, `trades.csv`) have the names of the API for their columns, so they are read by the
same functions. Sources are named as in the connector: D documents, R other people's working code, M memory.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.cells import (
    MOVE,
    NOTHING_MOVED,
    Meaning,
    amount,
    asset,
    came,
    means,
    moved,
    paid,
    read_by,
    text,
    went,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from ledger.readings.base import Row

VERSION = 2

NOT_SETTLED = "Kraken gave this line no id: it was announced and not settled, or it failed."
SAME_COIN = "Moved between places inside Kraken. It is the same coin, and no balance changed."
MARGIN_TRADE = "A trade on margin: what it changed stands in the ledger."
NO_PAIR = "The two sides of this market could not be told apart."

# --- assets -------------------------------------------------------------------------------------------------------

# What the API calls these; newer files, and names with a suffix, leave the first letter out or use everybody's name.
OLDEST = {
    **{name: f"X{name}" for name in ("ETC", "ETH", "ICN", "LTC", "MLN", "NMC", "REP", "XBT", "XDG", "XLM", "XMR")},
    **{name: f"X{name}" for name in ("XRP", "XVN", "ZEC")},
    **{name: f"Z{name}" for name in ("AUD", "CAD", "EUR", "GBP", "JPY", "KRW", "USD")},
    "BTC": "XXBT",
    "DOGE": "XXDG",
    "ETH2": "XETH",  # staked before it could be taken out again, one for one
}
CODES = frozenset(OLDEST.values())
# Staked, bonded for so many days, flexible, on hold: the same coin in another place (D: .B .F .M .S; R: .P and .HOLD).
# D: .T are tokens of their own, and keep their name.
PLACE = re.compile(r"(?P<coin>.+?)(?P<days>03|04|07|14|21|28)?\.(?P<place>S|M|P|B|F|HOLD)")


def plain(symbol: str) -> str:
    """Kraken's code of the coin itself, wherever in Kraken it lies: XBT.M and BTC are XXBT, DOT28.S is DOT."""
    found = PLACE.fullmatch(symbol)
    if not found:
        return OLDEST.get(symbol, symbol)
    bonded = found["place"] == "S"
    coin = found["coin"] if bonded or not found["days"] else found["coin"] + found["days"]
    return OLDEST.get(coin, coin)


QUOTES = sorted(
    {*OLDEST, *CODES, "AED", "CHF", "DAI", "DOT", "EURC", "EURT", "PYUSD", "RLUSD", "USDC", "USDG", "USDT", "USDQ"},
    key=lambda quote: (-len(quote), quote),
)
BEFORE_CODES = CODES | {"USDT"}  # old quotes stand behind old names only: XTZEUR is XTZ and EUR


def sides(pair: str) -> tuple[str, str] | None:
    """Base and quote of XXBTZEUR, SOLEUR, XBT/USD."""
    if "/" in pair:
        base, _, quote = pair.partition("/")
        return (plain(base), plain(quote)) if base and quote else None
    for quote in QUOTES:
        base = pair.removesuffix(quote)
        if base and base != pair and (quote not in CODES or base in BEFORE_CODES):
            return plain(base), plain(quote)
    return None


# --- the ledger ---------------------------------------------------------------------------------------------------

INTERNAL = means(Kind.TRANSFER, "internal")  # both halves have one refid, so they come to nothing
STAKED = means(Kind.REWARD, "staking", went=Kind.ADJUSTMENT)
MEANINGS: Mapping[str, Meaning] = {
    "trade": means(Kind.TRADE),
    "spend": means(Kind.TRADE),  # buying at the touch of a button, converting
    "receive": means(Kind.TRADE),
    "spend/dustsweeping": means(Kind.TRADE, "dust"),  # R
    "receive/dustsweeping": means(Kind.TRADE, "dust"),  # R
    "conversion": means(Kind.TRADE, "conversion"),  # M
    "deposit": MOVE,
    "withdrawal": MOVE,
    "staking": STAKED,
    "earn": INTERNAL,  # whatever else earning may come to mean: nothing is taken for income unsaid
    "earn/": STAKED,
    "earn/reward": STAKED,
    "earn/airdrop": means(Kind.REWARD, "airdrop", went=Kind.ADJUSTMENT),  # R
    "earn/allocation": INTERNAL,
    "earn/deallocation": INTERNAL,
    "earn/autoallocation": INTERNAL,
    "earn/migration": INTERNAL,  # of one programme to another; two coins make it a trade
    "earn/delistingconversion": means(Kind.TRADE, "conversion"),  # R
    "transfer": MOVE,
    # Forks and airdrops were booked so, and what is left of coins that Kraken no longer has (R).
    "transfer/": means(Kind.REWARD, "airdrop", went=Kind.ADJUSTMENT),
    "transfer/airdrop": means(Kind.REWARD, "airdrop", went=Kind.ADJUSTMENT),  # R
    # R: what Kraken made of a coin it gave up. Both sides have a refid of their own, and may be days apart.
    "transfer/delistingconversion": means(Kind.TRADE, "conversion"),
    "transfer/spotfromfutures": MOVE,  # Kraken Futures is an account of its own
    "transfer/spottofutures": MOVE,  # M
    "custodytransfer": MOVE,  # M
    "margin": means(Kind.INCOME, "margin", went=Kind.LOST),  # what closing a position brought
    "rollover": means(Kind.FEE, "margin"),
    "settled": means(Kind.TRADE, "margin"),
    "adjustment": means(Kind.ADJUSTMENT),
    "credit": means(Kind.REWARD, "bonus", went=Kind.ADJUSTMENT),  # M
    "dividend": means(Kind.INCOME, "dividend", went=Kind.ADJUSTMENT),
    "invite bonus": means(Kind.REWARD, "referral", went=Kind.ADJUSTMENT),
    "sale": means(Kind.TRADE),  # M
    "nfttrade": means(Kind.TRADE, "nft"),  # M
    "nftcreatorfee": means(Kind.INCOME, "nft", went=Kind.FEE),  # M
    "nftrebate": means(Kind.REWARD, "nft", went=Kind.ADJUSTMENT),  # M
}
BY_SUBTYPE = {"earn", "transfer"}  # of other types, subtypes say nothing that matters
BETWEEN_PLACES = {"spottostaking", "stakingfromspot", "stakingtospot", "spotfromstaking"}
REVERSED = {"deposit": -1, "withdrawal": 1}  # the sign that takes one back
ALONE = {"rollover"}  # each has the refid of the position, for as long as it is open


def meaning_of(type_name: str, subtype: str) -> Meaning | None:
    """None: a type that is not known."""
    return MEANINGS.get(f"{type_name}/{subtype}") or MEANINGS.get(type_name)


def is_known(type_name: str, subtype: str) -> bool:
    return f"{type_name}/{subtype}" in MEANINGS or (type_name in MEANINGS and type_name not in BY_SUBTYPE)


def ledger_reading(ledger_id: str, at: datetime, raw: Mapping[str, Any]) -> Reading:
    """A line of the ledger. In files, those without an id were never settled, and come again with one if they were."""
    type_name, subtype = text(raw, "type").lower(), text(raw, "subtype").lower()
    name, event = f"ledger:{ledger_id}", event_of(ledger_id, type_name, text(raw, "refid"))
    why = why_not(ledger_id, type_name, subtype)
    if why:
        return Reading(name, event, at, Kind.TRANSFER, category="internal", skip=why)
    number, fee = amount(raw, "amount"), amount(raw, "fee")
    legs = legs_of(asset(raw, "asset"), number, fee)
    told = meaning_of(type_name, subtype) or MOVE
    return Reading(
        name,
        event,
        at,
        told.kind(number),
        legs,
        category="reversal" if is_reversal(type_name, number) else told.category,
        note="" if is_known(type_name, subtype) else f"{type_name} {subtype}".strip(),
        skip="" if legs else NOTHING_MOVED,
    )


def event_of(ledger_id: str, type_name: str, refid: str) -> str:
    """What has one refid is one happening: both sides of a trade, a withdrawal and its failing."""
    if not refid or type_name in ALONE or refid.lower().startswith("unknown"):  # M: "Unknown", on very old lines
        return f"ledger:{ledger_id}"
    return f"ref:{refid}"


def why_not(ledger_id: str, type_name: str, subtype: str) -> str:
    if not ledger_id:
        return NOT_SETTLED
    return SAME_COIN if type_name == "transfer" and subtype in BETWEEN_PLACES else ""


def legs_of(symbol: str, number: Decimal, fee: Decimal) -> tuple[Leg, ...]:
    """The fee is in the line's own asset and comes on top (D)."""
    coin = plain(symbol)
    return moved(Leg(coin, number), paid(coin, fee))


def is_reversal(type_name: str, number: Decimal) -> bool:
    return number * REVERSED.get(type_name, 0) > 0


# --- trades -------------------------------------------------------------------------------------------------------


def trade_reading(trade_id: str, at: datetime, raw: Mapping[str, Any]) -> Reading:
    """The same fill as two lines of the ledger whose refid is this trade."""
    legs = () if is_on_margin(raw) else trade_legs(raw)
    why = "" if legs else MARGIN_TRADE if is_on_margin(raw) else NO_PAIR
    return Reading(
        f"trades:{trade_id}",
        f"ref:{trade_id}",
        at,
        Kind.TRADE,
        legs,
        rank=1,
        order=text(raw, "ordertxid"),
        skip=why,
    )


def is_on_margin(raw: Mapping[str, Any]) -> bool:
    """M: what closes a position says so among `misc`, and what opens one has a margin or a state."""
    said = text(raw, "misc").lower()
    return bool(amount(raw, "margin") or text(raw, "posstatus") or "closing" in said or "liquidated" in said)


def trade_legs(raw: Mapping[str, Any]) -> tuple[Leg, ...]:
    """The fee is told in the quote currency, also where the ledger takes it from the other one."""
    found, side = sides(text(raw, "pair")), text(raw, "type").lower()
    if not found or side not in {"buy", "sell"}:
        return ()
    (base, quote), volume, cost = found, amount(raw, "vol"), amount(raw, "cost")
    ways = (came(base, volume), went(quote, cost)) if side == "buy" else (went(base, volume), came(quote, cost))
    return moved(*ways, paid(quote, amount(raw, "fee")))


# --- rows ---------------------------------------------------------------------------------------------------------


def read(row: Row) -> Iterable[Reading]:
    return read_by(LISTS, row)


LISTS = {
    "ledger": lambda row: [ledger_reading(row.external_id, row.at, row.raw)],
    "trades": lambda row: [trade_reading(row.external_id, row.at, row.raw)],
}
