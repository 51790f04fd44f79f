"""An owner sees and ends sessions by public id; nobody else's, and at once."""

from __future__ import annotations

import uuid
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.audit import Action, Actor, ActorKind
from accounts.devices import devices_of, end_device, end_devices
from accounts.models import AuditEvent, User

pytestmark = pytest.mark.django_db


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def acting(user: User) -> Actor:
    return Actor(ActorKind.OWNER, user=user)


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("accounts:enrol")).status_code == HTTPStatus.OK


def test_devices_are_the_owners_own_newest_use_first(alice: User, bob: User) -> None:
    browser_of(bob)
    first, second = browser_of(alice), browser_of(alice)

    listed = [row.public_id for row in devices_of(alice, now=timezone.now())]

    assert listed == [second.session.public_id, first.session.public_id]


def test_ending_one_takes_effect_at_its_next_request(newcomer: User) -> None:
    here, there = browser_of(newcomer), browser_of(newcomer)

    ended = end_device(by=acting(newcomer), owner=newcomer, public_id=there.session.public_id, now=timezone.now())

    assert ended
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert AuditEvent.objects.get(owner=newcomer).action == Action.SESSION_ENDED


@pytest.mark.parametrize("whose", ["bob", "nobody"])
def test_a_session_that_is_not_hers_is_not_there(alice: User, bob: User, whose: str) -> None:
    bobs = browser_of(bob)
    public_id = bobs.session.public_id if whose == "bob" else uuid.uuid4()

    assert not end_device(by=acting(alice), owner=alice, public_id=public_id, now=timezone.now())
    assert bobs.session.get("_auth_user_id")
    assert not AuditEvent.objects.filter(owner=alice).exists()


def test_ending_all_others_keeps_the_one_that_asks(newcomer: User, bob: User) -> None:
    here, there, bobs = browser_of(newcomer), browser_of(newcomer), browser_of(bob)

    count = end_devices(by=acting(newcomer), owner=newcomer, now=timezone.now(), keep=here.session.public_id)

    assert count == 1
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert bobs.session.get("_auth_user_id")
    assert AuditEvent.objects.get(owner=newcomer).details == {"ended": 1}


def test_ending_every_session_spares_none(newcomer: User) -> None:
    here = browser_of(newcomer)

    end_devices(by=acting(newcomer), owner=newcomer, now=timezone.now())

    assert not is_signed_in(here)
