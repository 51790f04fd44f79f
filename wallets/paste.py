"""Cleans what people paste into a key form, and says plainly what is wrong with it.

Pure. What is safe to mend is mended (stray blanks, quotes, labels, escaped line ends); the rest is explained at its
field. No finding carries any part of what was pasted. A seed phrase or a wallet's private key stops everything.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from wallets import treasure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST = 8_000  # characters; an RSA key file has about 3,300


@dataclass(frozen=True, slots=True)
class KeyField:
    """One field of an exchange's key form. `shape` is a hint, never a reason to refuse by itself."""

    name: str
    label: str
    shape: str = ""
    pem: bool = False  # a private key file may stand here
    chosen: bool = False  # the owner chose this text (a passphrase): its inside is not ours to touch
    where: str = ""  # where the owner finds it, in words

    def fits(self, value: str) -> bool:
        return bool(self.shape) and re.fullmatch(self.shape, value, re.DOTALL) is not None

    @property
    def takes_bare_hex(self) -> bool:
        return "[0-9a-f]{64}" in self.shape


class Oddity(StrEnum):
    """What can be wrong with a pasted value. The first two stop everything."""

    SEED_PHRASE = "seed_phrase"
    WALLET_KEY = "wallet_key"
    MISSING = "missing"
    TOO_LONG = "too_long"
    NOT_TEXT = "not_text"
    SWAPPED = "swapped"
    WRONG_EXCHANGE = "wrong_exchange"
    SAME_TEXT = "same_text"
    CUT_SHORT = "cut_short"
    MASKED = "masked"
    EMAIL = "email"
    ONE_TIME_CODE = "one_time_code"
    URL = "url"
    WALLET_ADDRESS = "wallet_address"
    PUBLIC_KEY = "public_key"
    LOCKED_PEM = "locked_pem"
    BROKEN_PEM = "broken_pem"
    BROKEN_JSON = "broken_json"
    TWO_ANSWERS = "two_answers"
    MASTER_KEY = "master_key"
    UNUSUAL = "unusual"  # only a warning: the shape hints are not certain enough to refuse


WARNINGS = {Oddity.UNUSUAL}
STOPS = {Oddity.SEED_PHRASE, Oddity.WALLET_KEY}


@dataclass(frozen=True, slots=True)
class Finding:
    field: str
    oddity: Oddity
    hint: str = ""  # the name of another field or exchange; never pasted text

    @property
    def blocks(self) -> bool:
        return self.oddity not in WARNINGS


@dataclass(frozen=True, slots=True)
class Cleaned:
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    findings: tuple[Finding, ...] = ()
    mended: tuple[str, ...] = ()  # names of fields in which something was put right

    @property
    def stopped(self) -> bool:
        return any(finding.oddity in STOPS for finding in self.findings)

    @property
    def usable(self) -> bool:
        return not any(finding.blocks for finding in self.findings)


def clean(fields: Sequence[KeyField], pasted: Mapping[str, str]) -> Cleaned:
    """The values to test, or what to say at which field. After a stop there are no values at all."""
    raw = {each.name: pasted.get(each.name) or "" for each in fields}
    if found := treasures(fields, raw):
        return Cleaned(findings=found)
    if found := tuple(finding for each in fields for finding in unreadable(each, raw[each.name])):
        return Cleaned(findings=found)
    values, trouble = spread(fields, raw)
    values = {each.name: tidy(each, values[each.name]) for each in fields}
    # Mending may have put a phrase together that the raw text hid.
    if found := treasures(fields, values):
        return Cleaned(findings=found)
    troubled = {finding.field for finding in trouble}
    odd = [finding for each in fields if each.name not in troubled for finding in look(fields, each, values)]
    mended = tuple(name for name, value in values.items() if value != raw[name])
    return Cleaned(values, (*trouble, *odd), mended)


def treasures(fields: Sequence[KeyField], values: Mapping[str, str]) -> tuple[Finding, ...]:
    """Field by field, and all of them together: a phrase may have been pasted half into each."""
    found = [
        Finding(each.name, Oddity(treasure_kind))
        for each in fields
        if (treasure_kind := treasure.find(values[each.name], hex_is_a_credential=each.takes_bare_hex))
    ]
    together = "\n".join(values[each.name] for each in fields)
    if not found and treasure.holds_seed_phrase(together):
        found = [Finding(each.name, Oddity.SEED_PHRASE) for each in fields if values[each.name]]
    return tuple(found)


