"""A pull that broke off goes on in a run after it: under the same id, from the place it had in each list, and with what
it had counted.

What comes is noted under that id (`ledger.intake`), also what a run for news brings in between. So what is not noted
when a list is through did not come in the whole walk of it, however many runs that took.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from ledger import intake
from sync.asks import Ask, is_taken_up_again, owed_by
from sync.models import Run, StreamState
from sync.sight import Sight
from wallets.models import Credential

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

GOES_ON_FOR = timedelta(days=7)  # since it began: no exchange says for how long it knows a place in a list
COUNTED = ("new", "same", "changed", "vanished")
KEPT = ("pull", "goes_on_until", *COUNTED)


def begin(run: Run, *, way: str, sight: Sight, now: datetime) -> Run | None:
    """Inside the transaction in which the run begins: the one that it takes over; none, and it begins anew. Others that
    it makes up for are followed by it, too, and what they had noted is forgotten.
    """
    if run.goes_on_until:
        return None  # it begins once more, with another key, and is at it already
    owing = [each for each in _owing(run.wallet_id) if Ask.of(run).covers(owed_by(each))]
    broken = next((each for each in owing if _may_go_on(each, run, way=way, sight=sight, now=now)), None)
    run.pull, run.goes_on_until = run.pk, now + GOES_ON_FOR
    if broken:
        run.pull, run.goes_on_until, broken.goes_on_until = broken.pull, broken.goes_on_until, None
    for name in COUNTED:
        setattr(run, name, getattr(broken, name, 0))
    _followed(owing, by=run)
    _make_room(run)
    return broken


def _owing(wallet: UUID) -> list[Run]:
    ended = [Run.State.FAILED, Run.State.PARTLY]
    broken = Run.objects.filter(wallet=wallet, full=True, state__in=ended, followed_by=None)
    return [run for run in broken.select_for_update(no_key=True).order_by("created_at", "id") if is_taken_up_again(run)]


def in_part(wallet: UUID) -> list[Ask]:
    """Of pulls that came through but for some lists that the exchange did not answer for: what they owe. It waits for
    the next run, for those lists are most likely still away.
    """
    at_it = Run.objects.filter(wallet=wallet, state=Run.State.PARTLY, followed_by=None, goes_on_until__isnull=False)
    return [owed_by(run) for run in at_it.order_by("created_at", "id") if is_taken_up_again(run)]


def _may_go_on(broken: Run, run: Run, *, way: str, sight: Sight, now: datetime) -> bool:
    """By another way, lists and places are others; to a key with other dates, an exchange tells other rows."""
    return (
        broken.pull == run.pull
        and broken.goes_on_until is not None
        and broken.goes_on_until > now
        and Sight.kept(broken.plan[0] if broken.plan else {}) == sight
        and broken.credential is not None
        and Credential.objects.filter(pk=broken.credential, way=way).exists()
    )


def _followed(owing: list[Run], *, by: Run) -> None:
    for each in owing:
        each.followed_by = by.pk
        each.save(update_fields=["followed_by", "goes_on_until"])
        forget(each)


def _make_room(run: Run) -> None:
    """In each list there is a place for one pull: another that was broken off in one of these begins anew."""
    places = StreamState.objects.filter(wallet=run.wallet_id, pull__isnull=False).exclude(pull=run.pull)
    taken = places.filter(stream=run.stream) if run.stream else places
    others = Run.objects.filter(wallet=run.wallet_id, pull__in=taken.values("pull"), goes_on_until__isnull=False)
    for other in others.select_for_update(no_key=True).order_by("created_at", "id"):
        forget(other)


def over(run: Run) -> None:
    """It came to its end, or to one from which no run takes it up: so neither what it goes on from."""
    forget(run)
    _followed([each for each in _owing(run.wallet_id) if Ask.of(run).covers(owed_by(each))], by=run)


def stopped(run: Run) -> None:
    """Whoever stops a run of a wallet does not want what waits behind it, either."""
    forget(run)
    _followed(_owing(run.wallet_id), by=run)


def forget(run: Run) -> None:
    """Only by the run that has it: of several at one pull, that is the last."""
    if run.goes_on_until is None or run.pull is None:
        return
    intake.forget_pull(run.pull)
    StreamState.objects.filter(wallet=run.wallet_id, pull=run.pull).update(pull=None, pull_cursor="")
    run.goes_on_until = None
    run.save(update_fields=["goes_on_until"])


def forget_old(now: datetime) -> None:
    """What no run took over in time: the one that comes begins anew."""
    late = Run.objects.filter(goes_on_until__lte=now, finished_at__isnull=False)
    for key in late.values_list("pk", flat=True):
        with transaction.atomic():
            run = late.select_for_update(no_key=True).filter(pk=key).first()
            if run:
                forget(run)


def rows_before(broken: Run | None) -> dict[str, int]:
    """By list, how many had come."""
    return {each["stream"]: each["rows"] for each in broken.summary} if broken else {}


def lists_through(broken: Run | None) -> list[str]:
    done = StreamState.State.DONE
    return [each["stream"] for each in broken.summary if each["state"] == done] if broken else []
