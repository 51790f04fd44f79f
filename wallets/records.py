"""What connectors hand over: frozen values, with nothing of any exchange's own manners left in them.

Amounts and times of records stay the text the exchange sent; who reads them makes Decimals and datetimes of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Flag, StrEnum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, timedelta
    from decimal import Decimal


class Cause(StrEnum):
    """Why an exchange did not answer as hoped. The list is closed; `diagnosis` has words for each."""

    KEY_UNKNOWN = "key_unknown"
    SIGNATURE_WRONG = "signature_wrong"
    PASSPHRASE_WRONG = "passphrase_wrong"  # noqa: S105 # a cause, not a password
    KEY_EXPIRED = "key_expired"
    KEY_REVOKED = "key_revoked"
    KEY_LEAKED = "key_leaked"  # the owner said so
    KEY_INACTIVE = "key_inactive"
    KEY_TYPE_RETIRED = "key_type_retired"
    NO_KEY = "no_key"  # wiped: in the bin, on detaching, or when the account was about to close
    SIGN_IN_AGAIN = "sign_in_again"
    IP_REFUSED = "ip_refused"
    RIGHT_MISSING = "right_missing"
    RIGHTS_TOO_WIDE = "rights_too_wide"
    WRONG_HOST = "wrong_host"
    CLOCK_SKEW = "clock_skew"
    NONCE_CLASH = "nonce_clash"
    RATE_LIMITED = "rate_limited"
    ACCOUNT_FROZEN = "account_frozen"
    ACCOUNT_KIND = "account_kind"  # of an older kind, which keys cannot read
    ACCOUNT_EMPTY = "account_empty"
    REGION_BLOCKED = "region_blocked"
    MAINTENANCE = "maintenance"
    PART_DOWN = "part_down"  # one of its products, while the others answer
    EXCHANGE_RETIRED = "exchange_retired"
    NETWORK = "network"
    UNEXPECTED_REPLY = "unexpected_reply"


class Whose(Flag):
    """Whose limit was reached, where an exchange sends us away."""

    KEY = auto()  # or the account's: nobody else's calls are counted with it
    ADDRESS = auto()  # everybody's who asks from here
    EITHER = KEY | ADDRESS  # it does not say


class ConnectorError(Exception):
    """A call that failed, and why. Carries no text of the exchange: that may hold signed addresses and keys."""

    def __init__(
        self,
        cause: Cause,
        *,
        code: str = "",
        right: str = "",
        wait: timedelta | None = None,
        whose: Whose = Whose.KEY,
        among: Collection[Cause] = (),
    ) -> None:
        super().__init__(f"{cause}{f' ({code})' if code else ''}")
        self.cause = cause
        self.code = code  # the exchange's own short code, letters and digits only, for the people who help
        self.right = right  # which right is missing, where the exchange says so
        self.wait = wait  # how long the exchange asked us to stay away
        self.whose = whose  # and whom of us
        self.among = frozenset(among)  # this exchange says the same to all of these: probes tell them apart


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the exchange's own history, as it was sent."""

    family: str  # ids are unique within a family: ledger, trades, deposits ...
    external_id: str
    occurred_at: datetime
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Balance:
    asset: str  # the exchange's own symbol
    amount: Decimal
    place: str = ""  # spot, funding, earn ... as the exchange divides an account
    unread: Cause | None = None  # stands for all of a place that was asked for: why it was not told


@dataclass(frozen=True, slots=True)
class Page:
    """One step through a stream. The cursor is kept in either case: the next run goes on from it."""

    records: tuple[Record, ...]
    cursor: str
    more: bool
    reached: datetime | None = None  # where in time this page stands, for whoever watches
    complete_to: datetime | None = None  # with this page, the stream has no gap up to here
    passed: datetime | None = None  # oldest first only: whatever happened before this moment has come
    body: bytes = field(default=b"", repr=False)  # the reply as it came: better parsing needs no second call


class IdentityKind(StrEnum):
    """What an exchange tells about whose account it is; two kinds never compare."""

    USER = "user"
    PORTFOLIO = "portfolio"
    SUB_ACCOUNT = "sub_account"
    KEY = "key"  # the key's own public half: the same key twice is the same account, another key says nothing


@dataclass(frozen=True, slots=True)
class Identity:
    kind: IdentityKind
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rights:
    """What this key may do, as the exchange itself says. `can_tell` False: it does not say, and neither do we."""

    can_tell: bool
    read: tuple[str, ...] = ()  # the exchange's own names, so that the owner finds the boxes
    beyond: tuple[str, ...] = ()  # every right that is not reading, known to us or not
    missing: tuple[str, ...] = ()
    ips: tuple[str, ...] | None = None  # and networks; none: not told; empty: open to every address
    created_at: datetime | None = None
    expires_at: datetime | None = None
    history_from: datetime | None = None  # the key itself hides what lies before
    history_until: datetime | None = None  # and what comes after

    @property
    def read_only(self) -> bool | None:
        return not self.beyond if self.can_tell else None
