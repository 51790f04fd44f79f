"""Exchanges that ccxt does not know, spoken to with `Authorization: Bearer`: a token of a sign-in, or a key.

The same care as in `client`: our own session, exact reading, the exchange's own file says what a failure means. It can
only read: there is no way here to send anything but GET.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from config import http
from wallets.connectors.client import Reply, accepted, sent
from wallets.records import Cause, ConnectorError, Rights

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from wallets.connectors.base import Pace

UNAUTHORIZED, FORBIDDEN = 401, 403
SENDABLE = re.compile(r"[\x21-\x7e]+")  # anything else breaks the header, and the error would show it


class Bearer:
    """Calls with one token or key. `refused` is what it means for the owner when the exchange does not take it."""

    def __init__(
        self,
        home: str,
        secret: str,
        *,
        pace: Pace,
        blame: Callable[[Reply], ConnectorError | None],
        refused: Cause,
        origin: str = "",
    ) -> None:
        self.home = (origin or home).rstrip("/")
        self.pace, self.blame, self.refused = pace, blame, refused
        self.session = http.session(origins={self.home})
        self._secret = secret

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        right: str = "",
        headers: Mapping[str, str] | None = None,
        signed: bool = True,
        cost: float = 1,
    ) -> Reply:
        """One request, in its turn. `right` is what it takes, by the exchange's own name: told when it is missing."""
        given = {"Accept": "application/json", **(headers or {})}
        if signed:
            given |= self._shown()
        self.pace.before(cost)
        reply = sent(lambda: self._send(path, given, params))
        return accepted(reply, self._named(reply, right), self.pace)

    def _send(self, path: str, headers: Mapping[str, str], params: Mapping[str, str] | None) -> Reply:
        answer = self.session.get(f"{self.home}{path}", headers=dict(headers), params=dict(params or {}))
        return Reply(answer.status_code, dict(answer.headers), answer.content)

    def _shown(self) -> dict[str, str]:
        if not SENDABLE.fullmatch(self._secret):
            raise ConnectorError(self.refused, code="format")
        return {"Authorization": f"Bearer {self._secret}"}

    def _named(self, reply: Reply, right: str) -> ConnectorError | None:
        failure = self.blame(reply)
        if failure is not None and failure.cause is Cause.RIGHT_MISSING and right:
            return ConnectorError(failure.cause, code=failure.code, right=right, among=failure.among)
        return failure


def blame_by_rfc(reply: Reply, refused: Cause, *, among: Collection[Cause] = ()) -> ConnectorError | None:
    """RFC 6750: 401 for a token that is none, 403 for one that does not reach that far. Not for a firewall's page."""
    code = f"http {reply.status}"
    if reply.is_page:
        return None
    if reply.status == UNAUTHORIZED:
        return ConnectorError(refused, code=code)
    return ConnectorError(Cause.RIGHT_MISSING, code=code, among=among) if reply.status == FORBIDDEN else None


def rights_of(
    granted: Sequence[str], *, wanted: Sequence[str], reading: Callable[[str], bool], can_tell: bool
) -> Rights:
    """People may grant less than was asked for. Whatever does not read counts as more than reading, known or not."""
    return Rights(
        can_tell=can_tell,
        read=tuple(scope for scope in granted if reading(scope)),
        beyond=tuple(scope for scope in granted if not reading(scope)),
        missing=tuple(scope for scope in wanted if scope not in granted),
    )
