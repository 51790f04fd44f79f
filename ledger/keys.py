"""The names of transactions: found by what their rows are called, given where there is none, never given up."""

from __future__ import annotations

import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db import connection

from ledger import wire
from ledger.models import Decision, Edit
from ledger.parts import fetched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from wallets.models import Wallet

SAME, LINKED = Decision.Kind.SAME, Decision.Kind.LINKED
DOUBLES = [str(kind) for kind in Decision.ABOUT["duplicates"]]
# A wallet's own book, and those of wallets of the same account that are gone. As it is now: a wallet in hand may have
# been joined to another book since.
BOOKS = "SELECT former FROM ledger_formerbook WHERE book = %s AND verdict = 'same' ORDER BY former"
KEYS = "SELECT id, anchor, created_at, alias_of_id FROM ledger_transactionkey WHERE book = ANY(%s) AND "
BY_ANCHOR, BY_ID = KEYS + "anchor = ANY(%s)", KEYS + "id = ANY(%s)"
SAID = "SELECT DISTINCT key_id FROM ledger_edit WHERE key_id = ANY(%s)"
TOLD = "SELECT DISTINCT identity FROM ledger_part WHERE wallet_id = %s AND identity = ANY(%s)"


class Key(NamedTuple):
    """A TransactionKey, as much of it as counts here: thousands are met in one step, and models of them showed."""

    pk: UUID
    anchor: str
    created_at: datetime
    alias_of_id: UUID | None = None


@dataclass(slots=True)
class Known:
    """Keys, and all that was ever said about them, as much as a derivation needs."""

    by_anchor: dict[str, Key] = field(default_factory=dict)
    # Further ones of the same anchor, from books that were joined.
    beside: dict[str, list[Key]] = field(default_factory=dict)
    edits: dict[UUID, list[Edit]] = field(default_factory=lambda: defaultdict(list))
    same: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    linked: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    # Names whose own row is gone, by those that answered to them: they go on bearing them.
    left: dict[UUID, Key] = field(default_factory=dict)

    def of(self, identities: Iterable[str]) -> list[Key]:
        named = [identity for identity in identities if identity in self.by_anchor]
        own = [self.by_anchor[identity] for identity in named]
        return own + [key for identity in named for key in self.beside.get(identity, ())] if self.beside else own

    def all(self) -> Iterator[Key]:
        yield from self.by_anchor.values()
        for keys in self.beside.values():
            yield from keys

    def add(self, keys: Iterable[Key]) -> None:
        for key in keys:
            if self.by_anchor.setdefault(key.anchor, key) is not key:
                self.beside.setdefault(key.anchor, []).append(key)

    def left_to(self, candidates: Sequence[Key]) -> list[Key]:
        """Each is taken over once."""
        if not self.left:
            return []
        named = {key.alias_of_id for key in candidates if key.alias_of_id in self.left}
        return [self.left.pop(name) for name in sorted(named)]

    def chosen(self, candidates: Sequence[Key]) -> Key:
        """The oldest that has the owner's word on it, else the oldest; of two books, two may be equally old."""
        if len(candidates) == 1:
            return candidates[0]
        return min(candidates, key=lambda key: (not self.edits.get(key.pk), key.created_at, key.anchor, key.pk))


def books(wallet: Wallet) -> list[UUID]:
    """Whose names are this wallet's: its own book's, and of those that were joined to it."""
    return [wallet.book, *(former for (former,) in fetched(BOOKS, [wallet.book]))]


def known(wallet: Wallet, identities: Iterable[str], into: Known | None = None) -> Known:
    """Of these identities; `into`: what is known already, to be added to."""
    found = into or Known()
    fresh = [identity for identity in identities if identity not in found.by_anchor]
    mine = books(wallet) if fresh else []
    keys = [Key(*each) for each in fetched(BY_ANCHOR, [mine, fresh])] if fresh else []
    found.add(keys)
    heirs = left_behind(wallet, mine, keys)
    found.left.update({key.pk: key for key in heirs})
    ids = [key.pk for key in (*keys, *heirs)]
    said = [key for (key,) in fetched(SAID, [ids])] if ids else []
    for edit in Edit.objects.of(said) if said else ():
        found.edits[edit.key_id].append(edit)
    for decision in standing(ids):
        about = {SAME: found.same, LINKED: found.linked}.get(Decision.Kind(decision.kind))
        if about is not None:
            about[decision.one_id].add(decision.other_id)
            about[decision.other_id].add(decision.one_id)
    return found


def left_behind(wallet: Wallet, mine: list[UUID], keys: Iterable[Key]) -> list[Key]:
    """Whom these answered to, where no row tells of it any more: a file was taken back that had named it first."""
    told = [key.alias_of_id for key in keys if key.alias_of_id]
    if not told:
        return []
    names = [Key(*each) for each in fetched(BY_ID, [mine, told])]
    rows = {identity for (identity,) in fetched(TOLD, [wallet.pk, [key.anchor for key in names]])}
    return [key for key in names if key.anchor not in rows and "+" not in key.anchor]


FORMER = "SELECT id, alias_of_id FROM ledger_transactionkey WHERE alias_of_id = ANY(%s) ORDER BY id"


def former_names(named: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Of those of these that others joined: what those had been called, and may have been spoken of."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for former, name in fetched(FORMER, [list(named)]) if named else ():
        found[name].append(former)
    return found


STANDING = """
    SELECT DISTINCT ON (least(one_id, other_id), greatest(one_id, other_id), kind = ANY(%(doubles)s)) *
    FROM ledger_decision WHERE one_id = ANY(%(keys)s) OR other_id = ANY(%(keys)s)
    ORDER BY least(one_id, other_id), greatest(one_id, other_id), kind = ANY(%(doubles)s), id DESC
"""


def standing(keys: Sequence[UUID]) -> list[Decision]:
    """The latest word about each pair that one of these keys is in."""
    asked = {"keys": wire.asked(keys), "doubles": DOUBLES}
    return list(Decision.objects.raw(STANDING, asked)) if keys else []


def give(wallet: Wallet, anchors: Sequence[str], *, now: datetime) -> dict[str, Key]:
    """Names for what has none. Within the wallet's turn, so nobody else gives them at the same time."""
    if not anchors:
        return {}
    keys = [Key(name, anchor, now) for name, anchor in zip(new_names(len(anchors)), anchors, strict=True)]
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(("uuid", "int8", "uuid", "text", "timestamptz"))
        for key in keys:
            copy.write_row((key.pk, wallet.owner_id, wallet.book, key.anchor, key.created_at))
    return {key.anchor: key for key in keys}


def new_names(count: int) -> Iterator[UUID]:
    """Random ones, as uuid4 gives them, for one call to the system."""
    drawn = secrets.token_bytes(16 * count)
    return (UUID(bytes=drawn[at : at + 16], version=4) for at in range(0, len(drawn), 16))


COPY = "COPY ledger_transactionkey (id, owner_id, book, anchor, created_at) FROM STDIN (FORMAT binary)"
ALIAS = """
    UPDATE ledger_transactionkey AS key SET alias_of_id = told.alias_of
    FROM unnest(%s::uuid[], %s::uuid[]) AS told (id, alias_of)
    WHERE key.id = told.id AND key.alias_of_id IS DISTINCT FROM told.alias_of
"""


def point(aliases: dict[UUID, UUID | None]) -> None:
    """Which of them answer for another now, and which for themselves."""
    if aliases:
        with connection.cursor() as cursor:
            cursor.execute(ALIAS, [list(aliases), list(aliases.values())])
