"""The central bank's newer file: fetched, kept, merged over the packaged one; and calm where it does not come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ledger import price_rates, prices
from ledger.models import OfficialRates
from ledger.pricing.base import Missing, Price
from tests.ledger.priced import origins

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def bank(playground, settings):
    playground.control("reset")
    settings.EXCHANGE_ORIGINS = origins(playground)
    return playground


def test_a_newer_file_is_merged_over_the_packaged_one(bank, alice):
    last = price_rates.packaged().last
    today = datetime.now(UTC)

    price_rates.update(today)

    newer = price_rates.rates()
    assert newer.last > last
    assert newer.first == price_rates.packaged().first
    found = prices.book(alice.pk).price("CHF", "USD", today - timedelta(days=1))
    assert isinstance(found, Price)
    assert {step.source for step in found.steps} == {"European Central Bank"}


@pytest.mark.parametrize("kind", ["html", "empty", "truncated", "status", "reset", "redirect"])
def test_whatever_comes_instead_leaves_what_is_here(bank, alice, kind):
    bank.fault(kind, provider="ecb")

    price_rates.update(NOW)
    price_rates.update(NOW)

    row = OfficialRates.objects.get()
    assert (row.failures, row.last_day) == (2, None)
    assert row.cause
    assert price_rates.rates() is price_rates.packaged()


def test_a_failure_after_a_file_leaves_the_file(bank):
    price_rates.update(datetime.now(UTC))
    last = price_rates.rates().last
    bank.fault("status", provider="ecb")

    price_rates.update(datetime.now(UTC) + price_rates.FRESH)

    assert price_rates.rates().last == last
    assert OfficialRates.objects.get().failures == 1


def test_a_file_that_ends_before_the_one_that_is_here_was_cut_short(bank):
    price_rates.update(datetime.now(UTC))
    here = OfficialRates.objects.get()
    OfficialRates.objects.update(last_day=here.last_day + timedelta(days=1))

    price_rates.update(datetime.now(UTC) + price_rates.FRESH)

    row = OfficialRates.objects.get()
    assert (row.failures, row.cause) == (1, "RefusedError")
    assert (bytes(row.body), row.fetched_at) == (bytes(here.body), here.fetched_at)


def test_development_without_a_sandbox_asks_nobody(settings):
    settings.EXCHANGE_ORIGINS, settings.SANDBOX_PORT = {}, None

    price_rates.update(NOW)

    assert not OfficialRates.objects.exists()


def test_what_no_bank_publishes_is_missing(alice):
    found = prices.book(alice.pk).price("USD", "VND", NOW)

    assert isinstance(found, Missing)
