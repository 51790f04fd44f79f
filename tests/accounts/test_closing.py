"""Closing an account: said first, done at once, undone for thirty days, then nothing is left."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.utils import timezone

from accounts import closing, exports, tasks, tokens
from accounts.audit import SYSTEM, Action, Actor, ActorKind, record
from accounts.belongings import Rows
from accounts.models import AuditEvent, Export, FactorRecovery, Notice, Session, TaxSettings, User
from accounts.notices import Kind, mute, tell
from tests.conftest import signed_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.test import Client

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CLOSE = "/settings/data/close/"


def start(owner: User, now: datetime = NOW) -> datetime:
    return closing.start_closing(by=SYSTEM, owner=owner, now=now)


def fill(owner: User) -> None:
    """A row of every kind an owner can have."""
    mine = Actor(ActorKind.OWNER, user=owner)
    record(by=mine, action=Action.SIGNED_IN, owner=owner, now=NOW)
    tell(owner=owner, kind=Kind.PASSWORD_CHANGED, now=NOW)
    mute(by=mine, owner=owner, kind=Kind.EXPORT_READY, now=NOW)
    tokens.mint(by=mine, owner=owner, name="x", scopes=["read"], expires_at=NOW + timedelta(days=9), now=NOW)
    TaxSettings.objects.create(
        owner=owner, from_year=2020, country="US", method="fifo", scope="universal", created_at=NOW
    )
    FactorRecovery.objects.create(owner=owner, started_at=NOW)
    exports.ask(by=mine, owner=owner, now=NOW)
    signed_in(owner)


def rows_of(owner: User) -> dict[str, int]:
    """What points at this owner, in every table there is."""
    return {
        f"{model.__name__}.{field.name}": count
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields  # noqa: SLF001 - Django's documented way to ask a model
        if field.related_model is User and (count := model._base_manager.filter(**{field.name: owner}).count())  # noqa: SLF001 - as above
    }


# --- the port --------------------------------------------------------------------------------------------------------


def test_every_model_that_points_at_an_owner_is_registered() -> None:
    registered = {belonging.model for belonging in closing.OWNED}
    pointing = {
        model
        for model in apps.get_models()
        if any(field.related_model is User for field in model._meta.concrete_fields)  # noqa: SLF001 - as above
    }

    assert pointing <= registered


def test_what_an_owner_must_do_by_hand_is_asked_of_everybody(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    class Keys(Rows):
        def by_hand(self, owner: User) -> Iterable[str]:
            return [f"Delete the key of {owner.email}"]

    monkeypatch.setattr(closing, "OWNED", [*closing.OWNED, Keys(User)])

    assert closing.left_to_do(alice) == ["Delete the key of alice@example.test"]


# --- at once ---------------------------------------------------------------------------------------------------------


def test_closing_revokes_tokens_ends_devices_wipes_exports_and_says_so(alice: User) -> None:
    _, presented = tokens.mint(
        by=SYSTEM, owner=alice, name="x", scopes=["read"], expires_at=timezone.now() + timedelta(days=9), now=NOW
    )
    browser = signed_in(alice)
    exports.ask(by=SYSTEM, owner=alice, now=NOW)
    tasks.make_exports(timezone.now())

    purge_at = start(alice)

    alice.refresh_from_db()
    assert alice.purge_at == purge_at == NOW + timedelta(days=30)
    assert isinstance(tokens.check(presented, now=timezone.now()), tokens.Denied)
    assert browser.get("/home/").status_code == 302
    assert Export.objects.get().state == "gone"
    assert Notice.objects.filter(owner=alice, kind=Kind.ACCOUNT_CLOSING).count() == 1


def test_closing_twice_moves_no_date(alice: User) -> None:
    first = start(alice)

    again = start(alice, now=NOW + timedelta(days=10))

    assert again == first
    assert AuditEvent.objects.filter(owner=alice, action=Action.CLOSING_STARTED).count() == 1


# --- undone ----------------------------------------------------------------------------------------------------------


def test_an_account_kept_at_the_last_moment_is_not_purged(alice: User) -> None:
    purge_at = start(alice)

    assert closing.cancel_closing(by=SYSTEM, owner=alice, now=purge_at)
    assert not closing.cancel_closing(by=SYSTEM, owner=alice, now=purge_at)

    assert closing.purge(owner_id=alice.pk, now=purge_at + timedelta(days=1)) == 0
    assert User.objects.filter(pk=alice.pk, purge_at=None).exists()


# --- purged ----------------------------------------------------------------------------------------------------------


def test_nothing_is_purged_a_moment_too_early(alice: User) -> None:
    purge_at = start(alice)

    assert not tasks.purge_closed(purge_at - timedelta(seconds=1))
    assert User.objects.filter(pk=alice.pk).exists()


def test_a_purge_leaves_no_row_of_this_owner_and_every_row_of_others(alice: User, bob: User) -> None:
    fill(alice)
    fill(bob)
    bobs = rows_of(bob)
    assert len(rows_of(alice)) >= 10

    purge_at = start(alice)
    while tasks.purge_closed(purge_at):
        pass

    assert rows_of(alice) == {}
    assert not User.objects.filter(email="alice@example.test").exists()
    assert not EmailAddress.objects.filter(email="alice@example.test").exists()
    assert rows_of(bob) == bobs


def test_one_that_cannot_be_purged_stands_before_nobody(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest came first, each day anew, and none behind it was ever deleted."""

    class Stuck(Rows):
        def purge(self, owner: User) -> int:
            assert owner != alice
            return 0

    monkeypatch.setattr(closing, "OWNED", [*closing.OWNED, Stuck(User)])
    start(alice, NOW - timedelta(days=1))
    purge_at = start(bob)

    for _ in range(40):
        with suppress(AssertionError):
            tasks.purge_closed(purge_at)

    assert list(User.objects.values_list("email", flat=True)) == ["alice@example.test"]


