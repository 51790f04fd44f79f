"""A demonstration account has wallets: asked for by real trials of the sandbox's own keys."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wallets import demo, tasks
from wallets.models import CredentialTest, Wallet

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_with_a_sandbox_its_keys_pass_and_become_wallets(street, settings, alice):
    settings.SANDBOX_PORT = street.port
    settings.EXCHANGE_ORIGINS = {}

    demo.furnish(alice, datetime.now(UTC))
    while tasks.examine_credentials(datetime.now(UTC)):
        pass

    assert set(CredentialTest.objects.values_list("exchange", "state")) == {(name, "passed") for name in demo.CONNECTED}
    assert Wallet.objects.filter(owner=alice, health="working").count() == len(demo.CONNECTED) + 1


def test_without_one_nothing_is_asked_of_a_real_exchange(settings, alice):
    settings.SANDBOX_PORT = 0

    demo.furnish(alice, NOW)

    assert not CredentialTest.objects.exists()
