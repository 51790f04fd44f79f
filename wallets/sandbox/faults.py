"""Failures on order. A fault is set at the control address and played instead of the resident's answer, or on top:
the resident may already have done its work (a token was rotated, and the answer was lost).
"""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wallets.sandbox.wire import Call


class Kind(StrEnum):
    NONE = "none"
    STATUS = "status"  # this status and body, and the resident is not asked
    HTML = "html"  # 200 with a page: a captive portal
    EMPTY = "empty"  # 200 with nothing
    TRUNCATED = "truncated"  # the right answer, cut in the middle, lengths in agreement
    REDIRECT = "redirect"  # to `location`, to see whether our headers follow
    # Below HTTP:
    CUT = "cut"  # the right answer's length is announced, half of it comes, then the end
    DRIP = "drip"  # the right answer, a byte every `pause_ms`
    HANG = "hang"  # silence for `pause_ms`, then the end
    RESET = "reset"  # the connection is torn down
    LOST = "lost"  # the resident does its work, and the answer is never sent


@dataclass(slots=True)
class Fault:
    kind: Kind
    path: str = "*"  # of the resident, with wildcards
    times: int | None = None  # then it is over; None: until it is taken away
    status: int = 503
    body: str = ""
    content_type: str = "application/json"
    location: str = ""
    pause_ms: int = 1000
    retry_after: str = ""  # said with the status

    @classmethod
    def from_dict(cls, given: Mapping[str, object]) -> Fault:
        try:
            return cls(**{**given, "kind": Kind(str(given.get("kind")))})  # type: ignore[arg-type]  # checked by use
        except TypeError as error:
            raise ValueError(str(error)) from error


class FaultPlan:
    """The faults of one resident, in the order they were set."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def next_for(self, call: Call) -> Fault:
        for fault in self.faults:
            if fault.times != 0 and fnmatchcase(call.path, fault.path):
                fault.times = fault.times - 1 if fault.times is not None else None
                return fault
        return NO_FAULT


NO_FAULT = Fault(Kind.NONE)
PORTAL = "<!doctype html><title>Welcome</title><p>Accept the terms to use this network."


def reply_with(fault: Fault, answer: Callable[[], Reply]) -> Reply:
    """What is to be sent, before the socket has its say."""
    instead = {
        Kind.STATUS: Reply(fault.status, fault.body.encode(), headers_of(fault)),
        Kind.HTML: Reply.html(PORTAL),
        Kind.EMPTY: Reply(200, b"", {"Content-Type": "application/json"}),
        Kind.REDIRECT: Reply.redirect(fault.location),
        Kind.HANG: Reply(200),
        Kind.RESET: Reply(200),
    }
    reply = instead.get(fault.kind) or answer()
    if fault.kind is Kind.TRUNCATED:
        return Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers)
    return reply


def headers_of(fault: Fault) -> dict[str, str]:
    return {"Content-Type": fault.content_type} | ({"Retry-After": fault.retry_after} if fault.retry_after else {})


def send_with(fault: Fault, connection: socket.socket, head: bytes, body: bytes) -> bool:
    """Sends, and says whether the connection can be used again."""
    match fault.kind:
        case Kind.CUT:
            connection.sendall(head + body[: len(body) // 2])
        case Kind.DRIP:
            _drip(connection, head + body, fault.pause_ms)
        case Kind.HANG:
            time.sleep(fault.pause_ms / 1000)
        case Kind.RESET:
            _reset(connection)
        case Kind.LOST:
            pass
        case _:
            connection.sendall(head + body)
            return True
    return False


def _drip(connection: socket.socket, data: bytes, pause_ms: int) -> None:
    for at in range(len(data)):
        connection.sendall(data[at : at + 1])
        time.sleep(pause_ms / 1000)


def _reset(connection: socket.socket) -> None:
    """Closing with no patience for what is unsent sends RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
