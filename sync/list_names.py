"""What lists are called on pages.

An exchange with a list for each of an owner's accounts names them by ids that say nothing to anybody (Coinbase). Such
a list is called by what its newest rows moved.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

from django.db import connection

from ledger.readers import Readers
from ledger.readings.base import Row

if TYPE_CHECKING:
    from collections.abc import Collection

    from wallets.models import Wallet

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHORT = 8  # of an id: enough to tell two apart
# The newest alone may say nothing: what is not settled yet has moved nothing.
NEWEST = """
    SELECT lists.stream, newest.family, newest.external_id, newest.occurred_at, newest.raw::text
    FROM unnest(%(streams)s::text[]) AS lists (stream) CROSS JOIN LATERAL (
        SELECT family, external_id, occurred_at, raw FROM ledger_sourcerow
        WHERE wallet_id = %(wallet)s AND stream = lists.stream AND origin = 'api' ORDER BY occurred_at DESC LIMIT 5
    ) AS newest
"""


def kind_of(stream: str) -> str:
    """`trades:BTCUSDT` and `trades:ETHUSDT` are both trades; the rest of the name is the exchange's own."""
    return stream.partition(":")[0].replace("_", " ").replace("-", " ").capitalize()


def titles_of(wallet: Wallet, streams: Collection[str]) -> dict[str, str]:
    """`trades:BTCUSDT` is Trades, BTCUSDT. One query, and only where lists are named by ids."""
    called = {stream: stream.partition(":")[2] for stream in streams}
    ids = {stream: rest for stream, rest in called.items() if ID.fullmatch(rest)}
    if ids:
        moved = _moved(wallet, list(ids))
        how_often = Counter(moved.values())
        for stream, rest in ids.items():
            asset = moved.get(stream, "")
            alone = asset and how_often[asset] == 1 and asset not in called.values()
            called[stream] = asset if alone else f"{asset or 'nothing in it yet'} ({rest[:SHORT]})"
    return {stream: ", ".join(filter(None, (kind_of(stream), rest))) for stream, rest in called.items()}


def _moved(wallet: Wallet, streams: list[str]) -> dict[str, str]:
    """The exchange's own symbol, by list."""
    read, found = Readers(wallet.exchange), dict[str, str]()
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, {"streams": streams, "wallet": wallet.pk})
        for stream, family, name, at, raw in cursor.fetchall():
            readings = read.read(Row(family, name, at, json.loads(raw)), "api")
            legs = [leg for reading in readings for leg in reading.legs if not leg.fee]
            if legs:
                found.setdefault(stream, legs[0].asset)
    return found