def test_what_stays_of_a_purge_is_a_count_without_a_name(alice: User) -> None:
    fill(alice)
    purge_at = start(alice)

    rows = closing.purge(owner_id=alice.pk, now=purge_at)

    (tombstone,) = AuditEvent.objects.all()
    assert (tombstone.action, tombstone.owner, tombstone.actor, tombstone.ip) == (
        Action.ACCOUNT_PURGED,
        None,
        None,
        None,
    )
    assert tombstone.details == {"rows": rows}
    assert rows > 10


def test_a_purged_member_of_staff_is_forgotten_where_they_acted(alice: User, staff_member: User) -> None:
    record(by=Actor(ActorKind.STAFF, user=staff_member), action=Action.STAFF_LOOKED, owner=alice, now=NOW)
    FactorRecovery.objects.create(owner=alice, started_by=staff_member, started_at=NOW)

    closing.purge(owner_id=staff_member.pk, now=start(staff_member))

    assert AuditEvent.objects.get(owner=alice).actor is None
    assert FactorRecovery.objects.get(owner=alice).started_by is None


# --- the pages -------------------------------------------------------------------------------------------------------


def test_the_page_says_what_happens_before_anything_does(alice: User, alices_browser: Client) -> None:
    page = alices_browser.get(CLOSE).text

    alice.refresh_from_db()
    assert "Nothing has happened yet" in page
    assert "30 days" in page
    assert alice.purge_at is None


@pytest.mark.parametrize("said", ["", "bob@example.test", "alice"])
def test_another_address_closes_nothing(alice: User, alices_browser: Client, said: str) -> None:
    answer = alices_browser.post(CLOSE, {"email": said})

    alice.refresh_from_db()
    assert answer.status_code == 200
    assert alice.purge_at is None


def test_closing_leads_every_page_to_the_way_back_and_ends_other_devices(alice: User, alices_browser: Client) -> None:
    other = signed_in(alice)

    answer = alices_browser.post(CLOSE, {"email": "Alice@Example.test"})

    assert answer["Location"] == "/closing/"
    assert "Keep my account" in alices_browser.get("/closing/").text
    for path in ("/home/", "/settings/", "/settings/data/export/", "/notices/"):
        assert alices_browser.get(path)["Location"] == "/closing/"
    assert other.get("/closing/").status_code == 302
    assert Session.objects.filter(owner=alice).count() == 1


def test_signing_in_while_closing_leads_to_the_way_back(alice: User) -> None:
    start(alice)

    assert signed_in(alice).get("/home/")["Location"] == "/closing/"


def test_the_owner_changes_their_mind(alice: User, alices_browser: Client) -> None:
    alices_browser.post(CLOSE, {"email": alice.email})

    answer = alices_browser.post("/closing/cancel/")

    alice.refresh_from_db()
    assert answer["Location"] == "/home/"
    assert alice.purge_at is None
    assert alices_browser.get("/home/").status_code == 200


def test_the_way_back_of_an_open_account_leads_home(alices_browser: Client) -> None:
    assert alices_browser.get("/closing/")["Location"] == "/home/"


def test_the_pages_of_closing_are_not_for_strangers(client: Client) -> None:
    assert "/accounts/login/" in client.get("/closing/")["Location"]
    assert "/accounts/login/" in client.post("/closing/cancel/")["Location"]
