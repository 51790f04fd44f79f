"""What a person reads when signing in with Coinbase does not work out: what happened, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from config.oauth import Fault


class Trouble(StrEnum):
    REFUSED = "refused"
    BEGIN_AGAIN = "begin-again"
    TOO_LATE = "too-late"
    CODE_SPENT = "code-spent"
    OUR_SIDE = "our-side"
    NOT_ANSWERING = "not-answering"
    NOT_TOLD = "not-told"
    SIGNED_IN_ALREADY = "signed-in-already"
    SOMEBODY_ELSE_NOW = "somebody-else-now"
    LINKED_ELSEWHERE = "linked-elsewhere"

    @classmethod
    def of(cls, fault: Fault) -> Trouble:
        return FAULTS[fault]


FAULTS = {
    Fault.DENIED: Trouble.REFUSED,
    Fault.STATE_UNKNOWN: Trouble.BEGIN_AGAIN,
    Fault.STATE_EXPIRED: Trouble.TOO_LATE,
    Fault.GRANT_REFUSED: Trouble.CODE_SPENT,
    Fault.CLIENT_REFUSED: Trouble.OUR_SIDE,
    Fault.TOKEN_REFUSED: Trouble.NOT_TOLD,
    Fault.SCOPE_REFUSED: Trouble.NOT_TOLD,
    Fault.TOO_MANY: Trouble.NOT_ANSWERING,
    Fault.UNREACHABLE: Trouble.NOT_ANSWERING,
    Fault.NOT_UNDERSTOOD: Trouble.NOT_TOLD,
}


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    sentence: str
    again: bool = True  # whether another try may help


WORDS = {
    Trouble.REFUSED: Words(
        "Coinbase was told not to share",
        "You chose not to let Holdfast see who you are at Coinbase. Nothing was shared and nothing has changed.",
    ),
    Trouble.BEGIN_AGAIN: Words(
        "Please begin again",
        "Each try works once, and in the browser it was begun in. This one was begun elsewhere or is used up.",
    ),
    Trouble.TOO_LATE: Words("That took a while", "A try is good for ten minutes, and this one is older. Begin again."),
    Trouble.CODE_SPENT: Words(
        "Coinbase did not accept the code",
        "The code that Coinbase sent back with you works once and for a short time only. Begin again.",
    ),
    Trouble.OUR_SIDE: Words(
        "Sign-in with Coinbase is not working",
        "Coinbase does not accept how Holdfast is set up there. That is for us to mend. Your account is not affected: "
        "sign in with your e-mail address instead.",
        again=False,
    ),
    Trouble.NOT_ANSWERING: Words(
        "Coinbase is not answering",
        "Try again in a few minutes, or sign in with your e-mail address.",
    ),
    Trouble.NOT_TOLD: Words(
        "Coinbase did not say who you are",
        "Its answer came without your user id. Try again and leave the box for it ticked, or sign in with your e-mail "
        "address.",
    ),
    Trouble.SIGNED_IN_ALREADY: Words(
        "You are signed in already",
        "The Coinbase account you chose does not belong to the Holdfast account that is signed in here. To use it, "
        "sign out first. To link it to this account, go to your security settings.",
        again=False,
    ),
    Trouble.SOMEBODY_ELSE_NOW: Words(
        "Nothing was linked",
        "The Holdfast account that began this is no longer the one signed in here. Sign in to it and begin again.",
        again=False,
    ),
    Trouble.LINKED_ELSEWHERE: Words(
        "Nothing was linked",
        "That Coinbase account signs in to another Holdfast account, or yours has another Coinbase account. Turn that "
        "off there first, or choose another Coinbase account.",
        again=False,
    ),
}


def words_of(trouble: Trouble) -> Words:
    return WORDS[trouble]
