"""Clocks that are asked about or decided, with what a page or a program needs to know of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger import acts, clock_words, clocks, filed_years

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accounts.models import User
    from ledger.filed_years import Touch
    from ledger.models import ClockQuestion, ClockWord, Transaction
    from wallets.models import Wallet

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
    wallets = clocks.wallets_of(owner, found)
    return [
        Said(each, wallets.get(each.pk), filed_years.between(held, each.since, max(each.until, now))) for each in found
    ]
