"""The pages of a signed-in owner as pictures are taken of them: on the first day, and some weeks in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from accounts import closing, ready_made, tokens
from accounts.album import owner
from accounts.audit import SYSTEM
from accounts.models import User
from config.album import View, add_views, add_visitor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


def register() -> None:
    add_visitor("owner-settled", settled)
    add_visitor("owner-closing", leaving)
    add_views(*VIEWS)


PAGES = (
    ("home", "accounts:home"),
    ("notices", "accounts:notices"),
    ("settings-profile", "accounts:settings_profile"),
    ("settings-taxes", "accounts:settings_taxes"),
    ("settings-security", "accounts:settings_security"),
    ("settings-notifications", "accounts:settings_notifications"),
    ("settings-data", "accounts:settings_data"),
    ("trail", "accounts:audit"),
)
SUBMIT = "main form button[type=submit]"
VIEWS = (
    *(View(name, target, visitor="owner") for name, target in PAGES),
    *(View(f"{name}-full", target, visitor="owner-settled") for name, target in PAGES),
    View("token-new", "accounts:token_new", visitor="owner"),
    View("token-made", "accounts:token_new", visitor="owner", fills={"#id_name": "Backup script"}, press=SUBMIT),
    View(
        "profile-wrong",
        "accounts:settings_profile",
        visitor="owner",
        fills={"#id_time_zone": "Nowhere"},
        press=SUBMIT,
    ),
    View("export-ask", "accounts:export_ask", visitor="owner"),
    View("close-account", "accounts:close_account", visitor="owner"),
    View("closing", "accounts:closing", visitor="owner-closing"),
)


def settled(now: datetime) -> Mapping[str, str]:
    cookies = owner(now, "settled@example.test")
    user = User.objects.get(email="settled@example.test")
    ready_made.fill(owner=user, now=now)
    until = now + timedelta(days=90)
    tokens.mint(by=SYSTEM, owner=user, name="Backup script", scopes=["read"], expires_at=until, now=now)
    return cookies


def leaving(now: datetime) -> Mapping[str, str]:
    """Closed from this very browser."""
    cookies = owner(now, "leaving@example.test")
    user = User.objects.get(email="leaving@example.test")
    session = user.sessions.get()
    closing.start_closing(by=SYSTEM, owner=user, now=now, keep_session=session.public_id)
    return cookies
