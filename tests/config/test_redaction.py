from __future__ import annotations

import base64
import json
import secrets
import uuid

import pytest
from cryptography.fernet import Fernet
from hypothesis import example, given
from hypothesis import strategies as st

from config.redaction import GONE, redact, redact_mapping, redact_value

PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBvY6xkEHR\nabcDEF+/=\n-----END EC PRIVATE KEY-----"

SEEDED = st.integers(0, 2**64).map(lambda seed: base64.urlsafe_b64encode(seed.to_bytes(9, "big") * 3).decode())
KEYS = st.one_of(
    st.binary(min_size=24, max_size=64).filter(lambda raw: len(set(raw)) > 12).map(lambda raw: raw.hex()),
    st.binary(min_size=32, max_size=64)
    .filter(lambda raw: len(set(raw)) > 20)
    .map(lambda raw: base64.b64encode(raw).decode()),
)
WORDS = st.sampled_from(
    ["password", "api_key", "X-MBX-APIKEY", "secret", "client_secret", "access_token", "passphrase"]
)
SHORT = st.text("abcdefghijklmnopqrstuvwxyz0123456789!$%*", min_size=4, max_size=20)


@given(KEYS, st.sampled_from(["{}", "key {} refused", "[{}]", "<{}>", "a={}", '"{}"', "x,{},y", "{}\n", "'{}':"]))
def test_anything_shaped_like_a_key_goes(key: str, sentence: str) -> None:
    assert key not in redact(sentence.format(key))


@given(
    WORDS, SHORT, st.sampled_from(['{}="{}"', "{}='{}'", "{}: {}", '"{}": "{}"', "{} = {}", "/?{}={}", "/?a=1&{}={}"])
)
def test_what_is_called_a_secret_goes_however_short_it_is(name: str, value: str, sentence: str) -> None:
    assert value not in redact(sentence.format(name, value)).replace(name, "").replace(GONE, "")


@given(st.text())
def test_it_never_fails_and_twice_is_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@given(WORDS, SHORT, KEYS)
def test_twice_is_once_where_there_is_something_to_redact(name: str, value: str, key: str) -> None:
    once = redact(f'{name}="{value}" and "{name}": "{key}" or {name}={value}&code=1?code={value}')

    assert redact(once) == once


@given(st.dictionaries(st.one_of(WORDS, SHORT), st.one_of(SHORT, KEYS)))
@example({"0000": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQIDBAUGBwgJCgs+DA0ODxAotPA="})  # padded, and "otp" is in it
def test_json_stays_json(facts: dict[str, object]) -> None:
    assert isinstance(json.loads(redact(json.dumps(facts))), dict)


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), KEYS), lambda inner: st.lists(inner) | st.dictionaries(SHORT, inner)
    )
)
def test_nothing_hides_in_a_structure(value: object) -> None:
    kept = json.dumps(redact_value(value))

    assert not [key for key in _leaves(value) if key in kept]


def _leaves(value: object) -> list[str]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (PEM, "MHcCAQEEIBvY6xkEHR"),
        (PEM.replace("\n", "\\n"), "MHcCAQEEIBvY6xkEHR"),
        (PEM[:60], "MHcCAQEE"),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("{'Authorization': 'Basic dXNlcjpwYXNz'}", "dXNlcjpwYXNz"),
        ("X-Session-Token: 7fj2kq", "7fj2kq"),
        ("otpauth://totp/Holdfast:alice?secret=JBSWY3DP&issuer=Holdfast", "JBSWY3DP"),
        ("GET https://api.example.test/v1?timestamp=1&signature=9f86d0", "9f86d0"),
        ("GET /callback?code=4/0AbC&state=xyz", "4/0AbC"),
        ("GET /callback?code=4/0AbC&state=xyz", "xyz"),
        ("postgresql://holdfast:hunter2@db/holdfast", "hunter2"),
        ("redis://:hunter2@cache:6379/0", "hunter2"),
        (f"sealed {Fernet(Fernet.generate_key()).encrypt(b'x').decode()}", "gAAAA"),
        (str({"key": "b28ad0b2-4cd2-78b9-903a-471135adc86f", "region": "eu"}), "b28ad0b2"),  # keys of OKX look like ids
        ("hf_abcdef123456", "abcdef123456"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "eyJzdWIiOiIxIn0"),
    ],
)
def test_every_shape_a_secret_comes_in(text: str, secret: str) -> None:
    assert secret not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "Wallet 0b8f6c1e-2f7c-4f0e-9c39-0d3a5f1e8a11 synced 1000 rows in 2.5 s",
        'File "/usr/lib/python3.11/site-packages/django/core/handlers/base.py", line 197, in _get_response',
        "accounts.second_factor.SecondFactorMiddleware",
        "config.queue.run failed: relation does not exist",
        "https://docs.example.test/path?page=2&sort=name",
    ],
)
def test_ordinary_lines_are_left_alone(text: str) -> None:
    assert redact(text) == text


def test_a_mapping_keeps_its_facts_and_loses_its_secrets() -> None:
    kept = redact_mapping(
        {"wallet": str(uuid.UUID(int=7)), "rows": 12, "password": "x", "tokens": {"a": "b"}, "ok": True}
    )

    assert kept == {"wallet": str(uuid.UUID(int=7)), "rows": 12, "password": GONE, "tokens": GONE, "ok": True}


def test_a_long_text_takes_no_long_time() -> None:
    hostile = [
        "token" * 200_000,
        "-----BEGIN A-----" * 20_000,
        '"' * 500_000,
        "a-" * 300_000,
        "\\" * 300_000,
        "?code" * 99_999,
    ]

    assert all(len(redact(text)) < 200_000 for text in hostile)


def test_random_tokens_as_we_mint_them_go() -> None:
    tokens = [secrets.token_urlsafe(32) for _ in range(2000)]

    assert not [token for token in tokens if token in redact(f"minted {token} now")]


@given(st.one_of(st.text("hfeyJabAB19_./<>-", max_size=30), st.text(max_size=30)))
@example("hf_abcdefgh")
@example("eyJabcde.fghij")
@example("HF_abcdefgh")
def test_what_is_short_and_plain_is_what_it_would_be_within_a_sentence(text: str) -> None:
    """A sentence is looked at by every rule; a word of it may be let through at once."""
    assert redact(f"so: {text}") == f"so: {redact(text)}"
