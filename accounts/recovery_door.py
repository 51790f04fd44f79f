"""Where a recovery meets allauth: until a new factor is on, the password alone opens nothing.

The former factors are gone by then. Whoever has only the password could else come in at that moment, and put on a
factor of their own: what the mail and the 72 hours were for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.stages import LoginStage
from allauth.core.internal.httpkit import headed_redirect_response
from django.contrib import messages

from accounts import recovery

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from accounts.models import User

MAILED = "came_by_recovery_link"  # in the state of a sign-in


def sign_in(request: HttpRequest, owner: User) -> HttpResponse:
    """With the link and the password; to enrolment."""
    login = Login(user=owner, email=owner.email, state={MAILED: True})
    return cast("HttpResponse", perform_password_login(request, {"email": owner.email}, login))


class RecoveredStage(LoginStage):
    key = "recovered"

    def handle(self) -> tuple[Any, bool]:
        if self.login.user is None or MAILED in self.login.state or not recovery.unfinished_of(self.login.user):
            return None, True
        messages.warning(
            self.request,
            "This account is being recovered. Until a new second factor is on, the link in our mail leads in, and "
            "nothing else. Have it sent again here.",
        )
        return headed_redirect_response("accounts:recovery_start"), False
