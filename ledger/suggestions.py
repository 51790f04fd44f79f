"""Several proposals decided at once, transfers or what may be told twice: looked at first, each decided as it is alone,
and taken back as one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.audit import Action, record
from ledger import acts, decisions, filed_years, linking, looking
from ledger.decisions import DUPLICATES, TAKEN_BACK, TRANSFERS, CannotBeError, Kind, Verdict
from ledger.edits import NothingToDoError
from ledger.models import Decision, Proposal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from accounts.audit import Actor
    from accounts.models import User
    from ledger.acts import Act
    from ledger.filed_years import Touch
    from ledger.models import Transaction
    from wallets.models import Wallet

MOST = {TRANSFERS: 100, DUPLICATES: 1000}  # at once
DECIDED = "It has been decided meanwhile, or is no longer suggested."
SHARED = "Another one that you chose has the same end. Choose one of the two."
SHARED_PAIR = "Another pair that you chose names the same transaction. Decide one of the two first."
ACTIONS = {TRANSFERS: Action.TRANSFERS_DECIDED, DUPLICATES: Action.DUPLICATES_DECIDED}


@dataclass(frozen=True, slots=True)
class Refused:
    """One that cannot be decided, and why. Without a proposal it is not there any more."""

    id: UUID
    code: str
    words: str
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What would be decided, or was."""

    fit: Sequence[Proposal]
    verdicts: Sequence[Verdict]  # of each of those
    refused: Sequence[Refused]
    filed: Touch


def look(owner: User, ids: Sequence[UUID], kind: Decision.Kind) -> Seen:
    """What deciding these comes to. Nothing is changed."""
    found = chosen(owner, ids, kind)
    gone = [Refused(each, "decided", DECIDED) for each in dict.fromkeys(ids) if each not in found]
    return judged(owner, list(found.values()), kind, gone)


def chosen(owner: User, ids: Sequence[UUID], kind: Decision.Kind) -> dict[UUID, Proposal]:
    """Of the owner's, the newest first, as the page has them."""
    mine = Proposal.objects.for_user(owner).filter(about=decisions.about(kind), pk__in=list(ids))
    found = {each.pk: each for each in mine.order_by("-at", "-id")}
    for each in found.values():
        each.owner = owner
    return found


def judged(owner: User, proposals: Sequence[Proposal], kind: Decision.Kind, gone: Sequence[Refused] = ()) -> Seen:
    here = acts.present(owner, [name for each in proposals for name in ends(each)])
    judge = JUDGES[kind](owner, here, proposals)
    found = [(each, judge(each)) for each in proposals]
    fit = [(each, verdict) for each, verdict in found if isinstance(verdict, Verdict)]
    times = [here[name].occurred_at for each, _ in fit for name in ends(each) if name in here]
    refused = [*gone, *(each for _, each in found if isinstance(each, Refused))]
    return Seen([each for each, _ in fit], [each for _, each in fit], refused, filed_years.touched(owner, times))


def ends(each: Proposal) -> list[UUID]:
    return [*each.ones, *each.others]


class Judge:
    """Whatever may be said of any: that they are apart, or different."""

    kind: Decision.Kind

    def __init__(self, owner: User, here: Mapping[UUID, Transaction], proposals: Sequence[Proposal]) -> None:
        self.owner, self.here = owner, here
        self.wanted = Counter(here[name].pk for each in proposals for name in ends(each) if name in here)

    def __call__(self, each: Proposal) -> Verdict | Refused:
        return Verdict(self.kind, each.ones, each.others, each.score, each.reasons)

    def is_here(self, each: Proposal) -> bool:
        return set(ends(each)) <= set(self.here)

    def is_shared(self, chosen: Sequence[Transaction]) -> bool:
        """Then nobody but the owner says which."""
        return any(self.wanted[one.pk] > 1 for one in chosen)


class Apart(Judge):
    kind = Kind.APART


class Different(Judge):
    kind = Kind.DIFFERENT


class Same(Judge):
    """Which can be one still, by the rules of `linking.say`."""

    kind = Kind.SAME

    def __call__(self, each: Proposal) -> Verdict | Refused:
        if not self.is_here(each):
            return Refused(each.pk, "cannot_be", linking.GONE, each)
        ones, others = acts.chosen(self.here, each.ones), acts.chosen(self.here, each.others)
        if ones == others:
            return Refused(each.pk, "decided", DECIDED)
        if linking.is_half_ignored([*ones, *others]):
            return Refused(each.pk, "cannot_be", linking.HALF_IGNORED, each)
        if self.is_shared([*ones, *others]):
            return Refused(each.pk, "shared", SHARED_PAIR, each)
        return super().__call__(each)


class Linked(Judge):
    """Which can be linked, by the rules of `linking.link`, asked for all of them at once."""

    kind = Kind.LINKED

    def __init__(self, owner: User, here: Mapping[UUID, Transaction], proposals: Sequence[Proposal]) -> None:
        super().__init__(owner, here, proposals)
        self.free = linking.free(owner, list(self.wanted))

    def __call__(self, each: Proposal) -> Verdict | Refused:
        chosen = acts.chosen(self.here, ends(each))
        if not self.is_here(each):
            return Refused(each.pk, "cannot_be", linking.GONE, each)
        try:
            told = linking.told_apart(chosen)
        except CannotBeError as error:
            return Refused(each.pk, "cannot_be", error.words, each)
        if not {one.pk for one in chosen} <= self.free:
            return Refused(each.pk, "cannot_be", linking.LINKED_ALREADY, each)
        if self.is_shared(chosen):
            return Refused(each.pk, "shared", SHARED, each)
        outs, ins = [one.pk for one in told.outs], [one.pk for one in told.ins]
        return Verdict(Kind.LINKED, outs, ins, each.score, each.reasons)


