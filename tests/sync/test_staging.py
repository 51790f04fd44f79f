"""A second key in reserve: the next sync reads with it. It takes over after a clean one; else nothing changes but that
the owner knows why.
"""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from accounts.audit import SYSTEM
from accounts.models import AuditEvent, Notice
from config.leases import LeaseLostError
from ledger.models import SourceRow
from sync import runner, schedule
from sync.models import Incident, Run
from wallets import keeping, staging
from wallets.models import Credential, CredentialTest
from wallets.records import Cause

pytestmark = pytest.mark.django_db(transaction=True)
NEW = {"key": "reserve" + "k" * 49, "secret": "cmVzZXJ2ZSBzZWNyZXQ="}
READING = ["query-funds", "query-closed-trades", "query-ledger"]
LONG = timedelta(days=1)
Purpose, Standing = CredentialTest.Purpose, Credential.Standing


class House:
    """Alice's wallet at Kraken with a key in force and one in reserve, and the worker that syncs."""

    def __init__(self, stage):
        self.stage = stage
        stage.street.tell("kraken", size=64)
        self.wallet = stage.connected()
        self.former = stage.values(self.wallet)
        self.key_at_kraken(permissions=READING)

    def key_at_kraken(self, **facts):
        self.stage.street.tell("kraken", key={"id": NEW["key"], "secret": NEW["secret"], "nonce": 0, **facts})

    def put_in_reserve(self):
        self.stage.paste(NEW, wallet=self.wallet, purpose=Purpose.STAGE)
        return self.stage.answer(self.stage.work())

    def sync(self, *, wrap=lambda connector: connector, lasting=LONG, **asked):
        """In slices of so much time, until it is over."""
        if not Run.objects.unfinished().exists():
            schedule.request(by=SYSTEM, wallet=self.wallet, now=self.stage.now(), **asked)
        self.used = []
        while run := Run.objects.claim(now=self.stage.now()):
            runner.work(run, connect=self.connecting(wrap), clock=self.stage.now, until=self.stage.now() + lasting)
            run.refresh_from_db()
            self.wallet.refresh_from_db()
            if run.finished_at or run.state == "waiting":
                return run
        raise AssertionError("nothing to do")

    def connecting(self, wrap):
        def connect(wallet, values):
            self.used.append(values["key"])
            return wrap(self.stage.connect(SimpleNamespace(exchange="kraken", region=wallet.region), values))

        return connect

    def standings(self):
        return list(self.wallet.credentials.order_by("version").values_list("standing", flat=True))


@pytest.fixture
def house(stage):
    return House(stage)


def notices_of(kind):
    return Notice.objects.filter(kind=kind, closed_at=None)


def test_what_passed_its_test_lies_in_reserve_and_nothing_else_changes(house):
    health = (house.wallet.health, house.wallet.way)

    test = house.put_in_reserve()

    assert (test.state, test.sealed) == ("passed", None)
    assert house.standings() == [Standing.CURRENT, Standing.STAGED]
    assert house.stage.values(house.wallet) == house.former
    house.wallet.refresh_from_db()
    assert (house.wallet.health, house.wallet.way) == health
    assert house.wallet.next_try_at <= house.stage.now()
    assert "credential_staged" in house.stage.actions()


def test_after_its_first_clean_sync_it_takes_over_and_the_owner_is_reminded_of_the_old_one(house):
    house.put_in_reserve()

    run = house.sync()

    assert (run.state, house.used) == ("done", [NEW["key"]])
    assert house.standings() == [Standing.FORMER, Standing.CURRENT]
    assert house.stage.values(house.wallet) == NEW
    assert Credential.objects.get(version=1).sealed is None
    assert "credential_promoted" in house.stage.actions()
    notice = notices_of("old_key").get()
    assert (notice.topic, notice.facts["exchange"]) == (str(house.wallet.pk), "Kraken")

    staging.old_key_deleted(by=house.stage.by, wallet=house.wallet, now=house.stage.now())

    assert not notices_of("old_key").exists()
    assert house.sync().state == "done"
    assert house.used == [NEW["key"]]


FAILING = {
    Cause.RIGHTS_TOO_WIDE: {"permissions": [*READING, "withdraw-funds"]},
    Cause.RIGHT_MISSING: {"permissions": ["query-funds", "query-ledger"]},
}


