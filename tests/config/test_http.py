"""Against servers that really listen, and really misbehave."""

from __future__ import annotations

import contextlib
import datetime as dt
import email.utils
import gzip
import http.server
import ipaddress
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, ClassVar

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config import http as outgoing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Asking = Callable[[outgoing.Session, str], bytes]

SECRETS = {"X-MBX-APIKEY": "hunter2-key", "Authorization": "Bearer hunter2-token"}
QUICK = outgoing.Patience(connect=1, read=1, total=1.5)


def by_requests(session: outgoing.Session, address: str) -> bytes:
    return session.get(address, headers=SECRETS, timeout=600).content


def the_short_way(session: outgoing.Session, address: str) -> bytes:
    return session.ask("GET", address, headers=SECRETS).body


both_ways = pytest.mark.parametrize("ask", [by_requests, the_short_way])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, dict[str, str]]]]
    connections: ClassVar[list[int]]
    elsewhere = ""

    def do_GET(self) -> None:
        self.seen.append((self.path, dict(self.headers)))
        getattr(self, "on_" + self.path.split("?")[0].strip("/").replace("/", "_"))()

    do_POST = do_GET  # noqa: N815  # the name http.server looks for

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def on_ok(self) -> None:
        self.reply(200, b'{"fine": true}', Content_Type="application/json")

    def on_farewell(self) -> None:
        """Keeps the connection by its words, and closes it all the same."""
        self.reply(200)
        self.close_connection = True

    def on_last(self) -> None:
        self.reply(200, b"bye", Connection="close")

    def on_refused(self) -> None:
        self.reply(403, b"no")

    def on_zipped(self) -> None:
        self.reply(200, gzip.compress(b"x" * 1000), Content_Encoding="gzip")

    def on_bomb(self) -> None:
        self.reply(200, gzip.compress(b"x" * 50_000_000), Content_Encoding="gzip")

    def on_redirect(self) -> None:
        self.reply(302, Location=f"{self.elsewhere}/stolen")

    def on_giant(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(10**9))
        self.end_headers()
        while True:
            self.wfile.write(b"x" * 65536)

    def on_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.drip(b"x")

    def on_header_drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.drip(b"a")

    def on_silence(self) -> None:
        time.sleep(5)

    def on_cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def on_cut_zip(self) -> None:
        self.reply(200, gzip.compress(b"x" * 1000)[:-12], Content_Encoding="gzip")

    def on_pieces(self) -> None:
        self.pieces(b"5\r\none, \r\n3\r\ntwo\r\n0\r\n\r\n")

    def on_cut_chunk(self) -> None:
        self.pieces(b"5\r\none, \r\n3\r\nt")
        self.close_connection = True

    def pieces(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(body)

    def on_nonsense(self) -> None:
        self.wfile.write(self.path.encode() + b"\r\n\r\n")
        self.close_connection = True

    def drip(self, byte: bytes) -> None:
        for _ in range(100):
            self.wfile.write(byte)
            self.wfile.flush()
            time.sleep(0.1)

    def handle(self) -> None:
        self.connections.append(1)
        with contextlib.suppress(ConnectionError):  # the other side had enough, as it should
            super().handle()

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.handler = type("Own", (Handler,), {"seen": [], "connections": []})
        super().__init__(("127.0.0.1", 0), self.handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as one:
        yield one
        one.shutdown()


@pytest.fixture
def foreign(server: Server) -> Iterator[Server]:
    with Server() as other:
        server.handler.elsewhere = other.origin
        yield other
        other.shutdown()


@pytest.fixture
def session(server: Server) -> outgoing.Session:
    return outgoing.session(origins=[server.origin], patience=QUICK, largest=100_000)


def test_an_answer_comes_as_requests_gives_it(server: Server, session: outgoing.Session) -> None:
    answer = session.get(f"{server.origin}/ok?signature=abc", headers=SECRETS)

    assert (answer.status_code, answer.json()) == (200, {"fine": True})
    assert server.handler.seen[0][1]["X-MBX-APIKEY"] == "hunter2-key"


def test_the_short_way_brings_what_it_needs(server: Server, session: outgoing.Session) -> None:
    answer = session.ask("POST", f"{server.origin}/ok?signature=abc", headers=SECRETS, body=b"nonce=1")

    assert (answer.status, answer.body) == (200, b'{"fine": true}')
    assert answer.headers["content-type"] == "application/json"
    path, headers = server.handler.seen[0]
    assert path == "/ok?signature=abc"
    assert headers.items() >= {**SECRETS, "Host": server.origin[7:], "Content-Length": "7"}.items()
    assert "hunter2" not in repr(answer)


@both_ways
def test_a_zipped_answer_is_opened(ask: Asking, server: Server, session: outgoing.Session) -> None:
    assert ask(session, f"{server.origin}/zipped") == b"x" * 1000


@both_ways
def test_a_connection_is_used_again(ask: Asking, server: Server, session: outgoing.Session) -> None:
    for _ in range(3):
        ask(session, f"{server.origin}/ok")

    assert len(server.handler.connections) == 1


def test_a_connection_that_was_closed_meanwhile_is_made_anew(server: Server, session: outgoing.Session) -> None:
    for path in ("ok", "farewell", "last", "ok"):
        the_short_way(session, f"{server.origin}/{path}")
        time.sleep(0.05)

    assert len(server.handler.connections) == 3


@pytest.mark.parametrize("headers", [{"X-Key": "a\r\nX-Other: b"}, {"X-Key": "ä"}])
def test_what_would_break_a_header_is_not_sent(
    headers: dict[str, str], server: Server, session: outgoing.Session
) -> None:
    with pytest.raises(outgoing.NotAllowedError):
        session.ask("GET", f"{server.origin}/ok", headers=headers)

    assert server.handler.seen == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_redirect_is_refused_and_the_other_host_never_hears_of_us(
    method: str, server: Server, foreign: Server, session: outgoing.Session
) -> None:
    with pytest.raises(outgoing.RedirectedError):
        session.request(method, f"{server.origin}/redirect", headers=SECRETS, allow_redirects=True)

    assert foreign.handler.seen == []


def test_the_short_way_is_not_led_astray(server: Server, foreign: Server, session: outgoing.Session) -> None:
    with pytest.raises(outgoing.RedirectedError):
        session.ask("POST", f"{server.origin}/redirect", headers=SECRETS)

    assert foreign.handler.seen == []


@both_ways
def test_an_origin_that_was_not_named_is_never_asked(ask: Asking, foreign: Server, session: outgoing.Session) -> None:
    with pytest.raises(outgoing.NotAllowedError):
        ask(session, f"{foreign.origin}/ok")

    assert foreign.handler.seen == []


@both_ways
@pytest.mark.parametrize(
    "address",
    [
        "http://api.test/",
        "https://api.test:8443/",
        "https://api.test.evil.test/",
        "https://api.test@evil.test/",
        "https://evil.test/?https://api.test/",
        "https://sub.api.test/",
        "https://evil.test\\@api.test/",
    ],
)
def test_nothing_that_only_looks_like_the_host_passes(address: str, ask: Asking) -> None:
    with pytest.raises(outgoing.NotAllowedError):
        ask(outgoing.session(origins=["api.test"]), address)


def test_certificate_checks_cannot_be_switched_off(session: outgoing.Session, server: Server) -> None:
    with pytest.raises(outgoing.NotAllowedError):
        session.get(f"{server.origin}/ok", verify=False)


def test_the_environment_changes_nothing(
    server: Server, foreign: Server, session: outgoing.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", foreign.origin)
    monkeypatch.setenv("ALL_PROXY", foreign.origin)

    session.get(f"{server.origin}/ok", proxies={"http": foreign.origin})

    assert foreign.handler.seen == []


@both_ways
@pytest.mark.parametrize("path", ["drip", "header/drip", "silence"])
def test_time_is_up_whatever_drips_in(path: str, ask: Asking, server: Server, session: outgoing.Session) -> None:
    began = time.monotonic()

    with pytest.raises(outgoing.TooSlowError):
        ask(session, f"{server.origin}/{path}")

    assert time.monotonic() - began < 3


@both_ways
@pytest.mark.parametrize("path", ["giant", "bomb"])
def test_a_giant_answer_is_not_read_to_its_end(
    path: str, ask: Asking, server: Server, session: outgoing.Session
) -> None:
    with pytest.raises(outgoing.TooLargeError):
        ask(session, f"{server.origin}/{path}")


@both_ways
@pytest.mark.parametrize("path", ["cut", "cut/chunk", "nonsense"])
def test_an_answer_that_breaks_off_is_no_answer(
    path: str, ask: Asking, server: Server, session: outgoing.Session
) -> None:
    with pytest.raises(outgoing.UnreachableError):
        ask(session, f"{server.origin}/{path}")


def test_a_zip_that_breaks_off_is_no_answer(server: Server, session: outgoing.Session) -> None:
    with pytest.raises(outgoing.UnreachableError):
        the_short_way(session, f"{server.origin}/cut/zip")


@both_ways
def test_an_answer_in_pieces_is_put_together(ask: Asking, server: Server, session: outgoing.Session) -> None:
    assert ask(session, f"{server.origin}/pieces") == b"one, two"


@both_ways
def test_no_such_host(ask: Asking) -> None:
    with pytest.raises(outgoing.UnreachableError, match=r"no-such-host"):
        ask(
            outgoing.session(origins=["no-such-host.invalid"], patience=QUICK),
            "https://no-such-host.invalid/?token=abc",
        )


@both_ways
def test_a_port_nobody_listens_at(ask: Asking) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"

    with pytest.raises(outgoing.UnreachableError):
        ask(outgoing.session(origins=[origin]), origin)


@both_ways
def test_a_certificate_nobody_signed_is_not_trusted_unless_named(ask: Asking, server: Server, tmp_path: Path) -> None:
    address, certificate = tls(server, tmp_path)

    with pytest.raises(outgoing.UntrustedError):
        ask(outgoing.session(origins=[address], patience=QUICK), f"{address}/ok")
    answer = ask(outgoing.session(origins=[address], patience=QUICK, ca=str(certificate)), f"{address}/ok")

    assert answer == b'{"fine": true}'


@both_ways
def test_a_certificate_is_for_one_host(ask: Asking, server: Server, tmp_path: Path) -> None:
    address, certificate = tls(server, tmp_path)
    elsewhere = address.replace("127.0.0.1", "localhost")

    with pytest.raises(outgoing.UntrustedError):
        ask(outgoing.session(origins=[elsewhere], patience=QUICK, ca=str(certificate)), f"{elsewhere}/ok")


def tls(server: Server, folder: Path) -> tuple[str, Path]:
    """The server speaks TLS from here on, with a certificate it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    both = folder / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return server.origin.replace("http://", "https://"), both


@both_ways
@pytest.mark.parametrize("path", ["redirect", "giant", "silence", "cut", "nowhere", "nonsense"])
def test_no_error_tells_a_secret(path: str, ask: Asking, server: Server, foreign: Server) -> None:
    address = f"http://127.0.0.1:1/{path}" if path == "nowhere" else f"{server.origin}/{path}"
    asked = outgoing.session(origins=[server.origin, "http://127.0.0.1:1"], patience=QUICK, largest=1000)

    with pytest.raises(outgoing.OutgoingError) as caught:
        ask(asked, f"{address}?signature=hunter2-sign")

    chain = [caught.value, caught.value.__context__, caught.value.__cause__]
    assert "hunter2" not in repr([(each, vars(each)) for each in chain if each])
    assert (caught.value.request, caught.value.response) == (None, None)


def test_the_text_of_a_refusal_keeps_the_query_to_itself(server: Server, session: outgoing.Session) -> None:
    answer = session.get(f"{server.origin}/refused?signature=hunter2")

    with pytest.raises(requests.HTTPError) as caught:
        answer.raise_for_status()
    assert "hunter2" not in str(caught.value)


TOLD_AT = {"Date": "Fri, 20 Nov 2026 12:00:00 GMT"}  # the clock of whoever answered, whatever ours says


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("30", dt.timedelta(seconds=30)),
        (" 259200 ", dt.timedelta(days=3)),  # as long as Binance bans an address
        ("Mon, 23 Nov 2026 12:00:00 GMT", dt.timedelta(days=3)),
        ("Friday, 20-Nov-26 12:01:30 GMT", dt.timedelta(seconds=90)),
        ("Fri, 20 Nov 2026 12:00:10 -0000", dt.timedelta(seconds=10)),
        ("Fri, 20 Nov 2026 11:59:59 GMT", None),
        ("9" * 5000, outgoing.LONGEST_ASKED),
        ("Fri, 20 Nov 2126 12:00:00 GMT", outgoing.LONGEST_ASKED),
        ("²", None),
        ("-1", None),
        ("soon", None),
        ("", None),
    ],
)
def test_how_long_somebody_asks_to_be_left_alone(told: str, wait: dt.timedelta | None) -> None:
    assert outgoing.asked_to_wait({"RETRY-AFTER": told, **TOLD_AT}) == wait


def test_a_moment_is_taken_by_our_own_clock_where_no_other_is_told() -> None:
    moment = email.utils.format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(hours=2), usegmt=True)

    wait = outgoing.asked_to_wait({"retry-after": moment, "date": "today"})

    assert wait == pytest.approx(dt.timedelta(hours=2), abs=dt.timedelta(seconds=10))


def test_the_errors_are_what_ccxt_and_authlib_take_them_for() -> None:
    assert issubclass(outgoing.TooSlowError, requests.Timeout)
    assert issubclass(outgoing.UnreachableError, requests.ConnectionError)
    assert issubclass(outgoing.UntrustedError, requests.exceptions.SSLError)
    assert issubclass(outgoing.RedirectedError, requests.TooManyRedirects)
