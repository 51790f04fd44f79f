"""The background work of this app: what the queue runs, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from accounts import closing, exports, notice_mail, unproven

if TYPE_CHECKING:
    from datetime import datetime


def mail_notices(now: datetime) -> bool:
    return notice_mail.send_due(now)


def make_exports(now: datetime) -> bool:
    return exports.make_due(now, clock=timezone.now, belongings=closing.OWNED)


def purge_closed(now: datetime) -> bool:
    return closing.purge_due(now)


def drop_unproven(now: datetime) -> bool:
    return unproven.sweep(now)


def prune_idempotency(now: datetime) -> None:
    from accounts.api import idempotency  # noqa: PLC0415 - with it comes the whole frame of the API; workers serve none

    idempotency.prune(now=now)
