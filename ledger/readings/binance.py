"""Binance: no ledger, but one list for each way coins move, and ids that are of one list only.

What Binance.US has in common with it is read by the same functions (`binanceus`). Some lists are read here that no
connector asks for yet; the names of their families are those that it would give them.

Sources are named as in the connector: D documents, S ccxt's source, R other people's working code, M memory.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.cells import (
    MOVE,
    NOTHING_MOVED,
    amount,
    asset,
    came,
    charged,
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
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from decimal import Decimal

    from ledger.readings.base import Row
    from ledger.readings.cells import Meaning

VERSION = 3

NO_PAIR = "The two sides of this market could not be told apart."
NOT_DONE = "Not completed: it counts once Binance says that it is."
SAME_COIN = "Moved between accounts of the same owner at Binance. No balance changed."


def plain(symbol: str) -> str:
    """Coins in Simple Earn stand in the spot list with LD before their name; LDO is a coin (R)."""
    return symbol[2:] if symbol.startswith("LD") and len(symbol) > len("LDO") else symbol


def reading(row: Row, kind: Kind, legs: tuple[Leg, ...], **more: Any) -> Reading:
    return Reading(name_of(row), name_of(row), row.at, kind, legs, skip="" if legs else NOTHING_MOVED, **more)


def is_done(raw: Mapping[str, Any], name: str, done: Collection[str]) -> bool:
    """A row without a state is over."""
    return text(raw, name).lower() in {"", *done}


# --- trades -------------------------------------------------------------------------------------------------------

# Markets have no mark between their two coins. Longest first: BTCFDUSD is no market in USD.
STABLE = ("USDT", "FDUSD", "BUSD", "TUSD", "USDC", "USDP", "USDS", "USD1", "PAX", "DAI", "VAI", "UST", "EURI")
NEWER = ("RLUSD", "U")  # M
COINS = ("BTC", "ETH", "BNB", "SOL", "TRX", "XRP", "DOGE", "DOT")
MONEY = ("EUR", "GBP", "AUD", "TRY", "BRL", "RUB", "UAH", "ZAR", "NGN", "PLN", "RON", "CZK", "JPY", "MXN", "COP", "ARS")
TOKENS = ("IDR", "IDRT", "BIDR", "BVND", "BKRW")  # of money
QUOTES = tuple(sorted((*STABLE, *NEWER, *COINS, *MONEY, *TOKENS), key=lambda quote: (-len(quote), quote)))
# Quotes that the end of other coins looks like: ADAEUR is ADA and EUR.
NAMED = {
    **{f"{coin}AEUR": (coin, "AEUR") for coin in ("BTC", "ETH", "EURI")},
    **{f"{coin}IDR": (coin, "IDR") for coin in ("ARB", "BNB", "SHIB")},  # M for these; no markets in BIDR
}


@lru_cache(maxsize=2_000)  # each trade asks, and an account has few markets
def sides(symbol: str, quotes: tuple[str, ...] = QUOTES) -> tuple[str, str] | None:
    """Base and quote of BTCUSDT."""
    if symbol in NAMED:
        return NAMED[symbol]
    found = ((symbol.removesuffix(quote), quote) for quote in quotes)
    return next(((base, quote) for base, quote in found if base and base != symbol), None)


def trade(row: Row) -> list[Reading]:
    """The family's own market counts where the row names none. Ids of orders are unique within a market only (D)."""
    raw = row.raw
    symbol = text(raw, "symbol") or row.family.partition(":")[2]
    return [trade_between(row, sides(symbol), symbol)]


def sides_by_fee(symbol: str, paid_in: str) -> tuple[str, str] | None:
    """Where no quote is known: a commission is taken of what comes in, so of one of the two (D), or in BNB, which tells
    nothing.
    """
    if not paid_in or paid_in in {symbol, "BNB"}:
        return None
    base, quote = symbol.removesuffix(paid_in), symbol.removeprefix(paid_in)
    return (base, paid_in) if base != symbol else (paid_in, quote) if quote != symbol else None


