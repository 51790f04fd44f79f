"""`rules/`: standing words about transactions, each with a look at what it would touch."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from accounts.api.frame import Call, api, require_unchanged
from config.api.fields import Choice, Shape, Text, Texts, Truth, UtcTime
from ledger import ruling
from ledger.api.problems import refusals_told, unless_treasure, wallet_named
from ledger.api.shapes import ID, KINDS
from ledger.mine import rule_of
from ledger.models import Rule

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from config.api.problem import Problem
    from ledger.ruling import Touched


class WalletOrNone(Text):
    """A wallet by its id."""

    def to_representation(self, value: Any) -> str:
        return str(value.pk)


class TouchedShape(Shape):
    id = serializers.CharField()
    before = serializers.DictField(help_text="The fields that change, as they are.")
    after = serializers.DictField(help_text="As they would be.")

    def to_representation(self, instance: Touched) -> dict[str, Any]:
        return {"id": str(instance.transaction.pk), "before": instance.before, "after": instance.after}


class TouchesShape(Shape):
    count = serializers.IntegerField()
    more = serializers.BooleanField(help_text="There are older transactions, which were not looked at.")
    first = TouchedShape(many=True, help_text="The first ten, newest first.")


class RuleShape(Shape):
    """All conditions that are not empty must fit; the first rule that fits and speaks of a field decides it."""

    id = serializers.CharField(read_only=True)
    name = Text(max_length=80)
    place = serializers.IntegerField(read_only=True, help_text="The lowest goes first.")
    exchange = Text(max_length=32, allow_blank=True, required=False)
    wallet = WalletOrNone(max_length=40, allow_null=True, required=False, help_text="A wallet of yours; null: any.")
    kind = Choice(KINDS, allow_blank=True, required=False)
    category = Text(max_length=40, allow_blank=True, required=False)
    asset = Text(max_length=64, allow_blank=True, required=False)
    words = Text(max_length=80, allow_blank=True, required=False, help_text="In the source's note.")
    then_kind = Choice(KINDS, allow_blank=True, required=False)
    then_category = Text(max_length=40, allow_blank=True, required=False)
    then_tags = Texts(max_length=20, required=False)
    then_ignored = Truth(allow_null=True, required=False, help_text="Null: says nothing of it.")
    created_at = UtcTime(read_only=True)
    touches = TouchesShape(read_only=True, allow_null=True, help_text="Told with `?dry_run=1` only.")

    example = {
        "id": ID,
        "name": "Rewards at Kraken are staking",
        "place": 0,
        "exchange": "kraken",
        "wallet": None,
        "kind": "reward",
        "category": "",
        "asset": "",
        "words": "",
        "then_kind": "",
        "then_category": "staking",
        "then_tags": [],
        "then_ignored": None,
        "created_at": "2026-03-01T12:30:00Z",
        "touches": None,
    }
    example_request = {
        "name": "Rewards at Kraken are staking",
        "exchange": "kraken",
        "kind": "reward",
        "then_category": "staking",
    }

    def to_representation(self, instance: Rule) -> Any:
        instance.touches = getattr(instance, "touches", None)  # type: ignore[attr-defined] # told in answers, not kept
        return super().to_representation(instance)


class DryRun(Shape):
    dry_run = serializers.BooleanField(required=False, help_text="Only say what it would touch.")


def one(call: Call) -> Rule:
    return rule_of(call.owner, call.path["rule_id"])


def _held(call: Call) -> Rule:
    """As it is now that it is our turn; with If-Match, as it was read."""
    rule = rule_of(call.owner, call.path["rule_id"], held=True)
    require_unchanged(call, RuleShape, rule)
    return rule


@api("GET", scope="read", gives=RuleShape, order=("place", "id"))
def index(call: Call) -> QuerySet[Rule]:
    """List your rules, in the order in which they decide."""
    return Rule.objects.for_user(call.owner).select_related("wallet")


@api("GET", scope="read", gives=RuleShape)
def show(call: Call) -> Rule:
    """Read one rule."""
    return one(call)


@api("POST", scope="write", takes=RuleShape, query=DryRun, gives=RuleShape, status=201)
def create(call: Call) -> Rule | Problem:
    """Add a rule, behind those that are there.

    What it touches is read anew in the background. With `?dry_run=1` nothing is kept.
    """
    draft = _draft(call, None)
    if call.query.get("dry_run"):
        return _looked_at(call, draft, before=None)
    with refusals_told():
        return unless_treasure(partial(ruling.add, by=call.by, draft=draft, now=call.now), field="name")  # type: ignore[no-any-return] # what the verb answers


@api("PATCH", scope="write", takes=RuleShape, query=DryRun, gives=RuleShape, conditional=True)
def change(call: Call) -> Rule | Problem:
    """Change a rule. With `?dry_run=1` nothing is kept."""
    rule = _held(call)
    draft = _draft(call, rule)
    if call.query.get("dry_run"):
        return _looked_at(call, draft, before=rule)
    with refusals_told():
        change_it = partial(ruling.change, by=call.by, rule=rule, draft=draft, now=call.now)
        return unless_treasure(change_it, field="name")  # type: ignore[no-any-return] # as above


@api("DELETE", scope="write", conditional=True)
def remove(call: Call) -> None:
    """Delete a rule. What it said no longer holds; what you said of single transactions does."""
    rule = _held(call)
    ruling.delete(by=call.by, rule=rule, now=call.now)


def _draft(call: Call, rule: Rule | None) -> Rule:
    facts = dict(call.data)
    if facts.get("wallet"):
        facts["wallet"] = wallet_named(call.owner, facts["wallet"])
    with refusals_told():
        return ruling.drafted(call.owner, facts, now=call.now, rule=rule)


def _looked_at(call: Call, draft: Rule, *, before: Rule | None) -> Rule:
    draft.touches = ruling.preview(call.owner, before=before, after=draft)  # type: ignore[attr-defined] # as in RuleShape
    return draft
