"""Ids as pages and programs send them: what is none names nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterable


def id_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def ids_of(texts: Iterable[str]) -> list[UUID]:
    """Ticked one by one, or carried on in one box with commas between."""
    return [found for each in texts for text in each.split(",") if (found := id_of(text))]
