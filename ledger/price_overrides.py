"""An owner's own prices: they go before everybody's. Nothing is rewritten: a later word about the same time ends the
former one, and taking it back ends it too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.audit import Action, record
from accounts.models import User
from ledger.fields import ASSET, BROKEN, EARLIEST, PLAIN, BadFieldError
from ledger.models import OwnPrice
from ledger.price_rates import rates
from ledger.prices import changed
from ledger.pricing.book import BRIDGES
from wallets.free_text import refuse_treasure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.audit import Actor

Reach = OwnPrice.Reach
MOST = 2000  # that stand, of one owner
LONGEST = 500
AHEAD = timedelta(days=1)  # somewhere it is tomorrow already
LASTS = {Reach.HOUR: timedelta(hours=1), Reach.DAY: timedelta(days=1), Reach.ONWARD: None}


def say(*, by: Actor, owner: User, said: Mapping[str, Any], now: datetime) -> OwnPrice:
    """`said`: asset, quote, at, reach, price, note. Raises BadFieldError, TreasureError."""
    facts = checked(said, now)
    refuse_treasure(facts["note"], by=by, owner=owner, now=now, place="A note on a price")
    return _said(by=by, owner=owner, facts=facts, now=now)


@transaction.atomic
def _said(*, by: Actor, owner: User, facts: dict[str, Any], now: datetime) -> OwnPrice:
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # two words about one time come one after the other
    place = {name: facts[name] for name in ("asset", "quote", "at", "reach")}
    OwnPrice.objects.for_user(owner).standing().filter(**place).update(ended_at=now)
    if OwnPrice.objects.for_user(owner).standing().count() >= MOST:
        raise BadFieldError("price", "too_many", f"There is room for {MOST} of these. Take one back first.")
    own = OwnPrice.objects.create(owner=owner, actor_kind=by.kind, created_at=now, **facts)
    told(own, by=by, action=Action.PRICE_SET, now=now)
    return own


@transaction.atomic
def unsay(*, by: Actor, own: OwnPrice, now: datetime) -> bool:
    """False: it had ended already."""
    ended = OwnPrice.objects.filter(pk=own.pk).standing().update(ended_at=now)
    if ended:
        told(own, by=by, action=Action.PRICE_TAKEN_BACK, now=now)
    return bool(ended)


def told(own: OwnPrice, *, by: Actor, action: Action, now: datetime) -> None:
    record(
        by=by,
        action=action,
        owner=own.owner,
        now=now,
        subject=own.asset,
        about=own.pk,
        price=f"{own.price:f} {own.quote}",
        at=own.at.isoformat(),
        reach=own.reach,
    )
    lasts = LASTS[Reach(own.reach)]
    until = own.at + lasts if lasts else None
    changed(asset=own.asset, since=own.at, until=until, owner_id=own.owner_id, now=now)


def standing_at(owner: User, asset: str, quote: str, at: datetime) -> list[OwnPrice]:
    """What is said of a moment, the nearest first: of its hour, of its day, from some day onward."""
    mine = OwnPrice.objects.for_user(owner).standing().filter(asset=asset, quote=quote, at__lte=at)
    by_reach = {each.reach: each for each in mine.order_by("at")}  # the last of each reach
    found = [by_reach[reach] for reach in Reach if reach in by_reach]
    return [
        each for each in found if each.reach == Reach.ONWARD or at < each.at + (LASTS[Reach(each.reach)] or at - at)
    ]


# --- what can be taken ---------------------------------------------------------------------------------------------


def checked(said: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    reach = said.get("reach") or Reach.HOUR
    if reach not in Reach.values:
        raise BadFieldError("reach", "invalid_choice", f"Choose one of: {', '.join(Reach.values)}.")
    asset, quote = named("asset", said.get("asset")), priced_in(said.get("quote"))
    if asset == quote:
        raise BadFieldError("quote", "the_same", "A price is in something else than the asset itself.")
    return {
        "asset": asset,
        "quote": quote,
        "at": beginning(said.get("at"), Reach(reach), now),
        "reach": reach,
        "price": number(said.get("price")),
        "note": words(said.get("note") or ""),
    }


def named(field: str, value: Any) -> str:
    text = value.strip().upper() if isinstance(value, str) else ""
    if not ASSET.fullmatch(text) or BROKEN.search(text):
        raise BadFieldError(field, "no_asset", "Name it, such as BTC: at most 64 letters, no spaces.")
    return text


def priced_in(value: Any) -> str:
    text = named("quote", value)
    if text not in rates().currencies and text not in BRIDGES:
        raise BadFieldError("quote", "no_currency", "Name a currency with official rates, such as EUR or USD.")
    return text


def number(value: Any) -> Decimal:
    """Nought is a price: it says that something was worth nothing."""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value or "").strip()
    if not PLAIN.fullmatch(text):
        raise BadFieldError("price", "invalid", "Write a plain figure such as 1250.5: not below nought, no exponent.")
    return Decimal(text)


def words(value: str) -> str:
    text = value.strip()
    if len(text) > LONGEST or BROKEN.search(text):
        raise BadFieldError("note", "invalid", f"At most {LONGEST} characters.")
    return text


def beginning(value: Any, reach: OwnPrice.Reach, now: datetime) -> datetime:
    """Of the hour or the day, in UTC, as candles count them."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise BadFieldError("at", "required", "Say when, such as 2026-03-01T12:30:00Z.")
    if not EARLIEST <= value <= now + AHEAD:
        raise BadFieldError("at", "out_of_range", "A time between 2008 and now.")
    hour = value.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if reach == Reach.HOUR else hour.replace(hour=0)
