"""Ledger Live's operations, of all accounts of a device. Each line says of which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Read, Skip, less, more, paid, reading, total, unknown
from ledger.readings.base import Kind, Leg, Reading, Worth

if TYPE_CHECKING:
    from decimal import Decimal

NOT_DONE = {"failed", "pending", "unconfirmed"}
SAME_PLACE = {
    "delegate",
    "undelegate",
    "redelegate",
    "stake",
    "unstake",
    "bond",
    "unbond",
    "freeze",
    "unfreeze",
    "vote",
}
SAME_PLACE |= {
    "withdraw_unbonded",
    "withdraw_unstaked",
    "activate",
    "lock",
    "unlock",
    "revoke",
    "opt_in",
    "opt_out",
    "approve",
}
# S: Ledger Live's own names. Of these only the fee leaves, as of those above.
SAME_PLACE |= {
    "reveal",
    "create",
    "register",
    "legacy_unfreeze",
    "withdraw_expire_unfreeze",
    "cancel_unfreeze",
    "undelegate_resource",
    "withdraw",
    "set_controller",
    "nominate",
    "chill",
}
NFT = {"nft_in", "nft_out"}  # their amount is how many, and what sending one cost is a line of its own
REWARDS = {"reward", "reward_payout", "rewards"}


def line(cells: Cells) -> Read | Skip:
    if cells.word("status") in NOT_DONE:
        return Skip(f"Not completed: Ledger Live says “{cells.text('status')}”.")
    if cells.word("type") in NFT:
        return Skip("A collectible: no coin moved.")
    found = operation(cells)
    if found is None:
        return Skip("It stays in the account: no balance changed.")
    place = cells.text("account")
    return Read((found,), {found.identity: place} if place else {})


def operation(cells: Cells) -> Reading | None:
    """What left is with the fee; what came had its fee paid by whoever sent it."""
    what, asset = cells.word("type").replace(" ", "_"), cells.asset("asset")
    amount, fee = more(cells.amount("amount")), more(cells.amount("fee"))
    if what in REWARDS:
        return told(cells, Kind.REWARD, [Leg(asset, amount)], "staking")
    if what == "in":
        return told(cells, Kind.DEPOSIT, [Leg(asset, amount)])
    if what == "out":
        return told(cells, Kind.WITHDRAWAL, went(asset, amount, fee))
    if what == "slash":  # a validator's fault, paid for by whoever trusted it
        return told(cells, Kind.LOST, [Leg(asset, less(amount))])
    if what in {"fees", "fee"} or (what in SAME_PLACE and fee):
        return told(cells, Kind.FEE, [paid(asset, fee or amount)])
    if what not in SAME_PLACE:
        raise unknown(cells.text("type"), cells.column("type"))
    return None


def went(asset: str, amount: Decimal, fee: Decimal) -> list[Leg]:
    """Tokens pay their fee in another coin, and it is not within what left."""
    if fee > amount:
        return [Leg(asset, less(amount))]
    return [Leg(asset, less(total(amount, less(fee)))), paid(asset, fee)]


def told(cells: Cells, kind: Kind, legs: list[Leg], category: str = "") -> Reading:
    value, currency = cells.amount("worth"), cells.text("worth_asset")
    worth = Worth(more(value), currency) if value and currency else None
    return reading(cells, cells.when(), kind, legs, category=category, hash=cells.text("hash"), worth=worth)


FORMATS = (
    Format(
        name="ledger_live",
        version=2,
        exchange="",
        title="Ledger Live",
        columns={
            "time": "operation date",
            "asset": "currency ticker",
            "type": "operation type",
            "amount": "operation amount",
            "fee": "operation fees",
            "hash": "operation hash",
            "account": "account name",
        },
        optional={
            "status": "status",
            "key": "account xpub",
            "worth_asset": "countervalue ticker",
            "worth": "countervalue at operation date",
            "worth_now": "countervalue at csv export",
        },
        read_cells=line,
        changing=("worth_now",),
    ),
)
