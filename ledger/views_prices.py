"""Prices: what something was worth and why, what its owner says instead, and which are missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import actor_of
from accounts.guards import second_factor
from accounts.requests import posted
from ledger import price_gaps, price_overrides, price_words, prices, symbols
from ledger.fields import EARLIEST, BadFieldError
from ledger.forms import refused
from ledger.forms_prices import OwnPriceForm, WhenForm
from ledger.models import OwnPrice
from ledger.pricing.base import Missing
from wallets.free_text import TreasureError
from wallets.refusals import TREASURE

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.models import User
    from accounts.requests import OwnerRequest
    from ledger.pricing.base import Price

TOLD = 200  # own prices on a page


@require_safe
@never_cache
@second_factor
def index(request: OwnerRequest) -> HttpResponse:
    """Which prices are missing, and what the owner said."""
    mine = OwnPrice.objects.for_user(request.user).standing().order_by("-created_at", "-id")
    after = request.GET.get("after", "")[:64].replace("\0", "")
    gaps = price_gaps.gaps_of(request.user, request.user.base_currency, after=after)
    facts = {
        "gaps": gaps.found,
        "more": f"?{urlencode({'after': gaps.more})}" if gaps.more else "",
        "up_to": gaps.more,
        "after": after,
        "own": [(each, price_words.HELD[OwnPrice.Reach(each.reach)]) for each in mine[:TOLD]],
        "quote": request.user.base_currency,
    }
    return render(request, "ledger/prices.html", facts)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@second_factor
def price(request: OwnerRequest, code: str) -> HttpResponse:
    """One asset at one moment: the number, its steps, and a word against it."""
    asset, now = known_to(request.user, code), timezone.now()
    when, at, quote = moment_of(request, now)
    if request.method == "POST" and "take_back" in request.POST:
        return take_back(request, asset, at, quote)
    form = OwnPriceForm(posted(request), initial=proposed(request))
    if form.is_bound and form.is_valid() and say(request, form, {"asset": asset, "quote": quote, "at": at}):
        return redirect(address(asset, at, quote))
    found = prices.book(request.user.pk).price(asset, quote, at)
    own = price_overrides.standing_at(request.user, asset, quote, at)
    facts = {
        "asset": asset,
        "quote": quote,
        "at": at,
        "when": when,
        "form": form,
        "own": [(each, price_words.HELD[OwnPrice.Reach(each.reach)]) for each in own],
        **(missing_facts(found) if isinstance(found, Missing) else found_facts(found)),
    }
    return render(request, "ledger/price.html", facts)


def found_facts(found: Price) -> dict[str, object]:
    return {
        "found": found,
        "figure": price_words.readable(found.value),
        "lines": price_words.lines(found),
        "carried": price_words.carried(found),
    }


def missing_facts(found: Missing) -> dict[str, object]:
    want = price_gaps.wants_of([found.asset]).get(found.asset)
    return {"found": None, "tried": found.tried, "coming": want is not None and price_gaps.is_coming(want)}


def say(request: OwnerRequest, form: OwnPriceForm, place: dict[str, object]) -> bool:
    said = {**place, **form.cleaned_data, "price": form.price_said()}
    try:
        own = price_overrides.say(by=actor_of(request), owner=request.user, said=said, now=timezone.now())
    except BadFieldError as error:
        refused(form, error)
        return False
    except TreasureError:
        form.add_error("note", TREASURE)
        return False
    messages.success(
        request, f"Your price of {own.asset} is kept. What hangs on it is reckoned anew in the background."
    )
    return True


def take_back(request: OwnerRequest, asset: str, at: datetime, quote: str) -> HttpResponse:
    own = own_of(request.user, asset, request.POST["take_back"])
    if price_overrides.unsay(by=actor_of(request), own=own, now=timezone.now()):
        messages.success(request, f"Your price of {asset} is taken back. What everybody is told holds again.")
    return redirect("ledger:prices") if request.POST.get("back") == "list" else redirect(address(asset, at, quote))


# --- what a request is about ---------------------------------------------------------------------------------------


def known_to(owner: User, code: str) -> str:
    """An asset the owner has to do with."""
    if not code.isprintable():  # a NUL no database takes
        raise Http404
    asset = code.upper()
    mine = OwnPrice.objects.for_user(owner).filter(asset=asset)
    if symbols.holding_of(owner, asset, now=timezone.now()) is None and not mine.exists():
        raise Http404
    return asset


def own_of(owner: User, asset: str, named: str) -> OwnPrice:
    try:
        return OwnPrice.objects.for_user(owner).select_related("owner").get(pk=named, asset=asset)
    except (OwnPrice.DoesNotExist, ValidationError):
        raise Http404 from None


def moment_of(request: OwnerRequest, now: datetime) -> tuple[WhenForm, datetime, str]:
    """By the address: `at` from a link, or a day and a time from the form. What makes no sense is now."""
    asked = request.GET
    quote = asked.get("quote", "").strip().upper()
    quote = quote if quote and quote.isprintable() else request.user.base_currency
    if "day" in asked:
        when = WhenForm(asked, owner=request.user)
        return (when, clipped(when.moment(now), now), quote) if when.is_valid() else (when, now, quote)
    at = clipped(read_moment(asked.get("at", ""), now), now)
    local = at.astimezone(WhenForm(None, owner=request.user).zone)
    shown = {"day": local.date().isoformat(), "time": f"{local:%H:%M}", "quote": quote}
    return WhenForm(shown, owner=request.user), at, quote


def read_moment(text: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return now


def clipped(at: datetime, now: datetime) -> datetime:
    return max(EARLIEST, min(at, now))


def proposed(request: OwnerRequest) -> dict[str, str]:
    """What a link from the list of missing prices suggests."""
    return {name: request.GET[name] for name in ("price", "reach") if name in request.GET}


def address(asset: str, at: datetime, quote: str) -> str:
    query = urlencode({"at": at.isoformat().replace("+00:00", "Z"), "quote": quote})
    return f"{reverse('ledger:price', args=[asset])}?{query}"
