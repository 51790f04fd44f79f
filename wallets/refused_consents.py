"""A consent of which nothing came: too many rights, too few, another account, or its time was over.

Here it is wiped, but at the exchange Holdfast would stand among the apps that may read, and nobody would know of it.
So what was given goes on, sealed, with a test that ends it there: a day at most. It stands where the account is
connected by another consent of the same owner, for at the exchange the two may be one and the same.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from config.fields import seal
from config.queue import wake
from wallets import claims, credentials
from wallets.catalogue import Way
from wallets.models import Credential, CredentialTest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Purpose, State, Standing = CredentialTest.Purpose, CredentialTest.State, Credential.Standing
UNDER_WAY = (State.QUEUED, State.RUNNING, State.ASKING)
END = "end"  # in the outcome of what was refused: which test takes it back
SPARED = "spared"  # in the outcome of that one: it stands, for another hangs on it


def begin(test: CredentialTest, values: Mapping[str, str], *, now: datetime) -> None:
    """Inside the transaction that wipes it: the caller saves the test."""
    end = CredentialTest(
        owner=test.owner,
        wallet=test.wallet,
        purpose=Purpose.END,
        way=test.way,
        exchange=test.exchange,
        region=test.region,
        label=test.label,
        claims=test.claims,
        not_before=now,
        created_at=now,
        expires_at=now + credentials.TAKE_BACK_FOR,
    )
    seal(end, sealed=json.dumps(dict(values)))
    end.save(force_insert=True)
    test.outcome[END] = str(end.pk)
    wake(credentials.WORK)


def left(*, now: datetime) -> Q:
    """Given up, or out of its time, with what an exchange gave for it."""
    over = Q(expires_at__lte=now) | Q(state=State.EXPIRED)
    return over & Q(way=Way.OAUTH, sealed__isnull=False, outcome__redeemed=True)


@transaction.atomic
def hand_on(test: CredentialTest, values: Mapping[str, str], *, now: datetime) -> None:
    """`values`: opened before, outside the transaction. Of two who sweep at once one finds nothing more."""
    held = CredentialTest.objects.select_for_update(no_key=True).get(pk=test.pk)
    if not held.holds_tokens:
        return
    begin(held, values, now=now)
    held.state, held.sealed, held.finished_at = State.EXPIRED, None, now
    held.lease_token = held.lease_until = None
    held.save(update_fields=["state", "sealed", "finished_at", "lease_token", "lease_until", "outcome"])


def is_signing_in_anew(end: CredentialTest) -> bool:
    """What that comes to decides whether the former one may go."""
    anew = CredentialTest.objects.filter(owner=end.owner, exchange=end.exchange, way=Way.OAUTH, state__in=UNDER_WAY)
    return anew.filter(purpose__in=[Purpose.CONNECT, Purpose.REPLACE], expires_at__gt=end.not_before).exists()


def must_stand(end: CredentialTest) -> bool:
    """Unless every account that this owner connected by consent is known to be another one."""
    standing = Credential.objects.filter(owner=end.owner, wallet__exchange=end.exchange, way=Way.OAUTH)
    books = standing.filter(standing=Standing.CURRENT).values_list("wallet__book", flat=True)
    return not all(claims.is_another(book, end.owner, end.exchange, end.claims) for book in books)
