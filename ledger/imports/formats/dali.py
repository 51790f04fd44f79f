"""DaLI's files for what no exchange tells: what came, what went, and what moved between wallets of its owner. They know
coins only; what was paid or got for them is told beside, in money.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Read, Skip, product, total
from ledger.imports.labels import is_plain
from ledger.imports.trackers import Entry, Side, Words, side, symbol, told
from ledger.readings.base import Worth

if TYPE_CHECKING:
    from decimal import Decimal

UNKNOWN = {"__unknown", "unknown"}  # DaLI fills it in from another file


def came(cells: Cells) -> Read | Skip:
    coin, money = side_of(cells, "amount"), value(cells, "amount")
    entry = Entry(cells.when(), received=coin, fee=fee_of(cells), more=details(cells, money))
    if cells.word("type") == "buy" and money:
        entry = Entry(entry.at, paid_in(cells, money), coin, fee_of(cells), more=details(cells, None))
    return told(cells, entry, words(cells))


def went(cells: Cells) -> Read | Skip:
    coin, money = side_of(cells, "amount"), value(cells, "amount")
    entry = Entry(cells.when(), sent=coin, fee=fee_of(cells), more=details(cells, money))
    if cells.word("type") == "sell" and money:
        entry = Entry(entry.at, coin, paid_in(cells, money), fee_of(cells), more=details(cells, None))
    return told(cells, entry, words(cells))


def moved(cells: Cells) -> Read | Skip:
    """A half that stands in another file is told there."""
    sent = None if unknown(cells, "sent") else side(cells, "sent", "asset")
    received = None if unknown(cells, "received") else side(cells, "received", "asset")
    entry = Entry(
        cells.when(),
        Side(sent.asset, sent.amount, place(cells, "from_exchange", "from_holder")) if sent else None,
        Side(received.asset, received.amount, place(cells, "to_exchange", "to_holder")) if received else None,
        more={"hash": hash_of(cells)},
    )
    return told(cells, entry, Words(note=cells.text("notes")))


def side_of(cells: Cells, key: str) -> Side | None:
    found = side(cells, key, "asset")
    return Side(found.asset, found.amount, place(cells, "exchange", "holder")) if found else None


def fee_of(cells: Cells) -> Side | None:
    """In the coin, or in money: never both."""
    where = place(cells, "exchange", "holder")
    if coin := cells.amount("fee"):
        return Side(symbol(cells, "asset"), coin.copy_abs(), where)
    money = cells.amount("money_fee") if cells.word("type") in {"buy", "sell"} else None
    return Side(currency(cells), money.copy_abs(), where) if money else None


def value(cells: Cells, key: str) -> Decimal | None:
    """As told, else by the price; without the fee."""
    if found := cells.amount("money"):
        return found.copy_abs()
    with_fee = cells.amount("money_with_fee")
    if with_fee:
        return total(with_fee.copy_abs(), cells.amount("money_fee").copy_abs().copy_negate())
    if unknown(cells, "price"):
        return None
    return product(cells.amount("price").copy_abs(), cells.amount(key).copy_abs()) or None


def paid_in(cells: Cells, money: Decimal) -> Side:
    return Side(currency(cells), money, place(cells, "exchange", "holder"))


def details(cells: Cells, money: Decimal | None) -> dict[str, str | Worth | None]:
    return {"hash": hash_of(cells), "worth": Worth(money, currency(cells)) if money else None}


def currency(cells: Cells) -> str:
    """In the columns' own names, or what the owner says."""
    first = cells.column("money").split()[0].upper()
    return first if len(first) == 3 else cells.options.base or "USD"  # noqa: PLR2004 - as ISO 4217 has them


def hash_of(cells: Cells) -> str:
    """Its ids are those of the chain, where there is one."""
    name = cells.text("id")
    return name if len(name) >= 40 else ""  # noqa: PLR2004 - shorter ones are exchanges' own


def place(cells: Cells, exchange: str, holder: str) -> str:
    who = cells.text(holder)
    return cells.text(exchange) + (f" ({who})" if who and not unknown(cells, holder) else "")


def unknown(cells: Cells, key: str) -> bool:
    return cells.word(key) in UNKNOWN


def words(cells: Cells) -> Words:
    label = cells.text("type")
    return Words("" if is_plain(label) else label, cells.text("notes"))


START = {"id": "unique id", "time": "timestamp", "asset": "asset"}
HELD = {"exchange": "exchange", "holder": "holder", "type": "transaction type", "price": "spot price"}
IN = {**START, **HELD, "amount": "crypto in", "fee": "crypto fee"}
OPTIONAL = {"notes": "notes"}


def money_in(currency: str) -> dict[str, str]:
    return {
        "money": rf"{currency} in no fee",
        "money_with_fee": rf"{currency} in with fee",
        "money_fee": rf"{currency} fee",
    }


FORMATS = (
    Format(
        name="dali_in",
        exchange="",
        title="DaLI manual: in",
        columns={**IN, **money_in(r"(?!crypto)\w{3}")},
        optional=OPTIONAL,
        read_cells=came,
        key=("id",),
        zone="",
    ),
    Format(
        name="dali_in_fiat",
        exchange="",
        title="DaLI manual: in",
        columns={**IN, **money_in("fiat")},
        optional=OPTIONAL,
        read_cells=came,
        key=("id",),
        zone="",
        asks=("base",),
    ),
    Format(
        name="dali_out",
        exchange="",
        title="DaLI manual: out",
        columns={
            **START,
            **HELD,
            "amount": "crypto out no fee",
            "fee": "crypto fee",
            "with_fee": "crypto out with fee",
            "money": r"(fiat|\w{3}) out no fee",
            "money_fee": r"(fiat|\w{3}) fee",
        },
        optional=OPTIONAL,
        read_cells=went,
        key=("id",),
        zone="",
        asks=("base",),
    ),
    Format(
        name="dali_intra",
        exchange="",
        title="DaLI manual: between wallets",
        columns={
            **START,
            "from_exchange": "from exchange",
            "from_holder": "from holder",
            "to_exchange": "to exchange",
            "to_holder": "to holder",
            "price": "spot price",
            "sent": "crypto sent",
            "received": "crypto received",
        },
        optional=OPTIONAL,
        read_cells=moved,
        key=("id",),
        zone="",
    ),
)
