"""Is it an account that was removed before? Where an exchange tells whose account it is, its claims answer that. Where
it tells nothing, and where files are brought, the transactions do: what is told now is called as it was then.

What the owner had said stays under the names of the former book, and comes back with them. Where there is no doubt that
happens by itself and is told; else the owner is asked once, and what they do not want back stays where it is.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts import notices
from accounts.audit import SYSTEM, Action, record
from config.queue import wake
from config.turns import TurnTakenError
from ledger.models import FormerBook, Journal, Rule
from ledger.notice_kinds import Kind
from ledger.parts import fetched
from ledger.readings.hand import FAMILY as HAND
from wallets import claims
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from accounts.audit import Actor
    from ledger.models.words import FormerBookQuerySet

Verdict = FormerBook.Verdict
READ = "ledger.journal"
AT_ONCE = 20  # wallets
MANY = 100  # names are enough to tell
ENOUGH = 3  # ids of the exchange's own
LONG = 8  # characters: a shorter id may be a count, and anybody's
OWN_COLUMNS = "mapped:"  # of a file that its owner explained: they may count lines
BY_CONTENT = re.compile(r":[0-9a-f]{32}(-\d+)?(/\w+)?$")  # how a line is called that has no id
TOLD = "SELECT DISTINCT identity FROM ledger_part WHERE wallet_id = %s AND event = ANY(%s)"
AGREEING = "SELECT DISTINCT anchor FROM ledger_transactionkey WHERE book = ANY(%s) AND anchor = ANY(%s)"
IN_BOTH = """
    SELECT DISTINCT key.anchor FROM ledger_transactionkey AS key
    JOIN ledger_part AS part ON part.wallet_id = %s AND part.identity = key.anchor
    WHERE key.book = ANY(%s) LIMIT %s
"""
# Transactions of which something is said, by whom they belong to. What was written by hand is gone for good.
SAID = """
    SELECT count(*) FROM (
        SELECT key_id AS id FROM ledger_edit WHERE owner_id = %s
        UNION SELECT one_id FROM ledger_decision WHERE owner_id = %s AND NOT by_itself
        UNION SELECT other_id FROM ledger_decision WHERE owner_id = %s AND NOT by_itself
        UNION SELECT disposal_id FROM ledger_lotchoice WHERE owner_id = %s
        UNION SELECT key_id FROM ledger_knowncost WHERE owner_id = %s
    ) AS said JOIN ledger_transactionkey AS key ON key.id = said.id
    WHERE key.book = ANY(%s) AND key.anchor NOT LIKE %s
"""

# By hand, for it stands in each step of reading. One book may have had several wallets.
GONE = """
    SELECT gone.book, max(gone.binned_at) AS removed_at FROM wallets_wallet AS gone
    WHERE gone.owner_id = %s AND gone.exchange = %s AND gone.purged_at IS NOT NULL AND gone.binned_at IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM wallets_wallet AS kept
        WHERE kept.owner_id = gone.owner_id AND kept.book = gone.book AND kept.purged_at IS NULL
    )
    AND NOT EXISTS (
        SELECT FROM ledger_formerbook AS told WHERE told.owner_id = gone.owner_id AND told.former = gone.book
        AND (told.verdict = 'same' OR told.verdict = 'other' AND told.book = %s)
    )
    GROUP BY gone.book ORDER BY removed_at DESC, gone.book
"""


class NotNowError(Exception):
    """It was answered otherwise meanwhile, or what was said is with another wallet by now."""


class Agreeing(NamedTuple):
    """Names that both have."""

    ids: int
    lines: int  # without an id: called by what they say
    numbers: int  # so short that another account may well have them too
    among: int  # happenings

    def __bool__(self) -> bool:
        """Worth a question. One id is the exchange's own; a line or a number proves little, unless most agree."""
        return bool(self.ids) or self.lines >= ENOUGH or 0 < self.among <= 2 * (self.lines + self.numbers)

    @property
    def all(self) -> int:
        return self.ids + self.lines + self.numbers

    @property
    def is_certain(self) -> bool:
        return self.ids >= ENOUGH


