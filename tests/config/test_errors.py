"""Errors look like the rest and say what to do; the one of our own making needs nothing but its template."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError, ProgrammingError, connection, transaction
from django.test import Client, RequestFactory
from django.urls import path
from django.views.defaults import server_error

from config.album import ERRORS
from config.api import problem
from config.exits import Code, Refusal
from config.urls import urlpatterns as ours


def refuse(request):
    raise PermissionDenied


def misread(request):
    raise BadRequest


def break_down(request):
    raise RuntimeError


def lose_the_database(request):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    finally:
        connection.close()  # as the end of a request does, which the client of tests leaves out


def fill_the_disk(request):
    """What PostgreSQL says then is raised by the server itself, as it would be."""
    with connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$")


def find_no_room_for_a_file(request):
    Path("/dev/full").write_bytes(b"what somebody brought")


def ask_for_too_much(request):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '50ms'")
        cursor.execute("SELECT pg_sleep(20)")


def lack_a_key(request):
    """What a process hears at its next connection when others began with a key that it was not given."""
    raise Refusal(Code.WRONG_KEYS, "The data is sealed with an encryption key that is not here.")


AWAY = {
    "lost": lose_the_database,
    "full": fill_the_disk,
    "no_room": find_no_room_for_a_file,
    "key": lack_a_key,
}
BROKEN = {**AWAY, "break": break_down, "long": ask_for_too_much}
urlpatterns = [
    *(path(f"{where}{name}/", view) for where in ("x/", "api/v1/x/") for name, view in BROKEN.items()),
    path("x/refuse/", refuse),
    path("x/misread/", misread),
    *ours,
]
handler500 = "config.broken.answer"


@pytest.fixture
def careless(client: Client) -> Client:
    """A browser: it is shown the error page instead of the exception."""
    client.raise_request_exception = False
    return client


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/x/misread/", 400, "could not be read"),
        ("/x/refuse/", 403, "not open to you"),
        ("/nothing-here/", 404, "nothing at this address"),
        ("/x/break/", 500, "broke on our side"),
    ],
)
def test_an_error_is_explained_in_our_own_look(careless: Client, db, address: str, status: int, words: str) -> None:
    answer = careless.get(address)

    assert answer.status_code == status
    assert words in answer.text
    assert "css/tokens.css" in answer.text


@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", AWAY)
def test_while_the_database_is_away_a_person_is_told_that_and_that_nothing_saved_is_lost(careless, name) -> None:
    answer = careless.get(f"/x/{name}/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "Out of reach for a moment" in answer.text
    assert "What was saved is safe" in answer.text
    assert "css/tokens.css" in answer.text
    assert careless.get("/").status_code == 200  # and the next one is served


@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["/x/lost/", "/api/v1/x/lost/"])
def test_while_it_is_away_the_log_has_a_line_for_each_request_and_not_where_the_code_was(
    careless, caplog, where
) -> None:
    """All fail for one reason then; a hundred lines for each fill the disk of a service that is in trouble already."""
    careless.get(where)

    assert "OperationalError" in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.urls(__name__)
@pytest.mark.django_db
@pytest.mark.parametrize("where", ["/x/break/", "/api/v1/x/break/"])
def test_the_log_says_where_the_code_broke_and_not_the_path_which_may_hold_a_code(careless, caplog, where) -> None:
    careless.get(where)

    assert "in break_down" in caplog.text
    assert where not in caplog.text


@pytest.mark.urls(__name__)
@pytest.mark.django_db
def test_a_page_that_asks_for_too_much_says_so_and_the_operators_log_says_where(careless, caplog) -> None:
    answer = careless.get("/x/long/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "This took too long" in answer.text
    assert "What was saved is safe" in answer.text
    assert "in ask_for_too_much" in caplog.text


@pytest.mark.django_db
def test_an_operation_that_asks_for_too_much_says_so_and_the_operators_log_says_where(caplog) -> None:
    with pytest.raises(OperationalError) as caught:
        ask_for_too_much(None)

    answer = problem.answer(caught.value, {})

    assert (answer.status_code, answer.data["code"], answer["Retry-After"]) == (503, "too_long", "30")
    assert "in ask_for_too_much" in caplog.text


@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "status"), [*((name, 503) for name in (*AWAY, "long")), ("break", 500)])
def test_a_program_never_meets_a_page_whatever_breaks(careless, name, status) -> None:
    answer = careless.get(f"/api/v1/x/{name}/")

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == {"break": "unexpected", "long": "too_long"}.get(name, "unavailable")
    assert answer.get("Retry-After") == ("30" if status == 503 else None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", AWAY)
def test_an_operation_of_the_api_says_so_too(name, caplog) -> None:
    with pytest.raises((OperationalError, OSError, Refusal)) as caught:
        AWAY[name](None)

    answer = problem.answer(caught.value, {})

    assert (answer.status_code, answer.data["code"], answer["Retry-After"]) == (503, "unavailable", "30")
    assert type(caught.value).__name__ in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.django_db
def test_a_mistake_of_ours_in_a_query_is_none_of_these() -> None:
    with pytest.raises(ProgrammingError) as caught, connection.cursor() as cursor:
        cursor.execute("SELECT nothing_here")

    assert problem.answer(caught.value, {}).status_code == 500


def test_an_address_that_is_only_posted_to_shows_no_blank_page(client: Client, db) -> None:
    answer = client.get("/closing/cancel/")

    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "belongs to a button on another page" in answer.text
    assert "css/tokens.css" in answer.text


def test_a_form_without_its_mark_is_refused_kindly(db) -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post("/accounts/login/", {"login": "alice@example.test", "password": "a calm long passphrase"})

    assert answer.status_code == 403
    assert "The form was out of date" in answer.text
    assert "passphrase" not in answer.text


def test_our_own_failure_is_shown_without_the_database() -> None:
    """No database is allowed here, and no context processor runs: a broken database must not break its own apology."""
    answer = server_error(RequestFactory().get("/"))

    assert "Something broke on our side" in answer.content.decode()


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_page_leads_on(client: Client, db, name: str) -> None:
    answer = client.get(f"/_ui/errors/{name}/")

    assert answer.status_code == ERRORS[name]
    assert 'href="/"' in answer.text


def test_who_looks_for_what_they_removed_is_led_to_the_bins(alices_browser: Client, client: Client) -> None:
    """A link in an old mail leads to the key of a wallet that lies in the bin: it was "nothing at this address"."""
    mine, strangers = (browser.get("/nothing-here/").text for browser in (alices_browser, client))

    for address in ("/wallets/bin/", "/transactions/bin/"):
        assert f'href="{address}"' in mine
        assert address not in strangers


def test_a_button_that_came_too_late_says_so(alices_browser: Client) -> None:
    """Decided in another window: it was "nothing at this address", which nobody had typed in."""
    address = f"/transactions/transfers/{uuid.uuid4()}/accept/"

    late = alices_browser.post(address)

    assert late.status_code == 404
    assert "This is not there any more" in late.text
    assert "perhaps in another window" in late.text
    assert "nothing at this address" not in late.text
