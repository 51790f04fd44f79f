"""Sign-ins at exchanges: a code is spent once, a token is renewed by one worker at a time, and what is lost on the way
costs the owner a sign-in and nothing else.
"""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection

from accounts.audit import Actor, ActorKind
from accounts.models import Notice
from tests.wallets.stage import LOOKING
from wallets import catalogue, keeping, oauth, trials
from wallets.budget import Budget
from wallets.connectors.attempts import attempt
from wallets.models import Credential, CredentialTest, OAuthGrant, Wallet
from wallets.records import Cause, ConnectorError, Whose

pytestmark = pytest.mark.django_db(transaction=True)
STANDING = ("id", "book", "label", "note", "paused_at", "archived_at", "rotate_months", "created_at", "exchange")


@pytest.fixture
def wallet(stage):
    return stage.connected("coinbase")


@pytest.fixture
def hours_later(stage, wallet):
    """The access token is over: whoever wants to read has to renew it."""
    stage.later(hours=2)
    return wallet


def grant_of(wallet):
    return OAuthGrant.objects.get(credential__wallet=wallet, credential__standing="current")


def renew(stage, wallet):
    credential = Credential.objects.get(wallet=wallet, standing="current")
    return oauth.renewed(credential, by=LOOKING, clock=stage.now)


def refreshes(stage):
    """How often the exchange gave out tokens: each time an access token and a refresh token, and once a code."""
    return (len(stage.people.state("coinbase")["secrets"]) - 1) // 2


def lenient(stage):
    """A spent refresh token still works for two minutes."""
    stage.street.tell("coinbase", refresh={"grace": 120, "access_lives": 3600})


def lose_the_answer(stage):
    stage.street.fault("coinbase", kind="lost", path="/oauth2/token", times=1)


# --- a code for tokens ---------------------------------------------------------------------------------------------


def test_a_consent_makes_a_wallet_that_renews_itself(stage):
    stage.consent()

    done = stage.work()

    grant = grant_of(done.wallet)
    assert (done.state, done.wallet.way) == ("passed", "oauth")
    assert grant.renewable
    assert sorted(grant.scopes) == sorted(catalogue.load()["coinbase"].sign_in.scopes)
    assert stage.now() < grant.access_expires_at < stage.now() + timedelta(hours=2)


def test_no_code_outlives_its_spending(stage):
    """A worker that dies after it has spent the code finds the tokens, not the code."""
    test = stage.consent()
    claimed = CredentialTest.objects.claim(now=stage.now())

    spent = trials.values_of(claimed, clock=stage.now)

    CredentialTest.objects.filter(pk=test.pk).update(lease_token=None)
    again = CredentialTest.objects.claim(now=stage.now())
    assert trials.open_candidate(again, now=stage.now()) == spent
    assert "code" not in spent
    assert spent["token"]


def test_a_code_whose_answer_was_lost_is_not_tried_for_another_wallet(stage):
    """The candidate goes; the owner begins again, and nothing stands in the way."""
    stage.consent()
    lose_the_answer(stage)

    lost = stage.work()

    assert (lost.state, lost.cause, lost.sealed) == ("failed", Cause.NETWORK, None)
    assert not Wallet.objects.exists()
    assert stage.connected("coinbase").state == "working"


@pytest.mark.parametrize("exchange", ["coinbase", "uphold"])
def test_less_than_was_asked_for_is_refused_by_name(stage, exchange):
    *kept, left_out = (scope for scope in catalogue.load()[exchange].sign_in.scopes if scope != "offline_access")
    stage.consent(exchange, scopes=kept)

    done = stage.work()

    assert (done.state, done.cause, done.sealed) == ("failed", Cause.RIGHT_MISSING, None)
    assert left_out in {done.cause_right, *(line["detail"] for line in done.lines)}
    assert not Wallet.objects.exists()


def test_a_code_that_is_not_the_exchanges_own_ends_in_signing_in_again(stage):
    test = stage.consent()
    stage.later(minutes=11)
    CredentialTest.objects.filter(pk=test.pk).update(not_before=stage.now())

    done = stage.work()

    assert (done.state, done.cause, done.sealed) == ("failed", Cause.SIGN_IN_AGAIN, None)


# --- renewing ------------------------------------------------------------------------------------------------------


def test_a_token_that_lasts_is_not_renewed(stage, wallet):
    before = stage.values(wallet)

    assert renew(stage, wallet) == before
    assert refreshes(stage) == 1


def test_a_token_near_its_end_is_renewed_and_kept(stage, hours_later):
    before = stage.values(hours_later)

    renewed = renew(stage, hours_later)

    assert stage.values(hours_later) == renewed
    assert renewed["token"] != before["token"]
    assert renewed["refresh"] != before["refresh"]
    assert grant_of(hours_later).lease_token is None
    assert stage.check(hours_later).state == "passed"


