"""Owners made by a command: every door opens, and production has none of it."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from accounts import tokens
from accounts.models import AuditEvent, Notice, User
from accounts.ready_made import code_now
from accounts.second_factor import missing_step
from config import health

if TYPE_CHECKING:
    from django.test import Client


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def sign_in(client: Client, email: str, password: str, code: str) -> None:
    client.post("/accounts/login/", {"login": email, "password": password})
    client.post("/accounts/login/second-factor/", {"code": code})


def test_a_ready_owner_signs_in_with_what_was_printed(client: Client, db: None) -> None:
    said = json.loads(run("make_owner", "Script@Example.test", "--json"))

    sign_in(client, said["email"], said["password"], code_now(said["totp_secret"]))

    assert list(said) == ["email", "password", "totp_secret", "token"]
    assert client.get("/home/").status_code == 200


def test_the_printed_token_may_do_everything(db: None) -> None:
    said = json.loads(run("make_owner", "script@example.test", "--json"))

    allowed = tokens.check(said["token"], now=timezone.now())

    assert isinstance(allowed, tokens.Allowed)
    assert allowed.token.scopes == ["read", "write", "connect"]
    assert missing_step(allowed.token.owner) is None


@pytest.mark.parametrize("email", ["not an address", "ALICE@example.test"])
def test_an_address_that_cannot_be_is_refused(alice: User, email: str) -> None:
    with pytest.raises(CommandError):
        run("make_owner", email)

    assert User.objects.count() == 1


@pytest.mark.parametrize("command", [("make_owner", "x@example.test"), ("demo",)])
def test_who_is_quicker_than_the_start_is_told_to_wait(db: None, monkeypatch, command: tuple[str, ...]) -> None:
    """As while `up` migrates: one migration that nobody has noted yet."""
    monkeypatch.setattr(health, "_migrated", False)
    MigrationRecorder.Migration.objects.filter(app="mfa").latest("id").delete()

    with pytest.raises(CommandError, match="still being prepared"):
        run(*command)

    assert not User.objects.exists()


@pytest.mark.parametrize("command", [("make_owner", "x@example.test"), ("demo",)])
def test_production_has_none_of_it(db: None, settings, command: tuple[str, ...]) -> None:
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="Not in production"):
        run(*command)

    assert not User.objects.exists()


def test_the_demo_account_has_a_life_and_opens_again_with_the_next_run(client: Client, db: None) -> None:
    run("demo")
    said = run("demo")
    (password,) = re.findall(r"Password +(\S+)", said)
    (code,) = re.findall(r"Code now +(\d{6})", said)

    owner = User.objects.get()
    sign_in(client, owner.email, password, code)

    assert client.get("/home/").status_code == 200
    assert AuditEvent.objects.filter(owner=owner).count() > 10
    assert Notice.objects.filter(owner=owner, facts__device="Safari on iPhone", read_at=None).exists()
    assert not Notice.objects.filter(owner=owner, mail_due_at__isnull=False, kind="token_minted").exists()
    assert owner.sessions.count() == 3
