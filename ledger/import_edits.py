"""Words that an owner wrote in another program and brings along: they become edits, beside what is here already."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from accounts.audit import Actor, ActorKind
from ledger import edits
from ledger.fields import BadFieldError, clean
from ledger.import_keeping import run
from ledger.models import Edit, ImportRow, Transaction
from ledger.overlay import UNITS
from ledger.parts import as_json, fetched

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ledger.models import ImportFile
    from ledger.overlay import History

TRUE = {"true", "yes", "1"}
AT_ONCE = 1000  # transactions


STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS brought_words (
        id uuid NOT NULL, row_id bigint NOT NULL, number integer NOT NULL, edits jsonb NOT NULL
    ) ON COMMIT DELETE ROWS
"""
SAID = """
    INSERT INTO brought_words (id, row_id, number, edits)
    SELECT told.id, line.row_id, line.number, line.edits
    FROM ledger_importrow AS line
    JOIN (SELECT id, unnest(rows) AS row_id FROM ledger_transaction WHERE wallet_id = %(wallet)s) AS told
    ON told.row_id = line.row_id
    WHERE line.file_id = %(file)s AND line.row_id IS NOT NULL AND line.edits <> '{}'
"""
SOME = """
    SELECT id, edits FROM brought_words
    WHERE id IN (SELECT DISTINCT id FROM brought_words WHERE id > %s ORDER BY id LIMIT %s)
    ORDER BY id, row_id, number
"""


def say(file: ImportFile, *, now: datetime) -> None:
    """Where the owner has not said it here."""
    if not ImportRow.objects.filter(file=file, row__isnull=False).exclude(edits={}).exists():
        return
    for named in told_words(file):
        held = edits.hold(file.owner, list(named))
        between = edits.Between(file.owner, held)
        words = {each.pk: changes(each, named[each.pk], between) for each in held}
        edits.write(edits.Pen(actor(file), file.owner, Edit.Move.SAY, file.pk, now), held, words)


def changes(each: Transaction, told: Mapping[str, str], between: edits.Between) -> list[edits.Change]:
    """What its owner had not decided there is to be decided here."""
    fresh = [
        change
        for change in edits.changes_of(each, readable(told), between)
        if change.mine and change.field not in each.mine
    ]
    against = as_json(told.get("conflicts", "{}"))
    return [replace(change, seen=against[change.field]) if change.field in against else change for change in fresh]


def told_words(file: ImportFile) -> Iterator[dict[UUID, dict[str, str]]]:
    """By the transactions that the lines became, some at a time."""
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        cursor.execute("CREATE INDEX IF NOT EXISTS brought_words_in_turn ON brought_words (id)")
        run(SAID, {"wallet": file.wallet_id, "file": file.pk}, cursor)
        last = UUID(int=0)
        while found := fetched(SOME, [last, AT_ONCE]):
            named: dict[UUID, dict[str, str]] = {}
            for name, told in found:
                named.setdefault(name, {}).update(as_json(told))
            yield named
            last = found[-1][0]
        cursor.execute("TRUNCATE brought_words")


def readable(told: Mapping[str, str]) -> dict[str, Any]:
    """As our own fields have them. What cannot be taken stays in the row, where it can be read."""
    found: dict[str, Any] = {}
    for name, text in told.items():
        try:
            found[name] = clean(name, as_field(name, text))
        except BadFieldError:
            continue
    return found


def as_field(name: str, text: str) -> Any:
    if name == "tags":
        return [tag.strip()[:40] for tag in text.split(",") if tag.strip()][:20]
    if name == "ignored":
        return text.casefold() in TRUE
    if name in UNITS:
        return json.loads(text)
    return text[: {"category": 40, "note": 4000}.get(name, 4000)]


def take_back(file: ImportFile, *, now: datetime) -> None:
    """With the import: as far as the owner has not said otherwise since."""
    pen = edits.Pen(actor(file), file.owner, Edit.Move.SAY, uuid.uuid4(), now)
    brought = Edit.objects.filter(act=file.pk, owner=file.owner).order_by("key")
    keys = brought.values_list("key", flat=True).distinct()
    last = UUID(int=0)
    while some := list(keys.filter(key__gt=last)[:AT_ONCE]):
        held = list(Transaction.objects.filter(pk__in=some).select_related("wallet"))
        edits.write(pen, held, given_up(held, file))
        last = some[-1]


def given_up(held: Sequence[Transaction], file: ImportFile) -> dict[UUID, list[edits.Change]]:
    """Of each the fields in which this file's word holds, whatever was said and taken back in between."""
    return {
        key: [edits.given_up(name) for name, act in holding(past).items() if act == file.pk]
        for key, past in edits.histories_of([each.pk for each in held]).items()
    }


def holding(past: History) -> dict[str, UUID]:
    """By field the act whose word it has."""
    return {name: act.id for act in past.done for name in act.changes if name in past.words}


def actor(file: ImportFile) -> Actor:
    return Actor(ActorKind.SYSTEM, label=f"Import of {file.name}"[:120])
