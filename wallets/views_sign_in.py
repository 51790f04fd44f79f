"""Letting Holdfast in at an exchange by signing in there: away, and back. A worker does the rest.

The way back serves browsers and phones. A browser's try is bound to its session; a phone's is a row of its owner's,
and the phone gets a one-time code of ours in place of the exchange's own.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.audit import Actor, ActorKind, actor_of
from accounts.guards import anonymous, second_factor, stepped_up
from config import oauth as mechanism
from config.oauth import Fault, OAuthError, SessionStarts
from wallets import catalogue, oauth, trials
from wallets.catalogue import Way
from wallets.models import Wallet
from wallets.oauth import PhoneStarts
from wallets.sign_in_words import Trouble, words_of
from wallets.views_connect import kept_wallet, named, too_often

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from accounts.requests import OwnerRequest
    from config.oauth import Secret, Start
    from wallets.catalogue import Exchange
    from wallets.models import OAuthStart

AGAIN = (
    "You say yes at the exchange itself. Holdfast asks for reading only and never sees your password.",
    "What is in force now stays so until the new sign-in has passed its test.",
    "It must be the same account. The wallet, its history and your edits stay as they are.",
)
CONNECT, RECONNECT = "connect_exchange", "reconnect_exchange"
log = logging.getLogger(__name__)


# --- away ------------------------------------------------------------------------------------------------------------


@require_POST
@never_cache
@second_factor
def sign_in(request: OwnerRequest, exchange_id: str) -> HttpResponse:
    return leave(request, named(exchange_id, Way.OAUTH))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@stepped_up
def sign_in_again(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    """In place: the wallet, its history and its edits stay. Shown first, for whoever comes from the second factor."""
    wallet = kept_wallet(request.user, wallet_id)
    exchange = named(wallet.exchange, Way.OAUTH)
    if request.method == "POST":
        return leave(request, exchange, wallet=wallet)
    context = {"wallet": wallet, "exchange": exchange, "what_happens": AGAIN}
    return render(request, "wallets/sign_in_again.html", context)


def leave(request: OwnerRequest, exchange: Exchange, *, wallet: Wallet | None = None) -> HttpResponse:
    """A page of ours in between, not a redirect: exchanges lead on from host to host, and the browser's rule for forms
    would have to name them all.
    """
    back = reverse("wallets:wallet", args=[wallet.pk]) if wallet else reverse("wallets:exchange", args=[exchange.id])
    # The way back leads to PUBLIC_URL to the letter; begun at another name of ours, the session would not be there.
    if request.get_host() != urlsplit(settings.PUBLIC_URL).netloc:
        return HttpResponseRedirect(f"{settings.PUBLIC_URL}{back}")
    if refused := too_often(request.user):
        messages.warning(request, refused.sentence)
        return redirect(back)
    url = oauth.depart(
        exchange,
        provider_of(exchange),
        SessionStarts(request.session),
        owner=request.user,
        now=timezone.now(),
        purpose=RECONNECT if wallet else CONNECT,
        return_to=str(wallet.pk) if wallet else "",
    )
    return render(request, "wallets/leaving.html", {"exchange": exchange, "url": url, "back": back})


def provider_of(exchange: Exchange) -> mechanism.Provider:
    provider = oauth.provider_of(exchange)
    if provider is None:
        raise Http404
    return provider


# --- and back --------------------------------------------------------------------------------------------------------


class EitherStarts:
    """A browser's starts, and every phone's. The state says which it is, and nobody else's will do."""

    def __init__(self, browser: SessionStarts, phones: PhoneStarts) -> None:
        self.browser, self.phones = browser, phones

    def keep(self, start: Start) -> None:
        self.browser.keep(start)

    def take(self, state_digest: str) -> Start | None:
        return self.browser.take(state_digest) or self.phones.take(state_digest)


class ToTheApp(HttpResponseRedirect):
    """Addresses that a phone's own app opens."""

    def __init__(self, address: str) -> None:
        self.allowed_schemes = list(settings.OAUTH_RETURN_SCHEMES)
        super().__init__(address)


