"""An account of very many rows at Bitfinex, whose pages are the largest: what a worker takes of memory from the first
row to the last, and where it goes on after it was killed in the middle.

The worker is a process of its own (this file, run as a program); the sandbox and who looks at the worker are another.
It asks as fast as it is answered: the pace of a real exchange would only make it longer.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if __name__ == "__main__":
    import django

    django.setup()

from django.conf import settings
from django.db import connection

from accounts.audit import SYSTEM
from config.fields import seal
from sync import runner, schedule
from sync.models import Run
from tests.factories import OwnerFactory
from tests.sync import truth
from wallets.connectors.bitfinex import Bitfinex
from wallets.models import Credential, Wallet
from wallets.sandbox.books import BLOCK
from wallets.sandbox.server import House, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wallets.sandbox.wire import Call, Reply

EXCHANGE = "bitfinex"
LOOK = 0.1  # seconds between looks at the worker
TURN = timedelta(seconds=45)
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
BEGAN = datetime(2020, 1, 1, tzinfo=UTC)


def run(report: Callable[[str], object], *, rows: int) -> None:
    house = House(clock=lambda: datetime.now(UTC))
    asked = house.residents[EXCHANGE] = Counted(house.residents[EXCHANGE])  # type: ignore[assignment] # one like it
    with Sandbox(("127.0.0.1", 0), house) as sandbox:
        threading.Thread(target=sandbox.serve_forever, daemon=True).start()
        followed = Followed(wallet_of(house, rows), sandbox.port, report)
        before = followed.until(rows // 2)
        followed.kill()
        kept = Run.objects.get(wallet=followed.wallet).pages
        lost = asked.pages - kept
        report(f"killed (SIGKILL) at {before:,} rows, {kept:,} pages kept")
        followed.until(None)
        sandbox.shutdown()
    run = Run.objects.get(wallet=followed.wallet)
    again = asked.pages - run.pages
    report(f"{run.state}: {run.new:,} rows in {followed.seconds:.1f} s, {run.pages:,} pages")
    report(f"answered and not kept when it was killed: {lost}; pages asked again after it: {again}")
    compare(report, followed.wallet, asked.resident)


class Counted:
    """A resident, and how many pages of history were asked of it."""

    name = EXCHANGE

    def __init__(self, resident: Any) -> None:
        self.resident, self.pages = resident, 0

    def answer(self, call: Call) -> Reply:
        self.pages += call.path.endswith("/hist")
        reply: Reply = self.resident.answer(call)
        return reply

    def configure(self, change: Mapping[str, object]) -> None:
        self.resident.configure(change)

    def state(self) -> dict[str, object]:
        return dict(self.resident.state())


class Followed:
    """A worker that is looked at: how many rows it has, and how much memory it takes."""

    def __init__(self, wallet: Wallet, port: int, report: Callable[[str], object]) -> None:
        self.wallet, self.port, self.report = wallet, port, report
        self.seconds, self.told, self.most = 0.0, 0, 0
        self.late = timedelta(0)
        schedule.request(by=SYSTEM, wallet=wallet, now=datetime.now(UTC))

    def until(self, rows: int | None) -> int:
        """A new worker at work, until there are so many rows or it has ended."""
        began = time.perf_counter()
        self.worker = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.million", str(self.port), str(self.late.total_seconds())],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": here()},
        )
        while self.worker.poll() is None:
            time.sleep(LOOK)
            held = self.look(began)
            if rows is not None and held >= rows:
                break
        if self.worker.returncode:
            raise RuntimeError(f"the worker ended with {self.worker.returncode}")
        self.seconds += time.perf_counter() - began
        return self.look(began)

    def look(self, began: float) -> int:
        """One line for each hundred thousand rows: the most memory it took on the way to them."""
        held: int = Run.objects.get(wallet=self.wallet).new
        self.most = max(self.most, resident_kib(self.worker.pid))
        if held // 100_000 > self.told:
            self.told = held // 100_000
            seconds = self.seconds + time.perf_counter() - began
            self.report(f"{held:9,} rows {seconds:7.1f} s {self.most / 1024:7.1f} MiB")
            self.most = 0
        return held

    def kill(self) -> None:
        """Its lease runs out: that is waited for by going on as if it were later. PostgreSQL ends what it was about to
        do before it notices, and a sweep passes over what is held: workers sweep again and again.
        """
        self.worker.send_signal(signal.SIGKILL)
        self.worker.wait()
        self.most = 0
        self.late += Run.LASTING + timedelta(minutes=1)
        while Run.objects.filter(wallet=self.wallet, lease_token__isnull=False).exists():
            Run.objects.sweep(now=datetime.now(UTC) + self.late)
            time.sleep(LOOK)
        self.late += timedelta(minutes=1)


def wallet_of(house: House, rows: int) -> Wallet:
    per_block = sum(len(truth.rows_of(EXCHANGE, event)) for event in a_block(house))
    key: Any = house.residents[EXCHANGE].state()["keys"]
    house.control("POST", EXCHANGE, {"key": {"id": key[0]["id"], "allowed": 10**9}})
    house.control("POST", EXCHANGE, {"size": -(-rows // per_block) * len(BLOCK), "start": BEGAN.isoformat()})
    house.control("POST", EXCHANGE, {"step_seconds": 300})
    owner, now = OwnerFactory(email="million@example.test"), datetime.now(UTC)
    wallet = Wallet.objects.create(
        owner=owner, exchange=EXCHANGE, way="key", label="Million", created_at=now, next_try_at=now
    )
    credential = Credential(owner=owner, wallet=wallet, version=1, way="key", standing="current", created_at=now)
    seal(credential, sealed=json.dumps({"key": key[0]["id"], "secret": key[0]["secret"]}))
    credential.save(force_insert=True)
    return wallet


def a_block(house: House) -> Iterator[Any]:
    books = house.residents[EXCHANGE].resident.books  # type: ignore[attr-defined] # it is counted
    return (books.event(number) for number in range(len(BLOCK)))


def compare(report: Callable[[str], object], wallet: Wallet, resident: Any) -> None:
    """By family: every id once, none that is not in the books."""
    for family in truth.families(EXCHANGE):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT external_id, count(*) FROM ledger_sourcerow WHERE wallet_id = %s AND family = %s GROUP BY 1",
                [wallet.pk, family],
            )
            stored = dict(cursor.fetchall())
        rows = truth.TRUE[EXCHANGE][family]
        true = {
            f"{row['id']}:{row['symbol']}" if family == "trades" else str(row["id"])
            for event in resident.books.events(range(resident.books.size))
            for row in rows(event)
        }
        doubled = sum(count > 1 for count in stored.values())
        report(
            f"{family:10} {len(true):9,} in the books, {len(true - stored.keys()):,} missing, {doubled:,} doubled, "
            f"{len(stored.keys() - true):,} foreign"
        )


def resident_kib(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_KIB
    return 0


def here() -> str:
    """The database that this process is connected to."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


# --- the worker ---------------------------------------------------------------------------------------------------


class NoLimit:
    def before(self, cost: float) -> None: ...

    def slow_down(self, wait: timedelta | None, whose: object) -> None: ...


def work(port: str, late: str) -> None:
    """Slice after slice, as lanes do it, until nothing is left to do."""

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(late))

    origin = f"http://127.0.0.1:{port}/{EXCHANGE}"
    while run := Run.objects.claim(now=clock()):
        runner.work(
            run,
            connect=lambda _, values: Bitfinex(values, pace=NoLimit(), origin=origin),
            clock=clock,
            until=clock() + TURN,
        )


if __name__ == "__main__":
    work(*sys.argv[1:])
