"""Reading JSON strictly, so that nothing odd reaches a serializer or the database."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from rest_framework.parsers import BaseParser

from config.api.problem import BODY_TOO_LARGE, PARSE_ERROR, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 1_000_000
DEEPEST = 32


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


def loads(raw: bytes) -> Any:
    try:
        value = json.loads(
            raw.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object
        )
    except (ValueError, ArithmeticError) as error:
        raise Problem(PARSE_ERROR, _words(error)) from None
    except RecursionError:
        raise Problem(PARSE_ERROR, "It is nested too deeply.") from None
    _measure_depth(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A name appears twice in one object.")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")


def _measure_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise Problem(PARSE_ERROR, "It is nested too deeply.")


def _words(error: Exception) -> str:
    """Where it broke; never the text itself, which may hold a secret."""
    if isinstance(error, json.JSONDecodeError):
        return f"It stops being JSON at line {error.lineno}, column {error.colno}."
    if isinstance(error, UnicodeDecodeError):
        return "It is not UTF-8."
    return str(error) if "appears twice" in str(error) or "is not JSON" in str(error) else "A figure is too long."
