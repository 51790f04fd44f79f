"""Wallets in every state, tests and questions of one owner: ids that exist, for whoever hammers the API."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from accounts.audit import Actor, ActorKind
from config.fields import seal
from wallets import catalogue, visitors
from wallets import help as asking
from wallets.models import CredentialTest, HelpRequest, Wallet

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

# What leads further than a made-up text: a key of the right shape at an exchange that is there, an app's own scheme.
FIELDS = {
    "exchange": ["kraken"],
    "credentials": [{"key": "k" * 56, "secret": "s" * 86 + "=="}],
    "return_to": ["holdfast://connected"],
}


def furnish(owner: User, now: datetime) -> dict[str, list[str]]:
    """By the names of parameters in paths."""
    by = Actor(ActorKind.OWNER, owner)
    for name in visitors.WALLETS:
        visitors._wallet(owner, name, now)  # noqa: SLF001 # the same that pictures are taken of
    wallets = list(Wallet.objects.for_user(owner))
    for number, state in enumerate(CredentialTest.State):
        _test(owner, wallets[number], state, now)
        asking.ask(by=by, owner=owner, subject="It fails", words="", wallet=wallets[number], now=now)
    return {
        "wallet_id": [str(wallet.pk) for wallet in wallets],
        "test_id": [str(test.pk) for test in CredentialTest.objects.filter(owner=owner)],
        "help_id": [str(question.pk) for question in HelpRequest.objects.filter(owner=owner)],
        "exchange_id": [*catalogue.load(), "coinbase", "coinbase", "coinbase"],
    }


def _test(owner: User, wallet: Wallet, state: str, now: datetime) -> None:
    test = CredentialTest(
        owner=owner,
        wallet=wallet,
        purpose="replace",
        state=state,
        exchange="kraken",
        label=wallet.label,
        lines=[{"check": "format", "mark": "ticked", "detail": "", "cause": ""}],
        outcome={"questions": ["same_account"], "version": 2} if state == "asking" else {},
        cause="key_unknown" if state == "failed" else "",
        not_before=now,
        created_at=now,
        expires_at=now + timedelta(days=1),
    )
    seal(test, sealed="{}")
    test.save()
