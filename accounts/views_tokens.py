"""Access tokens for programs: made behind step-up, shown once, revoked by one button."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import tokens
from accounts.audit import actor_of
from accounts.forms import TokenForm
from accounts.guards import second_factor, stepped_up
from accounts.models import ApiToken
from accounts.requests import posted

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@stepped_up
def token_new(request: OwnerRequest) -> HttpResponse:
    """The answer to the POST shows the token, this once; a second press, or loading it again, makes no other."""
    form = TokenForm(posted(request))
    minted = _mint(request, form) if form.is_valid() else None
    if minted:
        token, presented = minted
        return render(request, "accounts/token_made.html", {"token": token, "presented": presented})
    return render(request, "accounts/token_new.html", {"form": form})


def _mint(request: OwnerRequest, form: TokenForm) -> tuple[ApiToken, str] | None:
    now = timezone.now()
    try:
        return tokens.mint(
            by=actor_of(request),
            owner=request.user,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=now + timedelta(days=form.cleaned_data["days"]),
            now=now,
            once=form.cleaned_data["once"],
        )
    except ValidationError as error:
        # The form asks for days where the verb speaks of the end.
        fields = {"expires_at": "days"}
        for name, said in getattr(error, "error_dict", {"": error}).items():
            form.add_error(fields.get(name, name) or None, said)
        return None


@require_POST
@second_factor
def token_revoke(request: OwnerRequest, token_id: UUID) -> HttpResponse:
    token = ApiToken.objects.for_user(request.user).filter(pk=token_id).first()
    if token is None:
        raise Http404
    tokens.revoke(by=actor_of(request), token=token, now=timezone.now())
    messages.success(request, f"“{token.name}” no longer works.")
    return redirect("accounts:settings_security")
