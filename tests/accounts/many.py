"""Rows by the hundred thousand, made by the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from accounts.models import User


def many_events(owner: User, count: int) -> None:
    """One a minute, going back from the end of 2026; every thousandth is a change of the profile."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_auditevent
                   (id, owner_id, actor_id, action, actor_kind, subject, details, ip, agent, at)
            SELECT gen_random_uuid(), %(owner)s, %(owner)s,
                   CASE WHEN n %% 1000 = 0 THEN 'profile_changed' ELSE 'signed_in' END,
                   'owner', '', '{}', '192.0.2.1', 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0',
                   timestamptz '2026-12-31' - n * interval '1 minute'
            FROM generate_series(1, %(count)s) AS n
            """,
            {"owner": owner.pk, "count": count},
        )
        cursor.execute("ANALYZE accounts_auditevent")
