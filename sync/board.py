"""What staff look at first: where wallets fail, why, since when, how many people it touches, and how it went lately.

Two questions, however many wallets and exchanges there are; no name, no amount, no secret.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, Q
from django.db.models.functions import TruncHour

from sync import retries
from sync.models import HeldExchange, Incident, Run
from sync.sparkline import Sparkline
from wallets import catalogue
from wallets.diagnosis import diagnose
from wallets.health import OWNERS_ALONE
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping

HOURS = 24
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Age:
    """How long a wallet has been failing. Who is read in part has no age."""

    name: str  # as the list of wallets is narrowed by it
    label: str
    at_least: timedelta
    below: timedelta | None

    def holds(self, now: datetime) -> Q:
        since = Q(failing_since__lte=now - self.at_least)
        return since & Q(failing_since__gt=now - self.below) if self.below else since


AGES = (
    Age("hour", "Under an hour", timedelta(0), HOUR),
    Age("day", "Under a day", HOUR, DAY),
    Age("week", "Under a week", DAY, WEEK),
    Age("older", "Longer", WEEK, None),
)


@dataclass(frozen=True, slots=True)
class Group:
    """The wallets that fail at one exchange for one cause."""

    exchange: str
    cause: str
    title: str
    wallets: int
    owners: int
    resting: int  # not tried any more until somebody acts
    since: datetime | None  # the oldest
    ages: tuple[tuple[Age, int], ...]
    may_retry: bool


@dataclass(frozen=True, slots=True)
class Exchange:
    id: str
    name: str
    groups: list[Group]
    errors: Sparkline
    held: HeldExchange | None
    incident: Incident | None

    @property
    def wallets(self) -> int:
        return sum(group.wallets for group in self.groups)


def board(now: datetime) -> list[Exchange]:
    """Every exchange of which there is something to say, the most wallets first."""
    groups, errors = groups_of(now), errors_of(now)
    held = {row.exchange: row for row in HeldExchange.objects.all()}
    open_ones = {row.exchange: row for row in Incident.objects.filter(ended_at=None)}
    quiet = (0,) * HOURS
    rows = [
        Exchange(
            each,
            catalogue.named(each),
            groups.get(each, []),
            Sparkline(errors.get(each, quiet)),
            held.get(each),
            open_ones.get(each),
        )
        for each in {*groups, *errors, *held, *open_ones}
    ]
    return sorted(rows, key=lambda row: (-row.wallets, -row.errors.total, row.name))


def groups_of(now: datetime) -> dict[str, list[Group]]:
    counted = (
        retries.failing()
        .order_by("exchange", "cause")
        .values("exchange", "cause")
        .annotate(
            wallets=Count("pk"),
            owners=Count("owner", distinct=True),
            resting=Count("pk", filter=Q(next_try_at=None)),
            since=Min("failing_since"),
            **{age.name: Count("pk", filter=age.holds(now)) for age in AGES},
        )
    )
    by_exchange = {exchange: list(rows) for exchange, rows in groupby(counted, key=lambda row: row["exchange"])}
    return {
        exchange: sorted(map(_group, rows), key=lambda group: -group.wallets) for exchange, rows in by_exchange.items()
    }


def _group(row: Mapping[str, Any]) -> Group:
    said = diagnose(Cause(row["cause"]), exchange=catalogue.named(row["exchange"]))
    return Group(
        exchange=row["exchange"],
        cause=row["cause"],
        title=said.title,
        wallets=row["wallets"],
        owners=row["owners"],
        resting=row["resting"],
        since=row["since"],
        ages=tuple((age, row[age.name]) for age in AGES),
        may_retry=row["cause"] not in OWNERS_ALONE,
    )


def errors_of(now: datetime) -> dict[str, list[int]]:
    """Runs that failed, for each exchange and hour; the present hour is the last."""
    first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - (HOURS - 1) * HOUR
    failed = (
        Run.objects.filter(state=Run.State.FAILED, finished_at__gte=first)
        .order_by()
        .annotate(hour=TruncHour("finished_at", tzinfo=UTC))
        .values("exchange", "hour")
        .annotate(many=Count("pk"))
    )
    found: dict[str, list[int]] = defaultdict(lambda: [0] * HOURS)
    for row in failed:
        place = (row["hour"] - first) // HOUR
        if place < HOURS:
            found[row["exchange"]][place] = row["many"]
    return dict(found)
