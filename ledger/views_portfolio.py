"""What is held and what it is worth: all of it, of one wallet, of one asset, and over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.guards import second_factor
from ledger import portfolio_charts, portfolio_rows
from ledger.differing import differing as not_adding_up
from ledger.mine_matching import wallet_of
from ledger.models import Journal, Lot
from ledger.portfolio import freshness_of, portfolio_of, wallets_of
from ledger.portfolio_assets import asset_of
from ledger.portfolio_history import Range, grid_of_range, history_of, which_of
from ledger.price_words import as_of

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.requests import OwnerRequest
    from ledger.portfolio import Held, Portfolio
    from ledger.portfolio_assets import Asset

RANGES = {
    Range.WEEK: "1 week",
    Range.MONTH: "1 month",
    Range.QUARTER: "3 months",
    Range.YEAR: "1 year",
    Range.ALL: "All",
}
LOTS = 20  # on a page: what follows below them is looked for as well


@require_safe
@never_cache
@second_factor
def index(request: OwnerRequest) -> HttpResponse:
    if chosen := request.GET.get("wallet", ""):
        wallet = wallet_of(request.user, as_id(chosen))
        kept = {name: value for name in ("small", "all") if (value := request.GET.get(name))}
        address = redirect("portfolio:wallet", wallet_id=wallet.pk)
        address["Location"] += f"?{urlencode(kept)}" if kept else ""
        return address
    return page(request, portfolio_of(request.user, now=timezone.now()))


@require_safe
@never_cache
@second_factor
def wallet(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    found = wallet_of(request.user, wallet_id)
    return page(request, portfolio_of(request.user, now=timezone.now(), wallet=found))


def page(request: OwnerRequest, found: Portfolio) -> HttpResponse:
    small, everything = request.GET.get("small") != "hide", bool(request.GET.get("all"))
    rows = portfolio_rows.rows(found, small=small, most=None if everything else portfolio_rows.MANY)
    kept = len(portfolio_rows.kept(found, small=small))
    context = {
        **figures(found),
        "rows": rows,
        "hidden": len(found.held) - kept,
        "more": kept - len(rows),
        "small": small,
        "everything": everything,
        "slices": portfolio_rows.by_asset(found),
        "by_wallet": portfolio_rows.by_wallet(found) if not found.wallet and len(found.wallets) > 1 else [],
        "reading": not found.held and is_reading(found),
    }
    return render(request, "portfolio/index.html", context)


def figures(found: Portfolio) -> dict[str, Any]:
    standing = found.standing
    return {
        "found": found,
        "fresh": freshness_of(found),
        "waiting": standing.reckoning is None,
        "switched": standing.reckoning and found.currency != found.owner.base_currency,
        "zone": found.owner.time_zone,
    }


def is_reading(found: Portfolio) -> bool:
    """Rows are here, or are to come, and what they mean is not read yet."""
    behind = Journal.objects.filter(wallet__in=[each.pk for each in found.wallets], behind=True)
    return any(each.awaits_history for each in found.wallets) or behind.exists()


@require_safe
@never_cache
@second_factor
def glance(request: OwnerRequest) -> HttpResponse:
    """For the first page; opened by itself it is the whole page."""
    if not request.htmx:
        return redirect("portfolio:index")
    return render(request, "portfolio/_glance.html", figures(portfolio_of(request.user, now=timezone.now())))


@require_safe
@never_cache
@second_factor
def differing(request: OwnerRequest) -> HttpResponse:
    """For the portfolio's own pages, which need not wait for it."""
    if not request.htmx:
        return redirect("portfolio:index")
    chosen = request.GET.get("wallet", "")
    wallets = [wallet_of(request.user, as_id(chosen))] if chosen else wallets_of(request.user)
    return render(request, "portfolio/_differing.html", {"differing": not_adding_up(request.user, wallets)})


