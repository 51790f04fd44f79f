"""Nexo's history. Whether a line counts, the first word of its details says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, less, more, paid, reading, swapped, unknown
from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.cells import MOVE, Meaning, means
from ledger.readings.telling import AIRDROP, BONUS, CONVERTED, FEES, INTEREST, INTERNAL, LOAN, REFERRAL

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    legs = [*moved(cells, known, what), *fee(cells)]
    amount = legs[0].amount
    note = cells.text("details")
    kind, category = known.kind(amount), known.category
    return [reading(cells, cells.when(), kind, legs, category=category, note=note, worth=worth(cells))]


def words_of(what: str) -> str:
    """Older files write them in one: “LockingTermDeposit”."""
    return " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", what).casefold().split())


def moved(cells: Cells, known: Meaning, what: str) -> Iterable[Leg]:
    sent, received = cells.amount("sent"), cells.amount("received")
    if known is CONVERTED:
        return swapped((asset(cells, "sent_asset"), sent), (asset(cells, "received_asset"), received))
    came = "received" if cells.text("received_asset") and received else "sent"
    if BORROWED.fullmatch(what) or BOOSTED.fullmatch(what):
        return [Leg(asset(cells, f"{came}_asset"), more(cells.needed(came)))]
    if known in {FEES, PAID_BACK}:
        return [Leg(asset(cells, "sent_asset"), less(sent), fee=known is FEES)]
    if "withdraw" in what or "deduction" in what or (sent < 0 and known.came is not known.went):
        return [Leg(asset(cells, "sent_asset"), less(sent))]
    return [Leg(asset(cells, f"{came}_asset"), more(cells.needed(came)))]


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
        version=2,
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
            "time": r"date ?/ ?time \(utc\)",
        },
        optional={"fee": "fee", "fee_asset": "fee currency"},
        read_cells=line,
        key=("id",),
    ),
)
