"""Somebody gave the right password, and then a wrong second factor: the owner's slip, or somebody who has the password.

A slip is put right in the same session within minutes, and then nobody is alarmed. Anything else is mailed, once in a
day however often they knock. Who slipped and got in is told of the others only.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

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
KEY = "knocks"  # of the session: the name under which the notice holds what was heard from it
SESSIONS = 20  # the notice holds the last so many, the latest last


@transaction.atomic
def heard(request: HttpRequest, owner: User, *, by: Actor, now: datetime) -> None:
    """`by`: what they proved themselves with is its label."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    told = _told_of(owner)
    if told and told.created_at <= now - QUIET:
        notices.close(owner=owner, kind=Kind.SECOND_FACTOR_REFUSED, now=now)
        told = None
    name = request.session.setdefault(KEY, uuid.uuid4().hex)
    knock = {
        "session": name,
        "proof": capfirst(by.label),
        "ip": by.ip or "an unknown address",
        "device": device_words(by.agent),
    }
    _tell(owner, [*(_of_others(told, name) if told else ()), knock][-SESSIONS:], now=now)


@transaction.atomic
def put_right(request: HttpRequest, owner: User, *, now: datetime) -> None:
    """Whoever has this session got in. Where all knocks were their own, there is nothing to tell any more; else it is
    told from where the others knocked, and not of the owner's own device.
    """
    name = request.session.pop(KEY, "")
    told = _told_of(owner) if name else None
    if not told or not any(each["session"] == name for each in _heard(told)):
        return
    if others := _of_others(told, name):
        _tell(owner, others, now=now)
    else:
        notices.close(owner=owner, kind=Kind.SECOND_FACTOR_REFUSED, now=now)


def _tell(owner: User, knocks: list[dict[str, Any]], *, now: datetime) -> None:
    facts = {name: value for name, value in knocks[-1].items() if name != "session"}
    notices.tell(owner=owner, kind=Kind.SECOND_FACTOR_REFUSED, now=now, mail_after=PATIENCE, heard=knocks, **facts)


def _told_of(owner: User) -> Notice | None:
    return Notice.objects.filter(owner=owner, kind=Kind.SECOND_FACTOR_REFUSED, closed_at=None).first()


def _of_others(notice: Notice, session: str) -> list[dict[str, Any]]:
    return [each for each in _heard(notice) if each["session"] != session]


def _heard(notice: Notice) -> list[dict[str, Any]]:
    """Before this was kept of each session, the last knock was, and whose it had been was not."""
    last = {name: notice.facts[name] for name in ("proof", "ip", "device")}
    return notice.facts.get("heard") or [{"session": "", **last}]
