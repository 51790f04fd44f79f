"""The live checklist: what a credential is asked to show, line by line, each ticked, crossed or unknown with a reason.

A generator, so that a page can show each line as it happens. It stops at the first thing without which the rest says
nothing; areas and rights are all looked at, so that the owner ticks every missing box in one go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from wallets.addresses import shut_out
from wallets.connectors.attempts import OF_ONE_PRODUCT, attempt
from wallets.records import Cause, ConnectorError, Identity, Rights

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from wallets.connectors.base import Connector

CLOCKS_DIFFER = timedelta(seconds=30)


class Check(StrEnum):
    FORMAT = "format"
    REACHABLE = "reachable"
    CLOCK = "clock"
    KEY = "key"
    SIGNATURE = "signature"
    ADDRESS = "address"
    RIGHTS = "rights"
    READ = "read"
    IDENTITY = "identity"
    ACTIVITY = "activity"


class Mark(StrEnum):
    TICKED = "ticked"
    CROSSED = "crossed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Line:
    check: Check
    mark: Mark
    detail: str = ""  # an area, a box, a number of assets: never anything of the credential
    cause: Cause | None = None

    def as_dict(self) -> dict[str, str]:
        return {"check": self.check, "mark": self.mark, "detail": self.detail, "cause": self.cause or ""}


# Which line a cause crosses. What comes before it in the list has then been shown to work.
CROSSES = {
    Cause.NETWORK: Check.REACHABLE,
    Cause.MAINTENANCE: Check.REACHABLE,
    Cause.PART_DOWN: Check.READ,
    Cause.RATE_LIMITED: Check.REACHABLE,
    Cause.REGION_BLOCKED: Check.REACHABLE,
    Cause.EXCHANGE_RETIRED: Check.REACHABLE,
    Cause.UNEXPECTED_REPLY: Check.REACHABLE,
    Cause.CLOCK_SKEW: Check.CLOCK,
    Cause.NONCE_CLASH: Check.CLOCK,
    Cause.KEY_UNKNOWN: Check.KEY,
    Cause.KEY_EXPIRED: Check.KEY,
    Cause.KEY_REVOKED: Check.KEY,
    Cause.KEY_LEAKED: Check.KEY,
    Cause.NO_KEY: Check.KEY,
    Cause.KEY_INACTIVE: Check.KEY,
    Cause.KEY_TYPE_RETIRED: Check.KEY,
    Cause.WRONG_HOST: Check.KEY,
    Cause.ACCOUNT_FROZEN: Check.KEY,
    Cause.ACCOUNT_KIND: Check.KEY,
    Cause.SIGN_IN_AGAIN: Check.KEY,
    Cause.SIGNATURE_WRONG: Check.SIGNATURE,
    Cause.PASSPHRASE_WRONG: Check.SIGNATURE,
    Cause.IP_REFUSED: Check.ADDRESS,
    Cause.RIGHT_MISSING: Check.READ,
    Cause.RIGHTS_TOO_WIDE: Check.RIGHTS,
    Cause.ACCOUNT_EMPTY: Check.ACTIVITY,
}
PROVEN_BY_AN_ANSWER = (Check.KEY, Check.SIGNATURE, Check.ADDRESS)


@dataclass(slots=True)
class Examination:
    """One run through the list. `lines()` yields; afterwards the rest says what was found."""

    connector: Connector
    our_addresses: Collection[str]
    now: Callable[[], datetime]
    rights: Rights | None = None
    identities: tuple[Identity, ...] = ()
    failure: ConnectorError | None = None
    partly: Cause | None = None  # an answer about one of its products was not understood, or did not come
    _answered: bool = field(default=False, init=False)

    @property
    def passed(self) -> bool:
        return self.failure is None

    def lines(self) -> Iterator[Line]:
        for step in (
            self._reach,
            self._ask_rights,
            self._check_addresses,
            self._read_areas,
            self._identify,
            self._look,
        ):
            yield from step()
            if self.failure and self.failure.cause not in {Cause.RIGHT_MISSING, Cause.RIGHTS_TOO_WIDE}:
                return

    def _reach(self) -> Iterator[Line]:
        theirs, failure = attempt(self.connector.clock)
        if failure:
            yield from self._cross(failure)
            return
        yield Line(Check.REACHABLE, Mark.TICKED)
        if theirs and abs(theirs - self.now()) > CLOCKS_DIFFER:
            yield from self._cross(ConnectorError(Cause.CLOCK_SKEW))
        else:
            yield Line(Check.CLOCK, Mark.TICKED)

    def _ask_rights(self) -> Iterator[Line]:
        rights, failure = attempt(self.connector.rights)
        if failure:
            yield from self._cross(failure)
            return
        self.rights = rights
        if rights is None or not rights.can_tell:
            rights, failure = attempt(self.connector.probe_rights)
            self.rights = rights
            if failure:
                yield from self._cross(failure)
                return
        yield from self._proven()
        yield self._judge(self.rights)

    def _judge(self, rights: Rights | None) -> Line:
        if rights and rights.beyond:
            self.failure = ConnectorError(Cause.RIGHTS_TOO_WIDE, right=", ".join(rights.beyond))
            return Line(Check.RIGHTS, Mark.CROSSED, ", ".join(rights.beyond), Cause.RIGHTS_TOO_WIDE)
        if rights and rights.can_tell:
            return Line(Check.RIGHTS, Mark.TICKED, ", ".join(rights.read))
        return Line(Check.RIGHTS, Mark.UNKNOWN)

    def _check_addresses(self) -> Iterator[Line]:
        """The key's own list against the addresses we call from: the call may have come from just one of them."""
        listed = self.rights.ips if self.rights else None
        if listed and (absent := shut_out(self.our_addresses, listed)):
            self.failure = self.failure or ConnectorError(Cause.IP_REFUSED)
            yield Line(Check.ADDRESS, Mark.CROSSED, ", ".join(absent), Cause.IP_REFUSED)

    def _read_areas(self) -> Iterator[Line]:
        for area in self.connector.areas():
            _, failure = attempt(partial(self.connector.read, area))
            if failure is None:
                yield from self._proven()
                yield Line(Check.READ, Mark.TICKED, area.name)
            elif failure.cause is Cause.RIGHT_MISSING:
                self.failure = self.failure or failure
                yield Line(Check.READ, Mark.CROSSED, failure.right or area.right, Cause.RIGHT_MISSING)
            elif failure.cause in OF_ONE_PRODUCT and area.optional:
                self.partly = OF_ONE_PRODUCT[failure.cause]
                yield Line(Check.READ, Mark.UNKNOWN, area.name, self.partly)
            else:
                yield from self._cross(failure)
                return
        yield from self._see_how_much()

    def _see_how_much(self) -> Iterator[Line]:
        """A key may be made for a stretch of time. It reads well, and nothing it reads says what it is not shown."""
        shown = [self.rights and self.rights.history_from, self.rights and self.rights.history_until]
        if any(shown):
            detail = "/".join(moment.isoformat() if moment else "" for moment in shown)
            yield Line(Check.READ, Mark.UNKNOWN, detail)

    def _identify(self) -> Iterator[Line]:
        found, failure = attempt(self.connector.identities)
        if failure:
            yield from self._cross(failure)
            return
        self.identities = found or ()
        yield Line(Check.IDENTITY, Mark.TICKED if found else Mark.UNKNOWN)

    def _look(self) -> Iterator[Line]:
        """An empty account is no failure: it is said, so that a key of the wrong account is noticed."""
        if self.failure:
            return
        held, failure = attempt(self.connector.balances)
        if failure:
            yield from self._cross(failure)
        else:
            self.partly = self.partly or next((balance.unread for balance in held or () if balance.unread), None)
            count = sum(1 for balance in held or () if balance.amount)
            cause = None if count else Cause.ACCOUNT_EMPTY
            yield Line(Check.ACTIVITY, Mark.TICKED if count else Mark.UNKNOWN, str(count), cause)

    def _proven(self) -> Iterator[Line]:
        """The first signed answer proves key, signature and address at once."""
        if not self._answered:
            self._answered = True
            yield from (Line(check, Mark.TICKED) for check in PROVEN_BY_AN_ANSWER)

    def _cross(self, failure: ConnectorError) -> Iterator[Line]:
        """Cross the line a cause belongs to; those before it among key, signature and address are thereby shown."""
        self.failure = failure
        check = CROSSES[failure.cause]
        if check in PROVEN_BY_AN_ANSWER and not self._answered and not failure.among:
            for earlier in PROVEN_BY_AN_ANSWER[: PROVEN_BY_AN_ANSWER.index(check)]:
                yield Line(earlier, Mark.TICKED)
        yield Line(check, Mark.CROSSED, failure.right, failure.cause)
