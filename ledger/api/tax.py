"""`tax/{year}/`: what a tax year came to, its disposals with their lots, its income; also by other terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core import signing
from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts import tax_settings
from accounts.api.frame import Call, api
from accounts.profile import CURRENCIES
from config.api import pages
from config.api.fields import Choice, ExactDecimal, Shape, Text, UtcTime
from config.api.problem import BAD_CURSOR, Problem, kind
from ledger import disposals as walk
from ledger import listing, locking, remedies, tax_figures, tax_years
from ledger.api.problems import refusals_told
from ledger.api.reports import HASH
from ledger.api.shapes import ID
from ledger.engine.types import Problem as Finding
from ledger.engine.types import Rule, Term
from ledger.gains import asking, terms
from ledger.mine import checked
from ledger.models import Earning, YearLock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.disposals import Disposal
    from ledger.gains.asking import Standing
    from ledger.models import Match, Reckoning
    from ledger.tax_years import Total

NOT_RECKONED = kind(
    "not_reckoned", 503, "The gains could not be reckoned", "Nothing is lost; it is tried again when something changes."
)
READY, UNDER_WAY = "ready", "reckoning"
AGAIN = {"Retry-After": "2"}
SALT = "ledger.api.tax"
STATUSES = {200: "As reckoned last.", 202: "Being reckoned: nothing is in it yet. Ask again after Retry-After seconds."}
ORDER = ("-disposed_at", "-transaction", "-part")
MONEY = [(code, code) for code in CURRENCIES]
PROBLEMS = [(each, each) for each in Finding]
RULES = [(each, each) for each in (*Rule, "mixed")]
TERMS = [(each, each) for each in (Term.SHORT, Term.LONG, "mixed", "")]


class LookFilters(Shape):
    country = Choice(tax_settings.Country.choices, required=False, help_text="Instead of yours; nothing is changed.")
    method = Choice(tax_settings.Method.choices, required=False)
    scope = Choice(tax_settings.BasisScope.choices, required=False)
    currency = Choice(MONEY, required=False, help_text="Left out: your base currency.")

    example = {"method": "hifo"}


class DisposalFilters(LookFilters):
    asset = Text(max_length=64, required=False)
    wallet = Text(max_length=36, required=False)
    term = Choice([(each, each) for each in (Term.SHORT, Term.LONG)], required=False)
    problem = Choice(PROBLEMS, required=False, help_text="Only those with such a finding.")

    example = {"asset": "BTC", "term": "long"}


class IncomeFilters(LookFilters):
    asset = Text(max_length=64, required=False)
    category = Text(max_length=40, required=False)

    example = {"category": "staking"}


class TotalShape(Shape):
    term = Choice(TERMS, help_text="Empty: nobody asks how long it was held. mixed: all together.")
    proceeds = ExactDecimal()
    cost = ExactDecimal()
    adjustment = ExactDecimal(help_text="Losses that are denied, given back.")
    gain = ExactDecimal(help_text="proceeds - cost + adjustment")

    example = {"term": "short", "proceeds": "600", "cost": "250", "adjustment": "0", "gain": "350"}


class FigureShape(Shape):
    name = serializers.CharField()
    words = serializers.CharField()
    value = ExactDecimal()

    example = {"name": "short.gain", "words": "Short-term: Gain or loss", "value": "350"}


class IncomeSumShape(Shape):
    category = serializers.CharField()
    value = ExactDecimal()
    count = serializers.IntegerField()

    example = {"category": "staking", "value": "12.5", "count": 365}


class FindingSumShape(Shape):
    problem = Choice(PROBLEMS)
    words = serializers.CharField()
    count = serializers.IntegerField()
    money = ExactDecimal(help_text="What it touches.")

    example = {"problem": "missing_basis", "words": "Nobody says what it had cost", "count": 2, "money": "5000"}


NUMBER = (
    "The year in which it begins. Where another country's rules took over in the course of it and their year has the"
    " same number, what came before is a year of its own: 10,000 higher."
)


class TaxYearShape(Shape):
    year = serializers.IntegerField(help_text=NUMBER)
    name = serializers.CharField(help_text="2024, or 2024/25 where it begins in the course of a year.")
    cut_off = serializers.IntegerField(
        allow_null=True, help_text="The former country's year that has this number, too, if anything lies in it."
    )
    begins = serializers.DateField()
    ends = serializers.DateField(help_text="The last day that counts in it, before other rules took over.")
    over = serializers.BooleanField(
        help_text="No: it still runs, and what happens until it ends changes its figures. In the United Kingdom and in"
        " Canada what is bought in the 30 days after may do so, too."
    )
    state = Choice([(READY, READY), (UNDER_WAY, UNDER_WAY)])
    current = serializers.BooleanField(help_text="No: something changed, and it is being brought up to date.")
    reckoned_at = UtcTime(allow_null=True)
    inputs = serializers.CharField(
        allow_null=True,
        help_text="SHA-256 of settings and figures: send it as `seen` to `tax/{year}/lock/`. Null: not reckoned yet, or"
        " a look by other terms than yours, which cannot be filed.",
    )
    country = Choice(tax_settings.Country.choices)
    method = Choice(tax_settings.Method.choices)
    scope = Choice(tax_settings.BasisScope.choices)
    currency = serializers.CharField(help_text="Of every figure here.")
    gains = TotalShape(many=True)
    figures = FigureShape(many=True, help_text="As the form of the country asks for them.")
    income = IncomeSumShape(many=True)
    fees = ExactDecimal(help_text="What was paid in assets; it is among the proceeds.")
    findings = FindingSumShape(many=True)
    filed_at = UtcTime(allow_null=True)

    example = {
        "year": 2024,
        "name": "2024",
        "cut_off": None,
        "begins": "2024-01-01",
        "ends": "2024-12-31",
        "over": True,
        "state": READY,
        "current": True,
        "reckoned_at": "2026-03-01T12:30:00Z",
        "inputs": HASH,
        "country": "US",
        "method": "fifo",
        "scope": "universal",
        "currency": "USD",
        "gains": [TotalShape.example],
        "figures": [FigureShape.example],
        "income": [IncomeSumShape.example],
        "fees": "0",
        "findings": [FindingSumShape.example],
        "filed_at": None,
    }


class YearLineShape(Shape):
    year = serializers.IntegerField(help_text=f"`tax/{{year}}/` takes it. {NUMBER}")
    name = serializers.CharField(help_text="2024, or 2024/25 where it begins in the course of a year.")
    begins = serializers.DateField()
    ends = serializers.DateField(help_text="The last day that counts in it, before other rules took over.")
    over = serializers.BooleanField()
    country = Choice(tax_settings.Country.choices)
    method = Choice(tax_settings.Method.choices)
    scope = Choice(tax_settings.BasisScope.choices)
    currency = serializers.CharField()
    gain = ExactDecimal(help_text="Of all disposals; below nought it is a loss.")
    income = ExactDecimal()
    findings = serializers.IntegerField(help_text="So many things worth looking at: `tax/{year}/` says which.")
    filed_at = UtcTime(allow_null=True)
    would_differ = serializers.BooleanField(
        allow_null=True, help_text="Filed, and it would now come to something else. Null: not filed, or not comparable."
    )

    example = {
        "year": 2024,
        "name": "2024",
        "begins": "2024-01-01",
        "ends": "2024-12-31",
        "over": True,
        "country": "US",
        "method": "fifo",
        "scope": "universal",
        "currency": "USD",
        "gain": "350",
        "income": "12.5",
        "findings": 2,
        "filed_at": None,
        "would_differ": None,
    }


class LotShape(Shape):
    lot = serializers.CharField(allow_null=True, help_text="The transaction that brought it. Null: a pool, or nothing.")
    amount = ExactDecimal()
    acquired_at = UtcTime(allow_null=True)
    proceeds = ExactDecimal()
    cost = ExactDecimal()
    adjustment = ExactDecimal()
    gain = ExactDecimal()
    term = Choice(TERMS)
    rule = Choice(RULES)
    known = serializers.BooleanField(help_text="No: nobody says what it had cost, and it counts as nothing.")

    example = {
        "lot": ID,
        "amount": "1",
        "acquired_at": "2024-01-10T12:00:00Z",
        "proceeds": "400",
        "cost": "100",
        "adjustment": "0",
        "gain": "300",
        "term": "short",
        "rule": "fifo",
        "known": True,
    }


class DisposalShape(Shape):
    transaction = serializers.CharField()
    part = serializers.IntegerField(help_text="Of the transaction: 1 is what was sent, 2 its fee.")
    act = serializers.CharField(help_text="sold, spent, fee, gift, lost, result, transfer_fee.")
    asset = serializers.CharField()
    wallet = serializers.CharField()
    amount = ExactDecimal()
    acquired_at = UtcTime(allow_null=True, help_text="The oldest of its lots. Null: not known, or various in a pool.")
    disposed_at = UtcTime()
    proceeds = ExactDecimal()
    cost = ExactDecimal()
    adjustment = ExactDecimal()
    gain = ExactDecimal()
    term = Choice(TERMS)
    rule = Choice(RULES, help_text="By which it met its lots; mixed: each says.")
    known = serializers.BooleanField()
    lots = LotShape(many=True, help_text=f"In the order in which they were taken, {walk.LOTS} at most.")
    lot_count = serializers.IntegerField()
    findings = serializers.ListField(child=Choice(PROBLEMS))

    example = {
        "transaction": ID,
        "part": 1,
        "act": "sold",
        "asset": "BTC",
        "wallet": "90aa3f5e-7f4e-4a60-9c4b-0d2f6c1f7b20",
        "amount": "1",
        "acquired_at": "2024-01-10T12:00:00Z",
        "disposed_at": "2024-02-09T12:00:00Z",
        "proceeds": "400",
        "cost": "100",
        "adjustment": "0",
        "gain": "300",
        "term": "short",
        "rule": "fifo",
        "known": True,
        "lots": [LotShape.example],
        "lot_count": 1,
        "findings": [],
    }


class EarningShape(Shape):
    transaction = serializers.CharField()
    at = UtcTime()
    asset = serializers.CharField()
    wallet = serializers.CharField()
    amount = ExactDecimal()
    value = ExactDecimal()
    category = serializers.CharField()
    known = serializers.BooleanField(help_text="No: nobody says what it was worth.")

    example = {
        "transaction": ID,
        "at": "2024-03-01T12:30:00Z",
        "asset": "DOT",
        "wallet": "90aa3f5e-7f4e-4a60-9c4b-0d2f6c1f7b20",
        "amount": "0.5",
        "value": "3.25",
        "category": "staking",
        "known": True,
    }


# --- which reckoning is read ---------------------------------------------------------------------------------------


def read(call: Call) -> Standing:
    """By the owner's own terms, or by those asked for."""
    asked, instead = asked_for(call), instead_of(call)
    if instead and not tax_years.there_is(asked, call.path["year"]):
        raise Http404
    if not instead:
        checked(call.owner, call.path["year"])
        found = asking.standing(call.owner, now=call.now)
    else:
        made = asking.look_by(call.owner, asked, now=call.now)
        found = asking.Standing(made if made.reckoned_at else None, current=True, failed=made.failed)
    return known(found)


