"""What an owner does with transactions: says a field, takes a word back, says it again, decides a conflict.

Each verb holds the wallets' turns first, in the order of their ids, writes words down, and derives anew what they are
about: in one transaction, so that nobody ever sees half of it.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.functional import cached_property

from accounts.audit import Action, record
from ledger import decisions, journal
from ledger.decisions import Kind
from ledger.fields import BadFieldError, clean, cleaned
from ledger.keys import former_names
from ledger.models import Edit, Journal, Rule, Transaction, TransactionKey
from ledger.overlay import FIELDS, Act, History, history
from ledger.rules import ruled_by
from ledger.shown import fields_of
from wallets.free_text import refuse_treasure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from uuid import UUID

    from accounts.audit import Actor
    from accounts.models import User

Move = Edit.Move


class NothingToDoError(Exception):
    """There is nothing that could be taken back, said again, or decided."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field: the owner's value, or none and the sources' word holds."""

    field: str
    mine: bool
    value: Any
    seen: Any


def edit(
    *,
    by: Actor,
    owner: User,
    ids: Sequence[UUID],
    changes: Mapping[str, Any],
    now: datetime,
    act: UUID | None = None,
    more_tags: Sequence[str] = (),
) -> list[Transaction]:
    """Says these fields of all these transactions, at once. Raises BadFieldError before anything is done.

    `more_tags`: beside those that each has.
    """
    said, more = cleaned(changes), clean("tags", list(more_tags))
    refuse_words({**said, "tags": [*said.get("tags", []), *more]}, by=by, owner=owner, now=now)
    return _edited(by=by, owner=owner, ids=ids, said=said, more=more, now=now, act=act or uuid.uuid4())


def refuse_words(said: Mapping[str, Any], *, by: Actor, owner: User, now: datetime) -> None:
    """A seed phrase in a note is not kept."""
    text = "\n".join([said.get("note", ""), said.get("category", ""), *said.get("tags", [])])
    refuse_treasure(text, by=by, owner=owner, now=now, place="a transaction's note")


@transaction.atomic
def _edited(
    *,
    by: Actor,
    owner: User,
    ids: Sequence[UUID],
    said: Mapping[str, Any],
    more: Sequence[str],
    now: datetime,
    act: UUID,
) -> list[Transaction]:
    held = hold(owner, ids)
    between = Between(owner, held)
    words = {each.pk: changes_of(each, said_of(each, said, more), between) for each in held}
    return write(Pen(by, owner, Move.SAY, act, now), held, of_the_whole(words))


def say_where_it_fits(pen: Pen, ids: Sequence[UUID], said: Mapping[str, Any], more: Sequence[str]) -> tuple[int, int]:
    """Inside a transaction. To how many it made a difference, and how many could not take it."""
    held = hold(pen.owner, ids)
    between = Between(pen.owner, held)
    words: dict[UUID, list[Change]] = {}
    for each in held:
        with suppress(BadFieldError):
            words[each.pk] = changes_of(each, said_of(each, said, more), between)
    write(pen, held, of_the_whole(words))
    return sum(map(bool, words.values())), len(held) - len(words)


def said_of(each: Transaction, said: Mapping[str, Any], more_tags: Sequence[str]) -> Mapping[str, Any]:
    """Raises BadFieldError where there would be too many tags."""
    if not more_tags:
        return said
    tags = list(dict.fromkeys([*said.get("tags", each.tags), *more_tags]))
    return {**said, "tags": clean("tags", tags)}


def what_differs(each: Transaction, said: Mapping[str, Any]) -> dict[str, Any]:
    """What is not so already, or is in doubt."""
    effective = fields_of(each).effective
    return {name: value for name, value in said.items() if value != effective[name] or name in each.conflicts}


def changes_of(each: Transaction, said: Mapping[str, Any], between: Between) -> list[Change]:
    """What says the same as the sources, or as the owner already does, is no edit; but for what a rule or a link makes
    of what sources say.
    """
    source = fields_of(each).source
    return [
        Change(name, mine=True, value=value, seen=source[name])
        if value != source[name] or between.says_otherwise(each, name, source)
        else given_up(name, seen=source[name])
        for name, value in what_differs(each, said).items()
    ]


