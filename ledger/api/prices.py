"""`prices/`: what something was worth, step by step, and the owner's own word about it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from accounts.api.frame import Call, api
from config.api.fields import Choice, ExactDecimal, Shape, Text, UtcTime
from config.api.problem import Problem, invalid, kind
from ledger import price_overrides, price_words, prices
from ledger.api.problems import refusals_told, unless_treasure
from ledger.api.shapes import ID
from ledger.fields import EARLIEST
from ledger.models import OwnPrice
from ledger.price_overrides import AHEAD
from ledger.pricing.base import Method, Missing

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.pricing.base import Price

NO_PRICE = kind("no_price", 404, "There is no price for that", "The detail says what was looked for; PUT one yourself.")
NO_OWN_PRICE = kind("no_own_price", 404, "No price of your own stands there", "GET prices/own/ to see those that do.")
METHODS = [(each, each) for each in Method]
REACHES = [(each, each) for each in OwnPrice.Reach]
ASKED = {"asset": "BTC", "quote": "EUR", "at": "2026-03-01T12:30:00Z"}


class AskedShape(Shape):
    asset = Text(max_length=64, help_text="Its code.")
    quote = Text(max_length=16, required=False, help_text="In which money. Left out: your base currency.")
    at = UtcTime(required=False, help_text="Left out: now.")

    example = ASKED


class StepShape(Shape):
    asset = serializers.CharField()
    quote = serializers.CharField()
    price = ExactDecimal(help_text="So much of `quote` for one `asset`, as the source has it.")
    at = UtcTime(help_text="The beginning of the hour or day, or the day of publication.")
    source = serializers.CharField()  # type: ignore[assignment] # the stubs take it for the form's own
    method = Choice(METHODS)
    turned = serializers.BooleanField(help_text="One was divided by it.")
    carried = serializers.BooleanField(help_text="Nothing was traded at the moment itself: the last before it.")

    example = {
        "asset": "BTC",
        "quote": "EUR",
        "price": "41250.5",
        "at": "2026-03-01T12:00:00Z",
        "source": "Bitstamp",
        "method": "hour",
        "turned": False,
        "carried": False,
    }


class OwnShape(Shape):
    id = serializers.CharField(read_only=True)
    asset = Text(max_length=64)
    quote = Text(max_length=16, help_text="A currency with official rates, or what assets are priced in.")
    at = UtcTime(help_text="Answered as the beginning of its hour or day, in UTC.")
    reach = Choice(
        REACHES, required=False, help_text="How long it holds; left out: that hour. `onward` until the next."
    )
    price = ExactDecimal(help_text="Nought says that it was worth nothing.")
    note = Text(max_length=500, allow_blank=True, required=False)
    created_at = UtcTime(read_only=True)

    example = {
        "id": ID,
        **ASKED,
        "reach": "day",
        "price": "41000",
        "note": "From the invoice",
        "created_at": "2026-03-02T08:00:00Z",
    }
    example_request = {**ASKED, "reach": "day", "price": "41000", "note": "From the invoice"}


class PriceShape(Shape):
    asset = serializers.CharField()
    quote = serializers.CharField()
    at = UtcTime()
    price = ExactDecimal(help_text="At most 24 digits; reckoned with is what its steps say exactly.")
    source = serializers.CharField(help_text="Whose numbers it is made of.")  # type: ignore[assignment] # as above
    method = Choice(METHODS, help_text="Of several steps the one that can be trusted least.")
    carried = serializers.BooleanField()
    steps = StepShape(many=True, help_text="Multiplied with one another they are the price.")
    own = OwnShape(many=True, help_text="Your own words about that moment, the nearest first: the first one holds.")

    example = {
        **ASKED,
        "price": "41250.5",
        "source": "Bitstamp",
        "method": "hour",
        "carried": False,
        "steps": [StepShape.example],
        "own": [],
    }


class TakenBackShape(AskedShape):
    at = UtcTime()
    reach = Choice(REACHES, required=False, help_text="Left out: that hour.")

    example = {**ASKED, "reach": "day"}


@api("GET", scope="read", query=AskedShape, gives=PriceShape, problems=(NO_PRICE,))
def show(call: Call) -> dict[str, Any]:
    """Read what something was worth, and every step of where that number comes from."""
    with refusals_told():
        asset = price_overrides.named("asset", call.query["asset"])
        quote = price_overrides.named("quote", call.query.get("quote") or call.owner.base_currency)
    return told(call, asset, quote, asked_at(call))


@api("PUT", scope="write", takes=OwnShape, gives=PriceShape, problems=(NO_PRICE,))
def put(call: Call) -> Any:
    """Say what something was worth.

    Your word goes before every other price. A later one about the same time ends it.
    """
    say = partial(price_overrides.say, by=call.by, owner=call.owner, said=call.data, now=call.now)
    with refusals_told():
        own = unless_treasure(say, field="note")
    return own if isinstance(own, Problem) else told(call, own.asset, own.quote, own.at)


@api("DELETE", scope="write", query=TakenBackShape, problems=(NO_OWN_PRICE,))
def take_back(call: Call) -> None:
    """Take a price of your own back: what everybody is told holds again."""
    with refusals_told():
        asset = price_overrides.named("asset", call.query["asset"])
        quote = price_overrides.named("quote", call.query.get("quote") or call.owner.base_currency)
        reach = OwnPrice.Reach(call.query.get("reach") or OwnPrice.Reach.HOUR)
        at = price_overrides.beginning(call.query["at"], reach, call.now)
    place = {"asset": asset, "quote": quote, "at": at, "reach": reach}
    own = OwnPrice.objects.for_user(call.owner).standing().filter(**place).select_related("owner").first()
    if own is None or not price_overrides.unsay(by=call.by, own=own, now=call.now):
        raise Problem(NO_OWN_PRICE)


@api("GET", scope="read", gives=OwnShape, order=("-created_at", "-id"))
def mine(call: Call) -> Any:
    """List the prices you set and did not take back, the newest first."""
    return OwnPrice.objects.for_user(call.owner).standing()


def asked_at(call: Call) -> datetime:
    at: datetime = call.query.get("at") or call.now
    if not EARLIEST <= at <= call.now + AHEAD:
        raise invalid("at", "out_of_range", "A time between 2008 and now.")
    return at


def told(call: Call, asset: str, quote: str, at: datetime) -> dict[str, Any]:
    found = prices.book(call.owner.pk).price(asset, quote, at)
    if isinstance(found, Missing):
        raise Problem(NO_PRICE, price_words.tried(found))
    own = price_overrides.standing_at(call.owner, asset, quote, at)
    return {**facts(found), "own": own}


def facts(found: Price) -> dict[str, Any]:
    return {
        "asset": found.asset,
        "quote": found.quote,
        "at": found.at,
        "price": price_words.exactly(found.value),
        "source": price_words.sources(found),
        "method": price_words.method(found),
        "carried": price_words.carried(found),
        "steps": [
            {
                "asset": line.step.asset,
                "quote": line.step.quote,
                "price": price_words.exactly(line.step.price),
                "at": line.step.at,
                "source": line.source,
                "method": line.step.method,
                "turned": line.step.turned,
                "carried": line.step.carried,
            }
            for line in price_words.lines(found)
        ],
    }
