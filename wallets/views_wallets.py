"""The list of wallets, one wallet with all that is known of it, its checklist, the bin, and the yearly look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import recovery
from accounts.audit import actor_of
from accounts.guards import second_factor
from accounts.models import AuditEvent
from accounts.trail import lines_of as trail_lines_of
from config.keyset import address_of, newest_first
from wallets import catalogue, connections, credentials, health, keeping, trials, trouble
from wallets.checklist import Mark
from wallets.checklist_words import lines_of, untried_in
from wallets.diagnosis import SAFE
from wallets.forms_keeping import LabelForm, NoteForm, RotationForm
from wallets.glances import WAY_WORDS, by_urgency, glance
from wallets.mine import wallet_of
from wallets.models import Wallet, WalletState
from wallets.particulars import latest_check, particulars_of
from wallets.refusals import told
from wallets.state_words import WORDS
from wallets.verdicts import UNDER_WAY, state_of, verdict_of
from wallets.watch import last_review

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.forms import Form

    from accounts.requests import OwnerRequest
    from wallets.glances import Glance
    from wallets.particulars import Particulars

TRAIL = 10
STRIP = 4
LOOKED_AT = 20  # connections on a page: each is a whole card
NO_NEWS = 204
MANY = 99  # nobody needs to know how many beyond
FORM = require_http_methods(["GET", "HEAD", "POST"])


# --- lists ---------------------------------------------------------------------------------------------------------


@require_safe
@never_cache
@second_factor
def index(request: OwnerRequest) -> HttpResponse:
    mine = Wallet.objects.for_user(request.user).kept()
    waiting = health.that_ask_their_owner(mine)
    only_waiting = request.GET.get("show") == WalletState.NEEDS_YOU
    page = newest_first(waiting if only_waiting else mine, time="created_at", after=request.GET.get("after", ""))
    context = {
        "recovering": recovery.under_way(request.user),
        "glances": by_urgency(page.rows),
        "older": address_of(page, show=WalletState.NEEDS_YOU if only_waiting else ""),
        "held": trouble.held(),
        "only_waiting": only_waiting,
        "waiting": waiting[: MANY + 1].count(),
        "many": MANY,
    }
    return render(request, "wallets/index.html", context)


@require_safe
@never_cache
@second_factor
def strip(request: OwnerRequest) -> HttpResponse:
    """A piece of the first page; opened by itself it is the list."""
    if not request.htmx:
        return redirect("wallets:index")
    mine = Wallet.objects.for_user(request.user).kept()
    waiting = list(health.that_ask_their_owner(mine).order_by("-created_at", "-id")[: STRIP + 1])
    others = mine.exclude(cause__in=health.ASK_THE_OWNER)
    counts = {
        state: others.in_state(state)[: MANY + 1].count() for state in (WalletState.PARTLY, WalletState.EXCHANGE_DOWN)
    }
    context = {
        "glances": [glance(wallet) for wallet in waiting[:STRIP]],
        "more": len(waiting) > STRIP,
        "troubles": [(WORDS[state], count) for state, count in counts.items() if count],
        "total": mine[: MANY + 1].count(),
        "many": MANY,
    }
    return render(request, "wallets/_strip.html", context)


@require_safe
@never_cache
@second_factor
def bin_page(request: OwnerRequest) -> HttpResponse:
    binned = Wallet.objects.for_user(request.user).binned()
    page = newest_first(binned, time="binned_at", after=request.GET.get("after", ""))
    rows = [(glance(wallet), wallet.binned_at + keeping.BIN_DAYS) for wallet in page.rows]
    connected = any(wallet.is_connected for wallet in page.rows)
    return render(request, "wallets/bin.html", {"rows": rows, "older": address_of(page), "connected": connected})


@FORM
@never_cache
@second_factor
def connections_page(request: OwnerRequest) -> HttpResponse:
    """The yearly look. That it was done is said on the last page of the list, by who has seen the others."""
    now = timezone.now()
    if request.method == "POST":
        connections.reviewed(by=actor_of(request), owner=request.user, now=now)
        messages.success(request, "Written down. In a year we ask you to look again.")
        return redirect("wallets:connections")
    connected, after = connections.connected(request.user), request.GET.get("after", "")
    page = newest_first(connected, time="created_at", after=after, size=LOOKED_AT)
    context = {
        "connections": connections.described(page.rows, now=now),
        "older": address_of(page),
        "last_review": last_review(request.user),
    }
    return render(request, "wallets/connections.html", context)


# --- one wallet ----------------------------------------------------------------------------------------------------


@require_safe
@never_cache
@second_factor
def wallet(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    return wallet_page(request, wallet_of(request.user, wallet_id))


def wallet_page(request: OwnerRequest, shown: Wallet, **forms: Form) -> HttpResponse:
    """`forms`: one that was sent and has something to say, in place of a fresh one."""
    seen = glance(shown)
    facts = particulars_of(seen, now=timezone.now())
    context = {
        "seen": seen,
        "wallet": shown,
        "exchange": seen.exchange,
        "facts": facts,
        "safe": SAFE,
        "held": trouble.held(),
        "check_under_way": facts.check and state_of(facts.check, now=timezone.now()) in UNDER_WAY,
        "crossed": [line for line in lines_of(facts.check, over=True) if line.mark == Mark.CROSSED]
        if facts.check
        else [],
        "untried": untried_in(facts.check) if facts.check else [],
        "methods": _methods(seen, facts),
        "all_addresses": ", ".join(settings.EGRESS_IPS),
        "kept_until": shown.binned_at and shown.binned_at + keeping.BIN_DAYS,
        "label_form": LabelForm(wallet=shown),
        "note_form": NoteForm(wallet=shown),
        "rotation_form": RotationForm(wallet=shown),
        **_trail(request, shown),
        **forms,
    }
    return render(request, "wallets/wallet.html", context)


def _trail(request: OwnerRequest, shown: Wallet) -> dict[str, object]:
    events = AuditEvent.objects.for_user(request.user).filter(about=shown.pk).select_related("actor")
    after = request.GET.get("after", "")
    page = newest_first(events, time="at", after=after, size=TRAIL)
    older = address_of(page)
    return {
        "lines": trail_lines_of(page.rows),
        "newest": f"{request.path}#trail" if after else "",
        "older": f"{older}#trail" if older else "",
    }


def _methods(seen: Glance, facts: Particulars) -> list[tuple[str, catalogue.Method, bool]]:
    """The one in use first."""
    way = facts.current.way if facts.current else "" if seen.wallet.is_connected else seen.wallet.way
    offered = sorted(seen.exchange.methods, key=lambda method: method.way != way) if seen.exchange else []
    return [
        (f"{WAY_WORDS[method.way]}, in use" if method.way == way else WAY_WORDS[method.way], method, method.way == way)
        for method in offered
    ]


@FORM
@never_cache
@second_factor
def checklist(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    """Asked again every second while it runs; without news there is nothing to put in place of what stands."""
    shown, now = wallet_of(request.user, wallet_id), timezone.now()
    if request.method == "POST":
        with told(request):
            trials.check(by=actor_of(request), wallet=shown, now=now)
        return redirect("wallets:checklist", wallet_id=shown.pk)
    context = {"wallet": shown, **_told(shown, now=now)}
    if request.htmx and request.GET.get("seen") == context["mark"]:
        return HttpResponse(status=NO_NEWS)
    return render(request, "wallets/_checklist.html" if request.htmx else "wallets/checklist.html", context)


def _told(shown: Wallet, *, now: datetime) -> dict[str, object]:
    current = credentials.current_of(shown)
    test = latest_check(current)
    context: dict[str, object] = {
        "test": test,
        "exchange_name": catalogue.named(shown.exchange),
        "may_check": current is not None,
        "seen": glance(shown),
        "safe": SAFE,
        "mark": "",
    }
    if test is None:
        return context
    state = state_of(test, now=now)
    lines = lines_of(test, over=state not in UNDER_WAY)
    return context | {
        "under_way": state in UNDER_WAY,
        "check_kind": "primary" if test.cause else "secondary",
        "lines": lines,
        "untried": untried_in(test),
        "latest": next((line.title for line in reversed(lines) if line.mark in set(Mark)), ""),
        "verdict": verdict_of(test, now=now),
        "mark": f"{state}-{len(test.lines)}",
    }
