"""Whether two transactions are one, and whether what left here arrived there: said by matchers, overruled by owners."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from accounts.audit import SYSTEM, Action, Actor, ActorKind, record
from ledger import journal, keys, proposals
from ledger.gains import stale
from ledger.models import Decision, FormerBook, Journal, Proposal, TransactionKey
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from accounts.models import User
    from ledger.models import ClockWord

Kind = Decision.Kind
DUPLICATES, TRANSFERS = Proposal.About.DUPLICATES, Proposal.About.TRANSFERS
ACTIONS = {
    Kind.SAME: Action.DUPLICATES_MERGED,
    Kind.DIFFERENT: Action.DUPLICATES_KEPT,
    Kind.LINKED: Action.TRANSFER_LINKED,
    Kind.APART: Action.TRANSFER_REJECTED,
}
DECIDED = "This has been decided already."
VERDICTS = tuple(ACTIONS)  # what may be said; that it is taken back is none
TAKEN_BACK = frozenset(Decision.TAKEN_BACK.values())


class CannotBeError(Exception):
    """These cannot be one, or one transfer. `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Verdict:
    """About what was decided at once: each of `ones` with each of `others`."""

    kind: Decision.Kind
    ones: Sequence[UUID]
    others: Sequence[UUID]
    score: int | None = None
    reasons: Sequence[object] = ()
    clock: ClockWord | None = None  # that was put right for it
    batch: UUID | None = None  # with others


@transaction.atomic
def decide(*, by: Actor, owner: User, verdict: Verdict, now: datetime) -> None:
    """Remembered for good, whatever is made again. The last word about a pair holds."""
    decide_all(by=by, owner=owner, verdicts=[verdict], now=now)
    record(
        by=by,
        action=ACTIONS[verdict.kind],
        owner=owner,
        now=now,
        about=next(iter(verdict.ones), None),
        transactions=len({*verdict.ones, *verdict.others}),
    )


def decide_all(*, by: Actor, owner: User, verdicts: Sequence[Verdict], now: datetime) -> None:
    """Inside a transaction: what follows from them is derived once. The trail is told by whoever calls."""
    named = {name for verdict in verdicts for name in (*verdict.ones, *verdict.others)}
    wallets = hold(owner, named)
    write(by=by, owner=owner, verdicts=verdicts, now=now)
    derive_again(wallets, named, now=now)
    forget(owner, verdicts)


def write(*, by: Actor, owner: User, verdicts: Sequence[Verdict], now: datetime) -> None:
    Decision.objects.bulk_create(
        [
            Decision(
                owner=owner,
                kind=verdict.kind,
                one_id=one,
                other_id=other,
                act=act,
                by_itself=by is SYSTEM,
                score=verdict.score,
                reasons=list(verdict.reasons),
                clock=verdict.clock,
                batch=verdict.batch,
                actor_kind=by.kind,
                at=now,
            )
            for verdict in verdicts
            for act in [uuid.uuid4()]
            for one in verdict.ones
            for other in verdict.others
        ],
        batch_size=1000,
    )
    stale.decided({name for each in verdicts if about(each.kind) is TRANSFERS for name in (*each.ones, *each.others)})


def hold(owner: User, named: Iterable[UUID]) -> list[Wallet]:
    """The wallets these transactions are of, each one's turn taken in the order of their ids."""
    said = TransactionKey.objects.for_user(owner).filter(pk__in=set(named)).values("book")
    joined = FormerBook.objects.for_user(owner).joined().filter(former__in=said).values("book")
    mine = Wallet.objects.for_user(owner).filter(purged_at=None)
    wallets = list(mine.filter(Q(book__in=said) | Q(book__in=joined)).order_by("pk"))
    for wallet in wallets:
        Journal.objects.turn(wallet)
    return wallets


def derive_again(wallets: Iterable[Wallet], named: set[UUID], *, now: datetime) -> None:
    for wallet in wallets:
        mine = TransactionKey.objects.filter(pk__in=named, book__in=keys.books(wallet)).values_list("pk", flat=True)
        journal.derive_again(wallet, list(mine), now=now)


def forget(owner: User, verdicts: Iterable[Verdict]) -> None:
    """What was proposed about them is decided, whatever they were called then. Looked up once for all of them."""
    decided = [(each, {*each.ones, *each.others}) for each in verdicts]
    called = proposals.now_called(name for _, names in decided for name in names)
    said: dict[tuple[str, UUID], list[tuple[Kind, set[UUID]]]] = defaultdict(list)
    for verdict, names in decided:
        named = {called[name] for name in names}
        for name in named:
            said[about(verdict.kind), name].append((verdict.kind, named))
    gone = [
        pk
        for pk, subject, ends in proposals.naming(owner, {name for _, name in said})
        if any(settles(*word, set(ends)) for name in ends for word in said.get((subject, name), ()))
    ]
    Proposal.objects.filter(pk__in=gone).delete()


def settles(kind: Kind, named: set[UUID], ends: set[UUID]) -> bool:
    """That two are not the same says nothing about either of them and a third."""
    return kind not in {Kind.DIFFERENT, Kind.APART} or ends <= named


def about(kind: str) -> Proposal.About:
    return Proposal.About.DUPLICATES if kind in Decision.ABOUT["duplicates"] else Proposal.About.TRANSFERS


@dataclass(frozen=True, slots=True)
class Standing:
    """A word that holds about two, by the names they bear now."""

    kind: Kind
    one: UUID
    other: UUID
    act: UUID
    by_clock: bool = False  # no more than that a clock was put right, or no longer is
    by_itself: bool = False


def of(named: Iterable[UUID]) -> list[Standing]:
    """The latest about each pair, also where it was said under a name that joined another since: but for that the two
    are the same, by which it did. What was taken back is no word.
    """
    now = {name: name for name in named}
    now |= {former: name for name, names in keys.former_names(list(now)).items() for former in names}
    found: dict[tuple[frozenset[UUID], Proposal.About], Standing] = {}
    for each in sorted(keys.standing(list(now)), key=attrgetter("pk")):
        one, other = each.one_id, each.other_id
        if each.kind != Kind.SAME:
            one, other = now.get(one, one), now.get(other, other)
        if one != other:
            facts = {"by_clock": each.clock_id is not None, "by_itself": each.by_itself}
            said = Standing(Kind(each.kind), one, other, each.act, **facts)
            found[frozenset({one, other}), about(each.kind)] = said
    return [each for each in found.values() if each.kind not in TAKEN_BACK]


# --- of accounts that are found again ------------------------------------------------------------------------------


def hold_again(owner: User, named: Sequence[UUID], *, now: datetime) -> bool:
    """What was said of an account before it was removed holds of what is told again, also where matchers, to whom its
    former names said nothing yet, had found otherwise meanwhile. True: something was found so.
    """
    formers = [name for names in keys.former_names(named).values() for name in names]
    standing = keys.standing([*named, *formers])
    if all(each.by_itself for each in standing):
        return False
    places = places_of(owner, {end for each in standing for end in (each.one_id, each.other_id)})
    own = [each for each in sorted(standing, key=attrgetter("pk")) if not each.by_itself]
    latest = {pair_of(each, places): each for each in own}
    said = {pair: each for pair, each in latest.items() if each.kind not in TAKEN_BACK}
    against = [each for each in standing if each.by_itself and says_otherwise(said.get(pair_of(each, places)), each)]
    for each in against:
        word = said[pair_of(each, places)]
        by = Actor(ActorKind(word.actor_kind))
        verdict = Verdict(Kind(word.kind), [each.one_id], [each.other_id], clock=word.clock)
        write(by=by, owner=owner, verdicts=[verdict], now=now)
    if ends := {end for each in against for end in (each.one_id, each.other_id)}:
        derive_again(hold(owner, ends), ends, now=now)
    return bool(against)


Place = tuple["UUID", str]  # the book that goes on, and the row a name hangs on


def places_of(owner: User, named: Iterable[UUID]) -> dict[UUID, Place]:
    """What two books call alike is one."""
    goes_on = dict(FormerBook.objects.for_user(owner).joined().values_list("former", "book"))
    found = TransactionKey.objects.filter(pk__in=list(named)).values_list("pk", "book", "anchor")
    return {pk: (goes_on.get(book, book), anchor) for pk, book, anchor in found}


def pair_of(each: Decision, places: Mapping[UUID, Place]) -> tuple[frozenset[Place], Proposal.About]:
    return frozenset({places[each.one_id], places[each.other_id]}), about(each.kind)


def says_otherwise(word: Decision | None, each: Decision) -> bool:
    return word is not None and word.kind != each.kind
