"""What a page says of a run: streams of one kind folded into one line, with how far each came and what it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sync.models import Run, StreamState
from wallets import catalogue
from wallets.diagnosis import diagnose
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
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
class Told:
    run: Run
    label: str
    icon: str
    tone: str
    why: str  # of a failure or a wait
    under_way: bool
    report: tuple[Count, ...] = ()


def told(run: Run) -> Told:
    label, icon, tone = WORDS[Run.State(run.state)]
    why = (
        diagnose(Cause(run.cause), exchange=catalogue.named(run.exchange), right=run.cause_right) if run.cause else None
    )
    return Told(run, label, icon, tone, why.title if why else "", run.finished_at is None, report_of(run))


def report_of(run: Run) -> tuple[Count, ...]:
    """What was pulled again is told against what was here before."""
    if not run.full or run.finished_at is None or run.state == Run.State.CANCELLED:
        return ()
    return (
        Count(f"{_rows(run.new)} {_were(run.new)} missing here and came in now.")
        if run.new
        else Count("Nothing was missing here."),
        Count(f"{_rows(run.changed)} came different from before.", "Both versions are kept.")
        if run.changed
        else Count("No row came different from before."),
        Count(f"{_rows(run.vanished)} {_are(run.vanished)} no longer sent by {catalogue.named(run.exchange)}.", KEPT)
        if run.vanished
        else Count("Every row that was here is still sent."),
        Count(f"{_rows(run.same)} came just as before."),
    )


def _rows(count: int) -> str:
    return f"{count} row{'s' if count != 1 else ''}"


def _were(count: int) -> str:
    return "were" if count != 1 else "was"


def _are(count: int) -> str:
    return "are" if count != 1 else "is"


def runs_of(wallet: Wallet) -> Iterable[Run]:
    return Run.objects.filter(wallet=wallet).order_by("-created_at", "-id")


def latest_of(wallet: Wallet) -> Run | None:
    return Run.objects.filter(wallet=wallet).order_by("-created_at", "-id").first()


def run_of(owner: User, run_id: UUID) -> Run | None:
    return Run.objects.for_user(owner).filter(pk=run_id).select_related("wallet").first()


def lines_of(wallet: Wallet, *, run: Run | None = None) -> list[Line]:
    """Two queries, however many markets there are."""
    states = StreamState.objects.filter(wallet=wallet, way=wallet.way)
    if run:
        states = states.filter(run=run.pk)
    rows = sorted(states, key=lambda state: kind_of(state.stream))
    exchange = catalogue.named(wallet.exchange)
    return [
        _folded(kind, list(group), exchange) for kind, group in groupby(rows, key=lambda state: kind_of(state.stream))
    ]


def _folded(kind: str, states: list[StreamState], exchange: str) -> Line:
    failing = next((state for state in states if state.cause), None)
    said = diagnose(Cause(failing.cause), exchange=exchange, right=failing.cause_right).title if failing else ""
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


def title_of(stream: str) -> str:
    """`trades:BTCUSDT` is Trades, BTCUSDT."""
    _, _, rest = stream.partition(":")
    return f"{kind_of(stream)}, {rest}" if rest else kind_of(stream)


def kind_of(stream: str) -> str:
    """`trades:BTCUSDT` and `trades:ETHUSDT` are both trades; the rest of the name is the exchange's own."""
    return stream.partition(":")[0].replace("_", " ").replace("-", " ").capitalize()
