"""The Crypto.com App's history. What a line is, its kind says; new kinds come every year."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, more, reading, swapped, unknown
from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.cells import MOVE, Meaning, means
from ledger.readings.telling import AIRDROP, BONUS, CONVERTED, DUST, INTEREST, LOAN, REBATE, STAKING, TRADED

if TYPE_CHECKING:
    from collections.abc import Iterable

TOLD_WHOLE = Skip("A part of the swap of MCO, which another line tells as a whole.")
SAME_PLACE = Skip("Locked or unlocked, staked or taken out again: it stays in the app, and no balance changed.")
CASHBACK = means(Kind.REWARD, "cashback", went=Kind.ADJUSTMENT)
CARD = means(Kind.ADJUSTMENT, "card", went=Kind.SPEND)
EXCHANGE = Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "exchange")  # the other product, an account of its own
INSIDE = Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "internal")
# The first pattern that fits the whole kind.
KINDS: tuple[tuple[str, Meaning], ...] = (
    (r".*cashback.*", CASHBACK),
    (r"crypto_credit_.*|viban_deposit_precredit.*", LOAN),
    (r"reward\..*rebate.*|reimbursement.*|pay_checkout_reward|rewards_platform_.*|merchant_.*reward", REBATE),
    (r"crypto_payment_refund|.*_refund", means(Kind.ADJUSTMENT, "refund", went=Kind.SPEND)),
    (r"(viban_)?card_top_up|.*_payment|mobile_airtime_(?!reward).*|gift_card_(?!reward).*", CARD),
    (r"(crypto|viban|fiat)_(deposit|withdrawal)|crypto_transfer|gift_(received|sent)", MOVE),
    (
        r".*exchange_to_(crypto|viban|van)_transfer|.*_to_exchange_transfer|.*_exchange_transfer|viban_.*_transfer",
        EXCHANGE,
    ),
    (r"invest_(deposit|withdrawal)", INSIDE),
    (r"mco_stake_reward|.*staking.*(reward|interest).*|.*stake_reward.*|finance\..*dpos.*interest.*", STAKING),
    (r"crypto_earn_(extra_)?interest.*|finance\..*interest.*|.*_interest_paid|crypto_earn_extra.*", INTEREST),
    (r"supercharger_reward.*|finance\..*reward.*", STAKING),
    (r"airdrop.*|admin_wallet_credited", AIRDROP),
    (r"referral_.*|.*_bonus|.*_reward|.*_reward_.*", BONUS),
    (r"admin_wallet_debited|.*adjustment.*", means(Kind.ADJUSTMENT)),
    (r"dust_conversion_(credited|debited)", DUST),
    (r"nft_.*", means(Kind.TRADE, "nft")),
    (r".*_(credited|debited)", CONVERTED),
    (r".*_exchange|.*_purchase.*|recurring_buy_order|.*_sell_order|trading\..*", TRADED),
)
# Balances do not change by these; what is locked is still shown as held. What an order on the market holds back comes
# again with the order itself, and an airdrop that is locked when it is let go.
WITHIN = re.compile(
    r"lockup_.*|crypto_earn_program_(created|withdrawn|extended)|dynamic_coin_swap_bonus_exchange_deposit(_lock)?"
    r"|finance\.(lockup|dpos)\.(dpos_)?(lock|unlock)\..*|finance\.dpos\.((un)?stak(e|ing)\b|non_compound_.*lock).*"
    r"|finance\.defi_(staking|lending)\.(un)?staking\..*|trading[._].*_(lock|unlock)|airdrop_locked"
    r"|.*supercharger_(deposit|withdrawal)|council_node_deposit_.*|interest_swap_.*_lock"
)
# R: MCO in the wallet and what was locked became CRO at once, and the file tells both parts beside the whole.
PART = re.compile(r"crypto_wallet_swap_(credited|debited)")
MCO_SWAP = "mco/cro wallet swap"
BY_CARD = re.compile(r"crypto_purchase|trading\.crypto_purchase\.(google|apple)_pay")
PAIRED = re.compile(r"(.+)_(?:credited|debited)")


def line(cells: Cells) -> Iterable[Reading] | Skip:
    kind = cells.word("kind").replace(" ", "_")
    if WITHIN.fullmatch(kind):
        return SAME_PLACE
    if PART.fullmatch(kind) and cells.word("description") == MCO_SWAP:
        return TOLD_WHOLE
    found = next((meaning for pattern, meaning in KINDS if re.fullmatch(pattern, kind)), None)
    if not found:
        raise unknown(cells.text("kind"), cells.column("kind"))
    legs = legs_of(cells)
    if BY_CARD.fullmatch(kind) and len(legs) == 1 and (price := worth(cells)):
        return by_card(cells, legs[0], price)
    pair, at = PAIRED.fullmatch(kind), cells.when()
    event = f"cryptocom:{pair[1]}:{at:%Y-%m-%dT%H:%M:%S}" if pair else ""
    return [told(cells, Kind.TRADE if len(legs) > 1 else found.kind(legs[0].amount), legs, found.category, event=event)]


def told(cells: Cells, kind: Kind, legs: Iterable[Leg], category: str, **more_said: str) -> Reading:
    said = {"hash": cells.text("hash"), "note": cells.text("description"), "worth": worth(cells)}
    return reading(cells, cells.when(), kind, legs, category=category, **said, **more_said)


def legs_of(cells: Cells) -> tuple[Leg, ...]:
    """Payments name the same coin on both sides (R)."""
    asset, amount, other = cells.asset("asset"), cells.needed("amount"), cells.text("to_asset")
    if other and other != asset and cells.amount("to_amount"):
        return swapped((asset, amount), (cells.asset("to_asset"), cells.amount("to_amount")))
    return (Leg(asset, amount),)


def by_card(cells: Cells, coin: Leg, price: Worth) -> Iterable[Reading]:
    """What was paid never lay in the app: it came from the card, and went at once."""
    yield told(cells, Kind.TRADE, swapped((price.currency, price.amount), (coin.asset, coin.amount)), "")
    paid_in = Leg(price.currency, price.amount)
    yield told(cells, Kind.DEPOSIT, [paid_in], "bank", identity=f"{cells.identity}:card")


def worth(cells: Cells) -> Worth | None:
    amount, currency = cells.amount("native_amount"), cells.text("native")
    return Worth(more(amount), currency) if amount and currency else None


FORMATS = (
    Format(
        name="cryptocom_app",
        exchange="",
        title="Crypto.com App transactions",
        columns={
            "time": r"timestamp \(utc\)",
            "description": "transaction description",
            "asset": "currency",
            "amount": "amount",
            "to_asset": "to currency",
            "to_amount": "to amount",
            "native": "native currency",
            "native_amount": "native amount",
            "kind": "transaction kind",
        },
        optional={"native_usd": r"native amount \(in usd\)", "hash": "transaction hash"},
        read_cells=line,
        version=3,
    ),
)
