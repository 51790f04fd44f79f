"""What is put down to an exchange, and not to an owner's key: the trouble of many at once.

A wallet that is excused shows like one whose exchange is down; its key is tried no sooner for it. What its run suffered
stays written on the run. So nobody is told to change a key that is in order.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from sync.models import Incident
from wallets.health import EXCUSABLE
from wallets.models import Wallet
from wallets.records import Cause

if TYPE_CHECKING:
    from datetime import datetime

    from wallets.models import WalletQuerySet

BEFORE = timedelta(hours=1)  # what began so long before an incident has to do with it


def in_incident(exchange: str) -> bool:
    return Incident.objects.filter(exchange=exchange, ended_at=None).exists()


def suffering(incident: Incident) -> WalletQuerySet:
    """Whatever it is that keys are blamed for: an exchange in trouble says now this, now that. A key that failed long
    before is in no incident, though it fails of the same.
    """
    fresh = Q(cause__in=EXCUSABLE, failing_since__gte=incident.began_at - BEFORE)
    down = Q(cause=Cause.MAINTENANCE) if incident.cause in EXCUSABLE else Q(cause=incident.cause)
    return Wallet.objects.watched().filter(fresh | down | ~Q(excused=""), exchange=incident.exchange)


def make_due(now: datetime) -> None:
    """Keys that an exchange refused while it was in trouble are tried once when it is over: who needs a new one learns
    it then. Looked for anew each time, for one may have been refused just as the incident ended.
    """
    over = Wallet.objects.watched().exclude(excused="").filter(next_try_at=None)
    over.exclude(exchange__in=Incident.objects.filter(ended_at=None).values("exchange")).update(next_try_at=now)
