"""Where requests wait until all they bring is here.

Django answers one request at a time in each process (README's decisions say why), so nobody may hold it who is only
slow. The server gives each request a thread, which takes in its body and then hands the request over to Django's own.
Threads that wait for senders are bounded, for all of them and for one address: there is always one for who brings
nothing, as most do.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import contextmanager
from io import BytesIO
from queue import Full, Queue, SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from django.conf import settings

from config.limits import neighbourhood
from config.uploads import READ_OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import IO

    Environ = dict[str, Any]
    Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

THREADS = 64  # of the server, in each process
BODIES, OF_ONE_ADDRESS = 32, 8  # so many of them take in bodies at once
LARGE, LARGE_ONES = 1 << 20, 2  # bytes; and so many bodies at once that are larger, for they lie on the disk
PIECE = 1 << 16
AHEAD = 4  # pieces of a long answer that its reader has not taken yet
LOOK = 1.0  # seconds between two looks whether that reader is still there
CROWDED = "holdfast.crowded"  # in a request that is to be told so: its body was not read


class Porch:
    def __init__(self, django: Application) -> None:
        self.django = django
        self.turns: SimpleQueue[Turn] = SimpleQueue()
        self.lock = Lock()
        self.bodies: Counter[str] = Counter()  # that are being taken in, by address
        self.large = 0
        Thread(target=self._answer_one_by_one, name="django", daemon=True).start()

    def _answer_one_by_one(self) -> None:
        while True:
            self.turns.get().take(self.django)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        size = announced(environ)
        if not size:
            return self._turn(environ, start_response)
        with self._room(environ, size) as has_room:
            if not has_room:
                nothing = {"wsgi.input": BytesIO(), "CONTENT_LENGTH": "0"}
                return self._turn(environ | nothing | {CROWDED: True}, start_response)
            body = tempfile.SpooledTemporaryFile(max_size=LARGE)  # noqa: SIM115 - closed below
            came = take_in(environ["wsgi.input"], body, size)
        with body:
            if came < size:  # the sender has gone, and hears no answer
                start_response("400 Bad Request", [])
                return []
            return self._turn(environ | {"wsgi.input": body}, start_response)

    def _turn(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        turn = Turn(environ)
        self.turns.put(turn)
        answer = turn.answer()
        if turn.head:
            start_response(*turn.head)
        return answer

    @contextmanager
    def _room(self, environ: Environ, size: int) -> Iterator[bool]:
        """For one more body of that size, from that address."""
        address, is_large = caller(environ), size > LARGE
        with self.lock:
            has_room = (
                self.bodies.total() < BODIES
                and self.bodies[address] < OF_ONE_ADDRESS
                and (not is_large or self.large < LARGE_ONES)
                and size <= READ_OUT
            )
            if has_room:
                self.bodies[address] += 1
                self.large += is_large
        try:
            yield has_room
        finally:
            if has_room:
                with self.lock:
                    self.bodies -= Counter([address])
                    self.large -= is_large


class Turn:
    """One request, which Django's thread answers."""

    def __init__(self, environ: Environ) -> None:
        self.environ = environ
        self.head: tuple[Any, ...] = ()
        self.told: SimpleQueue[Iterable[bytes] | BaseException] = SimpleQueue()

    def answer(self) -> Iterable[bytes]:
        """Nothing but who takes it holds it from here on."""
        told = self.told.get()
        if isinstance(told, BaseException):
            raise told
        return told

    def take(self, django: Application) -> None:
        try:
            told = django(self.environ, self._begin)
        except BaseException as failure:  # noqa: BLE001 - it is told to the server, which may end for it
            self.told.put(failure)
            return
        try:
            if getattr(told, "streaming", False):
                line = Line()
                self.told.put(Pieces(line))
                line.carry(told)
            else:
                self.told.put(list(told))
        except BaseException as failure:  # noqa: BLE001 - as above
            self.told.put(failure)
        finally:
            getattr(told, "close", lambda: None)()

    def _begin(self, *head: Any) -> None:
        self.head = head


class Line:
    """Between Django's thread and the one that hands a long answer out."""

    def __init__(self) -> None:
        self.pieces: Queue[bytes | BaseException | None] = Queue(AHEAD)
        self.is_over = False

    def carry(self, told: Iterable[bytes]) -> None:
        try:
            for piece in told:
                if not self._put(piece):
                    return
        except BaseException as failure:  # noqa: BLE001 - as above
            self._put(failure)
        else:
            self._put(None)

    def _put(self, piece: bytes | BaseException | None) -> bool:
        """False: nobody reads on."""
        while not self.is_over:
            try:
                self.pieces.put(piece, timeout=LOOK)
            except Full:
                continue
            return True
        return False


class Pieces:
    """A long answer, for the server. It may let it go at any time, also before the first piece: no generator, then,
    which would not hear of that.
    """

    def __init__(self, line: Line) -> None:
        self.line = line

    def __iter__(self) -> Pieces:
        return self

    def __next__(self) -> bytes:
        piece = None if self.line.is_over else self.line.pieces.get()
        if isinstance(piece, bytes):
            return piece
        self.close()
        raise piece or StopIteration

    def close(self) -> None:
        self.line.is_over = True

    __del__ = close


def announced(environ: Mapping[str, Any]) -> int:
    """How much the request brings. Django reads no more than that, and nothing where nothing is announced."""
    told = str(environ.get("CONTENT_LENGTH") or "")
    return int(told) if told.isascii() and told.isdigit() else 0


def take_in(sent: IO[bytes], body: IO[bytes], size: int) -> int:
    """How much came of it: less than was announced, where its sender left."""
    came = 0
    while came < size and (piece := sent.read(min(PIECE, size - came))):
        body.write(piece)
        came += len(piece)
    body.seek(0)
    return came


def caller(environ: Mapping[str, Any]) -> str:
    """The last address that our own proxies did not add."""
    passed = [each.strip() for each in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
    behind = settings.TRUSTED_PROXIES
    address = passed[-behind] if 0 < behind <= len(passed) else str(environ.get("REMOTE_ADDR", ""))
    try:
        return neighbourhood(address)
    except ValueError:
        return address
