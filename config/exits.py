"""What Holdfast says when it cannot go on: one sentence, and an exit code that a script can tell apart."""

import enum
import errno


class Code(enum.IntEnum):
    WRONG_PYTHON = 10  # manage.py says this one itself, in words any Python understands
    NO_WRITE_RIGHT = 11
    BROKEN_LOCK = 12
    DISK_FULL = 13
    NO_NETWORK = 14
    NO_INSTALLER = 15
    INSTALL_FAILED = 16
    NO_PACKAGES = 17
    ALREADY_RUNNING = 20
    OTHER_POSTGRES = 21
    NO_POSTGRES = 22
    CLOSED_FOLDER = 23
    POSTGRES_FAILED = 24
    NOT_RUNNING = 25
    PORT_TAKEN = 30
    NOT_SAFE = 31
    PREPARING_FAILED = 32
    WRONG_KEYS = 33
    ROTATION_REFUSED = 34
    SETTING = 35
    BACKUP_FAILED = 40
    RESTORE_REFUSED = 41
    RESTORE_FAILED = 42


class Refusal(Exception):  # noqa: N818 -- it is not an error in the program
    """Something outside the program is not as it must be."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def refusal_of(error: Exception) -> Refusal | None:
    """What an error of the machine means in one sentence; None for what is the program's own fault."""
    if isinstance(error, Refusal):
        return error
    number, place = getattr(error, "errno", None), getattr(error, "filename", None)
    if number in {errno.ENOSPC, errno.EDQUOT}:
        return Refusal(Code.DISK_FULL, f"The disk is full ({place or error}). Free some room and start again.")
    if number in {errno.EACCES, errno.EPERM, errno.EROFS} and place:
        return Refusal(Code.NO_WRITE_RIGHT, f"This user may not write {place}. Start as its owner, or set DATA_DIR.")
    return None