class Between:
    """What stands between sources and their owner's word: rules and links. Of all these at once, where it matters."""

    def __init__(self, owner: User, held: Sequence[Transaction]) -> None:
        self.owner, self.held = owner, held

    def says_otherwise(self, each: Transaction, name: str, source: Mapping[str, Any]) -> bool:
        """Than the sources, did the owner say nothing."""
        if name not in each.mine:
            return name in each.ruled
        return name in ruled_by(self.rules, each.wallet, source) or (name == "kind" and each.pk in self.linked)

    @cached_property
    def rules(self) -> list[Rule]:
        return list(Rule.objects.filter(owner=self.owner).order_by("place", "id"))

    @cached_property
    def linked(self) -> set[UUID]:
        links = [link for link in decisions.of(each.pk for each in self.held) if link.kind is Kind.LINKED]
        return {name for link in links for name in (link.one, link.other)}


@transaction.atomic
def reset(
    *, by: Actor, owner: User, ids: Sequence[UUID], fields: Iterable[str] = FIELDS, now: datetime
) -> list[Transaction]:
    """What the sources say holds again."""
    held, names = hold(owner, ids), set(fields)
    words = {each.pk: [given_up(name) for name in each.mine if name in names] for each in held}
    return write(Pen(by, owner, Move.SAY, uuid.uuid4(), now), held, of_the_whole(words))


def given_up(field: str, *, seen: Any = None) -> Change:
    return Change(field, mine=False, value=None, seen=seen)


def of_the_whole(words: Mapping[UUID, Sequence[Change]]) -> Mapping[UUID, Sequence[Change]]:
    """With what was said of the same fields before these were one, under other names: that is given up, at once with
    this. Else it would hold on, or be in conflict with whatever is said.
    """
    parts = former_names([key for key, changes in words.items() if changes])
    past = histories_of([part for names in parts.values() for part in names])
    more = {
        part: [given_up(change.field) for change in words[key] if change.field in past[part].words]
        for key, names in parts.items()
        for part in names
    }
    return {**words, **more}


@transaction.atomic
def resolve(*, by: Actor, owner: User, transaction_id: UUID, field: str, keep: str, now: datetime) -> list[Transaction]:
    """The source changed under a word. `keep`: "mine", and it stands against what the source says now, or "source"."""
    [each] = held = hold(owner, [transaction_id])
    if field not in each.conflicts:
        raise NothingToDoError
    seen, mine = fields_of(each).source[field], fields_of(each).effective[field]
    change = Change(field, mine=True, value=mine, seen=seen) if keep == "mine" else given_up(field)
    return write(Pen(by, owner, Move.SAY, uuid.uuid4(), now), held, of_the_whole({each.pk: [change]}))


def undo(*, by: Actor, owner: User, transaction_id: UUID, now: datetime) -> list[Transaction]:
    """The last act about this transaction is taken back, here. `undo_act` takes it back as a whole."""
    return _moved(by=by, owner=owner, transaction_id=transaction_id, move=Move.UNDO, now=now)


def redo(*, by: Actor, owner: User, transaction_id: UUID, now: datetime) -> list[Transaction]:
    return _moved(by=by, owner=owner, transaction_id=transaction_id, move=Move.REDO, now=now)


@transaction.atomic
def _moved(*, by: Actor, owner: User, transaction_id: UUID, move: Edit.Move, now: datetime) -> list[Transaction]:
    held = hold(owner, [transaction_id])
    words = steps(held, move)
    if not words:
        raise NothingToDoError
    return write(Pen(by, owner, move, uuid.uuid4(), now), held, words)


def undo_act(*, by: Actor, owner: User, act: UUID, now: datetime) -> None:
    """What was done at once is taken back at once: wherever nothing was said since."""
    _moved_everywhere(by=by, owner=owner, act=act, move=Move.UNDO, now=now)


def redo_act(*, by: Actor, owner: User, act: UUID, now: datetime) -> None:
    _moved_everywhere(by=by, owner=owner, act=act, move=Move.REDO, now=now)


