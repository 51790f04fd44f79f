"""Draws the boxes of forms: what Django's own templates for them draw, to the letter, in a tenth of their time.

A box of a form is a line of HTML; by templates, its attributes alone are one for each box and each choice. What is not
drawn here (the admin's own boxes, and rare ones) goes by its template as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.forms.renderers import DjangoTemplates
from django.utils.formats import localize
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, SafeString, mark_safe

from config.form_words import SaidField

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

Facts = dict[str, Any]  # as `Widget.get_context` gives them
WIDGETS = "django/forms/widgets"


class Renderer(DjangoTemplates):
    bound_field_class = SaidField

    def render(self, template_name: str, context: Facts, request: HttpRequest | None = None) -> SafeString:
        draw = DRAWN.get(template_name)
        drawn = draw(context["widget"]) if draw else super().render(template_name, context, request)
        return mark_safe(drawn)  # noqa: S308 # whoever drew it has escaped every value


def box(widget: Facts) -> str:
    value = "" if widget["value"] is None else f' value="{escaped(widget["value"])}"'
    name = conditional_escape(widget["name"])
    return f'<input type="{conditional_escape(widget["type"])}" name="{name}"{value}{attributes(widget)}>'


def area(widget: Facts) -> str:
    text = conditional_escape(localize(widget["value"])) if widget["value"] else ""
    return f'<textarea name="{conditional_escape(widget["name"])}"{attributes(widget)}>\n{text}</textarea>'


def choices(widget: Facts) -> str:
    groups = "".join(group(name, options) for name, options, _ in widget["optgroups"])
    return f'<select name="{conditional_escape(widget["name"])}"{attributes(widget)}>{groups}\n</select>'


def group(name: Any, options: list[Facts]) -> str:
    drawn = "".join(f"\n  {choice(each)}\n" for each in options)
    return f'\n  <optgroup label="{conditional_escape(localize(name))}">{drawn}\n  </optgroup>' if name else drawn


def choice(widget: Facts) -> str:
    label = conditional_escape(localize(widget["label"]))
    return f'<option value="{escaped(widget["value"])}"{attributes(widget)}>{label}</option>'


def attributes(widget: Facts) -> str:
    return "".join(
        f" {conditional_escape(name)}" if value is True else f' {conditional_escape(name)}="{escaped(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def escaped(value: object) -> str:
    """As text, whatever it is: no number gets its separators here."""
    return conditional_escape(value if isinstance(value, SafeData) else str(value))


KINDS = (
    *("text", "number", "email", "url", "password", "hidden", "search", "tel", "checkbox"),
    *("date", "datetime", "time"),
)
DRAWN: dict[str, Callable[[Facts], str]] = {
    **{f"{WIDGETS}/{kind}.html": box for kind in KINDS},
    f"{WIDGETS}/textarea.html": area,
    f"{WIDGETS}/select.html": choices,
}
