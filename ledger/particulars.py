"""All that is known of one transaction: what holds beside what the sources say, where it comes from, what was done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from ledger import acts, decisions, edits, keys, kind_words
from ledger.handmade import is_handmade
from ledger.models import Decision, Edit, Part, SourceRow, Transaction
from ledger.overlay import FIELDS
from ledger.shown import Fields, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from accounts.models import User
    from ledger.overlay import Act, Word

Move = Edit.Move
NEAR_GROUP, NEAR_ORDER = timedelta(days=1), timedelta(days=30)  # where the others of it are looked for
MANY = 50


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field as it holds; `source`: what the sources say, where that is something else."""

    name: str
    label: str
    value: str
    source: str
    mine: bool
    ruled: bool
    conflict: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A row that tells of it. `says_nothing`: why it moves nothing."""

    row: SourceRow
    origin: str
    says_nothing: str

    @property
    def stood_in(self) -> str:
        return kind_words.stood_in(self.row.origin, self.row.family)

    @property
    def raw(self) -> str:
        return json.dumps(self.row.raw, indent=2, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Told:
    """One act in the history of edits."""

    at: datetime
    who: str
    what: Sequence[str]


@dataclass(frozen=True, slots=True)
class Step:
    """What undo or redo would do."""

    act: UUID
    what: Sequence[str]
    elsewhere: int  # other transactions that were changed at once with it


@dataclass(frozen=True, slots=True)
class Particulars:
    lines: Sequence[FieldLine]
    sources: Sequence[Source]
    history: Sequence[Told]
    undo: Step | None
    redo: Step | None
    group: Sequence[Transaction]
    order: Sequence[Transaction]
    partners: Sequence[Transaction]
    handmade: bool

    @property
    def disputed(self) -> list[FieldLine]:
        return [line for line in self.lines if line.conflict]


def particulars_of(each: Transaction) -> Particulars:
    fields = fields_of(each)
    said = said_of(each)
    past = edits.pasts_of([each.pk])[each.pk]
    return Particulars(
        lines=[_line(each, fields, name) for name in FIELDS],
        sources=sources_of(each),
        history=history_of(said),
        undo=_step(past.last(Move.UNDO), Move.UNDO, each),
        redo=_step(past.last(Move.REDO), Move.REDO, each),
        group=_neighbours(each, "group", NEAR_GROUP),
        order=_neighbours(each, "order", NEAR_ORDER),
        partners=partners_of(each.owner, each.pk),
        handmade=is_handmade(each),
    )


def words(field: str, value: Any) -> str:
    return kind_words.said(field, value, at=local)


def local(text: str) -> str:
    at = timezone.localtime(datetime.fromisoformat(text))
    return f"{at.day} {at:%b %Y, %H:%M:%S}"


def _line(each: Transaction, fields: Fields, name: str) -> FieldLine:
    mine, source = fields.effective[name], fields.source[name]
    return FieldLine(
        name=name,
        label=kind_words.FIELDS[name],
        value=words(name, mine),
        source=words(name, source) if mine != source or name in each.mine else "",
        mine=name in each.mine,
        ruled=name in each.ruled,
        conflict=name in each.conflicts,
    )


# --- where it comes from -------------------------------------------------------------------------------------------


def sources_of(each: Transaction) -> list[Source]:
    """The rows it is made of, and those that tell of the same event and move nothing."""
    parts = list(Part.objects.filter(wallet=each.wallet, event=each.event).order_by("row_id", "place"))
    silent = {part.row_id: part.skip for part in parts if part.skip}
    wanted = {*each.rows, *silent}
    rows = SourceRow.objects.filter(wallet=each.wallet, pk__in=wanted).order_by("occurred_at", "id")
    return [Source(row, kind_words.ORIGINS[row.origin], silent.get(row.pk, "")) for row in rows[:MANY]]


def _neighbours(each: Transaction, name: str, near: timedelta) -> list[Transaction]:
    shared = getattr(each, name)
    if not shared:
        return []
    around = (each.occurred_at - near, each.occurred_at + near)
    found = Transaction.objects.filter(wallet=each.wallet, occurred_at__range=around, **{name: shared})
    return list(found.exclude(pk=each.pk).order_by("-occurred_at", "-id")[:MANY])


def partners_of(owner: User, key: UUID) -> list[Transaction]:
    """What left here and arrived there, or the other way round."""
    linked = [each for each in decisions.of([key]) if each.kind == Decision.Kind.LINKED]
    found = acts.present(owner, {end for each in linked for end in (each.one, each.other)} - {key})
    return list(reversed(acts.chosen(found, found)))


# --- what was done -------------------------------------------------------------------------------------------------


def said_of(each: Transaction) -> list[Edit]:
    """In the order in which it was said; also under the names of what joined it, as far as it is not the same act."""
    said = list(Edit.objects.of([each.pk, *keys.former_names([each.pk]).get(each.pk, ())]))
    acts = {edit.act for edit in said if edit.key_id == each.pk}
    return [edit for edit in said if edit.key_id == each.pk or edit.act not in acts]


def history_of(said: Iterable[Edit]) -> list[Told]:
    acts: dict[UUID, list[Edit]] = {}
    for each in said:
        acts.setdefault(each.act, []).append(each)
    return [Told(act[0].at, _who(act[0]), [_what(each) for each in act]) for act in reversed(acts.values())][:MANY]


def _who(each: Edit) -> str:
    others = {"staff": "Holdfast staff", "system": "Holdfast", "token": "A program of yours"}
    who = others.get(each.actor_kind, "You")
    return f"{who}: {each.actor_label}" if each.actor_label else who


def _what(each: Edit) -> str:
    moved = {Move.UNDO: "taken back, ", Move.REDO: "again, "}.get(Move(each.move), "")
    now = words(each.field, each.value) if each.mine else "what the source says"
    return f"{kind_words.FIELDS[each.field]}: {moved}{now}"


def _step(act: Act | None, move: Edit.Move, each: Transaction) -> Step | None:
    if act is None:
        return None
    elsewhere = Edit.objects.filter(owner=each.owner_id, act=act.id).exclude(key=each.pk)
    elsewhere = elsewhere.exclude(key__alias_of=each.pk)
    count = elsewhere.values("key").distinct()[: MANY + 1].count()
    return Step(act.id, [_moves(name, changes, move) for name, changes in act.changes.items()], count)


def _moves(name: str, changes: tuple[Word | None, Word | None], move: Edit.Move) -> str:
    word = changes[0 if move is Move.UNDO else 1]
    return f"{kind_words.FIELDS[name]}: {words(name, word.value) if word else 'what the source says'}"


def values_of(each: Transaction) -> Mapping[str, Any]:
    return fields_of(each).effective
