"""`wallets/{id}/pause/` and the like: what an owner does with a wallet short of removing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.api.frame import Call, api
from config.api.problem import Problem
from wallets import credentials, keeping
from wallets.api import wallets
from wallets.api.problems import NO_KEY, NOT_NOW, refusals_told
from wallets.api.wallets import WalletShape

if TYPE_CHECKING:
    from collections.abc import Callable

    from wallets.models import Wallet


@api("POST", scope="write", gives=WalletShape, problems=(NOT_NOW,))
def pause(call: Call) -> Wallet:
    """Stop asking for a while.

    The credential stays. Nothing is asked of the exchange until `resume/`.
    """
    return done(call, keeping.pause)


@api("POST", scope="write", gives=WalletShape, problems=(NOT_NOW,))
def archive(call: Call) -> Wallet:
    """Put a wallet away.

    Its history counts; nothing new is asked until `resume/`. The credential stays.
    """
    return done(call, keeping.archive)


@api("POST", scope="write", gives=WalletShape, problems=(NOT_NOW,))
def resume(call: Call) -> Wallet:
    """Go on after a pause, or out of the archive.

    A wallet that was detached has no credential: put one in place instead.
    """
    return done(call, keeping.resume)


@api("POST", scope="write", gives=WalletShape, problems=(NOT_NOW,))
def restore(call: Call) -> Wallet:
    """Take a wallet out of the bin.

    It comes back as it was, without its credential: that was wiped at once. It cannot come back beside a wallet that
    follows the same account by now.
    """
    return done(call, keeping.restore)


@api("POST", scope="connect", fresh=True, gives=WalletShape, problems=(NO_KEY, NOT_NOW))
def detach(call: Call) -> Wallet:
    """Take the credential away and keep the history. The same as deleting `credential/`."""
    return done(call, keeping.detach, possible=lambda wallet: wallet.is_connected)


@api("POST", scope="connect", fresh=True, gives=WalletShape, problems=(NO_KEY, NOT_NOW))
def leaked(call: Call) -> Wallet:
    """Report the credential as leaked.

    It is no longer used, except to see that it is dead at the exchange, where only you can delete it. A sign-in is
    taken back there by us. The wallet waits for a new one: PUT `credential/`.
    """
    return done(call, keeping.leaked, possible=lambda wallet: credentials.current_of(wallet) is not None)


def done(call: Call, verb: Callable[..., Wallet], *, possible: Callable[[Wallet], bool] | None = None) -> Wallet:
    """`possible`: whether there is a credential to do it to; asked under the lock."""
    wallet = wallets.one(call)
    with refusals_told():
        if possible and not possible(keeping.locked(wallet)):
            raise Problem(NO_KEY)
        verb(by=call.by, wallet=wallet, now=call.now)
    return wallets.again(call, wallet)
