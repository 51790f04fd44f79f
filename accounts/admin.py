"""What staff see of people: who they are, what was done, what was mailed. Never a secret, never a change by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts import email_changes, recovery
from accounts.admin_console import Look, console
from accounts.audit import Action, ActorKind, actor_of
from accounts.email_changes import Keep
from accounts.models import AuditEvent, FactorRecovery, Notice, User
from accounts.notice_kinds import CATALOGUE
from accounts.notices import Kind, tell

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class ActionFilter(admin.SimpleListFilter):
    """From the code, not from a DISTINCT over every event."""

    title = "what was done"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's signature
        return [(action.value, action.words) for action in Action]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - as above
        return queryset.filter(action=self.value()) if self.value() else queryset


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:  # noqa: ARG002 - as above
        return [(kind, entry.title) for kind, entry in CATALOGUE.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - as above
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(User, site=console)
class UserAdmin(Look):
    list_display = ("email", "state", "recovering", "is_staff", "date_joined")
    search_fields = ("email",)
    ordering = ("-pk",)
    fields = ("email", "state", "is_staff", "date_joined", "last_login", "base_currency", "time_zone", "purge_at")
    actions = ("start_recovery", "keep_former_address", "keep_present_address")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:  # noqa: ARG002 - as above
        running = FactorRecovery.objects.filter(owner=OuterRef("pk"), cancelled_at=None, used_at=None)
        users: QuerySet[User] = User.objects.order_by(*self.ordering)
        return users.annotate(in_recovery=Exists(running))

    def owner_of(self, row: User) -> User:
        return row

    def named(self, words: str) -> QuerySet[User]:
        return User.objects.filter(email__icontains=words)

    @admin.display(description="State")
    def state(self, row: User) -> str:
        if row.contested_at:
            return "two addresses claim it"
        if row.purge_at:
            return f"closing, purged on {row.purge_at:%Y-%m-%d}"
        return "active" if row.is_active else "switched off"

    @admin.display(description="Recovery runs", boolean=True)
    def recovering(self, row: Any) -> bool:
        return bool(row.in_recovery)

    @admin.action(description="Start recovery of a lost second factor (72 hours, nobody can shorten it)")
    def start_recovery(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """One person at a time: whoever wrote to us, and nobody beside."""
        owner, now = self._one(request, chosen), timezone.now()
        if owner is None:
            return
        if owner.contested_at:
            words = f"Two addresses claim {owner.email}. Decide first which one is the owner's. Nothing was begun."
            self.message_user(request, words, messages.WARNING)
            return
        if not recovery.start(by=actor_of(request, ActorKind.STAFF), owner=owner, now=now):
            words = f"{owner.email} has no second factor: the password alone leads to setting one up. Nothing was sent."
            self.message_user(request, words, messages.WARNING)
            return
        tell(owner=owner, kind=Kind.STAFF_ACTED, now=now, what="They started the recovery of your second factor.")
        self.message_user(request, f"{owner.email} was sent a mail with the next step.")

    @admin.action(description="Contested address: the former one is the owner's")
    def keep_former_address(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self._decide(request, chosen, Keep.FORMER)

    @admin.action(description="Contested address: the present one is the owner's")
    def keep_present_address(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        self._decide(request, chosen, Keep.PRESENT)

    def _decide(self, request: HttpRequest, chosen: QuerySet[User], keep: Keep) -> None:
        """For who has no second factor of before any more, once staff are sure who writes."""
        owner, now = self._one(request, chosen), timezone.now()
        if owner is None:
            return
        try:
            kept = email_changes.decide(by=actor_of(request, ActorKind.STAFF), owner=owner, keep=keep, now=now)
        except email_changes.NotContestedError:
            self.message_user(request, f"Nothing of that kind is in question for {owner.email}.", messages.WARNING)
            return
        tell(owner=owner, kind=Kind.STAFF_ACTED, now=now, what=f"They decided that {kept} is your address.")
        self.message_user(request, f"{kept} signs in, and no other address.")

    def _one(self, request: HttpRequest, chosen: QuerySet[User]) -> User | None:
        if chosen.count() != 1:
            self.message_user(request, "Choose one person.", messages.WARNING)
            return None
        return chosen.get()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Django shows actions to those who may change; nobody may change a row that is opened."""
        return obj is None and super().has_view_permission(request)


@admin.register(AuditEvent, site=console)
class AuditAdmin(Look):
    """Not what it was done to, nor the particulars: wallets, files, tokens and passkeys are called there as their owner
    calls them, and symbols say what somebody holds. What staff themselves looked at is in our words.
    """

    list_display = ("at", "action", "owner", "actor_kind", "actor", "looked_at", "ip")
    list_select_related = ("owner", "actor")
    list_filter = (ActionFilter,)
    search_fields = ("=owner__email",)
    search_help_text = "The whole e-mail address of an owner"
    ordering = ("-at", "-id")
    fields = ("at", "action", "owner", "actor_kind", "actor", "about", "looked_at", "searched", "ip", "agent")

    @admin.display(description="What staff looked at")
    def looked_at(self, row: AuditEvent) -> str:
        return row.subject if row.action == Action.STAFF_LOOKED else ""

    @admin.display(description="What they searched for")
    def searched(self, row: AuditEvent) -> str:
        return str(row.details.get("query", "")) if row.action == Action.STAFF_LOOKED else ""


@admin.register(Notice, site=console)
class NoticeAdmin(Look):
    list_display = ("created_at", "kind", "owner", "mails_sent", "mail_attempts", "mail_due_at", "read_at", "closed_at")
    list_select_related = ("owner",)
    list_filter = (KindFilter,)
    search_fields = ("=owner__email",)
    search_help_text = "The whole e-mail address of an owner"
    ordering = ("-created_at", "-id")
    # Not its facts: they are between the owner and us, and say nothing about why a mail did not go.
    fields = ("created_at", "kind", "owner", "mails_sent", "mail_attempts", "mail_due_at", "read_at", "closed_at")


FactorRecovery._meta.verbose_name_plural = "factor recoveries"  # noqa: SLF001  # the console's word; in Meta it would be a migration


@admin.register(FactorRecovery, site=console)
class RecoveryAdmin(Look):
    list_display = ("started_at", "owner", "started_by", "confirmed_at", "due_at", "cancelled_at", "used_at")
    list_select_related = ("owner", "started_by")
    search_fields = ("=owner__email",)
    search_help_text = "The whole e-mail address of an owner"
    ordering = ("-started_at", "-id")
    fields = ("owner", "started_by", "started_at", "confirmed_at", "due_at", "cancelled_at", "used_at")
