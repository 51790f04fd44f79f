"""What Holdfast says when it cannot go on: one sentence, and an exit code that a script can tell apart."""

import enum


class Code(enum.IntEnum):
    WRONG_PYTHON = 10  # manage.py says this one itself, in words any Python understands
    NO_WRITE_RIGHT = 11
    BROKEN_LOCK = 12
    DISK_FULL = 13
    NO_NETWORK = 14
    NO_INSTALLER = 15
    INSTALL_FAILED = 16
    ALREADY_RUNNING = 20
    OTHER_POSTGRES = 21
    NO_POSTGRES = 22
    CLOSED_FOLDER = 23
    POSTGRES_FAILED = 24
    NOT_RUNNING = 25
    PORT_TAKEN = 30
    NOT_SAFE = 31
    PREPARING_FAILED = 32
    BACKUP_FAILED = 40
    RESTORE_REFUSED = 41
    RESTORE_FAILED = 42


class Refusal(Exception):  # noqa: N818 -- it is not an error in the program
    """Something outside the program is not as it must be."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
