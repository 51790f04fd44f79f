"""What holds for every operation: who may, what is refused and how, and that nothing odd becomes a 500."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import recovery, tokens
from accounts.api import me
from accounts.api.frame import Call, Endpoint, api, resource
from accounts.audit import SYSTEM, Action
from accounts.models import ApiToken, AuditEvent, FactorRecovery, User
from tests.accounts.api.conftest import phone_of, script_of

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

ME = "/api/v1/me/"
PROBLEM = "application/problem+json"


def api_patterns() -> dict[str, URLPattern]:
    found = {}
    for resolver in get_resolver().url_patterns:
        if str(resolver.pattern) == "api/v1/":
            found |= {f"/api/v1/{entry.pattern}": entry for entry in resolver.url_patterns}
    return found


OPERATIONS = [
    (route, method, operation)
    for route, entry in api_patterns().items()
    for method, operation in entry.callback.view_class.operations.items()
]


FILES = [re.sub("<.*?>", "2024", route) for route, _, operation in OPERATIONS if operation.upload]


def address(route: str) -> str:
    """With an id that nothing has."""
    return re.sub("<.*?>", "00000000-0000-4000-8000-000000000000", route.replace("<int:year>", "2024"))


# --- who may -----------------------------------------------------------------------------------------------------


def answers(client: Client, operations: list[Any]) -> set[tuple[int, str]]:
    """Status and code of each operation, asked in turn: one set for what should be the same everywhere."""
    found = {}
    for route, method, operation in operations:
        body = json.dumps(operation.takes.example_request or operation.takes.example) if operation.takes else ""
        answer = client.generic(method, address(route), body, content_type="application/json")
        assert answer["Content-Type"] == PROBLEM
        found[route, method] = (answer.status_code, answer.json()["code"])
    assert found
    return set(found.values())


@pytest.fixture
def unhurried(settings: Any) -> None:
    """There are more operations than anybody may ask for in vain in a minute."""
    settings.RATE_LIMITS_SCALE = 10


def test_nobody_gets_in_without_a_door(db: None, unhurried: None) -> None:
    assert answers(APIClient(), OPERATIONS) == {(401, "not_authenticated")}
    assert APIClient().get(ME)["WWW-Authenticate"]


def test_the_cookie_of_a_browser_opens_nothing(alices_browser: Client, unhurried: None) -> None:
    assert answers(alices_browser, OPERATIONS) == {(401, "not_authenticated")}


def test_what_is_for_people_is_closed_to_every_token(alice: User) -> None:
    script = script_of(alice, "read", "write", "connect")

    for_people = [line for line in OPERATIONS if line[2].scope is None]

    assert answers(script, for_people) == {(403, "session_required")}


def test_grave_things_ask_for_the_second_factor_again(stale_phone: APIClient) -> None:
    grave = [line for line in OPERATIONS if line[2].fresh]

    assert answers(stale_phone, grave) == {(403, "step_up_required")}


def test_readers_may_only_read(reader: APIClient) -> None:
    writes = [line for line in OPERATIONS if line[2].scope not in {None, "read"}]

    assert answers(reader, writes) == {(403, "insufficient_scope")}


def test_what_is_not_there_is_404(phone: APIClient) -> None:
    """Every year is there, for everybody."""
    named = [line for line in OPERATIONS if "<" in line[0].replace("<int:year>", "")]
    assert answers(phone, named) == {(404, "not_found")}


def test_tokens_exports_and_the_account_are_grave_and_for_people() -> None:
    graves = {route.split("/")[3] for route, _, operation in OPERATIONS if operation.fresh and operation.scope is None}

    assert graves == {"tokens", "export", "account"}
    assert all(
        operation.fresh and operation.scope is None
        for route, _, operation in OPERATIONS
        if route.split("/")[3] in graves
    )


def test_only_connect_stands_for_a_second_factor() -> None:
    """It lasts 90 days at most and is minted behind one."""
    assert {operation.scope for _, _, operation in OPERATIONS if operation.fresh} == {None, "connect"}


def test_a_script_with_connect_needs_no_second_factor(alice: User) -> None:
    script = script_of(alice, "connect")

    grave = [line for line in OPERATIONS if line[2].fresh and line[2].scope and "<" in line[0]]

    assert answers(script, grave) == {(404, "not_found")}


def test_without_a_second_factor_nothing_opens(newcomer: User) -> None:
    answer = phone_of(newcomer, factor_age=None).get(ME)

    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")


def test_without_it_a_script_reaches_nothing_either(reader: APIClient, alice: User) -> None:
    Authenticator.objects.filter(user=alice).exclude(type=Authenticator.Type.RECOVERY_CODES).delete()

    answer = reader.get(ME)
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_required")


def test_a_script_its_owner_and_their_factors_are_asked_for_at_once(reader: APIClient) -> None:
    reader.get(ME)
    with CaptureQueriesContext(connection) as queries:
        reader.get(ME)

    asked = [each["sql"] for each in queries if each["sql"].startswith("SELECT")]
    tables = ("accounts_apitoken", "accounts_user", "mfa_authenticator")
    assert len([sql for sql in asked if any(f'FROM "{table}"' in sql for table in tables)]) == 1


def test_a_newcomers_cookie_is_no_sign_in_either(newcomers_browser: Client) -> None:
    assert newcomers_browser.get(ME).status_code == 401


def test_a_session_that_was_ended_opens_nothing(phone: APIClient, alice: User) -> None:
    alice.sessions.all().delete()

    answer = phone.get(ME)

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_session")


def test_a_browsers_session_carried_by_hand_opens_nothing(alices_browser: Client) -> None:
    answer = APIClient().get(ME, HTTP_X_SESSION_TOKEN=alices_browser.cookies["sessionid"].value)

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_session")


@pytest.mark.parametrize("token", ["", "x", "é" * 40, "a" * 5000, "' OR 1=1 --"])
def test_odd_session_tokens_are_refused(token: str, db: None) -> None:
    answer = APIClient().get(ME, HTTP_X_SESSION_TOKEN=token)

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_session")


@pytest.mark.parametrize(
    "line", ["Bearer", "Bearer ", "Bearer hf_", "Bearer hf_é", "Basic YTpi", "hf_abc", "Bearer " + "x" * 5000]
)
def test_odd_authorization_lines_are_refused(line: str, db: None) -> None:
    answer = APIClient().get(ME, HTTP_AUTHORIZATION=line)

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_a_phones_request_sets_no_cookie(phone: APIClient) -> None:
    assert not phone.get(ME).cookies


def test_what_a_script_does_is_in_the_trail_under_its_name(writer: APIClient, alice: User) -> None:
    writer.patch(ME, {"base_currency": "EUR"})

    event = AuditEvent.objects.get(action=Action.PROFILE_CHANGED)
    assert (event.actor_kind, event.actor) == ("token", alice)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"revoked_at": timezone.now()}, "token_revoked"),
        ({"expires_at": timezone.now()}, "token_expired"),
    ],
)
def test_the_holder_of_a_dead_token_learns_why(change: dict[str, Any], code: str, reader: APIClient) -> None:
    ApiToken.objects.update(**change)

    answer = reader.get(ME)

    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_tokens_sleep_while_the_account_closes(reader: APIClient, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(purge_at=timezone.now() + timedelta(days=30))

    answer = reader.get(ME)

    assert (answer.status_code, answer.json()["code"]) == (401, "token_asleep")


def test_tokens_sleep_while_a_lost_factor_is_recovered(reader: APIClient, alice: User) -> None:
    recovery.start(by=SYSTEM, owner=alice, now=timezone.now())
    assert reader.get(ME).status_code == 200  # anybody can ask for the mail; nothing rests before it is followed
    recovery.confirm(by=SYSTEM, recovery=FactorRecovery.objects.get(), now=timezone.now())

    assert reader.get(ME).json()["code"] == "token_asleep"


def test_a_phone_of_a_closing_account_reaches_the_account_only(phone: APIClient, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(purge_at=timezone.now() + timedelta(days=30))

    assert phone.get(ME).json()["code"] == "account_closing"
    assert phone.get("/api/v1/account/").status_code == 200


# --- what comes in -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "parse_error"),
        (b"\xff\xfe", 400, "parse_error"),
        (b'{"base_currency": "\xff"}', 400, "parse_error"),
        (b'{"a": NaN}', 400, "parse_error"),
        (b'{"a": Infinity}', 400, "parse_error"),
        (b'{"base_currency": "EUR", "base_currency": "CHF"}', 400, "parse_error"),
        (b"[" * 100_000, 400, "parse_error"),
        (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", 400, "parse_error"),
        (b'{"a": ' + b"9" * 5000 + b"}", 400, "parse_error"),
        (b'{"from_year": 1e999999999}', 400, "invalid"),
        (b"[]", 400, "invalid"),
        (b"null", 400, "invalid"),
        (b'"text"', 400, "invalid"),
        (b"7", 400, "invalid"),
        (b'{"base_currency": "\\u0000"}', 400, "parse_error"),
        (b'{"base_currency\\u0000": "EUR"}', 400, "parse_error"),
        (b'{"base_currency": ["\\ud800"]}', 400, "parse_error"),
        (b'{"base_currency": "' + b"x" * 1_000_001 + b'"}', 413, "body_too_large"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_bodies_we_cannot_read_are_refused(writer: APIClient, body: bytes, status: int, code: str) -> None:
    answer = writer.generic("PATCH", ME, body, content_type="application/json")

    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    assert answer.json()["code"] == code


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_other_kinds_of_bodies_are_refused(writer: APIClient, content_type: str) -> None:
    answer = writer.generic("PATCH", ME, b"base_currency=EUR", content_type=content_type)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_refused_body_is_never_repeated_in_the_answer(writer: APIClient) -> None:
    answer = writer.generic("PATCH", ME, b'{"base_currency": "canary-4711', content_type="application/json")

    assert "canary-4711" not in answer.content.decode()


def test_an_unknown_filter_is_refused_by_name(reader: APIClient) -> None:
    answer = reader.get("/api/v1/audit/?acton=signed_in")

    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("acton", "unknown_field")]


def test_what_takes_no_filter_says_so(reader: APIClient) -> None:
    answer = reader.get(f"{ME}?x=1")

    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("x", "unknown_field")]


@pytest.mark.parametrize(
    "twice", ["action=signed_in&action=signed_out", "limit=5&limit=5", "action=signed_in&limit=1&limit=2"]
)
def test_a_parameter_that_is_sent_twice_is_refused(reader: APIClient, twice: str) -> None:
    """One of both would have been left out, without a word."""
    name = twice.rpartition("&")[2].partition("=")[0]

    answer = reader.get(f"/api/v1/audit/?{twice}")

    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(name, "repeated")]


def test_where_a_file_is_wanted_nobody_is_told_to_send_json(writer: APIClient) -> None:
    answers = {address: writer.post(address, {"file": "a"}, format="json") for address in FILES}
    plain = writer.generic("PATCH", ME, b"time_zone=UTC", content_type="application/x-www-form-urlencoded")

    assert {answer.json()["detail"] for answer in answers.values()} == {"Send multipart/form-data."}
    assert (plain.status_code, plain.json()["detail"]) == (415, "Send application/json.")


# --- methods, types, addresses -----------------------------------------------------------------------------------


def test_an_unknown_method_says_which_are_known(phone: APIClient) -> None:
    answer = phone.put(ME, {})

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert set(answer["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PATCH"}


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW"])
def test_odd_methods_are_refused(phone: APIClient, method: str) -> None:
    assert phone.generic(method, ME).status_code == 405


def test_options_names_the_methods_and_needs_no_door(db: None) -> None:
    answer = APIClient().options(ME)

    assert (answer.status_code, answer.content) == (204, b"")
    assert set(answer["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "PATCH"}


def test_head_is_get_without_a_body(reader: APIClient) -> None:
    head, get = reader.head(ME), reader.get(ME)

    assert (head.status_code, head.content, head["ETag"]) == (200, b"", get["ETag"])


def test_answers_are_json_only(reader: APIClient) -> None:
    answer = reader.get(ME, HTTP_ACCEPT="text/html")

    assert (answer.status_code, answer["Content-Type"]) == (406, PROBLEM)


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/nothing/", "/api/", "/api/v2/me/", "/api/v1/tokens/%00/"])
def test_where_nothing_is_the_answer_is_a_problem_too(path: str, phone: APIClient) -> None:
    answer = phone.get(path)

    assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)


def test_nothing_of_an_answer_is_kept_by_caches_between(reader: APIClient) -> None:
    answer = reader.get(ME)

    assert {"private", "no-cache"} <= set(answer["Cache-Control"].split(", "))
    assert {"Authorization", "X-Session-Token"} <= set(answer["Vary"].split(", "))


def test_a_client_that_has_the_answer_gets_304(reader: APIClient) -> None:
    etag = reader.get(ME)["ETag"]

    answer = reader.get(ME, HTTP_IF_NONE_MATCH=f'"other", W/{etag}')

    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", etag)


# --- limits ------------------------------------------------------------------------------------------------------


def test_too_many_requests_of_one_token_are_told_to_wait(
    reader: APIClient, writer: APIClient, settings: SettingsWrapper
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api": (2, 60)}
    assert [reader.get(ME).status_code for _ in range(2)] == [200, 200]

    answer = reader.get(ME)

    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(answer["Retry-After"]) <= 30
    assert writer.get(ME).status_code == 200


def test_knocking_in_vain_is_limited_by_address(reader: APIClient, settings: SettingsWrapper) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api_anonymous": (2, 60)}
    knocks = [APIClient().get(ME, HTTP_AUTHORIZATION="Bearer hf_x").status_code for _ in range(3)]

    assert knocks == [401, 401, 429]
    assert reader.get(ME).status_code == 200


def test_a_network_of_ipv6_is_one_address(reader: APIClient, settings: SettingsWrapper) -> None:
    """Whoever rents one machine has 18,446,744,073,709,551,616 of them."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "api_anonymous": (2, 60)}
    hers = [f"2001:db8:1:1::{number}" for number in (1, 2, 3)]
    others = ["2001:db8:1:2::1", "::ffff:192.0.2.1", "::ffff:192.0.2.2", "192.0.2.3"]

    knocks = {
        address: APIClient(REMOTE_ADDR=address).get(ME, HTTP_AUTHORIZATION="Bearer hf_x").status_code
        for address in [*hers, *others]
    }

    assert [knocks[address] for address in hers] == [401, 401, 429]
    assert {knocks[address] for address in others} == {401}


# --- the unforeseen ----------------------------------------------------------------------------------------------


@api("GET", scope="read", gives=me.Me)
def explode(call: Call) -> None:
    """Break."""
    raise RuntimeError("canary-4711")


def test_the_unforeseen_says_nothing_but_a_number(alice: User, rf: Any, caplog: pytest.LogCaptureFixture) -> None:
    now = timezone.now()
    expires_at = now + timedelta(days=1)
    _, token = tokens.mint(by=SYSTEM, owner=alice, name="x", scopes=["read"], expires_at=expires_at, now=now)

    answer = resource("x/", explode).callback(rf.get("/x/", HTTP_AUTHORIZATION=f"Bearer {token}")).render()

    assert (answer.status_code, answer["Content-Type"]) == (500, PROBLEM)
    assert "canary-4711" not in answer.content.decode()
    assert answer["X-Request-Id"] in answer.content.decode()
    assert answer["X-Request-Id"] == caplog.records[-1].request_id  # type: ignore[attr-defined] # given as extra


def test_every_operation_is_made_by_the_frame() -> None:
    views = [entry.callback for entry in api_patterns().values()]

    assert views
    assert all(issubclass(view.view_class, Endpoint) for view in views)
    assert all(view.guard.startswith("api:") for view in views)
