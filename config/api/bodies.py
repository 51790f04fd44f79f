"""Reading JSON strictly, so that nothing odd reaches a serializer or the database."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from rest_framework.parsers import BaseParser, MultiPartParser

from config import uploads
from config.api.problem import BODY_TOO_LARGE, PARSE_ERROR, Problem, kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_BYTES = 1_000_000
DEEPEST = 32
FILE_TOO_LARGE = kind(
    "file_too_large",
    413,
    "The file is too large",
    f"At most {uploads.LARGEST >> 20} MB: export it in parts, such as year by year.",
)
SURROGATES = re.compile("[\ud800-\udfff]")


class StrictJson(BaseParser):
    """UTF-8, no duplicate names, no NaN, bounded in size and depth; figures keep every digit."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,  # noqa: ARG002 -- DRF's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002 -- DRF's signature
    ) -> Any:
        raw = stream.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise Problem(BODY_TOO_LARGE)
        return loads(raw)


class FileAndWords(MultiPartParser):
    """A file beside texts, each name once. As a plain object, like every other body."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        found = super().parse(stream, media_type, parser_context)
        if parser_context and uploads.too_large(parser_context["request"]):
            raise Problem(FILE_TOO_LARGE)
        parts = [*found.data.lists(), *found.files.lists()]
        if any(len(values) > 1 for _, values in parts) or set(found.data) & set(found.files):
            raise Problem(PARSE_ERROR, "A name appears twice.")
        if any(isinstance(values[0], str) and _unfit(values[0]) for _, values in parts):
            raise Problem(PARSE_ERROR, "A text holds a NUL or half a character.")
        return {name: values[0] for name, values in parts}


def loads(raw: bytes) -> Any:
    try:
        value = json.loads(
            raw.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object
        )
    except (ValueError, ArithmeticError) as error:
        raise Problem(PARSE_ERROR, _words(error)) from None
    except RecursionError:
        raise Problem(PARSE_ERROR, "It is nested too deeply.") from None
    _look_through(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A name appears twice in one object.")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")


def _look_through(value: Any) -> None:
    """Level by level: not too many of them, and no text that a database or an answer could not hold."""
    level = [value]
    for _ in range(DEEPEST):
        if any(isinstance(item, str) and _unfit(item) for item in level):
            raise Problem(PARSE_ERROR, "A text holds a NUL or half a character.")
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise Problem(PARSE_ERROR, "It is nested too deeply.")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else ()


def _unfit(text: str) -> bool:
    return (not text.isascii() and SURROGATES.search(text) is not None) or "\0" in text


def _words(error: Exception) -> str:
    """Where it broke; never the text itself, which may hold a secret."""
    if isinstance(error, json.JSONDecodeError):
        return f"It stops being JSON at line {error.lineno}, column {error.colno}."
    if isinstance(error, UnicodeDecodeError):
        return "It is not UTF-8."
    return str(error) if "appears twice" in str(error) or "is not JSON" in str(error) else "A figure is too long."
