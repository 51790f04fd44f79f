"""The components refuse wrong attributes, and say what they were given."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django import forms
from django.template import Context, Engine, TemplateSyntaxError, engines
from django.urls import NoReverseMatch, reverse, set_script_prefix
from django.utils.safestring import mark_safe

from config.templatetags.ui import COMPONENTS


def render(source: str, **values: object) -> str:
    engine: Engine = engines["django"].engine  # type: ignore[attr-defined]  # the stubs know no backend
    return engine.from_string(source).render(Context(values))


class Door(forms.Form):
    email = forms.EmailField(label="E-mail address", help_text="Where codes go.")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    remember = forms.BooleanField(label="Stay signed in", required=False)
    method = forms.ChoiceField(label="Method", choices=[("a", "App"), ("k", "Passkey")], widget=forms.RadioSelect)
    note = forms.CharField(label="Note", required=False)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('{% button "Save" colour="red" %}', "has no attribute colour"),
        ("{% button %}", "needs label"),
        ('{% button "Save" "Now" %}', "no further value"),
        ('{% button "Save" label="Save" %}', "label twice"),
        ('{% button "Save" kind="loud" %}', "must be one of"),
        ('{% button "Open" describe="See the wallet" %}', "must contain the label"),
        ('{% icon "unicorn" %}', "no icon 'unicorn'"),
        ('{% card title="Open" %}', "Unclosed tag"),
    ],
)
def test_a_wrong_attribute_raises(source: str, words: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=words):
        render(source)


def test_what_a_component_is_given_is_escaped() -> None:
    html = render("{% button label %}{% badge label %}{% copyable label %}", label="<b>x</b>")

    assert "<b>" not in html
    assert html.count("&lt;b&gt;x&lt;/b&gt;") == 3


def test_a_block_keeps_its_content() -> None:
    assert "<p>inside</p>" in render('{% card title="Keys" %}<p>inside</p>{% endcard %}')


def test_a_button_with_an_address_is_a_link() -> None:
    html = render('{% button "Home" href="/home/" %}')

    assert html.startswith("<a ")
    assert 'href="/home/"' in html


def test_a_field_ties_label_help_and_error_to_its_input() -> None:
    form = Door({"email": "nobody"})

    html = render("{% field form.email %}", form=form)

    assert '<label for="id_email">' in html
    assert 'aria-describedby="id_email_helptext id_email_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_email_error"' in html


def test_a_hint_inside_the_box_is_left_out() -> None:
    form = Door()
    form.fields["email"].widget.attrs["placeholder"] = "Email address"

    assert "placeholder" not in render("{% field form.email %}", form=form)


def test_only_a_field_that_may_stay_empty_says_so() -> None:
    html = render("{% field form.note %}", form=Door())

    assert "Optional" in html
    assert "Optional" not in render("{% field form.email %}{% field form.remember %}", form=Door())


def test_radio_buttons_are_one_group() -> None:
    html = render("{% field form.method %}", form=Door())

    assert "<fieldset" in html
    assert "<legend>Method</legend>" in html


def test_a_code_box_takes_the_code_the_browser_offers() -> None:
    html = render('{% field form.note kind="digits" %}', form=Door())

    assert 'autocomplete="one-time-code"' in html
    assert 'inputmode="numeric"' in html


def test_a_moment_carries_its_machine_readable_form() -> None:
    html = render("{% when at %}", at=datetime(2026, 11, 20, 9, 5, tzinfo=UTC))

    assert 'datetime="2026-11-20T09:05:00+00:00"' in html
    assert "20 Nov 2026, 09:05" in html


def test_no_moment_is_said_in_words() -> None:
    assert render('{% when at none="Not yet" %}', at=None) == "Not yet"


def test_steps_know_what_is_done() -> None:
    html = render('{% steps 2 "Scan" "Save" "Done" %}')

    assert html.count("step-done") == 1
    assert html.count("step-later") == 1
    assert 'step-current" aria-current="step"' in html


def test_every_component_has_its_file() -> None:
    engine: Engine = engines["django"].engine  # type: ignore[attr-defined]  # the stubs know no backend

    for name in COMPONENTS:
        engine.get_template(f"ui/{name}.html")


# --- what is drawn once --------------------------------------------------------------------------------------------


def test_text_and_html_that_read_alike_are_not_taken_for_each_other() -> None:
    source = '{% icon "bad" label=label %}{% tab label "/x/" %}'

    assert "<b>" in render(source, label=mark_safe("<b>ours</b>"))
    assert "<b>" not in render(source, label="<b>ours</b>")


def test_a_component_is_drawn_once_where_all_it_is_given_stands_in_the_template() -> None:
    engine: Engine = engines["django"].engine  # type: ignore[attr-defined]  # the stubs know no backend
    pieces = ('{% button "Save" %}{% dialog "keys" "Keys" %}<dl>j</dl>{% enddialog %}', "{% button label %}")
    wrapping = "{% rows %}{{ label }}{% endrows %}"
    template = engine.from_string("".join(pieces) + '{% steps 1 "Scan" last %}' + wrapping)

    assert [node.is_fixed for node in template.nodelist] == [True, True, False, False, False]
    one, other = (template.render(Context({"label": label, "last": label})) for label in ("One", "Other"))
    assert one.replace("One", "Other") == other


@pytest.mark.parametrize("source", ["{% still label %}", '{% still "ui/_theme.html" worded=label %}'])
def test_a_still_piece_is_given_nothing_that_may_differ(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        render(source, label="x")


def test_a_still_piece_shows_what_it_was_given() -> None:
    assert "data-theme-words" in render('{% still "ui/_theme.html" worded=True %}')
    assert "data-theme-words" not in render('{% still "ui/_theme.html" %}')


def test_addresses_are_as_djangos_tag_tells_them() -> None:
    source = '{% url "accounts:landing" %} {% url name %} {% url "nothing" as gone %}[{{ gone }}]'
    home = reverse("accounts:landing")
    assert render(source, name="accounts:landing") == f"{home} {home} []"

    with pytest.raises(NoReverseMatch):
        render('{% url "nothing" %}')
    set_script_prefix("/below/")
    try:
        assert render('{% url "accounts:landing" %}') == "/below/"
    finally:
        set_script_prefix("/")


class Sought(forms.Form):
    q = forms.CharField(label="Search", required=False)
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "All"), ("fee", "Fee")])
    ours = forms.CharField(label="Ours", required=False)

    empty_alike = frozenset({"q", "kind"})


@pytest.mark.parametrize(
    "data", [{}, {"q": "coffee"}, {"kind": "fee"}, {"kind": "bad"}, {"ours": "mine"}, {"q": "", "kind": "", "ours": ""}]
)
def test_a_box_that_is_drawn_once_when_empty_is_as_it_would_be_drawn(data: dict[str, str]) -> None:
    class Drawn(Sought):
        empty_alike = frozenset()

    source = '{% field form.q %}{% field form.kind label="Which" %}{% field form.ours %}'
    for said in ({}, data, {}):  # twice empty: drawn, and drawn again
        assert render(source, form=Sought(said)) == render(source, form=Drawn(said))
