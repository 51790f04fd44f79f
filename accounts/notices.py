"""What an owner should know: shown in the app and, unless muted, mailed by a worker. Once, then less and less."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from accounts.audit import Action, Actor, record
from accounts.models import MutedNotice, Notice, User
from accounts.notice_kinds import CATALOGUE, LINKS, Kind
from config.questions import Question
from config.queue import wake

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from enum import StrEnum

    from django.db.models import QuerySet
    from django.http import HttpRequest

__all__ = ["CannotMuteError", "Kind", "close", "mark_read", "mute", "tell", "unmute", "unread_count"]

MAIL = "notice-mail"  # the name of the work
MANY = 99  # the badge counts no further
_mute_signer = Signer(salt="accounts.notices.mute")


# --- telling -------------------------------------------------------------------------------------------------------


@transaction.atomic
def tell(
    *,
    owner: User,
    kind: StrEnum,
    now: datetime,
    topic: str = "",
    mail_to: str = "",
    mail_after: timedelta = timedelta(0),
    **facts: object,
) -> Notice:
    """Opens a notice, or refreshes the open one of the same kind and topic: news in it makes it unread again, but the
    mails keep their own rhythm. What may be over soon is mailed `after` a while, and then only if it still lasts.
    """
    entry = CATALOGUE[kind]
    entry.sentence.format(**facts)  # a fact that is missing fails here, not on somebody's page
    values: dict[str, Any] = {
        "facts": facts,
        "mail_to": mail_to,
        "mail_due_at": None if is_muted(owner, kind) else now + mail_after,
        "created_at": now,
    }
    wake(MAIL)
    if entry.lasts:
        return _open_or_refresh(owner, kind, topic, values)
    return Notice.objects.create(owner=owner, kind=kind, topic=topic, closed_at=now, **values)


def sentence_of(notice: Notice) -> str:
    """What a former release told may lack a fact that today's words need: one such notice must not hide all others."""
    entry = CATALOGUE[notice.kind]
    try:
        return entry.sentence.format(**notice.facts)
    except KeyError:
        return f"{entry.title}."


def link_of(notice: Notice) -> str:
    """Of a state only while it lasts: what is over needs no way out."""
    link = LINKS.get(notice.kind)
    return link.address(notice) if link and not link.mail_only and notice.closed_at is None else ""


def mailed_link_of(notice: Notice) -> str:
    """With what is only for who reads that mailbox."""
    link = LINKS.get(notice.kind)
    return link.address(notice) if link and link.mail_only else link_of(notice)


def say_when(at: datetime, owner: User) -> str:
    """A time as a fact of a notice: in the owner's zone, and saying so, because mails have no other clock."""
    return f"{at.astimezone(ZoneInfo(owner.time_zone)):%-d %B %Y, %H:%M} ({owner.time_zone})"


def _open_or_refresh(owner: User, kind: StrEnum, topic: str, values: dict[str, Any]) -> Notice:
    # Two processes may find the same trouble at once: one row, by constraint.
    notice, made = Notice.objects.select_for_update(no_key=True).get_or_create(
        owner=owner, kind=kind, topic=topic, closed_at=None, defaults=values
    )
    if not made and notice.facts != values["facts"]:
        notice.facts, notice.read_at = values["facts"], None
        notice.save(update_fields=["facts", "read_at"])
    return notice


@transaction.atomic
def reopen(
    *, owner: User, kind: StrEnum, topic: str, told_since: datetime, mail_after: timedelta, now: datetime
) -> bool:
    """A state that was over is back: who was told of it a while ago is told nothing new, nor mailed twice. False: there
    is no such notice.
    """
    same = Notice.objects.filter(owner=owner, kind=kind, topic=topic).order_by("-created_at")
    last = same.select_for_update(no_key=True).first()
    if last is None or last.closed_at is None or last.created_at <= told_since:
        return False
    last.closed_at = None
    last.mail_due_at = None if last.mails_sent or is_muted(owner, kind) else now + mail_after
    last.save(update_fields=["closed_at", "mail_due_at"])
    wake(MAIL)
    return True


def close(*, owner: User, kind: StrEnum, now: datetime, topic: str = "") -> int:
    """The state is over: no more mails about it, and it no longer asks to be read."""
    return _close(Notice.objects.filter(owner=owner, kind=kind, topic=topic), now)


