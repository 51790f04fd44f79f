"""The mails of notices, sent by workers.

The row is the queue: a worker claims one (`SKIP LOCKED`), commits, sends, then writes down that it was sent. The end
of the claim stands in `mail_due_at` and is the proof that the row is still ours. A worker killed in between costs at
most one mail twice, under the same Message-ID, so that most mail programs show it once.
"""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts import email_changes
from accounts.models import Notice
from accounts.notice_kinds import CATALOGUE, LINKS
from accounts.notices import mailed_link_of, mute_path, sentence_of
from config import mail

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.notice_kinds import Entry

log = structlog.get_logger(__name__)

BATCH = 10  # mails in one task: well within its time even when the mail server is slow
CLAIM = timedelta(minutes=5)
FIRST_BACK_OFF = timedelta(minutes=1)
LONGEST_BACK_OFF = timedelta(hours=6)
MAX_ATTEMPTS = 8
APART = timedelta(days=1)  # between two reminders of one thing, at least


class ClaimLostError(Exception):
    """Sending took so long that another worker took the notice over."""


def send_due(now: datetime) -> bool:
    """One batch. True: there may be more."""
    return all(_send_next(now) for _ in range(BATCH))


def _send_next(now: datetime) -> bool:
    notice = _claim(now)
    if notice is None:
        return False
    entry = CATALOGUE.get(notice.kind)
    if entry is None or notice.mail_attempts > MAX_ATTEMPTS:
        _settle(notice, mail_due_at=None)
        log.error("notice.mail_given_up", notice=str(notice.id), kind=notice.kind)
        return True
    try:
        _send(notice, entry, now)
    except (SMTPException, OSError) as error:
        log.warning("notice.mail_failed", attempt=notice.mail_attempts, error=type(error).__name__)
        _settle(notice, mail_due_at=now + _back_off(notice.mail_attempts))
    except ClaimLostError:
        log.warning("notice.claim_lost", notice=str(notice.id))
    return True


@transaction.atomic
def _send(notice: Notice, entry: Entry, now: datetime) -> None:
    """Handed over and written down together: where mail goes into our own table, never one without the other."""
    sent = notice.mails_sent + 1
    mute_url = settings.PUBLIC_URL + mute_path(notice) if entry.mutable else ""
    for copy, address in enumerate(_addresses(notice, entry)):
        mail.send(
            notice.kind,
            to=address,
            context=_words(notice, entry) | {"mute_url": mute_url},
            headers=_headers(notice, mute_url, copy),
        )
    if not _settle(notice, mail_due_at=next_mail(entry, notice, sent, now), mails_sent=sent, mail_attempts=0):
        raise ClaimLostError


@transaction.atomic
def _claim(now: datetime) -> Notice | None:
    due = Notice.objects.filter(mail_due_at__lte=now).select_related("owner").order_by("mail_due_at")
    notice = due.select_for_update(skip_locked=True, of=("self",), no_key=True).first()
    if notice:
        notice.mail_due_at, notice.mail_attempts = now + CLAIM, notice.mail_attempts + 1
        notice.save(update_fields=["mail_due_at", "mail_attempts"])
    return notice


def _settle(notice: Notice, **changes: Any) -> bool:
    """Only while the claim is ours: a notice closed, muted or taken over in the meantime stays so."""
    return bool(Notice.objects.filter(pk=notice.pk, mail_due_at=notice.mail_due_at).update(**changes))


def _back_off(attempts: int) -> timedelta:
    return min(FIRST_BACK_OFF * (1 << (attempts - 1)), LONGEST_BACK_OFF)


def next_mail(entry: Entry, notice: Notice, sent: int, now: datetime) -> datetime | None:
    """When to remind, after `sent` mails. None: silence. An event is told once; a state repeats until it is closed.
    Where no mail could be sent for days, those of the days that have passed do not all come at once.
    """
    if notice.closed_at or sent > len(entry.repeat_days):
        return None
    planned: datetime = notice.created_at + timedelta(days=entry.repeat_days[sent - 1])
    return planned if planned > now else now + APART


def _words(notice: Notice, entry: Entry) -> dict[str, Any]:
    return {
        "notice": notice,
        "facts": notice.facts,
        "title": entry.title,
        "sentence": sentence_of(notice),
        "button": entry.button,
        "url": settings.PUBLIC_URL + reverse(entry.target),
        "about": entry.about,
        "link": LINKS.get(notice.kind),
        "link_url": mailed_link_of(notice),
    }


def _addresses(notice: Notice, entry: Entry) -> list[str]:
    """What guards the account goes to both, while two addresses claim it: to one alone, a stranger may be all who reads
    it. Anything else is not for a stranger.
    """
    if notice.mail_to:
        return [notice.mail_to]
    other = "" if entry.mutable else email_changes.other_mailbox(notice.owner)
    return [notice.owner.email, *([other] if other else [])]


def _headers(notice: Notice, mute_url: str, copy: int) -> dict[str, str]:
    host = urlsplit(settings.PUBLIC_URL).hostname
    name = f"{notice.id}.{notice.mails_sent + 1}{f'.{copy + 1}' if copy else ''}"
    headers = {"Message-ID": f"<{name}@{host}>", "Auto-Submitted": "auto-generated"}
    if mute_url:
        headers |= {"List-Unsubscribe": f"<{mute_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers
