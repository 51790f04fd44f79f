"""Tax years: what each came to, what it is made of, what is wanting, and what other methods would give."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import tax_settings
from accounts.audit import actor_of
from accounts.guards import second_factor
from accounts.tax_settings import RULES, Method
from accounts.tax_settings import Country as Place
from ledger import disposals as walk
from ledger import listing, locking, lot_choices, remedies, tax_figures, tax_methods, tax_years
from ledger.caveats import caveats_before_filing, caveats_of
from ledger.engine.days import was_cut_off
from ledger.engine.types import Problem
from ledger.fields import BadFieldError
from ledger.forms_tax import DisposalsForm
from ledger.gains import asking
from ledger.lots_then import BLENDED
from ledger.mine import checked, transaction_of
from ledger.models import Finding, Transaction, YearLock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.models import User
    from accounts.requests import OwnerRequest
    from ledger.gains.asking import Standing
    from ledger.listing import Wallets
    from ledger.models import Match, Reckoning

FORM = require_http_methods(["GET", "HEAD", "POST"])


def page(request: OwnerRequest, template: str, standing: Standing, **context: Any) -> HttpResponse:
    """With how the figures stand; where there are none yet, a calm word instead of them."""
    read = standing.reckoning
    context = {"since": read.reckoned_at if read else None} | context
    context |= {
        "standing": standing,
        "reckoning": read,
        "zone": request.user.time_zone,
        "currency": read.settings["currency"] if read else request.user.base_currency,
        "asked_currency": request.user.base_currency,
    }
    return render(request, template, context)


def stands(request: OwnerRequest) -> Standing:
    return asking.standing(request.user, now=timezone.now())


# --- years ---------------------------------------------------------------------------------------------------------


@require_safe
@never_cache
@second_factor
def index(request: OwnerRequest) -> HttpResponse:
    standing = stands(request)
    found = standing.reckoning
    years = tax_years.years_of(request.user, found, now=timezone.now()) if found else []
    context = {
        "years": years,
        **(beside_filed(request.user, found) if found else {}),
        "nothing": not (found and found.assets) and not any(each.filed_at for each in years),
        "wallets": listing.wallets_of(request.user).kept,
        "held": tax_years.present(request.user, now=timezone.now()),
        "caveats": caveats_of(request.user, now=timezone.now()),
    }
    return page(request, "tax/index.html", standing, **context)


def beside_filed(owner: User, read: Reckoning) -> dict[str, set[int]]:
    """Filed years that would now come to something else, and those of which that cannot be said."""
    compared = {each.year: locking.compare(each, read) for each in YearLock.objects.filter(owner=owner, opened_at=None)}
    return {
        "differing": {year for year, found in compared.items() if found.differs},
        "incomparable": {year for year, found in compared.items() if not found.comparable},
    }


@require_safe
@never_cache
@second_factor
def standing(request: OwnerRequest) -> HttpResponse:
    """One line that asks for itself, while figures are being brought up to date."""
    if not request.htmx:
        return redirect("tax:index")
    standing, since = stands(request), moment_of(request.GET.get("since", ""))
    read = standing.reckoning
    anew = bool(read and read.reckoned_at and since and read.reckoned_at > since)
    return page(request, "tax/_standing.html", standing, anew=anew, since=since)


def moment_of(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


@require_safe
@never_cache
@second_factor
def year(request: OwnerRequest, year: int) -> HttpResponse:
    standing = stands(request)
    context: dict[str, Any] = {"year_number": checked(request.user, year), "here": "year"}
    if read := standing.reckoning:
        assets = tax_years.by_asset(read, year)
        context |= {
            "year": tax_years.one_year(request.user, read, year),
            "runs_until": tax_years.running(read, year, timezone.now()),
            "met_until": tax_years.met_until(read.settings, year, now=timezone.now()),
            "lines": list(figures(read, year)),
            "other_money": tax_figures.other_money(read, year),
            "assets": assets[: tax_years.SHOWN],
            "more_assets": len(assets) > tax_years.SHOWN,
            "income": tax_years.income_by_category(read, year),
            "former": tax_years.came_from(read.settings, year),
            "left": tax_years.is_left(read.settings, year),
            "ended": tax_years.ended_before(read, year),
            "before": tax_years.cut_off_beside(read, year),
            "groups": remedies.groups_of(request.user, read, year),
            "wallets": listing.wallets_of(request.user),
            "caveats": caveats_before_filing(request.user, read, year, now=timezone.now()),
        }
        if context["year"].filed_at:
            context |= {name: year in years for name, years in beside_filed(request.user, read).items()}
    return page(request, "tax/year.html", standing, **context)


def figures(read: Reckoning, year: int) -> Iterable[tax_figures.Line]:
    """As the country's form asks for them; income stands in a list of its own."""
    return (line for line in tax_figures.lines(tax_figures.figures(read, year)) if not line.name.startswith("income."))


