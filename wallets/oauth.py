"""Letting Holdfast in at an exchange by OAuth2: away and back (web), redeemed, renewed and taken back (workers).

The way back only brings a code; a worker spends it, because no page waits for an exchange. A refresh token may be spent
by its use, so whoever renews first commits that it is about to ask (a lease on the grant). If the answer is lost on the
way, or we die with it in hand, the same token is tried once more when the lease is over: a forgiving provider then
answers as before, a strict one refuses, and the owner signs in again. Nothing else is lost by trying: without that
answer the token is worth nothing either way.
"""

from __future__ import annotations

import json
import secrets
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.audit import Actor, ActorKind, reveal
from config import oauth
from config.fields import seal
from config.http import DEFAULT_PATIENCE
from config.oauth import Fault, OAuthError, Provider, Secret, Start
from wallets import catalogue
from wallets.models import Credential, OAuthGrant, OAuthStart
from wallets.records import Cause, ConnectorError, Whose
from wallets.workshop import at_the_door, origin_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from accounts.models import User
    from config.oauth import Starts
    from wallets.catalogue import Exchange
    from wallets.models import CredentialTest, Wallet

MARGIN = timedelta(minutes=3)  # renewed so long before its end that no page of a sync meets the end
LEASE = timedelta(minutes=2)  # longer than the longest wait for a turn and for a provider's answer


@dataclass(frozen=True, slots=True)
class Granted:
    """What came of a consent, beside the tokens themselves."""

    scopes: frozenset[str]
    expires_at: datetime | None
    renewable: bool


class BeingRenewedError(Exception):
    """Another worker is at it: look again in a few seconds."""


# --- where it leads ------------------------------------------------------------------------------------------------


def provider_of(exchange: Exchange) -> Provider | None:
    """None: the exchange has no sign-in, or the operator no client id for it."""
    client_id, client_secret = settings.OAUTH_CLIENTS.get(exchange.id, ("", ""))
    facts = exchange.sign_in
    if facts is None or not client_id:
        return None
    origin = origin_of(exchange.id)

    def at(url: str) -> str:
        filled = url.replace("{client_id}", client_id)
        return f"{origin}{urlsplit(filled).path}" if origin else filled

    return Provider(
        id=exchange.id,
        title=exchange.name,
        authorize_url=at(facts.authorize_url),
        token_url=at(facts.token_url),
        revoke_url=at(facts.revoke_url),
        api_url=at(facts.api_url),
        client_id=client_id,
        client_secret=client_secret,
        client_auth=facts.client_auth,
        authorize_extra=facts.extra,
        patience=DEFAULT_PATIENCE,
        stand_in=bool(origin),
    )


def return_url(exchange_id: str) -> str:
    """Registered at the exchange to the letter."""
    return f"{settings.PUBLIC_URL}{reverse('wallets:sign_in_return', args=[exchange_id])}"


# --- away and back (web) -------------------------------------------------------------------------------------------


def depart(
    exchange: Exchange, provider: Provider, starts: Starts, *, owner: User, now: datetime, purpose: str, return_to: str
) -> str:
    """The address to send the browser to. `purpose` and `return_to` come back with the start."""
    assert exchange.sign_in  # noqa: S101 # there is a provider
    departure = oauth.begin(
        provider,
        purpose=purpose,
        redirect_uri=return_url(exchange.id),
        scopes=exchange.sign_in.scopes,
        now=now,
        subject=str(owner.pk),
        return_to=return_to,
    )
    starts.keep(departure.start)
    return departure.url


def candidate_of(start: Start, code: Secret) -> dict[str, str]:
    """What a test seals until a worker spends it."""
    return {"code": code.expose(), "start": json.dumps(start.as_dict())}


class PhoneStarts:
    """A phone has no session of ours in the browser it opens. So its start is a row of the owner's."""

    def __init__(
        self, *, now: datetime, owner: User | None = None, wallet: Wallet | None = None, label: str = ""
    ) -> None:
        self.now, self.owner, self.wallet, self.label = now, owner, wallet, label
        self.row: OAuthStart | None = None

    def keep(self, start: Start) -> None:
        row = OAuthStart(
            owner=self.owner,
            wallet=self.wallet,
            exchange=start.provider,
            label=self.label,
            return_to=start.return_to,
            state_digest=start.state_digest,
            created_at=self.now,
            expires_at=self.now + OAuthStart.LIFE,
        )
        seal(row, sealed=json.dumps(start.as_dict()))
        row.save(force_insert=True)
        self.row = row

    def take(self, state_digest: str) -> Start | None:
        """Once: who comes second with the same state is nobody."""
        waiting = OAuthStart.objects.filter(
            state_digest=state_digest, came_back_at=None, expires_at__gt=self.now, sealed__isnull=False
        )
        with transaction.atomic():
            row = waiting.select_for_update(of=("self",), no_key=True).select_related("owner", "wallet").first()
            if row is None:
                return None
            row.came_back_at = self.now
            row.save(update_fields=["came_back_at"])
        self.row = row
        return Start.from_dict(json.loads(_opened(row, now=self.now)))


