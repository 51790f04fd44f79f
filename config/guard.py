"""The mark every view carries that says who may see it. Views of higher apps get it from accounts.guards."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

View = TypeVar("View", bound="Callable[..., object]")


def open_to(who: str) -> Callable[[View], View]:
    """For the floor's own views: `anybody`, `operator` (asks for a token), `developer` (not in production)."""

    def mark(view: View) -> View:
        view.guard = who  # type: ignore[attr-defined]
        return view

    return mark
