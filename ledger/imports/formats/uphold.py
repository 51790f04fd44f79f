"""Uphold's history, in both layouts. It is put as the API would have it, and read by the same functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.imports.formats.base import Cells, Format, Skip
from ledger.readings import uphold
from ledger.readings.base import Reading, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

HOME = "uphold"
NATURES = {"in": "deposit", "out": "withdrawal"}


def read(cells: Cells, raw: dict[str, Any]) -> Iterable[Reading] | Skip:
    found = list(uphold.transaction(Row("transactions", cells.id, cells.when(), raw)))
    return Skip(found[0].skip) if len(found) == 1 and found[0].skip else found


def side(cells: Cells, name: str) -> dict[str, str]:
    return {"currency": cells.text(f"{name}_asset"), "amount": str(cells.amount(f"{name}_amount"))}


def now(cells: Cells) -> Iterable[Reading] | Skip:
    nature = NATURES.get(cells.word("type"), cells.word("type"))
    origin, destination = side(cells, "origin"), side(cells, "destination")
    own_origin, own_destination = cells.word("origin") == HOME, cells.word("destination") == HOME
    if own_origin and own_destination and origin["currency"] == destination["currency"]:
        # From or to somebody else who is at Uphold too.
        own_origin, own_destination = nature != "deposit", nature != "withdrawal"
    if own_origin:
        origin["CardId"] = "own"
    if own_destination:
        destination["CardId"] = "own"
    fees = fee_of(cells, origin["currency"])
    raw = {"type": nature, "status": cells.text("status"), "origin": origin, "destination": destination, "fees": fees}
    return read(cells, raw)


def fee_of(cells: Cells, origin: str) -> list[dict[str, str]]:
    amount, asset = cells.amount("fee"), cells.text("fee_asset")
    target = "origin" if asset == origin else "destination"
    return [{"target": target, "currency": asset, "amount": str(amount)}] if amount else []


def old(cells: Cells) -> Iterable[Reading] | Skip:
    """It has no state: what is in it took place."""
    nature = NATURES.get(cells.word("type"), cells.word("type"))
    origin, destination = side(cells, "origin"), side(cells, "destination")
    if nature in {"transfer", "trade"}:
        origin["CardId"] = destination["CardId"] = "own"
    fees = [
        {"target": name, "currency": cells.text(f"{name}_asset"), "amount": str(cells.amount(f"{name}_fee"))}
        for name in ("origin", "destination")
        if cells.amount(f"{name}_fee")
    ]
    raw = {"type": nature, "status": "completed", "origin": origin, "destination": destination, "fees": fees}
    return read(cells, raw)


FORMATS = (
    Format(
        name="uphold",
        exchange="uphold",
        title="Uphold transactions",
        columns={
            "time": "date",
            "destination": "destination",
            "destination_amount": "destination amount",
            "destination_asset": "destination currency",
            "id": "id",
            "origin": "origin",
            "origin_amount": "origin amount",
            "origin_asset": "origin currency",
            "status": "status",
            "type": "type",
        },
        optional={"fee": "fee amount", "fee_asset": "fee currency"},
        read_cells=now,
        key=("id",),
        list="transactions",
    ),
    Format(
        name="uphold_old",
        exchange="uphold",
        title="Uphold transactions (older file)",
        columns={
            "time": "date",
            "id": "id",
            "type": "type",
            "pair": "pair",
            "rate": "rate",
            "origin_asset": "origin_currency",
            "origin_amount": "origin_amount",
            "origin_fee": "origin_commission",
            "destination_asset": "destination_currency",
            "destination_amount": "destination_amount",
            "destination_fee": "destination_commission",
        },
        optional={"worth": r"value_in_\w+", "fee_worth": r"commission_in_\w+"},
        read_cells=old,
        key=("id",),
        list="transactions",
    ),
)
