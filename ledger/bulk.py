"""One word about many transactions: looked at first, then said as one act, which one undo takes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger import edits, listing
from ledger.edits import changes_of, said_of
from ledger.fields import BadFieldError, clean, cleaned
from ledger.models import Transaction

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
    """More than are changed at once."""


@dataclass(frozen=True, slots=True)
class Preview:
    """`count`: how many change; `already`: how many say so as it is."""

    chosen: Sequence[Transaction]
    touched: Sequence[Transaction]
    already: int

    @property
    def count(self) -> int:
        return len(self.touched)

    @property
    def first(self) -> Sequence[Transaction]:
        return self.touched[:TOLD]


def matching(owner: User, chosen: Filters) -> list[Transaction]:
    """All that a list shows, however many pages it has. Raises TooManyError."""
    return _few(listing.first(listing.listed(owner, chosen, listing.wallets_of(owner)), MOST + 1))


def named(owner: User, ids: Sequence[UUID]) -> list[Transaction]:
    """These. Raises Transaction.DoesNotExist where one is not the owner's."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MOST:
        raise TooManyError
    found = Transaction.objects.for_user(owner).kept().filter(pk__in=wanted).order_by("-occurred_at", "-id")
    rows = list(found)
    if len(rows) != len(wanted):
        raise Transaction.DoesNotExist
    return rows


def _few(rows: list[Transaction]) -> list[Transaction]:
    if len(rows) > MOST:
        raise TooManyError
    return rows


def preview(rows: Sequence[Transaction], changes: Mapping[str, Any], more_tags: Sequence[str]) -> Preview:
    """Raises BadFieldError. Nothing is changed."""
    if not changes and not more_tags:
        raise BadFieldError("kind", "required", "Say what is to change.")
    said, more = cleaned(changes), clean("tags", list(more_tags))
    touched = [each for each in rows if changes_of(each, said_of(each, said, more))]
    return Preview(rows, touched, len(rows) - len(touched))


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
    ids = [each.pk for each in seen.touched]
    if ids:
        edits.edit(by=by, owner=owner, ids=ids, changes=changes, more_tags=more_tags, act=act, now=now)
