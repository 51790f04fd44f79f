"""What workers do for wallets: claim, load, one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from wallets import catalogue, credentials
from wallets.budget import BusyError, alone
from wallets.models import CredentialTest

if TYPE_CHECKING:
    from datetime import datetime


def examine_credentials(now: datetime) -> bool:
    """One waiting test. True: there may be more."""
    credentials.sweep(now=now)
    CredentialTest.objects.sweep(now=now)
    test = CredentialTest.objects.claim(now=now)
    if test is None:
        return False
    examine(test)
    return True


def examine(test: CredentialTest) -> None:
    from wallets import workshop  # noqa: PLC0415 - connectors bring ccxt, which web processes never load

    exchange = catalogue.load()[test.exchange]
    try:
        with alone(exchange, key=str(test.wallet_id or test.id)):
            credentials.examine(
                test,
                connect=lambda test, values: workshop.connect(test.exchange, values, region=test.region),
                our_addresses=settings.EGRESS_IPS,
                clock=timezone.now,
            )
    except BusyError:
        test.again(at=timezone.now() + credentials.BUSY_FOR)
