"""What owners entrust to wallets is in no log, page, answer, table, session, mail, export, exception and admin page,
through everything that can go wrong; and no host but the exchange's ever receives a header of ours.
"""

from __future__ import annotations

import json
import logging
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from django.core import mail
from django.core.mail import send_mail
from django.test import Client
from django.utils import timezone

from accounts import notice_mail
from config import queue
from config.http import OutgoingError
from config.oauth import OAuthError
from tests.accounts.api.conftest import phone_of, script_of
from tests.conftest import signed_in
from tests.hunt import (
    Hunt,
    exceptions_of,
    read_admin,
    read_export,
    read_log,
    read_mail,
    read_pages,
    read_session,
    read_tables,
)
from tests.playground import CLIENT_SECRET
from wallets import catalogue, credentials, keeping, staging, tasks
from wallets import help as asking
from wallets.catalogue import Way
from wallets.models import CredentialTest, HelpRequest, OAuthGrant, Wallet
from wallets.records import Cause, ConnectorError
from wallets.sandbox.faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db(transaction=True)

KEYED = ("binance", "bitfinex", "bybit", "coinbase", "coinjar", "gemini", "kraken", "kucoin", "okx")
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
PASSPHRASE = "canary passphrase 8834"  # of KuCoin; OKX sends it as it is, in a header
CAUSED = [401, 403, 418, 429, 451, 500, 503]


@pytest.fixture
def hunt(stage) -> Hunt:
    """With a key of every exchange, and what Holdfast itself is known by."""
    hunt = Hunt()
    hunt.plant(client_secret=CLIENT_SECRET, phrase=PHRASE)
    for name in ("kucoin", "okx"):
        stage.street.tell(name, key={"id": stage.key(name)["key"], "passphrase": PASSPHRASE})
    for exchange in KEYED:
        for name, value in stage.key(exchange).items():
            hunt.plant(**{f"{exchange}_{name}": value})
    hunt.planted["coinbase_secret"] = stage.key("coinbase")["secret"].splitlines()[1]  # a line of it, however written
    return hunt


def plant_tokens(hunt: Hunt, stage) -> None:
    """Every code and token that exchanges gave out."""
    for exchange in ("coinbase", "uphold"):
        for number, secret in enumerate(stage.people.state(exchange)["secrets"]):
            hunt.plant(**{f"{exchange}_token_{number}": secret})


def echoing(values: dict[str, str], status: int) -> Fault:
    """An exchange that repeats what it was sent, as some do."""
    body = json.dumps({"error": [*values.values()], "msg": f"bad {values}", "code": "1", "retMsg": str(values)})
    return Fault(Kind.STATUS, status=status, body=body)


# --- everything that can go wrong ----------------------------------------------------------------------------------


def go_wrong_with_keys(stage, house) -> None:
    for exchange in KEYED:
        values = stage.key(exchange)
        broken = [Kind.HTML, Kind.EMPTY, Kind.TRUNCATED, Kind.CUT, Kind.RESET, Kind.LOST]
        faults = [*map(Fault, broken), *(echoing(values, status) for status in CAUSED), echoing(values, 200)]
        faults.append(Fault(Kind.REDIRECT, location="http://127.0.0.2:9/"))
        for fault in faults:
            stage.paste(values, exchange, purpose=CredentialTest.Purpose.LOOK)
            house.faults[exchange].faults[:] = [fault]
            assert stage.work().state == "failed"
        house.faults[exchange].faults.clear()
        for name in values:  # each field wrong in turn, with signs that belong in no header
            asked = stage.paste({**values, name: f"{values[name][:-4]}\u00e9\u007f"}, exchange)
            if isinstance(asked, CredentialTest):  # not refused for its shape
                assert stage.work().state == "failed"


