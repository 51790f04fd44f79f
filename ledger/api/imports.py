"""`imports/` and `import-templates/`: a file is sent, looked at, asked about, taken in, taken back."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.frame import Call, api, read_at, require_unchanged
from config.api.bodies import loads
from config.api.fields import Choice, Shape, Text, UtcTime, in_utc
from config.api.problem import Problem, invalid, kind
from ledger import filed_years, import_hours, importing
from ledger.api.shapes import ID, KINDS, AmountShape, FiledYears
from ledger.importing import BadAnswerError, ManyWaitingError, NotNowError
from ledger.mine import import_of, template_of
from ledger.models import ImportFile, ImportRow, ImportTemplate
from wallets.mine import wallet_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.models import QuerySet

NOT_NOW = kind(
    "import_not_now", 409, "The import has gone on", "Read it again: its state says what can be done with it now."
)
MANY_WAITING = kind(
    "files_waiting", 409, "Many files wait to be taken in", "Commit them, or give them up, and send this one again."
)
FILE = read_at("ledger_api:imports-one")
STATES = [(each.value, each.value) for each in ImportFile.State]
ROW_STATES = [(each.value, each.value) for each in ImportRow.State]
TEMPLATE = {"date": "When", "amount": "How much", "currency": "Of what"}


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class Words(serializers.Field[Any, Any, Any, Any]):
    """An object of texts; in a form with a file, as JSON."""

    default_error_messages = {"invalid": "This is an object of texts."}

    def to_internal_value(self, data: Any) -> dict[str, str]:
        found = self._loaded(data) if isinstance(data, str) else data
        if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
            self.fail("invalid")
        return found

    def _loaded(self, text: str) -> Any:
        try:
            return loads(text.encode())
        except Problem:
            self.fail("invalid")

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "object", "additionalProperties": {}})
class MappingField(Words):
    """Which column is what; `kinds`: what each value of the column `type` is."""

    default_error_messages = {"invalid": "This is an object of column names, with an object of kinds if any."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        found = self._loaded(data) if isinstance(data, str) else data
        if not isinstance(found, dict):
            self.fail("invalid")
        kinds = found.get("kinds", {})
        if not isinstance(kinds, dict) or not all(isinstance(each, str) for each in kinds.values()):
            self.fail("invalid")
        roles = {name: value for name, value in found.items() if name != "kinds"}
        if not all(isinstance(each, str) for each in roles.values()):
            self.fail("invalid")
        return {**roles, **({"kinds": sorted(kinds.items())} if kinds else {})}

    def to_representation(self, value: Any) -> Any:
        return None if value is None else {**value, **({"kinds": dict(value["kinds"])} if "kinds" in value else {})}


class ImportChoiceShape(Shape):
    value = serializers.CharField()
    words = serializers.CharField()


class ImportSampleShape(Shape):
    number = serializers.IntegerField()
    text = serializers.CharField()


class ImportQuestionShape(Shape):
    name = serializers.CharField(help_text="`wallet`, `mapping`, or the option that answers it.")
    title = serializers.CharField()
    why = serializers.CharField()
    choices = ImportChoiceShape(many=True, help_text="None: any value of its kind.")
    samples = ImportSampleShape(many=True, help_text="Lines of the file that leave it open.")


class ImportNoteShape(Shape):
    code = serializers.CharField()
    words = serializers.CharField()


class ImportCountsShape(Shape):
    new = serializers.IntegerField()
    duplicate = serializers.IntegerField()
    skipped = serializers.IntegerField()
    failed = serializers.IntegerField()


BESIDE = ("mapping", "wallet")
OPTIONS_TOLD = (
    "`zone`, `order` (dmy, mdy, ymd), `decimal`, `base`, `direction`, and `place`: which wallet's lines, of a file that"
    " tells of several."
)
UNSAID = {"guess", "span", import_hours.ASKED}  # what is kept among a file's options and is no answer of its owner's
CALLED = {"wallet": "place"}  # what is kept under another name than the one by which it is asked for and answered
AS_KEPT = (
    "id", "state", "name", "questions", "notes", "columns", "mapping", "done_rows", "all_rows", "code", "words",
    "created_at", "committed_at", "undone_at",
)  # fmt: skip


class ImportShape(Shape):
    id = serializers.CharField()
    state = Choice(STATES)
    name = serializers.CharField()
    format = serializers.CharField(help_text="What it was recognised as; empty: nothing known here.")
    wallet = serializers.CharField(allow_null=True)
    counts = ImportCountsShape(allow_null=True, help_text="Null until every line was looked at.")
    questions = ImportQuestionShape(many=True)
    notes = ImportNoteShape(many=True)
    columns = serializers.ListField(child=serializers.CharField())
    mapping = MappingField(allow_null=True)
    options = Words()
    done_rows = serializers.IntegerField(help_text="Of the step under way.")
    all_rows = serializers.IntegerField(allow_null=True)
    code = serializers.CharField(help_text="Why it was refused.", allow_blank=True)
    words = serializers.CharField(help_text="The same, for people.", allow_blank=True)
    created_at = UtcTime()
    committed_at = UtcTime(allow_null=True)
    undone_at = UtcTime(allow_null=True)

    example = {
        "id": ID,
        "state": "preview",
        "name": "ledgers.csv",
        "format": "kraken_ledgers",
        "wallet": ID,
        "counts": {"new": 2, "duplicate": 0, "skipped": 0, "failed": 1},
        "questions": [],
        "notes": [],
        "columns": ["txid", "refid", "time"],
        "mapping": None,
        "options": {},
        "done_rows": 3,
        "all_rows": 3,
        "code": "",
        "words": "",
        "created_at": "2026-03-01T12:30:00Z",
        "committed_at": None,
        "undone_at": None,
    }

    def to_representation(self, instance: ImportFile) -> Any:
        return super().to_representation(self.facts(instance))

    def facts(self, instance: ImportFile) -> dict[str, Any]:
        counts = {state: instance.counts.get(state, 0) for state, _ in ROW_STATES} if instance.counts else None
        return {
            **{name: getattr(instance, name) for name in AS_KEPT},
            "format": instance.formats[0]["name"] if instance.formats else "",
            "wallet": str(instance.wallet_id) if instance.wallet_id else None,
            "counts": counts,
            "options": {
                CALLED.get(name, name): value for name, value in instance.options.items() if name not in UNSAID
            },
        }


class OneImportShape(ImportShape):
    filed_years = FiledYears()

    example = {**ImportShape.example, "filed_years": [2024]}

    def facts(self, instance: ImportFile) -> dict[str, Any]:
        touch = filed_years.touched_between(instance.owner, *importing.span(instance))
        return {**super().facts(instance), "filed_years": touch.numbers}


class NewImport(Shape):
    """What is sent beside the file is JSON where it is not text."""

    file = serializers.FileField(allow_empty_file=True)
    wallet = Text(required=False, max_length=40, help_text="Its id. Without one it is asked.")
    mapping = MappingField(required=False, help_text="Which column is what, as JSON.")
    options = Words(required=False, help_text=f"Answers to what would be asked, as JSON. {OPTIONS_TOLD}")

    example = {"file": "(the bytes)", "options": {"zone": "UTC"}}


class ImportAnswersShape(Shape):
    wallet = Text(required=False, max_length=40, help_text="Its id, or `new`.")
    mapping = MappingField(required=False, allow_null=True)
    options = Words(required=False, help_text=OPTIONS_TOLD)

    example = {"wallet": "new", "options": {"zone": "Europe/Vienna", "order": "dmy"}}


class BecomesShape(Shape):
    kind = Choice(KINDS)
    occurred_at = UtcTime()
    sent = AmountShape(allow_null=True)
    received = AmountShape(allow_null=True)
    fee = AmountShape(allow_null=True, help_text="Below nought: it was given back.")


def becomes(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """As a transaction has it; what moves more than one has is several."""
    moved = {side: [leg for leg in told["legs"] if side_of(leg) == side] for side in ("sent", "received", "fee")}
    for sides in zip_longest(*moved.values()):
        legs = dict(zip(moved, map(amount_of, sides), strict=True))
        yield {"kind": told["kind"], "occurred_at": in_utc(datetime.fromisoformat(told["at"])), **legs}


def side_of(leg: Mapping[str, Any]) -> str:
    return "fee" if leg["fee"] else "sent" if leg["amount"].startswith("-") else "received"


def amount_of(leg: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Without the sign of what left: its side tells that."""
    if leg is None:
        return None
    amount = leg["amount"]
    given_back = leg["fee"] and not amount.startswith("-")
    return {"amount": f"-{amount}" if given_back else amount.removeprefix("-"), "asset": leg["asset"]}


