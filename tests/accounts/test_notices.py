"""Notices: told once, then less and less; muted where that is safe; mailed once whatever dies."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connections

from accounts import recovery
from accounts.audit import SYSTEM
from accounts.models import AuditEvent, MutedNotice, Notice
from accounts.notice_kinds import CATALOGUE
from accounts.notice_mail import CLAIM, MAX_ATTEMPTS, send_due
from accounts.notices import CannotMuteError, Kind, close, is_muted, mark_read, mute, tell, unmute, unread_count
from tests.factories import OwnerFactory

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def tell_of_closing(owner: User, now: datetime = NOW, purge_on: str = "20 December 2026") -> Notice:
    return tell(owner=owner, kind=Kind.ACCOUNT_CLOSING, now=now, purge_on=purge_on)


def tell_of_export(owner: User, now: datetime = NOW) -> Notice:
    return tell(owner=owner, kind=Kind.EXPORT_READY, now=now, until="tomorrow")


def recipients() -> list[str]:
    return [address for message in mail.outbox for address in message.to]


# --- telling ---------------------------------------------------------------------------------------------------------


def test_two_events_are_two_notices(alice: User) -> None:
    for ip in ("192.0.2.1", "192.0.2.2"):
        tell(owner=alice, kind=Kind.NEW_SIGN_IN, now=NOW, ip=ip, device="Firefox on Linux")

    assert unread_count(alice) == 2


def test_a_state_that_lasts_is_one_notice_and_news_makes_it_unread(alice: User) -> None:
    first = tell_of_closing(alice)
    mark_read(owner=alice, now=NOW)

    same = tell_of_closing(alice)
    assert unread_count(alice) == 0

    tell_of_closing(alice, purge_on="21 December 2026")
    assert (same.pk, Notice.objects.count(), unread_count(alice)) == (first.pk, 1, 1)


def test_a_closed_state_asks_for_nothing_and_may_come_back(alice: User) -> None:
    tell_of_closing(alice)

    close(owner=alice, kind=Kind.ACCOUNT_CLOSING, now=NOW)
    send_due(NOW)
    assert (unread_count(alice), mail.outbox) == (0, [])

    tell_of_closing(alice, now=NOW + DAY)
    assert (unread_count(alice), Notice.objects.count()) == (1, 2)


def test_a_missing_fact_fails_where_it_is_told(alice: User) -> None:
    with pytest.raises(KeyError):
        tell(owner=alice, kind=Kind.NEW_SIGN_IN, now=NOW, ip="192.0.2.1")


def test_reading_by_id_finds_only_ones_own(alice: User, bob: User) -> None:
    bobs = tell_of_export(bob)

    assert mark_read(owner=alice, now=NOW, ids=[bobs.id]) == 0
    assert unread_count(bob) == 1


def test_the_badge_counts_no_further_than_a_hundred(alice: User) -> None:
    Notice.objects.bulk_create(
        Notice(owner=alice, kind=Kind.PASSWORD_CHANGED, created_at=NOW, closed_at=NOW) for _ in range(150)
    )

    assert unread_count(alice) == 100


# --- mailing ---------------------------------------------------------------------------------------------------------


def test_an_event_is_mailed_once(alice: User) -> None:
    tell(owner=alice, kind=Kind.NEW_SIGN_IN, now=NOW, ip="192.0.2.1", device="Firefox on Linux")

    for later in (timedelta(), DAY, 30 * DAY):
        send_due(NOW + later)

    assert recipients() == ["alice@example.test"]
    assert "from 192.0.2.1 with Firefox on Linux" in mail.outbox[0].body
    assert "\n" not in mail.outbox[0].subject


def test_a_state_is_mailed_less_and_less_then_not_at_all(alice: User) -> None:
    tell_of_closing(alice)

    sent = []
    for day in range(60):
        before = len(mail.outbox)
        send_due(NOW + day * DAY)
        if len(mail.outbox) > before:
            sent.append(day)

    assert sent == [0, *CATALOGUE[Kind.ACCOUNT_CLOSING].repeat_days]


def test_reminders_of_days_without_mail_do_not_all_come_at_once(alice: User) -> None:
    tell_of_closing(alice)
    sent = []

    for day in range(40, 44):
        for _ in range(5):
            send_due(NOW + day * DAY)
        sent.append(len(mail.outbox))

    last = 1 + len(CATALOGUE[Kind.ACCOUNT_CLOSING].repeat_days)
    assert sent == [min(mails, last) for mails in range(1, 5)]


def test_a_changed_address_is_told_to_the_former_one(alice: User) -> None:
    tell(owner=alice, kind=Kind.EMAIL_CHANGED, now=NOW, mail_to="former@example.test", email="alice@example.test")

    send_due(NOW)

    assert recipients() == ["former@example.test"]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_its_words_and_its_mail(alice: User, kind: Kind) -> None:
    names = ["ip", "device", "factor", "due", "email", "ended", "former", "name", "proof", "purge_on", "until", "what"]
    facts = dict.fromkeys(names, "<b>x</b>")
    tell(owner=alice, kind=kind, now=NOW, **facts)

    send_due(NOW)

    (message,) = mail.outbox
    assert CATALOGUE[kind].button in message.body
    assert "<b>x</b>" not in message.alternatives[0].content
    assert ("List-Unsubscribe" in message.extra_headers) == CATALOGUE[kind].mutable


class DeadServer(BaseEmailBackend):
    def send_messages(self, messages: object) -> int:
        raise SMTPServerDisconnected


def test_a_mail_server_that_is_down_is_asked_again_ever_later_and_at_last_no_more(alice: User, settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.DeadServer"
    notice = tell_of_export(alice)
    waits, now = [], NOW

    while True:
        send_due(now)
        notice.refresh_from_db()
        if notice.mail_due_at is None:
            break
        waits.append((notice.mail_due_at - now) / timedelta(minutes=1))
        now = notice.mail_due_at

    assert waits == [2**n for n in range(MAX_ATTEMPTS)]
    assert notice.mails_sent == 0


def test_a_mail_that_failed_is_sent_once_when_the_server_is_back(alice: User, settings) -> None:
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.DeadServer"
    notice = tell_of_export(alice)
    send_due(NOW)

    settings.EMAIL_BACKEND = working
    send_due(NOW + timedelta(minutes=1))
    send_due(NOW + DAY)

    notice.refresh_from_db()
    assert (len(mail.outbox), notice.mails_sent, notice.mail_attempts) == (1, 1, 0)


class Killed(BaseException):
    """What SIGKILL looks like from inside: nothing after it runs."""


class DiesAfterSending(BaseEmailBackend):
    def send_messages(self, messages: list[mail.EmailMessage]) -> int:
        mail.outbox.extend(messages)
        raise Killed


def test_a_worker_killed_between_sending_and_noting_it_costs_one_mail_twice_at_most(alice: User, settings) -> None:
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.DiesAfterSending"
    tell_of_export(alice)
    with pytest.raises(Killed):
        send_due(NOW)
    settings.EMAIL_BACKEND = working

    send_due(NOW + CLAIM - timedelta(seconds=1))
    assert len(mail.outbox) == 1

    for later in (CLAIM, DAY, 2 * DAY):
        send_due(NOW + later)
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 1
    assert len(mail.outbox) == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_notice_once() -> None:
    owners = [OwnerFactory() for _ in range(25)]
    for owner in owners:
        tell_of_export(owner)
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        while send_due(NOW):
            pass
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(recipients()) == sorted(owner.email for owner in owners)


# --- muting ----------------------------------------------------------------------------------------------------------


def test_a_muted_kind_shows_in_the_app_and_is_not_mailed(alice: User) -> None:
    waiting = tell_of_export(alice)
    mute(by=SYSTEM, owner=alice, kind=Kind.EXPORT_READY, now=NOW)
    tell_of_export(alice)

    send_due(NOW)
    waiting.refresh_from_db()

    assert (mail.outbox, unread_count(alice), waiting.mail_due_at) == ([], 2, None)


def test_unmuting_lets_the_next_one_be_mailed(alice: User) -> None:
    for _ in range(2):  # twice is once
        mute(by=SYSTEM, owner=alice, kind=Kind.EXPORT_READY, now=NOW)
    for _ in range(2):
        unmute(by=SYSTEM, owner=alice, kind=Kind.EXPORT_READY, now=NOW)
    tell_of_export(alice)

    send_due(NOW)

    assert len(mail.outbox) == 1
    assert [event.action for event in AuditEvent.objects.order_by("action")] == ["notice_muted", "notice_unmuted"]


@pytest.mark.parametrize("kind", [Kind.NEW_SIGN_IN, Kind.RECOVERY_STARTED, "no_such_kind"])
def test_what_guards_the_account_cannot_be_muted(alice: User, kind: str) -> None:
    with pytest.raises(CannotMuteError):
        mute(by=SYSTEM, owner=alice, kind=kind, now=NOW)

    assert not MutedNotice.objects.exists()


def test_a_row_that_mutes_what_guards_the_account_has_no_effect(alice: User) -> None:
    MutedNotice.objects.create(owner=alice, kind=Kind.NEW_SIGN_IN)

    assert not is_muted(alice, Kind.NEW_SIGN_IN)


def test_every_mail_about_a_running_recovery_carries_the_way_to_stop_it(alice: User, client: Client) -> None:
    recovery.start(by=SYSTEM, owner=alice, now=NOW)
    running = recovery.confirm(by=SYSTEM, recovery=recovery.open_of(alice), now=NOW)
    mail.outbox.clear()

    for day in range(3):
        send_due(NOW + day * DAY)

    links = [re.search(r"Cancel the recovery: (\S+)", message.body).group(1) for message in mail.outbox]
    assert len(links) == 3
    assert all(recovery.link("cancel", running.id).partition(":1")[0] in link for link in links)
    assert all(client.get(urlsplit(link).path).status_code == 200 for link in links)
