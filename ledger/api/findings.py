"""`tax/{year}/findings/`: what is worth looking at in a tax year, one by one, and for each what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.frame import Call, api
from config.api import pages
from config.api.fields import Choice, ExactDecimal, Shape, Text, UtcTime
from ledger import remedies
from ledger.api.shapes import ID
from ledger.api.tax import NONE, NOT_RECKONED, PROBLEMS, STATUSES, LookFilters, later, read
from ledger.engine.types import Problem as Kind
from ledger.models import Finding
from ledger.remedies import Step

if TYPE_CHECKING:
    from ledger.remedies import Remedy, Told

ORDER = ("-problem", "-at", "-id")  # as they lie in their index
STEPS = [(each, each) for each in Step]
# Where what a step asks for is said; of a transaction, where nothing else is written here.
PLACES = {
    Step.LINK: "transfers",
    Step.COST: "lots-costs",
    Step.PURCHASE: "transactions",
    Step.HISTORY: "imports",
    Step.PRICE: "prices",
    Step.RATE: "prices",
    Step.LINKS: "transfers",
    Step.CHOOSE: "lots-choices",
    Step.PLAN: "lots-plan",
}


class FindingFilters(LookFilters):
    problem = Choice(PROBLEMS, required=False, help_text="Only those of this kind.")
    asset = Text(max_length=64, required=False)

    example = {"problem": "missing_basis"}


class RemedyShape(Shape):
    step = Choice(STEPS)
    words = serializers.CharField()
    transaction = serializers.CharField(
        allow_null=True, help_text="Which one it is done to: of a disposal it may be what came before."
    )
    url = serializers.CharField(help_text="Where it is done through the API.")
    page = serializers.CharField(help_text="The page of Holdfast where it is done in a browser.")

    example = {
        "step": "say_cost",
        "words": "Say what it cost",
        "transaction": ID,
        "url": "/api/v1/lots/costs/",
        "page": f"https://holdfast.example/tax/costs/{ID}/",
    }


class FindingShape(Shape):
    problem = Choice(PROBLEMS)
    words = serializers.CharField(help_text="Its title.")
    meaning = serializers.CharField()
    transaction = serializers.CharField(allow_null=True)
    asset = serializers.CharField()
    wallet = serializers.CharField(allow_null=True)
    at = UtcTime()
    amount = ExactDecimal()
    money = ExactDecimal(help_text="What it touches.")
    money_is = serializers.CharField(allow_blank=True, help_text="What that money is; empty: it touches none.")
    remedies = RemedyShape(many=True, help_text="What mends it, what is most likely first.")

    example = {
        "problem": "unknown_origin",
        "words": "Came from nobody knows where",
        "meaning": "Its cost counts as nothing until you say what it was.",
        "transaction": ID,
        "asset": "BTC",
        "wallet": "90aa3f5e-7f4e-4a60-9c4b-0d2f6c1f7b20",
        "at": "2024-03-01T12:30:00Z",
        "amount": "0.5",
        "money": "0",
        "money_is": "",
        "remedies": [RemedyShape.example],
    }


@api(
    "GET",
    scope="read",
    query=FindingFilters,
    gives=FindingShape,
    order=ORDER,
    statuses=STATUSES,
    problems=(NOT_RECKONED,),
)
def index(call: Call) -> Response:
    """List what is worth looking at in a tax year, by kind, in each the newest first, and what mends it."""
    standing = read(call)
    rows = Finding.objects.filter(reckoning=standing.reckoning, year=call.path["year"])  # of no reckoning: none
    rows = rows.filter(**{name: call.query[name] for name in ("problem", "asset") if name in call.query})
    page, address = pages.page(call.request, rows, order=ORDER)
    if standing.reckoning is None:
        return later(NONE)
    found = remedies.told_of(call.owner, standing.reckoning, page)
    return Response({"results": FindingShape(list(map(told, found)), many=True).data, "next": address})


def told(each: Told) -> dict[str, Any]:
    finding, words = each.finding, remedies.WORDS[Kind(each.finding.problem)]
    return {
        "problem": finding.problem,
        "words": words.title,
        "meaning": words.meaning,
        "transaction": finding.transaction,
        "asset": finding.asset,
        "wallet": finding.wallet,
        "at": finding.at,
        "amount": finding.amount,
        "money": finding.money,
        "money_is": words.money,
        "remedies": [remedy(finding, one) for one in each.remedies],
    }


def remedy(finding: Finding, one: Remedy) -> dict[str, Any]:
    return {
        "step": one.step,
        "words": one.label,
        "transaction": one.about,
        "url": address(finding, one),
        "page": f"{settings.PUBLIC_URL}{one.href}",
    }


def address(finding: Finding, one: Remedy) -> str:
    if one.step is Step.BALANCES:
        return reverse("ledger_api:wallets-one-balances", args=[finding.wallet])
    if one.step is Step.LOTS:
        return within("disposals", finding.year, asset=finding.asset, problem=finding.problem)
    if one.step is Step.CAME:
        return within("findings", one.year or finding.year, asset=finding.asset, problem=Kind.UNKNOWN_ORIGIN)
    if one.step in PLACES:
        return reverse(f"ledger_api:{PLACES[one.step]}")
    return reverse("ledger_api:transactions-one", args=[one.about])


def within(part: str, year: int, **query: str) -> str:
    return f"{reverse(f'ledger_api:tax-one-{part}', args=[year])}?{urlencode(query)}"
