"""What workers do for synchronisation: claim, load, one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from config.queue import wake
from sync import incidents, lanes, old_runs, pulls, schedule, silence
from sync.models import Run
from wallets import health
from wallets.models import Wallet
from wallets.records import Cause, ConnectorError

if TYPE_CHECKING:
    from datetime import datetime


def run(now: datetime) -> bool:  # noqa: ARG001 - the registry's signature: lanes outlive the moment
    return lanes.run_lanes(clock=timezone.now)


def plan(now: datetime) -> bool:
    incidents.probe(now)
    sweep(now)
    pulls.forget_old(now)
    more = schedule.plan_due(now)
    if Run.objects.due(now=now).exists():
        wake(schedule.WORK)
    return more


def sweep(now: datetime) -> None:
    """Runs of the dead go on; one that keeps killing its workers is given up, and its wallet is left alone a while."""
    for run in Run.objects.expired(now=now).order_by("pk"):
        with transaction.atomic():
            held = Wallet.objects.held(run.wallet_id)
            for fallen in Run.objects.filter(pk=run.pk).sweep(now=now):
                if fallen.failed:
                    give_up(fallen, held, now=now)


def give_up(run: Run, wallet: Wallet, *, now: datetime) -> None:
    run.state, run.cause, run.code = Run.State.FAILED, Cause.UNEXPECTED_REPLY, "worker died"
    run.save(update_fields=["state", "cause", "code"])
    pulls.over(run)
    health.failing(wallet, ConnectorError(Cause.UNEXPECTED_REPLY, code="worker died"), now=now)


def look_for_incidents(now: datetime) -> bool:
    return incidents.look(now)


def look_for_silence(now: datetime) -> bool:
    return silence.look(now)


def forget_old_runs(now: datetime) -> bool:
    return old_runs.forget(now)
