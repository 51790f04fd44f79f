"""How a wallet is doing: every cause has a state and a rhythm, waits grow, keys that keep failing rest, and what works
again is told as working at once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from accounts import notices
from accounts.models import Notice
from accounts.notices import sentence_of
from tests.strength import examples
from wallets import health
from wallets.health import RHYTHMS, wait_after
from wallets.models import Wallet, WalletState
from wallets.notice_kinds import Kind
from wallets.records import Cause, ConnectorError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
# Said by the exchange about the credential itself. Exchanges lock accounts whose keys keep failing.
CREDENTIAL = {
    Cause.KEY_UNKNOWN,
    Cause.SIGNATURE_WRONG,
    Cause.PASSPHRASE_WRONG,
    Cause.KEY_EXPIRED,
    Cause.KEY_REVOKED,
    Cause.KEY_LEAKED,
    Cause.KEY_INACTIVE,
    Cause.KEY_TYPE_RETIRED,
    Cause.NO_KEY,
    Cause.SIGN_IN_AGAIN,
    Cause.IP_REFUSED,
    Cause.RIGHT_MISSING,
    Cause.RIGHTS_TOO_WIDE,
    Cause.WRONG_HOST,
}
PASSING = {
    Cause.NETWORK,
    Cause.MAINTENANCE,
    Cause.PART_DOWN,
    Cause.RATE_LIMITED,
    Cause.CLOCK_SKEW,
    Cause.UNEXPECTED_REPLY,
}


@pytest.fixture
def wallet(alice):
    return Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="Savings", created_at=NOW)


def fail(wallet, cause, *, times=1, now=NOW, **more):
    for _ in range(times):
        health.failing(wallet, ConnectorError(cause, **more), now=now)
    wallet.refresh_from_db()
    return wallet


def open_notices(wallet):
    return Notice.objects.filter(owner=wallet.owner, closed_at=None, topic=str(wallet.pk))


# --- the table of rhythms ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_a_state_and_a_rhythm(cause):
    rhythm = RHYTHMS[cause]

    assert rhythm.state in WalletState
    assert rhythm.for_good or rhythm.waits, "nothing would ever come after the first failure"
    assert all(wait >= timedelta(minutes=1) for wait in rhythm.waits)


@pytest.mark.parametrize("cause", list(Cause))
def test_waits_never_shrink(cause):
    waits = RHYTHMS[cause].waits

    assert list(waits) == sorted(waits)


@pytest.mark.parametrize("cause", sorted(CREDENTIAL))
def test_a_credential_that_keeps_failing_comes_to_rest(cause):
    """Within a fortnight and a dozen tries, whatever was wrong with it."""
    rhythm = RHYTHMS[cause]

    assert rhythm.state is WalletState.NEEDS_YOU
    assert rhythm.for_good
    assert len(rhythm.waits) <= 12
    assert sum(rhythm.waits, timedelta(0)) <= 14 * DAY
    assert wait_after(rhythm, len(rhythm.waits) + 1) is None


@pytest.mark.parametrize("cause", sorted(PASSING))
def test_what_passes_by_itself_is_tried_for_ever_and_asks_nothing_of_the_owner(cause):
    rhythm = RHYTHMS[cause]

    assert rhythm.state in {WalletState.EXCHANGE_DOWN, WalletState.WAITING, WalletState.PARTLY}
    assert wait_after(rhythm, 10_000) == rhythm.waits[-1]
    assert rhythm.waits[-1] <= 6 * timedelta(hours=1)


# --- failing -------------------------------------------------------------------------------------------------------


def test_the_next_try_comes_later_each_time(wallet):
    waits = [fail(wallet, Cause.NETWORK).next_try_at - NOW for _ in range(8)]

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=1), timedelta(hours=1))
    assert (wallet.failures, wallet.state) == (8, "exchange_down")


def test_an_unknown_key_is_tried_twice_more_and_then_rests(wallet):
    tries = [fail(wallet, Cause.KEY_UNKNOWN).next_try_at for _ in range(5)]

    assert tries == [NOW + timedelta(hours=1), NOW + DAY, None, None, None]
    assert not Wallet.objects.due(now=NOW + 365 * DAY).exists()


def test_another_cause_counts_from_one_and_the_trouble_is_as_old_as_it_is(wallet):
    fail(wallet, Cause.NETWORK, times=4)

    fail(wallet, Cause.KEY_UNKNOWN, now=NOW + DAY)

    assert (wallet.failures, wallet.failing_since) == (1, NOW)


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=some.lists(some.sampled_from(sorted(CREDENTIAL)), min_size=12, max_size=12))
def test_a_key_that_is_refused_again_and_again_comes_to_rest_in_whatever_words(wallet, said):
    """An exchange that says now this and now that of it locks its account as well as one that says the same."""
    health.well(wallet, now=NOW)

    assert None in [fail(wallet, cause).next_try_at for cause in said]


@pytest.mark.parametrize("between", sorted(PASSING))
def test_what_passes_between_two_refusals_does_not_make_a_key_new(wallet, between):
    for _ in range(3):
        fail(wallet, between, times=5)
        fail(wallet, Cause.KEY_UNKNOWN)

    assert wallet.next_try_at is None


def test_refusals_are_counted_from_its_last_answer_on(wallet):
    fail(wallet, Cause.KEY_UNKNOWN, times=3)
    health.well(wallet, now=NOW)

    assert fail(wallet, Cause.SIGNATURE_WRONG).next_try_at == NOW + timedelta(hours=1)


def test_an_exchange_that_asks_for_a_longer_rest_gets_it(wallet):
    assert fail(wallet, Cause.RATE_LIMITED, wait=timedelta(hours=5)).next_try_at == NOW + timedelta(hours=5)
    assert fail(wallet, Cause.RATE_LIMITED, wait=timedelta(seconds=1)).next_try_at == NOW + timedelta(minutes=15)


def test_a_missing_right_is_named_on_the_wallet_and_a_long_name_fits(wallet):
    assert fail(wallet, Cause.RIGHT_MISSING, right="Query ledger entries").cause_right == "Query ledger entries"
    assert fail(wallet, Cause.RIGHTS_TOO_WIDE, right="Withdraw, " * 40).cause_right.startswith("Withdraw, Withdraw")


def test_the_owner_is_told_once_while_it_lasts(wallet):
    fail(wallet, Cause.KEY_EXPIRED, times=3)

    notice = open_notices(wallet).get()
    assert notice.kind == Kind.WALLET_NEEDS_YOU
    assert sentence_of(notice) == "“Savings”: The key has run out. Your history and your edits are safe."


@pytest.mark.parametrize("cause", [cause for cause in Cause if RHYTHMS[cause].for_good])
def test_nothing_comes_to_rest_without_its_owner_being_told(wallet, cause):
    fail(wallet, cause, times=len(RHYTHMS[cause].waits) + 1)

    assert wallet.next_try_at is None
    assert open_notices(wallet).count() == 1


def test_a_key_that_may_do_more_is_told_by_its_right(wallet):
    fail(wallet, Cause.RIGHTS_TOO_WIDE, right="Withdraw funds")

    assert [sentence_of(notice) for notice in open_notices(wallet)] == [
        "The key of “Savings” may now do this: Withdraw funds. Holdfast has stopped using it."
    ]


@pytest.mark.parametrize("cause", sorted(PASSING | {Cause.NONCE_CLASH, Cause.ACCOUNT_EMPTY}))
def test_nobody_is_bothered_with_what_is_not_theirs(wallet, cause):
    fail(wallet, cause, times=5)

    assert not Notice.objects.exists()


# --- mended --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", list(Cause))
def test_an_answer_heals_whatever_it_was(wallet, cause):
    fail(wallet, cause, times=2, right="Withdraw funds")

    health.well(wallet, now=NOW + DAY)

    wallet.refresh_from_db()
    assert (wallet.state, wallet.cause, wallet.cause_right, wallet.failures) == ("working", "", "", 0)
    assert (wallet.failing_since, wallet.last_success_at) == (None, NOW + DAY)
    assert not open_notices(wallet).exists()
    assert Notice.objects.filter(read_at=None).count() == 0


def test_wallets_of_one_evening_do_not_come_back_together(wallet):
    nexts = set()
    for _ in range(20):
        health.well(wallet, now=NOW)
        nexts.add(wallet.next_try_at)

    assert len(nexts) == 20
    assert all(timedelta(hours=4) < each - NOW < timedelta(hours=8) for each in nexts)


def test_after_healing_the_same_trouble_is_news_again(wallet):
    fail(wallet, Cause.KEY_EXPIRED)
    health.well(wallet, now=NOW)

    fail(wallet, Cause.KEY_EXPIRED)

    assert (wallet.failures, open_notices(wallet).count(), Notice.objects.count()) == (1, 1, 2)


def test_the_notice_of_one_wallet_leaves_the_others_alone(wallet, alice):
    other = Wallet.objects.create(owner=alice, exchange="gemini", way="key", label="Other", created_at=NOW)
    fail(wallet, Cause.KEY_EXPIRED)
    fail(other, Cause.KEY_EXPIRED)

    health.well(wallet, now=NOW)

    assert notices.unread_count(alice) == 1
    assert open_notices(other).exists()


@pytest.mark.django_db(transaction=True)
def test_a_new_key_mends_at_once_and_the_wallet_is_due(stage):
    wallet = stage.connected("kraken")
    stage.street.tell("kraken", key={"id": stage.key()["key"], "trouble": "EAPI:Invalid key"})
    stage.check(wallet)
    wallet.refresh_from_db()
    assert (wallet.state, open_notices(wallet).count()) == ("needs_you", 1)

    fresh = {"key": "second" + "k" * 50, "secret": "c2Vjb25kIHNlY3JldA=="}
    stage.street.tell("kraken", key={"id": fresh["key"], "secret": fresh["secret"], "nonce": 0})
    stage.paste(fresh, wallet=wallet)
    stage.answer(stage.work())

    wallet.refresh_from_db()
    assert (wallet.state, wallet.failures) == ("working", 0)
    assert wallet.next_try_at <= stage.now()
    assert not open_notices(wallet).exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_mended_at_the_exchange_is_read_at_once_when_the_check_passes(stage):
    wallet = stage.connected("kraken")
    stage.street.tell("kraken", key={"id": stage.key()["key"], "trouble": "EAPI:Invalid key"})
    stage.check(wallet)
    stage.street.tell("kraken", key={"id": stage.key()["key"], "trouble": ""})

    stage.check(wallet)

    wallet.refresh_from_db()
    assert wallet.state == "working"
    assert wallet.next_try_at <= stage.now()


@pytest.mark.parametrize("due", [NOW, NOW + timedelta(minutes=5)])
def test_a_check_reads_nothing_and_so_puts_nothing_off(wallet, due):
    health.well(wallet, now=NOW - DAY)
    wallet.next_try_at = due

    health.checked(wallet, now=NOW)

    wallet.refresh_from_db()
    assert wallet.next_try_at == due


@pytest.mark.parametrize("stop", ["paused_at", "archived_at"])
def test_a_check_of_what_its_owner_stopped_asks_for_nothing(wallet, stop):
    fail(wallet, Cause.NETWORK)
    setattr(wallet, stop, NOW)

    health.checked(wallet, now=NOW)

    assert (wallet.health, wallet.next_try_at) == ("working", None)
