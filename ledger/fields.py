"""What owners write into a transaction, checked and brought into the one form that is compared, kept and shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ledger.overlay import FIELDS
from ledger.readings.base import Kind
from ledger.readings.numbers import LATEST

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN = re.compile(r"[0-9]{1,40}(\.[0-9]{1,36})?", re.ASCII)
THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", re.ASCII)
ASSET = re.compile(r"[^\s\x00-\x1f\x7f\ud800-\udfff]{1,64}")
BROKEN = re.compile("[\0\ud800-\udfff]")  # no database keeps these: nought, and halves of a character
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
EARLIEST = datetime(2008, 1, 1, tzinfo=UTC)  # nothing happened before there was a bitcoin
LONGEST = {"category": 40, "note": 4000}
TAGS, TAG = 20, 40


class BadFieldError(ValueError):
    """A field that cannot be taken as it is, and what to do."""

    def __init__(self, field: str, code: str, words: str) -> None:
        super().__init__(words)
        self.field, self.code, self.words = field, code, words


def cleaned(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: clean(name, value) for name, value in changes.items()}


def clean(name: str, value: Any) -> Any:
    """One field. Nothing (None) says that there is none, where there may be none."""
    if name not in FIELDS:
        raise BadFieldError(name, "unknown_field", "There is no such field.")
    return CLEAN[name](name, value)


def plainly(written: str) -> str:
    """A figure as owners write it: 1,250.5 is 1250.5. Another comma stays, and is refused: 0,5 is not 5."""
    figure = written.replace(" ", "")
    return figure.replace(",", "") if THOUSANDS.fullmatch(figure) else figure


def kind(name: str, value: Any) -> str:
    if not isinstance(value, str) or value not in set(Kind):
        raise BadFieldError(name, "invalid_choice", f"Choose one of: {', '.join(Kind)}.")
    return str(value)


def moment(name: str, value: Any) -> str:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
        at = at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, TypeError, AttributeError, OverflowError):
        at = None
    if at is None:
        raise BadFieldError(name, "invalid", "Write a time with its zone, such as 2026-03-01T12:30:00Z.")
    if not at >= EARLIEST:
        raise BadFieldError(name, "too_early", "Nothing can have happened before 2008: look at the year.")
    if not at < LATEST:
        raise BadFieldError(name, "too_late", "That lies further ahead than anybody can know: look at the year.")
    return str(at.isoformat().replace("+00:00", "Z"))


def amount(name: str, value: Any) -> dict[str, str] | None:
    found = pair(name, value, "asset")
    if found is None:
        return None
    asset = found["asset"].upper()  # which may be longer
    if not ASSET.fullmatch(asset):
        raise BadFieldError(name, "no_asset", "Name the asset, such as BTC: at most 64 letters, no spaces.")
    if found["amount"] == "0":
        raise BadFieldError(name, "nought", "An amount is above nought. Leave it out where nothing moved.")
    return {"amount": found["amount"], "asset": asset}


def worth(name: str, value: Any) -> dict[str, str] | None:
    found = pair(name, value, "currency")
    if found is not None and not CURRENCY.fullmatch(found["currency"]):
        raise BadFieldError(name, "no_currency", "Name the currency by its three letters, such as EUR.")
    return found


def pair(name: str, value: Any, unit: str) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"amount", unit}:
        raise BadFieldError(name, "invalid", f"This takes an amount and its {unit}.")
    figure = value["amount"]
    text = f"{figure:f}" if isinstance(figure, Decimal) else figure
    if not isinstance(text, str) or not PLAIN.fullmatch(text):
        raise BadFieldError(
            name, "invalid_amount", "Write a plain figure such as 1250.5: no sign, no exponent, at most 36 decimals."
        )
    return {"amount": plain(text), unit: str(value[unit]).strip()}


def plain(text: str) -> str:
    """No zeros that say nothing: 01.50 is 1.5."""
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    return f"{whole.lstrip('0') or '0'}{'.' if part else ''}{part}"


def words(name: str, value: Any) -> str:
    if not isinstance(value, str) or BROKEN.search(value) or len(value) > LONGEST[name]:
        raise BadFieldError(name, "invalid", f"This takes a text of at most {LONGEST[name]} characters.")
    return value.strip()


def tags(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > TAGS or not all(is_tag(each) for each in value):
        raise BadFieldError(name, "invalid", f"At most {TAGS} tags, each of at most {TAG} characters, without commas.")
    return list(dict.fromkeys(" ".join(each.split()) for each in value))


def is_tag(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= TAG and not BROKEN.search(value) and "," not in value


def truth(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadFieldError(name, "invalid", "This is either true or false.")
    return value


CLEAN = {
    "kind": kind,
    "category": words,
    "occurred_at": moment,
    "sent": amount,
    "received": amount,
    "fee": amount,
    "value": worth,
    "note": words,
    "tags": tags,
    "ignored": truth,
}
