"""What came of a test, as its page says it: what happened, whose turn it is, what became of the key, one next step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.urls import reverse

from wallets import catalogue, refused_consents
from wallets.catalogue import Way
from wallets.checklist_words import IN_TROUBLE, OPEN_TO_ALL, lines_of, not_believed, untried_in
from wallets.diagnosis import SAFE, Fault, NextAction, diagnose
from wallets.models import CredentialTest, Wallet
from wallets.records import Cause
from wallets.state_words import BLAME, YOUR_TURN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from wallets.checklist_words import Ask
    from wallets.diagnosis import Diagnosis

Purpose, State = CredentialTest.Purpose, CredentialTest.State
UNDER_WAY = {State.QUEUED, State.RUNNING}

NOTHING_SAVED = "Nothing was saved, and what you gave was wiped."
STAYS_IN_FORCE = "The present key stays in force; the one that was tested was wiped."
IN_RESERVE = (
    "The present key stays in force. The next sync reads with the new one; after its first one without a fault it "
    "takes over, and we remind you to delete the old key."
)
BEING_TAKEN_BACK = "This sign-in is being taken back at {exchange}, and then wiped here."
TAKEN_BACK = "This sign-in was taken back at {exchange}, and wiped here."
SPARED = (
    "This sign-in was wiped here. It was not taken back at {exchange}: that might end both, this one and the one that "
    "Holdfast reads with. To end both, remove Holdfast at {exchange}."
)
LEFT_THERE = (
    "This sign-in was wiped here, but could not be taken back. Remove Holdfast at {exchange}, among the apps that may "
    "reach your account."
)
NOT_READ = "Not read for now: {areas}. What was looked at says what that means."
PASTE_AGAIN = "It has to be pasted once more there: Holdfast keeps nothing of a key that it did not save."
# A wallet is asked again by itself; a key that was not saved is not.
LATER = "Try again in a little while."
BY_ITSELF = {NextAction.WAIT, NextAction.ASK_HELP}


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    href: str
    away: bool = False  # to the exchange's own site


@dataclass(frozen=True, slots=True)
class Verdict:
    tone: str  # of a callout, and its icon
    title: str
    sentences: tuple[str, ...]
    remedy: str = ""  # what to do, in one sentence
    became: str = ""  # of what was tested, and of the wallet
    turn: str = ""
    asks: tuple[Ask, ...] = ()
    step: Step | None = None
    other: Step | None = None

    @property
    def panel(self) -> str:
        """The tone, as panels name it."""
        return "neutral" if self.tone == "info" else self.tone

    @property
    def in_full(self) -> str:
        """In one text, for who has no page."""
        return " ".join(part for part in (*self.sentences, self.remedy, self.became) if part)


def state_of(test: CredentialTest, *, now: datetime) -> CredentialTest.State:
    """As it is shown: a test that nobody finished in its time is over, whether the sweep has come by or not."""
    state = State(test.state)
    given_up = test.finished_at is not None and state in UNDER_WAY
    late = now >= test.expires_at and state in {*UNDER_WAY, State.ASKING}
    return State.EXPIRED if given_up or late else state


def verdict_of(test: CredentialTest, *, now: datetime) -> Verdict | None:
    """None while it is under way, or asks."""
    match state_of(test, now=now):
        case State.PASSED:
            return passed(test)
        case State.EXPIRED:
            return expired(test)
        case State.FAILED:
            return failed(test)
        case _:
            return None


def passed(test: CredentialTest) -> Verdict:
    what = "sign-in" if test.way == Way.OAUTH else "key"
    match test.purpose:
        case Purpose.CONNECT:
            title = f"“{_label(test)}” is connected"
            sentences: tuple[str, ...] = (
                "Its history is being fetched now: in minutes, or hours where it is long. You can leave, it goes on.",
                f"The {what} was sealed: nobody can read it back. You can replace it any time.",
            )
        case Purpose.LOOK:
            return _looked(test)
        case Purpose.CHECK:
            title, sentences = "Everything is in order", (f"The {what} works and can read what is needed.",)
            if untried_in(test):
                title, sentences = f"The {what} works, and a part could not be tried", ()
        case Purpose.STAGE:
            title = f"The new key of “{_label(test)}” lies in reserve"
            sentences = (IN_RESERVE,)
        case _:
            title = f"The new {what} of “{_label(test)}” is in force"
            sentences = (f"The former one was wiped. {SAFE}",)
    return Verdict("good", title, (*sentences, *_without(test)), step=_to_wallet(test.wallet))


def _without(test: CredentialTest) -> tuple[str, ...]:
    """Whatever else is well, this is not read."""
    untried = untried_in(test)
    return (NOT_READ.format(areas=", ".join(untried)),) if untried else ()


def _looked(test: CredentialTest) -> Verdict:
    """Without saving: what would happen, and the way to do it."""
    told = test.outcome.get("rights") or {}
    exchange = catalogue.named(test.exchange)
    reads = "it can only read" if told.get("can_tell") else f"what else it may do, {exchange} does not say"
    sentences = [f"It works, and {reads}.", "Nothing was saved. To use it, paste it once more."]
    known = _wallet(test, test.outcome.get("other_wallet"))
    sentences += _without(test)
    if known:
        sentences.append(f"Its account is followed already: it is the wallet “{known.label}”.")
    return Verdict("good", "This key would do", tuple(sentences), step=_again(test, "Paste it to save it", known))


def expired(test: CredentialTest) -> Verdict:
    sentence = "A test lasts a quarter of an hour at most, and this one ended before it came to a result."
    step = _again(test, "Begin again")
    return Verdict("info", "This test is over", (sentence,), became=_what_became(test), step=step)


def failed(test: CredentialTest) -> Verdict:
    if test.outcome.get("overtaken"):
        return _overtaken(test)
    if known := _wallet(test, test.outcome.get("other_wallet")):
        return _known(test, known)
    if test.outcome.get("other_account"):
        return _other_account(test)
    if test.outcome.get("in_trouble"):
        return _not_believed(test)
    return _crossed(test, Cause(test.cause)) if test.cause else expired(test)


def _overtaken(test: CredentialTest) -> Verdict:
    sentence = (
        "While this one was tested, another key was put in place, and that one is in force now. The one tested here "
        "was wiped. Nothing is wrong."
    )
    return Verdict("info", "Another key came first", (sentence,), step=_to_wallet(test.wallet))


def _known(test: CredentialTest, known: Wallet) -> Verdict:
    what = "sign-in" if test.way == Way.OAUTH else "key"
    why = (
        f"This {what} opens the account that “{known.label}” follows. An account is followed once, so that nothing is "
        "counted twice."
    )
    sentences = (why, f"To give that wallet this {what}, update it there.")
    step = Step("Update its key instead", reverse("wallets:update_key", args=[known.pk]))
    if test.way == Way.OAUTH:
        step = Step("Sign in for that wallet", reverse("wallets:sign_in_again", args=[known.pk]))
    title = "This account is connected already"
    return Verdict("info", title, sentences, became=_what_became(test), step=step, other=_to_wallet(known))


def _other_account(test: CredentialTest) -> Verdict:
    exchange, what = catalogue.named(test.exchange), "sign-in" if test.way == Way.OAUTH else "key"
    why = (
        f"“{_label(test)}” follows one account at {exchange}, and this {what} opens a different one. Mixed into one "
        "wallet, the two could not be told apart again."
    )
    instead = "If you want to follow that account too, add it as another wallet."
    sentences = (why, f"{instead} {PASTE_AGAIN}" if what == "key" else instead)
    form = "wallets:connect_key" if what == "key" else "wallets:exchange"
    return Verdict(
        "warn",
        f"This {what} belongs to another account",
        sentences,
        became=_what_became(test),
        turn=YOUR_TURN,
        step=Step("Add it as another wallet", reverse(form, args=[test.exchange])),
        other=_again(test, f"Give another {what}"),
    )


def _not_believed(test: CredentialTest) -> Verdict:
    """What it says of keys while it is in trouble, it says of keys that are in order too."""
    exchange, (why, remedy) = catalogue.named(test.exchange), not_believed(test)
    by_itself = test.purpose == Purpose.CHECK
    return Verdict(
        "info",
        IN_TROUBLE.format(exchange=exchange),
        (why,),
        remedy,
        _what_became(test),
        turn=BLAME[Fault.EXCHANGE].format(exchange=exchange),
        step=_to_wallet(test.wallet) if by_itself else _again(test, "Try again"),
        other=None if by_itself else _to_wallet(test.wallet),
    )


def _crossed(test: CredentialTest, cause: Cause) -> Verdict:
    exchange = catalogue.named(test.exchange)
    found = diagnose(cause, exchange=exchange, right=test.cause_right, way=test.way)
    asks = tuple(_gathered(line.ask for line in lines_of(test, over=True) if line.ask))
    return Verdict(
        _tone(cause, found),
        found.title,
        (found.explanation,),
        _remedy(test, found, has_asks=bool(asks)),
        _what_became(test),
        turn=YOUR_TURN if found.fault is Fault.OWNER else BLAME[found.fault].format(exchange=exchange),
        asks=asks,
        step=_next(test, found),
        other=_beside(test, found),
    )


def _remedy(test: CredentialTest, found: Diagnosis, *, has_asks: bool) -> str:
    if test.purpose != Purpose.CHECK and found.action in BY_ITSELF:
        return LATER
    return OPEN_TO_ALL if found.action is NextAction.FIX_IP and not has_asks else found.remedy


def _tone(cause: Cause, found: Diagnosis) -> str:
    if cause is Cause.RIGHTS_TOO_WIDE:
        return "bad"
    return "warn" if found.fault is Fault.OWNER else "info"


def _gathered(asks: Iterable[Ask]) -> Iterable[Ask]:
    """Boxes of one kind in one list, however many lines named them."""
    kinds: dict[str, Ask] = {}
    for ask in asks:
        before = kinds[ask.kind].boxes if ask.kind in kinds else ()
        kinds[ask.kind] = replace(ask, boxes=(*before, *(box for box in ask.boxes if box not in before)))
    return kinds.values()


def _next(test: CredentialTest, found: Diagnosis) -> Step | None:
    if test.purpose == Purpose.CHECK:
        return _to_wallet(test.wallet)
    if test.way == Way.OAUTH:
        return _again(test, "Sign in again")
    return _again(test, "Paste it again" if found.fault is Fault.OWNER else "Try again")


def _beside(test: CredentialTest, found: Diagnosis) -> Step | None:
    exchange = catalogue.of(test.exchange)
    if found.action is NextAction.UPLOAD_CSV and exchange.method(Way.CSV):
        return Step("Use files instead", _form(test, "wallets:method", "wallets:connect_files"))
    if found.action is NextAction.CONTACT_EXCHANGE and exchange.site:
        return Step(f"Open {exchange.name}", exchange.site, away=True)
    return _to_wallet(test.wallet) if test.wallet else None


def _again(test: CredentialTest, label: str, wallet: Wallet | None = None) -> Step:
    """To where this kind of test begins. Of what was given, nothing is there any more."""
    wallet = wallet or test.wallet
    if wallet and test.purpose == Purpose.CHECK:
        return Step(label, reverse("wallets:wallet", args=[wallet.pk]))
    if test.way == Way.OAUTH:
        name, otherwise = "wallets:sign_in_again", "wallets:exchange"
    else:
        name, otherwise = "wallets:update_key", "wallets:connect_key"
    return Step(label, reverse(name, args=[wallet.pk]) if wallet else reverse(otherwise, args=[test.exchange]))


def _form(test: CredentialTest, of_wallet: str, of_exchange: str) -> str:
    return reverse(of_wallet, args=[test.wallet_id]) if test.wallet_id else reverse(of_exchange, args=[test.exchange])


def _to_wallet(wallet: Wallet | None) -> Step | None:
    return Step(f"Open “{wallet.label}”", reverse("wallets:wallet", args=[wallet.pk])) if wallet else None


def _wallet(test: CredentialTest, wallet_id: str | None) -> Wallet | None:
    """The owner's, and still there."""
    return Wallet.objects.for_user(test.owner).kept().filter(pk=wallet_id).first() if wallet_id else None


def _label(test: CredentialTest) -> str:
    """The wallet may have been renamed since."""
    return test.wallet.label if test.wallet else test.label


def _what_became(test: CredentialTest) -> str:
    if test.purpose == Purpose.CHECK:
        return SAFE
    if test.outcome.get("redeemed"):
        kept = "The present connection stays as it is." if test.purpose == Purpose.REPLACE else "Nothing was saved."
        return f"{kept} {_of_consent(test)}"
    return STAYS_IN_FORCE if test.purpose in {Purpose.REPLACE, Purpose.STAGE} else NOTHING_SAVED


def _of_consent(test: CredentialTest) -> str:
    """What the exchange gave is wiped here; what becomes of it there."""
    exchange = catalogue.named(test.exchange)
    end = CredentialTest.objects.filter(owner=test.owner_id, pk=test.outcome.get(refused_consents.END)).first()
    if end is None or end.state in UNDER_WAY:
        return BEING_TAKEN_BACK.format(exchange=exchange)
    if end.outcome.get(refused_consents.SPARED):
        return SPARED.format(exchange=exchange)
    return (TAKEN_BACK if end.state == State.PASSED else LEFT_THERE).format(exchange=exchange)
