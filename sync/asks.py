"""What is wanted of a wallet: what is new; or everything again; or a stretch of one list again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.core.exceptions import ValidationError

from sync.models import Run, StreamState
from wallets.connectors.attempts import AWAY
from wallets.records import Cause

if TYPE_CHECKING:
    from wallets.models import Wallet

EARLIEST = datetime(2009, 1, 3, tzinfo=UTC)  # nothing was ever traded before the first block
CLOCKS_DIFFER = timedelta(minutes=5)
OF_ITS_OWN = {Cause.UNEXPECTED_REPLY, Cause.EXCHANGE_RETIRED}  # what a pull would fail of again, whoever mends what
MANY = 10  # stretches that wait behind one run; beyond, all of it is pulled


@dataclass(frozen=True, slots=True)
class Ask:
    full: bool = False
    stream: str = ""
    since: datetime | None = None
    until: datetime | None = None
    pull: UUID | None = None  # that was broken off, and is to go on; none: from the beginning

    @classmethod
    def of(cls, run: Run) -> Self:
        return cls(run.full, run.stream, run.since, run.until, run.pull if run.pull != run.pk else None)

    @classmethod
    def kept(cls, told: dict[str, Any]) -> Self:
        since, until = (datetime.fromisoformat(str(told[name])) if told[name] else None for name in ("since", "until"))
        pull = UUID(told["pull"]) if told.get("pull") else None
        return cls(bool(told["full"]), str(told["stream"]), since, until, pull)

    def as_kept(self) -> dict[str, Any]:
        since, until = (moment.isoformat() if moment else "" for moment in (self.since, self.until))
        pull = {"pull": str(self.pull)} if self.pull else {}
        return {"full": self.full, "stream": self.stream, "since": since, "until": until, **pull}

    @property
    def is_stretch(self) -> bool:
        return bool(self.since or self.until)

    def covers(self, other: Ask) -> bool:
        """Who has this has the other too. A stretch never covers what is new: it leaves the bookmark where it is; nor
        does a pull that goes on: the lists it is through with are not asked again.
        """
        if self.pull and self.pull != other.pull:
            return False
        if self.stream not in {"", other.stream} or (other.full and not self.full):
            return False
        if not self.is_stretch:
            return True
        begins = self.since is None or (other.since is not None and self.since <= other.since)
        ends = self.until is None or (other.until is not None and self.until >= other.until)
        return other.is_stretch and begins and ends


def joined(waiting: list[dict[str, Any]], ask: Ask) -> list[dict[str, Any]]:
    """What waits behind a run, with one ask more: each thing once."""
    asks = [Ask.kept(each) for each in waiting]
    if not any(each.covers(ask) for each in asks):
        asks = [*(each for each in asks if not ask.covers(each)), ask]
    return [each.as_kept() for each in (asks if len(asks) <= MANY else [Ask(full=True)])]


def left_by(run: Run) -> list[Ask]:
    """What a run that failed still owes: what waited behind it, and a pull that broke off, from where it was."""
    if run.state != Run.State.FAILED:
        return []
    own = [owed_by(run)] if is_taken_up_again(run) else []
    return [*own, *(Ask.kept(each) for each in run.then)]


def lists_away(run: Run) -> list[str]:
    """As it ended: those that the exchange did not answer for, while it answered for others."""
    return [each["stream"] for each in run.summary if each["cause"] == Cause.PART_DOWN]


def owed_by(run: Run) -> Ask:
    return replace(Ask.of(run), pull=run.pull)


def is_taken_up_again(run: Run) -> bool:
    """The exchange was away, or was for some lists; or the key failed on the way, and its owner has to mend it. Where
    a run had begun and no page came, it would be tried again for ever; so would lists that are away for good.
    """
    if run.state == Run.State.PARTLY:
        return run.full and run.goes_on_until is not None and bool(lists_away(run))
    if run.state != Run.State.FAILED or not run.full or run.cause in OF_ITS_OWN:
        return False
    return run.cause in AWAY or run.pages > 0 or run.started_at is None


def refuse_misfit(ask: Ask, wallet: Wallet, *, now: datetime) -> None:
    """By the name of what does not fit, for whoever asked: a form or a program."""
    wrong: dict[str, ValidationError] = {}
    if ask.stream and not StreamState.objects.filter(wallet=wallet, way=wallet.way, stream=ask.stream).exists():
        wrong["stream"] = _wrong("unknown_stream", "This wallet has no list of that name. Its health names them.")
    if ask.is_stretch and not ask.stream:
        wrong["stream"] = _wrong("required", "Say which list: a stretch of time is pulled again of one list at a time.")
    for name, moment in (("since", ask.since), ("until", ask.until)):
        if moment and moment > now + CLOCKS_DIFFER:
            wrong[name] = _wrong("in_future", "This lies in the future.")
    if ask.since and ask.until and ask.since > ask.until:
        wrong["since"] = _wrong("after_to", "The stretch begins after its end.")
    if wrong:
        raise ValidationError(wrong)


def _wrong(code: str, words: str) -> ValidationError:
    return ValidationError(words, code=code)
