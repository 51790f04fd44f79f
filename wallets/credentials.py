"""A wallet's credential: put in force, taken out of force. Edits and rows are never touched here.

Keys are wiped when they are out of force. Two are needed once more, and `ending` until then: a sign-in, to be taken
back at the exchange, and a leaked key, to see that it is dead there.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Max

from config.fields import seal
from config.queue import wake
from wallets import catalogue
from wallets.models import Credential, CredentialTest, OAuthGrant, Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import User
    from wallets.catalogue import Way
    from wallets.oauth import Granted

WORK = "credential_tests"
TAKE_BACK_FOR = timedelta(days=1)  # so long a sign-in is tried to be taken back
WATCH_LEAKED_FOR = timedelta(days=7)

Standing = Credential.Standing


class NoKeyError(Exception):
    """There is nothing to check, or to read with: no credential is in force."""


def current_of(wallet: Wallet) -> Credential | None:
    return Credential.objects.filter(wallet=wallet, standing=Standing.CURRENT).first()


def latest_version(wallet: Wallet | None) -> int | None:
    found: int | None = Credential.objects.filter(wallet=wallet).aggregate(latest=Max("version"))["latest"]
    return found


def put_in_force(
    wallet: Wallet,
    *,
    way: Way,
    values: Mapping[str, str],
    now: datetime,
    granted: Granted | None = None,
    confirmed: str = "",
) -> Credential:
    """Inside a transaction that holds the wallet: the former goes and this one comes, both or neither."""
    take_out_of_force(wallet, now=now, replaced_by=way)
    credential = kept(wallet, Standing.CURRENT, way=way, values=values, now=now, confirmed=confirmed)
    if granted:
        OAuthGrant.objects.create(
            credential=credential,
            owner=wallet.owner,
            scopes=sorted(granted.scopes),
            access_expires_at=granted.expires_at,
            renewable=granted.renewable,
        )
    wallet.way = way
    wallet.save(update_fields=["way"])
    return credential


def kept(
    wallet: Wallet,
    standing: Credential.Standing,
    *,
    way: Way,
    values: Mapping[str, str],
    now: datetime,
    confirmed: str,
) -> Credential:
    """The next version, sealed. It was used a moment ago, in its test."""
    credential = Credential(
        owner=wallet.owner,
        wallet=wallet,
        version=(latest_version(wallet) or 0) + 1,
        way=way,
        standing=standing,
        created_at=now,
        used_at=now,
        confirmed_at=now if confirmed else None,
        confirmed_words=confirmed,
    )
    seal(credential, sealed=json.dumps(dict(values)))
    credential.save(force_insert=True)
    return credential


def take_out_of_force(
    wallet: Wallet,
    *,
    now: datetime,
    leaked: bool = False,
    replaced_by: Way | None = None,
    sparing: Credential | None = None,
) -> None:
    """Inside a transaction: nothing is read with any credential of this wallet from now on, what lies in reserve
    included; only `sparing` is let alone, for it takes over.
    """
    held = Credential.objects.filter(wallet=wallet, sealed__isnull=False).exclude(standing=Standing.ENDING)
    if sparing:
        held = held.exclude(pk=sparing.pk)
    for credential in held.select_for_update(no_key=True):
        # A new consent stands in place of the former one: taking that back might end both at the exchange.
        renewed = credential.way == replaced_by == catalogue.Way.OAUTH
        if credential.way == catalogue.Way.OAUTH and not renewed:
            _begin_to_end(credential, until=now + TAKE_BACK_FOR, leaked=leaked, now=now)
        elif leaked and credential.standing == Standing.CURRENT:
            _begin_to_end(credential, until=now + WATCH_LEAKED_FOR, leaked=True, now=now)
        else:
            wipe(credential, now=now)


def take_all_out_of_force(owner: User, *, now: datetime) -> None:
    """All wallets are taken first, also those without a key: one may be put in force just now, and would be missed."""
    for wallet in list(Wallet.objects.for_user(owner).select_for_update(no_key=True).order_by("pk")):
        take_out_of_force(wallet, now=now)


def _begin_to_end(credential: Credential, *, until: datetime, leaked: bool, now: datetime) -> None:
    credential.standing, credential.ends_at = Standing.ENDING, until
    credential.leaked_at = now if leaked else None
    credential.save(update_fields=["standing", "ends_at", "leaked_at"])
    CredentialTest.objects.create(
        owner=credential.owner,
        wallet=credential.wallet,
        credential=credential,
        purpose=CredentialTest.Purpose.END,
        way=credential.way,
        exchange=credential.wallet.exchange,
        region=credential.wallet.region,
        label=credential.wallet.label,
        not_before=now,
        created_at=now,
        expires_at=until,
    )
    wake(WORK)


def wipe(credential: Credential, *, now: datetime) -> None:
    credential.standing, credential.sealed, credential.wiped_at = Standing.FORMER, None, now
    credential.save(update_fields=["standing", "sealed", "wiped_at"])


def wipe_overdue(*, now: datetime) -> int:
    """Whatever became of it at the exchange: no ending credential outlives its day."""
    overdue = Credential.objects.filter(standing=Standing.ENDING, ends_at__lte=now)
    return overdue.update(standing=Standing.FORMER, sealed=None, wiped_at=now)
