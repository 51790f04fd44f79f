"""Our engine asks PostgreSQL less often, and what it is told is what Django's own would be told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiToken
from config.database import base
from config.questions import Question
from tests.factories import OwnerFactory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 1, 12, 30, 15, 250, tzinfo=UTC)
KEPT = "SELECT statement, parameter_types::text[] FROM pg_prepared_statements WHERE statement LIKE %s"


def token_of(owner: User, prefix: str) -> ApiToken:
    facts = {"name": "100%", "digest": "x", "scopes": ["read"], "created_at": NOW, "expires_at": NOW}
    return ApiToken.objects.create(owner=owner, prefix=prefix, **facts)


def of(owner: int):
    percent = ApiToken.objects.filter(Q(name="100%") | Q(name="%s"), owner=owner, revoked_at=None)
    return percent.exclude(scopes=[]).order_by("prefix").values_list("prefix", "created_at")


@pytest.fixture
def asked() -> Question:
    """Made in each test: what was put into SQL before would be asked of a connection that has it prepared."""
    return Question(of, owner=-1)


@pytest.fixture
def other() -> Iterator[psycopg.Connection]:
    facts = connection.get_connection_params()
    with psycopg.connect(autocommit=True, **{name: facts[name] for name in ("dbname", "user", "host")}) as another:
        yield another


def kept() -> list[tuple[str, list[str]]]:
    with connection.cursor() as cursor:
        cursor.execute(KEPT, ["SELECT%accounts_apitoken%"])
        return cursor.fetchall()


def test_a_question_is_planned_once_with_all_in_its_text_that_stays_the_same(asked) -> None:
    alice, bob = token_of(OwnerFactory(), "one").owner, OwnerFactory()

    for _ in range(7):
        assert [asked.ask(owner=each.pk) for each in (alice, bob)] == [[("one", NOW)], []]

    [(text, kinds)] = kept()
    assert len(kinds) == 1
    assert "'100%'" in text
    assert "'%s'" in text
    assert "'{}'" in text


def test_whoever_watches_sees_what_was_asked(asked) -> None:
    owner = token_of(OwnerFactory(), "one").owner
    with CaptureQueriesContext(connection) as watched:
        asked.ask(owner=owner.pk)

    assert f'"owner_id" = {owner.pk}' in watched[0]["sql"]


def test_nothing_else_is_kept(asked) -> None:
    """The driver would keep the text of each import, however long, to count how often it comes."""
    token_of(OwnerFactory(), "one")
    for _ in range(7):
        list(ApiToken.objects.all())

    assert kept() == []
    assert connection.connection.prepare_threshold is None


def test_what_was_planned_before_a_column_changed_is_planned_again(asked, other) -> None:
    owner = token_of(OwnerFactory(), "one").owner
    assert asked.ask(owner=owner.pk) == [("one", NOW)]
    try:
        other.execute("ALTER TABLE accounts_apitoken ALTER prefix TYPE text")
        assert asked.ask(owner=owner.pk) == [("one", NOW)]
    finally:
        other.execute("ALTER TABLE accounts_apitoken ALTER prefix TYPE varchar(8)")
    assert asked.ask(owner=owner.pk) == [("one", NOW)]


def test_it_is_asked_as_well_after_something_was_taken_back(asked) -> None:
    owner = token_of(OwnerFactory(), "one").owner
    with pytest.raises(IntegrityError), transaction.atomic():
        asked.ask(owner=owner.pk)
        token_of(owner, "one")

    assert asked.ask(owner=owner.pk) == [("one", NOW)]


# --- times -----------------------------------------------------------------------------------------------------------


def test_times_are_in_utc_as_django_has_them(asked) -> None:
    owner = token_of(OwnerFactory(), "one").owner
    tokens = ApiToken.objects.values_list("created_at", flat=True)

    for told in (tokens.get(), next(tokens.iterator()), asked.ask(owner=owner.pk)[0][1]):
        assert (told, told.tzinfo) == (NOW, UTC)


# --- whether it still stands -----------------------------------------------------------------------------------------


def last_asked(other: psycopg.Connection) -> str:
    pid = connection.connection.info.backend_pid
    return other.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()[0]


def said(words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(words)


def test_a_connection_that_answered_a_moment_ago_is_not_asked_whether_it_would(other, monkeypatch) -> None:
    connection.ensure_connection()
    assert connection.is_usable()
    said("SELECT 'mine'")

    assert connection.is_usable()
    assert last_asked(other) == "SELECT 'mine'"

    monkeypatch.setattr(base, "UNHEARD_SECONDS", 0)
    assert connection.is_usable()
    assert last_asked(other) == "SELECT 1"


def test_one_that_the_server_has_ended_is_not_used_again(other) -> None:
    connection.ensure_connection()
    assert connection.is_usable()

    other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])

    assert not connection.is_usable()
    with pytest.raises(OperationalError):
        said("SELECT 1")
    connection.close()
    said("SELECT 1")
