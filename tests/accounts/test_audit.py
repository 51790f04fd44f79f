"""The trail: what is written stays, and says who and from where."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction

from accounts.audit import SYSTEM, Action, Actor, ActorKind, actor_of, record
from accounts.models import AuditEvent
from config.append_only import purging

if TYPE_CHECKING:
    from accounts.models import User

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def event(alice: User) -> AuditEvent:
    return record(by=SYSTEM, action=Action.SIGNED_IN, owner=alice, now=NOW)


def test_the_database_refuses_to_change_an_event(event: AuditEvent) -> None:
    with pytest.raises(IntegrityError, match="audit_append_only refuses UPDATE"), transaction.atomic():
        AuditEvent.objects.filter(pk=event.pk).update(ip="192.0.2.1")


def test_the_database_refuses_to_delete_an_event(event: AuditEvent) -> None:
    with pytest.raises(IntegrityError, match="audit_append_only refuses DELETE"), transaction.atomic():
        AuditEvent.objects.filter(pk=event.pk).delete()


def test_announcing_a_purge_is_not_enough_while_the_account_is_open(alice: User, event: AuditEvent) -> None:
    with pytest.raises(IntegrityError, match="refuses DELETE"), transaction.atomic():
        purging(alice.pk)
        AuditEvent.objects.filter(owner=alice).delete()


def test_the_purge_of_a_closing_account_deletes_its_events_only(alice: User, bob: User, event: AuditEvent) -> None:
    alice.purge_at = NOW
    alice.save()
    bobs = record(by=SYSTEM, action=Action.SIGNED_IN, owner=bob, now=NOW)

    with transaction.atomic():
        purging(alice.pk)
        AuditEvent.objects.filter(owner=alice).delete()
    with pytest.raises(IntegrityError, match="refuses DELETE"), transaction.atomic():
        purging(alice.pk)
        AuditEvent.objects.filter(owner=bob).delete()

    assert list(AuditEvent.objects.all()) == [bobs]


def test_a_purged_member_of_staff_is_forgotten_in_the_trails_of_others(alice: User, staff_member: User) -> None:
    by = Actor(ActorKind.STAFF, user=staff_member)
    event = record(by=by, action=Action.STAFF_LOOKED, owner=alice, now=NOW)

    with transaction.atomic():
        purging(staff_member.pk)
        AuditEvent.objects.filter(actor=staff_member).update(actor=None)
    event.refresh_from_db()

    assert (event.actor, event.actor_kind, event.owner) == (None, ActorKind.STAFF, alice)


def test_forgetting_somebody_changes_nothing_else(alice: User, staff_member: User) -> None:
    record(by=Actor(ActorKind.STAFF, user=staff_member), action=Action.STAFF_LOOKED, owner=alice, now=NOW)

    with pytest.raises(IntegrityError, match="refuses UPDATE"), transaction.atomic():
        purging(staff_member.pk)
        AuditEvent.objects.filter(actor=staff_member).update(actor=None, subject="nothing")


def test_staff_never_act_without_a_name() -> None:
    with pytest.raises(ValueError, match="must be named"):
        Actor(ActorKind.STAFF)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.7"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
    ],
)
def test_the_address_is_the_last_our_own_proxies_did_not_add(rf, settings, alice, proxies, forwarded, expected) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = rf.get("/", REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR=forwarded, HTTP_USER_AGENT="a" * 500)
    request.user = alice

    actor = actor_of(request)

    assert (actor.ip, len(actor.agent), actor.user) == (expected, 200, alice)
