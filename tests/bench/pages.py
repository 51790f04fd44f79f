"""How long the service itself takes for a page, one owner with very many rows: in process, and with eight asking.

Deep pages are asked by following "older" links, so keyset paging is measured as an owner would meet it. Beside them
stands a bare Django site (`tests/bare.py`) with the same transactions, measured in the same way.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client, override_settings
from django.utils import timezone

from accounts.audit import Action
from accounts.models import AuditEvent, User
from config import porch
from ledger.models import Transaction
from tests import bare_settings
from tests.bench import holdings
from tests.conftest import signed_in
from tests.factories import OwnerFactory
from tests.measuring import at_once, bearer, deep, measure, percentile, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    Report = Callable[[str], object]

HOUSE = (
    *("/healthz", "/", "/home/", "/settings/security/", "/notices/", "/settings/security/trail/"),
    *("/api/v1/me/", "/api/v1/audit/?limit=50"),
)
LIST, SCRIPTS_LIST = "/transactions/", "/api/v1/transactions/"
BOOKS = (
    *(LIST, f"{LIST}?asset=QQ7", f"{LIST}?kind=trade", f"{LIST}?kind=staking", f"{LIST}?q=nothing"),
    *("/transactions/transfers/", "/transactions/duplicates/", "/portfolio/", "/portfolio/assets/QQ7/", "/tax/"),
    *(SCRIPTS_LIST, f"{SCRIPTS_LIST}?asset=QQ7", "/api/v1/portfolio/"),
)
UNLIMITED = {"RATE_LIMITS_SCALE": "1000000"}


def run(report: Report, *, rows: int) -> None:
    owner = OwnerFactory(email="many@example.test", base_currency="USD")
    fill(owner, rows)
    holdings.fill(owner, rows)
    browser, script = signed_in(owner), bearer(owner)
    year = f"/tax/{timezone.now().year - 1}/"
    report(f"{'page':44} {'p50 ms':>8} {'p95 ms':>8} {'queries':>8}")
    for address in (*HOUSE, *BOOKS, year, f"/api/v1{year}", f"{year}disposals/"):
        say(report, address, *measure(browser, address, script if "/api/" in address else {}))
    for address in ("/settings/security/trail/", "/api/v1/audit/", LIST, SCRIPTS_LIST, f"{year}disposals/"):
        headers = script if "/api/" in address else {}
        say(report, f"{address}, twenty pages down", *measure(browser, deep(browser, address, headers), headers))
    in_process(report, owner, browser)
    with_eight_asking(report, owner, browser, script)


# --- against the bare site -----------------------------------------------------------------------------------------


def in_process(report: Report, owner: User, browser: Client) -> None:
    first, _, _ = measure(browser, LIST, {})
    middle, _, _ = measure(browser, f"{LIST}?after={in_the_middle(owner)}", {})
    with bare_site():
        plain, _, _ = measure(Client(), f"/page/{owner.pk}/", {})
    report(f"transactions {first:.1f} ms, bare {plain:.1f} ms: {first / plain:.2f} of it; wanted 0.5")
    report(f"from the middle of all rows {middle:.1f} ms: {middle / first:.2f} of the first page; wanted 1.2")


@contextmanager
def bare_site() -> Iterator[None]:
    """In this process, asking PostgreSQL by Django's own engine as it does when it is served."""
    ours = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = DatabaseWrapper(ours.settings_dict)
    try:
        with override_settings(ROOT_URLCONF=bare_settings.ROOT_URLCONF, MIDDLEWARE=bare_settings.MIDDLEWARE):
            yield
    finally:
        connections[DEFAULT_DB_ALIAS].close()
        connections[DEFAULT_DB_ALIAS] = ours


def in_the_middle(owner: User) -> str:
    rows = Transaction.objects.filter(owner=owner)
    newest, oldest = rows.latest("occurred_at"), rows.earliest("occurred_at")
    half: datetime = oldest.occurred_at + (newest.occurred_at - oldest.occurred_at) / 2
    return quote(f"{half.isoformat()}_{newest.pk}")


def with_eight_asking(report: Report, owner: User, browser: Client, script: dict[str, str]) -> None:
    cookies = {"Cookie": "; ".join(f"{name}={cookie.value}" for name, cookie in browser.cookies.items())}
    ours: dict[str, float] = {}
    with served() as origin:
        for address in (LIST, SCRIPTS_LIST, "/portfolio/", "/home/"):
            headers = {"Authorization": script["authorization"]} if "/api/" in address else cookies
            ours[address] = under_load(report, address, f"{origin}{address}", headers)
    with served("tests.bare_settings") as origin:
        under_load(report, "bare page", f"{origin}/page/{owner.pk}/", {})
        plain = under_load(report, "bare list of REST framework", f"{origin}/api/{owner.pk}/", {})
    report(f"our list of the API: {ours[SCRIPTS_LIST] / plain:.2f} times as many answers a second; wanted 1.5")


def under_load(report: Report, name: str, address: str, headers: dict[str, str]) -> float:
    seconds = 5.0
    times = at_once(address, headers, seconds=seconds)
    half, most = percentile(times, 0.5), percentile(times, 0.95)
    told = (
        f"p50 {half:6.1f} ms, p95 {most:6.1f} ms ({most / half:.2f}; wanted 1.6), {len(times) / seconds:6.0f} a second"
    )
    report(f"eight asking, two processes: {name:28} {told}")
    return len(times) / seconds


@contextmanager
def served(chosen: str = "config.settings") -> Iterator[str]:
    """As `manage.py web` serves, on the scratch database."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    threads = str(porch.THREADS)
    words = ["--interface", "wsgi", "--port", str(port), "--workers", "2", "--blocking-threads", threads, "--no-ws"]
    env = {**os.environ, **UNLIMITED, "DATABASE_URL": scratch_url(), "DJANGO_SETTINGS_MODULE": chosen}
    command = [sys.executable, "-m", "granian", *words, "--log-level", "error", "config.wsgi:application"]
    with subprocess.Popen(command, env=env, cwd=settings.BASE_DIR) as server:
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def wait_for(port: int, patience: float = 60) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.1)
        else:
            return


def scratch_url() -> str:
    facts = {name: quote(str(value), safe="") for name, value in connection.settings_dict.items()}
    login = f"{facts['USER']}:{facts['PASSWORD']}" if facts["PASSWORD"] else facts["USER"]
    return f"postgresql://{login}@/{facts['NAME']}?host={facts['HOST']}"


# --- very many rows ------------------------------------------------------------------------------------------------


def fill(owner: User, rows: int) -> None:
    begin = timezone.now() - timedelta(days=700)
    step = timedelta(days=690) / rows
    for start in range(0, rows, 5000):
        AuditEvent.objects.bulk_create(
            AuditEvent(
                owner=owner,
                action=Action.SIGNED_IN,
                actor_kind="owner",
                actor=owner,
                ip="203.0.113.7",
                agent="Mozilla/5.0 Firefox/140.0",
                at=begin + step * number,
            )
            for number in range(start, min(start + 5000, rows))
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
