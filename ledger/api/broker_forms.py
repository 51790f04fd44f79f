"""`tax/{year}/1099da/forms/` and `…/lines/`: the tables that were brought, and what stands in them; one is deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from rest_framework import serializers

from accounts.api.frame import Call, api
from config.api.fields import Choice, ExactDecimal, Id, Shape, Text, UtcTime
from ledger import broker_lines
from ledger.api.locks import VERDICT_CHOICES, BrokerLineShape
from ledger.api.shapes import ID
from ledger.mine import checked

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ledger.models import BrokerLine


class BrokerFormShape(Shape):
    id = serializers.CharField(source="file")
    year = serializers.IntegerField(help_text="The calendar year that it tells of.")
    name = serializers.CharField(source="file_name", help_text="Of the file.")
    wallet = serializers.CharField(source="wallet_id", allow_null=True, help_text="Null: it was brought for all.")
    lines = serializers.IntegerField()
    created_at = UtcTime(source="brought")

    example = {
        "id": ID,
        "year": 2025,
        "name": "1099-DA 2025.csv",
        "wallet": None,
        "lines": 12,
        "created_at": "2026-03-01T12:30:00Z",
    }


class FormLineShape(BrokerLineShape):
    withheld = ExactDecimal(allow_null=True, help_text="Tax that the broker kept back.")
    term = serializers.CharField(allow_blank=True, help_text="short or long, as the broker says; empty: it does not.")
    verdict = Choice(VERDICT_CHOICES, allow_blank=True)

    example = {**BrokerLineShape.example, "withheld": None, "term": "long", "verdict": ""}

    def facts(self, instance: BrokerLine) -> dict[str, Any]:
        more = {name: getattr(instance, name) for name in ("withheld", "term", "verdict")}
        return {**super().facts(instance), **more}


class LineFilters(Shape):
    form = Id(required=False, help_text="Only those of this form.")
    asset = Text(max_length=64, required=False)
    verdict = Choice(VERDICT_CHOICES, required=False, allow_blank=True, help_text="Empty: those left open.")

    example = {"form": ID}


CALLED = {"form": "file"}


@api("GET", scope="read", gives=BrokerFormShape, whole=True)
def index(call: Call) -> list[dict[str, Any]]:
    """List the forms that were brought for a year, the newest first."""
    return broker_lines.files_of(call.owner, checked(call.owner, call.path["year"]))


@api("GET", scope="read", query=LineFilters, gives=FormLineShape, order=("sold", "id"))
def lines(call: Call) -> QuerySet[BrokerLine]:
    """List the lines of a year's forms as brokers reported them, by the day of the sale.

    They are here also while gains are being reckoned.
    """
    found = broker_lines.lines_of(call.owner, checked(call.owner, call.path["year"]))
    return found.filter(**{CALLED.get(name, name): value for name, value in call.query.items()})


@api("GET", scope="read", gives=BrokerFormShape)
def show(call: Call) -> dict[str, Any]:
    """Read one form: its name, and how many lines of it are here."""
    for each in broker_lines.files_of(call.owner, year_of(call)):
        if each["file"] == call.path["form_id"]:
            return each
    raise Http404


@api("DELETE", scope="write")
def forget(call: Call) -> None:
    """Delete one form: its lines, and how they were settled. Others of the year stay."""
    year, file = year_of(call), call.path["form_id"]
    broker_lines.forget(by=call.by, owner=call.owner, year=year, file=file, now=call.now)


def year_of(call: Call) -> int:
    year = broker_lines.year_of(call.owner, call.path["form_id"])
    if year is None:
        raise Http404
    return year
