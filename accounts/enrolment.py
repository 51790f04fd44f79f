"""Adding, removing and renaming second factors, and their recovery codes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import flows as recovery_codes
from allauth.mfa.totp.internal import flows as totp
from allauth.mfa.webauthn.internal import flows as webauthn
from django.db import transaction

from accounts import witness
from accounts.models import User
from accounts.second_factor import FACTORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from accounts.door_forms import AddPasskeyForm, AddTotpForm
    from accounts.requests import OwnerRequest


class LastFactorError(Exception):
    """Without this one nothing would stand beside the password."""


@contextmanager
def lock_factors(user: User, *, leaving: Iterable[Authenticator]) -> Iterator[None]:
    """Two devices that each remove the other's factor at the same moment must not leave the account with none."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        leaving_ids = [factor.pk for factor in leaving if factor.type in FACTORS]
        staying = Authenticator.objects.filter(user=user, type__in=FACTORS).exclude(pk__in=leaving_ids)
        if leaving_ids and not staying.exists():
            raise LastFactorError
        yield


def add_totp(request: OwnerRequest, form: AddTotpForm) -> None:
    """Pressed twice, it is on already."""
    with lock_factors(request.user, leaving=()):
        if totp_of(request.user) is None:
            _turn_on(request, form)


def move_totp(request: OwnerRequest, form: AddTotpForm) -> None:
    """To another phone, or another app: there is one at most, and the last factor cannot be removed first. Recovery
    codes stay as they are. It is a new factor, which says nothing about who had the former one.
    """
    with lock_factors(request.user, leaving=()):
        former = totp_of(request.user)
        if former and get_adapter().decrypt(former.data["secret"]) == form.secret:
            return  # pressed twice
        if former:
            former.delete()
            witness.factor_removed(request, request.user, former)
        _turn_on(request, form)


def totp_of(user: User) -> Authenticator | None:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()


def _turn_on(request: OwnerRequest, form: AddTotpForm) -> None:
    factor, _ = totp.activate_totp(request, form)
    count_as_shown(request, factor)


def add_passkey(request: OwnerRequest, form: AddPasskeyForm) -> None:
    """One by one: with the first of all come the recovery codes, which there are once."""
    name, credential = form.cleaned_data["name"], form.cleaned_data["credential"]
    with lock_factors(request.user, leaving=()):
        factor, _ = webauthn.add_authenticator(request, name=name, credential=credential)
        count_as_shown(request, factor)


def count_as_shown(request: OwnerRequest, factor: Authenticator) -> None:
    """Adding a factor proves it: it counts as fresh, so that the recovery codes can be shown next."""
    record_authentication(request, request.user, "mfa", id=factor.pk, type=factor.type)


def remove_factor(request: OwnerRequest, factor: Authenticator) -> None:
    """What allauth tells by signal, `accounts.witness` writes into the trail."""
    remove = totp.deactivate_totp if factor.type == Authenticator.Type.TOTP else webauthn.remove_authenticator
    with lock_factors(request.user, leaving=[factor]):
        remove(request, factor)


def rename_passkey(request: OwnerRequest, factor: Authenticator, name: str) -> None:
    webauthn.rename_authenticator(request, factor, name)


def renew_codes(request: OwnerRequest) -> Authenticator:
    """The former ones stop working at once; the owner is led to save the new ones."""
    return recovery_codes.generate_recovery_codes(request)


def codes_of(user: User) -> Authenticator | None:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()


def mark_codes_saved(user: User) -> None:
    """Ends enrolment: the owner says that the codes are somewhere safe."""
    codes = codes_of(user)
    if codes:
        codes.wrap().mark_as_viewed()
