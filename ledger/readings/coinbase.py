"""Coinbase: the transactions of all accounts are believed; fills of Advanced Trade add details, and stand in alone.

A transaction is one movement of one coin, and what belongs together stands in another account: the ids of the order,
the buy or the conversion join them. Fills have no id in common with transactions but that of their order, so an order
is one happening, at the time of its first fill.

Sources are named as in the connector: D documents, R other people's working code or rows, M memory.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.cells import (
    MOVE,
    NOTHING_MOVED,
    Meaning,
    amount,
    asset,
    came,
    inner,
    means,
    moved,
    name_of,
    paid,
    plus,
    read_by,
    skipped,
    text,
    times,
    went,
    worth,
)
from ledger.readings.numbers import EXACT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.readings.base import Row, Worth

VERSION = 1

SAME_COIN = "Moved between places inside Coinbase. It is the same coin, and no balance changed."
NEVER = "Coinbase says that this did not take place."
ON_ITS_WAY = "Still on its way: it counts once Coinbase says that it is completed."
NO_FILL = "A correction or a contract, and no fill of two coins: what it changed stands among the transactions."

DONE = {"", "completed"}
OVER = {"failed", "canceled", "cancelled", "expired"}  # M: the words
SYMBOLS = {"ETH2": "ETH"}  # staked before it could be taken out again, one for one


def plain(symbol: str) -> str:
    return SYMBOLS.get(symbol, symbol)


# --- types --------------------------------------------------------------------------------------------------------


def rewarded(category: str) -> Meaning:
    return means(Kind.REWARD, category, went=Kind.ADJUSTMENT)


PRO = Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "pro")  # another product of Coinbase's, with a history of its own
TRADE = means(Kind.TRADE)
MEANINGS: Mapping[str, Meaning] = {
    "advanced_trade_fill": TRADE,
    "buy": TRADE,
    "sell": TRADE,
    "trade": means(Kind.TRADE, "conversion"),
    "wrap_asset": means(Kind.TRADE, "wrap"),
    "unwrap_asset": means(Kind.TRADE, "wrap"),
    "asset_migration": means(Kind.TRADE, "conversion"),  # R
    "retail_simple_dust": means(Kind.TRADE, "dust"),  # D for the name, M for what comes for it
    "fiat_deposit": MOVE,
    "fiat_withdrawal": MOVE,
    "send": MOVE,
    "receive": MOVE,
    "request": MOVE,
    "tx": MOVE,  # D: what fits nowhere else
    "pro_deposit": PRO,
    "pro_withdrawal": PRO,
    # R, and R against it: that a `send` tells the same once more. Then the balance shows it, and so does the same
    # amount twice; to leave it out where it does not would lose a movement silently.
    "exchange_deposit": PRO,
    "exchange_withdrawal": PRO,
    "intx_deposit": Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "derivatives"),
    "intx_withdrawal": Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "derivatives"),
    # D: cash moved each day between this account and the one for futures. What the contracts won or lost was booked
    # there, so here it is a movement, and no result.
    "derivatives_settlement": Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "derivatives"),
    "transfer": Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "internal"),  # the other side may lie in an account not read
    "vault_deposit": Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "internal"),  # M
    "vault_withdrawal": Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "internal"),
    "retail_instant_unstaking": means(Kind.TRANSFER, "internal"),  # R: less what it costs
    "staking_reward": rewarded("staking"),
    "inflation_reward": rewarded("staking"),
    "interest": rewarded("interest"),
    "earn_payout": rewarded("interest"),
    "incentives_rewards_payout": rewarded("referral"),
    "subscription_rebate": rewarded("rebate"),
    "cardbuyback": rewarded("cashback"),
    "retail_simple_price_improvement": rewarded("rebate"),  # R
    "clawback": means(Kind.ADJUSTMENT, "clawback"),
    "incentives_shared_clawback": means(Kind.ADJUSTMENT, "clawback"),
    "cardspend": means(Kind.ADJUSTMENT, "card", went=Kind.SPEND),
    "subscription": means(Kind.ADJUSTMENT, "subscription", went=Kind.SPEND),
}
# Told in both places, of which one may not be read: ETH here, ETH2 there (R).
BETWEEN_PLACES = {"staking_transfer", "unstaking_transfer", "retail_eth2_deprecation"}
# Where the id of what belongs together is: `buy` has {"buy": {"id": ..}}. Both rows carry it, if there are two: what
# was paid by card has only one.
JOINED = {"buy": "id", "sell": "id", "trade": "id", "advanced_trade_fill": "order_id"}
# Two rows in two accounts, and no id in common: the same second joins them (R: two seconds at most).
BY_SECOND = {"wrap_asset", "unwrap_asset", "asset_migration", "retail_simple_dust", "retail_instant_unstaking"}


def meaning_of(type_name: str) -> Meaning | None:
    """None: a type that is not known."""
    return MEANINGS.get(type_name)


# --- transactions -------------------------------------------------------------------------------------------------


def transaction(row: Row) -> list[Reading]:
    raw, type_name = row.raw, text(row.raw, "type")
    event, why = event_of(row, type_name), why_not(type_name, text(row.raw, "status"))
    if why:
        return [skipped(row, why, event=event, note=title_of(raw))]
    told, meaning = inner(raw, "amount"), meaning_of(type_name)
    number = amount(told, "amount")
    legs = legs_of(type_name, plain(asset(told, "currency")), number, raw)
    note = title_of(raw) if meaning else f"{type_name} {title_of(raw)}".strip()
    reading = Reading(
        name_of(row),
        event,
        row.at,
        (meaning or MOVE).kind(number),
        legs,
        category=(meaning or MOVE).category,
        order=text(inner(raw, "advanced_trade_fill"), "order_id"),
        note=note,
        worth=worth_of(raw, type_name),
        skip="" if legs else NOTHING_MOVED,
    )
    return [learned(on_chain(reading, raw), raw)]


def event_of(row: Row, type_name: str) -> str:
    shared = text(inner(row.raw, type_name), JOINED.get(type_name, ""))
    if type_name == "advanced_trade_fill" and shared:
        return f"order:{shared}"
    if type_name in JOINED and shared:
        return f"{type_name}:{shared}"
    if type_name in BY_SECOND:
        return f"{type_name}:{row.at:%Y-%m-%dT%H:%M:%S}"
    return name_of(row)


def why_not(type_name: str, status: str) -> str:
    if status in OVER:
        return NEVER
    if status not in DONE:
        return ON_ITS_WAY
    return SAME_COIN if type_name in BETWEEN_PLACES else ""


def legs_of(type_name: str, symbol: str, number: Decimal, raw: Mapping[str, Any]) -> tuple[Leg, ...]:
    if type_name == "advanced_trade_fill":
        return moved(Leg(symbol, number), *commission_of(symbol, inner(raw, type_name)))
    fee = network_fee(symbol, number, raw)
    return moved(Leg(symbol, plus(number, fee)), paid(symbol, fee))


def commission_of(symbol: str, fill: Mapping[str, Any]) -> tuple[Leg, ...]:
    """R: amounts of a fill are price times size, and the commission is taken beside them, from the money. Both rows
    tell it; the product may say USD where USDC moved.
    """
    base = text(fill, "product_id").partition("-")[0]
    return (paid(symbol, amount(fill, "commission")),) if base and plain(base) != symbol else ()


def network_fee(symbol: str, number: Decimal, raw: Mapping[str, Any]) -> Decimal:
    """R: it is within what left."""
    told = inner(inner(raw, "network"), "transaction_fee")
    fee = amount(told, "amount").copy_abs()
    inside = number < 0 and fee <= number.copy_abs() and plain(text(told, "currency")) == symbol
    return fee if inside else Decimal(0)


def worth_of(raw: Mapping[str, Any], type_name: str) -> Worth | None:
    """What Coinbase says it was worth then; of a buy or a sale the whole price, with what it cost."""
    whole = inner(inner(raw, type_name), "total") if type_name in {"buy", "sell"} else {}
    return worth(whole) or worth(inner(raw, "native_amount"))


def title_of(raw: Mapping[str, Any]) -> str:
    details = inner(raw, "details")
    return " ".join(filter(None, (text(raw, "description"), text(details, "title"), text(details, "subtitle"))))


def on_chain(reading: Reading, raw: Mapping[str, Any]) -> Reading:
    network = inner(raw, "network")
    return reading._replace(
        hash=text(network, "hash"),
        network=text(network, "network_name") or text(network, "name"),
        address=text(inner(raw, "to"), "address") or text(inner(raw, "from"), "address"),
    )


def learned(reading: Reading, raw: Mapping[str, Any]) -> Reading:
    """Rewards for lessons come as a `send` of Coinbase's own (R)."""
    words = f"{text(inner(raw, 'from'), 'name')} {reading.note}".lower()
    if reading.kind is Kind.DEPOSIT and ("coinbase earn" in words or "coinbase reward" in words):
        return reading._replace(kind=Kind.REWARD, category="learning")
    return reading


