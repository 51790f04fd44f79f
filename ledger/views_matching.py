"""What is told twice, and what left here and arrived there: proposals to judge, decisions to take back, links."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import actor_of
from accounts.guards import second_factor
from config.keyset import Page, address_of, newest_first
from ledger import (
    acts,
    beside,
    clock_words,
    clocks,
    clocks_shown,
    decisions,
    filed_years,
    linking,
    listing,
    proposals,
    unmatched,
)
from ledger.decisions import CannotBeError, Kind
from ledger.forms_matching import CandidatesForm
from ledger.ids import id_of
from ledger.listing import BadFiltersError
from ledger.matching.base import Side
from ledger.matching.reasons import Perhaps
from ledger.mine import transaction_of
from ledger.mine_matching import act_of, clock_word_of, proposal_of, question_of
from ledger.models import Proposal, Transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.http import HttpResponse

    from accounts.models import User
    from accounts.requests import OwnerRequest
    from ledger.acts import Act
    from ledger.filed_years import Filed, Touch
    from ledger.models import Decision

FORM = require_http_methods(["GET", "HEAD", "POST"])
About = Proposal.About
PAIRS, MANY = 10, 20  # on a page
BEFORE, AFTER = timedelta(days=1), timedelta(days=30)  # around one end, where the other is looked for
NOTHING: Page[Transaction] = Page([], "")


@dataclass(frozen=True, slots=True)
class Pair:
    """What was proposed, and the transactions of either side as they are now."""

    proposal: Proposal
    ones: Sequence[Transaction]
    others: Sequence[Transaction]
    filed: Touch


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided, and what it is about. Of what was said to be one, one is left."""

    act: Act
    ones: Sequence[Transaction]
    others: Sequence[Transaction]
    filed: Touch

    @property
    def turn(self) -> str:
        """Where it is taken back."""
        return reverse(TURNS[self.act.kind][0], args=[self.act.id])

    @property
    def batch(self) -> str:
        """Where it is taken back with others that were decided at once."""
        batch = self.act.head.batch
        return reverse(BATCHES[decisions.about(self.act.kind)], args=[batch]) if batch else ""

    @property
    def words(self) -> str:
        return TURNS[self.act.kind][1]

    @property
    def label(self) -> str:
        return TURNS[self.act.kind][2]


TURNS = {
    Kind.SAME: ("ledger:duplicates_turn", "The same", "They are different"),
    Kind.DIFFERENT: ("ledger:duplicates_turn", "Different", "They are the same after all"),
    Kind.LINKED: ("ledger:transfers_turn", "One transfer", "Take the link apart"),
    Kind.APART: ("ledger:transfers_turn", "No transfer", "Link them after all"),
}
BATCHES = {About.DUPLICATES: "ledger:pairs_batch", About.TRANSFERS: "ledger:batch"}


def pairs_of(owner: User, proposed: Sequence[Proposal]) -> list[Pair]:
    """Without those of which a side is no longer here."""
    found = acts.present(owner, [name for each in proposed for name in (*each.ones, *each.others)])
    held = filed_years.filed(owner)
    sides = [(each, acts.chosen(found, each.ones), acts.chosen(found, each.others)) for each in proposed]
    return [
        Pair(each, ones, others, touch_of(held, ones, others))
        for each, ones, others in sides
        if ones and others and ones != others
    ]


def decided_of(owner: User, found: Sequence[Act]) -> list[Decided]:
    here = acts.present(owner, [name for each in found for name in each.named])
    held = filed_years.filed(owner)
    sides = [(each, acts.chosen(here, each.ones), acts.chosen(here, each.others)) for each in found]
    return [Decided(each, ones, others, touch_of(held, ones, others)) for each, ones, others in sides]


def touch_of(held: Sequence[Filed], *sides: Sequence[Transaction]) -> Touch:
    return filed_years.among(held, [each.occurred_at for side in sides for each in side])


def proposals_page(request: OwnerRequest, about: Proposal.About, size: int) -> Page[Proposal]:
    mine = proposals.asked(request.user, about)
    return newest_first(mine, time="at", after=request.GET.get("after", ""), size=size)