def go_wrong_with_phrases(stage, browser, phone) -> None:
    """In each field, by page and by API."""
    for exchange in KEYED:
        values = stage.key(exchange)
        for name in (*values, "label", "region"):
            pasted = {**values, "label": "Mine", name: PHRASE}
            browser.post(f"/wallets/add/{exchange}/key/", pasted)
            wish = {"exchange": exchange, "label": pasted["label"], "region": pasted.get("region", "")}
            credential = {field: pasted[field] for field in values}
            phone.post("/api/v1/wallets/", {**wish, "credentials": credential}, format="json")
            phone.post("/api/v1/credential-tests/", {**wish, "credentials": credential, PHRASE: ""}, format="json")
            phone.post("/api/v1/credential-tests/", {**wish, "credentials": {PHRASE: "x"}}, format="json")
    while CredentialTest.objects.filter(
        finished_at=None
    ).exists():  # where there is no such field, it was not looked at
        stage.work()


def go_wrong_with_sign_ins(stage, browser, wallet) -> None:
    lost = {"kind": "lost", "path": "/oauth2/token", "times": 1}
    for exchange in ("coinbase", "uphold"):
        for fault in (lost, {**lost, "kind": "html"}, {**lost, "kind": "status", "status": 400, "body": "{}"}):
            stage.street.fault(exchange, **fault)
            stage.consent(exchange)
            assert stage.work().state == "failed"
    by_browser(stage, browser)
    OAuthGrant.objects.update(access_expires_at=stage.now())
    stage.street.fault("coinbase", **lost)
    stage.check(wallet)
    stage.check(wallet)
    stage.consent(wallet=wallet)
    stage.work()


def by_browser(stage, browser) -> None:
    """Away by the page, a yes, and back by the address that carries the code."""
    page = browser.post("/wallets/add/coinbase/sign-in/")
    location = urlsplit(stage.people.allow(page.context["url"], "Ben"))
    back = browser.get(f"{location.path}?{location.query}")
    assert back.status_code == 302
    assert browser.get(f"{location.path}?{location.query}").status_code == 302  # a second time, in vain
    assert stage.work().state == "passed"


def by_phone(stage, phone) -> None:
    begun = phone.post("/api/v1/oauth/coinbase/start/", {"return_to": "holdfast://here"}, format="json").json()
    address = next(value for value in begun.values() if str(value).startswith(stage.street.origin("coinbase")))
    location = urlsplit(stage.people.allow(address, "Chiara"))
    assert Client().get(f"{location.path}?{location.query}").status_code == 302


def end_all_kinds_of_ways(stage, house, keyed, let_in) -> None:
    """Checked in vain, replaced in vain, leaked, taken back in vain; with a question to staff on the way."""
    values = stage.key("kucoin")
    house.faults["kucoin"].faults[:] = [echoing(values, 401)]
    stage.check(keyed)
    stage.paste({**values, "secret": "0b3a5c1e-2222-4333-8444-555566667777"}, "kucoin", wallet=keyed)
    stage.work()
    asking.ask(by=stage.by, owner=stage.owner, subject="It fails", words="Why?", wallet=keyed, now=stage.now())
    keeping.leaked(by=stage.by, wallet=keyed, now=stage.now())
    stage.work()
    stage.street.fault("coinbase", kind="status", status=503, path="/oauth2/revoke", times=1)
    keeping.detach(by=stage.by, wallet=let_in, now=stage.now())
    stage.work()


def keep_one_in_reserve(stage) -> None:
    """Beside the one in force, and not taken: sealed, while everything is read."""
    wallet = stage.connected("gemini")
    stage.paste(stage.key("gemini"), "gemini", wallet=wallet, purpose=CredentialTest.Purpose.STAGE)
    stage.work()
    staged = staging.staged_of(wallet)
    staging.refuse(wallet, staged, ConnectorError(Cause.IP_REFUSED), now=stage.now())


def crash_with_a_key_in_hand(stage, monkeypatch) -> None:
    """A fault of ours, with everything in its text: the worker's log is all that hears of it."""

    def broken(_made: object, _test: object, values: object) -> None:
        raise RuntimeError(f"cannot make a connector of {values}")

    monkeypatch.setattr(tasks, "connect", broken)
    test = stage.paste(stage.key("okx"), "okx")
    CredentialTest.objects.filter(pk=test.pk).update(
        not_before=timezone.now() - timedelta(hours=1)
    )  # before all others
    queue.run(credentials.WORK)
    test.refresh_from_db()
    assert test.lease_token, "its worker did not die over it"


