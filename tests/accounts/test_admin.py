"""The console: for staff with a second factor, showing no secret, changing nothing by hand, and never unseen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from accounts.admin_console import CappedPaginator, console
from accounts.audit import SYSTEM, Action, Actor, ActorKind, record
from accounts.models import AuditEvent, FactorRecovery, Notice, User
from accounts.notices import Kind, tell
from tests.accounts.many import many_events
from tests.conftest import signed_in
from tests.factories import UserFactory

if TYPE_CHECKING:
    from django.test import Client

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
USERS, TRAIL = "/admin/accounts/user/", "/admin/accounts/auditevent/"
LISTS = [USERS, TRAIL, "/admin/accounts/notice/", "/admin/accounts/factorrecovery/"]


@pytest.fixture
def console_browser(staff_member: User) -> Client:
    return signed_in(staff_member)


def looked(owner: User | None) -> list[str]:
    return list(AuditEvent.objects.filter(owner=owner, action=Action.STAFF_LOOKED).values_list("subject", flat=True))


@pytest.mark.parametrize("asked", ["email", "email__iexact"])
def test_who_has_an_address_is_found_by_the_index_whatever_its_case(db, asked: str) -> None:
    """As sign-in, sign-up and the console ask, staff and strangers: not by walking through everybody."""
    ada = UserFactory(email="ada@example.test")
    User.objects.bulk_create(User(email=f"somebody{number}@example.test") for number in range(2000))
    found = User.objects.filter(**{asked: "Ada@Example.test"})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_user")  # of a handful, any way is as good

    assert list(found) == [ada]
    assert "one_user_per_email" in found.explain()
    assert "one_user_per_email" in AuditEvent.objects.filter(**{f"owner__{asked}": ada.email}).explain()


def test_a_list_that_goes_on_does_not_claim_to_be_all(
    console_browser: Client, staff_member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CappedPaginator, "MOST", 3)
    for _ in range(4):
        tell(owner=staff_member, kind=Kind.FACTOR_ADDED, now=NOW, factor="Authenticator app")

    capped, users = console_browser.get("/admin/accounts/notice/").text, console_browser.get(USERS).text

    assert "The first 3 notices. Narrow the list to see others." in " ".join(capped.split())
    assert "The first" not in users
    assert "Factor recoveries" in console_browser.get("/admin/").text


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", *LISTS, "/admin/password_change/", "/admin/nothing/"])
def test_an_owner_who_is_not_staff_finds_nothing_here(alices_browser: Client, path: str) -> None:
    assert alices_browser.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", *LISTS])
def test_a_stranger_is_led_to_the_one_door(client: Client, path: str) -> None:
    assert client.get(path)["Location"].startswith("/accounts/login/")


def test_the_password_alone_opens_nothing(client: Client, staff_member: User) -> None:
    answer = client.post("/admin/login/", {"username": staff_member.email, "password": "a calm long passphrase"})

    assert answer["Location"].startswith("/accounts/login/")
    assert "sessionid" not in client.cookies


def test_staff_without_a_second_factor_are_led_to_enrolment(db: None) -> None:
    fresh = UserFactory(is_staff=True, is_superuser=True)

    assert signed_in(fresh, factor_age=None).get("/admin/")["Location"] == "/enrol/"


# --- what is there ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/admin/", *LISTS])
def test_staff_see_the_page(console_browser: Client, alice: User, path: str) -> None:
    record(by=SYSTEM, action=Action.SIGNED_IN, owner=alice, now=NOW)
    tell(owner=alice, kind=Kind.PASSWORD_CHANGED, now=NOW)

    assert console_browser.get(path).status_code == 200


def test_only_what_we_put_there_is_there() -> None:
    admin.autodiscover()

    registered = {model.__name__ for model in console._registry}  # noqa: SLF001 - there is no public way to ask

    accounts_ones, wallets_ones = {"User", "AuditEvent", "Notice", "FactorRecovery"}, {"Wallet", "HelpRequest"}
    ledger_ones = {"Journal", "ImportFile", "BulkEdit", "Transaction", "PriceSource"}
    sync_ones = {"Run", "Incident", "HeldExchange"}
    assert registered == accounts_ones | wallets_ones | ledger_ones | sync_ones
    for name in ("django_q_schedule", "django_q_success", "mfa_authenticator", "accounts_session", "accounts_apitoken"):
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:{name}_changelist")


def test_an_owners_page_holds_no_secret(console_browser: Client, alice: User) -> None:
    secrets = [alice.password, *(f.data.get("secret") or f.data["seed"] for f in alice.authenticator_set.all())]

    page = console_browser.get(f"{USERS}{alice.pk}/change/").text

    assert "alice@example.test" in page
    assert not [secret for secret in secrets if secret in page]
    assert '<input type="submit"' not in page.split("logout")[1]


def test_what_an_owner_was_told_is_not_for_staff(console_browser: Client, alice: User) -> None:
    notice = tell(owner=alice, kind=Kind.TOKEN_MINTED, now=NOW, name="my private script")

    assert "my private script" not in console_browser.get(f"/admin/accounts/notice/{notice.pk}/change/").text


def test_a_list_is_no_oracle_for_what_it_does_not_show(console_browser: Client, alice: User) -> None:
    """Sign by sign, a password's hash or a wallet's name could be asked for."""
    fitting = {"password__startswith": alice.password[:12], "password__regex": "^scrypt"}

    answers = [console_browser.get(USERS, {name: value}) for name, value in fitting.items()]

    assert [answer.status_code for answer in answers] == [400, 400]


def test_lists_are_filtered_by_what_they_offer_and_by_nothing_else() -> None:
    admin.autodiscover()
    asked = RequestFactory().get("/")
    offered = {"Journal": {"behind"}, "ImportFile": {"state"}, "BulkEdit": {"failed", "move"}}
    by_words = {"state", "cause", "exchange", "failing", "action", "kind"}  # filters of our own

    for model, board in console._registry.items():  # noqa: SLF001 - there is no public way to ask
        names = {field.name for field in model._meta.concrete_fields} - by_words  # noqa: SLF001 - Django's documented interface
        taken = {
            name
            for name in names
            for lookup in ("", "__exact", "__gte", "__startswith", "__regex", "__isnull", "__email__startswith")
            if board.lookup_allowed(f"{name}{lookup}", "x", asked)
        }
        assert taken == offered.get(model.__name__, set()) - by_words, model
        assert not board.lookup_allowed("state__startswith", "x", asked), model


def test_the_trail_shows_staff_no_word_of_an_owners(console_browser: Client, alice: User) -> None:
    """What something was done to is called as its owner calls it: wallets, files, tokens, passkeys, symbols."""
    facts = {"asset": "private-asset", "amount": "12.5"}
    event = record(
        by=Actor(ActorKind.TOKEN, alice, label="private-token"),
        action=Action.BALANCE_TYPED,
        owner=alice,
        now=NOW,
        subject="private-wallet",
        **facts,
    )

    for path in (TRAIL, f"{TRAIL}{event.pk}/change/"):
        shown = console_browser.get(path).text
        assert Action.BALANCE_TYPED in shown
        for private in ("private-", "12.5"):
            assert private not in shown, (path, private)


def test_of_a_look_staff_see_what_was_looked_at_and_searched_for(console_browser: Client) -> None:
    console_browser.get(USERS, {"q": "somebody"})
    event = AuditEvent.objects.get(action=Action.STAFF_LOOKED)

    shown = console_browser.get(f"{TRAIL}{event.pk}/change/").text

    assert "the list of users" in shown
    assert "q=somebody" in shown


@pytest.mark.parametrize("path", LISTS)
def test_nothing_is_added_changed_or_deleted_by_hand(console_browser: Client, alice: User, path: str) -> None:
    event = record(by=SYSTEM, action=Action.SIGNED_IN, owner=alice, now=NOW)
    notice = tell(owner=alice, kind=Kind.PASSWORD_CHANGED, now=NOW)
    started = FactorRecovery.objects.create(owner=alice, started_at=NOW)
    row = dict(zip(LISTS, (alice.pk, event.pk, notice.pk, started.pk), strict=True))[path]

    assert console_browser.get(f"{path}add/").status_code == 403
    assert console_browser.post(f"{path}{row}/delete/", {"post": "yes"}).status_code == 403
    assert console_browser.post(f"{path}{row}/change/", {"email": "x@example.test"}).status_code == 403
    alice.refresh_from_db()
    assert alice.email == "alice@example.test"
    assert Notice.objects.filter(pk=notice.pk).exists()


# --- never unseen ----------------------------------------------------------------------------------------------------


def test_looking_at_an_owner_stands_in_that_owners_trail(
    console_browser: Client, alice: User, staff_member: User, alices_browser: Client
) -> None:
    console_browser.get(f"{USERS}{alice.pk}/change/")

    assert looked(alice) == ["the user"]
    assert "Holdfast staff (staff@example.test)" in alices_browser.get("/settings/security/trail/").text


def test_searching_is_recorded_with_what_was_searched_for(console_browser: Client, alice: User) -> None:
    console_browser.get(USERS, {"q": "example.test"})

    event = AuditEvent.objects.get(action=Action.STAFF_LOOKED)
    assert (event.owner, event.subject, event.details["query"]) == (None, "the list of users", "q=example.test")


def test_whoever_was_searched_for_has_it_in_their_own_trail_which_goes_when_they_go(
    console_browser: Client, alice: User
) -> None:
    """It stood in nobody's, with the address, and no purge ever reached it."""
    for path, words in ((USERS, "alice"), (TRAIL, "Alice@example.test"), (USERS, "former@example.test")):
        console_browser.get(path, {"q": words, "o": "1"})

    looks = AuditEvent.objects.filter(action=Action.STAFF_LOOKED).order_by("at")
    assert [(look.owner, look.details["query"]) for look in looks] == [
        (alice, "q=alice&o=1"),
        (alice, "q=Alice%40example.test&o=1"),
        (None, "q=an+address+of+nobody&o=1"),
    ]


