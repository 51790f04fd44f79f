"""`duplicates/clocks/`: what two sources tell hours apart, as if by another clock, and the owner's word about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.frame import Call, api
from config.api import pages
from config.api.fields import Choice, Shape, UtcTime
from config.api.problem import Problem
from ledger import clocks, clocks_shown
from ledger.api.duplicates import CANNOT_BE, REASON, ReasonShape
from ledger.api.shapes import ID, FiledYears
from ledger.clocks_shown import Asked, Said
from ledger.decisions import CannotBeError
from ledger.mine_matching import clock_word_of, question_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.models import ClockWord

STATES = ("open", "decided")
EXAMPLE = {"one": "6b1f…", "other": "90aa…"}


class ClockFilters(Shape):
    state = Choice([(each, each) for each in STATES], required=False, help_text="Left out: open.")

    example = {"state": "open"}


class ClockExampleShape(Shape):
    one = serializers.CharField(help_text="A transaction, as `against` tells it.")
    other = serializers.CharField(help_text="The same, as `origin` tells it.")

    example = EXAMPLE


class ClockShape(Shape):
    id = serializers.CharField(help_text="For same/ and different/ while it is open, for turn/ once it is decided.")
    state = Choice([(each, each) for each in STATES])
    same = serializers.BooleanField(allow_null=True, help_text="What you said. Null: it is open.")
    wallet = serializers.CharField()
    origin = serializers.CharField(help_text="Who tells it by another clock: a file's format, or a layout of it.")
    against = serializers.CharField(help_text="By whose clock: `api`, or another file's format or layout.")
    seconds = serializers.IntegerField(help_text="By how much `origin` is ahead; below nought: behind.")
    pairs = serializers.IntegerField(help_text="How many it was asked about.")
    words = serializers.CharField()
    reasons = ReasonShape(many=True, help_text="What holds for all of them.")
    since = UtcTime(help_text="When the first of them happened.")
    until = UtcTime(help_text="When the last of them happened.")
    examples = ClockExampleShape(many=True, help_text="A few, while it is open.")
    filed_years = FiledYears()

    example = {
        "id": ID,
        "state": "open",
        "same": None,
        "wallet": ID,
        "origin": "file:koinly",
        "against": "api",
        "seconds": 3600,
        "pairs": 212,
        "words": "Everything in the Koinly file is 1 hour later than the same from the exchange: 212 pairs.",
        "reasons": [REASON],
        "since": "2026-03-01T12:30:00Z",
        "until": "2026-08-01T12:30:00Z",
        "examples": [EXAMPLE],
        "filed_years": [],
    }


FACTS = ("origin", "against", "seconds", "pairs", "reasons", "since", "until")


def told(each: Asked | Said) -> dict[str, Any]:
    facts = {name: getattr(each.clock, name) for name in FACTS}
    facts |= {"wallet": each.wallet and each.wallet.pk, "words": each.words, "filed_years": each.filed.numbers}
    if isinstance(each, Said):
        return {**facts, "id": each.clock.act, "state": "decided", "same": each.clock.same, "examples": []}
    examples = [{"one": one.pk, "other": other.pk} for one, other in each.examples]
    return {**facts, "id": each.clock.pk, "state": "open", "same": None, "examples": examples}


@api("GET", scope="read", query=ClockFilters, gives=ClockShape, order=("-until", "-id"))
def index(call: Call) -> Response:
    """List clocks that differ: those to be decided, unless the decided ones are asked for.

    A file in another time zone, or one that an exchange writes an hour off, tells the same as another source, all of it
    hours apart. It is asked about at once; its pairs are not among `duplicates/`.
    """
    found: list[Asked] | list[Said]
    if call.query.get("state") == "decided":
        words, address = pages.page(call.request, clocks.words_of(call.owner), order=("-id",))
        found = clocks_shown.said(call.owner, words, now=call.now)
    else:
        questions, address = pages.page(call.request, clocks.asked_of(call.owner), order=("-until", "-id"))
        found = clocks_shown.asked(call.owner, questions)
    return Response({"results": ClockShape([told(each) for each in found], many=True).data, "next": address})


@api("POST", scope="write", gives=ClockShape, problems=(CANNOT_BE,))
def same(call: Call) -> dict[str, Any]:
    """Say that it is the same. Within minutes each of the pairs is one, and so is what comes later with that clock."""
    return answered(call, same=True)


@api("POST", scope="write", gives=ClockShape, problems=(CANNOT_BE,))
def different(call: Call) -> dict[str, Any]:
    """Say that it is not the same. All stays as it is, and this is not asked again."""
    return answered(call, same=False)


@api("POST", scope="write", gives=ClockShape, problems=(CANNOT_BE,))
def turn(call: Call) -> dict[str, Any]:
    """Take back what was said: the opposite holds. Within minutes, what was joined by it comes apart, or is joined."""
    word = clock_word_of(call.owner, call.path["said_id"])
    return kept(call, lambda: clocks.turn(by=call.by, owner=call.owner, word=word, now=call.now))


def answered(call: Call, *, same: bool) -> dict[str, Any]:
    asked = question_of(call.owner, call.path["clock_id"])
    return kept(call, lambda: clocks.say(by=call.by, asked=asked, same=same, now=call.now))


def kept(call: Call, say: Callable[[], ClockWord]) -> dict[str, Any]:
    try:
        word = say()
    except CannotBeError as error:
        raise Problem(CANNOT_BE, error.words) from None
    return told(*clocks_shown.said(call.owner, [word], now=call.now))
