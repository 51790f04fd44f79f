"""Derives what happened from rows, keys, words and decisions. All that is written here can be made again, the same.

It goes forward row by row from where it stopped, in steps that each stand for themselves: a step that dies has done
nothing, one that comes twice changes nothing. Reading everything anew, when a reader has learned something, is the same
walk from the beginning; every event is whole at every moment of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max, Min

from config.turns import TurnTakenError
from ledger import assets, deriving, elsewhere, former, keys, parts, posting
from ledger.models import Journal, Part, Rule, Transaction, TransactionKey
from ledger.readers import TRUST, Readers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from ledger.readings.events import Told
    from wallets.models import Wallet

STEP = 5000  # rows: each step asks some twenty questions, however few it reads
SOON = 6000  # rows that a page can wait for


@transaction.atomic
def catch_up(wallet: Wallet, *, now: datetime, limit: int = STEP) -> bool:
    """One step. True: there is more to read."""
    journal, readers = Journal.objects.turn(wallet), Readers(wallet.exchange)
    reading = parts.Reading(readers)
    if journal.version != readers.version:
        journal.version, journal.rows_to = readers.version, 0
    if journal.read_at is None:
        Rule.objects.found_again(wallet)
        journal.compared_at = now
    seen, sightings_to = parts.seen_again(journal, limit)
    fresh = parts.next_rows(journal, limit)
    events = taken_in(wallet, seen) if seen else set()
    events |= parts.read(journal, [*seen, *fresh], reading) if seen or fresh else set()
    events |= elsewhere.join(wallet, journal, reading)
    found_again = bool(events) and former.look(wallet, events, now=now)
    if events:
        derive(wallet, journal, events, reading, now=now)
    journal.rows_to = fresh[-1].id if fresh else journal.rows_to
    if found_again:  # what came before it was known whose account it is has other names by now
        journal.rows_to = 0
    journal.sightings_to = sightings_to or journal.sightings_to
    journal.behind = bool(len(fresh) == limit or sightings_to or found_again)
    journal.read_at = now
    journal.save()
    return journal.behind


def taken_in(wallet: Wallet, seen: Sequence[parts.Found]) -> set[str]:
    """Events of the transactions that these rows are a part of by now, whatever event they tell of themselves: also of
    all that joined one of these, for it may have to stand by itself again.
    """
    identities = Part.objects.filter(row__in=[each.id for each in seen]).values_list("identity", flat=True)
    mine = TransactionKey.objects.filter(book__in=keys.books(wallet))
    told = mine.filter(anchor__in=list(identities)).values_list("pk", "alias_of")
    named = {alias or pk for pk, alias in told}
    joined = {name for names in keys.former_names(list(named)).values() for name in names}
    return set(events_of(wallet, named | joined))


def catch_up_all(wallet: Wallet, *, now: datetime) -> None:
    while catch_up(wallet, now=now):
        pass


def catch_up_soon(wallet: Wallet, *, now: datetime) -> None:
    """Within a page. Raises TurnTakenError where more is to be read than it can wait for: workers are at it."""
    journal = Journal.objects.turn(wallet)
    read_to = journal.rows_to if journal.version == Readers(wallet.exchange).version else 0
    if parts.are_unread(journal, SOON, after=read_to):
        raise TurnTakenError
    catch_up_all(wallet, now=now)


def derive(wallet: Wallet, journal: Journal, events: set[str], reading: parts.Reading, *, now: datetime) -> None:
    """These events, and whatever is decided to be the same as they are. The journal is for the caller to save."""
    told = parts.told_of(journal, events, reading)
    drafted = deriving.found(told)
    known = keys.known(wallet, (identity for each in drafted for identity in each.draft.identities))
    while more := others(wallet, journal, drafted, known, told.keys()):
        told |= parts.told_of(journal, more, reading)
        drafted = deriving.found(told)
        keys.known(wallet, (identity for each in drafted for identity in each.draft.identities), known)
    for borne in posting.borne_elsewhere(wallet, known.left, told):
        del known.left[borne]
    deriving.name(wallet, drafted, known, now=now)
    kept = deriving.without_doubles(drafted, known)
    keys.point(deriving.aliases(kept))
    rules, namer = list(Rule.objects.filter(owner=wallet.owner_id).order_by("place", "id")), assets.namer(wallet)
    ready = [deriving.derived(each, known, rules, wallet, namer) for each in kept]
    posting.post(wallet, ready, events=told, origins=origins_of(told))
    to_look_at(journal, ready, told)


def to_look_at(journal: Journal, ready: Sequence[deriving.Derived], told: Mapping[str, Sequence[Told]]) -> None:
    """Matchers look at this stretch of time, later, on their own: where sources have it, and where its owner put it."""
    more = [each.reading.at for said in told.values() for each in said if each.reading.about]
    times = sorted([*(at for each in ready for at in (each.draft.at, each.held.occurred_at)), *more])
    if times:
        journal.look_from = min(filter(None, (journal.look_from, times[0])))
        journal.look_to = max(filter(None, (journal.look_to, times[-1])))


def look_again(wallet: Wallet) -> None:
    """At all of it: something was said of how its sources are to be looked at."""
    journal = Journal.objects.turn(wallet)
    times = Transaction.objects.filter(wallet=wallet).aggregate(since=Min("occurred_at"), until=Max("occurred_at"))
    if times["since"]:
        journal.look_from = min(filter(None, (journal.look_from, times["since"])))
        journal.look_to = max(filter(None, (journal.look_to, times["until"])))
        journal.save(update_fields=["look_from", "look_to"])


def others(
    wallet: Wallet, journal: Journal, drafted: Sequence[deriving.Found], known: keys.Known, events: Iterable[str]
) -> set[str]:
    """Events that are the same as these and are not among them: by decision, or because another source puts a row of
    the same name elsewhere.
    """
    here = {key.pk for key in known.all()}
    missing = {other for partners in known.same.values() for other in partners} - here
    by_decision = events_of(wallet, missing) if missing else ()
    identities = [identity for each in drafted for identity in each.draft.identities]
    return {*by_decision, *parts.events_telling(journal, identities)} - set(events)


def events_of(wallet: Wallet, named: Iterable[UUID]) -> list[str]:
    """What these names stand for: by the row they hang on, and by the transaction that bears them, or for which they
    answer: nothing may tell any more of the row of such a name.
    """
    mine = TransactionKey.objects.filter(book__in=keys.books(wallet))
    known = list(mine.filter(pk__in=list(named)).values_list("pk", "anchor", "alias_of"))
    whole = [part for _, anchor, _ in known for part in {anchor, anchor.rpartition("+")[0]} if part]
    by_row = Part.objects.filter(wallet=wallet, identity__in=whole).values_list("event", flat=True)
    return [*by_row, *posting.of_events(wallet, {name for pk, _, alias in known for name in (pk, alias) if name})]


def origins_of(told: Mapping[str, Sequence[Told]]) -> dict[int, str]:
    origins = {trust: origin for origin, trust in TRUST.items()}
    return {each.row: origins[each.trust] for readings in told.values() for each in readings}


def derive_again(wallet: Wallet, named: Iterable[UUID], *, now: datetime) -> None:
    """After a word or a decision about these transactions, in the same transaction as the word."""
    journal = Journal.objects.turn(wallet)
    if events := set(events_of(wallet, named)):
        derive(wallet, journal, events, parts.Reading(Readers(wallet.exchange)), now=now)
        journal.read_at = now
        journal.save(update_fields=["read_at", "look_from", "look_to"])


@transaction.atomic
def from_the_beginning(wallet: Wallet) -> None:
    """Read everything anew: a rule or a name changed that may touch any of it. It is done in the background."""
    journal = Journal.objects.turn(wallet)
    journal.rows_to, journal.behind = 0, True
    journal.save(update_fields=["rows_to", "behind"])
