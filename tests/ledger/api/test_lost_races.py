"""Two changes of one rule or view that read the same: with If-Match the later one is told, and overwrites nothing."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from ledger.models import Rule, SavedView
from tests.chaos.processes import wait_until
from tests.ledger.api.conftest import RULES, VIEWS
from tests.ledger.api.test_rules_and_views import REWARDS, SAVINGS

PATIENCE = 20  # seconds
KEPT = [(RULES, SAVINGS, Rule), (VIEWS, REWARDS, SavedView)]

pytestmark = pytest.mark.django_db(transaction=True)


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")
        return cursor.fetchone()[0] > 0


def while_another_changes_it(kind, script, method, address, body=None, *, then, **headers):
    """What somebody is answered who asks just before the other is through."""
    answers = []

    def ask():
        try:
            answers.append(getattr(script, method)(address, body or {}, format="json", headers=headers))
        finally:
            connection.close()

    asking = threading.Thread(target=ask)
    with transaction.atomic():
        then(kind.objects.select_for_update(no_key=True).get())
        asking.start()
        assert wait_until(somebody_waits, PATIENCE)
    asking.join(PATIENCE)
    return answers[0]


def renamed(row):
    row.name = "Theirs"
    row.save()


@pytest.mark.parametrize(("place", "body", "kind"), KEPT)
@pytest.mark.parametrize("method", ["patch", "delete"])
def test_what_was_changed_meanwhile_is_not_overwritten(script, place, body, kind, method):
    address = f"{place}{script.post(place, body, format='json').json()['id']}/"
    tag = script.get(address)["ETag"]

    answer = while_another_changes_it(
        kind, script, method, address, {"name": "Ours"}, then=renamed, **{"If-Match": tag}
    )

    assert answer.status_code == 412
    assert kind.objects.get().name == "Theirs"


@pytest.mark.parametrize(("place", "body", "kind"), KEPT)
def test_what_is_not_sent_stays_as_the_other_left_it(script, place, body, kind):
    address = f"{place}{script.post(place, body, format='json').json()['id']}/"
    change = {"then_tags": ["ours"]} if kind is Rule else {"filters": {"kind": "gift"}}

    answer = while_another_changes_it(kind, script, "patch", address, change, then=renamed)

    assert (answer.status_code, answer.json()["name"]) == (200, "Theirs")


@pytest.mark.parametrize(("place", "body", "kind"), KEPT)
def test_what_was_deleted_meanwhile_is_gone(script, place, body, kind):
    address = f"{place}{script.post(place, body, format='json').json()['id']}/"

    answer = while_another_changes_it(kind, script, "patch", address, {"name": "Ours"}, then=lambda row: row.delete())

    assert answer.status_code == 404
    assert not kind.objects.exists()
