"""Seed phrases and wallet keys are recognised however they are written, and real credentials never are."""

from __future__ import annotations

import base64
import json
import secrets
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mnemonic import Mnemonic

from tests.wallets.test_paste import GATE, KRAKEN, SECRET
from wallets.paste import Oddity, clean
from wallets.treasure import SIGNS_READ, Treasure, find, readable

PHRASE = Mnemonic("english").to_mnemonic(bytes(range(16)))
LONG_PHRASE = Mnemonic("english").to_mnemonic(bytes(range(32)))
BASE58 = "".join(sign for sign in string.digits + string.ascii_letters if sign not in "0OIl")

phrases = st.builds(
    lambda language, entropy: Mnemonic(language).to_mnemonic(entropy),
    st.sampled_from(sorted(Mnemonic.list_languages())),
    st.sampled_from([16, 20, 24, 28, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
)
writings = st.sampled_from(
    [
        str,
        str.upper,
        str.title,
        lambda text: ", ".join(text.split()),
        lambda text: "\n".join(f"{place}. {word}" for place, word in enumerate(text.split(), 1)),
        lambda text: json.dumps({"phrase": text.split()}),
        lambda text: "-".join(text.split()),
        lambda text: f"my phrase is: {text}. please keep it",
        lambda text: "\u200b \u200b".join(text.split()),
        lambda text: "\u00a0".join(text.split()),
        lambda text: f'"{text}"',
        lambda text: f"{text} extra",
        quote,
    ],
)


@given(phrases, writings)
def test_a_seed_phrase_is_recognised_in_every_language_and_writing(phrase, writing):
    assert find(writing(phrase)) is Treasure.SEED_PHRASE


@given(phrases, st.data())
def test_a_fifth_of_mistyped_words_hides_nothing(phrase, data):
    words = phrase.split()
    for place in data.draw(st.sets(st.integers(0, len(words) - 1), max_size=2)):
        words[place] = "qzx"

    assert find(" ".join(words)) is Treasure.SEED_PHRASE


@pytest.mark.parametrize(
    "key",
    [
        "0x" + "4c" * 32,
        "4c" * 32,
        ("4c" * 32).upper(),
        "4c" * 16 + "\n" + "4c" * 16,
        "5" + "J" * 50,
        "K" + "w" * 51,
        "6P" + "R" * 56,
        "xprv9s21ZrQH143K" + "3" * 95,
        "zprv" + "A" * 107,
        "3" * 88,
        str(list(range(64))),
        json.dumps({"version": 3, "Crypto": {"ciphertext": "ab", "kdf": "scrypt"}}),
        f"my key: 0x{'4c' * 32}",
    ],
)
def test_a_wallets_private_key_is_recognised(key):
    assert find(key) is Treasure.WALLET_KEY


@given(st.sampled_from([32, 42, 64]).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_a_random_credential_is_never_taken_for_treasure(raw):
    assert find(base64.b64encode(raw).decode()) is None
    assert find(base64.urlsafe_b64encode(raw).decode().rstrip("=")) in {None, *solana_lookalike(raw)}


def solana_lookalike(raw: bytes) -> set[Treasure]:
    """64 bytes in base64url without a sign outside base58 cannot be told from a Solana key: refused, and rightly."""
    text = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return {Treasure.WALLET_KEY} if set(text) <= set(BASE58) else set()


def test_letters_and_digits_of_binance_are_no_treasure():
    letters = string.ascii_letters + string.digits
    made = ["".join(secrets.choice(letters) for _ in range(64)) for _ in range(500)]

    assert not [key for key in made if find(key)]


def test_prose_is_no_seed_phrase():
    assert find("This is the secret that my exchange showed me once when I made the key last week, I hope") is None


def test_half_a_phrase_in_each_field_is_recognised():
    words = LONG_PHRASE.split()

    cleaned = clean(KRAKEN, {"key": " ".join(words[:8]), "secret": " ".join(words[8:16])})

    assert cleaned.stopped
    assert not cleaned.values


@pytest.mark.parametrize("pasted", [PHRASE, LONG_PHRASE, "0x" + "4c" * 32, json.dumps({"privateKey": PHRASE})])
def test_treasure_stops_everything_and_nothing_of_it_comes_back(pasted):
    cleaned = clean(KRAKEN, {"key": pasted, "secret": SECRET})

    assert cleaned.stopped
    assert not cleaned.usable
    assert not cleaned.values
    assert pasted not in repr(cleaned)


def test_hexadecimal_is_a_credential_where_the_exchange_says_so():
    secret = "4c" * 32

    assert clean(GATE, {"key": "a" * 32, "secret": secret}).usable
    assert {finding.oddity for finding in clean(KRAKEN, {"key": secret, "secret": SECRET}).findings} == {
        Oddity.WALLET_KEY
    }


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_brackets_without_end_are_no_keystore_and_no_crash(opening):
    assert find(opening * 5_000) is None


def test_signs_that_stand_for_whole_sentences_cost_no_more_than_others():
    """Of 100,000 signs of which each is written out as 18, reading took ten seconds, and pages ask four times."""
    sentence = "\ufdfa"

    assert len(readable(sentence * SIGNS_READ)) <= SIGNS_READ
    assert find(f"{PHRASE} {sentence * SIGNS_READ}") is Treasure.SEED_PHRASE
