"""The assets of an owner, and what they say that symbols stand for. A word changes what rows mean, so the wallets it
concerns are read anew, in the background.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from accounts.audit import Action, record
from ledger import journal
from ledger.assets import everything, names_of
from ledger.fields import ASSET, BROKEN, BadFieldError
from ledger.models import AssetAlias, Balance, Transaction
from ledger.naming.base import AssetKind
from ledger.sums import total
from wallets import catalogue
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from accounts.audit import Actor
    from accounts.models import User
    from ledger.naming.base import Code
    from ledger.naming.resolver import Names

MOST = 500  # words of one owner
ASKING = 500  # transactions with an unknown asset that are looked at
KINDS = {
    AssetKind.COIN: "Coin",
    AssetKind.TOKEN: "Token",
    AssetKind.STABLECOIN: "Stablecoin",
    AssetKind.FIAT: "Money",
    AssetKind.UNKNOWN: "Not known",
}
# One look into the index for each asset, however many days each has.
EVER = """
    WITH RECURSIVE ever AS (
        (SELECT asset FROM ledger_dailychange WHERE owner_id = %(owner)s ORDER BY asset LIMIT 1)
        UNION ALL
        SELECT (SELECT asset FROM ledger_dailychange WHERE owner_id = %(owner)s AND asset > ever.asset
                ORDER BY asset LIMIT 1)
        FROM ever WHERE ever.asset IS NOT NULL
    )
    SELECT asset FROM ever WHERE asset IS NOT NULL