def things_of(owner) -> dict[str, list[str]]:
    """One of each kind, for the addresses that name one."""
    tests = CredentialTest.objects.filter(owner=owner).exclude(purpose="end")
    by_end = {(test.exchange, test.cause, test.state): str(test.pk) for test in tests}
    questions = [str(pk) for pk in HelpRequest.objects.filter(owner=owner).values_list("pk", flat=True)]
    return {
        "wallet_id": [str(pk) for pk in Wallet.objects.filter(owner=owner).values_list("pk", flat=True)],
        "test_id": [*by_end.values()],
        "request_id": questions,
        "help_id": questions,
        "exchange_id": ["kucoin", "coinbase", "uphold"],
    }


def read_everything(hunt: Hunt, owner, staff_member, log, browser) -> None:
    while notice_mail.send_due(timezone.now()):
        pass
    things = things_of(owner)
    scopes = ("read", "write", "connect")
    assert read_pages(hunt, browser, "alice", things) > 45
    assert read_pages(hunt, phone_of(owner), "phone", things) > 30
    assert read_pages(hunt, script_of(owner, *scopes), "script", things) > 15
    staff = signed_in(staff_member)
    assert read_pages(hunt, staff, "staff") > 15
    assert read_admin(hunt, staff) > len(things["wallet_id"])
    read_session(hunt, browser, "alice")
    read_tables(hunt)
    read_mail(hunt)
    read_export(hunt, owner)
    read_log(hunt, log)


# --- the promise ---------------------------------------------------------------------------------------------------


def test_nothing_entrusted_leaves_whatever_goes_wrong(
    stage, house, hunt, alice, alices_browser, staff_member, log, settings, monkeypatch
):
    settings.PUBLIC_URL, settings.RATE_LIMITS_SCALE = "http://testserver", 1000
    phone = phone_of(alice)
    phone.defaults["HTTP_PREFER"] = "respond-async"
    with exceptions_of(hunt, ConnectorError, OAuthError, OutgoingError):
        keyed, let_in = stage.connected("kucoin"), stage.connected("coinbase")
        keep_one_in_reserve(stage)
        go_wrong_with_keys(stage, house)
        go_wrong_with_phrases(stage, alices_browser, phone)
        go_wrong_with_sign_ins(stage, alices_browser, let_in)
        by_phone(stage, phone)
        end_all_kinds_of_ways(stage, house, keyed, let_in)
        crash_with_a_key_in_hand(stage, monkeypatch)
    plant_tokens(hunt, stage)

    read_everything(hunt, alice, staff_member, log, alices_browser)

    assert len(hunt.planted) > 30
    assert "cannot make a connector" in hunt.seen["log"]
    assert "ConnectorError" in hunt.seen["exceptions"]
    assert mail.outbox
    assert hunt.found() == set()


def test_the_hunt_finds_what_is_leaked_on_purpose(
    stage, house, hunt, alice, alices_browser, staff_member, log, settings
):
    """The positive control: each place once. Without it, a search that reads nothing would pass everything above."""
    settings.RATE_LIMITS_SCALE = 1000
    wallet = stage.connected("kucoin")
    stage.paste(stage.key("kraken"), purpose=CredentialTest.Purpose.LOOK)
    house.faults["kraken"].faults[:] = [Fault(Kind.RESET)]
    leaks = [f"canary-{number}-of-the-control" for number in range(6)]
    hunt.plant(**{f"leak_{number}": leak for number, leak in enumerate(leaks)})
    with exceptions_of(hunt, ConnectorError):
        stage.work()
        ConnectorError(Cause.RIGHT_MISSING, right=leaks[0])
    Wallet.objects.update(label=leaks[1], cause_right=leaks[2], health="needs_you", cause="right_missing")
    HelpRequest.objects.create(
        owner=alice, wallet=wallet, subject=leaks[3], created_at=stage.now(), consent_until=stage.now() + timedelta(1)
    )
    session = alices_browser.session
    session["remembered"] = leaks[4]
    session.save()
    send_mail("subject", leaks[4], None, ["alice@example.test"])
    logging.getLogger("wallets").warning(leaks[5])

    read_everything(hunt, alice, staff_member, log, alices_browser)

    everywhere = hunt.found()
    found = {name: {where for each, where in everywhere if each == name} for name in hunt.planted}
    assert found["leak_0"] == {"exceptions"}
    assert {"table wallets_wallet", "export wallets.jsonl", f"alice /wallets/{wallet.pk}/"} <= found["leak_1"]
    assert {"phone /api/v1/wallets/", f"script /api/v1/wallets/{wallet.pk}/"} <= found["leak_1"]
    assert f"staff /admin/wallets/wallet/{wallet.pk}/change/" in found["leak_2"]
    assert any(where.startswith("staff /admin/wallets/helprequest/") for where in found["leak_3"])
    assert found["leak_4"] == {"mail", "session of alice"}
    assert found["leak_5"] == {"log"}
    assert not any(found[name] for name in hunt.planted if not name.startswith("leak_"))