def decided_page(request: OwnerRequest, *kinds: Decision.Kind) -> dict[str, Any]:
    rows = acts.heads(request.user, *kinds)
    found, older = acts.paged(rows, after=request.GET.get("after", ""), size=MANY)
    show = request.GET.get("show", "")
    return {
        "decided": decided_of(request.user, found),
        "older": f"?{urlencode({'show': show, 'after': older})}" if older else "",
    }


@contextmanager
def told(request: OwnerRequest, success: str) -> Iterator[None]:
    """Around one verdict."""
    try:
        yield
    except CannotBeError as error:
        messages.error(request, error.words)
    else:
        messages.success(request, success)


def back(request: OwnerRequest, name: str, **query: str) -> HttpResponse:
    """To the page it was pressed on."""
    said = {key: value for key, value in {**query, "after": request.POST.get("after", "")}.items() if value}
    return redirect(f"{reverse(name)}?{urlencode(said)}" if said else reverse(name))


# --- the same, told twice ------------------------------------------------------------------------------------------


@require_safe
@never_cache
@second_factor
def duplicates(request: OwnerRequest) -> HttpResponse:
    context: dict[str, Any] = {"after": request.GET.get("after", ""), "zone": request.user.time_zone}
    if request.GET.get("show") == "decided":
        context |= {"show": "decided", **decided_page(request, Kind.SAME, Kind.DIFFERENT)}
        words = [] if context["after"] else list(clocks.words_of(request.user).order_by("-id")[:MANY])
        context["clocks"] = clocks_shown.said(request.user, words, now=timezone.now())
        return render(request, "ledger/duplicates_decided.html", context)
    page = proposals_page(request, About.DUPLICATES, PAIRS)
    pairs = pairs_of(request.user, page.rows)
    sources = beside.sources_of(request.user, [one for pair in pairs for one in (*pair.ones, *pair.others)])
    first = [] if context["after"] else list(clocks.asked_of(request.user).order_by("-until", "-id")[:PAIRS])
    asked = clocks_shown.asked(request.user, first)
    context |= {
        "show": "open",
        "clocks": [(each, [(pair, beside.compared(*sides(pair))) for pair in each.examples]) for each in asked],
        "pairs": [(pair, beside.compared(pair.ones, pair.others), told_by(pair, sources)) for pair in pairs],
        "older": address_of(page),
    }
    return render(request, "ledger/duplicates.html", context)


def sides(pair: tuple[Transaction, Transaction]) -> tuple[list[Transaction], list[Transaction]]:
    return [pair[0]], [pair[1]]


def told_by(pair: Pair, sources: Mapping[UUID, list[beside.Source]]) -> list[tuple[str, list[beside.Source]]]:
    """The rows of either side."""
    both = (("First", pair.ones), ("Second", pair.others))
    return [(name, [row for each in side for row in sources.get(each.pk, ())]) for name, side in both]


@require_POST
@second_factor
def merge(request: OwnerRequest, pair_id: UUID) -> HttpResponse:
    return _said_of_doubles(request, pair_id, Kind.SAME, "They are one now. Its rows and your words are kept.")


@require_POST
@second_factor
def keep(request: OwnerRequest, pair_id: UUID) -> HttpResponse:
    return _said_of_doubles(request, pair_id, Kind.DIFFERENT, "They stay two. This is not asked again.")


def _said_of_doubles(request: OwnerRequest, pair_id: UUID, kind: Decision.Kind, success: str) -> HttpResponse:
    proposal = proposal_of(request.user, pair_id, About.DUPLICATES)
    with told(request, success):
        linking.say(by=actor_of(request), proposal=proposal, kind=kind, now=timezone.now())
    return back(request, "ledger:duplicates")


@require_POST
@second_factor
def duplicates_turn(request: OwnerRequest, joined_id: UUID) -> HttpResponse:
    act = act_of(request.user, joined_id, Kind.SAME, Kind.DIFFERENT)
    with told(request, "They are two again." if act.kind is Kind.SAME else "They are one now."):
        linking.turn(by=actor_of(request), owner=request.user, act=act, now=timezone.now())
    return back(request, "ledger:duplicates", show="decided")


