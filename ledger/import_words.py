"""How an import stands and what becomes of its lines, in words for its owner. They live here only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ledger import kind_words
from ledger.import_reading import namer_of, told_by
from ledger.imports.formats.base import Failure, Read, Skip
from ledger.lines import IN, OUT, exact
from ledger.models import ImportFile, ImportRow
from ledger.readings.base import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.imports.look import Outcome

State = ImportFile.State
RowState = ImportRow.State


@dataclass(frozen=True, slots=True)
class Standing:
    """`label` in a list, `title` on its page; whose turn it is; and what that means."""

    label: str
    tone: str
    icon: str
    title: str
    turn: str
    meaning: str


STANDINGS = {
    State.READING: Standing(
        "Reading", "neutral", "clock", "The file is being read", "Holdfast is at it.",
        "Nothing of it counts yet. You can leave this page; it goes on by itself.",
    ),
    State.QUESTIONS: Standing(
        "Asks you something", "warn", "info", "Something only you can say", "Your turn.",
        "The file does not say it, and it is not guessed. Answer below, then go on: nothing of it counts yet.",
    ),
    State.PREVIEW: Standing(
        "Ready to look at", "warn", "eye", "This is what it would bring", "Your turn.",
        "Nothing of it counts yet. Look through the lines, then take them in, all at once.",
    ),
    State.REFUSED: Standing(
        "Cannot be read", "bad", "warn", "This file cannot be read", "Your turn.", "Nothing of it was kept.",
    ),
    State.COMMITTING: Standing(
        "Being taken in", "neutral", "clock", "The lines are being taken in", "Holdfast is at it.",
        "All of them come at once, or none. You can leave this page.",
    ),
    State.COMMITTED: Standing(
        "Imported", "good", "check", "Imported", "",
        "Its lines are part of your history. Every one can be opened, and the whole import can be taken back.",
    ),
    State.UNDOING: Standing(
        "Being taken back", "neutral", "clock", "The import is being taken back", "Holdfast is at it.",
        "What another source tells as well stays.",
    ),
    State.UNDONE: Standing(
        "Taken back", "neutral", "back", "This import was taken back", "",
        "Its lines count no longer. Bring the file again, and they return with the edits you made to them.",
    ),
    State.FAILED: Standing(
        "Failed", "bad", "warn", "Something went wrong on our side", "Our turn.",
        "Nothing of the file was kept, and your history is as it was.",
    ),
}  # fmt: skip
NOTHING_TO_TAKE = Standing(
    "Nothing to take in", "warn", "warn", "Nothing of it can be taken in", "Your turn.",
    "No line could be read, or none of them moves anything. Each says why below. Your history is as it was.",
)  # fmt: skip
UNDER_WAY = {State.READING, State.COMMITTING, State.UNDOING}
WITH_ROWS = {State.PREVIEW, State.COMMITTING, State.COMMITTED, State.UNDOING, State.UNDONE}

ROW_STATES = {
    RowState.NEW: ("New", "Lines that are not here yet."),
    RowState.DUPLICATE: ("Here already", "Lines that something else tells as well. They are not counted twice."),
    RowState.SKIPPED: ("Left out", "Lines that move nothing, each with its reason."),
    RowState.FAILED: ("Cannot be read", "Lines that could not be understood. They hold up no other line."),
}
AFTERWARDS = {RowState.NEW: ("Brought", "Lines that were not here before.")}
ROLES = {
    "date": "Date, or date and time",
    "time": "Time of day",
    "amount": "Amount (minus: it left)",
    "currency": "Asset of the amount",
    "sent_amount": "Amount that left",
    "sent_currency": "Asset that left",
    "received_amount": "Amount that came",
    "received_currency": "Asset that came",
    "fee_amount": "Fee",
    "fee_currency": "Asset of the fee",
    "type": "What kind of line it is",
    "id": "An id of the line",
    "wallet": "Wallet or account",
    "note": "Note",
    "hash": "Transaction hash",
}
FINER = (
    ("sold", "Trade: sold, so it left"),
    ("reward:staking", "Reward: staking"),
    ("reward:airdrop", "Reward: airdrop"),
    ("income:interest", "Income: interest"),
    ("skip", "Leave these lines out"),
)
KINDS = (
    ("", "Not said yet"),
    *((value, words) for value, words in kind_words.CHOICES if value != Kind.TRANSFER),
    *FINER,
)


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a line would become."""

    kind: str
    at: datetime | None
    moved: tuple[tuple[str, str], ...]  # sign and figure, asset


