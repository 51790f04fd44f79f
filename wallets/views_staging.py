"""What an owner does with a key in reserve, and with the old one that it took over from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.audit import actor_of
from accounts.guards import second_factor
from wallets import staging
from wallets.mine import wallet_of
from wallets.refusals import told
from wallets.views_keeping import back_to

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest


@require_POST
@second_factor
def drop(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    with told(request, "The key in reserve was wiped. The present one stays in force."):
        staging.drop(by=actor_of(request), wallet=wallet, now=timezone.now())
    return back_to(wallet)


@require_POST
@second_factor
def try_again(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    with told(request, "The next sync reads with the new key again."):
        staging.try_again(by=actor_of(request), wallet=wallet, now=timezone.now())
    return back_to(wallet)


@require_POST
@second_factor
def old_key_deleted(request: OwnerRequest, wallet_id: UUID) -> HttpResponse:
    wallet = wallet_of(request.user, wallet_id)
    with told(request, "Written down. We no longer remind you of the old key."):
        staging.old_key_deleted(by=actor_of(request), wallet=wallet, now=timezone.now())
    return back_to(wallet)
