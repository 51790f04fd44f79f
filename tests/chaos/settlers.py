"""Owners with wallets, in a service that runs: one wallet each, with a key that the sandbox has just made.

Run as a program on the service's database: `python -m tests.chaos.settlers`. On standard input as JSON: where the
sandbox is, how many settle at which exchange, and the number of the first; or "sync", and everybody presses the button.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret  # noqa: E402 - after setup
from django.db import transaction  # noqa: E402 - after setup
from django.utils import timezone  # noqa: E402 - after setup

from accounts.audit import Actor, ActorKind  # noqa: E402 - after setup
from accounts.models import User  # noqa: E402 - after setup
from config.oauth import Secret, begin  # noqa: E402 - after setup
from sync import schedule  # noqa: E402 - after setup
from tests.playground import Playground  # noqa: E402 - after setup
from wallets import catalogue, credentials, oauth, trials  # noqa: E402 - after setup
from wallets.models import Wallet  # noqa: E402 - after setup

if TYPE_CHECKING:
    from datetime import datetime


# Where a limit is the account's: owners who shared one would keep each other from ever asking.
ACCOUNT_NUMBERS = {"okx": ("uid", "main_uid")}
ACCOUNT = 447058923436200000


def settle(sandbox: Playground, wallets: dict[str, int], first: int, now: datetime) -> int:
    homes = [exchange for exchange, many in wallets.items() for _ in range(many)]
    for number, exchange in enumerate(homes, start=first):
        owner = settler(number)
        if catalogue.load()[exchange].fields:
            connect(owner, exchange, credential_at(sandbox, exchange, number), now)
        else:
            consent(sandbox, owner, exchange, now)
    return len(homes)


def settler(number: int) -> User:
    """With a second factor: without one nothing is read for anybody."""
    owner = User.objects.create_user(email=f"settler-{number}@example.test", password=None)
    TOTP.activate(owner, generate_totp_secret())
    return owner


def credential_at(sandbox: Playground, exchange: str, number: int) -> dict[str, str]:
    """Like the key that the sandbox knows from the start, but one's own."""
    told = sandbox.state(exchange)["keys"][0]
    made = {**told, "id": name_like(told["id"], number)}
    names = {each.name for each in catalogue.load()[exchange].fields} & set(made)
    account = dict.fromkeys(ACCOUNT_NUMBERS.get(exchange, ()), f"{ACCOUNT + number}")
    sandbox.control(exchange, {"key": {name: made[name] for name in {*names, "id"}} | account})
    return {"key": made["id"], **{name: made[name] for name in names}}


def name_like(name: str, number: int) -> str:
    if len(name) == 36 and name.count("-") == 4:
        return str(uuid.UUID(int=uuid.UUID(name).int ^ (number + 1)))
    digits = f"{number + 1:05d}"
    return f"{name[: -len(digits)]}{digits}"


@transaction.atomic
def connect(owner: User, exchange: str, values: dict[str, str], now: datetime) -> None:
    """As a trial leaves it: a wallet that is due, with the key in force."""
    regions = catalogue.load()[exchange].regions
    wallet = Wallet.objects.create(
        owner=owner,
        exchange=exchange,
        region=regions[0].id if regions else "",
        way="key",
        label=exchange,
        created_at=now,
        next_try_at=now,
    )
    credentials.put_in_force(wallet, way=catalogue.Way.KEY, values=values, now=now)


def consent(sandbox: Playground, owner: User, exchange: str, now: datetime) -> None:
    """Where there is no key: a yes at the exchange, and the service's own workers spend the code."""
    row = catalogue.load()[exchange]
    departure = begin(
        oauth.provider_of(row),
        purpose="connect",
        redirect_uri=oauth.return_url(exchange),
        scopes=row.sign_in.scopes,
        now=now,
        subject=str(owner.pk),
    )
    code = parse_qs(urlsplit(sandbox.allow(departure.url)).query)["code"][0]
    candidate = oauth.candidate_of(departure.start, Secret(code))
    by = Actor(ActorKind.OWNER, owner)
    trials.ask_after_consent(by=by, owner=owner, exchange=row, candidate=candidate, now=now)


def sync_all(now: datetime) -> int:
    wallets = Wallet.objects.select_related("owner").order_by("created_at", "pk")
    for wallet in wallets:
        schedule.request(by=Actor(ActorKind.OWNER, wallet.owner), wallet=wallet, now=now)
    return len(wallets)


def main(wish: Any) -> int:
    if wish == "sync":
        return sync_all(timezone.now())
    return settle(Playground(wish["port"]), wish["wallets"], wish["first"], timezone.now())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.load(sys.stdin))))
