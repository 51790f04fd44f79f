"""A list that an exchange does not answer for, while it answers for others: the others are read, and it is said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.audit import SYSTEM
from accounts.models import Notice
from accounts.notices import sentence_of
from ledger.models import SourceRow
from sync import pulls, runner, schedule, silence
from sync.list_names import kind_of
from sync.models import Run, StreamState
from tests.sync.test_runner import Killed, clock, kraken, slice_of, stored, synced, truth  # noqa: F401  # fixtures
from wallets.records import Cause, ConnectorError
from wallets.sandbox.books import BLOCK

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DOWN = {"kind": "status", "status": 502, "body": "<html>Bad gateway</html>"}


class Watched:
    """A connector, and what it was asked for."""

    def __init__(self, connector, asked, *, dies_in=""):
        self.connector, self.asked, self.dies_in = connector, asked, dies_in

    def __getattr__(self, name):
        return getattr(self.connector, name)

    def balances(self):
        self.asked.append("balances")
        return self.connector.balances()

    def falls_silent(self):
        """All of it, once its lists were asked."""
        if lists_of(self.asked):
            raise ConnectorError(Cause.NETWORK)
        return self.connector.balances()

    def page(self, stream, cursor):
        self.asked.append(stream.name)
        page = self.connector.page(stream, cursor)
        if stream.name == self.dies_in:
            raise Killed
        return page


@pytest.fixture
def run_of(stage):
    """The run of an account whose turn it is, and what it asked for."""

    def go(wallet, *, by_itself=False, **asked):
        if not by_itself:
            schedule.request(by=SYSTEM, wallet=wallet, now=stage.now(), **asked)
        calls = []
        while True:
            run = Run.objects.claim(now=stage.now())
            runner.work(
                run,
                connect=lambda *told: Watched(stage.connect(*told), calls),
                clock=stage.now,
                until=stage.now() + timedelta(days=1),
            )
            run.refresh_from_db()
            if run.state != "waiting":
                break
            stage.street.pass_time(1)  # its limits are real; but not the time of a whole wait, or our clocks differ
            Run.objects.filter(pk=run.pk).update(not_before=stage.now())
        wallet.refresh_from_db()
        return run, calls

    return go


@pytest.fixture
def okx(stage):
    stage.street.tell("okx", size=len(BLOCK))
    return stage.connected("okx")


@pytest.fixture
def down(stage):
    def go(*paths):
        for path in paths:
            stage.street.fault("okx", **DOWN, path=f"/api/v5/{path}")

    return go


@pytest.fixture
def up_again(stage):
    def go():
        stage.street.house.control("DELETE", "okx/faults", {})

    return go


STAKING = "finance/staking-defi/*"
SAVINGS = "finance/savings/*"
CONVERSIONS = "asset/convert/*"


def not_read(run):
    return {each["stream"] for each in run.summary if each["cause"]}


def lists_of(calls):
    return [name for name in calls if name != "balances"]


# --- one product is down -------------------------------------------------------------------------------------------


def test_while_one_list_is_not_answered_all_else_is_read_and_that_one_is_named(okx, run_of, down):
    down(CONVERSIONS)

    run, calls = run_of(okx)

    assert (run.state, run.cause, not_read(run)) == ("partly", "", {"conversions"})
    assert all(each["state"] == "done" for each in run.summary if each["stream"] != "conversions")
    assert calls.count("conversions") == 2
    assert SourceRow.objects.filter(wallet=okx).exists()
    assert (okx.state, okx.cause) == ("partly", Cause.PART_DOWN)
    assert [each["stream"] for each in okx.streams if each["cause"] == Cause.PART_DOWN] == ["conversions"]
    assert not Notice.objects.filter(owner=okx.owner, kind__in=["wallet_needs_you", "not_read"]).exists()


def test_it_is_asked_again_soon_and_less_and_less_and_all_is_well_when_it_answers(stage, okx, run_of, down, up_again):
    down(CONVERSIONS)
    began, waits = stage.now(), []
    for _ in range(4):
        run_of(okx)
        waits.append(okx.next_try_at - stage.now())
    assert waits == sorted(waits)
    assert 4 * MINUTE < waits[0] < 5 * MINUTE < waits[1] < 15 * MINUTE < waits[2] < HOUR < waits[3] < 8 * HOUR
    assert began < okx.failing_since < okx.last_success_at
    silence.look(stage.now() + HOUR)
    assert not Notice.objects.filter(kind="not_read").exists()
    silence.look(stage.now() + timedelta(days=3))
    assert "conversions" in sentence_of(Notice.objects.get(kind="not_read"))

    up_again()
    run, calls = run_of(okx)

    assert (run.state, okx.state, okx.cause, okx.failures) == ("done", "working", "", 0)
    assert okx.failing_since is None
    assert Notice.objects.get(kind="not_read").closed_at
    assert lists_of(calls)[-1] == "conversions"  # it comes last, where it can keep nothing else


def test_a_hiccup_heals_within_its_run(okx, run_of, stage):
    stage.street.fault("okx", **DOWN, path="/api/v5/account/bills-archive", times=1)

    run, calls = run_of(okx)

    assert run.state == "done"
    assert {"ledger", "deposits"} <= set(calls)
    assert not StreamState.objects.exclude(cause="").exists()


def test_where_the_next_list_is_not_answered_either_the_exchange_is_down(stage, okx, run_of, down):
    down("account/bills*", "trade/*", "asset/*history", "finance/*")

    run, calls = run_of(okx)

    assert (run.state, run.cause, okx.state) == ("failed", Cause.MAINTENANCE, "exchange_down")
    assert lists_of(calls) == ["ledger", "trades:SPOT"]
    assert okx.next_try_at - stage.now() <= MINUTE


def test_where_nothing_is_answered_any_more_the_last_list_is_not_to_blame(okx, run_of, down, monkeypatch):
    monkeypatch.setattr(Watched, "balances", lambda self: self.falls_silent())
    down("finance/staking-defi/sol/*")

    run, _ = run_of(okx)

    assert (run.state, run.cause, okx.state) == ("failed", Cause.NETWORK, "exchange_down")


def test_several_lists_in_a_row_keep_nothing_behind_them_unread_for_long(okx, run_of, down):
    """At first the exchange seems to be down; what was not answered comes last from then on."""
    down("account/bills*", "trade/*", "asset/bills*")
    assert run_of(okx)[0].state == "failed"
    run, calls = run_of(okx)

    assert (run.state, okx.state) == ("partly", "partly")
    assert {kind_of(name) for name in not_read(run)} == {"Ledger", "Trades", "Funding"}
    assert all(each["state"] == "done" for each in run.summary if not each["cause"])
    assert len([name for name in calls if name.startswith("trades")]) == 2  # of five lists


def test_one_broken_product_behind_all_others_is_told_apart_from_an_exchange_that_is_down(okx, run_of, down):
    down("finance/*")
    states = [run_of(okx)[0].state for _ in range(3)]

    assert states[-1] == "partly"
    assert set(lists_of(run_of(okx)[1])[-4:]) == {"savings", "staking", "eth staking", "sol staking"}


@pytest.mark.usefixtures("begun_lately")
def test_of_hundreds_of_markets_few_are_asked(stage, run_of):
    stage.street.tell("binance", size=len(BLOCK))
    wallet = stage.connected("binance")
    stage.street.fault("binance", **DOWN, path="*myTrades")

    run, calls = run_of(wallet)

    assert run.state == "partly"
    assert {kind_of(name) for name in not_read(run)} == {"Trades"}
    assert len([name for name in calls if name.startswith("trades")]) == 3
    assert all(each["state"] == "failed" for each in run.summary if each["stream"].startswith("trades"))


def test_an_exchange_that_asks_to_be_left_alone_is_left_alone(stage, okx, run_of):
    stage.street.fault("okx", **DOWN, path="/api/v5/asset/convert/*", retry_after="900")

    run, calls = run_of(okx)

    assert (run.state, run.cause) == ("failed", Cause.MAINTENANCE)
    assert lists_of(calls)[-1] == "conversions"
    assert 14 * MINUTE < okx.next_try_at - stage.now() <= 15 * MINUTE


def test_what_only_the_owner_can_mend_is_said_first(street, kraken, slice_of, clock):  # noqa: F811
    key = street.look("kraken")["keys"][0]
    street.tell("kraken", key={"id": key["id"], "permissions": ["query-funds", "query-ledger"]})
    street.fault("kraken", **DOWN, path="*Ledgers")
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())

    run = slice_of()

    kraken.refresh_from_db()
    assert {each["stream"]: each["cause"] for each in run.summary} == {
        "ledger": Cause.PART_DOWN,
        "trades": Cause.RIGHT_MISSING,
    }
    assert (run.state, kraken.cause) == ("partly", Cause.RIGHT_MISSING)
    assert Notice.objects.get(owner=kraken.owner, kind="wallet_needs_you").closed_at is None


@pytest.mark.parametrize(
    ("exchange", "place", "path"),
    [
        ("okx", "funding", "/api/v5/asset/balances"),
        ("bybit", "funding", "/v5/asset/transfer/query-account-coins-balance"),
        ("bybit", "earn", "/v5/earn/position"),
        ("binance", "funding", "/sapi/v1/asset/get-funding-asset"),
    ],
)
def test_what_lies_in_a_product_that_does_not_answer_is_told_as_unread(stage, exchange, place, path):
    stage.street.tell(exchange, size=len(BLOCK))
    wallet = stage.connected(exchange)
    stage.street.fault(exchange, **DOWN, path=path)

    told = stage.connect(wallet, stage.key(exchange)).balances()

    assert [(each.place, each.unread) for each in told if each.unread] == [(place, Cause.PART_DOWN)]
    assert any(each.amount for each in told)


def test_of_balances_that_are_not_told_the_wallet_says_so(okx, run_of, down):
    down("asset/balances")

    run, _ = run_of(okx)

    assert (run.state, okx.state, okx.cause) == ("done", "partly", Cause.PART_DOWN)


def test_where_kucoin_does_not_say_which_accounts_there_are_the_others_are_read(stage):
    wallet = stage.connected("kucoin")
    names = {each.name for each in stage.connect(wallet, stage.key("kucoin")).streams()}
    stage.street.fault("kucoin", **DOWN, path="/api/v1/hf/accounts/opened")

    assert {each.name for each in stage.connect(wallet, stage.key("kucoin")).streams()} >= names


# --- broken off in the middle --------------------------------------------------------------------------------------


def test_a_worker_that_is_killed_leaves_what_was_put_aside_where_it_is(street, kraken, slice_of, clock):  # noqa: F811
    street.fault("kraken", **DOWN, path="*Ledgers")
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())
    asked = []
    for _ in range(3):
        with pytest.raises(Killed):
            slice_of(wrap=lambda connector: Watched(connector, asked, dies_in="trades"))
        clock.now += timedelta(minutes=20)
        Run.objects.sweep(now=clock())
        clock.now += 2 * HOUR
    assert asked.count("ledger") == 1

    run = slice_of(wrap=lambda connector: Watched(connector, asked))

    assert (run.state, not_read(run)) == ("partly", {"ledger"})
    assert stored(kraken, "trades") == truth("trades")
    assert asked.count("ledger") == 2
    assert SourceRow.objects.filter(revision__gt=1).count() == 0


@pytest.mark.parametrize("looks", [5, 9, 14])
def test_so_does_one_whose_time_is_up(street, kraken, slice_of, clock, looks):  # noqa: F811
    street.fault("kraken", **DOWN, path="*Ledgers")
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())
    while not (run := slice_of(looks=looks)).finished_at:
        assert run.state == "running"

    assert (run.state, not_read(run)) == ("partly", {"ledger"})
    assert stored(kraken, "trades") == truth("trades")


# --- everything again, and stretches -------------------------------------------------------------------------------


def settled(run_of, wallet, **asked):
    """A run, and those that come by themselves after it."""
    runs = [run_of(wallet, **asked)[0]]
    while Run.objects.unfinished().filter(wallet=wallet).exists():
        assert len(runs) < 6
        runs.append(run_of(wallet, by_itself=True)[0])
    return runs


def test_of_a_pull_of_everything_the_list_that_was_away_comes_after_all(okx, run_of, down, up_again):
    run_of(okx)
    down(CONVERSIONS)
    [pull] = settled(run_of, okx, full=True)
    assert (pull.state, not_read(pull)) == ("partly", {"conversions"})

    for _ in range(3):  # it is still away: once after each look at what is new, and no more
        assert [run.state for run in settled(run_of, okx)] == ["partly", "partly"]
    up_again()
    news, rest = settled(run_of, okx)

    assert (news.state, news.full, rest.state, rest.full) == ("done", False, "done", True)
    assert rest.pull == pull.pull
    assert [run.full for run in settled(run_of, okx)] == [False]
    assert not Run.objects.filter(goes_on_until__isnull=False).exists()


def test_lists_that_were_through_are_not_pulled_again_with_it(okx, run_of, down, up_again):
    run_of(okx)
    down(CONVERSIONS)
    run_of(okx, full=True)
    up_again()
    run_of(okx)

    run, calls = run_of(okx, by_itself=True)

    assert (run.state, run.full, set(lists_of(calls))) == ("done", True, {"conversions"})


def test_what_stays_away_for_a_week_is_not_pulled_for_ever(okx, run_of, down, stage):
    run_of(okx)
    down(CONVERSIONS)
    run_of(okx, full=True)
    pulls.forget_old(stage.now() + timedelta(days=8))

    assert [run.full for run in settled(run_of, okx)] == [False]


def test_two_stretches_of_a_list_that_is_away_do_not_ask_one_after_the_other_for_ever(okx, run_of, down, stage):
    run_of(okx)
    down(CONVERSIONS)
    for days in (20, 10):
        since = stage.now() - timedelta(days=days)
        schedule.request(
            by=SYSTEM, wallet=okx, now=stage.now(), stream="conversions", since=since, until=since + timedelta(days=5)
        )
    runs = settled(run_of, okx)

    assert {run.state for run in runs} == {"partly"}
    assert len(runs) <= 4
    okx.refresh_from_db()
    assert (okx.state, okx.cause) == ("partly", Cause.PART_DOWN)
