"""What owners are told while histories come in: that one is whole, that it is not their key, that they are needed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.models import Notice
from accounts.notice_mail import send_due
from accounts.notices import sentence_of
from ledger.models import Coverage
from sync import incidents, schedule, telling
from sync.models import Incident, Run
from sync.notice_kinds import Kind
from tests.conftest import signed_in
from tests.sync.test_runner import NOW, clock, kraken, slice_of, synced  # noqa: F401  # pytest looks for fixtures here
from tests.sync.test_schedule import failed_run, make_wallet, many
from tests.wallets.conftest import stage  # noqa: F401  # as above
from wallets import health, keeping
from wallets.health import OWNERS_ALONE
from wallets.models import Credential, Wallet
from wallets.notice_kinds import Kind as WalletKind
from wallets.records import Cause, ConnectorError

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def told(kind, **which):
    return Notice.objects.filter(kind=kind, **which)


# --- a history is whole -------------------------------------------------------------------------------------------


def ended(wallet, state="done", *, new=0, at=NOW, **asked):
    run = Run.objects.create(
        owner=wallet.owner, wallet=wallet, exchange=wallet.exchange, state=state, asked_by="system", new=new,
        not_before=at, created_at=at, finished_at=at, **asked,
    )  # fmt: skip
    telling.first_history(wallet, run, now=at)
    return run


def covered(wallet, stream, **facts):
    Coverage.objects.create(
        owner=wallet.owner, wallet=wallet, stream=stream, updated_at=NOW, certain=True,
        **{"first_row_at": NOW - 900 * DAY, "last_row_at": NOW, "until": NOW, "limited": "since" in facts, **facts},
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_first_run_that_comes_through_says_that_the_history_is_in_and_no_later_one_does(kraken, synced):  # noqa: F811
    first = synced()
    synced()
    synced(full=True)

    sentence = sentence_of(told(Kind.HISTORY_COMPLETE).get())
    assert f"{first.new:,} rows, back to " in sentence
    assert "Everything that Kraken hands out of “Kraken” is in" in sentence


@pytest.mark.django_db
def test_it_is_said_what_the_exchange_cannot_give(alice):
    wallet = make_wallet(alice)
    covered(wallet, "ledger", first_row_at=NOW - 900 * DAY)
    covered(wallet, "trades:BTC", since=NOW - 365 * DAY)

    ended(wallet, new=12345)

    assert sentence_of(told(Kind.HISTORY_COMPLETE).get()) == (
        "Everything that Kraken hands out of “Savings” is in: 12,345 rows, back to 3 June 2024. What it no longer "
        "hands out: trades from before 20 November 2025; a file from its website has them."
    )


@pytest.mark.django_db
def test_an_account_without_a_row_is_complete_too(alice):
    ended(make_wallet(alice))

    assert "is in: it has no row on record yet." in sentence_of(told(Kind.HISTORY_COMPLETE).get())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "asked"),
    [
        ("partly", {}),
        ("failed", {"cause": "maintenance"}),
        ("cancelled", {}),
        ("done", {"stream": "ledger"}),
        ("done", {"stream": "ledger", "since": NOW - DAY, "until": NOW}),
    ],
    ids=["partly", "failed", "cancelled", "one list", "a stretch"],
)
def test_what_is_not_the_whole_history_is_not_called_so(alice, state, asked):
    wallet = make_wallet(alice)
    ended(wallet, state, **asked)
    assert not told(Kind.HISTORY_COMPLETE).exists()

    ended(wallet, at=NOW + DAY)
    assert told(Kind.HISTORY_COMPLETE).exists()


@pytest.mark.django_db
def test_it_is_said_once_even_when_its_runs_are_long_forgotten(alice):
    wallet = make_wallet(alice)
    ended(wallet)
    Run.objects.all().delete()

    ended(wallet, at=NOW + 90 * DAY)

    assert told(Kind.HISTORY_COMPLETE).count() == 1


# --- it is the exchange --------------------------------------------------------------------------------------------


@pytest.fixture
def trouble(db):
    """Five owners whose Kraken is down."""
    return [failed_run(owner) for owner in many(5)]


def come_through(wallets, at):
    Run.objects.filter(wallet__in=wallets).update(state="done", cause="", started_at=at, finished_at=at)


def test_owners_concerned_are_told_once_and_nobody_else(trouble, alice, bob):
    make_wallet(alice)
    make_wallet(bob, exchange="gemini", cause=Cause.MAINTENANCE, health="exchange_down")

    for minute in range(3):
        incidents.look(NOW + minute * MINUTE)

    notices = told(Kind.INCIDENT)
    assert {notice.owner for notice in notices} == {wallet.owner for wallet in trouble}
    assert notices.count() == 5
    assert "Kraken has trouble just now" in sentence_of(notices[0])
    assert "not your key: there is nothing to do" in sentence_of(notices[0])


def test_who_comes_to_suffer_later_is_told_too(trouble, alice):
    incidents.look(NOW)
    failed_run(alice)

    incidents.look(NOW + MINUTE)

    assert told(Kind.INCIDENT, owner=alice).count() == 1


def test_many_are_told_in_slices(trouble, monkeypatch):
    monkeypatch.setattr(telling, "SLICE", 2)

    assert [incidents.look(NOW + minute * MINUTE) for minute in range(3)] == [True, True, False]
    assert told(Kind.INCIDENT).count() == 5


def test_it_closes_by_itself_and_trouble_that_is_over_soon_is_not_mailed(trouble):
    incidents.look(NOW)
    come_through(trouble, NOW + 3 * MINUTE)

    incidents.look(NOW + 4 * MINUTE)
    send_due(NOW + DAY)

    assert not told(Kind.INCIDENT, closed_at=None).exists()
    assert told(Kind.INCIDENT, read_at=None).count() == 0
    assert mail.outbox == []


def test_trouble_that_lasts_is_mailed_once(trouble):
    for minute in range(5):
        incidents.look(NOW + minute * MINUTE)
    send_due(NOW + 14 * MINUTE)
    assert mail.outbox == []

    for day in range(10):
        send_due(NOW + 15 * MINUTE + day * DAY)

    assert len(mail.outbox) == 5
    assert "Please change no key." in mail.outbox[0].body


def test_the_next_incident_is_told_anew(trouble):
    incidents.look(NOW)
    come_through(trouble, NOW + 3 * MINUTE)
    incidents.look(NOW + 4 * MINUTE)
    Run.objects.update(state="failed", cause=Cause.MAINTENANCE, finished_at=NOW + 2 * DAY)

    incidents.look(NOW + 2 * DAY + MINUTE)

    assert told(Kind.INCIDENT).count() == 10
    assert told(Kind.INCIDENT, closed_at=None).count() == 5


def key_trouble(owner):
    """What looks like the owner's own, until many have it."""
    wallet = failed_run(owner, cause=Cause.KEY_UNKNOWN)
    health.failing(wallet, ConnectorError(Cause.KEY_UNKNOWN), now=NOW)
    return wallet


