"""One known text per encryption key: with other keys than the data's nothing starts, and it says so in one sentence.

Every new connection to the database looks first (`watch_connections`), so this holds for web, workers, commands and
shells alike. The look takes a shared lock, `close_old_keys` the exclusive one: once a key is closed, a process that
writes with it can neither be connected unseen nor connect any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.backends.signals import connection_created

from config.exits import Code, Refusal
from config.keys import WrongKeyError, keys, lock_text, unlock_text, writing_key
from config.models import KeyCanary

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.db.backends.base.base import BaseDatabaseWrapper

LOCK = 7_240_501  # of PostgreSQL's advisory locks; any number nobody else uses
PURPOSE = "canary"


def watch_connections() -> None:
    connection_created.connect(_on_connection, dispatch_uid="config.canaries")


def plant(*, now: datetime) -> None:
    """Called by a process that is about to write: its key is known from now on, if the data allows it."""
    with transaction.atomic():
        _lock("pg_advisory_xact_lock")
        refuse_wrong_keys()
        KeyCanary.objects.get_or_create(
            fingerprint=writing_key(),
            defaults={"sealed": lock_text("canary", purpose=PURPOSE), "planted_at": now},
        )


def is_known() -> bool:
    """Whether some process has begun to write with our newest key."""
    return KeyCanary.objects.filter(fingerprint=writing_key()).exists()


def refuse_wrong_keys() -> None:
    for canary in KeyCanary.objects.order_by("planted_at", "pk"):
        if canary.retired_at is None and not _opens(canary):
            raise Refusal(
                Code.WRONG_KEYS,
                f"The data is sealed with the encryption key {canary.fingerprint}, which FIELD_ENCRYPTION_KEYS lacks. "
                "Put it there again, behind the newest key. Nothing was started or changed.",
            )
        if canary.closed_at is not None and canary.fingerprint == writing_key():
            raise Refusal(
                Code.WRONG_KEYS,
                f"FIELD_ENCRYPTION_KEYS begins with the key {canary.fingerprint}, which rotate_keys replaced on "
                f"{canary.closed_at:%d %B %Y}: begin with the newest key. Nothing was started or changed.",
            )


def close_old_keys(*, now: datetime, unless: Callable[[], list[str]]) -> list[str]:
    """Nobody may start writing with any key but ours from now on, `unless` somebody still does: answers who."""
    with transaction.atomic():
        _lock("pg_advisory_xact_lock")
        if writers := unless():
            return writers
        KeyCanary.objects.filter(closed_at=None).exclude(fingerprint=writing_key()).update(closed_at=now)
    return []


def retire_old_keys(*, now: datetime) -> int:
    """Nothing is sealed with them any more: FIELD_ENCRYPTION_KEYS may do without. Answers how many there were."""
    return KeyCanary.objects.filter(retired_at=None, closed_at__isnull=False).update(retired_at=now)


def _opens(canary: KeyCanary) -> bool:
    try:
        return unlock_text(canary.sealed, purpose=PURPOSE) == "canary"
    except WrongKeyError:
        return False


def _on_connection(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.alias != "default" or not keys():
        return
    try:
        with transaction.atomic():
            if _is_migrated():
                _lock("pg_advisory_xact_lock_shared")
                refuse_wrong_keys()
    except Refusal:
        connection.close()  # or the next query would find it open, and nobody would ask again
        raise


def _is_migrated() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'closed_at'",
            [KeyCanary._meta.db_table],  # noqa: SLF001 - Django's documented way to ask a model
        )
        return cursor.fetchone() is not None


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])
