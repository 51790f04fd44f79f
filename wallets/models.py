"""A wallet is one exchange account, connected or fed by files. It outlives its credentials."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from config.fields import SealedField
from config.leases import Leased

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.models import User

WAYS = [("oauth", "Sign-in at the exchange"), ("key", "Key"), ("csv", "Files"), ("manual", "By hand")]


class WalletState(models.TextChoices):
    """What a wallet shows. The last five are the owner's or the bin's doing, the others what syncing found."""

    WORKING = "working"
    PARTLY = "partly"
    NEEDS_YOU = "needs_you"
    EXCHANGE_DOWN = "exchange_down"
    WAITING = "waiting"
    PAUSED = "paused"
    ARCHIVED = "archived"
    DETACHED = "detached"
    IN_BIN = "in_bin"
    RETIRED = "retired"


# The owner's word, the strongest first: it comes before what syncing found.
STOPS = (
    ("binned_at", WalletState.IN_BIN),
    ("detached_at", WalletState.DETACHED),
    ("archived_at", WalletState.ARCHIVED),
    ("paused_at", WalletState.PAUSED),
)
# Shown first wherever there is little room.
TROUBLED = [WalletState.NEEDS_YOU, WalletState.PARTLY, WalletState.EXCHANGE_DOWN]
RUNNING = Q(binned_at=None, paused_at=None, archived_at=None, detached_at=None)


class WalletQuerySet(models.QuerySet["Wallet"]):
    def for_user(self, user: User) -> WalletQuerySet:
        return self.filter(owner=user)

    def held(self, pk: UUID) -> Wallet:
        """As it is now, and ours until the transaction ends. Who takes a wallet and its run takes the wallet first:
        else two wait for each other.
        """
        return self.select_for_update(no_key=True).get(pk=pk)

    def kept(self) -> WalletQuerySet:
        return self.filter(binned_at=None)

    def binned(self) -> WalletQuerySet:
        return self.filter(binned_at__isnull=False, purged_at=None)

    def in_state(self, state: str) -> WalletQuerySet:
        """Those of which `state` would say so."""
        found = self
        for column, stopped in STOPS:
            if stopped == state:
                return found.filter(**{f"{column}__isnull": False})
            found = found.filter(**{column: None})
        return found.filter(health=state)

    def watched(self) -> WalletQuerySet:
        """Those that are asked by themselves. What the owner stopped waits for the owner."""
        return self.kept().filter(paused_at=None, archived_at=None, detached_at=None, way__in=["key", "oauth"])

    def due(self, *, now: datetime) -> WalletQuerySet:
        return self.watched().filter(next_try_at__lte=now)


class Wallet(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="wallets")
    exchange = models.CharField(max_length=32)
    region = models.CharField(max_length=32, blank=True)
    way = models.CharField(max_length=8, choices=WAYS)
    label = models.CharField(max_length=80)
    note = models.TextField(blank=True)  # the owner's own
    # The account's own identity, made once: history hangs on it, whatever credential reads it and whatever the label.
    book = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField()

    # Health, written by whoever last talked to the exchange (a test, the checklist, a sync).
    health = models.CharField(max_length=16, choices=WalletState.choices, default=WalletState.WAITING)
    cause = models.CharField(max_length=24, blank=True)
    cause_right = models.CharField(max_length=80, blank=True)
    # What the key failed of while its exchange was in trouble, for which nobody is blamed: `cause` says maintenance.
    excused = models.CharField(max_length=24, blank=True, default="", db_default="")
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)  # one after the other, of the same cause
    # Of whatever causes that are the owner's turn, since it last answered.
    refusals = models.PositiveSmallIntegerField(default=0, db_default=0)
    last_success_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)  # none: only after the owner did something
    streams = models.JSONField(default=list)

    # The owner's doing. The bin keeps everything for 30 days.
    paused_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    detached_at = models.DateTimeField(null=True)
    binned_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)  # its time in the bin is over: only the name of its book is left
    rotate_months = models.PositiveSmallIntegerField(null=True)  # remind of a new key; none: never

    objects = WalletQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["owner", "book"], condition=Q(binned_at=None), name="one_wallet_per_book"),
        )
        indexes = (
            models.Index(fields=["owner", "-created_at", "-id"], name="wallets_of_owner"),
            models.Index(
                fields=["owner", "health", "-created_at", "-id"],
                condition=RUNNING & Q(health__in=TROUBLED),
                name="wallets_in_trouble",
            ),
            models.Index(
                fields=["owner", "-binned_at", "-id"],
                condition=Q(binned_at__isnull=False, purged_at=None),
                name="wallets_in_bin",
            ),
            models.Index(fields=["-created_at", "-id"], name="wallets_newest"),
            models.Index(fields=["next_try_at"], condition=Q(binned_at=None, paused_at=None), name="wallets_due"),
            models.Index(fields=["exchange", "cause"], name="wallets_failing"),
            models.Index(fields=["exchange"], condition=~Q(excused=""), name="wallets_excused"),
        )

    @property
    def state(self) -> WalletState:
        """The owner's word, else what syncing found."""
        return next((state for column, state in STOPS if getattr(self, column)), WalletState(self.health))

    @property
    def is_excused(self) -> bool:
        """Its key is tried again when its exchange is out of its trouble."""
        return bool(self.excused) and self.next_try_at is None

    @property
    def is_connected(self) -> bool:
        """By key or sign-in, or meant to be: what is fed by files and by hand has no health of its own."""
        return self.way in {"key", "oauth"}

    @property
    def may_be_asked(self) -> bool:
        """What rests until its owner acts, or until its exchange is well, is left alone: keys that keep failing get
        accounts locked.
        """
        asked = {WalletState.WORKING, WalletState.PARTLY, WalletState.WAITING, WalletState.EXCHANGE_DOWN}
        return self.is_connected and self.state in asked and not self.is_excused

    @property
    def awaits_history(self) -> bool:
        """No run has come to its end yet: that its key was tried says nothing of what the account holds."""
        return self.is_connected and not self.streams


