"""What an owner does with saved views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from ledger import listing
from ledger.fields import BROKEN, BadFieldError
from ledger.models import SavedView

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import User

MOST, LONGEST = 100, 60


def keep(
    owner: User, *, name: str, filters: Mapping[str, str], now: datetime, view: SavedView | None = None
) -> SavedView:
    """Under a name that is the only one of its kind. Raises BadFieldError."""
    name = name.strip()
    if not name or len(name) > LONGEST or BROKEN.search(name):
        raise BadFieldError("name", "invalid", f"Give it a name of at most {LONGEST} characters.")
    _read(owner, filters)
    if view is None and SavedView.objects.for_user(owner).count() >= MOST:
        raise BadFieldError("name", "too_many", f"There are {MOST} already. Delete one that is no longer needed.")
    kept = view or SavedView(owner=owner, created_at=now)
    kept.name, kept.filters = name, dict(filters)
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError:
        raise BadFieldError("name", "taken", "There is one of this name already.") from None
    return kept


def _read(owner: User, filters: Mapping[str, str]) -> None:
    if not filters:
        raise BadFieldError("filters", "required", "Narrow the list first: without a filter there is nothing to keep.")
    try:
        listing.filters_of(owner, filters, listing.wallets_of(owner))
    except listing.BadFiltersError as error:
        first = error.errors[0]
        raise BadFieldError(f"filters.{first.field}", first.code, first.words) from None
