"""Somebody gave the right password, and then a wrong second factor: the owner's slip, or somebody who has the password.

A slip is put right in the same session within minutes, and then nobody is alarmed. Anything else is mailed, once in a
day however often they knock.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.text import capfirst

from accounts import notices
from accounts.agents import device_words
from accounts.models import Notice, User
from accounts.notices import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from accounts.audit import Actor

PATIENCE = timedelta(minutes=10)  # before the mail: a slip is put right by then
QUIET = timedelta(days=1)  # between two mails
KEY = "knocks"  # of the session: which notice is about it, and how many of its knocks are its own


@transaction.atomic
def heard(request: HttpRequest, owner: User, *, by: Actor, now: datetime) -> None:
    """`by`: what they proved themselves with is its label."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    told = _told_of(owner)
    if told and told.created_at <= now - QUIET:
        notices.close(owner=owner, kind=Kind.SECOND_FACTOR_REFUSED, now=now)
        told = None
    notice = notices.tell(
        owner=owner,
        kind=Kind.SECOND_FACTOR_REFUSED,
        now=now,
        mail_after=PATIENCE,
        proof=capfirst(by.label),
        ip=by.ip or "an unknown address",
        device=device_words(by.agent),
        knocks=told.facts["knocks"] + 1 if told else 1,
    )
    request.session[KEY] = [str(notice.pk), _own(request, notice) + 1]


@transaction.atomic
def put_right(request: HttpRequest, owner: User, *, now: datetime) -> None:
    """Whoever has this session got in. Where all knocks were their own, there is nothing to tell any more."""
    told = _told_of(owner) if KEY in request.session else None
    if told and _own(request, told) == told.facts["knocks"]:
        notices.close(owner=owner, kind=Kind.SECOND_FACTOR_REFUSED, now=now)
    request.session.pop(KEY, None)


def _told_of(owner: User) -> Notice | None:
    return Notice.objects.filter(owner=owner, kind=Kind.SECOND_FACTOR_REFUSED, closed_at=None).first()


def _own(request: HttpRequest, notice: Notice) -> int:
    kept, count = request.session.get(KEY, ["", 0])
    return int(count) if kept == str(notice.pk) else 0