@pytest.fixture
def refused_keys(db):
    """Five owners whose keys Kraken does not know any more, all at once."""
    return [key_trouble(owner) for owner in many(5)]


def states():
    return set(Wallet.objects.values_list("health", "cause"))


def test_nobody_is_told_to_mend_a_key_while_it_lies_with_the_exchange(refused_keys):
    assert told(WalletKind.WALLET_NEEDS_YOU, closed_at=None).count() == 5

    incidents.look(NOW)

    assert not told(WalletKind.WALLET_NEEDS_YOU, closed_at=None).exists()
    assert told(Kind.INCIDENT, closed_at=None).count() == 5
    assert states() == {("exchange_down", "maintenance")}
    page = signed_in(refused_keys[0].owner).get(reverse("wallets:wallet", args=[refused_keys[0].pk])).text
    assert "Kraken is down for the moment" in page
    assert "Needs you" not in page


def test_what_a_check_finds_meanwhile_is_taken_back_from_who_was_told_already(refused_keys):
    """The checklist knows of no incident: it says to make a new key, to an owner who looks whether it is over."""
    incidents.look(NOW)
    health.failing(refused_keys[0], ConnectorError(Cause.KEY_UNKNOWN), now=NOW + MINUTE)

    incidents.look(NOW + 2 * MINUTE)

    assert not told(WalletKind.WALLET_NEEDS_YOU, closed_at=None).exists()
    assert states() == {("exchange_down", "maintenance")}
    assert told(Kind.INCIDENT).count() == 5


