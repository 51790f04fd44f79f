"""Staff has failing wallets tried again: some that were chosen, or all that fail for one cause at one exchange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit import Action, record
from config.queue import wake
from sync import incidents, schedule
from sync.models import HeldExchange
from wallets import catalogue
from wallets.credentials import NoKeyError
from wallets.health import OWNERS_ALONE
from wallets.models import Wallet, WalletState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.audit import Actor
    from wallets.models import WalletQuerySet

MOST = 100  # wallets chosen by hand in one go


class HeldError(Exception):
    """The exchange is held: it has to be released first."""


class OwnersTurnError(Exception):
    """Trying again would help nobody."""


def failing() -> WalletQuerySet:
    """What the owner has not stopped, and is not as it should be."""
    return Wallet.objects.watched().filter(cause__gt="").exclude(health=WalletState.WORKING)


def may_be_tried(wallet: Wallet, held: Iterable[str]) -> bool:
    stopped = {WalletState.PAUSED, WalletState.ARCHIVED, WalletState.DETACHED, WalletState.IN_BIN}
    return (
        wallet.is_connected
        and wallet.state not in stopped
        and wallet.cause not in OWNERS_ALONE
        and wallet.exchange not in held
    )


def ask_again(*, by: Actor, wallets: Iterable[Wallet], now: datetime, full: bool = False) -> int:
    """A run now for each that may be tried, in its owner's trail; `full`: of everything. Answers how many."""
    held = set(HeldExchange.objects.values_list("exchange", flat=True))
    return sum(_asked(by, wallet, now, full=full) for wallet in wallets if may_be_tried(wallet, held))


def _asked(by: Actor, wallet: Wallet, now: datetime, *, full: bool) -> bool:
    try:
        schedule.request(by=by, wallet=wallet, now=now, full=full)
    except NoKeyError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Asked:
    wallets: int
    one_first: bool  # the incident there holds the others


@transaction.atomic
def ask_group_again(*, by: Actor, exchange: str, cause: str, now: datetime) -> Asked:
    """All of them are due now, and the plan takes them in its slices. In an incident one is tried at once, and the
    others when it is over; keys that it refused are tried then, and no sooner.
    """
    if HeldExchange.objects.filter(exchange=exchange).exists():
        raise HeldError
    if cause in OWNERS_ALONE:
        raise OwnersTurnError
    many = failing().filter(exchange=exchange, cause=cause, excused="").update(next_try_at=now)
    one_first = incidents.probe_soon(exchange, now)
    record(
        by=by,
        action=Action.WALLETS_RETRIED,
        owner=None,
        now=now,
        subject=catalogue.named(exchange),
        cause=cause,
        wallets=many,
    )
    wake(schedule.PLAN)
    return Asked(many, one_first)