class AccountClaim(models.Model):
    """By what a book is known again: a keyed hash of an id the exchange told. Never looked up across owners."""

    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    book = models.UUIDField()
    exchange = models.CharField(max_length=32)
    kind = models.CharField(max_length=16)
    digest = models.CharField(max_length=64)
    claimed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["owner", "exchange", "kind", "digest"], name="one_book_per_claim"),
        )


class Credential(models.Model):
    """A key or a grant, as one version. Exactly one is current; a former one is wiped, and the row stays as history.

    `staged` lies in reserve beside the current one, until its first clean sync. `ending` is out of force: nothing is
    read with it any more, but it is needed once, to take it back at the exchange (a sign-in) or to see that it is dead
    there (a leaked key).
    """

    class Standing(models.TextChoices):
        CURRENT = "current"
        STAGED = "staged"
        ENDING = "ending"
        FORMER = "former"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    wallet = models.ForeignKey(Wallet, models.PROTECT, related_name="credentials")
    version = models.PositiveIntegerField()
    way = models.CharField(max_length=8, choices=WAYS)
    standing = models.CharField(max_length=8, choices=Standing.choices)
    sealed = SealedField(purpose="exchange credential", null=True)  # none: wiped
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    wiped_at = models.DateTimeField(null=True)
    leaked_at = models.DateTimeField(null=True)  # the owner said so
    ends_at = models.DateTimeField(null=True)  # one that is ending, or was refused in reserve, is wiped then
    dead_at = models.DateTimeField(null=True)  # the exchange was seen to refuse it
    expires_at = models.DateTimeField(null=True)  # as the exchange says
    # Why one in reserve failed; it waits for its owner.
    cause = models.CharField(max_length=24, blank=True, default="", db_default="")
    cause_right = models.CharField(max_length=80, blank=True, default="", db_default="")
    doubts = models.PositiveSmallIntegerField(default=0, db_default=0)  # of what may be nothing, in a row
    confirmed_at = models.DateTimeField(null=True)  # the owner's own word that it only reads, where nobody can tell
    confirmed_words = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["wallet", "version"], name="credential_versions"),
            models.UniqueConstraint(fields=["wallet"], condition=Q(standing="current"), name="one_current_credential"),
            models.UniqueConstraint(fields=["wallet"], condition=Q(standing="staged"), name="one_staged_credential"),
            models.CheckConstraint(condition=~Q(standing="former") | Q(sealed__isnull=True), name="former_is_wiped"),
        )
        indexes = (
            models.Index(
                fields=["owner", "-created_at", "-id"], condition=Q(standing="current"), name="connections_of_owner"
            ),
        )


class RightsReport(models.Model):
    """What a credential could do on a day, as the exchange itself said."""

    credential = models.ForeignKey(Credential, models.PROTECT, related_name="rights_reports")
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    can_tell = models.BooleanField()
    read = models.JSONField(default=list)
    beyond = models.JSONField(default=list)
    missing = models.JSONField(default=list)
    ips = models.JSONField(null=True)
    expires_at = models.DateTimeField(null=True)


