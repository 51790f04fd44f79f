"""A run against the sandbox's books: every row once, whatever happens in the middle; the rest of the run goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Notice
from config.fields import seal
from ledger.models import Coverage, RawPage, ReportedBalance, Sighting, SourceRow
from sync import lanes, runner, schedule
from sync.coverage import spans_of
from sync.models import Run, StreamState
from sync.quiet import LOOK_ANYWAY, LOOK_WHERE_IT_ENDED, held_of
from sync.runner import LISTED_WITHIN
from wallets import credentials, rights_reports
from wallets.budget import SPENT
from wallets.connectors.base import Stream
from wallets.connectors.kraken import Kraken
from wallets.models import Credential, RightsReport, Wallet
from wallets.records import Balance, Cause, ConnectorError
from wallets.sandbox.books import BLOCK, COINS, Books
from wallets.sandbox.kraken import READING

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BLOCKS = 8  # of events in the account's books


@pytest.fixture
def kraken(street, alice):
    """A wallet with a key that works, as a trial leaves it."""
    street.tell("kraken", size=BLOCKS * len(BLOCK))
    key = street.look("kraken")["keys"][0]
    wallet = Wallet.objects.create(
        owner=alice, exchange="kraken", way="key", label="Kraken", created_at=NOW, next_try_at=NOW
    )
    credential = Credential(owner=alice, wallet=wallet, version=1, way="key", standing="current", created_at=NOW)
    seal(credential, sealed=json.dumps({"key": key["id"], "secret": key["secret"]}))
    credential.save(force_insert=True)
    return wallet


class Clock:
    """Time passes when it is looked at; a slice ends after so many looks."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def slice_of(street, pace, clock):
    """One slice of the run whose turn it is; with `looks`, it ends early."""

    def go(*, looks: int | None = None, wrap=lambda connector: connector):
        run = Run.objects.claim(now=clock())
        assert run
        until = clock.now + timedelta(milliseconds=looks or 10_000_000)
        runner.work(
            run,
            connect=lambda _, values: wrap(Kraken(values, pace=pace, origin=street.origin("kraken"))),
            clock=clock,
            until=until,
        )
        run.refresh_from_db()
        return run

    return go


@pytest.fixture
def synced(kraken, slice_of, clock):
    def go(**asked):
        schedule.request(by=SYSTEM, wallet=kraken, now=clock(), **asked)
        return slice_of()

    return go


def stored(wallet, family="ledger"):
    return set(SourceRow.objects.filter(wallet=wallet, family=family).values_list("external_id", flat=True))


def truth(table, blocks=BLOCKS):
    """The ids the sandbox's own books hold."""
    from wallets.sandbox.kraken import LEDGER, TRADED  # noqa: PLC0415 - named beside what it tells

    chosen = {"ledger": LEDGER, "trades": TRADED}[table]
    books = the_books(blocks)
    return {chosen.row(books, place)[0] for place in range(chosen.first_place(books.size))}


def the_books(blocks):
    from wallets.sandbox.kraken import Kraken as Resident  # noqa: PLC0415 - as above
    from wallets.sandbox.wire import World  # noqa: PLC0415 - as above

    books = Resident(World("holdfast", lambda: NOW)).books
    return Books(books.seed, blocks * len(BLOCK), books.start)


def test_a_first_run_brings_the_whole_history_once(kraken, synced):
    run = synced()

    assert run.state == "done"
    assert stored(kraken) == truth("ledger")
    assert stored(kraken, "trades") == truth("trades")
    assert run.new == SourceRow.objects.count()
    assert ReportedBalance.objects.filter(wallet=kraken).exists()
    assert RawPage.objects.filter(wallet=kraken).exists()
    assert {each.stream for each in Coverage.objects.filter(wallet=kraken)} == {"ledger", "trades"}
    kraken.refresh_from_db()
    assert (kraken.state, kraken.failures) == ("working", 0)


def test_an_increment_asks_little_and_brings_what_is_new(street, kraken, synced):
    synced()
    street.tell("kraken", size=(BLOCKS + 1) * len(BLOCK))

    run = synced()

    assert stored(kraken) == truth("ledger", BLOCKS + 1)
    assert 0 < run.new <= 3 * len(BLOCK)
    assert run.changed == run.vanished == 0


