"""A lost second factor: password, a mailed link, 72 hours in which anybody who notices can stop it, then a new factor.

Nobody can shorten the wait, staff neither. While it runs and until a new factor is on, `frozen` says that the account's
credentials must not be used or changed. Links carry a signature and no secret of ours: the state lives in the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from accounts import notices, ways_in
from accounts.audit import Action, Actor, ActorKind, record
from accounts.models import FactorRecovery, User
from accounts.notices import Kind
from accounts.second_factor import has_factor
from config import mail

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Notice

WAIT = timedelta(hours=72)
LINK_LASTS = timedelta(days=1)
WORK = "recovery.due"


class NotDueError(Exception):
    """The wait is not over, or the recovery is."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    due: str  # in the owner's words
    stop: str  # where it is stopped


# --- the verbs, in the order of the journey ------------------------------------------------------------------------


@transaction.atomic
def start(*, by: Actor, owner: User, now: datetime) -> bool:
    """The owner gave the password, or staff was asked: mail the link that fits how far the recovery is. False: there is
    nothing to recover.
    """
    fresh = User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if fresh.contested_at:  # one of the two mailboxes is a stranger's: neither of them is believed
        for address in EmailAddress.objects.filter(user=fresh, verified=True):
            mail.send("recovery_contested", to=address.email, context={})
        return False
    recovery = unfinished_of(owner) or open_of(owner)
    if recovery is None:
        if not has_factor(owner):
            return False  # the password alone signs in, to enrolment
        helper = by.user if by.kind is ActorKind.STAFF else None
        recovery = FactorRecovery.objects.create(owner=owner, started_by=helper, started_at=now)
        record(by=by, action=Action.RECOVERY_STARTED, owner=owner, now=now)
    _mail_next_step(recovery, now)
    return True


@transaction.atomic
def confirm(*, by: Actor, recovery: FactorRecovery, now: datetime) -> FactorRecovery:
    """The mailed link was followed: the wait begins, once."""
    recovery = FactorRecovery.objects.select_for_update(no_key=True).get(pk=recovery.pk)
    if recovery.is_open and recovery.confirmed_at is None:
        recovery.confirmed_at, recovery.due_at = now, now + WAIT
        recovery.save(update_fields=["confirmed_at", "due_at"])
        record(by=by, action=Action.RECOVERY_CONFIRMED, owner=recovery.owner, now=now)
        topic, due = str(recovery.id), in_words(recovery.due_at, recovery.owner)
        notices.tell(owner=recovery.owner, kind=Kind.RECOVERY_STARTED, topic=topic, now=now, due=due)
    return recovery


@transaction.atomic
def cancel(*, by: Actor, recovery: FactorRecovery, now: datetime) -> FactorRecovery:
    recovery = FactorRecovery.objects.select_for_update(no_key=True).get(pk=recovery.pk)
    if recovery.is_open:
        recovery.cancelled_at = now
        recovery.save(update_fields=["cancelled_at"])
        record(by=by, action=Action.RECOVERY_CANCELLED, owner=recovery.owner, now=now)
        notices.close(owner=recovery.owner, kind=Kind.RECOVERY_STARTED, topic=str(recovery.id), now=now)
        notices.tell(owner=recovery.owner, kind=Kind.RECOVERY_CANCELLED, now=now)
    return recovery


def cancel_because_found(*, by: Actor, owner: User, now: datetime) -> None:
    """A second factor was just shown: it is not lost."""
    recovery = open_of(owner)
    if recovery:
        cancel(by=by, recovery=recovery, now=now)


@transaction.atomic
def finish(*, by: Actor, recovery: FactorRecovery, now: datetime) -> None:
    """The wait is over and the password was given again: the former factors go, and all that was let in with them.

    Again, as long as no new factor is on: whoever closed the browser comes back with link and password.
    """
    recovery = FactorRecovery.objects.select_for_update(no_key=True).get(pk=recovery.pk)
    if not may_finish(recovery, now):
        raise NotDueError
    if recovery.used_at:
        return
    recovery.used_at = now
    recovery.save(update_fields=["used_at"])
    Authenticator.objects.filter(user=recovery.owner).delete()
    record(by=by, action=Action.RECOVERY_USED, owner=recovery.owner, now=now)
    ended = ways_in.end_all(by=by, owner=recovery.owner, now=now)
    notices.close(owner=recovery.owner, kind=Kind.RECOVERY_STARTED, topic=str(recovery.id), now=now)
    notices.tell(owner=recovery.owner, kind=Kind.RECOVERY_USED, now=now, ended=ended)


