"""An incident: many owners, one exchange, one cause, at once. It is said to all concerned, nobody is told to change a
key, and only one wallet now and then is tried, until the exchange answers again.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from accounts.audit import SYSTEM
from sync import schedule
from sync.models import Incident, Run
from wallets.models import Wallet
from wallets.trials import NoKeyError

if TYPE_CHECKING:
    from datetime import datetime

WINDOW = timedelta(minutes=10)


def look(now: datetime) -> None:
    """Once a minute: what failed lately, exchange by exchange; then what of the open ones is over."""
    for exchange, (attempts, owners) in _lately(now).items():
        cause, touched = max(owners.items(), key=lambda each: len(each[1]), default=("", set()))
        failed = sum(1 for _, of in attempts if of == cause)
        if len(touched) >= settings.INCIDENT_OWNERS and failed >= settings.INCIDENT_SHARE * len(attempts):
            _open_or_refresh(exchange, cause, len(touched), now)
    for incident in Incident.objects.filter(ended_at=None):
        _close_if_over(incident, now)


def _lately(now: datetime) -> dict[str, tuple[list[tuple[int, str]], dict[str, set[int]]]]:
    finished = Run.objects.filter(finished_at__gt=now - WINDOW).exclude(state=Run.State.CANCELLED)
    seen: dict[str, tuple[list[tuple[int, str]], dict[str, set[int]]]] = {}
    for exchange, owner, cause in finished.values_list("exchange", "owner_id", "cause"):
        attempts, owners = seen.setdefault(exchange, ([], defaultdict(set)))
        attempts.append((owner, cause))
        if cause:
            owners[cause].add(owner)
    return seen


def _open_or_refresh(exchange: str, cause: str, owners: int, now: datetime) -> None:
    incident, made = Incident.objects.get_or_create(
        exchange=exchange, ended_at=None, defaults={"cause": cause, "owners": owners, "began_at": now, "probed_at": now}
    )
    if not made and incident.owners < owners:
        incident.owners = owners
        incident.save(update_fields=["owners"])


@transaction.atomic
def _close_if_over(incident: Incident, now: datetime) -> None:
    """A run that came through after the last probe ends it, and everybody who was held is due at once."""
    came_through = Run.objects.filter(
        exchange=incident.exchange,
        state__in=[Run.State.DONE, Run.State.PARTLY],
        started_at__gt=incident.probed_at or incident.began_at,
    )
    if came_through.exists():
        incident.ended_at = now
        incident.save(update_fields=["ended_at"])
        held = Wallet.objects.watched().filter(exchange=incident.exchange, cause=incident.cause)
        held.update(next_try_at=now)


def probe(now: datetime) -> None:
    """One wallet that suffered is tried; the others wait for what becomes of it."""
    lately = now - timedelta(seconds=settings.INCIDENT_PROBE_SECONDS)
    for incident in Incident.objects.filter(ended_at=None, probed_at__lte=lately):
        suffering = Wallet.objects.watched().filter(exchange=incident.exchange, cause=incident.cause)
        chosen = suffering.filter(next_try_at__isnull=False).order_by("next_try_at").first()
        Incident.objects.filter(pk=incident.pk).update(probed_at=now)
        if chosen:
            with suppress(NoKeyError):  # taken out just now: the next probe takes another
                schedule.request(by=SYSTEM, wallet=chosen, now=now)


def open_for(exchange: str) -> Incident | None:
    return Incident.objects.filter(exchange=exchange, ended_at=None).first()