def known(found: Standing) -> Standing:
    """What failed and was never reckoned does not come by waiting."""
    if found.failed and found.reckoning is None:
        raise Problem(NOT_RECKONED)
    return found


def instead_of(call: Call) -> dict[str, str]:
    return {name: call.query[name] for name in ("country", "method", "scope", "currency") if name in call.query}


def asked_for(call: Call) -> dict[str, Any]:
    return terms.asked(call.owner, **instead_of(call))


def later(data: Mapping[str, Any]) -> Response:
    return Response(data, status=202, headers=AGAIN)


NONE: dict[str, Any] = {"results": [], "next": None}


# --- all years -----------------------------------------------------------------------------------------------------


@api("GET", scope="read", gives=YearLineShape, whole=True, statuses=STATUSES, problems=(NOT_RECKONED,))
def index(call: Call) -> Any:
    """List the tax years in which something is, the newest first; the present one, and filed ones, in any case."""
    read = known(asking.standing(call.owner, now=call.now)).reckoning
    if read is None:
        return later(NONE)
    filed = {each.year: each for each in YearLock.objects.filter(owner=call.owner, opened_at=None)}
    return [line(call, read, each, filed) for each in tax_years.years_of(call.owner, read, now=call.now)]


def line(call: Call, read: Reckoning, each: tax_years.Year, filed: Mapping[int, YearLock]) -> dict[str, Any]:
    facts = {"gain": each.all.gain, "income": each.income, "findings": each.findings, "filed_at": each.filed_at}
    compared = locking.compare(filed[each.terms.year], read) if each.terms.year in filed else None
    differs = compared.differs if compared and compared.comparable else None
    return {**head(call, each.terms), **facts, "would_differ": differs}


