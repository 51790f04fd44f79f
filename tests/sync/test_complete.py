"""Every exchange's account, whole: what is stored at the end is what the sandbox's own books hold, row by row.

Through the real runner into the real ledger, over real HTTP, with everything in the way: pages, stretches and what an
exchange does not tell any more; twin fills; rows that come in between two pages; workers that are called away after
each page or die with one in hand, and new ones that go on; rows that are booked late; rows that change or vanish.

The usual run has some hundred rows on small pages. `HOLDFAST_COMPLETE_ROWS=20000` gives each account so many, on pages
of the size that its exchange has, and lets every walk begin where it really begins; it prints what it measured.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from accounts.audit import SYSTEM
from config.fields import seal
from ledger.models import Coverage, RawPage, Sighting, SourceRow
from sync import runner, schedule
from sync.coverage import spans_of
from sync.models import Run, StreamState
from tests.sync import truth
from wallets import catalogue
from wallets.models import Credential, Wallet
from wallets.records import Cause, ConnectorError
from wallets.sandbox.books import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = int(os.environ.get("HOLDFAST_COMPLETE_ROWS", "400"))
IS_LONG = "HOLDFAST_COMPLETE_ROWS" in os.environ
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.turns(3),
    *([pytest.mark.timeout(7200)] if IS_LONG else []),
]
LASTING = 200  # days
SHORTER = {"okx": 85} | ({} if IS_LONG else {"binance": 120, "binanceus": 120, "bybit": 8, "kucoin": 8})
# Where lists are read upwards by number, nothing comes in below: there, what is late has a number of its own.
NUMBERED = {"binance": {"sell"}, "binanceus": {"sell"}, "bitstamp": set(truth.Kind)}
# Their walks go through stretches of time, the first of them years before this account was opened.
BY_STRETCH = {"binance", "binanceus", "bybit", "kucoin"}
# Their orders may change far down the list, which says nothing of it: they are read whole each time.
READ_WHOLE = {"staking", "eth staking", "sol staking"}
SMALLEST_PAGE = 40
EVER, DYING = 1_000_000, {3, 6}
TURN = timedelta(seconds=30)
LONG_TURN = timedelta(hours=1)  # nobody calls away, however slow the machine is
ENDED_LATELY = timedelta(hours=12)
RECENT = [hours * 1800 for hours in range(11, -1, -1)]  # seconds ago: one event each half hour
ARRIVE_AFTER = {2, 4, 7, 11, 16, 22}  # pages
EDGE = timedelta(hours=2)  # of what an exchange still tells: it moves while the test runs


class Killed(BaseException):
    """The worker is gone, with a page in hand that it did not keep."""


class NoLimit:
    """A pace that lets every call go; the sandbox counts none."""

    def before(self, cost: float) -> None: ...

    def slow_down(self, wait: timedelta | None, whose: object) -> None:
        raise AssertionError("the sandbox was asked too often")


@dataclass
class Worker:
    """A connector in the hands of somebody who is called away after so many pages, or dies with the last of them; or
    the exchange is away after so many.
    """

    connector: Any
    account: Account
    pages: int
    dies: bool
    away_after: int = EVER

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connector, name)

    def balances(self) -> Any:
        if self.away_after <= 0:
            raise ConnectorError(Cause.MAINTENANCE)
        return self.connector.balances()

    def page(self, stream: Any, cursor: str | None) -> Any:
        if self.away_after <= 0:
            raise ConnectorError(Cause.MAINTENANCE)
        self.away_after -= 1
        page = self.connector.page(stream, cursor or self.account.first(self.connector, stream))
        self.account.read_a_page()
        self.pages -= 1
        if self.pages <= 0 and self.dies:
            raise Killed
        if self.pages <= 0:
            self.account.ahead += TURN
        return page


@dataclass
class Account:
    """One account at one exchange, the wallet that follows it, and what happens to both."""

    exchange: str
    stage: Any
    resident: Any
    wallet: Wallet
    ahead: timedelta = timedelta(0)
    pages: int = 0
    seconds: float = 0  # of syncing alone
    lively: bool = False
    reaches: dict[str, timedelta] | None = None  # how far back families are told, where not for ever

    # --- the exchange ---------------------------------------------------------------------------------------------

    @property
    def books(self) -> Any:
        return getattr(self.resident, "wallet", self.resident).books

    def tell(self, **change: object) -> None:
        self.stage.street.tell(self.exchange, **change)

    def read_a_page(self) -> None:
        self.pages += 1
        if self.lively and self.pages in ARRIVE_AFTER:
            self.tell(arrive=[0])

    def first(self, connector: Any, stream: Any) -> str | None:
        """In the usual run, years of empty stretches are left out."""
        if IS_LONG or self.exchange not in BY_STRETCH:
            return None
        return connector.stretch(stream, self.books.start, self.now())

    # --- the workers ----------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.stage.now() + self.ahead

    def sync(self, *, troubled: bool = False, **asked: object) -> Run:
        """Until it is over. In troubled times the n-th of ten workers has time for n pages, and two of them die."""
        began = time.perf_counter()
        run = schedule.request(by=SYSTEM, wallet=self.wallet, now=self.now(), **asked)
        turns = 0
        while not run.finished_at:
            turns += 1
            run = self.turn(pages=turns if troubled and turns <= 10 else EVER, dies=troubled and turns in DYING)
        self.seconds += time.perf_counter() - began
        assert run.state == "done", (run.state, run.cause, run.code, run.summary)
        return run

    def pull_in_two(self, *, after: int) -> tuple[Run, Run]:
        """Everything, which breaks off; news come in; and it goes on."""
        schedule.request(by=SYSTEM, wallet=self.wallet, now=self.now(), full=True)
        broken = self.turn(away_after=after, lasting=LONG_TURN)
        assert broken.state == "failed", (broken.state, broken.code, broken.summary)
        self.tell(arrive=[0, 0])
        self.sync()
        return broken, self.turn(lasting=LONG_TURN)

    def turn(self, *, pages: int = EVER, dies: bool = False, away_after: int = EVER, lasting: timedelta = TURN) -> Run:
        run = Run.objects.claim(now=self.now())
        assert run is not None, "nothing is due"
        try:
            runner.work(
                run,
                connect=lambda _, values: Worker(self.connect(values), self, pages, dies, away_after),
                clock=self.now,
                until=self.now() + lasting,
            )
        except Killed:
            self.ahead += Run.LASTING + TURN
            Run.objects.sweep(now=self.now())
            self.ahead += timedelta(minutes=2)
        run.refresh_from_db()
        return run

    def connect(self, values: dict[str, str]) -> Any:
        module, name = catalogue.load()[self.exchange].connector.split(":")
        made = getattr(import_module(module), name)(
            values, pace=NoLimit(), origin=self.stage.street.origin(self.exchange)
        )
        if self.reaches is None:
            limits = {each.family.partition(":")[0]: each.reaches_back for each in made.streams()}
            self.reaches = {family: back for family, back in limits.items() if back}
        return made

    # --- what we have ---------------------------------------------------------------------------------------------

    def edge(self, family: str) -> datetime | None:
        """From here on everything must be told, however long the test takes."""
        return datetime.now(UTC) - self.reaches[family] + EDGE if family in self.reaches else None

    def stored(self, family: str, *, since: datetime | None = None) -> Counter[str]:
        """As it was last told, without what has vanished."""
        gone = Sighting.objects.filter(wallet=self.wallet, kind="vanished").values("row")
        rows = (
            SourceRow.objects.filter(wallet=self.wallet, family__startswith=family)
            .order_by("family", "external_id", "-revision")
            .distinct("family", "external_id")
        )
        kept = SourceRow.objects.filter(pk__in=rows.values("pk")).exclude(pk__in=gone)
        kept = kept.filter(occurred_at__gte=since) if since else kept
        return Counter(
            truth.text_of(raw) for raw, of in kept.values_list("raw", "family") if of.partition(":")[0] == family
        )

    def rows_of(self, number: int) -> Counter[str]:
        return Counter(map(truth.text_of, truth.rows_of(self.exchange, self.books.event(number))))

    def held(self, family: str, **of: Any) -> Counter[str]:
        return truth.held(self.exchange, family, self.books, now=datetime.now(UTC), **of)

    def assert_whole(self) -> None:
        for family in truth.families(self.exchange):
            since = self.edge(family)
            missing = self.held(family, since=since) - self.stored(family)
            foreign = self.stored(family) - self.held(family)
            assert (family, missing, foreign) == (family, Counter(), Counter())
            assert since or self.held(family), family
            assert max(self.stored(family).values()) == 1

    def assert_hardly_asked(self) -> None:
        """Two pages of each stream; more only where more lies in the overlap than a page holds."""
        states = StreamState.objects.filter(wallet=self.wallet).exclude(stream__in=READ_WHOLE)
        told = {
            state.stream: (state.pages, state.rows) for state in states if state.pages > 2 + state.rows // SMALLEST_PAGE
        }
        assert told == {}

    def assert_true_to_its_word(self) -> None:
        """Up to where a stream is said to be complete, it is."""
        for family in truth.families(self.exchange):
            reached = [
                state.complete_to
                for state in StreamState.objects.filter(wallet=self.wallet)
                if state.stream.partition(":")[0] == family and state.complete_to
            ]
            assert reached, family
            until = min(reached) - self.ahead  # our clock has gone on, the exchange's has not
            missing = self.held(family, since=self.edge(family), until=until) - self.stored(family)
            assert (family, missing) == (family, Counter())


@pytest.fixture(params=sorted(truth.TRUE))
def account(request, stage, house):
    exchange = request.param
    account = Account(exchange, stage, house.residents[exchange], None)
    per_event = sum(len(truth.rows_of(exchange, account.books.event(number))) for number in range(320)) / 320
    events = -(-int(ROWS / per_event) // len(BLOCK)) * len(BLOCK)
    lasted = timedelta(days=SHORTER.get(exchange, LASTING))
    began = datetime.now(UTC).replace(microsecond=0) - ENDED_LATELY - lasted
    account.wallet = connected(stage, exchange)
    account.tell(size=events, start=began.isoformat(), step_seconds=int(lasted.total_seconds()) // events)
    return account


def connected(stage: Any, exchange: str) -> Wallet:
    """A wallet with a credential that works, as a trial leaves it, and a key whose calls nobody counts."""
    if exchange == "uphold":
        stage.street.tell(exchange, allowed=1_000_000)
        return stage.connected(exchange)
    free(stage, exchange)
    now = stage.now()
    wallet = Wallet.objects.create(
        owner=stage.owner, exchange=exchange, way="key", label=exchange, created_at=now, next_try_at=now
    )
    credential = Credential(owner=stage.owner, wallet=wallet, version=1, way="key", standing="current", created_at=now)
    seal(credential, sealed=json.dumps(stage.key(exchange)))
    credential.save(force_insert=True)
    return wallet


def free(stage: Any, exchange: str) -> None:
    key = stage.key(exchange)["key"]
    if exchange in {"kraken", "binance", "binanceus", "okx", "gemini"}:
        stage.street.tell(exchange, key={"id": key, "uncounted": True})
    elif exchange not in {"kucoin", "bybit"}:
        stage.street.tell(exchange, key={"id": key, "allowed": 10_000_000})
    if not IS_LONG and exchange in {"binance", "binanceus", "bitfinex", "bitstamp", "bybit", "gemini", "kucoin", "okx"}:
        stage.street.tell(exchange, key={"id": key, "page": 40})


def test_no_exchange_is_left_out():
    assert set(truth.TRUE) == {each.id for each in catalogue.load().values() if each.connector}


def test_an_account_is_stored_whole_whatever_happens_to_it_and_to_the_workers(account, capsys):
    first = account.books.size
    late = {first + place for place, kind in enumerate(BLOCK[: len(RECENT)]) if place in {0, 4, 5, 8, 11}}
    late = {number for number in late if BLOCK[number % len(BLOCK)] not in NUMBERED.get(account.exchange, set())}
    account.tell(arrive=RECENT, hide=sorted(late))

    account.lively = True
    account.sync(troubled=True)

    account.assert_true_to_its_word()
    account.lively = False
    said(capsys, account, "first sync")

    account.tell(show=sorted(late), arrive=[0, 0, 0])
    if "sell" not in NUMBERED.get(account.exchange, set()):
        account.tell(correct=[first + 9])
    account.sync()

    account.assert_whole()
    said(capsys, account, "increment")

    quiet = account.sync()

    assert (quiet.new, quiet.changed, quiet.vanished) == (0, 0, 0)
    account.assert_hardly_asked()

    middle = first // 2 // len(BLOCK) * len(BLOCK)
    gone, wrong = account.books.event(middle + 6), account.rows_of(middle + 9)
    account.tell(hide=[gone.number], correct=[middle + 9])
    full = account.sync(full=True)

    account.assert_whole()
    assert full.new == 0
    assert full.changed == (account.rows_of(middle + 9) - wrong).total() > 0
    assert full.vanished == len(truth.rows_of(account.exchange, gone)) == Sighting.objects.count()
    said(capsys, account, "full pull")

    also_gone = account.books.event(middle + len(BLOCK) + 6)
    account.tell(hide=[also_gone.number])
    broken, rest = account.pull_in_two(after=full.pages // 2)

    account.assert_whole()
    assert (rest.state, rest.pull) == ("done", broken.pull), (rest.state, rest.cause, rest.code, rest.summary)
    assert rest.pages < full.pages
    assert (rest.new, rest.changed) == (0, 0)
    assert rest.vanished == len(truth.rows_of(account.exchange, also_gone)) == Sighting.objects.count() - full.vanished
    said(capsys, account, "pull in two")


@pytest.mark.parametrize("account", ["okx"], indirect=True)
def test_a_wallet_that_was_away_for_longer_than_a_list_tells_says_what_is_missing(account):
    account.tell(size=len(BLOCK))
    first = account.sync()
    account.ahead += timedelta(days=60)
    account.sync()
    assert not Coverage.objects.exclude(holes=[]).exclude(stream="savings").exists()

    account.ahead += timedelta(days=100)
    account.sync()

    missing = {span.name: span.missing for span in spans_of(account.wallet)}
    assert [hole.until - hole.since for hole in missing["Ledger"]] == [pytest.approx(timedelta(days=10), abs=TURN)]
    assert len(missing["Savings"]) == 2
    assert timedelta(0) < missing["Savings"][0].since - first.started_at < TURN
    assert missing["Funding"] == ()


def said(capsys: Any, account: Account, what: str) -> None:
    if not IS_LONG:
        return
    rows = SourceRow.objects.filter(wallet=account.wallet).count()
    with capsys.disabled():
        print(f"{account.exchange:10} {what:12} {rows:7,} rows {account.pages:6,} pages {account.seconds:7.1f} s")  # noqa: T201
    account.pages, account.seconds = 0, 0


# --- what a reply holds, its rows hold ------------------------------------------------------------------------------

# Of the envelope around rows: where to go on, how many there are, at what time it was told.
AROUND_ROWS = {"nextPageCursor", "time", "cursor", "next_uri", "next_starting_after", "timeNow", "ts"}
SHORT = 8  # what is shorter may stand anywhere


def test_a_reply_holds_nothing_that_its_rows_do_not_hold(account):
    """So better parsing can read rows: no connector passes over what it does not know."""
    account.tell(size=2 * len(BLOCK))
    account.sync()

    kept = SourceRow.objects.filter(wallet=account.wallet)
    told = {leaf for raw in kept.values_list("raw", flat=True) for _, leaf in leaves(raw)}
    for page in RawPage.objects.filter(wallet=account.wallet):
        held = {(name, leaf) for name, leaf in leaves(json.loads(zlib.decompress(page.body), parse_float=str))}
        left_out = {(name, leaf) for name, leaf in held if len(leaf) >= SHORT and leaf not in told}
        assert {name for name, _ in left_out} <= AROUND_ROWS, (page.stream, left_out)
        assert kept.filter(page=page).exists()
    assert RawPage.objects.exists()


def leaves(told: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Whatever has no parts, under its own name."""
    if isinstance(told, dict):
        for each, value in told.items():
            yield from leaves(value, each)
    elif isinstance(told, list):
        for value in told:
            yield from leaves(value, name)
    else:
        yield name, str(told)
