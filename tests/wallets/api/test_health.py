"""`wallets/{id}/health/` and `checklist/`: the closed lists of the contract, and where each next action is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from django.utils import timezone

from tests.accounts.api.conftest import script_of
from tests.wallets.api.conftest import TESTS, WALLETS, hurried, refusal_of, wallet_of
from wallets.checklist_words import OPEN_TO_ALL
from wallets.diagnosis import DIAGNOSES
from wallets.glances import glance
from wallets.health import RHYTHMS
from wallets.models import CredentialTest, Wallet
from wallets.records import Cause

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper
    from rest_framework.test import APIClient

    from accounts.models import User
    from tests.wallets.stage import Stage

real = pytest.mark.django_db(transaction=True)


def at(wallet: Wallet, part: str = "health") -> str:
    return f"{WALLETS}{wallet.pk}/{part}/"


def ailing(owner: User, cause: str, **facts: Any) -> Wallet:
    return wallet_of(owner, health=RHYTHMS[Cause(cause)].state, cause=cause, failing_since=timezone.now(), **facts)


# --- health --------------------------------------------------------------------------------------------------------


def test_a_wallet_that_works_has_nothing_to_do(reader: APIClient, wallet: Wallet) -> None:
    told = reader.get(at(wallet)).json()

    assert told == {
        "state": "working",
        "cause": None,
        "whose_fault": "nobody",
        "title": "Working",
        "explanation": told["explanation"],
        "remedy": "",
        "next_action": {"kind": "none", "url": None, "page": None},
        "last_success": None,
        "next_try": None,
        "failing_since": None,
        "streams": [],
    }
    assert told["explanation"]


@pytest.mark.parametrize("cause", Cause)
def test_each_cause_is_told_with_its_words_and_a_way_that_leads_somewhere(
    reader: APIClient, alice: User, cause: Cause
) -> None:
    wallet = ailing(alice, cause)
    said = DIAGNOSES[cause].told(exchange="Kraken")

    told = reader.get(at(wallet)).json()

    assert (told["cause"], told["whose_fault"], told["title"]) == (cause, said.fault, said.title)
    assert (told["explanation"], told["remedy"]) == (said.explanation, remedy_of(wallet))
    kind, url, page = (told["next_action"][name] for name in ("kind", "url", "page"))
    assert (url is None) == (kind in {"none", "wait"})
    assert (page is None) == (kind in {"none", "wait"})
    if kind == "contact_exchange":
        assert url == page == "https://www.kraken.com"
    elif url:
        assert leads_somewhere(url)
        assert leads_somewhere(page)


def test_a_list_of_wallets_says_whose_turn_it_is_without_asking_each(reader: APIClient, alice: User) -> None:
    wallet = ailing(alice, Cause.KEY_EXPIRED)

    (listed,), health = reader.get(WALLETS).json()["results"], reader.get(at(wallet)).json()

    for name in ("whose_fault", "title", "next_action"):
        assert listed[name] == health[name], name
    assert listed["next_action"]["kind"] == "update_key"


def remedy_of(wallet: Wallet) -> str:
    """As the page has it: what an operator has no addresses for, or no sign-in, nobody can do."""
    return glance(wallet).remedy


def test_nobody_is_told_to_allow_addresses_that_there_are_not(
    reader: APIClient, alice: User, settings: SettingsWrapper
) -> None:
    wallet = ailing(alice, Cause.IP_REFUSED)

    settings.EGRESS_IPS = []
    assert reader.get(at(wallet)).json()["remedy"] == OPEN_TO_ALL
    settings.EGRESS_IPS = ["203.0.113.10"]
    assert reader.get(at(wallet)).json()["remedy"] == DIAGNOSES[Cause.IP_REFUSED].told(exchange="Kraken").remedy


def test_each_stream_says_in_utc_how_far_it_is_complete(reader: APIClient, wallet: Wallet) -> None:
    """As a run leaves them on the wallet."""
    read = {"stream": "ledger", "state": "done", "rows": 50, "cause": "", "right": ""}
    Wallet.objects.filter(pk=wallet.pk).update(
        streams=[
            {**read, "complete_to": "2026-11-20T12:00:00.5+00:00"},
            {**read, "stream": "trades", "state": "failed", "cause": "right_missing", "right": "T", "complete_to": ""},
        ]
    )

    assert reader.get(at(wallet)).json()["streams"] == [
        {**read, "cause": None, "complete_to": "2026-11-20T12:00:00.500000Z"},
        {
            **read,
            "stream": "trades",
            "state": "failed",
            "cause": "right_missing",
            "right": "T",
            "complete_to": None,
        },
    ]


def leads_somewhere(address: str) -> bool:
    try:
        resolve(urlsplit(address).path)
    except Resolver404:
        return False
    return True


def test_a_sign_in_that_ended_is_renewed_where_sign_ins_begin(
    reader: APIClient, alice: User, settings: SettingsWrapper
) -> None:
    settings.OAUTH_CLIENTS = {"coinbase": ("client", "secret")}
    wallet = ailing(alice, "sign_in_again", exchange="coinbase", way="oauth")

    action = reader.get(at(wallet)).json()["next_action"]

    assert action["kind"] == "reconnect"
    assert action["url"] == "/api/v1/oauth/coinbase/start/"


@pytest.mark.parametrize(
    ("cause", "part"),
    [
        ("key_expired", "credential"),
        ("passphrase_wrong", "credential"),
        ("ip_refused", "checklist"),
        ("region_blocked", "method"),
    ],
)
def test_the_address_of_the_action_takes_what_it_needs(reader: APIClient, alice: User, cause: str, part: str) -> None:
    wallet = ailing(alice, cause)

    assert reader.get(at(wallet)).json()["next_action"]["url"] == at(wallet, part)


@pytest.mark.parametrize(
    ("facts", "state", "title"),
    [
        ({"paused_at": timezone.now()}, "paused", "Paused"),
        ({"archived_at": timezone.now()}, "archived", "Archived"),
        ({"binned_at": timezone.now()}, "in_bin", "In the bin"),
        ({"way": "csv"}, "working", "By files"),
        ({"way": "manual", "exchange": ""}, "working", "By hand"),
    ],
)
def test_the_owners_own_word_is_no_ailment(
    reader: APIClient, alice: User, facts: dict[str, Any], state: str, title: str
) -> None:
    told = reader.get(at(wallet_of(alice, **facts))).json()

    assert (told["state"], told["title"], told["next_action"]["kind"]) == (state, title, "none")


def test_the_right_that_is_missing_is_named(reader: APIClient, alice: User) -> None:
    wallet = ailing(alice, "right_missing", cause_right="Query ledger entries")

    assert "Query ledger entries" in reader.get(at(wallet)).json()["explanation"]


# --- the checklist -------------------------------------------------------------------------------------------------


def test_before_the_first_look_it_is_empty(reader: APIClient, wallet: Wallet) -> None:
    told = reader.get(at(wallet, "checklist")).json()

    assert (told["id"], told["state"], told["checklist"]) == (None, None, [])


@real
def test_it_is_run_and_told_line_by_line(alice: User, stage: Stage) -> None:
    script = hurried(script_of(alice, "write"))
    wallet = stage.connected()
    connected = script.get(at(wallet, "checklist")).json()
    assert (connected["state"], bool(connected["checklist"])) == ("passed", True)
    begun = script.post(at(wallet, "checklist"))
    assert (begun.status_code, begun.json()["state"]) == (202, "queued")
    assert script.post(at(wallet, "checklist")).json()["id"] == begun.json()["id"]

    stage.work()

    told = script.get(at(wallet, "checklist")).json()
    assert (told["id"], told["state"]) == (begun.json()["id"], "passed")
    assert [line["check"] for line in told["checklist"]][:2] == ["reachable", "clock"]
    assert script.get(f"{TESTS}{told['id']}/").json()["purpose"] == "check"


@real
def test_what_it_finds_shows_in_the_health(alice: User, stage: Stage) -> None:
    script = hurried(script_of(alice, "write"))
    wallet = stage.connected()
    stage.street.tell("kraken", no_key=stage.key()["key"])
    script.post(at(wallet, "checklist"))

    stage.work()

    checklist, health = (script.get(at(wallet, part)).json() for part in ("checklist", "health"))
    assert (checklist["state"], checklist["cause"]) == ("failed", "key_unknown")
    assert [line["state"] for line in checklist["checklist"] if line["check"] == "key"] == ["crossed"]
    assert (health["state"], health["cause"], health["whose_fault"]) == ("needs_you", "key_unknown", "owner")
    assert health["next_action"]["url"] == at(wallet, "credential")


@real
def test_a_candidate_that_failed_says_nothing_of_the_key_in_force(script: APIClient, stage: Stage) -> None:
    wallet = stage.connected()
    before = script.get(at(wallet, "checklist")).json()
    script.put(at(wallet, "credential"), {"credentials": {"key": "nobody" + "k" * 50, "secret": stage.key()["secret"]}})
    stage.work()

    assert script.get(at(wallet, "checklist")).json() == before


def test_without_a_credential_there_is_nothing_to_look_at(script: APIClient, alice: User) -> None:
    assert refusal_of(script.post(at(wallet_of(alice, way="csv"), "checklist"))) == (409, "no_key")


def test_looking_is_not_for_readers_and_counts_as_a_test(
    reader: APIClient, script: APIClient, wallet: Wallet, settings: SettingsWrapper
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "key_tests": (1, 600)}

    assert refusal_of(reader.post(at(wallet, "checklist"))) == (403, "insufficient_scope")
    assert [script.post(at(wallet, "checklist")).status_code for _ in range(2)] == [202, 429]
    assert CredentialTest.objects.count() == 1
