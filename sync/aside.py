"""Lists that an exchange does not answer for, while it answers for others: a product of it may be broken for days. The
others are read all the same; only where nothing else is answered either is it the exchange that is down.

Whichever is not answered is put aside, and the next of another kind is asked: two in a row, and the exchange is taken
to be down. What was put aside is asked once more when the others are through, so that a hiccup heals by itself; and
comes last in the next run as well, or two such lists in a row would keep what lies behind them unread for ever. It is
known by its cause, which is kept with the list: whoever takes the run up finds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.list_names import kind_of
from wallets.connectors.attempts import AWAY
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.db.models import QuerySet

    from sync.models import StreamState
    from wallets.connectors.base import Stream
    from wallets.records import ConnectorError

ENOUGH = 2  # lists of one kind in a row: nobody need ask for hundreds of markets to learn that their trades are away


def may_be_its_own(failure: ConnectorError) -> bool:
    """Not where the exchange asked us to stay away: whatever is asked next is asked too soon."""
    return failure.cause in AWAY and not failure.wait


def names_of(states: QuerySet[StreamState]) -> set[str]:
    return set(states.filter(cause=Cause.PART_DOWN).values_list("stream", flat=True))


class Turns:
    """Which list is next. Of a kind of which one was put aside, the others wait as well: they are most likely away."""

    def __init__(self, streams: Sequence[Stream], aside: Collection[str]) -> None:
        kinds = {kind_of(name) for name in aside}
        late = [stream for stream in streams if kind_of(stream.name) in kinds]
        self.waiting = [stream for stream in streams if kind_of(stream.name) not in kinds]
        self.late = sorted(late, key=lambda stream: (kind_of(stream.name), stream.name in aside))
        self.in_a_row = 0  # lists that were not answered, one after the other

    @property
    def are_late(self) -> bool:
        return not self.waiting

    def __bool__(self) -> bool:
        return bool(self.waiting or self.late)

    def next(self) -> Stream:
        return (self.waiting or self.late).pop(0)

    def answered(self) -> None:
        self.in_a_row = 0

    def put_off(self, stream: Stream) -> None:
        kind = kind_of(stream.name)
        self.late += [each for each in self.waiting if kind_of(each.name) == kind]
        self.late.append(stream)
        self.waiting = [each for each in self.waiting if kind_of(each.name) != kind]

    def give_up_with(self, stream: Stream) -> list[Stream]:
        """It is late, and was not answered once more: which lists go with it."""
        kind, before = kind_of(stream.name), self.in_a_row
        self.in_a_row = before + 1 if self.late and kind_of(self.late[0].name) == kind else 0
        if self.in_a_row < ENOUGH:
            return [stream]
        self.in_a_row = 0
        gone = [each for each in self.late if kind_of(each.name) == kind]
        self.late = [each for each in self.late if kind_of(each.name) != kind]
        return [stream, *gone]
