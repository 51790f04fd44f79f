"""The door for phones: allauth's app client, with what it leaves open closed.

Only what is listed is there. Every refusal is JSON; grave changes want a fresh second factor, never only a password;
the last factor stays; an address that is unknown gets the same answers as one that is known.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.core.internal.ratelimit import respond_429
from allauth.headless.account import inputs as inputs_of_account
from allauth.headless.account import views as account
from allauth.headless.account.inputs import ResetPasswordInput
from allauth.headless.base import views as base
from allauth.headless.base.response import APIResponse, ReauthenticationResponse
from allauth.headless.constants import Client
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.headless.mfa import inputs
from allauth.headless.mfa import views as mfa
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.urls import path

from accounts import door_limits
from accounts.door_forms import BeginsAgain, JudgesPasskeys, NamesPasskey, ShowsPasskey, SpendsTheCode
from accounts.enrolment import LastFactorError, count_as_shown, lock_factors
from accounts.guards import anonymous
from accounts.second_factor import has_factor

if TYPE_CHECKING:
    from accounts.requests import OwnerRequest

Answer = Any  # allauth carries no types


class StepUpResponse(ReauthenticationResponse):
    """What would satisfy us: not a password."""

    def _get_flows(self, request: OwnerRequest, user: object) -> list[dict[str, Any]]:
        return [flow for flow in super()._get_flows(request, user) if flow["id"] != "reauthenticate"]


def refusal(request: OwnerRequest, status: HTTPStatus, code: str, message: str) -> APIResponse:
    return APIResponse(request, status=status, errors=[{"code": code, "message": message}])


class Door:
    """Around every view of allauth's that a phone reaches."""

    request: OwnerRequest
    needs_factor: frozenset[str] = frozenset()  # methods that wait for enrolment
    needs_fresh: frozenset[str] = frozenset()  # methods that allauth itself does not guard
    of_account = False  # rests while two addresses claim the account

    def handle(self, request: OwnerRequest, *args: object, **kwargs: object) -> Answer:
        try:
            if missing := self._missing(request):
                return refusal(request, HTTPStatus.FORBIDDEN, *missing)
            if request.method in self.needs_fresh:
                raise_if_reauthentication_required(request, app="allauth.mfa")
            return super().handle(request, *args, **kwargs)  # type: ignore[misc]
        except ReauthenticationRequired:
            return StepUpResponse(request)
        except LastFactorError:
            message = get_adapter().error_messages["cannot_delete_authenticator"]
            return refusal(request, HTTPStatus.CONFLICT, "last_factor", message)
        except ImmediateHttpResponse as answer:
            if isinstance(answer.response, APIResponse):
                return answer.response
            return refusal(request, HTTPStatus.BAD_REQUEST, "invalid_json", "Send one JSON object.")

    def http_method_not_allowed(self, request: OwnerRequest, *args: object, **kwargs: object) -> Answer:  # noqa: ARG002 - Django's signature
        return refusal(request, HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not do that.")

    def _missing(self, request: OwnerRequest) -> tuple[str, str] | None:
        """What has to be done first: its code and its words."""
        if self.of_account and getattr(request.user, "contested_at", None):
            return "address_contested", "Say first which e-mail address is yours, at /api/v1/account/address/."
        wants = request.user.is_authenticated and request.method in self.needs_factor
        if wants and not has_factor(request.user):
            return "second_factor_required", "Set up a second factor first."
        return None


class SecondFactorInput(SpendsTheCode, inputs.AuthenticateInput):
    pass


class StepUpInput(SpendsTheCode, inputs.ReauthenticateInput):
    pass


class AddPasskeyInput(NamesPasskey, inputs.AddWebAuthnInput):
    pass


class PasskeySignInInput(JudgesPasskeys, inputs.LoginWebAuthnInput):
    pass


class PasskeySecondFactorInput(ShowsPasskey, inputs.AuthenticateWebAuthnInput):
    pass


class PasskeyStepUpInput(ShowsPasskey, inputs.ReauthenticateWebAuthnInput):
    reauthentication = True


class SignUpInput(BeginsAgain, inputs_of_account.SignupInput):
    typed_as = "password"


class SignUp(Door, account.SignupView):
    input_class = {"POST": SignUpInput}

    @transaction.atomic
    def handle(self, request: OwnerRequest, *args: object, **kwargs: object) -> Answer:
        """At one stroke, as on the page: what was sent is checked within it."""
        return super().handle(request, *args, **kwargs)


class ChangePassword(Door, account.ChangePasswordView):
    needs_factor = needs_fresh = frozenset({"POST"})


class ManageEmail(Door, account.ManageEmailView):
    needs_factor = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ManageTotp(Door, mfa.ManageTOTPView):
    needs_fresh = frozenset({"DELETE"})

    def post(self, request: OwnerRequest, *args: object, **kwargs: object) -> Answer:
        with lock_factors(request.user, leaving=()):
            if self._get_authenticator():
                return refusal(request, HTTPStatus.CONFLICT, "already_on", "An authenticator app is on already.")
            answer = super().post(request, *args, **kwargs)
            count_as_shown(request, self._get_authenticator())
        return answer

    def delete(self, request: OwnerRequest, *args: object, **kwargs: object) -> Answer:
        factor = self._get_authenticator()
        with lock_factors(request.user, leaving=[factor] if factor else []):
            return super().delete(request, *args, **kwargs)


class ManagePasskeys(Door, mfa.ManageWebAuthnView):
    input_class = mfa.ManageWebAuthnView.input_class | {"POST": AddPasskeyInput}
    needs_fresh = frozenset({"DELETE"})

    def post(self, request: OwnerRequest, *args: object, **kwargs: object) -> Answer:
        with lock_factors(request.user, leaving=()):
            answer = super().post(request, *args, **kwargs)
        passkeys = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.WEBAUTHN)
        count_as_shown(request, passkeys.latest("pk"))
        return answer

    def delete(self, request: OwnerRequest, *args: object, **kwargs: object) -> Answer:
        with lock_factors(request.user, leaving=self.input.cleaned_data["authenticators"]):
            return super().delete(request, *args, **kwargs)


