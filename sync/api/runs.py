"""Asking for what is new, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.frame import Call, api, read_at
from config.api import pages
from config.api.fields import Choice, Shape, Text, Truth, UtcTime
from config.api.problem import errors_named
from sync import progress, schedule
from sync.models import Run, StreamState
from wallets.api import wallets
from wallets.api.problems import NO_KEY, refusals_told
from wallets.records import Cause

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from sync.progress import Line


NEWEST = ("-created_at", "-id")


class StreamShape(Shape):
    name = serializers.CharField(help_text="A kind of record; the lists of all markets are one.")
    lists = serializers.IntegerField(source="streams")
    read = serializers.IntegerField(source="through", help_text="How many of these lists are read.")
    rows = serializers.IntegerField()
    reached = UtcTime(allow_null=True, help_text="How far the reading is, while it lasts.")
    complete_to = UtcTime(allow_null=True)
    state = Choice(StreamState.State.choices)
    why = serializers.CharField(source="failing", help_text="What keeps one of them, for people; empty: nothing.")


class RunShape(Shape):
    id = serializers.CharField()
    wallet = serializers.CharField(source="wallet_id")
    state = Choice(Run.State.choices)
    full = serializers.BooleanField(help_text="Pulled again: everything, or what stream, from and to name. Else news.")
    stream = serializers.CharField(help_text="Only this list; empty: all of them.")
    to = UtcTime(source="until", allow_null=True, help_text="The end of the stretch; null: until now.")
    new = serializers.IntegerField(
        help_text="Counts of a pull that was broken off and went on in another run are of both, from its beginning on."
    )
    same = serializers.IntegerField()
    changed = serializers.IntegerField()
    vanished = serializers.IntegerField(help_text="Rows the exchange no longer sends. They are kept.")
    waiting_behind = serializers.IntegerField(help_text="Runs that follow: what was asked for meanwhile.")
    cause = serializers.SerializerMethodField()
    streams = serializers.SerializerMethodField(help_text="In a list of runs only of those that are not over.")
    next_try = serializers.SerializerMethodField(help_text="While it waits: when it goes on.")
    created_at = UtcTime()
    started_at = UtcTime(allow_null=True)
    finished_at = UtcTime(allow_null=True)

    example = {
        "id": "9c1e…",
        "wallet": "5b0c…",
        "state": "running",
        "full": False,
        "stream": "",
        "from": None,
        "to": None,
        "new": 1250,
        "same": 40,
        "changed": 0,
        "vanished": 0,
        "waiting_behind": 0,
        "cause": None,
        "streams": [
            {
                "name": "Ledger",
                "lists": 1,
                "read": 0,
                "rows": 1290,
                "reached": "2024-05-02T11:20:00Z",
                "complete_to": None,
                "state": "running",
                "why": "",
            }
        ],
        "next_try": None,
        "created_at": "2026-03-01T12:30:00Z",
        "started_at": "2026-03-01T12:30:02Z",
        "finished_at": None,
    }

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's."""
        starts = UtcTime(source="since", allow_null=True, help_text="The beginning of the stretch; null: of all time.")
        return {**super().get_fields(), "from": starts}

    @extend_schema_field(Choice([cause.value for cause in Cause], allow_null=True))
    def get_cause(self, run: Run) -> str | None:
        return run.cause or None

    @extend_schema_field(StreamShape(many=True))
    def get_streams(self, run: Run) -> Any:
        return StreamShape(self.lines_of(run), many=True).data

    def lines_of(self, run: Run) -> list[Line]:
        """A list of runs that are over would be long with what each of them read; `runs/{id}/` tells it."""
        if run.finished_at:
            return []
        known: list[Line] | None = self.context.get("lines", {}).get(run.pk)
        return progress.lines_of(run.wallet, run=run) if known is None else known

    @extend_schema_field(UtcTime(allow_null=True))
    def get_next_try(self, run: Run) -> str | None:
        return UtcTime().to_representation(run.not_before) if run.state == Run.State.WAITING else None


class OneRunShape(RunShape):
    def lines_of(self, run: Run) -> list[Line]:
        return progress.lines_at_the_end(run) if run.finished_at else super().lines_of(run)


class SyncWish(Shape):
    full = Truth(required=False, help_text="Pull everything again. Nothing is doubled.")
    stream = Text(required=False, max_length=80, help_text="Only this list, by its name in the wallet's health.")
    to = UtcTime(required=False, source="until", help_text="Pull this list again up to here. Without it: until now.")

    example = {"full": False}

    def get_fields(self) -> dict[str, Any]:
        """As above."""
        words = "Pull this list again from here on, whatever `full` says. Without it: from the beginning."
        return {**super().get_fields(), "from": UtcTime(required=False, source="since", help_text=words)}


@api(
    "POST",
    scope="write",
    takes=SyncWish,
    gives=RunShape,
    status=202,
    polled=read_at("sync_api:runs-one"),
    problems=(NO_KEY,),
)
def ask(call: Call) -> Run:
    """Ask for what is new, for everything again, or for a stretch of one list again.

    At most one run of a wallet is unfinished: asking again answers with that one. What it does not bring has a run of
    its own right after it. A stretch reports what was new, the same, changed or gone in it; nothing else is touched.
    """
    with refusals_told(), errors_named({"since": "from", "until": "to"}):
        return schedule.request(by=call.by, wallet=wallets.one(call), now=call.now, **call.data)


@api(
    "POST",
    scope="write",
    gives=RunShape,
    whole=True,
    status=202,
    polled=lambda _: f"{reverse('sync_api:runs')}?unfinished=true",
)
def ask_all(call: Call) -> list[Run]:
    """Ask for what is new in all your wallets that are connected.

    All but those that wait for you: an exchange locks accounts whose keys keep failing. Mend them, or ask for one.
    """
    return schedule.request_all(by=call.by, owner=call.owner, now=call.now)


class RunFilters(Shape):
    unfinished = serializers.BooleanField(required=False, help_text="Only those not over yet, or only those that are.")

    example = {"unfinished": True}


@api("GET", scope="read", query=RunFilters, gives=RunShape, order=NEWEST)
def every(call: Call) -> Response:
    """List the runs of all your wallets, the newest first: the unfinished ones show all progress in one call."""
    mine = Run.objects.for_user(call.owner).filter(wallet__purged_at=None)
    return _listed(
        call, mine.filter(finished_at__isnull=call.query["unfinished"]) if "unfinished" in call.query else mine
    )


@api("GET", scope="read", gives=RunShape, order=NEWEST)
def index(call: Call) -> Response:
    """List the runs of a wallet, the newest first."""
    return _listed(call, Run.objects.filter(wallet=wallets.one(call)))


def _listed(call: Call, runs: QuerySet[Run]) -> Response:
    page, address = pages.page(call.request, runs.select_related("wallet"), order=NEWEST)
    shape = RunShape(page, many=True, context={"lines": progress.lines_of_each(page)})
    return Response({"results": shape.data, "next": address})


@api("GET", scope="read", gives=OneRunShape)
def show(call: Call) -> Run:
    """Read one run, and what became of each kind of record. While it is unfinished, ask again now and then."""
    return get_object_or_404(Run.objects.select_related("wallet"), owner=call.owner, pk=call.path["run_id"])
