"""Questions to staff: asked, answered, and the consent taken back. What staff see is shown before it is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audit import actor_of
from accounts.guards import second_factor
from accounts.requests import posted
from config.keyset import address_of, newest_first
from wallets import help as asking
from wallets.forms_keeping import QuestionForm
from wallets.glances import glance
from wallets.mine import wallet_of
from wallets.models import HelpRequest
from wallets.refusals import turned_away

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest
    from wallets.models import Wallet

SENT = (
    "Your question, as you write it",
    "Which exchange, by which method, and how the wallet stands: its state, the cause, since when",
    "The last five checks: each line, ticked or crossed",
    "What the exchange told of the key's rights",
)
KEPT_BACK = (
    "Keys, secrets, passphrases and sign-ins",
    "Balances and transactions",
    "Whose account it is at the exchange",
    "The wallet's name and your note",
)
FORM = require_http_methods(["GET", "HEAD", "POST"])


@FORM
@never_cache
@second_factor
def help_index(request: OwnerRequest) -> HttpResponse:
    """All questions, and a form for one that is about no wallet: somebody who cannot connect has none yet."""
    now, form = timezone.now(), QuestionForm(posted(request))
    if turned_away(request, form, now=now):
        return redirect("wallets:help_index")
    if form.is_valid():
        _send(request, form, None)
        return redirect("wallets:help_index")
    mine = HelpRequest.objects.filter(owner=request.user).select_related("wallet")
    page = newest_first(mine, time="created_at", after=request.GET.get("after", ""))
    rows = [(asked, bool(asked.consent_until and asked.consent_until > now)) for asked in page.rows]
    context = {"rows": rows, "older": address_of(page), "form": form}
    return render(request, "wallets/help_index.html", context)


@FORM
@never_cache
@second_factor
def help_page(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    seen = glance(wallet)
    form = QuestionForm(posted(request), about=seen)
    if turned_away(request, form, now=timezone.now()):
        return redirect("wallets:help", wallet_id=wallet.pk)
    if form.is_valid():
        _send(request, form, wallet)
        return redirect("wallets:help_index")
    context = {
        "wallet": wallet,
        "form": form,
        "sent": SENT,
        "kept_back": KEPT_BACK,
        "bundle": json.dumps(asking.bundle_of(wallet), indent=2, ensure_ascii=False),
        "consent": asking.CONSENT.days,
    }
    return render(request, "wallets/help.html", context)


@require_POST
@second_factor
def help_withdraw(request: OwnerRequest, request_id: UUID) -> HttpResponse:
    asked = HelpRequest.objects.filter(owner=request.user, pk=request_id).first()
    if asked is None:
        raise Http404
    asking.withdraw(by=actor_of(request), request=asked, now=timezone.now())
    messages.success(request, "Staff can no longer see this question.")
    return redirect("wallets:help_index")


def _send(request: OwnerRequest, form: QuestionForm, wallet: Wallet | None) -> None:
    asking.ask(
        by=actor_of(request),
        owner=request.user,
        subject=form.cleaned_data["subject"],
        words=form.cleaned_data["words"],
        wallet=wallet,
        now=timezone.now(),
    )
    messages.success(request, "Your question was sent. The answer comes here, and we mail you when it is there.")