def unreadable(each: KeyField, value: str) -> list[Finding]:
    if len(value) > LONGEST:
        return [Finding(each.name, Oddity.TOO_LONG)]
    if "\x00" in value or any(unicodedata.category(sign) == "Cs" for sign in value):
        return [Finding(each.name, Oddity.NOT_TEXT)]
    return []


# --- one paste that holds several fields ---------------------------------------------------------------------------

# How key files and screens name the fields, in lower case without punctuation.
NAMES = {
    "key": {"name", "id", "key", "apikey", "apikeyname", "accesskey", "accessid", "publickey", "clientid"},
    "secret": {"privatekey", "secret", "apisecret", "secretkey", "apikeysecret", "clientsecret"},
    "passphrase": {"passphrase", "password", "apipassphrase"},
}


def spread(fields: Sequence[KeyField], raw: Mapping[str, str]) -> tuple[dict[str, str], list[Finding]]:
    """A whole JSON key file, or key and secret on two lines, pasted into one field: each part goes where it belongs."""
    values, trouble = dict(raw), []
    for each in fields:
        text = raw[each.name].strip().translate(treasure.INVISIBLE)
        if text.startswith("{"):
            parts = from_json(text, fields)
            if parts is None:
                trouble.append(Finding(each.name, Oddity.BROKEN_JSON))
                continue
        else:
            parts = from_lines(text, fields, each)
        trouble += place(values, raw, each, parts)
    return values, trouble


def place(values: dict[str, str], raw: Mapping[str, str], source: KeyField, parts: Mapping[str, str]) -> list[Finding]:
    """Fill only what was left empty; two different answers for one field are the owner's to decide."""
    trouble = []
    for name, part in parts.items():
        taken = name != source.name and raw[name].strip()
        if taken and raw[name].strip() not in {part, raw[source.name].strip()}:
            trouble.append(Finding(name, Oddity.TWO_ANSWERS, source.name))
        else:
            values[name] = part
    return trouble


def from_json(text: str, fields: Sequence[KeyField]) -> dict[str, str] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    known = {each.name for each in fields}
    parts = {}
    for label, value in found.items():
        name = field_named(str(label))
        if name in known and isinstance(value, str):
            parts[name] = value
    return parts or None


