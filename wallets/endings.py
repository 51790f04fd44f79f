"""The end of a credential that is out of force: a sign-in is taken back at the exchange, a leaked key is watched until
the exchange refuses it. Then it is wiped. Workers only.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit import SYSTEM, Action, record
from wallets import catalogue, credentials, oauth, staging, trouble
from wallets.checklist import attempt
from wallets.models import Credential, CredentialTest
from wallets.records import Cause, ConnectorError
from wallets.trials import WORKER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from wallets.connectors.base import Connector

DEAD = {Cause.KEY_UNKNOWN, Cause.KEY_REVOKED, Cause.KEY_EXPIRED, Cause.SIGN_IN_AGAIN}
SOON, LATER = timedelta(minutes=2), timedelta(hours=1)  # the owner is at it now, or has forgotten


def settle(
    test: CredentialTest,
    *,
    connect: Callable[[CredentialTest, Mapping[str, str]], Connector],
    clock: Callable[[], datetime],
) -> None:
    credential = test.credential
    if credential is None or credential.standing != Credential.Standing.ENDING:
        test.done(now=clock())
        return
    if catalogue.of(test.exchange).retired:
        ended = False  # nobody is asked there any more
    elif credential.way == catalogue.Way.OAUTH:
        ended = taken_back(test, credential, clock)
    else:
        ended = refused(connect(test, oauth.opened(credential, by=WORKER, now=clock())))
        ended = ended and not trouble.is_at(test.exchange)  # then it refuses keys that are alive as well
    conclude(test, credential, ended=ended, now=clock())


def taken_back(test: CredentialTest, credential: Credential, clock: Callable[[], datetime]) -> bool:
    """With a token that still lasts: an exchange that refuses one that is over has taken nothing back."""
    exchange = catalogue.of(test.exchange)
    if oauth.provider_of(exchange) is None:  # the operator took the client id out: nobody can say it there
        return False
    try:
        oauth.take_back(exchange, oauth.renewed(credential, by=WORKER, clock=clock), clock=clock)
    except ConnectorError as failure:
        return failure.cause in DEAD and not trouble.is_at(test.exchange)
    return True


def refused(connector: Connector) -> bool:
    """It was in force until just now, from this address. So where an exchange says the same to an unknown key and to
    other things, the unknown key is what it means.
    """
    answer, failure = attempt(connector.rights)
    if failure is None and (answer is None or not answer.can_tell):
        _, failure = attempt(connector.balances)
    return failure is not None and bool({failure.cause, *failure.among} & DEAD)


@transaction.atomic
def conclude(test: CredentialTest, credential: Credential, *, ended: bool, now: datetime) -> None:
    test.fence(now=now)
    test.outcome = {"ended": ended, "looked_at": now.isoformat()}
    test.save(update_fields=["outcome"])
    if not ended:
        test.again(at=now + (SOON if now - test.created_at < LATER else LATER), fresh=True)
        return
    by_consent = credential.way == catalogue.Way.OAUTH
    action = Action.GRANT_REVOKED if by_consent else Action.KEY_SEEN_DEAD
    record(by=SYSTEM, action=action, owner=test.owner, now=now, subject=test.label, about=test.wallet_id)
    credential.dead_at = now
    credential.save(update_fields=["dead_at"])
    credentials.wipe(credential, now=now)
    test.state = CredentialTest.State.PASSED
    test.save(update_fields=["state"])
    test.done(now=now)


def sweep(*, now: datetime) -> None:
    """At its last day it is wiped, and what was still to be found out about it is no longer asked."""
    credentials.wipe_overdue(now=now)
    staging.sweep(now=now)
    over = CredentialTest.objects.filter(purpose=CredentialTest.Purpose.END, finished_at=None, expires_at__lte=now)
    over.update(finished_at=now, state=CredentialTest.State.EXPIRED, lease_token=None, lease_until=None)
