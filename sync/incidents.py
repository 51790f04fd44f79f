"""An incident: many owners, one exchange, one cause, at once. It is said to all concerned, nobody is told to change a
key, and only one wallet now and then is tried, until the exchange answers again.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from sync import excuses, schedule, telling
from sync.models import HeldExchange, Incident, Run
from wallets.health import EXCUSABLE, OWNERS_ALONE
from wallets.models import Wallet

if TYPE_CHECKING:
    from datetime import datetime

    from sync.models import RunQuerySet
    from wallets.models import WalletQuerySet

MEANT_AFTER = timedelta(days=1)  # what an exchange has said of keys for so long, it means: then owners have to know

CAME_THROUGH = {Run.State.DONE, Run.State.PARTLY}


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
    """Everybody who was held is due at once."""
    incident.believed = _blames_keys_for_long(incident, now)
    if incident.believed or _answers_again(incident, now):
        incident.ended_at = now
        incident.save(update_fields=["ended_at", "believed"])
        excuses.suffering(incident).update(next_try_at=now)
        telling.incident_over(incident, now=now)


def _answers_again(incident: Incident, now: datetime) -> bool:
    """One that came through may be luck: where half of all attempts fail, it would end and begin every few minutes. So
    several owners have to come through, and few not; where nobody is left to ask, so few that it is no incident.
    """
    latest = {run.wallet_id: (run.owner_id, run.state) for run in _tries(incident, now)}
    well = {owner for owner, state in latest.values() if state in CAME_THROUGH}
    failing = [owner for owner, state in latest.values() if state not in CAME_THROUGH]
    few = len(failing) < settings.INCIDENT_SHARE * len(latest)
    if len(well) >= settings.INCIDENT_OWNERS and few:
        return True
    no_incident = few or len(set(failing)) < settings.INCIDENT_OWNERS
    return bool(well) and no_incident and not _untried(incident, now).exclude(owner__in=well.union(failing)).exists()


def _tries(incident: Incident, now: datetime) -> RunQuerySet:
    """What was tried in it of late, in the order of its ends. What is an owner's alone says nothing of the exchange."""
    since = max(incident.began_at, now - window())
    ended = Run.objects.filter(exchange=incident.exchange, finished_at__gt=since).exclude(state=Run.State.CANCELLED)
    begun = ended.alias(began=Coalesce("started_at", "created_at")).filter(began__gt=since)
    told = begun.exclude(cause__in=OWNERS_ALONE).order_by("finished_at")
    return told.only("wallet", "owner", "state")


def _blames_keys_for_long(incident: Incident, now: datetime) -> bool:
    """For a day it has said little else, whatever it said at first."""
    if now - incident.began_at < MEANT_AFTER:
        return False
    failed = Run.objects.filter(exchange=incident.exchange, state=Run.State.FAILED, finished_at__gt=now - MEANT_AFTER)
    said = list(failed.exclude(cause__in=OWNERS_ALONE).values_list("cause", flat=True)) or [incident.cause]
    return 2 * sum(1 for cause in said if cause in EXCUSABLE) > len(said)


def probe(now: datetime) -> None:
    """One wallet that suffered is tried, and several as soon as it came through; the others wait for what becomes of
    them.
    """
    going_on = Incident.objects.filter(ended_at=None)
    for incident in going_on.exclude(exchange__in=HeldExchange.objects.values("exchange")):
        if many := _how_many_to_try(incident, now):
            chosen = _to_probe(incident, many, now)
            Incident.objects.filter(pk=incident.pk).update(probed_at=now)
            for wallet in chosen:
                schedule.request_by_itself(wallet, now=now)


def _how_many_to_try(incident: Incident, now: datetime) -> int:
    probed_at = incident.probed_at or incident.began_at
    since = Run.objects.filter(exchange=incident.exchange, created_at__gte=probed_at, created_at__gt=incident.began_at)
    waiting = since.filter(finished_at=None, started_at=None, not_before__lte=now).exists()
    ends = set(since.filter(finished_at__isnull=False).values_list("state", flat=True)) - {Run.State.CANCELLED}
    if ends and ends <= CAME_THROUGH and not waiting:
        return settings.INCIDENT_OWNERS
    return 1 if probed_at <= now - timedelta(seconds=settings.INCIDENT_PROBE_SECONDS) else 0


def _to_probe(incident: Incident, many: int, now: datetime) -> list[Wallet]:
    """Of several owners. While nobody comes through it is asked of those who suffer, by turns, and of who is well there
    only where nobody else may be tried: or it would never end. Afterwards who has not been asked comes first.
    """
    tries = _tries(incident, now)
    last = tries.filter(wallet=OuterRef("pk")).order_by("-finished_at").values("finished_at")[:1]
    free = _may_be_tried(incident, now).filter(~Exists(_unfinished()))
    anybody = tries.filter(state__in=CAME_THROUGH).exists()
    tried, is_well = F("tried_at").asc(nulls_first=True), F("is_well").asc()
    order = (tried, is_well) if anybody else (is_well, tried)
    told = free.annotate(is_well=ExpressionWrapper(Q(cause=""), BooleanField()), tried_at=Subquery(last))
    chosen: dict[int, Wallet] = {}
    for wallet in told.order_by(*order, "next_try_at")[: 4 * many]:
        chosen.setdefault(wallet.owner_id, wallet)
    return list(chosen.values())[:many]


def _may_be_tried(incident: Incident, now: datetime) -> WalletQuerySet:
    """Who suffers, and who is well there; of those whose keys are refused, who is due, for an exchange locks accounts
    whose keys keep failing.
    """
    there = Wallet.objects.watched().filter(exchange=incident.exchange, next_try_at__isnull=False)
    return there.filter(
        Q(pk__in=excuses.suffering(incident).values("pk")) | Q(cause=""),
        Q(~Q(cause__in=EXCUSABLE), excused="") | Q(next_try_at__lte=now),
        owner__purge_at=None,
        owner__is_active=True,
    )


def _untried(incident: Incident, now: datetime) -> WalletQuerySet:
    """But for those who are being read, for the exchange has answered them; and those whose turn comes later."""
    elsewhere = _unfinished().filter(Q(started_at__isnull=False) | Q(not_before__gt=now))
    return _may_be_tried(incident, now).filter(~Exists(elsewhere))


def _unfinished() -> RunQuerySet:
    return Run.objects.unfinished().filter(wallet=OuterRef("pk"))


def probe_soon(exchange: str, now: datetime) -> bool:
    """Staff does not want to wait for the next one. False: there is no incident."""
    before = now - timedelta(seconds=settings.INCIDENT_PROBE_SECONDS)
    incident = Incident.objects.filter(exchange=exchange, ended_at=None)
    incident.filter(probed_at__gt=before).update(probed_at=before)
    return incident.exists()
