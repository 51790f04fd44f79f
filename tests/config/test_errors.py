"""Errors look like the rest and say what to do; the one of our own making needs nothing but its template."""

from __future__ import annotations

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.test import Client, RequestFactory
from django.urls import path
from django.views.defaults import server_error

from config.album import ERRORS
from config.urls import urlpatterns as ours


def refuse(request):
    raise PermissionDenied


def misread(request):
    raise BadRequest


def break_down(request):
    raise RuntimeError


urlpatterns = [*ours, path("x/refuse/", refuse), path("x/misread/", misread), path("x/break/", break_down)]


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
