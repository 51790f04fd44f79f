"""Words that an owner wrote in another program and brings along: they become edits, beside what is here already."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from accounts.audit import Actor, ActorKind
from ledger import edits
from ledger.fields import BadFieldError, clean
from ledger.models import Edit, ImportRow, Transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ledger.models import ImportFile

TRUE = {"true", "yes", "1"}


def say(file: ImportFile, *, now: datetime) -> None:
    """Where the owner has not said it here."""
    told = dict(told_rows(file))
    if not told:
        return
    named = {}
    for each in Transaction.objects.filter(wallet=file.wallet_id, rows__overlap=list(told)):
        named[each.pk] = {name: value for row in each.rows for name, value in told.get(row, {}).items()}
    held = edits.hold(file.owner, list(named))
    words = {
        each.pk: [
            change
            for change in edits.changes_of(each, readable(named[each.pk]))
            if change.mine and change.field not in each.mine
        ]
        for each in held
    }
    edits.write(edits.Pen(actor(file), file.owner, Edit.Move.SAY, file.pk, now), held, words)


def told_rows(file: ImportFile) -> list[tuple[int, dict[str, str]]]:
    lines = ImportRow.objects.filter(file=file, row__isnull=False).exclude(edits={})
    return list(lines.values_list("row_id", "edits"))


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
    return text[: {"category": 40, "note": 4000}.get(name, 4000)]


def take_back(file: ImportFile, *, now: datetime) -> None:
    """With the import: as far as the owner has not said otherwise since."""
    brought = Edit.objects.filter(act=file.pk, owner=file.owner).values_list("key_id", "field")
    held = list(Transaction.objects.filter(pk__in={key for key, _ in brought}).select_related("wallet"))
    words = {}
    for each in held:
        latest = {edit.field: edit.act for edit in Edit.objects.of([each.pk])}
        words[each.pk] = [edits.given_up(name) for name, act in latest.items() if act == file.pk]
    edits.write(edits.Pen(actor(file), file.owner, Edit.Move.SAY, uuid.uuid4(), now), held, words)


def actor(file: ImportFile) -> Actor:
    return Actor(ActorKind.SYSTEM, label=f"Import of {file.name}"[:120])
