"""An event becomes movements: what came, what went, what the fee took, each with its cost or its proceeds.

A fee counts once. It lowers the proceeds of what was sent, spent or given; where money was sent it raises the cost of
what came. A fee paid in an asset is besides a disposal of that asset, at what it was worth. What one trade brings and
takes has one value for both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.engine.countries import TRAITS
from ledger.engine.days import changes
from ledger.engine.movements import ACQUIRED, DISPOSED, FEE_PART, NO_MORE, NOTED, WITHOUT_GAIN, Act, More, Movement
from ledger.engine.types import Country, Kind, Problem, TransferFee
from ledger.engine.units import USUAL, cents, units

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from decimal import Decimal

    from ledger.engine.countries import Traits
    from ledger.engine.types import Amount, Event, Settings

# Looked up once, for there are as many as there are trades.
TRADE, BOUGHT, SOLD = Kind.TRADE, Act.BOUGHT, Act.SOLD
RESULTS = frozenset({"margin", "futures"})


class Ground:
    """What is asked of the settings for every event, looked up once."""

    __slots__ = ("changes", "currency", "money", "only", "scales", "settings")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.currency = settings.currency
        self.money = settings.money | {settings.currency}
        self.scales = settings.scales
        self.changes = changes(settings)
        self.only = len(self.changes) == 1

    def traits(self, at: datetime) -> Traits:
        return TRAITS[self.country(at)]

    def country(self, at: datetime) -> Country:
        return [regime.country for begins, regime in self.changes if begins <= at][-1]

    def units(self, amount: Amount) -> int:
        return units(amount.amount, self.scales.get(amount.asset, USUAL))

    def worth(self, leg: Amount | None, said: Decimal | None) -> int | None:
        """Money is worth itself."""
        if leg is not None and leg.asset == self.currency:
            return cents(leg.amount)
        return None if said is None else cents(said)

    def is_money(self, leg: Amount | None) -> bool:
        return leg is not None and leg.asset in self.money


def movements_of(event: Event, ground: Ground) -> list[Movement]:
    """In no order. Linked transfers are `transfers`' own matter."""
    sent, received = event.sent, event.received
    if event.kind is TRADE or (sent and received):
        found = traded(event, ground)
    elif event.category in RESULTS:
        found = list(resulted(event, ground))
    elif received:
        found = list(came(event, received, ground))
    elif sent:
        found = list(went(event, sent, ground))
    else:
        found = []
    if event.fee:
        found += fee_of(event, event.fee, ground)
    return found


# --- trades ------------------------------------------------------------------------------------------------------


def traded(event: Event, ground: Ground) -> list[Movement]:
    sent, received, money = event.sent, event.received, ground.money
    value = trade_value(event, ground)
    paid = fee_value(event, event.fee, ground) if event.fee else 0
    fee, more = paid or 0, doubted(event, value, paid, ground)
    of_what_went = sent is not None and sent.asset not in money
    found = []
    if received is not None and received.asset not in money:
        cost = cost_of(event, value, 0 if of_what_went else fee)
        found.append(acquisition(event, BOUGHT, received, cost, ground, more=NO_MORE if of_what_went else more))
    if sent is not None and of_what_went:
        proceeds = None if value is None else value - fee
        found.append(disposal(event, SOLD, sent, proceeds, ground, more=more))
    return found or half(event, more, ground)


def half(event: Event, more: More, ground: Ground) -> list[Movement]:
    """Money, and not what it was paid or got for."""
    leg = event.received or event.sent
    if leg is None or not (event.half and more.remarks):
        return []
    return [movement(event, NOTED, 0, Act.HALF, leg, ground.worth(leg, event.value), ground, more)]


def trade_value(event: Event, ground: Ground) -> int | None:
    """The owner's word goes before the money that changed hands; where there is none, it is the only word."""
    return money_in(event, ground) if event.value is None else cents(event.value)


def money_in(event: Event, ground: Ground) -> int | None:
    """In the owner's currency."""
    for leg in (event.sent, event.received):
        if leg is not None and leg.asset == ground.currency:
            return cents(leg.amount)
    return None


