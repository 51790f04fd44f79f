"""With other keys than the data's nothing starts, and it says so in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from config import canaries
from config.exits import Code, Refusal
from config.keys import fingerprint
from config.models import KeyCanary
from config.redaction import redact
from tests.config.nursery import nursery
from tests.sealing.programs import environment, new_key

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

NOW = timezone.now()


def refusal() -> str:
    with pytest.raises(Refusal) as caught:
        canaries.refuse_wrong_keys()
    assert caught.value.code is Code.WRONG_KEYS
    return str(caught.value)


@pytest.fixture
def planted(db: None, use_keys: Callable[..., None]) -> str:
    key = new_key()
    use_keys(key)
    canaries.plant(now=NOW)
    return key


def test_a_first_start_plants_one_canary_and_the_next_one_none(planted: str) -> None:
    canaries.plant(now=NOW)

    assert KeyCanary.objects.get().fingerprint == fingerprint(planted)


def test_a_canary_shows_neither_key_nor_text(planted: str) -> None:
    row = KeyCanary.objects.get()

    assert planted[:8] not in f"{row.fingerprint}{row.sealed}"
    assert row.fingerprint not in planted


def test_another_key_is_refused_with_a_sentence_that_names_the_missing_one(
    planted: str, use_keys: Callable[..., None]
) -> None:
    other = new_key()
    use_keys(other)

    said = refusal()

    assert fingerprint(planted) in said
    assert redact(said) == said  # a log takes out what looks like a key and its value
    assert planted not in said
    assert other not in said
    with pytest.raises(Refusal):
        canaries.plant(now=NOW)
    assert KeyCanary.objects.count() == 1


def test_a_new_key_before_the_old_one_is_let_in_and_from_then_on_needed(
    planted: str, use_keys: Callable[..., None]
) -> None:
    new = new_key()
    use_keys(new, planted)
    canaries.plant(now=NOW)

    use_keys(planted)

    assert fingerprint(new) in refusal()


def test_a_replaced_key_may_not_write_again_and_is_not_needed_once_retired(
    planted: str, use_keys: Callable[..., None]
) -> None:
    new = new_key()
    use_keys(new, planted)
    canaries.plant(now=NOW)
    canaries.close_old_keys(now=NOW, unless=list)

    use_keys(planted, new)
    assert "begin with the newest key" in refusal()
    use_keys(new)
    assert fingerprint(planted) in refusal()

    use_keys(new, planted)
    assert canaries.retire_old_keys(now=NOW) == 1
    use_keys(new)
    canaries.refuse_wrong_keys()


def test_keys_are_not_closed_while_somebody_writes_with_them(planted: str, use_keys: Callable[..., None]) -> None:
    use_keys(new_key(), planted)
    canaries.plant(now=NOW)

    assert canaries.close_old_keys(now=NOW, unless=lambda: ["web process 7"]) == ["web process 7"]
    assert not KeyCanary.objects.exclude(closed_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_every_new_connection_looks_and_a_refused_one_is_not_left_open(
    planted: str, use_keys: Callable[..., None]
) -> None:
    use_keys(new_key())
    connection.close()

    for _ in range(2):
        with pytest.raises(Refusal):
            connection.ensure_connection()
        assert connection.connection is None

    use_keys(planted)
    connection.ensure_connection()


# --- as a program ------------------------------------------------------------------------------------------------

PROGRAMS = {
    "a command": ["manage.py", "showmigrations"],
    "a shell": ["manage.py", "shell", "-c", "from accounts.models import User; User.objects.count()"],
    "web": ["manage.py", "web"],
    "workers": ["manage.py", "worker"],
    "a worker cluster alone": ["manage.py", "worker", "--bare"],
    "the web application": ["-c", "import config.wsgi"],
    "rotate_keys": ["manage.py", "rotate_keys"],
}


def run(command: list[str], *, keys: str) -> subprocess.CompletedProcess[str]:
    return nursery().run(tuple(command), environment(keys))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("program", PROGRAMS)
def test_nothing_starts_with_a_wrong_key(planted: str, program: str) -> None:
    wrong = new_key()

    ended = run(PROGRAMS[program], keys=wrong)

    assert ended.returncode in {Code.WRONG_KEYS, 1}
    assert (
        ended.stderr.strip()
        .splitlines()[-1]
        .startswith(
            f"The data is sealed with the encryption key {fingerprint(planted)}, which FIELD_ENCRYPTION_KEYS lacks"
        )
    )
    assert "Traceback" not in ended.stderr
    assert wrong not in ended.stdout + ended.stderr


@pytest.mark.django_db(transaction=True)
def test_the_right_key_starts(planted: str) -> None:
    assert run(PROGRAMS["a command"], keys=planted).returncode == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("program", ["web", "workers", "rotate_keys"])
def test_nothing_starts_on_a_database_of_an_earlier_release(planted: str, program: str) -> None:
    recorder, name = MigrationRecorder(connection), ("config", "0001_initial")
    recorder.record_unapplied(*name)
    try:
        ended = run(PROGRAMS[program], keys=planted)
    finally:
        recorder.record_applied(*name)

    assert ended.returncode == Code.PREPARING_FAILED
    assert ended.stderr.startswith("The database is not prepared for this release. Run `python3 manage.py migrate`")
    assert ended.stderr.count("\n") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("keys", ["not-a-key", f"{'A' * 43}=,short"])
def test_malformed_keys_are_refused_in_a_sentence_that_does_not_repeat_them(keys: str) -> None:
    ended = run(["manage.py", "check"], keys=keys)

    assert ended.returncode == Code.WRONG_KEYS
    assert ended.stderr.startswith("FIELD_ENCRYPTION_KEYS must hold")
    assert "Traceback" not in ended.stderr
    assert keys not in ended.stderr
