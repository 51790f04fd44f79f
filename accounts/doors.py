"""How allauth behaves at our doors: its settings that need code, and its words in ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.utils import has_verified_email, setup_user_email
from allauth.core import context
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts import door_limits, unproven, witness
from accounts.audit import address_of
from accounts.models import User
from accounts.second_factor import has_factor, is_fresh
from config import mail, turns

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest

TRY_LATER = "Too many tries. Wait five minutes, then try again."


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is closed.",
        "duplicate_email": "That is your address already.",
        "email_password_mismatch": "The e-mail address or the password is not right. Check both and try again.",
        "enter_current_password": "That is not your current password.",
        "incorrect_code": "That code is not right. Check the newest e-mail from us, or have a new code sent.",
        "incorrect_password": "That password is not right.",
        "invalid_login": "The e-mail address or the password is not right. Check both and try again.",
        "too_many_login_attempts": TRY_LATER,
        "unreachable_email": "No mail can be sent to that address. Use one with plain letters before the @.",
        "rate_limited": TRY_LATER,
    }

    def is_reauthentication_required(self, *, app: str, **kwargs: object) -> bool:  # noqa: ARG002 - one rule for every app
        """Whoever has a second factor must have given it just now.

        With ACCOUNT_REAUTHENTICATION_TIMEOUT at 0 nothing else satisfies allauth, so a password never does.
        """
        request = context.request
        return has_factor(request.user) and not is_fresh(request, now=timezone.now())

    def get_reauthentication_methods(self, user: AbstractBaseUser) -> list[dict[str, Any]]:  # noqa: ARG002 - allauth's signature
        return [{"id": "step_up", "description": "Second factor", "url": reverse("accounts:step_up")}]

    def get_client_ip(self, request: HttpRequest) -> str:
        """Limits count by it."""
        return address_of(request) or str(super().get_client_ip(request))

    def clean_email(self, email: str) -> str:
        """Where an account is opened, which is one transaction, one by one for each address: who presses twice finds it
        known the second time. Two at once would both have found it new.
        """
        email = super().clean_email(email)
        if not mail.can_reach(email):
            raise self.validation_error("unreachable_email")
        if connection.in_atomic_block:
            turns.take(f"address:{email.lower()}")
        return email

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        self.make_way(email_address.email, email_address.user)
        return bool(super().confirm_email(request, email_address))

    def make_way(self, email: str, owner: User) -> None:
        """Proven: who typed it in elsewhere, and proved nothing, gives way."""
        unproven.give_way(email, to=owner, now=timezone.now())

    def send_account_already_exists_mail(self, email: str) -> None:
        _open_for_nobody(context.request)
        super().send_account_already_exists_mail(email)

    def pre_authenticate(self, request: HttpRequest, **credentials: str) -> None:
        """Allauth counts by the address alone: who guesses at it would keep its owner out."""
        self._tries = door_limits.take(request, door_limits.SIGN_IN, credentials.get("email", ""))
        if self._tries is None:
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        """The password was right: that was no try."""
        door_limits.give_back(self._tries or [])

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: str) -> None:
        door_limits.clear(request, door_limits.SIGN_IN, credentials.get("email", ""))

    def authentication_failed(self, request: HttpRequest, **credentials: str) -> None:
        witness.sign_in_refused(request, credentials.get("email", ""))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002 - allauth's signature
        return reverse("accounts:settings_security")

    def get_email_verification_redirect_url(self, email_address: object) -> str:  # noqa: ARG002 - allauth's signature
        return reverse("accounts:settings_profile" if self.request.user.is_authenticated else "account_login")

    def get_login_stages(self) -> list[str]:
        return [
            "accounts.password_stages.BeginsStage",
            *super().get_login_stages(),
            "accounts.unproven.ProvenStage",
            "accounts.password_stages.StillHoldsStage",
            "accounts.coinbase_door.StillLinkedStage",
            "accounts.recovery_door.RecoveredStage",
            "accounts.contested_door.ContestedStage",
            "accounts.coinbase_door.LinkStage",
        ]


@transaction.atomic
def _open_for_nobody(request: HttpRequest) -> None:
    """All that is asked and written for a new account, and taken back: a known address takes as long as a new one."""
    address = f"{uuid4().hex}@{uuid4().hex}.invalid"
    user = User.objects.create_user(address, address)
    setup_user_email(request, user, [EmailAddress(email=address)])
    witness.signed_up(request, user)
    has_verified_email(user)
    transaction.set_rollback(True)
