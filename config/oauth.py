"""The OAuth2 client mechanism, on authlib: signing in with Coinbase, and (wallets) connecting an exchange.

    departure = begin(provider, purpose="sign_in", redirect_uri=..., now=now)    send the browser to departure.url
    starts.keep(departure.start)                                               remember, for ten minutes
    start, code = come_back(provider, request.GET, starts, now=now)            the way back: state taken, never again
    tokens = exchange(provider, start, code, now=now)                          or refresh(...), revoke(...)

Where a start is kept decides who may come back with it. `SessionStarts` binds it to a browser's session. A phone has
none: there the start is a row of the owner's, `take` finds it by the state's digest, the callback hands the phone a
one-time code, and only the same owner finishes with it (compare `start.subject`). Both obey the `Starts` protocol.

Everything that can go wrong is an `OAuthError` with a `Fault`; a provider's own words, codes and tokens are in none.
A nonce would guard an id token; the providers here give none, so state and PKCE carry the whole weight.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, TypeVar
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError

from config import http

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping

    from config.oauth_client import TokenClient

START_LIVES = timedelta(minutes=10)
STARTS_KEPT = 5  # tabs of one browser on their way at once
LONGEST = 4096  # of a code or token; longer is not one
VISIBLE = re.compile(r"[\x20-\x7e]*")  # RFC 6749, appendix A: what tokens and scopes are written with
LARGEST = 256 * 1024  # bytes of an answer

Answer = TypeVar("Answer")


class Fault(StrEnum):
    """Why it did not work, and so what to do next."""

    DENIED = "denied"  # the person said no at the provider
    STATE_UNKNOWN = "state_unknown"  # missing, another browser's, or used before: begin again
    STATE_EXPIRED = "state_expired"  # ours, but more than ten minutes old: begin again
    GRANT_REFUSED = "grant_refused"  # code or refresh token expired, used, or revoked: begin again
    CLIENT_REFUSED = "client_refused"  # our client id, secret or redirect address: the operator's to mend
    TOKEN_REFUSED = "token_refused"  # noqa: S105  # the provider no longer takes the access token: refresh it
    SCOPE_REFUSED = "scope_refused"  # the token does not reach that far: ask for consent again
    TOO_MANY = "too_many"  # the provider's rate limit: wait
    # No usable answer. After a refresh this means that a single-use refresh token may be spent: do not send it again
    # to a strict provider.
    UNREACHABLE = "unreachable"
    NOT_UNDERSTOOD = "not_understood"  # an answer, but not the protocol's: HTML, half a document, fields missing


class OAuthError(Exception):
    def __init__(self, fault: Fault, wait: timedelta | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.wait = wait  # how long the provider asked to be left alone


class Secret:
    """A token on its way. Not printed, not compared, not pickled; `expose` says where it is used."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def expose(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "<secret>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not written down.")


@dataclass(frozen=True, slots=True)
class Provider:
    """How one provider does it. https throughout, except on this machine and with a stand-in (the sandbox)."""

    id: str
    title: str
    authorize_url: str
    token_url: str
    revoke_url: str
    api_url: str
    client_id: str
    client_secret: str = field(repr=False)
    client_auth: Literal["client_secret_post", "client_secret_basic", "none"] = "client_secret_post"
    authorize_extra: tuple[tuple[str, str], ...] = ()
    patience: http.Patience = http.DEFAULT_PATIENCE
    stand_in: bool = False

    def __post_init__(self) -> None:
        for url in (self.authorize_url, self.token_url, self.revoke_url, self.api_url):
            parts = urlsplit(url)
            if parts.scheme != "https" and not self.stand_in and parts.hostname not in {"localhost", "127.0.0.1"}:
                raise ValueError(f"{self.id}: {parts.scheme}://{parts.hostname} is not https.")

    @property
    def origins(self) -> frozenset[str]:
        """Where our own calls may go. The authorize page is the browser's business."""
        return frozenset(http.origin_of(url) for url in (self.token_url, self.revoke_url, self.api_url))

    @property
    def authorize_origin(self) -> str:
        """For the form-action of a page whose form leads to the provider."""
        return http.origin_of(self.authorize_url)