class ImportRowShape(Shape):
    row_number = serializers.IntegerField()
    state = Choice(ROW_STATES)
    column = serializers.CharField(help_text="Of the fault, if it is in one.")
    reason = serializers.CharField()
    original = serializers.CharField(help_text="The line, at most 2,000 characters of it.")
    would_become = BecomesShape(many=True, help_text="What it tells, in the words of transactions.")
    same_as = serializers.CharField(allow_null=True, help_text="The transaction that tells the same.")

    example = {
        "row_number": 2,
        "state": "new",
        "column": "",
        "reason": "",
        "original": "L1A,T1,2026-03-01 12:30:00,trade,,currency,XXBT,0.5,0,0.5",
        "would_become": [
            {
                "kind": "trade",
                "occurred_at": "2026-03-01T12:30:00Z",
                "sent": None,
                "received": {"amount": "0.5", "asset": "BTC"},
                "fee": None,
            }
        ],
        "same_as": None,
    }

    def to_representation(self, instance: ImportRow) -> Any:
        return {
            "row_number": instance.number,
            "state": instance.state,
            "column": instance.column,
            "reason": instance.reason,
            "original": instance.original,
            "would_become": [each for told in instance.told for each in becomes(told)],
            "same_as": str(instance.same_as) if instance.same_as else None,
        }