# --- what it is made of --------------------------------------------------------------------------------------------


@require_safe
@never_cache
@second_factor
def disposals(request: OwnerRequest, year: int) -> HttpResponse:
    standing, wallets = stands(request), listing.wallets_of(request.user)
    said = {name: value for name in walk.NAMES if (value := request.GET.get(name, "").strip())}
    context: dict[str, Any] = {"year_number": checked(request.user, year), "here": "disposals"}
    context |= {"wallets": wallets, "said": said}
    if read := standing.reckoning:
        terms = tax_years.named(request.user, read.settings, year)
        context |= {"terms": terms, **listed(read, year, said, wallets, request.GET.get("after", ""))}
        context["form"] = DisposalsForm(said, wallets, walk.assets_of(read, year), how_long=terms.asks_how_long)
        for error in context["errors"]:
            context["form"].add_error(error.field, error.words)
    return page(request, "tax/disposals.html", standing, **context)


def listed(read: Reckoning, year: int, said: Mapping[str, str], wallets: Wallets, after: str) -> dict[str, Any]:
    try:
        found = walk.page_of(read, year, walk.filters_of(said, wallets), after=after)
    except BadFieldError as error:
        return {"rows": [], "older": "", "errors": [error], "after": ""}
    older = f"?{urlencode({**said, 'after': found.older})}" if found.older else ""
    return {"rows": found.rows, "older": older, "errors": [], "after": after, "query": urlencode(said)}


@require_safe
@never_cache
@second_factor
def income(request: OwnerRequest, year: int) -> HttpResponse:
    standing = stands(request)
    said = {name: request.GET[name][:64] for name in ("asset", "category") if request.GET.get(name)}
    after = request.GET.get("after", "")
    context: dict[str, Any] = {"year_number": checked(request.user, year), "here": "income"}
    context |= {"said": said, "after": after}
    if read := standing.reckoning:
        said = {name: value for name, value in said.items() if "\0" not in value}
        found = walk.income_of(read, year, asset=said.get("asset", ""), category=said.get("category"), after=after)
        context |= {
            "terms": tax_years.named(request.user, read.settings, year),
            "rows": found.rows,
            "older": f"?{urlencode({**said, 'after': found.older})}" if found.older else "",
            "income": tax_years.income_by_category(read, year),
            "wallets": listing.wallets_of(request.user),
        }
    return page(request, "tax/income.html", standing, **context)


@require_safe
@never_cache
@second_factor
def findings(request: OwnerRequest, year: int) -> HttpResponse:
    """All of one kind, or some of each."""
    standing, problem = stands(request), request.GET.get("problem", "")
    after = request.GET.get("after", "")
    context: dict[str, Any] = {"year_number": checked(request.user, year), "here": "findings", "after": after}
    if read := standing.reckoning:
        context |= {
            "terms": tax_years.named(request.user, read.settings, year),
            "wallets": listing.wallets_of(request.user),
        }
        if problem in set(Problem):
            rows = Finding.objects.filter(reckoning=read, year=year, problem=problem)
            found, older = walk.newest_first(rows, after, walk.SIZE)
            context |= {
                "problem": problem,
                "words": remedies.WORDS[Problem(problem)],
                "told": remedies.told_of(request.user, read, found),
                "older": f"?{urlencode({'problem': problem, 'after': older})}" if older else "",
            }
        else:
            context["groups"] = remedies.groups_of(request.user, read, year)
    return page(request, "tax/findings.html", standing, **context)


