"""Recognises what must never be pasted anywhere: seed phrases and private keys of wallets.

Pure. Says only that something is there, never what: nobody who calls this may store, log or echo the text.
Wrongly refusing an odd text costs a second try; wrongly accepting one may cost somebody everything, so doubt refuses.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections import Counter
from enum import StrEnum
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from mnemonic import Mnemonic

if TYPE_CHECKING:
    from collections.abc import Sequence

PHRASE_LENGTHS = (12, 15, 18, 21, 24, 25)  # BIP-39 phrases have 12 to 24 words; some wallets add one
SHARE_KNOWN = 0.8  # of the words in a stretch: a few may be mistyped, cut or decoys
OFTEN = 10  # a word of no list that comes so often stands beside each word of a phrase: a label, a tag
SHORTEST, LONGEST = 3, 8  # letters of an English word
LETTERS_READ = 20_000  # of a text, when it is read without the gaps between words
SIGNS_READ = 100_000  # of any text: what is longer is a file, and no form keeps it
# Signs that nobody sees, all that Unicode has below its last planes; and the tags, which repeat ASCII unseen.
INVISIBLE = dict.fromkeys(
    point for point in (*range(0x10000), *range(0xE0000, 0xE0080)) if unicodedata.category(chr(point)) == "Cf"
)

BASE58 = "1-9A-HJ-NP-Za-km-z"
# A run that stands alone: not cut out of a longer base64 or hexadecimal text. (`KEY=` may stand before it.)
ALONE = r"(?<![A-Za-z0-9+/_-])(?:{})(?![A-Za-z0-9+/=_-])"
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
    if holds_seed_phrase(text):
        return Treasure.SEED_PHRASE
    text = readable(text)
    return Treasure.WALLET_KEY if holds_wallet_key(text, hex_is_a_credential=hex_is_a_credential) else None


def readable(text: str) -> str:
    """Some signs are written out as eighteen: what comes of them is cut like what was pasted."""
    return unicodedata.normalize("NFKC", unescaped(text[:SIGNS_READ]))[:SIGNS_READ].translate(INVISIBLE)


def unescaped(text: str) -> str:
    """As it reads, not as JSON, a page or an address line writes it."""
    escaped = r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))"
    return re.sub(escaped, lambda match: chr(int(match[1] or match[2], 16)), html.unescape(unquote_plus(text)))


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
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and "ciphertext" in json.dumps(found).lower()


def holds_seed_phrase(text: str) -> bool:
    text = readable(text)
    words = tokens(text)
    return any(is_spelt(words, vocabulary) for vocabulary in vocabularies()) or runs_together(text)


def is_spelt(words: Sequence[str], vocabulary: frozenset[str]) -> bool:
    """A phrase is of one language; prose is not, however many of its words stand in some list or other."""
    known = [word in vocabulary for word in words]
    return is_phrase(known) or (any(known) and is_phrase(without_labels(words, vocabulary)))


def without_labels(words: Sequence[str], vocabulary: frozenset[str]) -> list[bool]:
    """Which words are known, where something else stands beside each: `w1: legal`, `<li>legal</li>`. In prose some
    words come often as well, but most of the rest is then in no list.
    """
    times = Counter(words)
    known = [word in vocabulary for word in words if word in vocabulary or times[word] < OFTEN]
    return known if 2 * sum(known) > len(known) else []


def is_phrase(known: Sequence[bool]) -> bool:
    """Enough of the words in some stretch of a phrase's length."""
    before = [0, *accumulate(known)]
    return any(
        before[start + length] - before[start] >= length * SHARE_KNOWN
        for length in PHRASE_LENGTHS
        for start in range(len(known) - length + 1)
    )


def runs_together(text: str) -> bool:
    """Twelve words of the English list on end when every gap is closed: `legalwinnerthank`, or `l e g a l  w i n`."""
    letters = re.sub(r"[\W\d_]+", "", plain(text))[:LETTERS_READ]
    words, chain = english_words(), [0] * (len(letters) + 1)  # how many words end here, one upon the other
    for start in range(len(letters)):
        for end in range(start + SHORTEST, min(start + LONGEST, len(letters)) + 1):
            if letters[start:end] in words:
                chain[end] = max(chain[end], chain[start] + 1)
    return max(chain) >= PHRASE_LENGTHS[0]


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


@cache
def vocabularies() -> tuple[frozenset[str], ...]:
    """One for each language. English words are also written by their first four letters, which tell them apart."""
    lists = {language: Mnemonic(language).wordlist for language in Mnemonic.list_languages()}
    lists["english"] += [word[:4] for word in lists["english"]]
    return tuple(frozenset(map(plain, words)) for words in lists.values())


@cache
def english_words() -> frozenset[str]:
    return frozenset(Mnemonic("english").wordlist)
