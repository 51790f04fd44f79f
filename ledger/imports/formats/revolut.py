"""Revolut's crypto statements. Today's names no time zone, and money has its sign glued on; the older one is in UTC."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import (
    Cells,
    Format,
    Skip,
    Unreadable,
    bought,
    done,
    less,
    more,
    paid,
    reading,
    sold,
    unknown,
)
from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.cells import MOVE, Meaning, means
from ledger.readings.telling import AIRDROP, BONUS, STAKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TYPES: tuple[tuple[str, Meaning, bool], ...] = (
    (r"(crypto )?(receive|deposit|transfer in)|received", MOVE, True),
    (r"(crypto )?(send|sent|withdraw(al)?|transfer out)", MOVE, False),
    (r".*staking reward.*", STAKING, True),
    (r".*(learn|earn|reward|bonus).*", BONUS, True),
    (r".*airdrop.*", AIRDROP, True),
    (r".*payment.*", means(Kind.ADJUSTMENT, "card", went=Kind.SPEND), False),
)


def line(cells: Cells) -> Iterable[Reading] | Skip:
    what, coin, value, fee = cells.word("type"), cells.asset("symbol"), cells.told("value"), cells.told("fee")
    # Money has no quantity (R).
    amount = more(value.amount if value.amount and value.asset == coin else cells.needed("quantity"))
    if re.fullmatch(r"stak(e|ing)|unstak(e|ing)|stake started|stake ended", what):
        return Skip("Staked or taken out again: it stays at Revolut, and no balance changed.")
    currency = value.asset or cells.told("price").asset or cells.options.base
    # In money, also where a coin is sent (R; M that it is not taken of the coin).
    fees = [paid(name, fee.amount)] if fee.amount and (name := fee.asset or currency) else []
    worth = Worth(more(value.amount), value.asset or cells.options.base) if value.amount else None
    if re.match(r"(buy|sell)\b", what):
        if not currency or value.amount is None:
            raise Unreadable(cells.column("value"), "Does not say what was paid, in which currency. Please correct it.")
        legs = (bought if what.startswith("buy") else sold)((coin, amount), (currency, value.amount))
        return [reading(cells, cells.when(), Kind.TRADE, [*legs, *fees])]
    found = next((each for each in TYPES if re.fullmatch(each[0], what)), None)
    if not found:
        raise unknown(cells.text("type"), cells.column("type"))
    leg = Leg(coin, amount if found[2] else less(amount))
    kind, category = found[1].kind(leg.amount), found[1].category
    return [reading(cells, cells.when(), kind, [leg, *fees], category=category, worth=worth)]


# --- until 2024 ---------------------------------------------------------------------------------------------------

CARD = means(Kind.ADJUSTMENT, "card", went=Kind.SPEND)
CASHBACK = means(Kind.REWARD, "cashback", went=Kind.ADJUSTMENT)
OLD_TYPES = {"transfer": MOVE, "card payment": CARD, "card refund": CARD, "cashback": CASHBACK, "reward": BONUS}
# Between pockets of the owner's, into a stake and out of it, or from one company of Revolut's to another (R).
POCKETS = re.compile(r"transferred (to|from) .*|.*(savings|vault|pocket|staking|staked|unstaked).*|balance migration.*")


def old(cells: Cells) -> Iterable[Reading] | Skip:
    """The fee is in money, on top of what a coin cost, or taken of what it brought."""
    if skip := done(cells, "completed", key="state"):
        return skip
    what, coin, amount = cells.word("type").replace("_", " "), cells.asset("asset"), cells.needed("amount")
    if what == "transfer" and POCKETS.fullmatch(cells.word("description")):
        return Skip("Moved between places at Revolut: what you hold stays the same.")
    if what == "exchange":
        money, way = (cells.asset("base"), cells.needed("fiat")), bought if amount > 0 else sold
        fee = paid(money[0], cells.amount("fee"))
        return [reading(cells, cells.when(), Kind.TRADE, [*way((coin, amount), money), fee])]
    known = OLD_TYPES.get(what)
    if not known:
        raise unknown(cells.text("type"), cells.column("type"))
    if known is BONUS and "staking" in cells.word("product") + cells.word("description"):
        known = STAKING
    legs = [Leg(coin, amount)]
    if known is MOVE:
        legs.append(paid(cells.text("base"), cells.amount("fee")))
    said = {"category": known.category, "note": cells.text("description"), "worth": worth_in_base(cells)}
    return [reading(cells, cells.when(), known.kind(amount), legs, **said)]


def worth_in_base(cells: Cells) -> Worth | None:
    amount, currency = cells.amount("fiat"), cells.text("base")
    return Worth(more(amount), currency) if amount and currency else None


FORMATS = (
    Format(
        name="revolut",
        version=3,
        exchange="",
        title="Revolut crypto",
        columns={
            "symbol": "symbol",
            "type": "type",
            "quantity": "quantity",
            "price": "price",
            "value": "value",
            "fee": "fees",
            "time": "date",
        },
        read_cells=line,
        zone="",
    ),
    Format(
        name="revolut_old",
        exchange="",
        title="Revolut crypto (older file)",
        columns={
            "type": "type",
            "product": "product",
            "started": "started date",
            "completed": "completed date",
            "description": "description",
            "amount": "amount",
            "asset": "currency",
            "fiat": "fiat amount",
            "whole": r"fiat amount \(inc\. fees\)",
            "fee": "fee",
            "base": "base currency",
            "state": "state",
        },
        optional={"balance": "balance"},
        read_cells=old,
        clock=("completed",),  # R: today's statement gives the same moment, in the account's own zone
        changing=("balance",),
    ),
)
