"""`wallets/{id}/pause/` and the like: each leads to its state, and is refused where it makes no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from tests.accounts.api.conftest import script_of
from tests.wallets.api.conftest import WALLETS, refusal_of, wallet_of
from wallets.models import Credential, Wallet

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from accounts.models import User


def do(client: APIClient, wallet: Wallet, *verbs: str) -> Any:
    return [client.post(f"{WALLETS}{wallet.pk}/{verb}/") for verb in verbs][-1]


@pytest.mark.parametrize(
    ("verbs", "state", "keeps_key"),
    [
        (["pause"], "paused", True),
        (["pause", "resume"], "working", True),
        (["archive"], "archived", True),
        (["archive", "resume"], "working", True),
        (["detach"], "detached", False),
        (["leaked"], "needs_you", False),
        (["leaked", "detach"], "detached", False),
    ],
)
def test_each_leads_to_its_state(
    script: APIClient, wallet: Wallet, alice: User, verbs: list[str], state: str, *, keeps_key: bool
) -> None:
    answer = do(script, wallet, *verbs)

    assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert answer.json() == script.get(f"{WALLETS}{wallet.pk}/").json()
    assert (answer.json()["connection"] is not None) == keeps_key
    kinds = set(AuditEvent.objects.filter(owner=alice, about=wallet.pk).values_list("actor_kind", flat=True))
    assert kinds == {"token"}


def test_out_of_the_bin_comes_the_same_wallet_without_its_key(script: APIClient, wallet: Wallet) -> None:
    script.delete(f"{WALLETS}{wallet.pk}/")

    told = do(script, wallet, "restore").json()

    assert (told["state"], told["cause"], told["kept_until"]) == ("needs_you", "no_key", None)
    assert told["label"] == "Kraken 0"


def test_a_leaked_key_is_kept_only_to_see_it_die(script: APIClient, wallet: Wallet) -> None:
    told = do(script, wallet, "leaked").json()

    assert told["cause"] == "key_leaked"
    assert Credential.objects.get().standing == "ending"


@pytest.mark.parametrize(
    ("before", "verb"),
    [
        (["detach"], "resume"),
        ([], "restore"),
    ],
)
def test_what_makes_no_sense_now_is_refused(script: APIClient, wallet: Wallet, before: list[str], verb: str) -> None:
    assert refusal_of(do(script, wallet, *before, verb)) == (409, "not_now")


@pytest.mark.parametrize("verb", ["pause", "archive", "resume", "detach", "leaked"])
def test_in_the_bin_only_restoring_is_left(script: APIClient, alice: User, verb: str) -> None:
    assert refusal_of(do(script, wallet_of(alice, binned_at=timezone.now()), verb)) == (409, "not_now")


def test_beside_a_wallet_of_the_same_account_it_stays_in_the_bin(script: APIClient, alice: User) -> None:
    binned = wallet_of(alice, 1, binned_at=timezone.now())
    wallet_of(alice, 2, book=binned.book)

    assert refusal_of(do(script, binned, "restore")) == (409, "not_now")


@pytest.mark.parametrize(
    ("facts", "verb"), [({"way": "csv"}, "detach"), ({"way": "csv"}, "leaked"), ({"way": "manual"}, "leaked")]
)
def test_without_a_key_there_is_none_to_lose(script: APIClient, alice: User, facts: dict[str, str], verb: str) -> None:
    wallet = wallet_of(alice, **facts)

    assert refusal_of(do(script, wallet, verb)) == (409, "no_key")
    wallet.refresh_from_db()
    assert (wallet.state, wallet.cause) == ("working", "")


def test_a_leak_is_reported_once(script: APIClient, wallet: Wallet) -> None:
    assert refusal_of(do(script, wallet, "leaked", "leaked")) == (409, "no_key")
    assert AuditEvent.objects.filter(action="credential_leaked").count() == 1


def test_pausing_is_a_writers_and_leaks_are_not(alice: User, wallet: Wallet, reader: APIClient) -> None:
    writer = script_of(alice, "write")

    assert do(writer, wallet, "pause").status_code == 200
    assert refusal_of(do(writer, wallet, "leaked")) == (403, "insufficient_scope")
    assert refusal_of(do(reader, wallet, "resume")) == (403, "insufficient_scope")


def test_a_phone_pauses_without_a_fresh_factor(stale_phone: APIClient, wallet: Wallet) -> None:
    assert do(stale_phone, wallet, "pause", "resume", "archive").status_code == 200
