"""Values on the wire: exact decimals without exponents, times in UTC with Z, nothing nobody declared."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from config.api.fields import PLAIN_DECIMAL, ExactDecimal, Facts, Id, Shape, UtcTime

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=30)


@given(DECIMALS)
def test_a_decimal_survives_the_way_out_and_back(value: Decimal) -> None:
    text = ExactDecimal().to_representation(value)

    assert re.fullmatch(PLAIN_DECIMAL, text)
    assert ExactDecimal().to_internal_value(text) == value


@pytest.mark.parametrize(
    ("value", "text"), [("1E+3", "1000"), ("1E-18", "0.000000000000000001"), ("0.10", "0.10"), ("0E-8", "0.00000000")]
)
def test_no_decimal_is_written_with_an_exponent(value: str, text: str) -> None:
    assert ExactDecimal().to_representation(Decimal(value)) == text


@pytest.mark.parametrize(
    "data",
    [
        1,
        1.5,
        Decimal("1.5"),
        True,
        None,
        [],
        "",
        " 1",
        "1e3",
        "NaN",
        "Infinity",
        "+1",
        "01",
        "1.",
        ".5",
        "1,5",
        "1_0",
        "٣",
        "1" * 41,
        "0." + "1" * 37,
        "1\n",
    ],
)
def test_what_is_no_plain_decimal_is_refused(data: Any) -> None:
    with pytest.raises(serializers.ValidationError):
        ExactDecimal().to_internal_value(data)


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_time_survives_the_way_out_and_back(value: datetime) -> None:
    text = UtcTime().to_representation(value)

    assert text.endswith("Z")
    assert UtcTime().run_validation(text) == value


def test_a_time_in_another_zone_is_understood() -> None:
    tokyo = datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=9)))

    assert UtcTime().run_validation("2026-03-01T09:00:00+09:00") == tokyo
    assert UtcTime().to_representation(tokyo) == "2026-03-01T00:00:00Z"


@pytest.mark.parametrize(
    "data", ["2026-03-01T09:00:00", "2026-03-01", "0001-01-01T00:00:00+09:00", "soon", 7, None, {}]
)
def test_a_time_without_zone_or_sense_is_refused(data: Any) -> None:
    with pytest.raises(serializers.ValidationError):
        UtcTime().run_validation(data)


class Thing(Shape):
    id = serializers.CharField(read_only=True)
    name = serializers.CharField()


def test_a_shape_takes_what_it_declares_and_nothing_else() -> None:
    wrong = Thing(data={"name": "x", "id": "1", "admin": True})

    assert Thing(data={"name": "x"}).is_valid()
    assert not wrong.is_valid()
    assert {field: errors[0].code for field, errors in wrong.errors.items()} == {
        "id": "read_only",
        "admin": "unknown_field",
    }


def test_a_time_among_facts_looks_as_every_other_does() -> None:
    kept = {
        "at": "2026-03-01T13:00:00.5+01:00",
        "more": [{"until": "2026-03-01T12:00:00+00:00"}],
        "name": "+00:00",
    }

    assert Facts().to_representation(kept) == {
        "at": "2026-03-01T12:00:00.500000Z",
        "more": [{"until": "2026-03-01T12:00:00Z"}],
        "name": "+00:00",
    }


@pytest.mark.parametrize("data", [False, True, 0, 7, None, [], {}, "", "7"])
def test_what_is_no_text_names_nothing(data: Any) -> None:
    with pytest.raises(serializers.ValidationError):
        Id().run_validation(data)


def test_an_id_names_what_it_says() -> None:
    assert str(Id().run_validation("90aa3f5e-7f4e-4a60-9c4b-0d2f6c1f7b20")) == "90aa3f5e-7f4e-4a60-9c4b-0d2f6c1f7b20"
