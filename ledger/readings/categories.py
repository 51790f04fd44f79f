"""What is finer than a kind: one word for one meaning, whoever tells it. Readers and formats use these and no others.

Owners may write any word of their own, and what a tracker's file calls a transaction may be kept as it stands. The
engine, rules and reports go by these.
"""

from __future__ import annotations

from typing import Final

CATEGORIES: Final[dict[str, str]] = {
    "airdrop": "Given to whoever held something.",
    "bonus": "Given by an exchange, for whatever reason.",
    "card": "Paid with a card, or paid back to it.",
    "cashback": "A part of what was spent, given back.",
    "clawback": "Taken back by an exchange.",
    "conversion": "Exchanged at a price that was offered, without an order.",
    "cost": "A cost that is no fee of a trade.",
    "derivatives": "Moved to or from an account for derivatives, which is not read.",
    "dividend": "Paid to holders.",
    "donation": "Given to a charity.",
    "dust": "Small remains, exchanged together.",
    "exchange": "Moved to or from another exchange of the same house.",
    "fork": "Came of a chain that split.",
    "futures": "What a contract won or lost: futures, perpetuals, options.",
    "gambling": "Won or staked in a game.",
    "gift": "Given or received for nothing.",
    "income": "Earned, and it is not said by what.",
    "inheritance": "Left by somebody who died.",
    "interest": "Earned by lending, or paid for what was borrowed.",
    "internal": "To or from another account of the same owner.",
    "learning": "Given for a lesson.",
    "liquidity": "Put into a pool or taken out of it.",
    "loan": "Borrowed, paid back, or pledged for it.",
    "lost": "Gone for nothing.",
    "margin": "What a position on margin won, lost or cost.",
    "mining": "Mined.",
    "nft": "Of a token that is one of its kind.",
    "p2p": "Bought from or sold to a person.",
    "pay": "Paid to or by a person through the exchange.",
    "payment": "Paid or received for something.",
    "premarket": "Bought or sold before it is listed.",
    "pro": "To or from the professional account of the same house.",
    "rebate": "A part of a fee, given back.",
    "referral": "For bringing somebody.",
    "refund": "Given back.",
    "rename": "The same asset under another name: nothing moved.",
    "reversal": "Takes back what was told before.",
    "reward": "Earned with what is held, and it is not said how.",
    "salary": "Earned by work.",
    "spending": "Spent on something.",
    "spouse": "Given to the owner's spouse.",
    "staking": "Earned by staking, or put there and taken out.",
    "stolen": "Taken by a thief.",
    "structured": "Put into a product, taken out of it, or what it won or lost.",
    "subscription": "Paid for a membership.",
    "tax": "Paid as a tax.",
    "wrap": "Wrapped or unwrapped: the same asset in another form.",
}
RENAME = "rename"