# --- the same, told by another clock -------------------------------------------------------------------------------


@require_POST
@second_factor
def clock_same(request: OwnerRequest, clock_id: UUID) -> HttpResponse:
    return _said_of_clock(request, clock_id, same=True)


@require_POST
@second_factor
def clock_differs(request: OwnerRequest, clock_id: UUID) -> HttpResponse:
    return _said_of_clock(request, clock_id, same=False)


def _said_of_clock(request: OwnerRequest, clock_id: UUID, *, same: bool) -> HttpResponse:
    asked = question_of(request.user, clock_id)
    with told(request, clock_words.kept(same=same)):
        clocks.say(by=actor_of(request), asked=asked, same=same, now=timezone.now())
    return back(request, "ledger:duplicates")


@require_POST
@second_factor
def clock_turn(request: OwnerRequest, said_id: UUID) -> HttpResponse:
    word = clock_word_of(request.user, said_id)
    with told(request, clock_words.turned(same=not word.same)):
        clocks.turn(by=actor_of(request), owner=request.user, word=word, now=timezone.now())
    return back(request, "ledger:duplicates", show="decided")


# --- transfers -----------------------------------------------------------------------------------------------------


@require_safe
@never_cache
@second_factor
def transfers(request: OwnerRequest) -> HttpResponse:
    show = request.GET.get("show", "")
    lists = {"linked": _linked, "rejected": _linked, "unmatched": _unmatched}
    context = {"show": show if show in lists else "suggested", "after": request.GET.get("after", "")}
    context |= lists.get(show, _suggested)(request) | {"zone": request.user.time_zone}
    return render(request, f"ledger/transfers_{context['show']}.html", context)


def _suggested(request: OwnerRequest) -> dict[str, Any]:
    page = proposals_page(request, About.TRANSFERS, MANY)
    return {"pairs": pairs_of(request.user, page.rows), "older": address_of(page)}


def _linked(request: OwnerRequest) -> dict[str, Any]:
    return decided_page(request, Kind.APART if request.GET["show"] == "rejected" else Kind.LINKED)


def _unmatched(request: OwnerRequest) -> dict[str, Any]:
    rows = unmatched.unmatched(request.user)
    page = newest_first(rows, time="occurred_at", after=request.GET.get("after", ""), size=MANY)  # type: ignore[arg-type] # Walks answers the same
    ends = unmatched.with_guesses(request.user, page.rows, now=timezone.now())
    held = filed_years.filed(request.user)
    told = [(end, touch_of(held, [end.transaction])) for end in ends]
    return {"ends": told, "older": address_of(page, show="unmatched")}


@require_POST
@second_factor
def accept(request: OwnerRequest, proposal_id: UUID) -> HttpResponse:
    return _said_of_transfer(request, proposal_id, Kind.LINKED, "Linked. What left here arrived there.")


@require_POST
@second_factor
def reject(request: OwnerRequest, proposal_id: UUID) -> HttpResponse:
    return _said_of_transfer(request, proposal_id, Kind.APART, "They stay apart. This is not suggested again.")


def _said_of_transfer(request: OwnerRequest, proposal_id: UUID, kind: Decision.Kind, success: str) -> HttpResponse:
    proposal = proposal_of(request.user, proposal_id, About.TRANSFERS)
    try:
        with told(request, success):
            linking.say(by=actor_of(request), proposal=proposal, kind=kind, now=timezone.now())
    except Transaction.DoesNotExist:
        messages.info(request, linking.GONE)
    return back(request, "ledger:transfers")


@require_POST
@second_factor
def transfers_turn(request: OwnerRequest, link_id: UUID) -> HttpResponse:
    """A link is taken apart, or what was kept apart is linked after all."""
    act = act_of(request.user, link_id, Kind.LINKED, Kind.APART)
    try:
        with told(request, "The link is taken apart." if act.kind is Kind.LINKED else "Linked after all."):
            linking.turn(by=actor_of(request), owner=request.user, act=act, now=timezone.now())
    except Transaction.DoesNotExist:
        messages.info(request, linking.GONE)
    return back(request, "ledger:transfers", show="linked" if act.kind is Kind.LINKED else "rejected")


