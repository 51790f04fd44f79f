"""What lay open of an asset at the moment something of it was disposed of, and what other lots would have given.

Booked again from the newest state before that moment, by the engine itself: so what a page offers is what was there.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from ledger import prices
from ledger.assets import everything
from ledger.engine import reckoning as engine
from ledger.engine.booking import book
from ledger.engine.days import in_force
from ledger.engine.movements import DEPARTED, DISPOSED, FEE_PART
from ledger.engine.types import Method
from ledger.engine.units import USUAL, money, plain
from ledger.gains import terms
from ledger.gains.feeding import Feed
from ledger.gains.working import WHOLE, starts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal

    from ledger.engine.booking import Booked
    from ledger.engine.movements import Movement, Take
    from ledger.engine.pools import Holding
    from ledger.engine.types import Choice, Settings
    from ledger.gains.working import Start
    from ledger.models import Reckoning, Transaction

BLENDED = frozenset({Method.AVERAGE, Method.UK_POOL, Method.ACB})  # where no lot keeps its own cost


class Open(NamedTuple):
    """A lot as it was then."""

    lot: str  # the transaction that brought it
    acquired: datetime
    amount: Decimal
    cost: Decimal
    known: bool
    dated: bool  # no: nobody says when it was acquired, only when it came

    @property
    def unit(self) -> Decimal:
        """What one whole piece had cost."""
        return self.cost / self.amount


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a choice of lots comes to."""

    gain: Decimal
    parts: Sequence[tuple[str, str, Decimal, Decimal, Decimal, str]]  # lot, rule, amount, cost, gain, term


@dataclass(frozen=True, slots=True)
class Then:
    settings: Settings
    start: Start
    before: Sequence[Movement]
    of: Movement

    @property
    def scale(self) -> int:
        return self.settings.scales.get(self.of.asset, USUAL)

    @property
    def amount(self) -> Decimal:
        return plain(self.of.amount, self.scale)

    @property
    def counts(self) -> bool:
        return self.of.rank == DISPOSED and self.of.more.counts

    def open(self) -> list[Open]:
        """Oldest first. What one transaction brought is one, also where it came in parts."""
        booked = booked_to(self.of.asset, self.before, self.settings, self.start, self.of.at)
        brought: dict[str, list[Holding]] = defaultdict(list)
        for lot in booked.desk.pool(self.of.wallet).lots():
            brought[lot.origin.id].append(lot)
        found = (self.shown(lots) for name, lots in brought.items() if name)
        return sorted(found, key=attrgetter("acquired", "lot"))

    def shown(self, lots: Sequence[Holding]) -> Open:
        amount, cost = plain(sum(lot.amount for lot in lots), self.scale), money(sum(lot.cost for lot in lots))
        origin, known = lots[0].origin, all(lot.origin.known for lot in lots)
        return Open(origin.id, origin.acquired, amount, cost, known, all(lot.origin.dated for lot in lots))

    def outcome(self, choices: Iterable[Choice]) -> Outcome:
        """With these lots, and the method's for the rest."""
        chosen = {**self.settings.choices, self.of.id: tuple(choices)}
        if not chosen[self.of.id]:
            del chosen[self.of.id]
        settings = self.settings._replace(choices=MappingProxyType(chosen))
        moved = [*self.before, self.of]
        booked = booked_to(self.of.asset, moved, settings, self.start, self.of.at)
        takes = [take for take in booked.takes if take.out.id == self.of.id and take.out.part == self.of.part]
        return Outcome(money(sum(take.gain for take in takes)), [self.part(take) for take in takes])

    def part(self, take: Take) -> tuple[str, str, Decimal, Decimal, Decimal, str]:
        amount = plain(take.amount, self.scale)
        return take.lot.id, take.rule, amount, money(take.cost), money(take.gain), take.term


def booked_to(asset: str, moved: Sequence[Movement], settings: Settings, start: Start, at: datetime) -> Booked:
    return book(asset, moved, settings, start=start.kept, until=at)


def method_at(reckoning: Reckoning, each: Transaction) -> Method:
    return in_force(terms.told(reckoning.owner, reckoning.settings), each.occurred_at).method


def then(reckoning: Reckoning, each: Transaction) -> Then | None:
    """None where nothing was sent that has lots."""
    asset, settings = each.sent_asset, terms.told(reckoning.owner, reckoning.settings)
    if not asset or asset in settings.money | {settings.currency}:
        return None
    start = start_of(reckoning, settings, each)
    moved = moved_since(feed_of(reckoning, settings), settings, asset, start, until=each.occurred_at)
    for place, movement in enumerate(moved):
        if movement.id == str(each.pk) and movement.rank in {DEPARTED, DISPOSED} and movement.part != FEE_PART:
            return Then(settings, start, moved[:place], movement)
    return None


def start_of(reckoning: Reckoning, settings: Settings, each: Transaction) -> Start:
    if reckoning.version != terms.version():
        return WHOLE
    return starts_of(reckoning, settings, {each.sent_asset: each.occurred_at})[each.sent_asset]


def moved_since(feed: Feed, settings: Settings, asset: str, start: Start, *, until: datetime) -> list[Movement]:
    """Up to that moment, itself included."""
    with transaction.atomic(), closing(feed.touching([asset], start.at, until)) as events:
        found = engine.movements(events, settings).get(asset, [])
    return [movement for movement in found if start.at <= movement.at <= until]


def feed_of(reckoning: Reckoning, settings: Settings) -> Feed:
    """Brings all links along: one for whatever is asked at once."""
    kinds = {code: asset.kind for code, asset in everything().items()}
    return Feed(reckoning.owner_id, reckoning.wallets, settings, prices.book(reckoning.owner_id), kinds)
