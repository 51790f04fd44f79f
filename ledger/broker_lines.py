"""Lines of a form 1099-DA: brought by their owner, held against our disposals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from ledger.models import Reckoning


def reported(reckoning: Reckoning, year: int) -> dict[UUID, bool]:  # noqa: ARG001 - follows
    return {}
