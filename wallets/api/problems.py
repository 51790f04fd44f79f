"""What wallets' operations refuse, beside what the frame refuses by itself."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from config.api.problem import Problem, invalid, kind
from wallets import credentials, keeping, trials

if TYPE_CHECKING:
    from collections.abc import Iterator

CREDENTIALS_FROZEN = kind(
    "credentials_frozen",
    409,
    "Credentials rest while a lost second factor is recovered",
    "Turn a new second factor on, or stop the recovery; then ask again.",
)
NO_KEY = kind("no_key", 409, "There is no key in force", "Put one in place: PUT wallets/{id}/credential/.")
NOT_NOW = kind("not_now", 409, "This wallet is not in a state for that", "Read the wallet again; its state says why.")
NOT_ASKING = kind("not_asking", 409, "This test asks nothing", "Read it again: it may be over, or answered already.")
TEST_EXPIRED = kind("test_expired", 409, "The test's quarter of an hour is over", "Its key is wiped. Begin again.")
NOT_OFFERED = kind(
    "sign_in_not_offered", 409, "This exchange offers no sign-in here", "GET exchanges/ says which methods it has."
)
SIGN_IN_OVER = kind(
    "sign_in_over", 409, "This code opens nothing", "It works once, for a quarter of an hour. Start the sign-in again."
)

KINDS = {
    trials.FrozenError: CREDENTIALS_FROZEN,
    credentials.NoKeyError: NO_KEY,
    trials.NotAskingError: NOT_ASKING,
    keeping.NotNowError: NOT_NOW,
}


@contextmanager
def refusals_told() -> Iterator[None]:
    """What verbs raise, as problems. Raised again: whatever the operation did is undone."""
    try:
        yield
    except tuple(KINDS) as refusal:
        raise Problem(KINDS[type(refusal)]) from None


def treasure_told(field: str) -> Problem:
    """To be returned, not raised: that it was turned away stays in the trail."""
    words = "A seed phrase or a wallet's key stands here. It was not kept. Treat it as exposed and move what it holds."
    return invalid(field, "treasure", words)
