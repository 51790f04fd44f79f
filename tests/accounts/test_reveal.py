"""A stored secret is opened by `reveal` only, and opening it is on the owner's record."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from accounts.audit import SYSTEM, Action, Actor, ActorKind, reveal
from accounts.models import AuditEvent
from config.fields import seal
from config.keys import WrongPlaceError
from tests.sealing.models import Vault
from tests.test_house_rules import name_of, trees

if TYPE_CHECKING:
    from accounts.models import User

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SYNC = Actor(ActorKind.SYSTEM, label="sync")


@pytest.fixture
def vault(alice: User) -> Vault:
    row = Vault(owner_id=alice.pk)
    seal(row, secret="s3cr3t", phrase="passphrase")
    row.save()
    return row


def test_opening_gives_the_value_and_tells_the_owner_who_what_and_what_for(alice: User, vault: Vault) -> None:
    by = Actor(ActorKind.OWNER, user=alice, ip="192.0.2.7", agent="Firefox")

    value = reveal(vault.secret, by=by, purpose="test the key", now=NOON, subject="Kraken, main")

    event = AuditEvent.objects.get()
    assert value == "s3cr3t"
    assert (event.owner, event.action, event.actor, event.ip) == (alice, Action.SECRET_OPENED, alice, "192.0.2.7")
    assert (event.subject, event.at) == ("Kraken, main", NOON)
    assert event.details == {"row": str(vault.pk), "purpose": "test the key"}


def test_what_people_do_is_recorded_each_time(alice: User, vault: Vault) -> None:
    for _ in range(2):
        reveal(vault.secret, by=Actor(ActorKind.OWNER, user=alice), purpose="test the key", now=NOON)

    assert AuditEvent.objects.count() == 2


def test_what_runs_by_itself_is_recorded_once_per_row_purpose_job_and_hour(vault: Vault) -> None:
    for minute in range(0, 60, 5):
        at = NOON + timedelta(minutes=minute)
        reveal(vault.secret, by=SYNC, purpose="read transactions", now=at)
        reveal(vault.phrase, by=SYNC, purpose="read transactions", now=at)
    assert AuditEvent.objects.count() == 1

    reveal(vault.secret, by=SYNC, purpose="check rights", now=NOON)
    reveal(vault.secret, by=SYSTEM, purpose="read transactions", now=NOON)
    reveal(vault.secret, by=SYNC, purpose="read transactions", now=NOON + timedelta(hours=1))
    assert AuditEvent.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_opening_inside_a_transaction_is_refused_so_that_its_record_cannot_be_rolled_back(vault: Vault) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        reveal(vault.secret, by=SYNC, purpose="read transactions", now=NOON)


def test_what_does_not_open_is_not_recorded_as_opened(vault: Vault) -> None:
    Vault.objects.update(owner_id=0)

    with pytest.raises(WrongPlaceError):
        reveal(Vault.objects.get().secret, by=SYNC, purpose="read transactions", now=NOON)

    assert not AuditEvent.objects.exists()


# --- and nobody else opens ---------------------------------------------------------------------------------------

OPENERS = {
    "unseal": {"config/fields.py", "accounts/audit.py"},
    # (In files of Ledger Live it is a kind of line.)
    "unlock": {"config/fields.py", "config/keys.py", "ledger/imports/formats/ledgerlive.py"},
    "unlock_text": {"config/keys.py", "config/canaries.py", "accounts/second_factor.py"},
    "decrypt_str": {"config/keys.py"},
    "CRYPTER": {"config/keys.py"},
    "_token": {"config/fields.py"},
    "_home": {"config/fields.py"},
}


@pytest.mark.parametrize("name", OPENERS)
def test_only_the_named_modules_open_secrets(name: str) -> None:
    assert users_of(name) <= OPENERS[name]


def users_of(name: str) -> set[str]:
    return {path for path, names in names_by_file().items() if name in names}


@cache
def names_by_file() -> dict[str, set[str]]:
    return {name_of(path): names_in(tree) for path, tree in trees().items()}


def names_in(tree: ast.AST) -> set[str]:
    """Also as an attribute, as an import, and as a text for getattr."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                found.add(name)
            case ast.Constant(value=str(text)):
                found |= {text, text.rpartition(".")[2]}
    return found


@pytest.mark.parametrize(
    "sneaky",
    ["from config.fields import unseal as u", "fields.unseal(x)", 'getattr(fields, "unseal")', "f = unseal"],
)
def test_the_rule_sees_every_way_of_naming_it(sneaky: str) -> None:
    assert "unseal" in names_in(ast.parse(sneaky))


def test_the_rule_looks_at_the_service_itself() -> None:
    assert "accounts/audit.py" in users_of("unseal")
