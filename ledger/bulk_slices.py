"""One word about more transactions than are changed at once, slice by slice in the background.

Each slice is one transaction: the fence, the edits, what is derived of them, and how far it has come. A word is said of
those that were there when it was asked for, newest first; it is taken back, or said again, in the order of its edits.
"""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from accounts.audit import Actor, ActorKind
from config.keyset import newest_first
from config.leases import LeaseLostError
from config.turns import TurnTakenError
from ledger import edits, listing
from ledger.edits import Move, Pen
from ledger.listing import BadFiltersError
from ledger.models import BulkEdit, Edit, Transaction, TransactionKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

WORK = "ledger.bulk_edits"
BUSY = timedelta(seconds=5)
SLICE = 500  # transactions
SECONDS = 15  # of slices, then others get their turn


class Step(NamedTuple):
    changed: int
    left_out: int
    after: str  # empty: that was all


def work(many: BulkEdit, *, clock: Callable[[], datetime]) -> None:
    """As far as a task reaches. Whoever calls holds its lease."""
    began = time.monotonic()
    try:
        while one_slice(many, now=clock()):
            if time.monotonic() - began > SECONDS:
                many.again(at=clock(), fresh=True)
                return
    except LeaseLostError:
        return  # it was taken back meanwhile: whoever has it now goes the other way
    except (TurnTakenError, Transaction.DoesNotExist):
        many.again(at=clock() + BUSY, fresh=True)  # somebody else is at these; a moment later it is another picture
    except BadFiltersError:
        many.give_up(now=clock())  # the wallet it was about is gone


@transaction.atomic
def one_slice(many: BulkEdit, *, now: datetime) -> bool:
    """True: there is more."""
    many.fence(now=now, move=many.move)
    by, move = Actor(ActorKind(many.actor_kind), label=many.actor_label), Move(many.move)
    pen = Pen(by, many.owner, move, many.pk if move is Move.SAY else uuid.uuid4(), now, tells=False)
    step = said(many, pen) if move is Move.SAY else moved(many, pen)
    many.changed, many.left_out, many.after = many.changed + step.changed, many.left_out + step.left_out, step.after
    many.save(update_fields=["changed", "left_out", "after"])
    if not step.after:
        many.done(now=now)
    return bool(step.after)


def said(many: BulkEdit, pen: Pen) -> Step:
    wallets = listing.wallets_of(many.owner)
    rows = listing.listed(many.owner, listing.filters_of(many.owner, many.filters, wallets), wallets)
    page = newest_first(rows, time="occurred_at", after=many.after, size=SLICE)  # type: ignore[arg-type] # Walks answers the same
    ids = there_then(many, [each.pk for each in page.rows])
    changed, left_out = edits.say_where_it_fits(pen, ids, many.changes, many.more_tags)
    return Step(changed, left_out, page.older)


def there_then(many: BulkEdit, ids: list[UUID]) -> list[UUID]:
    """What came since was not looked at by whoever asked."""
    then = TransactionKey.objects.filter(pk__in=ids, created_at__lte=many.asked_at).values_list("pk", flat=True)
    known = set(then)
    return [each for each in ids if each in known]


def moved(many: BulkEdit, pen: Pen) -> Step:
    """The edits of one transaction stand together; one that is cut in two is met twice and moved once."""
    mine = Edit.objects.filter(owner=many.owner, act=many.pk, id__gt=int(many.after or 0)).order_by("id")
    found = list(mine.values_list("id", "key")[:SLICE])
    held = Transaction.objects.for_user(many.owner).filter(pk__in=edits.bearers(key for _, key in found))
    changed = edits.move_where_it_stands(pen, list(held.values_list("pk", flat=True)), many.pk)
    return Step(changed, 0, str(found[-1][0]) if len(found) == SLICE else "")