# --- what staff may do -----------------------------------------------------------------------------------------------


def start_recovery(browser: Client, *owners: User) -> object:
    chosen = [owner.pk for owner in owners]
    return browser.post(USERS, {"action": "start_recovery", "_selected_action": chosen}, follow=True)


def test_staff_start_a_recovery_and_the_owner_is_told(
    console_browser: Client, alice: User, staff_member: User, mailoutbox: list
) -> None:
    start_recovery(console_browser, alice)

    assert FactorRecovery.objects.get().started_by == staff_member
    assert Notice.objects.filter(owner=alice, kind=Kind.STAFF_ACTED).exists()
    started = AuditEvent.objects.get(owner=alice, action=Action.RECOVERY_STARTED)
    assert (started.actor_kind, started.actor) == ("staff", staff_member)
    assert [message.to for message in mailoutbox] == [["alice@example.test"]]
    assert "staff were asked in your name" in mailoutbox[0].body
    assert "knows" not in mailoutbox[0].body  # nobody gave a password


def test_where_there_is_nothing_to_recover_nobody_is_told_so(
    console_browser: Client, newcomer: User, mailoutbox: list
) -> None:
    answer = start_recovery(console_browser, newcomer)

    assert "Nothing was sent" in answer.text
    assert mailoutbox == []
    assert not Notice.objects.filter(owner=newcomer).exists()


