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


application = Porch(echo)
