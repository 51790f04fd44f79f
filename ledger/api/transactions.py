"""`transactions/`: listed, read, written down by hand, edited, taken back, decided, hidden, and many at once."""

from __future__ import annotations

import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from accounts.api.frame import Call, api, read_at, require_unchanged
from config.api.fields import Choice, Shape, Text, Texts, Truth
from config.api.problem import Problem
from ledger import bulk, edits, handmade, listing
from ledger.api.problems import NOTHING_TO_DO, TOO_MANY, refusals_told, unless_treasure, wallet_named
from ledger.api.shapes import ID, KINDS, FiledYears, TransactionFields, TransactionLine, TransactionShape
from ledger.ids import id_of
from ledger.mine import transaction_of
from ledger.models import BulkEdit
from ledger.overlay import FIELDS
from ledger.views_imports import table_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import StreamingHttpResponse

    from ledger.listing import Filters, Wallets
    from ledger.models import Transaction

ACT = read_at("ledger_api:transactions-bulk-one", "act")
DAY = "A day of your own clock, such as 2026-03-01, or a time with its zone."


class TransactionFilters(Shape):
    wallet = Text(max_length=40, required=False)
    asset = Text(max_length=64, required=False, help_text="Sent, received, or taken as a fee.")
    kind = Choice(KINDS, required=False)
    category = Text(max_length=40, required=False)
    q = Text(
        max_length=listing.LONGEST_SEARCH,
        required=False,
        help_text="Beginnings of words of note, category, tags, hash or address; all of them.",
    )
    needs_attention = Choice(
        [("true", "true")], required=False, help_text="Only those with conflicts or unknown assets."
    )
    ignored = Choice(
        [(each, each) for each in listing.IGNORED], required=False, help_text="Left out: ignored ones are hidden."
    )

    example = {"kind": "reward", "from": "2026-01-01"}

    def get_fields(self) -> dict[str, Any]:
        return {
            **super().get_fields(),
            "from": Text(max_length=40, required=False, help_text=DAY),
            "to": Text(max_length=40, required=False, help_text=f"{DAY} A day is included, a time is not."),
        }


def chosen(call: Call, said: dict[str, str], wallets: Wallets, place: str = "") -> Filters:
    with refusals_told(place):
        return listing.filters_of(call.owner, said, wallets)


def one(call: Call) -> Transaction:
    return transaction_of(call.owner, call.path["transaction_id"])


@api("GET", scope="read", query=TransactionFilters, gives=TransactionLine, order=listing.NEWEST_FIRST)
def index(call: Call) -> Any:
    """List your transactions, the newest first.

    Those of a wallet in the bin are not among them, nor are ignored ones unless they are asked for.
    """
    if not call.query:
        return listing.Newest(call.owner)
    wallets = listing.wallets_of(call.owner)
    return listing.shown(call.owner, chosen(call, call.query, wallets), wallets)


@api("GET", scope="read", gives=TransactionShape)
def show(call: Call) -> Transaction:
    """Read one transaction: as it holds, as the sources tell it, your edits, and the rows it is made of.

    A former id answers too, with the transaction that it became a part of.
    """
    return one(call)


@api("GET", scope="read", query=TransactionFilters, files=("text/csv",))
def file(call: Call) -> StreamingHttpResponse:
    """Download them as one table, which Holdfast reads back: `imports/` takes it, into another account as well.

    With what is ignored, marked so, unless `ignored` is asked for. No cell of it is a formula.
    """
    wallets = listing.wallets_of(call.owner)
    return table_of(call.owner, chosen(call, {"ignored": listing.SHOWN, **call.query}, wallets), wallets)


# --- writing down, editing, hiding ---------------------------------------------------------------------------------


class TransactionWish(TransactionFields):
    wallet = Text(max_length=40)

    example = {
        "wallet": ID,
        "kind": "gift",
        "occurred_at": "2026-03-01T12:30:00Z",
        "received": {"amount": "0.5", "asset": "BTC"},
        "note": "from an aunt",
    }

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name, field in fields.items():
            field.required = name in {"wallet", "kind", "occurred_at"}
        return fields


@api("POST", scope="write", takes=TransactionWish, gives=TransactionShape, status=201)
def create(call: Call) -> Transaction | Problem:
    """Write a transaction down by hand, in any wallet of yours."""
    wallet = wallet_named(call.owner, call.data["wallet"])
    fields = {name: call.data[name] for name in FIELDS if name in call.data}
    with refusals_told():
        return unless_treasure(  # type: ignore[no-any-return] # what the verb answers
            partial(handmade.add, by=call.by, wallet=wallet, fields=fields, now=call.now), field="note"
        )


class TransactionChange(TransactionFields):
    example = {"note": "for the savings plan", "tags": ["savings"]}


