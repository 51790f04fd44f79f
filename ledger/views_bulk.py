"""Changing many transactions at once: what it touches is shown first, and it is taken back as one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.audit import actor_of
from accounts.guards import second_factor
from ledger import bulk, edits, filed_years, filter_words, kind_words, lines, listing, particulars
from ledger.edits import NothingToDoError
from ledger.fields import BadFieldError
from ledger.forms import BulkForm
from ledger.ids import ids_of
from ledger.models import BulkEdit, Edit, Transaction
from ledger.views import asked
from wallets.free_text import TreasureError
from wallets.refusals import TREASURE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpResponse

    from accounts.models import User
    from accounts.requests import OwnerRequest
    from ledger.bulk import Chosen, Preview

FORM = require_http_methods(["GET", "HEAD", "POST"])
TOO_MANY = f"At most {bulk.MOST:,} are ticked one by one. Filter the list, and change all that match."
GONE = "Some of them are no longer there. Choose again."


@FORM
@never_cache
@second_factor
def many(request: OwnerRequest) -> HttpResponse:
    """Three steps on one page: what is to change, what that touches, and doing it."""
    sent = request.POST if request.method == "POST" else QueryDict()
    try:
        chosen = chosen_of(request.user, sent)
    except (bulk.TooManyError, Transaction.DoesNotExist, listing.BadFiltersError) as refusal:
        messages.warning(request, TOO_MANY if isinstance(refusal, bulk.TooManyError) else GONE)
        return redirect("ledger:index")
    if not chosen.rows:
        messages.info(request, "Choose some transactions first.")
        return redirect("ledger:index")
    asking = sent.get("step") in {"look", "do"}
    form = BulkForm(sent if asking else None)
    seen = _looked(request.user, form, chosen) if asking else None
    if seen and sent.get("step") == "do" and (act := _said(request, form, seen)):
        return redirect("ledger:act", act_id=act)
    return render(request, "ledger/many.html", _context(request, form, chosen, seen, sent))


def chosen_of(owner: User, sent: QueryDict) -> Chosen:
    """Those ticked, or all that match the filters the list was under."""
    if sent.get("all"):
        said = asked(QueryDict(sent.get("filters", "")))
        return bulk.matching(owner, listing.filters_of(owner, said, listing.wallets_of(owner)), said)
    return bulk.named(owner, ids_of(sent.getlist("id")))


def _looked(owner: User, form: BulkForm, chosen: Chosen) -> Preview | None:
    if not form.is_valid():
        return None
    try:
        return bulk.preview(owner, chosen, *form.said())
    except BadFieldError as error:
        name = "more_tags" if error.field == "tags" else error.field
        form.add_error(name, error.words)
        return None


def _said(request: OwnerRequest, form: BulkForm, seen: Preview) -> UUID | None:
    changes, more_tags = form.said()
    act = uuid.uuid4()
    try:
        bulk.say(
            by=actor_of(request),
            owner=request.user,
            seen=seen,
            changes=changes,
            more_tags=more_tags,
            act=act,
            now=timezone.now(),
        )
    except TreasureError:
        form.add_error(None, TREASURE)
        return None
    return act if seen.count else None


def _context(
    request: OwnerRequest, form: BulkForm, chosen: Chosen, seen: Preview | None, sent: QueryDict
) -> dict[str, Any]:
    wallets = listing.wallets_of(request.user)
    filters = asked(QueryDict(sent.get("filters", "")))
    return {
        "form": form,
        "seen": seen,
        "ticked": chosen.count,
        "large": chosen.large,
        "lines": lines.folded(seen.first if seen else chosen.rows[: bulk.TOLD]),
        "names": {pk: each.label for pk, each in wallets.by_id.items()},
        "zone": request.user.time_zone,
        "all": sent.get("all", ""),
        "filters": urlencode(filters),
        "narrowed": filter_words.words_of(filters, wallets) if sent.get("all") else [],
        "ids": "" if sent.get("all") else ",".join(str(each.pk) for each in chosen.rows),
    }


# --- what was done at once -------------------------------------------------------------------------------------------


@FORM
@never_cache
@second_factor
def act(request: OwnerRequest, act_id: UUID) -> HttpResponse:
    """What was changed at once, how much of it still stands, and taking it back as a whole."""
    if many := BulkEdit.objects.for_user(request.user).filter(pk=act_id).first():
        return act_of_many(request, many)
    touched = edits.touched_by(request.user, act_id)
    if not Edit.objects.for_user(request.user).filter(act=act_id).exists():
        raise Http404
    if request.method == "POST":
        _moved(request, act_id)
        return redirect("ledger:act", act_id=act_id)
    return render(request, "ledger/act.html", _told(request, act_id, touched))


def act_of_many(request: OwnerRequest, many: BulkEdit) -> HttpResponse:
    """How far it has come; it is watched, and may be taken back before its end."""
    if request.method == "POST":
        move = Edit.Move.REDO if request.POST.get("move") == "redo" else Edit.Move.UNDO
        try:
            bulk.turn(by=actor_of(request), many=many, move=move, now=timezone.now())
        except NothingToDoError:
            messages.info(request, "Nothing was changed: it goes that way already.")
        return redirect("ledger:act", act_id=many.pk)
    piece = request.htmx and request.htmx.target == "many"
    context = {
        "many": many,
        "filed": filed_years.perhaps(request.user),
        "said": [
            f"{kind_words.FIELDS[name]}: {particulars.words(name, value)}" for name, value in many.changes.items()
        ],
        "narrowed": filter_words.words_of(many.filters, listing.wallets_of(request.user)),
    }
    return render(request, "ledger/_many_now.html" if piece else "ledger/many_now.html", context)


def _moved(request: OwnerRequest, act_id: UUID) -> None:
    back = request.POST.get("move") != "redo"
    verb = edits.undo_act if back else edits.redo_act
    try:
        verb(by=actor_of(request), owner=request.user, act=act_id, now=timezone.now())
    except NothingToDoError:
        messages.info(request, "Nothing was changed: it has been taken back, or something was said since.")
    else:
        messages.success(request, f"{'Taken back' if back else 'Done again'}, wherever nothing was said since.")


def _told(request: OwnerRequest, act_id: UUID, touched: Sequence[Transaction]) -> dict[str, Any]:
    pasts = edits.pasts_of([each.pk for each in touched]).values()
    wallets = listing.wallets_of(request.user)
    last = {move: [each.last(move) for each in pasts] for move in (Edit.Move.UNDO, Edit.Move.REDO)}
    standing, taken = (sum(step is not None and step.id == act_id for step in steps) for steps in last.values())
    return {
        "touched": len(touched),
        "standing": standing,
        "taken": taken,
        "lines": lines.folded(touched[: bulk.TOLD]),
        "names": {pk: each.label for pk, each in wallets.by_id.items()},
        "zone": request.user.time_zone,
        "more": len(touched) > bulk.TOLD,
        "filed": filed_years.touched(request.user, (each.occurred_at for each in touched)),
    }