def doubted(event: Event, value: int | None, fee: int | None, ground: Ground) -> More:
    """What is to be said of a trade's worth, unless its owner has said what all of it had cost."""
    if event.basis is not None:
        return NO_MORE
    remarks = [(Problem.ONE_SIDED, value or 0)] if event.half else []
    if value is None:
        return More(acquired=event.acquired, remarks=tuple(remarks)) if remarks else NO_MORE
    if fee is None and event.fee and event.fee.amount and ground.is_money(event.fee):
        remarks.append((Problem.FEE_WITHOUT_RATE, value))
    if event.value is not None and (paid := money_in(event, ground)) not in {None, value}:
        remarks.append((Problem.WORTH_SAID, abs(value - (paid or 0))))
    return More(acquired=event.acquired, remarks=tuple(remarks)) if remarks else NO_MORE


def cost_of(event: Event, value: int | None, fee: int) -> int | None:
    """The owner's word on the cost is the whole of it."""
    if event.basis is not None:
        return cents(event.basis)
    return None if value is None else value + fee


def fee_value(event: Event, fee: Amount, ground: Ground) -> int | None:
    """As it is said, or as the same asset was worth in the event itself."""
    known = ground.worth(fee, event.fee_value)
    if known is not None:
        return known
    for leg in (event.sent, event.received):
        if leg is not None and leg.asset == fee.asset and leg.amount:
            value = trade_value(event, ground)
            return None if value is None else value * ground.units(fee) // ground.units(leg)
    return None


def fee_of(event: Event, fee: Amount, ground: Ground) -> Iterator[Movement]:
    """A fee in an asset was spent. One given back is bought for what it is worth."""
    if fee.asset in ground.money or not fee.amount:
        return
    value = fee_value(event, fee, ground)
    if fee.amount > 0:
        act, more = fee_act(event, ground)
        yield disposal(event, act, fee, value, ground, more=more, part=FEE_PART)
    else:
        back = None if value is None else -value
        yield acquisition(event, Act.BOUGHT, fee._replace(amount=-fee.amount), back, ground, part=FEE_PART)


def fee_act(event: Event, ground: Ground) -> tuple[Act, More]:
    moved = event.kind in {Kind.DEPOSIT, Kind.WITHDRAWAL, Kind.TRANSFER}
    if moved and ground.settings.transfer_fee is TransferFee.NOTHING:
        return Act.TRANSFER_FEE, More(counts=False)
    return Act.FEE, NO_MORE


# --- one side only -----------------------------------------------------------------------------------------------


def came(event: Event, received: Amount, ground: Ground) -> Iterator[Movement]:
    value = ground.worth(received, event.value)
    income = event.kind in {Kind.REWARD, Kind.INCOME}
    if ground.is_money(received):
        if income:
            yield note(event, Act.INCOME, received, value, ground)
        return
    if income and event.category == "fork" and not ground.traits(event.at).forks_are_income:
        yield forked(event, received, ground)
    elif income and event.category == "cashback" and not ground.traits(event.at).cashback_is_income:
        yield acquisition(event, BOUGHT, received, cost_of(event, value, 0), ground)
    elif income:
        more = More(income=value, category=event.category, acquired=event.acquired)
        yield acquisition(event, Act.INCOME, received, cost_of(event, value, 0), ground, more=more)
    elif event.kind is Kind.GIFT and event.category == "inheritance":
        yield inherited(event, received, value, ground)
    elif event.kind is Kind.GIFT:
        yield given(event, received, value, ground)
    else:
        yield of_unknown_origin(event, received, ground)


def forked(event: Event, received: Amount, ground: Ground) -> Movement:
    more = NO_MORE
    if event.basis is None and ground.traits(event.at).forks_share:
        more = More(acquired=event.acquired, remarks=((Problem.FORK_UNSHARED, 0),))
    return acquisition(event, Act.FORKED, received, cost_of(event, 0, 0), ground, more=more)


def given(event: Event, received: Amount, value: int | None, ground: Ground) -> Movement:
    traits = ground.traits(event.at)
    in_full = event.category in traits.carried
    if traits.gifts_carry or in_full:
        carried = of_unknown_origin(event, received, ground, Act.GIVEN)
        if in_full or not traits.gifts_lose_by_market or not carried.more.known or value is None:
            return carried
        return carried._replace(more=carried.more._replace(worth=value))
    return acquisition(event, Act.GIVEN, received, cost_of(event, value, 0), ground)


def inherited(event: Event, received: Amount, value: int | None, ground: Ground) -> Movement:
    traits = ground.traits(event.at)
    if traits.heirs_carry:
        return of_unknown_origin(event, received, ground, Act.INHERITED)
    more = More(acquired=event.acquired, long=traits.heirs_hold_long)
    return acquisition(event, Act.INHERITED, received, cost_of(event, value, 0), ground, more=more)


