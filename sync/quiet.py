"""Lists that can have nothing new, and need no call. Some exchanges do not tell in which of their markets an account
trades, and to ask each of them at every sync takes minutes of their limit.

A trade changes what is held of both sides of its market. Where neither has changed since the list was last read to its
end, nothing was traded. Where one has, something may have been bought and sold again meanwhile: that is looked for in
markets the account is known to trade in. All others are read once a day all the same. Where trading had ended when a
market was last read, that is once a month: an exchange lists more of these than of others, and may open one again.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.readings.numbers import EXACT
from ledger.sums import total
from sync.models import StreamState

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from wallets.connectors.base import Stream
    from wallets.records import Balance

LOOK_ANYWAY = timedelta(days=1)
LOOK_WHERE_IT_ENDED = timedelta(days=30)
ENDED = "ended"  # stands beside what is held of a market's sides


def held_of(streams: Iterable[Stream], balances: Iterable[Balance]) -> dict[str, list[str]]:
    """By list, what is held of the sides of its market, and whether trading has ended in it; nothing where it is no
    market's.
    """
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for balance in balances:
        amounts[balance.asset].append(balance.amount)
    return {
        stream.name: [*(plain(total(amounts.get(side, ()))) for side in stream.sides), *([ENDED] * stream.ended)]
        for stream in streams
    }


def plain(amount: Decimal) -> str:
    """One text for one amount, however many noughts it was told with."""
    return f"{amount.normalize(EXACT):f}"


def quiet(
    states: Iterable[StreamState], held: Mapping[str, Sequence[str]], *, traded: Container[str], now: datetime
) -> list[StreamState]:
    """One that brought something the last time is asked once more: a row needs a moment to be listed."""
    return [
        state
        for state in states
        if state.state == StreamState.State.DONE
        and state.complete_to
        and not state.rows
        and can_have_nothing_new(state, held[state.stream], known_to_trade=state.stream in traded, now=now)
    ]


def can_have_nothing_new(state: StreamState, held: Sequence[str], *, known_to_trade: bool, now: datetime) -> bool:
    ago = now - state.updated_at
    if ENDED in held and ENDED in state.sides_held:
        return ago < LOOK_WHERE_IT_ENDED
    return ago < LOOK_ANYWAY and is_as_it_was(state.sides_held, held, known_to_trade=known_to_trade)


def note_held(states: Iterable[StreamState], held: Mapping[str, list[str]]) -> None:
    """Before they are asked: what is traded meanwhile changes it, and they are asked again."""
    moved = [state for state in states if state.sides_held != held[state.stream]]
    for state in moved:
        state.sides_held = held[state.stream]
    StreamState.objects.bulk_update(moved, ["sides_held"], batch_size=500)


def is_as_it_was(before: Sequence[str], now: Sequence[str], *, known_to_trade: bool) -> bool:
    same = [was == held for was, held in zip(before, now, strict=False)]
    return bool(same) and (all(same) if known_to_trade else any(same))
