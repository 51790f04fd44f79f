"""How far back each kind of record reaches, what the exchange itself cannot give, and the way out by file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ledger.models import Coverage
from sync.list_names import kind_of
from sync.models import Run, StreamState
from sync.progress import why_of
from wallets import catalogue

if TYPE_CHECKING:
    from wallets.catalogue import Limit
    from wallets.models import Wallet


THEIR_TURN_COMES = "Their turn comes in the sync that is under way."


@dataclass(frozen=True, slots=True)
class Hole:
    """Nobody asked until the exchange no longer told it, as while a wallet is paused or its key is over."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Span:
    name: str
    first_row_at: datetime | None
    last_row_at: datetime | None
    since: datetime | None  # before it, the exchange hands nothing out; none: from the beginning
    until: datetime | None
    certain: bool
    hidden_by_key: bool = False  # what is before is there, and the key in use was made not to be shown it
    missing: tuple[Hole, ...] = ()
    lists: int = 0  # of this kind, as trades of many markets
    not_read: int = 0  # so many of them never yet
    why: str = ""

    @property
    def misses_the_beginning(self) -> bool:
        """What was before is only in files: and it is there, if the first row lies at the very edge."""
        return self.since is not None


def spans_of(wallet: Wallet) -> list[Span]:
    """Kinds that the exchange offers and nobody has read yet are told as well."""
    rows = sorted(Coverage.objects.filter(wallet=wallet), key=lambda each: kind_of(each.stream))
    known = {kind: list(group) for kind, group in groupby(rows, key=lambda each: kind_of(each.stream))}
    offered = _offered(wallet)
    kinds = sorted({*known, *offered})
    coming = _coming_in(wallet, rows)
    read = {row.stream for row in rows}
    return [
        replace(
            _joined(kind, known.get(kind, []), whole=kind not in coming),
            lists=len({*offered.get(kind, {}), *(row.stream for row in known.get(kind, []))}),
            **_not_read(wallet, [state for name, state in offered.get(kind, {}).items() if name not in read]),
        )
        for kind in kinds
    ]


def _offered(wallet: Wallet) -> dict[str, dict[str, StreamState]]:
    """By kind and name, of the way in that the wallet has now."""
    found: dict[str, dict[str, StreamState]] = {}
    for state in StreamState.objects.filter(wallet=wallet, way=wallet.way).order_by("stream"):
        found.setdefault(kind_of(state.stream), {})[state.stream] = state
    return found


def _not_read(wallet: Wallet, states: list[StreamState]) -> dict[str, Any]:
    return {"not_read": len(states), "why": _why_not(wallet, states) if states else ""}


def _why_not(wallet: Wallet, states: list[StreamState]) -> str:
    failing = next((state for state in states if state.cause), None)
    cause, right = (failing.cause, failing.cause_right) if failing else (wallet.cause, wallet.cause_right)
    if cause:
        return f"{why_of(cause, right, catalogue.named(wallet.exchange), way=wallet.way)}."
    if Run.objects.unfinished().filter(wallet=wallet).exists():
        return "Its turn comes in the sync that is under way." if len(states) == 1 else THEIR_TURN_COMES
    return "The next sync asks for it." if len(states) == 1 else "The next sync asks for them."


def _coming_in(wallet: Wallet, rows: list[Coverage]) -> set[str]:
    """Kinds with lists that the first run has not been through with: what is complete of them is not all."""
    came_through = Run.objects.filter(wallet=wallet, stream="", state__in=[Run.State.DONE, Run.State.PARTLY])
    if came_through.exists():
        return set()
    read = {row.stream for row in rows if row.until}
    names = StreamState.objects.filter(wallet=wallet, way=wallet.way).values_list("stream", flat=True)
    return {kind_of(name) for name in names if name not in read}


def _joined(kind: str, rows: list[Coverage], *, whole: bool) -> Span:
    return Span(
        name=kind,
        first_row_at=min((row.first_row_at for row in rows if row.first_row_at), default=None),
        last_row_at=max((row.last_row_at for row in rows if row.last_row_at), default=None),
        since=max((row.since for row in rows if row.since), default=None),
        until=min((row.until for row in rows if row.until), default=None) if whole else None,
        certain=all(row.certain for row in rows),
        hidden_by_key=any(row.since and not row.limited for row in rows),
        missing=holes_in(rows),
    )


def holes_in(rows: list[Coverage]) -> tuple[Hole, ...]:
    """Oldest first. Streams of one kind have much the same: what overlaps is told as one."""
    holes = (hole for row in rows for hole in row.holes)
    told = sorted((datetime.fromisoformat(since), datetime.fromisoformat(until)) for since, until in holes)
    found: list[Hole] = []
    for since, until in told:
        if found and since <= found[-1].until:
            found[-1] = Hole(found[-1].since, max(until, found[-1].until))
        else:
            found.append(Hole(since, until))
    return tuple(found)


def limits_of(wallet: Wallet) -> tuple[Limit, ...]:
    found = catalogue.load().get(wallet.exchange)
    return found.limits if found else ()