class Authenticate(Door, mfa.AuthenticateView):
    input_class = SecondFactorInput


class StepUp(Door, mfa.ReauthenticateView):
    input_class = StepUpInput


class PasskeySignIn(Door, mfa.LoginWebAuthnView):
    input_class = {"POST": PasskeySignInInput}


class PasskeySecondFactor(Door, mfa.AuthenticateWebAuthnView):
    input_class = {"POST": PasskeySecondFactorInput}


class PasskeyStepUp(Door, mfa.ReauthenticateWebAuthnView):
    input_class = {"POST": PasskeyStepUpInput}


class ResetInput(ResetPasswordInput):
    """The code is judged alone: what is wrong with the password would tell that the account exists."""

    def clean(self) -> Any:
        return super().clean() if "key" not in self.errors else self.cleaned_data


class RequestReset(Door, account.RequestPasswordResetView):
    def post(self, request: OwnerRequest, *args: object, **kwargs: object) -> Answer:
        if door_limits.take(request, door_limits.RESET, self.input.cleaned_data["email"]) is None:
            return respond_429(request)
        return super().post(request, *args, **kwargs)


class ResetPassword(Door, account.ResetPasswordView):
    input_class = ResetInput

    def get(self, request: OwnerRequest, *args: object, **kwargs: object) -> Answer:
        if self.process.user:
            return super().get(request, *args, **kwargs)
        # Nobody has this address, so no code is right; it is answered as a wrong one is.
        judged = ResetInput({"key": "-", "password": "-"}, code="")
        judged.is_valid()
        self.process.record_invalid_attempt()
        return ErrorResponse(request, input=judged)


def _open(view: Any, *, of_account: bool = False) -> Any:
    """A view of allauth's as it is, inside our door."""
    view = type(view.__name__, (view,) if issubclass(view, Door) else (Door, view), {"of_account": of_account})
    return anonymous(view.as_api_view(client=Client.APP))  # the session token is looked at inside


app_name = "headless"
urlpatterns = [
    path("config", _open(base.ConfigView), name="config"),
    path("auth/session", _open(account.SessionView), name="session"),
    path("auth/login", _open(account.LoginView), name="login"),
    path("auth/signup", _open(SignUp), name="signup"),
    path("auth/email/verify", _open(account.VerifyEmailView), name="verify_email"),
    path("auth/email/verify/resend", _open(account.ResendEmailVerificationCodeView), name="resend_email_code"),
    path("auth/password/request", _open(RequestReset), name="request_password_reset"),
    path("auth/password/reset", _open(ResetPassword), name="reset_password"),
    path("auth/2fa/authenticate", _open(Authenticate), name="second_factor"),
    path("auth/2fa/reauthenticate", _open(StepUp), name="step_up"),
    path("auth/webauthn/login", _open(PasskeySignIn), name="passkey_login"),
    path("auth/webauthn/authenticate", _open(PasskeySecondFactor), name="passkey_second_factor"),
    path("auth/webauthn/reauthenticate", _open(PasskeyStepUp), name="passkey_step_up"),
    path("account/password/change", _open(ChangePassword, of_account=True), name="change_password"),
    path("account/email", _open(ManageEmail, of_account=True), name="email"),
    path("account/authenticators", _open(mfa.AuthenticatorsView, of_account=True), name="factors"),
    path("account/authenticators/totp", _open(ManageTotp, of_account=True), name="totp"),
    path(
        "account/authenticators/recovery-codes",
        _open(mfa.ManageRecoveryCodesView, of_account=True),
        name="recovery_codes",
    ),
    path("account/authenticators/webauthn", _open(ManagePasskeys, of_account=True), name="passkeys"),
]
