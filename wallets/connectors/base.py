"""What every exchange's file offers, whatever the exchange is like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from wallets.records import Balance, Identity, Page, Rights, Whose


@dataclass(frozen=True, slots=True)
class Area:
    """Something a key must be able to read, with the exchange's own name of the box to tick."""

    name: str
    right: str
    # A product that an account or a site may lack, and whose history is no more than its own: what it answers may be
    # beyond us without the key, or the rest of the account, being any worse for it.
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """A run of records that is read page by page: the ledger, the deposits, one market's trades."""

    name: str
    family: str  # record ids are unique within it
    reaches_back: timedelta | None = None  # none: to the beginning, as far as is known
    certain: bool = True  # False: the limits are from memory and want a live check
    sides: tuple[str, ...] = ()  # of a market: the assets that every row moves, as balances name them
    ended: bool = False  # of a market: it is listed, and nobody can trade in it any more


class Pace(Protocol):
    """The budget, as a connector sees it. Every call asks first."""

    def before(self, cost: float) -> None:
        """Returns when the call may go out, or raises ConnectorError(RATE_LIMITED) with the wait."""

    def slow_down(self, wait: timedelta | None, whose: Whose) -> None:
        """The exchange asked for it: everybody who shares the limit obeys."""


class Connector(Protocol):
    """One account at one exchange, seen through one credential."""

    def clock(self) -> datetime:
        """The exchange's time, asked without the credential: reachable, and how far our clocks differ."""

    def rights(self) -> Rights:
        """What the key may do; `can_tell` False where the exchange does not say."""

    def probe_rights(self) -> Rights:
        """Where it does not say: what calls that can do no harm found out. Never a call that could act."""

    def areas(self) -> tuple[Area, ...]:
        """What a complete history needs."""

    def read(self, area: Area) -> None:
        """Reads the least there is of an area; a ConnectorError says why not."""

    def identities(self) -> tuple[Identity, ...]:
        """Whose account it is, as far as the exchange tells. Empty: compare records instead."""

    def balances(self) -> tuple[Balance, ...]: ...

    def streams(self) -> tuple[Stream, ...]: ...

    def page(self, stream: Stream, cursor: str | None) -> Page:
        """The next step of a stream; a cursor of None begins at the beginning."""

    def stretch(self, stream: Stream, since: datetime, until: datetime) -> str | None:
        """The cursor of a walk through one stretch of time; more may come with it. Downward it ends by itself below
        `since`; upward each page says how far it has `passed`. None: the walk has to begin at the beginning.
        """
