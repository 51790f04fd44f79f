"""An owner's standing words: listed in the order in which they decide, each looked at before it is put in force."""

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
from ledger import listing, ruling
from ledger.fields import BadFieldError
from ledger.forms import RuleForm
from ledger.mine import rule_of
from ledger.models import Rule
from ledger.rule_words import described
from wallets.free_text import TreasureError
from wallets.refusals import TREASURE

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest

FORM = require_http_methods(["GET", "HEAD", "POST"])
SOON = "Your transactions are read again with it; that takes a moment in the background, and nothing waits for you."


@require_safe
@never_cache
@second_factor
def index(request: OwnerRequest) -> HttpResponse:
    rules = list(Rule.objects.for_user(request.user).in_order())
    wallets = listing.wallets_of(request.user)
    return render(request, "ledger/rules.html", {"rules": [described(rule, wallets) for rule in rules]})


@FORM
@never_cache
@second_factor
def add(request: OwnerRequest) -> HttpResponse:
    return _formed(request, None)


@FORM
@never_cache
@second_factor
def change(request: OwnerRequest, rule_id: UUID) -> HttpResponse:
    return _formed(request, rule_of(request.user, rule_id))


def _formed(request: OwnerRequest, rule: Rule | None) -> HttpResponse:
    wallets = listing.wallets_of(request.user)
    form = RuleForm(posted(request), wallets=wallets, rule=rule)
    draft = _draft(request, form, rule)
    seen = ruling.preview(request.user, before=rule, after=draft) if draft else None
    if draft and request.POST.get("step") == "do" and _kept(request, form, rule, draft):
        messages.success(request, f"“{draft.name}” is in force. {SOON}")
        return redirect("ledger:rules")
    return render(
        request, "ledger/rule.html", {"form": form, "rule": rule, "seen": seen, "zone": request.user.time_zone}
    )


def _draft(request: OwnerRequest, form: RuleForm, rule: Rule | None) -> Rule | None:
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return ruling.drafted(request.user, form.said(), now=timezone.now(), rule=rule)
    except BadFieldError as error:
        form.add_error(error.field if error.field in form.fields else None, error.words)
        return None


def _kept(request: OwnerRequest, form: RuleForm, rule: Rule | None, draft: Rule) -> bool:
    facts: dict[str, Any] = {"by": actor_of(request), "draft": draft, "now": timezone.now()}
    try:
        if rule:
            ruling.change(rule=rule, **facts)
        else:
            ruling.add(**facts)
    except BadFieldError as error:
        form.add_error(None, error.words)
        return False
    except TreasureError:
        form.add_error(None, TREASURE)
        return False
    return True


@require_POST
@second_factor
def move(request: OwnerRequest, rule_id: UUID) -> HttpResponse:
    rule = rule_of(request.user, rule_id)
    ruling.move(by=actor_of(request), rule=rule, up=request.POST.get("to") == "up", now=timezone.now())
    return redirect("ledger:rules")


@FORM
@never_cache
@second_factor
def delete(request: OwnerRequest, rule_id: UUID) -> HttpResponse:
    rule = rule_of(request.user, rule_id)
    if request.method == "POST":
        ruling.delete(by=actor_of(request), rule=rule, now=timezone.now())
        messages.success(request, f"“{rule.name}” is gone. {SOON}")
        return redirect("ledger:rules")
    context = {
        "described": described(rule, listing.wallets_of(request.user)),
        "seen": ruling.preview(request.user, before=rule),
        "zone": request.user.time_zone,
    }
    return render(request, "ledger/rule_delete.html", context)
