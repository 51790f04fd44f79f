"""What exchanges and files said: rows that are never changed, how far they reach, and the replies they came in."""

from __future__ import annotations

from django.db import models

from config.append_only import AppendOnly
from ledger.models.exact import ExactField

# A wallet's history goes when its time in the bin is over, or with its owner. (Thirty days are the bin's.)
MAY_PURGE = (
    "SELECT binned_at <= now() - interval '30 days' OR purge_at IS NOT NULL FROM wallets_wallet w "
    "JOIN accounts_user u ON u.id = w.owner_id WHERE w.id = OLD.wallet_id"
)


class RawPage(models.Model):
    """One reply as it came, packed, where it brought a row that was not here, or another revision of one.

    Rows carry each of their fields, and connectors leave none out, so better parsing reads rows and not this
    (`tests/sync/test_complete.py` holds replies and rows against each other). It is what they are held against: the
    exchange's own bytes, should it ever be doubted how rows were told apart in them.
    """

    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="+")
    stream = models.CharField(max_length=80)
    run = models.UUIDField(null=True)
    body = models.BinaryField()  # zlib
    records = models.PositiveIntegerField()
    fetched_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["wallet", "stream", "id"], name="pages_of_stream"),)


class SourceRow(models.Model):
    """One row of an exchange's history, as it was sent. It comes back different: a new revision. It is gone: a
    `Sighting`. The database refuses to change or delete one, except through `ledger.purge`.
    """

    class Origin(models.TextChoices):
        API = "api"
        FILE = "file"
        HAND = "hand"

    id = models.BigAutoField(primary_key=True)
    # The wallet's: the database looks at that, and not twice for each of a million rows.
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="+", db_index=False)
    origin = models.CharField(max_length=4, choices=Origin.choices)
    stream = models.CharField(max_length=80)
    family = models.CharField(max_length=32)  # ids are unique within it
    external_id = models.CharField(max_length=200)
    revision = models.PositiveSmallIntegerField()
    occurred_at = models.DateTimeField()
    raw = models.JSONField()  # amounts stay the text they came as
    digest = models.BinaryField()  # of raw: the same row again is told without comparing texts
    # Replies go with their wallet only, after its rows: the database need not look for that.
    page = models.ForeignKey(RawPage, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False)
    stored_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["wallet", "family", "external_id", "revision"], name="source_row_once"),
            AppendOnly(name="source_row_append_only", may_purge=MAY_PURGE, key="wallet_id"),
        )
        indexes = (
            models.Index(fields=["wallet", "stream", "occurred_at"], name="rows_of_stream"),
            models.Index(fields=["wallet", "id"], name="rows_in_turn"),  # as they are read, a step at a time
            models.Index(fields=["owner"], name="rows_of_owner"),
        )


class Sighting(models.Model):
    """The exchange no longer sends a row it once sent, or sends it again; or its file's import was undone."""

    class Kind(models.TextChoices):
        VANISHED = "vanished"
        UNDONE = "undone"
        BACK = "back"

    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="+", db_index=False)
    row = models.ForeignKey(SourceRow, models.PROTECT, related_name="sightings", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    run = models.UUIDField(null=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = (AppendOnly(name="sighting_append_only", may_purge=MAY_PURGE, key="wallet_id"),)
        indexes = (
            models.Index(fields=["wallet", "-seen_at"], name="sightings_of_wallet"),
            models.Index(fields=["wallet", "id"], name="sightings_in_turn"),
            models.Index(fields=["row", "-id"], name="sightings_of_row"),  # the last one counts
        )


class SeenRow(models.Model):
    """While a stream is pulled again as a whole: which rows have come. What has not, at the end, has vanished."""

    pk = models.CompositePrimaryKey("pull", "row")
    pull = models.UUIDField()
    row = models.ForeignKey(SourceRow, models.CASCADE, related_name="+", db_index=False)


class Coverage(models.Model):
    """How far a stream reaches: from `since` (none: the beginning) to `until`, without a gap but for its holes."""

    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="coverage")
    stream = models.CharField(max_length=80)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    first_row_at = models.DateTimeField(null=True)
    last_row_at = models.DateTimeField(null=True)
    limited = models.BooleanField(default=False)  # the exchange itself reaches no further back than `since`
    certain = models.BooleanField(default=True)  # False: that limit is remembered, not documented
    # When the walk began that last came to its end: whatever was told by then is here.
    read_at = models.DateTimeField(null=True)
    # [from, to]: nobody asked until the exchange no longer told it. Only files have it.
    holes = models.JSONField(default=list)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["wallet", "stream"], name="one_coverage_per_stream"),)


class ReportedBalance(models.Model):
    """What the exchange said it holds, as of the last time it was asked."""

    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="reported_balances")
    asset = models.CharField(max_length=64)  # the exchange's own symbol
    place = models.CharField(max_length=32, blank=True)
    amount = ExactField()
    reported_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["wallet", "asset", "place"], name="one_balance_per_place"),)


class ReportedDay(models.Model):
    """What a day's last report said, so that it can be told since when it differs from what is calculated.

    One row for a whole report, which names all that is held: so nothing has to be compared to write it, and what it
    leaves out is nought.
    """

    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="+", db_index=False)
    typed = models.CharField(max_length=64, blank=True)  # the one asset of which the owner says it; blank: the exchange
    day = models.DateField()  # in UTC
    amounts = models.JSONField()  # by the exchange's own symbols, over all places; as text, to the last digit
    reported_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["wallet", "typed", "day"], name="one_report_kept_a_day"),)
