"""`credential-tests/`: a credential on trial. A worker examines it; its lines appear as they happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers

from accounts.api.frame import Call, api
from accounts.api.waiting import Wait
from config.api.fields import Choice, Id, Shape, Text, Texts, UtcTime
from config.api.problem import NOT_FOUND, Problem, invalid
from wallets import checklist_words, questions, trials, verdicts
from wallets.api.addresses import test_at
from wallets.api.exchanges import METHODS, named_in_body, require_offered
from wallets.api.pasted import Credentials, fitting, refused, region_of
from wallets.api.problems import CREDENTIALS_FROZEN, NOT_ASKING, TEST_EXPIRED, refusals_told, treasure_told
from wallets.catalogue import Way
from wallets.checklist import Check, Mark
from wallets.claims import Same
from wallets.free_text import TreasureError, refuse_treasure
from wallets.models import CredentialTest, Wallet
from wallets.records import Cause
from wallets.trials import ONLY_READS, OUT_OF_BIN, SAME_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from config.api.problem import Kind
    from wallets.catalogue import Exchange
    from wallets.checklist_words import Told

Purpose, State = CredentialTest.Purpose, CredentialTest.State
UNDER_WAY = {State.QUEUED, State.RUNNING}
ENDED, GOES_ON = "The test has ended, one way or the other.", "It goes on: read it again."
QUESTIONS = [ONLY_READS, SAME_ACCOUNT, OUT_OF_BIN]


# --- how a test looks ----------------------------------------------------------------------------------------------


class LineShape(Shape):
    check = Choice([check.value for check in Check])
    state = Choice([mark.value for mark in Mark], source="mark")
    title = serializers.CharField(help_text="What was looked at, as the owner reads it.")
    detail = serializers.CharField(help_text="What was found; never anything of the credential.")
    remedy = serializers.CharField(help_text="Of a crossed line: what to do. Else empty.")
    items = Texts(help_text="Boxes to tick or untick, addresses to add.")
    cause = Choice([cause.value for cause in Cause], allow_null=True)


class RightsShape(Shape):
    can_tell = serializers.BooleanField(help_text="The exchange says what this key may do.")
    read_only = serializers.BooleanField(  # type: ignore[assignment] # the stubs take it for the form's own
        allow_null=True, help_text="Null: nobody can tell."
    )
    read = Texts()
    beyond = Texts(help_text="Every right that is not reading.")
    missing = Texts()
    ips = Texts(allow_null=True, help_text="Null: not told. Empty: open to every address.")
    expires_at = UtcTime(allow_null=True, help_text="When the exchange ends the key; null: not told, or never.")


class IdentityShape(Shape):
    told = serializers.BooleanField(help_text="The exchange says whose account it is.")
    same_account = Choice(
        [same.value for same in Same], allow_null=True, help_text="Whether it is the account of the wallet named."
    )
    other_wallet = serializers.CharField(allow_null=True, help_text="The wallet this account is connected as already.")


class QuestionShape(Shape):
    question = Choice(QUESTIONS, source="id")
    title = serializers.CharField()
    why = serializers.CharField()
    sentence = serializers.CharField(help_text="To be shown, and sent as the answer if the owner agrees.")


class Test(Shape):
    id = serializers.CharField()
    state = Choice([(state.value, state.label) for state in State], help_text="`asking`: answer its questions.")
    purpose = Choice([purpose.value for purpose in Purpose if purpose is not Purpose.END])
    exchange = serializers.CharField()
    region = serializers.CharField()
    method = Choice(METHODS, source="way")
    label = serializers.CharField()  # type: ignore[assignment] # as above
    wallet = serializers.CharField(source="wallet_id", allow_null=True)
    checklist = LineShape(many=True)
    rights = RightsShape(allow_null=True)
    identity = IdentityShape(allow_null=True)
    cause = Choice([cause.value for cause in Cause], allow_null=True)
    title = serializers.CharField(help_text="What came of it, in a few words; empty while it goes on.")
    explanation = serializers.CharField(help_text="What happened, what to do, and what became of what was sent.")
    questions = QuestionShape(many=True)
    created_at = UtcTime()
    expires_at = UtcTime(
        help_text="Then what was sent is wiped, at the latest; what a consent brought is first taken back, in a day."
    )

    example = {
        "id": "4c1f…",
        "state": "failed",
        "purpose": "look",
        "exchange": "kraken",
        "region": "",
        "method": "key",
        "label": "Kraken",
        "wallet": None,
        "checklist": [
            {
                "check": "rights",
                "state": "crossed",
                "title": "The key may do more than read",
                "detail": "Beside reading, this key allows: Withdraw funds. …",
                "remedy": "At Kraken, untick what is named here, or make a new key that can only read.",
                "items": ["Withdraw funds"],
                "cause": "rights_too_wide",
            },
        ],
        "rights": {
            "can_tell": True,
            "read_only": False,
            "read": ["Query funds"],
            "beyond": ["Withdraw funds"],
            "missing": [],
            "ips": None,
            "expires_at": None,
        },
        "identity": {"told": False, "same_account": None, "other_wallet": None},
        "cause": "rights_too_wide",
        "title": "The key may do more than read",
        "explanation": "Beside reading, this key allows: Withdraw funds. …",
        "questions": [],
        "created_at": "2026-03-01T12:30:00Z",
        "expires_at": "2026-03-01T12:45:00Z",
    }


def told(test: CredentialTest, now: datetime) -> dict[str, Any]:
    """Not what it was asked with, nor anything from which that could be guessed."""
    state, verdict = verdicts.state_of(test, now=now), verdicts.verdict_of(test, now=now)
    return {
        **{name: getattr(test, name) for name in ("id", "purpose", "exchange", "region", "way", "label", "wallet_id")},
        "state": state,
        "checklist": lines_told(test),
        "rights": test.outcome.get("rights"),
        "identity": _identity(test.outcome),
        "cause": test.cause or None,
        "title": verdict.title if verdict else "",
        "explanation": verdict.in_full if verdict else "",
        "questions": questions.questions_of(test) if state == State.ASKING else [],
        "created_at": test.created_at,
        "expires_at": test.expires_at,
    }


def lines_told(test: CredentialTest) -> list[dict[str, Any]]:
    """Those that have been looked at, in the words of the page."""
    return [_line(line) for line in checklist_words.lines_of(test, over=True) if line.mark in set(Mark)]


def _line(line: Told) -> dict[str, Any]:
    return {
        **{name: getattr(line, name) for name in ("check", "mark", "title", "remedy")},
        "detail": line.note or line.reason,
        "items": line.ask.boxes if line.ask else (),
        "cause": line.cause or None,
    }


def _identity(outcome: Mapping[str, Any]) -> dict[str, Any] | None:
    if "identified" not in outcome:
        return None
    return {
        "told": outcome["identified"],
        "same_account": outcome.get("same_account"),
        "other_wallet": outcome.get("other_wallet"),
    }


# --- beginning, and waiting for the end ----------------------------------------------------------------------------


def status_of(answer: Mapping[str, Any]) -> int:
    return 202 if answer["state"] in UNDER_WAY else 200


def is_over(_call: Call, test_id: str) -> bool:
    """Also when it is no longer there, or was given up."""
    return not CredentialTest.objects.filter(pk=test_id, state__in=UNDER_WAY, finished_at=None).exists()


def as_it_is(call: Call, test_id: str) -> dict[str, Any]:
    return told(get_object_or_404(CredentialTest, owner=call.owner, pk=test_id), timezone.now())


UNTIL_OVER: dict[str, Any] = {
    "wait": Wait(begun=lambda answer: answer["id"], is_over=is_over, outcome=as_it_is, address=test_at),
    "status_of": status_of,
    "statuses": {200: ENDED, 202: GOES_ON},
}
ASKED: tuple[Kind, ...] = (CREDENTIALS_FROZEN,)  # by whatever begins a test


class TestWish(Shape):
    exchange = Text(max_length=32)
    credentials = Credentials()
    region = Text(max_length=32, required=False, help_text="Where the exchange has several sites.")
    sub_account = Text(max_length=80, required=False, help_text="Only where `credential_fields` asks for one.")
    wallet = Id(required=False, help_text="Says whether the credential belongs to this wallet's account.")

    example = {"exchange": "kraken", "credentials": {"key": "…", "secret": "…"}}


@api("POST", scope="connect", takes=TestWish, gives=Test, limit="key_tests", problems=ASKED, **UNTIL_OVER)
def create(call: Call) -> dict[str, Any] | Problem:
    """Test a credential without saving it.

    The answer comes when the test has ended, or after 25 seconds; a worker goes on with it. Nothing is kept but what
    was found: the credential is wiped at the end of the test, and after a quarter of an hour at the latest.
    """
    exchange = named_in_body(call.data["exchange"])
    require_offered(exchange, Way.KEY, field="exchange")
    wallet = wallet_in_body(call)
    if wallet and wallet.exchange != exchange.id:
        raise invalid("wallet", "other_exchange", f"This wallet is not of {exchange.name}.")
    return begun(call, exchange, purpose=Purpose.LOOK, wallet=wallet)


def begun(
    call: Call, exchange: Exchange, *, purpose: CredentialTest.Purpose, wallet: Wallet | None = None, label: str = ""
) -> dict[str, Any] | Problem:
    """A test on its way, or the refusal of what was pasted."""
    with refusals_told():
        asked = trials.ask(
            by=call.by,
            owner=call.owner,
            exchange=exchange,
            pasted=fitting(exchange, call.data),
            purpose=purpose,
            now=call.now,
            wallet=wallet,
            region=region_of(exchange, call.data, otherwise=wallet.region if wallet else ""),
            label=label,
        )
    return told(asked, call.now) if isinstance(asked, CredentialTest) else refused(exchange, asked)


def wallet_in_body(call: Call) -> Wallet | None:
    if "wallet" not in call.data:
        return None
    wallet = Wallet.objects.for_user(call.owner).kept().filter(pk=call.data["wallet"]).first()
    if wallet is None:
        raise invalid("wallet", NOT_FOUND.code, "There is no such wallet.")
    return wallet


# --- afterwards ----------------------------------------------------------------------------------------------------


@api("GET", scope="read", gives=Test)
def show(call: Call) -> dict[str, Any]:
    """Read how far a test is, and what came of it."""
    return told(one(call), call.now)


@api("DELETE", scope="connect", gives=Test)
def cancel(call: Call) -> dict[str, Any]:
    """Give a test up.

    What was sent is wiped at once. A test that a worker has in hand goes on to its end, and so does one that has ended.
    """
    test = one(call)
    trials.cancel(test=test, now=call.now)
    test.refresh_from_db()
    return told(test, call.now)


class Words(Shape):
    """The owner's own. They are kept with their date."""

    only_reads = Text(max_length=500, required=False)
    same_account = Text(max_length=500, required=False)
    out_of_bin = Text(max_length=500, required=False)


