"""Forms 1099-DA: brought, held against our disposals line by line, settled."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audit import actor_of
from accounts.guards import second_factor
from config import uploads
from ledger import broker_lines, tax_years
from ledger.broker_lines import MINE, SEEN, THEIRS, VERDICTS, WORDS, State
from ledger.broker_reading import BadFormError
from ledger.forms_broker import KEPT, TOO_LARGE, BroughtForm, ColumnsForm, mapping_said, packed, unpacked
from ledger.gains import asking
from ledger.ids import id_of
from ledger.imports.base import Refused
from ledger.mine import checked
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest
    from ledger.broker_lines import Brought, Pair

FORM = require_http_methods(["GET", "HEAD", "POST"])
ROWS = 50
ORDER = (State.DIFFERS, State.ONLY_THEIRS, State.ONLY_OURS, State.MATCHED)


@uploads.takes_files
@FORM
@never_cache
@second_factor
def index(request: OwnerRequest, year: int) -> HttpResponse:
    wallets = list(Wallet.objects.for_user(request.user).kept().order_by("label", "id"))
    form = BroughtForm(request, wallets)
    if request.method == "POST":
        try:
            answer = _brought(request, checked(request.user, year), form, wallets)
        except Refused as error:
            answer = None
            form.add_error(None, error.words)
        if answer:
            return answer
    return render(request, "tax/broker.html", {"form": form, **context_of(request, checked(request.user, year))})


def words_of(brought: Brought) -> str:
    here = "One line is here." if brought.lines == 1 else f"{brought.lines:,} lines are here."
    if brought.other_years == 1:
        return f"{here} One line of another year was left out."
    return f"{here} {brought.other_years:,} lines of other years were left out." if brought.other_years else here


class Sent(NamedTuple):
    body: bytes
    name: str
    wallet: Wallet | None
    mapping: Mapping[str, str] | None


def _brought(request: OwnerRequest, year: int, form: BroughtForm, wallets: Sequence[Wallet]) -> HttpResponse | None:
    """Nothing: the form says what is wrong."""
    sent = _sent(request, form, wallets)
    if sent is None:
        return None
    try:
        brought = broker_lines.bring(
            by=actor_of(request),
            owner=request.user,
            year=year,
            stream=io.BytesIO(sent.body),
            name=sent.name,
            wallet=sent.wallet,
            mapping=sent.mapping,
            now=timezone.now(),
        )
    except BadFormError as error:
        return _asked(request, year, form, sent, error)
    messages.success(request, words_of(brought))
    return redirect("tax:broker", year)


def _sent(request: OwnerRequest, form: BroughtForm, wallets: Sequence[Wallet]) -> Sent | None:
    """A file, or one that came along with the question which column is what."""
    wallet = next((each for each in wallets if str(each.pk) == request.POST.get("wallet")), None)
    if uploads.too_large(request):
        form.errors["file"] = form.error_class([TOO_LARGE])
        return None
    if "body" in request.POST:
        name = request.POST.get("name", "")
        return Sent(unpacked(request.POST["body"]), name, wallet, mapping_said(request.POST))
    if not form.is_valid():
        return None
    file = form.cleaned_data["file"]
    return Sent(file.read(), file.name, wallet, None)


def _asked(request: OwnerRequest, year: int, form: BroughtForm, sent: Sent, error: BadFormError) -> HttpResponse | None:
    """Which column is what, where that is the trouble."""
    if not error.columns or len(packed(sent.body)) > KEPT:
        form.add_error(None, error.words)
        return None
    wallet = str(sent.wallet.pk) if sent.wallet else ""
    columns = ColumnsForm(error.columns, body=packed(sent.body), name=sent.name, wallet=wallet)
    context = {"form": columns, "year_number": year, "called": called(request, year), "words": error.words}
    return render(request, "tax/broker_columns.html", context)


def called(request: OwnerRequest, year: int) -> str:
    return tax_years.asked(request.user, year).label


def context_of(request: OwnerRequest, year: int) -> dict[str, Any]:
    standing = asking.standing(request.user, now=timezone.now())
    read, files = standing.reckoning, broker_lines.files_of(request.user, year)
    pairs = broker_lines.reconcile(read, year) if read and files else []
    return {
        "year_number": year,
        "called": called(request, year),
        "here": "broker",
        "standing": standing,
        "reckoning": read,
        "currency": read.settings["currency"] if read else "",
        "files": files,
        "verdicts": [(name, VERDICTS[name]) for name in (MINE, THEIRS, SEEN)],
        **page_of(request, pairs),
    }


def page_of(request: OwnerRequest, pairs: Sequence[Pair]) -> dict[str, Any]:
    """What needs a look comes first."""
    counts = {state: sum(pair.state == state for pair in pairs) for state in ORDER}
    asked = request.GET.get("show", "")
    show = State(asked) if asked in list(State) else next((each for each in ORDER if counts[each]), State.MATCHED)
    text = request.GET.get("after", "")
    begin = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0  # noqa: PLR2004 - digits
    chosen = [pair for pair in pairs if pair.state == show]
    return {
        "tabs": [(str(state), WORDS[state], counts[state]) for state in ORDER],
        "show": str(show),
        "pairs": chosen[begin : begin + ROWS],
        "begin": begin,
        "next": begin + ROWS if len(chosen) > begin + ROWS else None,
    }


@require_POST
@second_factor
def settle(request: OwnerRequest, year: int) -> HttpResponse:
    lines = [found for text in request.POST.getlist("line")[:1000] if (found := id_of(text))]
    verdict = request.POST.get("verdict", "")
    if lines and (verdict in VERDICTS or not verdict):
        by, now, known = actor_of(request), timezone.now(), checked(request.user, year)
        broker_lines.settle(by=by, owner=request.user, year=known, lines=lines, verdict=verdict, now=now)
    show = request.POST.get("show", "")
    query = f"?{urlencode({'show': show})}" if show in list(State) else ""
    return redirect(f"{reverse('tax:broker', args=[year])}{query}")


@require_POST
@second_factor
def forget(request: OwnerRequest, form_id: UUID) -> HttpResponse:
    year = broker_lines.year_of(request.user, form_id)
    if year is None:
        raise Http404
    by, now = actor_of(request), timezone.now()
    broker_lines.forget(by=by, owner=request.user, year=year, file=form_id, now=now)
    messages.success(request, "Its lines are gone.")
    return redirect("tax:broker", year)
