"""Coinbase, app and Advanced Trade, through a CDP key or a sign-in. Every account of the app has transactions of its
own; fills of the key's one portfolio add what they lack.

Sources are named as in exchanges.md: D documents, S ccxt's source, R other people's working code, M memory.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from wallets.connectors.base import Area, Pace, Stream
from wallets.connectors.client import SERVER_TROUBLE, SLOW_DOWN, Client, Reply
from wallets.connectors.newest import NewestFirst
from wallets.connectors.settling import LATE, Settling, said
from wallets.records import Balance, Cause, ConnectorError, Identity, IdentityKind, Page, Record, Rights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# v2: by the id of the first error. A wrong key, secret or token of CDP only ever hears "Unauthorized" (M).
CAUSES = {
    "invalid_scope": Cause.RIGHT_MISSING,
    "invalid_token": Cause.SIGN_IN_AGAIN,
    "expired_token": Cause.SIGN_IN_AGAIN,
    "revoked_token": Cause.SIGN_IN_AGAIN,
    "rate_limit_exceeded": Cause.RATE_LIMITED,
    "resource_exhausted": Cause.RATE_LIMITED,  # S, as are all below but the last
    "invalid_authentication_method": Cause.ACCOUNT_FROZEN,  # the user is no more
    **dict.fromkeys(("unverified_email", "personal_details_required"), Cause.ACCOUNT_FROZEN),
    **dict.fromkeys(("identity_verification_required", "jumio_verification_required"), Cause.ACCOUNT_FROZEN),
    "jumio_face_match_verification_required": Cause.ACCOUNT_FROZEN,
    "authentication_error": Cause.KEY_UNKNOWN,
}
SAID = {"invalid signature": Cause.SIGNATURE_WRONG, "request timestamp expired": Cause.CLOCK_SKEW}
OTHERS = {"PERMISSION_DENIED": Cause.RIGHT_MISSING, "invalid_grant": Cause.SIGN_IN_AGAIN}
UNAUTHORIZED = 401
SAME_REFUSAL = (Cause.KEY_UNKNOWN, Cause.SIGNATURE_WRONG, Cause.IP_REFUSED, Cause.KEY_EXPIRED)

VIEW = "View"
BOXES = {"can_view": VIEW, "can_trade": "Trade", "can_transfer": "Transfer", "can_receive": "Receive"}  # M: the last
SCOPES = ("wallet:accounts:read", "wallet:transactions:read", "wallet:user:read")
HARMLESS_SCOPES = {"offline_access", "wallet:user:email"}

FILLS = Stream("fills", "fills")
TRANSACTIONS = "transactions:"  # and the account; ids are unique across accounts
ACCOUNTS_PAGE, TRANSACTIONS_PAGE, FILLS_PAGE = 100, 100, 250
SETTLING = Settling(timedelta(days=14), said("status", "completed", "failed", "canceled", "expired"))  # M: the words
V2, V3 = 1.0, 0.1  # what a call takes: 10,000 an hour (D), and 30 a second (M)


def blame(reply: Reply, *, signs_in: bool = False) -> ConnectorError | None:
    """A refusal without a name we know is about what was shown: a key, or the token of a sign-in."""
    name, said = named(reply)
    cause = SAID.get(said) or CAUSES.get(name) or OTHERS.get(name)
    if cause:
        return ConnectorError(cause, code=name.lower(), wait=reply.wait)
    code = name if name.replace("_", "").isalnum() else f"http {reply.status}"
    if reply.status == UNAUTHORIZED and not reply.is_page:
        refused, among = (Cause.SIGN_IN_AGAIN, ()) if signs_in else (Cause.KEY_UNKNOWN, SAME_REFUSAL)
        return ConnectorError(refused, code=code, among=among)
    by_status = reply.status in SLOW_DOWN or reply.status >= SERVER_TROUBLE
    return ConnectorError(Cause.UNEXPECTED_REPLY, code=code) if name and not by_status else None


def named(reply: Reply) -> tuple[str, str]:
    """The first error and its words: v2 has a list of them, v3 and the token's own address have one."""
    data = reply.data
    if not isinstance(data, dict):
        return "", ""
    errors = data.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        return str(errors[0].get("id")), str(errors[0].get("message"))
    return (str(data["error"]), "") if data.get("error") else ("", "")


