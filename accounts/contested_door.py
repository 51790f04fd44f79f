"""While two addresses claim an account, a password and a new factor lead nobody in: either may be a stranger's."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.stages import LoginStage
from allauth.core.internal.httpkit import headed_redirect_response
from django.contrib import messages

from accounts import email_changes


class ContestedStage(LoginStage):
    key = "contested"

    def handle(self) -> tuple[Any, bool]:
        owner = self.login.user
        if owner is None or email_changes.proves(owner, self._factors_shown()):
            return None, True
        messages.warning(
            self.request,
            "It is in question whose account this is. Sign in with an authenticator app or a passkey that you had a "
            "week before the address was changed; newer ones and recovery codes do not count until then. Without one, "
            "write to us.",
        )
        return headed_redirect_response("account_login"), False

    def _factors_shown(self) -> set[int]:
        records = get_authentication_records(self.request, self.login.user)
        return {record["id"] for record in records if record["method"] == "mfa" and "id" in record}