class RowFilters(Shape):
    state = Choice(ROW_STATES, required=False)

    example = {"state": "failed"}


@contextmanager
def refusals_told() -> Iterator[None]:
    try:
        yield
    except BadAnswerError as error:
        field = error.name if error.name in {"wallet", "mapping"} else f"options.{error.name}"
        raise invalid(field, "invalid", error.words) from None
    except NotNowError:
        raise Problem(NOT_NOW) from None
    except ManyWaitingError:
        raise Problem(MANY_WAITING) from None


def answers_of(data: dict[str, Any]) -> dict[str, Any]:
    found = {name: data[name] for name in BESIDE if name in data}
    options = data.get("options", {})
    for name in BESIDE:
        if name in options:
            raise invalid(f"options.{name}", "invalid", f"Send `{name}` beside `options`.")
    return {**options, **found}


@api("GET", scope="read", gives=ImportShape, order=("-created_at", "-id"))
def index(call: Call) -> QuerySet[ImportFile]:
    """Every file that was brought, newest first."""
    return ImportFile.objects.for_user(call.owner)


@api(
    "POST",
    scope="write",
    takes=NewImport,
    upload=True,
    gives=OneImportShape,
    status=202,
    polled=FILE,
    limit="files",
    problems=(MANY_WAITING,),
)
def create(call: Call) -> ImportFile:
    """Bring a file; nothing of it counts until it is committed.

    Poll the answer's `id` until `state` is `preview`, `questions` or `refused`.
    """
    sent = call.data["file"]
    answers = answers_of(call.data)
    wallet = wanted(call, answers.pop("wallet", ""))
    with refusals_told():
        return importing.receive(
            by=call.by, owner=call.owner, stream=sent, name=sent.name, wallet=wallet, answers=answers, now=call.now
        )


def wanted(call: Call, text: str) -> Any:
    try:
        return wallet_of(call.owner, UUID(text)) if text else None
    except (ValueError, Http404):
        raise invalid("wallet", "not_found", "There is no such wallet.") from None


@api("GET", scope="read", gives=OneImportShape)
def show(call: Call) -> ImportFile:
    """One file, and how far it has come."""
    return mine(call)


def mine(call: Call) -> ImportFile:
    return import_of(call.owner, call.path["file_id"])


def _held(call: Call) -> ImportFile:
    """As it is now that it is our turn; with If-Match, as it was read."""
    file = import_of(call.owner, call.path["file_id"], held=True)
    require_unchanged(call, OneImportShape, file)
    return file


