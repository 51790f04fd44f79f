"""Who is due, who asked, and who is held back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.audit import SYSTEM, Action, Actor, ActorKind, record
from config.queue import wake
from sync.asks import Ask, joined, refuse_misfit
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
    """A run, or the unfinished one: it brings what is asked for now, or a run after it does. A stretch is one of one
    list, and pulled again.
    """
    ask = Ask(full or bool(since or until), stream, since, until)
    refuse_misfit(ask, wallet, now=now)
    held = Wallet.objects.held(wallet.pk)
    if credentials.current_of(held) is None:
        raise NoKeyError
    if by.kind is not ActorKind.SYSTEM:
        facts = {"subject": held.label, "about": held.pk, **ask.as_kept()}
        record(by=by, action=Action.SYNC_ASKED, owner=held.owner, now=now, **facts)
    run = Run.objects.unfinished().select_for_update(no_key=True).filter(wallet=held).first()
    return _widened(run, ask, now=now) if run else _begun(held, ask, asked_by=by.kind, then=[], now=now)


def _begun(wallet: Wallet, ask: Ask, *, asked_by: str, then: list[dict[str, Any]], now: datetime) -> Run:
    wake(WORK)
    return Run.objects.create(
        owner_id=wallet.owner_id,
        wallet=wallet,
        exchange=wallet.exchange,
        asked_by=asked_by,
        full=ask.full,
        stream=ask.stream,
        since=ask.since,
        until=ask.until,
        then=then,
        not_before=now,
        created_at=now,
    )


def follow(run: Run, *, now: datetime) -> None:
    """A run that came through makes room for what was asked for meanwhile. The caller holds its row."""
    if run.then:
        first, *rest = run.then
        _begun(run.wallet, Ask.kept(first), asked_by=ActorKind.OWNER, then=rest, now=now)


def _widened(run: Run, ask: Ask, *, now: datetime) -> Run:
    """One that nobody has taken up yet may still become the wider of the two. One that has begun stays what it is, so
    that what it reports is what was asked of it.
    """
    asked, begun = Ask.of(run), bool(run.plan or run.lease_token)
    if not begun and ask.covers(asked):
        run.full, run.stream, run.since, run.until = ask.full, ask.stream, ask.since, ask.until
        run.save(update_fields=["full", "stream", "since", "until"])
    elif not asked.covers(ask):
        run.then = joined(run.then, ask)
        run.save(update_fields=["then"])
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
