"""One word about many transactions: looked at first, then said as one act, which one undo takes back. Many are changed
at once; more than that by workers, slice by slice (`bulk_slices`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, Q

from accounts.audit import Action, record
from config.queue import wake
from ledger import edits, listing
from ledger.bulk_slices import WORK
from ledger.edits import Move, NothingToDoError, said_of, what_differs
from ledger.fields import BadFieldError, clean, cleaned
from ledger.filed_years import Touch, touched, touched_by
from ledger.models import BulkEdit, Transaction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from accounts.audit import Actor
    from accounts.models import User
    from ledger.listing import Filters

MOST, TOLD = 2_000, 10  # at once, and how many a preview shows
FIELDS = ("kind", "category", "tags", "ignored")


class TooManyError(ValueError):
    """More than are named one by one."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which they are: all of them, or, of more than are changed at once, the first and by which filters."""

    rows: Sequence[Transaction]
    filters: Filters | None = None
    said: Mapping[str, str] | None = None  # the filters, as an address carries them
    all: int = 0

    @property
    def large(self) -> bool:
        return self.filters is not None

    @property
    def count(self) -> int:
        return self.all or len(self.rows)


@dataclass(frozen=True, slots=True)
class Preview:
    """`count`: how many change; `already`: how many say so as it is; `filed`: which filed years that would touch."""

    chosen: Chosen
    touched: Sequence[Transaction]  # the first of them, where there are more than are changed at once
    count: int
    filed: Touch

    @property
    def already(self) -> int:
        return self.chosen.count - self.count

    @property
    def first(self) -> Sequence[Transaction]:
        return self.touched[:TOLD]


def matching(owner: User, filters: Filters, said: Mapping[str, str]) -> Chosen:
    """All that a list shows, however many pages it has."""
    wallets = listing.wallets_of(owner)
    rows = listing.first(listing.listed(owner, filters, wallets), MOST + 1)
    if len(rows) <= MOST:
        return Chosen(rows)
    return Chosen(rows[:TOLD], filters, dict(said), listing.counted(owner, filters, wallets).count())


def named(owner: User, ids: Sequence[UUID]) -> Chosen:
    """These. Raises TooManyError, and Transaction.DoesNotExist where one is not the owner's."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST:
        raise TooManyError
    found = Transaction.objects.for_user(owner).kept().filter(pk__in=wanted).order_by("-occurred_at", "-id")
    rows = list(found)
    if len(rows) != len(wanted):
        raise Transaction.DoesNotExist
    return Chosen(rows)


def preview(owner: User, chosen: Chosen, changes: Mapping[str, Any], more_tags: Sequence[str]) -> Preview:
    """Raises BadFieldError. Nothing is changed."""
    if not changes and not more_tags:
        raise BadFieldError("kind", "required", "Say what is to change.")
    said, more = cleaned(changes), clean("tags", list(more_tags))
    if chosen.filters:
        return _counted(owner, chosen, chosen.filters, differing(said, more))
    differs = [each for each in chosen.rows if what_differs(each, said_of(each, said, more))]
    return Preview(chosen, differs, len(differs), touched(owner, (each.occurred_at for each in differs)))


def _counted(owner: User, chosen: Chosen, filters: Filters, differs: Q) -> Preview:
    rows = listing.counted(owner, filters, listing.wallets_of(owner))
    counts = rows.aggregate(all=Count("pk"), touched=Count("pk", filter=differs))
    changing = rows.filter(differs)
    first = list(changing.order_by("-occurred_at", "-id")[:TOLD])
    whole = Chosen(chosen.rows, chosen.filters, chosen.said, counts["all"])
    return Preview(whole, first, counts["touched"], touched_by(owner, changing))


def differing(said: Mapping[str, Any], more_tags: Sequence[str]) -> Q:
    """`edits.what_differs`, as a question to the database."""
    fields = dict(said)
    if more_tags and "tags" in fields:
        fields["tags"] = list(dict.fromkeys([*fields["tags"], *more_tags]))
    found = Q()
    for name, value in fields.items():
        found |= ~Q(**{name: value}) | Q(conflicts__contains=[name])
    return found | ~Q(tags__contains=more_tags) if more_tags and "tags" not in fields else found


def say(
    *,
    by: Actor,
    owner: User,
    seen: Preview,
    changes: Mapping[str, Any],
    more_tags: Sequence[str],
    act: UUID,
    now: datetime,
) -> None:
    """Raises TreasureError. What is too much at once is begun; `BulkEdit` tells how far it has come."""
    if seen.chosen.large and seen.count:
        ask(by=by, owner=owner, seen=seen, changes=changes, more_tags=more_tags, act=act, now=now)
    elif ids := [each.pk for each in seen.touched]:
        edits.edit(by=by, owner=owner, ids=ids, changes=changes, more_tags=more_tags, act=act, now=now)


def ask(
    *,
    by: Actor,
    owner: User,
    seen: Preview,
    changes: Mapping[str, Any],
    more_tags: Sequence[str],
    act: UUID,
    now: datetime,
) -> None:
    said, more = cleaned(changes), clean("tags", list(more_tags))
    edits.refuse_words({**said, "tags": [*said.get("tags", []), *more]}, by=by, owner=owner, now=now)
    with transaction.atomic():
        many = BulkEdit.objects.create(
            id=act,
            owner=owner,
            filters=seen.chosen.said,
            changes=said,
            more_tags=more,
            whole=seen.count,
            actor_kind=by.kind,
            actor_label=by.label[:120],
            asked_at=now,
            not_before=now,
        )
        _told(many, by=by, now=now)


@transaction.atomic
def turn(*, by: Actor, many: BulkEdit, move: Move, now: datetime) -> None:
    """The other way, for all of it, also while it is under way. Raises NothingToDoError where it goes that way."""
    many = BulkEdit.objects.select_for_update(no_key=True).get(pk=many.pk)
    if (many.move == Move.UNDO) == (move is Move.UNDO):
        raise NothingToDoError
    many.move, many.after, many.changed, many.failed, many.attempts = move, "", 0, False, 0
    many.not_before, many.finished_at, many.lease_token, many.lease_until = now, None, None, None
    many.save()
    _told(many, by=by, now=now)


def _told(many: BulkEdit, *, by: Actor, now: datetime) -> None:
    record(
        by=by,
        action=Action.TRANSACTIONS_EDITED,
        owner=many.owner,
        now=now,
        fields=", ".join(dict.fromkeys([*many.changes, *(["tags"] if many.more_tags else [])])),
        transactions=many.whole,
        move=str(many.move),
        act=str(many.pk),
    )
    wake(WORK)
