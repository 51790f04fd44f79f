"""A running sandbox, and the person who uses it: what a browser would do on the other side's pages."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests

from wallets.sandbox.server import House, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT_ID = "client-of-the-tests"
CLIENT_SECRET = "canary-client-secret-4410"


class Playground:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.coinbase = self.at("coinbase")

    def at(self, provider: str) -> str:
        return f"{self.url}/{provider}"

    def control(self, path: str, change: dict[str, Any] | None = None, method: str = "POST") -> dict[str, Any]:
        answer = requests.request(method, f"{self.url}/_control/{path}", json=change or {}, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def state(self, provider: str = "coinbase") -> dict[str, Any]:
        return self.control(provider, method="GET")

    def register(self, *redirect_uris: str, client_id: str = CLIENT_ID, provider: str = "coinbase") -> None:
        client = {"id": client_id, "secret": CLIENT_SECRET, "redirect_uris": [*redirect_uris]}
        self.control(provider, {"client": client})

    def fault(self, kind: str, path: str = "*", *, provider: str = "coinbase", **more: object) -> None:
        self.control(f"{provider}/faults", {"kind": kind, "path": path, **more})

    def later(self, seconds: int) -> None:
        self.control("clock", {"seconds": seconds})

    def id_of(self, first_name: str, provider: str = "coinbase") -> str:
        return next(one["id"] for one in self.state(provider)["people"] if one["name"].startswith(first_name))

    def allow(self, address: str, first_name: str = "Ada", scopes: list[str] | None = None) -> str:
        """Says yes on the consent page; the address the browser is then sent to."""
        asked = parse_qs(urlsplit(address).query).get("scope", [""])[0].replace(",", " ").split()
        provider = urlsplit(address).path.split("/")[1]
        form = {"person": self.id_of(first_name, provider), "scope": asked if scopes is None else scopes}
        return self._answer(address, form)

    def refuse(self, address: str) -> str:
        return self._answer(address, {"person": ""})

    def _answer(self, address: str, form: dict[str, Any]) -> str:
        """The form is sent where its page stands: some addresses lead on to it first."""
        page = requests.get(address, timeout=10)
        assert page.status_code == 200, page.text
        answer = requests.post(page.url, data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@contextmanager
def running() -> Iterator[Playground]:
    house = House(clock=lambda: datetime.now(UTC))
    with Sandbox(("127.0.0.1", 0), house) as sandbox:
        threading.Thread(target=sandbox.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Playground(sandbox.port)
        sandbox.shutdown()
