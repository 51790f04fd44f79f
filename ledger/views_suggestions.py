"""Several proposals decided at once: what it touches is shown first, and it is taken back as one."""

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
from ledger import carried, decisions, filed_years, proposals, suggestions
from ledger.decisions import DUPLICATES, TRANSFERS, Kind
from ledger.edits import NothingToDoError
from ledger.ids import id_of, ids_of
from ledger.views_matching import BATCHES, back, decided_of, pairs_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.models import User
    from accounts.requests import OwnerRequest
    from ledger.models import Decision, Proposal
    from ledger.suggestions import Batch, Refused, Seen

FORM = require_http_methods(["GET", "HEAD", "POST"])
TOLD = 10  # of a batch, on its page, and of pairs before they are decided
DECISIONS: dict[Proposal.About, dict[str, Decision.Kind]] = {
    TRANSFERS: {"linked": Kind.LINKED, "apart": Kind.APART},
    DUPLICATES: {"same": Kind.SAME, "different": Kind.DIFFERENT},
}
LISTS = {TRANSFERS: "ledger:transfers", DUPLICATES: "ledger:duplicates"}
PAGES = {TRANSFERS: "ledger/suggestions.html", DUPLICATES: "ledger/pairs.html"}
LOOK = {
    TRANSFERS: {"back_words": "Back to the suggestions", "end": "ledger/_end.html"},
    DUPLICATES: {"back_words": "Back to the pairs", "end": "ledger/_end_plain.html"},
}
NONE = {TRANSFERS: "Choose some suggestions first.", DUPLICATES: "Choose some pairs first."}


@FORM
@never_cache
@second_factor
def several(request: OwnerRequest) -> HttpResponse:
    return _several(request, TRANSFERS)


@FORM
@never_cache
@second_factor
def pairs(request: OwnerRequest) -> HttpResponse:
    return _several(request, DUPLICATES)


def _several(request: OwnerRequest, about: Proposal.About) -> HttpResponse:
    """Two steps: a look at what it comes to, and doing it."""
    sent = request.POST if request.method == "POST" else QueryDict()
    kind = DECISIONS[about].get(sent.get("decision", ""))
    ids, count = _chosen(request.user, sent, about)
    if kind is None or not ids:
        messages.info(request, NONE[about])
        return back(request, LISTS[about])
    if len(ids) > suggestions.MOST[about]:
        messages.warning(request, f"At most {suggestions.MOST[about]:,} are decided at once.")
        return back(request, LISTS[about])
    if sent.get("step") == "do":
        return _done(request, ids, kind)
    seen = suggestions.look(request.user, ids, kind)
    alike = count if sent.get("like") else 0
    return render(request, PAGES[about], {**_looked(request, seen, kind), "alike": alike, "counted": proposals.COUNTED})


def _chosen(owner: User, sent: QueryDict, about: Proposal.About) -> tuple[Sequence[UUID], int]:
    """Those that are named; or, to be looked at, all that rest on the same reasons as one of them. And how many."""
    like = None if sent.get("step") == "do" else id_of(sent.get("like", ""))
    if like and (one := proposals.one_of(owner, like, about)):
        found = proposals.alike(one, most=suggestions.MOST[about])
        return found.ids, found.all
    ids = ids_of(sent.getlist("id"))
    return ids, len(ids)


def _looked(request: OwnerRequest, seen: Seen, kind: Decision.Kind) -> dict[str, Any]:
    about = decisions.about(kind)
    told = TOLD if about is DUPLICATES else suggestions.MOST[about]
    return {
        **LOOK[about],
        "list": LISTS[about],
        "kind": kind,
        "seen": seen,
        "pairs": pairs_of(request.user, seen.fit[:told]),
        "told": told,
        "most": suggestions.MOST[about],
        "carried": carried.carried(request.user, seen.fit) if about is DUPLICATES else None,
        "refused": reasons(request.user, seen.refused),
        "gone": sum(each.proposal is None for each in seen.refused),
        "transactions": len({name for each in seen.fit for name in suggestions.ends(each)}),
        "ids": ",".join(str(each.pk) for each in seen.fit),
        "after": request.POST.get("after", ""),
    }


def reasons(owner: User, refused: Sequence[Refused]) -> list[tuple[Any, str]]:
    """Those that can still be shown, and why each is left out."""
    words = {each.proposal.pk: each.words for each in refused if each.proposal}
    shown = pairs_of(owner, [each.proposal for each in refused if each.proposal])
    return [(pair, words[pair.proposal.pk]) for pair in shown]


def _done(request: OwnerRequest, ids: Sequence[UUID], kind: Decision.Kind) -> HttpResponse:
    batch, about = uuid.uuid4(), decisions.about(kind)
    facts: dict[str, Any] = {"by": actor_of(request), "owner": request.user, "now": timezone.now()}
    seen = suggestions.decide(**facts, ids=ids, kind=kind, batch=batch)
    tell(request, seen.refused)
    return redirect(BATCHES[about], batch) if seen.fit else back(request, LISTS[about])


def tell(request: OwnerRequest, refused: Sequence[Refused]) -> None:
    """One by one, those that were left as they are."""
    named = reasons(request.user, refused)
    for pair, words in named[:TOLD]:
        one = pair.ones[0]
        asset = one.sent_asset or one.received_asset or pair.others[0].received_asset
        at = timezone.localtime(pair.proposal.at)
        messages.warning(request, f"{asset}, {at:%Y-%m-%d %H:%M}, is left as it is. {words}")
    if len(named) > TOLD:
        messages.warning(request, f"{len(named) - TOLD} more are left as they are.")
    if gone := sum(each.proposal is None for each in refused):
        them = "One of those you chose has" if gone == 1 else f"{gone} of those you chose have"
        messages.info(request, f"{them} been decided meanwhile, or gone.")


# --- what was decided at once ----------------------------------------------------------------------------------------


@FORM
@never_cache
@second_factor
def batch(request: OwnerRequest, batch_id: UUID) -> HttpResponse:
    return _batch(request, batch_id, TRANSFERS)


@FORM
@never_cache
@second_factor
def pairs_batch(request: OwnerRequest, pairs_id: UUID) -> HttpResponse:
    return _batch(request, pairs_id, DUPLICATES)


def _batch(request: OwnerRequest, batch_id: UUID, about: Proposal.About) -> HttpResponse:
    """How much of it still stands, and taking it back as a whole."""
    found = suggestions.batch_of(request.user, batch_id)
    if found is None or found.about is not about:
        raise Http404
    if request.method == "POST":
        _turned(request, found)
        return redirect(BATCHES[about], batch_id)
    decided = decided_of(request.user, [*found.standing, *found.taken])
    times = [each.occurred_at for one in decided for each in (*one.ones, *one.others)]
    context = {"batch": found, "shown": decided[:TOLD], "filed": filed_years.touched(request.user, times)}
    return render(request, "ledger/batch.html", {**context, "told": TOLD, "list": LISTS[about]})


def _turned(request: OwnerRequest, found: Batch) -> None:
    facts: dict[str, Any] = {"by": actor_of(request), "owner": request.user, "batch": found, "now": timezone.now()}
    try:
        if request.POST.get("move") == "redo":
            tell(request, suggestions.redo(**facts).refused)
        else:
            suggestions.undo(**facts)
    except NothingToDoError:
        messages.info(request, "Nothing was changed: it has been taken back, or something was said since.")
