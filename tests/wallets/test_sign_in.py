"""Every exchange that lets people in, by its row of the catalogue, through `config.oauth`, against its stand-in."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests

from config import oauth
from config.http import Patience
from config.oauth import Fault, OAuthError, Provider, SessionStarts
from tests.playground import CLIENT_ID, CLIENT_SECRET
from wallets.catalogue import Way, load
from wallets.records import Cause, ConnectorError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOME = "http://testserver/wallets/back/"
ROWS = {row.id: row for row in load().values() if row.method(Way.OAUTH)}
CODE_LIVES = {"coinbase": 600, "coinjar": 600, "uphold": 300}
RENEWING = {"coinbase", "coinjar"}  # without being told to


class FreePace:
    def before(self, cost):
        pass

    def slow_down(self, wait, whose):
        pass


class Door:
    """The way in at one exchange, as a person walks it."""

    def __init__(self, playground, row):
        self.playground, self.row = playground, row
        self.provider = self.provider_with()

    def provider_with(self, **changes):
        facts, here = self.row.sign_in, self.playground.at(self.row.id)
        urls = {
            name: here + urlsplit(getattr(facts, name).replace("{client_id}", CLIENT_ID)).path
            for name in ("authorize_url", "token_url", "revoke_url", "api_url")
        }
        values = {
            "id": self.row.id,
            "title": self.row.name,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "client_auth": facts.client_auth,
            "authorize_extra": facts.extra,
            "patience": Patience(connect=1, read=2, total=3),
        }
        return Provider(**{**urls, **values, **changes})

    def begin(self, **changes):
        asked = {"purpose": "connect", "redirect_uri": HOME, "scopes": self.row.sign_in.scopes, "now": NOW, **changes}
        return oauth.begin(self.provider, **asked)

    def walk(self, **allowing):
        """Away, a yes, and back."""
        starts, departure = SessionStarts({}), self.begin()
        starts.keep(departure.start)
        return self.back(starts, self.playground.allow(departure.url, **allowing))

    def back(self, starts, location):
        assert location.startswith(HOME)
        return oauth.come_back(self.provider, dict(parse_qsl(urlsplit(location).query)), starts, now=NOW)

    def exchange(self, start, code, provider=None):
        return oauth.exchange(provider or self.provider, start, code, now=NOW)

    def tokens(self, **allowing):
        return self.exchange(*self.walk(**allowing))

    def refresh(self, tokens):
        return oauth.refresh(self.provider, tokens.refresh, now=NOW)

    def connector(self, tokens):
        module, name = self.row.connector.split(":")
        values = {"token": tokens.access.expose(), "scopes": " ".join(sorted(tokens.granted))}
        return getattr(importlib.import_module(module), name)(
            values, pace=FreePace(), origin=self.playground.at(self.row.id)
        )

    def tell(self, **change):
        self.playground.control(self.row.id, change)

    def renews(self, *, grace, access_lives=3600):
        self.tell(refresh={"grace": grace, "access_lives": access_lives})


@pytest.fixture(params=sorted(ROWS))
def way(request, playground):
    playground.control("reset")
    playground.register(HOME, provider=request.param)
    return Door(playground, ROWS[request.param])


@pytest.fixture
def uphold(playground):
    playground.control("reset")
    playground.register(HOME, provider="uphold")
    return Door(playground, ROWS["uphold"])


def fault_of(call, *args):
    with pytest.raises(OAuthError) as caught:
        call(*args)
    return caught.value.fault


def is_dead(connector):
    try:
        connector.identities()
    except ConnectorError as failure:
        if failure.cause is not Cause.SIGN_IN_AGAIN:
            raise
        return True
    return False


# --- there and back -----------------------------------------------------------------------------------------------


def test_a_yes_brings_a_token_that_reads_the_persons_account(way):
    tokens = way.tokens()

    connector = way.connector(tokens)
    assert tokens.granted == frozenset(way.row.sign_in.scopes)
    assert not connector.rights().beyond
    assert not connector.rights().missing
    assert connector.identities()[-1].value == way.playground.id_of("Ada", way.row.id)


def test_another_person_is_another_account(way):
    identity = way.connector(way.tokens(first_name="Ben")).identities()[-1]

    assert identity.value == way.playground.id_of("Ben", way.row.id)


def test_somebody_may_agree_to_less_and_what_is_missing_is_named(way):
    *kept, left_out = (scope for scope in way.row.sign_in.scopes if scope != "offline_access")

    tokens = way.tokens(scopes=kept)

    assert tokens.granted == frozenset(kept)
    assert way.connector(tokens).rights().missing == (left_out,)


def test_a_no_brings_nothing(way):
    starts, departure = SessionStarts({}), way.begin()
    starts.keep(departure.start)

    assert fault_of(way.back, starts, way.playground.refuse(departure.url)) is Fault.DENIED


def test_an_address_that_was_never_registered_is_not_sent_anything(way):
    departure = way.begin(redirect_uri=f"{HOME}elsewhere/")

    answer = requests.get(departure.url, timeout=10)

    assert answer.status_code == 400
    assert answer.url.startswith(way.playground.url)


def test_a_scope_that_the_app_has_no_claim_to_is_refused_on_the_spot(way):
    departure = way.begin(scopes=("everything:write",))

    answer = requests.get(departure.url, allow_redirects=False, timeout=10)
    while answer.headers["Location"].startswith(way.playground.url):
        answer = requests.get(answer.headers["Location"], allow_redirects=False, timeout=10)

    assert "error=invalid_scope" in answer.headers["Location"]


# --- the code -----------------------------------------------------------------------------------------------------


def test_a_code_works_once_and_its_second_use_takes_the_tokens_back(way):
    start, code = way.walk()
    tokens = way.exchange(start, code)

    assert fault_of(way.exchange, start, code) is Fault.GRANT_REFUSED
    assert is_dead(way.connector(tokens))


def test_a_code_has_its_time(way):
    timely, late = way.walk(), way.walk()
    way.playground.later(CODE_LIVES[way.row.id] - 30)
    assert way.exchange(*timely).access
    way.playground.later(30)

    assert fault_of(way.exchange, *late) is Fault.GRANT_REFUSED


def test_a_stolen_code_is_worth_nothing_without_the_verifier_and_is_spent_by_the_try(way):
    mine = way.walk()
    theirs, stolen = way.walk()

    assert fault_of(way.exchange, mine[0], stolen) is Fault.GRANT_REFUSED
    assert fault_of(way.exchange, theirs, stolen) is Fault.GRANT_REFUSED


def test_a_wrong_client_secret_is_the_operators_to_mend(way):
    start, code = way.walk()

    assert fault_of(way.exchange, start, code, way.provider_with(client_secret="wrong")) is Fault.CLIENT_REFUSED


# --- how long it lasts --------------------------------------------------------------------------------------------


def test_refresh_tokens_come_where_the_exchange_gives_them(way):
    tokens = way.tokens()

    renews = way.row.id in RENEWING
    assert (tokens.refresh is not None, tokens.expires_at is not None) == (renews, renews)


def test_a_token_without_an_end_has_none(uphold):
    connector = uphold.connector(uphold.tokens())
    uphold.playground.later(int(timedelta(days=900).total_seconds()))

    assert not is_dead(connector)


def test_a_strict_exchange_takes_everything_back_when_a_refresh_token_is_used_twice(way):
    way.renews(grace=0)
    first = way.tokens()
    second = way.refresh(first)
    assert not is_dead(way.connector(second))

    assert fault_of(way.refresh, first) is Fault.GRANT_REFUSED
    assert is_dead(way.connector(second))
    assert fault_of(way.refresh, second) is Fault.GRANT_REFUSED


def test_a_forgiving_exchange_answers_again_for_a_while(way):
    way.renews(grace=120)
    first = way.tokens()
    second = way.refresh(first)
    way.playground.later(60)

    third = way.refresh(first)

    assert third.refresh.expose() != second.refresh.expose()
    assert not is_dead(way.connector(third))
    way.playground.later(61)
    assert fault_of(way.refresh, first) is Fault.GRANT_REFUSED


@pytest.mark.parametrize(("grace", "heals"), [(120, True), (0, False)])
def test_a_lost_answer_heals_with_a_forgiving_exchange_only(way, grace, heals):
    way.renews(grace=grace)
    tokens = way.tokens()
    way.playground.fault("lost", urlsplit(way.row.sign_in.token_url).path, provider=way.row.id, times=1)

    lost = fault_of(way.refresh, tokens)

    assert lost is Fault.UNREACHABLE
    if heals:
        assert not is_dead(way.connector(way.refresh(tokens)))
    else:
        assert fault_of(way.refresh, tokens) is Fault.GRANT_REFUSED


def test_an_access_token_ends_and_a_refresh_goes_on_with_the_same_scopes(way):
    way.renews(grace=0, access_lives=600)
    first = way.tokens()
    way.playground.later(601)
    assert is_dead(way.connector(first))

    second = way.refresh(first)

    assert second.granted == first.granted
    assert not is_dead(way.connector(second))


# --- and how it ends ----------------------------------------------------------------------------------------------


def test_a_token_can_be_taken_back_as_the_row_says(way):
    tokens = way.tokens()
    connector = way.connector(tokens)
    shown = tokens.access if way.row.sign_in.access_revokes else None
    assert not is_dead(connector)

    oauth.revoke(way.provider, tokens.refresh or tokens.access, access=shown)
    oauth.revoke(way.provider, tokens.refresh or tokens.access)  # gone already, as wished

    assert is_dead(connector)


def test_a_new_password_ends_every_consent_of_that_person_and_of_nobody_else(way):
    way.renews(grace=120)
    hers, his = way.tokens(), way.tokens(first_name="Ben")

    way.tell(password_changed=True)

    assert is_dead(way.connector(hers))
    assert fault_of(way.refresh, hers) is Fault.GRANT_REFUSED
    assert not is_dead(way.connector(his))


# --- Uphold's own way to the consent page -------------------------------------------------------------------------


def consent_url(departure):
    """Where the browser is led on to."""
    answer = requests.get(departure.url, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_the_challenge_is_kept_and_does_not_travel_on(uphold):
    departure = uphold.begin()

    on = urlsplit(consent_url(departure))

    assert on.path == f"/uphold/authorize/{CLIENT_ID}"
    assert set(dict(parse_qsl(on.query))) == {"redirect_uri", "scope", "state"}


def test_a_state_cannot_be_begun_again_with_another_challenge(uphold):
    departure, other = uphold.begin(), uphold.begin()
    consent_url(departure)
    mixed = {
        **dict(parse_qsl(urlsplit(other.url).query)),
        "state": dict(parse_qsl(urlsplit(departure.url).query))["state"],
    }

    again = requests.get(f"{uphold.provider.authorize_url}?{urlencode(mixed)}", timeout=10)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")
    assert consent_url(departure)  # the same challenge may


@pytest.mark.parametrize("leaving_out", ["code_challenge", "code_challenge_method", "state", "client_id"])
def test_nothing_begins_without_a_proper_challenge(uphold, leaving_out):
    query = dict(parse_qsl(urlsplit(uphold.begin().url).query))
    del query[leaving_out]

    answer = requests.get(f"{uphold.provider.authorize_url}?{urlencode(query)}", timeout=10)

    assert answer.status_code == 400


def test_the_app_shows_who_it_is_as_the_documents_advise_and_not_in_the_form(uphold, monkeypatch):
    sent = []
    send = requests.Session.send
    monkeypatch.setattr(
        requests.Session, "send", lambda *args, **options: sent.append(args[1]) or send(*args, **options)
    )
    start, code = uphold.walk()
    sent.clear()

    uphold.exchange(start, code)

    assert sent[0].headers["Authorization"].startswith("Basic ")
    assert "client_secret" not in str(sent[0].body)


def test_the_plain_web_flow_works_too(uphold):
    """Without PKCE: the documents of the web flow do not name it."""
    page = f"{uphold.playground.at('uphold')}/authorize/{CLIENT_ID}"
    asked = urlencode({"state": "a-state", "scope": "cards:read user:read", "redirect_uri": HOME})

    back = dict(parse_qsl(urlsplit(uphold.playground.allow(f"{page}?{asked}")).query))
    answer = requests.post(
        uphold.provider.token_url,
        data={"grant_type": "authorization_code", "code": back["code"], "redirect_uri": HOME},
        auth=(CLIENT_ID, CLIENT_SECRET),
        timeout=10,
    )

    assert back["state"] == "a-state"
    told = answer.json()
    assert (told["scope"], told["token_type"], told["expires_in"]) == ("cards:read user:read", "bearer", None)
    assert "refresh_token" not in told
