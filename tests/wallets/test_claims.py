"""Whose account is it: like is compared with like, no owner's accounts are looked up for another, and a key's own name
finds its account but never speaks against one.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.strength import examples
from wallets import claims
from wallets.claims import Same
from wallets.models import AccountClaim
from wallets.records import Identity, IdentityKind

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
USER, OTHER_USER = Identity(IdentityKind.USER, "u-1"), Identity(IdentityKind.USER, "u-2")
PORTFOLIO = Identity(IdentityKind.PORTFOLIO, "p-1")
KEY, OTHER_KEY = Identity(IdentityKind.KEY, "k-1"), Identity(IdentityKind.KEY, "k-2")
BOOK = uuid.UUID(int=7)


def known_by(owner, *identities, book=BOOK, exchange="coinbase"):
    claims.claim(book, owner, exchange, claims.digests_of(owner, exchange, identities), now=NOW)


def found(owner, *identities, exchange="coinbase"):
    return claims.book_of(owner, exchange, claims.digests_of(owner, exchange, identities))


@pytest.mark.parametrize(
    ("known", "told", "same"),
    [
        ([USER], [USER], Same.YES),
        ([USER], [OTHER_USER], Same.NO),
        ([USER, PORTFOLIO], [USER], Same.YES),
        ([USER, PORTFOLIO], [OTHER_USER, PORTFOLIO], Same.NO),
        ([USER], [PORTFOLIO], Same.UNKNOWN),
        ([USER], [], Same.UNKNOWN),
        ([], [USER], Same.UNKNOWN),
        ([], [], Same.UNKNOWN),
        # A key's own name: another key may well be of the same account.
        ([KEY], [OTHER_KEY], Same.UNKNOWN),
        ([KEY], [KEY], Same.UNKNOWN),
        ([USER, KEY], [USER, OTHER_KEY], Same.YES),
        ([USER, KEY], [OTHER_USER, KEY], Same.NO),
    ],
)
def test_only_like_is_compared_with_like(alice, known, told, same):
    known_by(alice, *known)

    assert claims.compare(BOOK, alice, "coinbase", told) is same


@given(st.lists(st.text(min_size=1, max_size=20), max_size=4), st.lists(st.text(min_size=1, max_size=20), max_size=4))
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_name_of_a_key_never_says_no(alice, known, told):
    AccountClaim.objects.all().delete()
    known_by(alice, *(Identity(IdentityKind.KEY, value) for value in known))

    same = claims.compare(BOOK, alice, "coinbase", [Identity(IdentityKind.KEY, value) for value in told])

    assert same is Same.UNKNOWN


def test_the_same_key_twice_finds_the_same_book(alice):
    known_by(alice, KEY)

    assert found(alice, KEY) == BOOK
    assert found(alice, OTHER_KEY) is None


def test_no_claim_is_found_across_owners_or_exchanges(alice, bob):
    known_by(alice, USER)

    assert found(bob, USER) is None
    assert found(alice, USER, exchange="kraken") is None
    assert claims.compare(BOOK, bob, "coinbase", [USER]) is Same.UNKNOWN


def test_two_owners_of_one_account_cannot_be_found_out_from_the_table(alice, bob):
    known_by(alice, USER)
    known_by(bob, USER, book=uuid.UUID(int=8))

    digests = set(AccountClaim.objects.values_list("digest", flat=True))
    assert len(digests) == 2
    assert not any("u-1" in digest for digest in digests)


def test_a_claim_is_made_once_and_stays_with_its_first_book(alice):
    known_by(alice, USER)
    known_by(alice, USER, PORTFOLIO, book=uuid.UUID(int=8))

    assert found(alice, USER) == BOOK
    assert found(alice, PORTFOLIO) == uuid.UUID(int=8)
    assert AccountClaim.objects.count() == 2


def test_kinds_do_not_collide(alice):
    same_text = [Identity(kind, "1") for kind in IdentityKind]

    assert len({digest for _, digest in claims.digests_of(alice, "coinbase", same_text)}) == len(IdentityKind)


def test_an_identity_is_not_printed():
    assert "u-1" not in repr(USER)


OTHER_BOOK = uuid.UUID(int=8)


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ([USER], [OTHER_USER], True),
        ([USER], [USER], False),
        ([USER], [PORTFOLIO], False),
        ([USER, KEY], [OTHER_KEY], False),
        ([USER], [], False),
    ],
)
def test_two_books_are_of_two_accounts_where_the_exchange_says_so(alice, one, other, differ):
    known_by(alice, *one)
    known_by(alice, *(each for each in other if each not in one), book=OTHER_BOOK)

    assert claims.differ(BOOK, OTHER_BOOK, alice, "coinbase") is differ


def test_what_a_book_is_known_by_can_lead_to_another_one(alice, bob):
    known_by(alice, USER)
    known_by(bob, USER)

    claims.pass_on([BOOK], OTHER_BOOK, alice)

    assert (found(alice, USER), found(bob, USER)) == (OTHER_BOOK, BOOK)
