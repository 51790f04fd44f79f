"""Runs that are forgotten. A wallet is read several times a day for years, and most of these runs bring nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from sync.models import Run

if TYPE_CHECKING:
    from datetime import datetime

SLICE = 2000
READ = Q(state__in=[Run.State.DONE, Run.State.PARTLY], stream="")
FAILED = Q(state=Run.State.FAILED)


def forget(now: datetime) -> bool:
    """Of each wallet its last run stays, the last that failed and the last that read all its lists: of these pages
    tell. What brought something and what was pulled again, with its report, stays for good. True: there are more.
    """
    before = now - timedelta(days=settings.RUNS_KEPT_DAYS)
    quiet = Run.objects.filter(finished_at__lt=before, full=False, new=0, changed=0, vanished=0)
    later = Run.objects.filter(wallet=OuterRef("wallet"), created_at__gt=OuterRef("created_at"))
    spent = quiet.filter(
        Exists(later),
        ~FAILED | Exists(later.filter(FAILED)),
        ~READ | Exists(later.filter(READ)),
        created_at__lt=before,  # by the index of all runs in the order they came
    )
    found = list(spent.order_by("created_at", "id").values_list("pk", flat=True)[:SLICE])
    Run.objects.filter(pk__in=found).delete()
    return len(found) == SLICE
