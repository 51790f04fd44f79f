"""What workers do for wallets: claim, load, one call."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from accounts import recovery
from wallets import endings, oauth, removal, trials, watch, workshop
from wallets.budget import BusyError
from wallets.models import CredentialTest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from wallets.connectors.base import Connector


def examine_credentials(now: datetime) -> bool:
    """One waiting test. True: there may be more."""
    sweep(now)
    test = CredentialTest.objects.claim(now=now)
    if test is None:
        return False
    examine(test)
    return True


def sweep(now: datetime) -> None:
    trials.sweep(now=now)
    endings.sweep(now=now)
    oauth.sweep_starts(now=now)
    CredentialTest.objects.sweep(now=now)


def examine(test: CredentialTest) -> None:
    ends = test.purpose == CredentialTest.Purpose.END
    if test.owner.purge_at and not ends:  # asked for while its owner was closing the account, which parts with the rest
        test.part(now=timezone.now())
        return
    if recovery.frozen(test.owner) and not ends:
        test.again(at=timezone.now() + trials.FROZEN_FOR)
        return
    try:
        with workshop.one_by_one() as made:
            making = partial(connect, made)
            if ends:
                endings.settle(test, connect=making, clock=timezone.now)
            else:
                trials.examine(test, connect=making, our_addresses=settings.EGRESS_IPS, clock=timezone.now)
    except (BusyError, oauth.BeingRenewedError):
        test.again(at=timezone.now() + trials.LOOK_AGAIN, fresh=True)


def connect(made: Callable[..., Connector], test: CredentialTest, values: Mapping[str, str]) -> Connector:
    return made(test.exchange, values, region=test.region, account=str(test.wallet_id or test.id))


def remind(now: datetime) -> None:
    watch.remind(now)


def empty_bin(now: datetime) -> bool:
    return removal.purge_due(now=now)
