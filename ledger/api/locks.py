"""`tax/{year}/lock/` and `tax/{year}/1099da/`: a year that was filed, and what brokers reported of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.frame import Call, api
from config.api.fields import Choice, ExactDecimal, Shape, Text, Texts, Truth, UtcTime
from config.api.problem import Problem, invalid, kind
from ledger import broker_lines, locking
from ledger.api.imports import Words
from ledger.api.problems import wallet_named
from ledger.api.reports import HASH, Figures, Settings
from ledger.api.shapes import ID
from ledger.broker_lines import VERDICTS, Pair, State
from ledger.broker_reading import ROLES, BadFormError
from ledger.forms_broker import LARGEST, TOO_LARGE
from ledger.gains import asking
from ledger.imports.base import Refused
from ledger.locking import LockedError, NotOverError, NotYetError, UnseenError
from ledger.mine import checked

if TYPE_CHECKING:
    from ledger.broker_lines import Brought
    from ledger.locking import Difference
    from ledger.models import BrokerLine, YearLock

FILED = kind("already_filed", 409, "This year is marked as filed already", "Take the mark away first.")
NOT_OVER = kind(
    "year_not_over", 409, "This tax year is not over", "Say `unfinished` if a return for it was sent all the same."
)
UNSEEN = kind(
    "figures_moved", 409, "The figures are not those that were looked at",
    "Nothing was filed. Read `tax/{year}/` again, look at its figures, and send its `inputs` as `seen`.",
)  # fmt: skip
AGAIN = {"Retry-After": "3"}
STATUSES = {200: "As reckoned last.", 202: "Being reckoned: nothing is in it yet. Ask again after Retry-After seconds."}
NOT_YET = kind("being_reckoned", 409, "The gains are being reckoned", "Ask again in some seconds.")
MOST = 1000
INCOMPARABLE = [(each, each) for each in ("", "currency", "country")]


class DifferenceShape(Shape):
    name = serializers.CharField()
    filed = ExactDecimal()
    now = ExactDecimal()
    by = ExactDecimal()

    example = {"name": "short.gain", "filed": "12.5", "now": "14", "by": "1.5"}

    def to_representation(self, instance: Difference) -> Any:
        return super().to_representation({**instance._asdict(), "by": instance.by})


class WouldNowShape(Shape):
    """What would now differ. Where it is not comparable, nothing is told of figures and assets."""

    differs = serializers.BooleanField(help_text="A figure, or the gain of an asset, is another one now.")
    comparable = serializers.BooleanField()
    incomparable = Choice(
        INCOMPARABLE,
        help_text="Why not: the base currency is another one, or the year goes by another country's rules.",
    )
    settings = Texts(help_text="Which settings are others now.")
    otherwise = serializers.BooleanField(help_text="Holdfast has been mended since, which may be why figures differ.")
    figures = DifferenceShape(many=True, help_text="All of them, also those that are the same.")
    assets = DifferenceShape(many=True, help_text="The gains of assets that differ.")

    example = {
        "differs": True,
        "comparable": True,
        "incomparable": "",
        "settings": [],
        "otherwise": False,
        "figures": [DifferenceShape.example],
        "assets": [{**DifferenceShape.example, "name": "BTC"}],
    }


class LockShape(Shape):
    id = serializers.CharField()
    year = serializers.IntegerField()
    filed_at = UtcTime()
    note = serializers.CharField(allow_blank=True)
    report = serializers.CharField(allow_null=True, help_text="The paper that was made of it.")
    version = serializers.CharField()
    inputs = serializers.CharField(help_text="SHA-256 of settings and figures, as `tax/{year}/` told it.")
    settings = Settings()
    figures = Figures()
    would_now = WouldNowShape(allow_null=True, help_text="Null while gains are reckoned for the first time.")

    example = {
        "id": ID,
        "year": 2025,
        "filed_at": "2026-03-01T12:30:00Z",
        "note": "",
        "report": ID,
        "version": "1.1",
        "inputs": HASH,
        "settings": {"currency": "USD", "country": "US"},
        "figures": {"short.gain": "12.5"},
        "would_now": WouldNowShape.example,
    }


class NewLock(Shape):
    seen = Text(
        max_length=64,
        required=False,
        help_text="`inputs` of `tax/{year}/`, whose figures the owner has looked at: send it. Without it, whatever"
        " stands by now is filed, as a sync may have changed it since.",
    )
    note = Text(max_length=200, required=False, allow_blank=True)
    unfinished = Truth(
        required=False, help_text="Yes: a return was sent though the year is not over. Needed only there."
    )

    example = {"seen": HASH, "note": "Sent by post"}


@api("GET", scope="read", gives=LockShape)
def show(call: Call) -> dict[str, Any]:
    """What was filed, and what would now differ. 404: the year is not marked as filed."""
    held = locking.of(call.owner, checked(call.owner, call.path["year"]))
    if held is None:
        raise Http404
    return told(call, held)


def told(call: Call, held: YearLock) -> dict[str, Any]:
    read = asking.standing(call.owner, now=call.now).reckoning
    compared = locking.compare(held, read) if read else None
    return {
        "id": str(held.pk),
        "year": held.year,
        "filed_at": held.locked_at,
        "note": held.note,
        "report": held.settings.get("report"),
        "version": held.version,
        "inputs": held.inputs,
        "settings": {name: value for name, value in held.settings.items() if name != "report"},
        "figures": held.figures,
        "would_now": compared,
    }


@api("POST", scope="write", takes=NewLock, gives=LockShape, status=201, problems=(FILED, NOT_YET, NOT_OVER, UNSEEN))
def lock(call: Call) -> dict[str, Any]:
    """Mark a year as filed: its figures are kept as they are now, and a paper is made of them.

    If `seen` says which were looked at, and they are others by now, nothing is filed.
    """
    said = {"note": "", "unfinished": False, **call.data}
    try:
        year = checked(call.owner, call.path["year"])
        return told(call, locking.lock(by=call.by, owner=call.owner, year=year, now=call.now, **said))
    except NotOverError:
        raise Problem(NOT_OVER) from None
    except LockedError:
        raise Problem(FILED) from None
    except UnseenError:
        raise Problem(UNSEEN) from None
    except NotYetError:
        raise Problem(NOT_YET, headers=AGAIN) from None


@api("DELETE", scope="write")
def take_back(call: Call) -> None:
    """Take the mark away. What was filed stays on record."""
    if not locking.take_back(by=call.by, owner=call.owner, year=checked(call.owner, call.path["year"]), now=call.now):
        raise Http404


# --- 1099-DA ------------------------------------------------------------------------------------------------------

PAIR_STATES = [(each.value, each.value) for each in State]
VERDICT_CHOICES = [("", "Open"), *VERDICTS.items()]


class BrokerLineShape(Shape):
    id = serializers.CharField()
    file = serializers.CharField(help_text="The form it came with: `tax/1099da/{form}/`.")
    number = serializers.IntegerField()
    broker = serializers.CharField(allow_blank=True)
    wallet = serializers.CharField(allow_null=True)
    asset = serializers.CharField()
    amount = ExactDecimal(allow_null=True)
    acquired = serializers.DateField(allow_null=True)
    sold = serializers.DateField()
    proceeds = ExactDecimal()
    cost = ExactDecimal(allow_null=True)
    covered = serializers.BooleanField(allow_null=True, help_text="Whether the cost went to the IRS.")

    example = {
        "id": ID,
        "file": ID,
        "number": 2,
        "broker": "",
        "wallet": None,
        "asset": "BTC",
        "amount": "0.5",
        "acquired": "2024-02-01",
        "sold": "2025-06-01",
        "proceeds": "20000",
        "cost": "15000",
        "covered": True,
    }

    def to_representation(self, instance: BrokerLine) -> Any:
        return super().to_representation(self.facts(instance))

    def facts(self, instance: BrokerLine) -> dict[str, Any]:
        names = ("number", "broker", "asset", "amount", "acquired", "sold", "proceeds", "cost", "covered")
        wallet = str(instance.wallet_id) if instance.wallet_id else None
        told = {"id": str(instance.pk), "file": str(instance.file), "wallet": wallet}
        return {**told, **{name: getattr(instance, name) for name in names}}


class OursShape(Shape):
    transaction = serializers.CharField()
    wallet = serializers.CharField()
    asset = serializers.CharField()
    day = serializers.DateField()
    amount = ExactDecimal()
    proceeds = ExactDecimal()
    cost = ExactDecimal()

    example = {
        "transaction": ID,
        "wallet": ID,
        "asset": "BTC",
        "day": "2025-06-01",
        "amount": "0.5",
        "proceeds": "20000",
        "cost": "15000",
    }


class BrokerPairShape(Shape):
    state = Choice(PAIR_STATES)
    differences = Texts(help_text="proceeds, cost, date, amount.")
    verdict = Choice(VERDICT_CHOICES, allow_blank=True)
    theirs = BrokerLineShape(many=True, help_text="A broker may tell one sale in several lines.")
    ours = OursShape(allow_null=True)

    example = {
        "state": "matched",
        "differences": [],
        "verdict": "",
        "theirs": [BrokerLineShape.example],
        "ours": OursShape.example,
    }

    def to_representation(self, instance: Pair) -> Any:
        names = ("state", "differences", "verdict", "theirs", "ours")
        return super().to_representation({name: getattr(instance, name) for name in names})


class PairFilters(Shape):
    state = Choice(PAIR_STATES, required=False)

    example = {"state": "differs"}


class NewForm(Shape):
    """`mapping`, as JSON: which column is what, where headings do not tell."""

    file = serializers.FileField()
    wallet = Text(required=False, max_length=40, help_text="Whose sales it tells of. Left out: of all.")
    mapping = Words(required=False, help_text=f"Role to column. Roles: {', '.join(ROLES)}.")

    example = {"file": "(the bytes)", "mapping": {"asset": "Coin", "sold": "When", "proceeds": "USD"}}


class BroughtShape(Shape):
    file = serializers.CharField(help_text="The form, as `tax/{year}/1099da/forms/` lists it.")
    lines = serializers.IntegerField()
    other_years = serializers.IntegerField(help_text="Lines of other years, which were left out.")

    example = {"file": ID, "lines": 12, "other_years": 0}


class Settled(Shape):
    lines = Texts(max_length=MOST, help_text="Ids of lines.")
    verdict = Choice(VERDICT_CHOICES, allow_blank=True)

    example = {"lines": [ID], "verdict": "mine"}


class SettledShape(Shape):
    lines = serializers.IntegerField(help_text="So many were settled.")

    example = {"lines": 1}


@api("GET", scope="read", query=PairFilters, gives=BrokerPairShape, whole=True, statuses=STATUSES)
def reconciled(call: Call) -> Any:
    """What brokers reported beside what stands here, line by line."""
    year, read = checked(call.owner, call.path["year"]), asking.standing(call.owner, now=call.now).reckoning
    if read is None:
        return Response({"results": [], "next": None}, status=202, headers=AGAIN)
    pairs = broker_lines.reconcile(read, year)
    return [pair for pair in pairs if pair.state == call.query.get("state", pair.state)]


@api("POST", scope="write", takes=NewForm, upload=True, gives=BroughtShape, status=201, limit="files")
def bring(call: Call) -> Brought:
    """Bring the table that goes with a Form 1099-DA. All its lines of this year are taken, or none."""
    year, sent = checked(call.owner, call.path["year"]), call.data["file"]
    if sent.size > LARGEST:
        raise invalid("file", "too_large", TOO_LARGE)
    wallet = wallet_named(call.owner, call.data["wallet"]) if call.data.get("wallet") else None
    mapping = call.data.get("mapping")
    try:
        return broker_lines.bring(
            by=call.by, owner=call.owner, year=year, stream=sent, name=sent.name, wallet=wallet, mapping=mapping,
            now=call.now,
        )  # fmt: skip
    except BadFormError as error:
        raise invalid("mapping" if error.columns else "file", "invalid", error.words) from None
    except Refused as error:
        raise invalid("file", error.code, error.words) from None


@api("PATCH", scope="write", takes=Settled, gives=SettledShape)
def settle(call: Call) -> dict[str, int]:
    """Say what holds for some lines; an empty verdict leaves them open."""
    year = checked(call.owner, call.path["year"])
    missing = {"lines", "verdict"} - set(call.data)
    if missing:
        raise invalid(min(missing), "required", "This is needed.")
    mine = {str(pk) for pk in broker_lines.lines_of(call.owner, year).values_list("pk", flat=True)}
    lines = call.data["lines"]
    if not set(lines) <= mine:
        raise invalid("lines", "not_found", "Not all of these are lines of yours in that year.")
    number = broker_lines.settle(
        by=call.by, owner=call.owner, year=year, lines=lines, verdict=call.data["verdict"], now=call.now
    )
    return {"lines": number}


@api("DELETE", scope="write")
def forget(call: Call) -> None:
    """Delete all lines of the year, and how they were settled."""
    broker_lines.forget(by=call.by, owner=call.owner, year=checked(call.owner, call.path["year"]), now=call.now)
