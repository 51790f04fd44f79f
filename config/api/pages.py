"""Lists in pages by key, never by offset: a stable order, a signed cursor, and the address of the next page."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q
from rest_framework.utils.urls import replace_query_param

from config.api.problem import BAD_CURSOR, INVALID, FieldError, Problem, invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import Model, QuerySet
    from rest_framework.request import Request

USUAL = 50
MOST = 500


def page(request: Request, rows: QuerySet[Any], *, order: Sequence[str]) -> tuple[list[Any], str | None]:
    """One page of `rows` and the address of the next. The last name in `order` must be unique."""
    limit = limit_of(request)
    cursor = request.query_params.get("cursor")
    if cursor is not None:
        rows = rows.filter(_after(rows, order, _opened(cursor, _salt(request, order))))
    found = list(rows.order_by(*order)[: limit + 1])
    if len(found) <= limit:
        return found, None
    kept = found[:limit]
    sealed = _sealed(kept[-1], order, _salt(request, order))
    return kept, replace_query_param(request.build_absolute_uri(), "cursor", sealed)


def limit_of(request: Request) -> int:
    text = request.query_params.get("limit", str(USUAL))
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST):  # noqa: PLR2004 -- three digits
        raise invalid("limit", "out_of_range", f"Ask for 1 to {MOST} at a time.")
    return int(text)


def unknown_parameters(names: Iterable[str]) -> Problem:
    words = "There is no such filter here."
    return Problem(INVALID, errors=[FieldError(name, "unknown_field", words) for name in names])


def repeated_parameters(names: Iterable[str]) -> Problem:
    words = "Send it once: of several only one would count."
    return Problem(INVALID, errors=[FieldError(name, "repeated", words) for name in names])


def _sealed(row: Model, order: Sequence[str], salt: str) -> str:
    return signing.dumps([_text(getattr(row, name.lstrip("-"))) for name in order], salt=salt)


def _opened(cursor: str, salt: str) -> list[str]:
    try:
        values: list[str] = signing.loads(cursor, salt=salt)
    except (signing.BadSignature, ValueError):
        raise Problem(BAD_CURSOR) from None
    return values


def _salt(request: Request, order: Sequence[str]) -> str:
    """Of this list alone: many have one order, and a place in one of them is none in another."""
    return f"config.api.pages:{request.path}:{','.join(order)}"


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID | int) else value  # type: ignore[return-value] # what is left is text


def _after(rows: QuerySet[Any], order: Sequence[str], values: list[str]) -> Q:
    """(a, b) after (x, y), spelt so that PostgreSQL can walk the index: a <= x and (a < x or b < y)."""
    try:
        condition = Q()
        for name, value in reversed(list(zip(order, values, strict=True))):
            field, further = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
            rows.model._meta.get_field(field).to_python(value)  # noqa: SLF001 -- Django's own name for its public API
            beyond = Q(**{f"{field}__{further}": value})
            condition = Q(**{f"{field}__{further}e": value}) & (beyond | condition) if condition else beyond
    except (ValueError, ValidationError):
        raise Problem(BAD_CURSOR) from None
    return condition
