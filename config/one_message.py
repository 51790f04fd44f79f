"""Several statements that go to PostgreSQL in one message: each by itself costs a way there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper


def to_the_answer(cursor: CursorWrapper) -> bool:
    """Past those that answer with no rows. False: none of them has any."""
    while cursor.description is None:
        if not cursor.nextset():
            return False
    return True
