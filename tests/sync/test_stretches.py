"""A stretch of one list pulled again, at every exchange: what was in it is told, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import transaction

from accounts.audit import SYSTEM
from ledger import intake
from ledger.models import Sighting, SourceRow
from sync import runner, schedule
from sync.models import Run, StreamState
from wallets import catalogue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.turns(3)]
MOMENT = timedelta(milliseconds=1)
LONG, LATELY = timedelta(days=1), timedelta(days=25)
ENOUGH = 9  # rows of a list, to have some in the middle and some outside


class Account:
    """A wallet at one exchange, with what its lists truly hold, and a worker."""

    def __init__(self, stage, wallet, resident):
        self.stage, self.resident, self.wallet = stage, resident, wallet
        self.connector = self.connect(self.wallet, stage.values(self.wallet))

    def connect(self, wallet, values):
        made = self.stage.connect(SimpleNamespace(exchange=wallet.exchange, region=wallet.region), values)
        if wallet.exchange == "okx":
            made.client.pace = Forgotten(self.resident)
        return made

    def lists(self):
        """One of each kind that holds enough rows, with all of them, the oldest first."""
        seen = {}
        for stream in self.connector.streams():
            kind = stream.name.partition(":")[0]
            if len(seen.get(kind, (None, ()))[1]) < ENOUGH:
                seen[kind] = (stream, self.walked(stream))
        return [(stream, rows) for stream, rows in seen.values() if len(rows) >= ENOUGH]

    def walked(self, stream):
        now = self.stage.now()
        found, cursor, more = {}, self.connector.stretch(stream, now - LATELY, now), True
        while more:
            page = self.connector.page(stream, cursor)
            found |= {record.external_id: record for record in page.records}
            cursor, more = page.cursor, page.more
        return sorted(found.values(), key=lambda record: record.occurred_at)

    @transaction.atomic
    def hold(self, stream, records):
        intake.store(self.wallet, records, stream=stream.name, now=self.stage.now())

    def pull(self, stream, since, until):
        now = self.stage.now()
        StreamState.objects.update_or_create(
            wallet=self.wallet, way=self.wallet.way, stream=stream.name,
            defaults={"owner": self.wallet.owner, "cursor": "as it was", "complete_to": now, "updated_at": now},
        )  # fmt: skip
        schedule.request(by=SYSTEM, wallet=self.wallet, now=now, stream=stream.name, since=since, until=until)
        run = Run.objects.claim(now=now)
        runner.work(run, connect=self.connect, clock=self.stage.now, until=now + LONG)
        run.refresh_from_db()
        return run


class Forgotten:
    """OKX counts calls over time and compares clocks, so that time cannot pass faster: it forgets them instead."""

    def __init__(self, resident):
        self.resident = resident

    def before(self, _cost):
        self.resident.calls.clear()

    def slow_down(self, wait, whose):
        raise AssertionError(wait)


BY_KEY = "coinbase by key"  # which has a list that a sign-in has not


@pytest.fixture(params=[*catalogue.load(), BY_KEY])
def account(request, house, stage):
    """Some exchanges are asked week by week: books that began lately are read sooner."""
    exchange = request.param.split()[0]
    resident = house.residents[exchange]
    getattr(resident, "wallet", resident).books.start = datetime.now(UTC) - LATELY
    if request.param == BY_KEY:
        stage.paste(stage.key(exchange), exchange)
    return Account(stage, stage.work().wallet if request.param == BY_KEY else stage.connected(exchange), resident)


def altered(record):
    return replace(record, raw={**record.raw, "planted": "another word"})


def invented(record):
    return replace(record, external_id=f"never-{record.external_id}"[:200])


def rows_of(account):
    return set(SourceRow.objects.filter(wallet=account.wallet).values_list("pk", flat=True))


def test_a_stretch_brings_what_is_new_the_same_changed_and_gone_in_it_and_touches_nothing_else(account):
    lists = account.lists()
    assert lists
    for stream, rows in lists:
        third = len(rows) // 3
        since, until = rows[third].occurred_at + MOMENT, rows[-third].occurred_at
        inside = [row for row in rows if since <= row.occurred_at <= until]
        first, last = rows[0], rows[-1]
        hole, changed, gone = inside[1], inside[0], inside[len(inside) // 2]
        account.hold(stream, [row for row in rows if row is not hole])
        account.hold(stream, [altered(changed), altered(first), altered(last)])
        earliest = replace(invented(inside[0]), occurred_at=since)  # of the stretch, and the exchange has it no more
        account.hold(stream, [invented(gone), earliest, invented(first), invented(last)])
        before = rows_of(account)

        run = account.pull(stream, since, until)

        assert run.state == "done", (stream.name, run.cause, run.code)
        told = (run.new, run.changed, run.same, run.vanished)
        assert told == (1, 1, len(inside) - 2, 2), stream.name
        added = SourceRow.objects.filter(wallet=account.wallet).exclude(pk__in=before)
        assert {row.external_id for row in added} == {hole.external_id, changed.external_id}
        vanished = Sighting.objects.filter(run=run.pk).values_list("row__external_id", flat=True)
        assert set(vanished) == {invented(gone).external_id, earliest.external_id}
        state = StreamState.objects.get(wallet=account.wallet, stream=stream.name)
        assert (state.cursor, state.pull, state.pull_cursor) == ("as it was", None, "")
