"""What the benches of pages share: a script's key, a list far down, times in process, and times under load."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import tokens
from accounts.audit import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User

ROUNDS = 40


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


# --- under load ----------------------------------------------------------------------------------------------------


def at_once(address: str, headers: dict[str, str], *, connections: int = 8, seconds: float = 5) -> list[float]:
    """Milliseconds of each answer, sorted, when so many ask one after another all the time."""

    async def all_of_them() -> list[float]:
        until = time.perf_counter() + seconds
        told = await asyncio.gather(*(asker(address, headers, until) for _ in range(connections)))
        return sorted(took for each in told for took in each)

    asyncio.run(many(address, headers, connections))
    return asyncio.run(all_of_them())


async def many(address: str, headers: dict[str, str], connections: int) -> None:
    """Each worker process has answered once before anything is measured."""
    soon = time.perf_counter() + 1
    await asyncio.gather(*(asker(address, headers, soon) for _ in range(connections)))


async def asker(address: str, headers: dict[str, str], until: float) -> list[float]:
    place = urlsplit(address)
    path = place.path + (f"?{place.query}" if place.query else "")
    said = "".join(f"{name}: {value}\r\n" for name, value in {"Host": place.netloc, **headers}.items())
    asked = f"GET {path} HTTP/1.1\r\n{said}\r\n".encode()
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    times = []
    while time.perf_counter() < until:
        before = time.perf_counter()
        writer.write(asked)
        await answer(reader)
        times.append((time.perf_counter() - before) * 1000)
    writer.close()
    return times


async def answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert head.startswith("http/1.1 200"), head
    length = re.search(r"content-length: (\d+)", head)
    assert length, head
    await reader.readexactly(int(length[1]))


def percentile(times: list[float], part: float) -> float:
    return times[int(part * (len(times) - 1))]
