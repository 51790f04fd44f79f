"""A question that was put into SQL once is answered as the QuerySet itself would be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import ApiToken, Notice, Session
from config.questions import Question
from tests.factories import OwnerFactory

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, 30, 15, 250, tzinfo=UTC)


def token_of(owner: User, prefix: str) -> ApiToken:
    facts = {"name": prefix, "digest": "x", "scopes": ["read", "write"], "created_at": NOW, "expires_at": NOW}
    return ApiToken.objects.create(owner=owner, prefix=prefix, **facts)


def tokens(owner, since):
    unread = Exists(Notice.objects.filter(owner=OuterRef("owner"), read_at=None))
    found = ApiToken.objects.filter(owner=owner, created_at__gte=since, revoked_at=None)
    return found.select_related("owner").annotate(unread=unread).order_by("prefix")


BY_OWNER = Question(tokens, owner=-1, since=datetime.min.replace(tzinfo=UTC))


def facts_of(token: ApiToken) -> dict:
    told = {name: getattr(token, name) for name in ("pk", "owner_id", "prefix", "scopes", "created_at", "revoked_at")}
    return {**told, "unread": token.unread, "email": token.owner.email}


def test_it_answers_what_the_queryset_does_for_each_that_is_asked_about(django_assert_num_queries) -> None:
    alice, bob = OwnerFactory(), OwnerFactory()
    for owner, prefix in ((alice, "one"), (alice, "two"), (bob, "three")):
        token_of(owner, prefix)

    for owner, since, count in ((alice, NOW, 2), (bob, NOW, 1), (alice, NOW + timedelta(seconds=1), 0)):
        with django_assert_num_queries(1):
            told = [facts_of(each) for each in BY_OWNER.ask(owner=owner.pk, since=since)]
        assert told == [facts_of(each) for each in tokens(owner.pk, since)]
        assert len(told) == count


def test_each_time_it_is_answered_anew() -> None:
    owner = OwnerFactory()
    assert BY_OWNER.ask(owner=owner.pk, since=NOW) == []

    token_of(owner, "late")
    assert [each.prefix for each in BY_OWNER.ask(owner=owner.pk, since=NOW)] == ["late"]


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_by_its_own_connection() -> None:
    token_of(OwnerFactory(), "seen")
    asked = Question(lambda prefix: ApiToken.objects.filter(prefix=prefix), prefix="mark")
    here, found = asked.ask(prefix="seen"), []

    def elsewhere() -> None:
        found.extend(asked.ask(prefix="seen"))
        connection.close()

    thread = Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == here != []


def test_a_value_that_does_not_come_to_the_database_is_no_question() -> None:
    asked = Question(lambda door: Session.objects.filter(expire_date__gt=timezone.now()), door="mark")

    with pytest.raises(AssertionError, match="mark"):
        asked.ask(door="phone")