class Answers(Shape):
    answers = Words(help_text="The owner's own words, by `question`; they are kept with their date.")

    example = {"answers": {"only_reads": "I have looked at its boxes: it can only read."}}


@api("POST", scope="connect", takes=Answers, gives=Test, problems=(NOT_ASKING, TEST_EXPIRED), **UNTIL_OVER)
def answer(call: Call) -> dict[str, Any] | Problem:
    """Answer what a test asks.

    A test in state `asking` has found the credential to work, and needs the owner's word on what nobody can find out.
    All its questions are answered at once, in words. A worker then saves what was tested, without asking the exchange
    again.
    """
    test, answers = one(call), call.data["answers"]
    state = verdicts.state_of(test, now=call.now)
    if state == State.EXPIRED:
        raise Problem(TEST_EXPIRED)
    missing = set(test.outcome.get("questions", [])) - set(answers)
    if missing and state == State.ASKING:
        raise invalid(f"answers.{min(missing)}", "required", "The test asks this too.")
    try:
        refuse_treasure("\n".join(answers.values()), by=call.by, owner=call.owner, now=call.now, place="an answer")
    except TreasureError:
        return treasure_told("answers")
    with refusals_told():
        return told(trials.answer(by=call.by, test=test, words=answers, now=call.now), call.now)


def one(call: Call) -> CredentialTest:
    """What ends an old credential is no test of anybody's."""
    mine = CredentialTest.objects.filter(owner=call.owner).exclude(purpose=Purpose.END)
    test = mine.filter(pk=call.path["test_id"]).first()
    if test is None:
        raise Http404
    return test
