"""The two doors for programs: a phone's session token and a script's API token. The cookie opens neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.headless.internal.sessionkit import authenticate_by_x_session_token
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication

from accounts import tokens
from accounts.audit import Actor, ActorKind, actor_of
from config.api.problem import Problem, kind

if TYPE_CHECKING:
    from rest_framework.request import Request

    from accounts.models import ApiToken, User
    from accounts.sessions import SessionStore

INVALID_SESSION = kind("invalid_session", 401, "This session has ended", "Sign in again under /_allauth/app/v1/.")
INVALID_TOKEN = kind("invalid_token", 401, "This token does not open anything", "Check that it was copied whole.")
TOKEN_EXPIRED = kind("token_expired", 401, "This token has expired", "Make a new one.")
TOKEN_REVOKED = kind("token_revoked", 401, "This token was revoked", "Make a new one, if you are still welcome.")
TOKEN_ASLEEP = kind(
    "token_asleep", 401, "Tokens of this account do not work at the moment", "The owner finds out why by signing in."
)

WORDS = {
    tokens.Reason.EXPIRED: TOKEN_EXPIRED,
    tokens.Reason.REVOKED: TOKEN_REVOKED,
    tokens.Reason.ASLEEP: TOKEN_ASLEEP,
}


@dataclass(frozen=True, slots=True)
class Phone:
    """Who came through the phone's door."""

    session: SessionStore

    @property
    def public_id(self) -> str:
        return f"session:{self.session.public_id}"


@dataclass(frozen=True, slots=True)
class Script:
    """Who came through the script's door."""

    token: ApiToken

    @property
    def public_id(self) -> str:
        return f"token:{self.token.pk}"

    @property
    def has_factor(self) -> bool:
        """Of its owner, as it was when the token was read."""
        return bool(self.token.has_factor)  # type: ignore[attr-defined] # of that question


class PhoneDoor(BaseAuthentication):
    """`X-Session-Token`, as django-allauth's headless app client hands it out after sign-in."""

    def authenticate(self, request: Request) -> tuple[User, Phone] | None:
        presented = request.headers.get("X-Session-Token")
        if presented is None:
            return None
        found = authenticate_by_x_session_token(presented)
        if found is None:
            raise Problem(INVALID_SESSION)
        user, session = found
        if session.row.door != "phone":  # a browser's cookie, carried here by hand
            raise Problem(INVALID_SESSION)
        # On DRF's request only: on Django's own the session middleware would save it and set a cookie.
        request.session = session
        return user, Phone(session)


class ScriptDoor(BaseAuthentication):
    """`Authorization: Bearer hf_…`."""

    def authenticate(self, request: Request) -> tuple[User, Script] | None:
        scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "bearer":
            raise Problem(INVALID_TOKEN)
        verdict = tokens.check(presented.strip(), now=timezone.now())
        if isinstance(verdict, tokens.Denied):
            raise Problem(WORDS.get(verdict.reason, INVALID_TOKEN))
        return verdict.token.owner, Script(verdict.token)


def actor(request: Request) -> Actor:
    """The person or script behind an API request, for verbs and the trail."""
    if isinstance(request.auth, Script):
        return actor_of(request, ActorKind.TOKEN, request.auth.token.name)
    return actor_of(request)