def close_for_all(*, kind: StrEnum, topic: str, now: datetime) -> int:
    """The same, where one thing concerned many."""
    return _close(Notice.objects.filter(kind=kind, topic=topic), now)


def close_everywhere(*, owner: User, kinds: Collection[StrEnum], now: datetime) -> int:
    """The same, of whatever they were about."""
    return _close(Notice.objects.filter(owner=owner, kind__in=kinds), now)


def _close(found: QuerySet[Notice], now: datetime) -> int:
    open_ones = found.filter(closed_at=None)
    open_ones.filter(read_at=None).update(read_at=now)
    return open_ones.update(closed_at=now, mail_due_at=None)


def hush(owner: User) -> int:
    """Whoever leaves is mailed what guards the account, and nothing else."""
    idle = [kind for kind, entry in CATALOGUE.items() if entry.mutable]
    due = Notice.objects.filter(owner=owner, kind__in=idle, mail_due_at__isnull=False)
    return due.update(mail_due_at=None)


# --- reading -------------------------------------------------------------------------------------------------------


def mark_read(*, owner: User, now: datetime, ids: Sequence[uuid.UUID] | None = None) -> int:
    """All of them, or those named; ids of other owners are simply not found."""
    unread = Notice.objects.filter(owner=owner, read_at=None)
    return (unread if ids is None else unread.filter(id__in=ids)).update(read_at=now)


def _unread(owner: int) -> QuerySet[Notice, uuid.UUID]:
    return Notice.objects.filter(owner=owner, read_at=None).values_list("id", flat=True)[: MANY + 1]


UNREAD = Question(_unread, owner=-1)


def unread_count(owner: User) -> int:
    """Asked on every page: a partial index holds exactly these rows, and nobody needs to know beyond MANY."""
    return len(UNREAD.ask(owner=owner.pk))


def badge(request: HttpRequest) -> int:
    return unread_count(request.user) if isinstance(request.user, User) else 0


# --- muting --------------------------------------------------------------------------------------------------------


class CannotMuteError(Exception):
    """Mails of a kind that guards the account stay on."""


def is_muted(owner: User, kind: str) -> bool:
    return CATALOGUE[kind].mutable and MutedNotice.objects.filter(owner=owner, kind=kind).exists()


@transaction.atomic
def mute(*, by: Actor, owner: User, kind: str, now: datetime) -> None:
    if kind not in CATALOGUE or not CATALOGUE[kind].mutable:
        raise CannotMuteError
    _, made = MutedNotice.objects.get_or_create(owner=owner, kind=kind)
    if made:
        Notice.objects.filter(owner=owner, kind=kind).exclude(mail_due_at=None).update(mail_due_at=None)
        record(by=by, action=Action.NOTICE_MUTED, owner=owner, now=now, subject=_about(kind))


@transaction.atomic
def unmute(*, by: Actor, owner: User, kind: str, now: datetime) -> None:
    deleted, _ = MutedNotice.objects.filter(owner=owner, kind=kind).delete()
    if deleted:
        record(by=by, action=Action.NOTICE_UNMUTED, owner=owner, now=now, subject=_about(kind))


def _about(kind: str) -> str:
    """A row may be left over from a kind that is no more."""
    return CATALOGUE[kind].about if kind in CATALOGUE else kind


def muted_kinds(owner: User) -> set[str]:
    return set(MutedNotice.objects.for_user(owner).values_list("kind", flat=True))


@transaction.atomic
def set_mutes(*, by: Actor, owner: User, muted: set[str], now: datetime) -> None:
    """Exactly these kinds are muted afterwards."""
    before = muted_kinds(owner)
    for kind in sorted(muted - before):
        mute(by=by, owner=owner, kind=kind, now=now)
    for kind in sorted(before - muted):
        unmute(by=by, owner=owner, kind=kind, now=now)


def mute_path(notice: Notice) -> str:
    """A link that turns off one kind of mail without signing in. It can do nothing else, so it needs no end."""
    return reverse("accounts:mute", args=[_mute_signer.sign(str(notice.id))])


def notice_to_mute(token: str) -> Notice | None:
    try:
        return Notice.objects.select_related("owner").filter(id=_mute_signer.unsign(token)).first()
    except BadSignature:
        return None
