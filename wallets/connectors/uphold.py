"""Uphold, the public v0 interface, through a sign-in. One list holds every transaction of every card.

A personal access token would do as well and may do everything: there is no way to enter one.

Sources: D Uphold's published documents (read 2026), F its published pagination middleware, M memory.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wallets.connectors.base import Area, Pace, Stream
from wallets.connectors.bearer import Bearer, blame_by_rfc, rights_of
from wallets.connectors.newest import NewestFirst
from wallets.connectors.settling import LATE, Settling, said
from wallets.records import Balance, Cause, ConnectorError, Identity, IdentityKind, Page, Record, Rights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wallets.connectors.client import Reply

HOME = "https://api.uphold.com"
CARDS, TRANSACTIONS, USER = "cards:read", "transactions:read", "user:read"
SCOPES = (CARDS, TRANSACTIONS, USER)
AREAS = (Area("cards", CARDS), Area("transactions", TRANSACTIONS))
PATHS = {"cards": "/v0/me/cards", "transactions": "/v0/me/transactions"}

HISTORY = Stream("transactions", "transactions")
PAGE = 50  # D: the most there is
# What waits to be fetched by somebody, or is on its way, changes its status later (M).
SETTLING = Settling(timedelta(days=30), said("status", "completed", "cancelled", "failed"))
BEYOND_THE_END = "http 416"
RANGE = re.compile(r"items (?:(\d+)-(\d+)|\*)/(\d+)")


def blame(reply: Reply) -> ConnectorError | None:
    """D for the statuses; of the bodies only those of the token endpoint are documented."""
    data = reply.data
    if isinstance(data, dict) and data.get("error") == "invalid_grant":
        return ConnectorError(Cause.SIGN_IN_AGAIN, code="invalid_grant")
    return blame_by_rfc(reply, Cause.SIGN_IN_AGAIN)


class Uphold:
    def __init__(self, credentials: Mapping[str, str], *, pace: Pace, origin: str = "") -> None:
        told = credentials.get("scopes")
        self.granted = None if told is None else tuple(told.split())
        self.api = Bearer(
            HOME, credentials["token"], pace=pace, blame=blame, refused=Cause.SIGN_IN_AGAIN, origin=origin
        )

    def clock(self) -> datetime:
        return self.api.get("/v0/ticker/USD", signed=False).told_at

    def rights(self) -> Rights:
        """As granted: Uphold has no call that tells, and a token whose scopes were not written down tells nothing."""
        return Rights(can_tell=False) if self.granted is None else read_scopes(self.granted)

    def probe_rights(self) -> Rights:
        """What a token may do beyond reading is only found out by doing it, so nothing is tried."""
        return self.rights()

    def areas(self) -> tuple[Area, ...]:
        return AREAS

    def read(self, area: Area) -> None:
        self._rows(PATHS[area.name], 0, count=1, right=area.right)

    def identities(self) -> tuple[Identity, ...]:
        user = self.api.get("/v0/me", right=USER).shaped(dict).get("id")
        return (Identity(IdentityKind.USER, str(user)),) if user else ()

    def balances(self) -> tuple[Balance, ...]:
        """Somebody may have several cards of one currency; they are told as one."""
        held: dict[str, Decimal] = defaultdict(Decimal)
        for card in self._cards():
            held[card["currency"]] += Decimal(str(card["balance"]))
        return tuple(Balance(asset, amount) for asset, amount in held.items())

    def streams(self) -> tuple[Stream, ...]:
        return (HISTORY,)

    def page(self, stream: Stream, cursor: str | None) -> Page:
        """Every status is handed over: a transaction that is on its way comes again when it has arrived."""
        walk = NewestFirst.of(cursor)
        first = int(walk.after or 0)
        rows, total, body = self._rows(PATHS[stream.name], first, right=TRANSACTIONS)
        records = [Record(stream.family, str(row["id"]), datetime.fromisoformat(row["createdAt"]), row) for row in rows]
        behind = first + len(rows)
        after = str(behind) if behind < total else ""
        return walk.page(records, after=after, overlap=LATE, settling=SETTLING, body=body)

    def stretch(self, stream: Stream, since: datetime, until: datetime) -> str | None:  # noqa: ARG002 # from the top
        return NewestFirst.stretch(since)

    def _cards(self) -> Iterator[Any]:
        first, total = 0, 1
        while first < total:
            rows, total, _ = self._rows(PATHS["cards"], first, right=CARDS)
            yield from rows
            first += len(rows)

    def _rows(self, path: str, first: int, *, right: str, count: int = PAGE) -> tuple[list[Any], int, bytes]:
        """Rows from a place on, how many there are in all, and the reply. Beyond the last place there are none."""
        try:
            reply = self.api.get(path, right=right, headers={"Range": f"items={first}-{first + count - 1}"})
        except ConnectorError as failure:
            if failure.code != BEYOND_THE_END:
                raise
            return [], 0, b""
        rows: list[Any] = reply.shaped(list)
        return rows, total_of(reply.header("content-range"), first, len(rows)), reply.body


# --- reading replies ----------------------------------------------------------------------------------------------


def total_of(told: str, first: int, count: int) -> int:
    """`items 0-49/120`. A page of other places than were asked for is no answer: it would be read for ever."""
    match = RANGE.fullmatch(told)
    begins, ends, total = match.groups() if match else (None, None, None)
    if begins is None and total == "0" and not count:
        return 0
    if begins is None or int(begins) != first or int(str(ends)) - first + 1 != count:
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="range")
    return int(str(total))


def read_scopes(granted: tuple[str, ...]) -> Rights:
    return rights_of(granted, wanted=SCOPES, reading=lambda scope: scope.endswith(":read"), can_tell=True)
