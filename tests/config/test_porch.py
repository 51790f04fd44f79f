"""Who is slow to send holds nobody else, and what was sent is handed over whole."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from errno import ENOSPC
from io import BytesIO
from threading import Event, Thread

import pytest
from hypothesis import given, settings, strategies

from config import porch
from config.porch import CROWDED, LARGE, LARGE_ONES, OF_ONE_ADDRESS, PIECE, Porch
from config.uploads import READ_OUT
from tests.chaos.processes import ROOT, wait_until
from tests.config.echo import LONG, Endless, echo
from tests.strength import examples

ADDRESS = "192.0.2.7"


def asked(body: bytes | None = None, **more) -> dict:
    brings = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))} if body is not None else {}
    return {"REMOTE_ADDR": ADDRESS, "wsgi.input": BytesIO(), **brings, **more}


def answer(house: Porch, environ: dict) -> tuple[str, bytes]:
    heads: list[str] = []
    told = house(environ, lambda status, _headers: heads.append(status))
    return heads[0], b"".join(told)


@given(strategies.sampled_from([0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, LARGE, LARGE + 1]))
def test_what_was_sent_is_handed_over_whole(size):
    body = os.urandom(size)
    assert answer(Porch(echo), asked(body)) == ("200 OK", body)


def test_no_more_is_read_than_was_announced():
    assert answer(Porch(echo), asked(b"first and second", CONTENT_LENGTH="5"))[1] == b"first"


@pytest.mark.parametrize("told", ["", "-1", "five", "²", "0"])
def test_what_announces_nothing_brings_nothing(told):
    seen = []
    house = Porch(lambda environ, _start: seen.append(environ) or [])
    sent = asked(b"something", CONTENT_LENGTH=told)
    list(house(sent, lambda *_: None))
    assert seen[0]["wsgi.input"] is sent["wsgi.input"]


def test_who_left_before_all_was_sent_is_not_heard():
    asked_for = []
    house = Porch(lambda environ, _start: asked_for.append(environ) or [])
    heads = []
    assert house(asked(b"half", CONTENT_LENGTH="9"), lambda *head: heads.append(head)) == []
    assert (heads[0][0], asked_for) == ("400 Bad Request", [])


def test_requests_are_answered_one_at_a_time_and_by_one_thread():
    """So that one connection to the database serves them all."""
    inside, most, threads = [], [], set()

    def slow(_environ, start_response):
        from threading import current_thread  # noqa: PLC0415

        inside.append(1)
        most.append(len(inside))
        threads.add(current_thread().name)
        time.sleep(0.01)
        inside.pop()
        start_response("200 OK", [])
        return []

    house = Porch(slow)
    callers = [Thread(target=answer, args=(house, asked(b"x"))) for _ in range(6)]
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    assert (most, threads) == ([1] * 6, {"django"})


def test_a_failure_is_the_servers_to_know_and_the_next_is_answered():
    def breaks_once(environ, start_response):
        if not environ["wsgi.input"].read():
            raise SystemExit(3)
        return echo(environ, start_response)

    house = Porch(breaks_once)
    with pytest.raises(SystemExit):
        answer(house, asked())
    assert answer(house, asked(b"next"))[0] == "200 OK"


def test_a_long_answer_comes_piece_by_piece_and_ends_when_its_reader_leaves():
    told = Endless()
    house = Porch(lambda environ, start: told if environ["PATH_INFO"] == "/long/" else echo(environ, start), kept=9)

    pieces = house(asked(PATH_INFO="/long/"), lambda *_: None)
    assert b"".join(next(pieces) for _ in range(3)).strip(b"x") == b""
    assert told.taken <= 3 * 9 + 9 + 1
    pieces.close()

    assert answer(house, asked(b"next", PATH_INFO="/"))[1] == b"next"
    assert told.is_closed


@pytest.mark.parametrize("leaves", [lambda pieces: pieces.close(), lambda _pieces: None])
def test_who_leaves_before_the_first_piece_of_a_long_answer_holds_nobody(leaves):
    """The server may never ask for one, and let the answer go with a word or without."""
    told = Endless()
    house = Porch(lambda *_: told, kept=9)
    leaves(house(asked(), lambda *_: None))
    assert wait_until(lambda: told.is_closed, 5)


def test_a_long_answer_that_breaks_is_broken_for_its_reader_too():
    class Breaks(Endless):
        def __next__(self):
            if self.taken:
                raise OSError
            return super().__next__()

    told = Breaks()
    pieces = Porch(lambda *_: told)(asked(), lambda *_: None)
    assert next(pieces) == b"x"
    with pytest.raises(OSError):  # noqa: PT011 - it has no words
        next(pieces)


# --- where the disk is full ----------------------------------------------------------------------------------------


class Cramped(BytesIO):
    """Keeps so many bytes, and says of the rest that it did not come to be written, as files do; or fails, as well."""

    def __init__(self, size: int, *, fails: bool) -> None:
        super().__init__()
        self.left, self.fails = size, fails

    def write(self, piece):
        kept = super().write(piece[: self.left])
        self.left -= kept
        if kept < len(piece) and self.fails:
            raise OSError(ENOSPC, "No space left on device")
        return kept

    def close(self):
        """What a buffer holds is tried once more."""
        failed = self.fails and not self.left and not self.closed
        super().close()
        if failed:
            raise OSError(ENOSPC, "No space left on device")


@pytest.fixture(params=[True, False], ids=["fails", "falls short"])
def full_disk(request, monkeypatch):
    made = []

    def make(**_kwargs):
        made.append(Cramped(PIECE + 5, fails=request.param))
        return made[-1]

    monkeypatch.setattr(porch.tempfile, "SpooledTemporaryFile", make)
    return made


def test_what_was_sent_and_could_not_be_written_whole_is_not_handed_over(full_disk):
    """Its sender is told to come again; who sends less than there is room for is heard."""
    heard = []

    def seen(environ, start_response):
        heard.append(int(environ["CONTENT_LENGTH"]))
        return echo(environ, start_response)

    house = Porch(seen)
    assert answer(house, asked(b"x" * 3 * PIECE)) == ("503 Service Unavailable", b"")
    assert answer(house, asked(b"y" * PIECE)) == ("200 OK", b"y" * PIECE)
    assert (heard, house.bodies.total(), house.large) == ([0, PIECE], 0, 0)
    assert full_disk[0].closed


def test_a_long_answer_that_could_not_be_written_whole_hears_no_end(full_disk):
    house = house_of(lambda: Long(3), kept=4 * PIECE)
    pieces, _ = begin_reading(house)
    assert answer(house, asked())[0] == "200 OK"  # by now all of it was carried
    with pytest.raises(OSError, match="No space left"):
        list(pieces)
    assert full_disk
    assert (house.room.left, house.readers.total()) == (4 * PIECE, 0)


# --- readers -------------------------------------------------------------------------------------------------------


class Long:
    """So many pieces of 64 KB, each of its own letter."""

    streaming = True

    def __init__(self, pieces: int) -> None:
        self.pieces = [bytes([65 + n % 26]) * PIECE for n in range(pieces)]
        self.is_closed = False

    def __iter__(self):
        return iter(self.pieces)

    def close(self):
        self.is_closed = True


def house_of(told, **bounds) -> Porch:
    def answers(environ, start_response):
        return told() if environ.get("PATH_INFO") == "/long/" else echo(environ, start_response)

    return Porch(answers, **bounds)


def begin_reading(house: Porch, **more):
    heads: list[str] = []
    return house(asked(PATH_INFO="/long/", **more), lambda status, *_: heads.append(status)), heads


def test_who_takes_nothing_of_a_long_answer_holds_nobody_and_gets_all_of_it_later():
    told = Long(100)
    house = house_of(lambda: told)
    slow, _ = begin_reading(house)

    assert answer(house, asked(b"next"))[1] == b"next"
    assert told.is_closed
    assert b"".join(slow) == b"".join(told.pieces)


@given(room=strategies.integers(PIECE, 5 * PIECE), pieces=strategies.integers(0, 30))
@settings(deadline=None, max_examples=examples(20))
def test_it_is_whole_however_little_room_there_is(room, pieces):
    told = Long(pieces)
    house = house_of(lambda: told, kept=room)

    slow, _ = begin_reading(house)

    assert b"".join(slow) == b"".join(told.pieces)
    assert house.room.left == room


def test_whose_answer_finds_no_room_is_waited_for_so_long_in_all_and_hears_no_end():
    told = Long(20)
    house = house_of(lambda: told, kept=4 * PIECE, patience=0.6)
    slow, _ = begin_reading(house)
    time.sleep(0.4)
    taken = [next(slow) for _ in range(4)]

    assert answer(house, asked(b"next"))[1] == b"next"
    with pytest.raises(porch.SlowReaderError):
        list(slow)
    assert len(taken) == 4
    assert (house.room.left, house.readers.total()) == (4 * PIECE, 0)


def test_of_one_address_so_many_read_at_once_and_others_all_the_same():
    house = Porch(lambda environ, start: echo(environ, start) if environ.get(CROWDED) else Long(1))
    reading = [begin_reading(house)[0] for _ in range(OF_ONE_ADDRESS)]

    assert answer(house, asked())[0] == "503 Service Unavailable"
    other, _ = begin_reading(house, REMOTE_ADDR="192.0.2.8")
    assert list(other) == [b"A" * PIECE]

    list(reading.pop())
    again, _ = begin_reading(house)
    assert list(again) == [b"A" * PIECE]


def test_there_is_a_thread_for_others_while_all_places_of_senders_and_readers_are_taken():
    assert porch.BODIES + porch.READERS < porch.THREADS


# --- room ----------------------------------------------------------------------------------------------------------


class Stuck(BytesIO):
    """A body that does not come until it is let."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.go = Event()

    def read(self, size: int | None = -1) -> bytes:
        self.go.wait()
        return super().read(size)


