"""Workers that are killed while a key is tested, put in force or renewed; and whoever asked, right after the commit.

A real worker with its processes, the sandbox over real sockets, PostgreSQL. A step is held still from outside (the
sandbox falls silent, or a row is locked), everything of the worker gets SIGKILL, and time passes: rows are moved back
by as much instead of waiting for it. Whatever the step was, the wallet works with exactly one of its two credentials.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.conf import settings as live
from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.models import AuditEvent
from config.models import PeriodicJob, RateBucket
from tests.chaos.processes import ROOT, environment, python, wait_until
from tests.playground import CLIENT_ID, CLIENT_SECRET
from wallets import credentials, trials
from wallets.models import AccountClaim, Credential, CredentialTest, OAuthGrant, Wallet
from wallets.sandbox.faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.wallets.stage import Stage
    from wallets.sandbox.server import House

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

KEPT = (
    "id",
    "book",
    "owner_id",
    "exchange",
    "region",
    "way",
    "label",
    "note",
    "created_at",
    "paused_at",
    "rotate_months",
)
# Of what a replacement writes into the trail; all else stays as it was.
REPLACING = {"secret_opened", "credential_tested", "credential_confirmed", "credential_replaced", "connection_checked"}
# How far the swap has come when a lock on this holds it still, in the order of its transaction.
SWAP = {
    "nothing is done yet": "SELECT * FROM wallets_wallet FOR UPDATE",
    "the former key is about to go": "SELECT * FROM wallets_credential WHERE standing = 'current' FOR UPDATE",
    "the new key is in force": "LOCK TABLE wallets_rightsreport IN EXCLUSIVE MODE",
    "all but the last notice": "LOCK TABLE accounts_notice IN EXCLUSIVE MODE",
}
PLACE = 20261129  # the lock that a test takes where a worker is to be stopped
QUARTER = timedelta(minutes=15)
SECONDS = 120  # on a busy machine; alone, each takes one or two


class Works:
    """Alice's wallets, and a worker that comes and goes."""

    def __init__(self, stage: Stage, house: House, yard: subprocess.Popen[str], env: dict[str, str]) -> None:
        self.stage, self.house, self.yard, self.env = stage, house, yard, env
        self.pid = 0

    def start(self) -> None:
        origins = {name: self.stage.street.origin(name) for name in ("kraken", "coinbase")}
        self.yard.stdin.write(f"{json.dumps(origins)}\n")
        self.yard.stdin.flush()
        self.pid = int(self.yard.stdout.readline())

    def kill(self) -> None:
        """All its processes, at once."""
        if self.pid:
            os.killpg(self.pid, signal.SIGKILL)
        self.pid = 0

    def ask(self, **wish: object) -> None:
        """By a process that does not live to hear of it."""
        program = [str(word) for word in python("-m", "tests.chaos.asker")]
        wish |= {"owner": self.stage.owner.pk}
        asking = json.dumps(wish, default=str)
        ended = subprocess.run(program, cwd=ROOT, env=self.env, input=asking, text=True, check=False)
        assert ended.returncode < 0, "it was to be killed"

    def done(self, test: CredentialTest) -> CredentialTest:
        """Whoever is put off for a while gets no rest: what nobody holds is due at once."""

        def finished() -> bool:
            for waiting in (CredentialTest.objects.filter(finished_at=None), self.job()):
                waiting.filter(lease_token=None).update(not_before=timezone.now())
            return self.is_over(test)

        assert wait_until(finished, SECONDS)
        test.refresh_from_db()
        return test

    def is_over(self, test: CredentialTest) -> bool:
        return CredentialTest.objects.filter(pk=test.pk, finished_at__isnull=False).exists()

    def check(self, wallet: Wallet) -> CredentialTest:
        return trials.check(by=self.stage.by, wallet=wallet, now=timezone.now())

    def job(self) -> Any:
        return PeriodicJob.objects.filter(name=credentials.WORK)

    # --- holding still -----------------------------------------------------------------------------------------------

    def silence(self, exchange: str, call: int) -> Fault:
        """The sandbox will answer so many calls less one, and then no more."""
        silence = Fault(Kind.HANG, times=1, pause_ms=60_000)
        self.house.faults[exchange].faults[:] = [*(Fault(Kind.NONE, times=1) for _ in range(call - 1)), silence]
        return silence

    def is_silent_or_over(self, silence: Fault, test: CredentialTest) -> bool:
        return wait_until(lambda: silence.times == 0 or self.is_over(test), SECONDS)

    def stop_at(self, moment: str) -> None:
        """Whoever comes there waits for a lock that is free unless somebody takes it."""
        wait = f"BEGIN PERFORM pg_advisory_xact_lock({PLACE}); RETURN NEW; END"
        with psycopg.connect(self.env["DATABASE_URL"]) as other:
            other.execute(f"CREATE OR REPLACE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS '{wait}'")
            other.execute(f"CREATE OR REPLACE TRIGGER stop {moment} FOR EACH ROW EXECUTE FUNCTION stop()")

    @contextmanager
    def locked(self, statement: str) -> Iterator[None]:
        """Until the way out nobody gets past it; on the way out somebody is waiting there."""
        with psycopg.connect(self.env["DATABASE_URL"]) as other:
            other.execute(statement)
            yield
            assert wait_until(self.somebody_waits, SECONDS)
            self.kill()

    def somebody_waits(self) -> bool:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            return cursor.fetchone()[0] > 0

    def later(self, span: timedelta = timedelta(minutes=4)) -> None:
        """Leases end, and what was to be done later is due."""
        waiting = CredentialTest.objects.filter(finished_at=None)
        waiting.update(**{name: F(name) - span for name in ("lease_until", "not_before", "expires_at")})
        OAuthGrant.objects.update(lease_until=F("lease_until") - span)
        self.job().update(lease_token=None, lease_until=None)
        self.rest()

    def rest(self) -> None:
        """Long enough that nothing has to wait for its turn at Kraken."""
        RateBucket.objects.all().delete()
        for key in self.house.residents["kraken"].keys.values():
            key.counter = 0

    def paste(self, pasted: dict[str, str], wallet: Wallet) -> CredentialTest:
        self.rest()
        return self.stage.paste(pasted, wallet=wallet)

    # --- looking -----------------------------------------------------------------------------------------------------

    def standing(self) -> dict[str, object]:
        """Everything that no replacement may change."""
        trail = AuditEvent.objects.exclude(action__in=REPLACING).order_by("at", "pk")
        return {
            "wallets": list(Wallet.objects.order_by("pk").values(*KEPT)),
            "claims": sorted(AccountClaim.objects.exclude(kind="key").values_list("kind", "digest", "book")),
            "trail": list(trail.values_list("pk", "action", "details")),
        }

    def in_force(self, wallet: Wallet) -> dict[str, str]:
        """The one credential. Nothing else is kept of any, and no candidate beside the one that is being tried."""
        assert Credential.objects.filter(sealed__isnull=False).count() == 1
        assert not CredentialTest.objects.filter(sealed__isnull=False, finished_at__isnull=False).exclude(
            state="asking"
        )
        return self.stage.values(wallet)


