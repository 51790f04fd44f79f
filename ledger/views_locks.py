"""A filed year: what was filed, and what it would be now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import Action, actor_of
from accounts.guards import second_factor
from accounts.trail import subject_of
from ledger import filed_years, locking, tax_figures, tax_years
from ledger.caveats import caveats_before_filing
from ledger.forms_tax import FilingForm
from ledger.gains import asking
from ledger.locking import LockedError, NotYetError, UnseenError
from ledger.mine import checked
from ledger.models import Report, Transaction
from ledger.reporting import State, state_of
from ledger.reports.kinds import filed

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from typing import Any
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.models import AuditEvent
    from accounts.requests import OwnerRequest
    from ledger.gains.asking import Standing
    from ledger.models import Reckoning, YearLock

FORM = require_http_methods(["GET", "HEAD", "POST"])


@FORM
@never_cache
@second_factor
def lock(request: OwnerRequest, year: int) -> HttpResponse:
    now = timezone.now()
    runs_until = locking.runs_until(request.user, checked(request.user, year), now=now)
    form = FilingForm(request.POST if request.method == "POST" else None, runs_until=runs_until)
    if form.is_valid() and _lock(request, year, form):
        return redirect("tax:lock", year)
    held = locking.of(request.user, year)
    standing = asking.standing(request.user, now=now)
    context = {
        "year_number": year,
        "called": tax_years.asked(request.user, year).label,
        "here": "lock",
        "standing": standing,
        "reckoning": standing.reckoning,
        "lock": held,
        "runs_until": runs_until,
        "met_until": locking.met_until(request.user, year, now=now),
        "form": form,
        "former": [(each, locking.as_filed(each)) for each in locking.former(request.user, year)],
        "currency": held.settings["currency"] if held else request.user.base_currency,
        **(filed_year(request, held, standing) if held else to_file(request, standing, year)),
    }
    return render(request, "tax/lock.html", context)


def to_file(request: OwnerRequest, standing: Standing, year: int) -> dict[str, Any]:
    """Before: what would be frozen."""
    read = standing.reckoning
    figures = tax_figures.figures(read, year) if read else None
    return {
        "lines": list(tax_figures.lines(figures)) if figures else [],
        "seen": locking.frozen(read, year, figures)["inputs"] if read else "",
        "paper": filed(tax_years.asked(request.user, year).country),
        "caveats": caveats_before_filing(request.user, read, year, now=timezone.now()),
    }


def filed_year(request: OwnerRequest, held: YearLock, standing: Standing) -> dict[str, Any]:
    report = Report.objects.for_user(request.user).filter(pk=held.settings.get("report")).first()
    compared = locking.compare(held, standing.reckoning) if standing.reckoning else None
    figures = compared.figures if compared else []
    return {
        "compared": compared,
        "rules": rules(held, standing.reckoning) if standing.reckoning else (),
        "early": locking.runs_until(request.user, held.year, now=held.locked_at),
        "others": [each for each in figures if each.by],
        "same": [each for each in figures if not each.by],
        "filed_figures": locking.as_filed(held) if compared and not compared.comparable else [],
        "changes": changes_of(held),
        "report": report,
        "report_ready": report is not None and state_of(report) == State.READY,
        "report_same": report is not None and (not report.figures or report.figures == held.figures),
    }


def rules(held: YearLock, read: Reckoning) -> Sequence[str]:
    """Whose it was filed by, and whose hold now."""
    return [tax_years.terms_of(settings, held.year).whose_rules for settings in (held.settings, read.settings)]


# --- what was done since, and where it lies -----------------------------------------------------------------------


def changes_of(held: YearLock) -> list[tuple[AuditEvent, str, str, str]]:
    found = locking.changes_since(held)
    here = Transaction.objects.filter(owner=held.owner_id, pk__in=[each.about for each in found if each.about])
    present = set(here.values_list("pk", flat=True))
    return [(each, words_of(each), subject_of(each), address_of(each, present)) for each in found]


def words_of(event: AuditEvent) -> str:
    return Action(event.action).words  # type: ignore[call-arg]  # looked up by its value


FILES = frozenset({Action.FILE_IMPORTED, Action.IMPORT_UNDONE})
LISTS: dict[str, str] = {
    Action.TAX_SETTINGS_CHANGED: "accounts:settings_taxes",
    Action.PROFILE_CHANGED: "accounts:settings_profile",
    Action.TRANSACTION_BINNED: "ledger:bin",
    Action.DUPLICATES_MERGED: "ledger:duplicates",
    Action.DUPLICATES_KEPT: "ledger:duplicates",
    Action.DUPLICATES_DECIDED: "ledger:duplicates",
    Action.CLOCK_CONFIRMED: "ledger:duplicates",
    Action.CLOCK_REFUSED: "ledger:duplicates",
    Action.TRANSFER_LINKED: "ledger:transfers",
    Action.TRANSFER_REJECTED: "ledger:transfers",
    Action.TRANSFERS_DECIDED: "ledger:transfers",
    Action.PLAN_SAVED: "tax:plan",
    Action.PLAN_TAKEN_BACK: "tax:plan",
    Action.TRANSFER_FEE_CHOSEN: "tax:options",
    Action.PRICE_SET: "ledger:prices",
    Action.PRICE_TAKEN_BACK: "ledger:prices",
    Action.ASSET_NAMED: "ledger:assets",
    Action.ASSET_NAME_CHANGED: "ledger:assets",
    Action.ASSET_NAME_DROPPED: "ledger:assets",
}


def address_of(event: AuditEvent, present: Container[UUID]) -> str:
    """Where what was changed lies: the transaction or the file itself, else the page where such things are said."""
    if event.about in present:
        return reverse("ledger:transaction", args=[event.about])
    if event.action in FILES and event.about:
        return reverse("imports:file", args=[event.about])
    if act := event.details.get("act"):
        return reverse("ledger:act", args=[act])
    if event.action.startswith("rule_"):
        return reverse("ledger:rules")
    name = LISTS.get(event.action)
    return reverse(name) if name else ""


UNSEEN = "The figures have changed since you opened this page, and nothing was filed. Look at them once more."


def _lock(request: OwnerRequest, year: int, form: FilingForm) -> bool:
    """No: its owner is to look at it once more, with what they wrote."""
    said = {"note": form.cleaned_data["note"], "unfinished": form.cleaned_data.get("unfinished", False)}
    said["seen"] = request.POST.get("seen", "")
    try:
        locking.lock(by=actor_of(request), owner=request.user, year=year, now=timezone.now(), **said)
    except UnseenError:
        form.add_error(None, UNSEEN)
        return False
    except NotYetError:
        messages.info(request, "Your gains are being brought up to date. Mark the year as filed when that is done.")
    except LockedError:
        messages.info(request, "This year is marked as filed already.")
    else:
        name = tax_years.asked(request.user, year).label
        messages.success(request, f"{name} is marked as filed. Its figures are kept as they are now.")
    return True


@require_safe
@never_cache
@second_factor
def filed_note(request: OwnerRequest) -> HttpResponse:
    """For the settings that all figures hang on: what a change makes of the years that were filed."""
    if not request.htmx:
        return redirect("tax:index")
    return render(request, "tax/_filed_note.html", {"filed": filed_years.filed(request.user)})


@require_POST
@second_factor
def take_back(request: OwnerRequest, year: int) -> HttpResponse:
    checked(request.user, year)
    if locking.take_back(by=actor_of(request), owner=request.user, year=year, now=timezone.now()):
        name = tax_years.asked(request.user, year).label
        messages.success(request, f"{name} is no longer marked as filed. What was filed stays on record.")
    return redirect("tax:lock", year)
