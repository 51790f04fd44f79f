"""What an exchange says it holds beside what its transactions add up to, and how to bring both together."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import actor_of
from accounts.guards import second_factor
from accounts.requests import posted
from ledger import discrepancies
from ledger.discrepancies import NothingToAddError
from ledger.fields import BadFieldError
from ledger.forms_matching import TypedForm
from ledger.mine_matching import wallet_of
from wallets import catalogue

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest
    from wallets.models import Wallet

CHANGED = "Nothing was added: the figures have changed since. Look at them again."


def shown(request: OwnerRequest, wallet: Wallet, **more: Any) -> dict[str, Any]:
    balances = discrepancies.balances_of(wallet)
    return {
        "wallet": wallet,
        "exchange_name": catalogue.named(wallet.exchange) if wallet.exchange else "the exchange",
        "balances": balances,
        "typing": not wallet.is_connected,
        "form": TypedForm(),
        "zone": request.user.time_zone,
        **more,
    }


@require_safe
@never_cache
@second_factor
def balances(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    return render(request, "ledger/reconcile.html", shown(request, wallet_of(request.user, wallet_id)))


@require_safe
@never_cache
@second_factor
def piece(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    """For the wallet's own page; opened by itself it is the whole page."""
    wallet = wallet_of(request.user, wallet_id)
    if not request.htmx:
        return redirect("balances:balances", wallet_id=wallet.pk)
    return render(request, "ledger/_balances_short.html", shown(request, wallet))


@require_POST
@second_factor
def accept(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    """The proposed row, for the difference that was looked at."""
    wallet = wallet_of(request.user, wallet_id)
    try:
        added = discrepancies.accept(
            by=actor_of(request),
            wallet=wallet,
            asset=request.POST.get("asset", ""),
            difference=Decimal(request.POST.get("difference", "")),
            now=timezone.now(),
        )
    except (InvalidOperation, NothingToAddError, BadFieldError):
        messages.info(request, CHANGED)
    else:
        messages.success(request, f"Added: {added.category}. Put it in the bin from its own page to undo it.")
    return redirect("balances:balances", wallet_id=wallet.pk)


@require_POST
@second_factor
def type_in(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    """What the exchange shows now, in the owner's word."""
    wallet = wallet_of(request.user, wallet_id)
    if wallet.is_connected:
        messages.info(request, "This wallet is connected: its exchange tells the balances itself.")
        return redirect("balances:balances", wallet_id=wallet.pk)
    form = TypedForm(posted(request))
    if not form.is_valid():
        return render(request, "ledger/reconcile.html", shown(request, wallet, form=form))
    said = form.cleaned_data["said"]
    discrepancies.type_in(
        by=actor_of(request),
        wallet=wallet,
        asset=said["asset"],
        amount=Decimal(said["amount"]),
        now=timezone.now(),
    )
    messages.success(request, "Kept as your word.")
    return redirect("balances:balances", wallet_id=wallet.pk)


@require_POST
@second_factor
def take_back(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    asset = request.POST.get("asset", "")
    discrepancies.take_back(by=actor_of(request), wallet=wallet, asset=asset, now=timezone.now())
    messages.success(request, "Your word about it is taken back.")
    return redirect("balances:balances", wallet_id=wallet.pk)
