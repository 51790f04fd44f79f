"""What a page says of a run: streams of one kind folded into one line, with how far each came and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from sync.asks import is_taken_up_again
from sync.list_names import kind_of, titles_of
from sync.models import Run, StreamState
from wallets import catalogue
from wallets.connectors.attempts import AWAY
from wallets.diagnosis import diagnose
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from accounts.models import User
    from wallets.models import Wallet

# Icon and tone beside the words, so that nothing hangs on a colour.
WORDS = {
    Run.State.QUEUED: ("Its turn comes", "clock", "neutral"),
    Run.State.RUNNING: ("Under way", "refresh", "neutral"),
    Run.State.WAITING: ("Waiting for its turn at the exchange", "clock", "neutral"),
    Run.State.DONE: ("Complete", "good", "good"),
    Run.State.PARTLY: ("Partly", "info", "warn"),
    Run.State.FAILED: ("Not finished", "warn", "warn"),
    Run.State.CANCELLED: ("Stopped", "pause", "neutral"),
}
LIST_WORDS = {StreamState.State.DONE: ("Read", "check", "good"), StreamState.State.FAILED: ("Not read", "warn", "warn")}
BROKEN_OFF = ("Read in part", "info", "warn")  # the run ended in the middle of it, or before it
NOT_REACHED = ("Not reached", "clock", "neutral")
KEPT = "What was once sent is never thrown away: it is kept, and marked as gone."


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of record: the ledger, or the trades of all markets together."""

    name: str
    streams: int
    through: int  # how many of them are read
    rows: int
    reached: datetime | None
    complete_to: datetime | None
    failing: str  # what one of them suffers, in words
    state: str


