"""How often an address may be tried at a door, so that guessing ends and nobody keeps the owner out by guessing.

Each network counts for itself. All together count as well, for one who has many; but a single patient one cannot use
that up, nor does it count on devices where this account was signed in before: those count by themselves, and no
stranger has one. Unknown addresses are counted as known ones are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.core.internal import ratelimit

from accounts.audit import address_of
from accounts.known_devices import is_known
from config.limits import neighbourhood

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User

SIGN_IN, RESET = "sign_in", "reset"  # in settings.ACCOUNT_RATE_LIMITS, each with _here, _anywhere and _known


def take(request: HttpRequest, door: str, email: str) -> list[ratelimit.RateLimitUsage] | None:
    """One try: what gives it back, or None where there is none left. What is refused counts for nobody."""
    taken: list[ratelimit.RateLimitUsage] = []
    for action, key in _counted(request, door, email):
        usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
        if not usage:
            give_back(taken)
            return None
        taken.append(usage)
    return taken


def take_factor(request: HttpRequest, user: User) -> list[ratelimit.RateLimitUsage] | None:
    """One try at somebody's second factor from here. How many there are from everywhere, allauth counts itself."""
    key = f"{user.pk} {neighbourhood(address_of(request))}"
    usage = ratelimit.consume(request, app="allauth.account", action="factor_here", key=key)
    return [usage] if usage else None


def give_back(taken: list[ratelimit.RateLimitUsage]) -> None:
    for usage in taken:
        usage.rollback()


def clear(request: HttpRequest, door: str, email: str) -> None:
    """Who has just proven that the address is theirs begins anew."""
    here, anywhere = _of_strangers(request, door, email)
    for action, key in (here, anywhere, _of_known(door, email)):
        ratelimit.clear(request, app="allauth.account", action=action, key=key)


def _counted(request: HttpRequest, door: str, email: str) -> list[tuple[str, str]]:
    if is_known(request, email):
        return [_of_known(door, email)]
    return _of_strangers(request, door, email)


def _of_known(door: str, email: str) -> tuple[str, str]:
    return f"{door}_known", _named(email)


def _of_strangers(request: HttpRequest, door: str, email: str) -> list[tuple[str, str]]:
    """First here: whoever is through here takes nothing from all together."""
    network = neighbourhood(address_of(request))
    return [(f"{door}_here", f"{_named(email)} {network}"), (f"{door}_anywhere", _named(email))]


def _named(email: str) -> str:
    return email.strip().lower()
