"""Reports of a tax year: which there are, how far they are, and their files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.audit import actor_of
from accounts.guards import second_factor
from ledger import locking, reporting, tax_years
from ledger.caveats import caveats_before_filing
from ledger.gains import asking
from ledger.mine import checked, report_of
from ledger.models import Report
from ledger.reporting import NotHereError, State, TooManyError, state_of
from ledger.reports.kinds import KINDS, fitting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from django.http import HttpResponseBase

    from accounts.requests import OwnerRequest
    from ledger.reports.base import Kind

FORM = require_http_methods(["GET", "HEAD", "POST"])
SHOWN = 30
TONES = {
    State.MAKING: ("Being made", "neutral", "clock"),
    State.READY: ("Ready", "good", "check"),
    State.FAILED: ("Could not be made", "bad", "warn"),
    State.GONE: ("File deleted", "neutral", "file"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    report: Report
    kind: Kind
    state: State
    filed: bool

    @property
    def standing(self) -> tuple[str, str, str]:
        return TONES[self.state]

    @property
    def lines(self) -> str:
        return f"{self.report.done_rows:,}"


@FORM
@never_cache
@second_factor
def index(request: OwnerRequest, year: int) -> HttpResponse:
    if request.method == "POST":
        _ask(request, checked(request.user, year))
        return redirect("tax:reports", year)
    shown, terms = reports_of(request, checked(request.user, year)), tax_years.asked(request.user, year)
    now = timezone.now()
    read = asking.standing(request.user, now=now).reckoning
    context = {
        "year_number": year,
        "called": terms.label,
        "here": "reports",
        "runs_until": locking.runs_until(request.user, year, now=now),
        "met_until": locking.met_until(request.user, year, now=now),
        "caveats": caveats_before_filing(request.user, read, year, now=now),
        "country": terms.whose_rules,
        "kinds": list(fitting(terms.country)),
        "reports": shown,
        "making": any(each.state == State.MAKING for each in shown),
    }
    piece = request.htmx and request.htmx.target == "reports"
    return render(request, "tax/_reports.html" if piece else "tax/reports.html", context)


def reports_of(request: OwnerRequest, year: int) -> list[Shown]:
    rows = Report.objects.for_user(request.user).filter(year=year).order_by("-asked_at", "-id")
    lock = locking.of(request.user, year)
    filed = lock.settings.get("report") if lock else None
    return [
        Shown(each, KINDS[each.kind], state_of(each), str(each.pk) == filed)
        for each in rows[:SHOWN]
        if each.kind in KINDS
    ]


def _ask(request: OwnerRequest, year: int) -> None:
    kind = request.POST.get("kind", "")
    if kind not in KINDS:
        messages.error(request, "Choose which report you want.")
        return
    try:
        reporting.ask(by=actor_of(request), owner=request.user, kind=kind, year=year, now=timezone.now())
    except NotHereError:
        messages.error(request, "This report is of another country than the one whose rules you chose for this year.")
    except TooManyError:
        messages.info(request, "Several reports are being made. Ask for more when they are ready.")


@require_safe
@never_cache
@second_factor
def file(request: OwnerRequest, report_id: UUID) -> HttpResponseBase:
    report = report_of(request.user, report_id)
    pieces = reporting.hand_out(by=actor_of(request), owner=request.user, report=report, now=timezone.now())
    if pieces is None:
        raise Http404
    return download(report, pieces)


def download(report: Report, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    headers = {
        "Content-Disposition": str(content_disposition_header(as_attachment=True, filename=report.name)),
        "Content-Length": str(report.size),
    }
    return StreamingHttpResponse(pieces, content_type=KINDS[report.kind].media, headers=headers)
