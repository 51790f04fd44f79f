"""Asking for a part of a history again, for when something in it seems wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.audit import actor_of
from accounts.guards import second_factor
from accounts.requests import posted
from sync import schedule
from sync.forms_again import AgainForm
from sync.views import NO_KEY, history_page
from wallets.credentials import NoKeyError
from wallets.mine import wallet_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest


@require_POST
@second_factor
def pull_again(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    form = AgainForm(posted(request), wallet=wallet)
    if not form.is_valid():
        return history_page(request, wallet, again=form)
    try:
        run = schedule.request(by=actor_of(request), wallet=wallet, now=timezone.now(), **form.asked())
    except ValidationError as refused:
        form.add_error(None, refused)
        return history_page(request, wallet, again=form)
    except NoKeyError:
        messages.error(request, NO_KEY)
        return redirect("sync:history", wallet_id=wallet.pk)
    if run.then:
        messages.info(request, "It begins as soon as the run that is under way has ended.")
    return redirect("sync:history", wallet_id=wallet.pk)
