"""Long lists in pages by key: page one thousand costs what page one costs, because nothing is counted or skipped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar
from uuid import UUID

from django.db.models import Q
from django.utils.http import urlencode

if TYPE_CHECKING:
    from django.db.models import QuerySet

SIZE = 50
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: list[Row]
    older: str  # where the next page begins; empty at the end


def newest_first(rows: QuerySet[Any], *, time: str, after: str = "", size: int = SIZE) -> Page[Any]:
    """A page of `rows` by the time named, then id, newest first. An `after` that makes no sense is the first page."""
    begun = _read(after)
    if begun:
        from_here = getattr(rows, "beyond", None)  # of a list that knows this question already
        rows = from_here(*begun) if from_here else rows.filter(beyond(time, *begun))
    found = list(rows.order_by(f"-{time}", "-id")[: size + 1])
    last = found[size - 1] if len(found) > size else None
    return Page(found[:size], f"{getattr(last, time).isoformat()}_{last.id}" if last else "")


def beyond(time: str, at: datetime, row_id: UUID) -> Q:
    """Spelt so that PostgreSQL walks the index from here: (time, id) < (at, row_id)."""
    return Q(**{f"{time}__lte": at}) & (Q(**{f"{time}__lt": at}) | Q(id__lt=row_id))


def address_of(page: Page[Any], **filters: str) -> str:
    """The query of the next page, with the filters that hold; empty at the end."""
    chosen = {name: value for name, value in filters.items() if value}
    return f"?{urlencode({**chosen, 'after': page.older})}" if page.older else ""


def moment_of(text: str) -> datetime:
    """As the address of a page tells it. Raises ValueError, also for what would lie before the first year or after the
    last one anywhere on earth: a database takes neither.
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else _refused(text)
    except OverflowError:
        return _refused(text)


def _refused(text: str) -> NoReturn:
    raise ValueError(f"{text!r} is no moment.")


def _read(after: str) -> tuple[datetime, UUID] | None:
    at, _, row_id = after.partition("_")
    try:
        return moment_of(at), UUID(row_id)
    except ValueError:
        return None
