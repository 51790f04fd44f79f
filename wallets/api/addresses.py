"""Where things are read and done, here and on pages: addresses that answers carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

if TYPE_CHECKING:
    from uuid import UUID


def test_at(test_id: str | UUID) -> str:
    return reverse("wallets_api:credential-tests-one", args=[test_id])


def wallet_at(wallet_id: str | UUID, part: str = "") -> str:
    """`part`: what is done with it, such as `credential`; none: the wallet itself."""
    return reverse("-".join(filter(None, ["wallets_api:wallets-one", part])), args=[wallet_id])


def help_at() -> str:
    return reverse("wallets_api:help")
