"""Files that owners bring: listed, sent, asked about, looked through, taken in and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import actor_of
from accounts.guards import second_factor
from accounts.requests import posted
from config import limits, uploads
from config.keyset import address_of, newest_first
from ledger import exporting, filed_years, import_brought, import_columns, import_words, importing, listing
from ledger.forms_imports import (
    MANY_WAITING,
    ROLE_CHOICES,
    TOO_LARGE,
    AnswersForm,
    ColumnsForm,
    TemplateForm,
    UploadForm,
    WalletForm,
    suggestions,
)
from ledger.importing import BadAnswerError, NotNowError, State
from ledger.listing import BadFiltersError
from ledger.mine import import_of, template_of
from ledger.models import ImportFile, ImportRow, ImportTemplate
from wallets.mine import wallet_of
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from accounts.models import User
    from accounts.requests import OwnerRequest
    from ledger.filed_years import Touch
    from ledger.listing import Filters, Wallets

FORM = require_http_methods(["GET", "HEAD", "POST"])
ROWS = 50
MOVED_ON = "It has gone on meanwhile. This is how it stands now."
CSV = "text/csv; charset=utf-8"
BEFORE = {State.READING, State.QUESTIONS, State.PREVIEW}


def kept_wallets(request: OwnerRequest) -> list[Wallet]:
    return list(Wallet.objects.for_user(request.user).kept().order_by("label", "id"))


# --- the list, and bringing one ---------------------------------------------------------------------------------------


@uploads.takes_files
@FORM
@never_cache
@second_factor
def index(request: OwnerRequest) -> HttpResponse:
    form = UploadForm(request, kept_wallets(request), chosen=request.GET.get("wallet", ""))
    if request.method == "POST":
        file = _received(request, form)
        if file:
            return redirect("imports:file", file_id=file.pk)
    after = request.GET.get("after", "")
    page = newest_first(
        ImportFile.objects.for_user(request.user).select_related("wallet"), time="created_at", after=after
    )
    context = {
        "form": form,
        "files": [(each, import_words.standing(each), import_words.counts_of(each)) for each in page.rows],
        "older": address_of(page),
        "after": after,
        "templates": ImportTemplate.objects.filter(owner=request.user).exists(),
    }
    return render(request, "ledger/imports/index.html", context)


def _received(request: OwnerRequest, form: UploadForm) -> ImportFile | None:
    if uploads.too_large(request):
        form.errors["file"] = form.error_class([TOO_LARGE])
        return None
    if not form.is_valid():
        return None
    verdict = limits.allow("files", str(request.user.pk), now=timezone.now())
    if isinstance(verdict, limits.Denied):
        minutes = -(-verdict.retry_after // 60)
        form.add_error(None, f"Many files came in the last minutes. Please bring this one again in {minutes} minutes.")
        return None
    sent, chosen = form.cleaned_data["file"], form.cleaned_data["wallet"]
    wallet = wallet_of(request.user, chosen) if chosen else None
    by, owner, now = actor_of(request), request.user, timezone.now()
    try:
        return importing.receive(by=by, owner=owner, stream=sent, name=sent.name, wallet=wallet, now=now)
    except importing.ManyWaitingError:
        form.add_error(None, MANY_WAITING)
        return None


# --- one file ---------------------------------------------------------------------------------------------------------


@require_safe
@never_cache
@second_factor
def show(request: OwnerRequest, file_id: UUID) -> HttpResponse:
    file = import_of(request.user, file_id)
    if request.htmx and request.htmx.target == "under-way":
        if file.state not in import_words.UNDER_WAY:
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return render(request, "ledger/imports/_under_way.html", {"file": file, "step": import_words.step_of(file)})
    return file_page(request, file)


def file_page(request: OwnerRequest, file: ImportFile, *, form: AnswersForm | WalletForm | None = None) -> HttpResponse:
    """Follows the state. `form`: answers with something to mend."""
    context: dict[str, Any] = {
        "file": file,
        "standing": import_words.standing(file),
        "step": import_words.step_of(file),
        "all_lines": import_words.lines_of(file),
        "zone": request.user.time_zone,
        "same": importing.brought_before(file) if file.state in BEFORE else None,
        "filed": filed_by(request, file) if file.state == State.PREVIEW else None,
        **_lines(request, file),
    }
    if file.state == State.QUESTIONS:
        asked = form or AnswersForm(file, request.user)
        context |= {"form": asked, "mapping": _asks_for_columns(file), **suggestions()}
    if file.state == State.PREVIEW:
        context["wallet_form"] = form or WalletForm(file, kept_wallets(request))
    if file.state in {State.PREVIEW, State.COMMITTED} and file.mapping:
        context["template_form"] = TemplateForm(initial={"name": file.name.rpartition(".")[0] or file.name})
    return render(request, "ledger/imports/file.html", context)


def filed_by(request: OwnerRequest, file: ImportFile) -> Touch:
    return filed_years.touched_between(request.user, *importing.span(file))


def _asks_for_columns(file: ImportFile) -> bool:
    return any(each["name"] == "mapping" for each in file.questions)


def _lines(request: OwnerRequest, file: ImportFile) -> dict[str, Any]:
    if file.state not in import_words.WITH_ROWS:
        return {}
    tabs = import_words.tabs_of(file)
    states = [state for state, _, _ in tabs]
    state = request.GET.get("lines", "")
    state = state if state in states else next(iter(states), "new")
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0  # noqa: PLR2004 - digits
    rows = list(
        ImportRow.objects.filter(file=file, state=state, number__gt=after).defer("raw").order_by("number")[: ROWS + 1]
    )
    return {
        "tabs": tabs,
        "lines": [import_words.shown(each) for each in rows[:ROWS]],
        "lines_state": state,
        "lines_about": import_words.row_words(file, state)[1],
        "lines_after": after,
        "lines_next": rows[ROWS - 1].number if len(rows) > ROWS else None,
    }


@require_POST
@second_factor
def answer(request: OwnerRequest, file_id: UUID) -> HttpResponse:
    """What was asked; or, where nothing is any more, another wallet than was said first."""
    file = import_of(request.user, file_id)
    form = _said(request, file)
    if form is None:
        messages.info(request, MOVED_ON)
        return redirect("imports:file", file_id=file.pk)
    if not form.is_valid():
        return file_page(request, file, form=form)
    try:
        importing.answer(owner=request.user, file=file, answers=form.cleaned_data, now=timezone.now())
    except BadAnswerError as error:
        form.refused(error)
        return file_page(request, file, form=form)
    except NotNowError:
        messages.info(request, MOVED_ON)
    return redirect("imports:file", file_id=file.pk)


def _said(request: OwnerRequest, file: ImportFile) -> AnswersForm | WalletForm | None:
    if file.state == State.QUESTIONS:
        return AnswersForm(file, request.user, request.POST)
    if file.state == State.PREVIEW:
        return WalletForm(file, kept_wallets(request), request.POST)
    return None


# --- which column is what ---------------------------------------------------------------------------------------------


@FORM
@never_cache
@second_factor
def columns(request: OwnerRequest, file_id: UUID) -> HttpResponse:
    file = import_of(request.user, file_id)
    if file.state not in {State.QUESTIONS, State.PREVIEW} or not (file.mapping or _asks_for_columns(file)):
        messages.info(request, MOVED_ON)
        return redirect("imports:file", file_id=file.pk)
    form = ColumnsForm(file, posted(request))
    draft = import_columns.draft(file, form.roles(), form.kinds())
    if request.POST.get("step") == "do" and not draft.problems and _mapped(request, file, draft):
        return redirect("imports:file", file_id=file.pk)
    context = {
        "file": file,
        "draft": draft,
        "roles": ROLE_CHOICES,
        "kinds": import_words.KINDS,
        "said": dict(draft.mapping.kinds),
        "lines": [import_words.tried(each, file) for each in draft.outcomes],
        "pressed": request.POST.get("step") == "do",
    }
    piece = request.htmx and request.htmx.target == "look"
    return render(request, "ledger/imports/_look.html" if piece else "ledger/imports/columns.html", context)


def _mapped(request: OwnerRequest, file: ImportFile, draft: import_columns.Draft) -> bool:
    try:
        importing.answer(owner=request.user, file=file, answers={"mapping": draft.told}, now=timezone.now())
    except BadAnswerError as error:
        messages.error(request, error.words)
        return False
    except NotNowError:
        messages.info(request, MOVED_ON)
    return True


@require_POST
@second_factor
def keep_template(request: OwnerRequest, file_id: UUID) -> HttpResponse:
    file = import_of(request.user, file_id)
    form = TemplateForm(request.POST)
    if form.is_valid():
        try:
            kept = importing.save_template(
                owner=request.user, file=file, name=form.cleaned_data["name"], now=timezone.now()
            )
            messages.success(request, f"“{kept.name}” is kept. A file with the same columns is read so by itself.")
        except NotNowError:
            messages.info(request, f"At most {importing.MOST_TEMPLATES} are kept. Delete one first.")
    return redirect("imports:file", file_id=file.pk)


@require_safe
@never_cache
@second_factor
def templates(request: OwnerRequest) -> HttpResponse:
    mine = ImportTemplate.objects.filter(owner=request.user).order_by("-created_at", "-id")
    return render(request, "ledger/imports/templates.html", {"templates": mine})


@require_POST
@second_factor
def delete_template(request: OwnerRequest, template_id: UUID) -> HttpResponse:
    template = template_of(request.user, template_id)
    template.delete()
    messages.success(request, f"“{template.name}” is gone. What was imported by it stays.")
    return redirect("imports:templates")


# --- taking it in, and back -------------------------------------------------------------------------------------------


def _done(request: OwnerRequest, file: ImportFile, do: Callable[..., Any]) -> HttpResponse:
    try:
        do(by=actor_of(request), file=file, now=timezone.now())
    except NotNowError:
        messages.info(request, MOVED_ON)
    return redirect("imports:file", file_id=file.pk)


@require_POST
@second_factor
def commit(request: OwnerRequest, file_id: UUID) -> HttpResponse:
    return _done(request, import_of(request.user, file_id), importing.commit)


@FORM
@never_cache
@second_factor
def undo(request: OwnerRequest, file_id: UUID) -> HttpResponse:
    """What it takes back is said first."""
    file = import_of(request.user, file_id)
    if request.method == "POST":
        return _done(request, file, importing.undo)
    if file.state != State.COMMITTED:
        return redirect("imports:file", file_id=file.pk)
    context = {"file": file, "brought": import_brought.of(file), "filed": filed_by(request, file)}
    return render(request, "ledger/imports/undo.html", context)


@require_POST
@second_factor
def discard(request: OwnerRequest, file_id: UUID) -> HttpResponse:
    file = import_of(request.user, file_id)
    try:
        importing.discard(file=file)
    except NotNowError:
        messages.info(request, MOVED_ON)
        return redirect("imports:file", file_id=file.pk)
    messages.success(request, f"“{file.name}” is gone. Nothing of it was kept.")
    return redirect("imports:index")


# --- downloads --------------------------------------------------------------------------------------------------------


def _download(name: str, parts: Iterator[str]) -> StreamingHttpResponse:
    headers = {"Content-Disposition": str(content_disposition_header(as_attachment=True, filename=name))}
    return StreamingHttpResponse(parts, content_type=CSV, headers=headers)


@require_safe
@never_cache
@second_factor
def failed_rows(request: OwnerRequest, file_id: UUID) -> StreamingHttpResponse:
    file = import_of(request.user, file_id)
    return _download(f"{file.name.rpartition('.')[0] or file.name} to mend.csv", exporting.failed_rows(file))


@require_safe
@never_cache
@second_factor
def export(request: OwnerRequest) -> HttpResponse | StreamingHttpResponse:
    """What the list shows under the same filters; and what is ignored, marked so, where nothing else was asked for: a
    file that leaves it out would have it counted, once it is told again.
    """
    wallets = listing.wallets_of(request.user)
    said = {name: value for name in listing.NAMES if (value := request.GET.get(name, "").strip())}
    try:
        chosen = listing.filters_of(request.user, {"ignored": listing.SHOWN, **said}, wallets)
    except BadFiltersError:
        return redirect(f"{reverse('ledger:index')}?{request.GET.urlencode()}")
    return table_of(request.user, chosen, wallets)


def table_of(owner: User, chosen: Filters, wallets: Wallets) -> StreamingHttpResponse:
    name = f"holdfast-transactions-{timezone.localdate()}.csv"
    return _download(name, exporting.transactions(owner, chosen, wallets))
