"""A strict OAuth2 server (RFC 6749, 7009, 7636), for residents to stand on: consent page, one-time codes, PKCE, exact
redirect addresses, client authentication, rotating refresh tokens with reuse detection, revocation.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote, urlencode

from wallets.sandbox.consent import consent_page, refusal_page
from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wallets.sandbox.people import Person
    from wallets.sandbox.wire import Call, World


@dataclass(frozen=True, slots=True)
class Client:
    """An app that registered with the provider."""

    id: str
    secret: str
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Request:
    """What the app asked for, checked."""

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    challenge: str
    challenge_method: str


@dataclass(slots=True)
class Grant:
    """One consent, and every token that came of it."""

    client_id: str
    person: str
    scopes: tuple[str, ...]
    revoked: bool = False
    spent_refreshes: dict[str, datetime] = field(default_factory=dict)


@dataclass(slots=True)
class Issued:
    """A code or token, and the grant behind it."""

    grant: Grant
    expires_at: datetime | None  # none: lasts until it is taken back
    request: Request | None = None  # codes only
    used: bool = False

    def is_over(self, now: datetime) -> bool:
        return self.expires_at is not None and now >= self.expires_at


@dataclass(frozen=True, slots=True)
class Rules:
    """How one provider does it."""

    title: str
    scopes: frozenset[str]
    scope_separators: str = " "
    shortest_state: int = 0
    code_lives: timedelta = timedelta(minutes=10)
    access_lives: timedelta | None = timedelta(hours=1)
    refresh_scope: str | None = "offline_access"  # refresh tokens come with it; "": always; none: never
    refresh_lives: timedelta = timedelta(days=548)
    refresh_grace: timedelta = timedelta(0)  # how long a spent refresh token still works: forgiving providers


class ProtocolError(Exception):
    """RFC 6749 section 5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.reply = Reply.json({"error": error, "error_description": description}, status, Cache_Control="no-store")


