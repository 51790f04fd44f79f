"""The process: threads, sockets, the way to a resident, and the control address."""

from __future__ import annotations

import json
import sys
import threading
from datetime import datetime, timedelta
from http import HTTPStatus
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wallets.sandbox.binance import Binance
from wallets.sandbox.binanceus import Binanceus
from wallets.sandbox.bitfinex import Bitfinex
from wallets.sandbox.bitstamp import Bitstamp
from wallets.sandbox.bybit import Bybit
from wallets.sandbox.coinbase import Coinbase
from wallets.sandbox.coinjar import Coinjar
from wallets.sandbox.ecb import Ecb
from wallets.sandbox.faults import NO_FAULT, Fault, FaultPlan, reply_with, send_with
from wallets.sandbox.gemini import Gemini
from wallets.sandbox.kraken import Kraken
from wallets.sandbox.kucoin import Kucoin
from wallets.sandbox.okx import Okx
from wallets.sandbox.turnstile import Turnstile
from wallets.sandbox.uphold import Uphold
from wallets.sandbox.wire import Call, Reply, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from wallets.sandbox.wire import Resident

RESIDENTS: Sequence[Callable[[World], Resident]] = (
    Binance,
    Binanceus,
    Bitfinex,
    Bitstamp,
    Bybit,
    Coinbase,
    Coinjar,
    Ecb,
    Gemini,
    Kraken,
    Kucoin,
    Okx,
    Uphold,
)
LARGEST_BODY = 1_000_000


class House:
    """Every resident, each with its faults and its lock."""

    def __init__(self, *, clock: Callable[[], datetime], seed: str = "holdfast", kept: Path | None = None) -> None:
        """`kept`: a file of what the control address was told, so that the next start goes on where this one ended."""
        self.kept = kept
        self.ahead = timedelta(0)
        self.clock = clock
        self.seed = seed
        self.start_again()

    def start_again(self) -> None:
        self.ahead = timedelta(0)
        self.residents: dict[str, Resident] = {}
        for make in RESIDENTS:
            resident = make(World(self.seed, self.now))
            self.residents[resident.name] = resident
        self.faults = {name: FaultPlan() for name in self.residents}
        self.locks = {name: threading.Lock() for name in self.residents}
        self.turnstile = Turnstile(self.now)

    def now(self) -> datetime:
        return self.clock() + self.ahead

    def control(self, method: str, path: str, change: Mapping[str, object]) -> Reply:
        """Answers at the control address.

        GET  /_control/NAME         what is known     POST /_control/NAME         a scenario
        POST /_control/NAME/faults  one more fault    DELETE /_control/NAME/faults  none
        POST /_control/clock        {"seconds": 60}   POST /_control/reset        everything as at the start
        POST /_control/market       {"tides": true}   prices rise and fall over years
        GET  /_control/turnstile    who came, and whether limits and bans were held
        POST /_control/NAME/ban     {"seconds": 8, "status": 418}: everybody is turned away, from the next call on
        DELETE /_control/NAME/ban   one that nobody has met yet
        """
        match method, path.strip("/").split("/"):
            case "POST", ["reset"]:
                self.start_again()
            case "POST", ["clock"]:
                self.ahead += timedelta(seconds=int(str(change["seconds"])))
            case "POST", ["market"]:
                for resident in self.residents.values():
                    resident.world.tides = bool(change["tides"])
            case "GET", ["turnstile"]:
                return Reply.json(self.turnstile.state())
            case "GET", [name] if name in self.residents:
                return Reply.json(self.residents[name].state())
            case "POST", [name] if name in self.residents:
                with self.locks[name]:
                    self.residents[name].configure(change)
            case "POST" | "DELETE", [name, "ban" | "faults" as trouble] if name in self.residents:
                self.trouble(method, name, trouble, change)
            case _:
                return Reply.json({"error": "no such control"}, 404)
        return Reply.json({"done": True})

    def trouble(self, method: str, name: str, trouble: str, change: Mapping[str, object]) -> None:
        match method, trouble:
            case "POST", "ban":
                self.turnstile.ban(name, seconds=float(str(change["seconds"])), status=int(str(change["status"])))
            case _, "ban":
                self.turnstile.lift(name)
            case "POST", _:
                self.faults[name].faults.append(Fault.from_dict(change))
            case _:
                self.faults[name].faults.clear()

    def told(self, method: str, path: str, change: Mapping[str, object]) -> Reply:
        """From outside: what changed something is kept, but for a fault or a ban that passes by itself."""
        reply = self.control(method, path, change)
        passes = "times" in change or path.endswith("/ban")
        if self.kept and reply.status == HTTPStatus.OK and method != "GET" and not passes:
            line = {"at": self.clock().isoformat(), "method": method, "path": path, "change": change}
            with self.kept.open("w" if path.strip("/") == "reset" else "a") as file:
                file.write(json.dumps(line) + "\n")
        return reply

    def remember(self) -> None:
        """As it was told before, each thing at its own time."""
        clock, lines = self.clock, self.kept.read_text().splitlines() if self.kept and self.kept.exists() else []
        for line in map(json.loads, lines):
            then = datetime.fromisoformat(line["at"])
            self.clock = lambda then=then: then  # type: ignore[misc]  # a clock that stands
            self.control(line["method"], line["path"], line["change"])
        self.clock = clock

    def play(self, scenario: Mapping[str, Mapping[str, object]]) -> None:
        """What a file says: for each exchange what its control address takes, and under `faults` a list of them.

        {"kraken": {"size": 4000, "faults": [{"kind": "status", "status": 503, "path": "*Ledgers", "times": 3}]}}
        """
        for name, facts in scenario.items():
            if name not in self.residents or not isinstance(facts, dict):
                raise ValueError(f"{name}: no exchange of the sandbox with facts of its own.")
            faults = facts.get("faults", [])
            self.residents[name].configure({key: value for key, value in facts.items() if key != "faults"})
            self.faults[name].faults += [Fault.from_dict(each) for each in faults]

    def front_page(self) -> Reply:
        names = "".join(f"<li>/{name}/</li>" for name in self.residents)
        return Reply.html(f"<!doctype html><title>Sandbox</title><h1>Holdfast's sandbox</h1><ul>{names}</ul>")


