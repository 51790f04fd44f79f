"""CoinTracking's tables. Times are in the zone of the account, dates as it is set to write them, and amounts are with
their fee: a fee in another coin than those traded has a line of its own, and is told beside the trade for show only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Read, Skip
from ledger.imports.trackers import Entry, Words, currency_in, fee, side, told, worth_in

if TYPE_CHECKING:
    from ledger.readings.base import Worth

END = {"place": "exchange", "group": "group", "time": "date"}
MORE = {"comment": "comment", "hash": r"tx-?\s?id( \(optional\))?", "pool": r"lpn?|liquidity pool( \(optional\))?"}
SAID = ("type", "group", "comment", "buy_worth", "sell_worth")


def line(cells: Cells) -> Read | Skip:
    value = next((found for key in ("buy_worth", "sell_worth") if (found := worth_of(cells, key))), None)
    entry = Entry(
        cells.when(),
        side(cells, "sell", "sold", "place"),
        side(cells, "buy", "bought", "place"),
        fee(cells, place="place"),
        inclusive=True,
        more={"hash": cells.text("hash"), "worth": value},
    )
    group = cells.text("group")
    return told(cells, entry, Words(cells.text("type"), cells.text("comment"), "" if group == "-" else group))


def worth_of(cells: Cells, key: str) -> Worth | None:
    """Only where the column names its currency."""
    currency = currency_in(cells, key)
    return worth_in(cells, key, currency) if currency else None


FORMATS = (
    Format(
        name="cointracking_export",
        version=2,
        exchange="",
        title="CoinTracking trade table",
        columns={
            "type": "type",
            "buy": "buy",
            "bought": r"cur\.",
            "sell": "sell",
            "sold": r"cur\. 2",
            "fee": "fee",
            "fee_asset": r"cur\. 3",
            **END,
        },
        optional=MORE,
        read_cells=line,
        zone="",
        seconds=False,
        changing=SAID,
    ),
    Format(
        name="cointracking_full",
        version=2,
        exchange="",
        title="CoinTracking full export",
        columns={
            "type": "type",
            "buy": "buy amount",
            "bought": "buy currency",
            "sell": "sell amount",
            "sold": "sell currency",
            "fee": "fee",
            "fee_asset": "fee currency",
            **END,
            "group": "trade[- ]?group",
        },
        optional={
            **MORE,
            "buy_worth": r"buy value in .*",
            "sell_worth": r"sell value in .*",
        },
        read_cells=line,
        zone="",
        seconds=False,
        changing=SAID,
    ),
    Format(
        name="cointracking_values",
        version=2,
        exchange="",
        title="CoinTracking trade table with values",
        columns={
            "type": "type",
            "buy": "buy",
            "bought": r"cur\.",
            "buy_worth": r"value in (?!btc)\w{3}",
            "sell": "sell",
            "sold": r"cur\. 2",
            "sell_worth": r"value in (?!btc)\w{3} 2",
            **END,
        },
        optional={
            **MORE,
            "bought_in_btc": "value in btc",
            "sold_in_btc": "value in btc 2",
            "spread": "spread",
        },
        read_cells=line,
        zone="",
        seconds=False,
        changing=(*SAID, "bought_in_btc", "sold_in_btc", "spread"),
    ),
)