@pytest.mark.parametrize("cause", FAILING)
def test_one_that_fails_is_left_aside_the_run_goes_on_and_the_owner_is_told_why(house, cause):
    house.put_in_reserve()
    house.key_at_kraken(**FAILING[cause])

    run = house.sync()

    assert (run.state, house.used) == ("done", [NEW["key"], house.former["key"]])
    assert SourceRow.objects.filter(wallet=house.wallet, family="trades").exists()
    assert (house.wallet.health, house.wallet.cause) == ("working", "")
    assert house.standings() == [Standing.CURRENT, Standing.STAGED]
    assert staging.staged_of(house.wallet).cause == cause
    told = notices_of("staged_refused").get().facts
    assert told["title"]
    assert told["remedy"]
    assert "staged_refused" in house.stage.actions()

    assert house.sync().state == "done"
    assert house.used == [house.former["key"]]


def test_mended_at_the_exchange_it_is_tried_again(house):
    house.put_in_reserve()
    house.key_at_kraken(**FAILING[Cause.RIGHT_MISSING])
    house.sync()
    house.key_at_kraken(permissions=READING)

    staging.try_again(by=house.stage.by, wallet=house.wallet, now=house.stage.now())
    house.sync()

    assert house.stage.values(house.wallet) == NEW
    assert not notices_of("staged_refused").exists()


def test_what_the_one_in_force_cannot_read_either_does_not_keep_it_back(house):
    kraken = house.stage.street.look("kraken")["keys"][0]["id"]
    house.put_in_reserve()
    poor = {"permissions": ["query-funds", "query-ledger"]}
    house.key_at_kraken(permissions=READING, trouble="EService:Unavailable")
    house.stage.street.tell("kraken", key={"id": kraken, **poor})
    house.sync()
    staging.drop(by=house.stage.by, wallet=house.wallet, now=house.stage.now())
    assert house.sync().state == "partly"
    house.key_at_kraken(permissions=READING, trouble="")
    house.put_in_reserve()
    house.key_at_kraken(**poor)

    run = house.sync()

    assert (run.state, house.wallet.cause) == ("partly", Cause.RIGHT_MISSING)
    assert house.stage.values(house.wallet) == NEW


def test_trouble_at_the_exchange_says_nothing_about_it(house):
    house.put_in_reserve()
    for lists in ("*Ledgers", "*TradesHistory"):
        house.stage.street.fault("kraken", kind="status", path=lists, status=503, body="down", times=1)

    failed = house.sync()

    assert (failed.state, failed.cause) == ("failed", Cause.MAINTENANCE)
    assert not notices_of("staged_refused").exists()
    assert staging.in_turn(house.wallet) is not None
    assert house.sync().state == "done"
    assert house.stage.values(house.wallet) == NEW


def test_a_list_that_is_away_puts_off_once_that_it_takes_over(house):
    """It was not proven with it, and most likely is read the next time; one that is away for good does not keep it."""
    house.put_in_reserve()
    house.stage.street.fault("kraken", kind="status", path="*Ledgers", status=503, body="down")

    assert house.sync().state == "partly"
    assert staging.in_turn(house.wallet) is not None
    assert not notices_of("staged_refused").exists()

    assert house.sync().state == "partly"
    assert house.stage.values(house.wallet) == NEW


ODD = [{"kind": "html", "path": "*"}, {"kind": "html", "path": "*Ledgers"}]


@pytest.mark.parametrize("odd", ODD, ids=["at once", "on the way"])
def test_one_odd_answer_costs_it_its_turn_and_the_one_in_force_reads_meanwhile(house, odd):
    house.put_in_reserve()
    house.stage.street.fault("kraken", **odd, times=1)

    run = house.sync()

    assert (run.state, house.used) == ("done", [NEW["key"], house.former["key"]])
    assert (house.wallet.health, house.wallet.cause) == ("working", "")
    assert not notices_of("staged_refused").exists()
    assert house.sync().state == "done"
    assert house.stage.values(house.wallet) == NEW


@pytest.mark.parametrize(
    ("trouble", "cause"),
    [("EAPI:What is this", Cause.UNEXPECTED_REPLY), ("EAPI:Invalid nonce", Cause.NONCE_CLASH)],
)
def test_odd_answers_to_it_alone_are_believed_the_third_time_in_a_row(house, trouble, cause):
    house.put_in_reserve()
    house.key_at_kraken(trouble=trouble)

    for _ in range(2):
        assert house.sync().state == "done"
        assert staging.in_turn(house.wallet) is not None
    assert house.sync().state == "done"

    assert staging.staged_of(house.wallet).cause == cause
    assert notices_of("staged_refused").exists()

    house.key_at_kraken(trouble="")
    staging.try_again(by=house.stage.by, wallet=house.wallet, now=house.stage.now())
    house.stage.street.fault("kraken", **ODD[0], times=1)
    house.sync()
    assert staging.in_turn(house.wallet) is not None, "it begins anew when its owner has it tried again"


