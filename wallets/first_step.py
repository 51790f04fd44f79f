"""What a new owner is led to on the first page: registered with accounts, which knows nothing of wallets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.first_steps import Step
from wallets.models import Wallet

if TYPE_CHECKING:
    from accounts.models import User


def connect_an_exchange(owner: User) -> Step:
    return Step(
        title="Connect an exchange",
        why="With a key that can only read, or by files. Nobody can move anything with it.",
        button="Choose an exchange",
        target="wallets:add",
        done=Wallet.objects.for_user(owner).kept().exists(),
        begins=True,
    )
