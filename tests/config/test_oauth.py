"""The OAuth2 client mechanism: its pure parts by property, its calls over real HTTP to a strict server."""

from __future__ import annotations

import base64
import copy
import hashlib
import pickle
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import oauth
from config.http import Patience
from config.oauth import Fault, OAuthError, Provider, Secret, SessionStarts, Start
from tests.playground import CLIENT_ID, CLIENT_SECRET

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOME = "http://testserver/back/"
READ = ("wallet:user:read", "offline_access")


def provider_at(origin: str = "https://provider.example", **changes: object) -> Provider:
    values = {
        "id": "coinbase",
        "title": "Coinbase",
        "authorize_url": f"{origin}/oauth2/auth",
        "token_url": f"{origin}/oauth2/token",
        "revoke_url": f"{origin}/oauth2/revoke",
        "api_url": origin,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "patience": Patience(connect=1, read=1, total=2),
    }
    return Provider(**{**values, **changes})


@pytest.fixture
def provider(playground):
    playground.control("reset")
    playground.register(HOME)
    return provider_at(playground.coinbase)


def begun(provider: Provider, starts: SessionStarts, **changes: object) -> str:
    departure = oauth.begin(
        provider, **{"purpose": "test", "redirect_uri": HOME, "scopes": READ, "now": NOW, **changes}
    )
    starts.keep(departure.start)
    return departure.url


def brought_back(provider: Provider, playground, starts: SessionStarts | None = None) -> tuple[Start, Secret]:
    starts = SessionStarts({}) if starts is None else starts
    location = playground.allow(begun(provider, starts))
    return oauth.come_back(provider, dict(parse_qsl(urlsplit(location).query)), starts, now=NOW)


def granted(provider: Provider, playground) -> oauth.Tokens:
    start, code = brought_back(provider, playground)
    return oauth.exchange(provider, start, code, now=NOW)


def fault_of(call, *args: object, **kwargs: object) -> Fault:
    with pytest.raises(OAuthError) as caught:
        call(*args, **kwargs)
    return caught.value.fault


# --- away --------------------------------------------------------------------------------------------------------


def test_the_way_out_names_everything_and_proves_nothing_yet():
    starts = SessionStarts({})

    query = parse_qs(urlsplit(begun(provider_at(), starts, subject="7")).query)

    assert {name: values for name, values in query.items() if name not in {"state", "code_challenge"}} == {
        "response_type": ["code"],
        "client_id": [CLIENT_ID],
        "redirect_uri": [HOME],
        "scope": ["wallet:user:read offline_access"],
        "code_challenge_method": ["S256"],
    }
    assert CLIENT_SECRET not in str(query)


def test_the_verifier_stays_here_and_the_challenge_is_its_hash():
    departure = oauth.begin(provider_at(), purpose="test", redirect_uri=HOME, scopes=READ, now=NOW)

    challenge = parse_qs(urlsplit(departure.url).query)["code_challenge"][0]

    hashed = base64.urlsafe_b64encode(hashlib.sha256(departure.start.verifier.encode()).digest()).rstrip(b"=")
    assert challenge.encode() == hashed
    assert departure.start.verifier not in departure.url
    assert 43 <= len(departure.start.verifier) <= 128


def test_no_two_starts_share_a_state_or_a_verifier():
    departures = [
        oauth.begin(provider_at(), purpose="test", redirect_uri=HOME, scopes=READ, now=NOW) for _ in range(50)
    ]

    assert len({one.start.state_digest for one in departures}) == 50
    assert len({one.start.verifier for one in departures}) == 50


def test_plain_http_is_for_this_machine_and_stand_ins_only():
    with pytest.raises(ValueError, match="not https"):
        provider_at("http://provider.example")

    assert provider_at("http://localhost:8801").authorize_origin == "http://localhost:8801"
    assert provider_at("http://sandbox:8801", stand_in=True).authorize_origin == "http://sandbox:8801"


# --- and back ----------------------------------------------------------------------------------------------------


def come_back(starts: SessionStarts, url: str, *, now: datetime = NOW, provider: Provider | None = None, **query: str):
    state = parse_qs(urlsplit(url).query)["state"][0]
    return oauth.come_back(provider or provider_at(), {"state": state, "code": "a-code", **query}, starts, now=now)


def test_the_start_comes_back_whole():
    starts = SessionStarts({})
    url = begun(provider_at(), starts, subject="7", return_to="holdfast://done")

    start, code = come_back(starts, url)

    assert (start.subject, start.purpose, start.return_to, start.scopes) == ("7", "test", "holdfast://done", READ)
    assert (start.begun_at, code.expose()) == (NOW, "a-code")


