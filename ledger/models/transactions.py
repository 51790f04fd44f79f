"""What follows from rows and words. All of it can be dropped and made again, the same; only names are given once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q

from config import turns
from config.turns import PATIENCE
from ledger.models.exact import ExactField, MaybeExactField
from ledger.readings.base import Kind

if TYPE_CHECKING:
    from accounts.models import User
    from wallets.models import Wallet

# By hand, for these stand before each page and in each step.
FALL_BEHIND = """
    INSERT INTO ledger_journal (wallet_id, owner_id, rows_to, sightings_to, version, behind)
    VALUES (%(wallet)s, %(owner)s, 0, 0, '', true) ON CONFLICT (wallet_id) DO UPDATE SET behind = true
"""
TURN = """
    INSERT INTO ledger_journal (wallet_id, owner_id, rows_to, sightings_to, version, behind)
    VALUES (%(wallet)s, %(owner)s, 0, 0, '', false) ON CONFLICT DO NOTHING;
    SELECT {columns} FROM ledger_journal WHERE wallet_id = %(wallet)s FOR NO KEY UPDATE
"""
KINDS = [(kind.value, kind.value) for kind in Kind]


class JournalQuerySet(models.QuerySet["Journal"]):
    def turn(self, wallet: Wallet, *, seconds: int = PATIENCE) -> Journal:
        """The wallet's, until the transaction ends: so rows are numbered, stored and read in one order. Raises
        TurnTakenError where a large file is being taken in.
        """
        fields = Journal._meta.concrete_fields  # noqa: SLF001 - Django's own name for what it lets everybody read
        columns = ", ".join(f'"{each.column}"' for each in fields)
        found = turns.ask(TURN.format(columns=columns), whose(wallet), seconds=seconds)
        assert found  # noqa: S101 - it is there by now
        return Journal.from_db(self.db, [each.attname for each in fields], found)

    def fall_behind(self, wallet: Wallet) -> None:
        """Something to read comes; the turn is taken too."""
        turns.ask(FALL_BEHIND, whose(wallet))


def whose(wallet: Wallet) -> dict[str, Any]:
    return {"wallet": wallet.pk, "owner": wallet.owner_id}


class Journal(models.Model):
    """How far a wallet's rows are read. Whoever stores rows, or derives from them, holds this row first."""

    wallet = models.OneToOneField("wallets.Wallet", models.PROTECT, primary_key=True, related_name="journal")
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    rows_to = models.BigIntegerField(default=0)
    sightings_to = models.BigIntegerField(default=0)
    version = models.CharField(max_length=200, blank=True)  # of what read them
    # Rows have come, or what reads them is newer: there is something to do.
    behind = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True)
    # What changed since the matchers looked: they look at this stretch of time.
    look_from = models.DateTimeField(null=True)
    look_to = models.DateTimeField(null=True)
    # Wallets of the same exchange that were gone by then: whether it is the account of one of them is known.
    compared_at = models.DateTimeField(null=True)

    objects = JournalQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=["wallet"], condition=Q(behind=True), name="journals_behind"),
            models.Index(fields=["owner"], condition=Q(look_from__isnull=False), name="journals_to_look_at"),
        )


class Part(models.Model):
    """Which event a source row tells of. A row that tells of several has several parts; one that is superseded, has
    vanished or belongs to an import that was undone has none.

    Here and in transactions the database does not look for each of a million rows whether what it names is there:
    whoever writes them holds the wallet's journal, where it does look, and so does whoever purges.
    """

    pk = models.CompositePrimaryKey("row", "place")
    row = models.ForeignKey(
        "ledger.SourceRow", models.PROTECT, related_name="parts", db_index=False, db_constraint=False
    )
    place = models.PositiveSmallIntegerField()
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    event = models.CharField(max_length=260)
    identity = models.CharField(max_length=260)
    skip = models.CharField(max_length=200, blank=True)  # why it moves nothing

    class Meta:
        indexes = (
            models.Index(fields=["wallet", "event"], name="parts_of_event"),
            models.Index(fields=["wallet", "identity"], name="parts_by_identity"),
        )


class TransactionQuerySet(models.QuerySet["Transaction"]):
    def for_user(self, user: User) -> TransactionQuerySet:
        return self.filter(owner=user)

    def kept(self) -> TransactionQuerySet:
        """Not those of a wallet in the bin."""
        return self.filter(wallet__binned_at=None)