def test_a_key_that_failed_long_before_is_in_no_incident_of_others(refused_keys, alice):
    old = make_wallet(alice)
    health.failing(old, ConnectorError(Cause.KEY_UNKNOWN), now=NOW - 20 * DAY)

    incidents.look(NOW)

    assert told(WalletKind.WALLET_NEEDS_YOU, closed_at=None).get().owner == alice
    assert not told(Kind.INCIDENT, owner=alice).exists()


def test_what_an_exchange_says_of_keys_for_a_day_is_believed_and_keys_are_tried_once_more(refused_keys):
    incidents.look(NOW)

    incidents.look(NOW + DAY)

    assert not told(Kind.INCIDENT, closed_at=None).exists()
    assert Wallet.objects.filter(next_try_at=NOW + DAY).count() == 5
    for wallet in refused_keys:
        Run.objects.filter(wallet=wallet).update(finished_at=NOW + DAY + MINUTE)
        health.failing(wallet, ConnectorError(Cause.KEY_UNKNOWN), now=NOW + DAY + MINUTE)
    incidents.look(NOW + DAY + 2 * MINUTE)
    assert told(WalletKind.WALLET_NEEDS_YOU, closed_at=None).count() == 5
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("cause", sorted(OWNERS_ALONE))
def test_what_only_an_owner_can_end_is_no_incident_however_many_have_it(db, cause):
    for owner in many(6):
        failed_run(owner, cause=cause)

    incidents.look(NOW)

    assert not told(Kind.INCIDENT).exists()


# --- an incident ends, and only once --------------------------------------------------------------------------------


def test_what_failed_before_an_incident_ended_does_not_begin_another(trouble, alice):
    for owner in (alice, *many(4)):  # five are left when the others came through
        failed_run(owner)
    incidents.look(NOW)
    come_through(trouble, NOW + 3 * MINUTE)

    for minute in range(4, 9):
        incidents.look(NOW + minute * MINUTE)

    assert Incident.objects.get().ended_at == NOW + 4 * MINUTE
    assert told(Kind.INCIDENT).count() == 10


def test_keys_that_are_refused_are_tried_no_sooner_for_an_incident_and_one_that_works_goes_before(refused_keys, alice):
    well = make_wallet(alice, next_try_at=NOW + 3 * HOUR)
    incidents.look(NOW)
    Wallet.objects.exclude(pk=well.pk).update(next_try_at=NOW + HOUR)

    incidents.probe(NOW + 3 * MINUTE)

    assert Run.objects.unfinished().get().wallet == well
    incidents.probe(NOW + HOUR)
    assert Run.objects.unfinished().exclude(wallet=well).get().wallet in refused_keys


# --- it was us ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_first_use_of_each_key_is_told_with_our_addresses_and_the_time_and_no_later_one(stage):  # noqa: F811
    stage.settings.EGRESS_IPS = ["203.0.113.4", "203.0.113.5"]
    wallet = stage.connected()
    stage.check(wallet)
    first = told(WalletKind.KEY_FIRST_USED).get()
    assert "from 203.0.113.4, 203.0.113.5" in sentence_of(first)
    assert "(Europe/London)" in sentence_of(first) or "(UTC)" in sentence_of(first)

    stage.street.tell("kraken", key={"id": "second" + "k" * 50, "secret": "c2Vjb25kIHNlY3JldA==", "nonce": 0})
    stage.paste({"key": "second" + "k" * 50, "secret": "c2Vjb25kIHNlY3JldA=="}, wallet=wallet)
    stage.answer(stage.work())

    assert told(WalletKind.KEY_FIRST_USED).count() == 2


# --- they are needed -----------------------------------------------------------------------------------------------


