"""Nexo's history, in two layouts. Whether a line counts, the first word of its details says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

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
    reading,
    swapped,
    unknown,
)
from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.cells import MOVE, Meaning, means
from ledger.readings.telling import AIRDROP, BONUS, CONVERTED, FEES, INTEREST, INTERNAL, LOAN, REFERRAL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

HOME = "Europe/Zurich"  # R: of times that name no zone, in files until 2022
OK = ("approved", "completed", "")
# Money is called otherwise while it lies at Nexo, and some coins are by their chains (R).
NAMES = {"EURX": "EUR", "GBPX": "GBP", "USDX": "USD", "XUSD": "USD"}
NAMES |= {"NEXONEXO": "NEXO", "NEXOBNB": "NEXO", "NEXOBEP2": "NEXO", "BNBN": "BNB", "USDTERC": "USDT"}
WITHIN = re.compile(
    r"(locking|unlocking|unlock) ?term deposit|(transfer|transferred) (in|out|to|from).*|.*transfer (in|out).*"
    r"|(credit card fiatx )?exchange to withdraw|deposit to exchange|credit card status|administrator"
    r"|(assimilation|collateral).*|dual investment (lock|unlock)"
)
# R: a withdrawal of money tells what a purchase with the card took; what is sold for a loan, that it was paid back.
TWICE = re.compile(r"nexo card purchase|(manual )?repayment|exchange liquidation")
TOLD_TWICE = Skip("Another line of this file tells the same.")
OWED = Skip("Interest that was added to a loan: it is paid with the loan, and leaves nothing that is held.")
CREDITED = re.compile(r".*(credit granting|booster credit) top up.*")  # the exchange of the credit tells it (R)
BORROWED = re.compile(r"loan withdrawal|(credit card )?withdrawal credit")
BOOSTED = re.compile(r"(exchange|nexo) booster")  # what was bought is the owner's; what it was paid with never was (R)
PAID_BACK = means(Kind.ADJUSTMENT, "loan", went=Kind.SPEND)
TYPES: tuple[tuple[str, Meaning], ...] = (
    (r".*cash ?back.*", means(Kind.REWARD, "cashback", went=Kind.ADJUSTMENT)),
    (r".*referral.*", REFERRAL),
    (r".*(bonus|dividend|reward).*", BONUS),
    (r".*interest.*", INTEREST),
    (r".*\bfee", FEES),
    (r"exchange deposited on", MOVE),
    (BORROWED.pattern, LOAN),
    (BOOSTED.pattern, LOAN),
    (r"liquidation|manual sell order", PAID_BACK),
    (r"(dual investment )?exchange.*", CONVERTED),
    (r".*(deposit|top ?up|withdraw).*", MOVE),
    (r".*(loan|credit|repay).*", LOAN),
    (r".*(card|purchase).*", means(Kind.ADJUSTMENT, "card", went=Kind.SPEND)),
    (r"administrative (deduction|addition)", means(Kind.ADJUSTMENT)),
)


def line(cells: Cells) -> Iterable[Reading] | Skip:
    details = cells.word("details")
    state = details.partition(" ")[0].strip("/")
    if state not in OK:
        return Skip(f"Not completed: Nexo says “{state[:40]}”.")
    what = words_of(cells.text("type"))
    if WITHIN.fullmatch(what):
        return Skip(INTERNAL)
    if TWICE.fullmatch(what) or ("top up" in what and CREDITED.fullmatch(details)):
        return TOLD_TWICE
    known = next((meaning for pattern, meaning in TYPES if re.fullmatch(pattern, what)), None)
    if not known:
        raise unknown(cells.text("type"), cells.column("type"))
    if known is MOVE and "airdrop" in details:
        known = AIRDROP
    sides = in_one_cell(cells) if cells.has("amount") else in_two(cells)
    if known is INTEREST and sides.sent < 0 and sides.sent_asset == "USD":
        return OWED
    legs = [*moved(sides, known, what), *fee(cells)]
    kind, said = known.kind(legs[0].amount), {"note": cells.text("details"), "worth": worth(cells)}
    return [reading(cells, cells.when(), kind, legs, category=known.category, **said)]


def words_of(what: str) -> str:
    """Older files write them in one: “LockingTermDeposit”."""
    return " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", what).casefold().split())


class Sides(NamedTuple):
    """As the file tells them. Signs of a side say little: what a line is, says which way."""

    sent_asset: str
    sent: Decimal
    received_asset: str
    received: Decimal


def in_two(cells: Cells) -> Sides:
    if cells.maybe("sent") is None and cells.maybe("received") is None:
        raise Unreadable(cells.column("sent"), "Has no amount. Please fill it in, or leave this line out.")
    received = asset(cells, "received_asset") if cells.text("received_asset") else ""
    return Sides(asset(cells, "sent_asset"), cells.amount("sent"), received, cells.amount("received"))


def in_one_cell(cells: Cells) -> Sides:
    """“BTC/USDT” and “-0.1 / +3400.5”, or one coin and one amount."""
    names = [NAMES.get(name.upper(), name) for name in cells.asset("currency").split("/")]
    amounts = [number(cells, part) for part in re.split(r"\s/\s", cells.text("amount"))]
    if len(names) != len(amounts) or len(names) > 2:  # noqa: PLR2004 - sides
        raise Unreadable(cells.column("amount"), "Has not as many amounts as there are coins. Please correct it.")
    return Sides(names[0], amounts[0], names[-1], more(amounts[-1]))


def number(cells: Cells, text: str) -> Decimal:
    try:
        return numbers.amount(text) or NOTHING
    except ValueError as error:
        raise Unreadable(cells.column("amount"), f"“{text[:40]}” {error}. Please correct it.") from error


def moved(sides: Sides, known: Meaning, what: str) -> Iterable[Leg]:
    sent, received = (sides.sent_asset, sides.sent), (sides.received_asset, sides.received)
    came = received if sides.received_asset and sides.received else sent
    if known is CONVERTED:
        return swapped(sent, received)
    if BORROWED.fullmatch(what) or BOOSTED.fullmatch(what):
        return [Leg(came[0], more(came[1]))]
    if known in {FEES, PAID_BACK}:
        return [Leg(sent[0], less(sent[1]), fee=known is FEES)]
    if "withdraw" in what or "deduction" in what or (sides.sent < 0 and known.came is not known.went):
        return [Leg(sent[0], less(sent[1]))]
    return [Leg(came[0], more(came[1]))]


def asset(cells: Cells, key: str) -> str:
    name = cells.asset(key)
    return NAMES.get(name.upper(), name)


def fee(cells: Cells) -> list[Leg]:
    amount = cells.amount("fee")
    return [paid(asset(cells, "fee_asset"), amount)] if amount else []


def worth(cells: Cells) -> Worth | None:
    told = cells.told("worth")
    return Worth(more(told.amount), "USD") if told.amount else None


FORMATS = (
    Format(
        name="nexo",
        version=3,
        exchange="",
        title="Nexo transactions",
        columns={
            "id": "transaction",
            "type": "type",
            "sent_asset": "input currency",
            "sent": "input amount",
            "received_asset": "output currency",
            "received": "output amount",
            "worth": "usd equivalent",
            "details": "details",
            "time": r"date ?/ ?time( \(utc\))?",
        },
        optional={"fee": "fee", "fee_asset": "fee currency", "loan": "outstanding loan"},
        read_cells=line,
        key=("id",),
        zone=HOME,
        changing=("loan",),
    ),
    Format(
        name="nexo_old",
        exchange="",
        title="Nexo transactions (older file)",
        columns={
            "id": "transaction",
            "type": "type",
            "currency": "currency",
            "amount": "amount",
            "details": "details",
            "loan": "outstanding loan",
            "time": r"date ?/ ?time( \(utc\))?",
        },
        optional={"worth": "usd equivalent"},
        read_cells=line,
        key=("id",),
        list="nexo",  # the same ids
        zone=HOME,
        changing=("loan",),
    ),
)
