"""An owner's standing words: which transactions they are about, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.models import Rule
    from wallets.models import Wallet


def ruled_by(rules: Sequence[Rule], wallet: Wallet, source: Mapping[str, Any]) -> dict[str, Any]:
    """What they make of a transaction: the first rule that fits and speaks of a field decides it."""
    if not rules:
        return {}
    found: dict[str, Any] = {}
    for rule in rules:
        if fits(rule, wallet, source):
            found = {**said_by(rule), **found}
    return {name: value for name, value in found.items() if value != source[name]}


def fits(rule: Rule, wallet: Wallet, source: Mapping[str, Any]) -> bool:
    return all(
        (
            not rule.wallet_id or rule.wallet_id == wallet.pk,
            not rule.exchange or rule.exchange == wallet.exchange,
            not rule.kind or rule.kind == source["kind"],
            not rule.category or rule.category.lower() == source["category"].lower(),
            not rule.asset or rule.asset in assets_of(source),
            not rule.words or rule.words.lower() in source["note"].lower(),
        )
    )


def said_by(rule: Rule) -> dict[str, Any]:
    said = {"kind": rule.then_kind, "category": rule.then_category, "tags": list(rule.then_tags)}
    found: dict[str, Any] = {name: value for name, value in said.items() if value}
    return found if rule.then_ignored is None else {**found, "ignored": rule.then_ignored}


def assets_of(source: Mapping[str, Any]) -> set[str]:
    return {source[name]["asset"] for name in ("sent", "received", "fee") if source[name]}
