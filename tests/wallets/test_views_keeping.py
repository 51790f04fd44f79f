"""What an owner does with a wallet: words, pauses, the bin; what is grave says first what will happen."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from accounts.audit import Action
from accounts.models import AuditEvent, Notice
from tests.wallets.holdings import NOW, a_credential, a_wallet, page_of, words
from wallets import removal
from wallets.models import Credential, CredentialTest, Wallet
from wallets.notice_kinds import Kind
from wallets.removal import Hanging

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
VERBS = ("archive", "note", "pause", "rename", "restore", "resume", "rotation")
GRAVE = ("detach", "leaked", "remove")


def state_of(wallet: Wallet) -> str:
    return Wallet.objects.get(pk=wallet.pk).state


# --- words -----------------------------------------------------------------------------------------------------------


def test_a_wallet_is_renamed(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice)

    answer = alices_browser.post(page_of(wallet, "rename/"), {"label": " <Savings> "}, follow=True)

    assert Wallet.objects.get().label == "<Savings>"
    assert "It is called “&lt;Savings&gt;” from now on." in answer.text
    assert AuditEvent.objects.get(about=wallet.pk).action == Action.WALLET_RENAMED


@pytest.mark.parametrize("label", ["", "   ", "x" * 81])
def test_a_name_that_will_not_do_is_explained_on_the_page(alice: User, alices_browser: Client, label: str) -> None:
    wallet = a_wallet(alice)

    answer = alices_browser.post(page_of(wallet, "rename/"), {"label": label})

    assert answer.status_code == 200
    assert "field-wrong" in answer.text
    assert Wallet.objects.get().label == "Kraken"


def test_a_note_is_kept_and_taken_out_again(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice)

    alices_browser.post(page_of(wallet, "note/"), {"note": "For the house"})
    assert "For the house</textarea>" in alices_browser.get(page_of(wallet)).text
    answer = alices_browser.post(page_of(wallet, "note/"), {"note": ""}, follow=True)

    assert "The note is gone." in answer.text
    assert Wallet.objects.get().note == ""


@pytest.mark.parametrize(("part", "field"), [("note/", "note"), ("rename/", "label")])
@pytest.mark.parametrize("padding", ["", " x" * 1_500])  # too long as well: what is wrong with it must not echo it
def test_a_treasure_is_turned_away_and_comes_back_into_no_page(
    alice: User, alices_browser: Client, part: str, field: str, padding: str
) -> None:
    wallet = a_wallet(alice)

    answer = alices_browser.post(page_of(wallet, part), {field: PHRASE + padding}, follow=True)

    assert "This looks like a seed phrase" in answer.text
    assert "sausage" not in answer.text
    assert list(Wallet.objects.values_list("label", "note")) == [("Kraken", "")]
    assert AuditEvent.objects.filter(owner=alice, action=Action.TREASURE_REFUSED).count() == 1


@pytest.mark.parametrize(("months", "kept"), [("3", 3), ("6", 6), ("12", 12), ("", None)])
def test_the_reminder_is_chosen(alice: User, alices_browser: Client, months: str, kept: int | None) -> None:
    wallet = a_wallet(alice, rotate_months=6)

    alices_browser.post(page_of(wallet, "rotation/"), {"months": months})

    assert Wallet.objects.get().rotate_months == kept


def test_a_reminder_that_is_not_offered_is_refused(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, rotate_months=6)

    answer = alices_browser.post(page_of(wallet, "rotation/"), {"months": "7"})

    assert answer.status_code == 200
    assert Wallet.objects.get().rotate_months == 6


# --- what one press takes back ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("part", "state"), [("pause/", "paused"), ("archive/", "archived")])
def test_what_was_stopped_is_resumed(alice: User, alices_browser: Client, part: str, state: str) -> None:
    wallet = a_wallet(alice)

    stopped = alices_browser.post(page_of(wallet, part), follow=True)
    assert state_of(wallet) == state
    assert f'action="{page_of(wallet, "resume/")}"' in stopped.text

    alices_browser.post(page_of(wallet, "resume/"))
    assert state_of(wallet) == "working"
    assert Wallet.objects.get().next_try_at


def test_out_of_the_bin_it_asks_for_a_key(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, key=False, cause="no_key", binned_at=NOW)

    answer = alices_browser.post(page_of(wallet, "restore/"), follow=True)

    assert state_of(wallet) == "needs_you"
    assert "is back, with its history and your edits" in answer.text
    assert "Connect it again" in answer.text


@pytest.mark.parametrize("part", ["pause/", "archive/", "resume/", "rename/", "note/", "rotation/"])
def test_in_the_bin_nothing_is_done_and_the_page_says_so(alice: User, alices_browser: Client, part: str) -> None:
    wallet = a_wallet(alice, key=False, binned_at=NOW)

    answer = alices_browser.post(page_of(wallet, part), {"label": "x", "note": "x", "months": "3"}, follow=True)

    assert "the wallet is in another state by now" in answer.text
    assert list(Wallet.objects.values_list("label", "note", "paused_at")) == [("Kraken", "", None)]
    assert not AuditEvent.objects.filter(about=wallet.pk).exists()


def test_a_detached_wallet_is_not_just_resumed(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, key=False, cause="no_key", detached_at=NOW)

    answer = alices_browser.post(page_of(wallet, "resume/"), follow=True)

    assert "the wallet is in another state by now" in answer.text
    assert state_of(wallet) == "detached"


# --- what is said before it is done ----------------------------------------------------------------------------------


@pytest.mark.parametrize("part", GRAVE)
def test_looking_does_nothing(alice: User, alices_browser: Client, part: str) -> None:
    wallet = a_wallet(alice)

    assert alices_browser.get(page_of(wallet, f"{part}/")).status_code == 200

    assert state_of(wallet) == "working"
    assert Credential.objects.get().standing == "current"


def test_removing_offers_everything_else_first(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice)

    page = alices_browser.get(page_of(wallet, "remove/")).text

    offers = [page.index(f'"{page_of(wallet, part)}"') for part in ("help/", "pause/", "archive/", "detach/")]
    assert offers == sorted(offers)
    assert offers[-1] < page.index("What hangs on it") < page.index("Put it in the bin")


def test_what_cannot_be_done_any_more_is_not_offered(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, key=False, cause="no_key", detached_at=NOW, archived_at=NOW)

    page = alices_browser.get(page_of(wallet, "remove/")).text

    assert page_of(wallet, "help/") in page
    assert not [part for part in ("pause/", "archive/", "detach/") if f'"{page_of(wallet, part)}"' in page]


def test_removing_says_what_hangs_on_it_and_what_becomes_of_it(
    alice: User, alices_browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallet = a_wallet(alice)
    monkeypatch.setattr(removal, "HANGING", [*removal.HANGING, Ledger()])

    text = words(alices_browser.get(page_of(wallet, "remove/")).text)

    assert "Transactions 1,204 Kept for 30 days" in text
    assert "Edits 16 Kept for ever" in text
    assert "Keys and sign-ins 1 Wiped at once" in text
    assert "At Kraken the key itself stays until you delete it there" in text
    assert "https://pro.kraken.com/app/settings/api" in alices_browser.get(page_of(wallet, "remove/")).text


class Ledger:
    """What a higher app hangs on a wallet."""

    def hanging(self, wallet: Wallet) -> list[Hanging]:
        return [Hanging("transactions", 1204, "kept for 30 days"), Hanging("edits", 16, "kept for ever")]


def test_into_the_bin_and_back(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice)

    answer = alices_browser.post(page_of(wallet, "remove/"), follow=True)

    assert answer.redirect_chain[-1][0] == "/wallets/bin/"
    assert "is in the bin. It can be restored for 30 days." in answer.text
    assert Credential.objects.get().sealed is None
    assert state_of(wallet) == "in_bin"


def test_removing_twice_says_how_it_stands(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice)
    alices_browser.post(page_of(wallet, "remove/"))

    answer = alices_browser.post(page_of(wallet, "remove/"), follow=True)

    assert answer.redirect_chain[-1][0] == page_of(wallet)
    assert "the wallet is in another state by now" in answer.text


def test_detaching_wipes_the_key_and_keeps_the_wallet(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice)

    answer = alices_browser.post(page_of(wallet, "detach/"), follow=True)

    assert state_of(wallet) == "detached"
    assert Credential.objects.get().sealed is None
    assert "its key is wiped, its history stays" in answer.text
    assert "Connect it again" in answer.text


def test_a_leaked_key_is_used_no_more_and_watched(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice)
    first = words(alices_browser.get(page_of(wallet, "leaked/")).text)
    assert "You delete it at Kraken: only you can." in first

    answer = alices_browser.post(page_of(wallet, "leaked/"), follow=True)

    assert Credential.objects.get().standing == "ending"
    assert CredentialTest.objects.get().purpose == "end"
    assert Notice.objects.get().kind == Kind.KEY_LEAKED
    text = words(answer.text)
    assert "You reported this key as leaked" in text
    assert "Is the leaked key still alive?" in text
    assert "Put a new key here" in text


def test_a_leaked_sign_in_is_taken_back_by_us(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, exchange="coinbase", way="oauth", key=False)
    a_credential(wallet)

    text = words(alices_browser.get(page_of(wallet, "leaked/")).text)

    assert "It is taken back at Coinbase, and then wiped here." in text
    assert "Report a leaked sign-in" in text
    assert "key" not in text.split("Report a leaked sign-in", 1)[1].lower()
    said = words(alices_browser.post(page_of(wallet, "leaked/"), follow=True).text)
    assert "Holdfast no longer uses this sign-in." in said


def test_where_there_is_no_key_none_can_leak(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, way="csv", key=False)

    page = alices_browser.get(page_of(wallet, "leaked/")).text

    assert "There is no key in this wallet" in page
    assert '<form method="post">' not in page


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", GRAVE)
def test_what_is_grave_asks_for_a_fresh_second_factor(alice: User, stale_browser: Client, part: str) -> None:
    wallet = a_wallet(alice)

    asked, refused = stale_browser.get(page_of(wallet, f"{part}/")), stale_browser.post(page_of(wallet, f"{part}/"))

    assert asked["Location"].startswith("/step-up/")
    assert refused.status_code == 403
    assert state_of(wallet) == "working"


@pytest.mark.parametrize("part", [*VERBS, *GRAVE])
def test_a_strangers_wallet_is_not_there(alice: User, bobs_browser: Client, part: str) -> None:
    wallet = a_wallet(alice)

    answers = [bobs_browser.post(f"/wallets/{each}/{part}/", {"label": "x"}) for each in (wallet.pk, uuid4())]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert state_of(wallet) == "working"


@pytest.mark.parametrize("part", VERBS)
def test_verbs_need_a_post(alice: User, alices_browser: Client, part: str) -> None:
    assert alices_browser.get(page_of(a_wallet(alice), f"{part}/")).status_code == 405
