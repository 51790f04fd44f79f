"""What machines ask: is the process alive, may it be given work, and how is it doing.

Answered before anything else looks at the request (config.middleware): a probe comes by address, over plain http, with
no host name we know, and must be answered when the database is down.
"""

from __future__ import annotations

import hmac
import ipaddress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, HttpResponseNotFound, JsonResponse
from django.utils import timezone
from django_q.brokers import get_broker

from config import machine_clock, metrics
from config.exits import Refusal
from config.guard import open_to
from config.models import OutgoingMail, PeriodicJob, WorkerBeat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from django.http import HttpRequest

SILENT = timedelta(seconds=60)  # workers beat every five seconds; a minute of silence is a fault

_migrated = False


def worker_beat_age(now: datetime, *, cluster: str = "") -> timedelta | None:
    """How long ago workers last showed a sign of life; of one cluster, or of the liveliest. None: never.

    A worker at a long task cannot beat; until the task's time is up it counts as a sign of life.
    """
    beats = WorkerBeat.objects.filter(cluster=cluster) if cluster else WorkerBeat.objects.all()
    ages = [now - max(beat.beat_at, min(beat.busy_until or beat.beat_at, now)) for beat in beats]
    return max(min(ages), timedelta()) if ages else None


@open_to("anybody")
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process is alive. Asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@open_to("anybody")
def readyz(_request: HttpRequest) -> HttpResponse:
    """May people be sent here? 503 with what fails, in words that say nothing about where or how it runs."""
    failing = _failing(timezone.now())
    return JsonResponse({"ready": not failing, "failing": failing}, status=503 if failing else 200)


@open_to("operator")
def show_metrics(request: HttpRequest) -> HttpResponse:
    """For whoever carries METRICS_TOKEN, or asks from this very machine; 404 to everybody else."""
    if not (_carries_the_token(request) or _is_from_this_machine(request)):
        return HttpResponseNotFound("Not found\n", content_type="text/plain")
    lines = [*metrics.exposition(metrics.total()), *_gauges(timezone.now())]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": show_metrics,
}


def _failing(now: datetime) -> dict[str, str]:
    try:
        if not is_migrated():
            return {"migrations": "The database is not up to date: run `manage.py migrate`."}
        age = worker_beat_age(now)
    except Error:
        connection.close()
        return {"database": "The database does not answer."}
    except Refusal:  # of config.canaries, at each new connection
        return {"keys": "This process lacks an encryption key of the data: start it anew with all of them."}
    if age is None or age > SILENT:
        return {"workers": "No worker has shown a sign of life for a minute."}
    return {}


def is_migrated() -> bool:
    """Looked at until true: what this release needs does not go away while it runs."""
    global _migrated  # noqa: PLW0603  # remembered for the life of the process
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    else:
        connection.ensure_connection()
    return _migrated


def _carries_the_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())


def _is_from_this_machine(request: HttpRequest) -> bool:
    """A proxy on this machine also comes from here, but says that it speaks for somebody else."""
    forwarded = {"X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via", "X-Forwarded-Host", "X-Forwarded-Proto"}
    if settings.METRICS_TOKEN or forwarded & {name.title() for name in request.headers}:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _gauges(now: datetime) -> Iterator[str]:
    try:
        values = list(_measured(now))
    except Error:
        connection.close()
        yield from _gauge("holdfast_database_up", "The database answers.", {"": 0})
        return
    except Refusal:
        values = [KEYS_DO_NOT_FIT]
    yield from _gauge("holdfast_database_up", "The database answers.", {"": 1})
    for name, meaning, numbers in values:
        yield from _gauge(name, meaning, numbers)


KEYS_FIT = ("holdfast_keys_fit", "This process has the encryption keys of the data.")
KEYS_DO_NOT_FIT: tuple[str, str, dict[str, float]] = (*KEYS_FIT, {"": 0})


def _measured(now: datetime) -> Iterator[tuple[str, str, dict[str, float]]]:
    beats = {f'{{cluster="{beat.cluster}"}}': (now - beat.beat_at).total_seconds() for beat in WorkerBeat.objects.all()}
    yield "holdfast_worker_beat_age_seconds", "Since a cluster of workers last showed a sign of life.", beats
    yield *KEYS_FIT, {"": 1}
    ahead = machine_clock.look(timezone.now).total_seconds()
    yield "holdfast_clock_ahead_seconds", "How far this machine's clock is ahead of PostgreSQL's.", {"": ahead}
    mail = OutgoingMail.objects.filter(finished_at=None)
    yield "holdfast_mail_waiting", "Messages not yet taken by the mail server.", {"": mail.count()}
    oldest = mail.order_by("created_at").values_list("created_at", flat=True).first()
    yield "holdfast_mail_oldest_seconds", "Age of the oldest of them.", {"": (now - (oldest or now)).total_seconds()}
    late = {
        f'{{work="{job.name}"}}': max(0.0, (now - job.not_before).total_seconds())
        for job in PeriodicJob.objects.filter(lease_token=None)
    }
    yield "holdfast_work_late_seconds", "How long a kind of work is overdue.", late
    waiting = _waiting()
    if settings.REDIS_URL:
        yield "holdfast_redis_up", "Redis answers.", {"": int(waiting is not None)}
    if waiting is not None:
        yield "holdfast_wakeups_waiting", "Wake-ups no worker has taken yet.", {"": waiting}


def _waiting() -> int | None:
    """None: Redis is away, and this must not hide all the rest."""
    if not settings.REDIS_URL:
        return int(get_broker().queue_size())
    import redis  # noqa: PLC0415 - it loads all its asynchronous half, which those without Redis need not

    try:
        return int(get_broker().queue_size())
    except redis.RedisError:
        return None


def _gauge(name: str, meaning: str, numbers: dict[str, float]) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} gauge"
    for labels, number in numbers.items():
        yield f"{name}{labels} {number:g}"
