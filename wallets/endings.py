"""The end of a credential that is out of force: a sign-in is taken back at the exchange, a leaked key is watched until
the exchange refuses it. Then it is wiped. Workers only.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from accounts import notices
from accounts.audit import SYSTEM, Action, record
from config.fields import seal
from wallets import catalogue, credentials, oauth, refused_consents, staging, trouble
from wallets.connectors.attempts import attempt
from wallets.models import Credential, CredentialTest
from wallets.notice_kinds import Kind
from wallets.records import Cause, ConnectorError
from wallets.trials import WORKER, open_candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from wallets.catalogue import Exchange
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
    if credential is None and test.sealed is not None:
        settle_refused(test, clock)
        return
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


def settle_refused(test: CredentialTest, clock: Callable[[], datetime]) -> None:
    """A consent of which nothing came, unless another hangs on it by now."""
    exchange = catalogue.of(test.exchange)
    if refused_consents.is_signing_in_anew(test):
        test.again(at=clock() + SOON, fresh=True)
        return
    if refused_consents.must_stand(test):
        part_with(test, now=clock(), outcome={refused_consents.SPARED: True})
        return
    if exchange.retired or oauth.provider_of(exchange) is None:  # nobody can say it there, today or tomorrow
        part_with(test, now=clock(), outcome={"ended": False}, state=CredentialTest.State.EXPIRED)
        return
    if given_back(test, exchange, clock):
        part_with(test, now=clock(), outcome={"ended": True})
    else:
        look_again(test, now=clock())


def given_back(test: CredentialTest, exchange: Exchange, clock: Callable[[], datetime]) -> bool:
    values = open_candidate(test, now=clock())
    try:
        lasting = oauth.lasting(exchange, values, clock=clock)
        if lasting != values:  # the former refresh token may be spent by that
            with transaction.atomic():
                test.fence(now=clock())
                seal(test, sealed=json.dumps(lasting))
                test.save(update_fields=["sealed"])
        oauth.take_back(exchange, lasting, clock=clock)
    except ConnectorError as failure:
        return failure.cause in DEAD and not trouble.is_at(test.exchange)
    return True


@transaction.atomic
def part_with(
    test: CredentialTest,
    *,
    now: datetime,
    outcome: Mapping[str, bool],
    state: CredentialTest.State = CredentialTest.State.PASSED,
) -> None:
    test.fence(now=now)
    if outcome.get("ended"):
        record(
            by=SYSTEM,
            action=Action.GRANT_REVOKED,
            owner=test.owner,
            now=now,
            subject=test.label,
            about=test.wallet_id,
        )
    test.outcome, test.state, test.sealed = dict(outcome), state, None
    test.save(update_fields=["outcome", "state", "sealed"])
    test.done(now=now)
    if state == CredentialTest.State.EXPIRED:
        tell_of_rest(test, now=now)


def tell_of_rest(test: CredentialTest, *, now: datetime) -> None:
    """What only the owner can do."""
    exchange = catalogue.named(test.exchange)
    notices.tell(owner=test.owner, kind=Kind.SIGN_IN_LEFT, topic=str(test.pk), now=now, exchange=exchange)


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
        look_again(test, now=now)
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


def look_again(test: CredentialTest, *, now: datetime) -> None:
    test.again(at=now + (SOON if now - test.created_at < LATER else LATER), fresh=True)


def sweep(*, now: datetime) -> None:
    """At its last day it is wiped, and what was still to be found out about it is no longer asked."""
    credentials.wipe_overdue(now=now)
    staging.sweep(now=now)
    over = CredentialTest.objects.filter(purpose=CredentialTest.Purpose.END, finished_at=None, expires_at__lte=now)
    with transaction.atomic():
        for test in over.select_for_update(skip_locked=True, of=("self",), no_key=True).select_related("owner"):
            test.part(now=now)
            if test.way == catalogue.Way.OAUTH:
                tell_of_rest(test, now=now)
