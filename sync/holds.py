"""An exchange that is not asked just now: staff holds it, or an incident does. What owners read of it stands here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit import Action, record
from config.queue import wake
from sync import schedule
from sync.models import HeldExchange, Incident
from wallets import catalogue
from wallets.models import Wallet

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.audit import Actor
    from accounts.models import User


class By(StrEnum):
    STAFF = "staff"
    INCIDENT = "incident"


TITLES = {
    By.STAFF: "Reading from {exchange} is paused for now",
    By.INCIDENT: "{exchange} has trouble just now",
}
TEXTS = {
    By.STAFF: "We have paused it for everybody. There is nothing to do, and no key to change because of it: your "
    "history and your edits stay as they are, and everything goes on by itself when the pause ends.",
    By.INCIDENT: "It touches others as well, so it is nothing of yours: there is nothing to do, and no key to change "
    "because of it. We try now and then, and everything goes on when it answers.",
}


@dataclass(frozen=True, slots=True)
class Hold:
    """Staff's reason is not part of it: that is between colleagues."""

    exchange: str
    by: By
    since: datetime

    @property
    def title(self) -> str:
        return TITLES[self.by].format(exchange=catalogue.named(self.exchange))

    @property
    def text(self) -> str:
        return TEXTS[self.by]


def hold_on(exchange: str) -> Hold | None:
    return next((hold for hold in every_hold() if hold.exchange == exchange), None)


def holds_for(owner: User) -> list[Hold]:
    """Of exchanges where this owner has a wallet that is asked by itself."""
    found = every_hold()
    there = Wallet.objects.for_user(owner).watched().filter(exchange__in=[hold.exchange for hold in found])
    theirs = set(there.values_list("exchange", flat=True).distinct()) if found else set()
    return [hold for hold in found if hold.exchange in theirs]


def every_hold() -> list[Hold]:
    """One for each exchange. Staff's comes before an incident's: not even a probe goes there."""
    incidents = Incident.objects.filter(ended_at=None).order_by("exchange")
    holds = {row.exchange: Hold(row.exchange, By.INCIDENT, row.began_at) for row in incidents}
    held = HeldExchange.objects.order_by("exchange")
    return list((holds | {row.exchange: Hold(row.exchange, By.STAFF, row.held_at) for row in held}).values())


# --- what staff does --------------------------------------------------------------------------------------------


@transaction.atomic
def hold(*, by: Actor, exchange: str, why: str, now: datetime) -> None:
    """No run begins or goes on there until it is released. A page that is being read just now is kept."""
    HeldExchange.objects.update_or_create(
        exchange=exchange, defaults={"why": why}, create_defaults={"why": why, "held_at": now}
    )
    record(
        by=by, action=Action.EXCHANGE_HELD, owner=None, now=now, subject=catalogue.named(exchange), why=why, id=exchange
    )


@transaction.atomic
def release(*, by: Actor, exchange: str, now: datetime) -> bool:
    """Whoever became due meanwhile has their turn now. False: it was not held."""
    gone, _ = HeldExchange.objects.filter(exchange=exchange).delete()
    if gone:
        record(
            by=by, action=Action.EXCHANGE_RELEASED, owner=None, now=now, subject=catalogue.named(exchange), id=exchange
        )
        wake(schedule.PLAN)
        wake(schedule.WORK)
    return bool(gone)
