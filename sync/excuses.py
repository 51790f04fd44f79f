"""What is put down to an exchange, and not to an owner's key: the same trouble of many at once.

A wallet that is excused shows and is tried again like one whose exchange is down. What its run suffered stays written
on the run. So nobody is told to change a key that is in order.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from accounts import notices
from sync.models import Incident
from wallets import health
from wallets.models import Wallet, WalletState
from wallets.notice_kinds import Kind
from wallets.records import Cause, ConnectorError

if TYPE_CHECKING:
    from datetime import datetime

    from wallets.models import WalletQuerySet

# Nobody but the owner, or the exchange for good, can end these. A key that may do more than read is not used, not even
# to look, whatever is said of others.
OWNERS_ALONE = frozenset({Cause.RIGHTS_TOO_WIDE, Cause.KEY_LEAKED, Cause.NO_KEY, Cause.EXCHANGE_RETIRED})
BEFORE = timedelta(hours=1)  # what began so long before an incident has to do with it


def blames_owners(cause: str) -> bool:
    return health.RHYTHMS[Cause(cause)].state is WalletState.NEEDS_YOU


def suffering(incident: Incident) -> WalletQuerySet:
    """A key that failed long before is in no incident, though it fails of the same."""
    there = Wallet.objects.watched().filter(exchange=incident.exchange)
    if not blames_owners(incident.cause):
        return there.filter(cause=incident.cause)
    fresh = Q(cause=incident.cause, failing_since__gte=incident.began_at - BEFORE)
    return there.filter(fresh | Q(cause=Cause.MAINTENANCE))


def as_shown(exchange: str, failure: ConnectorError) -> ConnectorError:
    """What the wallet says of a failure."""
    if failure.cause in OWNERS_ALONE or not blames_owners(failure.cause):
        return failure
    in_incident = Incident.objects.filter(exchange=exchange, ended_at=None, cause=failure.cause).exists()
    return ConnectorError(Cause.MAINTENANCE, code=failure.code) if in_incident else failure


def excuse(wallet: Wallet, *, now: datetime) -> None:
    """It failed before we knew. The wallet is locked by the caller."""
    health.failing(wallet, ConnectorError(Cause.MAINTENANCE), now=now)
    notices.close(owner=wallet.owner, kind=Kind.WALLET_NEEDS_YOU, topic=str(wallet.pk), now=now)
