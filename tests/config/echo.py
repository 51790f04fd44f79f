"""An application behind the porch that answers with what it was sent, or with pieces without end."""

from __future__ import annotations

from config.porch import CROWDED, Porch


class Endless:
    streaming = True

    def __init__(self) -> None:
        self.taken, self.is_closed = 0, False

    def __iter__(self):
        return self

    def __next__(self):
        self.taken += 1
        return b"x"

    def close(self):
        self.is_closed = True


def echo(environ, start_response):
    status = "503 Service Unavailable" if environ.get(CROWDED) else "200 OK"
    start_response(status, [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read()]


LONG = 48 << 20  # more than any socket holds


class Long:
    streaming = True

    def __iter__(self):
        return iter([b"y" * (1 << 16)] * (LONG >> 16))


def echo_or_long(environ, start_response):
    if environ["REQUEST_METHOD"] == "LONG":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return Long()
    return echo(environ, start_response)


application = Porch(echo_or_long)