class Transaction(models.Model):
    """One happening, as its owner has it. `id` is that of its key."""

    id = models.UUIDField(primary_key=True, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    event = models.CharField(max_length=260)
    occurred_at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=KINDS)
    category = models.CharField(max_length=40, blank=True)
    sent_amount = MaybeExactField()
    sent_asset = models.CharField(max_length=64, blank=True)
    received_amount = MaybeExactField()
    received_asset = models.CharField(max_length=64, blank=True)
    fee_amount = MaybeExactField()
    fee_asset = models.CharField(max_length=64, blank=True)
    value_amount = MaybeExactField()
    value_currency = models.CharField(max_length=16, blank=True)
    note = models.TextField(blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list)
    ignored = models.BooleanField(default=False)
    group = models.CharField(max_length=260, blank=True)
    order = models.CharField(max_length=260, blank=True)
    hash = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=200, blank=True)
    network = models.CharField(max_length=80, blank=True)
    origins = ArrayField(models.CharField(max_length=4), default=list)
    rows = ArrayField(models.BigIntegerField(), default=list)
    source = models.JSONField(null=True)  # what the sources say, where the owner or a rule says otherwise
    mine = ArrayField(models.CharField(max_length=16), default=list)  # fields that are the owner's
    ruled = ArrayField(models.CharField(max_length=16), default=list)  # fields that a rule set
    conflicts = ArrayField(models.CharField(max_length=16), default=list)  # fields that want a decision
    unknown = ArrayField(models.CharField(max_length=64), default=list)  # symbols of which no asset is known
    words = models.TextField(blank=True)  # what a search finds it by

    objects = TransactionQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=["owner", "-occurred_at", "-id"], name="transactions_of_owner"),
            models.Index(fields=["wallet", "-occurred_at", "-id"], name="transactions_of_wallet"),
            models.Index(fields=["wallet", "event"], name="transactions_of_event"),
            models.Index(fields=["owner", "kind", "-occurred_at", "-id"], name="transactions_by_kind"),
            models.Index(
                fields=["owner", "category", "-occurred_at", "-id"],
                condition=~Q(category=""),
                name="transactions_by_category",
            ),
            models.Index(
                fields=["owner", "fee_asset", "-occurred_at", "-id"],
                condition=~Q(fee_asset=""),
                name="transactions_by_fee",
            ),
            models.Index(
                fields=["owner", "-occurred_at", "-id"],
                condition=~Q(conflicts=[]) | ~Q(unknown=[]),
                name="transactions_that_ask",
            ),
            models.Index(
                fields=["owner", "sent_asset", "-occurred_at", "-id"],
                condition=~Q(sent_asset=""),
                name="transactions_by_sent",
            ),
            models.Index(
                fields=["owner", "received_asset", "-occurred_at", "-id"],
                condition=~Q(received_asset=""),
                name="transactions_by_received",
            ),
            # Those that their owner put elsewhere in time: looked for where their sources have them.
            models.Index(
                fields=["wallet"], condition=Q(mine__contains=["occurred_at"]), name="transactions_put_elsewhere"
            ),
            # Transfers by their sources' word or their owner's: what a link or a rule makes one has "kind" in `ruled`.
            models.Index(
                fields=["owner", "-occurred_at", "-id"],
                condition=Q(kind="transfer") & ~Q(ruled__contains=["kind"]),
                name="transfers_not_by_links",
            ),
            GinIndex(SearchVector("words", config="simple"), name="transactions_by_words"),
        )


class Balance(models.Model):
    """What a wallet holds by its transactions: kept, never summed."""

    pk = models.CompositePrimaryKey("wallet", "asset")
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="balances", db_index=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    asset = models.CharField(max_length=64)
    amount = ExactField()


class DailyChange(models.Model):
    """By how much a day changed it."""

    pk = models.CompositePrimaryKey("wallet", "asset", "day")
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", db_index=False)
    asset = models.CharField(max_length=64)
    day = models.DateField()
    amount = ExactField()

    class Meta:
        indexes = (models.Index(fields=["owner", "asset", "day"], name="changes_of_owner"),)
