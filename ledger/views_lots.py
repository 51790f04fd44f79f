"""What owners say about their gains: which lots, what something cost, fees of transfers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import actor_of
from accounts.guards import second_factor
from accounts.requests import posted
from config.keyset import address_of, newest_first
from ledger import known_costs, lot_choices, lot_table, lots_ready, lots_then, plans
from ledger.forms_tax import CostForm, FeeForm
from ledger.lot_choices import BadChoiceError
from ledger.mine import transaction_of
from ledger.models import KnownCost, LotChoice, Transaction
from ledger.views_tax import page, stands
from wallets.free_text import TreasureError

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest
    from ledger.models import Reckoning

FORM = require_http_methods(["GET", "HEAD", "POST"])
TREASURE = "That looks like a seed phrase or a key. It was not kept. Write the note without it."
MANY = 20
DIGITS = 6  # more places than anybody has wallets


# --- lots chosen by hand -------------------------------------------------------------------------------------------


@FORM
@never_cache
@second_factor
def lots(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    """Looked at first, or kept at once: what each choice comes to stands beside it."""
    each, standing = transaction_of(request.user, transaction_id), stands(request)
    context: dict[str, Any] = {"transaction": each}
    if read := standing.reckoning:
        context["refused"] = why_not(read, each)
        if not context["refused"] and not lots_ready.is_ready(read, each):
            return page(request, "tax/lots_soon.html", standing, **context)
        found = None if context["refused"] else lots_then.then(read, each)
        if found:
            asked = lot_table.asked(request.GET, request.POST)
            if request.method == "POST" and request.POST.get("do") == "keep" and kept(request, each, found, asked):
                return redirect("tax:disposal", transaction_id=each.pk)
            context |= lot_table.table(request.user, each, found, asked)
            context["law"] = lot_table.law_of(read, each)
        context["nothing"] = found is None
    return page(request, "tax/lots.html", standing, **context)


def why_not(read: Reckoning, each: Transaction) -> str:
    """Where there is nothing to choose."""
    if each.sent_amount is None and not each.fee_amount:
        return "Nothing left by this transaction."
    if lots_then.method_at(read, each) in lots_then.BLENDED:
        return "Your tax settings put everything into one pool here: there are no lots to choose from."
    return ""


def kept(request: OwnerRequest, each: Transaction, found: lots_then.Then, asked: lot_table.Asked) -> bool:
    try:
        chosen = lot_table.merged(each, asked)
        lot_choices.choose(by=actor_of(request), each=each, chosen=chosen, then=found, now=timezone.now())
    except BadChoiceError as error:
        asked.refusal = error
        return False
    if chosen:
        messages.success(request, "Your choice is kept. Gains are reckoned anew with it.")
    else:
        messages.success(request, "Nothing is chosen: the method takes its lots.")
    return True


@require_POST
@second_factor
def lots_back(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    each = transaction_of(request.user, transaction_id)
    if lot_choices.take_back(by=actor_of(request), each=each, now=timezone.now()):
        messages.success(request, "Your choice is taken back: the method takes its lots again.")
    return redirect("tax:disposal", transaction_id=each.pk)


# --- what something cost -------------------------------------------------------------------------------------------


@FORM
@never_cache
@second_factor
def cost(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    each = transaction_of(request.user, transaction_id)
    said, may = known_costs.of(each), known_costs.may_be_said(each)
    form = CostForm(posted(request) if may else None, owner=request.user, came=each.occurred_at, said=said)
    if form.is_valid() and said_cost(request, each, form):
        messages.success(request, "Kept as your word. Gains are reckoned anew with it.")
        return redirect("tax:cost", transaction_id=each.pk)
    context = {"transaction": each, "said": said, "may": may, "form": form, "zone": request.user.time_zone}
    return render(request, "tax/cost.html", {**context, "help": known_costs.help_for(each)})


def said_cost(request: OwnerRequest, each: Transaction, form: CostForm) -> bool:
    given = form.cleaned_data
    try:
        known_costs.say(
            by=actor_of(request),
            each=each,
            cost=given["cost"],
            currency=given["currency"],
            acquired_at=given["acquired"],
            note=given["note"],
            now=timezone.now(),
        )
    except TreasureError:
        form.add_error("note", TREASURE)
        return False
    return True


@require_POST
@second_factor
def cost_back(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    each = transaction_of(request.user, transaction_id)
    if known_costs.take_back(by=actor_of(request), each=each, now=timezone.now()):
        messages.success(request, "Your word about its cost is taken back.")
    return redirect("tax:cost", transaction_id=each.pk)


@require_safe
@never_cache
@second_factor
def said(request: OwnerRequest) -> HttpResponse:
    """All costs that were said, and all lots that were chosen."""
    after = request.GET.get("after", "")
    show = "lots" if request.GET.get("show") == "lots" else "costs"
    rows: Any = LotChoice.objects.for_user(request.user) if show == "lots" else KnownCost.objects.for_user(request.user)
    found = newest_first(rows, time="created_at", after=after, size=MANY)
    named = {getattr(row, name) for row in found.rows for name in ("key_id", "disposal_id") if hasattr(row, name)}
    known = Transaction.objects.for_user(request.user).select_related("wallet").in_bulk(named)
    context = {
        "show": show,
        "rows": [(row, known.get(row.disposal_id if show == "lots" else row.key_id)) for row in found.rows],
        "older": address_of(found, show=show),
        "after": after,
    }
    return render(request, "tax/said.html", context)


# --- fees of transfers ---------------------------------------------------------------------------------------------


@FORM
@never_cache
@second_factor
def options(request: OwnerRequest) -> HttpResponse:
    form = FeeForm(posted(request), initial={"transfer_fee": plans.transfer_fee(request.user)})
    if form.is_valid():
        fee = form.cleaned_data["transfer_fee"]
        plans.choose_fee(by=actor_of(request), owner=request.user, transfer_fee=fee, now=timezone.now())
        messages.success(request, "Kept. Gains are reckoned anew with it.")
        return redirect("tax:options")
    return render(request, "tax/options.html", {"form": form})
