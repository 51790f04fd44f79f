"""A rule in a sentence, and as its form shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger import kind_words

if TYPE_CHECKING:
    from ledger.listing import Wallets
    from ledger.models import Rule
    from wallets.models import Wallet

GONE = "a wallet that was removed"


@dataclass(frozen=True, slots=True)
class Described:
    rule: Rule
    about: str
    says: str


def described(rule: Rule, wallets: Wallets) -> Described:
    return Described(rule, about(rule, wallets), says(rule))


def about(rule: Rule, wallets: Wallets) -> str:
    told = [
        kind_words.kind(rule.kind) if rule.kind else "Anything",
        f"“{rule.category}”" if rule.category else "",
        f"with {rule.asset}" if rule.asset else "",
        f"whose note says “{rule.words}”" if rule.words else "",
        whereabouts(rule, wallets),
    ]
    return " ".join(filter(None, told))


def whereabouts(rule: Rule, wallets: Wallets) -> str:
    """One whose account is gone says so: else it would seem to be about everything."""
    if not rule.wallet_id:
        return f"at {kind_words.exchange(rule.exchange)}" if rule.exchange else ""
    wallet = wallets.by_id.get(rule.wallet_id)
    return f"in {wallet.label if wallet else GONE}"


def away(wallet: Wallet) -> str:
    """One that is in the bin or gone, to be chosen by the rule that is about it."""
    return GONE.capitalize() if wallet.purged_at else f"{wallet.label}, which is in the bin"


def says(rule: Rule) -> str:
    ignored = {None: "", True: "left out", False: "counted"}[rule.then_ignored]
    told = [
        kind_words.kind(rule.then_kind) if rule.then_kind else "",
        f"“{rule.then_category}”" if rule.then_category else "",
        " ".join(f"#{tag}" for tag in rule.then_tags),
        ignored,
    ]
    return ", ".join(filter(None, told))


def shown_of(rule: Rule) -> dict[str, Any]:
    """As its form is filled."""
    where = f"wallet:{rule.wallet_id}" if rule.wallet_id else f"exchange:{rule.exchange}" if rule.exchange else ""
    words = {name: getattr(rule, name) for name in ("name", "kind", "category", "asset", "words", "then_kind")}
    return {
        **words,
        "where": where,
        "then_category": rule.then_category,
        "then_tags": ", ".join(rule.then_tags),
        "then_ignored": {None: "", True: "yes", False: "no"}[rule.then_ignored],
    }
