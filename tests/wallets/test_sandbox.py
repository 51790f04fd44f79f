"""The sandbox: strict where the real thing is, faulty on order, the same in every run, and gone when told to."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from django.core.management import CommandError, call_command

from tests.playground import CLIENT_ID, CLIENT_SECRET, Playground, running
from wallets.sandbox.server import House, Sandbox

ROOT = Path(__file__).resolve().parents[2]
HOME = "http://testserver/back/"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def world(playground: Playground) -> Playground:
    playground.control("reset")
    playground.register(HOME, f"{HOME}?kept=1")
    return playground


def authorize_url(world: Playground, **changes: str | None) -> str:
    params = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": HOME,
        "scope": "wallet:user:read",
        "state": "long enough",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    given = {name: value for name, value in {**params, **changes}.items() if value is not None}
    return f"{world.coinbase}/oauth2/auth?{urlencode(given)}"


def code_for(world: Playground, **changes: str | None) -> str:
    return parse_qs(urlsplit(world.allow(authorize_url(world, **changes))).query)["code"][0]


def ask_for_tokens(world: Playground, **changes: str | None) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": HOME,
        "code_verifier": VERIFIER,
    }
    given = {name: value for name, value in {**form, **changes}.items() if value is not None}
    return requests.post(f"{world.coinbase}/oauth2/token", data=given, timeout=10)


def tokens(world: Playground, **changes: str | None) -> dict[str, object]:
    answer = ask_for_tokens(world, code=code_for(world, **changes))
    assert answer.status_code == 200, answer.text
    return answer.json()


def user(world: Playground, access: object, path: str = "/v2/user") -> requests.Response:
    return requests.get(f"{world.coinbase}{path}", headers={"Authorization": f"Bearer {access}"}, timeout=10)


# --- the consent page --------------------------------------------------------------------------------------------


def test_the_consent_page_says_that_it_is_not_the_real_thing(world):
    page = requests.get(authorize_url(world), timeout=10)

    assert page.status_code == 200
    assert "Sandbox." in page.text
    assert "This is not Coinbase" in page.text
    assert "Allow as Ada Moreno" in page.text


@pytest.mark.parametrize(
    "changes", [{"client_id": "unknown"}, {"redirect_uri": "http://evil.example/"}, {"redirect_uri": f"{HOME}x"}]
)
def test_an_unknown_app_or_address_is_shown_and_nothing_is_sent_there(world, changes):
    answer = requests.get(authorize_url(world, **changes), allow_redirects=False, timeout=10)

    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "wallet:transactions:send"}, "invalid_scope"),
        ({"code_challenge_method": "S512"}, "invalid_request"),
        ({"state": "short"}, "invalid_request"),
    ],
)
def test_other_mistakes_go_back_to_the_app(world, changes, error):
    answer = requests.get(authorize_url(world, **changes), allow_redirects=False, timeout=10)

    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["error"] == [error]


def test_a_name_given_in_the_query_is_shown_as_text(world):
    world.register(HOME, client_id="<b>app</b>")

    page = requests.get(authorize_url(world, client_id="<b>app</b>"), timeout=10)

    assert "<b>app</b>" not in page.text


def test_refusing_says_so_and_gives_nothing(world):
    location = world.refuse(authorize_url(world))

    assert parse_qs(urlsplit(location).query) == {"error": ["access_denied"], "state": ["long enough"]}


def test_an_address_with_a_query_keeps_it(world):
    location = world.allow(authorize_url(world, redirect_uri=f"{HOME}?kept=1"))

    assert parse_qs(urlsplit(location).query)["kept"] == ["1"]


# --- the token endpoint ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "unknown"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"code_verifier": "w" * 43}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"redirect_uri": f"{HOME}?kept=1"}, 400, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_grant"),
        ({"code": "unknown"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
    ids=str,
)
def test_a_code_is_given_out_for_the_right_answer_only(world, changes, status, error):
    answer = ask_for_tokens(world, **{"code": code_for(world), **changes})

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_another_apps_code_is_worth_nothing(world):
    world.register(HOME, client_id="another")

    answer = ask_for_tokens(world, code=code_for(world), client_id="another")

    assert answer.json()["error"] == "invalid_grant"


def test_a_code_is_over_after_ten_minutes(world):
    code = code_for(world)
    world.later(600)

    assert ask_for_tokens(world, code=code).json()["error"] == "invalid_grant"


def test_a_code_tried_wrongly_is_spent(world):
    code = code_for(world)

    ask_for_tokens(world, code=code, code_verifier="w" * 43)

    assert ask_for_tokens(world, code=code).status_code == 400


def test_a_refresh_token_comes_with_offline_access_only(world):
    assert "refresh_token" not in tokens(world)
    assert "refresh_token" in tokens(world, scope="wallet:user:read offline_access")
    assert "refresh_token" in tokens(world, scope="wallet:user:read,offline_access")


def test_a_refresh_token_used_twice_takes_everything_back(world):
    first = tokens(world, scope="wallet:user:read offline_access")
    refresh = {"grant_type": "refresh_token", "redirect_uri": None, "code_verifier": None}
    second = ask_for_tokens(world, refresh_token=first["refresh_token"], **refresh).json()
    before = user(world, second["access_token"]).status_code

    reuse = ask_for_tokens(world, refresh_token=first["refresh_token"], **refresh)

    assert (before, reuse.status_code) == (200, 400)
    assert user(world, second["access_token"]).json()["errors"][0]["id"] == "revoked_token"


# --- what a token shows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "more"),
    [
        ("offline_access", set()),
        ("wallet:user:read", {"time_zone", "native_currency", "bitcoin_unit", "country", "created_at"}),
        ("wallet:user:email", {"email"}),
    ],
)
def test_the_user_is_shown_as_far_as_the_scope_reaches(world, scope, more):
    shown = user(world, tokens(world, scope=scope)["access_token"]).json()["data"]

    public = {"id", "name", "username", "profile_location", "profile_bio", "profile_url", "avatar_url", "resource"}
    assert set(shown) == public | {"resource_path"} | more


def test_somebody_may_agree_to_less_than_was_asked(world):
    location = world.allow(
        authorize_url(world, scope="wallet:user:read wallet:user:email"), scopes=["wallet:user:read"]
    )
    answer = ask_for_tokens(world, code=parse_qs(urlsplit(location).query)["code"][0]).json()

    assert answer["scope"] == "wallet:user:read"
    assert user(world, answer["access_token"], "/v2/user/auth").json()["data"]["scopes"] == ["wallet:user:read"]


def test_bad_tokens_are_told_apart_as_the_documents_say(world):
    expired, revoked = tokens(world)["access_token"], tokens(world)["access_token"]
    requests.post(
        f"{world.coinbase}/oauth2/revoke",
        data={"token": revoked},
        headers={"Authorization": f"Bearer {revoked}"},
        timeout=10,
    ).raise_for_status()
    revoked_answer = user(world, revoked)
    world.later(3600)

    answers = [revoked_answer, user(world, expired), user(world, "made up")]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert [answer.json()["errors"][0]["id"] for answer in answers] == [
        "revoked_token",
        "expired_token",
        "invalid_token",
    ]


def test_revoking_needs_somebody_who_may(world):
    access = tokens(world)["access_token"]

    answer = requests.post(f"{world.coinbase}/oauth2/revoke", data={"token": access}, timeout=10)

    assert answer.status_code == 401
    assert user(world, access).status_code == 200


# --- the frame ---------------------------------------------------------------------------------------------------


def test_two_runs_from_one_seed_say_the_same():
    def story() -> list[object]:
        with running() as world:
            world.register(HOME)
            return [world.state()["people"], code_for(world), tokens(world)["access_token"]]

    assert story() == story()


@pytest.mark.parametrize(
    ("kind", "raises"),
    [("reset", requests.ConnectionError), ("lost", requests.ConnectionError), ("hang", requests.Timeout)],
)
def test_faults_reach_down_to_the_socket(world, kind, raises):
    world.fault(kind, "/v2/*", pause_ms=1500)

    with pytest.raises(raises):
        requests.get(f"{world.coinbase}/v2/user", timeout=0.5)


def test_a_cut_answer_is_shorter_than_it_said(world):
    world.fault("cut")

    with pytest.raises(requests.RequestException):
        requests.get(f"{world.coinbase}/v2/user", timeout=5)


def test_a_fault_is_played_so_many_times_and_only_where_it_was_set(world):
    world.fault("status", "/v2/user", status=520, times=2)

    seen = [requests.get(f"{world.coinbase}{path}", timeout=5).status_code for path in ["/v2/user", "/v2/x"] * 3]

    assert seen == [520, 404, 520, 404, 401, 404]


def test_faults_can_be_taken_away(world):
    world.fault("status", status=503)
    world.control("coinbase/faults", method="DELETE")

    assert requests.get(f"{world.coinbase}/v2/user", timeout=5).status_code == 401


@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        ("coinbase/faults", {"kind": "unheard of"}, 400),
        ("coinbase/faults", {"kind": "reset", "colour": "red"}, 400),
        ("coinbase", {"colour": "red"}, 400),
        ("clock", {}, 400),
        ("nobody", {}, 404),
    ],
)
def test_a_mistake_at_the_control_address_is_said(world, path, change, status):
    assert requests.post(f"{world.url}/_control/{path}", json=change, timeout=5).status_code == status


def test_a_web_page_cannot_reach_the_control_address(world):
    answer = requests.post(f"{world.url}/_control/reset", data={"a": "b"}, timeout=5)

    assert answer.status_code == 415


def test_one_connection_serves_many_calls(world):
    with requests.Session() as session:
        first = session.post(f"{world.url}/nobody/", data="x" * 1000, timeout=5)
        second = session.get(f"{world.coinbase}/v2/user", timeout=5)

    assert (first.status_code, second.status_code) == (404, 401)


# --- the process -------------------------------------------------------------------------------------------------


def test_production_does_not_start_it(settings):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="not start in production"):
        call_command("sandbox", port=8999)


def test_without_a_port_it_says_what_is_missing():
    with pytest.raises(CommandError, match="SANDBOX_PORT"):
        call_command("sandbox", port=0)


def test_a_scenario_is_set_by_file(tmp_path):
    port, file = free_port(), tmp_path / "scenario.json"
    file.write_text(json.dumps({"kraken": {"size": 48, "faults": [{"kind": "html", "path": "*Time", "times": 1}]}}))
    command = [sys.executable, "manage.py", "sandbox", "--port", str(port), "--scenario", str(file)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        assert answers(port)
        time_at = f"http://127.0.0.1:{port}/kraken/0/public/Time"

        assert Playground(port).state("kraken")["size"] == 48
        assert "html" in requests.get(time_at, timeout=5).text
        assert requests.get(time_at, timeout=5).json()["error"] == []
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('{"nowhere": {}}', "nowhere"),
        ('{"kraken": {"sise": 4}}', "sise"),
        ('{"kraken": {"faults": [{"kind": "hiccup"}]}}', "hiccup"),
        ('{"kraken": {"faults": 3}}', "cannot be played"),
        ("[]", "cannot be played"),
        ("{", "cannot be played"),
    ],
)
def test_a_scenario_that_cannot_be_played_says_why(tmp_path, said, why):
    file = tmp_path / "scenario.json"
    file.write_text(said)

    with pytest.raises(CommandError, match=why):
        call_command("sandbox", port=free_port(), scenario=str(file))


def test_a_scenario_that_is_not_there_says_so(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("sandbox", port=free_port(), scenario=str(tmp_path / "none.json"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int, *, within: float = 60) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            return requests.get(f"http://127.0.0.1:{port}/", timeout=1).ok
        except requests.ConnectionError:
            time.sleep(0.05)
    return False


def closed(port: int, *, within: float) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return True
        time.sleep(0.05)
    return False


def test_sigterm_ends_it_at_once_even_with_a_caller_kept_waiting():
    port = free_port()
    process = subprocess.Popen([sys.executable, "manage.py", "sandbox", "--port", str(port)], cwd=ROOT)
    try:
        assert answers(port)
        Playground(port).fault("hang", pause_ms=60_000)
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(b"GET /coinbase/v2/user HTTP/1.1\r\nHost: localhost\r\n\r\n")
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)

            assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()


def test_it_ends_when_whoever_started_it_is_killed():
    port = free_port()
    command = [sys.executable, "manage.py", "sandbox", "--port", str(port)]
    script = f"import subprocess, time; subprocess.Popen({command!r}); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    try:
        assert answers(port)
    finally:
        parent.kill()
        parent.wait()

    assert closed(port, within=10)


def test_a_taken_port_is_said_in_a_sentence():
    with Sandbox(("127.0.0.1", 0), House(clock=time.time)) as taken:
        done = subprocess.run(
            [sys.executable, "manage.py", "sandbox", "--port", str(taken.port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env=os.environ,
            check=False,
        )

    assert done.returncode == 1
    assert f"cannot listen on port {taken.port}" in done.stderr
    assert "Traceback" not in done.stderr


# --- bans and limits ------------------------------------------------------------------------------------------------


def clock_of(world: Playground, provider: str) -> requests.Response:
    paths = {"kraken": "/0/public/Time", "gemini": "/v1/symbols", "binance": "/api/v3/time"}
    return requests.get(f"{world.at(provider)}{paths[provider]}", timeout=5)


@pytest.mark.parametrize("status", [429, 418])
def test_in_a_ban_everybody_is_turned_away_and_told_for_how_long(world: Playground, status: int) -> None:
    world.control("kraken/ban", {"seconds": 20, "status": status})

    first, second = clock_of(world, "kraken"), clock_of(world, "kraken")

    assert (first.status_code, second.status_code) == (status, status)
    assert 19 <= int(first.headers["Retry-After"]) <= 20
    assert clock_of(world, "gemini").status_code == 200
    world.later(21)
    assert clock_of(world, "kraken").status_code == 200


def test_whoever_comes_again_once_it_is_known_has_broken_the_ban(world: Playground) -> None:
    world.control("kraken/ban", {"seconds": 20, "status": 418})
    clock_of(world, "kraken")
    clock_of(world, "kraken")  # was on its way
    assert world.control("turnstile", method="GET")["bans"] == {"kraken": [[2, 0]]}

    world.later(6)
    clock_of(world, "kraken")

    assert world.control("turnstile", method="GET")["bans"] == {"kraken": [[3, 1]]}


def test_a_dear_call_is_counted_as_what_it_costs(world: Playground) -> None:
    """Binance: 6000 a minute for an address, and 20 of it for a list of trades."""
    for _ in range(300):
        requests.get(f"{world.at('binance')}/api/v3/myTrades", timeout=5)
    assert world.control("turnstile", method="GET")["over"] == {}

    clock_of(world, "binance")

    assert world.control("turnstile", method="GET")["over"] == {"binance": 1}
