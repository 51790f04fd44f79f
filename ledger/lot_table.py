"""Lots that may be chosen for a disposal, as its page shows them: in pages, in some order, with what was typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.http import urlencode

from ledger import lot_choices
from ledger.engine.days import NEVER, in_force
from ledger.engine.types import Country
from ledger.forms_tax import NO_FIGURE, figure
from ledger.gains import terms
from ledger.lot_choices import BadChoiceError, Chosen
from ledger.models import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.http import QueryDict

    from accounts.models import User
    from ledger.lots_then import Open, Then
    from ledger.models import Reckoning

SIZE = 50
NOUGHT = Decimal(0)
ORDERS: Mapping[str, tuple[str, Callable[[Open], Any]]] = {
    "oldest": ("Oldest first", lambda lot: (lot.acquired, lot.lot)),
    "newest": ("Newest first", lambda lot: (NEVER - lot.acquired, lot.lot)),
    "highest": ("Highest cost first", lambda lot: (-lot.unit, lot.lot)),
    "lowest": ("Lowest cost first", lambda lot: (lot.unit, lot.lot)),
}


@dataclass(slots=True)
class Asked:
    """What was typed, lot by lot, on the page that was shown."""

    order: str = "oldest"
    after: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    posted: bool = False
    refusal: BadChoiceError | None = None


@dataclass(frozen=True, slots=True)
class Line:
    lot: Open
    transaction: Transaction | None
    typed: str
    chosen: Decimal | None  # what is kept of it
    error: str


def asked(query: QueryDict, said: QueryDict) -> Asked:
    order = said.get("order") or query.get("order", "")
    typed = {name[4:]: str(said[name]).strip() for name in said if name.startswith("lot-")}
    after = said.get("after", "") if said else query.get("after", "")
    return Asked(order if order in ORDERS else "oldest", after, typed, posted=bool(said))


def merged(each: Transaction, asked: Asked) -> list[Chosen]:
    """What was chosen on other pages, and what is typed on this one. Raises BadChoiceError."""
    before = [one for one in lot_choices.chosen_for(each) if one.lot not in asked.typed]
    return [*before, *(Chosen(lot, amount_of(lot, text)) for lot, text in asked.typed.items() if text)]


def amount_of(lot: str, text: str) -> Decimal:
    found = figure(text)
    if found is None:
        raise BadChoiceError("invalid", NO_FIGURE, lot)
    return found


def table(owner: User, each: Transaction, then: Then, asked: Asked) -> dict[str, Any]:
    lots = sorted(then.open(), key=ORDERS[asked.order][1])
    shown, older = paged(lots, asked.after)
    kept = {one.lot: one.amount for one in lot_choices.chosen_for(each)}
    by_method, outcome = then.outcome(()), None
    try:
        chosen = merged(each, asked) if asked.posted else lot_choices.chosen_for(each)
        lot_choices.check(chosen, then, {lot.lot: lot for lot in lots})
    except BadChoiceError as error:
        asked.refusal = asked.refusal or error
        chosen = lot_choices.chosen_for(each)
    else:
        outcome = then.outcome(lot_choices.choices(chosen)) if chosen else None
    return {
        "then": then,
        "lines": lines(owner, shown, kept, asked),
        "orders": [(name, words) for name, (words, _) in ORDERS.items()],
        "order": asked.order,
        "older": f"?{urlencode({'order': asked.order, 'after': older})}" if older else "",
        "after": asked.after,
        "by_method": by_method,
        "outcome": outcome,
        "more": outcome.gain - by_method.gain if outcome else None,
        "taken": sum((taken_of(one, lots) for one in chosen), NOUGHT),
        "refusal": asked.refusal,
        "kept": bool(kept),
        "elsewhere": sum(lot not in {line.lot for line in shown} for lot in kept),
    }


def taken_of(one: Chosen, lots: Sequence[Open]) -> Decimal:
    if one.amount is not None:
        return one.amount
    return next((lot.amount for lot in lots if lot.lot == one.lot), NOUGHT)


def paged(lots: Sequence[Open], after: str) -> tuple[Sequence[Open], str]:
    """Behind the lot named; what is not there is the first page."""
    begin = next((place + 1 for place, lot in enumerate(lots) if lot.lot == after), 0) if after else 0
    shown = lots[begin : begin + SIZE]
    return shown, shown[-1].lot if len(lots) > begin + SIZE else ""


def lines(owner: User, shown: Sequence[Open], kept: Mapping[str, Decimal | None], asked: Asked) -> list[Line]:
    known = Transaction.objects.for_user(owner).select_related("wallet").in_bulk([UUID(lot.lot) for lot in shown])
    refusal = asked.refusal
    return [
        Line(
            lot,
            known.get(UUID(lot.lot)),
            typed_of(lot, kept, asked),
            kept.get(lot.lot),
            refusal.words if refusal and refusal.lot == lot.lot else "",
        )
        for lot in shown
    ]


def typed_of(lot: Open, kept: Mapping[str, Decimal | None], asked: Asked) -> str:
    if lot.lot in asked.typed:
        return asked.typed[lot.lot]
    if lot.lot not in kept:
        return ""
    amount = kept[lot.lot]
    return f"{(lot.amount if amount is None else amount).normalize():f}"


def law_of(read: Reckoning, each: Transaction) -> str:
    """What the tax office asks for, where it asks for something."""
    country = in_force(terms.told(read.owner, read.settings), each.occurred_at).country
    return LAWS.get(country, "")


LAWS = {
    Country.US: "The IRS accepts lots that you identified when you sold, or before: in your own records, or, where an "
    "exchange holds them, to the exchange. For sales until the end of 2026 your own records are enough there, too "
    "(Notices 2025-7 and 2026-20). What is chosen afterwards should follow what you identified then.",
    Country.AU: "The ATO accepts the parcels you choose if your records identify them.",
}
