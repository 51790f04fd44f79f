"""A changed e-mail address, and who reads the former mailbox.

They are told, and for three days may say that it was not the owner. They may be the owner, whose session was stolen, or
whoever took that mailbox over, which may be why the owner left it. So their word takes nothing and gives nothing: it
ends all that was let in, and from then on both addresses sign in, both set a new password, and neither recovers a lost
second factor. Who shows a factor that is older than the change decides which address stays.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from accounts import notices, recovery, unproven, ways_in
from accounts.audit import Action, Actor, record
from accounts.models import AuditEvent, EmailChange, User
from accounts.notices import Kind
from accounts.second_factor import enrolled
from config import turns

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import Notice

LASTS = timedelta(days=3)  # not longer than a recovery waits, so that none ends before the former address was heard
BEFORE = timedelta(days=7)  # a thief adds a factor first; its owner is told of that, and has so long to hear it
SALT = "accounts.email_changes"
REMOVED = (Action.TOTP_REMOVED, Action.PASSKEY_REMOVED, Action.RECOVERY_USED)
ENDED = "All devices were signed out, and all access tokens ended."  # what they are called is the owner's to know


class Keep(StrEnum):
    FORMER = "former"
    PRESENT = "present"


class NotContestedError(Exception):
    """There is nothing to decide (any more), or not between these."""


# --- the verbs, in the order of the journey ------------------------------------------------------------------------


def note(*, owner: User, former: str, present: str, now: datetime) -> EmailChange | None:
    """None: the owner came back to an address of before, whose link is void by that. There is nothing to stop."""
    if _open_of(owner, now).filter(former__iexact=present).update(settled_at=now):
        return None
    return EmailChange.objects.create(owner=owner, former=former, present=present, changed_at=now)


@transaction.atomic
def contest(*, by: Actor, change: EmailChange, now: datetime) -> bool:
    """The former mailbox says: not me. False: nothing had to be done."""
    owner = User.objects.select_for_update(no_key=True).get(pk=change.owner_id)
    found = _open_of(owner, now).filter(pk=change.pk).first()
    former_one = contested_of(owner)
    if found is None or (former_one and former_one.changed_at <= found.changed_at):
        return False
    found.present = former_one.present if former_one else owner.email
    if former_one:  # a thief who changed it twice says so of the second; the first goes before it
        former_one.settled_at = now
        former_one.save(update_fields=["settled_at"])
    found.contested_at = owner.contested_at = now
    found.save(update_fields=["contested_at", "present"])
    _let_both_stand(owner, found, now)
    owner.save(update_fields=["contested_at", "email"])
    record(by=by, action=Action.EMAIL_CONTESTED, owner=owner, now=now)
    if running := recovery.open_of(owner):
        recovery.cancel(by=by, recovery=running, now=now)
    ways_in.end_all(by=by, owner=owner, now=now)
    notices.tell(
        owner=owner,
        kind=Kind.EMAIL_CONTESTED,
        now=now,
        mail_to=found.present,
        former=found.former,
        ended=ENDED,
    )
    return True


@transaction.atomic
def decide(*, by: Actor, owner: User, keep: Keep, now: datetime) -> str:
    """The address that stays. By who showed a second factor that is older than the change, or by staff."""
    fresh = User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    change = contested_of(fresh)
    if change is None or keep not in offers(fresh):
        raise NotContestedError
    kept = change.former if keep == Keep.FORMER else change.present
    theirs = EmailAddress.objects.filter(user=fresh)
    theirs.exclude(email__iexact=kept).delete()
    theirs.update(primary=True)
    fresh.email, fresh.contested_at = kept, None
    fresh.save(update_fields=["email", "contested_at"])
    owner.email, owner.contested_at = kept, None
    EmailChange.objects.filter(owner=fresh, settled_at=None).update(settled_at=now)
    record(by=by, action=Action.EMAIL_SETTLED, owner=fresh, now=now, kept=str(keep))
    notices.close(owner=fresh, kind=Kind.EMAIL_CONTESTED, now=now)
    notices.tell(owner=fresh, kind=Kind.EMAIL_SETTLED, now=now, email=kept)
    return kept


# --- what others ask -----------------------------------------------------------------------------------------------


def contested_of(owner: User) -> EmailChange | None:
    return EmailChange.objects.for_user(owner).filter(contested_at__isnull=False, settled_at=None).first()


def offers(owner: User) -> dict[Keep, str]:
    """The addresses that may stay. The former one is not among them if it is somebody else's by now."""
    change = contested_of(owner)
    if change is None:
        return {}
    here = {email.lower() for email in EmailAddress.objects.filter(user=owner).values_list("email", flat=True)}
    named = {Keep.FORMER: change.former, Keep.PRESENT: change.present}
    return {keep: email for keep, email in named.items() if email.lower() in here}


def other_mailbox(owner: User) -> str:
    """Beside the one that mail goes to, while nobody knows which of the two is the owner's."""
    change = contested_of(owner) if owner.contested_at else None
    return change.present if change and change.present.lower() != owner.email.lower() else ""


def proves(owner: User, factors: set[int]) -> bool:
    """Whether one of these factors was the owner's before the change. Recovery codes say nothing: a session shows them.

    Who had none by then counts with what they have, unless one was removed: that is how a thief would have begun.
    """
    change = contested_of(owner)
    if change is None:
        return True
    since = change.changed_at - BEFORE
    older = enrolled(owner).filter(created_at__lt=since)
    if older.exists():
        return bool(older.filter(pk__in=factors).exists())
    removed = AuditEvent.objects.for_user(owner).filter(action__in=REMOVED, at__gte=since).exists()
    return not removed and bool(enrolled(owner).filter(pk__in=factors).exists())


# --- the link ------------------------------------------------------------------------------------------------------


def link_of(notice: Notice) -> str:
    """Of the notice that tells the former address. Notices of before this was kept, and of who came home, have none."""
    if not notice.topic:
        return ""
    token = signing.dumps(notice.topic, salt=SALT)
    return f"{settings.PUBLIC_URL}{reverse('accounts:email_not_me', args=[token])}"


def from_token(token: str, now: datetime) -> EmailChange | None:
    """Past its time, which runs from the change whenever it was mailed, and once it is decided, it opens nothing."""
    try:
        change_id = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    found = EmailChange.objects.select_related("owner").filter(pk=change_id, settled_at=None)
    return found.filter(changed_at__gt=now - LASTS).first()


def _open_of(owner: User, now: datetime) -> QuerySet[EmailChange]:
    """Those whose link still works and was not pressed."""
    changes = EmailChange.objects.for_user(owner).filter(contested_at=None, settled_at=None)
    return changes.filter(changed_at__gt=now - LASTS)


def _let_both_stand(owner: User, change: EmailChange, now: datetime) -> None:
    """Mail goes to the former one again, unless it is somebody else's account by now."""
    turns.take(f"address:{change.former.lower()}")
    unproven.give_way(change.former, to=owner, now=now)
    theirs = EmailAddress.objects.filter(user=owner)
    theirs.exclude(email__iexact=change.present).delete()
    owner.email = change.present
    others = User.objects.exclude(pk=owner.pk).filter(email__iexact=change.former)
    if others.exists() or EmailAddress.objects.filter(email__iexact=change.former, verified=True).exists():
        theirs.update(primary=True)
        return
    theirs.update(primary=False)
    EmailAddress.objects.create(user=owner, email=change.former, verified=True, primary=True)
    owner.email = change.former
