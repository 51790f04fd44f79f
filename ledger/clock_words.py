"""What is said and asked of clocks that differ, in words for their owner. They live here only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.clocks import MOST
from ledger.imports import formats
from ledger.layouts import any_layout, family_of
from ledger.matching.base import API
from ledger.matching.likeness import zone

if TYPE_CHECKING:
    from ledger.models import ClockQuestion, ClockWord


def teller(origin: str) -> str:
    if origin == API:
        return "the exchange"
    form = formats.every().get(family_of(origin))
    return f"the {form.title} file" if form else "the file with your own columns"


def apart(clock: ClockQuestion | ClockWord) -> str:
    """What is claimed."""
    late = "later" if clock.seconds > 0 else "earlier"
    by = zone(timedelta(seconds=clock.seconds))
    alike = any_layout(clock.origin) == any_layout(clock.against)
    other = "one with other columns" if alike else teller(clock.against)
    return f"{teller(clock.origin)} is {by} {late} than the same from {other}"


def pairs(clock: ClockQuestion | ClockWord) -> str:
    return f"{clock.pairs:,} pair{'' if clock.pairs == 1 else 's'}{' or more' if clock.pairs >= MOST else ''}"


def question(clock: ClockQuestion) -> str:
    return f"Everything in {apart(clock)}: {pairs(clock)}. Is it the same, told by another clock?"


def said(word: ClockWord) -> str:
    """What holds by it."""
    if word.same:
        return f"Everything in {apart(word)}. It is one, and so is what comes later."
    return f"Nothing in {teller(word.origin)} is joined by putting its clock right: it is not the same."


def kept(*, same: bool) -> str:
    if same:
        return "Kept. They become one within minutes, and so does what comes later. You can take it back."
    return "Kept. They stay as they are, and this is not asked again."


def turned(*, same: bool) -> str:
    return kept(same=True) if same else "Taken back. What was joined by it comes apart within minutes."