class Days:
    """The service runs for some days, six hours at a time: what is due is tried, what is to be mailed is mailed."""

    def __init__(self, clock, slice_of):  # noqa: F811
        self.clock, self.slice_of, self.mails = clock, slice_of, []

    def pass_by(self, days):
        for _ in range(days * 4):
            schedule.plan_due(self.clock())
            if Run.objects.due(now=self.clock()).exists():
                self.slice_of()
            mail.outbox = []
            while send_due(self.clock()):
                pass
            self.mails += [(round((self.clock.now - NOW) / DAY), message.subject) for message in mail.outbox]
            self.clock.now += 6 * HOUR


@pytest.fixture
def days(kraken, clock, slice_of):  # noqa: F811
    return Days(clock, slice_of)


def has_trouble(street, wallet, **trouble):
    key = json.loads(opened(wallet))["key"]
    street.tell("kraken", key={"id": key, **trouble})


def opened(wallet):
    from config.fields import unseal  # noqa: PLC0415 - a test looks at its own key

    return unseal(Credential.objects.get(wallet=wallet).sealed)[0]


@pytest.mark.django_db(transaction=True)
def test_a_key_that_fails_is_mailed_at_once_then_after_1_3_and_7_days_and_then_no_more(street, kraken, days):  # noqa: F811
    has_trouble(street, kraken, trouble="EAPI:Invalid key")

    days.pass_by(12)

    assert days.mails == [(day, "A connection needs you") for day in (0, 1, 3, 7)]
    assert Run.objects.filter(state="failed").count() == 3  # and the key rests
    assert told(WalletKind.WALLET_NEEDS_YOU, closed_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_after_the_repair_it_closes_and_no_mail_follows(street, kraken, days):  # noqa: F811
    has_trouble(street, kraken, trouble="EAPI:Invalid key")
    days.pass_by(2)
    has_trouble(street, kraken, trouble="")
    schedule.request(by=SYSTEM, wallet=kraken, now=days.clock())
    days.mails = []

    days.pass_by(3)

    assert not told(WalletKind.WALLET_NEEDS_YOU, closed_at=None).exists()
    assert [subject for _, subject in days.mails] == ["A history is complete"]


@pytest.mark.django_db
@pytest.mark.parametrize("stop", [keeping.pause, keeping.archive])
def test_a_wallet_that_its_owner_stopped_reminds_of_nothing_until_it_is_resumed(alice, stop):
    wallet, trouble = make_wallet(alice), ConnectorError(Cause.KEY_EXPIRED)
    health.failing(wallet, trouble, now=NOW)

    stop(by=SYSTEM, wallet=wallet, now=NOW)
    assert not told(WalletKind.WALLET_NEEDS_YOU, closed_at=None).exists()

    health.failing(keeping.resume(by=SYSTEM, wallet=wallet, now=NOW + DAY), trouble, now=NOW + DAY)
    assert told(WalletKind.WALLET_NEEDS_YOU, closed_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_a_key_that_comes_to_do_more_is_told_alone_and_goes_with_the_repair(street, kraken, days):  # noqa: F811
    has_trouble(street, kraken, trouble="EAPI:Invalid key")
    days.pass_by(1)
    assert told(WalletKind.WALLET_NEEDS_YOU, closed_at=None).exists()

    may = ["query-funds", "query-ledger", "query-closed-trades", "withdraw-funds"]
    has_trouble(street, kraken, trouble="", permissions=may)
    days.pass_by(1)
    assert [notice.kind for notice in Notice.objects.filter(closed_at=None)] == [WalletKind.RIGHTS_GAINED]

    health.failing(kraken, ConnectorError(Cause.KEY_EXPIRED), now=days.clock())
    assert [notice.kind for notice in Notice.objects.filter(closed_at=None)] == [WalletKind.WALLET_NEEDS_YOU]


@pytest.mark.django_db(transaction=True)
def test_a_probe_in_an_incident_asks_nothing_of_its_owner(street, kraken, slice_of, clock):  # noqa: F811
    for owner in many(5):
        failed_run(owner, cause=Cause.KEY_UNKNOWN)
    incidents.look(NOW)
    has_trouble(street, kraken, trouble="EAPI:Invalid key")
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())

    assert slice_of().cause == Cause.KEY_UNKNOWN

    kraken.refresh_from_db()
    assert (kraken.state, kraken.cause) == ("exchange_down", "maintenance")
    assert not told(WalletKind.WALLET_NEEDS_YOU).exists()