class CredentialTest(Leased):
    """A candidate on trial, in a worker, from the address that will sync. Wiped at its end, in 15 minutes at most."""

    LASTING: ClassVar[timedelta] = timedelta(minutes=3)
    MAX_ATTEMPTS: ClassVar[int] = 2
    LIFE: ClassVar[timedelta] = timedelta(minutes=15)

    class Purpose(models.TextChoices):
        LOOK = "look"  # test without saving
        CONNECT = "connect"
        REPLACE = "replace"
        STAGE = "stage"
        CHECK = "check"  # the wallet's current credential, by its checklist
        END = "end"  # an ending credential: take it back, or see that it is dead

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        ASKING = "asking"  # passed, and the owner has a question to answer before it is saved
        PASSED = "passed"
        FAILED = "failed"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="credential_tests")
    wallet = models.ForeignKey(Wallet, models.PROTECT, null=True, related_name="credential_tests")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    way = models.CharField(max_length=8, choices=WAYS, default="key")
    credential = models.ForeignKey(Credential, models.PROTECT, null=True, related_name="+")  # which is checked, or ends
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    exchange = models.CharField(max_length=32)
    region = models.CharField(max_length=32, blank=True)
    label = models.CharField(max_length=80, blank=True)
    sealed = SealedField(purpose="candidate credential", null=True)
    lines = models.JSONField(default=list)
    outcome = models.JSONField(default=dict)  # rights, questions, pointer to another wallet; never a value
    claims = models.JSONField(default=list)  # keyed hashes of the account's ids, until the owner has answered
    cause = models.CharField(max_length=24, blank=True)
    cause_right = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=["owner", "-created_at"], name="tests_of_owner"),
            models.Index(fields=["not_before"], condition=Q(finished_at=None), name="tests_waiting"),
        )

    @property
    def holds_tokens(self) -> bool:
        """What an exchange gave for a consent: in no one's hand, it has to be taken back there."""
        return self.way == "oauth" and self.sealed is not None and bool(self.outcome.get("redeemed"))

    def part(self, *, now: datetime) -> None:
        """Its time is over and its candidate goes: at once, or, where it has to be taken back, with the next sweep."""
        self.state, self.finished_at, self.lease_token, self.lease_until = self.State.EXPIRED, now, None, None
        self.sealed = self.sealed if self.holds_tokens else None
        self.save(update_fields=["state", "finished_at", "lease_token", "lease_until", "sealed"])

    def fell(self, *, now: datetime) -> None:
        """Who waits for a test that killed its workers hears of the end, and its candidate goes. What has to end at an
        exchange is tried until its last day.
        """
        if self.purpose == self.Purpose.END:
            self.again(at=now + self.back_off())
            return
        super().fell(now=now)
        if self.failed:
            self.part(now=now)


class OAuthGrant(models.Model):
    """What a sign-in allows, and how it is kept alive.

    A refresh token may be spent by its use. So whoever refreshes takes a lease and commits that it is about to ask;
    nobody holds a row lock across the network.
    """

    credential = models.OneToOneField(Credential, models.PROTECT, related_name="grant")
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    scopes = models.JSONField(default=list)  # as granted
    access_expires_at = models.DateTimeField(null=True)  # none: the provider names no end
    renewable = models.BooleanField()
    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    refreshed_at = models.DateTimeField(null=True)


class OAuthStart(models.Model):
    """A phone's way to an exchange's consent page and back. (A browser's is kept in its session.)

    Found by the digest of the state that only the provider's page carries back; finished by the owner alone, with a
    code that is worth nothing to anybody else.
    """

    LIFE: ClassVar[timedelta] = timedelta(minutes=15)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    wallet = models.ForeignKey(Wallet, models.PROTECT, null=True, related_name="+")
    exchange = models.CharField(max_length=32)
    label = models.CharField(max_length=80, blank=True)
    return_to = models.CharField(max_length=500)
    state_digest = models.CharField(max_length=64, unique=True)
    sealed = SealedField(purpose="sign-in on its way", null=True)  # what was remembered, later the code too
    test = models.ForeignKey(CredentialTest, models.CASCADE, null=True, related_name="+")  # waits for the phone
    code_digest = models.CharField(max_length=64, blank=True)
    came_back_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)


class HelpRequest(models.Model):
    """An owner asks staff for help. Staff sees it only while the owner consents."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="help_requests")
    wallet = models.ForeignKey(Wallet, models.PROTECT, null=True, related_name="+")
    subject = models.CharField(max_length=120)
    words = models.TextField(blank=True)
    bundle = models.JSONField(default=dict)  # checklist, causes, ids: no secret, no amount
    consent_until = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=["owner", "-created_at", "-id"], name="help_of_owner"),
            models.Index(fields=["consent_until"], name="help_visible"),
        )
