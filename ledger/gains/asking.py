"""Which reckoning is read, and who has to make one: by the owner's own terms, or by others for a look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import F, Q

from accounts.models import User
from config.questions import Question
from config.queue import wake
from ledger.gains import terms
from ledger.gains.stale import WORK
from ledger.models import Reckoning, Stale, Transaction
from wallets.models import Wallet

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

KEPT = timedelta(days=1)  # a look, since it was last asked for
LOOKS = 16  # of one owner at once
LARGE = 300_000  # transactions: more may take longer than a task may (config.lane)
# Those in force whose owners' transactions changed, once everything that came is read; but nobody waits for ever. What
# failed is tried again once there is something new, and else in an hour.
AGAIN = """
    UPDATE ledger_reckoning AS r SET finished_at = NULL, failed = FALSE, attempts = 0, not_before = %(now)s
    WHERE r.in_force AND r.finished_at IS NOT NULL AND r.lease_token IS NULL
        AND r.owner_id IN (SELECT DISTINCT owner_id FROM ledger_stale)
        AND (
            NOT r.failed OR r.finished_at < %(retry)s
            OR EXISTS (SELECT FROM ledger_stale AS s WHERE s.owner_id = r.owner_id AND s.noted_at > r.finished_at)
        )
        AND (
            NOT EXISTS (SELECT FROM ledger_journal AS j WHERE j.owner_id = r.owner_id AND j.behind)
            OR coalesce(r.reckoned_at, r.asked_at) < %(patience)s
        )
"""
# Those that another version of the engine made: some at a time, so that nobody who changes something waits for all.
# A later one's are left for an hour: while machines of two releases stand beside each other, each would undo for ever
# what the other did. Who went back to the former release has them made again after that.
OUTDATED = """
    UPDATE ledger_reckoning SET finished_at = NULL, failed = FALSE, attempts = 0, not_before = %(now)s
    WHERE id IN (
        SELECT id FROM ledger_reckoning
        WHERE in_force AND finished_at IS NOT NULL AND lease_token IS NULL AND version <> %(version)s
            AND (NOT failed OR finished_at < %(retry)s)
            AND NOT (
                coalesce(reckoned_at > %(beside)s, FALSE) AND CASE WHEN version ~ '^[0-9]+[.][0-9]+$'
                THEN string_to_array(version, '.')::int[] > string_to_array(%(version)s, '.')::int[] ELSE FALSE END
            )
            AND (SELECT count(*) FROM ledger_reckoning WHERE finished_at IS NULL) < %(some)s
        ORDER BY id LIMIT %(some)s
    )
"""
SOME = 50
PATIENCE = timedelta(seconds=30)
RETRY = timedelta(hours=1)
BESIDE = timedelta(hours=1)
FIRST = """
    SELECT DISTINCT s.owner_id FROM ledger_stale AS s
    WHERE NOT EXISTS (SELECT FROM ledger_reckoning AS r WHERE r.owner_id = s.owner_id) LIMIT 100
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is there to be read, and whether it is being made anew."""

    reckoning: Reckoning | None
    current: bool  # nothing has changed since
    failed: bool = False


def standing(owner: User, *, now: datetime) -> Standing:
    """By the owner's own terms. Where those have changed, the former ones are read until the new ones are there."""
    asked = terms.asked(owner)
    digest = terms.digest(asked)
    known = {each.digest: each for each in KNOWN.ask(owner=owner.pk, digest=digest)}
    wanted = known.get(digest) or ask(owner, asked, now=now)
    if wanted.finished_at and not wanted.in_force:
        wanted = reopen(wanted, now=now)
    read = wanted if wanted.in_force else next((each for each in known.values() if each.in_force), None)
    if read is None or read.reckoned_at is None:
        return Standing(None, current=False, failed=wanted.failed)
    current = read is wanted and of_this_version(read, now=now) and not changed_since(owner, read)
    return Standing(read, current=current, failed=wanted.failed)


def _known(owner: int, digest: str) -> QuerySet[Reckoning]:
    return Reckoning.objects.filter(Q(in_force=True) | Q(digest=digest), owner=owner)


KNOWN = Question(_known, owner=-1, digest="digest")


def of_this_version(read: Reckoning, *, now: datetime) -> bool:
    """What another version of the engine made is made again."""
    if holds(read, now=now):
        return True
    if not read.failed:
        reopen(read, now=now)
    return False


def holds(read: Reckoning, *, now: datetime) -> bool:
    """Made by this version of the engine, or just now by a later one, whose machines stand beside this one."""
    if read.version == terms.version():
        return True
    return bool(read.reckoned_at and read.reckoned_at > now - BESIDE and terms.is_later(read.version))


