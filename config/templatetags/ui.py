"""The components: a page is made of these tags, and each is one row here and one file in templates/ui/.

A wrong, doubled or missing attribute raises when the template is compiled; a value outside a closed choice raises
when it is rendered. `/_ui/` shows every one of them in every state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django import template
from django.template import Context, TemplateSyntaxError
from django.template.base import FilterExpression, Node, NodeList, Parser, TextNode, Token, Variable, token_kwargs
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince, timeuntil

from config.navigation import Shown, address_of, places_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from django.forms import BoundField
    from django.template import Engine

register = template.Library()
ICONS = Path(__file__).resolve().parent.parent / "static" / "icons.svg"
TONES = ("neutral", "good", "warn", "bad")

Values = dict[str, Any]


@dataclass(frozen=True)
class Component:
    """`needs` are required and may be given by position; `takes` are optional, by name only, with their defaults
    (a tuple is a closed choice, its first member the default); `rest` collects further positional values;
    `block` says that the tag wraps content and ends with `end…`; `prepare` adds what the template cannot say;
    `still` says that nothing but its values shows, so that what was drawn once is drawn again.
    """

    needs: tuple[str, ...] = ()
    takes: Mapping[str, object] = field(default_factory=dict)
    rest: str = ""
    block: bool = False
    prepare: Callable[[Values], Values] | None = None
    still: bool = False
    kept_as: Callable[[Values], Hashable] | None = None  # what was drawn under this is drawn again; none: not kept

    @cached_property
    def defaults(self) -> Values:
        return {name: value[0] if isinstance(value, tuple) else value for name, value in self.takes.items()}

    @cached_property
    def closed(self) -> list[tuple[str, tuple[object, ...]]]:
        return [(name, value) for name, value in self.takes.items() if isinstance(value, tuple)]

    def check(self, name: str, values: Values) -> None:
        for attribute, choices in self.closed:
            if values[attribute] not in choices:
                raise TemplateSyntaxError(f"{{% {name} {attribute}=%}} must be one of {choices}.")

    def draw(self, engine: Engine, address: str, values: Values) -> SafeString:
        if self.kept_as and (key := self.kept_as(values)):
            if (engine, key) not in KEPT:
                KEPT[engine, key] = self._anew(engine, address, values)
            return KEPT[engine, key]
        return self._anew(engine, address, values)

    def _anew(self, engine: Engine, address: str, values: Values) -> SafeString:
        if self.prepare:
            values |= self.prepare(values)
        return still(engine, address, keyed(values)) if self.still else drawn(engine, address, values)


KEPT: dict[tuple[Engine, Hashable], SafeString] = {}  # as many as templates name


def icon_address(values: Values) -> Values:
    if values["name"] not in icon_names():
        raise TemplateSyntaxError(f"There is no icon {values['name']!r}; static/icons.svg has {sorted(icon_names())}.")
    return {}


@cache
def icon_names() -> frozenset[str]:
    return frozenset(re.findall(r'<symbol id="([\w-]+)"', ICONS.read_text()))


# What a code box tells the browser: offer the code from the mail or the app, and do not correct it.
KEYBOARDS: dict[str, dict[str, str]] = {
    "": {},
    "code": {"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false", "data-code": ""},
    "digits": {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "data-code": ""},
    "amount": {"inputmode": "decimal", "autocomplete": "off"},
}


def field_parts(values: Values) -> Values:
    bound: BoundField = values["bound"]
    # What a form from elsewhere puts into the box as a hint is gone at the first letter; the label stays.
    attrs: dict[str, Any] = {"placeholder": False, **KEYBOARDS[values["kind"]]}
    if values["autofocus"]:
        attrs["autofocus"] = True
    if values["help"]:
        bound.help_text = values["help"]
    choice = getattr(bound.field.widget, "input_type", "")
    return {
        "label": values["label"] or bound.label,
        "widget": bound.as_widget(attrs=attrs),
        "shape": "group" if bound.use_fieldset else choice if choice == "checkbox" else "line",
        "secret": choice == "password" or "data-secret" in bound.field.widget.attrs,
        "optional": values["optional"] and not bound.field.required and choice != "checkbox",
    }


def empty_box(values: Values) -> Hashable:
    """Of a form that says that its boxes look the same each time they are empty (`empty_alike`)."""
    bound: BoundField = values["bound"]
    alike = getattr(bound.form, "empty_alike", ())
    if bound.name not in alike or bound.errors or bound.value():
        return None
    return type(bound.form), *((name, value) for name, value in values.items() if name != "bound"), bound.name


def moment(values: Values) -> Values:
    at = values["at"]
    local = timezone.localtime(at) if isinstance(at, datetime) and timezone.is_aware(at) else at
    say = {"near": near, "ahead": ahead}.get(values["show"])
    return {"at": local, "near": say(local) if local and say else ""}


def near(at: datetime) -> str:
    """How far from now, to the largest unit: enough for a list."""
    back = timesince(at, depth=1)
    if not back.startswith("0"):
        return f"{back} ago"
    return "just now" if ahead(at) == "now" else ahead(at)


def ahead(at: datetime) -> str:
    """When what is planned comes. Its time may be past, while it is under way: then it is now."""
    wait = timeuntil(at, depth=1)
    return "now" if wait.startswith("0") else f"in {wait}"


def named(values: Values) -> Values:
    """Who speaks to a page says what he sees: the visible label must be in what a screen reader hears."""
    if values["describe"] and str(values["label"]).lower() not in str(values["describe"]).lower():
        raise TemplateSyntaxError(f"describe={values['describe']!r} must contain the label {values['label']!r}.")
    return {}


def numbered(values: Values) -> Values:
    here = int(values["current"])
    state = {True: "done", False: "later"}
    return {
        "items": [
            {"number": n, "label": label, "state": "current" if n == here else state[n < here]}
            for n, label in enumerate(values["labels"], start=1)
        ]
    }


COMPONENTS: dict[str, Component] = {
    "actions": Component(block=True, takes={"align": ("start", "end")}),
    "badge": Component(("text",), {"tone": TONES, "icon": ""}),
    "button": Component(
        ("label",),
        {
            "kind": ("primary", "secondary", "quiet", "danger"),
            "size": ("", "small"),
            "type": ("submit", "button", "reset"),
            "href": "",
            "name": "",
            "value": "",
            "form": "",
            "icon": "",
            "wide": False,
            "disabled": False,
            "confirm": "",  # the question asked before the form goes out
            "dialog": "",  # id of the dialog to open; give an href as well, for browsers without script
            "describe": "",  # what a screen reader hears instead of the label: "Remove the passkey Laptop"
            "id": "",
            "away": False,  # a link to somebody else's site, in a window of its own: this page is needed meanwhile
        },
        prepare=named,
    ),
    "callout": Component(block=True, takes={"tone": ("info", "good", "warn", "bad"), "title": ""}),
    "card": Component(block=True, takes={"title": "", "lead": "", "id": "", "tone": ("", "bad")}),
    # One line of a list of checks; what it wraps is said below it, such as what to do.
    "check": Component(
        ("title",), {"mark": ("ticked", "crossed", "unknown", "waiting", "skipped"), "note": ""}, block=True
    ),
    "checks": Component(block=True, takes={"label": "Checks"}),
    "codes": Component(("values",), {"label": "Recovery codes", "filename": "", "href": ""}),
    "copyable": Component(("value",), {"label": "", "id": ""}),
    "dialog": Component(("id", "title"), block=True),
    "disclosure": Component(("summary",), {"open": False}, block=True),
    "empty": Component(block=True, takes={"title": "", "icon": ""}),
    # A list of things that have a page each: name, what is said of it (.entry-said), facts (.entry-facts), what to do.
    "entries": Component(block=True, takes={"label": ""}),
    "entry": Component(("label", "href"), {"note": ""}, block=True),
    "fact": Component(("label", "value"), {"note": "", "figure": False}),
    "facts": Component(block=True, takes={"long": False}),  # long: sentences, which a phone shows below their name
    "field": Component(
        ("bound",),
        {
            "kind": tuple(KEYBOARDS),
            "label": "",
            "help": "",
            "prefix": "",
            "suffix": "",
            "autofocus": False,
            "optional": True,
        },
        prepare=field_parts,
        kept_as=empty_box,
    ),
    "form_errors": Component(("form",)),
    "icon": Component(("name",), {"label": "", "size": ("", "large")}, prepare=icon_address, still=True),
    "menu": Component(("label",), {"icon": "", "describe": ""}, block=True, prepare=named),
    "page_title": Component(("text",), {"lead": "", "back": "", "back_label": "Back"}),
    "pager": Component(takes={"newer": "", "older": "", "label": "Pages", "dated": True}),  # else in another order
    # How something stands, once on a page: what happened, whose turn it is, and what it wraps: why, and the way on.
    "panel": Component(("title",), {"tone": TONES, "icon": "", "turn": "", "id": ""}, block=True),
    # A list of short points: what something gives or lacks, boxes to tick or to leave, steps to take one by one.
    "points": Component(("items",), {"kind": ("gives", "lacks", "tick", "leave", "steps"), "label": ""}),
    "progress": Component(("label",), {"value": "", "max": 100, "note": ""}),
    "row": Component(("label",), {"note": ""}, block=True),
    "rows": Component(block=True),
    "stat": Component(("label", "value"), {"note": "", "tone": TONES}),
    "steps": Component(("current",), {"label": "Steps"}, rest="labels", prepare=numbered),
    "tab": Component(("label", "href"), {"current": False, "name": "", "here": "", "count": ""}, still=True),
    "table": Component(("caption",), {"caption_hidden": True, "id": ""}, block=True),
    "tabs": Component(("label",), block=True),
    "tile": Component(("label", "href"), {"note": ""}, block=True),
    "tiles": Component(block=True),
    "when": Component(("at",), {"show": ("moment", "day", "ago", "near", "ahead"), "none": "Never"}, prepare=moment),
}


def is_fixed(value: FilterExpression) -> bool:
    """Written out in the template: it is the same each time."""
    if value.filters:
        return False
    return not isinstance(value.var, Variable) or value.var.literal is not None or value.var.var in FIXED


FIXED = frozenset({"True", "False", "None"})


class ComponentNode(Node):
    """Where all that it is given stands in the template, it is drawn once."""

    child_nodelists = ("content",)

    def __init__(
        self, name: str, given: dict[str, FilterExpression], rest: list[FilterExpression], content: NodeList | None
    ) -> None:
        self.name, self.given, self.rest = name, given, rest
        self.content = content or NodeList()
        written_out = all(isinstance(node, TextNode) for node in self.content)
        self.is_fixed = written_out and all(map(is_fixed, [*given.values(), *rest]))
        self.once: SafeString | None = None

    def render(self, context: Context) -> SafeString:
        if self.once is not None:
            return self.once
        html = self._drawn(context)
        if self.is_fixed:
            self.once = html
        return html

    def _drawn(self, context: Context) -> SafeString:
        component, engine = COMPONENTS[self.name], engine_of(context)
        values = component.defaults | {name: value.resolve(context) for name, value in self.given.items()}
        component.check(self.name, values)
        if component.rest:
            values[component.rest] = [value.resolve(context) for value in self.rest]
        if component.block:
            values["content"] = self.content.render(context)
        address = f"ui/{self.name}.html"
        return component.draw(engine, address, values)


def engine_of(context: Context) -> Engine:
    return context.template.engine  # type: ignore[union-attr]  # a node renders inside a template


def drawn(engine: Engine, address: str, values: Values) -> SafeString:
    html = engine.get_template(address).render(Context(values))
    return mark_safe(html.strip())  # noqa: S308  # the template has escaped what it was given


def keyed(values: Values) -> tuple[tuple[str, type, Any], ...]:
    """With their types: text that is escaped and text that is HTML may be equal."""
    return tuple((name, type(value), value) for name, value in values.items())


@lru_cache(maxsize=512)
def still(engine: Engine, address: str, given: tuple[tuple[str, type, Any], ...]) -> SafeString:
    return drawn(engine, address, {name: value for name, _, value in given})


class StillNode(Node):
    def __init__(self, address: str, given: dict[str, FilterExpression]) -> None:
        self.address, self.given = address, given

    def render(self, context: Context) -> SafeString:
        values = {name: value.resolve(context) for name, value in self.given.items()}
        return still(engine_of(context), self.address, keyed(values))


@register.tag("still")
def compile_still(parser: Parser, token: Token) -> StillNode:
    """`{% still "ui/_brand.html" %}`: a piece that shows nothing but what it is given here is drawn once."""
    _, address, *bits = token.split_contents()
    given = token_kwargs(bits, parser)
    if bits or address[0] not in "\"'" or not all(map(is_fixed, given.values())):
        raise TemplateSyntaxError("{% still %} takes an address, and values by name, that are written out.")
    return StillNode(address.strip("\"'"), given)


@register.tag("url")
def compile_url(parser: Parser, token: Token) -> URLNode:
    """Django's; an address without parts is worked out once."""
    node: URLNode = django_url(parser, token)
    if node.args or node.kwargs or not is_fixed(node.view_name):
        return node
    return FixedUrlNode(node.view_name, [], {}, node.asvar)


