"""A whole service with its own PostgreSQL and sandbox, many owners in it, and everything that can happen to it.

`manage.py up` runs it, as for a person. Faults come from one seed, so a run can be had again. Truth is what a calm
sync of the same account brings: once the noise is over, every wallet of an exchange must hold exactly that.
"""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg

from config.postgres import running
from config.postgres_place import embedded_url
from config.processes import LONGEST_PAUSE
from tests.chaos import processes
from tests.chaos.processes import ROOT, Started, environment, open_folder, python, started
from tests.copies import furnished
from tests.course import listens
from tests.playground import Playground
from wallets.sandbox.kraken import COUNTER_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Of the network and of exchanges: a few calls of one of them, then it is over.
FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "reset"},
    {"kind": "lost"},
    {"kind": "cut"},
    {"kind": "truncated"},
    {"kind": "html"},
    {"kind": "empty"},
    {"kind": "hang", "pause_ms": 1500},
    {"kind": "status", "status": 503, "body": ""},
    {"kind": "status", "status": 502, "body": "<html>bad gateway</html>"},
)
BANS = (429, 418)
BANNED_FOR = 15.0  # seconds
# Its prices without a key are those of another service of the same name, which knows nothing of this one's bans.
NEVER_BANNED = {"coinbase"}
STEP = timedelta(seconds=37)  # between two events of an account
LOOKS = 0.5  # seconds between two; for each of the database, it begins a process
CONTENTS = """
    SELECT w.exchange, r.wallet_id, count(*), max(r.revision),
           md5(string_agg(r.family || ' ' || r.external_id || ' ' || r.raw::text, E'\n'
               ORDER BY r.family, r.external_id, r.revision))
    FROM ledger_sourcerow r JOIN wallets_wallet w ON w.id = r.wallet_id GROUP BY 1, 2
"""
UNDER_WAY = "SELECT count(*) FROM sync_run WHERE finished_at IS NULL"
NOT_THROUGH = """
    SELECT count(*) FROM wallets_wallet w WHERE 'done' IS DISTINCT FROM (
        SELECT state FROM sync_run r WHERE r.wallet_id = w.id ORDER BY created_at DESC LIMIT 1
    )
"""


def wait_until(true: Callable[[], object], seconds: float) -> bool:
    return processes.wait_until(true, seconds, every=LOOKS)


