"""Every process that works says that it lives, idle or not, and with which key it writes."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connection
from django.db.models.functions import Now

from config import beats
from config.keys import fingerprint, writing_key
from config.models import ProcessBeat
from tests.sealing.programs import environment, first_line, new_key, start, until

if TYPE_CHECKING:
    from collections.abc import Callable

IDLE = """
import sys
import config.wsgi
print("ready", flush=True)
sys.stdin.read()
"""
FORKING = """
import multiprocessing, sys
import django
django.setup()
from django.utils import timezone
from config import beats
beats.start("worker", now=timezone.now())
context = multiprocessing.get_context("fork")
told = context.Event()
child = context.Process(target=told.wait)
child.start()
print(child.pid, flush=True)
sys.stdin.read()
told.set()
child.join()
"""


def beat(**values: object) -> ProcessBeat:
    fields = {"kind": "web", "host": "a", "pid": 7, "started": Now(), "seen": Now(), "write_key": writing_key()}
    return ProcessBeat.objects.create(**{**fields, **values})


@pytest.mark.django_db
def test_a_process_not_seen_for_a_minute_is_gone() -> None:
    here = beat()
    beat(seen=Now() - beats.ALIVE - timedelta(seconds=1))

    assert list(beats.alive()) == [here]


@pytest.mark.django_db
def test_who_writes_with_another_key_is_named_by_process_host_and_key() -> None:
    beat()
    beat(kind="worker", host="box-2", pid=41, write_key="0123456789abcdef")

    assert beats.writers_with_other_keys() == ["worker process 41 on box-2 (key 0123456789abcdef)"]


@pytest.mark.django_db
def test_whoever_is_connected_under_another_key_counts_though_it_never_beat() -> None:
    other = environment()["DATABASE_URL"]

    with psycopg.connect(other, application_name="holdfast fedcba9876543210"):
        said = beats.writers_with_other_keys()
    with psycopg.connect(other, application_name="psql"):
        until(lambda: not beats.writers_with_other_keys())  # a closed connection takes a moment to go

    assert said == ["a process connected from this machine (key fedcba9876543210)"]


@pytest.mark.django_db
def test_many_connections_of_one_machine_are_told_once() -> None:
    """Rotation waits for them and names them: two machines had sixteen, each in the same words."""
    other, name = environment()["DATABASE_URL"], "holdfast fedcba9876543210"

    with psycopg.connect(other, application_name=name), psycopg.connect(other, application_name=name):
        said = beats.writers_with_other_keys()
    until(lambda: not beats.writers_with_other_keys())

    assert said == ["2 processes connected from this machine (key fedcba9876543210)"]


@pytest.mark.django_db
def test_our_connections_bear_the_fingerprint_of_the_key() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('application_name')")

        assert cursor.fetchone() == (f"holdfast {writing_key()}",)


@pytest.fixture
def key(transactional_db: None, use_keys: Callable[..., None]) -> str:
    """Of this process and of those it starts."""
    key = new_key()
    use_keys(key)
    return key


def test_an_idle_web_process_beats_and_leaves_when_it_ends(key: str) -> None:
    web = start("-c", IDLE, keys=[key])
    said = first_line(web)

    rows = list(ProcessBeat.objects.all())
    web.communicate("", timeout=60)

    assert said == "ready\n"
    assert [(row.kind, row.pid, row.write_key) for row in rows] == [("web", web.pid, fingerprint(key))]
    assert not ProcessBeat.objects.exists()


def test_a_forked_worker_beats_for_itself_and_leaves_too(key: str) -> None:
    cluster = start("-c", FORKING, keys=[key])
    child = int(first_line(cluster))

    until(lambda: ProcessBeat.objects.filter(pid=child, kind="worker").exists())
    both = ProcessBeat.objects.count()
    cluster.communicate("", timeout=60)

    assert both == 2
    assert not ProcessBeat.objects.exists()


def test_beats_go_on_while_the_process_does_nothing(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beats, "EVERY", 0.05)
    heart = beats.Heart("test")
    heart.start()
    until(ProcessBeat.objects.filter(pid=os.getpid()).exists)
    first = ProcessBeat.objects.get().seen

    until(lambda: ProcessBeat.objects.get().seen > first)

    heart.over.set()
    heart.join()
