"""What staff see of ledgers: how far rows are read, by which reader, how files fared, and words about very many. Never
an amount, an asset, a file's name or an owner's own words. That each look and each act is recorded is the console's
doing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.utils import timezone

from accounts.admin_console import Look, console
from accounts.audit import ActorKind, actor_of
from ledger import reading_anew
from ledger.models import BulkEdit, ImportFile, Journal, PriceSource, Transaction
from wallets.admin import ExchangeFilter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from accounts.models import User
    from wallets.models import Wallet


class OfWallet(ExchangeFilter):
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's signature
        return queryset.filter(wallet__exchange=self.value()) if self.value() else queryset


def ask_to_read_anew(request: HttpRequest, wallets: Sequence[Wallet]) -> None:
    """The one act on both lists, of journals and of wallets, that staff choose from by hand."""
    if len(wallets) > reading_anew.MOST:
        messages.warning(request, f"Choose at most {reading_anew.MOST}.")
        return
    reading_anew.ask(by=actor_of(request, ActorKind.STAFF), wallets=wallets, now=timezone.now())
    messages.success(request, f"{len(wallets)} read anew in the background.")


@admin.register(Journal, site=console)
class JournalAdmin(Look):
    list_display = ("wallet_id", "owner", "exchange", "behind", "version", "read_at")
    list_select_related = ("owner", "wallet")
    list_filter = ("behind", OfWallet)
    search_fields = ("=owner__email",)
    search_help_text = "The whole e-mail address of an owner"
    ordering = ("-read_at", "wallet")
    sortable_by = ()
    fields = ("wallet_id", "owner", "exchange", "behind", "version", "read_at")
    actions = ("read_anew",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Django shows actions to those who may change; nobody may change a row that is opened."""
        return obj is None and super().has_view_permission(request)

    @admin.display(description="Exchange")
    def exchange(self, row: Journal) -> str:
        return row.wallet.exchange

    @admin.action(description="Read all rows anew, without asking the exchange")
    def read_anew(self, request: HttpRequest, chosen: QuerySet[Journal]) -> None:
        ask_to_read_anew(
            request, [each.wallet for each in chosen.select_related("wallet__owner")[: reading_anew.MOST + 1]]
        )

    def about(self, row: Journal) -> UUID | None:
        return row.wallet_id


@admin.register(ImportFile, site=console)
class ImportAdmin(Look):
    list_display = (
        "created_at",
        "owner",
        "state",
        "recognised",
        "code",
        "size",
        "attempts",
        "committed_at",
        "undone_at",
    )
    list_select_related = ("owner",)
    list_filter = ("state",)
    search_fields = ("=owner__email",)
    search_help_text = "The whole e-mail address of an owner"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    fields = ("id", "owner", "wallet_id", "state", "recognised", "code", "words", "size", "attempts", "created_at")

    @admin.display(description="Recognised as")
    def recognised(self, row: ImportFile) -> str:
        return ", ".join(each["name"] for each in row.formats)


@admin.register(BulkEdit, site=console)
class BulkEditAdmin(Look):
    """How far words about very many have come; not what was said, nor about which."""

    list_display = ("asked_at", "owner", "move", "way", "whole", "changed", "left_out", "attempts", "finished_at")
    list_select_related = ("owner",)
    list_filter = ("failed", "move")
    search_fields = ("=owner__email",)
    search_help_text = "The whole e-mail address of an owner"
    ordering = ("-asked_at", "-id")
    sortable_by = ()
    fields = ("id", "owner", "move", "way", "whole", "changed", "left_out", "attempts", "asked_at", "finished_at")

    @admin.display(description="State")
    def way(self, row: BulkEdit) -> str:
        return row.state.replace("_", " ")


@admin.register(Transaction, site=console)
class TransactionAdmin(Look):
    """When, where and of what kind; that it is edited, but not what was said."""

    list_display = ("occurred_at", "owner", "exchange", "kind", "told_by", "is_edited", "asks")
    list_select_related = ("owner", "wallet")
    list_filter = (OfWallet,)
    search_fields = ("=owner__email",)
    search_help_text = "The whole e-mail address of an owner"
    ordering = ("-occurred_at", "-id")
    sortable_by = ()
    fields = ("id", "owner", "wallet_id", "exchange", "occurred_at", "kind", "told_by", "is_edited", "asks")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Of the person who is searched for: nobody leafs through everybody's."""
        found = super().get_queryset(request)
        one = request.GET.get("q") or (request.resolver_match and "object_id" in request.resolver_match.kwargs)
        return found if one else found.none()

    def owner_of(self, row: Transaction) -> User | None:
        return row.owner

    def about(self, row: Transaction) -> UUID | None:
        return row.wallet_id

    @admin.display(description="Exchange")
    def exchange(self, row: Transaction) -> str:
        return row.wallet.exchange

    @admin.display(description="Told by")
    def told_by(self, row: Transaction) -> str:
        return ", ".join(row.origins)

    @admin.display(description="Edited", boolean=True)
    def is_edited(self, row: Transaction) -> bool:
        return bool(row.mine)

    @admin.display(description="Wants its owner", boolean=True)
    def asks(self, row: Transaction) -> bool:
        return bool(row.conflicts or row.unknown)


@admin.register(PriceSource, site=console)
class PriceSourceAdmin(Look):
    """Which exchanges answer when they are asked for prices: nobody's in particular, and no asset is named."""

    list_display = ("exchange", "pairs_listed", "cause", "code", "failures", "not_before", "answered_at")
    ordering = ("exchange",)
    sortable_by = ()
    fields = ("exchange", "pairs_listed", "pairs_at", "cause", "code", "failures", "not_before", "answered_at")

    def owner_of(self, row: PriceSource) -> None:  # noqa: ARG002 - of nobody
        return None

    @admin.display(description="Pairs it lists")
    def pairs_listed(self, row: PriceSource) -> int:
        return len(row.pairs)
