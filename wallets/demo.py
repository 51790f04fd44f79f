"""What a demonstration account has of wallets: real trials of the sandbox's own keys, carried out by workers, and
accounts that are fed by files. Development only.

Before the first of them the sandbox is told what happened in three years; after that it keeps to it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings

from accounts.audit import Actor, ActorKind
from wallets import catalogue, keeping, trials
from wallets.models import CredentialTest, Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import User

# Of those whose whole history is told within a minute or so: others hand it out by the week, or make one wait.
CONNECTED = ("coinbase", "kraken", "gemini", "bitfinex", "okx")
OF_ITS_OWN = ("kraken", "bitfinex", "okx")  # keys that something is going to befall
CLOSED = "Bitstamp, closed 2024"
COLD = "Ledger, at home"


def furnish(owner: User, now: datetime) -> None:
    bring_keys(owner, now)
    by = Actor(ActorKind.OWNER, owner)
    for exchange, label in (("bitstamp", CLOSED), ("", COLD)):
        keeping.open_by_hand(by=by, owner=owner, exchange=exchange, way=catalogue.Way.CSV, label=label, now=now)


def bring_keys(owner: User, now: datetime) -> bool:
    """Those that are missing: nobody was there to try them, or the sandbox was still starting. False: it still is."""
    port = sandbox_port()
    if port:
        set_scene(port, until=now)
        for name in CONNECTED:
            if not is_known(owner, name):
                connect(owner, name, port=port, by=Actor(ActorKind.OWNER, owner), now=now)
    return bool(port)


def is_known(owner: User, name: str) -> bool:
    tried = CredentialTest.objects.filter(owner=owner, exchange=name, finished_at=None)
    return tried.exists() or Wallet.objects.for_user(owner).filter(exchange=name).exists()


def sandbox_port() -> int:
    """None: 0. `up` chooses it, and commands beside it read where."""
    from wallets.sandbox import control  # noqa: PLC0415 - production never loads the sandbox

    kept = settings.DATA_DIR / "sandbox" / "port"
    port = settings.SANDBOX_PORT or (int(kept.read_text()) if kept.exists() else 0)
    with suppress(control.NotThereError):
        if port and control.look(port, "kraken"):
            return int(port)
    return 0


def set_scene(port: int, *, until: datetime) -> None:
    """Once: whoever comes later finds the same past."""
    from wallets.sandbox import control, life  # noqa: PLC0415 - as above

    if control.look(port, CONNECTED[0])["scripted"]:
        return
    control.tell(port, "market", {"tides": True})
    for name, script in life.scripts(until):
        control.tell(port, name, script)


def connect(owner: User, name: str, *, port: int, by: Actor, now: datetime) -> None:
    exchange = catalogue.load()[name]
    trials.ask(
        by=by,
        owner=owner,
        exchange=exchange,
        region=exchange.regions[0].id if exchange.regions else "",
        pasted=key_for(owner, name, port=port),
        purpose=trials.Purpose.CONNECT,
        now=now,
    )


def key_for(owner: User, name: str, *, port: int) -> dict[str, str]:
    from wallets.sandbox import control, demo  # noqa: PLC0415 - as above

    if name not in OF_ITS_OWN:
        return demo.demo_key(name)
    key = demo.further_key(name, owner.email)
    control.tell(port, name, {"key": {"id": key["key"], "secret": key["secret"]}})
    return key


def change_key(owner: User, name: str, change: Mapping[str, object], *, port: int) -> None:
    """What befalls the key that we gave this owner."""
    from wallets.sandbox import control, demo  # noqa: PLC0415 - as above

    control.tell(port, name, {"key": {"id": demo.further_key(name, owner.email)["key"], **change}})


def wallet_at(owner: User, name: str) -> Wallet | None:
    return Wallet.objects.for_user(owner).kept().filter(exchange=name).order_by("created_at").first()