@require_safe
@never_cache
@second_factor
def disposal(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    """What left by one transaction, and the lots that it met."""
    each, standing = transaction_of(request.user, transaction_id), stands(request)
    context: dict[str, Any] = {"transaction": each, "wallets": listing.wallets_of(request.user)}
    if read := standing.reckoning:
        parts = walk.parts_of(read, each)
        rows, more = lots_of(read, each, request.GET.get("after", ""))
        year = rows[0].year if rows else tax_years.at_moment(read.settings, each.occurred_at).year
        terms = tax_years.named(request.user, read.settings, year)
        context |= {
            "parts": parts,
            "lots": with_transactions(request.user, rows),
            "more": f"?{urlencode({'after': more})}" if more else "",
            "after": request.GET.get("after", ""),
            "found": remedies.told_of(request.user, read, walk.findings_of(read, each)),
            "by_hand": lot_choices.of(each).exists(),
            "may_choose": terms.method not in BLENDED and any(part.key.part == 1 for part in parts),
            "terms": terms,
            "counts": any(row.counts for row in rows),
            "year_number": rows[0].year if rows else None,
        }
    return page(request, "tax/disposal.html", standing, **context)


def lots_of(read: Reckoning, each: Transaction, after: str) -> tuple[list[Match], str]:
    """In the order in which they were met."""
    rows = walk.matches_of(read, each).order_by("id")
    if after.isascii() and after.isdigit() and len(after) < 19:  # noqa: PLR2004 - as large as the numbers of rows are
        rows = rows.filter(pk__gt=int(after))
    found = list(rows[: walk.SIZE + 1])
    return found[: walk.SIZE], str(found[walk.SIZE - 1].pk) if len(found) > walk.SIZE else ""


def with_transactions(owner: User, rows: list[Match]) -> list[tuple[Match, Transaction | None, Decimal]]:
    """What brought each lot, and what its part gained."""
    known = Transaction.objects.for_user(owner).in_bulk({row.lot for row in rows if row.lot})
    return [(row, known.get(row.lot), row.proceeds - row.cost + row.adjustment) for row in rows]


# --- what other methods would give ---------------------------------------------------------------------------------


def whole(owner: User, year: int) -> int:
    """Another method holds from a year on, so none can begin with one that was cut off."""
    if was_cut_off(year):
        raise Http404
    return checked(owner, year)


@require_safe
@never_cache
@second_factor
def methods(request: OwnerRequest, year: int) -> HttpResponse:
    standing = stands(request)
    context: dict[str, Any] = {"year_number": whole(request.user, year), "here": "methods"}
    if read := standing.reckoning:
        found = tax_methods.looks(request.user, read, year, now=timezone.now())
        terms = tax_years.named(request.user, read.settings, year)
        context |= {
            "looks": found,
            "terms": terms,
            "waiting": any(each.under_way for each in found),
            "reason": RULES[Place(terms.country)].reason,
        }
    return page(request, "tax/methods.html", standing, **context)


@FORM
@never_cache
@second_factor
def method(request: OwnerRequest, year: int, name: str) -> HttpResponse:
    """What would change if this method held from that year on; and there it is chosen."""
    standing, now = stands(request), timezone.now()
    if name not in set(Method):
        raise Http404
    context: dict[str, Any] = {"year_number": whole(request.user, year), "here": "methods", "method": Method(name)}
    if read := standing.reckoning:
        terms = tax_years.named(request.user, read.settings, year)
        context |= {"terms": terms, "accepted": Method(name) in RULES[Place(terms.country)].methods}
        if request.method == "POST" and use(request, terms, name):
            return redirect("tax:year", year=year)
        other = asking.look_by(request.user, tax_methods.asked(request.user, terms, Method(name)), now=now)
        context["waiting"] = other.reckoned_at is None and not other.failed
        if other.reckoned_at:
            context["changes"] = tax_methods.changes(request.user, read, other, now=now)
    return page(request, "tax/method.html", standing, **context)


def use(request: OwnerRequest, terms: tax_years.Terms, name: str) -> bool:
    try:
        tax_settings.set_from(
            by=actor_of(request),
            owner=request.user,
            from_year=terms.year,
            country=terms.country,
            method=name,
            scope=terms.scope,
            now=timezone.now(),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return False
    messages.success(request, f"From {terms.label} on: {Method(name).label}. Your gains are reckoned anew.")
    return True
