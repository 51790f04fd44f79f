"""The live test of a key: its lines as they happen, what came of it, and the questions only the owner can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import actor_of
from accounts.guards import second_factor
from accounts.requests import posted
from wallets import catalogue, trials
from wallets.catalogue import Way
from wallets.checklist import Mark
from wallets.checklist_words import lines_of
from wallets.forms import AnswerForm
from wallets.models import CredentialTest
from wallets.questions import questions_of
from wallets.verdicts import UNDER_WAY, state_of, verdict_of
from wallets.views_connect import in_words

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.requests import OwnerRequest

Purpose, State = CredentialTest.Purpose, CredentialTest.State
NO_NEWS = 204
HELD = 2  # seconds; less is a moment between two looks
SLOW = 20  # seconds after which it is said that it takes longer than usual


@require_safe
@never_cache
@second_factor
def test(request: OwnerRequest, test_id: UUID) -> HttpResponse:
    """Asked again every second while it is under way; without news there is nothing to put in place of what stands."""
    shown, now = mine(request, test_id), timezone.now()
    context = told(shown, AnswerForm(questions_of(shown)), now=now)
    if request.htmx and request.GET.get("seen") == context["mark"]:
        return HttpResponse(status=NO_NEWS)
    return render(request, "wallets/_test.html" if request.htmx else "wallets/test.html", context)


def mine(request: OwnerRequest, test_id: UUID) -> CredentialTest:
    """What ends a former credential is no test that an owner asked for."""
    tests = CredentialTest.objects.filter(owner=request.user).exclude(purpose=Purpose.END)
    found = tests.select_related("wallet", "owner").filter(pk=test_id).first()
    if found is None:
        raise Http404
    return found


def told(shown: CredentialTest, form: AnswerForm, *, now: datetime) -> dict[str, object]:
    exchange, state = catalogue.of(shown.exchange), state_of(shown, now=now)
    lines = lines_of(shown, over=state not in UNDER_WAY)
    held_for = (shown.not_before - now).total_seconds() if state == State.QUEUED else 0
    waited = (now - shown.created_at).total_seconds()
    return {
        "test": shown,
        "exchange": exchange,
        "heading": f"Test of your {exchange.name} {'sign-in' if shown.way == Way.OAUTH else 'key'}",
        "state": state,
        "under_way": state in UNDER_WAY,
        "asking": state == State.ASKING,
        "lines": lines,
        "seen": len([line for line in lines if line.mark in set(Mark)]),
        "latest": next((line.title for line in reversed(lines) if line.mark in set(Mark)), ""),
        "held_for": in_words(int(held_for)) if held_for > HELD else "",
        "slow": state == State.QUEUED and waited > SLOW,
        "verdict": verdict_of(shown, now=now),
        "form": form,
        "mark": f"{state}-{len(shown.lines)}-{int(waited > SLOW)}-{int(held_for > HELD)}",
    }


@require_POST
@never_cache
@second_factor
def test_answer(request: OwnerRequest, test_id: UUID) -> HttpResponse:
    """The sentences are kept as they were shown, with their date."""
    shown, now = mine(request, test_id), timezone.now()
    form = AnswerForm(questions_of(shown), posted(request))
    if not form.is_valid():
        return render(request, "wallets/test.html", told(shown, form, now=now))
    try:
        trials.answer(by=actor_of(request), test=shown, words=form.words, now=now)
    except trials.NotAskingError:
        messages.info(request, "This question is no longer open.")
    return redirect("wallets:test", test_id=shown.pk)


@require_POST
@never_cache
@second_factor
def test_cancel(request: OwnerRequest, test_id: UUID) -> HttpResponse:
    """The key is wiped at once. `another`: it is another account's, to be added as a wallet of its own."""
    shown = mine(request, test_id)
    trials.cancel(test=shown, now=timezone.now())
    if "another" in request.POST:
        name = "wallets:connect_key" if shown.way == Way.KEY else "wallets:exchange"
        return redirect(reverse(name, args=[shown.exchange]))
    return redirect("wallets:test", test_id=shown.pk)
