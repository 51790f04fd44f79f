"""What staff see and do about synchronisation: the board of failing wallets, runs, incidents, exchanges that are held.

Never a secret, an amount, a market or an owner's own words. Each look and each act is recorded.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from accounts.admin_console import Look, console
from accounts.audit import Action, ActorKind, actor_of, record
from accounts.guards import staff
from ledger import reading_anew
from ledger.admin import ask_to_read_anew
from ledger.models import Coverage
from sync import holds, retries
from sync.board import AGES, board
from sync.forms import ExchangeForm, GroupForm, HoldForm
from sync.list_names import kind_of
from sync.models import HeldExchange, Incident, Run, StreamState
from wallets.admin import LATEST, CauseFilter, ExchangeFilter, WalletAdmin, moment, table
from wallets.models import Wallet

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django.utils.safestring import SafeString

    from accounts.audit import Actor

BOARD = "admin:sync_board"


def actor(request: HttpRequest) -> Actor:
    return actor_of(request, ActorKind.STAFF)


# --- the board ----------------------------------------------------------------------------------------------------


@require_safe
@staff
def board_page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    by, what = actor(request), "the board of failing wallets"
    record(by=by, action=Action.STAFF_LOOKED, owner=None, now=now, subject=what)
    rows = board(now)
    context = {
        **console.each_context(request),
        "title": "Failing wallets",
        "rows": rows,
        "wallets": sum(row.wallets for row in rows),
        "ages": AGES,
        "now": now,
        "form": HoldForm(),
    }
    return render(request, "admin/sync/board.html", context)


@require_POST
@staff
def retry(request: HttpRequest) -> HttpResponse:
    form = GroupForm(request.POST)
    if not form.is_valid():
        messages.error(request, "There is no such exchange or cause.")
        return redirect(BOARD)
    try:
        asked = retries.ask_group_again(by=actor(request), now=timezone.now(), **form.cleaned_data)
    except retries.HeldError:
        messages.error(request, "This exchange is paused. End the pause first.")
    except retries.OwnersTurnError:
        messages.error(request, "Only the owner or the exchange can mend this. Trying again would help nobody.")
    else:
        messages.success(request, said_of(asked))
    return redirect(BOARD)


def said_of(asked: retries.Asked) -> str:
    who = f"{asked.wallets} wallet{'s are' if asked.wallets != 1 else ' is'}"
    if asked.one_first:
        return f"{who} due. One is tried now, and the others when the incident is over."
    return f"{who} tried again now."


@require_POST
@staff
def hold(request: HttpRequest) -> HttpResponse:
    form = HoldForm(request.POST)
    if form.is_valid():
        holds.hold(by=actor(request), now=timezone.now(), **form.cleaned_data)
        messages.success(request, "Paused. What is being read just now ends within a minute.")
    else:
        messages.error(request, "Say which exchange, and why.")
    return redirect(BOARD)


@require_POST
@staff
def release(request: HttpRequest) -> HttpResponse:
    form = ExchangeForm(request.POST)
    if form.is_valid() and holds.release(by=actor(request), now=timezone.now(), **form.cleaned_data):
        messages.success(request, "The pause is over. Wallets that are due are read now.")
    else:
        messages.error(request, "This exchange is not paused.")
    return redirect(BOARD)


# --- runs ---------------------------------------------------------------------------------------------------------


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's signature
        return [(state.value, state.label) for state in Run.State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - as above
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(Run, site=console)
class RunAdmin(Look):
    """Counts of rows are not shown: they tell how much somebody trades. Nor are names of lists: they name markets."""

    list_display = ("created_at", "owner", "exchange", "state", "asked_by", "cause", "code", "pages", "finished_at")
    list_select_related = ("owner",)
    list_filter = (StateFilter, CauseFilter, ExchangeFilter)
    search_fields = ("=owner__email",)
    search_help_text = "The whole e-mail address of an owner"
    ordering = ("-created_at", "-id")
    sortable_by = ()
    fields = (
        "id",
        "owner",
        "of_wallet",
        "exchange",
        "state",
        "asked_by",
        "full",
        "cause",
        "code",
        "pages",
        "attempts",
        "created_at",
        "started_at",
        "not_before",
        "finished_at",
        "lists",
    )

    def get_urls(self) -> list[URLPattern]:
        """The board and its acts stand before the rows' own pages."""
        pages = {"board": board_page, "board/retry": retry, "board/hold": hold, "board/release": release}
        ours = [
            path(f"{where}/", self.admin_site.admin_view(view), name=f"sync_{where.replace('/', '_')}")
            for where, view in pages.items()
        ]
        return [*ours, *super().get_urls()]

    def about(self, row: Run) -> UUID | None:
        return row.wallet_id

    @admin.display(description="Wallet")
    def of_wallet(self, row: Run) -> SafeString:
        where = reverse("admin:wallets_wallet_change", args=[row.wallet_id])
        return format_html('<a href="{}">{}</a>', where, row.wallet_id)

    @admin.display(description="Lists, by kind")
    def lists(self, row: Run) -> SafeString:
        ended = sorted({(kind_of(each["stream"]), each["state"], each["cause"]) for each in row.summary})
        return table(("Kind", "State", "Cause"), ended)


