"""A pull that broke off goes on in a run after it: nothing is asked twice, and what is reported is of the whole."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.audit import SYSTEM, Actor, ActorKind
from accounts.models import Notice
from config.fields import seal
from ledger.models import Coverage, SeenRow, Sighting, SourceRow
from sync import pulls, runner, schedule, tasks
from sync.models import Run, StreamState
from tests.sync.test_runner import (  # noqa: F401 # fixtures
    BLOCKS,
    NOW,
    Away,
    Clock,
    Killed,
    Mortal,
    clock,
    dated,
    kraken,
    middle_of,
    slice_of,
    stored,
    synced,
    the_books,
    truth,
)
from wallets.models import Credential
from wallets.records import Cause, ConnectorError
from wallets.sandbox.books import BLOCK

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = 9


class Watched:
    """Notes which list was asked, from which place."""

    def __init__(self, connector, asked):
        self.connector, self.asked = connector, asked

    def __getattr__(self, name):
        return getattr(self.connector, name)

    def page(self, stream, cursor):
        self.asked.append((stream.name, cursor))
        return self.connector.page(stream, cursor)


class Refused(Away):
    """Not away: the key is no good after so many pages."""

    def page(self, *asked):
        try:
            return super().page(*asked)
        except ConnectorError:
            raise ConnectorError(Cause.KEY_REVOKED) from None


class Garbled:
    """One of its lists is answered, after so many pages, with what nobody understands."""

    def __init__(self, connector, stream, pages=0):
        self.connector, self.stream, self.pages = connector, stream, pages

    def __getattr__(self, name):
        return getattr(self.connector, name)

    def page(self, stream, cursor):
        if stream.name == self.stream:
            self.pages -= 1
            if self.pages < 0:
                raise ConnectorError(Cause.UNEXPECTED_REPLY)
        return self.connector.page(stream, cursor)


@pytest.fixture
def pages(kraken, synced, slice_of, clock):  # noqa: F811
    """How many a pull of everything takes: after the first sync, which the tests need, too."""
    synced()
    return PAGES


def test_a_pull_of_everything_takes_so_many_pages(pages, synced):  # noqa: F811
    assert synced(full=True).pages == pages


@pytest.fixture
def broken(kraken, pages, slice_of, clock):  # noqa: F811
    """A pull that breaks off after so many pages."""

    def go(after, *, away=Away, **asked):
        asked = asked or {"full": True}
        schedule.request(by=SYSTEM, wallet=kraken, now=clock(), **asked)
        run = slice_of(wrap=lambda connector: away(connector, after))
        assert (run.state, run.pages) == ("failed", after)
        return run

    return go


@pytest.fixture
def followed(kraken, slice_of, clock):  # noqa: F811
    """What comes in by itself afterwards: a run for news, then what the broken one owes."""

    def go(**how):
        schedule.request(by=SYSTEM, wallet=kraken, now=clock())
        assert slice_of().state == "done"
        return slice_of(**how)

    return go


def everything():
    return SourceRow.objects.count()


def nothing_is_kept():
    return not SeenRow.objects.exists() and not StreamState.objects.exclude(pull=None).exists()


# --- it goes on ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [1, 4])
def test_a_pull_goes_on_in_the_run_that_follows_and_asks_nothing_twice(pages, broken, followed, after):
    first = broken(after)

    again = followed()

    assert (again.state, again.pull, again.pages) == ("done", first.pull, pages - after)
    assert (again.new, again.same, again.changed, again.vanished) == (0, everything(), 0, 0)
    assert not Sighting.objects.exists()
    assert nothing_is_kept()


def test_a_pull_that_breaks_off_at_every_page_comes_to_its_end(kraken, pages, broken, slice_of, clock):  # noqa: F811
    run = broken(1)
    first, runs = run, 1
    while run.state != "done":
        schedule.request(by=SYSTEM, wallet=kraken, now=clock())
        assert slice_of().state == "done"
        run = slice_of(wrap=lambda connector: Away(connector, 1))
        runs += 1

    assert runs == pages
    assert (run.pull, run.same) == (first.pull, everything())
    assert {each["stream"]: each["rows"] for each in run.summary} == {
        "ledger": len(truth("ledger")),
        "trades": len(truth("trades")),
    }


def test_lists_that_were_through_are_not_asked_and_the_one_in_the_middle_from_its_place(pages, broken, followed):
    asked = []
    broken(pages - 1)
    place = StreamState.objects.get(stream="trades").pull_cursor
    assert place

    run = followed(wrap=lambda connector: Watched(connector, asked))

    assert {name for name, _ in asked} == {"trades"}
    assert asked[0] == ("trades", place)
    assert {each["stream"]: each["state"] for each in run.summary} == {"ledger": "done", "trades": "done"}


def test_in_whatever_page_a_worker_dies_the_pull_goes_on(kraken, pages, broken, slice_of, clock):  # noqa: F811
    first = broken(2)
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())
    slice_of()
    for before in (0, 1, 0):
        with pytest.raises(Killed):
            slice_of(wrap=lambda connector, before=before: Mortal(connector, before))
        clock.now += timedelta(minutes=20)
        Run.objects.sweep(now=clock())
        clock.now += timedelta(hours=2)

    run = slice_of()

    assert (run.state, run.pull, run.pages, run.same) == ("done", first.pull, pages - 2, everything())
    assert not Sighting.objects.exists()


def test_with_a_key_that_was_mended_it_goes_on(street, kraken, pages, broken, followed):  # noqa: F811
    first = broken(2, away=Refused)
    kraken.refresh_from_db()
    assert kraken.state == "needs_you"
    replaced(street, kraken)

    run = followed()

    assert (run.state, run.pull, run.pages, run.same) == ("done", first.pull, pages - 2, everything())


def test_a_key_that_is_refused_as_soon_as_it_goes_on_ends_it(street, kraken, broken, followed):  # noqa: F811
    """What is read for news worked with it a moment ago: it would go on so for ever."""
    broken(2, away=Refused)
    replaced(street, kraken)

    assert followed(wrap=lambda connector: Refused(connector, 0)).state == "failed"

    assert nothing_is_kept()
    assert not schedule.request(by=SYSTEM, wallet=kraken, now=NOW).then


def test_a_stretch_goes_on_too(kraken, broken, followed):  # noqa: F811
    """To the present: what came in between is no reason."""
    asked = {"stream": "ledger", "since": middle_of(the_books(BLOCKS))}
    whole = broken(1, **asked)

    run = followed()

    assert (run.state, run.pull, run.since) == ("done", whole.pull, asked["since"])
    inside = SourceRow.objects.filter(stream="ledger", occurred_at__gte=asked["since"]).count()
    assert (run.new, run.same, run.changed, run.vanished) == (0, inside, 0, 0)
    assert nothing_is_kept()


# --- what has vanished ---------------------------------------------------------------------------------------------


def gone():
    return set(Sighting.objects.filter(kind="vanished").values_list("row__external_id", flat=True))


def rows_at(number):
    at = the_books(BLOCKS).event(number).at
    return set(SourceRow.objects.filter(occurred_at=at).values_list("external_id", flat=True))


@pytest.mark.parametrize("after", [1, 3])
def test_only_what_no_run_of_it_brought_has_vanished(street, kraken, pages, broken, followed, after):  # noqa: F811
    """In whichever part of the list; and what came in between, new, late or changed, is no reason."""
    events = BLOCKS * len(BLOCK)
    early, late, corrected = 9, events - 3, events - 10
    listed_late = events - 5
    street.tell("kraken", hide=[early, late, listed_late])
    lost = rows_at(early) | rows_at(late)
    back = rows_at(listed_late)
    assert all((lost, back))

    broken(after)
    street.tell("kraken", size=(BLOCKS + 1) * len(BLOCK), show=[listed_late], correct=[corrected])
    run = followed()

    assert run.state == "done"
    assert gone() == lost
    assert run.vanished == len(lost)
    assert stored(kraken) == truth("ledger", BLOCKS + 1)
    assert stored(kraken, "trades") == truth("trades", BLOCKS + 1)


def test_what_news_brought_meanwhile_leaves_the_bookmark_where_it_is(street, kraken, broken, followed, synced, clock):  # noqa: F811
    broken(2)
    clock.now += timedelta(days=1)
    street.tell("kraken", size=(BLOCKS + 1) * len(BLOCK))
    followed()

    kept = {each.stream: each for each in StreamState.objects.all()}
    assert NOW + timedelta(hours=23) < kept["ledger"].complete_to == Coverage.objects.get(stream="ledger").until
    assert Coverage.objects.get(stream="ledger").read_at > NOW + timedelta(hours=23)
    assert synced().new == 0


# --- it begins anew ------------------------------------------------------------------------------------------------


def is_anew(run, first, pages):
    return run.state == "done" and run.pull == run.pk != first.pull and run.pages == pages and nothing_is_kept()


def test_what_was_broken_off_too_long_ago_begins_anew(pages, broken, followed, clock):  # noqa: F811
    first = broken(2)
    clock.now += pulls.GOES_ON_FOR

    run = followed()

    assert is_anew(run, first, pages)
    assert (run.same, run.vanished) == (everything(), 0)


def test_what_nobody_takes_over_is_forgotten_in_time(broken, clock):  # noqa: F811
    run = broken(2)
    assert not nothing_is_kept()

    tasks.plan(clock())
    assert not nothing_is_kept()
    clock.now += pulls.GOES_ON_FOR
    pulls.forget_old(clock())

    assert nothing_is_kept()
    run.refresh_from_db()
    assert run.goes_on_until is None


@pytest.mark.parametrize("kind", [ActorKind.OWNER, ActorKind.STAFF])
def test_whoever_asks_for_everything_again_gets_it_from_the_beginning(kraken, pages, broken, slice_of, clock, kind):  # noqa: F811
    """At once; behind the run for news; behind the one that goes on."""
    by = Actor(kind, kraken.owner)
    for waits in (0, 1, 2):
        first = broken(pages - 1)
        schedule.request(by=SYSTEM, wallet=kraken, now=clock()) if waits else None
        for looks in [None, 1][-waits:] if waits else []:
            slice_of(looks=looks)
        schedule.request(by=by, wallet=kraken, now=clock(), full=True)
        runs = []
        while Run.objects.unfinished().exists():
            runs.append(slice_of())

        assert is_anew(runs[-1], first, pages), waits
        first.refresh_from_db()
        assert first.followed_by == runs[0 if waits == 2 else -1].pk


def test_what_the_owner_stopped_is_not_taken_up_again(kraken, broken, slice_of, synced, clock):  # noqa: F811
    """Neither a pull that is under way, nor one that waits behind what is stopped."""
    for stopped in ("before it", "in it"):
        first = broken(2)
        schedule.request(by=SYSTEM, wallet=kraken, now=clock())
        if stopped == "in it":
            slice_of()
            assert slice_of(looks=3).pull == first.pull
        assert not nothing_is_kept()
        kraken.paused_at = clock()
        kraken.save(update_fields=["paused_at"])
        assert slice_of().state == "cancelled"
        assert nothing_is_kept()
        kraken.paused_at = None
        kraken.save(update_fields=["paused_at"])

        assert synced().state == "done"
        assert not Run.objects.unfinished().exists()
        first.refresh_from_db()
        assert first.followed_by


def test_a_list_that_fails_for_ever_ends_the_pull_with_what_the_others_brought(broken, followed):
    first = broken(1)

    run = followed(wrap=lambda connector: Garbled(connector, "ledger"))

    assert (run.state, run.pull) == ("partly", first.pull)
    assert {each["stream"]: each["state"] for each in run.summary} == {"ledger": "failed", "trades": "done"}
    assert nothing_is_kept()
    assert not Run.objects.unfinished().exists()


def test_a_list_that_failed_before_the_exchange_was_away_is_tried_once_more_from_its_place(
    kraken,  # noqa: F811
    pages,
    slice_of,  # noqa: F811
    followed,
    clock,  # noqa: F811
):
    schedule.request(by=SYSTEM, wallet=kraken, now=clock(), full=True)
    first = slice_of(wrap=lambda connector: Garbled(Away(connector, 3), "ledger", 1))
    assert (first.state, StreamState.objects.get(stream="ledger").state) == ("failed", "failed")

    run = followed()

    assert (run.state, run.pull, run.pages, run.same) == ("done", first.pull, pages - 3, everything())


def replaced(street, wallet):
    """Another key is put in force, as a test that passed leaves it."""
    Credential.objects.filter(wallet=wallet).update(standing="former", sealed=None)
    key = street.look("kraken")["keys"][0]
    credential = Credential(owner=wallet.owner, wallet=wallet, version=2, way="key", standing="current", created_at=NOW)
    seal(credential, sealed=json.dumps({"key": key["id"], "secret": key["secret"]}))
    credential.save(force_insert=True)


def test_a_key_that_is_shown_another_part_of_the_history_begins_anew(kraken, dated, pages, broken, followed):  # noqa: F811
    """Rows that the first one had not come to, and the second is not shown, have not vanished."""
    first = broken(1)
    dated(query_to=middle_of(the_books(BLOCKS)))

    run = followed()

    assert (run.state, run.pull) == ("done", run.pk)
    assert run.vanished == 0
    assert run.same < everything()
    first.refresh_from_db()
    assert first.followed_by == run.pk


@pytest.fixture
def coinbase(stage):
    stage.street.tell("coinbase", size=BLOCKS * len(BLOCK))
    stage.paste(stage.key("coinbase"), "coinbase")
    return stage.work().wallet


@pytest.fixture
def slice_at(stage, coinbase):
    def go(*, wrap=lambda connector: connector, looks=10_000_000, **asked):
        if asked:
            schedule.request(by=SYSTEM, wallet=coinbase, now=stage.now(), **asked)
        run = Run.objects.claim(now=stage.now())
        ours = Clock()
        ours.now = stage.now()
        until = ours.now + timedelta(milliseconds=looks)
        runner.work(run, connect=lambda *to: wrap(stage.connect(*to)), clock=ours, until=until)
        run.refresh_from_db()
        return run

    return go


def signed_in_instead(stage, wallet):
    stage.consent("coinbase", wallet=wallet)
    done = stage.work()
    done = stage.answer(done) if done.state == "asking" else done
    assert done.state == "passed", (done.cause, done.lines)
    wallet.refresh_from_db()
    assert wallet.way == "oauth"


def test_another_way_in_begins_anew(stage, coinbase, slice_at):
    slice_at(full=False)
    first = slice_at(full=True, wrap=lambda connector: Away(connector, 2))
    assert (first.state, first.pages) == ("failed", 2)
    signed_in_instead(stage, coinbase)

    assert slice_at(full=False).state == "done"
    run = slice_at()

    assert (run.state, run.full, run.pull, run.vanished) == ("done", True, run.pk, 0)
    assert nothing_is_kept()


@pytest.mark.parametrize("full", [False, True])
def test_a_run_in_whose_middle_another_way_in_was_chosen_begins_anew_by_itself(stage, coinbase, slice_at, full):
    slice_at(full=False)
    stage.street.tell("coinbase", size=(BLOCKS + 1) * len(BLOCK))
    begun = slice_at(full=full, looks=12)
    assert (begun.state, begun.pages > 0) == ("running", True)
    signed_in_instead(stage, coinbase)

    run = slice_at()

    assert (run.state, run.vanished) == ("done", 0)
    assert {state.run for state in StreamState.objects.filter(way="oauth")} == {run.pk}
    assert nothing_is_kept()


# --- beside it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "goes_on"), [(2, False), (7, True)])
def test_a_stretch_of_a_list_where_it_has_its_place_takes_that_place(
    kraken,  # noqa: F811
    pages,
    broken,
    slice_of,  # noqa: F811
    clock,  # noqa: F811
    after,
    goes_on,
):
    """Of a list that it is through with, none."""
    first = broken(after)
    schedule.request(by=SYSTEM, wallet=kraken, now=clock(), stream="ledger", until=middle_of(the_books(BLOCKS)))
    assert slice_of().state == "done"

    run = slice_of()

    assert (run.state, run.stream, run.same, run.vanished) == ("done", "", everything(), 0)
    assert (run.pull, run.pages) == ((first.pull, pages - after) if goes_on else (run.pk, pages))
    assert nothing_is_kept()


def test_a_first_history_that_a_pull_brought_in_parts_is_counted_once(kraken, slice_of, clock):  # noqa: F811
    schedule.request(by=SYSTEM, wallet=kraken, now=clock(), full=True)
    assert slice_of(wrap=lambda connector: Away(connector, 3)).new > 0
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())
    assert slice_of(wrap=lambda connector: Garbled(connector, "trades")).state == "partly"
    assert slice_of().state == "done"

    told = Notice.objects.get(kind="history_complete").facts["what"]
    assert told.startswith(f"{everything():,} rows")


# --- what its owner reads ------------------------------------------------------------------------------------------


@pytest.fixture
def page_of(alices_browser):
    return lambda run: alices_browser.get(reverse("sync:run", args=[run.pk])).content.decode()


def test_its_owner_reads_that_it_goes_on_and_where(broken, followed, page_of):
    first = broken(2)
    told = "It goes on by itself, where it was broken off, when the exchange answers."
    assert f"{told} If that takes until 27 November 2026, it begins anew." in page_of(first)

    run = followed()

    assert told not in page_of(first)
    assert reverse("sync:run", args=[run.pk]) in page_of(first)
    assert "was broken off, and counts what that one brought" in page_of(run)
    assert reverse("sync:run", args=[first.pk]) in page_of(run)
    assert f"{everything()} rows came just as before." in page_of(run)


def test_of_one_whose_key_failed_its_owner_reads_that_it_waits_for_the_wallet(broken, page_of):
    told = "It goes on by itself, where it was broken off, when this wallet can be read again."
    assert told in page_of(broken(2, away=Refused))
