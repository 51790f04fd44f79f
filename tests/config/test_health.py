from __future__ import annotations

import json
import os
import re
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from django_q.conf import Conf

from config import canaries, health, metrics
from config.models import KeyCanary, WorkerBeat
from tests.sealing.programs import new_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.config.conftest import Start


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(metrics, "_TALLY", metrics.Tally())
    monkeypatch.setattr(health, "_migrated", False)


@pytest.fixture
def beating(db: None) -> None:
    WorkerBeat.objects.create(cluster="one", beat_at=timezone.now())


# --- alive -------------------------------------------------------------------------------------------------------


def test_alive_asks_neither_the_database_nor_the_name_in_the_address() -> None:
    answer = Client().get("/healthz", headers={"host": "10.0.0.7:8000"})  # a test without `db` may not touch it

    assert (answer.status_code, answer.content) == (200, b"ok\n")


# --- ready -------------------------------------------------------------------------------------------------------


def test_ready_when_migrated_and_workers_beat(beating: None, client: Client) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "failing": {}})


@pytest.mark.parametrize("silent", [None, timedelta(minutes=2)])
def test_not_ready_without_workers(silent: timedelta | None, db: None, client: Client) -> None:
    if silent:
        WorkerBeat.objects.create(cluster="one", beat_at=timezone.now() - silent)

    answer = client.get("/readyz")

    assert (answer.status_code, list(answer.json()["failing"])) == (503, ["workers"])


def test_not_ready_before_migrations_are_applied(beating: None, client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("config", "0001_initial")

    answer = client.get("/readyz")

    assert (answer.status_code, list(answer.json()["failing"])) == (503, ["migrations"])


@pytest.mark.chaos
def test_not_ready_without_a_database_and_silent_about_where_it_is(start: Start) -> None:
    code = "from django.test import Client; a = Client().get('/readyz'); print(a.status_code, a.content.decode())"
    asked = start(code=code, DATABASE_URL="postgresql://holdfast:hunter2@127.0.0.1:1/holdfast")

    said = asked.communicate(timeout=60)[0]

    assert '503 {"ready": false, "failing": {"database": "The database does not answer."}}' in said
    assert "hunter2" not in said


@pytest.mark.django_db(transaction=True)
def test_a_process_that_lacks_a_key_is_not_ready_and_its_metrics_say_so(
    client: Client, use_keys: Callable[..., None]
) -> None:
    """Others began with a new key, and this one was not restarted with it: its next connection is refused."""
    right = new_key()
    use_keys(right)
    canaries.plant(now=timezone.now())
    use_keys(new_key())
    connection.close()

    try:
        ready, text = client.get("/readyz"), client.get("/metrics").content.decode()
    finally:
        use_keys(right)
        KeyCanary.objects.all().delete()  # or nobody could connect after this test

    assert (ready.status_code, list(ready.json()["failing"])) == (503, ["keys"])
    assert "holdfast_keys_fit 0" in text
    assert "holdfast_database_up 1" in text
    assert "holdfast_keys_fit 1" in client.get("/metrics").content.decode()


# --- metrics -----------------------------------------------------------------------------------------------------


def test_requests_are_counted_by_route_never_by_path(beating: None, client: Client) -> None:
    client.get("/settings/?token=hunter2")
    client.get("/no-such-page/hunter2/")

    text = client.get("/metrics").content.decode()

    assert 'holdfast_request_seconds_count{method="GET",route="(none)",status="404"} 1' in text
    assert 'le="+Inf"' in text
    assert "hunter2" not in text


def test_the_state_of_the_work_is_told(beating: None, client: Client) -> None:
    text = client.get("/metrics").content.decode()

    assert 'holdfast_worker_beat_age_seconds{cluster="one"} ' in text
    assert "holdfast_database_up 1" in text
    assert "holdfast_clock_ahead_seconds 0" in text
    assert "holdfast_mail_waiting 0" in text


def test_while_redis_is_away_that_is_told_beside_all_the_rest(
    beating: None, client: Client, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9"
    monkeypatch.setattr(Conf, "BROKER_CLASS", "config.broker.RedisBroker")

    text = client.get("/metrics").content.decode()

    assert "holdfast_redis_up 0" in text
    assert "holdfast_database_up 1" in text
    assert "holdfast_wakeups_waiting" not in text


def test_every_line_is_one_prometheus_reads(beating: None, client: Client) -> None:
    client.get("/")

    lines = client.get("/metrics").content.decode().splitlines()

    pattern = r'# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="[^"]*",?)+\})? -?[0-9.e+-]+'
    assert not [line for line in lines if not re.fullmatch(pattern, line)]


def test_buckets_come_whole_and_from_the_least_up(beating: None, client: Client) -> None:
    """As Prometheus wants them: one that is missing until something falls into it loses what fell first."""
    client.get("/")

    lines = client.get("/metrics").content.decode().splitlines()

    within = [line.partition('le="')[2].partition('"')[0] for line in lines if 'route="",status="200",le=' in line]
    assert within == [*(str(bucket) for bucket in metrics.BUCKETS), "+Inf"]


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({}, "192.0.2.1"),
        ({"X-Forwarded-For": "192.0.2.1"}, "127.0.0.1"),  # a proxy on this machine, speaking for a stranger
        ({"Forwarded": "for=192.0.2.1"}, "127.0.0.1"),
        ({"Authorization": "Bearer "}, "192.0.2.1"),
    ],
)
def test_metrics_are_not_for_strangers(headers: dict[str, str], address: str, db: None) -> None:
    assert Client(REMOTE_ADDR=address).get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize(("given", "status"), [("right", 200), ("wrong", 404), ("", 404)])