def test_two_workers_at_once_spend_one_refresh_token(stage, hours_later):
    start, ends = threading.Barrier(4), []

    def work():
        try:
            start.wait()
            ends.append(renew(stage, hours_later)["token"])
        except oauth.BeingRenewedError:
            ends.append("later")
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(ends) <= {"later", stage.values(hours_later)["token"]}
    assert refreshes(stage) == 2
    assert not any(grant["revoked"] for grant in stage.people.state("coinbase")["grants"])
    assert stage.check(hours_later).state == "passed"


def test_who_holds_the_row_from_before_gets_the_token_of_now(stage, hours_later):
    """Not the one that has ended: the exchange would refuse it, and the owner be asked to sign in for nothing."""
    held = Credential.objects.select_related("wallet").get(wallet=hours_later)
    renew(stage, hours_later)

    values = oauth.renewed(held, by=trials.WORKER, clock=stage.now)

    assert values == stage.values(hours_later)
    assert refreshes(stage) == 2


def test_who_comes_while_another_renews_looks_again_later(stage, hours_later):
    now = stage.now()
    OAuthGrant.objects.update(lease_token="0b3a5c1e-1111-4222-8333-444455556666", lease_until=now + oauth.LEASE)

    with pytest.raises(oauth.BeingRenewedError):
        renew(stage, hours_later)

    assert refreshes(stage) == 1


def test_the_lease_of_a_dead_worker_ends(stage, hours_later):
    now = stage.now()
    OAuthGrant.objects.update(lease_token="0b3a5c1e-1111-4222-8333-444455556666", lease_until=now + oauth.LEASE)
    stage.later(seconds=oauth.LEASE.total_seconds() + 1)

    assert renew(stage, hours_later)["token"]


def test_who_lost_the_lease_keeps_nothing(stage, hours_later):
    credential = Credential.objects.get(wallet=hours_later)
    before = stage.values(hours_later)

    with pytest.raises(oauth.BeingRenewedError):
        oauth.keep_renewed(
            credential, before | {"token": "of a worker that was slow"}, lease=hours_later.id, now=stage.now()
        )

    assert stage.values(hours_later) == before


def test_a_provider_that_keeps_its_refresh_token_is_believed(stage, hours_later):
    before = stage.values(hours_later)
    body = json.dumps({"access_token": "another", "token_type": "bearer", "expires_in": 3600})
    stage.street.fault("coinbase", kind="status", status=200, body=body, path="/oauth2/token", times=1)

    renewed = renew(stage, hours_later)

    assert (renewed["token"], renewed["refresh"]) == ("another", before["refresh"])
    assert renewed["scopes"] == before["scopes"]
    assert grant_of(hours_later).renewable


def test_a_token_without_an_end_is_never_renewed(stage):
    wallet = stage.connected("uphold")
    stage.later(days=400)

    assert renew(stage, wallet) == stage.values(wallet)
    assert (grant_of(wallet).access_expires_at, grant_of(wallet).renewable) == (None, False)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "status", "status": 429, "body": "{}"}, Cause.RATE_LIMITED),
        ({"kind": "status", "status": 503, "body": "{}"}, Cause.NETWORK),
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 401, "body": '{"error": "invalid_client"}'}, Cause.UNEXPECTED_REPLY),
        ({"kind": "reset"}, Cause.NETWORK),
    ],
)
def test_trouble_while_renewing_is_told_as_its_cause_and_frees_the_lease(stage, hours_later, fault, cause):
    stage.street.fault("coinbase", path="/oauth2/token", times=1, **fault)

    done = stage.check(hours_later)

    assert (done.state, done.cause) == ("failed", cause)
    assert grant_of(hours_later).lease_token is None
    stage.later(seconds=61)  # whoever was sent away obeys
    assert stage.check(hours_later).state == "passed"


# --- its turn at the exchange --------------------------------------------------------------------------------------


def held_for(stage, exchange="coinbase"):
    """How long somebody else's calls to the exchange wait, if longer than a moment."""
    another = Budget(catalogue.load()[exchange], key="another", clock=stage.now, patience=timedelta(0))
    _, failure = attempt(lambda: another.before(1))
    return failure.wait if failure else timedelta(0)


def send_away(stage, exchange="coinbase", **lasting):
    somebody = Budget(catalogue.load()[exchange], key="somebody", clock=stage.now)
    somebody.slow_down(timedelta(**lasting), Whose.ADDRESS)


def redeems(stage):
    stage.consent()
    return stage.work


def renews(stage):
    wallet = stage.connected("coinbase")
    stage.later(hours=2)
    return lambda: stage.check(wallet)


def takes_back(stage):
    keeping.detach(by=stage.by, wallet=stage.connected("coinbase"), now=stage.now())
    return stage.work


