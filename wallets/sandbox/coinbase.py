"""Coinbase: OAuth2 as its documents describe it, and the user behind a token. What a key sees is in coinbase_wallet.

Known from the documents: paths, parameters, `state` of at least 8 characters, scopes parted by commas or spaces, PKCE
optional with "plain" as default, access tokens of one hour, refresh tokens of a year and a half that are spent by use
and come with `offline_access` only, revocation answering 200 always, the user's fields per scope, the v2 error bodies.
Invented: life of a code (10 minutes); what follows when a refresh token is used twice (all tokens of that consent die);
the answer to a call without a token; the words on the consent page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wallets.sandbox import candles
from wallets.sandbox.coinbase_wallet import Wallet, is_jwt
from wallets.sandbox.grants import Granting
from wallets.sandbox.oauth import Issued, Rules
from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wallets.sandbox.people import Person
    from wallets.sandbox.wire import Call, World

SCOPES = frozenset(
    {
        "offline_access",
        "wallet:accounts:read",
        "wallet:addresses:read",
        "wallet:buys:read",
        "wallet:deposits:read",
        "wallet:payment-methods:read",
        "wallet:sells:read",
        "wallet:transactions:read",
        "wallet:user:email",
        "wallet:user:read",
        "wallet:withdrawals:read",
    }
)
TOKEN_ERRORS = {
    "expired": ("expired_token", "The access token expired"),
    "revoked": ("revoked_token", "The access token was revoked"),
    "unknown": ("invalid_token", "The access token is invalid"),
    "missing": ("invalid_token", "The access token is invalid"),  # invented
}


class Coinbase(Granting):
    name = "coinbase"

    def __init__(self, world: World) -> None:
        self.open_door(world, Rules(title="Coinbase", scopes=SCOPES, scope_separators=" ,", shortest_state=8))
        self.hides_the_id = False
        self.world = world
        self.wallet = Wallet(world, _public(next(iter(self.people.values()))))

    def answer(self, call: Call) -> Reply:
        if told := candles.coinbase(self.world, call):
            return told
        match call.method, call.path:
            case "GET" | "POST", "/oauth2/auth":
                return self.oauth.authorize(call)
            case "POST", "/oauth2/token":
                return self.oauth.token(call)
            case "POST", "/oauth2/revoke":
                return self.oauth.revoke(call)
            case "GET", _:
                return self._tell(call)
            case _:
                return _errors(404, "not_found", "Not found")

    def _tell(self, call: Call) -> Reply:
        if call.path == "/v2/time":
            now = self.world.now()
            return Reply.json({"data": {"iso": now.isoformat(), "epoch": int(now.timestamp())}})
        if is_jwt(call) or call.path.startswith("/api/v3/"):
            return self.wallet.with_key(call)
        match call.path:
            case "/v2/user":
                return self._with_token(call, self._user)
            case "/v2/user/auth":
                return self._with_token(call, self._auth)
            case path if path.startswith("/v2/accounts"):
                return self._read_with_token(call)
            case _:
                return _errors(404, "not_found", "Not found")

    def configure(self, change: Mapping[str, object]) -> None:
        """Takes what is about letting apps in (grants.Granting), what every resident with keys takes (keys.Keyed, with
        the fields of coinbase_wallet.Key), and this.

        {"hides_the_id": true}    /v2/user comes without an id
        """
        for key, value in self.take(change).items():
            match key, value:
                case "hides_the_id", bool(hides):
                    self.hides_the_id = hides
                case _:
                    self.wallet.configure({key: value})

    def state(self) -> dict[str, object]:
        return self.wallet.state() | self.seen()

    def _with_token(self, call: Call, answer: object) -> Reply:
        issued = self.oauth.bearer(call)
        if isinstance(issued, Issued):
            return Reply.json({"data": answer(issued)})  # type: ignore[operator]
        return _errors(401, *TOKEN_ERRORS[issued])

    def _read_with_token(self, call: Call) -> Reply:
        issued = self.oauth.bearer(call)
        if not isinstance(issued, Issued):
            return _errors(401, *TOKEN_ERRORS[issued])
        needed = "wallet:transactions:read" if call.path.endswith("/transactions") else "wallet:accounts:read"
        return (
            self.wallet.read(call) if needed in issued.grant.scopes else _errors(403, "invalid_scope", "Invalid scope")
        )

    def _user(self, issued: Issued) -> dict[str, object]:
        person, scopes = self.people[issued.grant.person], issued.grant.scopes
        shown = {**_public(person)}
        if "wallet:user:read" in scopes:
            shown |= {
                "time_zone": "Pacific Time (US & Canada)",
                "native_currency": "USD",
                "bitcoin_unit": "BTC",
                "country": {"code": "US", "name": "United States of America"},
                "created_at": "2019-03-02T11:47:09Z",
            }
        if "wallet:user:email" in scopes:
            shown["email"] = person.email
        if self.hides_the_id:
            del shown["id"]
        return shown

    def _auth(self, issued: Issued) -> dict[str, object]:
        return {"method": "oauth", "scopes": list(issued.grant.scopes), "oauth_meta": {}}


def _public(person: Person) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.name,
        "username": person.username,
        "profile_location": None,
        "profile_bio": None,
        "profile_url": f"https://coinbase.com/{person.username}",
        "avatar_url": "https://images.coinbase.com/avatar?h=sandbox&s=128",
        "resource": "user",
        "resource_path": "/v2/user",
    }


def _errors(status: int, name: str, message: str) -> Reply:
    return Reply.json({"errors": [{"id": name, "message": message}]}, status)
