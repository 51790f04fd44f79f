"""Mail: `send(kind, to=, context=)` renders a triple of templates and hands the message over; no page waits.

With MAIL_URL a message goes, sealed, into a table, in the caller's transaction, and a worker delivers it within a
second or so; while the mail server is away it is tried again for half a day. So a page never waits on SMTP, takes the
same time whoever asks, and no sign-up code is lost because a server was down for a minute. Without MAIL_URL,
development prints one line and keeps the message in a file that `/_mail/` shows.
"""

from __future__ import annotations

import base64
import hashlib
import json
import smtplib
import ssl
import sys
import uuid
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils import timezone
from django.utils.encoding import punycode

from config import queue
from config.leases import LeaseLostError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.core.mail import EmailMessage

    from config.models import OutgoingMail

log = structlog.get_logger(__name__)

WORK = "mail"
SLICE = 50  # messages a worker sends before it lets other work have its turn
SMTP_SECONDS = 10  # of silence
KEEP_TRYING = timedelta(hours=12)
KEPT_FILES = 200
CANNOT_BE_DELIVERED = range(500, 600)  # the server's final word about an address


def send(kind: str, *, to: str, context: dict[str, Any], headers: dict[str, str] | None = None) -> None:
    """Mail templates/emails/<kind>-subject.txt, <kind>-text.txt and <kind>-html.html to one address."""
    values = {"public_url": settings.PUBLIC_URL, **context}
    subject = " ".join(_plain(f"emails/{kind}-subject.txt", values).split())
    message = EmailMultiAlternatives(subject, _plain(f"emails/{kind}-text.txt", values), to=[to], headers=headers)
    message.attach_alternative(render_to_string(f"emails/{kind}-html.html", values), "text/html")
    message.send()


def _plain(name: str, values: dict[str, Any]) -> str:
    template = get_template(name).template  # type: ignore[attr-defined]  # Django's own engine, the only one we have
    return str(template.render(Context(values, autoescape=False)))


def can_reach(email: str) -> bool:
    """Forms let through what cannot be sent: a long s before the @, for in capitals it is an S, or a domain that is too
    long in plain letters.
    """
    try:
        return bool(_as_servers_know_it(email))
    except ValueError:
        return False


def _as_servers_know_it(email: str) -> str:
    """A domain with other letters has a name in plain ones. Before the @ few servers take any but plain ones."""
    person, at, domain = email.rpartition("@")
    return f"{person.encode('ascii').decode()}{at}{punycode(domain)}"


# --- where Django's messages go ----------------------------------------------------------------------------------


class QueueBackend(BaseEmailBackend):
    """Into the table, for a worker to deliver."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        from config.models import OutgoingMail  # noqa: PLC0415  # Django loads backends before models are ready

        now = timezone.now()
        rows = [OutgoingMail(sealed=_seal(message), created_at=now, not_before=now) for message in email_messages]
        OutgoingMail.objects.bulk_create(rows)
        queue.wake(WORK)
        return len(rows)


class FileBackend(BaseEmailBackend):
    """Development: one line on the console, the message in a file, newest last in name order."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = mail_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{timezone.now():%Y%m%dT%H%M%S.%f}-{uuid.uuid4().hex[:6]}.eml"
            (folder / name).write_bytes(message.message().as_bytes())
            address = f"{settings.PUBLIC_URL}/_mail/{name.removesuffix('.eml')}/"
            print(f"Mail to {', '.join(message.to)}: {message.subject}  {address}", file=sys.stderr, flush=True)  # noqa: T201  # the development mailbox is the console
        for old in sorted(folder.glob("*.eml"))[:-KEPT_FILES]:
            old.unlink(missing_ok=True)
        return len(email_messages)


def mail_folder() -> Path:
    return Path(settings.DATA_DIR) / "mail"


# --- delivery ----------------------------------------------------------------------------------------------------


