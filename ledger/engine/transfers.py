"""The sides of a transfer, put together: what departs, what arrives, and what stays on the way.

Wallets' clocks differ. What arrives cannot have left later, so a departure that is dated after the first arrival of
its link is booked at that arrival's moment. What was sent and does not arrive, and a fee in the same asset, are the
transfer's fee: it leaves with the departure, after what was moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.engine.legs import fee_of, fee_value, movements_of
from ledger.engine.movements import ARRIVED, DEPARTED, DISPOSED, FEE_PART, NO_MORE, Act, More, Movement
from ledger.engine.types import Problem, TransferFee

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ledger.engine.legs import Ground
    from ledger.engine.types import Amount, Event


class Side(NamedTuple):
    event: Event
    leg: Amount
    amount: int

    @property
    def own_fee(self) -> Amount | None:
        """One paid in what is moved."""
        fee = self.event.fee
        return fee if fee and fee.asset == self.leg.asset and fee.amount > 0 else None


def transferred(events: Sequence[Event], ground: Ground) -> Iterator[Movement]:
    """The movements of all events of one link. Without two sides of one asset they are what each is by itself."""
    ordered = sorted(events, key=lambda event: (event.at, event.sequence, event.id))
    outs = [Side(event, event.sent, ground.units(event.sent)) for event in ordered if event.sent]
    ins = [Side(event, event.received, ground.units(event.received)) for event in ordered if event.received]
    assets = {side.leg.asset for side in (*outs, *ins)}
    if not outs or not ins or len(assets) > 1 or assets & ground.money or len(outs) + len(ins) != len(events):
        for event in ordered:
            yield from movements_of(event if outs and ins else event._replace(link=""), ground)
        return
    yield from departures(outs, ins, ground)
    for side in ins:
        yield arrival(side)
        if side.event.fee:
            yield from fee_of(side.event, side.event.fee, ground)


def arrival(side: Side) -> Movement:
    event = side.event
    more = More(link=event.link)
    return Movement(
        event.at,
        ARRIVED,
        event.sequence,
        event.id,
        0,
        Act.ARRIVED,
        event.wallet,
        side.leg.asset,
        side.amount,
        None,
        more,
    )


def departures(outs: Sequence[Side], ins: Sequence[Side], ground: Ground) -> Iterator[Movement]:
    """What does not arrive is missing of the last that was sent, and of the one before where that is not enough."""
    bound = tuple((side.event.wallet, side.amount) for side in ins)
    missing = sum(side.amount for side in outs) - sum(side.amount for side in ins)
    for side in reversed(outs):
        lost = max(0, min(side.amount, missing))
        missing -= lost
        yield departure(side, lost, min(side.event.at, ins[0].event.at), bound, ground)
        if side.event.fee and not side.own_fee:
            yield from fee_of(side.event, side.event.fee, ground)


def departure(side: Side, lost: int, at: datetime, bound: tuple[tuple[str, int], ...], ground: Ground) -> Movement:
    event = side.event
    stays = lost + (ground.units(side.own_fee) if side.own_fee else 0)
    fee = spent_on_the_way(side, stays, at, ground) if stays else None
    extra = besides(side, ground)
    remarks = () if extra is not None else ((Problem.FEE_WITHOUT_RATE, 0),)
    more = More(link=event.link, fee=fee, extra=extra or 0, bound=bound, remarks=remarks)
    return Movement(
        at,
        DEPARTED,
        event.sequence,
        event.id,
        1,
        Act.DEPARTED,
        event.wallet,
        side.leg.asset,
        side.amount - lost,
        None,
        more,
    )


def spent_on_the_way(side: Side, amount: int, at: datetime, ground: Ground) -> Movement:
    event = side.event
    counts = ground.settings.transfer_fee is TransferFee.DISPOSAL
    act, more = (Act.FEE, NO_MORE) if counts else (Act.TRANSFER_FEE, More(counts=False))
    value = worth_on_the_way(side, amount, ground) if counts else None
    return Movement(
        at,
        DISPOSED,
        event.sequence,
        event.id,
        FEE_PART,
        act,
        event.wallet,
        side.leg.asset,
        amount,
        value,
        more,
    )


def worth_on_the_way(side: Side, amount: int, ground: Ground) -> int | None:
    """By the price that is said of the fee, else by that of what was sent."""
    own = side.own_fee
    if own and side.event.fee_value is not None:
        return (fee_value(side.event, own, ground) or 0) * amount // ground.units(own)
    value = ground.worth(side.leg, side.event.value)
    return value * amount // side.amount if value is not None and side.amount else None


def besides(side: Side, ground: Ground) -> int | None:
    """What the transfer cost in money or in another asset, where such costs go to what arrives; none: in money of which
    nobody knows the rate. That an asset has no price is said where it is disposed of.
    """
    fee = side.event.fee
    if fee is None or fee.asset == side.leg.asset or ground.settings.transfer_fee is not TransferFee.COST:
        return 0
    value = fee_value(side.event, fee, ground)
    return value if value is not None or (fee.amount and ground.is_money(fee)) else 0
