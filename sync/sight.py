"""What of a history the key itself is shown: some exchanges let a key be made for a stretch of time, and tell nothing
else to it, without saying so in any answer.

So what is complete is said to be so only within that stretch. When a key comes that is shown more, the lists are walked
through from the beginning once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from ledger.models import Coverage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from sync.models import StreamState
    from wallets.connectors.base import Stream
    from wallets.models import Wallet
    from wallets.records import Rights


@dataclass(frozen=True, slots=True)
class Sight:
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, rights: Rights) -> Self:
        return cls(rights.history_from, rights.history_until)

    @classmethod
    def kept(cls, told: Mapping[str, Any]) -> Self:
        """Runs that began in an earlier version kept nothing of it."""
        since, until = (told.get(name) for name in ("shown_from", "shown_until"))
        return cls(since and datetime.fromisoformat(since), until and datetime.fromisoformat(until))

    def as_kept(self) -> dict[str, str]:
        told = {"shown_from": self.since, "shown_until": self.until}
        return {name: moment.isoformat() for name, moment in told.items() if moment}

    def reaches_back_to(self, stream: Stream, *, now: datetime) -> datetime | None:
        """What the exchange no longer tells, and what this key is not shown: the later of the two decides."""
        told = now - stream.reaches_back if stream.reaches_back else None
        return max(filter(None, (told, self.since)), default=None)

    def complete_to(self, moment: datetime | None) -> datetime | None:
        return min(moment, self.until) if moment and self.until else moment

    def sees_before(self, since: datetime) -> bool:
        return self.since is None or since - self.since > timedelta(seconds=1)


def begin_anew_where_more_is_shown(
    wallet: Wallet, states: QuerySet[StreamState], sight: Sight, *, now: datetime
) -> None:
    """A former key was shown less. Rows that are here come again, and stay as they are."""
    hidden = Coverage.objects.filter(wallet=wallet, limited=False, since__isnull=False)
    for known in hidden:
        if known.since and sight.sees_before(known.since):
            again = states.filter(stream=known.stream)
            again.update(cursor="", complete_to=None, walk_began_at=None, pull=None, pull_cursor="")
            known.since, known.until, known.read_at, known.holes = sight.since, None, None, []
            known.updated_at = now
            known.save(update_fields=["since", "until", "read_at", "holes", "updated_at"])
