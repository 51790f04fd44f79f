"""What something had cost that came from nobody knows where: its owner's word, kept and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit import Action, record
from ledger.engine.countries import TRAITS
from ledger.engine.days import in_force
from ledger.engine.types import Country, Kind
from ledger.gains import stale, terms
from ledger.models import KnownCost
from ledger.portfolio_terms import settings_of
from wallets.free_text import refuse_treasure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from accounts.audit import Actor
    from ledger.models import Transaction


def of(each: Transaction) -> KnownCost | None:
    return KnownCost.objects.filter(owner=each.owner_id, key=each.pk).first()


def may_be_said(each: Transaction) -> bool:
    """Of what came in. A transfer carries its cost along by itself, and money costs what it is."""
    came = each.received_amount is not None and each.received_asset not in terms.money()
    return came and each.kind != Kind.TRANSFER


AT_DEATH = (
    "Say what it was worth on the day of death, and that day. Until you do, it counts as worth what it was when it"
    " came, and as yours since then."
)
OF_WHO_DIED = (
    "You carry on what it had cost who died, and since when they had it, so say both. Until you do, its cost counts as"
    " nothing."
)
SPLIT = (
    "A part of what the old coin had cost belongs to the new one, as is just and reasonable: by the market prices of"
    " both after the split, for instance. Say that part here{day}. It is not taken from the old coin by itself: open"
    " the transactions that bought it, choose “Say what it had cost”, and say there what is left of it. Where some of"
    " the old coin was sold before the split, the gain of that sale would change as well: ask your adviser."
)
LENT = (
    "If you borrowed it, it had cost what it was worth when it came: say that. If it was yours, lent or pledged, and"
    " came back, link it as a transfer with what you gave, and look as far back as that was: it then keeps its cost and"
    " its day."
)
FROM_THE_GIVER = (
    "You carry on what it had cost who gave it to you, and since when they had it, so say both. Until you do, its cost"
    " counts as nothing."
)
AT_MARKET = (
    "It counts as bought for what it was worth when it was given. Say something here only if you know that worth"
    " better: not what the giver had paid."
)
HELP: Mapping[str, Mapping[Country, str]] = {
    "inheritance": {
        **dict.fromkeys((Country.US, Country.GB, Country.CA, Country.OTHER), AT_DEATH),
        **dict.fromkeys((Country.DE, Country.AU), OF_WHO_DIED),
    },
    "fork": {
        Country.GB: SPLIT.format(day=""),
        Country.DE: SPLIT.format(day=", with the day on which you acquired the old coin"),
    },
    "loan": dict.fromkeys(Country, LENT),
}


def help_for(each: Transaction) -> str:
    """What is to be said, where that hangs on what it was and on the country whose rules hold for that day: those of a
    British year begin in April.
    """
    country = in_force(settings_of(terms.asked(each.owner)), each.occurred_at).country
    if is_given(each):
        return FROM_THE_GIVER if carries(each, country) else AT_MARKET
    return HELP.get(each.category, {}).get(country, "")


def is_given(each: Transaction) -> bool:
    return each.kind == Kind.GIFT and each.category not in HELP


def carries(each: Transaction, country: Country) -> bool:
    """The giver's cost and day."""
    traits = TRAITS[country]
    return traits.gifts_carry or each.category in traits.carried


def left_to_say(each: Transaction) -> str:
    """The same, until it is said."""
    asked = (each.category in HELP or is_given(each)) and may_be_said(each) and of(each) is None
    words = help_for(each) if asked else ""
    return "" if words == AT_MARKET else words  # nothing is left open


def say(
    *,
    by: Actor,
    each: Transaction,
    cost: Decimal,
    currency: str,
    acquired_at: datetime | None,
    note: str,
    now: datetime,
) -> KnownCost:
    """In place of what was said before. Raises TreasureError."""
    refuse_treasure(note, by=by, owner=each.owner, now=now, place="A note on a cost")
    facts = {"cost": cost, "currency": currency, "acquired_at": acquired_at, "note": note, "created_at": now}
    with transaction.atomic():
        said, _ = KnownCost.objects.update_or_create(owner_id=each.owner_id, key_id=each.pk, defaults=facts)
        told(by, each, Action.COST_SAID, now)
    return said


@transaction.atomic
def take_back(*, by: Actor, each: Transaction, now: datetime) -> bool:
    gone, _ = KnownCost.objects.filter(owner=each.owner_id, key=each.pk).delete()
    if gone:
        told(by, each, Action.COST_TAKEN_BACK, now)
    return bool(gone)


def told(by: Actor, each: Transaction, action: Action, now: datetime) -> None:
    record(by=by, action=action, owner=each.owner, now=now, subject=each.received_asset, about=each.pk)
    stale.decided({each.pk})