@api("PATCH", scope="write", takes=TransactionChange, gives=TransactionShape, conditional=True)
def change(call: Call) -> Transaction | Problem:
    """Edit any effective field. What the sources say stays beside it; `reset/` brings it back."""
    with refusals_told():
        each = _held(call)
        done = unless_treasure(
            partial(edits.edit, by=call.by, owner=call.owner, ids=[each.pk], changes=dict(call.data), now=call.now),
            field="note",
        )
    return done if isinstance(done, Problem) else one(call)


@api("DELETE", scope="write", conditional=True)
def remove(call: Call) -> None:
    """Hide a transaction: it is ignored, and stays. One written by hand goes to the bin."""
    each = _held(call)
    handmade.put_away(by=call.by, each=each, now=call.now)


def _held(call: Call) -> Transaction:
    """As it is now that it is our turn; with If-Match, as it was read."""
    each = one(call)
    edits.hold(call.owner, [each.pk])
    each = one(call)
    require_unchanged(call, TransactionShape, each)
    return each


# --- taking back and deciding --------------------------------------------------------------------------------------


class ResetWish(Shape):
    field = Choice([(name, name) for name in FIELDS], required=False, help_text="Left out: all of them.")

    example = {"field": "note"}


@api("POST", scope="write", takes=ResetWish, gives=TransactionShape, conditional=True)
def reset(call: Call) -> Transaction:
    """Let what the sources say hold again, in one field or in all."""
    each = _held(call)
    fields = [call.data["field"]] if "field" in call.data else FIELDS
    edits.reset(by=call.by, owner=call.owner, ids=[each.pk], fields=fields, now=call.now)
    return one(call)


class UndoWish(Shape):
    everywhere = Truth(required=False, help_text="Wherever it was done at once, as by `bulk/`. Left out: here only.")

    example = {"everywhere": False}


@api("POST", scope="write", takes=UndoWish, gives=TransactionShape, conditional=True, problems=(NOTHING_TO_DO,))
def undo(call: Call) -> Transaction:
    """Take back what was last said about it. Nothing is lost: `redo/` says it again."""
    return _moved(call, edits.Move.UNDO)


@api("POST", scope="write", takes=UndoWish, gives=TransactionShape, conditional=True, problems=(NOTHING_TO_DO,))
def redo(call: Call) -> Transaction:
    """Say again what was last taken back."""
    return _moved(call, edits.Move.REDO)


def _moved(call: Call, move: edits.Move) -> Transaction:
    each, facts = _held(call), {"by": call.by, "owner": call.owner, "now": call.now}
    with refusals_told():
        if not call.data.get("everywhere"):
            HERE[move](**facts, transaction_id=each.pk)
        elif last := edits.pasts_of([each.pk])[each.pk].last(move):
            if BulkEdit.objects.for_user(call.owner).filter(pk=last.id).exists():
                raise bulk.TooManyError
            EVERYWHERE[move](**facts, act=last.id)
        else:
            raise edits.NothingToDoError
    return one(call)


HERE: dict[str, Callable[..., Any]] = {edits.Move.UNDO: edits.undo, edits.Move.REDO: edits.redo}
EVERYWHERE: dict[str, Callable[..., Any]] = {edits.Move.UNDO: edits.undo_act, edits.Move.REDO: edits.redo_act}


class Resolution(Shape):
    field = Choice([(name, name) for name in FIELDS])
    keep = Choice([("mine", "mine"), ("source", "source")])

    example = {"field": "sent", "keep": "mine"}


@api("POST", scope="write", takes=Resolution, gives=TransactionShape, conditional=True, problems=(NOTHING_TO_DO,))
def resolve(call: Call) -> Transaction:
    """Decide a conflict: your word stands against what the source says now, or the source's holds."""
    each = _held(call)
    with refusals_told():
        edits.resolve(by=call.by, owner=call.owner, transaction_id=each.pk, now=call.now, **call.data)
    return one(call)


# --- many at once --------------------------------------------------------------------------------------------------


class BulkChanges(Shape):
    kind = Choice(KINDS, required=False)
    category = Text(max_length=40, allow_blank=True, required=False)
    tags = Texts(max_length=20, required=False, help_text="In place of those that are there.")
    more_tags = Texts(max_length=20, required=False, help_text="Beside those that are there.")
    ignored = Truth(required=False)


class BulkWish(Shape):
    ids = serializers.ListField(child=Text(max_length=40), max_length=bulk.MOST, required=False)
    filter = TransactionFilters(required=False, help_text="All that `transactions/` lists under it.")
    changes = BulkChanges()
    dry_run = Truth(required=False, help_text="Only say what would change.")

    example = {"filter": {"kind": "reward"}, "changes": {"category": "staking"}, "dry_run": True}

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in sent) == ("filter" in sent):
            raise serializers.ValidationError({"ids": ErrorDetail("Send ids or a filter, one of both.", "required")})
        return sent


