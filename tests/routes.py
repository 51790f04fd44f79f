"""Every address of the service, and how its parameters are filled."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, URLResolver, get_resolver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


def routes() -> dict[str, Callable[..., Any]]:
    """Route -> view, pages and API and admin alike."""
    return dict(_walk(get_resolver(), "/"))


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern).replace("\\Z", "").strip("^$")
        if isinstance(entry, URLResolver):
            yield from _walk(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.callback


def parameters(route: str) -> list[tuple[str, str]]:
    """Kind and name of each: [("uuid", "wallet_id")]."""
    return [(kind or "str", name) for kind, name in PARAMETER.findall(route)]


def filled(route: str, things: Mapping[str, Sequence[str]]) -> list[str]:
    """All addresses of this route that these things make; none where a parameter is not among them."""
    names = [name for _, name in parameters(route)]
    if "(" in route or not set(names) <= set(things):
        return []
    return [
        PARAMETER.sub(lambda match, chosen=chosen: chosen[match[2]], route)
        for values in product(*(things[name] for name in names))
        for chosen in [dict(zip(names, values, strict=True))]
    ]
