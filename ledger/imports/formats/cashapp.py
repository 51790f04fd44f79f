"""Cash App's history: dollars and bitcoin, in a time zone that each line names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, less, more, paid, reading, swapped, total
from ledger.readings.base import Kind, Leg, Reading, Worth

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

NOT_DONE = re.compile(r".*(fail|cancel|declin|pending|refused|expired|waiting|reversed).*")
BITCOIN = "BTC"


def line(cells: Cells) -> Iterable[Reading] | Skip:
    if NOT_DONE.fullmatch(cells.word("status")):
        return Skip(f"Not completed: Cash App says “{cells.text('status')[:40]}”.")
    what, coins = cells.word("type"), more(cells.amount("coins"))
    coin = cells.text("coin") or BITCOIN
    if coins and re.search(r"\b(buy|purchase|sale|sell)\b|boost|round", what):
        return [trade(cells, (coin, coins), sells="sale" in what or "sell" in what)]
    if coins:
        goes = "withdraw" in what or "sent" in what or "send" in what
        return [of_coins(cells, Leg(coin, less(coins) if goes else coins))]
    amount = cells.maybe("net") or cells.amount("amount")
    if not amount:
        return Skip("Nothing moved: the amount is nothing.")
    leg = Leg(cells.asset("currency"), amount)
    kind = Kind.DEPOSIT if amount > 0 else Kind.SPEND if "card" in what else Kind.WITHDRAWAL
    return [reading(cells, cells.when(), kind, [leg], note=note(cells))]


def trade(cells: Cells, coin: tuple[str, Decimal], *, sells: bool) -> Reading:
    """What moved in dollars is with the fee, whichever of the two amounts says it."""
    fee, currency = more(cells.amount("fee")), cells.asset("currency")
    whole = more(cells.maybe("net") or cells.needed("amount"))
    value = total(whole, fee if sells else less(fee))
    legs = swapped(coin, (currency, value)) if sells else swapped((currency, value), coin)
    return reading(cells, cells.when(), Kind.TRADE, [*legs, paid(currency, fee)], note=note(cells))


def of_coins(cells: Cells, leg: Leg) -> Reading:
    amount = cells.amount("amount")
    worth = Worth(more(amount), cells.text("currency")) if amount and cells.text("currency") else None
    kind = Kind.DEPOSIT if leg.amount > 0 else Kind.WITHDRAWAL
    return reading(cells, cells.when(), kind, [leg], note=note(cells), worth=worth)


def note(cells: Cells) -> str:
    return " ".join(filter(None, (cells.text("type"), cells.text("notes"), cells.text("who"))))


FORMATS = (
    Format(
        name="cashapp",
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
