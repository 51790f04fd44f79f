"""`reports/`: papers and tables for tax offices, made in the background, frozen, downloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.frame import Call, api, read_at
from accounts.tax_settings import FIRST_YEAR, LAST_YEAR
from config.api.fields import Choice, Shape, UtcTime, Whole
from config.api.problem import Problem, invalid, kind
from ledger import reporting, tax_years
from ledger.api.shapes import ID
from ledger.engine.days import CUT_OFF
from ledger.gains import terms
from ledger.mine import report_of
from ledger.models import Report
from ledger.reporting import NotHereError, State, TooManyError, state_of
from ledger.reports.kinds import KINDS
from ledger.views_reports import download as as_file

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import StreamingHttpResponse

TOO_MANY = kind("too_many_reports", 409, "Several reports are being made", "Ask again when they are ready.")
KIND_CHOICES = [(each.name, each.title) for each in KINDS.values()]
MEDIA = tuple(sorted({each.media.partition(";")[0] for each in KINDS.values()}))
STATES = [(each.value, each.value) for each in State]
AS_KEPT = (
    "kind", "year", "name", "size", "digest", "inputs", "version", "settings", "figures", "done_rows", "words",
    "asked_at", "made_at",
)  # fmt: skip
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class Figures(serializers.Field[Any, Any, Any, Any]):
    """Figures by name, as exact decimals."""

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "object", "additionalProperties": {}})
class Settings(Figures):
    """The terms under which it was reckoned."""


class TaxReportShape(Shape):
    id = serializers.CharField()
    kind = Choice(KIND_CHOICES)
    year = serializers.IntegerField(allow_null=True)
    state = Choice(STATES)
    name = serializers.CharField(help_text="Of the file.")
    size = serializers.IntegerField(allow_null=True, help_text="In bytes.")
    digest = serializers.CharField(help_text="SHA-256 of the file.")
    inputs = serializers.CharField(help_text="SHA-256 of every match and all income it was made of.")
    version = serializers.CharField(help_text="Of the engine.")
    settings = Settings()
    figures = Figures(help_text="The totals in it.")
    done_rows = serializers.IntegerField(help_text="Lines written so far.")
    words = serializers.CharField(help_text="Why it could not be made, for people.")
    asked_at = UtcTime()
    made_at = UtcTime(allow_null=True)
    file = serializers.CharField(allow_null=True, help_text="Where to download it; null unless it is ready.")

    example = {
        "id": ID,
        "kind": "8949_csv",
        "year": 2025,
        "state": "ready",
        "name": "holdfast-8949-2025.csv",
        "size": 4815,
        "digest": HASH,
        "inputs": HASH,
        "version": "1.1",
        "settings": {"currency": "USD", "country": "US"},
        "figures": {"short.gain": "12.50", "long.gain": "0"},
        "done_rows": 42,
        "words": "",
        "asked_at": "2026-03-01T12:30:00Z",
        "made_at": "2026-03-01T12:30:09Z",
        "file": f"/api/v1/reports/{ID}/file/",
    }

    def to_representation(self, instance: Report) -> Any:
        state = state_of(instance)
        ready = state == State.READY
        return super().to_representation(
            {
                **{name: getattr(instance, name) for name in AS_KEPT},
                "id": str(instance.pk),
                "state": str(state),
                "file": reverse("ledger_api:reports-one-file", args=[instance.pk]) if ready else None,
            }
        )


class NewReport(Shape):
    kind = Choice(KIND_CHOICES)
    year = Whole(min_value=FIRST_YEAR, max_value=LAST_YEAR + CUT_OFF, help_text="As in `tax/{year}/`.")

    example = {"kind": "8949_csv", "year": 2025}


@api("GET", scope="read", gives=TaxReportShape, order=("-asked_at", "-id"))
def index(call: Call) -> QuerySet[Report]:
    """Every report, newest first."""
    return Report.objects.for_user(call.owner)


@api(
    "POST",
    scope="write",
    takes=NewReport,
    gives=TaxReportShape,
    status=202,
    polled=read_at("ledger_api:reports-one"),
    problems=(TOO_MANY,),
)
def ask(call: Call) -> Report:
    """Ask for one. Read it again until its state is `ready`.

    It is made of the gains as they stand then. While the same one is being made, asking again answers that one.
    """
    kind, year = call.data["kind"], call.data["year"]
    if not tax_years.there_is(terms.asked(call.owner), year):
        raise invalid("year", "no_such_year", f"Choose a year from {FIRST_YEAR} to {LAST_YEAR}.")
    try:
        return reporting.ask(by=call.by, owner=call.owner, kind=kind, year=year, now=call.now)
    except NotHereError:
        words = "This report is of another country than the one whose rules hold for that year."
        raise invalid("kind", "not_in_this_country", words) from None
    except TooManyError:
        raise Problem(TOO_MANY) from None


@api("GET", scope="read", gives=TaxReportShape)
def show(call: Call) -> Report:
    """One report, and how far it is."""
    return report_of(call.owner, call.path["report_id"])


@api("GET", scope="read", files=MEDIA)
def download(call: Call) -> StreamingHttpResponse:
    """Download the file of one that is ready."""
    report = report_of(call.owner, call.path["report_id"])
    pieces = reporting.hand_out(by=call.by, owner=call.owner, report=report, now=call.now)
    if pieces is None:
        raise Http404
    return as_file(report, pieces)