@transaction.atomic
def _moved_everywhere(*, by: Actor, owner: User, act: UUID, move: Edit.Move, now: datetime) -> None:
    pen = Pen(by, owner, move, uuid.uuid4(), now)
    if not move_where_it_stands(pen, [each.pk for each in touched_by(owner, act)], act):
        raise NothingToDoError


def move_where_it_stands(pen: Pen, ids: Sequence[UUID], act: UUID) -> int:
    """Inside a transaction. Wherever this act was the last that was said, or taken back; how many that were."""
    held = hold(pen.owner, ids)
    words = steps(held, pen.move, act)
    write(pen, held, words)
    return len(bearers(words))


def steps(held: Sequence[Transaction], move: Edit.Move, act: UUID | None = None) -> dict[UUID, list[Change]]:
    """What taking back, or saying again, the last act about each comes to, under whatever names that was said. `act`:
    only where it was that one.
    """
    pasts = pasts_of([each.pk for each in held])
    return {
        name: taken(found, move)
        for past in pasts.values()
        if (last := past.last(move)) and act in {None, last.id}
        for name, found in past.acts(last.id, move).items()
    }


def touched_by(owner: User, act: UUID) -> list[Transaction]:
    """The transactions that an act said something of, as they are now: one that joined another answers with that."""
    keys = Edit.objects.for_user(owner).filter(act=act).values_list("key", flat=True).distinct()
    found = Transaction.objects.for_user(owner).filter(pk__in=bearers(list(keys)))
    return list(found.order_by("-occurred_at", "-id"))


def standing_of(owner: User, act: UUID) -> tuple[Edit.Move, int, int] | None:
    """What was done last with an act as a whole, with how many transactions, and of how many it spoke."""
    keys = Edit.objects.for_user(owner).filter(act=act).order_by("key").values_list("key", flat=True).distinct()
    past = histories_of(list(keys)).values()
    if not past:
        return None
    holds = [each for said in past for each in said.done if each.id == act]
    back = sum(each.id == act for said in past for each in said.undone)
    if back > len(holds) or not holds:
        return Move.UNDO, back, len(past)
    again = sum(each.again for each in holds)
    return (Move.REDO, again, len(past)) if again else (Move.SAY, len(holds), len(past))


def bearers(named: Iterable[UUID]) -> set[UUID]:
    """Under which names what was once called so goes by now."""
    wanted = set(named)
    joined = TransactionKey.objects.filter(pk__in=wanted, alias_of__isnull=False).values_list("pk", "alias_of")
    now = dict(joined)
    return {now.get(name) or name for name in wanted}


def taken(act: Act, move: Edit.Move) -> list[Change]:
    """As it was before the act, or as it was after it."""
    return [
        Change(name, mine=word is not None, value=word and word.value, seen=word and word.seen)
        for name, (before, after) in act.changes.items()
        for word in [before if move is Move.UNDO else after]
    ]


@dataclass(frozen=True, slots=True)
class Past:
    """Of one transaction: what was said under the name it bears, which comes first, and under those that joined it."""

    said: Mapping[UUID, History]
    since: Mapping[UUID, int]  # acts, in the order in which they were first said

    def last(self, move: Edit.Move) -> Act | None:
        """What would be taken back, or said again. Nothing is, once something was said after it."""
        done = [each.done[-1] for each in self.said.values() if each.done]
        undone = [each.undone[-1] for each in self.said.values() if each.undone]
        latest = max(done, key=self._place, default=None)
        if move is Move.UNDO:
            return latest
        first = min(undone, key=self._place, default=None)
        return first if first and (latest is None or self._place(first) >= self._place(latest)) else None

    def _place(self, act: Act) -> int:
        return self.since[act.id]

    def acts(self, act: UUID, move: Edit.Move) -> dict[UUID, Act]:
        """By name: what was said at once, as far as it is the last of its name."""
        stacks = {name: each.done if move is Move.UNDO else each.undone for name, each in self.said.items()}
        return {name: stack[-1] for name, stack in stacks.items() if stack and stack[-1].id == act}


