"""Tokens that strangers send to be looked at: their names lead somewhere. Told with the reason, never thrown away."""

from __future__ import annotations

import re

ADDRESS = re.compile(r"0x[0-9a-f]{16,}|\b[13][1-9A-HJ-NP-Za-km-z]{25,}\b|\bbc1[0-9a-z]{20,}", re.IGNORECASE)
LINK = re.compile(r"https?:|www\.|\bt\.me\b|\bt\.ly\b", re.IGNORECASE)
DOMAIN = re.compile(
    r"\b[a-z0-9][a-z0-9-]+\.(?:com|net|org|io|xyz|app|site|online|info|top|gift|gifts|claims?|events?|vip|club|live|lat|fun|ai|tech"
    r"|cc|co|me|us|fi|finance|network|pro|website|space|cfd|click|link|store|exchange)\b",
    re.IGNORECASE,
)
# Projects that took a link for their name, written as they are here.
NAMED_LIKE_LINKS = re.compile(
    r"\b(?:yearn\.finance|ether\.fi|crypto\.com|pump\.fun|friend\.tech|harvest\.finance|alchemix\.fi|0x0\.ai|io\.net)\b",
    re.IGNORECASE,
)
LURE = re.compile(r"(?:\b|_)(visit|claim|redeem|voucher|airdrop|reward pool|free mint)s?(?:\b|_)", re.IGNORECASE)


def reason(text: str) -> str:
    """Why a name that no source knows looks like bait; nothing, if it does not. A symbol alone is no lure."""
    text = NAMED_LIKE_LINKS.sub("", text)
    if ADDRESS.search(text):
        return "Its name carries an address."
    if LINK.search(text) or DOMAIN.search(text):
        return "Its name carries a link."
    lure = LURE.search(text)
    if lure and lure.group().strip("_") != text.strip():
        return f"Its name says \u201c{lure[1].lower()}\u201d, as bait does."
    return ""
