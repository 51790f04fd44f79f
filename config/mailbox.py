"""`/_mail/` in development: the mail nobody sent, newest first. In production these pages are not even routed."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import render

from config.guard import open_to
from config.mail import mail_folder

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from django.http import HttpRequest

NAME = re.compile(r"(\d{8}T\d{6}\.\d{6})-[0-9a-f]{6}")
CODE = re.compile(r"(?<![\w-])(?:[A-Z0-9]{4}-[A-Z0-9]{4}|\d{6,8})(?![\w-])")
SHOWN = 50
# A page of its own: no script, not our origin, no way out. Whatever a mail says, it only shows.
CAGE = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True)
class Letter:
    name: str
    at: datetime
    to: str
    subject: str
    text: str
    html: str

    @property
    def code(self) -> str:
        """The code to type, if there is one."""
        found = CODE.search(self.text)
        return found.group() if found else ""


@open_to("developer")
def letters(request: HttpRequest) -> HttpResponse:
    newest = sorted(mail_folder().glob("*.eml"), reverse=True)[:SHOWN]
    return render(request, "mailbox/letters.html", {"letters": [_read(path) for path in newest]})


@open_to("developer")
def letter(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "mailbox/letter.html", {"letter": _find(name)})


@open_to("developer")
def letter_html(_request: HttpRequest, name: str) -> HttpResponse:
    answer = HttpResponse(_find(name).html or "This mail has no HTML part.")
    answer["Content-Security-Policy"] = CAGE
    return answer


def _find(name: str) -> Letter:
    path = mail_folder() / f"{name}.eml"
    if not NAME.fullmatch(name) or not path.is_file():
        raise Http404
    return _read(path)


def _read(path: Path) -> Letter:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    at = datetime.strptime(path.stem.split("-")[0], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    return Letter(
        path.stem, at, str(message["To"]), str(message["Subject"]), _part(message, "plain"), _part(message, "html")
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