def trade_between(row: Row, found: tuple[str, str] | None, symbol: str) -> Reading:
    found = found or sides_by_fee(symbol, text(row.raw, "commissionAsset"))
    number = text(row.raw, "orderId")
    order = f"{symbol}:{number}" if number else ""
    if not found or not isinstance(row.raw.get("isBuyer"), bool):
        return skipped(row, NO_PAIR)._replace(order=order)
    return reading(row, Kind.TRADE, trade_legs(row.raw, *found), order=order)


def trade_legs(raw: Mapping[str, Any], base: str, quote: str) -> tuple[Leg, ...]:
    """A commission in BNB, or in what was bought, is taken from that (D)."""
    volume = amount(raw, "qty")
    total = amount(raw, "quoteQty") or times(volume, amount(raw, "price"))
    ways = (came(base, volume), went(quote, total))
    if not raw["isBuyer"]:
        ways = (went(base, volume), came(quote, total))
    return moved(*ways, *charged(raw, "commission", "commissionAsset"))


# --- movements ----------------------------------------------------------------------------------------------------

CREDITED = {"1", "6"}  # D: done; credited, and only not to be withdrawn yet
SENT = {"6"}  # D: 0 mail sent, 1 cancelled, 2 to be approved, 3 refused, 4 on its way, 5 failed


def on_chain(raw: Mapping[str, Any]) -> dict[str, str]:
    return {"hash": text(raw, "txId"), "address": text(raw, "address"), "network": text(raw, "network")}


def deposit(row: Row) -> list[Reading]:
    if not is_done(row.raw, "status", CREDITED):
        return [skipped(row, NOT_DONE)]
    legs = moved(came(asset(row.raw, "coin"), amount(row.raw, "amount")))
    return [reading(row, Kind.DEPOSIT, legs, **on_chain(row.raw))]


def withdrawal(row: Row) -> list[Reading]:
    """S: the fee comes on top of the amount."""
    if not is_done(row.raw, "status", SENT):
        return [skipped(row, NOT_DONE)]
    coin = asset(row.raw, "coin")
    legs = moved(went(coin, amount(row.raw, "amount")), paid(coin, amount(row.raw, "transactionFee")))
    return [reading(row, Kind.WITHDRAWAL, legs, **on_chain(row.raw))]


PAID_OUT = {"successful", "finished", "completed"}  # R


def fiat_deposit(row: Row) -> list[Reading]:
    """M: where what was meant is the amount and the fee together, the amount is what came; else the fee is in it."""
    if not is_done(row.raw, "status", PAID_OUT):
        return [skipped(row, NOT_DONE)]
    money, got, fee = asset(row.raw, "fiatCurrency"), amount(row.raw, "amount"), amount(row.raw, "totalFee")
    is_net = bool(fee) and amount(row.raw, "indicatedAmount") == plus(got, fee)
    legs = moved(came(money, plus(got, fee) if is_net else got), paid(money, fee))
    return [reading(row, Kind.DEPOSIT, legs, note=text(row.raw, "method"))]


def fiat_withdrawal(row: Row) -> list[Reading]:
    """R: the fee comes on top of the amount."""
    if not is_done(row.raw, "status", PAID_OUT):
        return [skipped(row, NOT_DONE)]
    money = asset(row.raw, "fiatCurrency")
    legs = moved(went(money, amount(row.raw, "amount")), paid(money, amount(row.raw, "totalFee")))
    return [reading(row, Kind.WITHDRAWAL, legs, note=text(row.raw, "method"))]


# --- buys and sales for money -------------------------------------------------------------------------------------

FROM_BALANCE = {"cash balance", "wallet"}  # M: other ways of paying touch no balance here


def card_buy(row: Row) -> list[Reading]:
    """D: `sourceAmount` is the money, `obtainAmount` the coins; R: the fee is within the money."""
    return [paid_for(row, buys=True)]


