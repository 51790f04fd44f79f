"""A wallet of which nothing has come for days, through no fault of its owner's: told once, and over without a word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from accounts.audit import SYSTEM
from accounts.models import Notice
from accounts.notice_mail import send_due
from accounts.notices import sentence_of
from ledger.models import Coverage
from sync import silence
from sync.models import HeldExchange, Incident, Run, StreamState
from tests.sync.test_schedule import DAY, HOUR, NOW, make_wallet
from wallets import health, keeping
from wallets.models import Wallet
from wallets.notice_kinds import Kind
from wallets.records import Cause, ConnectorError

pytestmark = pytest.mark.django_db
LONG = timedelta(days=2)  # the setting


@pytest.fixture
def wallet(alice):
    wallet = make_wallet(alice)
    health.well(wallet, now=NOW)
    return wallet


def fail(wallet, cause=Cause.MAINTENANCE, *, at=NOW + HOUR):
    health.failing(wallet, ConnectorError(cause), now=at)


def told(**which):
    return Notice.objects.filter(kind=Kind.NOT_READ, **which)


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [
        (Cause.MAINTENANCE, "Kraken is down for the moment. What happened there since then is missing here so far"),
        (Cause.NONCE_CLASH, "Make a key for Holdfast alone."),
        (Cause.UNEXPECTED_REPLY, "If it lasts, ask for help"),
        (Cause.CLOCK_SKEW, "we set our clock"),
        (Cause.RATE_LIMITED, "it goes on by itself"),
    ],
)
def test_after_some_days_the_owner_is_told_once_what_it_means(wallet, cause, remedy):
    fail(wallet, cause)

    silence.look(NOW + HOUR + LONG - timedelta(seconds=1))
    assert not told().exists()

    for hour in range(5):
        silence.look(NOW + HOUR + LONG + hour * HOUR)
    sentence = sentence_of(told().get())
    assert sentence.startswith("“Savings” has not been read since 20 November 2026: ")
    assert remedy in sentence
    for day in range(20):
        send_due(NOW + LONG + day * DAY)
    assert [message.subject for message in mail.outbox] == ["A wallet has not been read for a while"]


def test_words_that_change_while_it_lasts_are_no_news(wallet):
    fail(wallet)
    silence.look(NOW + 3 * DAY)
    told().update(read_at=NOW + 3 * DAY)

    fail(wallet, Cause.NETWORK, at=NOW + 3 * DAY)
    silence.look(NOW + 4 * DAY)

    assert told().get().read_at == NOW + 3 * DAY


def test_once_it_is_read_again_it_closes_without_a_word(wallet):
    fail(wallet)
    silence.look(NOW + 3 * DAY)

    health.well(wallet, now=NOW + 4 * DAY)

    assert not told(closed_at=None).exists()
    assert not told(read_at=None).exists()
    assert Notice.objects.count() == 1
    silence.look(NOW + 4 * DAY)
    assert Notice.objects.count() == 1


def test_what_comes_to_need_its_owner_says_so_in_its_place(wallet):
    fail(wallet)
    silence.look(NOW + 3 * DAY)

    fail(wallet, Cause.KEY_EXPIRED, at=NOW + 4 * DAY)
    silence.look(NOW + 4 * DAY)

    assert [notice.kind for notice in Notice.objects.filter(closed_at=None)] == [Kind.WALLET_NEEDS_YOU]


def test_whom_another_notice_still_asks_to_act_is_told_nothing_beside_it(wallet):
    fail(wallet, Cause.KEY_EXPIRED)
    fail(wallet, Cause.NETWORK, at=NOW + 3 * DAY)

    silence.look(NOW + 3 * DAY)

    assert not told().exists()


@pytest.mark.parametrize("stop", [keeping.pause, keeping.archive, keeping.detach, keeping.put_in_bin])
def test_a_wallet_that_its_owner_stops_is_not_spoken_of(wallet, stop):
    fail(wallet)
    silence.look(NOW + 3 * DAY)

    stop(by=SYSTEM, wallet=wallet, now=NOW + 3 * DAY)
    assert not told(closed_at=None).exists()

    silence.look(NOW + 3 * DAY)
    assert not told(closed_at=None).exists()


def test_in_an_incident_owners_were_told_already(wallet):
    fail(wallet)
    Incident.objects.create(exchange="kraken", cause=Cause.MAINTENANCE, owners=5, began_at=NOW)

    silence.look(NOW + 3 * DAY)

    assert not told().exists()


@pytest.mark.parametrize("columns", [{"purge_at": NOW + DAY}, {"is_active": False}])
def test_owners_who_are_leaving_are_told_nothing(wallet, alice, columns):
    fail(wallet)
    type(alice).objects.filter(pk=alice.pk).update(**columns)

    silence.look(NOW + 3 * DAY)

    assert not told().exists()


def test_a_pause_by_staff_that_lasts_is_told_and_is_over_with_it(wallet):
    HeldExchange.objects.create(exchange="kraken", why="between colleagues", held_at=NOW)

    silence.look(NOW + DAY)
    assert not told().exists()
    silence.look(NOW + 3 * DAY)

    sentence = sentence_of(told().get())
    assert "Reading from Kraken is paused for now" in sentence
    assert "between colleagues" not in sentence
    HeldExchange.objects.all().delete()
    silence.look(NOW + 3 * DAY + HOUR)
    assert not told(closed_at=None).exists()


def waiting_run(wallet, *, at=NOW):
    return Run.objects.create(
        owner=wallet.owner, wallet=wallet, exchange="kraken", state="waiting", cause=Cause.RATE_LIMITED,
        asked_by="system", not_before=at, created_at=at, started_at=at,
    )  # fmt: skip


def test_a_run_that_waits_for_its_turn_for_days_is_told_unless_rows_come_in_between(wallet):
    waiting_run(wallet)
    state = StreamState.objects.create(
        owner=wallet.owner, wallet=wallet, way="key", stream="ledger", updated_at=NOW + 2 * DAY
    )

    silence.look(NOW + 3 * DAY)
    assert not told().exists()

    silence.look(NOW + 5 * DAY)
    assert "Kraken asks us to slow down" in sentence_of(told().get())
    StreamState.objects.filter(pk=state.pk).update(updated_at=NOW + 5 * DAY)
    silence.look(NOW + 5 * DAY + HOUR)
    assert not told(closed_at=None).exists()


def partly(wallet, cause, *, at):
    """A run in which the trades were not read."""
    StreamState.objects.update_or_create(
        wallet=wallet, way="key", stream="trades", defaults={"owner": wallet.owner, "cause": cause, "updated_at": at}
    )
    health.partly(wallet, cause, right="", now=at)
    Run.objects.create(
        owner=wallet.owner, wallet=wallet, exchange="kraken", state="partly", asked_by="system", not_before=at,
        created_at=at, finished_at=at, summary=[{"stream": "trades", "state": "failed", "cause": cause, "rows": 0}],
    )  # fmt: skip


def test_a_list_that_is_not_read_for_days_is_told_as_a_part(wallet):
    for day in range(4):
        partly(wallet, Cause.UNEXPECTED_REPLY, at=NOW + day * DAY)
    assert not told().exists()

    silence.look(NOW + 3 * DAY)

    assert sentence_of(told().get()).startswith("A part of “Savings” (trades) has not been read since 20 November 2026")
    partly(wallet, Cause.UNEXPECTED_REPLY, at=NOW + 4 * DAY)
    silence.look(NOW + 4 * DAY)
    assert told(closed_at=None).count() == 1
    assert Notice.objects.count() == 1


def test_a_list_that_was_read_in_between_or_fails_since_yesterday_is_left_alone(wallet):
    partly(wallet, Cause.UNEXPECTED_REPLY, at=NOW)
    partly(wallet, Cause.UNEXPECTED_REPLY, at=NOW + 3 * DAY)
    Coverage.objects.create(
        owner=wallet.owner, wallet=wallet, stream="trades", read_at=NOW + 2 * DAY, updated_at=NOW + 2 * DAY
    )

    silence.look(NOW + 3 * DAY)

    assert not told().exists()


def test_many_are_told_in_slices(alice, monkeypatch):
    monkeypatch.setattr(silence, "SLICE", 2)
    for number in range(3):
        fail(make_wallet(alice, label=f"Wallet {number}"))

    assert [silence.look(NOW + 3 * DAY) for _ in range(3)] == [True, False, False]
    assert told().count() == 3
    assert Wallet.objects.count() == 3
