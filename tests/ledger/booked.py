"""What the engine made of events, kept in the database as the worker keeps it: without rows, prices or journals."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from ledger.engine import reckoning as engine
from ledger.engine.days import EVER
from ledger.gains import sums, terms, writing
from ledger.models import Reckoning
from tests.ledger.engine.stories import read

MADE = datetime(2026, 2, 1, tzinfo=UTC)


def named(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def renamed(events):
    """Stories and histories call things by short names; the database knows them by ids."""
    return [event._replace(id=named(event.id), wallet=named(event.wallet)) for event in events]


def keep(owner, events, settings):
    """Answers what is kept of it, in force, and the engine's own reckoning."""
    asked = {
        "regimes": [
            [each.from_year, str(each.country), str(each.method), str(each.scope)] for each in settings.regimes
        ],
        "currency": settings.currency,
        "zone": str(settings.zone),
        "transfer_fee": str(settings.transfer_fee),
    }
    Reckoning.objects.filter(owner=owner).delete()
    kept = Reckoning.objects.create(
        owner=owner, in_force=True, digest=terms.digest(asked), settings=asked, version=terms.version(),
        asked_at=MADE, reckoned_at=MADE, finished_at=MADE, not_before=MADE,
    )  # fmt: skip
    reckoned = engine.reckon(renamed(events), settings)
    writer = writing.Writer(kept, settings)
    for asset, booked in reckoned.booked.items():
        writer.add(asset, booked, EVER)
    writer.finish()
    sums.put_on_all(kept)
    return kept, reckoned


def told(owner, story):
    """A story as the engine's tests tell it."""
    settings, events = read(story)
    kept, _ = keep(owner, events, settings)
    return kept