class FixedUrlNode(URLNode):
    def render(self, context: Context) -> str:
        try:
            address = address_of(self.view_name.resolve(context))
        except NoReverseMatch:
            return super().render(context)  # which says so, or keeps quiet where it shall
        if self.asvar:
            context[self.asvar] = address
            return ""
        return conditional_escape(address) if context.autoescape else address


def compile_component(parser: Parser, token: Token) -> ComponentNode:
    name, *bits = token.split_contents()
    component = COMPONENTS[name]
    given: dict[str, FilterExpression] = {}
    rest: list[FilterExpression] = []
    waiting = list(component.needs)
    for bit in bits:
        named = token_kwargs([bit], parser)
        value = parser.compile_filter(bit) if not named else None
        if value is not None and waiting:
            named = {waiting.pop(0): value}
        elif value is not None and component.rest:
            rest.append(value)
        elif value is not None:
            raise TemplateSyntaxError(f"{{% {name} %}} takes no further value without a name: {bit}")
        _take(name, component, given, named)
        waiting = [attribute for attribute in waiting if attribute not in given]
    if waiting:
        raise TemplateSyntaxError(f"{{% {name} %}} needs {', '.join(waiting)}.")
    return ComponentNode(name, given, rest, _content(parser, name) if component.block else None)


