"""How values look on the wire: exact decimals as strings, times in UTC with Z, and nothing we did not ask for."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from config.api.problem import FieldError

if TYPE_CHECKING:
    from uuid import UUID

KEPT_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d"
PLAIN_DECIMAL = r"^-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,36})?$"


def plain(value: Decimal) -> str:
    """`1E+3` is `1000`: clients that read decimals as text must not meet exponents."""
    return f"{value:f}"


@extend_schema_field({"type": "string", "pattern": PLAIN_DECIMAL, "example": "1250.5"})
class ExactDecimal(serializers.Field[Decimal, str, str, Any]):
    """A JSON number is refused: most clients would have lost digits before it came here."""

    default_error_messages = {
        "not_a_string": "Write the figure as a string, so that no digit is lost.",
        "invalid": "Write a plain decimal such as 1250.5: no exponent, at most 36 decimals.",
    }

    def to_internal_value(self, data: str) -> Decimal:
        if not isinstance(data, str):
            self.fail("not_a_string")
        if not re.fullmatch(PLAIN_DECIMAL, data, re.ASCII):
            self.fail("invalid")
        return Decimal(data)

    def to_representation(self, value: Decimal) -> str:
        return plain(value)


class UtcTime(serializers.DateTimeField):
    """RFC 3339 in UTC with Z. Input in another zone is understood; input without a zone is refused."""

    default_error_messages = {
        "invalid": "Write a time such as 2026-03-01T12:30:00Z.",
        "no_zone": "Say which zone: end the time with Z or an offset such as +01:00.",
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("no_zone")
        try:
            return value.astimezone(UTC)
        except OverflowError:
            self.fail("invalid")

    def to_representation(self, value: datetime) -> str:
        return in_utc(value)


def in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Facts(serializers.DictField):
    """What differs from case to case, as it was kept; but a time that is kept as text looks as every other does."""

    def to_representation(self, value: Any) -> Any:
        return _with_times(super().to_representation(value))


def _with_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_times(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_times(inner) for inner in value]
    kept = isinstance(value, str) and re.fullmatch(KEPT_TIME, value, re.ASCII)
    return in_utc(datetime.fromisoformat(value)) if kept else value


class Choice(serializers.ChoiceField):
    """DRF's would repeat what was sent, however long."""

    default_error_messages = {"invalid_choice": "This is not one of the choices."}


class Text(serializers.CharField):
    """DRF's would take a figure for the text that writes it, and count what is left without the blanks around it."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class Id(serializers.UUIDField):
    """Of a thing. DRF's would take a figure, or a truth, for the id that it counts up to."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Texts(serializers.ListField):
    child = Text()


class Whole(serializers.IntegerField):
    """DRF's would take a text that writes a figure."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Truth(serializers.BooleanField):
    """true or false: DRF's would take 1, "on" and "y" as well."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Shape(serializers.Serializer[Any]):
    """What a body or an answer looks like. A field nobody declared is refused by name; so is one only we may set."""

    example: ClassVar[dict[str, Any]]
    example_request: ClassVar[dict[str, Any]] = {}  # where what is sent looks different from what is answered

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            self._refuse_strangers(data)
            self._require_all_of_it(data)
        return super().to_internal_value(data)

    def _refuse_strangers(self, data: dict[str, Any]) -> None:
        errors: dict[str, list[serializers.ErrorDetail]] = {}
        for name in data:
            field = self.fields.get(name)
            if field is None:
                errors[_repeatable(name)] = [serializers.ErrorDetail("There is no such field here.", "unknown_field")]
            elif field.read_only:
                errors[name] = [serializers.ErrorDetail("This cannot be set here.", "read_only")]
        if errors:
            raise serializers.ValidationError(errors)

    def _require_all_of_it(self, data: dict[str, Any]) -> None:
        """A change may leave fields out, but what it says of one is said whole: DRF would take half an amount."""
        if self.parent is None or not getattr(self.root, "partial", False):
            return
        missing = [name for name, field in self.fields.items() if field.required and name not in data]
        if missing:
            error = serializers.ErrorDetail("This field is required.", "required")
            raise serializers.ValidationError({name: [error] for name in missing})


def _repeatable(name: str) -> str:
    """A misspelt name is said again; a text in place of a name may be anything, a seed phrase too."""
    return name if re.fullmatch(r"[\w.-]{1,40}", name, re.ASCII) else ""


class FieldProblem(serializers.Serializer[FieldError]):
    field = serializers.CharField(help_text="Dotted path; empty when the body as a whole is meant.", allow_blank=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemShape(serializers.Serializer[Any]):
    type = serializers.CharField(help_text="Where this kind of problem is explained.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable; decide on this.")
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment] # the stubs take it for the form's errors