@dataclass(frozen=True, slots=True)
class Gone:
    """A book whose wallet was removed, and whose time in the bin is over."""

    book: UUID
    removed_at: datetime

    @property
    def books(self) -> list[UUID]:
        """With those that had been found to be the same one before."""
        return [self.book, *FormerBook.objects.joined().filter(book=self.book).values_list("former", flat=True)]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the owner said about an account that is gone."""

    transactions: int
    rules: int

    def __bool__(self) -> bool:
        return bool(self.transactions or self.rules)


def words_of(found: FormerBook) -> str:
    """What is kept, after "what you said"."""
    transactions = f"about {found.said} transaction{'' if found.said == 1 else 's'}" if found.said else ""
    rules = f"in {found.rules} rule{'' if found.rules == 1 else 's'}" if found.rules else ""
    return " and ".join(filter(None, (transactions, rules)))


# --- looking -------------------------------------------------------------------------------------------------------


def look(wallet: Wallet, events: Collection[str], *, now: datetime) -> bool:
    """Whether what has just come is of an account that is gone. In the wallet's turn. True: it was joined, and what
    came before is to be read anew.
    """
    if not (gone := candidates(wallet)):
        return False
    told = [name for (name,) in fetched(TOLD, [wallet.pk, list(events)])]
    return recognised(wallet, gone, told, among=len(events), now=now)


def recognised(wallet: Wallet, gone: Sequence[Gone], told: Sequence[str], *, among: int, now: datetime) -> bool:
    found = [(each, same) for each in gone if (same := agreeing_with(each.books, told, among))]
    found = [each for each in found if not claims.differ(wallet.book, each[0].book, wallet.owner, wallet.exchange)]
    if len(found) == 1 and found[0][1].is_certain and not agreeing_with(books_beside(wallet), told, among):
        return come_back(wallet, *found[0], now=now)
    for each, same in found:
        ask_once(wallet, each, same, now=now)
    return False


def candidates(wallet: Wallet) -> list[Gone]:
    """Those of the same exchange that nobody goes on with, and of which nothing is known yet."""
    return [Gone(*each) for each in fetched(GONE, [wallet.owner_id, wallet.exchange, wallet.book])]


def books_beside(wallet: Wallet) -> list[UUID]:
    """Of the owner's other wallets at this exchange: what one of them tells too does not say which of both it is."""
    others = Wallet.objects.filter(owner=wallet.owner_id, exchange=wallet.exchange, purged_at=None)
    own = list(others.exclude(pk=wallet.pk).values_list("book", flat=True))
    return own + list(FormerBook.objects.joined().filter(book__in=own).values_list("former", flat=True))


def agreeing_with(books: Sequence[UUID], told: Sequence[str], among: int) -> Agreeing:
    names = [name for (name,) in fetched(AGREEING, [list(books), list(told)])] if books else []
    named = [name for name in names if not BY_CONTENT.search(name)]
    ids = sum(len(name.partition(":")[2]) >= LONG and not name.startswith(OWN_COLUMNS) for name in named)
    return Agreeing(ids, len(names) - len(named), len(named) - ids, among)


def compare_anew(now: datetime) -> None:
    """A wallet that was fed already when the account's other one was removed is compared once that one's time in the
    bin is over: until then it could have been restored.
    """
    mine = Wallet.objects.filter(owner=OuterRef("owner"), exchange=OuterRef("wallet__exchange"))
    gone = mine.filter(purged_at__isnull=False).exclude(book=OuterRef("wallet__book"))
    since = gone.filter(purged_at__gt=OuterRef("compared_at"))
    due = Journal.objects.filter(wallet__binned_at=None).filter(Exists(since) | Q(compared_at=None) & Exists(gone))
    for each in due.select_related("wallet__owner").order_by("pk")[:AT_ONCE]:
        with suppress(TurnTakenError):  # a large file is being taken in; the next time is soon enough
            compare(each.wallet, now=now)


@transaction.atomic
def compare(wallet: Wallet, *, now: datetime) -> None:
    journal = Journal.objects.turn(wallet)
    for each in candidates(wallet):
        told = [name for (name,) in fetched(IN_BOTH, [wallet.pk, each.books, MANY])]
        if recognised(wallet, [each], told, among=0, now=now):
            journal.rows_to, journal.behind = 0, True
    journal.compared_at = now
    journal.save(update_fields=["rows_to", "behind", "compared_at"])


# --- asking and answering ------------------------------------------------------------------------------------------


def kept(owner_id: int, books: Sequence[UUID]) -> Kept:
    ((said,),) = fetched(SAID, [*[owner_id] * 5, list(books), f"{HAND}:%"])
    rules = Rule.objects.filter(owner=owner_id, wallet__book__in=books, wallet__purged_at__isnull=False)
    return Kept(said, rules.count())


