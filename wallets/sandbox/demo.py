"""The key that each exchange of the sandbox knows from the start, for whoever wants to try the way in.

Not asked over the wire: it follows from the seed that every sandbox begins with, so a page can show it.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

from wallets.sandbox.server import RESIDENTS
from wallets.sandbox.wire import World

SEED = "holdfast"
OPENED = datetime(2024, 1, 1, tzinfo=UTC)  # a resident wants a clock; no key hangs on it


def demo_key(name: str) -> dict[str, str]:
    """By the names of the key form's fields. Empty: nobody of that name lives there, or lets people in by key."""
    world = World(SEED, lambda: OPENED)
    residents = (make(world) for make in RESIDENTS)
    told = next((resident.state().get("keys") for resident in residents if resident.name == name), None)
    if not isinstance(told, list) or not told:
        return {}
    key = told[0]
    return {"key": key["id"], **{field: key[field] for field in ("secret", "passphrase") if field in key}}


def further_key(name: str, whose: str) -> dict[str, str]:
    """One more of the same account and shape, which the sandbox has yet to be told of: what befalls it befalls nobody
    else.
    """
    shown = demo_key(name)
    mark = hashlib.sha512(f"{name} key of {whose}".encode())
    if name == "kraken":
        return {**shown, "key": base64.b64encode(mark.digest()[:42]).decode()}
    drawn = iter(mark.hexdigest())
    return {**shown, "key": "".join("-" if sign == "-" else next(drawn) for sign in shown["key"])}
