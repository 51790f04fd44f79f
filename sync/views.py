"""How a wallet's history comes in: live progress, past runs, how far it reaches; and asking for it now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.audit import actor_of
from accounts.guards import second_factor
from config.keyset import address_of, newest_first
from sync import excuses, holds, progress, schedule
from sync.coverage import limits_of, spans_of
from sync.forms_again import AgainForm
from sync.list_names import titles_of
from sync.models import Run
from sync.reach import reach_of
from wallets import catalogue
from wallets.credentials import NoKeyError
from wallets.health import EXCUSABLE
from wallets.mine import wallet_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest
    from sync.holds import Hold
    from wallets.models import Wallet

MOVING, AWAY, PAUSED = 2, 5, 30  # seconds between two looks of a page that is open
NO_KEY = "There is no key to ask with. Connect the wallet first."


@require_safe
@never_cache
@second_factor
def history(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    return history_page(request, wallet_of(request.user, wallet_id))


def history_page(request: OwnerRequest, wallet: Wallet, *, again: AgainForm | None = None) -> HttpResponse:
    """`again`: what was asked for and did not fit."""
    page = newest_first(
        Run.objects.filter(wallet=wallet).select_related("wallet"),
        time="created_at",
        after=request.GET.get("after", ""),
        size=20,
    )
    spans, hold = spans_of(wallet), holds.hold_on(wallet.exchange)
    context = {
        **live(wallet),
        "runs": [as_the_exchange_was(progress.told(run), hold) for run in page.rows],
        "older": address_of(page),
        "spans": spans,
        "reach": reach_of(spans, now=timezone.now()),
        "limits": limits_of(wallet),
        "exchange_name": catalogue.named(wallet.exchange),
        "again": again or AgainForm(wallet=wallet),
    }
    return render(request, "sync/history.html", context)


@require_safe
@never_cache
@second_factor
def now(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    """A piece of the wallet's page and of its history; opened by itself it is the history."""
    wallet = wallet_of(request.user, wallet_id)
    if not request.htmx:
        return redirect("sync:history", wallet_id=wallet.pk)
    context = live(wallet)
    if request.GET.get("stood", context["stands"]) != context["stands"]:
        return HttpResponseClientRefresh()  # the page around it says how the wallet stood before
    return render(request, "sync/_now.html", context)


@require_safe
@never_cache
@second_factor
def holds_of(request: OwnerRequest) -> HttpResponse:
    """A piece of the pages that list wallets: which of their exchanges are not read just now."""
    if not request.htmx:
        return redirect("wallets:index")
    return render(request, "sync/_incidents.html", {"holds": holds.holds_for(request.user)})


def live(wallet: Wallet) -> dict[str, object]:
    run, hold = progress.latest_of(wallet), holds.hold_on(wallet.exchange)
    return {
        "wallet": wallet,
        "latest": as_the_wallet_says(progress.told(run), wallet, hold) if run else None,
        "lines": progress.lines_of(wallet, run=run) if run else [],
        "hold": hold,
        "may_sync": wallet.may_be_asked,
        "stands": f"{wallet.state}:{wallet.cause}:{wallet.awaits_history}",
        "every": look_again_after(wallet, run, hold),
    }


def as_the_wallet_says(told: progress.Told, wallet: Wallet, hold: Hold | None) -> progress.Told:
    """In an incident a run may have heard that its key is no good, for which the wallet was excused: beside the words
    that no key is to be changed stands what the wallet says. What the run heard stands on its own page.
    """
    excused = hold and hold.by == holds.By.INCIDENT and wallet.cause != told.run.cause
    if told.under_way or not excused:
        return told
    cause, right, exchange = wallet.cause, wallet.cause_right, catalogue.named(wallet.exchange)
    return replace(told, why=progress.why_of(cause, right, exchange, way=wallet.way))


def as_the_exchange_was(told: progress.Told, hold: Hold | None) -> progress.Told:
    """While an incident lasts, what runs heard of a key in it is not said beside the words that no key is to be
    changed. Before and afterwards it is told as it was.
    """
    ended = told.run.finished_at
    if not (hold and hold.by == holds.By.INCIDENT and ended and ended >= hold.since - excuses.BEFORE):
        return told
    return replace(told, why=hold.title) if told.run.cause in EXCUSABLE else told


def look_again_after(wallet: Wallet, run: Run | None, hold: Hold | None) -> int:
    """Seconds; 0: nothing will change by itself. Who watches while an exchange is away sees it heal."""
    moving = run.finished_at is None if run else wallet.may_be_asked
    if moving:
        return PAUSED if hold and hold.by == holds.By.STAFF else MOVING
    return AWAY if wallet.is_connected and wallet.state in {"waiting", "exchange_down"} else 0


@require_safe
@never_cache
@second_factor
def run(request: OwnerRequest, run_id: UUID) -> HttpResponse:
    found = progress.run_of(request.user, run_id)
    if found is None:
        raise Http404
    context = {
        "told": as_the_exchange_was(progress.told(found), holds.hold_on(found.exchange)),
        "goes_on_from": progress.taken_over_by(found),
        "lists": progress.listed(found),
        "wallet": found.wallet,
        "list": titles_of(found.wallet, [found.stream])[found.stream] if found.stream else "",
        "exchange_name": catalogue.named(found.exchange),
    }
    return render(request, "sync/run.html", context)


@require_POST
@second_factor
def sync_now(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    """Everything new; or, asked for, everything again."""
    wallet = wallet_of(request.user, wallet_id)
    full = request.POST.get("full") == "yes"
    try:
        schedule.request(by=actor_of(request), wallet=wallet, now=timezone.now(), full=full)
    except NoKeyError:
        messages.error(request, NO_KEY)
    return redirect("sync:history", wallet_id=wallet.pk)


@require_POST
@second_factor
def sync_all(request: OwnerRequest) -> HttpResponse:
    runs = schedule.request_all(by=actor_of(request), owner=request.user, now=timezone.now())
    left = left_out(schedule.resting(request.user), schedule.waiting_out(request.user))
    messages.success(request, said_of(len(runs), left))
    return redirect("wallets:index")


def left_out(resting: int, waiting: int) -> str:
    for_you = f"{resting} wait{'s' if resting == 1 else ''} for you first." if resting else ""
    until = "waits until its exchange is well" if waiting == 1 else "wait until their exchanges are well"
    for_them = f"{waiting} {until}." if waiting else ""
    return f"{for_you} {for_them}".strip()


def said_of(asked: int, left: str) -> str:
    if asked:
        return f"{asked} wallet{'s' if asked != 1 else ''} asked for what is new. {left}".rstrip()
    return f"Nothing was asked: {left}" if left else "No wallet is connected yet."
