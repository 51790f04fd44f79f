"""Staff are made of owners by a command, and it stands in their trail."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from accounts.audit import Action
from accounts.models import AuditEvent

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User


def staff(*words: str) -> str:
    said = StringIO()
    call_command("staff", *words, stdout=said)
    return said.getvalue()


def recorded(user: User) -> list[str]:
    found = AuditEvent.objects.filter(owner=user, action__startswith="staff_").order_by("at", "pk")
    return list(found.values_list("action", flat=True))


def test_an_owner_becomes_staff_and_is_none_any_more(alice: User, alices_browser: Client) -> None:
    assert alices_browser.get("/admin/").status_code == 404

    assert "is staff from now on" in staff("ALICE@example.test")
    assert alices_browser.get("/admin/").status_code == 200

    assert "is not staff from now on" in staff(alice.email, "--remove")
    assert alices_browser.get("/admin/").status_code == 404
    assert recorded(alice) == [Action.STAFF_APPOINTED, Action.STAFF_DISMISSED]


def test_what_is_so_already_is_not_recorded_twice(alice: User) -> None:
    staff(alice.email)

    assert "is staff already" in staff(alice.email)
    assert recorded(alice) == [Action.STAFF_APPOINTED]


def test_who_has_no_account_is_asked_to_open_one(db: None) -> None:
    with pytest.raises(CommandError, match="opens one first"):
        staff("nobody@example.test")


def test_who_has_no_second_factor_yet_does_not_come_in(newcomer: User, newcomers_browser: Client) -> None:
    staff(newcomer.email)

    assert newcomers_browser.get("/admin/").status_code == 302