@dataclass(frozen=True, slots=True)
class Start:
    """What is remembered between sending somebody away and their coming back. The state itself is not among it."""

    provider: str
    purpose: str
    subject: str  # for whom it was begun; empty before anybody is signed in
    return_to: str  # where the person wanted to go; whoever sends them there checks it
    redirect_uri: str
    scopes: tuple[str, ...]
    begun_at: datetime
    state_digest: str
    verifier: str = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "scopes": list(self.scopes), "begun_at": self.begun_at.isoformat()}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Start:
        return cls(
            **{**kept, "scopes": tuple(kept["scopes"]), "begun_at": datetime.fromisoformat(kept["begun_at"])},
        )

    def is_over(self, now: datetime) -> bool:
        return not timedelta(0) <= now - self.begun_at < START_LIVES


@dataclass(frozen=True, slots=True)
class Departure:
    url: str
    start: Start


@dataclass(frozen=True, slots=True)
class Tokens:
    access: Secret
    refresh: Secret | None
    expires_at: datetime | None
    granted: frozenset[str] | None  # None: the provider did not say


@dataclass(frozen=True, slots=True)
class ScopeGap:
    missing: frozenset[str]
    extra: frozenset[str]


class Starts(Protocol):
    """Where starts are kept. `take` gives one out once: whoever comes second gets None."""

    def keep(self, start: Start) -> None: ...

    def take(self, state_digest: str) -> Start | None: ...


class SessionStarts:
    """A few starts in a browser's session: another browser cannot come back with them."""

    KEY = "oauth_starts"

    def __init__(self, session: MutableMapping[str, Any]) -> None:
        self.session = session

    def keep(self, start: Start) -> None:
        others = [kept for kept in self.session.get(self.KEY, []) if kept["provider"] == start.provider]
        self.session[self.KEY] = [*others, start.as_dict()][-STARTS_KEPT:]

    def take(self, state_digest: str) -> Start | None:
        kept = self.session.get(self.KEY, [])
        found = [one for one in kept if secrets.compare_digest(one["state_digest"], state_digest)]
        if found:
            self.session[self.KEY] = [one for one in kept if one not in found]
        return Start.from_dict(found[0]) if found else None


# --- away and back -----------------------------------------------------------------------------------------------


def begin(
    provider: Provider,
    *,
    purpose: str,
    redirect_uri: str,
    scopes: Iterable[str],
    now: datetime,
    subject: str = "",
    return_to: str = "",
) -> Departure:
    """The address to send the browser to, and what to remember meanwhile."""
    from authlib.oauth2.client import OAuth2Client  # noqa: PLC0415 - heavy: loaded by the first who goes away to sign in

    state, verifier, asked = secrets.token_urlsafe(32), secrets.token_urlsafe(48), tuple(scopes)
    client = OAuth2Client(
        None, provider.client_id, scope=" ".join(asked), redirect_uri=redirect_uri, code_challenge_method="S256"
    )
    url, _ = client.create_authorization_url(
        provider.authorize_url, state=state, code_verifier=verifier, **dict(provider.authorize_extra)
    )
    start = Start(
        provider=provider.id,
        purpose=purpose,
        subject=subject,
        return_to=return_to,
        redirect_uri=redirect_uri,
        scopes=asked,
        begun_at=now,
        state_digest=digest_of(state),
        verifier=verifier,
    )
    return Departure(url, start)


