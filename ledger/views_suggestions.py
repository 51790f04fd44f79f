"""Several suggested transfers decided at once: what it touches is shown first, and it is taken back as one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.audit import actor_of
from accounts.guards import second_factor
from ledger import filed_years, suggestions
from ledger.decisions import Kind
from ledger.edits import NothingToDoError
from ledger.ids import ids_of
from ledger.views_matching import back, decided_of, pairs_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.models import User
    from accounts.requests import OwnerRequest
    from ledger.models import Decision
    from ledger.suggestions import Batch, Refused, Seen

FORM = require_http_methods(["GET", "HEAD", "POST"])
TOLD = 10  # of a batch, on its page
DECISIONS: dict[str, Decision.Kind] = {"linked": Kind.LINKED, "apart": Kind.APART}
TOO_MANY = f"At most {suggestions.MOST} are decided at once."


@FORM
@never_cache
@second_factor
def several(request: OwnerRequest) -> HttpResponse:
    """Two steps: a look at what it comes to, and doing it."""
    sent = request.POST if request.method == "POST" else QueryDict()
    kind = DECISIONS.get(sent.get("decision", ""))
    ids = ids_of(sent.getlist("id"))
    if kind is None or not ids:
        messages.info(request, "Choose some suggestions first.")
        return back(request, "ledger:transfers")
    if len(ids) > suggestions.MOST:
        messages.warning(request, TOO_MANY)
        return back(request, "ledger:transfers")
    if sent.get("step") == "do":
        return _done(request, ids, kind)
    seen = suggestions.look(request.user, ids, kind)
    return render(request, "ledger/suggestions.html", _looked(request, seen, kind))


def _looked(request: OwnerRequest, seen: Seen, kind: Decision.Kind) -> dict[str, Any]:
    return {
        "kind": kind,
        "seen": seen,
        "pairs": pairs_of(request.user, seen.fit),
        "refused": reasons(request.user, seen.refused),
        "gone": sum(each.proposal is None for each in seen.refused),
        "transactions": len({name for each in seen.fit for name in suggestions.ends(each)}),
        "ids": ",".join(str(each.pk) for each in seen.fit),
        "after": request.POST.get("after", ""),
    }


def reasons(owner: User, refused: Sequence[Refused]) -> list[tuple[Any, str]]:
    """Those that can still be shown, and why each is left out."""
    words = {each.proposal.pk: each.words for each in refused if each.proposal}
    pairs = pairs_of(owner, [each.proposal for each in refused if each.proposal])
    return [(pair, words[pair.proposal.pk]) for pair in pairs]


def _done(request: OwnerRequest, ids: Sequence[UUID], kind: Decision.Kind) -> HttpResponse:
    batch = uuid.uuid4()
    facts: dict[str, Any] = {"by": actor_of(request), "owner": request.user, "now": timezone.now()}
    seen = suggestions.decide(**facts, ids=ids, kind=kind, batch=batch)
    tell(request, seen.refused)
    if not seen.fit:
        return back(request, "ledger:transfers")
    return redirect("ledger:batch", batch_id=batch)


def tell(request: OwnerRequest, refused: Sequence[Refused]) -> None:
    """One by one, those that were left as they are."""
    for pair, words in reasons(request.user, refused):
        asset = pair.ones[0].sent_asset or pair.others[0].received_asset
        at = timezone.localtime(pair.proposal.at)
        messages.warning(request, f"{asset}, {at:%Y-%m-%d %H:%M}, is left as it is. {words}")
    if gone := sum(each.proposal is None for each in refused):
        them = "One of those you chose has" if gone == 1 else f"{gone} of those you chose have"
        messages.info(request, f"{them} been decided meanwhile, or gone.")


# --- what was decided at once ----------------------------------------------------------------------------------------


@FORM
@never_cache
@second_factor
def batch(request: OwnerRequest, batch_id: UUID) -> HttpResponse:
    """How much of it still stands, and taking it back as a whole."""
    found = suggestions.batch_of(request.user, batch_id)
    if found is None:
        raise Http404
    if request.method == "POST":
        _turned(request, found)
        return redirect("ledger:batch", batch_id=batch_id)
    decided = decided_of(request.user, [*found.standing, *found.taken])
    times = [each.occurred_at for one in decided for each in (*one.ones, *one.others)]
    context = {"batch": found, "shown": decided[:TOLD], "filed": filed_years.touched(request.user, times)}
    return render(request, "ledger/batch.html", {**context, "told": TOLD})


def _turned(request: OwnerRequest, found: Batch) -> None:
    facts: dict[str, Any] = {"by": actor_of(request), "owner": request.user, "batch": found, "now": timezone.now()}
    try:
        if request.POST.get("move") == "redo":
            tell(request, suggestions.redo(**facts).refused)
        else:
            suggestions.undo(**facts)
    except NothingToDoError:
        messages.info(request, "Nothing was changed: it has been taken back, or something was said since.")