class Coinbase:
    def __init__(self, credentials: Mapping[str, str], *, pace: Pace, origin: str = "") -> None:
        self.signs_in = bool(credentials.get("token"))
        tidy = credentials if self.signs_in else tidied(credentials)
        self.misfit = None if self.signs_in else misfit(tidy)
        judged = partial(blame, signs_in=self.signs_in)
        self.client = Client("coinbase", tidy, pace=pace, blame=judged, origin=origin)

    def clock(self) -> datetime:
        told = self.client.call("v2PublicGetTime", cost=V2).shaped(dict)["data"]
        return datetime.fromtimestamp(int(told["epoch"]), UTC)

    def rights(self) -> Rights:
        if self.signs_in:
            return read_scopes(self._call("v2PrivateGetUserAuth").shaped(dict)["data"]["scopes"])
        return read_rights(self._permissions())

    def probe_rights(self) -> Rights:
        """Not needed: key and token are asked."""
        return self.rights()

    def areas(self) -> tuple[Area, ...]:
        if self.signs_in:
            return (Area("accounts", "wallet:accounts:read"), Area("transactions", "wallet:transactions:read"))
        return (Area("accounts", VIEW), Area("transactions", VIEW), Area("fills", VIEW))

    def read(self, area: Area) -> None:
        refused = None
        try:
            self._read(area)
        except ConnectorError as failure:
            if failure.cause is not Cause.RIGHT_MISSING:
                raise
            refused = ConnectorError(Cause.RIGHT_MISSING, code=failure.code, right=area.right)
        if refused:
            raise refused

    def _read(self, area: Area) -> None:
        if area.name == "fills":
            self._fills({"limit": 1})
            return
        accounts = rows_of(self._call("v2PrivateGetAccounts", {"limit": 1}))
        if area.name == "transactions" and accounts:
            self._transactions(accounts[0]["id"], {"limit": 1})

    def identities(self) -> tuple[Identity, ...]:
        """The user, and for a key the portfolio it belongs to: one user may have several."""
        found = []
        if not self.signs_in and (portfolio := self._permissions().get("portfolio_uuid")):
            found.append(Identity(IdentityKind.PORTFOLIO, str(portfolio)))
        try:
            user = self._call("v2PrivateGetUser").shaped(dict).get("data") or {}
        except ConnectorError as failure:
            if failure.cause is not Cause.RIGHT_MISSING:
                raise
            return tuple(found)
        return (*found, Identity(IdentityKind.USER, str(user["id"]))) if user.get("id") else tuple(found)

    def balances(self) -> tuple[Balance, ...]:
        return tuple(
            Balance(each["balance"]["currency"], Decimal(str(each["balance"]["amount"])), str(each["type"]))
            for each in self._accounts()
        )

    def streams(self) -> tuple[Stream, ...]:
        accounts = tuple(Stream(f"{TRANSACTIONS}{each['id']}", "transactions") for each in self._accounts())
        return accounts if self.signs_in else (*accounts, FILLS)

    def page(self, stream: Stream, cursor: str | None) -> Page:
        walk = NewestFirst.of(cursor)
        if stream.name == FILLS.name:
            return self._page_of_fills(walk)
        asked: dict[str, object] = {
            "limit": TRANSACTIONS_PAGE,
            **({"starting_after": walk.after} if walk.after else {}),
        }
        reply = self._transactions(stream.name.removeprefix(TRANSACTIONS), asked)
        rows = rows_of(reply)
        records = [Record(stream.family, str(row["id"]), moment(row["created_at"]), row) for row in rows]
        after = str(rows[-1]["id"]) if rows else ""
        return walk.page(records, after=after, overlap=LATE, settling=SETTLING, body=reply.body)

    def stretch(self, stream: Stream, since: datetime, until: datetime) -> str | None:  # noqa: ARG002 # from the top
        return NewestFirst.stretch(since)

    def _page_of_fills(self, walk: NewestFirst) -> Page:
        asked: dict[str, object] = {"limit": FILLS_PAGE}
        asked |= {"cursor": walk.after} if walk.after else {}
        asked |= {"start_sequence_timestamp": iso(walk.since)} if walk.since else {}
        reply = self._fills(asked)
        records = [
            Record(FILLS.family, str(row["entry_id"]), moment(row["trade_time"]), row) for row in reply.data["fills"]
        ]
        return walk.page(records, after=str(reply.data.get("cursor") or ""), overlap=LATE, body=reply.body)

    def _accounts(self) -> Iterator[Any]:
        """All of them, also the empty ones: their history may not be."""
        asked: dict[str, object] = {"limit": ACCOUNTS_PAGE}
        while rows := rows_of(self._call("v2PrivateGetAccounts", asked)):
            yield from rows
            asked["starting_after"] = rows[-1]["id"]

    def _transactions(self, account: str, asked: Mapping[str, object]) -> Reply:
        return self._call("v2PrivateGetAccountsAccountIdTransactions", {"account_id": account, **asked})

    def _fills(self, asked: Mapping[str, object]) -> Reply:
        reply = self._call("v3PrivateGetBrokerageOrdersHistoricalFills", asked, cost=V3)
        if not isinstance(reply.shaped(dict).get("fills"), list):
            raise ConnectorError(Cause.UNEXPECTED_REPLY, code="no fills")
        return reply

    def _permissions(self) -> dict[str, Any]:
        return self._call("v3PrivateGetBrokerageKeyPermissions", cost=V3).shaped(dict)

    def _call(self, method: str, params: Mapping[str, object] | None = None, *, cost: float = V2) -> Reply:
        """Ccxt guesses from shapes how to sign, and what it does not know it signs the old way: never sent."""
        if self.misfit:
            raise ConnectorError(self.misfit, code="format")
        return self.client.call(method, params, cost=cost)