def test_where_something_happens_the_next_look_comes_sooner(kraken, synced, clock):
    synced()
    kraken.refresh_from_db()
    assert timedelta(hours=1) < kraken.next_try_at - clock.now < timedelta(hours=3)

    assert synced().new == 0
    kraken.refresh_from_db()
    assert timedelta(hours=4) < kraken.next_try_at - clock.now < timedelta(hours=8)


def test_an_account_where_nothing_happens_is_complete_until_it_was_read(kraken, synced, clock):
    began = clock.now
    synced()
    first = StreamState.objects.get(stream="ledger").complete_to

    clock.now += timedelta(days=1)
    synced()

    state, known = StreamState.objects.get(stream="ledger"), Coverage.objects.get(stream="ledger")
    assert began - LISTED_WITHIN < first < began
    assert first + timedelta(days=1) < state.complete_to == known.until


def test_of_a_walk_that_was_broken_off_only_its_beginning_counts(kraken, slice_of, clock):
    """What came in meanwhile lies above it, and comes with the next walk."""
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())
    began = clock.now
    while not slice_of(looks=8).finished_at:
        clock.now += timedelta(hours=1)

    assert began + timedelta(hours=2) < clock.now
    assert StreamState.objects.get(stream="ledger").complete_to < began + timedelta(hours=1)


def test_a_run_whose_time_is_up_goes_on_where_it_was(kraken, slice_of, clock):
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())
    slices = 0
    while not (run := slice_of(looks=6)).finished_at:
        slices += 1
        assert run.state == "running"
        assert slices < 100

    assert slices > 2
    assert stored(kraken) == truth("ledger")
    assert SourceRow.objects.filter(revision__gt=1).count() == 0


class Killed(BaseException):
    """The worker is gone."""


class Mortal:
    """A connector whose worker dies in its n-th page: asked, answered, not kept."""

    def __init__(self, connector, pages):
        self.connector, self.pages = connector, pages

    def __getattr__(self, name):
        return getattr(self.connector, name)

    def page(self, *asked):
        page = self.connector.page(*asked)
        self.pages -= 1
        if self.pages < 0:
            raise Killed
        return page


def test_a_worker_killed_in_any_page_loses_nothing_and_doubles_nothing(kraken, slice_of, clock):
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())
    for pages in (0, 1, 2, 0, 3):
        with pytest.raises(Killed):
            slice_of(wrap=lambda connector, pages=pages: Mortal(connector, pages))
        clock.now += timedelta(minutes=20)
        Run.objects.sweep(now=clock())
        clock.now += timedelta(hours=2)

    run = slice_of()

    assert run.state == "done"
    assert stored(kraken) == truth("ledger")
    assert stored(kraken, "trades") == truth("trades")
    assert SourceRow.objects.filter(revision__gt=1).count() == 0


def test_a_replaced_key_stops_the_former_ones_run_before_it_keeps_anything(kraken, slice_of, clock):
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())

    class Replaced(Mortal):
        def page(self, *asked):
            Credential.objects.update(standing="former", sealed=None)
            return self.connector.page(*asked)

    from config.leases import LeaseLostError  # noqa: PLC0415 - what the fence raises

    with pytest.raises(LeaseLostError):
        slice_of(wrap=lambda connector: Replaced(connector, 0))

    assert not SourceRow.objects.exists()


def test_a_run_whose_key_was_replaced_is_given_back_at_once(street, kraken, settings, monkeypatch):
    """Its lease is still ours: kept, nobody would read with the new key until it ran out, over a minute later."""
    settings.EXCHANGE_ORIGINS, page = {"kraken": street.origin("kraken")}, Kraken.page
    schedule.request(by=SYSTEM, wallet=kraken, now=timezone.now())

    def replaced(*asked):
        Credential.objects.update(standing="former", sealed=None)
        return page(*asked)

    monkeypatch.setattr(Kraken, "page", replaced)
    run = Run.objects.claim(now=timezone.now())
    lanes.work(run, until=timezone.now() + timedelta(minutes=1), clock=timezone.now, sleep=lambda _: None)

    assert Run.objects.due(now=timezone.now()).get() == run
    assert not SourceRow.objects.exists()


