"""Who is one with whom, so far: what was found and what the owner said, and what may still be joined."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING

from ledger.matching.reasons import PLAIN, Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ledger.matching.base import Candidate, Verdicts
    from ledger.matching.reasons import Reason
    from ledger.matching.sameness import Unit


NOTHING: Mapping[str, timedelta] = MappingProxyType({})


@dataclass(slots=True)
class Cluster:
    place: str  # the least id: what it is told apart by
    ids: tuple[str, ...]
    origins: frozenset[str]
    reasons: tuple[Reason, ...] = ()
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ahead: dict[str, timedelta] = field(default_factory=dict)


class Clusters:
    def __init__(self, candidates: Iterable[Candidate], verdicts: Verdicts) -> None:
        self._known = {each.id: each for each in candidates}
        self._apart: dict[str, set[str]] = defaultdict(set)
        for pair in verdicts.different:
            for one, other in combinations(sorted(pair), 2):
                self._apart[one].add(other)
                self._apart[other].add(one)
        self._of = {name: self._made((name,)) for name in self._known}
        for same in sorted(verdicts.same, key=sorted):
            self._merge([self._of[name] for name in sorted(same) if name in self._known], (PLAIN[Why.DECIDED],))

    def _made(self, ids: Iterable[str], reasons: Iterable[Reason] = ()) -> Cluster:
        names = tuple(sorted(ids))
        members: dict[str, tuple[str, ...]] = {}
        for name in names:
            origin = self._known[name].origin
            members[origin] = (*members.get(origin, ()), name)
        told = frozenset(members).union(*(self._known[name].told for name in names))
        return Cluster(names[0], names, told, tuple(dict.fromkeys(reasons)), members)

    def _merge(
        self, clusters: Sequence[Cluster], reasons: tuple[Reason, ...], ahead: Mapping[str, timedelta] = NOTHING
    ) -> None:
        ids = {name for cluster in clusters for name in cluster.ids}
        if len(ids) > 1:
            known = (reason for cluster in clusters for reason in cluster.reasons)
            whole = self._made(ids, [*known, *reasons])
            whole.ahead.update(ahead)
            for cluster in clusters:
                whole.ahead.update(cluster.ahead)  # as it was first found
            self._of.update(dict.fromkeys(ids, whole))

    def of(self, unit: Unit) -> Cluster:
        return self._of[unit.ids[0]]

    def tells(self, unit: Unit, *origins: str) -> bool:
        return self.of(unit).origins >= set(origins)

    def may_join(self, one: Sequence[Cluster], other: Sequence[Cluster]) -> bool:
        """No origin tells the same twice, and nobody is joined whom the owner told apart."""
        left = frozenset[str]().union(*(cluster.origins for cluster in one))
        if any(left & cluster.origins for cluster in other):
            return False
        ids = {name for cluster in (*one, *other) for name in cluster.ids}
        return not any(self._apart[name] & ids for name in ids if name in self._apart)

    def join(self, one: Unit, other: Unit, reasons: tuple[Reason, ...]) -> None:
        left, right = self._named(one.ids), self._named(other.ids)
        if self.may_join(left, right):
            self._merge([*left, *right], reasons, {**ahead(one), **ahead(other)})

    def _named(self, ids: Iterable[str]) -> list[Cluster]:
        return list({self._of[name].place: self._of[name] for name in ids}.values())

    def merged(self) -> Iterator[Cluster]:
        seen = {cluster.place: cluster for cluster in self._of.values() if len(cluster.ids) > 1}
        return iter([seen[place] for place in sorted(seen)])


def ahead(unit: Unit) -> dict[str, timedelta]:
    return dict.fromkeys(unit.ids, timedelta(seconds=unit.ahead)) if unit.ahead else {}