@contextmanager
def being_sent(house: Porch, count: int, *, size: int = 9, **more):
    bodies = [Stuck(b"x" * size) for _ in range(count)]
    told: list[str] = []
    sent = [{**asked(b""), "wsgi.input": body, "CONTENT_LENGTH": str(size), **more} for body in bodies]
    senders = [Thread(target=lambda environ=environ: told.append(answer(house, environ)[0])) for environ in sent]
    for each in senders:
        each.start()
    assert wait_until(lambda: house.bodies.total() >= count, 5)
    yield
    for body in bodies:
        body.go.set()
    for each in senders:
        each.join()
    assert told == ["200 OK"] * count


def test_of_one_address_so_many_bodies_are_taken_in_at_once_and_others_all_the_same():
    house = Porch(echo)
    with being_sent(house, OF_ONE_ADDRESS):
        assert answer(house, asked(b"one more")) == ("503 Service Unavailable", b"")
        assert answer(house, asked(b"another's", REMOTE_ADDR="192.0.2.8"))[0] == "200 OK"
        assert answer(house, asked())[0] == "200 OK"
    assert answer(house, asked(b"one more")) == ("200 OK", b"one more")


def test_of_large_bodies_so_many_are_taken_in_at_once_and_small_ones_all_the_same():
    house = Porch(echo)
    with being_sent(house, LARGE_ONES, size=LARGE + 1):
        other = {"REMOTE_ADDR": "192.0.2.8"}
        assert answer(house, asked(b"x" * (LARGE + 1), **other))[0] == "503 Service Unavailable"
        assert answer(house, asked(b"small", **other))[0] == "200 OK"