# --- a year --------------------------------------------------------------------------------------------------------


@api("GET", scope="read", query=LookFilters, gives=TaxYearShape, statuses=STATUSES, problems=(NOT_RECKONED,))
def show(call: Call) -> Any:
    """Read what a tax year came to.

    With another country, method, scope or currency it is a look: reckoned in the background, and nothing is changed.
    """
    standing, year = read(call), call.path["year"]
    if standing.reckoning is None:
        return later(TaxYearShape(waiting(call, year)).data)
    return told(call, standing.reckoning, year, current=standing.current)


def waiting(call: Call, year: int) -> dict[str, Any]:
    lists: dict[str, Any] = dict.fromkeys(("gains", "figures", "income", "findings"), ())
    nothing = dict.fromkeys(("cut_off", "reckoned_at", "inputs", "filed_at"))
    rest = {"state": UNDER_WAY, "current": False, "fees": tax_years.NOUGHT, **nothing}
    return {**head(call, tax_years.named(call.owner, asked_for(call), year)), **lists, **rest}


def head(call: Call, held: tax_years.Terms) -> dict[str, Any]:
    running = held.runs_until(call.owner.time_zone, now=call.now)
    return {
        "year": held.year,
        "name": held.label,
        "begins": held.first,
        "ends": held.ends,
        "over": running is None,
        "country": str(held.country),
        "method": held.method,
        "scope": held.scope,
        "currency": held.currency,
    }


