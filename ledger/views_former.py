"""Whether a wallet's account is one that its owner had removed: asked once, calmly, and answered with a press."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import actor_of
from accounts.guards import second_factor
from ledger import former
from ledger.mine_matching import former_of, wallet_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest
    from wallets.models import Wallet

SHOWN = 10
BACK = "It is coming back, and holds again in a moment."
LEFT = "Nothing was changed. What you had said stays kept, and you can still bring it back from here."
CHANGED = "Nothing was changed: it was answered otherwise by now. This is how it stands."


def shown(wallet: Wallet) -> dict[str, Any]:
    found = [(each, former.words_of(each)) for each in former.questions(wallet)[:SHOWN]]
    return {
        "wallet": wallet,
        "asked": [each for each in found if each[0].verdict == former.Verdict.ASKED],
        "left": [each for each in found if each[0].verdict == former.Verdict.OTHER],
    }


@require_safe
@never_cache
@second_factor
def page(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    return render(request, "ledger/former.html", shown(wallet_of(request.user, wallet_id)))


@require_safe
@never_cache
@second_factor
def piece(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    """For the wallet's own page, where there is nothing mostly; opened by itself it is the whole page."""
    wallet = wallet_of(request.user, wallet_id)
    if not request.htmx:
        return redirect("former:page", wallet_id=wallet.pk)
    return render(request, "ledger/_former.html", shown(wallet))


@require_POST
@second_factor
def answer(request: OwnerRequest, wallet_id: UUID, former_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    found, same = former_of(wallet, former_id), request.POST.get("same") == "yes"
    try:
        former.answer(by=actor_of(request), wallet=wallet, found=found, same=same, now=timezone.now())
    except former.NotNowError:
        messages.warning(request, CHANGED)
    else:
        messages.success(request, BACK if same else LEFT)
    return redirect("wallets:wallet", wallet_id=wallet.pk)