def test_with_a_token_it_takes_the_token(given: str, status: int, db: None, settings) -> None:
    settings.METRICS_TOKEN = "right"

    answer = Client(REMOTE_ADDR="127.0.0.1").get("/metrics", headers={"Authorization": f"Bearer {given}"})

    assert answer.status_code == status


def test_the_processes_of_a_machine_add_up_and_the_dead_still_count(tmp_path: Path) -> None:
    key = json.dumps(["count", "GET", "/", "200"])
    folder = tmp_path / "metrics"
    folder.mkdir()
    (folder / f"{os.getppid()}.json").write_text(json.dumps({key: 2}))
    (folder / "999999999.json").write_text(json.dumps({key: 3}))
    (folder / "broken.json").write_text("{")
    metrics.tally().request(method="GET", route="/", status=200, seconds=0.02)

    once, twice = metrics.total()[key], metrics.total()[key]

    assert (once, twice) == (6, 6)
    assert not (folder / "999999999.json").exists()


def test_where_counts_of_processes_cannot_be_kept_the_rest_is_told(
    beating: None, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "metrics").write_text("")  # in the way, as a full disk is
    client.get("/")

    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert 'holdfast_request_seconds_count{method="GET",route="",status="200"} 1' in answer.text
    assert "holdfast_database_up 1" in answer.text


def test_a_slow_request_counts_in_the_wide_buckets_only() -> None:
    metrics.tally().request(method="GET", route="/", status=200, seconds=0.3)

    counts = metrics.total()

    assert {json.loads(key)[-1] for key in counts if "bucket" in key} == {"0.5", "1.0", "2.5", "5.0", "10.0"}


def test_counts_are_written_though_nobody_asks(tmp_path: Path) -> None:
    metrics.tally().request(method="GET", route="/", status=200, seconds=0.3)
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]

    for timer in timers:
        timer.join(5)

    assert (tmp_path / "metrics" / f"{os.getpid()}.json").exists()


def test_counts_that_cannot_be_written_are_written_with_the_next(tmp_path: Path) -> None:
    in_the_way = tmp_path / "metrics"
    in_the_way.write_text("")
    metrics.tally().request(method="GET", route="/", status=200, seconds=0.3)
    metrics.tally().write()
    in_the_way.unlink()
    metrics.tally().request(method="GET", route="/", status=200, seconds=0.3)

    assert metrics.total()[json.dumps(["count", "GET", "/", "200"])] == 2


# --- the frame ---------------------------------------------------------------------------------------------------


def test_every_answer_carries_an_id_and_a_strangers_id_is_not_taken(db: None, client: Client, settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    own = client.get("/", headers={"X-Request-ID": "evil-evil-evil"})["X-Request-ID"]
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    proxied = client.get("/", headers={"X-Request-ID": "proxy-12345"})["X-Request-ID"]

    assert (len(own), proxied) == (16, "proxy-12345")
