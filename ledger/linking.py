"""An owner's verdicts about what matchers proposed or decided, and links by hand: refused where they cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from ledger import acts, decisions
from ledger.acts import OPPOSITE, Act
from ledger.assets import names_of
from ledger.decisions import DECIDED, CannotBeError, Kind, Verdict
from ledger.looking import as_movement, propose_beside, row_of
from ledger.matching import transfers
from ledger.matching.base import Side
from ledger.models import Proposal, Transaction
from ledger.sums import less, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from accounts.audit import Actor
    from accounts.models import User
    from ledger.matching.reasons import Reason
    from ledger.models import Decision

GONE = "One of them is no longer here: it joined another, or its wallet is in the bin."
HALF_IGNORED = "One of them is ignored, and the other counts. Bring it back first, or ignore both."
LINKED_ALREADY = "One of them is linked already. Take that link apart first."
MOST = 30  # ends of one transfer


# --- what was proposed ---------------------------------------------------------------------------------------------


@transaction.atomic
def say(*, by: Actor, proposal: Proposal, kind: Decision.Kind, now: datetime) -> None:
    """Accepts or refuses what was proposed. Raises CannotBeError where it cannot be, or somebody was faster."""
    decisions.hold(proposal.owner, [*proposal.ones, *proposal.others])
    if not Proposal.objects.filter(pk=proposal.pk).exists():
        raise CannotBeError(DECIDED)
    if kind is Kind.LINKED:
        link(by=by, owner=proposal.owner, named=[*proposal.ones, *proposal.others], now=now, proposal=proposal)
        return
    if kind is Kind.SAME:
        refuse_the_gone(proposal)
        refuse_half_ignored(proposal.owner, [*proposal.ones, *proposal.others])
    verdict = Verdict(kind, proposal.ones, proposal.others, proposal.score, proposal.reasons)
    decisions.decide(by=by, owner=proposal.owner, verdict=verdict, now=now)


def refuse_the_gone(proposal: Proposal) -> None:
    named = {*proposal.ones, *proposal.others}
    if set(acts.present(proposal.owner, named)) != named:
        raise CannotBeError(GONE)


def refuse_half_ignored(owner: User, named: Sequence[UUID]) -> None:
    """As one they would be ignored, too: what counts once would count for nothing."""
    if is_half_ignored(acts.present(owner, named).values()):
        raise CannotBeError(HALF_IGNORED)


def is_half_ignored(chosen: Iterable[Transaction]) -> bool:
    return len({each.ignored for each in chosen}) > 1


def turn(*, by: Actor, owner: User, act: Act, now: datetime) -> None:
    """Takes a decision back: the opposite is said, and holds from now on, whatever is made again."""
    if act.kind is Kind.DIFFERENT:
        refuse_half_ignored(owner, act.named)
    if act.kind is Kind.APART:
        link(by=by, owner=owner, named=act.named, now=now)
        return
    with transaction.atomic():
        decisions.decide(by=by, owner=owner, verdict=Verdict(OPPOSITE[act.kind], act.ones, act.others), now=now)
        if act.kind is Kind.LINKED:
            propose_beside(owner, act.named)


# --- by hand -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ends:
    outs: Sequence[Transaction]
    ins: Sequence[Transaction]

    @property
    def asset(self) -> str:
        return self.outs[0].sent_asset


@transaction.atomic
def link(*, by: Actor, owner: User, named: Sequence[UUID], now: datetime, proposal: Proposal | None = None) -> Ends:
    """What left in some of these arrived in the others. Raises CannotBeError, and 404's Transaction.DoesNotExist."""
    decisions.hold(owner, named)
    ends = free_ends(owner, named)
    score, reasons = (proposal.score, proposal.reasons) if proposal else (None, ())
    outs, ins = [each.pk for each in ends.outs], [each.pk for each in ends.ins]
    decisions.decide(by=by, owner=owner, verdict=Verdict(Kind.LINKED, outs, ins, score, reasons), now=now)
    return ends


