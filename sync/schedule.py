"""Who is due, who asked, and who is held back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.audit import SYSTEM, Action, Actor, ActorKind, record
from config.queue import wake
from sync import pulls
from sync.asks import Ask, joined, left_by, refuse_misfit
from sync.models import HeldExchange, Incident, Run
from wallets import credentials
from wallets.credentials import NoKeyError
from wallets.models import Wallet, WalletState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.models import User
    from wallets.models import WalletQuerySet

WORK = "sync.run"
PLAN = "sync.plan"
SLICE = 200  # wallets planned in one go
RESTING = Q(next_try_at=None, health__in=[WalletState.NEEDS_YOU, WalletState.RETIRED])
EXCUSED = ~Q(excused="") & Q(health=WalletState.EXCHANGE_DOWN)  # tried once its exchange is out of its trouble


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
    if run:
        return _widened(run, ask, now=now)
    return _begun(held, ask, asked_by=by.kind, then=_left_behind(held, ask), now=now)


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
        pull=ask.pull,
        then=then,
        not_before=now,
        created_at=now,
    )


def _left_behind(wallet: Wallet, ask: Ask) -> list[dict[str, Any]]:
    """What the last run failed to bring, and nobody has asked for anew: it has a run of its own after this one."""
    last = Run.objects.filter(wallet=wallet).order_by("-created_at", "-id").first()
    left = [*pulls.in_part(wallet.pk), *(left_by(last) if last else [])]
    return [each.as_kept() for each in left if not ask.covers(each)]


def follow(run: Run, *, now: datetime) -> None:
    """A run that came through makes room for what was asked for meanwhile. The caller holds its row."""
    if run.then:
        first, *rest = run.then
        _begun(run.wallet, Ask.kept(first), asked_by=ActorKind.OWNER, then=rest, now=now)


def _widened(run: Run, ask: Ask, *, now: datetime) -> Run:
    """One that nobody has taken up yet may still become the wider of the two. One that has begun stays what it is, so
    that what it reports is what was asked of it.
    """
    asked, begun = Ask.of(run), bool(run.started_at or run.lease_token)
    if not begun and ask.covers(asked):
        run.full, run.stream, run.since, run.until, run.pull = ask.full, ask.stream, ask.since, ask.until, ask.pull
        run.save(update_fields=["full", "stream", "since", "until", "pull"])
    elif not asked.covers(ask):
        run.then = joined(run.then, ask)
        run.save(update_fields=["then"])
    if run.state == Run.State.QUEUED and run.not_before > now:
        run.not_before = now
        run.save(update_fields=["not_before"])
    wake(WORK)
    return run


def request_all(*, by: Actor, owner: User, now: datetime) -> list[Run]:
    """All but those that wait for their owner, or for the end of an incident in which their key was refused: an
    exchange locks accounts whose keys keep failing, and a key that may do more than read is not used, not even to
    look. Whoever has mended one asks for it by itself.
    """
    wallets = connected(owner).exclude(RESTING | EXCUSED).order_by("id")
    return [request(by=by, wallet=wallet, now=now) for wallet in wallets]


def connected(owner: User) -> WalletQuerySet:
    return Wallet.objects.for_user(owner).watched().filter(credentials__standing="current")


def resting(owner: User) -> int:
    """How many are not asked any more until their owner acts."""
    return connected(owner).filter(RESTING).count()


def waiting_out(owner: User) -> int:
    """How many are not asked until their exchange is out of its trouble."""
    return connected(owner).filter(EXCUSED).count()


def plan_due(now: datetime) -> bool:
    """Wallets whose time has come get a run. True: there may be more."""
    unfinished = Run.objects.unfinished().filter(wallet=OuterRef("pk"))
    due = Wallet.objects.due(now=now).filter(~Exists(unfinished), owner__purge_at=None, owner__is_active=True)
    found = list(due.exclude(exchange__in=held_back()).order_by("next_try_at")[:SLICE])
    for wallet in found:
        request_by_itself(wallet, now=now)
    return len(found) == SLICE


def request_by_itself(wallet: Wallet, *, now: datetime) -> None:
    """Whose key was taken out just now is not looked at again."""
    try:
        request(by=SYSTEM, wallet=wallet, now=now)
    except NoKeyError:
        Wallet.objects.filter(pk=wallet.pk).update(next_try_at=None)


def held_back() -> set[str]:
    """Exchanges that staff holds, and those in an incident: of these `incidents.probe` tries a wallet now and then."""
    return _exchanges(HeldExchange.objects.all()) | _exchanges(Incident.objects.filter(ended_at=None))


def _exchanges(rows: Iterable[HeldExchange | Incident]) -> set[str]:
    return {row.exchange for row in rows}
