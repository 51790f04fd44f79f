"""CoinJar Exchange, through a key, or through a sign-in that nobody here has tried yet.

CoinJar publishes little: the address, the way to show a key, the header with the next page's cursor and the limits (D).
Paths and fields are from other people's clients, some of them years old (R); nothing has been checked live. Its
documents also say that a key has full control of the Exchange account. So neither rights() nor probe_rights() claims
to know: trying what a key may do would be doing it.

Sources are named as in exchanges.md: D documents, R other people's working code, M memory.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from wallets.connectors.base import Area, Pace, Stream
from wallets.connectors.bearer import Bearer, blame_by_rfc, rights_of
from wallets.connectors.newest import NewestFirst
from wallets.connectors.settling import LATE, Settling
from wallets.records import Balance, Cause, ConnectorError, Identity, IdentityKind, Page, Record, Rights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wallets.connectors.client import Reply

HOME = "https://api.exchange.coinjar.com"
SCOPES = ("reports",)  # R: what another service asks for; what it opens is M
READING = "reading"  # keys have no boxes whose name could be told
AREAS = (Area("accounts", READING), Area("fills", READING), Area("transfers", READING))

FILLS = Stream("fills", "fills", certain=False)
TRANSFERS = Stream("transfers", "transfers", certain=False)
IDS = {FILLS.name: "tid", TRANSFERS.name: "uuid"}
MOMENTS = {FILLS.name: "timestamp", TRANSFERS.name: "created_at"}
# A transfer is processed some time after it was made; a fill never changes.
SETTLING = {TRANSFERS.name: Settling(timedelta(days=14), lambda row: bool(row.get("processed_at")))}
CURSOR = "x-cjx-cursor"
NO_MORE = {"", "0"}  # R: an account whose rows all came at once was told 0

CODES = {"TRADING_HALT": Cause.MAINTENANCE, "PRODUCT_NOT_PERMITTED": Cause.ACCOUNT_FROZEN}  # R
# A refusal may be about the key or about the account; CoinJar says nowhere which (M).
AMONG = (Cause.RIGHT_MISSING, Cause.ACCOUNT_FROZEN)


def blame(reply: Reply, *, refused: Cause) -> ConnectorError | None:
    """Bodies hold error_type and error_messages (R); the texts may say anything, so only a type we know is read."""
    data = reply.data
    kind = str(data.get("error_type")) if isinstance(data, dict) else ""
    if kind in CODES:
        return ConnectorError(CODES[kind], code=kind, wait=reply.wait)
    return blame_by_rfc(reply, refused, among=AMONG)


class Coinjar:
    def __init__(self, credentials: Mapping[str, str], *, pace: Pace, origin: str = "") -> None:
        token, told = credentials.get("token"), credentials.get("scopes")
        self.granted = tuple(told.split()) if token and told is not None else None
        refused = Cause.SIGN_IN_AGAIN if token else Cause.KEY_UNKNOWN
        self.api = Bearer(
            HOME,
            token or credentials["key"],
            pace=pace,
            blame=partial(blame, refused=refused),
            refused=refused,
            origin=origin,
        )

    def clock(self) -> datetime:
        """A long answer for a time, but the one call without a key that is known to work."""
        return self.api.get("/products", signed=False).told_at

    def rights(self) -> Rights:
        """What a scope opens is not written down anywhere; one that is not the reading one is refused all the same."""
        return Rights(can_tell=False) if self.granted is None else read_scopes(self.granted)

    def probe_rights(self) -> Rights:
        """No call is known that would show a right and could do nothing with it."""
        return self.rights()

    def areas(self) -> tuple[Area, ...]:
        return AREAS

    def read(self, area: Area) -> None:
        self.api.get(f"/{area.name}", right=area.right).shaped(list)

    def identities(self) -> tuple[Identity, ...]:
        """The path is years old (R): where it is gone, nothing is told and records are compared instead."""
        try:
            user = self.api.get("/users/current").shaped(dict).get("uuid")
        except ConnectorError as failure:
            if failure.cause is not Cause.RIGHT_MISSING and failure.code != "http 404":
                raise
            return ()
        return (Identity(IdentityKind.USER, str(user)),) if user else ()

    def balances(self) -> tuple[Balance, ...]:
        rows = self.api.get("/accounts", right=READING).shaped(list)
        return tuple(Balance(row["asset_code"], Decimal(str(row["balance"]))) for row in rows)

    def streams(self) -> tuple[Stream, ...]:
        return (FILLS, TRANSFERS)

    def page(self, stream: Stream, cursor: str | None) -> Page:
        """Newest first, as far as samples show (R); an answer the other way round is refused."""
        walk = NewestFirst.of(cursor)
        asked = {"cursor": walk.after} if walk.after else {}
        reply = self.api.get(f"/{stream.name}", asked, right=READING)
        records = [
            Record(stream.family, str(row[IDS[stream.name]]), datetime.fromisoformat(row[MOMENTS[stream.name]]), row)
            for row in reply.shaped(list)
        ]
        following = reply.header(CURSOR)
        if records and following and following == walk.after:
            raise ConnectorError(Cause.UNEXPECTED_REPLY, code="cursor")  # it would be read for ever
        after = "" if following in NO_MORE else following
        return walk.page(records, after=after, overlap=LATE, settling=SETTLING.get(stream.name), body=reply.body)

    def stretch(self, stream: Stream, since: datetime, until: datetime) -> str | None:  # noqa: ARG002 # from the top
        return NewestFirst.stretch(since)


def read_scopes(granted: tuple[str, ...]) -> Rights:
    return rights_of(
        granted, wanted=SCOPES, reading=lambda scope: scope in SCOPES or scope.endswith(":read"), can_tell=False
    )