def told(call: Call, reckoning: Reckoning, year: int, *, current: bool) -> dict[str, Any]:
    found = tax_years.one_year(call.owner, reckoning, year)
    before = tax_years.cut_off_beside(reckoning, year)
    income = tax_years.income_by_category(reckoning, year)
    figures = tax_figures.figures(reckoning, year)
    return {
        **head(call, found.terms),
        "cut_off": before.year if before else None,
        "state": READY,
        "current": current,
        "reckoned_at": reckoning.reckoned_at,
        "inputs": None if instead_of(call) else locking.frozen(reckoning, year, figures)["inputs"],
        "gains": [
            *(total(term, each) for term, each in sorted(found.parts.items(), reverse=True)),
            total("mixed", found.all),
        ],
        "figures": [line._asdict() for line in tax_figures.lines(figures) if not line.name.startswith("income.")],
        "income": [{"category": category, "value": value, "count": count} for category, value, count in income],
        "fees": found.fees,
        "findings": [
            {"problem": group.problem, "words": group.words.title, "count": group.count, "money": group.money}
            for group in remedies.groups_of(call.owner, reckoning, year, few=0)
        ],
        "filed_at": found.filed_at,
    }


def total(term: str, each: Total) -> dict[str, Any]:
    return {
        "term": term,
        "proceeds": each.proceeds,
        "cost": each.cost,
        "adjustment": each.adjustment,
        "gain": each.gain,
    }


