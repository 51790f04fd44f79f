"""What staff see of wallets: which connections fail, where, why, since when. Never a secret, never an identity or an
amount, never the owner's own words; a question only while its owner consents.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from accounts.admin_console import Look, console
from accounts.audit import ActorKind, actor_of
from wallets import catalogue
from wallets import help as asking
from wallets.diagnosis import diagnose
from wallets.models import Credential, CredentialTest, HelpRequest, RightsReport, Wallet
from wallets.records import Cause
from wallets.state_words import WORDS, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.utils.safestring import SafeString

    from wallets.models import WalletQuerySet

    AnyForm = forms.ModelForm[Any]
else:  # Django's class takes its parameter in the type checker only
    AnyForm = forms.ModelForm

LATEST = 5
NOBODY = "the exchange"  # where a wallet has none


# --- filters: from the code, not from a DISTINCT over every wallet -------------------------------------------------


class ExchangeFilter(admin.SimpleListFilter):
    title = "exchange"
    parameter_name = "exchange"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's signature
        return [(row.id, row.name) for row in catalogue.load().values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - as above
        return queryset.filter(exchange=self.value()) if self.value() else queryset


class CauseFilter(admin.SimpleListFilter):
    title = "cause"
    parameter_name = "cause"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:  # noqa: ARG002 - as above
        return [(cause, diagnose(cause, exchange=NOBODY).title) for cause in Cause]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - as above
        return queryset.filter(cause=self.value()) if self.value() else queryset


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:  # noqa: ARG002 - as above
        return [(state, words.label) for state, words in WORDS.items()]

    def queryset(self, request: HttpRequest, queryset: WalletQuerySet) -> WalletQuerySet:  # type: ignore[override] # noqa: ARG002 - our own QuerySet
        chosen = self.value()
        return queryset.in_state(chosen) if chosen in set(WORDS) else queryset


# --- wallets -------------------------------------------------------------------------------------------------------


@admin.register(Wallet, site=console)
class WalletAdmin(Look):
    list_display = (
        "created_at",
        "owner",
        "exchange",
        "way",
        "state",
        "cause",
        "failing_since",
        "last_success_at",
        "next_try_at",
    )
    list_select_related = ("owner",)
    list_filter = (StateFilter, CauseFilter, ExchangeFilter)
    search_fields = ("=owner__email",)
    search_help_text = "The whole e-mail address of an owner"
    ordering = ("-created_at", "-id")
    sortable_by = ("failing_since",)
    # Neither the name nor the note: both are the owner's own words. The book says nothing to anybody.
    fields = (
        "id",
        "owner",
        "exchange",
        "region",
        "way",
        "state",
        "cause",
        "said",
        "cause_right",
        "failing_since",
        "failures",
        "refusals",
        "last_success_at",
        "next_try_at",
        "created_at",
        "credentials",
        "rights",
        "tests",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:  # noqa: ARG002 - Django's signature
        return Wallet.objects.filter(purged_at=None).order_by(*self.ordering)

    @admin.display(description="State")
    def state(self, row: Wallet) -> str:
        return words_of(row).label

    @admin.display(description="As the owner reads it")
    def said(self, row: Wallet) -> str:
        if not row.cause:
            return ""
        exchange = catalogue.named(row.exchange)
        said = diagnose(Cause(row.cause), exchange=exchange, right=row.cause_right, way=row.way)
        return f"{said.title}. {said.remedy}"

    @admin.display(description="Credentials, newest first")
    def credentials(self, row: Wallet) -> SafeString:
        kept = Credential.objects.filter(wallet=row).defer("sealed").order_by("-version")[:LATEST]
        return table(
            ("Number", "Method", "Standing", "Since", "Used", "Ends", "Confirmed", "Leaked", "Dead", "Wiped"),
            [
                (
                    each.version,
                    each.way,
                    each.standing,
                    *map(
                        moment,
                        (
                            each.created_at,
                            each.used_at,
                            each.expires_at,
                            each.confirmed_at,
                            each.leaked_at,
                            each.dead_at,
                            each.wiped_at,
                        ),
                    ),
                )
                for each in kept
            ],
        )

    @admin.display(description="Rights, as the exchange told them")
    def rights(self, row: Wallet) -> SafeString:
        told = RightsReport.objects.filter(credential__wallet=row).order_by("-at")[:LATEST]
        return table(
            ("When", "Can tell", "Reads", "Beyond reading", "Missing", "Addresses"),
            [
                (
                    moment(each.at),
                    "yes" if each.can_tell else "no",
                    ", ".join(each.read),
                    ", ".join(each.beyond),
                    ", ".join(each.missing),
                    "not told" if each.ips is None else f"bound to {len(each.ips)}" if each.ips else "open to all",
                )
                for each in told
            ],
        )

    @admin.display(description="Tests and checks, newest first")
    def tests(self, row: Wallet) -> SafeString:
        done = CredentialTest.objects.filter(wallet=row).defer("sealed", "claims").order_by("-created_at")[:LATEST]
        return table(
            ("When", "Purpose", "State", "Cause", "Lines"),
            [(moment(each.created_at), each.purpose, each.state, each.cause, lines_of(each)) for each in done],
        )


def lines_of(test: CredentialTest) -> SafeString:
    """Without the one line that counts what somebody holds."""
    said = [asking.without_figures(line) for line in test.lines]
    return format_html_join(
        "; ",
        "{} {}{}{}",
        [
            (line["check"], line["mark"], f" ({line['cause']})" if line["cause"] else "", detail_of(line))
            for line in said
        ],
    )


def detail_of(line: dict[str, str]) -> str:
    return f": {line['detail']}" if line["detail"] else ""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> SafeString:
    titles = format_html_join("", "<th scope='col'>{}</th>", [(title,) for title in head])
    lines = [(format_html_join("", "<td>{}</td>", [(cell,) for cell in row]),) for row in rows]
    return format_html("<table><tr>{}</tr>{}</table>", titles, format_html_join("", "<tr>{}</tr>", lines))


def moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


# --- questions -----------------------------------------------------------------------------------------------------


class AnswerForm(AnyForm):
    answer = forms.CharField(
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="The owner reads it in the app and is mailed that it is there.",
    )


@admin.register(HelpRequest, site=console)
class HelpAdmin(Look):
    """Only what an owner consents to, and only as long."""

    form = AnswerForm
    list_display = ("created_at", "owner", "subject", "exchange", "cause", "consent_until", "answered_at")
    list_select_related = ("owner",)
    search_fields = ("=owner__email",)
    search_help_text = "The whole e-mail address of an owner"
    ordering = ("-created_at", "-id")
    fields = ("created_at", "owner", "subject", "words", "evidence", "consent_until", "answered_at", "answer")
    readonly_fields = ("created_at", "owner", "subject", "words", "evidence", "consent_until", "answered_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:  # noqa: ARG002 - Django's signature
        return HelpRequest.objects.filter(consent_until__gt=timezone.now()).order_by(*self.ordering)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - as above
        """To answer; every field but the answer is only read."""
        return self.admin_site.has_permission(request)

    def save_model(self, request: HttpRequest, obj: HelpRequest, form: Any, change: Any) -> None:  # noqa: ARG002 - as above
        """By the verb, which looks at the consent once more and writes into the owner's trail."""
        try:
            asking.answer(
                by=actor_of(request, ActorKind.STAFF),
                request=obj,
                words=form.cleaned_data["answer"],
                now=timezone.now(),
            )
        except PermissionError:
            self.message_user(request, "The consent has ended meanwhile. Nothing was sent.", messages.ERROR)

    def about(self, row: HelpRequest) -> UUID | None:
        return row.wallet_id

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The owner's trail says it; Django's own log would say it a second time."""

    @admin.display(description="Exchange")
    def exchange(self, row: HelpRequest) -> str:
        return row.bundle.get("exchange") or ""

    @admin.display(description="Cause")
    def cause(self, row: HelpRequest) -> str:
        return row.bundle.get("cause") or ""

    @admin.display(description="What goes with it")
    def evidence(self, row: HelpRequest) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(row.bundle, indent=2, ensure_ascii=False))
