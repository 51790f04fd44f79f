"""Which transactions of one book are the same one, told by more than one origin without a name in common.

Twins, the same again in the same second, are counted: two here and two there are two, three and two are three. What
one origin tells as a whole and another in parts is one when the sums agree. Nothing that an owner entered by hand is
taken away by itself. Each decision looks only at what resembles it, so that whatever else is there changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING

from ledger.matching import clock_offsets
from ledger.matching.base import HAND, Doubt, Duplicates, Match, Verdicts
from ledger.matching.clusters import Clusters
from ledger.matching.sameness import NEAR, NEAR_BY_HAND, Sameness, Unit, compare, unit_of
from ledger.matching.wholes import wholes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ledger.matching.base import Candidate
    from ledger.matching.sameness import Shape

MANY = 60
AT_ONCE = 2  # seconds: how far the search for certain ones looks beyond what a time stands for


@dataclass(frozen=True, slots=True)
class Edge:
    one: Unit
    other: Unit
    found: Sameness

    @property
    def order(self) -> tuple[bool, int, int, int, tuple[str, ...], tuple[str, ...]]:
        between = abs(self.one.first - self.other.first)
        return not self.found.certain, -self.found.score, self.found.apart, between, self.one.ids, self.other.ids


def match(candidates: Iterable[Candidate], *, verdicts: Verdicts | None = None) -> Duplicates:
    """Of one book. The order in which candidates come makes no difference."""
    verdicts = verdicts or Verdicts()
    known = sorted(candidates, key=lambda each: each.id)
    if len({each.origin for each in known}) <= 1 and not verdicts.same:
        return Duplicates()
    clusters = Clusters(known, verdicts)
    right = [unit_of(each, ahead) for each in known for ahead in clocks(each, verdicts)]
    join_told(right, clusters)
    # By its own clock, too, what nothing was found for: a zone is not ahead in winter, perhaps.
    plain = [unit_of(each, timedelta()) for each in known if each.origin in verdicts.offsets]
    if plain:
        join_told([*(unit for unit in right if unit.origin not in verdicts.offsets), *plain], clusters)
    units = [*right, *plain]
    return Duplicates(
        tuple(Match(each.members, each.reasons, each.ahead) for each in clusters.merged()),
        tuple(doubtful(clusters, [*edges(units, NEAR, clusters), *of_one_name(units), *by_hand(units)])),
        clock_offsets.proposed(once_each(units, clusters), clusters),
    )


def once_each(units: Iterable[Unit], clusters: Clusters) -> list[Unit]:
    """Of those that are one already, the one of the origin that is first by name, by its own clock."""
    told = [unit for unit in units if unit.origin != HAND and not unit.ahead]
    told.sort(key=lambda unit: (unit.origin, unit.ids), reverse=True)
    return list({clusters.of(unit).place: unit for unit in told}.values())


def clocks(candidate: Candidate, verdicts: Verdicts) -> list[timedelta]:
    """By how much its clock may be ahead: as the owner confirmed, else not at all."""
    return sorted(verdicts.offsets.get(candidate.origin) or {timedelta()})


def join_told(units: Iterable[Unit], clusters: Clusters) -> None:
    """What is certain."""
    told = [unit for unit in units if unit.origin != HAND]
    join_twins(told, clusters)
    join(clusters, [*edges(told, AT_ONCE, clusters), *of_one_name(told)])
    join(clusters, of_sums(told, clusters))


def join_twins(told: Iterable[Unit], clusters: Clusters) -> None:
    """What two origins tell alike to the letter: the first of the one with the first of the other, and so on."""
    alike: dict[tuple[object, ...], dict[str, list[Unit]]] = defaultdict(lambda: defaultdict(list))
    for unit in sorted(told, key=lambda unit: unit.ids):
        alike[unit.fingerprint][unit.origin].append(unit)
    for origins in alike.values():
        for one, other in combinations(sorted(origins), 2):
            join(clusters, compared(zip(origins[one], origins[other], strict=False)))


def compared(pairs: Iterable[tuple[Unit, Unit]]) -> Iterator[Edge]:
    for one, other in pairs:
        if one.origin != other.origin and (found := compare(one, other)):
            yield Edge(one, other, found)


def edges(units: Iterable[Unit], beyond: int, clusters: Clusters) -> Iterator[Edge]:
    """Pairs of different origins that resemble each other and are near in time."""
    for shelf in shelves(units).values():
        for place in range(len(shelf)):
            yield from compared(following(shelf, place, beyond, clusters))


def following(shelf: Sequence[Unit], place: int, beyond: int, clusters: Clusters) -> Iterator[tuple[Unit, Unit]]:
    """With those after it that are near, as far as they are not told by each other's origin already."""
    one = shelf[place]
    for index in range(place + 1, len(shelf)):
        other = shelf[index]
        if other.first > one.last + beyond:
            return
        if one.origin != other.origin and not (clusters.tells(one, other.origin) or clusters.tells(other, one.origin)):
            yield one, other


