"""`transfers/bulk/`: several suggestions accepted or turned down at once, and that taken back as one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.http import Http404
from rest_framework import serializers

from accounts.api.frame import Call, api
from config.api.fields import Choice, Shape, Text, Truth, UtcTime
from ledger import suggestions
from ledger.api.problems import NOTHING_TO_DO, refusals_told
from ledger.api.shapes import ID, FiledYears
from ledger.decisions import TRANSFERS, Kind
from ledger.ids import id_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.models import Proposal
    from ledger.suggestions import Batch, Refused

WORDS = [(each, each) for each in (Kind.LINKED, Kind.APART)]
CODES = [(each, each) for each in ("decided", "shared", "cannot_be")]


class SuggestionsWish(Shape):
    ids = serializers.ListField(
        child=Text(max_length=40),
        min_length=1,
        max_length=suggestions.MOST[TRANSFERS],
        help_text="Of those that `transfers/` lists as suggested.",
    )
    decision = Choice(WORDS, help_text="linked: each is one transfer. apart: none is, and none is suggested again.")
    dry_run = Truth(required=False, help_text="Only say what would be decided.")

    example = {"ids": [ID], "decision": "linked", "dry_run": True}


class RefusedSuggestion(Shape):
    id = serializers.CharField()
    code = Choice(
        CODES,
        help_text="decided: meanwhile, or it is gone. shared: another that was named has the same end. "
        "cannot_be: the words say why.",
    )
    words = serializers.CharField()

    example = {"id": ID, "code": "shared", "words": suggestions.SHARED}


class SuggestionsAnswer(Shape):
    done = serializers.BooleanField(help_text="False: only looked at, or there was nothing that could be decided.")
    decision = Choice(WORDS)
    count = serializers.IntegerField(help_text="So many are decided.")
    decided = serializers.ListField(child=serializers.CharField(), help_text="The suggestions that are.")
    refused = RefusedSuggestion(many=True, help_text="Those that are left as they are, and why.")
    batch = serializers.CharField(allow_null=True, help_text="All of it: see `transfers/bulk/{batch}/`.")
    filed_years = FiledYears()

    example = {
        "done": True,
        "decision": "linked",
        "count": 1,
        "decided": [ID],
        "refused": [],
        "batch": ID,
        "filed_years": [],
    }


class BatchShape(Shape):
    batch = serializers.CharField()
    decision = Choice(WORDS)
    at = UtcTime()
    whole = serializers.IntegerField(help_text="So many were decided at once.")
    standing = serializers.IntegerField(help_text="Of them hold as they were decided.")
    taken_back = serializers.IntegerField(help_text="Are open again.")
    changed_since = serializers.IntegerField(help_text="Something else was said of them since, one by one.")
    refused = RefusedSuggestion(many=True, help_text="Those that could not be decided again by this call.")

    example = {
        "batch": ID,
        "decision": "linked",
        "at": "2026-03-01T12:30:00Z",
        "whole": 12,
        "standing": 12,
        "taken_back": 0,
        "changed_since": 0,
        "refused": [],
    }


@api("POST", scope="write", takes=SuggestionsWish, gives=SuggestionsAnswer)
def decide(call: Call) -> dict[str, Any]:
    """Accept or turn down several suggestions, each as it is done alone, as one batch that is taken back at once.

    Those that cannot be decided are left as they are and told one by one. With `dry_run` nothing is changed.
    """
    ids, strange = named(call.data["ids"])
    return decided(call, ids, strange)


def decided(call: Call, ids: list[uuid.UUID], strange: list[dict[str, Any]]) -> dict[str, Any]:
    kind = Kind(call.data["decision"])
    batch = None if call.data.get("dry_run") else uuid.uuid4()
    if batch:
        facts: dict[str, Any] = {"by": call.by, "owner": call.owner, "now": call.now}
        seen = suggestions.decide(**facts, ids=ids, kind=kind, batch=batch)
    else:
        seen = suggestions.look(call.owner, ids, kind)
    done = bool(batch and seen.fit)
    return {
        "done": done,
        "decision": kind,
        "count": len(seen.fit),
        "decided": [each.pk for each in seen.fit],
        "refused": [*told(seen.refused), *strange],
        "batch": batch if done else None,
        "filed_years": seen.filed.numbers,
    }


def named(texts: Iterable[str]) -> tuple[list[uuid.UUID], list[dict[str, Any]]]:
    """And what is no name of anything, as told."""
    read = {text: id_of(text) for text in texts}
    strange = [text for text, found in read.items() if found is None]
    gone = [{"id": text, "code": "decided", "words": suggestions.DECIDED} for text in strange]
    return [found for found in read.values() if found], gone


def told(refused: Iterable[Refused]) -> list[dict[str, Any]]:
    return [{"id": each.id, "code": each.code, "words": each.words} for each in refused]


@api("GET", scope="read", gives=BatchShape)
def show(call: Call) -> dict[str, Any]:
    """Read what was decided at once, and how much of it still holds."""
    return shape_of(one(call, TRANSFERS))


@api("POST", scope="write", gives=BatchShape, problems=(NOTHING_TO_DO,))
def undo(call: Call) -> dict[str, Any]:
    """Take all of it back, wherever nothing was said since: it is suggested again, as if nobody had decided."""
    return undone(call, TRANSFERS)


@api("POST", scope="write", gives=BatchShape, problems=(NOTHING_TO_DO,))
def redo(call: Call) -> dict[str, Any]:
    """Decide again what was taken back, as far as it can be still."""
    return redone(call, TRANSFERS)


def undone(call: Call, about: Proposal.About, name: str = "batch_id") -> dict[str, Any]:
    batch = one(call, about, name)
    with refusals_told():
        suggestions.undo(by=call.by, owner=call.owner, batch=batch, now=call.now)
    return shape_of(one(call, about, name))


def redone(call: Call, about: Proposal.About, name: str = "batch_id") -> dict[str, Any]:
    batch = one(call, about, name)
    with refusals_told():
        seen = suggestions.redo(by=call.by, owner=call.owner, batch=batch, now=call.now)
    return shape_of(one(call, about, name), seen.refused)


def one(call: Call, about: Proposal.About, name: str = "batch_id") -> Batch:
    found = suggestions.batch_of(call.owner, call.path[name])
    if found is None or found.about is not about:
        raise Http404
    return found


def shape_of(batch: Batch, refused: Iterable[Refused] = ()) -> dict[str, Any]:
    counts = {"standing": len(batch.standing), "taken_back": len(batch.taken), "changed_since": batch.changed}
    return {
        "batch": batch.id,
        "decision": batch.kind,
        "at": batch.at,
        "whole": batch.whole,
        **counts,
        "refused": told(refused),
    }