def pasts_of(named: Sequence[UUID]) -> dict[UUID, Past]:
    """By the names that transactions bear now."""
    parts = former_names(named)
    names = {name: [name, *parts.get(name, ())] for name in named}
    said = said_of_names([part for each in names.values() for part in each])
    return {
        name: Past(
            {each: history(said[each]) for each in mine},
            {edit.act: edit.pk for each in mine for edit in reversed(said[each])},
        )
        for name, mine in names.items()
    }


def histories_of(keys: Sequence[UUID]) -> dict[UUID, History]:
    return {key: history(edits) for key, edits in said_of_names(keys).items()}


def said_of_names(keys: Sequence[UUID]) -> dict[UUID, list[Edit]]:
    said: dict[UUID, list[Edit]] = {key: [] for key in keys}
    for each in Edit.objects.of(keys):
        said[each.key_id].append(each)
    return said


# --- what they all do ----------------------------------------------------------------------------------------------


def hold(owner: User, ids: Sequence[UUID]) -> list[Transaction]:
    """These transactions, and their wallets' turns. What is not the owner's is not there."""
    mine = Transaction.objects.for_user(owner).filter(pk__in=ids).select_related("wallet")
    wallets = {each.wallet_id: each.wallet for each in mine}
    for wallet_id in sorted(wallets):
        Journal.objects.turn(wallets[wallet_id])
    found = {each.pk: each for each in mine.all()}  # as they are now that it is our turn
    if set(found) != set(ids):
        raise Transaction.DoesNotExist
    return [found[each] for each in dict.fromkeys(ids)]


def write(pen: Pen, held: Sequence[Transaction], words: Mapping[UUID, Sequence[Change]]) -> list[Transaction]:
    edits = [pen.write(key, change) for key, changes in words.items() for change in changes]
    if edits:
        Edit.objects.bulk_create(edits, batch_size=1000)
        about = bearers(edit.key_id for edit in edits)
        derive_again(held, about, now=pen.now)
        if pen.tells:
            tell(pen, edits, about)
    return as_they_are(held)


@dataclass(frozen=True, slots=True)
class Pen:
    """Who writes, when, and of which act it is; and whether the trail tells of it here."""

    by: Actor
    owner: User
    move: Edit.Move
    act: UUID
    now: datetime
    tells: bool = True

    def write(self, key: UUID, change: Change) -> Edit:
        return Edit(
            owner=self.owner,
            key_id=key,
            act=self.act,
            move=self.move,
            field=change.field,
            mine=change.mine,
            value=change.value,
            seen=change.seen,
            actor_kind=self.by.kind,
            actor_label=self.by.label[:120],
            at=self.now,
        )


def derive_again(held: Sequence[Transaction], keys: AbstractSet[UUID], *, now: datetime) -> None:
    wallets: dict[UUID, list[Transaction]] = defaultdict(list)
    for each in held:
        if each.pk in keys:
            wallets[each.wallet_id].append(each)
    for wallet_id in sorted(wallets):
        mine = wallets[wallet_id]
        journal.derive_again(mine[0].wallet, [each.pk for each in mine], now=now)


def tell(pen: Pen, edits: Sequence[Edit], keys: AbstractSet[UUID]) -> None:
    """One line of the trail for one act: what was changed is in the edits themselves."""
    record(
        by=pen.by,
        action=Action.TRANSACTIONS_EDITED,
        owner=pen.owner,
        now=pen.now,
        about=next(iter(keys)) if len(keys) == 1 else None,
        act=str(pen.act),
        fields=", ".join(dict.fromkeys(edit.field for edit in edits)),
        transactions=len(keys),
        move=str(pen.move),
    )


def as_they_are(held: Sequence[Transaction]) -> list[Transaction]:
    """After the derivation. One that joined another answers with that other."""
    ids = [each.pk for each in held]
    found = {each.pk: each for each in Transaction.objects.filter(pk__in=ids).select_related("wallet")}
    return [found[each] for each in ids if each in found]


def named(owner: User, transaction_id: UUID) -> UUID:
    """The name a transaction bears now: a former one still answers."""
    key = TransactionKey.objects.for_user(owner).filter(pk=transaction_id).first()
    while key and key.alias_of:
        key = key.alias_of
    return key.pk if key else transaction_id
