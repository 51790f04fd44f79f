"""KuCoin's files of 2018 and 2019, in Singapore's time (R). Where they tell a fee, it is in the quote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, moved, unknown
from ledger.imports.formats.kucoin import HOME, fill

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.readings.base import Reading


def movement(cells: Cells) -> Iterable[Reading]:
    what = cells.word("type")
    if what not in {"deposit", "withdraw"}:
        raise unknown(cells.text("type"), cells.column("type"))
    return [moved(cells, comes=what == "deposit", hash=cells.text("hash"), address=cells.text("address"))]


FORMATS = (
    Format(
        name="kucoin_trades_2018",
        exchange="kucoin",
        title="KuCoin trades (file of 2018)",
        columns={
            "uid": "uid",
            "pair": "symbol",
            "side": "direction",
            "price": "(deal_)?price",
            "amount": "amount(_coin)?",
            "total": "funds|deal_value",
            "time": "created_at",
        },
        optional={"kind": "order_type", "fee": "fee"},
        read_cells=fill,
        zone=HOME,
    ),
    Format(
        name="kucoin_trades_2019",
        exchange="kucoin",
        title="KuCoin trades (file of 2019)",
        columns={
            "order": "oid",
            "pair": "symbol",
            "price": "dealprice",
            "total": "dealvalue",
            "amount": "amount",
            "fee": "fee",
            "side": "direction",
            "time": "createddate",
        },
        read_cells=fill,
        zone=HOME,
    ),
    Format(
        name="kucoin_movements_2018",
        exchange="kucoin",
        title="KuCoin deposits and withdrawals (file of 2018)",
        columns={
            "asset": "coin_type",
            "type": "type",
            "address": "add",
            "hash": "hash",
            "amount": "vol",
            "time": "created_at",
        },
        read_cells=movement,
        zone=HOME,
    ),
)
