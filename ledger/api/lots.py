"""`lots/`: which lots an owner takes for a disposal, and what something had cost."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.frame import Call, api
from config.api.fields import Choice, ExactDecimal, Id, Shape, Text, UtcTime
from config.api.problem import INVALID, FieldError, Problem, invalid, kind
from ledger import edits, known_costs, lot_choices, lots_ready, lots_then
from ledger.api.problems import unless_treasure
from ledger.api.shapes import ID
from ledger.api.tax import MONEY
from ledger.fields import EARLIEST
from ledger.gains import asking
from ledger.lot_choices import BadChoiceError, Chosen
from ledger.models import KnownCost, LotChoice, Transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User
    from ledger.lots_then import Open

NOTHING_TO_CHOOSE = kind(
    "nothing_to_choose", 409, "There are no lots to choose from here", "Nothing left by it, or it went by a pool."
)
NOT_YET = kind("not_reckoned_yet", 409, "Your gains are being reckoned", "Ask again after Retry-After seconds.")
LOT = "90aa3f5e-7f4e-4a60-9c4b-0d2f6c1f7b20"


class OfDisposal(Shape):
    disposal = Id(required=False, help_text="Only those for this transaction.")

    example = {"disposal": ID}


class ThatDisposal(Shape):
    disposal = Id(help_text="The transaction by which it left.")

    example = {"disposal": ID}


class ChoiceShape(Shape):
    id = serializers.CharField()
    disposal = serializers.CharField(source="disposal_id", help_text="The transaction by which it left.")
    lot = serializers.CharField(source="lot_id", help_text="The transaction that brought it.")
    amount = ExactDecimal(allow_null=True, help_text="Null: as much as is there.")
    place = serializers.IntegerField(help_text="In which order they are taken.")
    created_at = UtcTime()

    example = {
        "id": "41d7c2b0-5a0e-4a55-9f7e-3c1a7d0f2b11",
        "disposal": ID,
        "lot": LOT,
        "amount": "0.5",
        "place": 0,
        "created_at": "2026-03-01T12:30:00Z",
    }


class OpenShape(Shape):
    lot = serializers.CharField(help_text="The transaction that brought it: `lots/choices/` takes this.")
    acquired_at = UtcTime(allow_null=True, help_text="Null: nobody says, only when it came.")
    amount = ExactDecimal(help_text="So much of it was there.")
    cost = ExactDecimal(help_text="Of that much, in the currency of your taxes.")
    known = serializers.BooleanField(help_text="False: nobody says what it, or a part of it, had cost.")
    chosen = ExactDecimal(allow_null=True, help_text="So much of it is your choice now. Null: none.")

    example = {
        "lot": LOT,
        "acquired_at": "2024-01-10T12:00:00Z",
        "amount": "0.5",
        "cost": "15000",
        "known": True,
        "chosen": None,
    }


class LotWish(Shape):
    lot = Id()
    amount = ExactDecimal(allow_null=True, required=False, help_text="Left out or null: as much as is there.")

    example = {"lot": LOT, "amount": "0.5"}


class ChoiceWish(Shape):
    disposal = Id(help_text="The transaction by which it left.")
    lots = LotWish(
        many=True, allow_empty=False, help_text=f"In place of those chosen before; {lot_choices.MOST} at most."
    )

    example = {"disposal": ID, "lots": [LotWish.example]}


class ChosenShape(Shape):
    disposal = serializers.CharField()
    lots = ChoiceShape(many=True)
    gain = ExactDecimal(help_text="Of this disposal, with these lots.")
    gain_by_method = ExactDecimal(help_text="Without them.")
    currency = serializers.CharField()

    example = {
        "disposal": ID,
        "lots": [ChoiceShape.example],
        "gain": "250",
        "gain_by_method": "350",
        "currency": "USD",
    }


class CostShape(Shape):
    transaction = Id(source="key_id", help_text="By which it came.")
    cost = ExactDecimal(help_text="With fees; nought or more.")
    currency = Choice(MONEY)
    acquired_at = UtcTime(required=False, allow_null=True, help_text="Left out: when it came.")
    note = Text(max_length=200, required=False, allow_blank=True)
    created_at = UtcTime(read_only=True)

    example = {
        "transaction": ID,
        "cost": "1250.5",
        "currency": "USD",
        "acquired_at": "2020-03-04T12:00:00Z",
        "note": "Receipt of the broker",
        "created_at": "2026-03-01T12:30:00Z",
    }
    example_request = {name: value for name, value in example.items() if name != "created_at"}


class ThatTransaction(Shape):
    transaction = Id()

    example = {"transaction": ID}


def named(owner: User, name: UUID, field: str) -> Transaction:
    """A transaction that a body or a query names, by whatever name it ever had."""
    mine = Transaction.objects.for_user(owner).kept().select_related("wallet")
    found = mine.filter(pk=name).first() or mine.filter(pk=edits.named(owner, name)).first()
    if found is None:
        raise invalid(field, "not_found", "There is no such transaction of yours.")
    found.owner = owner
    return found


# --- lots ----------------------------------------------------------------------------------------------------------


@api("GET", scope="read", query=OfDisposal, gives=ChoiceShape, order=("-created_at", "-id"))
def index(call: Call) -> QuerySet[LotChoice]:
    """List the lots you chose by hand, those chosen last first."""
    rows = LotChoice.objects.for_user(call.owner)
    return rows.filter(disposal=call.query["disposal"]) if "disposal" in call.query else rows


@api(
    "GET",
    scope="read",
    query=ThatDisposal,
    gives=OpenShape,
    whole=True,
    statuses={200: "As they were at that moment.", 202: "Being reckoned: ask again after Retry-After seconds."},
)
def there(call: Call) -> Any:
    """List the lots that were there when something left, oldest first, to choose from by `lots/choices/`."""
    each = named(call.owner, call.query["disposal"], "disposal")
    read = asking.standing(call.owner, now=call.now).reckoning
    pooled = read is not None and lots_then.method_at(read, each) in lots_then.BLENDED
    if read is None or not (pooled or lots_ready.is_ready(read, each)):
        return Response({"results": [], "next": None}, status=202, headers={"Retry-After": "2"})
    then = None if pooled else lots_then.then(read, each)
    if then is None:
        raise invalid("disposal", "nothing_to_choose", NOTHING_TO_CHOOSE.remedy)
    chosen = {one.lot: one.amount for one in lot_choices.chosen_for(each)}
    return [opened(one, chosen) for one in then.open()]


def opened(one: Open, chosen: Mapping[str, Decimal | None]) -> dict[str, Any]:
    much = chosen.get(one.lot) or one.amount if one.lot in chosen else None  # as much as is there
    facts = {"lot": one.lot, "amount": one.amount, "cost": one.cost, "known": one.known, "chosen": much}
    return {**facts, "acquired_at": one.acquired if one.dated else None}


@api("POST", scope="write", takes=ChoiceWish, gives=ChosenShape, status=201, problems=(NOTHING_TO_CHOOSE, NOT_YET))
def choose(call: Call) -> dict[str, Any] | Problem:
    """Choose which lots a disposal takes, in place of what was chosen before.

    Checked against what was there at that moment. What you do not choose goes by the method. Tax offices that accept
    it ask that lots are identified when they are sold, or before.
    """
    each = named(call.owner, call.data["disposal"], "disposal")
    read = asking.standing(call.owner, now=call.now).reckoning
    if read is None:
        raise Problem(NOT_YET, headers={"Retry-After": "2"})
    pooled = lots_then.method_at(read, each) in lots_then.BLENDED
    if not pooled and not lots_ready.is_ready(read, each):
        return Problem(NOT_YET, headers={"Retry-After": "2"})  # not raised: what it asked of workers stays asked
    then = None if pooled else lots_then.then(read, each)
    if then is None:
        raise Problem(NOTHING_TO_CHOOSE)
    chosen = [Chosen(str(one["lot"]), one.get("amount")) for one in call.data["lots"]]
    try:
        lot_choices.choose(by=call.by, each=each, chosen=chosen, then=then, now=call.now)
    except BadChoiceError as error:
        raise Problem(INVALID, errors=[FieldError(place_of(error, chosen), error.code, error.words)]) from None
    return {
        "disposal": each.pk,
        "lots": list(lot_choices.of(each)),
        "gain": then.outcome(lot_choices.choices(chosen)).gain,
        "gain_by_method": then.outcome(()).gain,
        "currency": read.settings["currency"],
    }


def place_of(error: BadChoiceError, chosen: list[Chosen]) -> str:
    places = [place for place, one in enumerate(chosen) if one.lot == error.lot]
    return f"lots.{places[0]}" if places else "lots"


@api("DELETE", scope="write", query=ThatDisposal)
def take_back(call: Call) -> None:
    """Take your choice for a disposal back: the method takes its lots again."""
    lot_choices.take_back(by=call.by, each=named(call.owner, call.query["disposal"], "disposal"), now=call.now)


# --- costs ---------------------------------------------------------------------------------------------------------


@api("GET", scope="read", gives=CostShape, order=("-created_at", "-id"))
def costs(call: Call) -> QuerySet[KnownCost]:
    """List what you said about costs, those said last first."""
    return KnownCost.objects.for_user(call.owner)


@api("POST", scope="write", takes=CostShape, gives=CostShape, status=201)
def say(call: Call) -> Any:
    """Say what something had cost that came from nobody knows where, in place of what you said before."""
    each = named(call.owner, call.data["key_id"], "transaction")
    if not known_costs.may_be_said(each):
        raise invalid("transaction", "nothing_came", "Nothing came in by it that has no cost of its own.")
    if call.data["cost"] < 0:
        raise invalid("cost", "below_nought", "A cost is nought or more.")
    if (acquired := call.data.get("acquired_at")) and acquired < EARLIEST:
        raise invalid("acquired_at", "too_early", "Nothing can have been acquired before 2008: look at the year.")
    if acquired and acquired > each.occurred_at:
        raise invalid("acquired_at", "too_late", "It was acquired when it came in, or before.")
    verb = partial(
        known_costs.say,
        by=call.by,
        each=each,
        cost=call.data["cost"],
        currency=call.data["currency"],
        acquired_at=acquired,
        note=call.data.get("note", ""),
        now=call.now,
    )
    return unless_treasure(verb, field="note")


@api("DELETE", scope="write", query=ThatTransaction)
def unsay(call: Call) -> None:
    """Take back what you said about a cost."""
    known_costs.take_back(by=call.by, each=named(call.owner, call.query["transaction"], "transaction"), now=call.now)