def hand_over(row: OAuthStart, test: CredentialTest, *, now: datetime) -> str:
    """A one-time code for the phone, in place of the exchange's own, which stays here with a test that waits."""
    handed = secrets.token_urlsafe(32)
    row.sealed, row.test, row.code_digest, row.came_back_at = None, test, oauth.digest_of(handed), now
    row.save(update_fields=["sealed", "test", "code_digest", "came_back_at"])
    return handed


@transaction.atomic
def claimed(*, owner: User, exchange: Exchange, code: str, now: datetime) -> CredentialTest | None:
    """The same owner, the same quarter of an hour, once."""
    mine = OAuthStart.objects.filter(
        owner=owner, exchange=exchange.id, code_digest=oauth.digest_of(code), expires_at__gt=now
    )
    row = mine.select_for_update(of=("self",), no_key=True).select_related("test").first() if code else None
    if row is None or row.test is None:
        return None
    row.code_digest = ""
    row.save(update_fields=["code_digest"])
    return row.test


def sweep_starts(*, now: datetime) -> int:
    return OAuthStart.objects.filter(expires_at__lte=now).delete()[0]


def _opened(row: OAuthStart, *, now: datetime) -> str:
    assert row.sealed is not None  # noqa: S101 # the caller's filter
    return reveal(
        row.sealed, by=Actor(ActorKind.SYSTEM, label="Sign-in at an exchange"), purpose="finish a sign-in", now=now
    )


# --- tokens (workers) ----------------------------------------------------------------------------------------------

CAUSES = {
    Fault.GRANT_REFUSED: Cause.SIGN_IN_AGAIN,
    Fault.TOKEN_REFUSED: Cause.SIGN_IN_AGAIN,
    Fault.DENIED: Cause.SIGN_IN_AGAIN,
    Fault.STATE_UNKNOWN: Cause.SIGN_IN_AGAIN,
    Fault.STATE_EXPIRED: Cause.SIGN_IN_AGAIN,
    Fault.SCOPE_REFUSED: Cause.RIGHT_MISSING,
    Fault.TOO_MANY: Cause.RATE_LIMITED,
    Fault.UNREACHABLE: Cause.NETWORK,
    Fault.CLIENT_REFUSED: Cause.UNEXPECTED_REPLY,  # our client id is the operator's to mend
    Fault.NOT_UNDERSTOOD: Cause.UNEXPECTED_REPLY,
}


def failure_of(error: OAuthError) -> ConnectorError:
    """Before anybody is signed in, only the address can have asked too often."""
    code = f"oauth {error.fault.value}"
    return ConnectorError(CAUSES[error.fault], code=code, wait=error.wait, whose=Whose.ADDRESS)


def redeem(exchange: Exchange, candidate: Mapping[str, str], *, clock: Callable[[], datetime]) -> dict[str, str]:
    """The code for tokens, as a credential keeps them. A code is spent by the first try."""
    start = Start.from_dict(json.loads(candidate["start"]))
    with _in_turn(exchange, clock):
        tokens = oauth.exchange(_provider(exchange), start, Secret(candidate["code"]), now=clock())
    scopes = tokens.granted if tokens.granted is not None else frozenset(start.scopes)
    return values_of(tokens, scopes=scopes)


