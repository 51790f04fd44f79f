"""Has this browser or phone signed in to this account before? A browser remembers it in a signed cookie of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing

from accounts.agents import device_words
from accounts.audit import Action
from accounts.models import AuditEvent, User

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

COOKIE = "known_here"
SALT = "accounts.known_devices"
LASTS = 400 * 24 * 3600  # as long as browsers keep a cookie
MANY = 8  # accounts remembered by one browser


@dataclass(frozen=True, slots=True)
class Device:
    name: str
    is_new: bool


def look(request: HttpRequest, owner: User, *, response: HttpResponseBase | None) -> Device:
    """Says whether it is new, and has the browser remember that from now on it is not."""
    known = _remembered(request)
    if response is not None and _is_browser(request):
        _remember(response, [owner.pk, *(pk for pk in known if pk != owner.pk)][:MANY])
    agent = request.headers.get("User-Agent", "")[:200]
    before = AuditEvent.objects.filter(owner=owner, action=Action.SIGNED_IN)
    # Phones carry no cookie: one is known by what it calls itself. The very first sign-in is nobody's news.
    is_new = (
        owner.pk not in known and before.exists() and (_is_browser(request) or not before.filter(agent=agent).exists())
    )
    return Device(device_words(agent), is_new)


def is_known(request: HttpRequest, email: str) -> bool:
    """Whether this browser has signed in to the account of this address."""
    known = _remembered(request)
    return bool(known) and User.objects.filter(pk__in=known, email__iexact=email.strip()).exists()


def _is_browser(request: HttpRequest) -> bool:
    return not request.headers.get("X-Session-Token") and "/_allauth/" not in request.path


def _remembered(request: HttpRequest) -> list[int]:
    try:
        return list(signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT))
    except signing.BadSignature:
        return []


def _remember(response: HttpResponseBase, owners: list[int]) -> None:
    response.set_cookie(
        COOKIE,
        signing.dumps(owners, salt=SALT),
        max_age=LASTS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
