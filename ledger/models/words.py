"""What owners say about transactions. Nothing here is ever changed or overwritten: a later word stands beside it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from config.append_only import AppendOnly
from config.leases import Leased, LeaseQuerySet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from accounts.models import User
    from wallets.models import Wallet

CLOSING = "SELECT purge_at IS NOT NULL FROM accounts_user WHERE id = OLD.owner_id"


class KeyQuerySet(models.QuerySet["TransactionKey"]):
    def for_user(self, user: User) -> KeyQuerySet:
        return self.filter(owner=user)


class TransactionKey(models.Model):
    """The name of a transaction, given once. It hangs on the book, not on the wallet, and on the identity of the row
    that was first to tell of it: so it survives rebuilding, new parsing, another key, and the wallet's own end.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    book = models.UUIDField()
    anchor = models.CharField(max_length=260)
    # Two turned out to be one: this name still answers, with the other's transaction. Told by the journal.
    alias_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="aliases")
    created_at = models.DateTimeField()

    objects = KeyQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["book", "anchor"], name="one_key_per_anchor"),)


class FormerBookQuerySet(models.QuerySet["FormerBook"]):
    def for_user(self, user: User) -> FormerBookQuerySet:
        return self.filter(owner=user)

    def joined(self) -> FormerBookQuerySet:
        return self.filter(verdict=FormerBook.Verdict.SAME)


class FormerBook(models.Model):
    """A book whose wallet is gone, and which seems to be of the account that another wallet is fed from by now. Once it
    is joined, what was said under its names is said of the same transactions there. Nothing is moved or written anew.
    """

    class Verdict(models.TextChoices):
        ASKED = "asked"
        SAME = "same"
        OTHER = "other"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="+")  # in which it was found again
    book = models.UUIDField()  # that goes on
    former = models.UUIDField()
    removed_at = models.DateTimeField()  # its wallet was, by its owner
    verdict = models.CharField(max_length=5, choices=Verdict.choices, default=Verdict.ASKED)
    by_itself = models.BooleanField(default=False)  # there was no doubt
    agreeing = models.PositiveIntegerField()  # names that both have, of those that came at once
    said = models.PositiveIntegerField()  # transactions about which the owner said something
    rules = models.PositiveIntegerField()  # about that wallet alone
    found_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    objects = FormerBookQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["book", "former"], name="one_word_per_former_book"),
            models.UniqueConstraint(fields=["former"], condition=Q(verdict="same"), name="joined_to_one_book"),
        )
        indexes = (models.Index(fields=["owner"], name="former_books_of_owner"),)


class EditQuerySet(models.QuerySet["Edit"]):
    def for_user(self, user: User) -> EditQuerySet:
        return self.filter(owner=user)

    def of(self, keys: Iterable[UUID]) -> EditQuerySet:
        return self.filter(key__in=keys).order_by("id")


class Edit(models.Model):
    """One field of one transaction, as its owner says it. Those of one `act` were made at once and are undone at once.

    `seen` is what the sources said then: where they say something else now, the owner decides.
    """

    class Move(models.TextChoices):
        SAY = "say"
        UNDO = "undo"
        REDO = "redo"

    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    key = models.ForeignKey(TransactionKey, models.PROTECT, related_name="edits")
    act = models.UUIDField()
    move = models.CharField(max_length=4, choices=Move.choices, default=Move.SAY)
    field = models.CharField(max_length=16)
    mine = models.BooleanField()  # False: what the sources say holds again
    value = models.JSONField(null=True)
    seen = models.JSONField(null=True)
    actor_kind = models.CharField(max_length=8)
    actor_label = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    objects = EditQuerySet.as_manager()

    class Meta:
        constraints = (AppendOnly(name="edit_append_only", may_purge=CLOSING),)
        indexes = (
            models.Index(fields=["key", "id"], name="edits_of_key"),
            models.Index(fields=["owner", "act", "id"], name="edits_in_act"),
        )


