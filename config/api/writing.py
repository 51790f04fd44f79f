"""JSON as it goes out, and as an ETag is drawn from it: written by Python's own, it was a seventh of a list's time.

orjson comes with ccxt, on machines that it is built for. What it refuses (a whole number of more than 64 bits, half of
a letter) is written as before, and so is everything where it is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request

try:
    import orjson
except ImportError:  # pragma: no cover
    orjson = None  # type: ignore[assignment] # what the stubs leave out

ANYTHING_ELSE = JSONRenderer.encoder_class().default
PLAIN = {"*/*", "application/json"}


class Choosing(DefaultContentNegotiation):
    """What nearly all programs accept is JSON or anything, and needs no weighing."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first, *_ = offered = list(renderers)
        if request.META.get("HTTP_ACCEPT", "*/*") in PLAIN and first.media_type == Renderer.media_type:
            return first, first.media_type
        weighed: tuple[BaseRenderer, str] = super().select_renderer(request, offered, format_suffix)
        return weighed


class Renderer(JSONRenderer):
    """Django REST framework's, to the letter but for exponents: 1e-8 for 1e-08."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        plain = data is not None and self.get_indent(accepted_media_type or "", renderer_context or {}) is None
        written = quickly(data, ANYTHING_ELSE) if plain else None
        if written is None:
            return super().render(data, accepted_media_type, renderer_context)
        # As there: so that it is JavaScript, too.
        return written.replace(b"\xe2\x80\xa8", rb"\u2028").replace(b"\xe2\x80\xa9", rb"\u2029")


def quickly(data: Any, other: Callable[[Any], Any], *, ordered: bool = False) -> bytes | None:
    """None: write it in another way. Times are for `other`, as is everything that JSON does not know."""
    if orjson is None:
        return None
    how = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
    try:
        return orjson.dumps(data, other, how | orjson.OPT_SORT_KEYS if ordered else how)
    except TypeError:
        return None
