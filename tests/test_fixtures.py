"""The people tests are about are what they claim to be."""

from django.utils import timezone

from accounts.second_factor import has_factor, is_fresh
from tests.conftest import as_request


def test_alice_has_a_factor_and_the_newcomer_has_none(alice, newcomer):
    assert has_factor(alice)
    assert not has_factor(newcomer)


def test_browsers_differ_in_how_fresh_the_factor_is(alice, alices_browser, stale_browser):
    with as_request(alices_browser, alice) as fresh, as_request(stale_browser, alice) as stale:
        assert is_fresh(fresh, now=timezone.now())
        assert not is_fresh(stale, now=timezone.now())