JUDGES: dict[Decision.Kind, type[Judge]] = {each.kind: each for each in (Apart, Different, Same, Linked)}


@transaction.atomic
def decide(*, by: Actor, owner: User, ids: Sequence[UUID], kind: Decision.Kind, batch: UUID, now: datetime) -> Seen:
    """Each of those that can be, as it is then; all of them in one transaction."""
    decisions.hold(owner, [name for each in chosen(owner, ids, kind).values() for name in ends(each)])
    seen = look(owner, ids, kind)
    say(by=by, owner=owner, seen=seen, kind=kind, batch=batch, now=now)
    return seen


def say(*, by: Actor, owner: User, seen: Seen, kind: Decision.Kind, batch: UUID, now: datetime) -> None:
    if seen.fit:
        verdicts = [replace(each, batch=batch) for each in seen.verdicts]
        decisions.decide_all(by=by, owner=owner, verdicts=verdicts, now=now)
        tell(by=by, owner=owner, kind=kind, batch=batch, count=len(seen.fit), now=now)


def tell(*, by: Actor, owner: User, kind: Decision.Kind, batch: UUID, count: int, now: datetime) -> None:
    about = decisions.about(kind)
    facts: dict[str, Any] = {"decision": str(kind), str(about): count, "batch": str(batch)}
    record(by=by, action=ACTIONS[about], owner=owner, now=now, **facts)


# --- taken back, and said again --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Batch:
    """What was decided at once, and what has become of it."""

    id: UUID
    kind: Decision.Kind
    at: datetime
    whole: int
    standing: Sequence[Act]
    taken: Sequence[Act]

    @property
    def changed(self) -> int:
        """About so many something was said since, one by one."""
        return self.whole - len(self.standing) - len(self.taken)

    @property
    def about(self) -> Proposal.About:
        return decisions.about(self.kind)


def batch_of(owner: User, batch_id: UUID) -> Batch | None:
    mine = Decision.objects.filter(owner=owner, batch=batch_id)
    first = mine.order_by("id").first()
    if first is None:
        return None
    kind = Kind(first.kind)
    heads = acts.heads(owner, *Decision.ABOUT[decisions.about(kind)]).filter(batch=batch_id)
    held = acts.whole(list(heads.order_by("-id")))
    whole = mine.filter(at=first.at, kind=kind).values("act").distinct().count()
    standing = [each for each in held if each.kind is kind]
    return Batch(batch_id, kind, first.at, whole, standing, [each for each in held if each.kind in TAKEN_BACK])


@transaction.atomic
def undo(*, by: Actor, owner: User, batch: Batch, now: datetime) -> None:
    """Wherever nothing was said since, they are proposed again, as if nobody had said anything. Raises
    NothingToDoError.
    """
    batch, wallets = held(owner, batch)
    if not batch.standing:
        raise NothingToDoError
    kind = Decision.TAKEN_BACK[batch.about]
    verdicts = [taken_back(each, kind, batch.id) for each in batch.standing]
    decisions.write(by=by, owner=owner, verdicts=verdicts, now=now)
    decisions.derive_again(wallets, {name for each in batch.standing for name in each.named}, now=now)
    propose_again(owner, batch)
    tell(by=by, owner=owner, kind=kind, batch=batch.id, count=len(batch.standing), now=now)


def taken_back(each: Act, kind: Decision.Kind, batch_id: UUID) -> Verdict:
    return Verdict(kind, each.ones, each.others, each.head.score, each.head.reasons, batch=batch_id)


@transaction.atomic
def redo(*, by: Actor, owner: User, batch: Batch, now: datetime) -> Seen:
    """Those that can be still. Raises NothingToDoError."""
    batch, _ = held(owner, batch)
    if not batch.taken:
        raise NothingToDoError
    found = suggestions(owner, batch.taken)
    gone = [Refused(act.id, "cannot_be", linking.GONE) for act, each in found if each is None]
    seen = judged(owner, [each for _, each in found if each], batch.kind, gone)
    say(by=by, owner=owner, seen=seen, kind=batch.kind, batch=batch.id, now=now)
    return seen


def held(owner: User, batch: Batch) -> tuple[Batch, list[Wallet]]:
    """As it is now that it is our turn."""
    wallets = decisions.hold(owner, [name for each in (*batch.standing, *batch.taken) for name in each.named])
    return batch_of(owner, batch.id) or batch, wallets


def propose_again(owner: User, taken: Batch) -> None:
    """What can be one still, and what competed with it."""
    kind = Kind.LINKED if taken.about is TRANSFERS else Kind.SAME
    fresh = judged(owner, [each for _, each in suggestions(owner, taken.standing) if each], kind)
    competing = [each.proposal for each in fresh.refused if each.proposal and each.code == "shared"]
    Proposal.objects.bulk_create([*fresh.fit, *competing])
    if taken.about is TRANSFERS:
        looking.propose_beside(owner, [name for each in taken.standing for name in each.named])


def suggestions(owner: User, taken: Sequence[Act]) -> list[tuple[Act, Proposal | None]]:
    """As they were suggested. None: not all of it is here."""
    here = acts.present(owner, [name for each in taken for name in each.named])
    return [(each, suggestion(owner, each, here) if set(each.named) <= set(here) else None) for each in taken]


def suggestion(owner: User, act: Act, here: Mapping[UUID, Transaction]) -> Proposal:
    outs, ins = acts.chosen(here, act.ones), acts.chosen(here, act.others)
    return Proposal(
        owner=owner,
        about=decisions.about(act.kind),
        ones=[each.pk for each in outs],
        others=[each.pk for each in ins],
        score=act.head.score or 0,
        reasons=act.head.reasons,
        at=min(each.occurred_at for each in (*outs, *ins)),
    )