class Town:
    def __init__(self, houses: list[Started], env: dict[str, object], wallets: dict[str, int]) -> None:
        self.houses, self.env, self.wallets = houses, env, wallets  # the first of them has the database
        self.sandbox = Playground(int(str(env["SANDBOX_PORT"])))
        self.deeds: Counter[str] = Counter()
        self.settled = 0

    # --- its people ------------------------------------------------------------------------------------------------

    def settle(self, wallets: dict[str, int]) -> None:
        wish = {"port": self.env["SANDBOX_PORT"], "wallets": wallets, "first": self.settled}
        self.settled += self.program(wish)
        # A sign-in is carried out by the service's own workers; its code can be spent once.
        assert wait_until(lambda: self.ask("SELECT count(*) FROM wallets_wallet") == [(self.settled,)], 120)

    def sync_all(self) -> None:
        """Whoever presses a button in vain, because the database was just killed, presses it again."""
        self.program("sync", patience=2 * LONGEST_PAUSE)

    def program(self, wish: object, *, patience: float = 0) -> int:
        until = time.monotonic() + patience
        while True:
            done = subprocess.run(
                [str(word) for word in python("-m", "tests.chaos.settlers")],
                cwd=ROOT,
                env=environment(**self.env),
                input=json.dumps(wish),
                capture_output=True,
                text=True,
                check=False,
            )
            if not done.returncode:
                return int(done.stdout.splitlines()[-1])
            assert time.monotonic() < until, done.stderr[-2000:]
            time.sleep(0.5)

    # --- what can happen -------------------------------------------------------------------------------------------

    def suffer(self, seconds: float, seed: int) -> None:
        """A deed every few seconds, for so long; then the noise is over."""
        chance = random.Random(seed)
        until = time.monotonic() + seconds
        deeds = (self.kill_a_worker, self.kill_the_cluster, self.kill_the_database, self.fault, self.ban)
        while time.monotonic() < until:
            deed = chance.choices(deeds, (5, 2, 1, 8, 1))[0]
            with suppress(StopIteration, ProcessLookupError):  # what is just being started again cannot be killed
                deed(chance)
                self.deeds[deed.__name__] += 1
            time.sleep(chance.uniform(0.5, 3.5))
        for exchange in self.wallets:
            self.sandbox.control(f"{exchange}/faults", method="DELETE")

    def kill_a_worker(self, chance: random.Random) -> None:
        """One of the children that do the work."""
        house = chance.choice(self.houses)
        leader = leader_of(house)
        workers = [pid for pid, line in house.living().items() if "worker --bare" in line and pid != leader]
        os.kill(chance.choice(workers), signal.SIGKILL) if workers else None

    def kill_the_cluster(self, chance: random.Random) -> None:
        os.kill(leader_of(chance.choice(self.houses)), signal.SIGKILL)

    def kill_the_database(self, _chance: random.Random) -> None:
        house = self.houses[0]
        os.kill(house.pid_of("postgres -D", parent=house.process.pid), signal.SIGKILL)

    def fault(self, chance: random.Random) -> None:
        fault = {**chance.choice(FAULTS), "times": chance.randint(1, 4)}
        self.sandbox.control(f"{chance.choice([*self.wallets])}/faults", fault)

    def ban(self, chance: random.Random) -> None:
        """Everybody is turned away, and told for how long. Nobody is killed meanwhile: who dies with the answer in hand
        cannot pass it on.
        """
        self.ask("SELECT 1")
        exchange = chance.choice([name for name in self.wallets if name not in NEVER_BANNED])
        self.turn_away(exchange, chance)
        self.wait_for_its_end(exchange, met_within=BANNED_FOR)

    def ask_in_a_ban(self, chance: random.Random) -> None:
        """Everybody presses the button while the busiest exchange lets nobody in: so it is met, and heeded by many. Who
        was killed just before is taken up again within two minutes.
        """
        self.ask("SELECT 1")
        exchange = max(self.wallets, key=lambda name: self.wallets[name])
        self.turn_away(exchange, chance)
        self.sync_all()
        assert self.wait_for_its_end(exchange, met_within=150), f"{exchange}: nobody came"

    def turn_away(self, exchange: str, chance: random.Random) -> None:
        self.sandbox.control(f"{exchange}/ban", {"seconds": BANNED_FOR, "status": chance.choice(BANS)})

    def wait_for_its_end(self, exchange: str, *, met_within: float) -> bool:
        met = wait_until(lambda: self.held_limits()["bans"][exchange][-1][0], met_within)
        self.sandbox.control(f"{exchange}/ban", method="DELETE")
        time.sleep(BANNED_FOR if met else 0)
        return met

    def close(self) -> dict[int, str]:
        """Ctrl-C; and what lives on."""
        for house in reversed(self.houses):
            house.end(signal.SIGINT)
        return {pid: line for house in self.houses for pid, line in house.living().items()}

    # --- looking ---------------------------------------------------------------------------------------------------

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The database may have been killed just now."""
        until = time.monotonic() + 60
        while True:
            try:
                with psycopg.connect(embedded_url(self.env["DATA_DIR"]), autocommit=True) as connection:
                    return connection.execute(query).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def under_way(self) -> int:
        return int(self.ask(UNDER_WAY)[0][0])

    def not_through(self) -> int:
        """Wallets whose last run did not bring all there is."""
        return int(self.ask(NOT_THROUGH)[0][0])

    def stuck(self) -> list[tuple[Any, ...]]:
        return self.ask("SELECT exchange, state, cause, code, attempts, pages FROM sync_run WHERE state <> 'done'")

    def contents(self) -> dict[str, dict[Any, tuple[Any, ...]]]:
        """By exchange and wallet: how many rows, the highest revision, and what they say."""
        found: dict[str, dict[Any, tuple[Any, ...]]] = {}
        for exchange, wallet, *facts in self.ask(CONTENTS):
            found.setdefault(exchange, {})[wallet] = tuple(facts)
        return found

    def not_held_by_all(self, exchange: str) -> list[tuple[Any, ...]]:
        """Rows that somebody lacks, and who has them: owners are numbered in the order they came."""
        return self.ask(
            "SELECT family, external_id, r.occurred_at, array_agg(DISTINCT w.owner_id ORDER BY w.owner_id),"
            " array_agg(DISTINCT md5(raw::text)), max(r.stored_at) FROM ledger_sourcerow r"
            f" JOIN wallets_wallet w ON w.id = r.wallet_id WHERE exchange = '{exchange}'"
            " GROUP BY 1, 2, 3 HAVING count(*) < (SELECT count(*) FROM wallets_wallet"
            f" WHERE exchange = '{exchange}') OR count(DISTINCT md5(raw::text)) > 1 ORDER BY 3 LIMIT 20"
        )

    def held_limits(self) -> dict[str, Any]:
        return self.sandbox.control("turnstile", method="GET")


def leader_of(house: Started) -> int:
    return house.pid_of("worker --bare", parent=house.process.pid)


@contextmanager
def standing(
    wallets: dict[str, int], *, events: int, machines: int = 1, redis_url: str = "", **more: object
) -> Iterator[Town]:
    """So many wallets at each exchange; each exchange's account has so many events, the last of them just now.

    The first machine has everything; others bring workers. Wake-ups go by PostgreSQL, or by Redis where there is one.
    """
    with open_folder() as folder, ExitStack() as machinery:
        port = two_free_ports()
        env: dict[str, object] = {
            "HOLDFAST_PYTHON_READY": 1,
            "DATA_DIR": folder / "first",
            "PORT": port,
            "SANDBOX_PORT": port + 1,
            "WEB_PROCESSES": 1,
            "WORKER_PROCESSES": 3 if machines == 1 else 2,
            "SECRET_KEY": "shared-by-all-machines-" * 4,
            "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(b"k" * 32).decode(),
            "REDIS_URL": redis_url,
            **more,
        }
        with running(folder / "first", throw_away=True):
            furnished(embedded_url(folder / "first"))
        houses = [machinery.enter_context(started(python("manage.py", "up"), **env))]
        houses[0].read_until("Ready")
        assert wait_until(lambda: listens(port + 1), 30)
        for number in range(2, machines + 1):
            own = {"DATA_DIR": folder / str(number), "DATABASE_URL": embedded_url(folder / "first")}
            own["BIND"] = f"127.0.0.{number}"
            houses.append(machinery.enter_context(started(python("manage.py", "worker"), **{**env, **own})))
        for house in houses:
            threading.Thread(target=house.rest, daemon=True).start()  # what nobody reads would hold it up
        town = Town(houses, env, wallets)
        open_accounts(town, events)
        yield town


def two_free_ports() -> int:
    """The first of two neighbours, below those that the kernel gives to whoever asks for any."""
    while True:
        port = random.SystemRandom().randrange(20_000, 30_000)
        with socket.socket() as first, socket.socket() as second, suppress(OSError):
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 1))
            return port


def open_accounts(town: Town, events: int) -> None:
    began = datetime.now(UTC) - events * STEP
    for exchange in town.wallets:
        facts = {"size": events, "start": began.isoformat(), "step_seconds": STEP.seconds}
        town.sandbox.control(exchange, facts)


# Shares of two hundred. Those that are asked week by week, or may be asked little, take minutes for one wallet.
SHARES = {
    "kraken": 44,
    "bitstamp": 40,
    "gemini": 30,
    "coinbase": 30,
    "coinjar": 20,
    "okx": 15,
    "uphold": 8,
    "bitfinex": 6,
    "binanceus": 4,
    "binance": 1,
    "bybit": 1,
    "kucoin": 1,
}


def shared_out(many: int) -> dict[str, int]:
    return {exchange: max(1, share * many // 200) for exchange, share in SHARES.items()}


def lived_through(town: Town, *, seconds: float, seed: int, patience: float) -> dict[str, float]:
    """From the first owner to the calm after the noise. Figures, for whoever wants them; faults are asserted."""
    town.settle(town.wallets)
    began = time.monotonic()
    town.suffer(seconds / 2, seed)
    for exchange in town.wallets:
        town.sandbox.control(exchange, {"arrive": [1, 0]})
    town.ask_in_a_ban(random.Random(seed))
    town.suffer(seconds / 2, seed + 1)
    noise_over = time.monotonic()
    assert wait_until(lambda: not town.under_way(), patience), town.stuck()
    town.sync_all()  # what failed by a fault would rest for a while, but an owner may press the button
    assert wait_until(lambda: not town.not_through(), patience), town.stuck()
    calm = time.monotonic()
    town.settle(dict.fromkeys(town.wallets, 1))
    assert wait_until(lambda: not town.not_through(), patience), town.stuck()
    return {"noise": noise_over - began, "calm after": calm - noise_over, "a calm sync": time.monotonic() - calm}


def assert_nothing_lost(town: Town) -> None:
    """The last to settle had calm: what they hold is what there is."""
    for exchange, wallets in town.contents().items():
        assert len(wallets) == town.wallets[exchange] + 1, f"{exchange}: somebody holds nothing"
        assert {revision for _, revision, _ in wallets.values()} == {1}, f"{exchange}: a row is there twice"
        assert len(set(wallets.values())) == 1, (exchange, town.not_held_by_all(exchange), town.deeds)
    assert set(town.contents()) == set(town.wallets)


def assert_limits_held(town: Town) -> None:
    held = town.held_limits()
    assert held["over"] == {}
    assert not {name: bans for name, bans in held["bans"].items() if any(broken for _, broken in bans)}
    assert set(held["at_once"].values()) == {1}, "a key was used by two at once"
    if "kraken" in town.wallets:
        assert town.sandbox.state("kraken")["busiest"] <= COUNTER_LIMIT
