"""An account that closes leaves no secret behind, whatever is under way at that moment."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.db import connection, transaction

from accounts import closing, notices
from accounts.audit import Actor, ActorKind
from accounts.notice_mail import send_due
from config.fields import seal
from tests.conftest import signed_in
from tests.wallets.holdings import NOW, a_wallet
from wallets import credentials, tasks
from wallets.catalogue import Way
from wallets.models import Credential, CredentialTest, OAuthStart, Wallet
from wallets.notice_kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User

Purpose, State = CredentialTest.Purpose, CredentialTest.State


def close(owner: User) -> None:
    closing.start_closing(by=Actor(ActorKind.OWNER, owner), owner=owner, now=NOW)


def a_candidate(owner: User, state: CredentialTest.State) -> CredentialTest:
    test = CredentialTest(
        owner=owner,
        purpose=Purpose.CONNECT,
        way=Way.KEY,
        exchange="kraken",
        label="Kraken",
        state=state,
        created_at=NOW,
        not_before=NOW,
        expires_at=NOW + CredentialTest.LIFE,
        finished_at=NOW if state == State.ASKING else None,  # until its owner answers
    )
    seal(test, sealed=json.dumps({"key": "k", "secret": "s"}))
    test.save(force_insert=True)
    return test


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.ASKING])
def test_a_key_on_probation_is_wiped_at_once_however_far_its_test_is(alice: User, state: CredentialTest.State) -> None:
    test = a_candidate(alice, state)

    close(alice)

    test.refresh_from_db()
    assert (test.sealed, test.state) == (None, State.EXPIRED)


def test_a_key_that_was_sent_in_the_moment_of_closing_is_not_tried(alice: User) -> None:
    """Whoever had pressed both got a wallet in an account that closes, and its key lay here for thirty days."""
    close(alice)
    a_candidate(alice, State.QUEUED)
    claimed = CredentialTest.objects.claim(now=NOW)
    assert claimed

    tasks.examine(claimed)

    claimed.refresh_from_db()
    assert (claimed.sealed, claimed.state, claimed.lease_token) == (None, State.EXPIRED, None)


def test_the_keys_that_only_their_owner_can_delete_are_still_named_once_they_are_wiped_here(alice: User) -> None:
    former, wallet = a_wallet(alice, label="Before"), a_wallet(alice, label="Kraken")
    credentials.take_out_of_force(former, now=NOW - timedelta(days=40))
    said = [f"Delete the key of “{wallet.label}” at Kraken: https://pro.kraken.com/app/settings/api"]
    assert closing.left_to_do(alice) == said

    close(alice)

    assert not Credential.objects.filter(sealed__isnull=False).exists()
    assert closing.left_to_do(alice) == said
    page = signed_in(alice).get("/closing/").text
    assert 'href="https://pro.kraken.com/app/settings/api"' in page


def test_nobody_who_left_is_asked_to_mend_what_is_gone(alice: User) -> None:
    """Reminders went on for weeks: of keys that were wiped, and of a file that was."""
    topic, facts = str(a_wallet(alice).pk), {"label": "Kraken", "title": "It is over", "right": "trade"}
    for kind in (Kind.WALLET_NEEDS_YOU, Kind.RIGHTS_GAINED):
        notices.tell(owner=alice, kind=kind, topic=topic, now=NOW - timedelta(hours=1), **facts)
    notices.tell(owner=alice, kind=notices.Kind.EXPORT_READY, now=NOW, until="tomorrow")
    notices.tell(owner=alice, kind=notices.Kind.PASSWORD_CHANGED, now=NOW)

    close(alice)
    for day in range(10):
        send_due(NOW + timedelta(days=day))

    assert sorted(message.subject for message in mail.outbox) == [
        "Your Holdfast account is closing",
        "Your Holdfast password was changed",
    ]
    closing.cancel_closing(by=Actor(ActorKind.OWNER, alice), owner=alice, now=NOW)
    notices.close(owner=alice, kind=notices.Kind.CLOSING_CANCELLED, now=NOW)
    assert not alice.notices.filter(closed_at=None).exists()


def test_a_consent_that_comes_back_afterwards_is_nobodys(alice: User) -> None:
    start = OAuthStart(
        owner=alice,
        exchange="coinbase",
        return_to="holdfast://back",
        state_digest="d" * 64,
        created_at=NOW,
        expires_at=NOW + OAuthStart.LIFE,
    )
    seal(start, sealed="{}")
    start.save(force_insert=True)

    close(alice)

    assert not OAuthStart.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_key_that_takes_over_at_that_moment_is_wiped_too(alice: User) -> None:
    wallet, in_force = a_wallet(alice), threading.Event()

    def replace() -> None:
        with transaction.atomic():
            credentials.put_in_force(Wallet.objects.held(wallet.pk), way=Way.KEY, values={"key": "new"}, now=NOW)
            in_force.set()
            until_somebody_waits()

    def close_it() -> None:
        assert in_force.wait(10)
        close(alice)

    both(replace, close_it)

    assert Credential.objects.filter(wallet=wallet).count() == 2
    assert not Credential.objects.filter(sealed__isnull=False).exists()


def until_somebody_waits() -> None:
    until = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            if cursor.fetchone():
                return
            time.sleep(0.05)
    raise AssertionError("Nobody waited: the two were not at it at once.")


def both(*works: Callable[[], None]) -> None:
    failed: list[BaseException] = []

    def done(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=done, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
