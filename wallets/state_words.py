"""How the states of a wallet are said: the one place for list, page, strip, API and console.

Each is a word, an icon and a tone, so that no state hangs on a colour. Red is kept for what is lost or dangerous; a
wallet that needs its owner is neither.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wallets.diagnosis import Fault, NextAction
from wallets.models import WalletState

if TYPE_CHECKING:
    from wallets.diagnosis import Diagnosis
    from wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class StateWords:
    label: str
    icon: str
    tone: str  # of a badge: neutral, good, warn, bad
    meaning: str  # one sentence, where no cause says more


WORDS = {
    WalletState.WORKING: StateWords("Working", "good", "good", "Everything is read as it should be."),
    WalletState.PARTLY: StateWords("Partly working", "info", "warn", "Some of it is read, some is not."),
    WalletState.NEEDS_YOU: StateWords("Needs you", "warn", "warn", "It waits for you."),
    WalletState.EXCHANGE_DOWN: StateWords(
        "Exchange down", "clock", "neutral", "The exchange does not answer just now. We try again."
    ),
    WalletState.WAITING: StateWords("Waiting", "clock", "neutral", "It goes on by itself."),
    WalletState.PAUSED: StateWords("Paused", "pause", "neutral", "You paused it: nothing is asked until you resume."),
    WalletState.ARCHIVED: StateWords(
        "Archived", "archive", "neutral", "You put it away: its history counts, and nothing new is asked."
    ),
    WalletState.DETACHED: StateWords(
        "Detached",
        "unplugged",
        "neutral",
        "What it was read with was wiped, its history kept. It can be connected again.",
    ),
    WalletState.IN_BIN: StateWords("In the bin", "trash", "neutral", "It can be restored as it was."),
    WalletState.RETIRED: StateWords("Closed way in", "lock", "neutral", "The exchange can no longer be connected."),
}
# Wallets that no exchange feeds have no health of their own.
BY_WAY = {
    "csv": StateWords("By files", "file", "neutral", "Fed by the files you bring."),
    "manual": StateWords("By hand", "person", "neutral", "Fed by what you write down."),
}
CONNECTED = "It is connected, and its history is being fetched."
BLAME = {
    Fault.OWNER: "",  # nobody is blamed for a key that ran out
    Fault.EXCHANGE: "It lies with {exchange}.",
    Fault.HOLDFAST: "It lies with us.",
    Fault.NOBODY: "It lies with nobody.",
}
YOUR_TURN, NOTHING_TO_DO = "Your turn.", "Nothing for you to do."


def words_of(wallet: Wallet) -> StateWords:
    if wallet.state is WalletState.WORKING and wallet.way in BY_WAY:
        return BY_WAY[wallet.way]
    if wallet.state is WalletState.WORKING and wallet.awaits_history:
        return replace(WORDS[WalletState.WORKING], meaning=CONNECTED)
    return WORDS[wallet.state]


def whose_turn(said: Diagnosis, *, exchange: str) -> str:
    turn = NOTHING_TO_DO if said.action in {NextAction.WAIT, NextAction.NONE} else YOUR_TURN
    return f"{BLAME[said.fault].format(exchange=exchange)} {turn}".strip()