def changed_since(owner: User, read: Reckoning) -> bool:
    if set(HERE.ask(owner=owner.pk)) != set(read.wallets):
        reopen(read, now=None)
        return True
    return bool(STALE.ask(owner=owner.pk))


def _here(owner: int) -> QuerySet[Wallet, UUID]:
    return Wallet.objects.filter(owner=owner, binned_at=None, purged_at=None).values_list("pk", flat=True)


def _stale(owner: int) -> QuerySet[Stale]:
    return Stale.objects.filter(owner=owner)[:1]


HERE, STALE = Question(_here, owner=-1), Question(_stale, owner=-1)


def look(owner: User, *, now: datetime, **instead: str | None) -> Reckoning:
    """By other terms. It is not made yet where `reckoned_at` is none; ask again."""
    return look_by(owner, terms.asked(owner, **instead), now=now)


def look_by(owner: User, asked: dict[str, object], *, now: datetime) -> Reckoning:
    """By terms that are written out."""
    digest = terms.digest(asked)
    found = Reckoning.objects.for_user(owner).filter(digest=digest).first() or ask(owner, asked, now=now)
    if found.in_force:
        return found
    if found.reckoned_at and outdated(owner, found, now=now):
        found = reopen(found, now=now)
    Reckoning.objects.filter(pk=found.pk, in_force=False).update(expires_at=now + KEPT)
    forget_beyond(owner)
    return found


def forget_beyond(owner: User) -> None:
    """So many looks at once are enough for anybody; what was asked for longest ago goes, unless it is under way."""
    wanted = terms.digest(terms.asked(owner))
    looks = Reckoning.objects.for_user(owner).filter(in_force=False).exclude(digest=wanted)
    beyond = looks.order_by("-expires_at", "-pk").values_list("pk", flat=True)[LOOKS:]
    Reckoning.objects.filter(pk__in=list(beyond), lease_token=None).delete()


def outdated(owner: User, found: Reckoning, *, now: datetime) -> bool:
    """Something was reckoned anew since, or waits for it."""
    newer = Reckoning.objects.for_user(owner).filter(in_force=True, reckoned_at__gt=found.reckoned_at)
    noted = Stale.objects.filter(owner=owner, noted_at__gt=found.reckoned_at)
    return not holds(found, now=now) or newer.exists() or noted.exists()


def ask(owner: User, asked: dict[str, object], *, now: datetime) -> Reckoning:
    with transaction.atomic():
        found, made = Reckoning.objects.get_or_create(
            owner=owner,
            digest=terms.digest(asked),
            defaults={
                "settings": asked,
                "asked_at": now,
                "not_before": now,
                "expires_at": now + KEPT,
                "transactions": some_of(owner),
            },
        )
        if made:
            wake(WORK)
    return found


def some_of(owner: User) -> int:
    """How many transactions there are, as far as that matters."""
    return Transaction.objects.filter(owner=owner)[: LARGE + 1].count()


def reopen(found: Reckoning, *, now: datetime | None) -> Reckoning:
    """To be made again; what is not in force, wholly. Nothing is done where it is under way."""
    with transaction.atomic():
        rows = Reckoning.objects.filter(pk=found.pk, lease_token=None).exclude(finished_at=None)
        anew = {} if found.in_force else {"version": "", "reckoned_at": None}
        if rows.update(finished_at=None, failed=False, attempts=0, not_before=now or F("not_before"), **anew):
            wake(WORK)
    found.refresh_from_db()
    return found


def put_in_force(made: Reckoning, *, now: datetime) -> None:
    """If it is by its owner's own terms, and another was until now. Within the transaction that made it."""
    if made.in_force or made.digest != terms.digest(terms.asked(made.owner)):
        return
    Reckoning.objects.filter(owner=made.owner_id, in_force=True).update(in_force=False, expires_at=now + KEPT)
    made.in_force, made.expires_at = True, None
    made.save(update_fields=["in_force", "expires_at"])


def due(now: datetime) -> None:
    """Whose transactions have changed is reckoned again; looks that nobody asked for any more are forgotten."""
    facts: dict[str, Any] = {"now": now, "patience": now - PATIENCE, "retry": now - RETRY, "beside": now - BESIDE}
    facts |= {"version": terms.version(), "some": SOME}
    with connection.cursor() as cursor:
        cursor.execute(AGAIN, facts)
        cursor.execute(OUTDATED, facts)
        cursor.execute(FIRST)
        owners = [owner for (owner,) in cursor.fetchall()]
    for owner in User.objects.filter(pk__in=owners):
        ask(owner, terms.asked(owner), now=now)
    Reckoning.objects.filter(in_force=False, expires_at__lt=now, lease_token=None).delete()
