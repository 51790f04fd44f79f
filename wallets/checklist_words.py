"""The lines of a test in words, for pages and API: what was looked at, what was found, what a crossed line asks for.

Only crossed lines ask for something. What they ask is `diagnosis`'s, with the exact boxes or addresses beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.utils import timezone

from wallets import catalogue
from wallets.catalogue import Way
from wallets.checklist import Check, Mark
from wallets.diagnosis import diagnose
from wallets.health import OWNERS_ALONE
from wallets.models import CredentialTest
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wallets.catalogue import Exchange


class ToCome(StrEnum):
    """Marks of lines that have not been looked at: not yet, or not at all because an earlier one stopped the test."""

    WAITING = "waiting"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Ask:
    """What the owner is to do at the exchange, to the letter."""

    do: str
    boxes: tuple[str, ...]
    kind: Literal["tick", "leave", "add"]  # `add`: addresses, to be copied from here


@dataclass(frozen=True, slots=True)
class Told:
    """One line as it is shown."""

    check: str
    mark: str  # Mark or ToCome
    title: str
    note: str = ""  # what was found; of a crossed line, the boxes it asks for in short
    reason: str = ""  # a crossed line: why
    remedy: str = ""  # and what to do
    ask: Ask | None = None
    cause: str = ""


# What each line says when it is ticked, and while it is still to come.
TITLES = {
    Check.FORMAT: "What you pasted has the shape of a key",
    Check.REACHABLE: "{exchange} answers",
    Check.CLOCK: "Our clock and that of {exchange} agree",
    Check.KEY: "{exchange} knows the key, and it is active",
    Check.SIGNATURE: "The secret fits the key",
    Check.ADDRESS: "{exchange} lets our addresses in",
    Check.RIGHTS: "It can only read",
    Check.READ: "It may read what a history needs",
    Check.IDENTITY: "{exchange} says whose account it is",
    Check.ACTIVITY: "There is something in the account",
}
OF_A_SIGN_IN = {Check.KEY: "{exchange} takes the sign-in"}
UNKNOWN = {
    Check.FORMAT: "What you pasted does not have the usual shape",
    Check.RIGHTS: "{exchange} does not say what this {what} may do",
    Check.READ: "It is shown a part of the history only",
    Check.IDENTITY: "{exchange} does not say whose account it is",
    Check.ACTIVITY: "There is nothing in the account yet",
}
SHOWN_A_PART = (
    "This key was made with dates: it is shown only what happened {span}. A key without dates reads all of it."
)
UNTRIED = "Could not be tried: {area}"
WITHOUT_IT = (
    "{exchange} {answered}. That says nothing against your {what} and keeps no wallet from connecting. The history of "
    "this product is missing until {exchange} answers as it should, and the wallet's page says so until then."
)
ANSWERED = {
    Cause.UNEXPECTED_REPLY: "answered this in a way we do not know",
    Cause.PART_DOWN: "does not answer for this just now",
}
TRIED_ALL_THE_SAME = "Look at this first if the key is not accepted: {fields}."
KNOWN_AGAIN = "Kept as a fingerprint only, so that this account is known again and counted once."
NOT_KNOWN_AGAIN = "Nothing is wrong with that: it is known again by its records, or by your own word."
NO_SIGN_IN_LINES = {Check.FORMAT, Check.SIGNATURE, Check.ADDRESS}  # with a sign-in there is nothing of the kind to fail
# What an exchange answers while it is in trouble.
IN_TROUBLE = "{exchange} has trouble of its own"
NOT_BELIEVED = (
    "It refuses many others as well just now, so this answer is not to be believed: it says nothing of your {what}."
)
TRIED_BY_ITSELF = "There is nothing to do, and no {what} to change: we try again when {exchange} is well."
TEST_AGAIN = "There is no {what} to change. Test it again when {exchange} is well."
OPEN_TO_ALL = "Take the restriction to addresses off this key: Holdfast has no fixed addresses here."


def lines_of(test: CredentialTest, *, over: bool) -> list[Told]:
    """All lines of the list, those still to come included. `over`: nothing more will come."""
    exchange = catalogue.of(test.exchange)
    seen = [told(line, exchange, test) for line in _settled(test)]
    looked_at = {line.check for line in seen}
    rest = ToCome.SKIPPED if over else ToCome.WAITING
    to_come = [
        Told(check, rest, _title(check, exchange, test.way)) for check in expected(test) if check not in looked_at
    ]
    return [*seen, *to_come]


def expected(test: CredentialTest) -> list[Check]:
    without = set(NO_SIGN_IN_LINES) if test.way == Way.OAUTH else set()
    if test.purpose == CredentialTest.Purpose.CHECK:
        without.add(Check.FORMAT)  # it was looked at when it was pasted
    return [check for check in Check if check not in without]


def _settled(test: CredentialTest) -> Iterable[Mapping[str, str]]:
    """Without what a later line took back, and what says nothing of a sign-in."""
    crossed = {line["check"] for line in test.lines if line["mark"] == Mark.CROSSED and line["check"] != Check.READ}
    for line in test.lines:
        taken_back = line["check"] in crossed and line["mark"] != Mark.CROSSED
        empty = test.way == Way.OAUTH and line["check"] in NO_SIGN_IN_LINES and line["mark"] == Mark.TICKED
        if not taken_back and not empty:
            yield line


def told(line: Mapping[str, str], exchange: Exchange, test: CredentialTest) -> Told:
    check, mark = Check(line["check"]), Mark(line["mark"])
    if mark is Mark.CROSSED:
        return _crossed(check, line, exchange, test)
    if is_untried(line):
        answered, what = ANSWERED[Cause(line["cause"])], "sign-in" if test.way == Way.OAUTH else "key"
        note = WITHOUT_IT.format(exchange=exchange.name, what=what, answered=answered)
        return Told(check, mark, UNTRIED.format(area=line["detail"]), note=note, cause=line["cause"])
    title = _title(check, exchange, test.way) if mark is Mark.TICKED else _unknown(check, exchange, test.way)
    if check is Check.READ and mark is Mark.TICKED:
        title = f"It may read: {line['detail']}"
    return Told(check, mark, title, note=_note(check, mark, line["detail"], exchange, test.way))


def untried_in(test: CredentialTest) -> list[str]:
    """By name, the products that could not be tried."""
    return [line["detail"] for line in test.lines if is_untried(line)]


def is_untried(line: Mapping[str, str]) -> bool:
    """A product's answer was not understood, or did not come; the test went on."""
    return line["mark"] == Mark.UNKNOWN and line["cause"] in ANSWERED