def values_of(
    tokens: oauth.Tokens, *, scopes: frozenset[str], former: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Some providers keep the refresh token they gave at first."""
    kept = (former or {}).get("refresh", "")
    return {
        "token": tokens.access.expose(),
        "refresh": tokens.refresh.expose() if tokens.refresh else kept,
        "scopes": " ".join(sorted(scopes)),
        "expires_at": tokens.expires_at.isoformat() if tokens.expires_at else "",
    }


def granted_of(values: Mapping[str, str]) -> Granted:
    return Granted(
        scopes=frozenset(values["scopes"].split()),
        expires_at=datetime.fromisoformat(values["expires_at"]) if values["expires_at"] else None,
        renewable=bool(values["refresh"]),
    )


def renewed(credential: Credential, *, by: Actor, clock: Callable[[], datetime]) -> dict[str, str]:
    """The credential's values, with a token that lasts. Called outside any transaction.

    Tokens and their end are read at once: whoever called may hold the row from before another worker renewed it.
    """
    seen = Credential.objects.select_related("wallet", "grant").get(pk=credential.pk)
    grant = seen.grant
    if not _near_its_end(grant, clock()):
        return opened(seen, by=by, now=clock())
    lease = uuid.uuid4()
    now = clock()
    free = OAuthGrant.objects.filter(Q(lease_token=None) | Q(lease_until__lte=now), pk=grant.pk)
    if not free.update(lease_token=lease, lease_until=now + LEASE):
        raise BeingRenewedError
    try:
        return _renew(credential, lease, by=by, clock=clock)
    finally:
        OAuthGrant.objects.filter(pk=grant.pk, lease_token=lease).update(lease_token=None, lease_until=None)


def _renew(credential: Credential, lease: uuid.UUID, *, by: Actor, clock: Callable[[], datetime]) -> dict[str, str]:
    """Somebody may have renewed between our look and our lease: so everything is read again under it."""
    fresh = Credential.objects.select_related("wallet", "grant").get(pk=credential.pk)
    values = opened(fresh, by=by, now=clock())
    if not _near_its_end(fresh.grant, clock()):
        return values
    exchange = catalogue.of(fresh.wallet.exchange)
    with _in_turn(exchange, clock):
        tokens = oauth.refresh(_provider(exchange), Secret(values["refresh"]), now=clock())
    scopes = tokens.granted if tokens.granted is not None else frozenset(fresh.grant.scopes)
    values = values_of(tokens, scopes=scopes, former=values)
    keep_renewed(fresh, values, lease=lease, now=clock())
    return values


def lasting(exchange: Exchange, values: Mapping[str, str], *, clock: Callable[[], datetime]) -> dict[str, str]:
    """Of tokens that no credential keeps: the same, or renewed where they are near their end."""
    granted = granted_of(values)
    if not granted.renewable or granted.expires_at is None or granted.expires_at > clock() + MARGIN:
        return dict(values)
    with _in_turn(exchange, clock):
        tokens = oauth.refresh(_provider(exchange), Secret(values["refresh"]), now=clock())
    return values_of(tokens, scopes=tokens.granted or granted.scopes, former=values)


@transaction.atomic
def keep_renewed(credential: Credential, values: Mapping[str, str], *, lease: uuid.UUID, now: datetime) -> None:
    """Only under the lease it was asked with, and only while the credential is still kept."""
    granted = granted_of(values)
    mine = OAuthGrant.objects.filter(credential=credential, lease_token=lease)
    kept = mine.update(access_expires_at=granted.expires_at, scopes=sorted(granted.scopes), refreshed_at=now)
    held = Credential.objects.select_for_update(no_key=True).filter(pk=credential.pk, sealed__isnull=False).first()
    if not kept or held is None:
        raise BeingRenewedError
    seal(held, sealed=json.dumps(dict(values)))
    held.save(update_fields=["sealed"])


def _near_its_end(grant: OAuthGrant, now: datetime) -> bool:
    return grant.renewable and grant.access_expires_at is not None and grant.access_expires_at <= now + MARGIN


def opened(credential: Credential, *, by: Actor, now: datetime) -> dict[str, str]:
    if credential.sealed is None:
        raise ConnectorError(Cause.NO_KEY)
    name = credential.wallet.label  # which key it was, in the trail
    told = reveal(credential.sealed, by=by, purpose="talk to the exchange", now=now, subject=name)
    values: dict[str, str] = json.loads(told)
    return values


def take_back(exchange: Exchange, values: Mapping[str, str], *, clock: Callable[[], datetime]) -> None:
    """At the exchange, so that the tokens are worth nothing there either."""
    facts, provider = exchange.sign_in, _provider(exchange)
    access = Secret(values["token"])
    shown = access if facts and facts.access_revokes else None
    with _in_turn(exchange, clock):
        oauth.revoke(provider, Secret(values["refresh"]) if values["refresh"] else access, access=shown)


def _provider(exchange: Exchange) -> Provider:
    provider = provider_of(exchange)
    if provider is None:  # the operator took the client id out: said as what it is for the owner
        raise ConnectorError(Cause.SIGN_IN_AGAIN, code="no client")
    return provider


@contextmanager
def _in_turn(exchange: Exchange, clock: Callable[[], datetime]) -> Iterator[None]:
    """A call to the exchange like any other: it waits for its turn, and when it is sent away everybody here obeys.
    Turns a provider's fault into the cause that pages and schedules know.
    """
    pace, failure = at_the_door(exchange, clock=clock), None
    pace.before(1)
    try:
        yield
    except OAuthError as error:
        failure = failure_of(error)
    if failure and failure.cause is Cause.RATE_LIMITED:
        pace.slow_down(failure.wait, failure.whose)
    if failure:
        raise failure