@require_POST
@second_factor
def settle(request: OwnerRequest, transaction_id: UUID) -> HttpResponse:
    """What an open end was: one press, and an edit like any other."""
    each = transaction_of(request.user, transaction_id)
    was = request.POST.get("was", "")
    if was in unmatched.ANSWERS:
        answer = unmatched.settle(by=actor_of(request), each=each, was=Perhaps(was), now=timezone.now())
        messages.success(
            request, f"Kept: {answer.words[0].lower()}{answer.words[1:]}. Undo it on the transaction itself."
        )
    return back(request, "ledger:transfers", show="unmatched")


# --- by hand -------------------------------------------------------------------------------------------------------


@FORM
@never_cache
@second_factor
def link(request: OwnerRequest) -> HttpResponse:
    """One end is given; the other is chosen from a list, looked at, and then linked."""
    one = transaction_of(request.user, id_of(request.GET.get("one", "")) or UUID(int=0))
    others = [found for text in request.GET.getlist("with")[: linking.MOST] if (found := id_of(text))]
    named = [one.pk, *others]
    if not others:
        return _choose(request, one)
    try:
        if request.method == "POST":
            linking.link(by=actor_of(request), owner=request.user, named=named, now=timezone.now())
            messages.success(request, "Linked.")
            return back(request, "ledger:transfers", show="linked")
        look = linking.look(request.user, named)
    except CannotBeError as error:
        return _choose(request, one, refusal=error.words, picked=others)
    except Transaction.DoesNotExist:
        raise Http404 from None
    context = {"one_id": str(one.pk), "look": look, "query": request.GET.urlencode(), "zone": request.user.time_zone}
    context["filed"] = touch_of(filed_years.filed(request.user), look.ends.outs, look.ends.ins)
    return render(request, "ledger/transfers_look.html", context)


def _choose(request: OwnerRequest, one: Transaction, *, refusal: str = "", picked: Sequence[UUID] = ()) -> HttpResponse:
    wallets, side = listing.wallets_of(request.user), linking.side_of(one)
    asked = {name: request.GET[name].strip() for name in ("wallet", "from", "to") if request.GET.get(name)}
    said = asked or _around(one, side)
    form, page = CandidatesForm(said, wallets), NOTHING
    try:
        if side:
            page = _candidates(request, one, listing.filters_of(request.user, said, wallets))
    except BadFiltersError as error:
        for each in error.errors:
            form.add_error(each.field, each.words)
    context = {
        "one": one,
        "side": side,
        "form": form,
        "found": page.rows,
        "older": address_of(page, one=str(one.pk), **said),
        "refusal": refusal,
        "picked": picked,
        "zone": request.user.time_zone,
    }
    return render(request, "ledger/transfers_link.html", context)


def _around(one: Transaction, side: Side | None) -> dict[str, str]:
    """Soon after what left, and before what arrived."""
    back_by, on_by = (BEFORE, AFTER) if side is Side.OUT else (AFTER, BEFORE)
    local = timezone.localtime(one.occurred_at)
    return {"from": f"{local - back_by:%Y-%m-%d}", "to": f"{local + on_by:%Y-%m-%d}"}


def _candidates(request: OwnerRequest, one: Transaction, chosen: listing.Filters) -> Page[Transaction]:
    asset = {"received_asset": one.sent_asset} if one.sent_asset else {"sent_asset": one.received_asset}
    facts = {"wallet": chosen.wallet, "occurred_at__gte": chosen.since, "occurred_at__lt": chosen.until}
    narrow = asset | {name: value for name, value in facts.items() if value}
    rows = unmatched.unmatched(request.user, also=one.kind, **narrow)  # what was pledged comes back by the same kind
    return newest_first(rows, time="occurred_at", after=request.GET.get("after", ""), size=MANY)  # type: ignore[arg-type] # as above
