"""A failure that passes: the database starts anew, takes no more connections, or a disk is full; or this process was
not given a key that others write with by now, which config.beats tells its operator.

Nobody can mend that in a request, and nothing that was saved is lost by it. So it is told as what it is, and not as a
fault that somebody must look for.
"""

from __future__ import annotations

import errno

import psycopg

from config.exits import Refusal

# Classes of PostgreSQL's codes: the connection, what there is of disk and memory, and an operator who stops it.
PASSING = ("08", "53", "57P")
FULL = {errno.ENOSPC, errno.EDQUOT}  # of files of our own: an upload, a message in the mailbox of development
WAIT = "30"  # seconds until it is worth another try


def is_away(error: BaseException | None) -> bool:
    """Also where Django, or somebody else on the way, has put an error of their own around the driver's."""
    while error and not isinstance(error, psycopg.Error | OSError | Refusal):
        error = error.__cause__
    if isinstance(error, Refusal):
        return True
    if isinstance(error, OSError):
        return error.errno in FULL
    if not isinstance(error, psycopg.OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(PASSING)
