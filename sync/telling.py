"""What sync tells owners: that a history is in, once; that an exchange has trouble, while it lasts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

from accounts import notices
from accounts.models import Notice, User
from sync import excuses
from sync.coverage import spans_of
from sync.models import Run
from sync.notice_kinds import Kind
from wallets import catalogue, health
from wallets.models import WalletState

if TYPE_CHECKING:
    from datetime import datetime

    from sync.coverage import Span
    from sync.models import Incident
    from wallets.models import Wallet

SLICE = 200  # owners told in one go
TOLD_FOR = timedelta(days=1)  # an incident that begins again so soon is the same to its owners
PATIENCE = timedelta(minutes=15)  # who looks sees it at once; trouble that is over sooner is not mailed


# --- a history is in ----------------------------------------------------------------------------------------------


def first_history(wallet: Wallet, run: Run, *, now: datetime) -> None:
    """Once for each wallet: when all its streams were read to their end for the first time."""
    if not _is_whole(run) or _was_whole_before(wallet, run):
        return
    notices.tell(
        owner=wallet.owner,
        kind=Kind.HISTORY_COMPLETE,
        topic=str(wallet.pk),
        now=now,
        label=wallet.label,
        exchange=catalogue.named(wallet.exchange),
        what=_what_came(wallet),
        missing=_what_is_missing(wallet),
    )


def _is_whole(run: Run) -> bool:
    return run.state == Run.State.DONE and not (run.stream or run.since or run.until)


def _was_whole_before(wallet: Wallet, run: Run) -> bool:
    """Runs are not kept for ever, so a long pause could forget them; the notice is."""
    whole = Run.objects.filter(wallet=wallet, state=Run.State.DONE, stream="", since=None, until=None)
    if whole.exclude(pk=run.pk).exists():
        return True
    return Notice.objects.filter(owner=wallet.owner, kind=Kind.HISTORY_COMPLETE, topic=str(wallet.pk)).exists()


def _what_came(wallet: Wallet) -> str:
    """From what runs counted: counting a million rows would take its time."""
    counted_on = Run.objects.filter(pk=OuterRef("followed_by"), pull=OuterRef("pull"))
    rows = Run.objects.filter(~Exists(counted_on), wallet=wallet).aggregate(rows=Sum("new"))["rows"] or 0
    first = min((span.first_row_at for span in spans_of(wallet) if span.first_row_at), default=None)
    if not rows or first is None:
        return "it has no row on record yet"
    return f"{rows:,} row{'s' if rows != 1 else ''}, back to {_day(first, wallet.owner)}"


def _what_is_missing(wallet: Wallet) -> str:
    spans = [span for span in spans_of(wallet) if span.misses_the_beginning]
    gone = [_beyond(span, wallet) for span in spans if not span.hidden_by_key]
    hidden = [_beyond(span, wallet) for span in spans if span.hidden_by_key]
    said = f" What it no longer hands out: {', '.join(gone)}; a file from its website has them." if gone else ""
    if hidden:
        said += f" What your key is not shown, because it was made with a date: {', '.join(hidden)}."
    return said


def _beyond(span: Span, wallet: Wallet) -> str:
    return f"{span.name.lower()} from before {_day(span.since, wallet.owner)}" if span.since else ""


def _day(at: datetime, owner: User) -> str:
    return f"{at.astimezone(ZoneInfo(owner.time_zone)):%-d %B %Y}"


# --- an exchange has trouble --------------------------------------------------------------------------------------


def incident(incident: Incident, *, now: datetime) -> bool:
    """Each owner concerned, once a day at most, however often it ends and begins in it; and again who was asked for a
    new key just before it was known. True: there are more.
    """
    suffering = excuses.suffering(incident)
    asked = suffering.filter(owner=OuterRef("pk"), health=WalletState.NEEDS_YOU, cause__in=health.EXCUSABLE)
    told = Notice.objects.filter(owner=OuterRef("pk"), kind=Kind.INCIDENT, topic=incident.exchange, closed_at=None)
    concerned = User.objects.filter(pk__in=suffering.values("owner"), is_active=True, purge_at=None)
    owners = list(concerned.filter(~Exists(told) | Exists(asked)).order_by("pk")[:SLICE])
    for owner in owners:
        _tell_of_incident(owner, incident, now=now)
    return len(owners) == SLICE


@transaction.atomic
def _tell_of_incident(owner: User, incident: Incident, *, now: datetime) -> None:
    """What asked them to mend a key is taken back. The notice itself is one, however often it is told."""
    about: dict[str, Any] = {"owner": owner, "kind": Kind.INCIDENT, "topic": incident.exchange, "mail_after": PATIENCE}
    if not notices.reopen(**about, told_since=now - TOLD_FOR, now=now):
        notices.tell(**about, now=now, exchange=catalogue.named(incident.exchange))
    theirs = excuses.suffering(incident).filter(owner=owner, health=WalletState.NEEDS_YOU, cause__in=health.EXCUSABLE)
    for wallet in theirs.select_for_update(no_key=True).order_by("id"):
        health.excuse(wallet, now=now)


def incident_over(incident: Incident, *, now: datetime) -> None:
    notices.close_for_all(kind=Kind.INCIDENT, topic=incident.exchange, now=now)
