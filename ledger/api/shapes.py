"""How transactions look on the wire. A list is made by plain functions: a serializer for each row would cost as much
as the rest of the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api.fields import Choice, ExactDecimal, Shape, Text, Texts, Truth, UtcTime
from ledger import consequences, filed_years, kind_words
from ledger.deriving import text_of, time_of
from ledger.models import Edit
from ledger.overlay import FIELDS
from ledger.particulars import partners_of, said_of, sources_of
from ledger.shown import effective_of, fields_of

if TYPE_CHECKING:
    from ledger.models import Transaction

KINDS = kind_words.CHOICES
AMOUNT, FIAT = {"amount": "0.5", "asset": "BTC"}, {"amount": "1250.5", "currency": "EUR"}
EFFECTIVE = {
    "kind": "trade",
    "category": "",
    "occurred_at": "2026-03-01T12:30:00Z",
    "sent": {"amount": "1250.5", "asset": "EUR"},
    "received": AMOUNT,
    "fee": None,
    "value": None,
    "note": "for the savings plan",
    "tags": ["savings"],
    "ignored": False,
}
ID = "6b1f0c7e-2d0f-4a7e-9d53-0d8f6c5d6a11"


class FiledYears(serializers.ListField):
    """Nothing is refused because of them."""

    def __init__(self, **kwargs: Any) -> None:
        words = "Years marked as filed that a change of this would touch, by itself or by the lots it leaves to them."
        super().__init__(**{"child": serializers.IntegerField(), "help_text": words, **kwargs})


class AmountShape(Shape):
    amount = Text(max_length=80, help_text="A plain decimal above nought, as a string.")
    asset = Text(max_length=64)


class ValueShape(Shape):
    amount = Text(max_length=80)
    currency = Text(max_length=3, help_text="Three letters, such as EUR.")


class TransactionFields(Shape):
    """The fields that can be edited. An amount of null: nothing moved there."""

    kind = Choice(KINDS)
    category = Text(max_length=40, allow_blank=True)
    occurred_at = UtcTime()
    sent = AmountShape(allow_null=True)
    received = AmountShape(allow_null=True)
    fee = AmountShape(allow_null=True)
    value = ValueShape(allow_null=True, help_text="What it was worth in money, where somebody says so.")
    note = Text(max_length=4000, allow_blank=True)
    tags = Texts(max_length=20)
    ignored = Truth(help_text="It stays here, and counts for nothing.")

    example = EFFECTIVE

    def to_representation(self, instance: Any) -> Any:
        return instance  # `ledger.shown` has it in this form


class TransactionLine(Shape):
    id = serializers.CharField(help_text="Stays, whatever is read anew, edited or merged.")
    wallet = serializers.CharField()
    effective = TransactionFields(help_text="As it holds.")
    mine = Texts(help_text="Fields that are your word.")
    ruled = Texts(help_text="Fields that a rule of yours set.")
    conflicts = Texts(help_text="Fields whose source changed under your word: `resolve/` decides.")
    unknown = Texts(help_text="Symbols of which no asset is known.")
    origins = Texts(help_text="api, file, hand.")
    group = serializers.CharField(help_text="The same on all that belong together; empty: none.")
    order = serializers.CharField(help_text="Fills of one order share it.")
    hash = serializers.CharField()
    address = serializers.CharField()
    network = serializers.CharField()

    example = {
        "id": ID,
        "wallet": "1f0c…",
        "effective": EFFECTIVE,
        "mine": ["note", "tags"],
        "ruled": [],
        "conflicts": [],
        "unknown": [],
        "origins": ["api"],
        "group": "",
        "order": "",
        "hash": "",
        "address": "",
        "network": "",
    }

    def to_representation(self, instance: Transaction) -> dict[str, Any]:
        return line_of(instance)


def line_of(each: Transaction) -> dict[str, Any]:
    return {
        "id": str(each.id),
        "wallet": str(each.wallet_id),
        "effective": effective_of(each),
        "mine": each.mine,
        "ruled": each.ruled,
        "conflicts": each.conflicts,
        "unknown": each.unknown,
        "origins": each.origins,
        "group": each.group,
        "order": each.order,
        "hash": each.hash,
        "address": each.address,
        "network": each.network,
    }


class SourceShape(Shape):
    origin = Choice([(origin, origin) for origin in kind_words.ORIGINS])
    stream = serializers.CharField(help_text="The list it came in.")
    family = serializers.CharField()
    external_id = serializers.CharField(help_text="Its id there; unique within its family.")
    revision = serializers.IntegerField(help_text="Above one: it came back different.")
    occurred_at = UtcTime()
    stored_at = UtcTime()
    skip = serializers.CharField(help_text="Why it moves nothing; empty: it does.")
    raw = serializers.JSONField(help_text="As it was sent.")


class EditShape(Shape):
    at = UtcTime()
    act = serializers.CharField(help_text="The same on all that was said at once.")
    move = Choice(Edit.Move.choices)
    field = Choice([(name, name) for name in FIELDS])
    mine = serializers.BooleanField(help_text="False: what the sources say holds again.")
    value = serializers.JSONField(allow_null=True)
    by = serializers.CharField(help_text="owner, token, staff, system.")
    by_name = serializers.CharField()


class GainedShape(Shape):
    year = serializers.IntegerField(help_text="The tax year: `tax/{year}/disposals/` tells of it, lot by lot.")
    gain = ExactDecimal(help_text="Below nought it is a loss.")
    currency = serializers.CharField()

    example = {"year": 2026, "gain": "250", "currency": "USD"}


class TransactionShape(TransactionLine):
    source = TransactionFields(help_text="As the sources tell it.")  # type: ignore[assignment] # the stubs take it for a field's
    edits = serializers.SerializerMethodField()
    sources = serializers.SerializerMethodField()
    linked = Texts(help_text="Ids of what it is joined with as a transfer.")
    filed_years = FiledYears()
    gained = GainedShape(allow_null=True, help_text="By what left with it, as reckoned last. Null: nothing did.")

    example = {
        **TransactionLine.example,
        "source": {**EFFECTIVE, "note": "", "tags": []},
        "edits": [
            {
                "at": "2026-03-02T08:00:00Z",
                "act": "0d1e…",
                "move": "say",
                "field": "note",
                "mine": True,
                "value": "for the savings plan",
                "by": "owner",
                "by_name": "",
            }
        ],
        "sources": [
            {
                "origin": "api",
                "stream": "ledger",
                "family": "ledger",
                "external_id": "LABCDE-1",
                "revision": 1,
                "occurred_at": "2026-03-01T12:30:00Z",
                "stored_at": "2026-03-01T13:00:00Z",
                "skip": "",
                "raw": {"type": "trade", "asset": "ZEUR", "amount": "-1250.5"},
            }
        ],
        "linked": [],
        "filed_years": [],
        "gained": None,
    }

    @extend_schema_field(EditShape(many=True))
    def get_edits(self, each: Transaction) -> Any:
        return edits_of(each)

    @extend_schema_field(SourceShape(many=True))
    def get_sources(self, each: Transaction) -> Any:
        return rows_of(each)

    def to_representation(self, instance: Transaction) -> dict[str, Any]:
        return {
            **line_of(instance),
            "source": fields_of(instance).source,
            "edits": edits_of(instance),
            "sources": rows_of(instance),
            "linked": [str(each.pk) for each in partners_of(instance.owner, instance.pk)],
            "filed_years": filed_years.touched(instance.owner, [instance.occurred_at]).numbers,
            "gained": gained_by(instance),
        }


def gained_by(each: Transaction) -> dict[str, Any] | None:
    found = consequences.gained(each.owner, each)
    return found and {"year": found.year, "gain": text_of(found.gain), "currency": found.currency}


def edits_of(each: Transaction) -> list[dict[str, Any]]:
    """In the order in which they were made."""
    return [
        {
            "at": time_of(edit.at),
            "act": str(edit.act),
            "move": edit.move,
            "field": edit.field,
            "mine": edit.mine,
            "value": edit.value,
            "by": edit.actor_kind,
            "by_name": edit.actor_label,
        }
        for edit in said_of(each)
    ]


def rows_of(each: Transaction) -> list[dict[str, Any]]:
    return [
        {
            "origin": source.row.origin,
            "stream": source.row.stream,
            "family": source.row.family,
            "external_id": source.row.external_id,
            "revision": source.row.revision,
            "occurred_at": time_of(source.row.occurred_at),
            "stored_at": time_of(source.row.stored_at),
            "skip": source.says_nothing,
            "raw": source.row.raw,
        }
        for source in sources_of(each)
    ]
