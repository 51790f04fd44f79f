"""A way through a stream that begins with the newest row and goes on from a mark: the exchange's own cursor, or how
many rows lie behind.

With a cursor, what comes in meanwhile shifts nothing. With a count it pushes rows down: some come twice, none is
missed, and who keeps rows drops what it has. A walk ends where an earlier one was complete, less an overlap in which
rows may still change.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wallets.connectors.settling import begin_again, oldest_of
from wallets.records import Cause, ConnectorError, Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wallets.connectors.settling import Settling
    from wallets.records import Record

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class NewestFirst:
    after: str = ""  # none: from the newest
    since: int = 0  # seconds: below, an earlier walk was complete
    top: int = 0  # the newest row when this walk began
    opened: int = 0  # the oldest row of this walk that may still change

    @classmethod
    def of(cls, cursor: str | None) -> NewestFirst:
        return cls(**json.loads(cursor)) if cursor else cls()

    @classmethod
    def stretch(cls, since: datetime) -> str:
        return json.dumps(asdict(cls(since=int(since.timestamp()))))

    def page(
        self,
        records: Sequence[Record],
        *,
        after: str,
        overlap: timedelta,
        body: bytes,
        settling: Settling | None = None,
    ) -> Page:
        """`after` is the mark of the next page; none: this was the last."""
        moments = [int(record.occurred_at.timestamp()) for record in records]
        refuse_oldest_first(moments)
        top = self.top or max(moments, default=0)
        more = bool(moments and after and min(moments) >= self.since)
        opened = oldest_of(settling, self.opened, records, unit=SECOND)
        again = begin_again(top, opened, overlap=overlap, settling=settling, unit=SECOND)
        following = NewestFirst(after, self.since, top, opened) if more else NewestFirst(since=max(self.since, again))
        return Page(
            records=tuple(records),
            cursor=json.dumps(asdict(following)),
            more=more,
            reached=min((record.occurred_at for record in records), default=None),
            complete_to=datetime.fromtimestamp(top, UTC) if top and not more else None,
            body=body,
        )


def refuse_oldest_first(moments: Sequence[int]) -> None:
    """The other way round, a walk would end at the first page and never see what is new."""
    if moments and moments[0] < moments[-1]:
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="order")
