"""What a movement may be whose other end is not here: guesses, the likeliest first, that the owner may choose from."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ledger.matching import likeness
from ledger.matching.base import Side
from ledger.matching.reasons import Guess, Perhaps
from ledger.matching.transfer_evidence import DAY, left_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from ledger.matching.base import Decided, Ends, Movement, Transfers

UNDER_WAY, UNDER_WAY_BY_BANK = 3 * DAY, 10 * DAY
RETURNED_WITHIN = timedelta(days=14)
TINY = Decimal("0.001")  # of what the owner usually receives of that asset

OUTWARD = (Perhaps.WALLET_NOT_CONNECTED, Perhaps.PAYMENT, Perhaps.GIFT_GIVEN, Perhaps.LOST)
INWARD = (
    Perhaps.WALLET_NOT_CONNECTED,
    Perhaps.BOUGHT_ELSEWHERE,
    Perhaps.INCOME,
    Perhaps.REWARD,
    Perhaps.GIFT_RECEIVED,
)


def open_ends(
    movements: Iterable[Movement],
    found: Transfers,
    *,
    own: Mapping[str, frozenset[str]],
    decided: Decided,
    now: datetime,
) -> dict[str, tuple[Guess, ...]]:
    """For everything that is in no link: its id -> what it may be."""
    known = list(movements)
    linked = ends_in(each.ends for each in found.automatic) | ends_in(decided.links)
    suggested = ends_in(each.ends for each in found.suggested)
    back, usual = came_back(known), usual_amounts(known)
    return {
        each.id: tuple(guesses(each, own, suggested=each.id in suggested, back=each.id in back, usual=usual, now=now))
        for each in known
        if each.id not in linked
    }


def ends_in(transfers: Iterable[Ends]) -> set[str]:
    return {name for ends in transfers for name in ends.outs | ends.ins}


def guesses(
    one: Movement,
    own: Mapping[str, frozenset[str]],
    *,
    suggested: bool,
    back: bool,
    usual: Mapping[str, Decimal],
    now: datetime,
) -> Iterator[Guess]:
    if suggested:
        yield Guess(Perhaps.SUGGESTED)
    if back:
        yield Guess(Perhaps.CAME_BACK, one.wallet)
    if one.side is Side.OUT:
        yield from where_it_went(one, own, now)
    elif one.amount < usual.get(one.asset, one.amount) * TINY:
        yield Guess(Perhaps.SPAM)
    if one.fiat:
        yield Guess(Perhaps.BANK)
    yield from (Guess(code) for code in common(one))


def common(one: Movement) -> Iterator[Perhaps]:
    """Money is what things are bought with: it was not bought."""
    for code in OUTWARD if one.side is Side.OUT else INWARD:
        if not (one.fiat and code is Perhaps.BOUGHT_ELSEWHERE):
            yield code


def where_it_went(out: Movement, own: Mapping[str, frozenset[str]], now: datetime) -> Iterator[Guess]:
    wallets = own.get(likeness.plain_address(out.address), frozenset()) if out.address else frozenset()
    if now - out.at <= (UNDER_WAY_BY_BANK if out.fiat else UNDER_WAY):
        yield Guess(Perhaps.ON_ITS_WAY)
    yield from (Guess(Perhaps.HISTORY_MISSING, wallet) for wallet in sorted(wallets))


def came_back(movements: Iterable[Movement]) -> set[str]:
    """Outs and ins of one wallet and amount, the in soon after the out: the exchange could not deliver."""
    outs: dict[tuple[str, str, Decimal], list[Movement]] = defaultdict(list)
    ordered = sorted(movements, key=lambda each: (each.at, each.side is Side.IN, each.id))
    found: set[str] = set()
    for each in ordered:
        if each.side is Side.OUT:
            for amount in left_by(each):
                outs[each.wallet, each.asset, amount].append(each)
        elif before := outs.get((each.wallet, each.asset, each.amount)):
            out = before.pop()
            if out.id not in found and each.at - out.at <= RETURNED_WITHIN:
                found |= {out.id, each.id}
    return found


def usual_amounts(movements: Iterable[Movement]) -> dict[str, Decimal]:
    """The middle one of what came in, by asset."""
    amounts: dict[str, list[Decimal]] = defaultdict(list)
    for each in movements:
        if each.side is Side.IN:
            amounts[each.asset].append(each.amount)
    return {asset: sorted(known)[len(known) // 2] for asset, known in amounts.items()}
