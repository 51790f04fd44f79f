"""The forms of the doors: allauth's, in our words. Nothing is asked twice that can be shown instead."""

from __future__ import annotations

import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.webauthn import forms as webauthn
from django import forms

from accounts import door_limits, unproven, witness
from accounts.second_factor import spend

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.http import HttpRequest

    from accounts.models import User

NEW_PASSWORD = "At least 10 characters. A few words you can remember are better than one you cannot."  # noqa: S105 - words
MAILED_CODE = "Eight letters, as in the e-mail. The dash can be left out."
WRONG_PASSKEY = "That passkey was not accepted. Nothing was changed; try again."
PASSKEY_NAME = 80  # letters
APP_CODE = "The six digits your authenticator app shows now."


def _word(form: forms.BaseForm, **words: tuple[str, str]) -> None:
    """Label and help of each field; no placeholders, which vanish when they are needed."""
    for name, (label, help_text) in words.items():
        field = form.fields[name]
        field.label, field.help_text = label, help_text
        field.widget.attrs.pop("placeholder", None)


def _drop(form: forms.BaseForm, names: Iterable[str]) -> None:
    for name in names:
        form.fields.pop(name, None)


class SignInForm(account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, login=("E-mail address", ""), password=("Password", ""))
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"


class BeginsAgain:
    """Signing up with an address that nobody has proven yet."""

    typed_as: str
    cleaned_data: dict[str, Any]
    account_already_exists: bool

    def try_save(self, request: HttpRequest) -> tuple[Any, Any]:
        email = self.cleaned_data["email"]
        user = unproven.of(email) if self.account_already_exists else None
        if user is None:
            return super().try_save(request)  # type: ignore[misc, no-any-return] # of allauth's form
        password = self.cleaned_data[self.typed_as]
        return None, unproven.begin_again(request, user, email=email, password=password)


class SignUpForm(BeginsAgain, account.SignupForm):
    typed_as = "password1"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, email=("E-mail address", ""), password1=("Password", NEW_PASSWORD))


class ResetAskForm(account.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, email=("E-mail address", ""))


class ResetForm(account.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _drop(self, ["password2"])
        _word(self, password1=("New password", NEW_PASSWORD))


class ChangePasswordForm(account.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _drop(self, ["password2"])
        _word(self, oldpassword=("Current password", ""), password1=("New password", NEW_PASSWORD))


class SetPasswordForm(account.SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _drop(self, ["password2"])
        _word(self, password1=("New password", NEW_PASSWORD))


class ChangeEmailForm(account.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(
            self, email=("New e-mail address", "We send a code there. Your address changes when you have typed it in.")
        )


class EmailCodeForm(account.ConfirmEmailVerificationCodeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, code=("Code from the e-mail", MAILED_CODE))

    def clean_code(self) -> str:
        """Allauth looks at once whether somebody else has the address."""
        account.BaseConfirmCodeForm.clean_code(self)
        if self.user and self.email:
            account.get_adapter().make_way(self.email, self.user)
        return str(super().clean_code())


class ResetCodeForm(account.ConfirmPasswordResetCodeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, code=("Code from the e-mail", MAILED_CODE))


@contextmanager
def _a_try(user: User) -> Iterator[None]:
    """What is right is none: it is given back."""
    taken = door_limits.take_factor(context.request, user)
    if taken is None:
        raise account.get_adapter().validation_error("too_many_login_attempts")
    yield
    door_limits.give_back(taken)


class SpendsTheCode:
    """A code of the authenticator app opens one thing once; allauth alone would let it open another a minute later."""

    def clean_code(self) -> str:
        with _a_try(self.user):  # type: ignore[attr-defined]
            return self._spent()

    def _spent(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        factor = self.authenticator  # type: ignore[attr-defined]
        if factor.type == Authenticator.Type.TOTP and not spend(factor, code):
            self._emit_authentication_failed(factor)  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class SecondFactorForm(SpendsTheCode, mfa.AuthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, code=("Code", "Six digits from your authenticator app, or one of your recovery codes."))
        self.fields["code"].widget.attrs["autofocus"] = True


class StepUpForm(SpendsTheCode, mfa.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, code=("Code", "Six digits from your authenticator app, or one of your recovery codes."))
        self.fields["code"].widget.attrs["autofocus"] = True


class AddTotpForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        session = context.request.session
        shown = session.get(SECRET_SESSION_KEY)
        super().__init__(*args, **kwargs)
        if shown:  # a reload keeps the picture that was scanned already
            self.secret = session[SECRET_SESSION_KEY] = shown
        _word(self, code=("Code", APP_CODE))
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


# What parsing something that no browser makes ends in; allauth lets most of these become a crash.
MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError, struct.error)


class JudgesPasskeys:
    """A passkey that cannot even be read is wrong, like one that does not fit."""

    def clean_credential(self) -> Any:
        with _passkey_words():
            known = getattr(super(), "clean_credential", None)
            return known() if known else self.cleaned_data["credential"]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any] | None:
        with _passkey_words():
            return super().clean()  # type: ignore[misc,no-any-return]


@contextmanager
def _passkey_words() -> Iterator[None]:
    try:
        yield
    except (*MALFORMED, forms.ValidationError) as error:
        if getattr(error, "code", "incorrect_code") != "incorrect_code":
            raise  # too many tries
        raise forms.ValidationError(WRONG_PASSKEY, code="incorrect_code") from None


class ShowsPasskey(JudgesPasskeys):
    """As a second factor: that it was refused goes into the trail, as with a wrong code."""

    reauthentication = False

    def clean_credential(self) -> Any:
        try:
            with _a_try(self.user):  # type: ignore[attr-defined]
                return super().clean_credential()
        except forms.ValidationError as error:
            if error.code == "incorrect_code":
                witness.passkey_refused(context.request, self.user, reauthentication=self.reauthentication)  # type: ignore[attr-defined]
            raise


class PasskeySignInForm(JudgesPasskeys, webauthn.LoginWebAuthnForm):
    pass


class PasskeySecondFactorForm(ShowsPasskey, webauthn.AuthenticateWebAuthnForm):
    pass


class PasskeyStepUpForm(ShowsPasskey, webauthn.ReauthenticateWebAuthnForm):
    reauthentication = True


class NamesPasskey(JudgesPasskeys):
    """Cut, not refused: the device has made the key already."""

    def clean_name(self) -> str:
        return str(super().clean_name())[:PASSKEY_NAME]  # type: ignore[misc]


class AddPasskeyForm(NamesPasskey, webauthn.AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _drop(self, ["passwordless"])
        _word(self, name=("Name", "So that you can tell it from others, such as “Laptop” or “Blue key”."))
        self.fields["name"].widget.attrs["maxlength"] = PASSKEY_NAME


class RenamePasskeyForm(forms.Form):
    name = forms.CharField(label="Name", max_length=PASSKEY_NAME)


class CodesSavedForm(forms.Form):
    saved = forms.BooleanField(
        label="I have saved these codes where I will find them without my phone",
        error_messages={"required": "Save the codes first, then tick the box."},
    )


class RecoveryForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"}), max_length=254
    )
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class FinishRecoveryForm(forms.Form):
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