def come_back(provider: Provider, query: Mapping[str, str], starts: Starts, *, now: datetime) -> tuple[Start, Secret]:
    """The start this return belongs to, and the code it brings. The start is taken whatever comes of it, so that no
    state works twice.
    """
    state = query.get("state", "")
    start = starts.take(digest_of(state)) if 0 < len(state) <= LONGEST else None
    if start is None or start.provider != provider.id:
        raise OAuthError(Fault.STATE_UNKNOWN)
    if start.is_over(now):
        raise OAuthError(Fault.STATE_EXPIRED)
    if "error" in query:
        raise OAuthError(AUTHORIZE_ERRORS.get(query["error"], Fault.NOT_UNDERSTOOD))
    code = query.get("code", "")
    if not 0 < len(code) <= LONGEST:
        raise OAuthError(Fault.NOT_UNDERSTOOD)
    return start, Secret(code)


def digest_of(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


# RFC 6749 section 4.1.2.1, at the authorize page; section 5.2, at the token endpoint.
AUTHORIZE_ERRORS = {
    "access_denied": Fault.DENIED,
    "server_error": Fault.UNREACHABLE,
    "temporarily_unavailable": Fault.UNREACHABLE,
    "unauthorized_client": Fault.CLIENT_REFUSED,
    "invalid_request": Fault.CLIENT_REFUSED,
    "invalid_scope": Fault.CLIENT_REFUSED,
    "unsupported_response_type": Fault.CLIENT_REFUSED,
}
TOKEN_ERRORS = {
    "invalid_grant": Fault.GRANT_REFUSED,
    "invalid_client": Fault.CLIENT_REFUSED,
    "unauthorized_client": Fault.CLIENT_REFUSED,
    "invalid_request": Fault.CLIENT_REFUSED,
    "unsupported_grant_type": Fault.CLIENT_REFUSED,
    "invalid_scope": Fault.SCOPE_REFUSED,
    "temporarily_unavailable": Fault.UNREACHABLE,
    "server_error": Fault.UNREACHABLE,
}


# --- tokens ------------------------------------------------------------------------------------------------------


def exchange(provider: Provider, start: Start, code: Secret, *, now: datetime) -> Tokens:
    """The code for tokens. A code is spent by the first try, whatever comes of it."""
    with _session(provider) as session:
        client = _client(provider, session, redirect_uri=start.redirect_uri)
        answer = _asked(
            lambda: client.fetch_token(
                provider.token_url,
                grant_type="authorization_code",
                code=code.expose(),
                code_verifier=start.verifier,
            )
        )
    return tokens_of(answer, now=now)


def refresh(provider: Provider, token: Secret, *, now: datetime) -> Tokens:
    """New tokens. The caller holds the lease and has written down that it is about to ask (see `UNREACHABLE`)."""
    with _session(provider) as session:
        client = _client(provider, session)
        answer = _asked(lambda: client.refresh_token(provider.token_url, refresh_token=token.expose()))
    return tokens_of(answer, now=now)


def revoke(provider: Provider, token: Secret, *, access: Secret | None = None) -> None:
    """Tells the provider to forget the token. `access` is sent along as a bearer where the provider wants to see it
    (Coinbase's documents say: the token twice). An unknown token is no fault: it is gone, as wished.
    """
    headers = {**FORM, "Authorization": f"Bearer {access.expose()}"} if access else FORM
    with _session(provider) as session:
        client = _client(provider, session)
        answer = _asked(lambda: client.revoke_token(provider.revoke_url, token=token.expose(), headers=headers))
    if not answer.ok:
        raise OAuthError(fault_of_status(answer.status_code), http.asked_to_wait(answer.headers))


def fetch(provider: Provider, path: str, token: Secret) -> dict[str, Any]:
    """One JSON object of the provider's API, read with the token."""
    headers = {"Authorization": f"Bearer {token.expose()}", "Accept": "application/json"}
    with _session(provider) as session:
        answer = _asked(lambda: session.get(f"{provider.api_url}{path}", headers=headers))
    if answer.status_code != requests.codes.ok:
        raise OAuthError(fault_of_status(answer.status_code), http.asked_to_wait(answer.headers))
    body = _asked(answer.json)
    if not isinstance(body, dict):
        raise OAuthError(Fault.NOT_UNDERSTOOD)
    return body


FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}


