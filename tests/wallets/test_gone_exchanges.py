"""An exchange that is in the catalogue no more: wallets, tests and endings that were its are still there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from wallets import catalogue, keeping
from wallets.models import Credential, CredentialTest
from wallets.records import Cause

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gone(stage, monkeypatch):
    """A wallet at Kraken, which the catalogue lists no more."""
    wallet = stage.connected("kraken")
    stage.check(wallet)
    rows = {name: row for name, row in catalogue.load().items() if name != "kraken"}
    monkeypatch.setattr(catalogue, "load", lambda: rows)
    return wallet


def test_its_pages_open_and_say_that_it_cannot_be_connected(gone, stage, alices_browser):
    test = CredentialTest.objects.get(wallet=gone, purpose="check")
    for address in ("wallets:wallet", "wallets:checklist", "wallets:method"):
        assert alices_browser.get(reverse(address, args=[gone.pk])).status_code in {200, 302, 404}
    assert alices_browser.get(reverse("wallets:wallet", args=[gone.pk])).status_code == 200
    assert "Kraken" in alices_browser.get(reverse("wallets:test", args=[test.pk])).text


def test_whoever_asks_whether_it_works_is_told_that_it_is_closed(gone, stage, alices_browser):
    alices_browser.post(reverse("wallets:checklist", args=[gone.pk]))

    test = stage.work()

    gone.refresh_from_db()
    assert (test.state, test.cause) == ("failed", Cause.EXCHANGE_RETIRED)
    assert (gone.state, gone.next_try_at) == ("retired", None)
    page = alices_browser.get(reverse("wallets:wallet", args=[gone.pk])).text
    assert "Kraken has closed this way in" in page


def test_a_leaked_key_of_it_is_wiped_in_the_end_though_nobody_can_look(gone, stage):
    keeping.leaked(by=stage.by, wallet=gone, now=stage.now())

    stage.work()

    ending = Credential.objects.get(wallet=gone)
    assert ending.standing == "ending"
    stage.ahead += timedelta(days=60)
    from wallets import tasks  # noqa: PLC0415 - named where it works

    tasks.sweep(stage.now())
    assert Credential.objects.get(wallet=gone).sealed is None
