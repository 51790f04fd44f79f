"""What a person reads when signing in at an exchange does not work out: what happened, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from config.oauth import Fault


class Trouble(StrEnum):
    REFUSED = "refused"
    BEGIN_AGAIN = "begin-again"
    TOO_LATE = "too-late"
    OUR_SIDE = "our-side"
    NOT_ANSWERING = "not-answering"
    NOT_UNDERSTOOD = "not-understood"
    SOMEBODY_ELSE_NOW = "somebody-else-now"
    WALLET_GONE = "wallet-gone"
    FROZEN = "frozen"

    @classmethod
    def of(cls, fault: Fault) -> Trouble:
        return FAULTS[fault]


FAULTS = {
    Fault.DENIED: Trouble.REFUSED,
    Fault.STATE_UNKNOWN: Trouble.BEGIN_AGAIN,
    Fault.STATE_EXPIRED: Trouble.TOO_LATE,
    Fault.GRANT_REFUSED: Trouble.BEGIN_AGAIN,
    Fault.CLIENT_REFUSED: Trouble.OUR_SIDE,
    Fault.TOKEN_REFUSED: Trouble.NOT_UNDERSTOOD,
    Fault.SCOPE_REFUSED: Trouble.REFUSED,
    Fault.TOO_MANY: Trouble.NOT_ANSWERING,
    Fault.UNREACHABLE: Trouble.NOT_ANSWERING,
    Fault.NOT_UNDERSTOOD: Trouble.NOT_UNDERSTOOD,
}


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    sentence: str
    again: bool = True  # whether another try may help

    def told(self, exchange: str) -> Words:
        return replace(
            self, title=self.title.format(exchange=exchange), sentence=self.sentence.format(exchange=exchange)
        )


WORDS = {
    Trouble.REFUSED: Words(
        "{exchange} was told not to let Holdfast in",
        "You chose not to let Holdfast read. Nothing was shared, and nothing here has changed.",
    ),
    Trouble.BEGIN_AGAIN: Words(
        "Please begin again",
        "Each try works once, and in the browser it was begun in. This one was begun elsewhere or is used up. Nothing "
        "here has changed.",
    ),
    Trouble.TOO_LATE: Words(
        "That took a while",
        "A try is good for ten minutes, and this one is older. Nothing here has changed: begin again.",
    ),
    Trouble.OUR_SIDE: Words(
        "Signing in at {exchange} is not working",
        "{exchange} does not accept how Holdfast is set up there. That is for whoever runs this Holdfast to mend. Your "
        "wallets are not affected.",
        again=False,
    ),
    Trouble.NOT_ANSWERING: Words(
        "{exchange} could not finish",
        "It had trouble of its own just then. Nothing here has changed: try again in a few minutes.",
    ),
    Trouble.NOT_UNDERSTOOD: Words(
        "{exchange} sent something we do not understand",
        "Nothing was taken from it, and nothing here has changed. Try again.",
    ),
    Trouble.SOMEBODY_ELSE_NOW: Words(
        "Nothing was connected",
        "The Holdfast account that began this is no longer the one signed in here. Sign in to it and begin again.",
        again=False,
    ),
    Trouble.WALLET_GONE: Words(
        "Nothing was connected",
        "The wallet this was for was put in the bin meanwhile. Bring it back first, or connect {exchange} anew.",
    ),
    Trouble.FROZEN: Words(
        "Not while your second factor is being recovered",
        "Until a new one is on, nothing is connected and no key is changed. Nothing here has changed.",
        again=False,
    ),
}


def words_of(trouble: Trouble, exchange: str) -> Words:
    return WORDS[trouble].told(exchange)