def test_a_key_that_gained_rights_is_no_longer_used(street, kraken, synced):
    key = street.look("kraken")["keys"][0]
    street.tell("kraken", key={"id": key["id"], "permissions": ["query-funds", "query-ledger", "withdraw-funds"]})

    run = synced()

    assert (run.state, run.cause, run.cause_right) == ("failed", Cause.RIGHTS_TOO_WIDE, "Withdraw funds")
    assert not SourceRow.objects.exists()
    kraken.refresh_from_db()
    assert (kraken.state, kraken.next_try_at) == ("needs_you", None)
    assert rights_reports.latest_of(credentials.current_of(kraken)).beyond == ["Withdraw funds"]


def test_one_stream_that_fails_does_not_stop_the_others(street, kraken, synced):
    key = street.look("kraken")["keys"][0]
    street.tell("kraken", key={"id": key["id"], "permissions": ["query-funds", "query-ledger"]})

    run = synced()

    assert run.state == "partly"
    assert stored(kraken) == truth("ledger")
    assert StreamState.objects.get(stream="trades").cause == Cause.RIGHT_MISSING
    kraken.refresh_from_db()
    assert (kraken.state, kraken.cause) == ("partly", Cause.RIGHT_MISSING)
    assert kraken.cause_right == "Query closed orders & trades"  # told by the key itself


def test_what_a_key_may_do_is_kept_as_the_last_sync_heard_it(street, kraken, synced, clock):
    """Its wallet's page shows it: what was told when it was connected would contradict what fails."""
    key = street.look("kraken")["keys"][0]
    current = credentials.current_of(kraken)
    synced()
    assert "Query closed orders & trades" in rights_reports.latest_of(current).read
    began = rights_reports.latest_of(current).at

    clock.now += timedelta(hours=6)
    synced()
    assert rights_reports.latest_of(current).at > began  # seen again, and nothing new
    assert RightsReport.objects.filter(credential=current).count() == 1

    street.tell("kraken", key={"id": key["id"], "permissions": ["query-funds", "query-ledger"]})
    clock.now += timedelta(hours=6)
    synced()
    assert rights_reports.latest_of(current).read == ["Query funds", "Query ledger entries"]
    assert RightsReport.objects.filter(credential=current).count() == 2


class Endless:
    """A connector whose trades have names that no column holds."""

    def __init__(self, connector):
        self.connector = connector

    def __getattr__(self, name):
        return getattr(self.connector, name)

    def page(self, stream, cursor):
        page = self.connector.page(stream, cursor)
        if stream.name != "trades":
            return page
        return replace(page, records=tuple(replace(each, external_id="T" * 201) for each in page.records))


def test_a_row_that_cannot_be_kept_stops_its_own_list_and_is_said(kraken, slice_of, clock):
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())

    run = slice_of(wrap=Endless)

    assert (run.state, run.new) == ("partly", len(truth("ledger")))
    assert stored(kraken) == truth("ledger")
    trades = StreamState.objects.get(stream="trades")
    assert (trades.state, trades.cause, trades.cursor) == ("failed", Cause.UNEXPECTED_REPLY, "")


def test_of_a_list_that_the_key_may_not_read_its_owner_is_told_once_until_it_may(street, kraken, synced):
    key = street.look("kraken")["keys"][0]
    street.tell("kraken", key={"id": key["id"], "permissions": ["query-funds", "query-ledger"]})
    synced()
    synced()

    told = Notice.objects.get(owner=kraken.owner, kind="wallet_needs_you")
    assert told.closed_at is None

    street.tell("kraken", key={"id": key["id"], "permissions": READING})
    assert synced().state == "done"
    told.refresh_from_db()
    assert told.closed_at


def test_a_rate_limit_is_waiting_and_no_failure(street, kraken, slice_of, clock):
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())
    street.fault("kraken", kind="status", path="*Ledgers", status=429, body="{}", times=1)

    run = slice_of()

    assert (run.state, run.finished_at) == ("waiting", None)
    assert run.not_before > clock.now
    clock.now += timedelta(minutes=5)
    assert slice_of().state == "done"
    assert stored(kraken) == truth("ledger")


