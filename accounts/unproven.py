"""Accounts whose address nobody has proven: anybody may have typed it in.

They keep nobody from the address. Who signs up with it begins again, each try with a password of its own; whoever
reads the mail gets in, and theirs becomes the account's. What nobody proves goes after a week.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import EmailAddress, Login
from allauth.account.stages import LoginStage
from allauth.core.internal.httpkit import headed_redirect_response
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts import closing
from accounts.models import User
from accounts.password_stages import BEGAN_WITH, mark_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

KEPT = timedelta(days=7)
SLICE = 100
PASSWORD = "password_to_be"  # noqa: S105 - in the state of a sign-in: what becomes the account's when it is proven


def unproven() -> QuerySet[User]:
    proven = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    here = User.objects.filter(last_login=None, is_active=True, is_staff=False, purge_at=None)
    has_factor = Authenticator.objects.filter(user=OuterRef("pk"))  # made by hand, then: nobody else comes so far
    return here.exclude(Exists(proven)).exclude(Exists(has_factor))


def of(email: str) -> User | None:
    return unproven().filter(email__iexact=email).first()


def begin_again(request: HttpRequest, user: User, *, email: str, password: str | None, **state: str) -> HttpResponse:
    """None as a password: something else stands in for it."""
    kept = {PASSWORD: make_password(password), **state}
    answer: HttpResponse = perform_login(request, Login(user=user, email=email, signup=True, state=kept))
    return answer


def give_way(email: str, *, to: User, now: datetime) -> None:
    """To somebody who proves the address."""
    for user in unproven().filter(email__iexact=email).exclude(pk=to.pk):
        _drop(user, now)


def sweep(now: datetime) -> bool:
    """The daily work. True: there may be more."""
    old = list(unproven().filter(date_joined__lte=now - KEPT).order_by("pk")[:SLICE])
    for user in old:
        _drop(user, now)
    return len(old) == SLICE


@transaction.atomic
def _drop(user: User, now: datetime) -> None:
    """Unless it is proven at this moment."""
    if unproven().filter(pk=user.pk).update(purge_at=now):
        closing.purge(owner_id=user.pk, now=now)


class ProvenStage(LoginStage):
    """After the code from the mail."""

    key = "unproven"

    def handle(self) -> tuple[Any, bool]:
        password, user = self.login.state.pop(PASSWORD, None), self.login.user
        if password is None or user is None:
            return None, True
        if not User.objects.filter(pk=user.pk, last_login=None).update(password=password):
            messages.warning(self.request, "Somebody who reads this mail was here meanwhile. Sign in.")
            return headed_redirect_response("account_login"), False
        user.password = password
        self.login.state[BEGAN_WITH] = mark_of(user)
        return None, True