class BulkEditQuerySet(LeaseQuerySet["BulkEdit"]):
    def for_user(self, user: User) -> BulkEditQuerySet:
        return self.filter(owner=user)


class BulkEdit(Leased):
    """One word about more transactions than are changed at once: workers say it slice by slice, and take it back so.

    `id` is the act of its edits. `after` is how far they have come: each slice is one transaction with its edits, so
    whoever goes on after a sudden end says nothing twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    filters = models.JSONField()  # texts, as a list's address carries them
    changes = models.JSONField()
    more_tags = models.JSONField(default=list)
    move = models.CharField(max_length=4, choices=Edit.Move.choices, default=Edit.Move.SAY)
    after = models.CharField(max_length=80, blank=True)
    whole = models.PositiveIntegerField()  # transactions that it was to change, when it was asked for
    changed = models.PositiveIntegerField(default=0)  # by the move under way
    left_out = models.PositiveIntegerField(default=0)  # could not take it: too many tags
    actor_kind = models.CharField(max_length=8)
    actor_label = models.CharField(max_length=120, blank=True)
    asked_at = models.DateTimeField()

    objects = BulkEditQuerySet.as_manager()  # type: ignore[misc]  # the stubs take a manager for a row's own

    class Meta:
        indexes = (
            models.Index(fields=["-asked_at", "-id"], name="bulk_edits_of_all"),
            models.Index(fields=["not_before"], condition=Q(finished_at=None), name="bulk_edits_waiting"),
        )

    @property
    def state(self) -> str:
        return "under_way" if self.finished_at is None else "failed" if self.failed else "done"


class Clocked(models.Model):
    """Within one book, the clock of `origin` is ahead of that of `against` by so much. Origins as matchers name them:
    "api", or a file's format, with its layout where both are of one format.
    """

    origin = models.CharField(max_length=40)
    against = models.CharField(max_length=40)
    seconds = models.IntegerField()
    reasons = models.JSONField(default=list)  # of the first pair: [{code, words, speaks_for}]
    since = models.DateTimeField()  # when the first of the pairs happened, and the last
    until = models.DateTimeField()

    class Meta:
        abstract = True

    @property
    def clock(self) -> tuple[str, str, int]:
        return self.origin, self.against, self.seconds


class ClockWordQuerySet(models.QuerySet["ClockWord"]):
    def for_user(self, user: User) -> ClockWordQuerySet:
        return self.filter(owner=user)

    def of_whom(self) -> ClockWordQuerySet:
        """With the book that goes on where theirs ended."""
        joined = FormerBook.objects.joined().filter(former=OuterRef("book")).values("book")
        return self.annotate(goes_on=Coalesce(Subquery(joined), "book"))

    def of_books(self, books: Any) -> ClockWordQuerySet:
        return self.of_whom().filter(Q(("goes_on__in", books)))

    def standing(self) -> ClockWordQuerySet:
        """The latest about each clock."""
        said: Any = ClockWord.objects.of_whom()
        later = said.filter(
            goes_on=OuterRef("goes_on"),
            origin=OuterRef("origin"),
            against=OuterRef("against"),
            seconds=OuterRef("seconds"),
            id__gt=OuterRef("id"),
        )
        return self.of_whom().filter(~Exists(later))


class ClockWord(Clocked):
    """What its owner says of it. It hangs on the book, as names do, and is found again with it. The latest word about a
    clock holds, for what is here and for what comes: the matcher puts the clock right, or does not.
    """

    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    book = models.UUIDField()
    act = models.UUIDField(unique=True, default=uuid.uuid4)
    same = models.BooleanField()  # they are the same, told by another clock
    pairs = models.PositiveIntegerField()  # as many as there were when it was asked
    actor_kind = models.CharField(max_length=8)
    at = models.DateTimeField()

    objects = ClockWordQuerySet.as_manager()

    class Meta:
        constraints = (AppendOnly(name="clock_word_append_only", may_purge=CLOSING),)
        indexes = (
            models.Index(fields=["book", "-id"], name="clock_words_of_book"),
            models.Index(fields=["owner", "-id"], name="clock_words_of_owner"),
        )


class Decision(models.Model):
    """Whether two transactions are one, or belong together. The latest word about a pair holds."""

    class Kind(models.TextChoices):
        SAME = "same"
        DIFFERENT = "different"
        LINKED = "linked"  # what left in `one` arrived in `other`
        APART = "apart"
        # What was said last is taken back, and nobody has said anything: of a transfer, and of what may be told twice.
        UNSAID = "unsaid"
        UNDECIDED = "undecided"

    ABOUT = {
        "duplicates": (Kind.SAME, Kind.DIFFERENT, Kind.UNDECIDED),
        "transfers": (Kind.LINKED, Kind.APART, Kind.UNSAID),
    }
    TAKEN_BACK = {"duplicates": Kind.UNDECIDED, "transfers": Kind.UNSAID}

    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    one = models.ForeignKey(TransactionKey, models.PROTECT, related_name="+")
    other = models.ForeignKey(TransactionKey, models.PROTECT, related_name="+")
    act = models.UUIDField()  # of what was decided at once: one that left and arrived as several
    batch = models.UUIDField(null=True)  # of acts that were decided at once, and are taken back as one
    by_itself = models.BooleanField()  # found by the matcher; never against an owner's word
    score = models.PositiveSmallIntegerField(null=True)  # of a hundred
    reasons = models.JSONField(default=list)
    # It holds as long as this does: two are one by a clock that was put right, or no longer are.
    clock = models.ForeignKey(ClockWord, models.PROTECT, null=True, related_name="+", db_index=False)
    actor_kind = models.CharField(max_length=8)
    at = models.DateTimeField()

    class Meta:
        constraints = (AppendOnly(name="decision_append_only", may_purge=CLOSING),)
        indexes = (
            models.Index(fields=["clock"], condition=Q(clock__isnull=False), name="decisions_by_clock"),
            models.Index(fields=["batch"], condition=Q(batch__isnull=False), name="decisions_of_batch"),
            models.Index(fields=["one", "other", "-id"], name="decisions_of_one"),
            models.Index(fields=["other", "-id"], name="decisions_of_other"),
            models.Index(fields=["owner", "-id"], name="decisions_of_owner"),
            # Whether both ends of each link are here: two walks, and no look at the words themselves.
            models.Index(fields=["owner", "one", "other"], condition=Q(kind="linked"), name="links_by_one"),
            models.Index(fields=["owner", "other", "one"], condition=Q(kind="linked"), name="links_by_other"),
        )


class RuleQuerySet(models.QuerySet["Rule"]):
    def for_user(self, user: User) -> RuleQuerySet:
        return self.filter(owner=user)

    def in_order(self) -> RuleQuerySet:
        return self.order_by("place", "id")

    def found_again(self, wallet: Wallet) -> None:
        """An account was removed and added again: what was said of its former wallet is said of this one."""
        joined = FormerBook.objects.joined().filter(book=wallet.book).values("former")
        gone = self.filter(owner=wallet.owner_id, wallet__purged_at__isnull=False)
        gone.filter(Q(wallet__book=wallet.book) | Q(wallet__book__in=joined)).update(wallet=wallet)


class Rule(models.Model):
    """A standing word, such as that rewards from Kraken are staking. One about a single transaction is stronger."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    place = models.PositiveIntegerField()  # the first rule that fits a field decides it
    exchange = models.CharField(max_length=32, blank=True)
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=12, blank=True)
    category = models.CharField(max_length=40, blank=True)
    asset = models.CharField(max_length=64, blank=True)
    words = models.CharField(max_length=80, blank=True)  # in the source's note
    then_kind = models.CharField(max_length=12, blank=True)
    then_category = models.CharField(max_length=40, blank=True)
    then_tags = ArrayField(models.CharField(max_length=40), default=list)
    then_ignored = models.BooleanField(null=True)
    created_at = models.DateTimeField()

    objects = RuleQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=["owner", "place", "id"], name="rules_of_owner"),)
