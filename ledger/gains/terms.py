"""Under which terms an owner's gains are reckoned: what the engine is told, and the same as it is kept."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models.functions import Coalesce

from accounts import tax_settings
from config.questions import Question
from ledger.assets import everything
from ledger.engine.types import (
    VERSION,
    Allocation,
    Choice,
    Country,
    Method,
    Regime,
    Scope,
    Settings,
    Share,
    TransferFee,
)
from ledger.models import GainChoices, LotChoice
from ledger.naming.base import AssetKind
from ledger.pricing import fiat
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.db.models import QuerySet

    from accounts.models import User

FEED = 5  # rises with every change of what a transaction is to the engine


def version() -> str:
    return f"{VERSION}.{FEED}"


def is_later(other: str) -> bool:
    """Whether a release after this one reckons so."""
    engine, _, feed = other.partition(".")
    return engine.isdecimal() and feed.isdecimal() and (int(engine), int(feed)) > (VERSION, FEED)


@lru_cache(maxsize=1)
def money() -> frozenset[str]:
    """Currencies. Gains of owners in money that is not their own are not reckoned."""
    listed = (code for code, asset in everything().items() if asset.kind is AssetKind.FIAT)
    return frozenset(listed) | fiat.packaged().currencies


# --- as they are kept --------------------------------------------------------------------------------------------


def asked(
    owner: User,
    *,
    country: str | None = None,
    method: str | None = None,
    scope: str | None = None,
    currency: str | None = None,
) -> dict[str, Any]:
    """The owner's own terms, with what is named instead. Raises ValidationError for what does not go together."""
    regimes: Sequence[tax_settings.Setting] = tax_settings.dated(owner)
    if country or method or scope:
        regimes = tax_settings.instead(regimes, country=country, method=method, scope=scope)
    choices = next(iter(CHOICES.ask(owner=owner.pk)), None)
    return {
        "regimes": [[each.from_year, str(each.country), str(each.method), str(each.scope)] for each in regimes],
        "currency": currency or owner.base_currency,
        "zone": owner.time_zone,
        "transfer_fee": str(choices.transfer_fee) if choices else str(TransferFee.DISPOSAL),
    }


def _choices(owner: int) -> QuerySet[GainChoices]:
    return GainChoices.objects.filter(owner=owner)


CHOICES = Question(_choices, owner=-1)


def digest(terms: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()


# --- as the engine is told ---------------------------------------------------------------------------------------


def told(owner: User, terms: Mapping[str, Any]) -> Settings:
    """With what the owner chose by hand, as it is now."""
    return Settings(
        regimes=tuple(
            Regime(year, Country(country), Method(method), Scope(scope))
            for year, country, method, scope in terms["regimes"]
        ),
        currency=terms["currency"],
        zone=ZoneInfo(terms["zone"]),
        transfer_fee=TransferFee(terms["transfer_fee"]),
        money=money() - {terms["currency"]},
        choices=MappingProxyType(choices_of(owner)),
        allocation=allocation_of(owner),
        scales=MappingProxyType(dict(terms.get("scales", {}))),
    )


def choices_of(owner: User) -> dict[str, tuple[Choice, ...]]:
    """By the names that transactions have now: those that joined others answer for them."""
    said = LotChoice.objects.filter(owner=owner).order_by("disposal", "place", "id")
    named = said.annotate(
        sold=Coalesce("disposal__alias_of", "disposal"), bought=Coalesce("lot__alias_of", "lot")
    ).values_list("sold", "bought", "amount")
    found: dict[str, list[Choice]] = defaultdict(list)
    for sold, bought, amount in named:
        found[str(sold)].append(Choice(str(bought), amount))
    return {disposal: tuple(lots) for disposal, lots in found.items()}


def allocation_of(owner: User) -> Allocation:
    kept = GainChoices.objects.filter(owner=owner).exclude(allocation=None).values_list("allocation", flat=True).first()
    return with_all(owner, read(kept) if kept else None)


def with_all(owner: User, plan: Allocation | None) -> Allocation:
    """Wallets that a plan does not name, or all where there is none, follow as they were added: the engine goes by
    their names otherwise, which are drawn by lot, and one history had as many gains as it had accounts.
    """
    found = plan or Allocation()
    added = Wallet.objects.filter(owner=owner).order_by("created_at", "pk").values_list("pk", flat=True)
    return found._replace(wallets=tuple(dict.fromkeys([*found.wallets, *map(str, added)])))


def read(kept: Mapping[str, Any]) -> Allocation:
    """A saved plan: {saved, method, wallets, shares: [{asset, lot, wallet, amount}]}."""
    return Allocation(
        saved=date.fromisoformat(kept["saved"]) if kept.get("saved") else None,
        method=Method(kept.get("method", Method.FIFO)),
        wallets=tuple(kept.get("wallets", ())),
        shares=tuple(
            Share(each["asset"], each["lot"], each["wallet"], Decimal(each["amount"]))
            for each in kept.get("shares", ())
        ),
    )
