"""Where Coinbase meets allauth: its sign-in stages ask for the e-mail code and the second factor, as for a password."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from allauth.account.forms import BaseSignupForm
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.account.models import Login
from allauth.account.signals import user_signed_up
from allauth.account.stages import LoginStage
from allauth.core.internal.httpkit import headed_redirect_response
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts import coinbase, unproven
from accounts.audit import actor_of
from accounts.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

METHOD = "coinbase"  # as allauth's list of how somebody proved themselves in this session calls it
STATE_KEY = "coinbase_user_id"  # in the state of a sign-in: what is to be linked
BEGAN_WITH = "came_by_coinbase"  # and what it began with


def sign_in(request: HttpRequest, owner: User, *, return_to: str) -> HttpResponse:
    """In place of the password; whatever comes after a password comes now."""
    record_authentication(request, owner, method=METHOD)
    linked = coinbase.link_of(owner)
    state = {BEGAN_WITH: linked.coinbase_user_id if linked else ""}
    return cast("HttpResponse", perform_login(request, Login(user=owner, redirect_url=return_to or None, state=state)))


class SignUpForm(BaseSignupForm):
    """An e-mail address, which the ordinary code then proves. No password: Coinbase stands in for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"
        self.fields["email"].widget.attrs.pop("placeholder", None)

    def sign_up(self, request: HttpRequest, coinbase_user_id: str) -> HttpResponse:
        """A known address gets the same answer here, and a mail that says so there."""
        email = self.cleaned_data["email"]
        user = unproven.of(email) if self.account_already_exists else self._open(request)
        if user is None:
            return cast("HttpResponse", prevent_enumeration(request, email=email))
        record_authentication(request, user, method=METHOD)
        # To make a password that opens nothing takes no time: as long as the mail to a known address takes.
        make_password("as long as for a known address")
        state = {STATE_KEY: coinbase_user_id}
        return unproven.begin_again(request, user, email=email, password=None, **state)

    def _open(self, request: HttpRequest) -> User:
        user = cast("User", self.save(request))
        user_signed_up.send(sender=User, request=request, user=user)
        return user


class StillLinkedStage(LoginStage):
    """After all that may be waited at: whoever came by a Coinbase account that the owner has unlinked, because
    somebody else was in it, begins again.
    """

    key = "coinbase_still_linked"

    def handle(self) -> tuple[Any, bool]:
        began_with, owner = self.login.state.get(BEGAN_WITH), self.login.user
        if began_with is None or (owner and coinbase.owner_of(began_with) == owner):
            return None, True
        messages.warning(self.request, "Sign-in with Coinbase was turned off meanwhile. Sign in with your password.")
        return headed_redirect_response("account_login"), False


class LinkStage(LoginStage):
    """The last stage of a sign-in: the address is proven, so the Coinbase account that began it may be linked.

    Earlier would let a stranger hang their Coinbase account on somebody else's address, and wait.
    """

    key = "coinbase_link"

    def handle(self) -> tuple[Any, bool]:
        coinbase_user_id = self.login.state.pop(STATE_KEY, None)
        if coinbase_user_id and self.login.user:
            self._link(coinbase_user_id)
        return None, True

    def _link(self, coinbase_user_id: str) -> None:
        owner, now = self.login.user, timezone.now()
        by = replace(actor_of(self.request), user=owner)
        try:
            coinbase.link(by=by, owner=owner, coinbase_user_id=coinbase_user_id, now=now)
        except coinbase.LinkedElsewhereError:
            messages.warning(
                self.request,
                "That Coinbase account is linked to another Holdfast account by now. Set a password to sign in here.",
            )