"""


class Place(NamedTuple):
    """What lies in one wallet. Two may have the same name."""

    label: str
    wallet: UUID
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Holding:
    """One asset that an owner holds or held."""

    code: str
    about: Code
    amount: Decimal
    wallets: Sequence[Place]  # by label
    asks: bool  # transactions tell of it, and nobody knows what it is
    aliases: Sequence[AssetAlias] = ()

    @property
    def kind(self) -> str:
        return KINDS[self.about.kind]

    @property
    def known(self) -> bool:
        return self.about.known or not everything()


@dataclass(slots=True)
class Held:
    """Everything an owner has of assets, read once for a page."""

    amounts: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    asking: set[str] = field(default_factory=set)
    aliases: dict[str, list[AssetAlias]] = field(default_factory=lambda: defaultdict(list))


def holdings_of(owner: User, *, now: datetime) -> list[Holding]:
    """Those nobody knows first, then by name."""
    held, names = held_by(owner), names_of(owner.pk)
    codes = {*ever(owner), *held.amounts, *held.asking, *held.aliases}
    found = [holding(code, held, names, now) for code in codes]
    return sorted(found, key=lambda each: (each.known and not each.about.spam, not each.amount, each.code))


def holding_of(owner: User, code: str, *, now: datetime) -> Holding | None:
    """None: this owner has nothing to do with it."""
    held = held_by(owner)
    if code not in {*held.amounts, *held.asking, *held.aliases} and code not in ever(owner):
        return None
    return holding(code, held, names_of(owner.pk), now)


def holding(code: str, held: Held, names: Names, now: datetime) -> Holding:
    places = held.amounts.get(code, ())
    return Holding(
        code=code,
        about=names.code("", code, now),
        amount=total(each.amount for each in places),
        wallets=sorted(places),
        asks=code in held.asking,
        aliases=held.aliases.get(code, ()),
    )


def held_by(owner: User) -> Held:
    held = Held()
    balances = Balance.objects.filter(owner=owner, wallet__binned_at=None)
    places = balances.values_list("asset", "wallet__label", "wallet", "amount")
    for asset, label, wallet, amount in places.order_by("asset"):
        held.amounts[asset].append(Place(label, wallet, amount))
    asking = Transaction.objects.for_user(owner).kept().filter(~Q(unknown=[]))
    held.asking = {code for codes in asking.values_list("unknown", flat=True)[:ASKING] for code in codes}
    for each in aliases_of(owner):
        held.aliases[each.symbol].append(each)
        if each.code != each.symbol:
            held.aliases[each.code].append(each)
    return held


def ever(owner: User) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(EVER, {"owner": owner.pk})
        return {asset for (asset,) in cursor.fetchall()}


def aliases_of(owner: User) -> list[AssetAlias]:
    return list(AssetAlias.objects.for_user(owner).order_by("-created_at", "-id"))


# --- words about symbols -------------------------------------------------------------------------------------------


def checked(owner: User, said: Mapping[str, Any]) -> dict[str, Any]:
    """Raises BadFieldError."""
    since, until = said.get("since"), said.get("until")
    found = {
        "symbol": named("symbol", said.get("symbol")),
        "code": named("code", said.get("code")),
        "exchange": said.get("exchange") or "",
        "since": since,
        "until": until,
    }
    if found["exchange"] and found["exchange"] not in exchanges_of(owner):
        raise BadFieldError("exchange", "no_such_exchange", "You have no wallet at an exchange of that name.")
    if since and until and since >= until:
        raise BadFieldError("until", "too_early", "The end comes after the beginning.")
    if found["symbol"] == found["code"] and not found["exchange"] and not since and not until:
        raise BadFieldError("code", "the_same", "It is called that already: name another asset.")
    return found


def named(field: str, value: Any) -> str:
    text = value.strip().upper() if isinstance(value, str) else ""
    if not ASSET.fullmatch(text) or BROKEN.search(text):
        raise BadFieldError(field, "no_asset", "Name it, such as BTC: at most 64 letters, no spaces.")
    return text


def exchanges_of(owner: User) -> list[str]:
    """Of wallets, and those that are known at all: a file may come from any of them."""
    mine = Wallet.objects.for_user(owner).filter(purged_at=None).values_list("exchange", flat=True)
    return sorted({*mine, *catalogue.load()} - {""})


@transaction.atomic
def say(*, by: Actor, owner: User, said: Mapping[str, Any], now: datetime) -> tuple[AssetAlias, int]:
    """The word, and how many wallets are read anew for it."""
    facts = checked(owner, said)
    if AssetAlias.objects.for_user(owner).filter(**facts).exists():
        raise BadFieldError("symbol", "already_said", "You have said exactly that already.")
    if AssetAlias.objects.for_user(owner).count() >= MOST:
        raise BadFieldError("symbol", "too_many", f"There is room for {MOST} of these. Delete one first.")
    alias = AssetAlias.objects.create(owner=owner, created_at=now, **facts)
    _told(by, alias, Action.ASSET_NAMED, now=now)
    return alias, read_anew(owner, alias.exchange)


@transaction.atomic
def change(*, by: Actor, alias: AssetAlias, said: Mapping[str, Any], now: datetime) -> tuple[AssetAlias, int]:
    before = {name: getattr(alias, name) for name in ("symbol", "code", "exchange", "since", "until")}
    facts = checked(alias.owner, {**before, **said})
    if facts == before:
        return alias, 0
    for name, value in facts.items():
        setattr(alias, name, value)
    alias.save(update_fields=list(facts))
    _told(by, alias, Action.ASSET_NAME_CHANGED, now=now)
    return alias, read_anew(alias.owner, *{before["exchange"], alias.exchange})


@transaction.atomic
def unsay(*, by: Actor, alias: AssetAlias, now: datetime) -> int:
    owner, exchange = alias.owner, alias.exchange
    _told(by, alias, Action.ASSET_NAME_DROPPED, now=now)
    alias.delete()
    return read_anew(owner, exchange)


def _told(by: Actor, alias: AssetAlias, action: Action, *, now: datetime) -> None:
    where: dict[str, Any] = {"exchange": alias.exchange} if alias.exchange else {}
    record(by=by, action=action, owner=alias.owner, now=now, subject=alias.symbol, asset=alias.code, **where)


def read_anew(owner: User, *exchanges: str) -> int:
    """In the order in which everybody takes turns."""
    wallets = Wallet.objects.for_user(owner).filter(purged_at=None).order_by("pk")
    found = [each for each in wallets if "" in exchanges or each.exchange in exchanges]
    for wallet in found:
        journal.from_the_beginning(wallet)
    return len(found)


def concerned(owner: User, aliases: Iterable[AssetAlias]) -> list[int]:
    """How many wallets are read anew when each of these changes."""
    theirs = Wallet.objects.for_user(owner).filter(purged_at=None).values_list("exchange", flat=True)
    count = Counter(theirs)
    return [count[each.exchange] if each.exchange else count.total() for each in aliases]
