"""Lots as the engine wrote them, in blocks that states share: each is kept once, and read when its turn comes."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import connection

from ledger.models import Block

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ledger.models import Reckoning

AHEAD = 16
UNUSED = """
    DELETE FROM ledger_block WHERE reckoning_id = %(reckoning)s AND asset = ANY(%(assets)s) AND name NOT IN (
        SELECT unnest(blocks) FROM ledger_checkpoint WHERE reckoning_id = %(reckoning)s AND asset = ANY(%(assets)s)
        UNION ALL
        SELECT unnest(blocks) FROM ledger_holding WHERE reckoning_id = %(reckoning)s AND asset = ANY(%(assets)s)
    )
"""


class NotAsLeftError(Exception):
    """What was kept to go on from is no longer there, or says something else: all has to be reckoned once more."""


class Kept(Mapping[str, str]):
    """The texts of blocks of an asset. Whoever reads one mostly reads those that follow it in the same state."""

    def __init__(self, reckoning: Reckoning, asset: str, names: Sequence[str]) -> None:
        self.rows = Block.objects.filter(reckoning=reckoning, asset=asset)
        self.names = names
        self.places = {name: place for place, name in enumerate(names)}
        self.read: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        if name not in self.read:
            place = self.places[name]
            rows = self.rows.filter(name__in=self.names[place : place + AHEAD])
            self.read |= {each.hex: unpacked(bytes(lots)) for each, lots in rows.values_list("name", "lots")}
        if name not in self.read:
            raise NotAsLeftError
        return self.read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


def names_of(reckoning: Reckoning, assets: Collection[str]) -> dict[str, set[str]]:
    """Of the blocks that are kept, by asset."""
    found: dict[str, set[str]] = defaultdict(set)
    rows = Block.objects.filter(reckoning=reckoning, asset__in=assets)
    for asset, name in rows.values_list("asset", "name"):
        found[asset].add(name.hex)
    return found


def let_go(reckoning: Reckoning, assets: Collection[str]) -> None:
    """What no state is made of any longer."""
    with connection.cursor() as cursor:
        cursor.execute(UNUSED, {"reckoning": reckoning.pk, "assets": list(assets)})


def listed(names: Iterable[str]) -> str:
    """As COPY reads an array of them."""
    return f"{{{','.join(names)}}}"


def packed(text: str) -> bytes:
    """At level one: the database's own way of compressing takes ten times as long."""
    return zlib.compress(text.encode(), 1)


def unpacked(packed: bytes) -> str:
    return zlib.decompress(packed).decode()