def _take(
    name: str, component: Component, given: dict[str, FilterExpression], named: dict[str, FilterExpression]
) -> None:
    for attribute, value in named.items():
        if attribute not in component.needs and attribute not in component.takes:
            known = ", ".join([*component.needs, *component.takes])
            raise TemplateSyntaxError(f"{{% {name} %}} has no attribute {attribute}; it takes {known}.")
        if attribute in given:
            raise TemplateSyntaxError(f"{{% {name} %}} was given {attribute} twice.")
        given[attribute] = value


def _content(parser: Parser, name: str) -> NodeList:
    content = parser.parse((f"end{name}",))
    parser.delete_first_token()
    return content


for tag in COMPONENTS:
    register.tag(tag, compile_component)


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """The theme the reader chose, from the cookie, so that the first paint is right; empty follows the device."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request else ""
    return chosen if chosen in {"light", "dark"} else ""


@register.filter
def grouped(number: int) -> str:
    """How many of something: 111,352."""
    return f"{number:,}"


@register.simple_tag(takes_context=True)
def places(context: Context) -> SafeString:
    return places_drawn(engine_of(context), places_of(context["request"]))


@lru_cache(maxsize=512)
def places_drawn(engine: Engine, shown: tuple[Shown, ...]) -> SafeString:
    """They differ by where somebody is, and by what is unread: a handful of pages, drawn once each."""
    return drawn(engine, "ui/_places.html", {"places": shown})
