"""`views/`: lists that an owner comes back to, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from accounts.api.frame import Call, api, require_unchanged
from config.api.fields import Shape, Text, UtcTime
from ledger import saving
from ledger.api.problems import refusals_told
from ledger.api.shapes import ID
from ledger.api.transactions import TransactionFilters
from ledger.mine import view_of
from ledger.models import SavedView

if TYPE_CHECKING:
    from django.db.models import QuerySet


class SavedFilters(TransactionFilters):
    def to_representation(self, instance: Any) -> Any:
        return instance


class ViewShape(Shape):
    id = serializers.CharField(read_only=True)
    name = Text(max_length=saving.LONGEST, help_text="The only one of its kind.")
    filters = SavedFilters(help_text="As `transactions/` takes them.")
    created_at = UtcTime(read_only=True)

    example = {
        "id": ID,
        "name": "Rewards of this year",
        "filters": TransactionFilters.example,
        "created_at": "2026-03-01T12:30:00Z",
    }
    example_request = {"name": "Rewards of this year", "filters": TransactionFilters.example}


def one(call: Call) -> SavedView:
    return view_of(call.owner, call.path["view_id"])


def _held(call: Call) -> SavedView:
    """As it is now that it is our turn; with If-Match, as it was read."""
    view = view_of(call.owner, call.path["view_id"], held=True)
    require_unchanged(call, ViewShape, view)
    return view


@api("GET", scope="read", gives=ViewShape, order=("-created_at", "-id"))
def index(call: Call) -> QuerySet[SavedView]:
    """List your saved views, the newest first."""
    return SavedView.objects.for_user(call.owner)


@api("GET", scope="read", gives=ViewShape)
def show(call: Call) -> SavedView:
    """Read one saved view."""
    return one(call)


@api("POST", scope="write", takes=ViewShape, gives=ViewShape, status=201)
def create(call: Call) -> SavedView:
    """Keep filters under a name."""
    return _kept(call, None)


@api("PATCH", scope="write", takes=ViewShape, gives=ViewShape, conditional=True)
def change(call: Call) -> SavedView:
    """Rename a view, or keep other filters under its name: all of them are replaced."""
    return _kept(call, _held(call))


@api("DELETE", scope="write", conditional=True)
def remove(call: Call) -> None:
    """Delete a view. Its transactions stay where they are."""
    _held(call).delete()


def _kept(call: Call, view: SavedView | None) -> SavedView:
    name = call.data.get("name", view.name if view else "")
    filters = call.data.get("filters", view.filters if view else {})
    with refusals_told():
        return saving.keep(call.owner, name=name, filters=filters, now=call.now, view=view)