# --- the credential -----------------------------------------------------------------------------------------------


def tidied(credentials: Mapping[str, str]) -> dict[str, str]:
    """A blank at the end would change how ccxt signs; key files write line ends as two letters."""
    named = {name: value.strip() for name, value in credentials.items()}
    return {**named, "secret": named.get("secret", "").replace("\\n", "\n")}


def misfit(credentials: Mapping[str, str]) -> Cause | None:
    secret = credentials["secret"]
    if re.fullmatch(r"[A-Za-z0-9]{16}", credentials.get("key", "")) and re.fullmatch(r"[A-Za-z0-9]{32}", secret):
        return Cause.KEY_TYPE_RETIRED  # keys from before CDP
    fits = is_p256(secret) if secret.startswith("-----BEGIN") else is_ed25519(secret)
    return None if fits else Cause.SIGNATURE_WRONG


def is_p256(pem: str) -> bool:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)


def is_ed25519(secret: str) -> bool:
    try:
        return len(base64.b64decode(secret, validate=True)) in {32, 64}
    except binascii.Error:
        return False


# --- reading replies ----------------------------------------------------------------------------------------------


def read_rights(told: Mapping[str, Any]) -> Rights:
    """Whatever is true and is not viewing counts as more than reading, also what Coinbase may invent."""
    if "can_view" not in told:
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="no permissions")
    held = [name for name, value in told.items() if value is True]
    return Rights(
        can_tell=True,
        read=(VIEW,) if "can_view" in held else (),
        beyond=tuple(BOXES.get(name, name) for name in held if name != "can_view"),
        missing=() if "can_view" in held else (VIEW,),
    )


def read_scopes(scopes: Sequence[str]) -> Rights:
    """People may grant less than was asked for."""
    return Rights(
        can_tell=True,
        read=tuple(scope for scope in scopes if scope.endswith(":read")),
        beyond=tuple(scope for scope in scopes if not scope.endswith(":read") and scope not in HARMLESS_SCOPES),
        missing=tuple(scope for scope in SCOPES if scope not in scopes),
    )


def rows_of(reply: Reply) -> list[Any]:
    rows = reply.shaped(dict).get("data")
    if not isinstance(rows, list):
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="no data")
    return rows


def moment(text: str) -> datetime:
    """Down to nanoseconds; what is finer than microseconds is cut off."""
    return datetime.fromisoformat(text)


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
