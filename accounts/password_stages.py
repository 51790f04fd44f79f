"""A sign-in that began with a password ends with that password: whoever waits at the second factor with a former one,
which the owner has changed because somebody knew it, begins again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.stages import LoginStage
from allauth.core.internal.httpkit import headed_redirect_response
from django.contrib import messages

if TYPE_CHECKING:
    from accounts.models import User

BEGAN_WITH = "began_with"  # in the state of a sign-in


def mark_of(owner: User | None) -> str:
    """Another one for another password. Nobody: an address that is only pretended to be known."""
    return owner.get_session_auth_hash() if owner else ""


class BeginsStage(LoginStage):
    """The first of all."""

    key = "password_begins"

    def handle(self) -> tuple[Any, bool]:
        self.login.state[BEGAN_WITH] = mark_of(self.login.user)
        return None, True


class StillHoldsStage(LoginStage):
    """After all that may be waited at."""

    key = "password_still_holds"

    def handle(self) -> tuple[Any, bool]:
        if self.login.state[BEGAN_WITH] == mark_of(self.login.user):
            return None, True
        messages.warning(self.request, "The password was changed meanwhile. Sign in with the new one.")
        return headed_redirect_response("account_login"), False
