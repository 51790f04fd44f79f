"""The words by which trackers tell what a transaction was, and what they mean here. Where that is not certain, a word
stays a word: it is kept as the category, and the columns alone say what moved.
"""

from __future__ import annotations

import re

from ledger.readings.base import Kind
from ledger.readings.cells import Meaning, means
from ledger.readings.telling import AIRDROP, BONUS, CONVERTED, FEES, INTEREST, LOAN, MINING, REBATE, REFERRAL, STAKING

CASHBACK = means(Kind.REWARD, "cashback", went=Kind.ADJUSTMENT)
COST = means(Kind.ADJUSTMENT, "cost", went=Kind.SPEND)
DIVIDEND = means(Kind.INCOME, "dividend", went=Kind.ADJUSTMENT)
DONATED = means(Kind.GIFT, "donation")
FORK = means(Kind.REWARD, "fork", went=Kind.ADJUSTMENT)
FUTURES = means(Kind.INCOME, "futures", went=Kind.LOST)
GAMBLED = means(Kind.INCOME, "gambling", went=Kind.SPEND)
GIFT = means(Kind.GIFT, "gift")
LOST = means(Kind.ADJUSTMENT, "lost", went=Kind.LOST)
MARGIN = means(Kind.INCOME, "margin", went=Kind.LOST)
PAID = means(Kind.INCOME, "payment", went=Kind.SPEND)
INCOME = means(Kind.INCOME, "income", went=Kind.SPEND)
REWARD = means(Kind.REWARD, "reward", went=Kind.ADJUSTMENT)
SALARY = means(Kind.INCOME, "salary", went=Kind.SPEND)
SPENT = means(Kind.ADJUSTMENT, "spending", went=Kind.SPEND)
SPOUSE = means(Kind.GIFT, "spouse")
STOLEN = means(Kind.ADJUSTMENT, "stolen", went=Kind.LOST)
TAX = means(Kind.ADJUSTMENT, "tax", went=Kind.SPEND)


def listed(words: str) -> frozenset[str]:
    return frozenset(words.split(", "))


# As `folded` writes them.
WORDS: tuple[tuple[Meaning, str], ...] = (
    (AIRDROP, "airdrop, airdrops"),
    (BONUS, "bonus, bounty, bounties, bounty reward, learning reward, promotion"),
    (CASHBACK, "cashback, cash back, crypto card cashback"),
    (CONVERTED, "swap, swap non taxable, token swap, token migration, migration, conversion, bridge trade"),
    (COST, "cost, expense, other expense, expenses"),
    (DIVIDEND, "dividend, dividends income"),
    (DONATED, "donation, donation sent, charity sent, charity"),
    (FEES, "fee, fees, other fee, network fee, platform fee, exchange fee, transaction fee, gas fee, approval, failed"),
    (FEES, "margin fee, margin trading fee, margin interest fee, loan fee, borrowing fee, derivative fee, fee payment"),
    (FEES, "settlement fee"),
    (FORK, "fork, forked, hard fork, hardfork, chain split"),
    (FUTURES, "realized gain, realized p&l, realized pnl, realised pnl, realized profit, realized loss, futures"),
    (FUTURES, "derivatives futures profit, derivatives futures loss"),
    (FUTURES, "derivative profit, derivative loss, derivatives profit, derivatives loss, futures profit, futures loss"),
    (GAMBLED, "gambling, gambling income, gambling used, betting"),
    (GIFT, "gift, gift sent, gift received, gifts, gift tip, gift in, giftin, gift out, received gift, sent gift, tip"),
    (INCOME, "income, other income, earnings, income taxable"),
    (INTEREST, "interest, interest payment, interest income, interest expense, interest paid, loan interest, lending"),
    (INTEREST, "lending interest, lending income, lending reward, interest earned, paid interest"),
    (LOAN, "loan, margin loan, loan repayment, margin repayment, borrow, borrowed, repay, repayment, loan payment"),
    (LOAN, "receive loan, collateral, collateral deposit, collateral withdrawal"),
    (LOST, "lost, loss, casualty loss, investment loss, burn, burned"),
    (MARGIN, "margin gain, margin profit, margin loss, margin trading profit, margin trading loss"),
    (MINING, "mining, mined, mining reward, mining commercial, mining income, mining rewards"),
    (PAID, "payment, merchant payment, payment received, payment sent"),
    (REBATE, "rebate, fee refund, fee rebate, margin rebate, refund, trading rebate"),
    (REFERRAL, "referral, referral reward, referral bonus, referral rewards"),
    (REWARD, "reward, rewards, reward bonus, other reward, liquidity reward, masternode reward, lp rewards"),
    (SALARY, "salary, wages"),
    (SPENT, "spend, spending, personal use, purchase of goods, expense personal"),
    (SPOUSE, "gift spouse, spouse"),
    (STAKING, "staking, staked, staking reward, staking rewards, staking income, masternode, master node"),
    (STAKING, "eth2 staking, minting"),
    (STOLEN, "stolen, theft, theft loss, hacked, stolen hacked fraud, lost stolen, scam"),
    (TAX, "tax, taxes"),
)
LABELS: dict[str, Meaning] = {word: meaning for meaning, words in WORDS for word in listed(words)}

# What the columns say as well: no word of anybody's.
PLAIN = listed(
    "add funds, buy, convert, crypto deposit, crypto withdrawal, deposit, exchange, fiat deposit, fiat withdrawal"
    ", internal, internal transfer, move, none, non taxable in, non taxable out, nontaxablein, nontaxableout, order"
    ", receive, received, remove funds, sell, send, sent, trade, transfer, transfer in, transfer out"
    ", withdraw, withdrawal"
)
BETWEEN = re.compile(r"[\s_/\-().,]+")
IGNORED = frozenset({"ignored", "ignore", "spam", "out spam"})


def folded(word: str) -> str:
    """STAKING_REWARD, “Staking reward” and staking-reward are one."""
    return BETWEEN.sub(" ", word.casefold()).strip()


def meaning_of(word: str) -> Meaning | None:
    return LABELS.get(folded(word))


def is_plain(word: str) -> bool:
    return not word or folded(word) in PLAIN or folded(word).endswith(" trade")