def test_runs_that_an_exchange_sends_away_together_come_back_apart():
    """Those of one account or address had come back at one moment, and were sent away again, for ever."""
    asked = timedelta(seconds=60)
    waits = {runner.apart(ConnectorError(Cause.RATE_LIMITED, code="50011", wait=asked)) for _ in range(20)}
    assert len(waits) > 10
    assert all(asked <= wait <= 1.5 * asked for wait in waits)

    assert runner.apart(ConnectorError(Cause.RATE_LIMITED, code=SPENT, wait=asked)) == asked  # everybody has a turn

    banned = timedelta(days=3)
    told = {runner.apart(ConnectorError(Cause.RATE_LIMITED, code=SPENT, wait=banned)) for _ in range(20)}
    assert len(told) > 10  # those who only heard of it
    assert runner.apart(ConnectorError(Cause.RATE_LIMITED, wait=banned)) <= banned + runner.LONGEST_SPREAD


class Away:
    """An exchange that is away after so many pages: whatever it is asked."""

    def __init__(self, connector, pages):
        self.connector, self.pages = connector, pages

    def __getattr__(self, name):
        return getattr(self.connector, name)

    def balances(self):
        if self.pages < 0:
            raise ConnectorError(Cause.MAINTENANCE)
        return self.connector.balances()

    def page(self, *asked):
        self.pages -= 1
        if self.pages < 0:
            raise ConnectorError(Cause.MAINTENANCE)
        return self.connector.page(*asked)


@pytest.mark.parametrize("pages", [1, 3, 5])
def test_maintenance_fails_the_run_and_the_next_one_goes_on(kraken, slice_of, synced, clock, pages):
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())

    run = slice_of(wrap=lambda connector: Away(connector, pages))

    assert (run.state, run.cause, run.pages) == ("failed", Cause.MAINTENANCE, pages)
    kraken.refresh_from_db()
    assert kraken.state == "exchange_down"
    assert kraken.next_try_at < clock.now + timedelta(minutes=3)
    assert 0 < len(stored(kraken)) <= len(truth("ledger"))
    assert synced().state == "done"
    assert stored(kraken) == truth("ledger")
    assert stored(kraken, "trades") == truth("trades")


def test_a_run_after_one_that_broke_off_in_a_walk_brings_also_what_came_since(street, kraken, slice_of, synced, clock):
    """The walk that was broken off is nailed to the newest row it saw: to end it brings nothing that came later."""
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())
    broken = slice_of(wrap=lambda connector: Away(connector, 1))
    assert (broken.state, broken.pages) == ("failed", 1)
    street.tell("kraken", size=(BLOCKS + 1) * len(BLOCK))

    run = synced()

    assert run.state == "done"
    assert stored(kraken) == truth("ledger", BLOCKS + 1)
    assert stored(kraken, "trades") == truth("trades", BLOCKS + 1)


class Round:
    """An exchange that sends whoever asks for the next page back to one before, time and again."""

    def __init__(self, connector):
        self.connector, self.asked = connector, 0

    def __getattr__(self, name):
        return getattr(self.connector, name)

    def page(self, stream, cursor):
        page = self.connector.page(stream, None)
        self.asked += 1
        assert self.asked < 20
        return replace(page, more=True, cursor={None: "one", "one": "two", "two": "three", "three": "one"}[cursor])


def test_who_is_sent_round_in_a_circle_stops_and_says_so(kraken, slice_of, clock):
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())

    run = slice_of(wrap=Round)

    assert run.state == "partly"
    assert {each["cause"] for each in run.summary} == {Cause.UNEXPECTED_REPLY}
    assert run.pages == 2 * 3
    assert 0 < SourceRow.objects.count() <= 2 * 50


def test_everything_pulled_again_doubles_nothing_and_reports(kraken, synced):
    first = synced()

    again = synced(full=True)

    assert (again.state, again.new, again.changed, again.vanished) == ("done", 0, 0, 0)
    assert again.same == first.new
    assert not Sighting.objects.exists()


