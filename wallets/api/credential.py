"""`wallets/{id}/credential/` and `method/`: another credential in place of the former. History and edits stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from accounts.api.frame import Call, api
from accounts.api.waiting import Wait
from config.api.fields import Choice, Shape, Text, Truth
from config.api.problem import Problem, invalid
from wallets import catalogue, credentials, keeping, staging
from wallets.api import keeping as kept
from wallets.api import oauth as sign_in
from wallets.api import trials as tests
from wallets.api import wallets
from wallets.api.addresses import test_at
from wallets.api.exchanges import require_offered
from wallets.api.pasted import Credentials
from wallets.api.problems import NO_KEY, NOT_NOW, refusals_told
from wallets.catalogue import Way
from wallets.models import CredentialTest, Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wallets.catalogue import Exchange


class NewCredential(Shape):
    credentials = Credentials()
    region = Text(max_length=32, required=False, help_text="Left out: as before.")
    sub_account = Text(max_length=80, required=False)
    stage = Truth(
        required=False,
        help_text="Keep it in reserve beside the one in force. The next sync reads with it; after its first clean one "
        "it takes over. If it fails, the one in force goes on, and `staged` of the wallet says why.",
    )

    example = {"credentials": {"key": "…", "secret": "…"}}


REPLACED: dict[str, Any] = {**tests.Test.example, "purpose": "replace", "wallet": "1f0c…"}


class Replacing(tests.Test):
    example = REPLACED


@api(
    "PUT",
    scope="connect",
    fresh=True,
    takes=NewCredential,
    gives=Replacing,
    limit="key_tests",
    problems=(*tests.ASKED, NOT_NOW, NO_KEY),
    **tests.UNTIL_OVER,
)
def replace(call: Call) -> dict[str, Any] | Problem:
    """Put a new key in place of the former.

    The new one is tested first; the former stays in force until the new one has passed, and is wiped then. A key of
    another account is refused. Where the exchange does not tell whose account it is, the test asks. With `stage` it is
    kept in reserve first, at most one for a wallet; an earlier one is wiped.
    """
    wallet = wallets.one(call)
    exchange = exchange_of(wallet)
    if not call.data.get("stage"):
        return replacing(call, wallet, exchange)
    if credentials.current_of(wallet) is None:
        raise Problem(NO_KEY, "There is none that it could be tried beside: leave out stage.")
    if call.data.get("region", wallet.region) != wallet.region:
        raise invalid("region", "not_with_stage", "A key of another site can only replace the present one.")
    return replacing(call, wallet, exchange, purpose=CredentialTest.Purpose.STAGE)


def replacing(
    call: Call,
    wallet: Wallet,
    exchange: Exchange,
    *,
    purpose: CredentialTest.Purpose = CredentialTest.Purpose.REPLACE,
) -> dict[str, Any] | Problem:
    require_offered(exchange, Way.KEY, field="credentials")
    with refusals_told():
        keeping.locked(wallet)
    return tests.begun(call, exchange, purpose=purpose, wallet=wallet)


def exchange_of(wallet: Wallet) -> Exchange:
    """A wallet by hand is of none, so no credential can be had for it."""
    exchange = catalogue.load().get(wallet.exchange)
    if exchange is None:
        raise Problem(NOT_NOW, "There is no exchange behind this wallet that could be asked.")
    return exchange


@api("DELETE", scope="connect", fresh=True, gives=wallets.WalletShape, problems=(NO_KEY, NOT_NOW))
def remove(call: Call) -> Wallet:
    """Take the credential away and keep the history.

    A key is wiped; a sign-in is taken back at the exchange as well. Delete a key at the exchange too: only you can.
    """
    return kept.done(call, keeping.detach, possible=lambda wallet: wallet.is_connected)


# --- in reserve ----------------------------------------------------------------------------------------------------


@api("POST", scope="connect", fresh=True, gives=wallets.WalletShape, problems=(NOT_NOW,))
def try_staged_again(call: Call) -> Wallet:
    """Have a staged key that failed tried again by the next sync, once it is mended at the exchange."""
    return kept.done(call, staging.try_again)


@api("DELETE", scope="connect", fresh=True, gives=wallets.WalletShape, problems=(NOT_NOW,))
def drop_staged(call: Call) -> Wallet:
    """Wipe the staged key. The one in force stays."""
    return kept.done(call, staging.drop)


# --- another way ---------------------------------------------------------------------------------------------------


class MethodWish(Shape):
    method = Choice([(way.value, way.value) for way in Way])
    credentials = Credentials(required=False, help_text="With `key`.")
    region = Text(max_length=32, required=False)
    sub_account = Text(max_length=80, required=False)
    return_to = sign_in.ReturnTo(required=False, help_text="With `oauth`.")

    example = {"method": "csv"}

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        needed = {Way.KEY: "credentials", Way.OAUTH: "return_to"}.get(sent["method"])
        if needed and needed not in sent:
            raise serializers.ValidationError({needed: serializers.ErrorDetail("This field is required.", "required")})
        return sent


class MethodChanging(Shape):
    wallet = wallets.WalletShape()
    test = tests.Test(allow_null=True, help_text="With `key`: the change happens when it passes.")
    sign_in = sign_in.Started(allow_null=True, help_text="With `oauth`: the change happens after the consent.")

    example = {"wallet": {**wallets.WalletShape.example, "method": "csv"}, "test": None, "sign_in": None}


def test_in(answer: Mapping[str, Any]) -> str:
    return str(answer["test"]["id"]) if answer["test"] else ""


def status_of(answer: Mapping[str, Any]) -> int:
    return tests.status_of(answer["test"]) if answer["test"] else 200


def as_it_is(call: Call, test_id: str) -> dict[str, Any]:
    return {"wallet": wallets.one(call), "test": tests.as_it_is(call, test_id), "sign_in": None}


@api(
    "POST",
    scope="connect",
    fresh=True,
    takes=MethodWish,
    gives=MethodChanging,
    limit="key_tests",
    problems=(*tests.ASKED, NOT_NOW),
    wait=Wait(begun=test_in, is_over=tests.is_over, outcome=as_it_is, address=test_at),
    status_of=status_of,
    statuses={200: "Changed; or the test has ended; or the sign-in waits for you.", 202: tests.GOES_ON},
)
def change_method(call: Call) -> dict[str, Any] | Problem:
    """Feed a wallet another way: by key, by sign-in, by files.

    The wallet, its history and your edits stay. `csv` holds at once, and the credential is taken away. `key` tests the
    key first. `oauth` answers the address of the exchange's consent page, as `oauth/{exchange}/start/` does.
    """
    wallet, way = wallets.one(call), Way(call.data["method"])
    with refusals_told():
        keeping.locked(wallet)
        if way is Way.CSV:
            keeping.to_files(by=call.by, wallet=wallet, now=call.now)
            return _changed(call, wallet)
    exchange = exchange_of(wallet)
    require_offered(exchange, way, field="method")
    if way is Way.OAUTH:
        started = sign_in.departure(call, exchange, wallet=wallet, return_to=call.data["return_to"])
        return _changed(call, wallet, sign_in=started)
    test = replacing(call, wallet, exchange)
    return test if isinstance(test, Problem) else _changed(call, wallet, test=test)


def _changed(call: Call, wallet: Wallet, **parts: Any) -> dict[str, Any]:
    return {"wallet": wallets.again(call, wallet), "test": None, "sign_in": None, **parts}