def test_a_state_is_taken_once_whatever_came_of_it():
    starts = SessionStarts({})
    url = begun(provider_at(), starts)

    first = fault_of(come_back, starts, url, error="access_denied")
    second = fault_of(come_back, starts, url)

    assert (first, second) == (Fault.DENIED, Fault.STATE_UNKNOWN)


def test_another_browser_another_provider_or_no_state_is_unknown():
    starts = SessionStarts({})
    url = begun(provider_at(), starts)

    faults = [
        fault_of(come_back, SessionStarts({}), url),
        fault_of(come_back, starts, url, state=""),
        fault_of(come_back, starts, url, state="x" * 100_000),
        fault_of(come_back, starts, url, provider=provider_at(id="uphold")),
    ]

    assert set(faults) == {Fault.STATE_UNKNOWN}


@pytest.mark.parametrize(("after", "over"), [(0, False), (599, False), (600, True), (10**6, True), (-1, True)], ids=str)
def test_a_start_lives_ten_minutes(after, over):
    starts = SessionStarts({})
    url = begun(provider_at(), starts)
    now = NOW + timedelta(seconds=after)

    if over:
        assert fault_of(come_back, starts, url, now=now) is Fault.STATE_EXPIRED
    else:
        assert come_back(starts, url, now=now)


@given(st.text(max_size=40))
def test_whatever_error_the_provider_names_is_one_of_ours(error):
    starts = SessionStarts({})
    url = begun(provider_at(), starts)

    assert fault_of(come_back, starts, url, error=error) in set(Fault)


@given(st.dictionaries(st.sampled_from(["state", "code", "error", "scope"]), st.text(max_size=30)))
def test_no_query_made_up_elsewhere_gets_in(query):
    starts = SessionStarts({})
    begun(provider_at(), starts)

    assert fault_of(oauth.come_back, provider_at(), query, starts, now=NOW) is Fault.STATE_UNKNOWN


def test_a_browser_keeps_a_few_starts_and_forgets_the_oldest():
    session: dict[str, object] = {}
    urls = [begun(provider_at(), SessionStarts(session)) for _ in range(7)]

    assert len(session[SessionStarts.KEY]) == oauth.STARTS_KEPT
    assert fault_of(come_back, SessionStarts(session), urls[0]) is Fault.STATE_UNKNOWN
    assert come_back(SessionStarts(session), urls[6])
    assert come_back(SessionStarts(session), urls[2])


def test_the_state_itself_is_not_kept():
    session: dict[str, object] = {}

    url = begun(provider_at(), SessionStarts(session))

    assert parse_qs(urlsplit(url).query)["state"][0] not in str(session)


@given(
    st.builds(
        Start,
        provider=st.text(),
        purpose=st.text(),
        subject=st.text(),
        return_to=st.text(),
        redirect_uri=st.text(),
        scopes=st.lists(st.text()).map(tuple),
        begun_at=st.datetimes(timezones=st.just(UTC)),
        state_digest=st.text(),
        verifier=st.text(),
    )
)
def test_a_start_survives_being_written_down(start):
    assert Start.from_dict(start.as_dict()) == start


# --- scopes and tokens -------------------------------------------------------------------------------------------

SCOPE = st.from_regex(r"[a-z:_]{1,12}", fullmatch=True)


@given(st.frozensets(SCOPE), st.sampled_from([" ", ",", ", ", "  "]))
def test_scopes_are_read_however_they_are_parted(scopes, separator):
    assert oauth.scopes_of(separator.join(sorted(scopes))) == scopes


@given(st.frozensets(SCOPE), st.frozensets(SCOPE))
def test_the_gap_says_what_is_missing_and_what_is_too_much(asked, given_):
    gap = oauth.gap(asked, given_)

    assert (asked - gap.missing) | gap.extra == given_
    assert not gap.missing & given_
    assert not gap.extra & asked


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.dictionaries(
    st.sampled_from(["access_token", "refresh_token", "token_type", "expires_in", "scope", "error"]), JSON
)


@given(JSON | FIELDS)
def test_no_answer_breaks_the_reading_of_tokens(answer):
    fault = None
    try:
        tokens = oauth.tokens_of(answer, now=NOW)
    except OAuthError as error:
        fault = error.fault

    assert fault is Fault.NOT_UNDERSTOOD or tokens.access.expose() == answer["access_token"]


VISIBLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)  # RFC 6749, appendix A


