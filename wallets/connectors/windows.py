"""A way through a stream that may be asked for a stretch of time only: 90 days, 30 days, a day. Oldest stretch first.

The end of history is where the exchange's own clock stands, as its reply says. Edges belong to two stretches, so a row
on one comes twice; who keeps rows drops what it has.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from wallets.connectors.settling import begin_again, oldest_of
from wallets.connectors.walks import MILLISECOND, milliseconds, moment
from wallets.records import Cause, ConnectorError, Page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from wallets.connectors.client import Reply
    from wallets.connectors.settling import Settling
    from wallets.records import Record


@dataclass(frozen=True, slots=True)
class Window:
    """`span` is how much of the stretch is asked for: less than the whole where it holds more rows than one answer."""

    since: int
    span: int
    read: int = 0  # rows of this stretch that earlier pages held
    pages: int = 0
    began: int = 0  # when the first page of this stretch was read: what came in later may be on no page of it
    opened: int = 0  # the oldest row of this walk that may still change

    @classmethod
    def of(cls, cursor: str | None, *, beginning: datetime, span: timedelta) -> Window:
        return cls(**json.loads(cursor)) if cursor else cls(milliseconds(beginning), span // MILLISECOND)

    @classmethod
    def starting(cls, at: datetime, *, span: timedelta) -> str:
        """The cursor of a walk that begins there."""
        return json.dumps(asdict(cls.of(None, beginning=at, span=span)))

    @property
    def until(self) -> int:
        return self.since + self.span

    def page_by_page(
        self,
        records: Sequence[Record],
        reply: Reply,
        *,
        span: timedelta,
        overlap: timedelta,
        settling: Settling | None = None,
    ) -> Page:
        """Where a stretch has pages: until an empty one."""
        if not records:
            return self._done(records, reply, span=span, overlap=overlap, settling=settling)
        began = self.began or milliseconds(reply.told_at)
        opened = oldest_of(settling, self.opened, records, unit=MILLISECOND)
        following = replace(self, read=self.read + len(records), pages=self.pages + 1, began=began, opened=opened)
        return following.shown(records, reply, more=True)

    def at_once(
        self, records: Sequence[Record], reply: Reply, *, full: int, span: timedelta, overlap: timedelta
    ) -> Page:
        """Where it has none: a full answer may lack rows, so half the stretch is asked for instead."""
        if len(records) < full:
            return self._done(records, reply, span=span, overlap=overlap)
        if self.span <= 1:
            raise ConnectorError(Cause.UNEXPECTED_REPLY, code="full moment")
        return replace(self, span=self.span // 2).shown(records, reply, more=True)

    def _done(
        self,
        records: Sequence[Record],
        reply: Reply,
        *,
        span: timedelta,
        overlap: timedelta,
        settling: Settling | None = None,
    ) -> Page:
        now = self.began or milliseconds(reply.told_at)
        whole = span // MILLISECOND
        if self.until < now:
            return Window(self.until, whole, opened=self.opened).shown(records, reply, more=True)
        begins = begin_again(now, self.opened, overlap=overlap, settling=settling, unit=MILLISECOND)
        return Window(begins, whole).shown(records, reply, more=False, complete_to=moment(now))

    def shown(
        self, records: Sequence[Record], reply: Reply, *, more: bool, complete_to: datetime | None = None
    ) -> Page:
        return Page(
            records=tuple(records),
            cursor=json.dumps(asdict(self)),
            more=more,
            reached=complete_to or moment(self.since),
            complete_to=complete_to,
            passed=moment(self.since),
            body=reply.body,
        )
