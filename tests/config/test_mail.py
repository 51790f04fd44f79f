from __future__ import annotations

import socketserver
import threading
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Self

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import transaction
from django.utils import timezone

from config import mail
from config.models import OutgoingMail

if TYPE_CHECKING:
    from django.test import Client

TEXT = "Your code is ABCD-EFGH. See https://example.test/help."


class Server(socketserver.ThreadingTCPServer):
    """As much of a mail server as it takes; `refuse` makes it answer a recipient with that code."""

    allow_reuse_address = True
    daemon_threads = True
    refuse = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.letters: list[bytes] = []
        self.asked_for: list[bytes] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class Talk(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self.say("220 ready")
        for line in self.rfile:
            word = line.split()[0].upper()
            if word in {b"MAIL", b"RCPT"}:
                self.server.asked_for.append(line.strip())
            if word == b"RCPT" and self.server.refuse:
                self.say(f"{self.server.refuse} no")
            elif word == b"DATA":
                self.say("354 go on")
                self.take()
            else:
                self.say("221 bye" if word == b"QUIT" else "250 ok")

    def take(self) -> None:
        lines = iter(self.rfile.readline, b".\r\n")
        self.server.letters.append(b"".join(lines))
        self.say("250 taken")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def queued(settings, db: None) -> None:
    settings.EMAIL_BACKEND = "config.mail.QueueBackend"


@pytest.fixture
def filed(settings, tmp_path) -> None:
    settings.EMAIL_BACKEND = "config.mail.FileBackend"
    settings.DATA_DIR = tmp_path


def post(html: str = "<p>Your code is ABCD-EFGH.</p>", to: str = "alice@example.test") -> None:
    message = EmailMultiAlternatives("Your <code>", TEXT, to=[to])
    message.attach_alternative(html, "text/html")
    message.send()


# --- the queue ---------------------------------------------------------------------------------------------------


def test_a_message_reaches_the_server_whole_and_leaves_nothing_behind(queued: None, settings) -> None:
    with Server() as server:
        settings.MAIL_URL = server.url
        post()

        more = mail.deliver(timezone.now())

    letter = message_from_bytes(server.letters[0], policy=default)
    assert (more, OutgoingMail.objects.count()) == (False, 0)
    assert (letter["To"], letter["Subject"]) == ("alice@example.test", "Your <code>")
    assert letter.get_body(("plain",)).get_content().strip() == TEXT


def test_a_domain_with_other_letters_is_named_as_mail_servers_know_it(queued: None, settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Holdfast <post@grün.example>"
    with Server() as server:
        settings.MAIL_URL = server.url
        post(to="alice@bücher.example")

        mail.deliver(timezone.now())

    sender, receiver = server.asked_for
    assert sender.startswith(b"mail FROM:<post@xn--grn-ioa.example>")
    assert receiver == b"rcpt TO:<alice@xn--bcher-kva.example>"
    assert not OutgoingMail.objects.exists()


def test_what_cannot_be_sent_is_given_up_and_keeps_back_nothing_behind_it(queued: None, settings) -> None:
    before = OutgoingMail.objects.create(
        sealed=mail._keys().encrypt(b'{"from": "a@example.test", "to": ["\xc5\xbf@example.test"], "raw": ""}').decode(),  # noqa: SLF001 - as a former release left it
        created_at=timezone.now(),
        not_before=timezone.now() - timedelta(minutes=1),
    )
    with Server() as server:
        settings.MAIL_URL = server.url
        post()

        mail.deliver(timezone.now())

    before.refresh_from_db()
    assert server.asked_for[-1] == b"rcpt TO:<alice@example.test>"
    assert (before.failed, before.sealed) == (True, "")


def test_what_waits_is_sealed(queued: None) -> None:
    post()

    row = OutgoingMail.objects.values().get()
    assert not [value for value in row.values() if "ABCD" in str(value) or "alice" in str(value)]


def test_a_page_that_fails_sends_no_mail(queued: None) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        post()
        raise RuntimeError

    assert not OutgoingMail.objects.exists()


def test_no_server_means_later_and_the_page_knows_nothing_of_it(queued: None, settings) -> None:
    settings.MAIL_URL = "smtp://127.0.0.1:1"
    post()

    mail.deliver(timezone.now())

    row = OutgoingMail.objects.get()
    assert (row.attempts, row.finished_at, row.lease_token) == (1, None, None)
    assert timedelta() < row.not_before - timezone.now() < timedelta(minutes=1)


def test_a_message_is_sent_once_the_server_is_back(queued: None, settings) -> None:
    settings.MAIL_URL = "smtp://127.0.0.1:1"
    post()
    mail.deliver(timezone.now())
    OutgoingMail.objects.update(not_before=timezone.now())

    with Server() as server:
        settings.MAIL_URL = server.url
        mail.deliver(timezone.now())

    assert len(server.letters) == 1


@pytest.mark.parametrize(("refusal", "kept"), [("550", False), ("451", True)])
def test_a_final_refusal_is_not_asked_again_and_a_passing_one_is(
    refusal: str, kept: object, queued: None, settings
) -> None:
    with Server() as server:
        server.refuse = refusal
        settings.MAIL_URL = server.url
        post()
        mail.deliver(timezone.now())

    row = OutgoingMail.objects.get()
    assert (row.finished_at is None, bool(row.sealed), row.failed) == (kept, kept, not kept)


def test_half_a_day_of_trying_is_enough(queued: None, settings) -> None:
    settings.MAIL_URL = "smtp://127.0.0.1:1"
    post()
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(hours=13))

    mail.deliver(timezone.now())

    row = OutgoingMail.objects.get()
    assert (row.failed, row.sealed) == (True, "")


def test_a_password_is_not_sent_to_a_far_server_without_encryption(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail.MailServer, "is_local", property(lambda _self: False))
    with Server() as server:
        settings.MAIL_URL = server.url.replace("smtp://", "smtp://user:hunter2@")
        with pytest.raises(mail.smtplib.SMTPNotSupportedError):
            mail._transmit(  # noqa: SLF001  # the step in question
                {"from": "a@example.test", "to": ["b@example.test"], "raw": ""}
            )


def test_the_address_of_the_server_is_taken_apart(settings) -> None:
    settings.MAIL_URL = "smtps://us%40er:p%2Fw@mail.test"

    server = mail.mail_server()

    assert (server.host, server.port, server.user, server.password, server.tls) == (
        "mail.test",
        465,
        "us@er",
        "p/w",
        True,
    )
    assert "p/w" not in repr(server)


# --- the development mailbox -------------------------------------------------------------------------------------


def test_the_console_says_where_to_read_it_and_not_the_code(filed: None, capsys: pytest.CaptureFixture[str]) -> None:
    post()

    line = capsys.readouterr().err
    assert "alice@example.test" in line
    assert "/_mail/" in line
    assert "ABCD" not in line


def test_the_mailbox_shows_the_newest_first_with_its_code_to_copy(filed: None, client: Client) -> None:
    send_mail("Older", "Nothing to copy", None, ["bob@example.test"])
    post()

    page = client.get("/_mail/").content.decode()
    address = page.split('href="/_mail/')[1].split('"')[0]
    shown = client.get(f"/_mail/{address}").content.decode()

    assert page.index("Your &lt;code&gt;") < page.index("Older")
    assert "data-copy-value>ABCD-EFGH<" in shown
    assert '<a href="https://example.test/help"' in shown


def test_the_html_part_of_a_mail_can_do_nothing(filed: None, client: Client) -> None:
    post(html="<script>alert(1)</script><p>Hello</p>")
    address = client.get("/_mail/").content.decode().split('href="/_mail/')[1].split('"')[0]

    answer = client.get(f"/_mail/{address}html/")

    assert "alert" not in client.get(f"/_mail/{address}").content.decode()
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "20261120T120000.000000-abcdef", "x"])
def test_nothing_but_mail_is_shown(name: str, filed: None, client: Client) -> None:
    assert client.get(f"/_mail/{name}/").status_code == 404
