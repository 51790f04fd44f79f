"""Pages of allauth's doors that need a word of ours before or after."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from allauth.account import views as account
from allauth.account.stages import LoginStageController
from allauth.core.internal.ratelimit import respond_429
from allauth.mfa.base import views as mfa
from allauth.mfa.stages import AuthenticateStage
from django.db import transaction

from accounts import door_limits
from accounts.guards import anonymous
from accounts.second_factor import has_factor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase


@anonymous
@transaction.atomic
def sign_up(request: HttpRequest) -> HttpResponseBase:
    """All at one stroke: the disk is waited for once, whether the address is new or known (accounts.doors)."""
    return cast("HttpResponseBase", account.signup(request))


@anonymous
def password_reset(request: HttpRequest) -> HttpResponseBase:
    email = request.POST.get("email", "")
    if request.method == "POST" and door_limits.take(request, door_limits.RESET, email) is None:
        return cast("HttpResponseBase", respond_429(request))
    return cast("HttpResponseBase", account.password_reset(request))


@anonymous
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """Whatever scripts of ours, or of an extension, laid down in this browser goes too.

    Not "cache", which pages of owners never enter and which Chromium takes many seconds to empty; not "cookies", which
    would end what else runs below the same domain, and make this device a new one that is told of by mail.
    """
    answer = cast("HttpResponseBase", account.logout(request))
    if request.method == "POST":
        answer["Clear-Site-Data"] = '"storage"'
    return answer


@anonymous
def second_factor(request: HttpRequest) -> HttpResponseBase:
    """Whose factors went meanwhile begins again: allauth would send them from here to the password and back."""
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    if stage and not has_factor(stage.login.user):
        return cast("HttpResponseBase", stage.abort())
    return cast("HttpResponseBase", mfa.authenticate(request))
