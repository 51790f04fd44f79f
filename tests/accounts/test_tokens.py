"""API tokens: how they look, what is kept of them, and the one question that is asked of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import tokens
from accounts.audit import SYSTEM
from accounts.models import ApiToken, User
from accounts.tokens import Allowed, Denied, Reason

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

NOW = timezone.now()


def mint(owner: User, *scopes: str, days: int = 30) -> str:
    end = NOW + timedelta(days=days)
    return tokens.mint(by=SYSTEM, owner=owner, name="x", scopes=list(scopes or ["read"]), expires_at=end, now=NOW)[1]


def test_a_token_can_be_told_from_chance(alice: User) -> None:
    presented = mint(alice)

    assert presented.startswith("hf_")
    assert len(presented) == tokens.LENGTH
    assert tokens.well_formed(presented)


@given(place=st.integers(3, tokens.LENGTH - 1), letter=st.sampled_from(tokens.ALPHABET))
def test_a_typing_mistake_is_known_without_a_look_up(place: int, letter: str) -> None:
    start = "hf_abcd1234_" + "Z" * tokens.SECRET_LENGTH
    presented = start + tokens._checksum(start)  # noqa: SLF001 - as mint makes it
    mistaken = presented[:place] + letter + presented[place + 1 :]

    assert tokens.well_formed(mistaken) == (mistaken == presented)


@given(st.text(max_size=80))
def test_whatever_is_presented_is_judged(presented: str) -> None:
    assert not tokens.well_formed(presented)


def test_only_a_keyed_digest_is_kept(alice: User) -> None:
    presented = mint(alice)

    kept = str(ApiToken.objects.values().get())
    assert presented not in kept
    assert presented[-tokens.SECRET_LENGTH :] not in kept


def test_the_right_token_is_let_in_and_noted_once_a_minute(alice: User) -> None:
    presented = mint(alice)

    for seconds in (0, 30, 59):
        assert isinstance(tokens.check(presented, now=NOW + timedelta(seconds=seconds)), Allowed)
    assert ApiToken.objects.get().used_at == NOW
    tokens.check(presented, now=NOW + timedelta(seconds=61))
    assert ApiToken.objects.get().used_at == NOW + timedelta(seconds=61)


def test_the_secret_of_one_does_not_open_another(alice: User) -> None:
    one, other = mint(alice), mint(alice)
    start = other[:12] + one[12 : -tokens.CHECK_LENGTH]

    verdict = tokens.check(start + tokens._checksum(start), now=NOW)  # noqa: SLF001 - as mint makes it

    assert verdict == Denied(Reason.UNKNOWN)


def test_an_unknown_or_mistyped_token_is_denied(alice: User) -> None:
    presented = mint(alice)
    ApiToken.objects.all().delete()

    assert tokens.check(presented, now=NOW) == Denied(Reason.UNKNOWN)
    assert tokens.check(presented[:-1], now=NOW) == Denied(Reason.MALFORMED)


def test_a_token_ends_at_its_time(alice: User) -> None:
    presented = mint(alice, days=1)

    assert isinstance(tokens.check(presented, now=NOW + timedelta(hours=23)), Allowed)
    assert tokens.check(presented, now=NOW + timedelta(days=1)) == Denied(Reason.EXPIRED)


def test_a_deactivated_owners_tokens_sleep(alice: User) -> None:
    presented = mint(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert tokens.check(presented, now=NOW) == Denied(Reason.ASLEEP)


def test_a_former_key_of_the_service_still_proves_tokens(alice: User, settings: SettingsWrapper) -> None:
    presented = mint(alice)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [settings.SECRET_KEY]
    assert isinstance(tokens.check(presented, now=NOW), Allowed)

    settings.SECRET_KEY_FALLBACKS = []
    assert tokens.check(presented, now=NOW) == Denied(Reason.UNKNOWN)


@pytest.mark.parametrize(("scopes", "days", "fits"), [(["connect"], 90, True), (["connect"], 91, False)])
def test_connect_lasts_at_most_ninety_days(alice: User, scopes: list[str], days: int, fits: bool) -> None:  # noqa: FBT001 - a parameter of a test
    if fits:
        assert mint(alice, *scopes, days=days)
        return
    with pytest.raises(ValidationError):
        mint(alice, *scopes, days=days)


@pytest.mark.parametrize(
    ("held", "opened"),
    [
        (["read"], {"read"}),
        (["write"], {"read", "write"}),
        (["connect"], {"read", "connect"}),
        (["read", "write", "connect"], {"read", "write", "connect"}),
        ([], set()),
    ],
)
def test_scopes_include_reading_and_nothing_else(held: list[str], opened: set[str]) -> None:
    assert {scope.value for scope in tokens.Scope if tokens.includes(held, scope)} == opened


def test_revoking_all_leaves_none(alice: User, bob: User) -> None:
    mint(alice), mint(alice), mint(bob)

    assert len(tokens.revoke_all(by=SYSTEM, owner=alice, now=NOW)) == 2
    assert not tokens.live(alice, NOW).exists()
    assert tokens.live(bob, NOW).count() == 1
