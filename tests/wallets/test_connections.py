"""The yearly look: every connection with its age, rights and end, and the word that it was looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import Action, Actor, ActorKind
from accounts.models import AuditEvent, Notice
from accounts.notices import tell
from config.keyset import newest_first
from tests.wallets.holdings import NOW, a_credential, a_report, a_wallet, many_wallets, page_of, words
from wallets import connections, watch
from wallets.models import Wallet
from wallets.notice_kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User

PAGE = "/wallets/connections/"


def described(owner: User) -> list[connections.Connection]:
    return connections.described(connections.connected(owner).order_by("wallet__label"), now=NOW)


# --- what is connected -----------------------------------------------------------------------------------------------


def test_only_what_is_read_with_a_credential_is_a_connection(alice: User, bob: User) -> None:
    a_wallet(alice, label="by key")
    a_wallet(alice, label="paused", paused_at=NOW)
    a_wallet(alice, label="archived", archived_at=NOW)
    a_wallet(alice, label="files", way="csv", key=False)
    a_wallet(alice, label="without key", key=False, cause="no_key")
    a_wallet(alice, label="in the bin", key=False, binned_at=NOW)
    a_wallet(bob, label="of bob")

    assert [each.wallet.label for each in described(alice)] == ["archived", "by key", "paused"]


def test_each_is_told_with_its_newest_report_and_its_current_credential(alice: User) -> None:
    wallet = a_wallet(alice, key=False)
    a_report(a_credential(wallet, version=1, standing="former", wiped_at=NOW), read=["old"])
    current = a_credential(wallet, version=2)
    a_report(current, read=["first"])
    a_report(current, read=["second"])
    current.rights_reports.filter(read=["second"]).update(at=NOW + timedelta(hours=1))

    (told,) = described(alice)

    assert (told.exchange, told.credential.version, told.rights.read) == ("Kraken", 2, ["second"])
    assert told.key_page.startswith("https://pro.kraken.com/")


@pytest.mark.parametrize(
    ("months", "age", "due"),
    [(None, 4000, False), (3, 89, False), (3, 90, True), (12, 359, False), (12, 360, True)],
)
def test_a_key_is_due_when_it_is_as_old_as_its_owner_wants(
    alice: User, months: int | None, age: int, *, due: bool
) -> None:
    """The same for the page and for the reminder."""
    wallet = a_wallet(alice, key=False, rotate_months=months)
    a_credential(wallet, created_at=NOW - timedelta(days=age))

    (told,) = described(alice)
    watch.remind(NOW)

    assert told.is_due is due
    assert Notice.objects.filter(kind=Kind.KEY_DUE).exists() is due


def test_an_end_that_is_near_is_marked(alice: User) -> None:
    for days in (13, 15):
        a_credential(a_wallet(alice, label=f"{days}", key=False), expires_at=NOW + timedelta(days=days))

    assert {each.wallet.label: each.ends_soon for each in described(alice)} == {"13": True, "15": False}


def test_two_queries_however_many(alice: User, django_assert_num_queries: Callable) -> None:
    for _ in range(20):
        a_report(a_wallet(alice).credentials.get())

    with django_assert_num_queries(2):
        assert len(described(alice)) == 20


# --- the page --------------------------------------------------------------------------------------------------------


def test_without_connections_the_page_leads_to_the_exchanges(alices_browser: Client) -> None:
    page = alices_browser.get(PAGE).text

    assert "Nothing is connected" in page
    assert "I have looked at all of them" not in page


def test_a_card_tells_all_there_is_to_know(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, label="<Savings>", key=False, rotate_months=3)
    credential = a_credential(
        wallet, created_at=timezone.now() - timedelta(days=120), expires_at=timezone.now() + timedelta(days=3)
    )
    a_report(credential, read=["Query funds"], ips=["203.0.113.10"])

    page = alices_browser.get(PAGE).text

    text = words(page)
    for said in (
        "<Savings>",
        "Reads only",
        "Query funds",
        "203.0.113.10",
        "After 3 months",
        "Due for a new key",
        "Soon",
    ):
        assert said in text
    assert page_of(wallet) in page
    assert "https://pro.kraken.com/app/settings/api" in page


@pytest.mark.parametrize(
    ("report", "credential", "said"),
    [
        ({"beyond": ["Withdraw funds"]}, {}, "More than reading"),
        ({"can_tell": False, "read": [], "ips": None}, {"confirmed_at": NOW}, "Your own word"),
        ({"can_tell": False, "read": [], "ips": None}, {}, "Not told"),
        ({"ips": []}, {}, "Every address"),
    ],
)
def test_what_is_not_known_is_not_claimed(
    alice: User, alices_browser: Client, report: dict, credential: dict, said: str
) -> None:
    a_report(a_credential(a_wallet(alice, key=False), **credential), **report)

    text = words(alices_browser.get(PAGE).text)

    assert said in text
    assert ("Reads only" in text) is (said == "Every address")


def test_that_it_was_looked_at_is_written_down_and_the_reminder_ends(alice: User, alices_browser: Client) -> None:
    a_wallet(alice)
    tell(owner=alice, kind=Kind.CONNECTIONS_DUE, now=NOW)
    assert "You have not said so yet." in words(alices_browser.get(PAGE).text)

    answer = alices_browser.post(PAGE, follow=True)

    assert "You did so last on" in words(answer.text)
    assert AuditEvent.objects.get(owner=alice).action == Action.CONNECTIONS_REVIEWED
    assert Notice.objects.get().closed_at


def test_who_has_looked_is_reminded_after_a_year(alice: User) -> None:
    a_credential(a_wallet(alice, key=False), created_at=NOW - timedelta(days=400))
    connections.reviewed(by=Actor(ActorKind.OWNER, alice), owner=alice, now=NOW)

    watch.remind_of_review(now=NOW + timedelta(days=364))
    assert not Notice.objects.exists()
    watch.remind_of_review(now=NOW + timedelta(days=366))
    assert Notice.objects.get().kind == Kind.CONNECTIONS_DUE


def test_only_the_last_page_asks_whether_all_were_looked_at(alice: User, alices_browser: Client) -> None:
    for number in range(25):
        a_credential(a_wallet(alice, key=False), created_at=NOW + timedelta(minutes=number))

    first = alices_browser.get(PAGE)
    second = alices_browser.get(PAGE + first.context["older"])

    assert [len(page.context["connections"]) for page in (first, second)] == [20, 5]
    assert ["I have looked at all of them" in page.text for page in (first, second)] == [False, True]
    shown = [each.wallet.pk for page in (first, second) for each in page.context["connections"]]
    assert set(shown) == set(Wallet.objects.values_list("pk", flat=True))


def test_a_page_of_a_hundred_thousand_reads_its_own_rows_only(alice: User) -> None:
    many_wallets(alice, 20_000)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO wallets_credential
                   (id, owner_id, wallet_id, version, way, standing, created_at, confirmed_words)
            SELECT gen_random_uuid(), owner_id, id, 1, 'key', 'current', created_at, '' FROM wallets_wallet
            """
        )
        cursor.execute("ANALYZE wallets_credential")

    with CaptureQueriesContext(connection) as queries:
        newest_first(connections.connected(alice), time="created_at", after=f"{NOW.isoformat()}_{UUID(int=0)}", size=20)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ANALYZE {queries[0]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "connections_of_owner" in plan
    assert "Sort" not in plan
