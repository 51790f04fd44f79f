"""Sealing everything anew with the newest key, while the service works.

A value is exchanged only if it is still the one that was read, so nothing written meanwhile is lost; what is busy waits
for the next round. A value that opens with the new key alone is done: that is all the memory a rotation needs to be
taken up again after a crash. An old key is retired after three steps that follow on each other: nobody writes with it,
nobody may start to, and a full second reading has shown that nothing needs it.
"""

from __future__ import annotations

from collections import Counter
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from django.db import connection

from config import beats, canaries
from config.exits import Code, Refusal
from config.keys import keys, renew, state, writing_key
from config.stores import stores

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from config.stores import Store

    Say = Callable[[str], object]

ROUNDS = 50  # of exchanging what was busy or changed meanwhile; each one finds far less than the one before
PAUSE = 0.2  # seconds between them
SAY_EVERY = 10_000  # rows
LOCK = 7_240_502  # of PostgreSQL's advisory locks: one rotation at a time


def rotate(*, say: Say, patience: float, now: datetime) -> None:
    _be_the_only_one()
    if len(keys()) < 2:  # noqa: PLR2004 - a new one and an old one
        raise _refuse(
            "FIELD_ENCRYPTION_KEYS holds one key, so there is nothing to rotate. Put a new key before it, restart "
            "every process, and run rotate_keys again."
        )
    if not canaries.is_known():  # nobody was restarted with it, and whoever lives could not read what it seals
        _wait_for_writers(patience, say)
    canaries.plant(now=now)
    reseal(say=say, to_the_end=False)
    _wait_for_writers(patience, say)
    if writers := canaries.close_old_keys(now=now, unless=beats.writers_with_other_keys):
        raise _unfinished(writers)
    reseal(say=say)
    prove(say=say)
    retired = canaries.retire_old_keys(now=now)
    say(f"Finished: every value opens with the key {writing_key()} alone. Retired: {_count(retired, 'older key')}.")
    say("Now take the older keys out of FIELD_ENCRYPTION_KEYS and restart every process.")
    say("Backups made before today still need them: keep the older keys with those backups.")


def reseal(*, say: Say, to_the_end: bool = True) -> None:
    """While others still write with an older key there may be no end to it; who they are is found out afterwards."""
    for store in stores():
        began, done = monotonic(), 0
        for _ in range(ROUNDS):
            swapped, left = _round(store, say)
            done += swapped
            if not left:
                break
            sleep(PAUSE)
        else:
            if not to_the_end:
                continue
            raise _refuse(f"Not finished: {store.label} has {_count(left, 'row')} that others keep busy. Run it again.")
        seconds = monotonic() - began
        say(f"  {store.label}: {_count(done, 'row')} sealed anew in {seconds:.1f} s")


def prove(*, say: Say) -> None:
    """Reads everything and opens it with the newest key alone. Changes nothing, refuses if one value does not open."""
    every: Counter[str] = Counter()
    strange: list[str] = []
    for store in stores():
        seen: Counter[str] = Counter()
        for key, text in (row for batch in store.batches() for row in batch):
            states = [state(token) for token in store.tokens(text)]
            seen.update(states)
            strange += [f"{store.label} {key}"] * ("foreign" in states)
        newest, older = _count(seen["newest"], "value"), f"{seen['older']:,}"
        say(f"  {store.label}: {newest} open with the newest key, {older} with older ones")
        every += seen
    if strange:
        raise _refuse(
            f"Not finished: {_count(every['foreign'], 'value')} open with none of FIELD_ENCRYPTION_KEYS, first "
            f"{', '.join(strange[:5])}. A key is missing, or they were altered: put every key back that was in use, "
            "newest first, and run rotate_keys again."
        )
    if every["older"]:
        raise _refuse(f"Not finished: {_count(every['older'], 'value')} open with an older key only. Run rotate_keys.")


def _round(store: Store, say: Say) -> tuple[int, int]:
    """Once through the column. Answers how many rows were exchanged, and how many were busy or changed meanwhile."""
    read = swapped = left = 0
    for batch in store.batches():
        stale = [(key, text, new) for key, text in batch if (new := _renewed(store, text)) != text]
        done = store.exchange(stale) if stale else 0
        read, swapped, left = read + len(batch), swapped + done, left + len(stale) - done
        if read % SAY_EVERY < len(batch):
            say(f"  {store.label}: {read:,} read, {swapped:,} sealed anew")
    return swapped, left


def _renewed(store: Store, text: str) -> str:
    for token in store.tokens(text):
        text = text.replace(token, renew(token))
    return text


def _be_the_only_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])  # until this command's connection ends
        row: tuple[Any, ...] = cursor.fetchone() or (False,)
    if not row[0]:
        raise _refuse("Another rotate_keys is running. Let it finish.")


def _wait_for_writers(patience: float, say: Say) -> None:
    deadline, said = monotonic() + patience, ""
    while writers := beats.writers_with_other_keys():
        if monotonic() >= deadline:
            raise _unfinished(writers)
        if said != (said := "; ".join(writers)):
            say(f"  waiting for {said}")
        sleep(1)


def _unfinished(writers: list[str]) -> Refusal:
    return _refuse(
        f"Not finished: an older key is still written with, by {'; '.join(writers)}. Restart every process with the "
        "newest key first in FIELD_ENCRYPTION_KEYS and run rotate_keys again; what is done stays done."
    )


def _refuse(sentence: str) -> Refusal:
    return Refusal(Code.ROTATION_REFUSED, sentence)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