# --- what others ask -----------------------------------------------------------------------------------------------


def open_of(owner: User) -> FactorRecovery | None:
    return FactorRecovery.objects.filter(owner=owner, cancelled_at=None, used_at=None).first()


def unfinished_of(owner: User) -> FactorRecovery | None:
    """It took the former factors, and no new one is on: nothing but a mailed link leads in, beside the password."""
    used = FactorRecovery.objects.for_user(owner).filter(used_at__isnull=False).order_by("-used_at").first()
    return used if used and not has_factor(owner) else None


def may_finish(recovery: FactorRecovery, now: datetime) -> bool:
    return recovery.is_due(now) or unfinished_of(recovery.owner) == recovery


def under_way(owner: User) -> UnderWay | None:
    """For pages of the owner's: of who is signed in while it runs, one of the two did not lose anything."""
    found = FactorRecovery.objects.for_user(owner).waiting().first()
    return UnderWay(in_words(found.due_at, owner), link("cancel", found.id)) if found and found.due_at else None


def frozen(owner: User) -> bool:
    """Credentials rest from the moment the wait begins until a new factor is on."""
    return FactorRecovery.objects.for_user(owner).waiting().exists() or not has_factor(owner)


# --- links and mails -----------------------------------------------------------------------------------------------


def link(step: str, recovery_id: object) -> str:
    """`step` is confirm, cancel or finish; a link of one opens no other."""
    token = signing.dumps(str(recovery_id), salt=f"accounts.recovery.{step}")
    return f"{settings.PUBLIC_URL}{reverse(f'accounts:recovery_{step}', args=[token])}"


def cancel_link(notice: Notice) -> str:
    """Every mail about a recovery that runs carries the way to stop it."""
    return link("cancel", notice.topic)


def from_token(step: str, token: str) -> FactorRecovery | None:
    """A link that cancels never ends; the others do, so that an old mail opens nothing."""
    lasts = None if step == "cancel" else LINK_LASTS
    try:
        recovery_id = signing.loads(token, salt=f"accounts.recovery.{step}", max_age=lasts)
    except signing.BadSignature:
        return None
    return FactorRecovery.objects.select_related("owner").filter(id=recovery_id).first()


def in_words(at: datetime, owner: User) -> str:
    local = at.astimezone(ZoneInfo(owner.time_zone))
    return f"{local.day} {local:%B %Y at %H:%M} ({owner.time_zone})"


def announce_due(now: datetime) -> bool:
    """The work of kind `recovery.due`: whoever has waited long enough gets the link that ends it."""
    due = FactorRecovery.objects.filter(cancelled_at=None, used_at=None, due_at__lte=now, due_mailed_at=None)
    with transaction.atomic():
        for recovery in due.select_for_update(skip_locked=True, no_key=True).select_related("owner")[:50]:
            recovery.due_mailed_at = now
            recovery.save(update_fields=["due_mailed_at"])
            _mail_next_step(recovery, now)
    return False


def _mail_next_step(recovery: FactorRecovery, now: datetime) -> None:
    kind, steps = _next_step(recovery, now)
    links = {f"{step}_url": link(step, recovery.id) for step in steps}
    due = in_words(recovery.due_at, recovery.owner) if recovery.due_at else ""
    by_staff = recovery.started_by_id is not None
    mail.send(f"recovery_{kind}", to=recovery.owner.email, context={"due": due, "by_staff": by_staff, **links})


def _next_step(recovery: FactorRecovery, now: datetime) -> tuple[str, list[str]]:
    if recovery.confirmed_at is None:
        return "confirm", ["confirm", "cancel"]
    if recovery.used_at:
        return "again", ["finish"]
    return ("finish", ["finish", "cancel"]) if recovery.is_due(now) else ("waits", ["cancel"])
