"""The wallet a page is about. A stranger's, one that is not there and one whose time in the bin is over are all 404."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from wallets.models import Wallet

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User


def wallet_of(owner: User, wallet_id: UUID) -> Wallet:
    found = Wallet.objects.for_user(owner).filter(pk=wallet_id, purged_at=None).first()
    if found is None:
        raise Http404
    found.owner = owner  # the one who asks: no query to find out
    return found
