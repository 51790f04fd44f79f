"""What is not among the choices of a form is said in our words, which name the field and what to do."""

from __future__ import annotations

import pytest
from django import forms
from django.http import QueryDict

COLOURS = [("red", "Red"), ("blue", "Blue")]


class Form(forms.Form):
    colour = forms.ChoiceField(label="Colour", choices=COLOURS)
    colours = forms.MultipleChoiceField(label="Colours", choices=COLOURS)
    typed = forms.TypedChoiceField(label="How many", choices=[(1, "One")], coerce=int)
    own = forms.ChoiceField(choices=COLOURS, error_messages={"invalid_choice": "Red or blue, please."})
    nameless = forms.ChoiceField(choices=COLOURS)
    name = forms.CharField(max_length=3)


def said(asked: str) -> dict[str, list[str]]:
    form = Form(QueryDict(asked))
    form.is_valid()
    return {bound.name: list(bound.errors) for bound in form}


@pytest.mark.parametrize(
    ("asked", "field", "words"),
    [
        ("colour=green", "colour", "“green” is none of the choices for “Colour”. Choose one from the list."),
        (
            "colours=red&colours=green",
            "colours",
            "“green” is none of the choices for “Colours”. Tick those in the list.",
        ),
        ("typed=2", "typed", "“2” is none of the choices for “How many”. Choose one from the list."),
        ("nameless=x", "nameless", "“x” is none of the choices for “Nameless”. Choose one from the list."),
        ("own=green", "own", "Red or blue, please."),
        ("name=long", "name", "Ensure this value has at most 3 characters (it has 4)."),
        ("", "colour", "This field is required."),
    ],
)
def test_the_words(asked: str, field: str, words: str) -> None:
    assert said(asked)[field] == [words]


def test_a_long_value_is_shortened() -> None:
    (words,) = said(f"colour={'x' * 500}")["colour"]

    assert words.startswith(f"“{'x' * 39}…” is none")


def test_what_was_sent_is_escaped_where_it_is_drawn() -> None:
    form = Form(QueryDict("colour=<b>"))
    form.is_valid()

    assert "<b>" not in str(form["colour"].errors)


def test_a_field_in_order_has_none() -> None:
    assert said("colour=red")["colour"] == []
