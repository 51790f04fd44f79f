"""What matchers are given and what they answer: frozen values, no database, the same answer for the same question.

Two questions are asked here. Which withdrawal arrived as which deposit (`transfers`), and which transactions of one
book are the same one told twice (`duplicates`). Whoever asks brings what the owner decided, and keeps the answers.
Assets are the house's own codes, aliases resolved; ids are any text that stays the same from one rebuild to the next,
for it breaks ties. Amounts are above nought.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from ledger.readings.base import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from ledger.matching.reasons import Reason
    from ledger.readings.events import Amount

NONE = Decimal(0)
API, HAND = "api", "hand"


class Precision(IntEnum):
    """How exactly a source tells the time; in seconds."""

    SECOND = 1
    MINUTE = 60
    DAY = 86_400


# --- transfers ---------------------------------------------------------------------------------------------------


class Side(StrEnum):
    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Movement:
    """Something that left a wallet or came into one, and may have its other end in another wallet of the owner."""

    id: str
    wallet: str
    side: Side
    at: datetime
    asset: str
    amount: Decimal  # as the source tells it: exchanges differ in whether the fee is inside, so both are tried
    fee: Decimal = NONE
    fee_asset: str = ""
    hash: str = ""
    address: str = ""  # of an out: where it went; of an in: where it arrived
    network: str = ""
    kind: Kind = Kind.TRANSFER
    category: str = ""
    internal: bool = False  # the source says itself that it stayed among the owner's own accounts
    fiat: bool = False  # money of a state: it goes through banks and takes days
    precision: Precision = Precision.SECOND


@dataclass(frozen=True, slots=True)
class Ends:
    """Outs and ins that are, or are not, one transfer: an owner's decision, and the heart of a proposal."""

    outs: frozenset[str]
    ins: frozenset[str]

    def within(self, other: Ends) -> bool:
        return self.outs <= other.outs and self.ins <= other.ins


@dataclass(frozen=True, slots=True)
class Decided:
    """What was settled before. Events of a link are taken. A rejection forbids its ends in any larger group too."""

    links: frozenset[Ends] = frozenset()
    rejections: frozenset[Ends] = frozenset()


@dataclass(frozen=True, slots=True)
class Transfer:
    """A proposal: `automatic`, or to be looked at by the owner. No event is in two automatic ones."""

    ends: Ends
    score: int  # 0 to 100
    reasons: tuple[Reason, ...]
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Transfers:
    """Both best first. A suggestion has no event that an automatic one took; one event may be in several."""

    automatic: tuple[Transfer, ...] = ()
    suggested: tuple[Transfer, ...] = ()


# --- duplicates --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """A transaction of one book as one origin tells it: "api", "hand", or a file's format ("file:kraken_ledgers"), and
    its layout where lines have no ids ("file:gate:1f00ba").

    Of one origin, two are never compared: there twins are real, and overlapping files of one layout carry the same
    identities already. `told`: the origins besides that tell this very one already. `lists`: those whose ids its rows
    bear, from wherever: of one list, what has another id is another.
    """

    id: str
    origin: str
    at: datetime
    kind: Kind
    sent: Amount | None = None
    received: Amount | None = None
    fee: Amount | None = None
    order: str = ""
    hash: str = ""
    precision: Precision = Precision.SECOND
    told: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the owner said: each of `same` is one transaction; no pair of `different` is."""

    same: frozenset[frozenset[str]] = frozenset()
    different: frozenset[frozenset[str]] = frozenset()
    # By how much each origin's clock is ahead, as the owner confirmed: two where summer time came between.
    offsets: Mapping[str, frozenset[timedelta]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """All that is the same transaction, by origin; of an origin that tells its parts, several.

    `ahead`: of those that were found by putting their clocks right, by how much each one's is ahead.
    """

    members: Mapping[str, tuple[str, ...]]
    reasons: tuple[Reason, ...]
    ahead: Mapping[str, timedelta] = field(default_factory=dict)

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(each for ids in self.members.values() for each in ids)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two that may be the same transaction: the ids of either, which may themselves be a match."""

    left: tuple[str, ...]
    right: tuple[str, ...]
    score: int  # 0 to 100
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Offset:
    """Pairs that would certainly be one if the clock of `origin` were ahead of `against` by so much: a time zone,
    perhaps. The left of each is told by `against`. They are asked about at once, and are among no doubts.
    """

    origin: str
    against: str
    by: timedelta
    pairs: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Everybody is in one certain match at most, and in one doubt at most; and in one pair of offsets, besides."""

    certain: tuple[Match, ...] = ()
    doubtful: tuple[Doubt, ...] = ()
    offsets: tuple[Offset, ...] = ()