@api(
    "PATCH",
    scope="write",
    takes=ImportAnswersShape,
    gives=OneImportShape,
    status=202,
    polled=FILE,
    conditional=True,
    problems=(NOT_NOW,),
)
def answer(call: Call) -> ImportFile:
    """Answer what is asked, or say otherwise while nothing counts, such as another wallet; the file is read again."""
    with refusals_told():
        return importing.answer(owner=call.owner, file=_held(call), answers=answers_of(call.data), now=call.now)


@api("DELETE", scope="write", conditional=True, problems=(NOT_NOW,))
def discard(call: Call) -> None:
    """Give up one that was not committed."""
    with refusals_told():
        importing.discard(file=_held(call))


@api("GET", scope="read", query=RowFilters, gives=ImportRowShape, order=("number",))
def rows(call: Call) -> QuerySet[ImportRow]:
    """Its lines in their order, and what each would become."""
    found = ImportRow.objects.filter(file=mine(call)).defer("raw")
    return found.filter(state=call.query["state"]) if "state" in call.query else found


@api("POST", scope="write", gives=OneImportShape, status=202, polled=FILE, problems=(NOT_NOW,))
def commit(call: Call) -> ImportFile:
    """Take it in: all of it, or nothing."""
    with refusals_told():
        return importing.commit(by=call.by, file=mine(call), now=call.now)


@api("POST", scope="write", gives=OneImportShape, status=202, polled=FILE, problems=(NOT_NOW,))
def undo(call: Call) -> ImportFile:
    """Take it back, exactly."""
    with refusals_told():
        return importing.undo(by=call.by, file=mine(call), now=call.now)


# --- templates --------------------------------------------------------------------------------------------------------


class ImportTemplateShape(Shape):
    id = serializers.CharField()
    name = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    mapping = MappingField()
    options = Words()
    created_at = UtcTime()

    example = {
        "id": ID,
        "name": "My own list",
        "columns": ["When", "How much", "Of what"],
        "mapping": TEMPLATE,
        "options": {"order": "dmy"},
        "created_at": "2026-03-01T12:30:00Z",
    }


class NewTemplate(Shape):
    file = Text(max_length=40, help_text="The id of an import whose columns were mapped.")
    name = Text(max_length=80)

    example = {"file": ID, "name": "My own list"}


@api("GET", scope="read", gives=ImportTemplateShape, order=("-created_at", "-id"))
def templates(call: Call) -> QuerySet[ImportTemplate]:
    """How you read files that nobody knows; the same columns are read the same way."""
    return ImportTemplate.objects.filter(owner=call.owner)


@api("POST", scope="write", takes=NewTemplate, gives=ImportTemplateShape, status=201, problems=(NOT_NOW,))
def keep(call: Call) -> ImportTemplate:
    """Keep the mapping of an import."""
    try:
        file = import_of(call.owner, UUID(call.data["file"]))
    except (ValueError, Http404):
        raise invalid("file", "no_such_import", "There is no such import.") from None
    with refusals_told():
        return importing.save_template(owner=call.owner, file=file, name=call.data["name"], now=call.now)


class TemplateWish(Shape):
    name = Text(max_length=80)
    mapping = MappingField(help_text="In place of all that was said of columns before.")
    options = Words(help_text="In place of all of them: `zone`, `order`, `decimal`, `base`, `direction`.")

    example = {"name": "My own list", "mapping": TEMPLATE, "options": {"order": "dmy"}}


@api("GET", scope="read", gives=ImportTemplateShape)
def template(call: Call) -> ImportTemplate:
    """Read one."""
    return template_of(call.owner, call.path["template_id"])


def _held_template(call: Call) -> ImportTemplate:
    found = template_of(call.owner, call.path["template_id"], held=True)
    require_unchanged(call, ImportTemplateShape, found)
    return found


@api("PATCH", scope="write", takes=TemplateWish, gives=ImportTemplateShape, conditional=True)
def change_template(call: Call) -> ImportTemplate:
    """Change its name, or how such files are read from now on. What was imported by it stays as it is."""
    if strangers := [name for name in BESIDE if name in call.data.get("options", {})]:
        raise invalid(f"options.{strangers[0]}", "invalid", "There is no such question.")
    with refusals_told():
        return importing.change_template(_held_template(call), call.data)


@api("DELETE", scope="write", conditional=True)
def forget(call: Call) -> None:
    """Forget one. What was imported by it stays."""
    _held_template(call).delete()
