"""What was booked in whole units, written as decimals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.engine.desk import TOGETHER
from ledger.engine.types import Finding, Income, Lot, Match
from ledger.engine.units import USUAL, money, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.engine.booking import Booked
    from ledger.engine.movements import Receipt, Remark, Take
    from ledger.engine.pools import Holding
    from ledger.engine.reckoning import Reckoning
    from ledger.engine.types import Settings


def matches(reckoning: Reckoning) -> Iterator[Match]:
    for booked in reckoning.booked.values():
        for take in booked.takes:
            yield match(take, reckoning.settings)


def match(take: Take, settings: Settings) -> Match:
    out, lot = take.out, take.lot
    return Match(
        disposal=out.id,
        kind=out.act.value,
        lot=lot.id,
        asset=out.asset,
        wallet=out.wallet,
        amount=plain(take.amount, scale(out.asset, settings)),
        acquired=lot.acquired if lot.dated else None,
        disposed=out.at,
        day=take.day,
        proceeds=money(take.proceeds),
        cost=money(take.cost),
        adjustment=money(take.adjustment),
        gain=money(take.gain),
        term=take.term,
        rule=take.rule,
        counts=take.counts,
        known=lot.known,
    )


def incomes(reckoning: Reckoning) -> Iterator[Income]:
    for booked in reckoning.booked.values():
        for receipt in booked.receipts:
            yield income(receipt, reckoning.settings)


def income(receipt: Receipt, settings: Settings) -> Income:
    of = receipt.of
    return Income(
        event=of.id,
        asset=of.asset,
        wallet=of.wallet,
        at=of.at,
        day=receipt.day,
        amount=plain(of.amount, scale(of.asset, settings)),
        value=money(receipt.value),
        category=of.more.category,
        known=of.more.income is not None,
    )


def lots(reckoning: Reckoning) -> Iterator[Lot]:
    for asset, booked in reckoning.booked.items():
        for wallet, holding in booked.lots:
            yield lot(asset, wallet, holding, reckoning.settings)
        for _, holding in booked.on_the_way:
            yield lot(asset, TOGETHER, holding, reckoning.settings)


def lot(asset: str, wallet: str, holding: Holding, settings: Settings) -> Lot:
    origin = holding.origin
    amount = plain(holding.amount, scale(asset, settings))
    return Lot(origin.id, asset, wallet, origin.acquired, amount, money(holding.cost), origin.known)


def findings(reckoning: Reckoning) -> Iterator[Finding]:
    for booked in reckoning.booked.values():
        for remark in booked.findings:
            yield finding(remark, reckoning.settings)


def finding(remark: Remark, settings: Settings) -> Finding:
    of = remark.of
    amount = plain(remark.amount, scale(of.asset, settings))
    return Finding(remark.problem, of.id, of.at, of.asset, of.wallet, amount, money(remark.money))


def scale(asset: str, settings: Settings) -> int:
    return settings.scales.get(asset, USUAL)


def balances(booked: Booked, asset: str, settings: Settings) -> dict[str, object]:
    return {wallet: plain(amount, scale(asset, settings)) for wallet, amount in booked.balances.items() if amount}
