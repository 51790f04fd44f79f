"""What one transaction meant for gains, as they were reckoned last: what it sold, what it opened, what it earned.

It is read beside the transaction and asks for nothing to be reckoned: where nothing is there yet, nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.db.models import Min, Sum

from ledger import disposals, known_costs, tax_years
from ledger.models import Earning, KnownCost, Lot, Reckoning, Stale

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from accounts.models import User
    from ledger.disposals import Disposal
    from ledger.models import Transaction

SHOWN = 10  # lots, and disposals that took from them
WALKED = 10_000  # matches after an acquisition that are looked through: no index tells what became of a lot
BEFORE = timedelta(days=31)  # some countries match a disposal with what is bought up to thirty days later
TAKEN = """
    WITH walked AS MATERIALIZED (
        SELECT disposed, disposal, act, lot, amount, proceeds - cost + adjustment AS gain, counts FROM ledger_match
        WHERE reckoning_id = %(reckoning)s AND asset = %(asset)s AND disposed >= %(since)s
        ORDER BY disposed LIMIT %(walked)s
    ), met AS (
        SELECT disposal, act, disposed, sum(amount), sum(gain), bool_or(counts) FROM walked
        WHERE lot = %(lot)s GROUP BY disposal, act, disposed ORDER BY disposed, disposal LIMIT %(shown)s
    )
    SELECT met.*, counted.rows FROM (SELECT count(*) AS rows FROM walked) AS counted LEFT JOIN met ON true
    ORDER BY met.disposed, met.disposal
"""


class Taken(NamedTuple):
    """What a disposal took of what this transaction brought."""

    disposal: UUID
    act: str
    at: datetime
    amount: Decimal
    gain: Decimal
    counts: bool


@dataclass(frozen=True, slots=True)
class Consequences:
    currency: str
    current: bool  # nothing of its owner has changed since
    sold: Sequence[Disposal]
    lots: Sequence[Lot]  # what is left of what it brought
    taken: Sequence[Taken]  # what has left of it, the first of it
    more: bool  # there may be further lots or disposals than these
    earned: Sequence[Earning]
    years: Sequence[str] = ()  # in which each was earned, as they are called
    may_say: bool = False  # what it had cost
    to_say: str = ""  # where that hangs on the law, and its owner has not said it yet

    @property
    def earned_in(self) -> Iterable[tuple[Earning, str]]:
        return zip(self.earned, self.years, strict=True)

    def __bool__(self) -> bool:
        return bool(self.sold or self.lots or self.taken or self.earned or self.more)


def in_force(owner: User) -> Reckoning | None:
    return Reckoning.objects.for_user(owner).filter(in_force=True, reckoned_at__isnull=False).first()


def of(owner: User, each: Transaction) -> Consequences | None:
    """None: gains were never reckoned."""
    read = in_force(owner)
    if read is None:
        return None
    came = brought(read, each)
    lots, (taken, walked) = (left_of(read, each), taken_of(read, each)) if came else ([], ([], 0))
    earned = earned_of(read, each) if came else []
    return Consequences(
        currency=read.settings["currency"],
        current=not Stale.objects.filter(owner=owner).exists(),
        sold=disposals.parts_of(read, each),
        lots=lots[:SHOWN],
        taken=taken[:SHOWN],
        more=len(lots) > SHOWN or len(taken) > SHOWN or walked >= WALKED,
        earned=earned,
        may_say=came and known_costs.may_be_said(each),
        to_say=known_costs.left_to_say(each) if came else "",
        years=[tax_years.terms_of(read.settings, earning.year).label for earning in earned],
    )


def brought(read: Reckoning, each: Transaction) -> bool:
    """Something that has lots, or is income: not the owner's own money."""
    return each.received_asset not in {"", read.settings["currency"]}


def left_of(read: Reckoning, each: Transaction) -> list[Lot]:
    """By when it was acquired, which its owner may have said otherwise."""
    said = KnownCost.objects.filter(key=each.pk).values_list("acquired_at", flat=True).first()
    times = {each.occurred_at} | ({said} if said else set())
    here = Lot.objects.filter(reckoning=read, asset=each.received_asset, acquired__in=times, origin=each.pk)
    return list(here.order_by("id")[: SHOWN + 1])


def taken_of(read: Reckoning, each: Transaction) -> tuple[list[Taken], int]:
    facts: dict[str, Any] = {
        "reckoning": read.pk,
        "asset": each.received_asset,
        "since": each.occurred_at - BEFORE,
        "lot": each.pk,
        "walked": WALKED,
        "shown": SHOWN + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, facts)
        rows = cursor.fetchall()
    return [Taken(*row) for *row, _ in rows if row[0]], rows[0][-1]


def earned_of(read: Reckoning, each: Transaction) -> list[Earning]:
    here = Earning.objects.filter(reckoning=read, asset=each.received_asset, at=each.occurred_at, transaction=each.pk)
    return list(here.order_by("id")[:SHOWN])


# --- in short, for programs ----------------------------------------------------------------------------------------


class Gained(NamedTuple):
    year: int
    gain: Decimal
    currency: str


def gained(owner: User, each: Transaction) -> Gained | None:
    """What left by it. None: nothing with a gain, or gains were never reckoned."""
    read = in_force(owner)
    if read is None:
        return None
    met = disposals.matches_of(read, each).filter(counts=True)
    year, proceeds, cost, adjustment = met.aggregate(
        year=Min("year"), proceeds=Sum("proceeds"), cost=Sum("cost"), adjustment=Sum("adjustment")
    ).values()
    return None if year is None else Gained(year, proceeds - cost + adjustment, read.settings["currency"])
