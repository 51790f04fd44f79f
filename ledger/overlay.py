"""The owner's word over the sources'. Pure: what holds is worked out from all that was ever said.

Fields are values as JSON has them, amounts as text: what is compared, stored and shown is then the same thing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ledger.matching.likeness import FINE, rounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

UNITS = {"sent": "asset", "received": "asset", "fee": "asset", "value": "currency"}
FIELDS = ("kind", "category", "occurred_at", "sent", "received", "fee", "value", "note", "tags", "ignored")


class Said(Protocol):
    """An edit, as much of it as counts here. In the order they were made."""

    @property
    def key_id(self) -> UUID: ...
    @property
    def act(self) -> UUID: ...
    @property
    def move(self) -> str: ...
    @property
    def field(self) -> str: ...
    @property
    def mine(self) -> bool: ...
    @property
    def value(self) -> Any: ...
    @property
    def seen(self) -> Any: ...


@dataclass(frozen=True, slots=True)
class Word:
    """What the owner says of a field, and what the sources said when it was said."""

    value: Any
    seen: Any


@dataclass(frozen=True, slots=True)
class Act:
    """What was changed at once, and is undone at once."""

    id: UUID
    changes: Mapping[str, tuple[Word | None, Word | None]]  # before and after
    again: bool = False  # taken back, and said again


@dataclass(slots=True)
class History:
    """The words that hold, and what can be taken back or said again."""

    words: dict[str, Word] = field(default_factory=dict)
    done: list[Act] = field(default_factory=list)
    undone: list[Act] = field(default_factory=list)

    def say(self, act: UUID, changes: Mapping[str, Word | None]) -> None:
        self.done.append(Act(act, {name: (self.words.get(name), word) for name, word in changes.items()}))
        self.undone.clear()
        self._set(changes)

    def undo(self) -> None:
        if self.done:
            self.undone.append(act := self.done.pop())
            self._set({name: before for name, (before, _) in act.changes.items()})

    def redo(self) -> None:
        if self.undone:
            self.done.append(act := replace(self.undone.pop(), again=True))
            self._set({name: after for name, (_, after) in act.changes.items()})

    def _set(self, changes: Mapping[str, Word | None]) -> None:
        for name, word in changes.items():
            if word is None:
                self.words.pop(name, None)
            else:
                self.words[name] = word


def history(edits: Iterable[Said]) -> History:
    """Of one key: everything that was said, played again."""
    played = History()
    for act, move, changes in acts(edits):
        match move:
            case "undo":
                played.undo()
            case "redo":
                played.redo()
            case _:
                played.say(act, changes)
    return played


def acts(edits: Iterable[Said]) -> list[tuple[UUID, str, dict[str, Word | None]]]:
    found: dict[UUID, tuple[UUID, str, dict[str, Word | None]]] = {}
    for edit in edits:
        _, _, changes = found.setdefault(edit.act, (edit.act, edit.move, {}))
        changes[edit.field] = Word(edit.value, edit.seen) if edit.mine else None
    return list(found.values())


class Merged(NamedTuple):
    """What holds, and why."""

    effective: dict[str, Any]
    mine: tuple[str, ...] = ()
    ruled: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


def merge(source: Mapping[str, Any], ruled: Mapping[str, Any], words: Sequence[Mapping[str, Word]]) -> Merged:
    """`words`: of each key that is this transaction, the one whose name it bears first. A word about a field whose
    source has changed since is kept and asked about; so are two words that differ.
    """
    effective = {**source, **ruled}
    if not words:
        return Merged(effective, ruled=tuple(name for name in FIELDS if name in ruled) if ruled else ())
    mine, conflicts = [], []
    for name in FIELDS:
        said = [each[name] for each in words if name in each]
        if not said:
            continue
        mine.append(name)
        effective[name] = said[0].value
        if has_changed(name, said[0], source[name]) or any(other.value != said[0].value for other in said):
            conflicts.append(name)
    kept = tuple(name for name in FIELDS if name in ruled and name not in mine)
    return Merged(effective, tuple(mine), kept, tuple(conflicts))


def has_changed(name: str, word: Word, source: Any) -> bool:
    """Whether the source says something else by now, and there is something to decide: not for who says what it says.
    What is only told more exactly, or less, changes nothing, but for a word that was about just those digits.
    """
    if source == word.seen or agree(name, source, word.value):
        return False
    return not agree(name, source, word.seen) or agree(name, word.value, word.seen)


def agree(name: str, one: Any, other: Any) -> bool:
    """They say the same, though one may leave out seconds or the last digits, as files do."""
    if one == other or not (one and other):
        return bool(one == other)
    if name == "occurred_at":
        return any(cut(one) == cut(other) for cut in (to_second, to_minute) if cut(one) == one or cut(other) == other)
    if name in UNITS:
        return one[UNITS[name]] == other[UNITS[name]] and same_number(one["amount"], other["amount"])
    return False


def to_second(time: str) -> str:
    return f"{time[:19]}Z"


def to_minute(time: str) -> str:
    return f"{time[:16]}:00Z"


def same_number(one: str, other: str) -> bool:
    """One is the other with fewer digits, and next to nothing is lost with them."""
    amounts = Decimal(one), Decimal(other)
    return rounded(*amounts) and abs(amounts[0] - amounts[1]) <= max(map(abs, amounts)) * FINE
