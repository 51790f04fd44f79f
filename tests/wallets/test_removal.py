"""What hangs on a wallet is said whole; after 30 days in the bin it goes, and the account is still known again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from accounts.audit import Action, Actor, ActorKind
from accounts.models import AuditEvent
from tests.wallets.holdings import NOW, a_check, a_report, a_wallet
from wallets import claims, keeping, removal
from wallets.models import AccountClaim, Credential, CredentialTest, HelpRequest, RightsReport, Wallet
from wallets.records import Identity, IdentityKind
from wallets.removal import Hanging

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

WHO = [Identity(IdentityKind.USER, "number 12")]
LATER = NOW + keeping.BIN_DAYS


class Shelf:
    """A higher app that keeps something of wallets, and writes down what it was asked to purge."""

    def __init__(self, name: str, told: list[str]) -> None:
        self.name, self.told = name, told

    def hanging(self, wallet: Wallet) -> list[Hanging]:
        return [Hanging(self.name, 3, "kept for 30 days")]

    def purge(self, wallet: Wallet, *, now: datetime) -> None:
        self.told.append(f"{self.name} of {wallet.label}")


@pytest.fixture
def shelves(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two apps above this one; what they were asked to purge, in order."""
    told: list[str] = []
    own = removal.Connection()
    monkeypatch.setattr(removal, "HANGING", [own, Shelf("rows", told), Shelf("runs", told)])
    return told


@pytest.fixture
def wallet(alice: User) -> Wallet:
    made = a_wallet(alice, label="Kraken", note="mine")
    a_report(made.credentials.get())
    a_check(made)
    digests = claims.digests_of(alice, "kraken", WHO)
    claims.claim(made.book, alice, "kraken", digests, now=NOW)
    return made


def thrown_away(wallet: Wallet, at: datetime = NOW) -> Wallet:
    return keeping.put_in_bin(by=Actor(ActorKind.OWNER, wallet.owner), wallet=wallet, now=at)


@pytest.mark.usefixtures("shelves")
def test_everything_that_hangs_on_it_is_said_what_is_nought_included(wallet: Wallet) -> None:
    Credential.objects.update(standing="former", sealed=None)

    said = {hanging.what: hanging.count for hanging in removal.hangs_on(wallet)}

    assert said == {"keys and sign-ins": 0, "reports of a key's rights": 1, "rows": 3, "runs": 3}


def test_before_its_time_nothing_goes(wallet: Wallet, shelves: list[str]) -> None:
    thrown_away(wallet)

    assert removal.purge_due(now=LATER - timedelta(seconds=1)) is False

    assert Wallet.objects.get().purged_at is None
    assert RightsReport.objects.exists()
    assert not shelves


def test_after_it_what_is_above_goes_first(wallet: Wallet, shelves: list[str]) -> None:
    thrown_away(wallet)

    assert removal.purge_due(now=LATER) is True
    assert removal.purge_due(now=LATER) is False

    assert shelves == ["runs of Kraken", "rows of Kraken"]
    assert not CredentialTest.objects.exists()
    assert not RightsReport.objects.exists()


@pytest.mark.usefixtures("shelves")
def test_of_a_purged_wallet_the_owners_words_are_gone_and_its_account_is_still_known(
    alice: User, wallet: Wallet
) -> None:
    thrown_away(wallet)
    removal.purge_due(now=LATER)

    left = Wallet.objects.get()
    assert (left.label, left.note, left.book, left.purged_at) == ("", "", wallet.book, LATER)
    assert claims.book_of(alice, "kraken", claims.digests_of(alice, "kraken", WHO)) == wallet.book
    assert AccountClaim.objects.filter(book=wallet.book).exists()
    purged = AuditEvent.objects.get(action=Action.WALLET_PURGED)
    assert (purged.owner, purged.about, purged.actor_kind) == (alice, wallet.pk, "system")


@pytest.mark.usefixtures("shelves")
def test_a_question_that_was_asked_about_it_stays(alice: User, wallet: Wallet) -> None:
    HelpRequest.objects.create(owner=alice, wallet=wallet, subject="It fails", created_at=NOW)
    thrown_away(wallet)

    removal.purge_due(now=LATER)

    assert HelpRequest.objects.get().subject == "It fails"


@pytest.mark.usefixtures("shelves")
def test_several_go_one_after_the_other(alice: User, wallet: Wallet) -> None:
    thrown_away(wallet)
    thrown_away(a_wallet(alice, label="Other"))
    thrown_away(a_wallet(alice, label="Later"), NOW + timedelta(days=1))

    while removal.purge_due(now=LATER):
        pass

    assert list(Wallet.objects.filter(purged_at=None).values_list("label", flat=True)) == ["Later"]


def test_what_was_restored_in_time_stays(wallet: Wallet, shelves: list[str]) -> None:
    thrown_away(wallet)
    keeping.restore(by=Actor(ActorKind.OWNER, wallet.owner), wallet=wallet, now=NOW)

    assert removal.purge_due(now=LATER) is False
    assert not shelves


def test_when_one_app_fails_nothing_of_the_wallet_is_gone(wallet: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    """All or nothing: the next run does it again from the beginning."""

    class Broken(Shelf):
        def purge(self, wallet: Wallet, *, now: datetime) -> None:
            raise RuntimeError

    told: list[str] = []
    monkeypatch.setattr(removal, "HANGING", [Broken("rows", told), removal.Connection()])
    thrown_away(wallet)

    with pytest.raises(RuntimeError):
        removal.purge_due(now=LATER)

    assert Wallet.objects.get().purged_at is None
    assert RightsReport.objects.exists()