@require_GET
@never_cache
@anonymous
def sign_in_return(request: HttpRequest, exchange_id: str) -> HttpResponse:
    """Always ends in a redirect, so that code and state stay in no address bar and no referrer."""
    exchange, now = named(exchange_id, Way.OAUTH), timezone.now()
    phones = PhoneStarts(now=now)
    starts = EitherStarts(SessionStarts(request.session), phones)
    try:
        start, code = mechanism.come_back(provider_of(exchange), request.GET, starts, now=now)
    except OAuthError as error:
        log.warning("Sign-in at %s ended with %s.", exchange.id, error.fault.value)
        return trouble_with(exchange, Trouble.of(error.fault), phones.row)
    if phones.row:
        return finish_for_phone(request, exchange, phones.row, start, code, now=now)
    return finish_here(request, exchange, start, code, now=now)


def finish_here(request: HttpRequest, exchange: Exchange, start: Start, code: Secret, *, now: datetime) -> HttpResponse:
    """Begun by this owner, behind a second factor; finished by the same owner in the same session, or not at all."""
    if start.purpose not in {CONNECT, RECONNECT}:  # begun to sign in to Holdfast, not to connect
        return trouble_with(exchange, Trouble.of(Fault.STATE_UNKNOWN))
    if str(request.user.pk) != start.subject:
        return trouble_with(exchange, Trouble.SOMEBODY_ELSE_NOW)
    owner = cast("OwnerRequest", request).user
    wallet = Wallet.objects.for_user(owner).kept().filter(pk=start.return_to).first() if start.return_to else None
    if start.return_to and wallet is None:
        return trouble_with(exchange, Trouble.WALLET_GONE)
    try:
        test = trials.ask_after_consent(
            by=actor_of(request),
            owner=owner,
            exchange=exchange,
            candidate=oauth.candidate_of(start, code),
            now=now,
            wallet=wallet,
        )
    except trials.FrozenError:
        return trouble_with(exchange, Trouble.FROZEN)
    return redirect("wallets:test", test_id=test.pk)


def finish_for_phone(
    request: HttpRequest, exchange: Exchange, row: OAuthStart, start: Start, code: Secret, *, now: datetime
) -> HttpResponse:
    """The exchange's code stays here, with a test that waits until the phone has claimed it."""
    here = actor_of(request)
    by = Actor(ActorKind.OWNER, row.owner, ip=here.ip, agent=here.agent)
    if row.wallet and row.wallet.binned_at:
        return trouble_with(exchange, Trouble.WALLET_GONE, row)
    try:
        with transaction.atomic():
            test = trials.ask_after_consent(
                by=by,
                owner=row.owner,
                exchange=exchange,
                candidate=oauth.candidate_of(start, code),
                now=now,
                wallet=row.wallet,
                label=row.label,
                held_until=row.expires_at,
            )
            handed = oauth.hand_over(row, test, now=now)
    except trials.FrozenError:
        return trouble_with(exchange, Trouble.FROZEN, row)
    return ToTheApp(with_query(row.return_to, code=handed, exchange=exchange.id))


def trouble_with(exchange: Exchange, trouble: Trouble, row: OAuthStart | None = None) -> HttpResponse:
    """The phone's app has words of its own; a browser gets a page."""
    if row:
        return ToTheApp(with_query(row.return_to, error=trouble.value, exchange=exchange.id))
    return redirect("wallets:sign_in_trouble", exchange_id=exchange.id, trouble=trouble.value)


def with_query(address: str, **more: str) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(more)}"


@require_GET
@anonymous
def sign_in_trouble(request: HttpRequest, exchange_id: str, trouble: str) -> HttpResponse:
    row = catalogue.load().get(exchange_id)
    if row is None or trouble not in set(Trouble):
        raise Http404
    layout = "base.html" if request.user.is_authenticated else "door.html"
    context = {"words": words_of(Trouble(trouble), row.name), "exchange": row, "layout": layout}
    return render(request, "wallets/sign_in_trouble.html", context)
