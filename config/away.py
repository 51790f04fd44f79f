"""A failure that passes: the database starts anew, its disk is full, or it takes no more connections.

Nobody can mend that in a request, and nothing that was saved is lost by it. So it is told as what it is, and not as a
fault that somebody must look for.
"""

from __future__ import annotations

import psycopg

# Classes of PostgreSQL's codes: the connection, what there is of disk and memory, and an operator who stops it.
PASSING = ("08", "53", "57P")
WAIT = "30"  # seconds until it is worth another try


def is_away(error: BaseException | None) -> bool:
    """Also where Django, or somebody else on the way, has put an error of their own around the driver's."""
    while error and not isinstance(error, psycopg.Error):
        error = error.__cause__
    if not isinstance(error, psycopg.OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(PASSING)
