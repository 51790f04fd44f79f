"""The list of transactions, and one of them with all that is known of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.guards import second_factor
from config.keyset import Page, address_of, newest_first
from config.questions import Question
from ledger import consequences, filed_years, lines, listing
from ledger.doubts import doubts_of
from ledger.forms import FieldsForm, FilterForm
from ledger.listing import BadFiltersError, Filters
from ledger.mine import transaction_of
from ledger.models import Journal, SavedView, Transaction
from ledger.particulars import particulars_of, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpResponse, QueryDict

    from accounts.models import User
    from accounts.requests import OwnerRequest
    from ledger.listing import Wallets

VIEWS = 30  # saved ones that are offered
MANY = 100  # that ask for something; more are "over a hundred"
EMPTY: Page[Transaction] = Page([], "")


@require_safe
@never_cache
@second_factor
def index(request: OwnerRequest) -> HttpResponse:
    context = list_of(request.user, asked(request.GET), after=request.GET.get("after", ""))
    context["after"] = request.GET.get("after", "")
    piece = request.htmx and request.htmx.target == "list" and not request.htmx.history_restore_request
    if piece:
        answer = render(request, "ledger/_list.html", context)
        answer["HX-Replace-Url"] = lines.under(request.path, context["query"])  # without what the form leaves empty
        return answer
    context["views"] = SAVED.ask(owner=request.user.pk)
    context |= {"asking": 0 if context["said"] else asking(request.user), "many": MANY}
    return render(request, "ledger/index.html", context)


def _saved(owner: int) -> QuerySet[SavedView]:
    return SavedView.objects.filter(owner=owner).order_by("name")[:VIEWS]


SAVED = Question(_saved, owner=-1)


def asked(query: QueryDict) -> dict[str, str]:
    return {name: value for name in listing.NAMES if (value := query.get(name, "").strip())}


def list_of(owner: User, said: Mapping[str, str], *, after: str) -> dict[str, Any]:
    wallets, form = listing.wallets_of(owner), None
    try:
        chosen = listing.filters_of(owner, said, wallets)
        page = newest_first(listing.shown(owner, chosen, wallets), time="occurred_at", after=after)  # type: ignore[arg-type] # the others answer the same
    except BadFiltersError as error:
        form = FilterForm(said, wallets)
        for each in error.errors:
            if each.field not in form.errors:
                form.add_error(each.field, each.words)
        chosen, page = replace(Filters(), q="-"), EMPTY
    return {
        "form": form or FilterForm(said, wallets),
        "said": said,
        "query": urlencode(said),
        "narrowed": bool(said),
        "wrong": form is not None,
        "lines": lines.folded(page.rows),
        "names": {pk: each.label for pk, each in wallets.by_id.items()},
        "older": address_of(page, **said),
        "zone": owner.time_zone,
        "wallets": wallets.kept,
        "all_wallets": wallets,
        "reading": not page.rows and not said and _is_reading(wallets),
    }


def asking(owner: User) -> int:
    """How many want a word of their owner, who would not look for what they do not know of; at most one above MANY."""
    return len(ASKING.ask(owner=owner.pk))


def _asking(owner: int) -> QuerySet[Transaction, UUID]:
    found = listing.everything(owner, Filters(needs_attention=True)).order_by(*listing.NEWEST_FIRST)
    return found.values_list("pk", flat=True)[: MANY + 1]


ASKING = Question(_asking, owner=-1)


def _is_reading(wallets: Wallets) -> bool:
    """Rows are here, or are to come, and what they mean is not read yet."""
    behind = Journal.objects.filter(wallet__in=[each.pk for each in wallets.kept], behind=True)
    return behind.exists() or any(each.awaits_history for each in wallets.kept)


# --- one transaction -----------------------------------------------------------------------------------------------


@require_safe
@never_cache
@second_factor
def transaction(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    shown = transaction_of(request.user, transaction_id)
    if shown.pk != transaction_id:
        return redirect("ledger:transaction", transaction_id=shown.pk)
    return transaction_page(request, shown)


def transaction_page(
    request: OwnerRequest, shown: Transaction, *, form: FieldsForm | None = None, said: str = ""
) -> HttpResponse:
    """A page of its own, or the piece of it that stands in the drawer. `form`: one with something to mend."""
    facts, held = particulars_of(shown), filed_years.filed(request.user)
    forms = {
        line.name: form
        if form and line.name in form.names
        else FieldsForm((line.name,), owner=request.user, values=values_of(shown))
        for line in facts.lines
    }
    context = {
        "transaction": shown,
        "facts": facts,
        "fields": [(line, forms[line.name], bool(form and line.name in form.names)) for line in facts.lines],
        "zone": request.user.time_zone,
        "said": said,
        "now": timezone.now(),
        "doubts": list(doubts_of(shown, now=timezone.now())),
        "came": consequences.of(request.user, shown),
        "filed": filed_years.among(held, [shown.occurred_at]),
        "filed_all": held,
    }
    return render(request, "ledger/_transaction.html" if request.htmx else "ledger/transaction.html", context)