def from_lines(text: str, fields: Sequence[KeyField], source: KeyField) -> dict[str, str]:
    """`API Key: ...` and `Secret: ...` on lines of their own; or bare lines, one for each field, in order."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if source.chosen or len(lines) < 2 or "-----BEGIN" in text:  # noqa: PLR2004 # one line is one value
        return {}
    labelled = {name: value for label, value in map(split_label, lines) if (name := field_named(label))}
    if len(labelled) == len(lines):
        return {each.name: labelled[each.name] for each in fields if each.name in labelled}
    bare = list(zip(fields, lines, strict=False))
    if len(lines) <= len(fields) and all(each.fits(line) for each, line in bare):
        return {each.name: line for each, line in bare}
    return {}


def field_named(label: str) -> str:
    plain = re.sub(r"[^a-z]", "", label.lower())
    return next((name for name, labels in NAMES.items() if plain in labels), "")


def split_label(line: str) -> tuple[str, str]:
    """`API Key: abc` is a label and a value; `abc==` and anything else without a label we know is a value."""
    match = re.fullmatch(r"([\w .'\"-]{1,40}?)\s*[:=]\s*(.*)", line, re.DOTALL)
    return (match[1], match[2]) if match and field_named(match[1]) else ("", line)


# --- one value -----------------------------------------------------------------------------------------------------

QUOTES = "\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a"


def tidy(each: KeyField, value: str) -> str:
    value = value.translate(treasure.INVISIBLE)
    if each.chosen:
        return value.strip()
    value = unquoted(split_label(unquoted(value.strip()))[1])
    if "-----BEGIN" in value:
        return pem(value)
    return re.sub(r"\s+", "", value)


def unquoted(value: str) -> str:
    previous = None
    while value != previous:
        previous = value
        value = value.strip().rstrip(",;").strip()
        if len(value) > 1 and value[0] in QUOTES and value[-1] in QUOTES:
            value = value[1:-1]
    return value


def pem(value: str) -> str:
    r"""Literal \n become line ends, and a key pasted on one line is put back on its three parts."""
    value = value.replace("\\r", "").replace("\\n", "\n").replace("\r", "")
    match = re.search(r"(-----BEGIN [A-Z0-9 ]+-----)(.*?)(-----END [A-Z0-9 ]+-----)", value, re.DOTALL)
    if not match:
        return value.strip()
    head, body, tail = match.groups()
    if ":" in body:  # headers of a locked key: left alone, and refused for what it is
        return f"{head}{body}{tail}\n"
    packed = re.sub(r"\s+", "", body)
    lines = [packed[start : start + 64] for start in range(0, len(packed), 64)]
    return "\n".join([head, *lines, tail]) + "\n"


# --- what is odd about it ------------------------------------------------------------------------------------------

# What a value looks like when it belongs to another exchange (exchanges.md 1).
FOREIGN = {
    "bitget": r"bg_[0-9a-f]{32}",
    "mexc": r"mx0[A-Za-z0-9]{15}",
    "gemini": r"(account|master)-[A-Za-z0-9]{20}",
    "coinbase": r"organizations/[\w-]+/apiKeys/[\w-]+",
    "cryptocom": r"cxakp_[A-Za-z0-9]{20,24}",
}
PLAIN = (
    (Oddity.EMAIL, r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    (Oddity.ONE_TIME_CODE, r"\d{6}|\d{3} \d{3}"),
    (Oddity.URL, r"https?://.*"),
    (Oddity.MASKED, r".*(\*{3,}|\u2022{3,}|\u25cf{3,}|\.{6,}|x{8,}|X{8,}).*"),
    (Oddity.CUT_SHORT, r".*(\u2026|\.\.\.).*"),
    (Oddity.WALLET_ADDRESS, r"[xyz]pub[1-9A-HJ-NP-Za-km-z]{90,112}|0x[0-9a-fA-F]{40}|bc1[02-9ac-hj-np-z]{20,80}"),
)


def look(fields: Sequence[KeyField], each: KeyField, values: Mapping[str, str]) -> list[Finding]:
    """The one most telling thing about a value; several would only confuse."""
    value = values[each.name]
    if not value:
        return [Finding(each.name, Oddity.MISSING)]
    looks = (same, swapped, foreign, key_file, plainly_wrong, unusual)
    return next(([finding] for look_for in looks if (finding := look_for(fields, each, values))), [])


def same(fields: Sequence[KeyField], each: KeyField, values: Mapping[str, str]) -> Finding | None:
    before = [other for other in fields if other.name != each.name and values[other.name] == values[each.name]]
    return Finding(each.name, Oddity.SAME_TEXT, before[0].name) if before else None


def swapped(fields: Sequence[KeyField], each: KeyField, values: Mapping[str, str]) -> Finding | None:
    value = values[each.name]
    if not each.shape or each.fits(value):
        return None
    for other in fields:
        if other.name != each.name and other.fits(value) and each.fits(values[other.name]):
            return Finding(each.name, Oddity.SWAPPED, other.name)
    return None


def foreign(_fields: Sequence[KeyField], each: KeyField, values: Mapping[str, str]) -> Finding | None:
    value = values[each.name]
    if each.chosen or each.fits(value):
        return None
    if value.startswith("master-") and "account-" in each.shape:  # Gemini, but a key for the whole group
        return Finding(each.name, Oddity.MASTER_KEY)
    exchange = next((name for name, shape in FOREIGN.items() if re.fullmatch(shape, value)), "")
    return Finding(each.name, Oddity.WRONG_EXCHANGE, exchange) if exchange else None


def key_file(_fields: Sequence[KeyField], each: KeyField, values: Mapping[str, str]) -> Finding | None:
    value = values[each.name]
    if "-----" not in value:
        return None
    if "PUBLIC KEY" in value or "CERTIFICATE" in value:
        return Finding(each.name, Oddity.PUBLIC_KEY)
    if "ENCRYPTED" in value or "OPENSSH" in value or "PGP" in value:
        return Finding(each.name, Oddity.LOCKED_PEM)
    whole = re.fullmatch(r"-----BEGIN ((?:EC |RSA )?PRIVATE KEY)-----\n[A-Za-z0-9+/=\n]+\n-----END \1-----\n", value)
    return None if whole and each.pem else Finding(each.name, Oddity.BROKEN_PEM)


def plainly_wrong(_fields: Sequence[KeyField], each: KeyField, values: Mapping[str, str]) -> Finding | None:
    if each.chosen:  # a passphrase may look like anything, even like an address
        return None
    value = values[each.name]
    kind = next((oddity for oddity, shape in PLAIN if re.fullmatch(shape, value, re.DOTALL)), None)
    return Finding(each.name, kind) if kind else None


def unusual(_fields: Sequence[KeyField], each: KeyField, values: Mapping[str, str]) -> Finding | None:
    value = values[each.name]
    known = not each.shape or each.fits(value) or (each.pem and "-----BEGIN" in value)
    return None if known or each.chosen else Finding(each.name, Oddity.UNUSUAL)