@given(st.integers(0, 10**9), st.text(VISIBLE, min_size=1, max_size=40), st.frozensets(SCOPE))
def test_a_proper_answer_is_read_in_full(seconds, access, scopes):
    answer = {"access_token": access, "token_type": "Bearer", "expires_in": seconds, "scope": " ".join(scopes)}

    tokens = oauth.tokens_of(answer, now=NOW)

    assert tokens.access.expose() == access
    assert tokens.expires_at == NOW + timedelta(seconds=seconds)
    assert tokens.granted == scopes
    assert tokens.refresh is None


@pytest.mark.parametrize(
    "garbage",
    [
        {"access_token": "a\0"},
        {"access_token": "a\r\nCookie: b"},
        {"access_token": "a", "refresh_token": "b\0"},
        {"access_token": "a", "scope": "read\0"},
        {"access_token": "a", "scope": "read" * 2000},
    ],
)
def test_what_no_database_and_no_header_takes_is_no_token_and_no_scope(garbage):
    assert fault_of(oauth.tokens_of, garbage, now=NOW) is Fault.NOT_UNDERSTOOD


def test_an_empty_refresh_token_means_that_there_is_none():
    assert oauth.tokens_of({"access_token": "a", "refresh_token": ""}, now=NOW).refresh is None


def test_an_expiry_of_null_means_until_revoked():
    assert oauth.tokens_of({"access_token": "a", "expires_in": None}, now=NOW).expires_at is None


def test_a_secret_is_not_shown_written_down_or_logged():
    tokens = oauth.tokens_of({"access_token": "canary-a", "refresh_token": "canary-r"}, now=NOW)

    assert "canary" not in f"{tokens} {tokens!r} {provider_at()!r}"
    assert CLIENT_SECRET not in repr(provider_at())
    for write in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            write(tokens.access)


# --- over the wire -----------------------------------------------------------------------------------------------


def test_a_code_brings_tokens(provider, playground):
    tokens = granted(provider, playground)

    assert tokens.granted == frozenset(READ)
    assert tokens.expires_at == NOW + timedelta(hours=1)
    assert oauth.fetch(provider, "/v2/user", tokens.access)["data"]["id"] == playground.id_of("Ada")


def test_both_ways_of_showing_who_the_app_is_work(provider, playground):
    basic = provider_at(playground.coinbase, client_auth="client_secret_basic")

    assert granted(provider, playground).access
    assert granted(basic, playground).access


def test_a_code_works_once_and_its_second_use_takes_the_tokens_back(provider, playground):
    start, code = brought_back(provider, playground)
    tokens = oauth.exchange(provider, start, code, now=NOW)

    again = fault_of(oauth.exchange, provider, start, code, now=NOW)

    assert again is Fault.GRANT_REFUSED
    assert fault_of(oauth.fetch, provider, "/v2/user", tokens.access) is Fault.TOKEN_REFUSED


def test_a_stolen_code_is_worth_nothing_without_the_verifier(provider, playground):
    mine = brought_back(provider, playground)
    _, stolen = brought_back(provider, playground)

    assert fault_of(oauth.exchange, provider, mine[0], stolen, now=NOW) is Fault.GRANT_REFUSED


def test_refreshing_gives_a_new_pair_and_spends_the_old(provider, playground):
    first = granted(provider, playground)

    second = oauth.refresh(provider, first.refresh, now=NOW)
    reused = fault_of(oauth.refresh, provider, first.refresh, now=NOW)
    after_reuse = fault_of(oauth.refresh, provider, second.refresh, now=NOW)

    assert second.refresh.expose() != first.refresh.expose()
    assert (reused, after_reuse) == (Fault.GRANT_REFUSED, Fault.GRANT_REFUSED)


def test_a_provider_that_does_not_rotate_leaves_the_refresh_token_as_it_is(provider, playground):
    tokens = granted(provider, playground)
    playground.fault("status", "/oauth2/token", status=200, body='{"access_token": "new", "token_type": "bearer"}')

    again = oauth.refresh(provider, tokens.refresh, now=NOW)

    assert (again.access.expose(), again.refresh.expose()) == ("new", tokens.refresh.expose())


def test_a_lost_answer_to_a_refresh_is_told_apart_from_a_refusal(provider, playground):
    tokens = granted(provider, playground)
    playground.fault("lost", "/oauth2/token", times=1)

    lost = fault_of(oauth.refresh, provider, tokens.refresh, now=NOW)
    then = fault_of(oauth.refresh, provider, tokens.refresh, now=NOW)

    assert (lost, then) == (Fault.UNREACHABLE, Fault.GRANT_REFUSED)


def test_who_is_sent_away_is_told_for_how_long(provider, playground):
    tokens = granted(provider, playground)
    playground.fault("status", "/oauth2/*", status=429, body="{}", retry_after="90")

    waits = []
    for ask in (oauth.revoke, partial(oauth.refresh, now=NOW)):
        with pytest.raises(OAuthError) as refused:
            ask(provider, tokens.refresh)
        waits.append((refused.value.fault, refused.value.wait))

    assert waits == [(Fault.TOO_MANY, timedelta(seconds=90))] * 2