# --- incidents, and exchanges that are held -------------------------------------------------------------------------


class OfNobody(Look):
    """Rows that belong to no owner."""

    sortable_by = ()

    def owner_of(self, row: Any) -> None:  # noqa: ARG002 - as above
        return None


@admin.register(Incident, site=console)
class IncidentAdmin(OfNobody):
    list_display = ("began_at", "exchange", "cause", "owners", "probed_at", "ended_at")
    list_filter = (CauseFilter, ExchangeFilter)
    ordering = ("-began_at", "-id")
    fields = ("id", "exchange", "cause", "owners", "began_at", "probed_at", "ended_at")

    def about(self, row: Incident) -> None:  # noqa: ARG002 - as above
        return None


@admin.register(HeldExchange, site=console)
class HeldAdmin(OfNobody):
    list_display = ("exchange", "why", "held_at")
    ordering = ("exchange",)
    fields = ("exchange", "why", "held_at")


# --- wallets: the list of the floor below, and what sync may do about them -------------------------------------------


class AgeFilter(admin.SimpleListFilter):
    title = "failing for"
    parameter_name = "failing"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:  # noqa: ARG002 - as above
        return [(age.name, age.label.lower()) for age in AGES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - as above
        age = next((age for age in AGES if age.name == self.value()), None)
        return queryset.filter(age.holds(timezone.now())) if age else queryset


console.unregister(Wallet)


@admin.register(Wallet, site=console)
class SyncedWalletAdmin(WalletAdmin):
    list_filter: ClassVar[Any] = (*WalletAdmin.list_filter, AgeFilter)
    fields: ClassVar[Any] = (*WalletAdmin.fields, "not_read", "runs")
    actions = ("ask_again", "pull_again", "read_anew")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Django shows actions to those who may change; nobody may change a row that is opened."""
        return obj is None and super().has_view_permission(request)

    @admin.action(description="Try again: what is new, now")
    def ask_again(self, request: HttpRequest, chosen: QuerySet[Wallet]) -> None:
        self._ask(request, chosen, full=False)

    @admin.action(description="Pull everything again")
    def pull_again(self, request: HttpRequest, chosen: QuerySet[Wallet]) -> None:
        self._ask(request, chosen, full=True)

    @admin.action(description="Read all rows anew, without asking the exchange")
    def read_anew(self, request: HttpRequest, chosen: QuerySet[Wallet]) -> None:
        ask_to_read_anew(request, list(chosen.select_related("owner")[: reading_anew.MOST + 1]))

    def _ask(self, request: HttpRequest, chosen: QuerySet[Wallet], *, full: bool) -> None:
        wallets = list(chosen.select_related("owner")[: retries.MOST + 1])
        if len(wallets) > retries.MOST:
            self.message_user(request, f"Choose at most {retries.MOST}; the board takes more.", messages.WARNING)
            return
        asked = retries.ask_again(by=actor(request), wallets=wallets, now=timezone.now(), full=full)
        left = len(wallets) - asked
        note = f" {left} left alone: stopped, paused, without a key, or the owner's turn." if left else ""
        self.message_user(request, f"{asked} asked for.{note}", messages.SUCCESS if asked else messages.WARNING)

    @admin.display(description="Lists that were not read, by kind")
    def not_read(self, row: Wallet) -> SafeString:
        """Since when: where a kind has many lists, of the one that was read to its end longest ago."""
        failing = StreamState.objects.filter(wallet=row, way=row.way).exclude(cause="")
        read = dict(Coverage.objects.filter(wallet=row).values_list("stream", "read_at"))
        kinds: dict[tuple[str, str], list[datetime | None]] = defaultdict(list)
        for state in failing.order_by("stream"):
            kinds[kind_of(state.stream), state.cause].append(read.get(state.stream))
        return table(
            ("Kind", "Cause", "Lists", "Last read"),
            [
                (kind, cause, len(moments), "never" if None in moments else moment(min(filter(None, moments))))
                for (kind, cause), moments in kinds.items()
            ],
        )

    @admin.display(description="Runs, newest first")
    def runs(self, row: Wallet) -> SafeString:
        latest = Run.objects.filter(wallet=row).order_by("-created_at", "-id")[:LATEST]
        return table(
            ("Asked for", "By", "State", "Cause", "Code", "Pages", "Ended"),
            [
                (
                    run_link(run),
                    run.asked_by,
                    run.state,
                    run.cause,
                    run.code,
                    run.pages,
                    moment(run.finished_at),
                )
                for run in latest
            ],
        )


def run_link(run: Run) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:sync_run_change", args=[run.pk]), moment(run.created_at))
