"""By which filters a list was narrowed, in words: whoever changes all that match sees which those are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from ledger import kind_words, listing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ledger.listing import Wallets

GONE = "one that is gone"
IGNORED = {listing.SHOWN: "ignored ones, too", listing.ONLY: "only ignored ones"}


def words_of(said: Mapping[str, str], wallets: Wallets) -> list[str]:
    """In the order of the form; empty where nothing narrows it. `said`: texts, as an address carries them."""
    told: Mapping[str, Callable[[str], str]] = {
        "wallet": lambda text: f"wallet {_label(text, wallets)}",
        "asset": lambda text: f"asset {text.upper()}",
        "kind": lambda text: f"kind {kind_words.kind(text)}",
        "category": lambda text: f"category {text}",
        "from": lambda text: f"from {text}",
        "to": lambda text: f"to {text}",
        "q": lambda text: f"search “{text}”",
        "needs_attention": lambda _: "only those that need a decision",
        "ignored": lambda text: IGNORED.get(text, ""),
    }
    return [words for name in listing.NAMES if said.get(name) and (words := told[name](said[name]))]


def _label(text: str, wallets: Wallets) -> str:
    """A wallet may have been purged since."""
    found = wallets.by_id.get(UUID(text))
    return f"“{found.label}”" if found else GONE