# --- only to the exchange ------------------------------------------------------------------------------------------


class Foreign(BaseHTTPRequestHandler):
    """Somebody else's host: keeps what it is sent."""

    def do_GET(self) -> None:
        self.server.heard.append(str(self.headers))
        self.send_response(200)
        self.end_headers()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 # the names http.server looks for

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def foreign_host(address: str) -> Iterator[Any]:
    with ThreadingHTTPServer((address, 0), Foreign) as server:
        server.heard = []
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(params=["127.0.0.1", "127.0.0.2"], ids=["another port", "another host"])
def foreign(request):
    with foreign_host(request.param) as server:
        yield server


def lead_away(stage, foreign, exchange: str, path: str = "*", **more: object) -> None:
    """To the foreign host, whatever is asked."""
    address, port = foreign.server_address[:2]
    location = f"http://{address}:{port}/{exchange}/again"
    stage.street.fault(exchange, kind="redirect", path=path, location=location, **more)


@pytest.mark.parametrize("exchange", [row.id for row in catalogue.load().values() if row.method(Way.KEY)])
def test_a_redirect_takes_no_key_anywhere(stage, house, foreign, exchange):
    asked = stage.paste(stage.key(exchange), exchange, purpose=CredentialTest.Purpose.LOOK)
    house.faults[exchange].faults.append(Fault(Kind.NONE, times=1))  # the clock answers: the next call is signed
    lead_away(stage, foreign, exchange)

    done = stage.work()

    assert (done.pk, done.state) == (asked.pk, "failed")
    assert foreign.heard == []


@pytest.mark.parametrize("exchange", ["coinbase", "coinjar", "uphold"])
def test_a_redirect_takes_no_code_and_no_token_anywhere(stage, house, foreign, exchange):
    tokens = urlsplit(catalogue.load()[exchange].sign_in.token_url).path
    stage.consent(exchange)
    lead_away(stage, foreign, exchange, tokens, times=1)
    assert stage.work().state == "failed"

    stage.consent(exchange)
    house.faults[exchange].faults.append(Fault(Kind.NONE, times=1))  # the tokens come
    lead_away(stage, foreign, exchange)
    assert stage.work().state == "failed"

    assert foreign.heard == []


def test_neither_a_renewal_nor_a_taking_back_is_led_away(stage, foreign):
    wallet = stage.connected("coinbase")
    OAuthGrant.objects.update(access_expires_at=stage.now())
    lead_away(stage, foreign, "coinbase", "/oauth2/token", times=1)
    assert stage.check(wallet).state == "failed"
    keeping.detach(by=stage.by, wallet=wallet, now=stage.now())
    lead_away(stage, foreign, "coinbase", "/oauth2/*")

    stage.work()

    assert foreign.heard == []


def test_whoever_follows_would_be_heard(stage, foreign):
    """The positive control."""
    lead_away(stage, foreign, "kraken")

    requests.get(stage.street.origin("kraken"), headers={"API-Key": "canary-of-a-header"}, timeout=5)

    assert "canary-of-a-header" in foreign.heard[0]