def card_sell(row: Row) -> list[Reading]:
    """M whether the money and the coins have the same names as in a buy, or what was given is the source: their price
    tells.
    """
    return [paid_for(row, buys=False)]


def money_and_coins(raw: Mapping[str, Any], *, buys: bool) -> tuple[Decimal, Decimal]:
    source, got = amount(raw, "sourceAmount"), amount(raw, "obtainAmount")
    if buys or not amount(raw, "price"):
        return source, got
    price = amount(raw, "price")
    off, off_if_swapped = apart(source, times(got, price)), apart(got, times(source, price))
    return (got, source) if times(off_if_swapped, source) < times(off, got) else (source, got)


def apart(one: Decimal, other: Decimal) -> Decimal:
    return plus(one, other.copy_negate()).copy_abs()


def paid_for(row: Row, *, buys: bool) -> Reading:
    raw = row.raw
    if not is_done(raw, "status", PAID_OUT):
        return skipped(row, NOT_DONE)
    total, coins = money_and_coins(raw, buys=buys)
    coin, money, fee = asset(raw, "cryptoCurrency"), asset(raw, "fiatCurrency"), amount(raw, "totalFee")
    legs = moved(came(coin, coins) if buys else went(coin, coins))
    if text(raw, "paymentMethod").lower() in FROM_BALANCE:
        paid_out, paid_in = went(money, plus(total, fee.copy_negate())), came(money, plus(total, fee))
        legs += moved(paid_out if buys else paid_in, paid(money, fee))
    worth = Worth(total.copy_abs(), money) if total else None
    return reading(row, Kind.TRADE, legs, category="card", note=text(raw, "paymentMethod"), worth=worth)


EXCHANGED = {"success", "accept_success", "completed"}


def conversion(row: Row) -> list[Reading]:
    if not is_done(row.raw, "orderStatus", EXCHANGED):
        return [skipped(row, NOT_DONE)]
    legs = moved(
        went(asset(row.raw, "fromAsset"), amount(row.raw, "fromAmount")),
        came(asset(row.raw, "toAsset"), amount(row.raw, "toAmount")),
    )
    return [reading(row, Kind.TRADE, legs, category="conversion")]


def dust(row: Row) -> list[Reading]:
    """Small balances turned into BNB: one clean-up, and each coin of it an exchange. What came is told without the
    charge (D, by the figures of its example). A row is the whole clean-up, or one coin of it.
    """
    details = row.raw.get("userAssetDribbletDetails")
    parts = [part for part in details if isinstance(part, dict)] if isinstance(details, list) else []
    if not parts:
        return [dust_of(row, row.raw, name_of(row))]
    return [dust_of(row, part, f"{name_of(row)}:{place}") for place, part in enumerate(parts)]


def dust_of(row: Row, part: Mapping[str, Any], name: str) -> Reading:
    target = text(part, "targetAsset") or text(row.raw, "targetAsset") or "BNB"
    legs = moved(went(asset(part, "fromAsset"), amount(part, "amount")), came(target, amount(part, "transferedAmount")))
    group = f"dust:{text(row.raw, 'transId') or row.external_id}"
    return Reading(
        name, name, row.at, Kind.TRADE, legs, category="dust", group=group, skip="" if legs else NOTHING_MOVED
    )


# --- what was handed out ------------------------------------------------------------------------------------------


def handed_out(category: str) -> Meaning:
    return means(Kind.REWARD, category, went=Kind.ADJUSTMENT)