@require_safe
@never_cache
@second_factor
def wallet_glance(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    """For the wallet's own page; opened by itself it is the whole page."""
    found = wallet_of(request.user, wallet_id)
    if not request.htmx:
        return redirect("portfolio:wallet", wallet_id=wallet_id)
    return render(
        request, "portfolio/_glance.html", figures(portfolio_of(request.user, now=timezone.now(), wallet=found))
    )


# --- over time -----------------------------------------------------------------------------------------------------


@require_safe
@never_cache
@second_factor
def history(request: OwnerRequest) -> HttpResponse:
    """A chart and a table of the same: a piece of other pages, and a page by itself."""
    found, now = narrowed(request), timezone.now()
    chosen = chosen_range(request.GET.get("range", ""))
    code = request.GET.get("asset", "")
    which = which_of(found, code)
    told = history_of(which, grid_of_range(chosen, which, now), now=found)
    context = {
        "found": found,
        "asset": code,
        "history": told,
        "chosen": chosen,
        "ranges": [(each, label, history_address(found, code, each)) for each, label in RANGES.items()],
        "data": portfolio_charts.data(told, request.user.time_zone),
        "lines": portfolio_charts.lines(told),
        "drawn": any(point.value is not None for point in told.points[:-1]),
        "left_out": portfolio_charts.left_out(told),
        "change": portfolio_charts.change(told.points, told.currency),
        "whole": not request.htmx,
    }
    return render(request, "portfolio/history.html" if context["whole"] else "portfolio/_history.html", context)


def narrowed(request: OwnerRequest) -> Portfolio:
    """To a wallet, or to an asset."""
    now, wallet, code = timezone.now(), None, request.GET.get("asset", "")
    if chosen := request.GET.get("wallet", ""):
        wallet = wallet_of(request.user, as_id(chosen))
    if not code:
        return portfolio_of(request.user, now=now, wallet=wallet)
    return asset_or_404(request, code).portfolio


def history_address(found: Portfolio, asset: str, chosen: Range) -> str:
    wallet = str(found.wallet.pk) if found.wallet else ""
    facts = {"range": chosen, "wallet": wallet, "asset": asset}
    return f"?{urlencode({name: value for name, value in facts.items() if value})}"


def chosen_range(text: str) -> Range:
    return Range(text) if text in set(Range) else Range.YEAR


def as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


# --- one asset -----------------------------------------------------------------------------------------------------


@require_safe
@never_cache
@second_factor
def asset(request: OwnerRequest, code: str) -> HttpResponse:
    found, after = asset_or_404(request, code), request.GET.get("after", "")
    lots = lots_after(found, after)
    context = {
        **figures(found.portfolio),
        "asset": found,
        "held": found.held,
        "row": portfolio_rows.row(found.held, found.portfolio.currency),
        "price_page": price_page(found.held),
        "lots": found.lines(lots[:LOTS]),
        "more": key_of(lots[LOTS - 1]) if len(lots) > LOTS else "",
        "after": after,
        "names": {each.pk: each.label for each in found.portfolio.wallets},
    }
    return render(request, "portfolio/asset.html", context)


def price_page(held: Held) -> str:
    """Of the moment that an old one is of: of now there is none."""
    of_then = held.price if held.is_old else None
    query = f"?{urlencode({'at': as_of(of_then).isoformat()})}" if of_then else ""
    return reverse("ledger:price", args=[held.code]) + query


def asset_or_404(request: OwnerRequest, code: str) -> Asset:
    found = asset_of(request.user, code, now=timezone.now())
    if found is None:
        raise Http404
    return found


def lots_after(found: Asset, after: str) -> list[Lot]:
    """Oldest first. An `after` that makes no sense is the first page."""
    if found.portfolio.standing.reckoning is None:
        return []
    return list(found.lots_from(after).order_by("acquired", "id")[: LOTS + 1])


def key_of(lot: Lot) -> str:
    return f"{lot.acquired.isoformat()}_{lot.pk}"
