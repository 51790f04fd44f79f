"""What staff see of wallets: what fails, where, why, since when. Never a secret, an identity, an amount or a name."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import Action, Actor, ActorKind
from accounts.models import AuditEvent, Notice
from tests.conftest import signed_in
from tests.wallets.holdings import NOW, SECRET, a_check, a_credential, a_report, a_wallet, many_wallets, page_of
from wallets import claims
from wallets import help as asking
from wallets.models import HelpRequest, Wallet
from wallets.notice_kinds import Kind
from wallets.records import Identity, IdentityKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User

WALLETS, QUESTIONS = "/admin/wallets/wallet/", "/admin/wallets/helprequest/"


@pytest.fixture
def console(staff_member: User) -> Client:
    return signed_in(staff_member)


@pytest.fixture
def failing(alice: User) -> Wallet:
    """With something in every corner that staff must not see."""
    wallet = a_wallet(
        alice,
        label="Savings of Alice",
        note="private note",
        cause="right_missing",
        cause_right="Query ledger entries",
        failing_since=NOW,
        key=False,
    )
    a_credential(wallet, version=1, standing="former", wiped_at=NOW)
    credential = a_credential(wallet, version=2, confirmed_at=NOW, confirmed_words="my own words")
    a_report(credential, read=["Query funds"], missing=["Query ledger entries"], ips=["198.51.100.77"])
    a_check(
        wallet,
        ("reachable", "ticked", "", ""),
        ("read", "crossed", "Query ledger entries", "right_missing"),
        ("activity", "ticked", "activity-canary", ""),
        cause="right_missing",
        claims=[["user", "claim-canary"]],
        outcome={"version": "outcome-canary"},
    )
    claims.claim(
        wallet.book, alice, "kraken", claims.digests_of(alice, "kraken", [Identity(IdentityKind.USER, "12")]), now=NOW
    )
    return wallet


def asked_by(owner: User, wallet: Wallet | None = None, **when: object) -> HelpRequest:
    by = Actor(ActorKind.OWNER, owner)
    now = when.get("now", timezone.now())
    return asking.ask(by=by, owner=owner, subject="It fails", words="Since <Monday>.", wallet=wallet, now=now)


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [WALLETS, QUESTIONS])
def test_an_owner_finds_nothing_here_and_a_stranger_is_led_to_the_door(
    client: Client, alices_browser: Client, path: str
) -> None:
    assert alices_browser.get(path).status_code == 404
    assert client.get(path)["Location"].startswith("/accounts/login/")


# --- wallets ---------------------------------------------------------------------------------------------------------


def test_the_list_says_who_where_why_and_since_when(console: Client, failing: Wallet) -> None:
    page = console.get(WALLETS).text

    for said in ("alice@example.test", "kraken", "Needs you", "right_missing", "Nov. 20, 2026"):
        assert said in page


def test_the_page_says_what_was_tried_and_what_came_of_it(console: Client, failing: Wallet) -> None:
    page = console.get(f"{WALLETS}{failing.pk}/change/").text

    for said in (
        "The key may not read everything",
        "read crossed (right_missing): Query ledger entries",
        "reachable ticked",
        "bound to 1",
        "Query funds",
        "former",
        "current",
    ):
        assert said in page, said


@pytest.mark.parametrize(
    "kept_back",
    [
        SECRET,
        "gAAAA",
        "Savings of Alice",
        "private note",
        "my own words",
        "198.51.100.77",
        "activity-canary",
        "claim-canary",
        "outcome-canary",
    ],
)
def test_nothing_is_given_away(console: Client, failing: Wallet, kept_back: str) -> None:
    asked = asked_by(failing.owner, failing)
    pages = [WALLETS, f"{WALLETS}{failing.pk}/change/", QUESTIONS, f"{QUESTIONS}{asked.pk}/change/"]

    html = "".join(console.get(path).text for path in pages)

    assert kept_back not in html
    assert str(failing.book) not in html


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ({"state": "needs_you"}, {"expired"}),
        ({"state": "paused"}, {"paused"}),
        ({"cause": "maintenance"}, {"down"}),
        ({"exchange": "binance"}, {"down", "paused"}),
        ({"exchange": "binance", "state": "paused"}, {"paused"}),
        ({"state": "no such"}, {"expired", "down", "paused"}),
    ],
)
def test_the_list_is_narrowed_by_exchange_cause_and_state(
    console: Client, alice: User, query: dict[str, str], labels: set[str]
) -> None:
    a_wallet(alice, label="expired", cause="key_expired")
    a_wallet(alice, label="down", exchange="binance", cause="maintenance", health="exchange_down")
    a_wallet(alice, label="paused", exchange="binance", cause="key_expired", paused_at=NOW)

    rows = console.get(WALLETS, query).context["cl"].result_list

    assert {row.label for row in rows} == labels


def test_what_is_purged_is_gone_for_staff_too(console: Client, alice: User) -> None:
    wallet = a_wallet(alice, key=False, binned_at=NOW, purged_at=NOW)

    assert not console.get(WALLETS).context["cl"].result_list
    assert console.get(f"{WALLETS}{wallet.pk}/change/").status_code == 302


def test_a_look_stands_in_the_wallets_own_trail(console: Client, failing: Wallet, alices_browser: Client) -> None:
    console.get(f"{WALLETS}{failing.pk}/change/")

    trail = alices_browser.get(page_of(failing)).text.split('id="trail"')[1]

    assert "Holdfast staff looked at the account" in trail
    assert "staff@example.test" in trail


def test_nothing_of_a_wallet_is_changed_by_hand(console: Client, failing: Wallet) -> None:
    assert console.get(f"{WALLETS}add/").status_code == 403
    assert console.post(f"{WALLETS}{failing.pk}/delete/", {"post": "yes"}).status_code == 403
    assert console.post(f"{WALLETS}{failing.pk}/change/", {"health": "working"}).status_code == 403
    assert Wallet.objects.get().health == "needs_you"


# --- questions -------------------------------------------------------------------------------------------------------


def test_a_question_is_seen_with_what_goes_with_it(console: Client, failing: Wallet) -> None:
    asked = asked_by(failing.owner, failing)

    page = console.get(f"{QUESTIONS}{asked.pk}/change/").text

    assert "Since &lt;Monday&gt;." in page
    assert "&quot;cause&quot;: &quot;right_missing&quot;" in page


def test_an_answer_goes_through_the_verb(
    console: Client, staff_member: User, failing: Wallet, alices_browser: Client
) -> None:
    asked = asked_by(failing.owner, failing)

    console.post(
        f"{QUESTIONS}{asked.pk}/change/", {"answer": "Tick the box.", "subject": "changed", "words": "changed"}
    )

    asked.refresh_from_db()
    assert (asked.answer, asked.subject, asked.words) == ("Tick the box.", "It fails", "Since <Monday>.")
    assert asked.answered_at
    event = AuditEvent.objects.get(owner=failing.owner, action=Action.HELP_ANSWERED)
    assert (event.actor_kind, event.actor, event.about) == ("staff", staff_member, failing.pk)
    assert Notice.objects.get(kind=Kind.HELP_ANSWERED).owner == failing.owner
    assert "Tick the box." in alices_browser.get("/wallets/help/").text
    assert not LogEntry.objects.exists()


def test_an_empty_answer_is_no_answer(console: Client, alice: User) -> None:
    asked = asked_by(alice)

    answer = console.post(f"{QUESTIONS}{asked.pk}/change/", {"answer": " "})

    assert "This field is required" in answer.text
    assert HelpRequest.objects.get().answered_at is None


@pytest.mark.parametrize("how", ["withdrawn", "run out"])
def test_without_consent_there_is_nothing_to_see_or_answer(console: Client, alice: User, how: str) -> None:
    asked = asked_by(alice, now=NOW - timedelta(days=90) if how == "run out" else timezone.now())
    if how == "withdrawn":
        asking.withdraw(by=Actor(ActorKind.OWNER, alice), request=asked, now=timezone.now())

    assert not console.get(QUESTIONS).context["cl"].result_list
    assert console.get(f"{QUESTIONS}{asked.pk}/change/").status_code == 302
    assert console.post(f"{QUESTIONS}{asked.pk}/change/", {"answer": "x"}).status_code == 302
    assert HelpRequest.objects.get().answer == ""


def test_a_question_is_neither_made_nor_deleted_by_staff(console: Client, alice: User) -> None:
    asked = asked_by(alice)

    assert console.get(f"{QUESTIONS}add/").status_code == 403
    assert console.post(f"{QUESTIONS}{asked.pk}/delete/", {"post": "yes"}).status_code == 403


# --- however much there is -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [WALLETS, QUESTIONS])
def test_thirty_rows_cost_what_one_costs(
    console: Client, alice: User, bob: User, path: str, django_assert_num_queries: Callable
) -> None:
    def fill(count: int) -> None:
        for number in range(count):
            owner = alice if number % 2 else bob
            asked_by(owner, a_wallet(owner, cause="key_expired"))

    fill(1)
    console.get(path)
    with CaptureQueriesContext(connection) as few:
        console.get(path)
    fill(30)

    with django_assert_num_queries(len(few)):
        console.get(path)


def test_a_long_list_walks_an_index_and_counts_no_further_than_a_thousand(console: Client, alice: User) -> None:
    many_wallets(alice, 3_000)

    with CaptureQueriesContext(connection) as queries:
        console.get(WALLETS)

    said = [query["sql"] for query in queries if "wallets_wallet" in query["sql"]]
    assert all("LIMIT 1000" in sql for sql in said if "COUNT(" in sql)
    (listing,) = [sql for sql in said if "ORDER BY" in sql and "COUNT(" not in sql]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {listing}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "wallets_newest" in plan