def tokens_of(answer: object, *, now: datetime) -> Tokens:
    """Reads a token endpoint's answer; anything but the protocol's is a fault."""
    fields: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
    access, again, kind = fields.get("access_token"), fields.get("refresh_token"), fields.get("token_type", "bearer")
    again = None if again == "" else again  # so some say that there is none
    if not (_is_token(access) and (again is None or _is_token(again))):
        raise OAuthError(Fault.NOT_UNDERSTOOD)
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise OAuthError(Fault.NOT_UNDERSTOOD)
    return Tokens(
        access=Secret(str(access)),
        refresh=Secret(str(again)) if again else None,
        expires_at=_expiry(fields.get("expires_in"), now),
        granted=_granted(fields.get("scope")),
    )


def scopes_of(text: str) -> frozenset[str]:
    """The standard parts them by spaces; Coinbase's documents show commas as well."""
    return frozenset(text.replace(",", " ").split())


def gap(asked: Iterable[str], granted: Iterable[str]) -> ScopeGap:
    """What was asked for and not given, and what was given without being asked for."""
    wanted, got = frozenset(asked), frozenset(granted)
    return ScopeGap(missing=wanted - got, extra=got - wanted)


def fault_of_status(status: int) -> Fault:
    known = {401: Fault.TOKEN_REFUSED, 403: Fault.SCOPE_REFUSED, 429: Fault.TOO_MANY}
    return known.get(status, Fault.UNREACHABLE if status >= requests.codes.server_error else Fault.NOT_UNDERSTOOD)


def _is_token(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST and bool(VISIBLE.fullmatch(value))


def _granted(scope: object) -> frozenset[str] | None:
    """They are written down and shown: what is no scope by the standard is none."""
    if not isinstance(scope, str):
        return None
    if len(scope) > LONGEST or not VISIBLE.fullmatch(scope):
        raise OAuthError(Fault.NOT_UNDERSTOOD)
    return scopes_of(scope)


def _expiry(seconds: object, now: datetime) -> datetime | None:
    """Some say null, meaning: until it is revoked."""
    if seconds is None:
        return None
    try:
        whole = int(str(seconds))
        return now + timedelta(seconds=whole)
    except (ValueError, OverflowError):
        pass
    raise OAuthError(Fault.NOT_UNDERSTOOD)


def _session(provider: Provider) -> http.Session:
    return http.session(origins=provider.origins, patience=provider.patience, largest=LARGEST)


def _client(provider: Provider, session: http.Session, *, redirect_uri: str | None = None) -> TokenClient:
    from config.oauth_client import TokenClient  # noqa: PLC0415 - as above

    return TokenClient(
        session,
        provider.client_id,
        provider.client_secret,
        token_endpoint_auth_method=provider.client_auth,
        revocation_endpoint_auth_method=provider.client_auth,
        redirect_uri=redirect_uri,
    )


def _asked(ask: Callable[[], Answer]) -> Answer:
    """Runs one call and turns what it raises into a fault, leaving the foreign exception and its texts behind."""
    wait = None
    try:
        return ask()
    except AuthlibBaseError as error:
        fault = TOKEN_ERRORS.get(str(error.error), Fault.NOT_UNDERSTOOD)
    except requests.HTTPError as error:
        fault, wait = _fault_of_token_status(error.response), http.asked_to_wait(error.response.headers)
    except (requests.JSONDecodeError, http.RedirectedError, http.TooLargeError):
        fault = Fault.NOT_UNDERSTOOD
    except requests.RequestException:
        fault = Fault.UNREACHABLE
    except ValueError:  # authlib: not a JSON object
        fault = Fault.NOT_UNDERSTOOD
    raise OAuthError(fault, wait)


def _fault_of_token_status(response: requests.Response | None) -> Fault:
    """An HTTP error without a protocol error in it: there is no token yet that could be refused."""
    fault = fault_of_status(response.status_code) if response is not None else Fault.UNREACHABLE
    return Fault.NOT_UNDERSTOOD if fault in {Fault.TOKEN_REFUSED, Fault.SCOPE_REFUSED} else fault
