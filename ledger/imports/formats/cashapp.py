"""Cash App's history: dollars and bitcoin, in a time zone that each line names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, less, more, paid, reading, swapped, total
from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.cells import Meaning, means
from ledger.readings.telling import INTEREST, INTERNAL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

NOT_DONE = re.compile(r".*(fail|cancel|declin|pending|refused|expired|waiting|reversed).*")
BITCOIN = "BTC"
NOTHING_MOVED = Skip("Nothing moved: the amount is nothing.")
NOTICE = Skip("A notice, and no movement.")
# Given for paying with the card, in dollars or in coins: nothing is paid for it (R).
BOOST = means(Kind.REWARD, "cashback", went=Kind.ADJUSTMENT)


def line(cells: Cells) -> Iterable[Reading] | Skip:
    if NOT_DONE.fullmatch(cells.word("status")):
        return Skip(f"Not completed: Cash App says “{cells.text('status')[:40]}”.")
    what, coins = cells.word("type"), cells.amount("coins")
    if what == "account notifications":
        return NOTICE
    if "internal transfer" in what:  # to and from the savings of the same account
        return Skip(INTERNAL)
    coin = cells.text("coin").removeprefix("$") or BITCOIN
    if coins and re.search(r"\b(buy|purchase|sale|sell)\b|round", what):
        return [trade(cells, (coin, more(coins)), sells="sale" in what or "sell" in what)]
    if coins:
        return [of_coins(cells, Leg(coin, directed(what, coins)))]
    return in_currency(cells, what)


def in_currency(cells: Cells, what: str) -> Iterable[Reading] | Skip:
    """Bitcoin too, in newer files, where it stands as a currency, and only the type says which way it went (R)."""
    amount, fee = cells.amount("amount"), less(cells.amount("fee"))
    net = cells.maybe("net") or amount
    if not net:
        return NOTHING_MOVED
    apart = bool(amount) and total(amount, fee) == net
    currency, moved = cells.asset("currency").removeprefix("$"), amount if apart else net
    leg = Leg(currency, directed(what, moved) if currency == BITCOIN else moved)
    fees = [paid(currency, fee)] if apart else []
    meaning = meaning_of(what)
    return [
        reading(
            cells, cells.when(), meaning.kind(leg.amount), [leg, *fees], category=meaning.category, note=note(cells)
        )
    ]


def meaning_of(what: str) -> Meaning:
    if "boost" in what:
        return BOOST
    if "interest" in what:
        return INTEREST
    return Meaning(Kind.DEPOSIT, Kind.SPEND if "card" in what else Kind.WITHDRAWAL)


def directed(what: str, amount: Decimal) -> Decimal:
    """Files tell what left without a sign, or with one. M: a payment in bitcoin is one that was made."""
    goes = amount < 0 or any(word in what for word in ("withdraw", "sent", "send", "payment"))
    return less(amount) if goes and "boost" not in what else more(amount)


def trade(cells: Cells, coin: tuple[str, Decimal], *, sells: bool) -> Reading:
    """What moved in dollars is with the fee, whichever of the two amounts says it."""
    fee, currency = more(cells.amount("fee")), cells.asset("currency")
    whole = more(cells.maybe("net") or cells.needed("amount"))
    value = total(whole, fee if sells else less(fee))
    legs = swapped(coin, (currency, value)) if sells else swapped((currency, value), coin)
    return reading(cells, cells.when(), Kind.TRADE, [*legs, paid(currency, fee)], note=note(cells))


def of_coins(cells: Cells, leg: Leg) -> Reading:
    """What sending them cost stands in the line's currency (R)."""
    amount, fee = cells.amount("amount"), cells.amount("fee")
    fees = [paid(cells.asset("currency").removeprefix("$"), fee)] if fee else []
    worth = Worth(more(amount), cells.text("currency")) if amount and cells.text("currency") else None
    meaning = meaning_of(cells.word("type"))
    return reading(
        cells,
        cells.when(),
        meaning.kind(leg.amount),
        [leg, *fees],
        category=meaning.category,
        note=note(cells),
        worth=worth,
    )


def note(cells: Cells) -> str:
    return " ".join(filter(None, (cells.text("type"), cells.text("notes"), cells.text("who"))))


FORMATS = (
    Format(
        name="cashapp",
        version=3,
        exchange="",
        title="Cash App",
        columns={
            "time": "date",
            "id": "transaction id",
            "type": "transaction type",
            "currency": "currency",
            "amount": "amount",
            "fee": "fee",
            "net": "net amount",
            "coin": "asset type",
            "price": "asset price",
            "coins": "asset amount",
            "status": "status",
        },
        optional={"notes": "notes", "who": "name of sender/receiver", "account": "account"},
        read_cells=line,
        key=("id",),
        zone="",
    ),
)
