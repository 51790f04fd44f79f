"""The owner's assets, and what their symbols stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import actor_of
from accounts.guards import second_factor
from accounts.requests import posted
from ledger import symbols
from ledger.fields import BadFieldError
from ledger.forms_matching import AliasForm
from ledger.mine_matching import alias_of, holding_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest

FORM = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@never_cache
@second_factor
def assets(request: OwnerRequest) -> HttpResponse:
    found = symbols.holdings_of(request.user, now=timezone.now())
    return render(request, "ledger/assets.html", {"holdings": found, "asking": [each for each in found if each.asks]})


@FORM
@never_cache
@second_factor
def asset(request: OwnerRequest, code: str) -> HttpResponse:
    """What it is, where it is, and a word about its symbol."""
    holding = holding_of(request.user, code, now=timezone.now())
    form = AliasForm(posted(request), owner=request.user, exchanges=symbols.exchanges_of(request.user), shown=code)
    if form.is_bound and form.is_valid():
        try:
            alias, wallets = symbols.say(by=actor_of(request), owner=request.user, said=form.said(), now=timezone.now())
        except BadFieldError as error:
            form.add_error(error.field if error.field in form.fields else None, error.words)
        else:
            messages.success(request, f"{alias.symbol} is {alias.code} from now on. {calm(wallets)}")
            return redirect("ledger:asset", code=alias.symbol)
    return render(request, "ledger/asset.html", {"holding": holding, "form": form, "zone": request.user.time_zone})


@FORM
@never_cache
@second_factor
def alias_change(request: OwnerRequest, alias_id: UUID) -> HttpResponse:
    alias = alias_of(request.user, alias_id)
    form = AliasForm(posted(request), owner=request.user, exchanges=symbols.exchanges_of(request.user), shown=alias)
    if form.is_bound and form.is_valid():
        try:
            changed, wallets = symbols.change(by=actor_of(request), alias=alias, said=form.said(), now=timezone.now())
        except BadFieldError as error:
            form.add_error(error.field if error.field in form.fields else None, error.words)
            alias.refresh_from_db()
        else:
            messages.success(request, f"{changed.symbol} is {changed.code}. {calm(wallets)}")
            return redirect("ledger:asset", code=changed.symbol)
    return render(request, "ledger/asset_alias.html", {"alias": alias, "form": form, "zone": request.user.time_zone})


@require_POST
@second_factor
def alias_delete(request: OwnerRequest, alias_id: UUID) -> HttpResponse:
    alias = alias_of(request.user, alias_id)
    symbol = alias.symbol
    wallets = symbols.unsay(by=actor_of(request), alias=alias, now=timezone.now())
    messages.success(request, f"{symbol} is what it was before. {calm(wallets)}")
    return redirect("ledger:assets")


def calm(wallets: int) -> str:
    if not wallets:
        return "Nothing has to be read anew."
    what = "Your wallet is" if wallets == 1 else f"{wallets} of your wallets are"
    return f"{what} read anew in the background: no edit is lost, and figures settle within minutes."