def test_recovery_is_started_for_one_person_at_a_time(console_browser: Client, alice: User, bob: User) -> None:
    answer = start_recovery(console_browser, alice, bob)

    assert "Choose one person" in answer.text
    assert not FactorRecovery.objects.exists()


# --- however much there is -------------------------------------------------------------------------------------------


def test_a_long_list_counts_no_further_than_a_thousand(console_browser: Client, alice: User) -> None:
    many_events(alice, 3_000)

    with CaptureQueriesContext(connection) as queries:
        console_browser.get("/admin/accounts/auditevent/")

    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 1000" in sql for sql in counts)
    assert not [query["sql"] for query in queries if "DISTINCT" in query["sql"]]


@pytest.mark.parametrize("path", [*LISTS, "/admin/sync/run/", "/admin/wallets/wallet/", "/admin/ledger/journal/"])
def test_no_list_offers_to_count_by_each_filter(console_browser: Client, path: str) -> None:
    """Of 200,000 events it took more seconds than a page has, and everybody else waited."""
    page = console_browser.get(path).text
    with CaptureQueriesContext(connection) as queries:
        asked = console_browser.get(path, {"_facets": "True"})

    assert "_facets" not in page
    assert "Show all" not in page  # of what nobody searched for
    assert asked.status_code == 200
    assert not [query["sql"] for query in queries if "FILTER (WHERE" in query["sql"]]


def test_what_is_told_as_history_is_the_trail(console_browser: Client, alice: User) -> None:
    """Django's own log of changes is empty: nobody changes a row by hand."""
    record(by=SYSTEM, action=Action.SIGNED_IN, owner=alice, now=NOW)
    event = AuditEvent.objects.get(owner=alice)

    for page in (f"{USERS}{alice.pk}/change/", f"{TRAIL}{event.pk}/change/"):
        shown = console_browser.get(page).text
        assert f'href="{TRAIL}?q=alice%40example.test"' in shown
        assert "/history/" not in shown


@pytest.mark.parametrize("path", LISTS)
def test_thirty_rows_cost_what_one_costs(console_browser: Client, path: str, django_assert_max_num_queries) -> None:
    def fill(count: int) -> None:
        for owner in UserFactory.create_batch(count):
            record(by=SYSTEM, action=Action.SIGNED_IN, owner=owner, now=NOW)
            tell(owner=owner, kind=Kind.PASSWORD_CHANGED, now=NOW)
            FactorRecovery.objects.create(owner=owner, started_at=NOW)

    fill(1)
    console_browser.get(path)
    with CaptureQueriesContext(connection) as few:
        console_browser.get(path)
    fill(30)

    with django_assert_max_num_queries(len(few)):
        console_browser.get(path)
