"""`portfolio/`: what is held and what it is worth, over time, and asset by asset with the lots that are left."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.frame import Call, api
from config.api import pages
from config.api.fields import Choice, ExactDecimal, Shape, Text, UtcTime
from config.api.problem import invalid
from ledger.api.problems import wallet_named
from ledger.api.shapes import ID
from ledger.engine.types import Problem, Term
from ledger.fields import EARLIEST
from ledger.portfolio import freshness_of, portfolio_of
from ledger.portfolio_assets import asset_of
from ledger.portfolio_history import Interval, grid_of, history_of, which_of
from ledger.portfolio_shown import rounded
from ledger.price_words import exactly
from ledger.pricing.base import ONE
from ledger.readings.numbers import EXACT
from ledger.sums import NOUGHT

if TYPE_CHECKING:
    from decimal import Decimal

    from ledger.portfolio import Held, Portfolio
    from ledger.portfolio_assets import Asset, LotLine
    from ledger.portfolio_history import Grid, History

FINE = NOUGHT.scaleb(-12)  # of money that was multiplied out; amounts and costs have all their digits
POINTS = 1100  # of one answer
PER_DAY = {Interval.HOUR: 24, Interval.DAY: 1, Interval.WEEK: 1, Interval.MONTH: 1}
DAYS_EACH = {Interval.HOUR: 1, Interval.DAY: 1, Interval.WEEK: 7, Interval.MONTH: 28}
YEAR = timedelta(days=364)
OLDEST_FIRST = ("acquired", "id")
AGAIN = {"Retry-After": "3"}
STATUSES = {
    200: "With what it had cost, as reckoned last.",
    202: "Costs and gains are reckoned for the first time and are null: ask again after Retry-After seconds.",
}


class FreshShape(Shape):
    priced_from = UtcTime(allow_null=True, help_text="The oldest price here is of then.")
    priced_until = UtcTime(allow_null=True, help_text="The newest.")
    synced_from = UtcTime(allow_null=True, help_text="The wallet that was read the longest ago, was read then.")
    synced_until = UtcTime(allow_null=True)
    failing = serializers.IntegerField(help_text="Wallets that could not be read at the last look.")
    reckoned_at = UtcTime(allow_null=True, help_text="When costs and gains were reckoned last. Null: never yet.")
    current = serializers.BooleanField(help_text="Nothing has changed since; else they are being brought up to date.")

    example = {
        "priced_from": "2026-03-01T12:00:00Z",
        "priced_until": "2026-03-01T12:30:00Z",
        "synced_from": "2026-03-01T11:40:00Z",
        "synced_until": "2026-03-01T12:10:00Z",
        "failing": 0,
        "reckoned_at": "2026-03-01T12:11:00Z",
        "current": True,
    }


class HeldShape(Shape):
    asset = serializers.CharField()
    name = serializers.CharField(help_text="Empty: none is known.")
    kind = serializers.CharField()
    spam = serializers.CharField(help_text="Why it looks like bait; empty: it does not.")
    amount = ExactDecimal(help_text="Below nought: more left than came in, so something is missing.")
    price = ExactDecimal(allow_null=True, help_text="Null: nobody says what it is worth, and it counts for nothing.")
    priced_at = UtcTime(allow_null=True)
    value = ExactDecimal(allow_null=True)
    change = ExactDecimal(allow_null=True, help_text="What prices did in a day to what is held now.")
    cost = ExactDecimal(allow_null=True, help_text="Null for money, and where nobody can say.")
    cost_unknown = ExactDecimal(allow_null=True, help_text="So much of the amount at a cost nobody knows.")
    gain = ExactDecimal(allow_null=True, help_text="Not realised, of what has a known cost.")

    example = {
        "asset": "BTC",
        "name": "Bitcoin",
        "kind": "coin",
        "spam": "",
        "amount": "0.5",
        "price": "41250.5",
        "priced_at": "2026-03-01T12:30:00Z",
        "value": "20625.25",
        "change": "-120.5",
        "cost": "15000",
        "cost_unknown": "0",
        "gain": "5625.25",
    }


class PortfolioShape(Shape):
    at = UtcTime()
    currency = serializers.CharField(
        help_text="Of every figure here. After your base currency changed, the former one until all is brought over."
    )
    value = ExactDecimal(help_text="Of everything that has a price.")
    change = ExactDecimal(allow_null=True, help_text="What prices did in a day to what is held now.")
    cost = ExactDecimal(allow_null=True, help_text="Of what has a gain below: a price, and a known cost.")
    gain = ExactDecimal(allow_null=True, help_text="Not realised.")
    realised = ExactDecimal(allow_null=True, help_text="Gains less losses of the tax year.")
    tax_year = serializers.IntegerField(allow_null=True, help_text="In which today lies, as in `tax/{year}/`.")
    fresh = FreshShape()
    unpriced = serializers.ListField(child=serializers.CharField(), help_text="Assets that count for nothing above.")
    holdings = HeldShape(many=True, help_text="What is worth most comes first.")

    example = {
        "at": "2026-03-01T12:35:00Z",
        "currency": "EUR",
        "value": "20625.25",
        "change": "-120.5",
        "cost": "15000",
        "gain": "5625.25",
        "realised": "300",
        "tax_year": 2026,
        "fresh": FreshShape.example,
        "unpriced": [],
        "holdings": [HeldShape.example],
    }


class WhereShape(Shape):
    wallet = Text(max_length=40, required=False, help_text="Only what lies in this one.")

    example = {"wallet": ID}


def later(shape: type[Shape], told: dict[str, Any], *, waiting: bool) -> Any:
    """Answers by hand where something is to come, for the header that says when to ask again."""
    return Response(shape(told).data, status=202, headers=AGAIN) if waiting else told


@api("GET", scope="read", query=WhereShape, gives=PortfolioShape, statuses=STATUSES)
def show(call: Call) -> Any:
    """Read what you hold: amounts, prices, values, costs, gains that are not realised, and how fresh each is."""
    found = portfolio_asked(call)
    return later(PortfolioShape, told(found), waiting=found.standing.reckoning is None)


def portfolio_asked(call: Call) -> Portfolio:
    wallet = wallet_named(call.owner, call.query["wallet"]) if "wallet" in call.query else None
    if wallet and wallet.binned_at:
        raise invalid("wallet", "not_found", "There is no such wallet.")
    return portfolio_of(call.owner, now=call.now, wallet=wallet)


def told(found: Portfolio) -> dict[str, Any]:
    return {
        "at": found.now,
        "currency": found.currency,
        "value": fine(found.worth),
        "change": fine(found.change),
        "cost": trimmed(found.cost),
        "gain": fine(found.gain),
        "realised": trimmed(found.realised),
        "tax_year": found.terms.year if found.terms else None,
        "fresh": fresh(found),
        "unpriced": [each.code for each in found.unpriced],
        "holdings": [held(each) for each in found.held],
    }


def fresh(found: Portfolio) -> dict[str, Any]:
    known = freshness_of(found)
    names = ("priced_from", "priced_until", "synced_from", "synced_until", "failing", "reckoned_at")
    return {**{name: getattr(known, name) for name in names}, "current": found.standing.current}


def held(each: Held) -> dict[str, Any]:
    basis = each.basis
    return {
        "asset": each.code,
        "name": each.about.name,
        "kind": each.about.kind,
        "spam": each.about.spam,
        "amount": each.amount,
        "price": trimmed(exactly(each.price.value) if each.price else None),
        "priced_at": each.priced_at,
        "value": fine(each.value),
        "change": fine(each.change),
        "cost": trimmed(basis.told_cost) if basis else None,
        "cost_unknown": trimmed(basis.unknown) if basis else None,
        "gain": fine(each.gain),
    }


def fine(value: Decimal | None) -> Decimal | None:
    """Twelve decimals: products of prices would have fifty."""
    return trimmed(None if value is None else rounded(value, FINE))


def trimmed(value: Decimal | None) -> Decimal | None:
    """Without zeros that say nothing."""
    if not value:
        return None if value is None else NOUGHT
    short = value.normalize(EXACT)
    return short.quantize(ONE, context=EXACT) if short == short.to_integral_value(context=EXACT) else short


# --- over time -----------------------------------------------------------------------------------------------------


class PointShape(Shape):
    at = UtcTime(help_text="The beginning of the hour or day that is told of, as of its end; the last one is now.")
    value = ExactDecimal(allow_null=True, help_text="Null: something was held, and none of it has a price.")
    left_out = serializers.IntegerField(help_text="Assets that were held then and had no price, though they have one.")

    example = {"at": "2026-02-28T00:00:00Z", "value": "20501.75", "left_out": 0}


class LeftOutShape(Shape):
    asset = serializers.CharField()
    points = serializers.IntegerField(help_text="At so many of them it was held and had no price.")
    always = serializers.BooleanField(help_text="It has no price at any of them.")

    example = {"asset": "QQFOO", "points": 20, "always": True}


class HistoryShape(Shape):
    currency = serializers.CharField()
    interval = Choice([(each, each) for each in Interval])
    points = PointShape(many=True, help_text="Oldest first, from the first moment at which anything was held.")
    left_out = LeftOutShape(many=True, help_text="What no point before could stand in for, within a month.")

    example = {
        "currency": "EUR",
        "interval": "day",
        "points": [PointShape.example],
        "left_out": [LeftOutShape.example],
    }


class SpanShape(Shape):
    interval = Choice([(each, each) for each in Interval], required=False, help_text="Left out: day.")
    wallet = Text(max_length=40, required=False, help_text="Only what lay in this one.")

    example = {"from": "2026-01-01", "to": "2026-03-01", "interval": "day"}

    def get_fields(self) -> dict[str, Any]:
        first = serializers.DateField(required=False, help_text="A day in UTC. Left out: a year before the last.")
        last = serializers.DateField(required=False, help_text="Included. Left out: today, whose point is now.")
        return {"from": first, "to": last, **super().get_fields()}


@api("GET", scope="read", query=SpanShape, gives=HistoryShape)
def history(call: Call) -> dict[str, Any]:
    """Read what you held was worth over time: what the days changed, added up, times what each asset closed at."""
    interval = Interval(call.query.get("interval", Interval.DAY))
    first, last = days_asked(call, interval)
    found, today = portfolio_asked(call), call.now.astimezone(UTC).date()
    grid = grid_asked(first, min(last, today - timedelta(days=1)), interval, call.now, upto_now=last >= today)
    return history_told(history_of(which_of(found), grid, now=found if last >= today else None), interval)


def days_asked(call: Call, interval: Interval) -> tuple[date, date]:
    today = call.now.astimezone(UTC).date()
    last = min(call.query.get("to", today), today)
    first = call.query.get("from") or last - min(YEAR, last - date.min)
    if first > last:
        raise invalid("from", "too_late", "It comes after the end.")
    if ((last - first).days + 1) * PER_DAY[interval] // DAYS_EACH[interval] > POINTS:
        raise invalid("interval", "too_many_points", f"Ask for at most {POINTS} points: a coarser one, or fewer days.")
    return first, last


def grid_asked(first: date, last: date, interval: Interval, now: datetime, *, upto_now: bool) -> Grid:
    begin = datetime.combine(max(first, EARLIEST.date()), time(), UTC)
    end = datetime.combine(last, time(), UTC)
    if interval is Interval.HOUR:
        end = now.replace(minute=0, second=0, microsecond=0) if upto_now else end + timedelta(days=1)
    return grid_of(interval, begin, end)


def history_told(found: History, interval: Interval) -> dict[str, Any]:
    return {
        "currency": found.currency,
        "interval": interval,
        "points": [{"at": point.at, "value": fine(point.value), "left_out": point.left_out} for point in found.points],
        "left_out": [
            {"asset": asset, "points": points, "always": asset in found.never}
            for asset, points in sorted(found.left_out.items())
        ],
    }


# --- one asset -----------------------------------------------------------------------------------------------------


class PlaceShape(Shape):
    wallet = serializers.CharField()
    amount = ExactDecimal()
    value = ExactDecimal(allow_null=True)
    cost = ExactDecimal(allow_null=True, help_text="Null where costs are counted over all wallets.")

    example = {"wallet": ID, "amount": "0.5", "value": "20625.25", "cost": "15000"}


class YearShape(Shape):
    year = serializers.IntegerField(help_text="The tax year, as in `tax/{year}/`.")
    proceeds = ExactDecimal()
    cost = ExactDecimal()
    gain = ExactDecimal()

    example = {"year": 2025, "proceeds": "400", "cost": "100", "gain": "300"}


class NoticedShape(Shape):
    problem = Choice([(each, each) for each in Problem])
    at = UtcTime()
    amount = ExactDecimal()
    transaction = serializers.CharField(allow_null=True)

    example = {"problem": "unknown_origin", "at": "2026-03-01T12:30:00Z", "amount": "0.05", "transaction": ID}


class OpenLotShape(Shape):
    transaction = serializers.CharField(allow_null=True, help_text="Which brought it. Null: a pool.")
    wallet = serializers.CharField(allow_null=True, help_text="Null: all wallets count together, or it is on its way.")
    acquired_at = UtcTime(help_text="Of what came at a cost nobody knows: when it came.")
    amount = ExactDecimal()
    cost = ExactDecimal()
    known = serializers.BooleanField(help_text="False: nobody says what it had cost.")
    value = ExactDecimal(allow_null=True)
    gain = ExactDecimal(allow_null=True)
    term = Choice([(each, each) for each in Term], help_text="Were it sold now. Empty: nobody asks.")

    example = {
        "transaction": ID,
        "wallet": None,
        "acquired_at": "2024-01-10T12:00:00Z",
        "amount": "0.5",
        "cost": "15000",
        "known": True,
        "value": "20625.25",
        "gain": "5625.25",
        "term": "long",
    }


class LotsShape(Shape):
    results = OpenLotShape(many=True, help_text="Oldest first.")
    next = serializers.CharField(allow_null=True, help_text="The address of this asset with those that follow.")

    example = {"results": [OpenLotShape.example], "next": None}


class OneAssetShape(HeldShape):
    currency = serializers.CharField()
    wallets = PlaceShape(many=True)
    realised = YearShape(many=True, help_text="By tax year, newest first.")
    findings = NoticedShape(many=True, help_text="The newest ten.")
    lots = LotsShape()
    fresh = FreshShape()

    example = {
        **HeldShape.example,
        "currency": "EUR",
        "wallets": [PlaceShape.example],
        "realised": [YearShape.example],
        "findings": [NoticedShape.example],
        "lots": LotsShape.example,
        "fresh": FreshShape.example,
    }


class LotsAskedShape(Shape):
    limit = Text(max_length=3, required=False, help_text="Lots on a page, up to 500. Left out: 50.")
    cursor = Text(max_length=400, required=False, help_text="As the address of the next page has it.")

    example = {"limit": "50"}


@api("GET", scope="read", query=LotsAskedShape, gives=OneAssetShape, statuses=STATUSES)
def asset(call: Call) -> Any:
    """Read one asset: where it lies, its worth and cost, gains by year, what was found, and the lots that are left."""
    found = asset_of(call.owner, call.path["code"], now=call.now)
    if found is None:
        raise Http404
    waiting = found.portfolio.standing.reckoning is None
    return later(OneAssetShape, asset_told(call, found, waiting=waiting), waiting=waiting)


def asset_told(call: Call, found: Asset, *, waiting: bool) -> dict[str, Any]:
    lots, address = pages.page(call.request, found.lots, order=OLDEST_FIRST) if not waiting else ([], None)
    return {
        **held(found.held),
        "currency": found.portfolio.currency,
        "wallets": [
            {
                "wallet": str(each.wallet.pk),
                "amount": each.amount,
                "value": fine(each.value),
                "cost": trimmed(each.basis.told_cost) if each.basis else None,
            }
            for each in found.wallets
        ],
        "realised": [
            {
                "year": each.year,
                "proceeds": trimmed(each.proceeds),
                "cost": trimmed(each.cost),
                "gain": trimmed(each.gain),
            }
            for each in found.years
        ],
        "findings": found.findings,
        "lots": {"results": [lot(line) for line in found.lines(lots)], "next": address},
        "fresh": fresh(found.portfolio),
    }


def lot(line: LotLine) -> dict[str, Any]:
    each = line.lot
    return {
        "transaction": each.origin and str(each.origin),
        "wallet": each.wallet and str(each.wallet),
        "acquired_at": each.acquired,
        "amount": trimmed(each.amount),
        "cost": trimmed(each.cost),
        "known": each.known,
        "value": fine(line.value),
        "gain": fine(line.gain),
        "term": line.term,
    }
