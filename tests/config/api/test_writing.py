"""Answers are written as Django REST framework would write them."""

from __future__ import annotations

import json
import uuid
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import RequestFactory
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.utils.serializer_helpers import ReturnDict, ReturnList

from accounts.tokens import Scope
from config.api import etags, writing

OURS, THEIRS = writing.Renderer(), JSONRenderer()
TEXTS = st.text(st.characters(exclude_categories=()))
LEAVES = st.none() | st.booleans() | st.integers() | TEXTS
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=20)


ACCEPTED = ("", "*/*", "application/json", "application/*", "text/csv", "text/csv, */*", "application/json; indent=4")


@pytest.mark.parametrize("accepts", [None, *ACCEPTED, "text/html"])
@pytest.mark.parametrize("kinds", [["application/json"], ["application/json", "text/csv"], ["text/csv"]])
def test_a_way_of_writing_is_chosen_as_rest_framework_would(accepts, kinds) -> None:
    request = Request(RequestFactory().get("/", **({} if accepts is None else {"HTTP_ACCEPT": accepts})))
    renderers = [named(kind) for kind in kinds]
    assert chosen(writing.Choosing(), request, renderers) == chosen(DefaultContentNegotiation(), request, renderers)


def named(kind):
    renderer = writing.Renderer()
    renderer.media_type = kind
    return renderer


def chosen(negotiation, request, renderers):
    try:
        return negotiation.select_renderer(request, renderers)
    except NotAcceptable:
        return None


def test_the_quick_way_is_there() -> None:
    assert writing.quickly({"a": 1}, str) == b'{"a":1}'


@given(JSON)
def test_to_the_letter(data) -> None:
    try:
        wanted = THEIRS.render(data)
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            OURS.render(data)
    else:
        assert OURS.render(data) == wanted


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 3, 1, 12, 30, 15, 250, tzinfo=UTC),
        datetime(2026, 3, 1, 12, 30),  # noqa: DTZ001 # as one may come
        date(2026, 3, 1),
        timedelta(hours=1),
        uuid.UUID(int=7),
        Scope.READ,
        gettext_lazy("Yes"),
        mark_safe("<b>"),
        (1, 2),
        {1: "a number for a name", None: True},
        2**64,
        -(2**63) - 1,
        "\u2028 and \u2029",
        OrderedDict(b=1, a=2),
        ReturnDict({"b": 1}, serializer=None),
        ReturnList([1], serializer=None),
        b"bytes",
        0.1,
        1e300,
    ],
    ids=repr,
)
def test_what_is_not_json_by_itself(value) -> None:
    data = {"value": value, "in": [value]}
    assert json.loads(OURS.render(data)) == json.loads(THEIRS.render(data))
    assert OURS.render(data, "application/json; indent=4") == THEIRS.render(data, "application/json; indent=4")


def test_an_exact_figure_that_was_not_made_a_text_is_no_different() -> None:
    assert OURS.render([Decimal("0.5")]) == THEIRS.render([Decimal("0.5")]) == b"[0.5]"


def test_nothing_is_nothing() -> None:
    assert OURS.render(None) == b""


@pytest.mark.parametrize("data", [{"b": 1, "a": [NOW := datetime(2026, 3, 1, tzinfo=UTC)]}, {"a": 2**70, "b": NOW}])
def test_an_etag_hangs_on_what_is_said_and_not_on_its_order(data) -> None:
    turned = dict(reversed(data.items()))
    assert etags.etag_of(data) == etags.etag_of(turned) != etags.etag_of({**data, "c": ""})
