"""Uphold: one line an event, with what went and what came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.ledger.exports.base import DEPOSIT, REWARD, WITHDRAWAL, Export, Happened, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UPHOLD_WORDS = {DEPOSIT: "in", WITHDRAWAL: "out", REWARD: "in"}


def uphold(each: Happened) -> Iterable[Sequence[Any]]:
    """Where the fee is in what arrives, the destination's amount is without it."""
    [raw] = each.of("transactions")
    origin, destination = raw["origin"], raw["destination"]
    fee = (plain(each.draft.fee.amount), each.draft.fee.asset) if each.draft.fee else ("", "")
    places = ["uphold" if "CardId" in side else raw["network"] for side in (destination, origin)]
    time = each.at("%a %b %d %Y %H:%M:%S GMT+0000")
    yield (
        time, places[0], destination["amount"], destination["currency"], *fee, raw["id"],
        places[1], origin["amount"], origin["currency"], "completed", UPHOLD_WORDS.get(each.kind, "transfer"),
    )  # fmt: skip


UPHOLD = Export(
    "uphold.csv",
    "\ufeffDate,Destination,Destination Amount,Destination Currency,Fee Amount,Fee Currency,Id,Origin,Origin Amount,"
    "Origin Currency,Status,Type",
    uphold,
)
