"""Clocks that differ: a file tells in another time zone what the exchange tells as well, hours off.

Its owner is asked about each such clock once. What is said hangs on the book and holds for what comes later, too: the
matcher looks at everything again with that clock put right, in the background. Taken back, what it joined comes apart.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from accounts.audit import SYSTEM, Action, record
from config.queue import wake
from ledger import acts, decisions, journal, keys
from ledger.decisions import DECIDED, CannotBeError, Kind, Verdict
from ledger.layouts import any_layout
from ledger.matching.clock_offsets import ENOUGH
from ledger.models import ClockQuestion, ClockWord, Journal, Transaction
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from accounts.audit import Actor
    from accounts.models import User
    from ledger.matching.base import Offset
    from ledger.matching.reasons import Reason
    from ledger.models.proposals import ClockQuestionQuerySet
    from ledger.models.words import ClockWordQuerySet

WORK = "ledger.matchers"
MOST = 10_000  # pairs that are kept of a question
BATCH = 2000  # decisions
ACTIONS = {True: Action.CLOCK_CONFIRMED, False: Action.CLOCK_REFUSED}
Told = tuple[str, timedelta]  # an origin, and by how much its clock was put right


@dataclass(frozen=True, slots=True)
class Clocks:
    """Of one book, and of those that were joined to it: all that was ever said, and what holds."""

    said: Sequence[ClockWord]
    standing: Mapping[tuple[str, str, int], ClockWord]

    def offsets(self) -> dict[str, dict[timedelta, ClockWord]]:
        """By how much each origin's clock is ahead, and by which word. One that is told by another file's clock is
        ahead by as much as that one, besides: origins are told by those before them in the alphabet.
        """
        found: dict[str, dict[timedelta, ClockWord]] = defaultdict(dict)
        for word in sorted(self.standing.values(), key=lambda word: (word.origin, word.pk)):
            bases = {**found[any_layout(word.against)], **found[word.against]} or {timedelta(): word}
            for base in bases if word.same else ():
                found[word.origin].setdefault(base + timedelta(seconds=word.seconds), word)
        return {origin: ahead for origin, ahead in found.items() if ahead}

    def ahead_of(self, origins: Iterable[str]) -> dict[str, dict[timedelta, ClockWord]]:
        """Those of these: of a layout also what was said of its format."""
        offsets = self.offsets()
        found = {origin: {**offsets.get(any_layout(origin), {}), **offsets.get(origin, {})} for origin in origins}
        return {origin: ahead for origin, ahead in found.items() if ahead}

    def between(self, one: Told, other: Told) -> ClockWord | None:
        """The word by which they are one; none where their own clocks agree."""
        offsets = self.ahead_of({one[0], other[0]}) if one[1] != other[1] else {}
        return offsets.get(other[0], {}).get(other[1]) or offsets.get(one[0], {}).get(one[1])


def of(wallet: Wallet) -> Clocks:
    said = list(ClockWord.objects.filter(book__in=keys.books(wallet), owner=wallet.owner_id).order_by("pk"))
    return Clocks(said, {word.clock: word for word in said})


# --- what is asked -------------------------------------------------------------------------------------------------


def ask(wallet: Wallet, clocks: Clocks, offsets: Sequence[Offset], at: Mapping[str, datetime]) -> None:
    """About those of which nothing was said. A look may see a part of the pairs: those seen before stand."""
    for offset in offsets:
        clock = clock_of(offset)
        if tuple(clock.values()) not in clocks.standing:
            former = ClockQuestion.objects.filter(wallet=wallet, **clock).first()
            asked = former or ClockQuestion(wallet=wallet, owner_id=wallet.owner_id, ones=[], others=[], **clock)
            add(asked, offset, at)
            asked.save()


def clock_of(offset: Offset) -> dict[str, Any]:
    """Of a format as a whole, in whatever layout it came; of layouts where they are of one format."""
    told_by = {"origin": offset.origin, "against": offset.against}
    formats = {name: any_layout(origin) for name, origin in told_by.items()}
    apart = formats["origin"] != formats["against"]
    return {**(formats if apart else told_by), "seconds": offset.by // timedelta(seconds=1)}


def add(asked: ClockQuestion, offset: Offset, at: Mapping[str, datetime]) -> None:
    newest = sorted(offset.pairs, key=lambda pair: at[pair.left[0]], reverse=True)
    called = {UUID(one): UUID(other) for pair in newest for one, other in zip(pair.left, pair.right, strict=True)}
    times = [at[str(end)] for end in {*called, *called.values()}]
    now = acts.present(asked.owner, {*called, *called.values()})  # one may have joined another at this very look
    fresh = {now[one].pk: now[other].pk for one, other in called.items() if one in now and other in now}
    ends = {*fresh, *fresh.values()}
    former = zip(asked.ones, asked.others, strict=True)
    pairs = [*((one, other) for one, other in former if ends.isdisjoint({one, other})), *fresh.items()][:MOST]
    asked.since = min([*times, *([asked.since] if asked.ones else [])])
    asked.until = max([*times, *([asked.until] if asked.ones else [])])
    first, *more = offset.pairs
    shared = told(reason for reason in first.reasons if all(reason in pair.reasons for pair in more))
    asked.reasons = [reason for reason in shared if not asked.ones or reason in asked.reasons]
    asked.ones, asked.others = [one for one, _ in pairs], [other for _, other in pairs]


def told(reasons: Iterable[Reason]) -> list[dict[str, object]]:
    return [{"code": str(each.code), "words": each.words, "speaks_for": each.speaks_for} for each in reasons]


def tidy(wallet: Wallet) -> None:
    """Of what is asked, the pairs that are gone: one end joined another, was left out, or went with its file."""
    for asked in ClockQuestion.objects.filter(wallet=wallet):
        named = Transaction.objects.filter(wallet=wallet, ignored=False, pk__in=[*asked.ones, *asked.others])
        here = set(named.values_list("pk", flat=True))
        pairs = [pair for pair in zip(asked.ones, asked.others, strict=True) if here.issuperset(pair)]
        if len(pairs) < ENOUGH:
            asked.delete()
        elif len(pairs) < len(asked.ones):
            asked.ones, asked.others = [one for one, _ in pairs], [other for _, other in pairs]
            asked.save(update_fields=["ones", "others"])


def asked_of(owner: User) -> ClockQuestionQuerySet:
    """Not about a wallet in the bin."""
    return ClockQuestion.objects.for_user(owner).kept().select_related("wallet")


# --- what is said --------------------------------------------------------------------------------------------------


@transaction.atomic
def say(*, by: Actor, asked: ClockQuestion, same: bool, now: datetime) -> ClockWord:
    """Remembered for good, and never asked again. Raises CannotBeError where somebody was faster."""
    Journal.objects.turn(asked.wallet)
    if not ClockQuestion.objects.filter(pk=asked.pk).delete()[0]:
        raise CannotBeError(DECIDED)
    return keep(by=by, owner=asked.owner, clock=asked, wallet=asked.wallet, same=same, now=now)


def words_of(owner: User) -> ClockWordQuerySet:
    """Those that hold, about wallets that are here."""
    books = Wallet.objects.for_user(owner).filter(binned_at=None).values("book")
    return ClockWord.objects.for_user(owner).standing().of_books(books)


def wallets_of(owner: User, words: Iterable[ClockWord]) -> dict[int, Wallet]:
    """By word, the one that goes on with its book."""
    said: Any = ClockWord.objects.of_whom().filter(pk__in=[each.pk for each in words])
    books: dict[int, UUID] = dict(said.values_list("pk", "goes_on"))
    mine = Wallet.objects.for_user(owner).filter(book__in=books.values(), purged_at=None).order_by("created_at")
    wallets = {each.book: each for each in mine}
    return {pk: wallets[book] for pk, book in books.items() if book in wallets}


@transaction.atomic
def turn(*, by: Actor, owner: User, word: ClockWord, now: datetime) -> ClockWord:
    """The opposite is said, and holds from now on. Raises CannotBeError where it does not hold any more."""
    wallet = wallets_of(owner, [word]).get(word.pk)
    if wallet:
        Journal.objects.turn(wallet)
    if not ClockWord.objects.standing().filter(pk=word.pk).exists():
        raise CannotBeError(DECIDED)
    return keep(by=by, owner=owner, clock=word, wallet=wallet, same=not word.same, now=now)


def keep(
    *, by: Actor, owner: User, clock: ClockQuestion | ClockWord, wallet: Wallet | None, same: bool, now: datetime
) -> ClockWord:
    book = clock.book if isinstance(clock, ClockWord) else clock.wallet.book
    facts = {name: getattr(clock, name) for name in (*FACTS, "pairs")}
    word = ClockWord.objects.create(owner=owner, book=book, same=same, actor_kind=by.kind, at=now, **facts)
    if wallet and (same or isinstance(clock, ClockWord)):
        journal.look_again(wallet)
        wake(WORK)
    label = wallet.label if wallet else ""
    record(by=by, action=ACTIONS[same], owner=owner, now=now, subject=label, about=word.act, pairs=word.pairs)
    return word


FACTS = ("origin", "against", "seconds", "reasons", "since", "until")


# --- what follows --------------------------------------------------------------------------------------------------


def take_apart(wallet: Wallet, clocks: Clocks, *, now: datetime) -> bool:
    """What was joined by a word that holds no longer; not what its owner said of two alone."""
    against: dict[int | None, ClockWord] = {
        word.pk: holds for word in clocks.said if not (holds := clocks.standing[word.clock]).same
    }
    joined = acts.heads(wallet.owner, Kind.SAME).filter(clock__in=list(against))
    apart = False
    while against and (found := acts.whole(list(joined.order_by("id")[:BATCH]))):
        verdicts = [
            Verdict(Kind.DIFFERENT, each.ones, each.others, clock=against[each.head.clock_id]) for each in found
        ]
        decisions.write(by=SYSTEM, owner=wallet.owner, verdicts=verdicts, now=now)
        decisions.derive_again([wallet], {name for each in found for name in each.named}, now=now)
        apart = True
    return apart