@pytest.fixture(scope="module")
def env(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    where = connection.settings_dict
    return environment(
        HOLDFAST_PYTHON_READY=1,
        DATABASE_URL=f"postgresql://{where['USER']}:{where['PASSWORD']}@/{where['NAME']}?host={where['HOST']}",
        DATA_DIR=tmp_path_factory.mktemp("worker"),
        SECRET_KEY=live.SECRET_KEY,
        FIELD_ENCRYPTION_KEYS=",".join(live.FIELD_ENCRYPTION_KEY),
        COINBASE_CLIENT_ID=CLIENT_ID,
        COINBASE_CLIENT_SECRET=CLIENT_SECRET,
        WORKER_PROCESSES=2,
    )


@pytest.fixture(scope="module")
def yard(env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    program = [str(word) for word in python("-m", "tests.chaos.yard")]
    with subprocess.Popen(
        program, cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield process
        process.kill()


@pytest.fixture
def works(house: House, stage: Stage, yard: subprocess.Popen[str], env: dict[str, str]) -> Iterator[Works]:
    works = Works(stage, house, yard, env)
    yield works
    works.kill()


@pytest.fixture
def wallet(works: Works, request: pytest.FixtureRequest) -> Wallet:
    """Paused, so that nothing but what is asked for goes on; a pause is no hindrance to a new key."""
    made = works.stage.connected(getattr(request, "param", "kraken"))
    works.house.ahead = works.stage.ahead = timedelta(0)
    Wallet.objects.update(label="Savings", note="for the house", rotate_months=6, paused_at=timezone.now())
    works.later()
    return made


@pytest.fixture
def other_key(works: Works) -> dict[str, str]:
    """Of the same account, as Alice will say: Kraken tells nothing about that."""
    key = {"key": "second" + "k" * 50, "secret": "c2Vjb25kIHNlY3JldA=="}
    works.stage.street.tell("kraken", key={"id": key["key"], "secret": key["secret"]})
    return key


def test_a_key_is_replaced_or_not_wherever_the_worker_is_killed(works, wallet, other_key) -> None:
    """At every call to the exchange, and at every stage of the swap."""
    present, before = works.in_force(wallet), works.standing()
    works.start()
    for call in itertools.count(1):
        test = works.paste(other_key, wallet)
        assert works.is_silent_or_over(works.silence("kraken", call), test)
        works.house.faults["kraken"].faults.clear()
        if works.is_over(test):
            break
        works.kill()
        assert works.in_force(wallet) == present
        assert works.standing() == before
        works.later()
        works.start()
        assert works.done(test).state == "asking"
        trials.cancel(test=test, now=timezone.now())
    assert call > 6, "Kraken is asked six times"
    assert works.in_force(wallet) == present

    for statement in SWAP.values():
        asking = works.done(works.paste(other_key, wallet))
        with works.locked(statement):
            trials.answer(by=works.stage.by, test=asking, words={"same_account": "Yes."}, now=timezone.now())
        assert works.in_force(wallet) == present
        assert works.standing() == before
        works.later()
        works.start()
        assert works.done(asking).state == "passed"
        assert works.in_force(wallet) == other_key
        assert works.standing() == before
        present, other_key = other_key, present
    assert AuditEvent.objects.filter(action="credential_replaced").count() == len(SWAP)
    assert works.done(works.check(wallet)).state == "passed"


@pytest.mark.parametrize("wallet", ["coinbase"], indirect=True)
@pytest.mark.parametrize("grace", [0, 120], ids=["strict", "lenient"])
def test_a_worker_killed_between_a_renewal_and_keeping_it(works, wallet, grace) -> None:
    """The exchange has spent the refresh token and answered; our row still holds the old one."""
    works.stage.street.tell("coinbase", refresh={"grace": grace, "access_lives": 3600})
    OAuthGrant.objects.update(access_expires_at=timezone.now())
    spent, before = works.in_force(wallet), works.standing()
    works.start()
    works.stop_at("BEFORE UPDATE OF sealed ON wallets_credential")  # new values wait, a note of its use does not
    with works.locked(f"SELECT pg_advisory_xact_lock({PLACE})"):
        check = works.check(wallet)
    assert works.in_force(wallet) == spent
    works.later()
    works.start()

    done = works.done(check)

    assert works.standing() == before
    wallet.refresh_from_db()
    if grace:
        assert (done.state, wallet.health) == ("passed", "working")
    else:
        assert (done.cause, wallet.health, wallet.next_try_at) == ("sign_in_again", "needs_you", None)
        assert works.done(works.stage.consent(wallet=wallet)).state == "passed"
        wallet.refresh_from_db()
    assert wallet.health == "working"
    assert works.in_force(wallet)["refresh"] != spent["refresh"]
    assert works.standing() == before
    assert works.done(works.check(wallet)).state == "passed"


def test_who_asks_may_die_right_after_the_commit(works, wallet, other_key) -> None:
    """No wake-up was sent; the worker finds it by itself."""
    before = works.standing()
    works.ask(exchange="kraken", pasted=other_key, wallet=wallet.pk)
    works.start()

    asking = works.done(CredentialTest.objects.get(purpose="replace"))
    assert asking.state == "asking"
    works.ask(test=asking.pk)

    assert works.done(asking).state == "passed"
    assert works.in_force(wallet) == other_key
    assert works.standing() == before


def test_no_candidate_outlives_its_quarter_of_an_hour_though_its_worker_died_with_it(works, wallet, other_key) -> None:
    present, before = works.in_force(wallet), works.standing()
    test = works.paste(other_key, wallet)
    silence = works.silence("kraken", 3)
    works.start()
    assert works.is_silent_or_over(silence, test)
    works.kill()
    works.later(QUARTER)
    works.start()

    assert works.done(test).state == "expired"

    assert test.sealed is None
    assert works.in_force(wallet) == present
    assert works.standing() == before