def of_one_name(units: Iterable[Unit]) -> Iterator[Edge]:
    """Of one hash or order, however far apart in time. Orders of very many fills are found by their seconds."""
    named: dict[tuple[str, ...], list[Unit]] = defaultdict(list)
    for unit in sorted(units, key=lambda unit: unit.ids):
        for name in filter(None, (unit.order, unit.hash)):
            named[name, *unit.shape].append(unit)
    for same in named.values():
        if len(same) <= MANY:
            yield from compared(combinations(same, 2))


def shelves(units: Iterable[Unit]) -> dict[Shape, list[Unit]]:
    """By what they move, in order of time."""
    found: dict[Shape, list[Unit]] = defaultdict(list)
    for unit in units:
        found[unit.shape].append(unit)
    for shelf in found.values():
        shelf.sort(key=lambda unit: (unit.first, unit.ids))
    return found


def by_hand(units: Sequence[Unit]) -> Iterator[Edge]:
    """An owner's memory is a day wide: what was entered by hand is looked for further away."""
    shapes = {unit.shape for unit in units if unit.origin == HAND}
    for shape, shelf in shelves(units).items():
        if shape in shapes:
            yield from compared(pair for pair in near_pairs(shelf) if HAND in {pair[0].origin, pair[1].origin})


def near_pairs(shelf: Sequence[Unit]) -> Iterator[tuple[Unit, Unit]]:
    for place, one in enumerate(shelf):
        for index in range(place + 1, len(shelf)):
            if shelf[index].first > one.last + NEAR_BY_HAND:
                break
            yield one, shelf[index]


def join(clusters: Clusters, found: Iterable[Edge]) -> None:
    """Best first; the parts of a whole are joined as one."""
    for edge in sorted((edge for edge in found if edge.found.certain), key=lambda edge: edge.order):
        clusters.join(edge.one, edge.other, edge.found.reasons)


def of_sums(told: Sequence[Unit], clusters: Clusters) -> Iterator[Edge]:
    """What one origin tells as a whole and another in parts: among those not told by both already."""
    for a, b in combinations(sorted({unit.origin for unit in told}), 2):
        left = [unit for unit in told if unit.origin in {a, b} and not clusters.tells(unit, a, b)]
        either = [*left, *wholes(left)]
        pairs = [*edges(either, AT_ONCE, clusters), *of_one_name(either)]
        yield from (edge for edge in pairs if max(len(edge.one.ids), len(edge.other.ids)) > 1)


def doubtful(clusters: Clusters, found: Iterable[Edge]) -> Iterator[Doubt]:
    """Each in one doubt at most, the best. Those that are joined by now, or were told apart, are in none."""
    taken: set[str] = set()
    for edge in sorted(found, key=lambda edge: edge.order):
        one, other = clusters.of(edge.one), clusters.of(edge.other)
        if not {one.place, other.place} & taken and clusters.may_join([one], [other]):
            taken |= {one.place, other.place}
            left, right = sorted((one.ids, other.ids))
            yield Doubt(left, right, edge.found.score, edge.found.reasons)
