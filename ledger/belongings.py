"""What this app keeps of owners and of wallets: how it is exported, purged, and said before a wallet is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts import notices
from accounts.belongings import Rows
from config.append_only import purging
from ledger import keys, models, purge
from ledger.notice_kinds import Kind
from wallets.models import Wallet
from wallets.removal import Hanging

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.models import User


class Histories(Rows):
    """Source rows, and what hangs on them: purged wallet by wallet, as the database asks for."""

    def purge(self, owner: User) -> int:
        rows = sum(purge.purge(wallet) for wallet in Wallet.objects.for_user(owner))
        purging(owner.pk)  # as it was announced: others have rows of this owner too
        return rows


class Words(Rows):
    """What the owner said."""

    def purge(self, owner: User) -> int:
        return purge.purge_words(owner)


class Names(Rows):
    def purge(self, owner: User) -> int:  # noqa: ARG002 - the port's signature
        return 0  # go with the words


class Dependent(Rows):
    def purge(self, owner: User) -> int:  # noqa: ARG002 - the port's signature
        return 0  # goes with the source rows


TRANSACTION = (
    "id",
    "wallet_id",
    "occurred_at",
    "kind",
    "category",
    "sent_amount",
    "sent_asset",
    "received_amount",
    "received_asset",
    "fee_amount",
    "fee_asset",
    "value_amount",
    "value_currency",
    "note",
    "tags",
    "ignored",
    "group",
    "order",
    "hash",
    "address",
    "network",
    "mine",
)
RULE = (
    "name",
    "place",
    "exchange",
    "wallet_id",
    "kind",
    "category",
    "asset",
    "words",
    "then_kind",
    "then_category",
    "then_tags",
    "then_ignored",
    "created_at",
)
BROKER_LINE = (
    "wallet_id",
    "year",
    "file_name",
    "number",
    "broker",
    "asset",
    "amount",
    "acquired",
    "sold",
    "proceeds",
    "cost",
    "withheld",
    "covered",
    "term",
    "raw",
    "verdict",
    "created_at",
)
BELONGINGS = (
    Histories(
        models.SourceRow,
        "source_rows",
        ("id", "wallet_id", "origin", "stream", "family", "external_id", "revision", "occurred_at", "raw", "stored_at"),
        order="id",
    ),
    Dependent(models.Sighting, "sightings", ("wallet_id", "row_id", "kind", "seen_at"), order="id"),
    Dependent(models.RawPage),  # the rows in it are exported
    Dependent(
        models.Coverage,
        "coverage",
        ("wallet_id", "stream", "since", "until", "first_row_at", "last_row_at", "limited"),
    ),
    Names(models.TransactionKey, "transaction_ids", ("id", "book", "anchor", "alias_of_id", "created_at")),
    Names(
        models.FormerBook,
        "former_books",
        ("wallet_id", "book", "former", "removed_at", "verdict", "by_itself", "found_at", "answered_at"),
        order="found_at",
    ),
    Words(
        models.Edit,
        "edits",
        ("key_id", "act", "move", "field", "mine", "value", "seen", "actor_kind", "actor_label", "at"),
        order="id",
    ),
    Names(
        models.BulkEdit,
        "bulk_edits",
        ("id", "filters", "changes", "more_tags", "move", "whole", "changed", "left_out", "asked_at", "finished_at"),
        order="asked_at",
    ),
    Names(
        models.Decision,
        "decisions",
        ("kind", "one_id", "other_id", "act", "batch", "by_itself", "score", "reasons", "clock_id", "actor_kind", "at"),
        order="id",
    ),
    Names(
        models.ClockWord,
        "clocks",
        ("id", "book", "origin", "against", "seconds", "same", "pairs", "since", "until", "actor_kind", "at"),
        order="id",
    ),
    Names(models.ClockQuestion),  # found again by whoever looks
    Names(models.Rule, "rules", RULE),
    Rows(
        models.OwnPrice,
        "own_prices",
        ("id", "asset", "quote", "at", "reach", "price", "note", "actor_kind", "created_at", "ended_at"),
    ),
    Rows(models.SavedView, "saved_views", ("id", "name", "filters", "created_at")),
    Names(models.AssetAlias, "asset_names", ("exchange", "symbol", "code", "since", "until", "created_at")),
    Names(
        models.ImportFile,
        "imports",
        ("id", "wallet_id", "name", "size", "state", "formats", "options", "created_at", "committed_at", "undone_at"),
        order="created_at",
    ),
    Names(models.ImportTemplate, "import_templates", ("name", "columns", "mapping", "options", "created_at")),
    Names(models.ImportChunk),  # files not committed yet
    Names(models.ImportRow),  # what was kept of them are source rows
    Names(models.Proposal),  # found again by whoever looks
    Dependent(models.Transaction, "transactions", TRANSACTION),
    Dependent(models.Part),  # which row tells of which event: made again from the rows
    Dependent(models.Journal),
    Dependent(models.Balance, "balances", ("wallet_id", "asset", "amount")),
    Dependent(models.DailyChange),  # as the transactions say
    Names(models.GainChoices, "gain_choices", ("transfer_fee", "allocation", "changed_at")),
    Names(models.LotChoice, "lot_choices", ("disposal_id", "lot_id", "place", "amount", "created_at")),
    Names(models.KnownCost, "known_costs", ("key_id", "cost", "currency", "acquired_at", "note", "created_at")),
    Names(models.YearLock, "filed_years", ("year", "settings", "version", "figures", "note", "locked_at", "opened_at")),
    Names(
        models.Report,
        "reports",
        ("id", "kind", "year", "settings", "version", "figures", "digest", "asked_at", "made_at"),
    ),
    Names(models.ReportChunk),  # the files themselves are handed out on their own
    Names(
        models.BrokerLine,
        "broker_lines",
        BROKER_LINE,
    ),
    Names(models.Reckoning),  # made again from what is above; papers are made of it
    Names(models.Stale),
    Dependent(models.ReportedBalance, "reported_balances", ("wallet_id", "asset", "place", "amount", "reported_at")),
    Dependent(models.ReportedDay, "reported_days", ("wallet_id", "typed", "day", "amounts", "reported_at")),
)


class Rowed:
    """What hangs on a wallet, here."""

    def hanging(self, wallet: Wallet) -> Iterable[Hanging]:
        count = models.SourceRow.objects.filter(wallet=wallet, revision=1).count()
        yield Hanging("rows of its history", count, "kept for 30 days, then deleted")
        mine = models.Transaction.objects.filter(wallet=wallet)
        told = mine.filter(origins__contains=[models.SourceRow.Origin.API]).count()
        yield Hanging("transactions its exchange told", told, "kept for 30 days; back when the account is added again")
        yield Hanging("transactions only from files or by hand", mine.count() - told, "kept for 30 days, then deleted")
        files = models.ImportFile.objects.filter(wallet=wallet).count()
        yield Hanging("files you brought", files, "kept for 30 days, then forgotten: bring them again if you need them")
        edited = models.Edit.objects.filter(key__book__in=keys.books(wallet)).values("key").distinct().count()
        what = "transactions edited, by you or by a file you brought"
        yield Hanging(what, edited, "your edits are kept until you close your account")
        rules = models.Rule.objects.filter(wallet=wallet).count()
        yield Hanging("rules about it alone", rules, "kept; they hold again when the account is known again")

    def purge(self, wallet: Wallet, *, now: datetime) -> None:
        purge.purge(wallet)
        notices.close(owner=wallet.owner, kind=Kind.FORMER_ACCOUNT, topic=str(wallet.pk), now=now)