class OAuthServer:
    def __init__(self, world: World, rules: Rules, people: Mapping[str, Person]) -> None:
        self.world, self.rules, self.people = world, rules, people
        self.clients: dict[str, Client] = {}
        self.codes: dict[str, Issued] = {}
        self.access: dict[str, Issued] = {}
        self.refresh: dict[str, Issued] = {}
        self.grants: list[Grant] = []

    def register(self, client: Client) -> None:
        self.clients[client.id] = client

    # --- the consent page ----------------------------------------------------------------------------------------

    def authorize(self, call: Call) -> Reply:
        """GET shows the page, POST is what the person chose there. Until the redirect address is known to be the
        app's own, mistakes are shown here and nothing is sent anywhere.
        """
        given = call.params
        client = self.clients.get(given.get("client_id", ""))
        if client is None:
            return refusal_page(self.rules.title, "This app is not registered here (client_id).")
        redirect_uri = given.get("redirect_uri", client.redirect_uris[0])
        if redirect_uri not in client.redirect_uris:
            return refusal_page(self.rules.title, "The app gave an address it never registered (redirect_uri).")
        wrong = self._what_is_wrong(given, client)
        if wrong:
            return _back(redirect_uri, error=wrong, state=given.get("state", ""))
        request = self._request(given, client, redirect_uri)
        return self._decide(request, call) if call.method == "POST" else self._ask(request, call)

    def _what_is_wrong(self, given: Mapping[str, str], client: Client) -> str:
        if given.get("response_type") != "code":
            return "unsupported_response_type"
        if given.get("code_challenge_method", "plain") not in {"S256", "plain"}:
            return "invalid_request"
        if len(given.get("state", "")) < self.rules.shortest_state:
            return "invalid_request"
        return "" if set(self._scopes(given)) <= client.scopes else "invalid_scope"

    def _scopes(self, given: Mapping[str, str]) -> tuple[str, ...]:
        text = given.get("scope", "")
        for separator in self.rules.scope_separators:
            text = text.replace(separator, " ")
        return tuple(text.split())

    def _request(self, given: Mapping[str, str], client: Client, redirect_uri: str) -> Request:
        return Request(
            client=client,
            redirect_uri=redirect_uri,
            scopes=self._scopes(given),
            state=given.get("state", ""),
            challenge=given.get("code_challenge", ""),
            challenge_method=given.get("code_challenge_method", "plain"),
        )

    def _ask(self, request: Request, call: Call) -> Reply:
        return consent_page(self.rules.title, request.client.id, list(self.people.values()), request.scopes, call.query)

    def _decide(self, request: Request, call: Call) -> Reply:
        person = call.form.get("person", "")
        if person not in self.people:
            return _back(request.redirect_uri, error="access_denied", state=request.state)
        agreed = tuple(scope for scope in request.scopes if scope in call.form_lists.get("scope", []))
        grant = Grant(request.client.id, person, agreed)
        self.grants.append(grant)
        code = self.world.mint("code")
        self.codes[code] = Issued(grant, self.world.now() + self.rules.code_lives, request)
        return _back(request.redirect_uri, code=code, state=request.state)

    # --- the token endpoint --------------------------------------------------------------------------------------

    def token(self, call: Call) -> Reply:
        try:
            client = self._client(call)
            spend = {"authorization_code": self._spend_code, "refresh_token": self._spend_refresh}
            grant_type = call.form.get("grant_type", "")
            return self._tokens(spend.get(grant_type, _unsupported)(call, client))
        except ProtocolError as error:
            return error.reply

    def _client(self, call: Call) -> Client:
        """By the form, or by HTTP Basic; never both."""
        given = call.form
        name, secret = given.get("client_id", ""), given.get("client_secret", "")
        scheme, _, coded = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                name = ""
            name, secret = unquote(name), unquote(secret)
        client = self.clients.get(name)
        if client is None or not secrets.compare_digest(client.secret.encode(), secret.encode()):
            raise ProtocolError("invalid_client", "Client authentication failed.", 401)
        return client

    def _spend_code(self, call: Call, client: Client) -> Grant:
        given = call.form
        issued = self.codes.get(given.get("code", ""))
        if issued is None or issued.request is None or issued.grant.client_id != client.id:
            raise _refused()
        if issued.used:  # somebody has it who should not: whatever it brought is taken back (RFC 6749, 4.1.2)
            issued.grant.revoked = True
            raise _refused()
        issued.used = True
        asked = issued.request
        if issued.is_over(self.world.now()) or given.get("redirect_uri") != asked.redirect_uri:
            raise _refused()
        if asked.challenge and not _proves(asked, given.get("code_verifier", "")):
            raise _refused()
        return issued.grant

    def _spend_refresh(self, call: Call, client: Client) -> Grant:
        token = call.form.get("refresh_token", "")
        issued = self.refresh.get(token)
        now = self.world.now()
        if issued is None or issued.grant.client_id != client.id or issued.grant.revoked or issued.is_over(now):
            raise _refused()
        spent_at = issued.grant.spent_refreshes.setdefault(token, now)
        if issued.used and now - spent_at >= self.rules.refresh_grace:
            issued.grant.revoked = True  # used twice: one of the two is a thief, so both lose it
            raise _refused()
        issued.used = True
        return issued.grant

    def _tokens(self, grant: Grant) -> Reply:
        access, lives = self.world.mint("access token"), self.rules.access_lives
        self.give_access(access, grant)
        answer: dict[str, object] = {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": int(lives.total_seconds()) if lives else None,
            "scope": " ".join(grant.scopes),
        }
        if self.rules.refresh_scope is not None and self.rules.refresh_scope in {"", *grant.scopes}:
            again = self.world.mint("refresh token")
            self.refresh[again] = Issued(grant, self.world.now() + self.rules.refresh_lives)
            answer["refresh_token"] = again
        return Reply.json(answer, Cache_Control="no-store")

    def give_access(self, token: str, grant: Grant) -> None:
        lives = self.rules.access_lives
        self.access[token] = Issued(grant, self.world.now() + lives if lives else None)

    # --- what tokens are worth -----------------------------------------------------------------------------------

    def revoke(self, call: Call) -> Reply:
        """200 whether there was something to revoke or not (RFC 7009); the caller shows who it is by the access token
        or as a client.
        """
        token = call.form.get("token", "")
        bearer = self.bearer(call)
        if not isinstance(bearer, Issued):
            try:
                self._client(call)
            except ProtocolError as error:
                return error.reply
        issued = self.access.get(token) or self.refresh.get(token)
        if issued:
            issued.grant.revoked = True
        return Reply.json({})

    def bearer(self, call: Call) -> Issued | str:
        """The token of a call, or in one word why it is none: missing, unknown, expired, revoked."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return "missing"
        issued = self.access.get(token)
        if issued is None:
            return "unknown"
        if issued.grant.revoked:
            return "revoked"
        return "expired" if issued.is_over(self.world.now()) else issued


def _proves(asked: Request, verifier: str) -> bool:
    if asked.challenge_method == "plain":
        return secrets.compare_digest(asked.challenge.encode(), verifier.encode())
    digest = hashlib.sha256(verifier.encode()).digest()
    return secrets.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), asked.challenge.encode())


def _unsupported(*_: object) -> NoReturn:
    raise ProtocolError("unsupported_grant_type", "The grant type is not supported.")


def _refused() -> ProtocolError:
    return ProtocolError(
        "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, or was issued to another client.",
    )


def _back(redirect_uri: str, **params: str) -> Reply:
    joint = "&" if "?" in redirect_uri else "?"
    return Reply.redirect(f"{redirect_uri}{joint}{urlencode({name: value for name, value in params.items() if value})}")
