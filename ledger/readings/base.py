"""What a source row means: frozen values that say what moved, when, and what belongs together.

One file per exchange reads its rows (`ledger.readings.kraken`), one file per format reads a file's lines
(`ledger.imports.formats`). Both make `Reading`s; `events` puts those together that are one happening. All of it is
pure: it can be done again, by a newer version, without asking the exchange.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal


class Kind(StrEnum):
    TRADE = "trade"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    REWARD = "reward"
    INCOME = "income"
    FEE = "fee"
    SPEND = "spend"
    GIFT = "gift"
    LOST = "lost"
    ADJUSTMENT = "adjustment"


class Row(NamedTuple):
    """A source row, as readers see it."""

    family: str
    external_id: str
    at: datetime
    raw: Mapping[str, Any]


class Leg(NamedTuple):
    """Something that came (above nought) or went."""

    asset: str  # the exchange's own symbol; whoever names assets knows its aliases
    amount: Decimal
    fee: bool = False  # paid: below nought; given back: above


class Worth(NamedTuple):
    """What the source itself says it was worth, in money."""

    amount: Decimal
    currency: str


class Reading(NamedTuple):
    """What one source row, or a part of it, says.

    `identity` is the row's own name within its wallet, the same whether API or file tells it: "ledger:LABC-1". Where
    the source has no id, it is the row's external id, prefixed by the family. Readings of one `event` are one
    happening; what they move is netted asset by asset. Of readings that tell the same movements twice, as a ledger and
    a list of trades do, those of the lowest `rank` are believed, and the others add details or stand in alone.
    """

    identity: str
    event: str
    at: datetime
    kind: Kind
    legs: tuple[Leg, ...] = ()  # none: only details of its event
    rank: int = 0
    category: str = ""  # finer than the kind, one of `categories`
    order: str = ""  # fills of one order are shown as one
    group: str = ""  # several events that belong together, such as the parts of one clean-up of dust
    hash: str = ""  # of the transaction on its chain
    address: str = ""
    network: str = ""
    note: str = ""  # in the source's own words
    worth: Worth | None = None
    skip: str = ""  # why nothing moved: said to whoever looks at the row
    about: Leg | None = None  # what another row moved, of which this one says more without naming it


class Reader(Protocol):
    """What each module of this package is. Its version rises with every change of what rows are taken to mean."""

    VERSION: int

    def read(self, row: Row) -> Iterable[Reading]:
        """Never raises on a row that an exchange could send: what cannot be understood is a `skip` that says so."""
