"""Signing in with Coinbase: asks for nothing but who somebody is there, and keeps nothing but that.

A Coinbase user id is linked to an owner by the owner: on opening an account with it, once the e-mail address is proven,
or from the settings after a fresh second factor. An e-mail address never links. It stands in for the password only.
"""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.urls import reverse

from accounts.audit import Action, Actor, record
from accounts.models import CoinbaseLink, User
from accounts.notices import Kind, tell
from config.http import Patience
from config.oauth import Fault, OAuthError, Provider, begin, come_back, exchange, fetch, revoke

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from config.oauth import Secret, Start, Starts, Tokens

SCOPES = ("wallet:user:read",)  # the narrowest that Coinbase's documents name for reading /v2/user
LONGEST_ID = 64
# Each call holds up a web process. Once Coinbase has kept one waiting for nothing, the next ones are not even tried.
SILENCE = 30  # seconds
SILENT = "coinbase-silent"
PATIENCE = Patience(connect=2, read=4, total=5)  # somebody is looking at an empty page meanwhile


class Purpose(StrEnum):
    SIGN_IN = "sign_in"
    LINK = "link"


class LinkedElsewhereError(Exception):
    """The Coinbase account or the owner is linked already, but not to each other."""


class LastWayInError(Exception):
    """Without a password the owner could not come in any more."""


def provider() -> Provider | None:
    """None: the operator has no client id, so it is not offered."""
    if not settings.COINBASE_SIGNIN_CLIENT_ID:
        return None
    stand_in = settings.EXCHANGE_ORIGINS.get("coinbase", "")
    login = stand_in or "https://login.coinbase.com"
    return Provider(
        id="coinbase",
        title="Coinbase",
        authorize_url=f"{login}/oauth2/auth",
        token_url=f"{login}/oauth2/token",
        revoke_url=f"{login}/oauth2/revoke",
        api_url=stand_in or "https://api.coinbase.com",
        client_id=settings.COINBASE_SIGNIN_CLIENT_ID,
        client_secret=settings.COINBASE_SIGNIN_CLIENT_SECRET,
        patience=PATIENCE,
        stand_in=bool(stand_in),
    )


def return_url() -> str:
    """Registered at Coinbase to the letter, so it does not follow the address somebody happens to use."""
    return f"{settings.PUBLIC_URL}{reverse('accounts:coinbase_return')}"


# --- there and back ----------------------------------------------------------------------------------------------


def depart(
    coinbase: Provider,
    starts: Starts,
    *,
    purpose: Purpose,
    now: datetime,
    owner: User | None = None,
    return_to: str = "",
) -> str:
    """The address to send the browser to."""
    departure = begin(
        coinbase,
        purpose=purpose,
        redirect_uri=return_url(),
        scopes=SCOPES,
        now=now,
        subject=str(owner.pk) if owner else "",
        return_to=return_to,
    )
    starts.keep(departure.start)
    return departure.url


def arrive(coinbase: Provider, query: Mapping[str, str], starts: Starts, *, now: datetime) -> tuple[Start, str]:
    """What somebody set out for, and their Coinbase user id. The token that told us is thrown away here."""
    start, code = come_back(coinbase, query, starts, now=now)
    if start.purpose not in set(Purpose):  # begun to connect a wallet: that asks for less before it begins
        raise OAuthError(Fault.STATE_UNKNOWN)
    if cache.get(SILENT):
        raise OAuthError(Fault.UNREACHABLE)
    try:
        return start, _ask_who(coinbase, start, code, now=now)
    except OAuthError as error:
        if error.fault is Fault.UNREACHABLE:
            cache.set(SILENT, value=True, timeout=SILENCE)
        raise


def _ask_who(coinbase: Provider, start: Start, code: Secret, *, now: datetime) -> str:
    tokens = exchange(coinbase, start, code, now=now)
    try:
        return user_id_in(fetch(coinbase, "/v2/user", tokens.access))
    finally:
        _throw_away(coinbase, tokens)


def user_id_in(answer: Mapping[str, object]) -> str:
    data = answer.get("data")
    found = data.get("id") if isinstance(data, dict) else None
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID or not found.isprintable():
        raise OAuthError(Fault.NOT_UNDERSTOOD)
    return found


def _throw_away(coinbase: Provider, tokens: Tokens) -> None:
    """It dies by itself within the hour, so a Coinbase that does not listen now keeps nobody from signing in."""
    with suppress(OAuthError):
        revoke(coinbase, tokens.access, access=tokens.access)


# --- who is who --------------------------------------------------------------------------------------------------


def owner_of(coinbase_user_id: str) -> User | None:
    return User.objects.filter(coinbase_link__coinbase_user_id=coinbase_user_id).first()


def link_of(owner: User) -> CoinbaseLink | None:
    return CoinbaseLink.objects.for_user(owner).first()


@transaction.atomic
def link(*, by: Actor, owner: User, coinbase_user_id: str, now: datetime) -> CoinbaseLink:
    """Once is enough: linking the same two again changes nothing."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    linked, is_new = link_of(owner), False
    if linked is None:
        linked, is_new = CoinbaseLink.objects.get_or_create(
            coinbase_user_id=coinbase_user_id, defaults={"owner": owner, "linked_at": now}
        )
    if (linked.owner_id, linked.coinbase_user_id) != (owner.pk, coinbase_user_id):
        raise LinkedElsewhereError
    if is_new:
        record(by=by, action=Action.COINBASE_LINKED, owner=owner, now=now)
        tell(owner=owner, kind=Kind.COINBASE_LINKED, now=now)
    return linked


@transaction.atomic
def unlink(*, by: Actor, owner: User, now: datetime) -> None:
    holder = User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if not holder.has_usable_password():
        raise LastWayInError
    deleted, _ = CoinbaseLink.objects.for_user(owner).delete()
    if deleted:
        record(by=by, action=Action.COINBASE_UNLINKED, owner=owner, now=now)
        tell(owner=owner, kind=Kind.COINBASE_UNLINKED, now=now)