# By words in Binance's own text, the first that is found. New ones come all the time: they are rewards like the rest.
WORDS: Sequence[tuple[str, Meaning]] = (
    ("swap", means(Kind.ADJUSTMENT, "conversion")),  # M: a coin that was exchanged for its successor
    ("redenominat", means(Kind.ADJUSTMENT, "conversion")),
    ("staking", handed_out("staking")),
    ("launchpool", handed_out("staking")),
    ("eth 2.0", handed_out("staking")),
    ("beth", handed_out("staking")),
    ("flexible", handed_out("interest")),
    ("locked", handed_out("interest")),
    ("earn", handed_out("interest")),
    ("savings", handed_out("interest")),
    ("vault", handed_out("interest")),
    ("interest", handed_out("interest")),
    ("airdrop", handed_out("airdrop")),
    ("distribution", handed_out("airdrop")),
    ("cashback", handed_out("cashback")),
    ("cash back", handed_out("cashback")),
    ("rebate", handed_out("rebate")),
    ("commission", handed_out("referral")),
    ("referral", handed_out("referral")),
)


def meaning_of(words: str) -> Meaning:
    """Of what Binance calls a distribution."""
    lowered = words.lower()
    return next((meaning for word, meaning in WORDS if word in lowered), handed_out(""))


DEBITED = "-1"


def distribution(row: Row) -> list[Reading]:
    """D: amounts have no sign; `direction` says whether they came in or were taken back."""
    words, number = text(row.raw, "enInfo"), amount(row.raw, "amount")
    if text(row.raw, "direction") == DEBITED:
        number = number.copy_abs().copy_negate()
    told = meaning_of(words)
    legs = moved(Leg(plain(asset(row.raw, "asset")), number))
    return [reading(row, told.kind(number), legs, category=told.category, note=words)]


def earned(row: Row) -> list[Reading]:
    """Of Simple Earn: `rewards` in the flexible list, `amount` in the locked one. The same may stand among the
    distributions (M), with no id in common: whoever looks for duplicates finds it.
    """
    number = amount(row.raw, "rewards") or amount(row.raw, "amount")
    legs = moved(Leg(plain(asset(row.raw, "asset")), number))
    return [reading(row, handed_out("").kind(number), legs, category="interest", note=text(row.raw, "type"))]


# --- between people, and between places ---------------------------------------------------------------------------


def person_to_person(row: Row) -> list[Reading]:
    """The money is paid outside of Binance (M; and that the commission comes on top)."""
    raw = row.raw
    if not is_done(raw, "orderStatus", PAID_OUT):
        return [skipped(row, NOT_DONE)]
    coin, coins = asset(raw, "asset"), amount(raw, "amount")
    leg = came(coin, coins) if text(raw, "tradeType").upper() == "BUY" else went(coin, coins)
    total, money = amount(raw, "totalPrice"), text(raw, "fiat")
    worth = Worth(total, money) if total and money else None
    legs = moved(leg, paid(coin, amount(raw, "commission")))
    return [reading(row, Kind.TRADE, legs, category="p2p", worth=worth)]


SHOPPED = means(Kind.DEPOSIT, went=Kind.SPEND)


def payment(row: Row) -> list[Reading]:
    """Binance Pay: to shops, and between people (M)."""
    number, words = amount(row.raw, "amount"), text(row.raw, "orderType")
    told = SHOPPED if words.upper() == "PAY" else MOVE
    legs = moved(Leg(asset(row.raw, "currency"), number))
    return [reading(row, told.kind(number), legs, category="pay", note=words)]


def between_places(row: Row) -> list[Reading]:
    return [skipped(row, SAME_COIN, note=text(row.raw, "type"))]


# --- rows ---------------------------------------------------------------------------------------------------------

LISTS = {
    "trades": trade,
    "deposits": deposit,
    "withdrawals": withdrawal,
    "fiat deposits": fiat_deposit,
    "fiat withdrawals": fiat_withdrawal,
    "card buys": card_buy,
    "card sells": card_sell,
    "conversions": conversion,
    "distributions": distribution,
    "dust": dust,
    "flexible rewards": earned,
    "locked rewards": earned,
    "staking rewards": earned,
    "earn subscriptions": between_places,
    "earn redemptions": between_places,
    "transfers": between_places,
    "p2p": person_to_person,
    "pay": payment,
}


def read(row: Row) -> Iterable[Reading]:
    return read_by(LISTS, row)
