"""What left or arrived and has no other end here: a queue to go through, with what each may be, and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from ledger import acts, edits
from ledger.assets import names_of
from ledger.listing import Walks
from ledger.looking import MOVING, as_movement, row_of
from ledger.matching.base import Decided, Ends, Transfer, Transfers
from ledger.matching.open_ends import open_ends
from ledger.matching.reasons import Perhaps
from ledger.matching.transfers import addresses
from ledger.models import Journal, Proposal, Rule, Transaction
from ledger.readings.base import Kind
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.audit import Actor
    from accounts.models import User
    from ledger.matching.base import Movement
    from ledger.matching.reasons import Guess

BANK, OWN = "bank", "own wallet"
SETTLED = (BANK, OWN)  # categories of ends that are understood, and have no other end to look for
DEEP = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What an owner says an open end was: an edit like any other, so it can be undone."""

    words: str
    changes: Mapping[str, Any]


ANSWERS: dict[Perhaps, Answer] = {
    Perhaps.BANK: Answer("It is my bank", {"category": BANK}),
    Perhaps.WALLET_NOT_CONNECTED: Answer("It is a wallet of mine", {"category": OWN}),
    Perhaps.PAYMENT: Answer("It was a payment", {"kind": Kind.SPEND}),
    Perhaps.GIFT_GIVEN: Answer("It was a gift", {"kind": Kind.GIFT}),
    Perhaps.LOST: Answer("It is lost", {"kind": Kind.LOST}),
    Perhaps.INCOME: Answer("It was income", {"kind": Kind.INCOME}),
    Perhaps.REWARD: Answer("It was a reward", {"kind": Kind.REWARD}),
    Perhaps.GIFT_RECEIVED: Answer("It was a gift", {"kind": Kind.GIFT}),
    Perhaps.SPAM: Answer("Leave it out", {"ignored": True}),
}


def unmatched(owner: User, *, also: str = "", **narrow: Any) -> Walks:
    """For keyset pages by (occurred_at, id). `also`: a kind that is looked at besides; `narrow`: further conditions.

    Spelt so that PostgreSQL sees how many these are, and walks the index: of an exclusive or it expects next to none,
    and of a join with the wallets, too.
    """
    one_sided = Q(sent_amount=None, received_amount__isnull=False) | Q(sent_amount__isnull=False, received_amount=None)
    rows = Transaction.objects.for_user(owner).filter(one_sided, *acts.unlinked(), ignored=False, **narrow)
    binned = Wallet.objects.for_user(owner).exclude(binned_at=None).values_list("pk", flat=True)
    rows = rows.exclude(wallet__in=list(binned)).exclude(category__in=SETTLED).select_related("wallet")
    kinds = dict.fromkeys([*MOVING, *filter(None, [also])])
    others = [rows.filter(kind=kind) for kind in kinds if kind != Kind.TRANSFER]
    return Walks(*others, *transfers_of(owner, rows))


def transfers_of(owner: User, rows: QuerySet[Transaction]) -> list[QuerySet[Transaction]]:
    """Of those that are called so. Nearly all are, because they are linked, and are none of these: only those are
    looked at of whose link an end may be gone. To walk through all took half a second where there were 30,000.
    """
    called = rows.filter(kind=Kind.TRANSFER)
    if rules_may_call_so(owner):
        return [called]
    lost = edits.bearers(acts.parted(owner))
    return [called.exclude(ruled__contains=["kind"]), *([called.filter(pk__in=lost)] if lost else [])]


def rules_may_call_so(owner: User) -> bool:
    """Such as one that is gone, until everything is read again: by a transaction a link and a rule look alike."""
    by_rule = Rule.objects.for_user(owner).filter(then_kind=Kind.TRANSFER)
    return by_rule.exists() or Journal.objects.filter(owner=owner, behind=True).exists()


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing it may be. Without an answer it is only worth knowing."""

    guess: Guess
    wallet: Wallet | None
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class OpenEnd:
    transaction: Transaction
    choices: Sequence[Choice]

    @property
    def id(self) -> str:
        return str(self.transaction.pk)

    @property
    def answers(self) -> list[Choice]:
        return [each for each in self.choices if each.answer]

    @property
    def hints(self) -> list[Choice]:
        return [each for each in self.choices if not each.answer]


def with_guesses(owner: User, rows: Sequence[Transaction], *, now: datetime) -> list[OpenEnd]:
    names = names_of(owner.pk)
    movements = [found for each in rows if (found := as_movement(row_of(each), names))]
    guessed = open_ends(
        movements, Transfers(suggested=suggested(owner, rows)), own=own(owner, movements), decided=Decided(), now=now
    )
    wallets = {str(each.pk): each for each in Wallet.objects.for_user(owner).kept()}
    return [OpenEnd(each, choices(guessed.get(str(each.pk), ()), wallets)) for each in rows]


def choices(guesses: Iterable[Guess], wallets: Mapping[str, Wallet]) -> list[Choice]:
    return [Choice(each, wallets.get(each.wallet), ANSWERS.get(each.code)) for each in guesses]


def suggested(owner: User, rows: Sequence[Transaction]) -> tuple[Transfer, ...]:
    named = [each.pk for each in rows]
    about = Proposal.objects.for_user(owner).filter(about=Proposal.About.TRANSFERS)
    found = about.filter(Q(ones__overlap=named) | Q(others__overlap=named))[:DEEP]
    return tuple(
        Transfer(Ends(frozenset(map(str, each.ones)), frozenset(map(str, each.others))), each.score, ())
        for each in found
    )


def own(owner: User, movements: Sequence[Movement]) -> Mapping[str, frozenset[str]]:
    """Wallets of the owner at which something arrived by an address that these were sent to."""
    wanted = {each.address for each in movements if each.address}
    arrived = Transaction.objects.for_user(owner).kept().filter(kind__in=MOVING, sent_amount=None, address__in=wanted)
    names = names_of(owner.pk)
    return addresses(found for each in arrived[:DEEP] if (found := as_movement(row_of(each), names)))


def settle(*, by: Actor, each: Transaction, was: Perhaps, now: datetime) -> Answer:
    answer = ANSWERS[was]
    edits.edit(by=by, owner=each.owner, ids=[each.pk], changes=dict(answer.changes), now=now)
    return answer