def test_there_is_a_thread_for_who_brings_nothing_while_all_bodies_are_waited_for():
    house = Porch(echo)
    with ExitStack() as sending:
        for number in range(porch.BODIES // OF_ONE_ADDRESS):
            sending.enter_context(being_sent(house, OF_ONE_ADDRESS, REMOTE_ADDR=f"192.0.2.{number}"))
        assert answer(house, asked(b"one more", REMOTE_ADDR="192.0.2.99"))[0] == "503 Service Unavailable"
        assert answer(house, asked())[0] == "200 OK"
    assert porch.BODIES < porch.THREADS


def test_what_is_larger_than_anything_we_read_is_not_begun():
    seen = []
    house = Porch(lambda environ, _start: seen.append(environ) or [])
    list(house(asked(b"", CONTENT_LENGTH=str(READ_OUT + 1)), lambda *_: None))
    assert seen[0][CROWDED]


def test_whose_address_counts_is_the_last_one_that_our_proxies_did_not_add(settings):
    passed = {"HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.5, 192.0.2.1", "REMOTE_ADDR": ADDRESS}
    found = []
    for settings.TRUSTED_PROXIES in (0, 1, 2, 4):
        found.append(porch.caller(passed))
    assert found == [ADDRESS, "192.0.2.1", "203.0.113.5", ADDRESS]
    settings.TRUSTED_PROXIES = 1
    assert porch.caller({"HTTP_X_FORWARDED_FOR": "2001:db8::1"}) == porch.caller(
        {"HTTP_X_FORWARDED_FOR": "2001:db8::2"}
    )
    assert porch.caller({"HTTP_X_FORWARDED_FOR": "no:address"}) == "no:address"


def test_who_is_turned_away_is_told_so_in_words_and_to_a_program_in_its_own(client):
    page = client.post("/accounts/login/", {"login": "alice@example.test"}, headers={}, **{CROWDED: True})
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "what you sent was not taken in" in page.content.decode()
    assert "Nothing was changed." in page.content.decode()
    assert "script-src" in page["Content-Security-Policy"]
    assert page["X-Request-ID"]

    told = client.post("/api/v1/tokens/", {"name": "x"}, content_type="application/json", **{CROWDED: True})
    assert (told.status_code, told["Content-Type"]) == (503, "application/problem+json")
    assert told.json()["code"] == "crowded"


# --- as it is served -----------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def served(application: str):
    port = free_port()
    options = ["--interface", "wsgi", "--port", str(port), "--workers", "1", "--blocking-threads", str(porch.THREADS)]
    last = ["--workers-kill-timeout", "4", "--log-level", "error"]  # as the service's own
    words = [sys.executable, "-m", "granian", *options, *last, application]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with subprocess.Popen(words, cwd=ROOT, env=env) as server:
        try:
            assert wait_until(lambda: connects(port), 60)
            yield port
        finally:
            server.terminate()


def connects(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def begun(port: int, head: str, body: bytes = b"") -> socket.socket:
    sender = socket.create_connection(("127.0.0.1", port), timeout=20)
    sender.sendall(f"{head} / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".encode())
    sender.sendall((f"Content-Length: {len(body)}\r\n" if body else "").encode() + b"\r\n" + body[:1])
    return sender


def heard(sender: socket.socket) -> bytes:
    told = bytearray()
    with sender:
        while piece := sender.recv(PIECE):
            told += piece
    return bytes(told)


def test_who_reads_nothing_of_a_long_answer_holds_nobody_else():
    """As it was, one such reader in each process was enough for all of the service."""
    with served("tests.config.echo:application") as port, ExitStack() as reading:
        slow = [reading.enter_context(begun(port, "LONG")) for _ in range(3)]
        time.sleep(0.5)

        assert heard(begun(port, "GET")).startswith(b"HTTP/1.1 200")
        assert heard(slow[0]).count(b"y") >= LONG


def test_who_sends_a_form_letter_by_letter_holds_nobody_else():
    """One process, as each of the service's is: four such forms had been enough for all of it."""
    with served("tests.config.echo:application") as port:
        slow = [begun(port, "POST", b"slowly") for _ in range(OF_ONE_ADDRESS)]
        time.sleep(2)  # until each has its place, also on a machine that is busy

        assert heard(begun(port, "GET")).startswith(b"HTTP/1.1 200")
        with begun(port, "POST", b"one more") as refused:
            assert refused.recv(PIECE).startswith(b"HTTP/1.1 503")

        slow[0].sendall(b"lowly")
        assert heard(slow.pop(0)).endswith(b"slowly")
        for each in slow:
            each.close()
