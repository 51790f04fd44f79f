"""Form hygiene: mended where that is safe, explained where it is not, and treasure never gets through."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallets.paste import Cleaned, Finding, KeyField, Oddity, clean

KRAKEN = (
    KeyField("key", "API key", r"[A-Za-z0-9+/]{56}"),
    KeyField("secret", "Private key", r"[A-Za-z0-9+/]{86}=="),
)
COINBASE = (
    KeyField("key", "API key name", r"organizations/[\w-]+/apiKeys/[\w-]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    KeyField("secret", "Private key", r"-----BEGIN EC PRIVATE KEY-----.+|[A-Za-z0-9+/]{42,86}={1,2}", pem=True),
)
KUCOIN = (
    KeyField("key", "API Key", r"[0-9a-f]{24}"),
    KeyField("secret", "API Secret", r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"),
    KeyField("passphrase", "API Passphrase", chosen=True),
)
GEMINI = (
    KeyField("key", "API key", r"account-[A-Za-z0-9]{20}"),
    KeyField("secret", "API secret", r"[A-Za-z0-9]{24,32}"),
)
GATE = (KeyField("key", "API Key", r"[0-9a-f]{32}"), KeyField("secret", "API Secret", r"[0-9a-f]{64}"))

KEY = "q" * 55 + "7"
SECRET = base64.b64encode(bytes(range(64))).decode()
NAME = "organizations/0b3a5c1e-1111-4222-8333-444455556666/apiKeys/9f8e7d6c-5555-4666-8777-888899990000"
BODY = base64.b64encode(bytes(range(90))).decode()
EC_PEM = f"-----BEGIN EC PRIVATE KEY-----\n{BODY[:64]}\n{BODY[64:]}\n-----END EC PRIVATE KEY-----\n"


def findings(cleaned: Cleaned) -> set[tuple[str, Oddity]]:
    return {(finding.field, finding.oddity) for finding in cleaned.findings}


# --- mended ------------------------------------------------------------------------------------------------------

DIRT = [
    "  {}  ",
    "{}\n",
    "\t{}\r\n",
    "\u200b{}\ufeff",
    "\u00a0{}\u00a0",
    '"{}"',
    "'{}',",
    "\u201c{}\u201d",
    "`{}`;",
    "API Key: {}",
    "KEY={}",
    'api_key = "{}",',
]


@pytest.mark.parametrize("dirt", DIRT)
def test_stray_signs_around_a_value_are_taken_away(dirt):
    cleaned = clean(KRAKEN, {"key": dirt.format(KEY), "secret": SECRET})

    assert cleaned.values == {"key": KEY, "secret": SECRET}
    assert cleaned.usable
    assert cleaned.mended == ("key",)


def test_a_clean_paste_is_left_alone():
    assert clean(KRAKEN, {"key": KEY, "secret": SECRET}) == Cleaned({"key": KEY, "secret": SECRET})


@given(
    place=st.integers(0, len(SECRET)), sign=st.sampled_from(["\n", "\r\n", " ", "\u200b", "\u00ad", "\ufeff", "\u2009"])
)
def test_a_value_broken_anywhere_is_joined(place, sign):
    broken = SECRET[:place] + sign + SECRET[place:]

    assert clean(KRAKEN, {"key": KEY, "secret": broken}).values["secret"] == SECRET


@pytest.mark.parametrize(
    "written",
    [EC_PEM, EC_PEM.replace("\n", "\\n"), EC_PEM.replace("\n", "\r\n"), EC_PEM.replace("\n", " "), f'"{EC_PEM}"'],
    ids=["as is", "escaped", "windows", "one line", "quoted"],
)
def test_a_key_file_comes_out_whole_however_it_was_pasted(written):
    cleaned = clean(COINBASE, {"key": NAME, "secret": written})

    assert cleaned.values["secret"] == EC_PEM
    assert cleaned.usable


@pytest.mark.parametrize("pasted_into", ["key", "secret"])
def test_a_whole_json_key_file_fills_both_fields(pasted_into):
    key_file = json.dumps({"name": NAME, "privateKey": EC_PEM})

    cleaned = clean(COINBASE, {pasted_into: key_file})

    assert cleaned.values == {"key": NAME, "secret": EC_PEM}
    assert cleaned.usable


def test_two_lines_pasted_into_one_field_are_shared_out():
    assert clean(KRAKEN, {"key": f"{KEY}\n{SECRET}"}).values == {"key": KEY, "secret": SECRET}


def test_labelled_lines_are_shared_out_in_any_order():
    pasted = f"API Secret: {SECRET}\nAPI Key: {KEY}"

    assert clean(KRAKEN, {"secret": pasted}).values == {"key": KEY, "secret": SECRET}


def test_a_json_file_beside_another_key_asks_which_one():
    other = "organizations/aaaa/apiKeys/bbbb"

    cleaned = clean(COINBASE, {"key": other, "secret": json.dumps({"name": NAME, "privateKey": EC_PEM})})

    assert ("key", Oddity.TWO_ANSWERS) in findings(cleaned)
    assert not cleaned.usable


@given(st.text(st.characters(codec="ascii", exclude_characters="\x00"), min_size=1, max_size=24))
def test_the_inside_of_a_passphrase_is_never_touched(inside):
    cleaned = clean(KUCOIN, {"key": "a" * 24, "secret": "x", "passphrase": f"A{inside}Z"})

    assert cleaned.values["passphrase"] == f"A{inside}Z"


# --- explained ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "pasted", "expected"),
    [
        (KRAKEN, {"key": SECRET, "secret": KEY}, {("key", Oddity.SWAPPED), ("secret", Oddity.SWAPPED)}),
        (COINBASE, {"key": EC_PEM, "secret": NAME}, {("key", Oddity.SWAPPED), ("secret", Oddity.SWAPPED)}),
        (KRAKEN, {"key": KEY, "secret": ""}, {("secret", Oddity.MISSING)}),
        (KRAKEN, {"key": KEY, "secret": KEY}, {("key", Oddity.SAME_TEXT), ("secret", Oddity.SAME_TEXT)}),
        (KRAKEN, {"key": "bg_" + "a" * 32, "secret": SECRET}, {("key", Oddity.WRONG_EXCHANGE)}),
        (GEMINI, {"key": "master-" + "a" * 20, "secret": "b" * 28}, {("key", Oddity.MASTER_KEY)}),
        (KRAKEN, {"key": "me@example.test", "secret": SECRET}, {("key", Oddity.EMAIL)}),
        (KRAKEN, {"key": "123 456", "secret": SECRET}, {("key", Oddity.ONE_TIME_CODE)}),
        (KRAKEN, {"key": "https://example.test/api", "secret": SECRET}, {("key", Oddity.URL)}),
        (KRAKEN, {"key": KEY[:20] + "********", "secret": SECRET}, {("key", Oddity.MASKED)}),
        (KRAKEN, {"key": KEY[:20] + "\u2026", "secret": SECRET}, {("key", Oddity.CUT_SHORT)}),
        (KRAKEN, {"key": "0x" + "a" * 40, "secret": SECRET}, {("key", Oddity.WALLET_ADDRESS)}),
        (KRAKEN, {"key": "short", "secret": SECRET}, {("key", Oddity.UNUSUAL)}),
        (KRAKEN, {"key": "a" * 9000, "secret": SECRET}, {("key", Oddity.TOO_LONG)}),
        (KRAKEN, {"key": "a\x00b", "secret": SECRET}, {("key", Oddity.NOT_TEXT)}),
        (COINBASE, {"key": NAME, "secret": EC_PEM.replace("EC PRIVATE", "PUBLIC")}, {("secret", Oddity.PUBLIC_KEY)}),
        (COINBASE, {"key": NAME, "secret": EC_PEM.replace("EC", "ENCRYPTED")}, {("secret", Oddity.LOCKED_PEM)}),
        (COINBASE, {"key": NAME, "secret": EC_PEM[:80]}, {("secret", Oddity.BROKEN_PEM)}),
        (COINBASE, {"key": NAME, "secret": '{"name": '}, {("secret", Oddity.BROKEN_JSON)}),
        (KRAKEN, {"key": EC_PEM, "secret": SECRET}, {("key", Oddity.BROKEN_PEM)}),
    ],
)
def test_what_cannot_be_mended_is_named_at_its_field(fields, pasted, expected):
    assert findings(clean(fields, pasted)) == expected


def test_an_unusual_shape_only_warns():
    assert clean(KRAKEN, {"key": "short", "secret": SECRET}).usable


def test_a_passphrase_that_looks_like_an_address_is_accepted():
    cleaned = clean(
        KUCOIN, {"key": "a" * 24, "secret": "0b3a5c1e-1111-4222-8333-444455556666", "passphrase": "me@x.yz"}
    )

    assert cleaned.usable


def test_a_foreign_key_says_whose_it_is():
    cleaned = clean(KRAKEN, {"key": "mx0" + "a" * 15, "secret": SECRET})

    assert cleaned.findings == (Finding("key", Oddity.WRONG_EXCHANGE, "mexc"),)


# --- whatever is pasted ------------------------------------------------------------------------------------------


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=40))
def test_any_text_is_answered_and_no_finding_repeats_it(key, secret, passphrase):
    cleaned = clean(KUCOIN, {"key": key, "secret": secret, "passphrase": passphrase})

    assert all(finding.field in {"key", "secret", "passphrase"} for finding in cleaned.findings)
    names = {"", "key", "secret", "passphrase", "bitget", "mexc", "gemini", "coinbase", "cryptocom"}
    assert all(finding.hint in names for finding in cleaned.findings)


@given(st.text(st.characters(codec="ascii"), max_size=80))
def test_cleaning_twice_changes_nothing_more(text):
    once = clean(KRAKEN, {"key": text, "secret": SECRET})

    if once.usable:
        assert clean(KRAKEN, once.values).values == once.values


def test_what_was_pasted_is_not_in_the_repr():
    assert KEY not in repr(clean(KRAKEN, {"key": KEY, "secret": SECRET}))
