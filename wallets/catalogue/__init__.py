"""What can be connected, and how: names, fields, steps, limits. One file for each exchange; words an owner reads.

Plain data, read by web and workers alike: nothing here imports a connector. `Sure` says where a fact comes from, and
pages say so too where it is not certain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wallets.paste import KeyField
    from wallets.records import IdentityKind


class Way(StrEnum):
    """How an account is connected."""

    OAUTH = "oauth"
    KEY = "key"
    CSV = "csv"


class Sure(StrEnum):
    """How we know."""

    DOCUMENTED = "documented"
    SEEN = "seen"  # in recorded replies or other people's working code
    REMEMBERED = "remembered"  # wants a check against the live exchange


@dataclass(frozen=True, slots=True)
class Method:
    way: Way
    fetches: tuple[str, ...]
    misses: tuple[str, ...] = ()
    label: str = ""  # printed beside it, such as "cannot be proven read-only"
    owner_must_confirm: bool = False  # the exchange does not tell rights, and no probe settles it


@dataclass(frozen=True, slots=True)
class Region:
    """A site of its own, with keys of its own. `signer` is ccxt's name for it."""

    id: str
    name: str
    host: str
    signer: str


@dataclass(frozen=True, slots=True)
class IdentitySource:
    """What tells whose account a credential belongs to. No kind: nothing does, and records are compared instead."""

    kind: IdentityKind | None
    told_by: str
    sure: Sure


@dataclass(frozen=True, slots=True)
class Limit:
    """What the exchange's own interface cannot give, and what to do about it."""

    stream: str
    text: str
    sure: Sure


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much an exchange answers: so many units at once, and so many more each second.

    `dearest`: what a single call may cost where calls differ much. Each waits until there is room for that one: else a
    dear call, which needs the whole room, would never find it among many cheap ones.
    """

    at_once: float
    each_second: float
    dearest: float = 0


@dataclass(frozen=True, slots=True)
class SignIn:
    """How people let Holdfast in at an exchange by OAuth2. `{client_id}` in the authorize address is filled in."""

    authorize_url: str
    token_url: str
    revoke_url: str
    api_url: str
    scopes: tuple[str, ...]  # exactly these are asked for: reading, and staying signed in
    sure: Sure
    client_auth: Literal["client_secret_post", "client_secret_basic"] = "client_secret_post"
    extra: tuple[tuple[str, str], ...] = ()  # further parameters of the authorize address
    access_revokes: bool = False  # the revoke call shows the access token as well


@dataclass(frozen=True, slots=True)
class Exchange:
    id: str
    name: str
    site: str
    methods: tuple[Method, ...]
    fields: tuple[KeyField, ...] = ()
    key_page: str = ""
    steps: tuple[str, ...] = ()
    tick: tuple[str, ...] = ()  # boxes, by the exchange's own labels
    leave: tuple[str, ...] = ()
    activation: str = ""
    ip_advice: str = ""
    expiry: str = ""
    tells_rights: bool = True
    probe: str = ""  # what is found out instead, where it does not tell
    regions: tuple[Region, ...] = ()
    identities: Mapping[Way, tuple[IdentitySource, ...]] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    notes: tuple[str, ...] = ()
    for_a_key: Allowance | None = None
    for_an_address: Allowance | None = None
    one_at_a_time: bool = False  # calls of one key are numbered: two under way upset the count
    connector: str = ""  # module:Class, loaded by workers only
    sign_in: SignIn | None = None
    retired: bool = False

    def method(self, way: Way) -> Method | None:
        return next((method for method in self.methods if method.way is way), None)

    def region(self, region_id: str) -> Region | None:
        return next((region for region in self.regions if region.id == region_id), None)


EVERYTHING = ("Trades", "Conversions and instant buys", "Deposits and withdrawals", "Fees", "Rewards", "Balances")


def load() -> dict[str, Exchange]:
    """All rows, by id, in the order people look for them."""
    return {row.id: row for row in sorted(_rows(), key=lambda row: row.name.lower())}


def named(exchange_id: str) -> str:
    """As people call it; a wallet may be of an exchange that is no longer in the list, or of none."""
    return of(exchange_id).name


def of(exchange_id: str) -> Exchange:
    """What was an exchange's is still there when the list has it no more: then all that is known of it is its name."""
    return load().get(exchange_id) or Exchange(exchange_id, exchange_id.title(), site="", methods=(), retired=True)


@cache
def _rows() -> tuple[Exchange, ...]:
    """One of each module beside this one: whose row is written is in the list."""
    names = sorted(module.name for module in iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}").ROW for name in names)