# --- fills --------------------------------------------------------------------------------------------------------


def fill(row: Row) -> list[Reading]:
    raw = row.raw
    order = text(raw, "order_id")
    legs = fill_legs(raw)
    event = f"order:{order}" if order else name_of(row)
    why = "" if legs else NO_FILL
    return [Reading(name_of(row), event, row.at, Kind.TRADE, legs, rank=1, order=order, skip=why)]


def fill_legs(raw: Mapping[str, Any]) -> tuple[Leg, ...]:
    names, side = text(raw, "product_id").split("-"), text(raw, "side").upper()
    if len(names) != 2 or not all(names) or side not in {"BUY", "SELL"} or is_no_fill(raw):  # noqa: PLR2004 - two sides
        return ()
    (base, quote), (size, total) = map(plain, names), sizes(raw)
    ways = (came(base, size), went(quote, total)) if side == "BUY" else (went(base, size), came(quote, total))
    return moved(*ways, paid(quote, amount(raw, "commission")))


def is_no_fill(raw: Mapping[str, Any]) -> bool:
    """D: a fill may also be reversed, corrected or made up."""
    return text(raw, "trade_type").upper() not in {"", "FILL"}


def sizes(raw: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """Of the coin, and of what it was paid with; either may be the one that is told."""
    size, price = amount(raw, "size"), amount(raw, "price")
    if raw.get("size_in_quote") is not True:
        return size, times(size, price)
    if not price:
        raise ValueError("price")
    return EXACT.divide(size, price).quantize(Decimal("1e-18"), context=EXACT), size


# --- rows ---------------------------------------------------------------------------------------------------------

LISTS = {"transactions": transaction, "fills": fill}


def read(row: Row) -> Iterable[Reading]:
    return read_by(LISTS, row)
