"""What only the owner can say about a tested key: the sentence that is put before them, and kept with its date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wallets import catalogue
from wallets.catalogue import Way
from wallets.trials import ONLY_READS, OUT_OF_BIN, SAME_ACCOUNT, known_wallet

if TYPE_CHECKING:
    from wallets.models import CredentialTest


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    title: str
    why: str
    sentence: str  # the owner's own word, if they agree


def questions_of(test: CredentialTest) -> list[Question]:
    make = {ONLY_READS: only_reads, SAME_ACCOUNT: same_account, OUT_OF_BIN: out_of_bin}
    return [make[question](test) for question in test.outcome.get("questions", [])]


def only_reads(test: CredentialTest) -> Question:
    """Where keys have boxes, the owner has looked at them; where they have none, the owner knows what that means."""
    exchange = catalogue.of(test.exchange)
    what = "sign-in" if test.way == Way.OAUTH else "key"
    if exchange.tick and what == "key":
        sentence = (
            f"I have looked at this key's boxes at {exchange.name} myself. It has no right to trade, to transfer or to "
            "withdraw: it can only read."
        )
    else:
        sentence = (
            f"I know that nobody can show that this {what} only reads, and that it may be able to trade and to move "
            "money. I want Holdfast to read with it all the same."
        )
    return Question(
        ONLY_READS,
        "Can it only read?",
        f"{exchange.name} does not say what a {what} may do, and Holdfast does not guess. So your own word is needed. "
        "It is kept with its date.",
        sentence,
    )


def same_account(test: CredentialTest) -> Question:
    exchange, label = catalogue.named(test.exchange), test.label
    return Question(
        SAME_ACCOUNT,
        "Is it the same account?",
        f"{exchange} does not tell enough to know whether this key opens the account that “{label}” follows. Another "
        "account's history would be mixed with it.",
        f"It is the same account at {exchange} that “{label}” follows.",
    )


def out_of_bin(test: CredentialTest) -> Question:
    known = known_wallet(test)
    label = known.label if known else test.label
    return Question(
        OUT_OF_BIN,
        "Bring it back from the bin?",
        f"You had this account here before: its wallet “{label}” is in the bin, with its history and your edits.",
        f"Bring “{label}” back, as it was, with this key.",
    )