@dataclass(frozen=True, slots=True)
class Count:
    """What a pull found out about one sort of rows."""

    words: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One list of a run that is over."""

    name: str
    rows: int
    label: str
    icon: str
    tone: str
    why: str  # it was not read


@dataclass(frozen=True, slots=True)
class Told:
    run: Run
    label: str
    icon: str
    tone: str
    why: str  # of a failure or a wait
    under_way: bool
    report: tuple[Count, ...] = ()
    outlook: str = ""  # of what it did not bring


def told(run: Run) -> Told:
    return Told(
        run,
        *WORDS[Run.State(run.state)],
        why=why_of(run.cause, run.cause_right, catalogue.named(run.exchange), way=run.wallet.way) if run.cause else "",
        under_way=run.finished_at is None,
        report=report_of(run),
        outlook=outlook_of(run),
    )


def outlook_of(run: Run) -> str:
    """What comes by itself; nothing once a later run has seen to it."""
    if run.followed_by or not is_taken_up_again(run):
        return ""
    if run.state == Run.State.PARTLY:
        until = f"until {timezone.localtime(run.goes_on_until):%-d %B %Y}" if run.goes_on_until else "for some days"
        return f"The lists that did not come are asked for again by themselves, {until}."
    when = "when the exchange answers" if run.cause in AWAY else "when this wallet can be read again"
    if run.goes_on_until is None:
        return f"It begins again by itself {when}."
    late = f"{timezone.localtime(run.goes_on_until):%-d %B %Y}"
    return f"It goes on by itself, where it was broken off, {when}. If that takes until {late}, it begins anew."


def taken_over_by(run: Run) -> Run | None:
    """The one that it goes on from."""
    if run.pull in {None, run.pk}:
        return None
    return Run.objects.filter(followed_by=run.pk, pull=run.pull).order_by("created_at", "id").first()


def why_of(cause: str, right: str, exchange: str, *, way: str) -> str:
    return diagnose(Cause(cause), exchange=exchange, right=right, way=way).title if cause else ""


def report_of(run: Run) -> tuple[Count, ...]:
    """What was pulled again, told against what was here before. That nothing is amiss is said of a whole pull only."""
    if not run.full or run.finished_at is None or run.state == Run.State.CANCELLED:
        return ()
    told = found_amiss(run)
    calm = nothing_amiss(run) if run.state == Run.State.DONE else {}
    counts = [told.get(name) or calm.get(name) for name in ("new", "changed", "vanished")]
    return (*filter(None, counts), Count(f"{_rows(run.same)} came just as before."))


def found_amiss(run: Run) -> dict[str, Count]:
    exchange = catalogue.named(run.exchange)
    found = {
        "new": Count(f"{_rows(run.new)} {_were(run.new)} missing here and came in now."),
        "changed": Count(f"{_rows(run.changed)} came different from before.", "Both versions are kept."),
        "vanished": Count(f"{_rows(run.vanished)} {_are(run.vanished)} no longer sent by {exchange}.", KEPT),
    }
    return {name: count for name, count in found.items() if getattr(run, name)}


def nothing_amiss(run: Run) -> dict[str, Count]:
    """What an exchange no longer tells of anybody has not vanished: `runner.close_pull`."""
    exchange = catalogue.named(run.exchange)
    return {
        "new": Count("Nothing was missing here."),
        "changed": Count("No row came different from before."),
        "vanished": Count(f"As far back as {exchange} tells, every row that was here is still sent."),
    }


def listed(run: Run) -> list[Listed]:
    """As its lists ended."""
    titles = titles_of(run.wallet, [each["stream"] for each in run.summary])
    return [_listed(each, titles[each["stream"]], run) for each in run.summary]


def _listed(each: Mapping[str, Any], title: str, run: Run) -> Listed:
    why = why_of(each["cause"], each["right"], catalogue.named(run.exchange), way=run.wallet.way)
    words = LIST_WORDS.get(each["state"], BROKEN_OFF if each["rows"] else NOT_REACHED)
    return Listed(title, each["rows"], *words, why)


def _rows(count: int) -> str:
    return f"{count:,} row{'s' if count != 1 else ''}"


def _were(count: int) -> str:
    return "were" if count != 1 else "was"


def _are(count: int) -> str:
    return "are" if count != 1 else "is"


def latest_of(wallet: Wallet) -> Run | None:
    return Run.objects.filter(wallet=wallet).select_related("wallet").order_by("-created_at", "-id").first()


def run_of(owner: User, run_id: UUID) -> Run | None:
    return Run.objects.for_user(owner).filter(pk=run_id).select_related("wallet").first()


def lines_of(wallet: Wallet, *, run: Run | None = None) -> list[Line]:
    """Two queries, however many markets there are."""
    states = StreamState.objects.filter(wallet=wallet, way=wallet.way)
    if run:
        states = states.filter(run=run.pk)
    return _by_kind(states, catalogue.named(wallet.exchange))


def lines_of_each(runs: Iterable[Run]) -> dict[UUID, list[Line]]:
    """The same of several that are not over, in one query."""
    unfinished = {run.pk: run for run in runs if run.finished_at is None}
    states: dict[UUID, list[StreamState]] = {name: [] for name in unfinished}
    for state in StreamState.objects.filter(run__in=unfinished):
        if state.run and state.way == unfinished[state.run].wallet.way:
            states[state.run].append(state)
    return {name: _by_kind(found, catalogue.named(unfinished[name].exchange)) for name, found in states.items()}


def lines_at_the_end(run: Run) -> list[Line]:
    """The same of a run that is over, as it left its lists: another may be at them by now."""
    states = (_as_it_was(each, run.wallet.way) for each in run.summary)
    return _by_kind(states, catalogue.named(run.exchange))


def _as_it_was(each: Mapping[str, Any], way: str) -> StreamState:
    until = each["complete_to"]
    facts = {name: each[name] for name in ("stream", "state", "rows", "cause")} | {
        "way": way,
        "cause_right": each["right"],
    }
    return StreamState(**facts, complete_to=datetime.fromisoformat(until) if until else None)


def _by_kind(states: Iterable[StreamState], exchange: str) -> list[Line]:
    rows = sorted(states, key=lambda state: kind_of(state.stream))
    return [
        _folded(kind, list(group), exchange) for kind, group in groupby(rows, key=lambda state: kind_of(state.stream))
    ]


def _folded(kind: str, states: list[StreamState], exchange: str) -> Line:
    failing = next((state for state in states if state.cause), None)
    said = why_of(failing.cause, failing.cause_right, exchange, way=failing.way) if failing else ""
    running = [state for state in states if state.state == StreamState.State.RUNNING]
    over = {StreamState.State.DONE, StreamState.State.FAILED}
    through = sum(1 for state in states if state.state in over)
    return Line(
        name=kind,
        streams=len(states),
        through=through,
        rows=sum(state.rows for state in states),
        reached=min((state.reached for state in running if state.reached), default=None),
        complete_to=min((state.complete_to for state in states if state.complete_to), default=None),
        failing=said,
        state="failed" if failing else "done" if through == len(states) else "running" if running else "waiting",
    )