def test_a_revoked_token_is_over(provider, playground):
    tokens = granted(provider, playground)

    oauth.revoke(provider, tokens.refresh)
    oauth.revoke(provider, tokens.refresh)  # gone already, as wished

    assert fault_of(oauth.fetch, provider, "/v2/user", tokens.access) is Fault.TOKEN_REFUSED


def test_an_expired_token_is_refused(provider, playground):
    tokens = granted(provider, playground)
    playground.later(3601)

    assert fault_of(oauth.fetch, provider, "/v2/user", tokens.access) is Fault.TOKEN_REFUSED


def test_a_wrong_secret_is_the_operators_to_mend(provider, playground):
    start, code = brought_back(provider, playground)
    wrong = provider_at(playground.coinbase, client_secret="wrong")

    assert fault_of(oauth.exchange, wrong, start, code, now=NOW) is Fault.CLIENT_REFUSED


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"kind": "status", "status": 500}, Fault.UNREACHABLE),
        ({"kind": "status", "status": 502, "body": "<html>", "content_type": "text/html"}, Fault.UNREACHABLE),
        ({"kind": "status", "status": 429}, Fault.TOO_MANY),
        ({"kind": "status", "status": 429, "body": '{"errors": [{"id": "rate_limit_exceeded"}]}'}, Fault.TOO_MANY),
        ({"kind": "status", "status": 400, "body": "{}"}, Fault.NOT_UNDERSTOOD),
        ({"kind": "status", "status": 400, "body": '{"error": "invalid_grant"}'}, Fault.GRANT_REFUSED),
        ({"kind": "status", "status": 401, "body": '{"error": "invalid_client"}'}, Fault.CLIENT_REFUSED),
        ({"kind": "status", "status": 400, "body": '{"error": ["invalid_grant"]}'}, Fault.NOT_UNDERSTOOD),
        ({"kind": "status", "status": 400, "body": '{"error": null}'}, Fault.NOT_UNDERSTOOD),
        ({"kind": "status", "status": 401, "body": "Unauthorized"}, Fault.NOT_UNDERSTOOD),
        ({"kind": "status", "status": 200, "body": "[]"}, Fault.NOT_UNDERSTOOD),
        ({"kind": "status", "status": 200, "body": "{}"}, Fault.NOT_UNDERSTOOD),
        ({"kind": "status", "status": 200, "body": "x" * 300_000}, Fault.NOT_UNDERSTOOD),
        ({"kind": "html"}, Fault.NOT_UNDERSTOOD),
        ({"kind": "empty"}, Fault.NOT_UNDERSTOOD),
        ({"kind": "truncated"}, Fault.NOT_UNDERSTOOD),
        ({"kind": "redirect", "location": "http://127.0.0.1:1/"}, Fault.NOT_UNDERSTOOD),
        ({"kind": "cut"}, Fault.UNREACHABLE),
        ({"kind": "reset"}, Fault.UNREACHABLE),
        ({"kind": "hang", "pause_ms": 3000}, Fault.UNREACHABLE),
        ({"kind": "drip", "pause_ms": 100}, Fault.UNREACHABLE),
    ],
    ids=lambda value: "-".join(str(part)[:12] for part in value.values()) if isinstance(value, dict) else str(value),
)
def test_every_answer_of_the_token_endpoint_has_its_fault(provider, playground, fault, named):
    start, code = brought_back(provider, playground)
    playground.fault(path="/oauth2/token", **fault)

    assert fault_of(oauth.exchange, provider, start, code, now=NOW) is named


def test_a_fault_carries_nothing_of_what_the_provider_said(provider, playground):
    start, code = brought_back(provider, playground)
    body = f'{{"error": "invalid_grant", "error_description": "canary {code.expose()}"}}'
    playground.fault("status", "/oauth2/token", status=400, body=body)

    with pytest.raises(OAuthError) as caught:
        oauth.exchange(provider, start, code, now=NOW)

    error = caught.value
    assert (error.args, error.__cause__, error.__context__) == (("grant_refused",), None, None)


def test_nobody_is_spoken_to_but_the_provider(provider, playground):
    tokens = granted(provider, playground)
    detour = f"@{urlsplit(playground.url).netloc}/coinbase/v2/user"  # what stands before the @ is a user name

    assert fault_of(oauth.fetch, provider_at("http://localhost:1"), detour, tokens.access) is Fault.UNREACHABLE