# --- what it is made of --------------------------------------------------------------------------------------------


@api(
    "GET",
    scope="read",
    query=DisposalFilters,
    gives=DisposalShape,
    order=ORDER,
    statuses=STATUSES,
    problems=(NOT_RECKONED,),
)
def disposals(call: Call) -> Response:
    """List the disposals of a tax year, newest first, each with the lots that it met."""
    standing = read(call)
    limit, after = pages.limit_of(call.request), cursor_of(call)
    with refusals_told():
        said = {name: call.query[name] for name in walk.NAMES if name in call.query}
        chosen = walk.filters_of(said, listing.wallets_of(call.owner))
    if standing.reckoning is None:
        return later(NONE)
    page = walk.page_of(standing.reckoning, call.path["year"], chosen, after=after, size=limit, lots=walk.LOTS)
    return Response(
        {"results": DisposalShape(list(map(disposal, page.rows)), many=True).data, "next": next_of(call, page)}
    )


def cursor_of(call: Call) -> str:
    cursor = call.request.query_params.get("cursor")
    if cursor is None:
        return ""
    try:
        return str(signing.loads(cursor, salt=salt_of(call)))
    except (signing.BadSignature, ValueError):
        raise Problem(BAD_CURSOR) from None


def salt_of(call: Call) -> str:
    return f"{SALT}:{call.path['year']}"


def next_of(call: Call, page: walk.Page) -> str | None:
    if not page.older:
        return None
    sealed = signing.dumps(page.older, salt=salt_of(call))
    return replace_query_param(call.request.build_absolute_uri(), "cursor", sealed)


def disposal(each: Disposal) -> dict[str, Any]:
    return {
        "transaction": each.key.disposal,
        "part": each.key.part,
        "act": each.act,
        "asset": each.asset,
        "wallet": each.wallet,
        "amount": each.amount,
        "acquired_at": each.first,
        "disposed_at": each.key.disposed,
        "proceeds": each.proceeds,
        "cost": each.cost,
        "adjustment": each.adjustment,
        "gain": each.gain,
        "term": each.term,
        "rule": each.rule,
        "known": each.known,
        "lots": list(map(lot, each.lots)),
        "lot_count": each.met,
        "findings": each.problems,
    }


def lot(match: Match) -> dict[str, Any]:
    return {
        "lot": match.lot,
        "amount": match.amount,
        "acquired_at": match.acquired,
        "proceeds": match.proceeds,
        "cost": match.cost,
        "adjustment": match.adjustment,
        "gain": match.proceeds - match.cost + match.adjustment,
        "term": match.term,
        "rule": match.rule,
        "known": match.known,
    }


@api(
    "GET",
    scope="read",
    query=IncomeFilters,
    gives=EarningShape,
    order=("-at", "-id"),
    statuses=STATUSES,
    problems=(NOT_RECKONED,),
)
def income(call: Call) -> Response:
    """List the income of a tax year, newest first: what came, and what it was worth when it came."""
    standing = read(call)
    rows = Earning.objects.filter(reckoning=standing.reckoning, year=call.path["year"])  # of no reckoning: none
    rows = rows.filter(**{name: call.query[name] for name in ("asset", "category") if name in call.query})
    page, address = pages.page(call.request, rows, order=("-at", "-id"))  # what makes no sense is said also meanwhile
    if standing.reckoning is None:
        return later(NONE)
    return Response({"results": EarningShape(page, many=True).data, "next": address})
