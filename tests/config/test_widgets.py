"""Boxes of forms are drawn as Django's templates draw them, to the letter."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from config.widgets import DRAWN, Renderer

OURS, DJANGOS = Renderer(), DjangoTemplates()
TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(["<b>", "'", '"', "&amp;", "{{ x }}", " "])
LABEL = (
    TEXT
    | TEXT.map(mark_safe)
    | st.booleans()
    | st.none()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.just(gettext_lazy("Yes"))
    | st.dates()
)
ANYTHING = LABEL | st.just((1, "<i>"))
ATTRS = st.dictionaries(TEXT, ANYTHING, max_size=4)
BOXES = [
    forms.TextInput,
    forms.NumberInput,
    forms.EmailInput,
    forms.URLInput,
    forms.PasswordInput,
    forms.HiddenInput,
    forms.DateInput,
    forms.DateTimeInput,
    forms.TimeInput,
    forms.SearchInput,
    forms.TelInput,
    forms.CheckboxInput,
    forms.Textarea,
]


def assert_same(widget: forms.Widget, name: str, value: object, attrs: dict[str, object]) -> None:
    assert widget.template_name in DRAWN
    assert widget.render(name, value, attrs, OURS) == widget.render(name, value, attrs, DJANGOS)


@pytest.mark.parametrize("kind", BOXES)
@given(name=TEXT, value=ANYTHING, attrs=ATTRS)
def test_a_box_is_the_same(kind: type[forms.Widget], name: str, value: object, attrs: dict[str, object]) -> None:
    assert_same(kind(), name, value, attrs)


@given(
    name=TEXT,
    value=ANYTHING,
    attrs=ATTRS,
    choices=st.lists(
        st.tuples(ANYTHING, LABEL) | st.tuples(TEXT, st.lists(st.tuples(ANYTHING, LABEL), max_size=3)), max_size=4
    ),
)
def test_choices_are_the_same(
    name: str, value: object, attrs: dict[str, object], choices: list[tuple[Any, Any]]
) -> None:
    assert_same(forms.Select(choices=choices), name, value, attrs)


def test_more_than_one_of_them_too() -> None:
    shelves = forms.SelectMultiple(choices=[("a", "A"), ("B's", [(1, Decimal("1.50")), (date(2024, 1, 2), "<day>")])])

    assert_same(shelves, "many", ["a", 1], {"required": True, "hidden": False})


def test_what_is_not_drawn_here_goes_by_its_template() -> None:
    radio = forms.RadioSelect(choices=[("a", "A")])

    assert radio.template_name not in DRAWN
    assert radio.render("one", "a", {}, OURS) == radio.render("one", "a", {}, DJANGOS)