class Door(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    server: Sandbox

    def serve(self) -> None:
        house, (name, rest, query) = self.server.house, _parted(self.path)
        if name == "_control":
            self.send(self._control(rest))
        elif name not in house.residents:
            self._body()
            self.send(house.front_page() if not name else Reply.json({"error": "nobody lives here"}, 404))
        else:
            call = self._call(name, rest, query)
            with house.turnstile.passing(name, call):
                if away := house.turnstile.turned_away(name):
                    self.send(away)
                    return
                with house.locks[name]:
                    fault = house.faults[name].next_for(call)
                    reply = reply_with(fault, lambda: house.residents[name].answer(call))
                self.send(reply, fault)

    do_GET = do_POST = do_PUT = do_DELETE = serve  # noqa: N815  # the names http.server looks for

    def send(self, reply: Reply, fault: Fault = NO_FAULT) -> None:
        lines = [f"HTTP/1.1 {reply.status} {responses.get(reply.status, 'Unknown')}"]
        now = self.server.house.now()
        headers = {
            **reply.headers,
            "Content-Length": str(len(reply.body)),
            "Date": self.date_time_string(int(now.timestamp())),
        }
        lines += [f"{header}: {value}" for header, value in headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        try:
            self.close_connection = not send_with(fault, self.connection, head, reply.body) or self.close_connection
        except OSError:  # the caller went away; so be it
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Nothing: request lines carry codes and tokens."""

    def _control(self, path: str) -> Reply:
        """Only JSON: a web page cannot send that here without being asked first."""
        try:
            body = self._body()
            if self.command == "POST" and "json" not in self.headers.get("Content-Type", ""):
                return Reply.json({"error": "send JSON"}, 415)
            return self.server.house.told(self.command, path, json.loads(body or b"{}"))
        except (ValueError, KeyError, TypeError) as error:
            return Reply.json({"error": str(error)}, 400)

    def _call(self, name: str, path: str, query: str) -> Call:
        return Call(
            method=self.command,
            path=path,
            query=query,
            headers={header.lower(): value for header, value in self.headers.items()},
            body=self._body(),
            origin=f"http://{self.headers.get('Host', 'localhost')}/{name}",
            peer=str(self.client_address[0]),
        )

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        return self.rfile.read(min(int(length), LARGEST_BODY)) if length.isdigit() else b""


class Sandbox(ThreadingHTTPServer):
    """`with Sandbox(("127.0.0.1", 0), house) as sandbox: sandbox.serve_forever()`; port 0 takes any."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], house: House) -> None:
        self.house = house
        super().__init__(address, Door)

    @property
    def port(self) -> int:
        return self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed is no trouble of ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _parted(target: str) -> tuple[str, str, str]:
    """/coinbase/v2/user?a=b -> coinbase, /v2/user, a=b"""
    parts = urlsplit(target)
    name, _, rest = parts.path.lstrip("/").partition("/")
    return name, f"/{rest}", parts.query