def ask_once(wallet: Wallet, gone: Gone, same: Agreeing, *, now: datetime) -> None:
    """Where there is something to bring back."""
    if FormerBook.objects.filter(book=wallet.book, former=gone.book).exists():
        return
    if said := kept(wallet.owner_id, gone.books):
        asked = FormerBook.objects.create(**facts_of(wallet, gone, same, said, now=now))
        tell(Kind.FORMER_ACCOUNT, wallet, asked, now=now)


def come_back(wallet: Wallet, gone: Gone, same: Agreeing, *, now: datetime) -> bool:
    """By itself, and its owner is told. False: another wallet was first."""
    said = kept(wallet.owner_id, gone.books)
    found = FormerBook.objects.filter(book=wallet.book, former=gone.book).first()
    found = found or FormerBook(**facts_of(wallet, gone, same, said, now=now))
    try:
        join(by=SYSTEM, wallet=wallet, found=found, now=now)
    except NotNowError:
        return False
    if said:
        tell(Kind.EDITS_BACK, wallet, found, now=now)
    return True


def facts_of(wallet: Wallet, gone: Gone, same: Agreeing, said: Kept, *, now: datetime) -> dict[str, Any]:
    named = {"owner_id": wallet.owner_id, "wallet": wallet, "book": wallet.book, "former": gone.book}
    counts = {"agreeing": same.all, "said": said.transactions, "rules": said.rules}
    return {**named, **counts, "removed_at": gone.removed_at, "found_at": now}


def tell(kind: Kind, wallet: Wallet, found: FormerBook, *, now: datetime) -> None:
    notices.tell(
        owner=wallet.owner,
        kind=kind,
        topic=str(wallet.pk),
        now=now,
        label=wallet.label,
        when=notices.say_when(found.removed_at, wallet.owner),
        what=words_of(found),
    )


def questions(wallet: Wallet) -> FormerBookQuerySet:
    """Those that wait, and those that were answered with no: that can still be changed."""
    taken = FormerBook.objects.joined().filter(former=OuterRef("former"))
    mine = FormerBook.objects.filter(owner=wallet.owner_id, book=wallet.book).exclude(verdict=Verdict.SAME)
    return mine.filter(~Exists(taken)).order_by("-removed_at", "id")


@transaction.atomic
def answer(*, by: Actor, wallet: Wallet, found: FormerBook, same: bool, now: datetime) -> FormerBook:
    """Raises NotNowError. What comes back does so in the background."""
    Journal.objects.turn(wallet)
    held = FormerBook.objects.select_for_update(no_key=True).get(pk=found.pk)
    if held.verdict == (Verdict.SAME if same else Verdict.OTHER):
        return held
    if held.verdict == Verdict.SAME or not questions(wallet).filter(pk=held.pk).exists():
        raise NotNowError
    if same:
        join(by=by, wallet=wallet, found=held, now=now)
        Journal.objects.filter(wallet=wallet).update(rows_to=0, behind=True)
        wake(READ)
    else:
        held.verdict, held.answered_at = Verdict.OTHER, now
        held.save(update_fields=["verdict", "answered_at"])
        settled(by=by, action=Action.EDITS_LEFT, wallet=wallet, now=now)
    return held


def join(*, by: Actor, wallet: Wallet, found: FormerBook, now: datetime) -> None:
    """In the wallet's turn. Names, and all that hangs on them, stay where they are: they are this wallet's too."""
    # Of two wallets that find the same account at once, the second waits here, and may no longer have it.
    list(Wallet.objects.select_for_update(no_key=True).filter(owner=wallet.owner_id, book=found.former).order_by("pk"))
    if FormerBook.objects.joined().filter(former=found.former).exists():
        raise NotNowError
    inherited = FormerBook.objects.filter(book=found.former)
    FormerBook.objects.filter(book=wallet.book, former__in=inherited.values("former")).exclude(pk=found.pk).delete()
    inherited.update(book=wallet.book, wallet=wallet)
    found.verdict, found.by_itself, found.answered_at = Verdict.SAME, by is SYSTEM, now
    found.save()
    claims.pass_on([found.former], wallet.book, wallet.owner)
    Rule.objects.found_again(wallet)
    settled(by=by, action=Action.EDITS_BROUGHT_BACK, wallet=wallet, now=now)


def settled(*, by: Actor, action: Action, wallet: Wallet, now: datetime) -> None:
    record(by=by, action=action, owner=wallet.owner, now=now, subject=wallet.label, about=wallet.pk)
    if not questions(wallet).filter(verdict=Verdict.ASKED).exists():
        notices.close(owner=wallet.owner, kind=Kind.FORMER_ACCOUNT, topic=str(wallet.pk), now=now)
