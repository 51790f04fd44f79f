"""JSON is read strictly: what another program would read differently is refused."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.api.bodies import DEEPEST, loads
from config.api.problem import Problem

SENSIBLE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**50), 10**50)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(SENSIBLE)
def test_what_makes_sense_is_read_as_it_was_written(value: Any) -> None:
    assert loads(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(raw: bytes) -> None:
    with suppress(Problem):  # anything else would be a 500
        loads(raw)


def test_figures_keep_every_digit() -> None:
    assert loads(b"0.1234567890123456789") == Decimal("0.1234567890123456789")


@pytest.mark.parametrize(
    "raw",
    [b'"\\u0000"', b'{"\\u0000": 1}', b'["\\ud800"]', b"\xef\xbb\xbf{}", b"1" * 5000, b'{"a": 1, "a": 2}', b"-Infinity"]
    + [b"[" * depth + b"]" * depth for depth in (DEEPEST + 1, 10_000, 100_000)],
    ids=lambda raw: repr(raw)[:30],
)
def test_what_would_harm_is_refused(raw: bytes) -> None:
    with pytest.raises(Problem):
        loads(raw)


def test_sensible_depth_is_fine() -> None:
    depth = DEEPEST - 1

    assert loads(b"[" * depth + b"]" * depth)


def test_the_refusal_never_repeats_the_text() -> None:
    with pytest.raises(Problem) as refused:
        loads(b'{"secret": "canary-4711", "secret": ')

    assert "canary" not in str(refused.value.detail)
