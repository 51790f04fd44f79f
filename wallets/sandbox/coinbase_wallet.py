"""Coinbase behind a CDP key: JWTs of both kinds, accounts, their transactions, and fills.

Known (exchanges.md 1 to 4, ccxt's source): paths, claims, key shapes, key_permissions, pages by `starting_after` and
by `cursor`, rows. From other people's rows: that the amounts of a fill are without its commission. Remembered:
"Unauthorized" as plain text for everything wrong with a key, the body for a missing right, that the user is told to a
key. Invented: that an address outside the list hears the same, which scope each call
of a token asks for, that a token is never let near v3, one account for each coin, ids.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from wallets.sandbox.books import COINS, Books, Event, Kind
from wallets.sandbox.keys import Keyed
from wallets.sandbox.prices import price
from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from wallets.sandbox.wire import Call, World

HOUR = 3600
LIVES = 120  # seconds a JWT may live
ISSUERS = {"ES256": ("coinbase-cloud", "retail_rest_api_proxy"), "EdDSA": ("cdp", "cdp_service")}
TYPES = {Kind.DEPOSIT: "fiat_deposit", Kind.WITHDRAWAL: "send", Kind.CONVERT: "trade", Kind.REWARD: "staking_reward"}
UNAUTHORIZED = Reply(401, b"Unauthorized\n", {"Content-Type": "text/plain"})
NO_VIEW = Reply.json(
    {
        "error": "PERMISSION_DENIED",
        "error_details": "Missing required scopes",
        "message": "Missing required scopes",
    },
    403,
)
TOO_MANY = Reply.json(
    {"errors": [{"id": "rate_limit_exceeded", "message": "You have exceeded your request limit."}]}, 429
)


@dataclass(slots=True)
class Key:
    id: str
    secret: str  # a PEM, or base64 of 64 bytes
    can: dict[str, bool] = field(default_factory=lambda: {"can_view": True, "can_trade": False, "can_transfer": False})
    portfolio: str = "bf6e2cf1-9e5f-5d0c-8a0e-1d9c5d5f6d10"
    ips: list[str] = field(default_factory=list)
    allowed: int = 10_000  # calls an hour
    calls: list[datetime] = field(default_factory=list)


class Wallet(Keyed[Key]):
    name = "coinbase"
    makes = Key
    told = ("id", "secret", "can")

    def __init__(self, world: World, user: Mapping[str, object]) -> None:
        self.world, self.user = world, user
        self.books = Books(world.derive("coinbase books"), 400, datetime(2024, 1, 3, tzinfo=UTC))
        demos = (ecdsa_key(world), ed25519_key(world))
        self.keys = {key.id: key for key in demos}

    # --- who asks ------------------------------------------------------------------------------------------------

    def with_key(self, call: Call) -> Reply:
        key = self.key_of(call)
        if key is None or (key.ips and call.peer not in key.ips):
            return UNAUTHORIZED
        now = self.world.now()
        key.calls = [*(each for each in key.calls if (now - each).total_seconds() < HOUR), now]
        if len(key.calls) > key.allowed:
            return TOO_MANY
        if call.path == "/api/v3/brokerage/key_permissions":
            return Reply.json({**key.can, "portfolio_uuid": key.portfolio, "portfolio_type": "DEFAULT"})
        return self.read(call) if key.can.get("can_view") else NO_VIEW

    def key_of(self, call: Call) -> Key | None:
        """The key whose JWT this is, made for this very call and for now."""
        token = bearer(call)
        head, claims = parts_of(token)
        key = self.keys.get(str(head.get("kid")))
        if key is None or claims.get("sub") != key.id or not proves(key, str(head.get("alg")), token):
            return None
        issuer, audience = ISSUERS[str(head["alg"])]
        uris = claims.get("uris") or [claims.get("uri")]
        here = f"{call.method} {call.origin}{call.path}".replace("https://", "")
        now = int(self.world.now().timestamp())
        begins, ends = int(claims.get("nbf", 0)), int(claims.get("exp", 0))
        timely = begins <= now + 5 and now <= ends <= begins + LIVES
        right = claims.get("iss") == issuer and claims.get("aud") == [audience] and uris == [here]
        return key if timely and right else None

    # --- what is told --------------------------------------------------------------------------------------------

    def read(self, call: Call) -> Reply:
        match call.path.strip("/").split("/"):
            case ["v2", "user"]:
                return Reply.json({"data": self.user})
            case ["v2", "accounts"]:
                return self.accounts(call)
            case ["v2", "accounts", account, "transactions"]:
                return self.transactions(call, account)
            case ["api", "v3", "brokerage", "orders", "historical", "fills"]:
                return self.fills(call)
            case _:
                return Reply.json({"errors": [{"id": "not_found", "message": "Not found"}]}, 404)

    def accounts(self, call: Call) -> Reply:
        held = self.books.balances()
        rows = [account_row(asset, str(held.get(asset, 0))) for asset in (*COINS, "EUR")]
        ids = [row["id"] for row in rows]
        after = call.params.get("starting_after", "")
        first = ids.index(after) + 1 if after in ids else 0
        limit = limit_of(call)
        return paged(rows[first : first + limit], more=first + limit < len(rows), limit=limit)

    def transactions(self, call: Call, account: str) -> Reply:
        asset = next((asset for asset in (*COINS, "EUR") if account_id(asset) == account), "")
        after, limit = call.params.get("starting_after", ""), limit_of(call)
        top = int(after[:8], 16) if after else self.books.size
        mine = (event for event in self.downward(top) if asset in event.changes)
        rows = [transaction_row(event, asset, self.world.market) for event in islice(mine, limit + 1)]
        return paged(rows[:limit], more=len(rows) > limit, limit=limit)

    def fills(self, call: Call) -> Reply:
        start, cursor = call.params.get("start_sequence_timestamp"), call.params.get("cursor", "")
        since = datetime.fromisoformat(start) if start else self.books.start
        limit = min(int(call.params.get("limit", "100")), 250)
        traded = (
            event
            for event in self.downward(int(cursor) if cursor else self.books.size)
            if event.kind in {Kind.BUY, Kind.SELL} and event.at >= since
        )
        events = list(islice(traded, limit + 1))
        more = str(events[limit - 1].number) if len(events) > limit else ""
        return Reply.json({"fills": [fill_row(event) for event in events[:limit]], "cursor": more})

    def downward(self, top: int) -> Iterator[Event]:
        return self.books.events(range(min(top, self.books.size) - 1, -1, -1))


# --- keys ---------------------------------------------------------------------------------------------------------


def ecdsa_key(world: World) -> Key:
    private = ec.derive_private_key(int(world.derive("coinbase ecdsa"), 16) >> 1, ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    return Key(f"organizations/{uuid(world.derive('org'))}/apiKeys/{uuid(world.derive('ecdsa'))}", pem)


def ed25519_key(world: World) -> Key:
    seed = hashlib.sha256(world.derive("coinbase ed25519").encode()).digest()
    public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return Key(uuid(world.derive("ed25519")), base64.b64encode(seed + public).decode())


def uuid(mark: str) -> str:
    return f"{mark[:8]}-{mark[8:12]}-{mark[12:16]}-{mark[16:20]}-{mark[20:32]}"


def bearer(call: Call) -> str:
    return call.headers.get("authorization", "").removeprefix("Bearer ")


def is_jwt(call: Call) -> bool:
    return bearer(call).count(".") == 2  # noqa: PLR2004 - head, claims, signature


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        head, claims, _ = (unpacked(part) for part in token.split("."))
        return dict(json.loads(head)), dict(json.loads(claims))
    except (ValueError, TypeError, binascii.Error):
        return {}, {}


def unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def proves(key: Key, algorithm: str, token: str) -> bool:
    """The kind of key decides how it signs, never the token."""
    signed, _, signature = token.rpartition(".")
    sealed = unpacked(signature)
    try:
        if key.secret.startswith("-----BEGIN"):
            private = load_pem_private_key(key.secret.encode(), None)
            if algorithm != "ES256" or not isinstance(private, ec.EllipticCurvePrivateKey):
                return False
            der = encode_dss_signature(int.from_bytes(sealed[:32], "big"), int.from_bytes(sealed[32:], "big"))
            private.public_key().verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
        else:
            if algorithm != "EdDSA":
                return False
            edwards = ed25519.Ed25519PrivateKey.from_private_bytes(base64.b64decode(key.secret)[:32])
            edwards.public_key().verify(sealed, signed.encode())
    except InvalidSignature:
        return False
    return True


# --- rows ---------------------------------------------------------------------------------------------------------


def account_id(asset: str) -> str:
    """Money of states has its code for an id."""
    return asset if asset == "EUR" else uuid(hashlib.sha256(f"account {asset}".encode()).hexdigest())


def account_row(asset: str, amount: str) -> dict[str, object]:
    return {
        "id": account_id(asset),
        "name": f"{asset} Wallet",
        "primary": False,
        "type": "fiat" if asset == "EUR" else "wallet",
        "currency": {"code": asset, "name": asset},
        "balance": {"amount": amount, "currency": asset},
        "created_at": "2024-01-01T00:00:00Z",
        "resource": "account",
        "resource_path": f"/v2/accounts/{account_id(asset)}",
    }


def transaction_row(event: Event, asset: str, market: str = "") -> dict[str, object]:
    """The number is written into the id, so that `starting_after` finds it again; real ids tell nothing."""
    side = int(asset != event.base)
    row: dict[str, object] = {
        "id": f"{event.number:08x}-{event.mark[:4]}-{side:04x}-{event.mark[4:8]}-{event.mark[8:20]}",
        "type": type_of(event),
        "status": "completed",
        "amount": {"amount": f"{booked(event, asset):f}", "currency": asset},
        "native_amount": {"amount": f"{worth_of(event, market):f}", "currency": "EUR"},
        "created_at": event.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "resource": "transaction",
    }
    if event.kind is Kind.CONVERT:
        row["trade"] = {"id": uuid(event.mark[20:]), "fee": {"amount": f"{event.fee:f}", "currency": event.quote}}
    if event.kind in {Kind.BUY, Kind.SELL}:
        row["advanced_trade_fill"] = {
            "fill_price": price_of(event),
            "product_id": f"{event.base}-{event.quote}",
            "order_id": uuid(event.mark[24:]),
            "commission": f"{event.fee:f}",
            "order_side": event.kind.value,
        }
    return row


def worth_of(event: Event, market: str) -> Decimal:
    """In euros. What is exchanged for another coin is worth what the market says."""
    if event.quote in {"", "EUR"}:
        return event.total
    return round(event.amount * price(market, event.base, "EUR", int(event.at.timestamp()) // 3600 * 3600), 2)


def type_of(event: Event) -> str:
    """Coins are sent, whichever way."""
    if event.kind is Kind.DEPOSIT and event.base != "EUR":
        return "send"
    return TYPES.get(event.kind, "advanced_trade_fill")


def booked(event: Event, asset: str) -> Decimal:
    """Of a fill without its commission, which stands beside it."""
    apart = event.fee if asset == event.quote and event.kind is not Kind.CONVERT else 0
    return event.changes[asset] + apart


def price_of(event: Event) -> str:
    return str((event.total / event.amount).quantize(event.fee))


def fill_row(event: Event) -> dict[str, object]:
    at = event.at.strftime("%Y-%m-%dT%H:%M:%S.%f")
    return {
        "entry_id": event.mark,
        "trade_id": uuid(event.mark),
        "order_id": uuid(event.mark[24:]),
        "trade_time": f"{at}090Z",
        "trade_type": "FILL",
        "price": price_of(event),
        "size": f"{event.amount:f}",
        "commission": f"{event.fee:f}",
        "product_id": f"{event.base}-{event.quote}",
        "sequence_timestamp": f"{at}Z",
        "liquidity_indicator": "TAKER",
        "size_in_quote": False,
        "side": event.kind.value.upper(),
    }


def limit_of(call: Call) -> int:
    return min(int(call.params.get("limit", "25")), 100)


def paged(rows: list[dict[str, object]], *, more: bool, limit: int) -> Reply:
    following = rows[-1]["id"] if rows and more else None
    pagination = {"limit": limit, "order": "desc", "next_starting_after": following, "next_uri": None}
    return Reply.json({"pagination": pagination, "data": rows})
