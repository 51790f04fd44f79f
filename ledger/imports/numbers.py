"""Amounts as people and spreadsheets write them, without ever passing through a float.

Which of point and comma divides whole from part is never guessed: "1.234" may be a thousand or one and a bit, and only
other amounts of the same file can say which.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from ledger.readings.numbers import WHOLE_DIGITS

POINT, COMMA = ".", ","
NOTHING = frozenset({"", "-", "--", "n/a", "na", "none", "null"})
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"), "-")
SPACES = re.compile(r"(?<=\d)[\s'\u2019_](?=\d{3})")
SIGNS = {"US$": "USD", "CA$": "CAD", "C$": "CAD", "AU$": "AUD", "A$": "AUD", "HK$": "HKD", "NZ$": "NZD", "R$": "BRL"}
SIGNS |= {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₿": "BTC", "₹": "INR", "₩": "KRW", "₺": "TRY", "zł": "PLN"}
SIGN = re.compile("|".join(map(re.escape, SIGNS)))
NUMBER = re.compile(r"(?P<digits>\d[\d.,]*|[.,]\d+)(?P<power>[eE][-+]?\d{1,4}(?![\dA-Za-z]))?")
PLAIN = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)  # as nearly all are
ASSET = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][\w.\-*/]{0,39}", re.ASCII)
POWER = re.compile(r"\d([.,]\d+)?[eE]\+\d+")
MAX_DIGITS = 100
MAX_POWER = 60

GROUPED = {
    POINT: re.compile(r"\d{1,3}(,\d{2,3})*,\d{3}(\.\d*)?"),
    COMMA: re.compile(r"\d{1,3}(\.\d{2,3})*\.\d{3}(,\d*)?"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """None: the cell says that there is no amount. The asset, where it is glued to the number."""

    amount: Decimal | None
    asset: str = ""


def told(text: str, mark: str = POINT, *, asset: str = "") -> Told:
    """`asset`: if it stands behind the number it is meant, even where it begins with a digit ("5.281INCH").

    Raises ValueError, in words, for what is no amount.
    """
    if mark == POINT and PLAIN.fullmatch(text):
        return Told(Decimal(text))
    bare, negative = unsigned(text)
    if bare.casefold() in NOTHING:
        return Told(None)
    if asset and bare.endswith(asset) and bare != asset:
        bare, glued = bare.removesuffix(asset).rstrip(), asset
    else:
        glued = ""
    match = NUMBER.search(bare)
    if not match:
        raise ValueError("is no amount")
    before, after = bare[: match.start()].strip(), bare[match.end() :].strip()
    if before.endswith("-") or after == "-":
        before, after, negative = before.rstrip("- "), after.strip("-"), not negative
    number = value(match["digits"], match["power"] or "", mark)
    return Told(number.copy_negate() if negative else number, glued or named(before, after))


def amount(text: str, mark: str = POINT) -> Decimal | None:
    return told(text, mark).amount


def unsigned(text: str) -> tuple[str, bool]:
    """Without its sign, which may be a dash of any alphabet, brackets around it, or stand behind."""
    bare = text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).translate(DASHES).strip()
    negative = False
    if bare.startswith("(") and bare.endswith(")"):
        bare, negative = bare[1:-1].strip(), True
    if bare[:1] in {"-", "+"} and len(bare) > 1:
        bare, negative = bare[1:].strip(), negative != bare.startswith("-")
    return SPACES.sub("", bare), negative


def value(digits: str, power: str, mark: str) -> Decimal:
    other = COMMA if mark == POINT else POINT
    if other in digits and not GROUPED[mark].fullmatch(digits):
        raise ValueError(f"does not fit “{mark}” as the decimal sign")
    if digits.count(mark) > 1:
        raise ValueError("has more than one decimal sign")
    if len(digits) > MAX_DIGITS or (power and abs(int(power[1:])) > MAX_POWER):
        raise ValueError("is longer than any amount")
    try:
        number = Decimal(digits.replace(other, "").replace(mark, ".") + power)
    except InvalidOperation as error:
        raise ValueError("is no amount") from error
    if number.adjusted() >= WHOLE_DIGITS:
        raise ValueError("is longer than any amount")
    return number


def named(before: str, after: str) -> str:
    """What stands before or behind the number: a sign of money, or an asset's name."""
    words = [word for word in (SIGN.sub(name_of_sign, before).strip(" -"), SIGN.sub(name_of_sign, after)) if word]
    if len(words) > 1 and words[0] != words[1]:
        words = [word for word in words if word not in SIGNS.values()] or words[:1]
    if len(words) > 1 or not all(ASSET.fullmatch(word) for word in words):
        raise ValueError("is no amount")
    return words[0] if words else ""


def name_of_sign(match: re.Match[str]) -> str:
    return SIGNS[match[0]]


def mangled(text: str) -> bool:
    """An id that a spreadsheet took for a number and rounded: "6.12E+23"."""
    return bool(POWER.fullmatch(text))


# --- which sign divides whole from part ------------------------------------------------------------------------------


def evidence(text: str) -> str:
    """The decimal sign that this amount proves; "?" where it may be either; nothing where it has none."""
    match = NUMBER.search(unsigned(text)[0])
    digits = match["digits"] if match else ""
    points, commas = digits.count(POINT), digits.count(COMMA)
    if not points and not commas:
        return ""
    if points and commas:
        return max(POINT, COMMA, key=digits.rfind)
    if points + commas > 1:
        return COMMA if points else POINT
    sign = POINT if points else COMMA
    whole, _, part = digits.partition(sign)
    grouped = len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")  # noqa: PLR2004 - thousands
    return "?" if grouped else sign


@dataclass(slots=True)
class Marks:
    """What the amounts of a file say together about their decimal sign."""

    seen: Counter[str] = field(default_factory=Counter)
    samples: dict[str, tuple[int, str]] = field(default_factory=dict)

    def look(self, number: int, text: str) -> None:
        if sign := evidence(text):
            self.seen[sign] += 1
            self.samples.setdefault(sign, (number, text))

    def decided(self, assumed: str = "") -> str:
        """Nothing: it must be asked."""
        proven = [sign for sign in (POINT, COMMA) if self.seen[sign]]
        if len(proven) == 1:
            return proven[0]
        if proven:
            return ""
        return assumed or ("" if self.seen["?"] else POINT)