def deliver(now: datetime) -> bool:
    """The work of kind `mail`: what is due, one by one. True when there may be more."""
    from config.models import OutgoingMail  # noqa: PLC0415  # as above

    OutgoingMail.objects.sweep(now=now)
    for _ in range(SLICE):
        row = OutgoingMail.objects.claim(now=timezone.now())
        if row is None:
            return False
        _deliver(row)
    return True


def _deliver(row: OutgoingMail) -> None:
    now = timezone.now()
    try:
        _transmit(_open(row.sealed))
    except (InvalidToken, ValueError) as error:  # the latter: no server can be told that address
        _put_back(row, error, now=now, final=True)
    except smtplib.SMTPRecipientsRefused as error:
        final = all(code in CANNOT_BE_DELIVERED for code, _ in error.recipients.values())
        _put_back(row, error, now=now, final=final)
    except (OSError, smtplib.SMTPException, ImproperlyConfigured) as error:
        _put_back(row, error, now=now, final=False)
    else:
        row.delete()


def _put_back(row: OutgoingMail, error: Exception, *, now: datetime, final: bool) -> None:
    """Neither the address nor the server's words are logged: both may say who somebody is."""
    give_up = final or now - row.created_at > KEEP_TRYING
    log.error("mail.given_up" if give_up else "mail.waits", error=type(error).__name__, attempts=row.attempts)
    try:
        row.give_up(now=now) if give_up else row.again(at=now + min(row.back_off(), timedelta(minutes=15)))
    except LeaseLostError:
        log.warning("mail.lease_lost")


def _transmit(letter: dict[str, Any]) -> None:
    server = mail_server()
    context = ssl.create_default_context()
    kind = smtplib.SMTP_SSL if server.tls else smtplib.SMTP
    extra: dict[str, Any] = {"context": context} if server.tls else {}
    with kind(server.host, server.port, timeout=SMTP_SECONDS, **extra) as smtp:
        smtp.ehlo()
        if not server.tls and smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            smtp.ehlo()
        elif not server.tls and server.user and not server.is_local:
            raise smtplib.SMTPNotSupportedError(
                "The server offers no encryption, and the password is not sent without."
            )
        if server.user:
            smtp.login(server.user, server.password)
        sender, *people = map(_as_servers_know_it, (parseaddr(letter["from"])[1], *letter["to"]))
        smtp.sendmail(sender, people, base64.b64decode(letter["raw"]))


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    user: str
    password: str
    tls: bool

    @property
    def is_local(self) -> bool:
        return self.host in {"localhost", "127.0.0.1", "::1"}

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port})"


def mail_server() -> MailServer:
    """MAIL_URL, taken apart: smtp://user:password@host:587 (encrypted when the server can), smtps://host (always)."""
    parts = urlsplit(settings.MAIL_URL)
    tls = parts.scheme == "smtps"
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured("MAIL_URL must look like smtp://user:password@host:587 or smtps://host.")
    port = parts.port or (465 if tls else 587)
    return MailServer(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), tls)


# --- at rest -----------------------------------------------------------------------------------------------------


def _seal(message: EmailMessage) -> str:
    letter = {
        "from": message.from_email,
        "to": message.recipients(),
        "raw": base64.b64encode(message.message().as_bytes(linesep="\r\n")).decode(),  # type: ignore[call-arg]  # Django's own, which the stubs miss
    }
    return _keys().encrypt(json.dumps(letter).encode()).decode()


def _open(sealed: str) -> dict[str, Any]:
    letter: dict[str, Any] = json.loads(_keys().decrypt(sealed.encode()))
    return letter


def _keys() -> MultiFernet:
    """Drawn from SECRET_KEY: a message lives for hours at most, so rotation passes it by."""
    drawn = [
        hashlib.blake2b(b"outgoing mail", key=hashlib.sha256(str(key).encode()).digest(), digest_size=32).digest()
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in drawn])