def _title(check: Check, exchange: Exchange, way: str) -> str:
    titles = TITLES | OF_A_SIGN_IN if way == Way.OAUTH else TITLES
    return titles[check].format(exchange=exchange.name)


def _unknown(check: Check, exchange: Exchange, way: str) -> str:
    return UNKNOWN[check].format(exchange=exchange.name, what="sign-in" if way == Way.OAUTH else "key")


def _note(check: Check, mark: Mark, detail: str, exchange: Exchange, way: str) -> str:
    """What was found, said beside the line."""
    notes = {
        (Check.FORMAT, Mark.UNKNOWN): lambda: TRIED_ALL_THE_SAME.format(fields=_labels(exchange, detail)),
        (Check.RIGHTS, Mark.TICKED): lambda: f"Its rights: {detail}." if detail else "",
        (Check.RIGHTS, Mark.UNKNOWN): lambda: exchange.probe if way == Way.KEY else "",
        (Check.READ, Mark.UNKNOWN): lambda: SHOWN_A_PART.format(span=_span(detail)),
        (Check.IDENTITY, Mark.TICKED): lambda: KNOWN_AGAIN,
        (Check.IDENTITY, Mark.UNKNOWN): lambda: NOT_KNOWN_AGAIN,
        (Check.ACTIVITY, Mark.TICKED): lambda: "One currency." if detail == "1" else f"{detail} currencies.",
        (Check.ACTIVITY, Mark.UNKNOWN): lambda: diagnose(Cause.ACCOUNT_EMPTY, exchange=exchange.name, way=way).remedy,
    }
    return notes[check, mark]() if (check, mark) in notes else ""


def _span(detail: str) -> str:
    """In the reader's own days: whoever made the key chose days, too."""
    since, until = (day_of(each) for each in detail.split("/"))
    return " ".join([*([f"from {since} on"] if since else []), *([f"until {until}"] if until else [])])


def day_of(moment: str) -> str:
    return f"{timezone.localtime(datetime.fromisoformat(moment)):%-d %B %Y}" if moment else ""


def _labels(exchange: Exchange, names: str) -> str:
    """Of the form's fields, as the exchange calls them."""
    labels = {each.name: each.label for each in exchange.fields}
    return ", ".join(labels[name] for name in names.split(", "))


def _crossed(check: Check, line: Mapping[str, str], exchange: Exchange, test: CredentialTest) -> Told:
    cause = Cause(line["cause"])
    if test.outcome.get("in_trouble") and cause not in OWNERS_ALONE:
        reason, remedy = not_believed(test)
        title = IN_TROUBLE.format(exchange=exchange.name)
        return Told(check, Mark.CROSSED, title, reason=reason, remedy=remedy, cause=cause)
    found = diagnose(cause, exchange=exchange.name, right=line["detail"], way=test.way)
    ask = _ask(cause, line["detail"], exchange, test)
    without_addresses = cause is Cause.IP_REFUSED and ask is None
    return Told(
        check,
        Mark.CROSSED,
        found.title,
        note=", ".join(ask.boxes) if ask else "",
        reason=found.explanation,
        remedy=OPEN_TO_ALL if without_addresses else found.remedy,
        ask=ask,
        cause=cause,
    )


def not_believed(test: CredentialTest) -> tuple[str, str]:
    """Why, and what to do."""
    what, exchange = "sign-in" if test.way == Way.OAUTH else "key", catalogue.named(test.exchange)
    remedy = TRIED_BY_ITSELF if test.purpose == CredentialTest.Purpose.CHECK else TEST_AGAIN
    return NOT_BELIEVED.format(what=what), remedy.format(exchange=exchange, what=what)


def _ask(cause: Cause, detail: str, exchange: Exchange, test: CredentialTest) -> Ask | None:
    """Names of boxes may hold commas, so lists are taken from what the exchange told, not from the line."""
    match cause:
        case Cause.RIGHTS_TOO_WIDE:
            beyond = (test.outcome.get("rights") or {}).get("beyond") or [detail]
            return Ask(f"At {exchange.name}, untick", tuple(beyond), "leave") if any(beyond) else None
        case Cause.RIGHT_MISSING:
            return Ask(f"At {exchange.name}, tick", (detail,), "tick") if detail else None
        case Cause.IP_REFUSED:
            addresses = tuple(detail.split(", ")) if detail else tuple(settings.EGRESS_IPS)
            return Ask(f"At {exchange.name}, add to the key's addresses", addresses, "add") if addresses else None
        case _:
            return None
