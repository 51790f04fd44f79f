"""Where requests wait until all they bring is here.

Django answers one request at a time in each process (README's decisions say why), so nobody may hold it who is only
slow. The server gives each request a thread, which takes in its body and then hands the request over to Django's own.
A long answer, such as a file that is downloaded, lies in a file without a name until its reader has taken it. Threads
that wait for senders or for readers are bounded, for all of them and for one address: there is always one for who
brings nothing and asks for little, as most do.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import contextmanager, suppress
from functools import partial
from io import BytesIO
from queue import SimpleQueue
from threading import Condition, RLock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings

from config.limits import neighbourhood
from config.uploads import READ_OUT, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import IO

    Environ = dict[str, Any]
    Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

log = structlog.get_logger(__name__)
THREADS = 64  # of the server, in each process
BODIES, OF_ONE_ADDRESS = 32, 8  # so many of them take in bodies at once
LARGE, LARGE_ONES = 1 << 20, 2  # bytes; and so many bodies at once that are larger, for they lie on the disk
READERS = 24  # so many more hand out long answers, of one address as many as bodies
PIECE = 1 << 16
LOOK = 0.2  # seconds between two looks whether somebody made room
KEPT = 512 << 20  # bytes of long answers, of all together, that nobody has taken yet
PATIENCE = 30.0  # seconds that Django waits in all for the reader of one, where there is no more room
CROWDED = "holdfast.crowded"  # in a request that is to be told so: its body was not read, or its answer not handed out


class Porch:
    def __init__(self, django: Application, *, kept: int = KEPT, patience: float = PATIENCE) -> None:
        self.django = django
        self.turns: SimpleQueue[Turn] = SimpleQueue()
        self.lock = RLock()  # an answer that is let go may be so in the midst of anything
        self.bodies: Counter[str] = Counter()  # that are being taken in, by address
        self.readers: Counter[str] = Counter()  # to whom long answers are handed out
        self.large = 0
        self.room, self.patience = Room(kept), patience
        Thread(target=self._answer_one_by_one, name="django", daemon=True).start()

    def _answer_one_by_one(self) -> None:
        while True:
            self.turns.get().take(self.django, partial(Line, self.room, self.patience))

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        size = announced(environ)
        if not size:
            return self._turn(environ, start_response)
        with self._room(environ, size) as has_room:
            if not has_room:
                return self._turn(turned_away(environ), start_response)
            body = tempfile.SpooledTemporaryFile(max_size=LARGE)  # noqa: SIM115 - closed below
            came = take_in(environ["wsgi.input"], body, size)
        with given_back(body):
            if came is None:
                return self._turn(turned_away(environ), start_response)
            if came < size:  # the sender has gone, and hears no answer
                start_response("400 Bad Request", [])
                return []
            return self._turn(environ | {"wsgi.input": body}, start_response)

    def _turn(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        turn = Turn(environ)
        self.turns.put(turn)
        answer = turn.answer()
        if isinstance(answer, Pieces) and not self._takes_leave(answer, caller(environ)):
            answer.close()
            return self._turn(environ | {CROWDED: True}, start_response)
        if turn.head:
            start_response(*turn.head)
        return answer

    def _takes_leave(self, answer: Pieces, address: str) -> bool:
        """Whether there is a place for one more reader. It is free again when the answer is over."""
        with self.lock:
            has_place = self.readers.total() < READERS and self.readers[address] < OF_ONE_ADDRESS
            if has_place:
                self.readers[address] += 1
                answer.leave = partial(self._left, address)
        return has_place

    def _left(self, address: str) -> None:
        with self.lock:
            self.readers -= Counter([address])

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

    def take(self, django: Application, make_line: Callable[[], Line]) -> None:
        try:
            told = django(self.environ, self._begin)
        except BaseException as failure:  # noqa: BLE001 - it is told to the server, which may end for it
            self.told.put(failure)
            return
        try:
            if getattr(told, "streaming", False):
                line = make_line()
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


class Room:
    """What all long answers may keep, in bytes."""

    def __init__(self, size: int) -> None:
        self.lock, self.left = RLock(), size

    def take(self, size: int) -> bool:
        with self.lock:
            has_room = size <= self.left
            self.left -= size if has_room else 0
        return has_room

    def give_back(self, size: int) -> None:
        with self.lock:
            self.left += size


class SlowReaderError(OSError):
    """There was no more room for what it does not take. It hears no end of its answer, and so knows."""


class Line:
    """Between Django's thread and the one that hands a long answer out."""

    def __init__(self, room: Room, patience: float) -> None:
        self.room, self.patience = room, patience
        self.changed = Condition()
        self.kept = tempfile.SpooledTemporaryFile(max_size=LARGE)  # noqa: SIM115 - closed by `end`
        self.came = self.went = 0  # bytes of it
        self.is_whole = self.is_over = False
        self.failure: BaseException | None = None

    def carry(self, told: Iterable[bytes]) -> None:
        failure = None
        try:
            for piece in told:
                if not self._put(piece):
                    return
        except BaseException as broken:  # noqa: BLE001 - as above
            failure = broken
        with self.changed:
            self.failure, self.is_whole = failure, True
            self.changed.notify_all()

    def take(self) -> bytes:
        """Nothing: that was all."""
        with self.changed:
            self.changed.wait_for(lambda: self.went < self.came or self.is_whole or self.is_over)
            if self.is_over or self.went == self.came:
                return b""
            self.kept.seek(self.went)
            piece = self.kept.read(PIECE)
            self.went += len(piece)
            self._forget_what_is_taken()
            self.changed.notify_all()
        return piece

    def end(self) -> None:
        with self.changed:
            if not self.is_over:
                self.is_over = True
                self.room.give_back(self.came)
                let_go(self.kept)
                self.changed.notify_all()

    def _put(self, piece: bytes) -> bool:
        """False: nobody reads on."""
        with self.changed:
            if not (self.is_over or self.room.take(len(piece))):
                self._wait_for_room(len(piece))
            if self.is_over:
                return False
            self._keep(piece)
            self.came += len(piece)
            self.changed.notify_all()
        return True

    def _keep(self, piece: bytes) -> None:
        try:
            self.kept.seek(self.came)
            write_whole(piece, self.kept)
        except OSError:
            self.room.give_back(len(piece))  # it does not count as come, or its reader would take a part for the whole
            raise

    def _wait_for_room(self, size: int) -> None:
        """For this reader, or for any other. The others' are looked for now and then."""
        begun = monotonic()
        while not (self.is_over or self.room.take(size)):
            if monotonic() - begun >= self.patience:
                raise SlowReaderError
            self.changed.wait(LOOK)
        self.patience -= monotonic() - begun

    def _forget_what_is_taken(self) -> None:
        if self.went == self.came:
            self.room.give_back(self.came)
            self.kept.seek(0)
            self.kept.truncate()
            self.came = self.went = 0