class BulkAnswer(Shape):
    done = serializers.BooleanField(help_text="False: only looked at, or it goes on in the background.")
    count = serializers.IntegerField(help_text="So many change.")
    already = serializers.IntegerField(help_text="So many say so as it is.")
    first = TransactionLine(many=True, help_text="The first ten that change, as they were before.")
    act = serializers.CharField(allow_null=True, help_text="One act: see `transactions/bulk/{act}/`.")
    filed_years = FiledYears()

    example = {
        "done": False,
        "count": 12,
        "already": 3,
        "first": [TransactionLine.example],
        "act": None,
        "filed_years": [2024],
    }


@api(
    "POST",
    scope="write",
    takes=BulkWish,
    gives=BulkAnswer,
    problems=(TOO_MANY,),
    statuses={200: "Changed, or only looked at.", 202: "Begun: poll `transactions/bulk/{act}/`."},
    status_of=lambda answer: 202 if answer["act"] and not answer["done"] else 200,
    polled=ACT,
)
def many(call: Call) -> dict[str, Any] | Problem:
    """Change kind, category, tags or ignored of many transactions, as one act.

    Up to 2,000 are changed at once; more go on in the background. With `dry_run` nothing is changed, however many.
    """
    changes = dict(call.data["changes"])
    more_tags = changes.pop("more_tags", [])
    chosen_ones = _chosen(call)
    with refusals_told("changes"):
        seen = bulk.preview(call.owner, chosen_ones, changes, more_tags)
    act = None if call.data.get("dry_run") or not seen.count else uuid.uuid4()
    first = [*seen.first]
    if act:
        facts: dict[str, Any] = {"by": call.by, "owner": call.owner, "seen": seen, "act": act, "now": call.now}
        with refusals_told("changes"):
            said = partial(bulk.say, changes=changes, more_tags=more_tags, **facts)
            refused = unless_treasure(said, field="changes")
        if isinstance(refused, Problem):
            return refused
    done = act is not None and not seen.chosen.large
    facts = {"count": seen.count, "already": seen.already, "filed_years": seen.filed.numbers}
    return {"done": done, **facts, "first": first, "act": act}


def _chosen(call: Call) -> bulk.Chosen:
    with refusals_told("filter"):
        if "filter" in call.data:
            said = call.data["filter"]
            return bulk.matching(call.owner, chosen(call, said, listing.wallets_of(call.owner), "filter"), said)
        nothing = uuid.UUID(int=0)  # nobody has it
        return bulk.named(call.owner, [id_of(each) or nothing for each in call.data["ids"]])


class BulkState(Shape):
    act = serializers.CharField()
    state = Choice([(each, each) for each in ("under_way", "done", "failed")])
    move = Choice([(each, each) for each in edits.Move], help_text="What is done, or was done last, with all of it.")
    whole = serializers.IntegerField(help_text="Transactions that it was to change.")
    changed = serializers.IntegerField(help_text="Of them so far, by this move.")
    left_out = serializers.IntegerField(help_text="Could not take it: there would be too many tags.")

    example = {"act": ID, "state": "under_way", "move": "say", "whole": 41000, "changed": 12500, "left_out": 0}


@api("GET", scope="read", gives=BulkState)
def act(call: Call) -> dict[str, Any]:
    """Read how far one change of many transactions has come. What was changed at once is done."""
    act_id = call.path["act_id"]
    if many := _many(call):
        facts = {"state": many.state, "move": many.move, "changed": many.changed, "whole": many.whole}
        return {"act": act_id, "left_out": many.left_out, **facts}
    standing = edits.standing_of(call.owner, act_id)
    if standing is None:
        raise Http404
    move, changed, whole = standing
    return {"act": act_id, "state": "done", "move": move, "whole": whole, "changed": changed, "left_out": 0}


@api("POST", scope="write", gives=BulkState, status=202, polled=ACT, problems=(NOTHING_TO_DO,))
def undo_many(call: Call) -> dict[str, Any]:
    """Take one change of many back as a whole, also before its end: wherever nothing was said since."""
    return _turned(call, edits.Move.UNDO)


@api("POST", scope="write", gives=BulkState, status=202, polled=ACT, problems=(NOTHING_TO_DO,))
def redo_many(call: Call) -> dict[str, Any]:
    """Say again what was taken back as a whole."""
    return _turned(call, edits.Move.REDO)


def _turned(call: Call, move: edits.Move) -> dict[str, Any]:
    told = act.run(call)  # 404 where there is no such act
    with refusals_told():
        if many := _many(call):
            bulk.turn(by=call.by, many=many, move=move, now=call.now)
        else:
            EVERYWHERE[move](by=call.by, owner=call.owner, act=call.path["act_id"], now=call.now)
    return {**told, **act.run(call)}


def _many(call: Call) -> BulkEdit | None:
    return BulkEdit.objects.for_user(call.owner).filter(pk=call.path["act_id"]).first()
