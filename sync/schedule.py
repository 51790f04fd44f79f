"""Who is due, who asked, and who is held back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.audit import SYSTEM, Action, Actor, ActorKind, record
from config.queue import wake
from sync.models import HeldExchange, Incident, Run
from wallets import credentials
from wallets.models import Wallet
from wallets.trials import NoKeyError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.models import User

WORK = "sync.run"
PLAN = "sync.plan"
SLICE = 200  # wallets planned in one go


@transaction.atomic
def request(
    *,
    by: Actor,
    wallet: Wallet,
    now: datetime,
    full: bool = False,
    stream: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Run:
    """A run, or the unfinished one, widened to what is asked for now."""
    held = Wallet.objects.select_for_update().get(pk=wallet.pk)
    if credentials.current_of(held) is None:
        raise NoKeyError
    if by.kind is not ActorKind.SYSTEM:
        record(by=by, action=Action.SYNC_ASKED, owner=held.owner, now=now, subject=held.label, full=full)
    run = Run.objects.unfinished().select_for_update().filter(wallet=held).first()
    if run:
        return _widened(run, full=full, stream=stream, now=now)
    wake(WORK)
    return Run.objects.create(
        owner=held.owner,
        wallet=held,
        exchange=held.exchange,
        asked_by=by.kind,
        full=full,
        stream=stream,
        since=since,
        until=until,
        not_before=now,
        created_at=now,
    )


def _widened(run: Run, *, full: bool, stream: str, now: datetime) -> Run:
    more = (full and not run.full) or (run.stream not in {"", stream})
    if more:
        run.full, run.stream = run.full or full, "" if run.stream != stream else stream
        run.widened = bool(run.plan)  # it has begun: then it begins again when it is through
        run.save(update_fields=["full", "stream", "widened"])
    if run.state == Run.State.QUEUED and run.not_before > now:
        run.not_before = now
        run.save(update_fields=["not_before"])
    wake(WORK)
    return run


def request_all(*, by: Actor, owner: User, now: datetime) -> list[Run]:
    wallets = Wallet.objects.for_user(owner).watched().filter(credentials__standing="current").order_by("id")
    return [request(by=by, wallet=wallet, now=now) for wallet in wallets]


def plan_due(now: datetime) -> bool:
    """Wallets whose time has come get a run. True: there may be more."""
    unfinished = Run.objects.unfinished().filter(wallet=OuterRef("pk"))
    due = Wallet.objects.due(now=now).filter(~Exists(unfinished), owner__purge_at=None, owner__is_active=True)
    found = list(due.exclude(exchange__in=held_back()).order_by("next_try_at")[:SLICE])
    for wallet in found:
        try:
            request(by=SYSTEM, wallet=wallet, now=now)
        except NoKeyError:
            Wallet.objects.filter(pk=wallet.pk).update(next_try_at=None)
    return len(found) == SLICE


def held_back() -> set[str]:
    """Exchanges that staff holds, and those in an incident: of these `incidents.probe` tries a wallet now and then."""
    return _exchanges(HeldExchange.objects.all()) | _exchanges(Incident.objects.filter(ended_at=None))


def _exchanges(rows: Iterable[HeldExchange | Incident]) -> set[str]:
    return {row.exchange for row in rows}
