"""What an owner does with a wallet. What cannot be taken back by one press says first exactly what will happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audit import actor_of
from accounts.guards import second_factor, stepped_up
from accounts.requests import posted
from wallets import consequences, credentials, keeping, removal
from wallets.catalogue import Way
from wallets.diagnosis import SAFE
from wallets.forms_keeping import LabelForm, NoteForm, RotationForm
from wallets.glances import glance
from wallets.mine import wallet_of
from wallets.refusals import told, turned_away
from wallets.views_wallets import wallet_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest
    from wallets.models import Wallet

FORM = require_http_methods(["GET", "HEAD", "POST"])


def back_to(wallet: Wallet) -> HttpResponse:
    return redirect("wallets:wallet", wallet_id=wallet.pk)


# --- words the owner writes ------------------------------------------------------------------------------------------


@require_POST
@second_factor
def rename(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    form = LabelForm(posted(request), wallet=wallet)
    if turned_away(request, form, now=timezone.now()):
        return back_to(wallet)
    if not form.is_valid():
        return wallet_page(request, wallet, label_form=form)
    label = form.cleaned_data["label"]
    with told(request, f"It is called “{label}” from now on."):
        keeping.rename(by=actor_of(request), wallet=wallet, label=label, now=timezone.now())
    return back_to(wallet)


@require_POST
@second_factor
def note(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    form = NoteForm(posted(request), wallet=wallet)
    if turned_away(request, form, now=timezone.now()):
        return back_to(wallet)
    if not form.is_valid():
        return wallet_page(request, wallet, note_form=form)
    words = form.cleaned_data["note"]
    with told(request, "Your note is kept." if words else "The note is gone."):
        keeping.annotate(by=actor_of(request), wallet=wallet, note=words, now=timezone.now())
    return back_to(wallet)


@require_POST
@second_factor
def rotation(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    form = RotationForm(posted(request), wallet=wallet)
    if not form.is_valid():
        return wallet_page(request, wallet, rotation_form=form)
    months = form.cleaned_data["months"]
    success = f"We remind you when the key is {months} months old." if months else "We do not remind you."
    with told(request, success):
        keeping.remind_of_rotation(by=actor_of(request), wallet=wallet, months=months, now=timezone.now())
    return back_to(wallet)


# --- what one press takes back ---------------------------------------------------------------------------------------


@require_POST
@second_factor
def pause(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    with told(request, f"“{wallet.label}” is paused. Nothing is asked until you resume."):
        keeping.pause(by=actor_of(request), wallet=wallet, now=timezone.now())
    return back_to(wallet)


@require_POST
@second_factor
def archive(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    with told(request, f"“{wallet.label}” is in the archive. Its history counts as before."):
        keeping.archive(by=actor_of(request), wallet=wallet, now=timezone.now())
    return back_to(wallet)


@require_POST
@second_factor
def resume(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    with told(request, f"“{wallet.label}” goes on where it stopped."):
        keeping.resume(by=actor_of(request), wallet=wallet, now=timezone.now())
    return back_to(wallet)


@require_POST
@second_factor
def restore(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    with told(request, f"“{wallet.label}” is back, with its history and your edits."):
        keeping.restore(by=actor_of(request), wallet=wallet, now=timezone.now())
    return back_to(wallet)


# --- what is said before it is done ----------------------------------------------------------------------------------


@FORM
@never_cache
@stepped_up
def detach(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet, now = wallet_of(request.user, wallet_id), timezone.now()
    if request.method != "POST":
        seen, credential = glance(wallet), credentials.current_of(wallet)
        happens = consequences.of_detaching(seen, credential)
        context = {"wallet": wallet, "seen": seen, "credential": credential, "happens": happens}
        return render(request, "wallets/detach.html", context)
    with told(request, f"“{wallet.label}” is detached: its key is wiped, its history stays."):
        keeping.detach(by=actor_of(request), wallet=wallet, now=now)
    return back_to(wallet)


@FORM
@never_cache
@stepped_up
def leaked(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet, now = wallet_of(request.user, wallet_id), timezone.now()
    what = "sign-in" if wallet.way == Way.OAUTH else "key"
    if request.method != "POST":
        seen, credential = glance(wallet), credentials.current_of(wallet)
        happens = consequences.of_leaking(seen, credential)
        context = {"wallet": wallet, "seen": seen, "credential": credential, "happens": happens, "safe": SAFE}
        return render(request, "wallets/leaked.html", {**context, "what": what})
    with told(request, f"Holdfast no longer uses this {what}."):
        keeping.leaked(by=actor_of(request), wallet=wallet, now=now)
    return back_to(wallet)


@FORM
@never_cache
@stepped_up
def remove(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    """What else there is to do comes first: most who want to remove a wallet want it to work."""
    wallet, now = wallet_of(request.user, wallet_id), timezone.now()
    if request.method != "POST":
        seen, credential = glance(wallet), credentials.current_of(wallet)
        context = {
            "wallet": wallet,
            "seen": seen,
            "credential": credential,
            "happens": consequences.of_binning(seen, credential, now=now),
            "hangs_on": removal.hangs_on(wallet),
        }
        return render(request, "wallets/remove.html", context)
    with told(request, f"“{wallet.label}” is in the bin. It can be restored for {keeping.BIN_DAYS.days} days."):
        keeping.put_in_bin(by=actor_of(request), wallet=wallet, now=now)
        return redirect("wallets:bin")
    return back_to(wallet)
