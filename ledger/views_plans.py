"""How lots are shared out among wallets that begin to count by themselves: by an order, or one by one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audit import actor_of
from accounts.guards import second_factor
from ledger import listing, plan_shares, plans, symbols
from ledger.forms_tax import NO_FIGURE, PlanForm, figure
from ledger.gains import terms
from ledger.models import Transaction
from ledger.plan_shares import BadShareError
from ledger.views_tax import page, stands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from django.http import HttpResponse, QueryDict

    from accounts.requests import OwnerRequest
    from ledger.engine.types import Allocation
    from ledger.listing import Wallets
    from ledger.models import Reckoning
    from ledger.plan_shares import Ground, Place
    from ledger.plans import Lot

FORM = require_http_methods(["GET", "HEAD", "POST"])
DIGITS = 6  # more places than anybody has wallets
NOUGHT = Decimal(0)


@FORM
@never_cache
@second_factor
def plan(request: OwnerRequest) -> HttpResponse:
    """A proposal to look at, in whatever order is asked for; saved with its day."""
    standing, wallets, now = stands(request), listing.wallets_of(request.user), timezone.now()
    context: dict[str, Any] = {"wallets": wallets}
    if read := standing.reckoning:
        settings = terms.told(request.user, read.settings)
        at = plans.turning(settings)
        if at and request.method == "POST":
            facts: dict[str, Any] = {"since": at, "today": today_of(request), "now": now}
            said = asked_plan(request.POST)
            plans.save_order(by=actor_of(request), owner=request.user, said=said, wallets=wallets, **facts)
            messages.success(request, "Your plan is saved, with today as its day. Gains are reckoned anew with it.")
            return redirect("tax:plan")
        context["at"] = at
        if at:
            context |= planned(request, read, at, wallets)
    return page(request, "tax/plan.html", standing, **context)


def asked_plan(said: QueryDict) -> dict[str, Any]:
    """Wallets by the places they were given; those of one place in the order of the form."""
    places = [(name.removeprefix("place-"), str(said[name])) for name in said if name.startswith("place-")]
    numbered = [(int(text), name) for name, text in places if text.isascii() and text.isdigit() and len(text) < DIGITS]
    ordered = sorted(numbered, key=lambda each: each[0])
    return {"method": said.get("method", ""), "wallets": [name for _, name in ordered]}


def planned(request: OwnerRequest, read: Reckoning, at: datetime, wallets: Wallets) -> dict[str, Any]:
    saved = plans.saved(request.user)
    draft = plans.drafted(asked_plan(request.GET), wallets, saved) if request.GET.get("method") else None
    shown: Allocation | None = draft or saved
    after = request.GET.get("from", "")[:64].replace("\0", "")
    assets, more = plans.assets_of(read, at, after)
    order = plans.ordered(request.user, shown, wallets.by_id)
    kept = {name: value for name, value in request.GET.dict().items() if name != "from"}
    return {
        "saved": saved,
        "draft": draft,
        "form": PlanForm(initial={"method": shown.method if shown else "fifo"}),
        "places": [(place, wallets.by_id[UUID(pk)]) for place, pk in enumerate(order, start=1)],
        "shares": plans.outcome(read, shown, assets, at),
        "by_hand": {asset for asset in assets if plan_shares.named(saved, asset)},
        "older": f"?{urlencode({**kept, 'from': more})}" if more else "",
        "after": after,
    }


@require_POST
@second_factor
def plan_back(request: OwnerRequest) -> HttpResponse:
    standing = stands(request)
    at = plans.turning(terms.told(request.user, standing.reckoning.settings)) if standing.reckoning else None
    if at and plans.take_back(by=actor_of(request), owner=request.user, since=at, now=timezone.now()):
        messages.success(request, "Your plan is taken back: the proposal holds until you save another.")
    return redirect("tax:plan")


# --- one by one ----------------------------------------------------------------------------------------------------


class Cell(NamedTuple):
    """So much of a lot for a wallet, as it was typed."""

    wallet: str
    name: str
    typed: str
    wrong: bool


@FORM
@never_cache
@second_factor
def shares(request: OwnerRequest, code: str) -> HttpResponse:
    """The lots of one asset, each beside the wallets that held something of it."""
    require_known(request, code)
    standing, wallets = stands(request), listing.wallets_of(request.user)
    context: dict[str, Any] = {"asset": code, "wallets": wallets}
    if read := standing.reckoning:
        at = turning_of(request, read)
        there = plan_shares.ground(read, plans.saved(request.user), code, at)
        typed = {name: str(request.POST[name]).strip() for name in request.POST if name.startswith("share-")}
        refusal = shared_out(request, there, at, typed) if request.method == "POST" else None
        if request.method == "POST" and refusal is None:
            return redirect("tax:plan")
        context |= sheet(request, there, typed or None, refusal)
    return page(request, "tax/plan_shares.html", standing, **context)


def require_known(request: OwnerRequest, code: str) -> None:
    """404: an asset its owner has nothing to do with."""
    if symbols.holding_of(request.user, code, now=timezone.now()) is None:
        raise Http404


def turning_of(request: OwnerRequest, read: Reckoning) -> datetime:
    at = plans.turning(terms.told(request.user, read.settings))
    if at is None:
        raise Http404
    return at


def shared_out(request: OwnerRequest, there: Ground, at: datetime, typed: Mapping[str, str]) -> BadShareError | None:
    facts: dict[str, Any] = {"by": actor_of(request), "owner": request.user, "since": at, "now": timezone.now()}
    try:
        said = said_of(there, typed)
        plan_shares.save(there=there, said=said, today=today_of(request), **facts)
    except BadShareError as error:
        return error
    messages.success(request, f"Your lots of {there.asset} are shared out as you said, with today as the plan's day.")
    return None


def today_of(request: OwnerRequest) -> date:
    return timezone.now().astimezone(ZoneInfo(request.user.time_zone)).date()


def said_of(there: Ground, typed: Mapping[str, str]) -> dict[Place, Decimal]:
    """What is left empty is nought. Raises BadShareError."""
    said = {}
    for lot in there.lots:
        for wallet in there.held:
            text = typed.get(name_of(lot, wallet), "")
            amount = figure(text) if text else NOUGHT
            if amount is None:
                raise BadShareError(NO_FIGURE, lot.origin, wallet)
            said[lot.origin, wallet] = amount
    return said


def name_of(lot: Lot, wallet: str) -> str:
    return f"share-{lot.origin}-{wallet}"


def sheet(
    request: OwnerRequest, there: Ground, typed: Mapping[str, str] | None, refusal: BadShareError | None
) -> dict[str, Any]:
    known = Transaction.objects.for_user(request.user).select_related("wallet")
    brought = known.in_bulk([UUID(lot.origin) for lot in there.lots]) if there.by_hand else {}
    return {
        "there": there,
        "rows": [
            (lot, brought.get(UUID(lot.origin)), cells(there, lot, typed, refusal))
            for lot in (there.lots if there.by_hand else ())
        ],
        "refusal": refusal,
        "by_hand": plan_shares.named(plans.saved(request.user), there.asset),
    }


def cells(there: Ground, lot: Lot, typed: Mapping[str, str] | None, refusal: BadShareError | None) -> Sequence[Cell]:
    found = []
    for wallet in there.held:
        name, now = name_of(lot, wallet), there.shared.get((lot.origin, wallet))
        text = (f"{now.normalize():f}" if now else "") if typed is None else typed.get(name, "")
        wrong = refusal is not None and refusal.lot in {lot.origin, ""} and refusal.wallet in {wallet, ""}
        found.append(Cell(wallet, name, text, wrong))
    return found


@require_POST
@second_factor
def shares_back(request: OwnerRequest, code: str) -> HttpResponse:
    require_known(request, code)
    standing = stands(request)
    if read := standing.reckoning:
        at, now = turning_of(request, read), timezone.now()
        facts: dict[str, Any] = {"since": at, "today": today_of(request), "now": now}
        if plan_shares.forget(by=actor_of(request), owner=request.user, asset=code, **facts):
            messages.success(request, f"Your lots of {code} go by the plan's order again.")
    return redirect("tax:plan")
