"""A wallet can be paused, archived, detached, binned and restored; its key goes when it must, its history never."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.audit import Action, Actor, ActorKind
from accounts.models import AuditEvent
from config.fields import seal
from wallets import keeping
from wallets.free_text import TreasureError
from wallets.models import Credential, CredentialTest, Wallet, WalletState

PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def wallet(alice):
    made = Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="Kraken", created_at=NOW)
    credential = Credential(owner=alice, wallet=made, version=1, way="key", standing="current", created_at=NOW)
    seal(credential, sealed="{}")
    credential.save()
    return made


@pytest.fixture
def by(alice):
    return Actor(ActorKind.OWNER, alice)


def key_is_there(wallet):
    return Credential.objects.filter(wallet=wallet, standing="current", sealed__isnull=False).exists()


@pytest.mark.parametrize(
    ("verb", "state", "keeps_key"),
    [
        (keeping.pause, "paused", True),
        (keeping.archive, "archived", True),
        (keeping.detach, "detached", False),
        (keeping.leaked, "needs_you", False),
        (keeping.put_in_bin, "in_bin", False),
    ],
)
def test_each_verb_leads_to_its_state_and_says_so_in_the_trail(wallet, by, alice, verb, state, keeps_key):
    done = verb(by=by, wallet=wallet, now=NOW)

    assert done.state == state
    assert key_is_there(wallet) is keeps_key
    assert AuditEvent.objects.filter(owner=alice, subject="Kraken").count() == 1
    assert Wallet.objects.get().next_try_at is None


@pytest.mark.parametrize("verb", [keeping.pause, keeping.archive])
def test_what_was_stopped_goes_on_at_once(wallet, by, verb):
    verb(by=by, wallet=wallet, now=NOW)

    resumed = keeping.resume(by=by, wallet=wallet, now=NOW)

    assert resumed.state == "waiting"
    assert resumed.next_try_at == NOW


def test_a_wallet_without_a_key_cannot_just_go_on(wallet, by):
    keeping.detach(by=by, wallet=wallet, now=NOW)

    with pytest.raises(keeping.NotNowError):
        keeping.resume(by=by, wallet=wallet, now=NOW)


def test_out_of_the_bin_comes_the_same_wallet_and_asks_for_a_key(wallet, by):
    keeping.put_in_bin(by=by, wallet=wallet, now=NOW)

    restored = keeping.restore(by=by, wallet=wallet, now=NOW)

    assert (restored.id, restored.book, restored.label) == (wallet.id, wallet.book, wallet.label)
    assert restored.state == "needs_you"


def test_in_the_bin_nothing_else_can_be_done(wallet, by):
    keeping.put_in_bin(by=by, wallet=wallet, now=NOW)

    for verb in (keeping.pause, keeping.detach, keeping.leaked, keeping.put_in_bin):
        with pytest.raises(keeping.NotNowError):
            verb(by=by, wallet=wallet, now=NOW)


def test_doing_it_twice_is_recorded_once(wallet, by, alice):
    keeping.pause(by=by, wallet=wallet, now=NOW)
    keeping.pause(by=by, wallet=wallet, now=NOW)

    assert AuditEvent.objects.filter(owner=alice).count() == 1


def test_a_leaked_key_is_kept_only_to_see_it_die(wallet, by):
    keeping.leaked(by=by, wallet=wallet, now=NOW)

    ending = Credential.objects.get()
    assert (ending.standing, ending.leaked_at) == ("ending", NOW)
    assert ending.ends_at > NOW
    assert CredentialTest.objects.get(purpose="end").credential == ending


def test_a_reminder_is_for_three_six_or_twelve_months_or_never(wallet, by):
    assert keeping.remind_of_rotation(by=by, wallet=wallet, months=6, now=NOW).rotate_months == 6
    assert keeping.remind_of_rotation(by=by, wallet=wallet, months=7, now=NOW).rotate_months is None


def test_what_was_done_to_a_wallet_is_found_by_its_id_whatever_it_is_called(wallet, by, alice):
    other = Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="Kraken", created_at=NOW)
    keeping.rename(by=by, wallet=wallet, label="Savings", now=NOW)
    keeping.annotate(by=by, wallet=wallet, note="For the house", now=NOW)
    keeping.pause(by=by, wallet=other, now=NOW)

    done = AuditEvent.objects.filter(owner=alice, about=wallet.pk).values_list("action", flat=True)

    assert set(done) == {Action.WALLET_RENAMED, Action.WALLET_NOTED}


@pytest.mark.parametrize(
    "words", [PHRASE, f"my phrase: {PHRASE}", "5Kb8kLf9zgWQnogidDA76MzPL6TsZZY36hWXMssSzNydYXYB9KF"]
)
def test_a_name_and_a_note_never_keep_a_treasure(wallet, by, alice, words):
    with pytest.raises(TreasureError):
        keeping.annotate(by=by, wallet=wallet, note=words, now=NOW)
    with pytest.raises(TreasureError):
        keeping.rename(by=by, wallet=wallet, label=words, now=NOW)
    with pytest.raises(TreasureError):
        keeping.open_by_hand(by=by, owner=alice, exchange="kraken", way="manual", label=words, now=NOW)

    assert list(Wallet.objects.values_list("label", "note")) == [("Kraken", "")]
    told = AuditEvent.objects.filter(owner=alice, action=Action.TREASURE_REFUSED)
    assert set(told.values_list("subject", flat=True)) == {"the note of a wallet", "the name of a wallet"}


def test_wallets_are_found_by_the_state_they_show(alice, by):
    """The same in SQL as in Python, for every state and every mixture of what the owner did."""
    stops = ("binned_at", "detached_at", "archived_at", "paused_at")
    for number in range(2 ** len(stops)):
        stopped = {column: NOW for place, column in enumerate(stops) if number >> place & 1}
        for health in ("working", "needs_you"):
            Wallet.objects.create(owner=alice, exchange="kraken", way="key", created_at=NOW, health=health, **stopped)

    for state in WalletState:
        found = set(Wallet.objects.in_state(state))
        assert found == {wallet for wallet in Wallet.objects.all() if wallet.state == state}
