"""What an owner does with one transaction: says a field, takes it back, decides, leaves it out, writes one down."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import actor_of
from accounts.guards import second_factor
from accounts.requests import posted
from ledger import edits, filed_years, handmade, listing
from ledger.edits import NothingToDoError
from ledger.fields import BadFieldError
from ledger.forms import AddForm, FieldsForm, refused
from ledger.mine import transaction_of
from ledger.overlay import FIELDS
from ledger.views import transaction_page
from wallets.free_text import TreasureError
from wallets.mine import wallet_of
from wallets.refusals import TREASURE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest
    from ledger.models import Transaction

FORM = require_http_methods(["GET", "HEAD", "POST"])
NOTHING = "Nothing was changed: this has been decided or taken back already."


@contextmanager
def told(request: OwnerRequest, success: str = "") -> Iterator[None]:
    """Around one verb."""
    try:
        yield
    except NothingToDoError:
        messages.info(request, NOTHING)
    except TreasureError:
        messages.error(request, TREASURE)
    else:
        if success:
            messages.success(request, success)


def after(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    """The page as it is now; in the drawer, the piece of it."""
    shown = transaction_of(request.user, transaction_id)
    if request.htmx:
        return transaction_page(request, shown, said="; ".join(str(each) for each in messages.get_messages(request)))
    return redirect("ledger:transaction", transaction_id=shown.pk)


@require_POST
@second_factor
def edit(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    shown = transaction_of(request.user, transaction_id)
    name = request.POST.get("field", "")
    if name not in FIELDS:
        return after(request, shown.pk)
    form = FieldsForm((name,), posted(request), owner=request.user)
    if form.is_valid() and _kept(request, form, shown):
        return after(request, shown.pk)
    return transaction_page(request, shown, form=form) if form.errors else after(request, shown.pk)


def _kept(request: OwnerRequest, form: FieldsForm, shown: Transaction) -> bool:
    try:
        with told(request, "Kept."):
            edits.edit(
                by=actor_of(request), owner=request.user, ids=[shown.pk], changes=form.said(), now=timezone.now()
            )
    except BadFieldError as error:
        refused(form, error)
        return False
    return True


@require_POST
@second_factor
def reset(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    """One field, or all."""
    shown = transaction_of(request.user, transaction_id)
    name = request.POST.get("field", "")
    with told(request, "What the source says holds again."):
        edits.reset(
            by=actor_of(request),
            owner=request.user,
            ids=[shown.pk],
            fields=[name] if name in FIELDS else FIELDS,
            now=timezone.now(),
        )
    return after(request, shown.pk)


@require_POST
@second_factor
def resolve(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    shown = transaction_of(request.user, transaction_id)
    keep = "mine" if request.POST.get("keep") == "mine" else "source"
    with told(request, "Your word stands." if keep == "mine" else "What the source says holds."):
        edits.resolve(
            by=actor_of(request),
            owner=request.user,
            transaction_id=shown.pk,
            field=request.POST.get("field", ""),
            keep=keep,
            now=timezone.now(),
        )
    return after(request, shown.pk)


@require_POST
@second_factor
def undo(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    return _moved(request, transaction_id, edits.undo, "Taken back.")


@require_POST
@second_factor
def redo(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    return _moved(request, transaction_id, edits.redo, "Done again.")


def _moved(
    request: OwnerRequest, transaction_id: UUID, verb: Callable[..., list[Transaction]], success: str
) -> HttpResponse:
    shown = transaction_of(request.user, transaction_id)
    with told(request, success):
        verb(by=actor_of(request), owner=request.user, transaction_id=shown.pk, now=timezone.now())
    return after(request, shown.pk)


# --- leaving out, and bringing back --------------------------------------------------------------------------------


@require_POST
@second_factor
def remove(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    """One written by hand goes to the bin. What an exchange or a file says stays, and is left out."""
    shown = transaction_of(request.user, transaction_id)
    if handmade.put_away(by=actor_of(request), each=shown, now=timezone.now()):
        messages.success(request, "It is in the bin, and can be brought back from there.")
        return redirect("ledger:bin")
    messages.success(request, "It is left out, and counts for nothing. Undo brings it back.")
    return after(request, shown.pk)


@require_safe
@never_cache
@second_factor
def bin_page(request: OwnerRequest) -> HttpResponse:
    held = filed_years.filed(request.user)
    binned = [(each, filed_years.among(held, [each.row.occurred_at])) for each in handmade.binned(request.user)]
    return render(request, "ledger/bin.html", {"binned": binned, "zone": request.user.time_zone})


@require_POST
@second_factor
def restore(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    found = handmade.lies_in_bin(request.user, transaction_id)
    if found is None:
        transaction_of(request.user, transaction_id)  # a stranger's is not there
        messages.info(request, "It is not in the bin.")
        return redirect("ledger:transaction", transaction_id=transaction_id)
    handmade.restore(by=actor_of(request), key=found.key, wallet=found.wallet, now=timezone.now())
    messages.success(request, "It is back, and counts again.")
    return redirect("ledger:transaction", transaction_id=transaction_id)


# --- writing one down ----------------------------------------------------------------------------------------------


@FORM
@never_cache
@second_factor
def add(request: OwnerRequest) -> HttpResponse:
    wallets = listing.wallets_of(request.user).kept
    form = AddForm(posted(request), owner=request.user, wallets=wallets, wallet=request.GET.get("wallet", ""))
    if form.is_bound and form.is_valid() and (made := _written(request, form)):
        return redirect("ledger:transaction", transaction_id=made)
    context = {"form": form, "wallets": wallets, "zone": request.user.time_zone}
    return render(request, "ledger/add.html", {**context, "filed": filed_years.filed(request.user)})


def _written(request: OwnerRequest, form: AddForm) -> UUID | None:
    wallet = wallet_of(request.user, UUID(form.cleaned_data["wallet"]))
    said = {name: value for name, value in form.said().items() if value}
    try:
        once = form.cleaned_data["once"]
        made = handmade.add(by=actor_of(request), wallet=wallet, fields=said, now=timezone.now(), once=once)
    except handmade.WrittenAlreadyError as error:
        messages.info(request, "That is written down already. For another one like it, begin a new page.")
        return error.key.pk
    except BadFieldError as error:
        refused(form, error)
    except TreasureError:
        form.add_error(None, TREASURE)
    else:
        messages.success(request, "Written down.")
        return made.pk
    return None
