"""The pages of this app as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from config.album import View, add_views, add_visitor
from wallets import visitors


def register() -> None:
    add_visitor("holder", visitors.holder)
    add_visitor("mender", visitors.mender)
    add_views(*WALLETS)


def page_of(name: str, part: str = "", owner: str = visitors.HOLDER) -> str:
    return f"/wallets/{visitors.wallet_id(name, owner)}/{part}"


WALLETS: tuple[View, ...] = ()