class Pieces:
    """A long answer, for the server. It may let it go at any time, also before the first piece: no generator, then,
    which would not hear of that.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.leave: Callable[[], None] | None = None

    def __iter__(self) -> Pieces:
        return self

    def __next__(self) -> bytes:
        if piece := self.line.take():
            return piece
        failure = self.line.failure
        self.close()
        raise failure or StopIteration

    def close(self) -> None:
        self.line.end()
        leave, self.leave = self.leave, None
        if leave:
            leave()

    __del__ = close


def announced(environ: Mapping[str, Any]) -> int:
    """How much the request brings. Django reads no more than that, and nothing where nothing is announced."""
    told = str(environ.get("CONTENT_LENGTH") or "")
    return int(told) if told.isascii() and told.isdigit() else 0


def take_in(sent: IO[bytes], body: IO[bytes], size: int) -> int | None:
    """How much came of it: less than was announced, where its sender left. None: there is no room for it here."""
    came = 0
    while came < size and (piece := sent.read(min(PIECE, size - came))):
        try:
            write_whole(piece, body)
        except OSError:
            log.exception("porch.disk_full", announced=size, came=came)
            return None
        came += len(piece)
    body.seek(0)
    return came


def let_go(kept: IO[bytes]) -> None:
    """What could not be written is tried once more when it is closed; it is closed then all the same."""
    with suppress(OSError):
        kept.close()


@contextmanager
def given_back(body: IO[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        let_go(body)


def turned_away(environ: Environ) -> Environ:
    return environ | {"wsgi.input": BytesIO(), "CONTENT_LENGTH": "0", CROWDED: True}


def caller(environ: Mapping[str, Any]) -> str:
    """The last address that our own proxies did not add."""
    passed = [each.strip() for each in str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
    behind = settings.TRUSTED_PROXIES
    address = passed[-behind] if 0 < behind <= len(passed) else str(environ.get("REMOTE_ADDR", ""))
    try:
        return neighbourhood(address)
    except ValueError:
        return address
