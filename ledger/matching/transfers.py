"""Which withdrawals arrived as which deposits: links to make without asking, and suggestions.

First what one transaction on the network delivered in parts, then pairs. A pair is linked by itself only if it has
points enough and no other pair of either end comes close: two that fit equally well are the owner's to tell apart.
What is clear once others are taken is clear, so this goes on until nothing is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.matching import likeness, transfer_sums
from ledger.matching.base import Decided, Ends, Side, Transfer, Transfers
from ledger.matching.reasons import Reason, Why
from ledger.matching.transfer_candidates import pairs
from ledger.matching.transfer_evidence import CLOSE, ENOUGH, WORTH_A_LOOK, Evidence, evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.matching.base import Movement

NO_ADDRESSES: Mapping[str, frozenset[str]] = {}
ROUNDS = 8
OFTEN = 3  # suggestions for one event
GOOD = 40  # a suggestion that leaves no need to look for parts
AMBIGUOUS = 20  # points that it costs not to be the only one


@dataclass(frozen=True, slots=True)
class Pair:
    out: Movement
    arrived: Movement
    found: Evidence

    @property
    def order(self) -> tuple[int, int, str, str]:
        """Best first; of equals the one that took the least time."""
        gap = abs(likeness.seconds(self.arrived.at) - likeness.seconds(self.out.at))
        return -self.found.weight, gap, self.out.id, self.arrived.id


def match(
    movements: Iterable[Movement],
    *,
    own: Mapping[str, frozenset[str]] = NO_ADDRESSES,
    decided: Decided | None = None,
) -> Transfers:
    """`own`: known addresses, as `addresses` makes them. The order in which movements come makes no difference."""
    decided = decided or Decided()
    settled = frozenset(name for link in decided.links for name in link.outs | link.ins)
    free = {movement.id: movement for movement in movements if movement.id not in settled}
    whole = transfer_sums.of_one_hash(list(free.values()), decided)
    take(free, whole)
    possible = sorted(
        (Pair(out, arrived, evidence(out, arrived, own)) for out, arrived in pairs(free.values(), decided)),
        key=lambda pair: pair.order,
    )
    linked, left = chosen(possible)
    automatic = [*whole, *(transfer(pair, automatic=True) for pair in linked)]
    take(free, automatic)
    proposed = suggestions(left)
    seen = {name for each in proposed if each.score >= GOOD for name in each.ends.outs | each.ends.ins}
    parts = transfer_sums.of_parts(free.values(), seen, decided)
    return Transfers(in_order(automatic), in_order([*proposed, *parts]))


def judged(out: Movement, arrived: Movement, *, own: Mapping[str, frozenset[str]] = NO_ADDRESSES) -> Transfer:
    """Of two that the owner puts side by side: what speaks for and against."""
    return transfer(Pair(out, arrived, evidence(out, arrived, own)), automatic=False)


def addresses(movements: Iterable[Movement]) -> dict[str, frozenset[str]]:
    """Where deposits arrived is where the next one may: address -> the wallets it stands for, several if shared."""
    found: dict[str, set[str]] = defaultdict(set)
    for movement in movements:
        if movement.side is Side.IN and movement.address:
            found[likeness.plain_address(movement.address)].add(movement.wallet)
    return {address: frozenset(wallets) for address, wallets in found.items()}


def take(free: dict[str, Movement], transfers: Iterable[Transfer]) -> None:
    for each in transfers:
        for name in each.ends.outs | each.ends.ins:
            free.pop(name, None)


def chosen(possible: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """What is clear, and what is left of the others; both in order."""
    linked: list[Pair] = []
    left = list(possible)
    for _ in range(ROUNDS):
        clear = clear_ones(left)
        if not clear:
            break
        linked += clear
        taken = {name for pair in clear for name in (pair.out.id, pair.arrived.id)}
        left = [pair for pair in left if not {pair.out.id, pair.arrived.id} & taken]
    return linked, left


def clear_ones(ordered: Sequence[Pair]) -> list[Pair]:
    rivals = best_two(ordered)
    return [pair for pair in ordered if pair.found.score >= ENOUGH and not rivalled(pair, rivals)]


def best_two(ordered: Iterable[Pair]) -> dict[str, list[Pair]]:
    found: dict[str, list[Pair]] = defaultdict(list)
    for pair in ordered:
        for name in (pair.out.id, pair.arrived.id):
            if len(found[name]) <= 1:
                found[name].append(pair)
    return found


def rivalled(pair: Pair, best: Mapping[str, Sequence[Pair]]) -> bool:
    """Whether another pair of either end comes close to this one, or passes it."""
    others = (other for name in (pair.out.id, pair.arrived.id) for other in best[name] if other is not pair)
    return any(other.found.weight > pair.found.weight - CLOSE for other in others)


def suggestions(left: Sequence[Pair]) -> list[Transfer]:
    """Worth a look, and among the best of either end."""
    worth = [pair for pair in left if pair.found.score >= WORTH_A_LOOK]
    best, seen = best_two(worth), defaultdict[str, int](int)
    found = []
    for pair in worth:
        if min(seen[pair.out.id], seen[pair.arrived.id]) < OFTEN:
            found.append(doubted(pair) if rivalled(pair, best) else transfer(pair, automatic=False))
        seen[pair.out.id] += 1
        seen[pair.arrived.id] += 1
    return found


def doubted(pair: Pair) -> Transfer:
    reasons = (*pair.found.reasons, Reason(Why.SEVERAL_FIT))
    return Transfer(ends_of(pair), max(0, pair.found.score - AMBIGUOUS), reasons)


def transfer(pair: Pair, *, automatic: bool) -> Transfer:
    return Transfer(ends_of(pair), pair.found.score, pair.found.reasons, automatic)


def ends_of(pair: Pair) -> Ends:
    return Ends(frozenset({pair.out.id}), frozenset({pair.arrived.id}))


def in_order(transfers: Iterable[Transfer]) -> tuple[Transfer, ...]:
    return tuple(sorted(transfers, key=lambda each: (-each.score, sorted(each.ends.outs), sorted(each.ends.ins))))