@dataclass(frozen=True, slots=True)
class Shown:
    """A line on a page."""

    number: int
    original: str
    told: tuple[Told, ...]
    column: str
    reason: str
    same_as: Any = None


def told_of(found: Iterable[dict[str, Any]]) -> tuple[Told, ...]:
    return tuple(
        Told(
            kind_words.kind(each["kind"]),
            datetime.fromisoformat(each["at"]) if each.get("at") else None,
            tuple(moved_of(leg) for leg in each["legs"]),
        )
        for each in found
    )


def moved_of(leg: dict[str, Any]) -> tuple[str, str]:
    amount = Decimal(leg["amount"])
    sign = OUT if amount < 0 else IN
    return f"{'Fee ' if leg['fee'] else ''}{sign}{exact(amount.copy_abs())}", leg["asset"]


def shown(row: ImportRow) -> Shown:
    return Shown(row.number, row.original, told_of(row.told), row.column, row.reason, row.same_as)


def tried(outcome: Outcome, file: ImportFile) -> Shown:
    """Of a line that is only looked at."""
    column = reason = ""
    match outcome.result:
        case Failure(column, reason):
            pass
        case Skip(reason):
            pass
        case Read(readings) if all(each.skip for each in readings):
            reason = next((each.skip for each in readings), "Nothing moved.")
    return Shown(outcome.number, outcome.original, told_of(told_by(outcome, namer_of(file))), column, reason)


def standing(file: ImportFile) -> Standing:
    """A file without any line below its columns is said to be one by its page."""
    brings = file.counts.get(RowState.NEW) or file.counts.get(RowState.DUPLICATE)
    if file.state == State.PREVIEW and any(file.counts.values()) and not brings:
        return NOTHING_TO_TAKE
    return STANDINGS[State(file.state)]


@dataclass(frozen=True, slots=True)
class Step:
    """What is under way, and how far. `known`: how much there is in all."""

    label: str
    done: int
    whole: int
    note: str

    @property
    def known(self) -> bool:
        return bool(self.done and self.whole)


def step_of(file: ImportFile) -> Step | None:
    if file.state not in UNDER_WAY:
        return None
    done, whole = file.done_rows, file.all_rows or 0
    if file.state != State.READING:
        taken = "in" if file.state == State.COMMITTING else "back"
        return Step(f"Taking the lines {taken}", done, whole, f"{done:,} of {whole:,}" if done and whole else "")
    if not done:
        return Step("Finding out what it is", 0, 0, "")
    if done >= whole > 0:
        return Step("Comparing it with what is here", 0, 0, f"{whole:,} lines")
    return Step("Reading its lines", done, whole, f"{done:,} of {whole:,}" if whole else f"{done:,}")


def counts_of(file: ImportFile) -> str:
    """What is worth knowing in a list."""
    told = (("new", "new"), ("failed", "cannot be read"))
    return " · ".join(f"{count:,} {words}" for state, words in told if (count := file.counts.get(state, 0)))


def lines_of(file: ImportFile) -> str:
    return "" if file.all_rows is None else f"{file.all_rows:,}"


def row_words(file: ImportFile, state: str) -> tuple[str, str]:
    """What lines of this state are called, and what that means."""
    known = RowState(state)
    return AFTERWARDS.get(known, ROW_STATES[known]) if file.committed_at else ROW_STATES[known]


def tabs_of(file: ImportFile) -> list[tuple[str, str, int]]:
    """Of which there are any; the state, its words, how many."""
    return [
        (state.value, row_words(file, state)[0], count) for state in ROW_STATES if (count := file.counts.get(state, 0))
    ]
