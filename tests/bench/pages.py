"""How long the service itself takes for a page: in process, no network, one owner with very many rows.

Deep pages are asked by following "older" links, so keyset paging is measured as an owner would meet it.
"""

from __future__ import annotations

import re
import statistics
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import tokens
from accounts.audit import SYSTEM, Action
from accounts.models import AuditEvent, User
from tests.conftest import signed_in
from tests.factories import OwnerFactory

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

ROUNDS = 40


def run(report: Callable[[str], object], *, rows: int) -> None:
    owner = OwnerFactory(email="many@example.test")
    fill(owner, rows)
    browser = signed_in(owner)
    script = bearer(owner)
    report(f"{'page':44} {'p50 ms':>8} {'p95 ms':>8} {'queries':>8}")
    for address, headers in (
        ("/healthz", {}),
        ("/", {}),
        ("/home/", {}),
        ("/settings/security/", {}),
        ("/notices/", {}),
        ("/settings/security/trail/", {}),
        ("/api/v1/me/", script),
        ("/api/v1/audit/?limit=50", script),
    ):
        say(report, address, *measure(browser, address, headers))
    for name, address in (
        ("trail, twenty pages down", "/settings/security/trail/"),
        ("API, twenty pages down", "/api/v1/audit/"),
    ):
        headers = script if "api" in address else {}
        say(report, name, *measure(browser, deep(browser, address, headers), headers))


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


def bearer(owner: User) -> dict[str, str]:
    now = timezone.now()
    _, token = tokens.mint(
        by=SYSTEM, owner=owner, name="bench", scopes=["read"], expires_at=now + timedelta(days=1), now=now
    )
    return {"authorization": f"Bearer {token}"}


def deep(browser: Client, address: str, headers: dict[str, str]) -> str:
    """As far down as twenty links lead: keyset paging makes every step cost the same."""
    for _ in range(20):
        page = browser.get(address, headers=headers)
        if "json" in page.headers["Content-Type"]:
            address = page.json()["next"].replace("http://testserver", "")
        else:
            address = older_link(page.content.decode(), address)
    return address


def older_link(text: str, address: str) -> str:
    """Where the link called Older leads."""
    link = next(link for link in re.findall(r"<a\s[^>]*>", text) if 'rel="next"' in link)
    href = re.search(r'href="([^"]*)"', link)[1].replace("&amp;", "&")
    return href if href.startswith("/") else address.partition("?")[0] + href


def measure(client: Client, address: str, headers: dict[str, str]) -> tuple[float, float, int]:
    times = []
    for _ in range(ROUNDS):
        before = time.perf_counter()
        page = client.get(address, headers=headers)
        times.append((time.perf_counter() - before) * 1000)
        assert page.status_code == 200, (address, page.status_code)
    return statistics.median(times), statistics.quantiles(times, n=20)[18], queries(client, address, headers)


def queries(client: Client, address: str, headers: dict[str, str]) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(address, headers=headers)
    return len(captured)


def say(report: Callable[[str], object], name: str, p50: float, p95: float, asked: int) -> None:
    report(f"{name:44} {p50:8.1f} {p95:8.1f} {asked:8}")
