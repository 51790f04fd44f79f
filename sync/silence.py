"""Wallets of which nothing has come for days, through no fault of their owners: nothing asks anybody to act, so nothing
would ever be said of them, and figures would grow old behind a page that nobody opens.

Told once, with what it means, and over without a word when rows come again. Who was told of an incident knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast

from accounts import notices, recovery
from accounts.models import Notice
from ledger.models import Coverage
from sync import holds
from sync.list_names import kind_of
from sync.models import HeldExchange, Incident, Run, StreamState
from wallets import catalogue
from wallets.diagnosis import diagnose
from wallets.health import ASK_THE_OWNER
from wallets.models import Wallet, WalletState
from wallets.notice_kinds import Kind
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from wallets.models import WalletQuerySet

SLICE = 200  # owners told in one go
ASKED = {WalletState.WORKING, WalletState.PARTLY, WalletState.WAITING, WalletState.EXCHANGE_DOWN}


@dataclass(frozen=True, slots=True)
class Silence:
    """What an owner is told of it."""

    wallet: Wallet
    title: str
    remedy: str
    since: datetime
    part: str = ""  # which lists, where the others are read


def look(now: datetime) -> bool:
    """True: there are more to tell."""
    silent = list(silences(now))
    fall_silent_no_more({str(each.wallet.pk) for each in silent}, now)
    told = set(_open_notices().values_list("topic", flat=True))
    news = [each for each in silent if str(each.wallet.pk) not in told]
    for each in news[:SLICE]:
        _tell(each, now=now)
    return len(news) > SLICE


def fall_silent_no_more(silent: set[str], now: datetime) -> None:
    for notice in _open_notices().exclude(topic__in=silent).select_related("owner"):
        notices.close(owner=notice.owner, kind=Kind.NOT_READ, topic=notice.topic, now=now)


def silences(now: datetime) -> Iterator[Silence]:
    before = now - timedelta(days=settings.NOT_READ_DAYS)
    paused = {hold.exchange: hold for hold in holds.every_hold() if hold.by == holds.By.STAFF}
    for wallet in _candidates(before).select_related("owner").iterator():
        if recovery.frozen(wallet.owner):
            continue
        if wallet.health == WalletState.PARTLY and wallet.exchange not in paused:
            yield from _part_of(wallet, before)
        else:
            yield _whole(wallet, paused.get(wallet.exchange))


def _candidates(before: datetime) -> WalletQuerySet:
    failing = Q(health__in=[WalletState.WAITING, WalletState.EXCHANGE_DOWN], cause__gt="", failing_since__lte=before)
    partly = Q(health=WalletState.PARTLY) & ~Q(cause__in=ASK_THE_OWNER)
    unread = Q(last_success_at__lte=before) | Q(last_success_at=None, created_at__lte=before)
    paused = unread & Q(exchange__in=HeldExchange.objects.filter(held_at__lte=before).values("exchange"))
    waiting = unread & Exists(_waiting_since(before)) & ~Exists(_pages_after(before))
    there = Wallet.objects.watched().filter(owner__is_active=True, owner__purge_at=None, health__in=ASKED)
    there = there.exclude(exchange__in=Incident.objects.filter(ended_at=None).values("exchange"))
    return there.filter(failing | partly | paused | waiting).exclude(Exists(_asked_to_act()))


def _waiting_since(before: datetime) -> QuerySet[Run]:
    return Run.objects.unfinished().filter(
        wallet=OuterRef("pk"), state=Run.State.WAITING, cause__gt="", created_at__lte=before
    )


def _pages_after(before: datetime) -> QuerySet[StreamState]:
    return StreamState.objects.filter(wallet=OuterRef("pk"), updated_at__gt=before)


def _asked_to_act() -> QuerySet[Notice]:
    kinds = (Kind.WALLET_NEEDS_YOU, Kind.RIGHTS_GAINED)
    return Notice.objects.filter(
        owner=OuterRef("owner"), kind__in=kinds, topic=Cast(OuterRef("pk"), CharField()), closed_at=None
    )


def _whole(wallet: Wallet, hold: holds.Hold | None) -> Silence:
    since = wallet.last_success_at or wallet.created_at
    if hold:
        return Silence(wallet, hold.title, hold.text, since)
    cause, exchange = Cause(wallet.cause or Cause.RATE_LIMITED), catalogue.named(wallet.exchange)
    said = diagnose(cause, exchange=exchange, way=wallet.way)
    return Silence(wallet, said.title, said.remedy, since)


def _part_of(wallet: Wallet, before: datetime) -> Iterator[Silence]:
    """Lists that failed before, fail now, and were not read in between."""
    last = Run.objects.filter(wallet=wallet, stream="", finished_at__lte=before).order_by("-finished_at").first()
    failed_then = {each["stream"] for each in last.summary if each["cause"]} if last else set()
    failing = StreamState.objects.filter(wallet=wallet, way=wallet.way, stream__in=failed_then).exclude(cause="")
    lists = {state.stream: state for state in failing.exclude(cause__in=ASK_THE_OWNER)}
    read = dict(Coverage.objects.filter(wallet=wallet, stream__in=lists).values_list("stream", "read_at"))
    unread = {name: read.get(name) or wallet.created_at for name in lists}
    unread = {name: since for name, since in unread.items() if since <= before}
    if unread:
        cause = Cause(lists[min(unread)].cause)
        said = diagnose(cause, exchange=catalogue.named(wallet.exchange), way=wallet.way)
        kinds = sorted({kind_of(name).lower() for name in unread})
        yield Silence(wallet, said.title, said.remedy, min(unread.values()), part=", ".join(kinds))


def _tell(silence: Silence, *, now: datetime) -> None:
    wallet = silence.wallet
    since = silence.since.astimezone(ZoneInfo(wallet.owner.time_zone))
    notices.tell(
        owner=wallet.owner,
        kind=Kind.NOT_READ,
        topic=str(wallet.pk),
        now=now,
        what=f"A part of “{wallet.label}” ({silence.part})" if silence.part else f"“{wallet.label}”",
        since=f"{since:%-d %B %Y}",
        title=silence.title,
        remedy=silence.remedy,
    )


def _open_notices() -> QuerySet[Notice]:
    return Notice.objects.filter(kind=Kind.NOT_READ, closed_at=None)