def free_ends(owner: User, named: Sequence[UUID]) -> Ends:
    """Raises what `link` raises: these may be linked."""
    ends = ends_of(owner, named)
    refuse_linked(owner, [*ends.outs, *ends.ins])
    return ends


def ends_of(owner: User, named: Sequence[UUID]) -> Ends:
    """Which of these left and which arrived. Raises CannotBeError where they cannot be one transfer."""
    found = acts.present(owner, named[: MOST + 1])
    if set(found) != set(named[: MOST + 1]):
        raise Transaction.DoesNotExist
    if len(named) > MOST:
        raise CannotBeError(f"A transfer has at most {MOST} ends here.")
    return told_apart(acts.chosen(found, named))


def told_apart(chosen: Sequence[Transaction]) -> Ends:
    """Raises CannotBeError where these cannot be one transfer."""
    if len(chosen) < 2:  # noqa: PLR2004 - a transfer has two ends
        raise CannotBeError("That is one transaction. A transfer has two ends: what left, and what arrived.")
    return sorted_out(chosen)


def sorted_out(chosen: Sequence[Transaction]) -> Ends:
    sides = [(side_of(each), each) for each in chosen]
    ends = Ends([each for side, each in sides if side is Side.OUT], [each for side, each in sides if side is Side.IN])
    for wrong, words in wrongs(chosen, ends):
        if wrong:
            raise CannotBeError(words)
    return ends


def wrongs(chosen: Sequence[Transaction], ends: Ends) -> Iterable[tuple[bool, str]]:
    """What would make it none, and the words for it."""
    known = len(ends.outs) + len(ends.ins)
    assets = {asset for each in chosen for asset in (each.sent_asset, each.received_asset) if asset}
    yield known < len(chosen), "One of them has both sides already, or none: it is no end of a transfer."
    yield not ends.ins, "All of them left. A transfer also has an end that arrived."
    yield not ends.outs, "All of them arrived. A transfer also has an end that left."
    yield len(assets) > 1, f"They are of different assets: {', '.join(sorted(assets))}. A transfer moves one asset."
    yield min(len(ends.outs), len(ends.ins)) > 1, "Several left and several arrived. Link one with its parts at a time."
    yield any(each.ignored for each in chosen), "One of them is ignored, and counts for nothing. Bring it back first."


def side_of(each: Transaction) -> Side | None:
    sent, received = each.sent_amount is not None, each.received_amount is not None
    if sent == received:
        return None
    return Side.OUT if sent else Side.IN


def refuse_linked(owner: User, chosen: Sequence[Transaction]) -> None:
    if len(free(owner, [each.pk for each in chosen])) < len(chosen):
        raise CannotBeError(LINKED_ALREADY)


def free(owner: User, named: Sequence[UUID]) -> set[UUID]:
    """Those of these that are linked with nothing."""
    return set(Transaction.objects.for_user(owner).filter(*acts.unlinked(), pk__in=named).values_list("pk", flat=True))


# --- a look before it is done --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """What speaks for and against, and the sums of either side."""

    ends: Ends
    score: int | None  # of two; parts have none
    reasons: Sequence[Reason]
    left: Decimal
    arrived: Decimal

    @property
    def lost(self) -> Decimal:
        return less(self.left, self.arrived)


def look(owner: User, named: Sequence[UUID]) -> Look:
    """Raises what `link` raises."""
    ends = free_ends(owner, named)
    names = names_of(owner.pk)
    outs, ins = ([as_movement(row_of(each), names) for each in side] for side in (ends.outs, ends.ins))
    judged = transfers.judged(outs[0], ins[0]) if len(outs) == len(ins) == 1 and outs[0] and ins[0] else None
    return Look(
        ends,
        judged.score if judged else None,
        judged.reasons if judged else (),
        total(each.sent_amount for each in ends.outs),
        total(each.received_amount for each in ends.ins),
    )