@pytest.mark.parametrize("begun", [redeems, renews, takes_back])
def test_who_is_sent_away_at_the_door_is_sent_away_for_everybody_here(stage, begun):
    go_on = begun(stage)
    stage.street.fault("coinbase", kind="status", status=429, body="{}", retry_after="600", path="/oauth2/*", times=1)

    done = go_on()

    assert done.state != "passed"
    assert timedelta(minutes=9) < held_for(stage) <= timedelta(minutes=10)


@pytest.mark.parametrize("begun", [redeems, renews, takes_back])
def test_while_our_address_is_sent_away_nobody_goes_to_the_door(stage, begun):
    go_on = begun(stage)
    send_away(stage, minutes=10)
    told = stage.people.state("coinbase")

    done = go_on()

    assert done.state != "passed"
    assert stage.people.state("coinbase") == told  # no code was spent, no token given out or taken back


def test_a_code_that_has_to_wait_is_kept_and_spent_in_its_turn(stage):
    stage.consent()
    send_away(stage, minutes=3)

    waiting = stage.work()

    assert (waiting.state, waiting.cause, waiting.finished_at) == ("queued", "", None)
    assert timedelta(minutes=2) < waiting.not_before - stage.now() <= timedelta(minutes=3)
    stage.later(minutes=3, seconds=1)
    assert stage.work().state == "passed"


def test_a_code_takes_its_turn_where_addresses_are_counted(stage):
    stage.consent("uphold")
    Budget(catalogue.load()["uphold"], key="somebody", clock=stage.now).before(50)

    began = time.monotonic()
    assert stage.work().state == "passed"

    assert time.monotonic() - began > 0.5


# --- an answer lost on the way -------------------------------------------------------------------------------------


def test_with_a_forgiving_provider_a_lost_answer_heals_by_itself(stage, hours_later):
    lenient(stage)
    before = Wallet.objects.values(*STANDING).get()
    lose_the_answer(stage)

    lost = stage.check(hours_later)
    hours_later.refresh_from_db()
    assert (lost.cause, hours_later.state) == (Cause.NETWORK, "exchange_down")

    assert stage.check(hours_later).state == "passed"
    hours_later.refresh_from_db()
    assert hours_later.state == "working"
    assert Wallet.objects.values(*STANDING).get() == before
    assert not Notice.objects.filter(kind="wallet_needs_you").exists()


def test_with_a_strict_provider_a_lost_answer_costs_a_sign_in_and_nothing_else(stage, hours_later, alice):
    Wallet.objects.update(label="Savings", note="for the house", rotate_months=6)
    before = Wallet.objects.values(*STANDING).get()
    lose_the_answer(stage)
    stage.check(hours_later)

    refused = stage.check(hours_later)

    hours_later.refresh_from_db()
    assert (refused.cause, hours_later.state, hours_later.next_try_at) == (Cause.SIGN_IN_AGAIN, "needs_you", None)
    assert Notice.objects.get(owner=alice, kind="wallet_needs_you").closed_at is None

    stage.consent(wallet=hours_later)
    done = stage.work()

    hours_later.refresh_from_db()
    assert (done.state, hours_later.state) == ("passed", "working")
    assert Wallet.objects.values(*STANDING).get() == before
    assert Notice.objects.get(owner=alice, kind="wallet_needs_you").closed_at
    assert list(Credential.objects.order_by("version").values_list("standing", flat=True)) == ["former", "current"]
    assert not Credential.objects.filter(standing="former", sealed__isnull=False).exists()
    assert renew(stage, hours_later)["token"]


def test_a_consent_of_somebody_else_is_refused_and_the_present_one_stays(stage, wallet):
    before = stage.values(wallet)
    stage.consent(wallet=wallet, first_name="Ben")

    done = stage.work()

    assert done.state == "failed"
    assert done.outcome["other_account"] is True
    assert stage.values(wallet) == before


# --- without client ids --------------------------------------------------------------------------------------------


def test_without_client_ids_a_sign_in_is_not_offered(settings):
    settings.OAUTH_CLIENTS = {"coinbase": ("", "")}

    assert oauth.provider_of(catalogue.load()["coinbase"]) is None
    assert oauth.provider_of(catalogue.load()["kraken"]) is None


def test_when_the_operator_takes_them_out_the_owner_is_asked_to_sign_in_again(stage, hours_later, settings):
    settings.OAUTH_CLIENTS = {}

    done = stage.check(hours_later)

    assert (done.state, done.cause) == ("failed", Cause.SIGN_IN_AGAIN)
    assert grant_of(hours_later).lease_token is None


def test_a_wiped_credential_opens_no_more(stage, wallet):
    Credential.objects.update(sealed=None)

    with pytest.raises(ConnectorError) as failure:
        oauth.opened(Credential.objects.get(), by=Actor(ActorKind.SYSTEM, label="test"), now=stage.now())

    assert failure.value.cause is Cause.NO_KEY
