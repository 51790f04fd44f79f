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
from django.db.models import Q

from accounts.audit import SYSTEM
from sync import excuses, schedule, telling
from sync.models import HeldExchange, Incident, Run
from wallets.health import EXCUSABLE, OWNERS_ALONE
from wallets.models import Wallet
from wallets.trials import NoKeyError

if TYPE_CHECKING:
    from datetime import datetime

MEANT_AFTER = timedelta(days=1)  # what an exchange has said of keys for so long, it means: then owners have to know


def look(now: datetime) -> bool:
    """Once a minute: what failed lately, exchange by exchange; what of the open ones is over; who is to be told. True:
    there are more to tell.
    """
    for exchange, (attempts, owners) in _lately(now).items():
        cause, touched = max(owners.items(), key=lambda each: len(each[1]), default=("", set()))
        failed = sum(1 for _, of in attempts if of == cause)
        if len(touched) >= settings.INCIDENT_OWNERS and failed >= settings.INCIDENT_SHARE * len(attempts):
            _open_or_refresh(exchange, cause, len(touched), now)
    for incident in Incident.objects.filter(ended_at=None):
        _close_if_over(incident, now)
    excuses.make_due(now)
    return any(telling.incident(incident, now=now) for incident in Incident.objects.filter(ended_at=None))


def window() -> timedelta:
    return timedelta(minutes=settings.INCIDENT_MINUTES)


def _lately(now: datetime) -> dict[str, tuple[list[tuple[int, str]], dict[str, set[int]]]]:
    finished = Run.objects.filter(finished_at__gt=now - window()).exclude(state=Run.State.CANCELLED)
    over = _ended_lately(now)
    seen: dict[str, tuple[list[tuple[int, str]], dict[str, set[int]]]] = {}
    for exchange, owner, cause, at in finished.values_list("exchange", "owner_id", "cause", "finished_at"):
        if at and at <= over.get(exchange, now - window()):
            continue
        attempts, owners = seen.setdefault(exchange, ([], defaultdict(set)))
        attempts.append((owner, cause))
        if cause:
            owners[cause].add(owner)
    return seen


def _ended_lately(now: datetime) -> dict[str, datetime]:
    """What failed before an incident ended belongs to that one: else it would begin anew the minute after."""
    ended = Incident.objects.filter(ended_at__gt=now - window()).order_by("ended_at")
    return {incident.exchange: incident.ended_at for incident in ended if incident.ended_at}


def _open_or_refresh(exchange: str, cause: str, owners: int, now: datetime) -> None:
    if cause in OWNERS_ALONE or _is_meant(exchange, cause, now):
        return
    incident, made = Incident.objects.get_or_create(
        exchange=exchange, ended_at=None, defaults={"cause": cause, "owners": owners, "began_at": now, "probed_at": now}
    )
    if not made and incident.owners < owners:
        incident.owners = owners
        incident.save(update_fields=["owners"])


def _is_meant(exchange: str, cause: str, now: datetime) -> bool:
    """After such an incident the exchange is believed, else keys that are no good would be tried without end."""
    ended = Incident.objects.filter(exchange=exchange, ended_at__gt=now - MEANT_AFTER)
    return cause in EXCUSABLE and ended.filter(Q(cause=cause) | Q(believed=True)).exists()


@transaction.atomic
def _close_if_over(incident: Incident, now: datetime) -> None:
    """A run that came through after the last probe ends it, and everybody who was held is due at once."""
    came_through = Run.objects.filter(
        exchange=incident.exchange,
        state__in=[Run.State.DONE, Run.State.PARTLY],
        started_at__gt=incident.probed_at or incident.began_at,
    )
    incident.believed = _blames_keys_for_long(incident, now)
    if incident.believed or came_through.exists():
        incident.ended_at = now
        incident.save(update_fields=["ended_at", "believed"])
        excuses.suffering(incident).update(next_try_at=now)
        telling.incident_over(incident, now=now)


def _blames_keys_for_long(incident: Incident, now: datetime) -> bool:
    """For a day it has said little else, whatever it said at first."""
    if now - incident.began_at < MEANT_AFTER:
        return False
    failed = Run.objects.filter(exchange=incident.exchange, state=Run.State.FAILED, finished_at__gt=now - MEANT_AFTER)
    said = list(failed.exclude(cause__in=OWNERS_ALONE).values_list("cause", flat=True)) or [incident.cause]
    return 2 * sum(1 for cause in said if cause in EXCUSABLE) > len(said)


def probe(now: datetime) -> None:
    """One wallet that suffered is tried; the others wait for what becomes of it."""
    lately = now - timedelta(seconds=settings.INCIDENT_PROBE_SECONDS)
    waiting = Incident.objects.filter(ended_at=None, probed_at__lte=lately)
    for incident in waiting.exclude(exchange__in=HeldExchange.objects.values("exchange")):
        chosen = _to_probe(incident, now)
        Incident.objects.filter(pk=incident.pk).update(probed_at=now)
        if chosen:
            with suppress(NoKeyError):  # taken out just now: the next probe takes another
                schedule.request(by=SYSTEM, wallet=chosen, now=now)


def _to_probe(incident: Incident, now: datetime) -> Wallet | None:
    """Who suffers and would be tried again; of those whose keys are refused, who is due, for an exchange locks accounts
    whose keys keep failing. Else anybody there who works: or it would never end.
    """
    waiting = excuses.suffering(incident).filter(next_try_at__isnull=False).order_by("next_try_at")
    waiting = waiting.filter(Q(~Q(cause__in=EXCUSABLE), excused="") | Q(next_try_at__lte=now))
    well = Wallet.objects.watched().filter(exchange=incident.exchange, cause="", next_try_at__isnull=False)
    return waiting.first() or well.order_by("next_try_at").first()


def probe_soon(exchange: str, now: datetime) -> bool:
    """Staff does not want to wait for the next one. False: there is no incident."""
    before = now - timedelta(seconds=settings.INCIDENT_PROBE_SECONDS)
    incident = Incident.objects.filter(exchange=exchange, ended_at=None)
    incident.filter(probed_at__gt=before).update(probed_at=before)
    return incident.exists()
