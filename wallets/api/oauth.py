"""`oauth/{exchange}/`: letting Holdfast in at an exchange by signing in there, from a phone.

`start` answers the address of the consent page, to be opened in a browser. The exchange leads back to us, and we lead
to `return_to` with `code` and `exchange`, or with `error`. `finish` claims it. The exchange's own code never leaves us.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework import serializers

from accounts import recovery
from accounts.api.frame import STEP_UP_REQUIRED, Call, api, read_at, require_fresh
from config.api.fields import Id, Shape, Text, UtcTime
from config.api.problem import Problem, invalid
from config.oauth import START_LIVES
from wallets import oauth, trials
from wallets.api import trials as tests
from wallets.api.exchanges import named
from wallets.api.problems import (
    CREDENTIALS_FROZEN,
    NOT_OFFERED,
    SIGN_IN_OVER,
    TEST_EXPIRED,
    treasure_told,
)
from wallets.free_text import TreasureError, refuse_treasure
from wallets.oauth import PhoneStarts

if TYPE_CHECKING:
    from wallets.catalogue import Exchange
    from wallets.models import Wallet

ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*):[!-~]*", re.IGNORECASE)  # printable ASCII, so that it stays what it is


class ReturnTo(Text):
    """An address that the phone's own app opens, and nobody else's page."""

    default_error_messages = {"scheme": "Its scheme is not one that this Holdfast leads back to: {schemes}."}

    def __init__(self, **facts: Any) -> None:
        super().__init__(max_length=500, **facts)

    def to_internal_value(self, data: str) -> str:
        text = super().to_internal_value(data)
        found = ADDRESS.fullmatch(text)
        if found is None or found[1].lower() not in settings.OAUTH_RETURN_SCHEMES:
            self.fail("scheme", schemes=", ".join(settings.OAUTH_RETURN_SCHEMES) or "none")
        return text


class Start(Shape):
    return_to = ReturnTo(help_text="Where the browser is led in the end, with `code` or `error`; an app's own scheme.")
    wallet = Id(required=False, help_text="Sign in again for this wallet: it goes on as it is.")
    label = Text(  # type: ignore[assignment] # the stubs take it for the form's own
        max_length=80, required=False, help_text="Of the new wallet."
    )

    example = {"return_to": "holdfast://connected", "label": "Coinbase"}


class Started(Shape):
    url = serializers.CharField(help_text="To be opened in the phone's browser.")
    expires_at = UtcTime(help_text="Until then the consent has to be given.")

    example = {
        "url": "https://login.coinbase.com/oauth2/auth?response_type=code&…",
        "expires_at": "2026-03-01T12:40:00Z",
    }


@api(
    "POST",
    scope="connect",
    takes=Start,
    gives=Started,
    status=201,
    secret=True,
    limit="key_tests",
    problems=(STEP_UP_REQUIRED, CREDENTIALS_FROZEN, NOT_OFFERED),
)
def start(call: Call) -> dict[str, Any] | Problem:
    """Begin a sign-in at the exchange.

    For an existing wallet (`wallet`) a phone's second factor must have been given within the last five minutes. The
    browser comes back to `return_to` with `code` (for `finish/`) and `exchange`, or with `error`: `refused`,
    `too-late`, `begin-again`, `our-side`, `not-answering`, `not-understood`, `wallet-gone`, `frozen`.
    """
    exchange, wallet = named(call.path["exchange_id"]), tests.wallet_in_body(call)
    if oauth.provider_of(exchange) is None:
        raise Problem(NOT_OFFERED)
    if wallet:
        require_fresh(call.request)
        if wallet.exchange != exchange.id:
            raise invalid("wallet", "other_exchange", f"This wallet is not of {exchange.name}.")
    label = call.data.get("label", "")
    try:
        refuse_treasure(label, by=call.by, owner=call.owner, now=call.now, place="the name of a wallet")
    except TreasureError:
        return treasure_told("label")
    return departure(call, exchange, wallet=wallet, label=label, return_to=call.data["return_to"])


def departure(
    call: Call, exchange: Exchange, *, return_to: str, wallet: Wallet | None = None, label: str = ""
) -> dict[str, Any]:
    provider = oauth.provider_of(exchange)
    assert provider  # noqa: S101 # asked before
    if recovery.frozen(call.owner):
        raise Problem(CREDENTIALS_FROZEN)
    url = oauth.depart(
        exchange,
        provider,
        PhoneStarts(now=call.now, owner=call.owner, wallet=wallet, label=label),
        owner=call.owner,
        now=call.now,
        purpose="reconnect_exchange" if wallet else "connect_exchange",
        return_to=return_to,
    )
    return {"url": url, "expires_at": call.now + START_LIVES}


class Finish(Shape):
    code = Text(max_length=200, help_text="As `return_to` got it.")

    example = {"code": "wq3v…"}


class Finished(tests.Test):
    example = {**tests.Test.example, "state": "queued", "purpose": "connect", "method": "oauth", "checklist": []}


@api(
    "POST",
    scope="connect",
    takes=Finish,
    gives=Finished,
    status=202,
    polled=read_at("wallets_api:credential-tests-one"),
    problems=(SIGN_IN_OVER, TEST_EXPIRED),
)
def finish(call: Call) -> dict[str, Any]:
    """Claim what a consent brought.

    A worker then exchanges it for tokens and tests them. Read the test until it ends; a passed one has its wallet.
    """
    exchange = named(call.path["exchange_id"])
    test = oauth.claimed(owner=call.owner, exchange=exchange, code=call.data["code"], now=call.now)
    if test is None:
        raise Problem(SIGN_IN_OVER)
    if not trials.let_go(test, now=call.now):
        raise Problem(TEST_EXPIRED)
    return tests.told(test, call.now)
