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

SAME_PLACE = Skip("Locked or unlocked, staked or taken out again: it stays in the app, and no balance changed.")
CASHBACK = means(Kind.REWARD, "cashback", went=Kind.ADJUSTMENT)
CARD = means(Kind.ADJUSTMENT, "card", went=Kind.SPEND)
EXCHANGE = Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "exchange")  # the other product, an account of its own
INSIDE = Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL, "internal")
# The first pattern that fits the whole kind.
KINDS: tuple[tuple[str, Meaning], ...] = (
    (r".*cashback.*", CASHBACK),
    (r"reimbursement.*|pay_checkout_reward|rewards_platform_.*|merchant_.*reward", REBATE),
    (r"crypto_payment_refund|.*_refund", means(Kind.ADJUSTMENT, "refund", went=Kind.SPEND)),
    (r"(viban_)?card_top_up|.*_payment|mobile_airtime.*|gift_card_(?!reward).*", CARD),
    (r"(crypto|viban|fiat)_(deposit|withdrawal)|crypto_transfer|gift_(received|sent)", MOVE),
    (r".*exchange_to_crypto_transfer|.*_to_exchange_transfer|.*_exchange_transfer|viban_.*_transfer", EXCHANGE),
    (r"invest_(deposit|withdrawal)", INSIDE),
    (r"mco_stake_reward|.*staking.*(reward|interest).*|.*stake_reward.*|finance\..*dpos.*interest.*", STAKING),
    (r"crypto_earn_(extra_)?interest.*|finance\..*interest.*|.*_interest_paid|crypto_earn_extra.*", INTEREST),
    (r"supercharger_reward.*|finance\..*reward.*", STAKING),
    (r"airdrop.*|admin_wallet_credited", AIRDROP),
    (r"referral_.*|.*_bonus|.*_reward|.*_reward_.*", BONUS),
    (r"admin_wallet_debited|.*adjustment.*", means(Kind.ADJUSTMENT)),
    (r"dust_conversion_(credited|debited)", DUST),
    (r".*_(credited|debited)", CONVERTED),
    (r"crypto_credit_.*", LOAN),
    (r".*_exchange|.*_purchase.*|recurring_buy_order|.*_sell_order|trading\..*", TRADED),
    (r"nft_.*", means(Kind.TRADE, "nft")),
)
# Balances do not change by these; what is locked is still shown as held. What an order on the market holds back comes
# again with the order itself, and an airdrop that is locked when it is let go.
WITHIN = re.compile(
    r"lockup_.*|crypto_earn_program_(created|withdrawn)|dynamic_coin_swap_bonus_exchange_deposit(_lock)?"
    r"|finance\.(lockup|dpos)\.(dpos_)?(lock|unlock)\..*|finance\.dpos\.((un)?stak(e|ing)\b|non_compound_.*lock).*"
    r"|trading\..*_(lock|unlock)|airdrop_locked"
    r"|.*supercharger_(deposit|withdrawal)|council_node_deposit_.*|interest_swap_.*_lock"
)
PAIRED = re.compile(r"(.+)_(?:credited|debited)")


def line(cells: Cells) -> Iterable[Reading] | Skip:
    kind = cells.word("kind").replace(" ", "_")
    if WITHIN.fullmatch(kind):
        return SAME_PLACE
    found = next((meaning for pattern, meaning in KINDS if re.fullmatch(pattern, kind)), None)
    if not found:
        raise unknown(cells.text("kind"), cells.column("kind"))
    at, amount = cells.when(), cells.needed("amount")
    legs: tuple[Leg, ...] = (Leg(cells.asset("asset"), amount),)
    if cells.text("to_asset") and cells.amount("to_amount"):
        legs = swapped((cells.asset("asset"), amount), (cells.asset("to_asset"), cells.amount("to_amount")))
    pair = PAIRED.fullmatch(kind)
    return [
        reading(
            cells,
            at,
            Kind.TRADE if len(legs) > 1 else found.kind(amount),
            legs,
            event=f"cryptocom:{pair[1]}:{at:%Y-%m-%dT%H:%M:%S}" if pair else "",
            category=found.category,
            hash=cells.text("hash"),
            note=cells.text("description"),
            worth=worth(cells),
        )
    ]


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
        version=2,
    ),
)
