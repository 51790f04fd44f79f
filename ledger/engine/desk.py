"""The state in which one asset is booked: what is held where, what is on its way, what has been found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from ledger.engine.countries import TRAITS
from ledger.engine.days import EVER, Days, changes
from ledger.engine.frozen import Shelf
from ledger.engine.movements import Remark
from ledger.engine.pools import pool_for
from ledger.engine.types import Method, Rule, Scope
from ledger.engine.units import USUAL, units

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from decimal import Decimal

    from ledger.engine.movements import Movement, Receipt, Take
    from ledger.engine.pools import Holding, Pool
    from ledger.engine.types import Problem, Regime, Settings

NOTHING: Mapping[str, str] = MappingProxyType({})
TOGETHER = ""  # the pool of all wallets, where they count together
RULES = {
    Method.FIFO: Rule.FIFO,
    Method.LIFO: Rule.LIFO,
    Method.HIFO: Rule.HIFO,
    Method.LOFO: Rule.LOFO,
    Method.SPECIFIC: Rule.FIFO,  # what was not chosen falls back
    Method.AVERAGE: Rule.AVERAGE,
    Method.UK_POOL: Rule.POOL,
    Method.ACB: Rule.AVERAGE,
}


@dataclass(slots=True)
class Transit:
    """What is on its way under one link. `early` is what its targets have used before it arrived."""

    bound: tuple[tuple[str, int], ...] = ()
    lots: list[Holding] = field(default_factory=list)
    early: dict[str, int] = field(default_factory=dict)
    amount: int = 0  # sent and not arrived, however lots are counted


class Desk:
    __slots__ = (
        "asset",
        "balances",
        "by_market",
        "choices",
        "days",
        "denied",
        "findings",
        "gifts",
        "heirs_hold_long",
        "inherited",
        "method",
        "pools",
        "receipts",
        "recent",
        "regime",
        "rule",
        "scale",
        "settings",
        "short",
        "since",
        "takes",
        "terms",
        "texts",
        "together",
        "transit",
        "used",
    )

    def __init__(self, asset: str, settings: Settings, kept: Mapping[str, str] = NOTHING) -> None:
        self.asset = asset
        self.settings = settings
        self.scale = settings.scales.get(asset, USUAL)
        self.choices = settings.choices
        self.pools: dict[str, Pool] = {}
        self.balances: dict[str, int] = {}
        self.transit: dict[str, Transit] = {}
        self.short: set[str] = set()  # wallets below nought, said already
        self.recent: list[tuple[int, int]] = []  # `canada`: acquisitions of the last days, by day
        self.gifts: dict[str, tuple[int, datetime]] = {}  # what was worth less than it had cost, and when it was given
        self.inherited: set[str] = set()  # lots that are long-term, however soon they are sold
        self.denied: list[tuple[int, int]] = []  # `canada`: units to come, and the loss that goes to their cost
        self.used: dict[date, tuple[int, int, int]] = {}  # `uk`: what earlier disposals took of days to come
        self.since = EVER
        self.texts = Shelf(kept)
        self.takes: list[Take] = []
        self.receipts: list[Receipt] = []
        self.findings: list[Remark] = []
        self.enter(changes(settings)[0][1])

    def enter(self, regime: Regime) -> None:
        """Only what is looked up changes; what is held is rearranged by `turning`."""
        self.regime = regime
        self.method = regime.method
        self.rule = RULES[regime.method]
        self.together = regime.scope is Scope.UNIVERSAL
        self.terms = TRAITS[regime.country].terms
        self.by_market = TRAITS[regime.country].gifts_lose_by_market
        self.heirs_hold_long = TRAITS[regime.country].heirs_hold_long
        self.days = Days(self.settings.zone, regime.country)

    def pool(self, wallet: str) -> Pool:
        name = TOGETHER if self.together else wallet
        pool = self.pools.get(name)
        if pool is None:
            pool = self.pools[name] = pool_for(self.method, self.scale)
        return pool

    def units(self, amount: Decimal) -> int:
        return units(amount, self.scale)

    def remark(self, problem: Problem, of: Movement, amount: int, money: int = 0) -> None:
        self.findings.append(Remark(problem, of, amount, money))
