"""Two ways through a stream by time, for exchanges whose pages are cut at moments (milliseconds).

Both include the edge: the rows of one moment may lie on two pages, so the edge is asked again and comes twice. Who
keeps rows drops what it has. A page that is full of one single moment cannot be passed without losing rows, and says
so instead.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wallets.connectors.settling import BEGINNING, begin_again, oldest_of
from wallets.records import Cause, ConnectorError, Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wallets.connectors.settling import Settling
    from wallets.records import Record

MILLISECOND = timedelta(milliseconds=1)


def moment(milliseconds: int) -> datetime:
    return BEGINNING + int(milliseconds) * MILLISECOND


def milliseconds(at: datetime) -> int:
    return (at - BEGINNING) // MILLISECOND


@dataclass(frozen=True, slots=True)
class Upward:
    """Oldest pages first. `since` is asked next; a new walk begins a little below the newest row that was read."""

    since: int = 0
    opened: int = 0  # the oldest row of this walk that may still change
    over: bool = False

    @classmethod
    def of(cls, cursor: str | None, *, beginning: int = 0) -> Upward:
        return cls(**json.loads(cursor)) if cursor else cls(beginning)

    @classmethod
    def stretch(cls, since: datetime) -> str:
        return json.dumps({"since": milliseconds(since)})

    def after(
        self, records: Sequence[Record], *, full: int, overlap: timedelta, settling: Settling | None = None
    ) -> Upward:
        moments = [milliseconds(record.occurred_at) for record in records]
        opened = oldest_of(settling, self.opened, records, unit=MILLISECOND)
        newest = max(moments, default=self.since)
        if newest > self.since:
            return Upward(newest, opened)
        refuse_crowd(moments, full)
        if not moments:
            return Upward(self.since, over=True)
        again = begin_again(self.since, opened, overlap=overlap, settling=settling, unit=MILLISECOND)
        return Upward(again, over=True)

    def page(
        self,
        records: Sequence[Record],
        *,
        full: int,
        overlap: timedelta,
        body: bytes,
        settling: Settling | None = None,
    ) -> Page:
        walk = self.after(records, full=full, overlap=overlap, settling=settling)
        return Page(
            records=tuple(records),
            cursor=json.dumps({"since": walk.since, "opened": walk.opened}),
            more=not walk.over,
            reached=max((record.occurred_at for record in records), default=None),
            complete_to=moment(self.since) if walk.over and records else None,
            passed=moment(walk.since),
            body=body,
        )


@dataclass(frozen=True, slots=True)
class Downward:
    """Newest pages first, down to what an earlier walk made complete. Rows that come in meanwhile lie above `top`."""

    since: int = 0  # none: to the beginning
    until: int = 0  # none: from now
    top: int = 0
    over: bool = False

    @classmethod
    def of(cls, cursor: str | None) -> Downward:
        return cls(**json.loads(cursor)) if cursor else cls()

    @classmethod
    def stretch(cls, since: datetime, until: datetime) -> str:
        """Including the millisecond that `until` lies in, and the one before `since`: ends are sharp only here."""
        return json.dumps({"since": milliseconds(since) - 1, "until": milliseconds(until) + 1})

    def after(self, moments: Sequence[int], *, full: int, overlap: timedelta) -> Downward:
        top = self.top or max(moments, default=0)
        oldest = min(moments, default=self.until)
        if moments and (not self.until or oldest < self.until):
            return replace(self, until=oldest, top=top)
        refuse_crowd(moments, full)
        return Downward(since=max(self.since, top - overlap // MILLISECOND), over=True)

    def page(
        self,
        records: Sequence[Record],
        *,
        full: int,
        overlap: timedelta,
        body: bytes,
        cut_at: Sequence[int] | None = None,
    ) -> Page:
        """`cut_at`: the moments that pages are cut at, where these are not when things happened."""
        moments = [milliseconds(record.occurred_at) for record in records] if cut_at is None else cut_at
        walk = self.after(moments, full=full, overlap=overlap)
        kept = asdict(walk)
        del kept["over"]
        return Page(
            records=tuple(records),
            cursor=json.dumps(kept),
            more=not walk.over,
            reached=min((record.occurred_at for record in records), default=None),
            complete_to=moment(self.top) if walk.over and self.top else None,
            body=body,
        )


def refuse_crowd(moments: Sequence[int], full: int) -> None:
    if len(moments) >= full:
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="full moment")
