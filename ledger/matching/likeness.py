"""When two amounts, hashes, addresses or networks are the same in spite of how differently sources write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND, SECOND = timedelta(microseconds=1), timedelta(seconds=1)
COARSE, FINE = Decimal("0.001"), Decimal("0.00001")  # how much rounding may take, in parts of the amount
ENOUGH_DIGITS = 3
CHAIN_LENGTH = 40  # shorter ones are an exchange's own numbers, of which two for one transfer prove nothing

NETWORKS = {
    "ethereum": ("eth", "erc20", "ethereum", "ether"),
    "tron": ("trx", "trc20", "tron"),
    "bnb": ("bsc", "bep20", "bnbsmartchain", "binancesmartchain", "bnb"),
    "polygon": ("matic", "polygon", "pol", "polygonpos"),
    "solana": ("sol", "solana", "spl"),
    "bitcoin": ("btc", "bitcoin", "xbt"),
    "lightning": ("lightning", "lightningnetwork", "ln"),
    "arbitrum": ("arb", "arbitrum", "arbitrumone", "arbone"),
    "optimism": ("op", "optimism", "opmainnet"),
    "avalanche": ("avaxc", "avalanchec", "cchain", "avaxcchain", "avalanche"),
    "base": ("base",),
    "ripple": ("xrp", "ripple", "xrpl"),
    "litecoin": ("ltc", "litecoin"),
}
NETWORK_OF = {name: network for network, names in NETWORKS.items() for name in names}


def seconds(at: datetime) -> int:
    return (at - EPOCH) // SECOND


def digits(amount: Decimal) -> int:
    """How many tell something: 1500 has two. The fewer, the likelier two have the same amount by chance."""
    return len(amount.normalize().as_tuple().digits)


def decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def rounded(one: Decimal, other: Decimal) -> bool:
    """They differ by less than a unit of the last place that the coarser one tells, and that is little."""
    apart, most = abs(one - other), max(abs(one), abs(other))
    if apart > most * COARSE:
        return False
    coarser = min(one, other, key=decimals)
    if apart >= Decimal(1).scaleb(-decimals(coarser)):
        return False
    return apart <= most * FINE or digits(coarser) >= ENOUGH_DIGITS


def same_amount(one: Decimal, other: Decimal) -> bool:
    return one == other or rounded(one, other)


def plain_hash(text: str) -> str:
    """Without the marks that some put around it: 0x in front, the number of the output behind."""
    if not text:
        return ""
    bare = re.sub(r"[:\-]\d{1,4}$", "", text.strip()).removeprefix("0x").removeprefix("0X")
    return bare.lower() if re.fullmatch(r"[0-9a-fA-F]+", bare) else bare


def is_of_chain(plain: str) -> bool:
    return len(plain) >= CHAIN_LENGTH and " " not in plain


def plain_address(text: str) -> str:
    """Hexadecimal and bech32 ones mean the same in capitals; of others, capitals are part."""
    bare = text.strip()
    return bare.lower() if re.match(r"0x|0X|bc1|BC1|ltc1|LTC1", bare) else bare


def plain_network(text: str) -> str:
    """The name by which we know it, else the text, by which two may agree but never differ."""
    bare = re.sub(r"[^a-z0-9]", "", text.lower())
    return NETWORK_OF.get(bare, bare)


def networks_differ(one: str, other: str) -> bool:
    return one != other and one in NETWORKS and other in NETWORKS


SPANS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def zone(length: timedelta) -> str:
    """To the minute, as zones differ: "5 hours 30 minutes"."""
    hours, rest = divmod(abs(length), timedelta(hours=1))
    told = [f"{hours} hour{'' if hours == 1 else 's'}"] if hours else []
    return " ".join([*told, span(rest)] if rest or not told else told)


def span(length: timedelta) -> str:
    """As one says it: "2 hours"."""
    whole = abs(length) // SECOND
    name, unit = next(((name, unit) for name, unit in SPANS if whole >= unit), SPANS[-1])
    count = whole // unit
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
