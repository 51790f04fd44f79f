"""Coinbase's own history (all its layouts), and the statements and fills of its sister product Pro, later Exchange."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports import numbers
from ledger.imports.formats.base import (
    NOTHING,
    Cells,
    Format,
    Skip,
    Unreadable,
    less,
    more,
    paid,
    product,
    reading,
    swapped,
    total,
    unknown,
)
from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.coinbase import BY_SECOND, SAME_COIN, plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

CURRENCY_IN_NAME = re.compile(r"([A-Z]{3,5}) .+")
CONVERTED = re.compile(r"converted\s+(\S+)\s+(\S+)\s+(?:to|for)\s+(\S+)\s+(\S+)", re.IGNORECASE)
TRADED = re.compile(
    r"(?:[Bb]ought|[Ss]old)\s+(?P<amount>\S+)\s+(?P<coin>\S+)\s+for\s+(?P<total>\S+)\s+(?P<money>[A-Z\d]+)\b"
    r"(?:\s+on\s+\S+)?(?:\s+at\s+(?P<price>\S+)\s+(?P=money)/\S+)?"
)

IN, OUT, SIGNED, MOVES = "in", "out", "signed", "moves"  # `MOVES`: what comes is a deposit, what goes a withdrawal
# How a type reads, and what it is. Signs of amounts differ from export to export, so the type says which way.
TYPES: dict[str, tuple[str, Kind, str]] = {
    "send": (OUT, Kind.WITHDRAWAL, ""),
    "receive": (IN, Kind.DEPOSIT, ""),
    "deposit": (IN, Kind.DEPOSIT, ""),
    "withdrawal": (OUT, Kind.WITHDRAWAL, ""),
    "fiat deposit": (IN, Kind.DEPOSIT, ""),
    "fiat withdrawal": (OUT, Kind.WITHDRAWAL, ""),
    "pro deposit": (OUT, Kind.WITHDRAWAL, "pro"),
    "pro withdrawal": (IN, Kind.DEPOSIT, "pro"),
    "exchange deposit": (OUT, Kind.WITHDRAWAL, "pro"),
    "exchange withdrawal": (IN, Kind.DEPOSIT, "pro"),
    "prime deposit": (OUT, Kind.WITHDRAWAL, "pro"),
    "prime withdrawal": (IN, Kind.DEPOSIT, "pro"),
    **dict.fromkeys(
        ("derivatives settlement", "intx deposit", "intx withdrawal"), (MOVES, Kind.DEPOSIT, "derivatives")
    ),
    "transfer": (SIGNED, Kind.TRANSFER, "internal"),
    "rewards income": (IN, Kind.REWARD, ""),
    "reward income": (IN, Kind.REWARD, ""),
    "staking income": (IN, Kind.REWARD, "staking"),
    "inflation reward": (IN, Kind.REWARD, "staking"),
    "interest payout": (IN, Kind.REWARD, "interest"),
    "coinbase earn": (IN, Kind.REWARD, "learning"),
    "learning reward": (IN, Kind.REWARD, "learning"),
    "incentives rewards payout": (IN, Kind.REWARD, "referral"),
    "referral reward": (IN, Kind.REWARD, "referral"),
    "subscription rebate": (IN, Kind.REWARD, "rebate"),
    "subscription rebates (24 hours)": (IN, Kind.REWARD, "rebate"),
    "card buy back": (IN, Kind.REWARD, "cashback"),
    "credit card reward": (IN, Kind.REWARD, "cashback"),
    "retail simple price improvement": (IN, Kind.REWARD, "rebate"),
    "clawback": (SIGNED, Kind.ADJUSTMENT, "clawback"),
    "card spend": (OUT, Kind.SPEND, "card"),
    "subscription": (OUT, Kind.SPEND, "subscription"),
    "airdrop": (IN, Kind.INCOME, "airdrop"),
    "gift": (SIGNED, Kind.GIFT, ""),
    "order": (SIGNED, Kind.SPEND, ""),
    "paid for an order": (OUT, Kind.SPEND, ""),
    "admin debit": (OUT, Kind.SPEND, ""),
    "donation": (OUT, Kind.GIFT, "donation"),
    "asset migration": (SIGNED, Kind.TRADE, "conversion"),
    "retail simple dust": (SIGNED, Kind.TRADE, "dust"),
    "wrap asset": (SIGNED, Kind.TRADE, "wrap"),
    "unwrap asset": (SIGNED, Kind.TRADE, "wrap"),
}
INSIDE = {
    "retail staking transfer", "retail unstaking transfer", "retail eth2 deprecation", "vault withdrawal",
    "vault deposit", "staking transfer", "unstaking transfer", "hold", "unhold", "cash to savings", "savings to cash",
}  # fmt: skip
BOUGHT = re.compile(r"(advanced? trade )?(buy|sell)")


def line(cells: Cells) -> Iterable[Reading] | Skip:
    what = cells.word("type")
    if what in INSIDE:
        return Skip(SAME_COIN)
    if what == "convert":
        return converted(cells)
    if match := BOUGHT.fullmatch(what):
        return [traded(cells, buys=match[2] == "buy")]
    if what not in TYPES:
        raise unknown(cells.text("type"), cells.column("type"))
    way, kind, category = TYPES[what]
    amount = cells.needed("amount")
    amount = more(amount) if way == IN else less(amount) if way == OUT else amount
    if way == MOVES and amount < 0:
        kind = Kind.WITHDRAWAL
    if kind is Kind.DEPOSIT and (given := given_for(cells)):
        kind, category = Kind.REWARD, given
    leg = Leg(plain(cells.asset("asset")), amount)
    return [told(cells, kind, [leg], category, joined_by(cells, what))]


def joined_by(cells: Cells, what: str) -> str:
    """Both lines of a migration are of one second, as with the API."""
    name = what.replace(" ", "_")
    return f"{name}:{cells.time('time'):%Y-%m-%dT%H:%M:%S}" if name in BY_SECOND else ""


# Rewards came as if somebody had sent them.
GIVERS = {"coinbase earn": "learning", "coinbase referral": "referral", "coinbase rewards": "reward"}


def given_for(cells: Cells) -> str:
    notes = cells.word("notes")
    return next((category for giver, category in GIVERS.items() if giver in notes), "")


def told(cells: Cells, kind: Kind, legs: Iterable[Leg], category: str = "", event: str = "") -> Reading:
    said = {"category": category, "note": cells.text("notes"), "worth": worth_of(cells)}
    if kind in {Kind.DEPOSIT, Kind.WITHDRAWAL}:
        said["address"] = cells.text("recipient")
    return reading(cells, cells.time("time"), kind, legs, event=event, **said)


def worth_of(cells: Cells) -> Worth | None:
    amount, currency = cells.amount("subtotal") or cells.amount("total"), currency_of(cells)
    return Worth(more(amount), currency) if amount and currency else None


def currency_of(cells: Cells) -> str:
    """In a column of its own, or, in old files, in the names of others: "EUR Subtotal"."""
    if cells.text("currency"):
        return cells.text("currency")
    named = (CURRENCY_IN_NAME.fullmatch(cells.column(key)) for key in ("subtotal", "total", "price"))
    return next((match[1] for match in named if match), "") or cells.told("subtotal").asset


def traded(cells: Cells, *, buys: bool) -> Reading:
    """The price is without the fee, which comes on top, or is taken from what was got.

    Columns are in the account's own currency, whatever was paid with: that the notes say, as of BTC-USDC.
    """
    coin, amount = plain(cells.asset("asset")), cells.needed("amount")
    (price, fee), money = priced(cells, buys=buys), currency_of(cells)
    noted = noted_trade(cells, coin, buys=buys)
    if price is None or not money or (noted and noted[1] != plain(money)):
        if not noted:
            raise Unreadable(cells.column("notes"), "Does not say what was paid or got. Please fill in the subtotal.")
        price, money, fee = noted
    legs = swapped((money, price), (coin, amount)) if buys else swapped((coin, amount), (money, price))
    return told(cells, Kind.TRADE, [*legs, paid(money, fee)])


def priced(cells: Cells, *, buys: bool) -> tuple[Decimal | None, Decimal]:
    """Without the fee, and the fee. Files of 2018 and 2019 tell only both together: their spot price is rounded, so
    what it leaves for the fee would be made up (R). Those of early 2020 have no column for it.
    """
    price, whole = cells.maybe("subtotal"), cells.maybe("total")
    if price is None or whole is None or cells.has("fee"):
        return price if price is not None else whole, more(cells.amount("fee"))
    price, whole = more(price), more(whole)
    fee = total(whole, less(price)) if buys else total(price, less(whole))
    return price, max(fee, NOTHING)


def noted_trade(cells: Cells, coin: str, *, buys: bool) -> tuple[Decimal, str, Decimal] | None:
    """The price, of what, and the fee: by how much their total is more, or less, than what the coins came to. A price
    that is rounded may leave none.
    """
    match = TRADED.search(cells.text("notes"))
    if not match or plain(match["coin"]) != coin:
        return None
    whole, money = number(cells, match["total"]), plain(match["money"])
    if match["price"]:
        price = product(number(cells, match["amount"]), number(cells, match["price"]))
        fee = total(whole, less(price)) if buys else total(price, less(whole))
        if fee > 0:
            return price, money, fee
    return whole, money, NOTHING


def number(cells: Cells, text: str) -> Decimal:
    try:
        return numbers.amount(text) or NOTHING
    except ValueError as error:
        raise Unreadable(cells.column("notes"), f"“{text[:40]}” {error}. Please correct it.") from error


def converted(cells: Cells) -> Iterable[Reading] | Skip:
    """What came stands in the notes alone."""
    match = CONVERTED.search(cells.text("notes"))
    if not match:
        raise Unreadable(
            cells.column("notes"), "Does not say into what this was converted. Please leave this line out."
        )
    sent = plain(cells.asset("asset")), cells.needed("amount")
    received = plain(match[4].rstrip(".,")), number(cells, match[3])
    if sent[0] == received[0]:
        return Skip(SAME_COIN)
    return [told(cells, Kind.TRADE, swapped(sent, received), "conversion")]


# --- Pro, later Exchange ----------------------------------------------------------------------------------------------

PRO: dict[str, tuple[Kind, str]] = {
    "deposit": (Kind.DEPOSIT, ""),
    "withdrawal": (Kind.WITHDRAWAL, ""),
    "match": (Kind.TRADE, ""),
    "fee": (Kind.TRADE, ""),
    "conversion": (Kind.TRADE, "conversion"),
    "rebate": (Kind.REWARD, "rebate"),
}


def statement(cells: Cells) -> Iterable[Reading]:
    """A trade is two matches and a fee, of one number."""
    what, at = cells.word("type"), cells.time("time")
    if what not in PRO:
        raise unknown(cells.text("type"), cells.column("type"))
    kind, category = PRO[what]
    leg = Leg(cells.asset("unit"), cells.needed("amount"), fee=what == "fee")
    event = f"pro:{cells.text('trade')}:{at:%Y-%m-%dT%H:%M:%S}" if cells.text("trade") else ""
    if what == "conversion":
        event = f"pro:{cells.text('transfer') or 'conversion'}:{at:%Y-%m-%dT%H:%M:%S}"
    return [reading(cells, at, kind, [leg], event=event, category=category, order=cells.text("order"))]


def fill(cells: Cells) -> Iterable[Reading]:
    """The statement tells the same, so this counts only where that is missing."""
    at, side = cells.time("time"), cells.word("side")
    if side not in {"buy", "sell"}:
        raise unknown(cells.text("side"), cells.column("side"))
    coin, size = cells.asset("unit"), cells.needed("size")
    money, price = cells.asset("money"), product(size, cells.needed("price"))
    legs = swapped((money, price), (coin, size)) if side == "buy" else swapped((coin, size), (money, price))
    event = f"pro:{cells.text('trade')}:{at:%Y-%m-%dT%H:%M:%S}"
    return [reading(cells, at, Kind.TRADE, [*legs, paid(money, cells.amount("fee"))], event=event, rank=1)]


FORMATS = (
    Format(
        name="coinbase",
        exchange="coinbase",
        title="Coinbase transactions",
        columns={"time": "timestamp", "type": "transaction type", "asset": "asset", "amount": "quantity transacted"},
        optional={
            "id": "id",
            "currency": "(spot )?price currency",
            "price": "([A-Z]{3,5} )?(spot )?price at transaction",
            "subtotal": "([A-Z]{3,5} )?subtotal",
            "total": r"([A-Z]{3,5} )?total \(inclusive.*",
            "fee": "([A-Z]{3,5} )?fees( and/or spread)?",
            "notes": "notes",
            "sender": "sender address",
            "recipient": "recipient address",
        },
        read_cells=line,
        key=("id",),
        list="transactions",
        version=4,
    ),
    Format(
        name="coinbase_2018",
        exchange="coinbase",
        title="Coinbase transactions (file of 2018 or 2019)",
        columns={
            "time": "timestamp",
            "type": "transaction type",
            "asset": "asset",
            "amount": "quantity transacted",
            "price": "([A-Z]{3,5} )?spot price at transaction",
            "total": r"([A-Z]{3,5} )?(amount|quantity) transacted \(inclusive of coinbase fees\)",
            "recipient": "address",
            "notes": "notes",
        },
        read_cells=line,
        order="mdy",  # whatever the country (R)
    ),
    Format(
        name="coinbase_pro",
        exchange="coinbase",
        title="Coinbase Pro or Exchange account statement",
        columns={
            "type": "type",
            "time": "time(stamp)?",
            "amount": "amount",
            "balance": "balance",
            "unit": "amount/balance unit",
            "trade": "trade id",
        },
        optional={"portfolio": "portfolio", "transfer": "transfer id", "order": "order id"},
        read_cells=statement,
    ),
    Format(
        name="coinbase_pro_fills",
        exchange="coinbase",
        title="Coinbase Pro or Exchange fills",
        columns={
            "trade": "trade id",
            "product": "product",
            "side": "side",
            "time": "created at",
            "size": "size",
            "unit": "size unit",
            "price": "price",
            "fee": "fee",
            "money": "price/fee/total unit",
        },
        optional={"portfolio": "portfolio", "total": "total"},
        read_cells=fill,
    ),
)
