"""What must not be read in a log, taken out of whatever is about to be written there.

By name: the value of anything called password, secret, token, key and the like, in mappings, in JSON, in headers, in
query strings. By shape: PEM blocks, bearer tokens, our own tokens, sealed envelopes, JSON web tokens, otpauth
addresses, passwords in URLs, and any long run of letters and digits that looks like a key. It may take out too much; it
must never fail, and doing it twice changes nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

GONE = "[redacted]"
LONGEST = 40_000  # characters of one text; what is longer is cut, so that no log line costs a second of matching
DEEPEST = 6
FLIPS = 4  # random letters change case every second one, CamelCase every sixth
SHOUTS = 2  # names have an abbreviation or two in capitals, seldom a third
MIXED = 20  # shorter runs of letters and digits are words with numbers

_WORDS = (
    r"passw(?:or)?d|passphrase|pass_?phrase|secret|token|api[-_]?key|apikey|api[-_]?sign|private[-_]?key|authorization"
    r"|cookie|session[-_]?(?:id|key)|signature|credential|mnemonic|seed|totp|otp|recovery[-_]?code|csrf|encryption[-_]?key"
    r"|access[-_]?(?:key|sign|passphrase)|client[-_]?assertion|verifier|digest"
)
_NAME = re.compile(rf"(?:{_WORDS})|^(?:code|sign|keys?|pin)$", re.IGNORECASE)

_QUERY = re.compile(
    rf"([?&](?:[\w.-]{{0,40}}?(?:{_WORDS})[\w.-]{{0,40}}|code|state|sign|key)=)[^&\s\"'<>#]+", re.IGNORECASE
)
# name = value, name: value, "name": "value"; the quotes stay, so that JSON stays JSON. A long run before "=" and the
# end of a text in quotes is no name: it is a key with its padding, and goes by its shape.
_NAMED = re.compile(
    rf"(?<![\w-])(?P<name>(?:[\w-]{{0,40}}?(?:{_WORDS})[\w-]{{0,40}}|(?<=[\"'])(?:code|key)(?=[\"']))[\"']?\s{{0,3}}[:=]\s{{0,3}})"
    r"(?!\[redacted\])(?!(?<=[A-Za-z0-9+/]{24}=)[\"'](?:[\s,:}\]]|\Z))(?:(?:bearer|basic|token)\s{1,3})?"
    r"(?:(?P<quote>[\"'])(?:[^\"'\\]|\\.|(?!(?P=quote))[\"'])*(?:(?P=quote)|\Z)|[^\s,;&\"'<>)}\]]+)",
    re.IGNORECASE,
)
_SHAPES = (
    re.compile(r"-----BEGIN [A-Z0-9 ]{1,40}-----.*?(?:-----END [A-Z0-9 ]{1,40}-----|\Z)", re.DOTALL),
    re.compile(r"otpauth(?:-migration)?:(?://|%3A%2F%2F)[^\s\"'<>]+", re.IGNORECASE),
    re.compile(r"(?<=\b)(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE),
    re.compile(r"\bgAAAA[A-Za-z0-9_-]{20,}={0,2}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"),
    re.compile(r"\bhf_[A-Za-z0-9_-]{6,}"),
)
_USERINFO = re.compile(r"(://)[^/\s\"'@]{1,400}@")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
# Most of what a log line carries: too short for a key, and without the signs that stand between a name and its value.
_HARMLESS = re.compile(r"(?!.*(?:hf_|eyJ))[\w./<>-]{0,23}", re.ASCII | re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_secret_name(name: object) -> bool:
    return bool(_NAME.search(str(name)))


def redact(text: str) -> str:
    """The text without its secrets."""
    if _HARMLESS.fullmatch(text):
        return text
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]} [cut]"
    for shape in _SHAPES:
        text = shape.sub(GONE, text)
    text = _USERINFO.sub(rf"\1{GONE}@", text)
    text = _QUERY.sub(rf"\1{GONE}", text)
    text = _NAMED.sub(_keep_name, text)
    return _RUN.sub(_keep_words, text)


def redact_value(value: Any, *, depth: int = 0) -> Any:
    """The same for what a log line carries: mappings and lists are walked, other objects become redacted text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict) and depth < DEEPEST:
        return redact_mapping(value, depth=depth)
    if isinstance(value, list | tuple | set | frozenset) and depth < DEEPEST:
        return [redact_value(item, depth=depth + 1) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    return redact(str(value))


def redact_mapping(values: Mapping[Any, Any], *, depth: int = 0) -> dict[str, Any]:
    return {
        redact(str(name)): GONE
        if is_secret_name(name) and not isinstance(value, bool | None)
        else redact_value(value, depth=depth + 1)
        for name, value in values.items()
    }


def _keep_name(match: re.Match[str]) -> str:
    quote = match["quote"] or ""
    return f"{match['name']}{quote}{GONE}{quote}"


def _keep_words(match: re.Match[str]) -> str:
    return GONE if _looks_like_a_key(match.group()) else match.group()


def _looks_like_a_key(run: str) -> bool:
    """Letters and digits mixed without the joints that names, paths and ids have."""
    if _UUID.fullmatch(run):
        return False
    digits, upper, lower = (bool(re.search(kind, run)) for kind in ("[0-9]", "[A-Z]", "[a-z]"))
    if digits and upper and lower:
        return True
    if upper and lower and len(re.findall("[A-Z]{2,}", run)) > SHOUTS:
        return True
    if upper and lower:
        return len(re.findall("[a-z][A-Z]|[A-Z][a-z]", run)) > len(run) / FLIPS
    return any(len(part) >= MIXED and _is_mixed(part) for part in re.split("[_/-]", run))


def _is_mixed(part: str) -> bool:
    return bool(re.search("[0-9]", part) and re.search("[A-Za-z]", part))