def test_a_second_request_widens_the_first(kraken, synced, clock):
    run = schedule.request(by=SYSTEM, wallet=kraken, now=clock())

    wider = schedule.request(by=SYSTEM, wallet=kraken, now=clock(), full=True)

    assert wider.pk == run.pk
    assert wider.full
    assert Run.objects.count() == 1


# --- a key that is shown a part of the history only ----------------------------------------------------------------


@pytest.fixture
def dated(street, kraken):
    """The key's own dates at Kraken: it is told nothing else, and no answer says so."""

    def change(**dates):
        told = {name: str(int(moment.timestamp())) if moment else "0" for name, moment in dates.items()}
        street.tell("kraken", key={"id": street.look("kraken")["keys"][0]["id"], **told})

    return change


def middle_of(books):
    return books.event(books.size // 2).at


def test_what_a_key_with_dates_is_not_shown_is_said_to_be_missing(kraken, dated, synced):
    since = middle_of(the_books(BLOCKS))
    dated(query_from=since)

    run = synced()

    assert run.state == "done"
    assert stored(kraken) < truth("ledger")
    (ledger, trades) = spans_of(kraken)
    assert (ledger.since, ledger.hidden_by_key) == (trades.since, True) == (since.replace(microsecond=0), True)
    assert "What your key is not shown" in Notice.objects.get(kind="history_complete").facts["missing"]


def test_with_a_key_that_is_shown_more_the_rest_comes_in_by_itself(kraken, dated, synced):
    dated(query_from=middle_of(the_books(BLOCKS)))
    synced()
    dated(query_from=None)

    run = synced()

    assert stored(kraken) == truth("ledger")
    assert stored(kraken, "trades") == truth("trades")
    assert (run.changed, Sighting.objects.count()) == (0, 0)
    assert {(span.since, span.hidden_by_key) for span in spans_of(kraken)} == {(None, False)}
    assert synced().pages <= 4


def test_what_lies_behind_the_last_day_of_a_key_has_not_vanished_and_is_not_complete(kraken, dated, synced):
    synced()
    until = middle_of(the_books(BLOCKS))
    dated(query_to=until)

    run = synced(full=True)

    assert (run.state, run.vanished, run.changed) == ("done", 0, 0)
    assert {state.complete_to for state in StreamState.objects.all()} == {until.replace(microsecond=0)}


# --- where an exchange does not say what a key may do ---------------------------------------------------------------

GAINED = {
    "bitstamp": {"boxes": ["Account balance", "User transactions", "Orders"]},
    "binanceus": {"trades": True},
}


@pytest.fixture
def run_at(stage):
    def go(wallet, **asked):
        schedule.request(by=SYSTEM, wallet=wallet, now=stage.now(), **asked)
        run = Run.objects.claim(now=stage.now())
        runner.work(run, connect=stage.connect, clock=stage.now, until=stage.now() + timedelta(days=1))
        run.refresh_from_db()
        return run

    return go


@pytest.mark.parametrize("exchange", GAINED)
def test_a_key_that_gained_rights_is_found_out_by_what_a_test_tries(stage, run_at, exchange):
    wallet = stage.connected(exchange)
    stage.street.tell(exchange, key={"id": stage.key(exchange)["key"], **GAINED[exchange]})

    run = run_at(wallet)

    assert (run.state, run.cause) == ("failed", Cause.RIGHTS_TOO_WIDE)
    assert not SourceRow.objects.exists()


def test_an_answer_to_such_a_try_that_is_not_understood_keeps_no_row_from_coming_in(stage, run_at):
    wallet = stage.connected("bitstamp")
    stage.street.tell("bitstamp", size=len(BLOCK))
    stage.street.fault("bitstamp", kind="status", path="*cancel_order*", status=200, body='{"error": "What order?"}')

    assert run_at(wallet).state == "done"
    assert SourceRow.objects.exists()


# --- markets -------------------------------------------------------------------------------------------------------


def asked_markets(run):
    states = StreamState.objects.filter(run=run.pk, stream__startswith="trades", pages__gt=0)
    return set(states.values_list("stream", flat=True))


@pytest.mark.usefixtures("begun_lately")
def test_of_markets_only_those_are_asked_in_which_something_can_have_been_traded(stage, run_at):
    """One that brought rows is asked once more, for a row needs a moment to be listed."""
    stage.street.tell("binance", size=2 * len(BLOCK))
    wallet = stage.connected("binance")
    traded = {f"trades:{coin}EUR" for coin in COINS[:2]}
    every = asked_markets(run_at(wallet))
    assert traded < every
    assert asked_markets(run_at(wallet)) == traded
    assert asked_markets(run_at(wallet)) == set()
    assert not wallet.stream_states.exclude(state="done").exists()

    stage.street.tell("binance", size=3 * len(BLOCK))
    run = run_at(wallet)

    third = f"trades:{COINS[2]}EUR"
    assert asked_markets(run) == {*traded, third}  # the money of all three has moved
    assert SourceRow.objects.filter(wallet=wallet, stream=third).exists()


def test_what_is_held_is_compared_to_the_last_digit_whatever_the_places_and_noughts():
    market = Stream("trades:BTCEUR", "trades:BTCEUR", sides=("BTC", "EUR"))
    long = Decimal("12345678901234567890.123456789012")
    told = [Balance("BTC", long, "spot"), Balance("BTC", Decimal("1.500"), "funding")]

    assert held_of([market], told) == {market.name: ["12345678901234567891.623456789012", "0"]}


@pytest.mark.usefixtures("begun_lately")
def test_all_markets_are_asked_once_a_day_and_by_a_pull(stage, run_at):
    stage.street.tell("binance", size=len(BLOCK))
    wallet = stage.connected("binance")
    every = asked_markets(run_at(wallet))
    run_at(wallet)
    assert asked_markets(run_at(wallet)) == set()

    assert asked_markets(run_at(wallet, full=True)) == every
    a_day_later(wallet)
    assert asked_markets(run_at(wallet)) == {market for market in every if market.endswith("EUR")}  # others were closed


@pytest.mark.usefixtures("begun_lately")
def test_where_trading_has_ended_a_market_is_asked_once_a_month_and_when_it_opens_again(stage, run_at):
    """Binance lists more of these than of others: to ask them once a day took most of an address's limit."""
    stage.street.tell("binance", size=len(BLOCK))
    closed = {f"trades:{coin}EUR" for coin in COINS[1:]}
    wallet = stage.connected("binance")
    run_at(wallet)
    stage.street.tell("binance", closed=[name.removeprefix("trades:") for name in closed])
    a_day_later(wallet)
    assert asked_markets(run_at(wallet)) >= closed  # once more: it may have been traded in until it ended
    run_at(wallet)

    a_day_later(wallet)
    assert asked_markets(run_at(wallet)) == {f"trades:{COINS[0]}EUR"}

    StreamState.objects.filter(wallet=wallet).update(updated_at=F("updated_at") - LOOK_WHERE_IT_ENDED)
    assert asked_markets(run_at(wallet)) >= closed
    run_at(wallet)
    stage.street.tell("binance", closed=[])
    a_day_later(wallet)
    assert asked_markets(run_at(wallet)) >= closed


def a_day_later(wallet):
    StreamState.objects.filter(wallet=wallet).update(updated_at=F("updated_at") - LOOK_ANYWAY)


@pytest.mark.usefixtures("begun_lately")
def test_a_market_is_asked_again_after_a_run_that_did_not_come_to_it(stage, run_at):
    """What was held had been noted for it, and looks unmoved."""
    stage.street.tell("binance", size=len(BLOCK))
    wallet = stage.connected("binance")
    for _ in range(3):
        run_at(wallet)
    stage.street.tell("binance", size=2 * len(BLOCK))
    stage.street.fault("binance", kind="status", path="*myTrades", status=503, body="down", times=3)
    assert run_at(wallet).state == "partly"

    run_at(wallet)

    assert {f"trades:{coin}EUR" for coin in COINS[:2]} <= set(
        SourceRow.objects.filter(wallet=wallet).values_list("stream", flat=True)
    )
