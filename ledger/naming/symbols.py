"""Symbols as texts: cleaned, and seen through where their letters only look like others."""

from __future__ import annotations

import unicodedata

from ledger.naming.base import LONGEST

UNNAMED = "UNNAMED"
# Cyrillic and Greek capitals that look like Latin ones. Only capitals: symbols are cleaned before they are looked at.
LOOK_ALIKES = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "ABEKMHOPCTYXIJSABEZHIKMNOPTYX",
)


def cleaned(symbol: str) -> str:
    """Upper case, one form of each letter, no blanks, nothing invisible. Never empty."""
    shown = "".join(letter for letter in unicodedata.normalize("NFKC", symbol) if printed(letter))
    return "-".join(shown.upper().split())[:LONGEST] or UNNAMED


def printed(letter: str) -> bool:
    return letter.isspace() or not unicodedata.category(letter).startswith("C")


def disguised(code: str) -> str:
    """The Latin spelling that a code only looks like; nothing, if it wears no disguise."""
    seen = code.translate(LOOK_ALIKES)
    return seen if seen != code and seen.isascii() else ""
