"""Recognises what must never be pasted anywhere: seed phrases and private keys of wallets.

Pure. Says only that something is there, never what: nobody who calls this may store, log or echo the text.
Wrongly refusing an odd text costs a second try; wrongly accepting one may cost somebody everything, so doubt refuses.
"""

from __future__ import annotations

import json
import re
import unicodedata
from enum import StrEnum
from functools import cache
from urllib.parse import unquote_plus

from mnemonic import Mnemonic

FEWEST_WORDS = 12  # BIP-39 phrases have 12 to 24 words; some wallets add one
SHARE_KNOWN = 0.8  # of the words in a stretch: a few may be mistyped, cut or decoys
INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF])

BASE58 = "1-9A-HJ-NP-Za-km-z"
# A run that stands alone: not cut out of a longer base64 or hexadecimal text.
ALONE = r"(?<![A-Za-z0-9+/=_-])(?:{})(?![A-Za-z0-9+/=_-])"
HEX_KEY = re.compile(ALONE.format(r"0x[0-9a-f]{64}"), re.IGNORECASE)
BARE_HEX_KEY = re.compile(ALONE.format(r"[0-9a-f]{64}"), re.IGNORECASE)
WIF_KEY = re.compile(ALONE.format(rf"[5KL][{BASE58}]{{50,51}}|6P[{BASE58}]{{56}}"))
EXTENDED_KEY = re.compile(rf"(?<![A-Za-z0-9])[xyztuvXYZTUV]prv[{BASE58}]{{90,112}}")
SOLANA_KEY = re.compile(ALONE.format(rf"[{BASE58}]{{86,88}}"))
SOLANA_ARRAY = re.compile(r"\[\s*(?:\d{1,3}\s*,\s*){31,63}\d{1,3}\s*\]")


class Treasure(StrEnum):
    SEED_PHRASE = "seed_phrase"
    WALLET_KEY = "wallet_key"


def find(text: str, *, hex_is_a_credential: bool = False) -> Treasure | None:
    """`hex_is_a_credential`: this very field of this exchange takes 64 hexadecimal digits (Gate, Bitget, Bitvavo)."""
    text = unicodedata.normalize("NFKC", unescaped(text)).translate(INVISIBLE)
    if holds_seed_phrase(text):
        return Treasure.SEED_PHRASE
    return Treasure.WALLET_KEY if holds_wallet_key(text, hex_is_a_credential=hex_is_a_credential) else None


def unescaped(text: str) -> str:
    """As it reads, not as JSON or an address line writes it."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), unquote_plus(text))


def holds_wallet_key(text: str, *, hex_is_a_credential: bool) -> bool:
    patterns = [HEX_KEY, WIF_KEY, EXTENDED_KEY, SOLANA_KEY, SOLANA_ARRAY]
    if not hex_is_a_credential:
        patterns.append(BARE_HEX_KEY)
    # A key broken over two lines is still a key.
    joined = re.sub(r"\s+", "", text) if len(text.split()) <= 3 else text  # noqa: PLR2004 # more words are prose
    return any(pattern.search(each) for pattern in patterns for each in {text, joined}) or is_keystore(text)


def is_keystore(text: str) -> bool:
    """The encrypted key file of an Ethereum wallet: one guessable password away from the key."""
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, dict) and "ciphertext" in json.dumps(found).lower()


def holds_seed_phrase(text: str) -> bool:
    known = [is_known(token) for token in tokens(text)]
    needed = FEWEST_WORDS * SHARE_KNOWN
    stretches = range(len(known) - FEWEST_WORDS + 1)
    return any(sum(known[start : start + FEWEST_WORDS]) >= needed for start in stretches)


def tokens(text: str) -> list[str]:
    """Words, whatever stands between them: spaces, commas, numbers, dashes, new lines, camelCase.

    Chinese phrases need no spaces: each of their signs is a word.
    """
    spread = re.sub(r"([\u4e00-\u9fff])", r" \1 ", text)
    return re.findall(r"[^\W\d_]+", plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", spread)))


def plain(text: str) -> str:
    """Letters without case and accents, so that every way of writing a word is the same word (Turkish i has two)."""
    bare = (sign for sign in unicodedata.normalize("NFKD", text.lower()) if unicodedata.category(sign) != "Mn")
    return "".join(bare).translate(INVISIBLE).replace("\u0131", "i")


def is_known(token: str) -> bool:
    """In a list, or begins with the four letters by which a word of the English list is told apart."""
    return token in all_words() or (len(token) >= 4 and token[:4] in english_beginnings())  # noqa: PLR2004 # BIP-39's own rule


@cache
def all_words() -> frozenset[str]:
    lists = (Mnemonic(language).wordlist for language in Mnemonic.list_languages())
    return frozenset(plain(word) for words in lists for word in words)


@cache
def english_beginnings() -> frozenset[str]:
    return frozenset(word[:4] for word in Mnemonic("english").wordlist if len(word) >= 4)  # noqa: PLR2004 # as above
