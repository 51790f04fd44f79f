"""Where the one button leads: the same for pages and API. Pure; nothing here asks the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wallets import diagnosis
from wallets.catalogue import Way
from wallets.diagnosis import NextAction
from wallets.models import WalletState
from wallets.records import Cause

if TYPE_CHECKING:
    from wallets.catalogue import Exchange
    from wallets.models import Wallet

MEND = "mend"  # the part of a wallet's page that says what to do at the exchange


@dataclass(frozen=True, slots=True)
class NextStep:
    kind: NextAction
    label: str = ""  # on the button; empty: there is nothing to press
    url_name: str = ""  # takes the wallet's id
    part: str = ""  # of that page
    posts: bool = False  # sends a form: it changes something here
    away: bool = False  # leads to the exchange's own site


STEPS = {
    step.kind: step
    for step in (
        NextStep(NextAction.NONE),
        NextStep(NextAction.WAIT),
        NextStep(NextAction.UPDATE_KEY, "Update the key", "wallets:update_key"),
        NextStep(NextAction.ENTER_PASSPHRASE, "Enter the passphrase", "wallets:update_key"),
        NextStep(NextAction.RECONNECT, "Sign in again", "wallets:sign_in_again"),
        NextStep(NextAction.FIX_RIGHTS, "See which boxes", "wallets:wallet", MEND),
        NextStep(NextAction.FIX_IP, "See what to change", "wallets:wallet", MEND),
        NextStep(NextAction.ACTIVATE_KEY, "See how to activate", "wallets:wallet", MEND),
        NextStep(NextAction.UPLOAD_CSV, "Go on with files", "wallets:method"),
        NextStep(NextAction.CONTACT_EXCHANGE, "Open the exchange", away=True),
        NextStep(NextAction.ASK_HELP, "Ask for help", "wallets:help"),
    )
}
MENDED_AT_THE_EXCHANGE = {NextAction.FIX_RIGHTS, NextAction.FIX_IP, NextAction.ACTIVATE_KEY}
# Where the same step has a better name.
LABELS = {Cause.NO_KEY: "Connect it again", Cause.KEY_LEAKED: "Put a new key here"}
# What the owner stopped: the way back is a button, though not an action that anybody waits for.
BACK = {
    WalletState.PAUSED: NextStep(NextAction.NONE, "Resume", "wallets:resume", posts=True),
    WalletState.ARCHIVED: NextStep(NextAction.NONE, "Bring it back", "wallets:resume", posts=True),
    WalletState.IN_BIN: NextStep(NextAction.NONE, "Restore", "wallets:restore", posts=True),
}


def next_step(wallet: Wallet, exchange: Exchange | None, *, signs_in: bool) -> NextStep:
    """`signs_in`: this operator offers sign-in at this exchange."""
    if wallet.state in BACK:
        return BACK[wallet.state]
    if not wallet.cause or not wallet.is_connected:
        return STEPS[NextAction.NONE]
    action = _possible(diagnosis.of(Cause(wallet.cause), way=wallet.way).action, wallet, exchange, signs_in=signs_in)
    step = STEPS[action]
    if action is NextAction.UPDATE_KEY and wallet.cause in LABELS:
        return replace(step, label=LABELS[Cause(wallet.cause)])
    return step


def _possible(action: NextAction, wallet: Wallet, exchange: Exchange | None, *, signs_in: bool) -> NextAction:
    """A sign-in is renewed by signing in, a key by a new key; and what is not offered here leads to what is."""
    if action is NextAction.UPDATE_KEY and wallet.way == Way.OAUTH:
        action = NextAction.RECONNECT
    if action is NextAction.RECONNECT and not signs_in:
        action = NextAction.UPDATE_KEY
    if action is NextAction.UPDATE_KEY and (exchange is None or exchange.method(Way.KEY) is None):
        action = NextAction.UPLOAD_CSV
    if action is NextAction.CONTACT_EXCHANGE and exchange is None:
        action = NextAction.ASK_HELP
    return action