def of_unknown_origin(event: Event, received: Amount, ground: Ground, act: Act = Act.UNKNOWN) -> Movement:
    """At a cost of nought, until somebody says what it cost."""
    known = event.basis is not None
    more = More(known=known, acquired=event.acquired, dated=known, link=event.link)
    cost = cents(event.basis) if event.basis is not None else 0
    return acquisition(event, act, received, cost, ground, more=more)


WENT = {
    Kind.SPEND: Act.SPENT,
    Kind.FEE: Act.FEE,
    Kind.GIFT: Act.GIFT,
    Kind.LOST: Act.LOST,
    Kind.DEPOSIT: Act.WITHDRAWN,
    Kind.WITHDRAWAL: Act.WITHDRAWN,
    Kind.TRANSFER: Act.WITHDRAWN,
    Kind.ADJUSTMENT: Act.ADJUSTED,
}


def went(event: Event, sent: Amount, ground: Ground) -> Iterator[Movement]:
    if ground.is_money(sent):
        return
    act = WENT.get(event.kind, Act.SPENT)
    value = 0 if act is Act.LOST else ground.worth(sent, event.value)
    if not counts(act, event, ground):
        yield disposal(event, act, sent, value, ground, more=More(counts=False, link=event.link))
    elif event.fee and value is not None and act is not Act.LOST:
        paid = fee_value(event, event.fee, ground)
        more = doubted(event, value, paid, ground)
        yield disposal(event, act, sent, value - (paid or 0), ground, more=more)
    else:
        yield disposal(event, act, sent, value, ground)


def counts(act: Act, event: Event, ground: Ground) -> bool:
    if act is Act.GIFT:
        traits = ground.traits(event.at)
        return traits.gifts_count and event.category not in traits.spared
    if act is Act.LOST:
        return ground.traits(event.at).losses_count
    return act not in WITHOUT_GAIN


def resulted(event: Event, ground: Ground) -> Iterator[Movement]:
    """A profit is bought with itself, a loss is paid with what is worth as much; in money there is only the result.
    Fees are a part of it, also those that come alone while a position is open.
    """
    leg = event.received or event.sent
    if event.fee:
        yield from fee_of_position(event, event.fee, ground)
    if leg is None:
        return
    value = ground.worth(leg, event.value)
    if ground.is_money(leg):
        yield note(event, Act.RESULT, leg, value if event.received or value is None else -value, ground)
    elif event.received:
        yield acquisition(event, Act.RESULT, leg, value, ground)
    else:
        yield disposal(event, Act.RESULT, leg, value, ground)


def fee_of_position(event: Event, fee: Amount, ground: Ground) -> Iterator[Movement]:
    """In an asset it is a disposal besides, and that no price is known is said there."""
    value = fee_value(event, fee, ground)
    if value is not None or ground.is_money(fee):
        paid = fee._replace(amount=abs(fee.amount))
        yield note(event, Act.RESULT, paid, None if value is None else -value, ground, part=FEE_PART)


# --- movements ---------------------------------------------------------------------------------------------------


def acquisition(
    event: Event, act: Act, leg: Amount, cost: int | None, ground: Ground, *, more: More = NO_MORE, part: int = 0
) -> Movement:
    if event.acquired is not None and more is NO_MORE:
        more = More(acquired=event.acquired)
    return movement(event, ACQUIRED, part, act, leg, cost, ground, more)


def disposal(
    event: Event, act: Act, leg: Amount, proceeds: int | None, ground: Ground, *, more: More = NO_MORE, part: int = 1
) -> Movement:
    return movement(event, DISPOSED, part, act, leg, proceeds, ground, more)


def movement(  # noqa: PLR0917 - the fields of what it makes, in their order
    event: Event, rank: int, part: int, act: Act, leg: Amount, value: int | None, ground: Ground, more: More
) -> Movement:
    """Made the short way: there are as many as there are trades."""
    asset = leg.asset
    amount = units(leg.amount, ground.scales.get(asset, USUAL))
    fields = (event.at, rank, event.sequence, event.id, part, act, event.wallet, asset, amount, value, more)
    return tuple.__new__(Movement, fields)


def note(event: Event, act: Act, leg: Amount, value: int | None, ground: Ground, *, part: int = 0) -> Movement:
    """Money that nobody books, but that is income or a result."""
    return movement(event, NOTED, part, act, leg, value, ground, More(category=event.category, income=value))
