"""Which lots an owner takes for a disposal: said by hand, kept, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from accounts.audit import Action, record
from ledger.engine.types import Choice
from ledger.engine.units import EXACT
from ledger.gains import stale
from ledger.models import LotChoice
from ledger.sums import total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from django.db.models import QuerySet

    from accounts.audit import Actor
    from ledger.lots_then import Open, Then
    from ledger.models import Transaction

MOST = 500  # lots for one disposal


class BadChoiceError(ValueError):
    """A choice that cannot be, and about which lot."""

    def __init__(self, code: str, words: str, lot: str = "") -> None:
        super().__init__(words)
        self.code, self.words, self.lot = code, words, lot


class Chosen(NamedTuple):
    lot: str
    amount: Decimal | None  # none: as much as is there


def of(each: Transaction) -> QuerySet[LotChoice]:
    return LotChoice.objects.filter(owner=each.owner_id, disposal=each.pk).order_by("place", "id")


def chosen_for(each: Transaction) -> list[Chosen]:
    return [Chosen(str(lot), amount) for lot, amount in of(each).values_list("lot", "amount")]


def choices(chosen: Iterable[Chosen]) -> list[Choice]:
    """As the engine is told."""
    return [Choice(*each) for each in chosen]


def check(chosen: Sequence[Chosen], then: Then, lots: Mapping[str, Open]) -> None:
    """Against what was there at that moment. Raises BadChoiceError."""
    if len(chosen) > MOST:
        raise BadChoiceError("too_many", f"Choose at most {MOST} lots for one disposal.")
    if len({each.lot for each in chosen}) < len(chosen):
        raise BadChoiceError("twice", "A lot is named twice. Say once how much of it.")
    for each in chosen:
        check_one(each, lots.get(each.lot), then.scale)
    wanted = total(each.amount for each in chosen)
    if wanted > then.amount:
        words = f"That is {wanted.normalize():f} in all. Only {then.amount.normalize():f} left here: take less."
        raise BadChoiceError("more_than_left", words)


def check_one(each: Chosen, lot: Open | None, scale: int) -> None:
    if lot is None:
        raise BadChoiceError("not_found", "This lot was not there at that moment.", each.lot)
    if each.amount is not None and each.amount <= 0:
        raise BadChoiceError("nought", "Take more than nothing of a lot, or leave it out.", each.lot)
    if each.amount is not None and -int(each.amount.normalize(EXACT).as_tuple().exponent) > scale:
        raise BadChoiceError("too_fine", f"Write at most {scale} decimals.", each.lot)
    if each.amount is not None and each.amount > lot.amount:
        words = f"This lot held {lot.amount.normalize():f} then. Take that much at most."
        raise BadChoiceError("more_than_there", words, each.lot)


@transaction.atomic
def choose(*, by: Actor, each: Transaction, chosen: Sequence[Chosen], then: Then, now: datetime) -> None:
    """In place of what was chosen before. Raises BadChoiceError."""
    check(chosen, then, {lot.lot: lot for lot in then.open()})
    if not chosen:
        take_back(by=by, each=each, now=now)
        return
    of(each).delete()
    LotChoice.objects.bulk_create(
        LotChoice(
            owner_id=each.owner_id,
            disposal_id=each.pk,
            lot_id=one.lot,
            place=place,
            amount=one.amount,
            created_at=now,
        )
        for place, one in enumerate(chosen)
    )
    told(by, each, Action.LOTS_CHOSEN, now, lots=len(chosen))


@transaction.atomic
def take_back(*, by: Actor, each: Transaction, now: datetime) -> bool:
    """From then on the method chooses. False: nothing was chosen."""
    gone, _ = of(each).delete()
    if gone:
        told(by, each, Action.LOTS_TAKEN_BACK, now, lots=gone)
    return bool(gone)


def told(by: Actor, each: Transaction, action: Action, now: datetime, *, lots: int) -> None:
    record(by=by, action=action, owner=each.owner, now=now, subject=each.sent_asset, about=each.pk, lots=lots)
    stale.decided({each.pk})
