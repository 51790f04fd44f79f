"""What the engine is given and what it hands back: values in `Decimal`, each amount beside its asset.

Inside, amounts are integers (`units`). Nothing here does anything; SPEC.md says what each word means.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

VERSION = 12  # rises with every change of what the same events come to


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


class Country(StrEnum):
    US = "US"
    GB = "GB"
    CA = "CA"
    DE = "DE"
    AU = "AU"
    OTHER = "other"


class Method(StrEnum):
    FIFO = "fifo"
    LIFO = "lifo"
    HIFO = "hifo"
    LOFO = "lofo"
    SPECIFIC = "specific"
    AVERAGE = "average"
    UK_POOL = "uk_pool"
    ACB = "acb"


class Scope(StrEnum):
    UNIVERSAL = "universal"
    PER_WALLET = "per_wallet"


class TransferFee(StrEnum):
    """What becomes of the part of a transfer that never arrives."""

    DISPOSAL = "disposal"  # it was spent: a gain or a loss of its own
    COST = "cost"  # what it had cost is added to what arrives
    NOTHING = "nothing"  # it goes with its cost, and nothing is gained or lost


class Term(StrEnum):
    SHORT = "short"
    LONG = "long"
    NONE = ""  # the country, or the method, does not ask how long


class Rule(StrEnum):
    """By which a disposal met its lot."""

    FIFO = "fifo"
    LIFO = "lifo"
    HIFO = "hifo"
    LOFO = "lofo"
    CHOSEN = "chosen"
    AVERAGE = "average"
    SAME_DAY = "same_day"
    THIRTY_DAYS = "thirty_days"
    POOL = "pool"
    MISSING = "missing"  # there was no lot
    RESULT = "result"  # of a margin or futures position: there is no lot


class Problem(StrEnum):
    MISSING_BASIS = "missing_basis"  # a disposal of what was never acquired, or at a cost nobody knows
    NEGATIVE_BALANCE = "negative_balance"  # a wallet gave more than it had
    MISSING_PRICE = "missing_price"  # nobody says what it was worth
    FEE_WITHOUT_RATE = "fee_without_rate"  # paid in money that nobody can convert, so that it counts as nought
    ONE_SIDED = "one_sided"  # of a trade only what came is here, or only what went, and nobody says for how much
    WORTH_SAID = "worth_said"  # the owner's word on what a trade was worth is not the money that changed hands
    IN_TRANSIT = "in_transit"  # sold where it had not arrived yet
    UNKNOWN_ORIGIN = "unknown_origin"  # came in from nobody knows where
    FORK_UNSHARED = "fork_unshared"  # a part of what the old asset had cost belongs to it, and nobody says how much
    UNKNOWN_TARGET = "unknown_target"  # went out to nobody knows where
    MORE_ARRIVED = "more_arrived"  # than was sent
    LINK_OF_TWO_ASSETS = "link_of_two_assets"  # joined as a transfer, but not of one asset
    CHOICE_SHORT = "choice_short"  # a lot chosen by hand did not hold as much
    NO_PLAN = "no_plan"  # lots were shared out among wallets without a saved allocation
    PLAN_DOES_NOT_FIT = "plan_does_not_fit"  # the saved allocation puts more into a wallet than it held


class Amount(NamedTuple):
    amount: Decimal
    asset: str


class Event(NamedTuple):
    """A transaction as the ledger has it after the owner's word. What is sent and received is above nought.

    A fee below nought was given back. Each wallet's side of a transfer is an event; the same `link` joins them.
    """

    id: str
    at: datetime
    kind: Kind
    wallet: str
    sent: Amount | None = None
    received: Amount | None = None
    fee: Amount | None = None
    # Of what was sent or received, in the tax currency, without the fee. Beside money in that currency it is the
    # owner's word against it; none: nobody says but the money, if there is any.
    value: Decimal | None = None
    fee_value: Decimal | None = None
    sequence: int = 0  # the exchange's own order among events of one moment
    category: str = ""
    link: str = ""
    basis: Decimal | None = None  # what it cost, where somebody knows better: the giver of a gift, the owner
    acquired: datetime | None = None  # and when it was acquired
    half: bool = False  # of a trade the other side is missing, and nobody says what it was worth


class Choice(NamedTuple):
    """Of this lot, so much; no amount: as much as is there."""

    lot: str
    amount: Decimal | None = None


class Share(NamedTuple):
    """A line of an allocation: so much of this lot lies in this wallet."""

    asset: str
    lot: str
    wallet: str
    amount: Decimal


class Allocation(NamedTuple):
    """How lots that were counted together are shared out among wallets when each begins to count by itself.

    The shares named come first; the rest goes in the order of `method` to the wallets in order, each filled up to
    what it holds; wallets that are not named follow by name. `saved` is the day on which its owner laid it down.
    """

    saved: date | None = None  # nobody has saved it: it is only proposed
    method: Method = Method.FIFO
    wallets: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()


class Regime(NamedTuple):
    """What holds from the beginning of a tax year on."""

    from_year: int
    country: Country
    method: Method
    scope: Scope


class Settings(NamedTuple):
    regimes: tuple[Regime, ...]  # oldest first; the first one holds for what is older, too
    currency: str = "USD"  # of all values; legs in it are money and are not booked
    zone: tzinfo = UTC  # in which days and tax years begin
    transfer_fee: TransferFee = TransferFee.DISPOSAL
    money: frozenset[str] = frozenset()  # other currencies whose gains are not reckoned
    choices: Mapping[str, tuple[Choice, ...]] = MappingProxyType({})  # disposal or transfer -> lots
    allocation: Allocation | None = None
    scales: Mapping[str, int] = MappingProxyType({})  # decimals of an asset, where 18 are not right


class Match(NamedTuple):
    """What met what: a part of a disposal and a part of a lot. `lot` is empty where a pool or nothing stands behind."""

    disposal: str
    kind: str
    lot: str
    asset: str
    wallet: str
    amount: Decimal
    acquired: datetime | None  # none: nobody knows, or on several days
    disposed: datetime
    day: date
    proceeds: Decimal
    cost: Decimal
    adjustment: Decimal  # a loss that is denied, given back to the gain and to the cost of what is still held
    gain: Decimal
    term: Term
    rule: Rule
    counts: bool  # no: it left without a gain being reckoned
    known: bool  # no: its cost is a guess of nought


class Income(NamedTuple):
    event: str
    asset: str
    wallet: str
    at: datetime
    day: date
    amount: Decimal
    value: Decimal
    category: str
    known: bool


class Lot(NamedTuple):
    """What is left of an acquisition, in one wallet; in none where all count together, and while it is on its way."""

    id: str
    asset: str
    wallet: str
    acquired: datetime
    amount: Decimal
    cost: Decimal
    known: bool


class Finding(NamedTuple):
    """Something about the data worth knowing. `money` is what it touches, in the tax currency."""

    problem: Problem
    event: str
    at: datetime
    asset: str
    wallet: str
    amount: Decimal
    money: Decimal
