"""Clocks that are asked about or decided, with what a page or a program needs to know of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger import acts, clock_words, filed_years
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accounts.models import User
    from ledger.filed_years import Touch
    from ledger.models import ClockQuestion, ClockWord, Transaction

EXAMPLES = 3  # pairs that are shown of a question


@dataclass(frozen=True, slots=True)
class Asked:
    clock: ClockQuestion
    examples: Sequence[tuple[Transaction, Transaction]]
    filed: Touch

    @property
    def wallet(self) -> Wallet:
        return self.clock.wallet

    @property
    def words(self) -> str:
        return clock_words.question(self.clock)


@dataclass(frozen=True, slots=True)
class Said:
    clock: ClockWord
    wallet: Wallet | None
    filed: Touch

    @property
    def words(self) -> str:
        return clock_words.said(self.clock)


def asked(owner: User, found: Sequence[ClockQuestion]) -> list[Asked]:
    held = filed_years.filed(owner)
    shown = {each.pk: list(zip(each.ones, each.others, strict=True))[:EXAMPLES] for each in found}
    here = acts.present(owner, [name for pairs in shown.values() for pair in pairs for name in pair])
    return [
        Asked(
            each,
            [(here[one], here[other]) for one, other in shown[each.pk] if one in here and other in here],
            filed_years.between(held, each.since, each.until),
        )
        for each in found
    ]


def said(owner: User, found: Sequence[ClockWord], *, now: datetime) -> list[Said]:
    """A word holds for what came since, too."""
    held = filed_years.filed(owner)
    mine = Wallet.objects.for_user(owner).filter(binned_at=None, book__in=[each.book for each in found])
    wallets = {each.book: each for each in mine}
    return [
        Said(each, wallets.get(each.book), filed_years.between(held, each.since, max(each.until, now)))
        for each in found
    ]