def test_odd_answers_to_both_are_the_exchanges(house):
    house.put_in_reserve()
    house.stage.street.fault("kraken", **ODD[0])

    for _ in range(4):
        failed = house.sync()
        assert (failed.state, failed.cause, house.wallet.cause) == ("failed", *[Cause.UNEXPECTED_REPLY] * 2)
        assert house.used == [NEW["key"], house.former["key"]]

    assert not notices_of("staged_refused").exists()
    assert staging.in_turn(house.wallet) is not None


def test_nor_does_what_it_says_of_keys_while_it_is_in_trouble(house):
    house.put_in_reserve()
    now = house.stage.now()
    Incident.objects.create(exchange="kraken", cause=Cause.MAINTENANCE, owners=5, began_at=now, probed_at=now)
    house.key_at_kraken(trouble="EAPI:Invalid key")

    failed = house.sync()

    assert (failed.state, failed.cause, house.wallet.cause) == ("failed", Cause.KEY_UNKNOWN, Cause.MAINTENANCE)
    assert not notices_of("staged_refused").exists()
    assert staging.in_turn(house.wallet) is not None


def test_a_stretch_is_read_with_the_key_in_force(house):
    house.sync()
    house.put_in_reserve()

    house.sync(stream="ledger", full=True)

    assert house.used == [house.former["key"]]
    assert house.standings() == [Standing.CURRENT, Standing.STAGED]


class Meanwhile:
    """A connector during whose pages something happens."""

    def __init__(self, connector, happens):
        self.connector, self.happens = connector, happens

    def __getattr__(self, name):
        return getattr(self.connector, name)

    def page(self, *asked):
        self.happens()
        return self.connector.page(*asked)


@pytest.mark.parametrize("verb", [staging.drop, keeping.detach, keeping.leaked, keeping.put_in_bin, keeping.to_files])
def test_taken_away_in_the_middle_it_keeps_nothing_more(house, verb):
    house.put_in_reserve()

    def away():
        verb(by=house.stage.by, wallet=house.wallet, now=house.stage.now())

    with pytest.raises(LeaseLostError):
        house.sync(wrap=lambda connector: Meanwhile(connector, away))

    assert not SourceRow.objects.exists()
    assert staging.staged_of(house.wallet) is None
    assert Credential.objects.get(version=2).sealed is None
    assert not AuditEvent.objects.filter(action="credential_promoted").exists()


def test_put_in_reserve_in_the_middle_of_a_run_it_waits_for_the_next(house):
    done = []

    def arrives():
        if not done:
            done.append(house.put_in_reserve())

    run = house.sync(wrap=lambda connector: Meanwhile(connector, arrives), lasting=timedelta(seconds=16))

    assert (run.state, set(house.used)) == ("done", {house.former["key"]})
    assert len(house.used) > 1
    assert house.standings() == [Standing.CURRENT, Standing.STAGED]
    assert house.sync().state == "done"
    assert house.stage.values(house.wallet) == NEW


class Killed(BaseException):
    """The worker is gone."""


@pytest.mark.parametrize("at", ["wipe", "close", "done"])
def test_a_worker_killed_at_the_moment_of_the_change_leaves_exactly_one_in_force(house, monkeypatch, at):
    from accounts import notices  # noqa: PLC0415 - named where it is broken
    from wallets import credentials  # noqa: PLC0415 - as above

    house.put_in_reserve()
    place, name = {"wipe": (credentials, "wipe"), "close": (notices, "close"), "done": (Run, "done")}[at]
    true, promoting = getattr(place, name), []
    monkeypatch.setattr(staging, "promote", lambda *given, **named: (promoting.append(1), promote(*given, **named)))

    def dies(*given, **named):
        answer = true(*given, **named)
        if promoting or at == "done":
            raise Killed
        return answer

    with monkeypatch.context() as broken:
        broken.setattr(place, name, dies)
        with pytest.raises(Killed):
            house.sync()

    assert house.standings() == [Standing.CURRENT, Standing.STAGED]
    assert house.stage.values(house.wallet) == house.former
    assert not AuditEvent.objects.filter(action="credential_promoted").exists()
    house.stage.later(minutes=20)
    Run.objects.sweep(now=house.stage.now())
    house.stage.later(hours=2)
    assert house.sync().state == "done"
    assert house.standings() == [Standing.FORMER, Standing.CURRENT]
    assert house.stage.values(house.wallet) == NEW


promote = staging.promote
