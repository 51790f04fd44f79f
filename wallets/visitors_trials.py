"""Somebody who tests keys, in every state a test can be in, for the pictures. Development and tests only; invented."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID, uuid5

from accounts import visitors
from accounts.models import User
from wallets.models import CredentialTest, Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SEEKER = "seeker@example.test"  # has no wallet yet
TESTER = "tester@example.test"
REACHED = [("format", "ticked", "", ""), ("reachable", "ticked", "", ""), ("clock", "ticked", "", "")]
PROVEN = [*REACHED, *((check, "ticked", "", "") for check in ("key", "signature", "address"))]
READ = [("read", "ticked", area, "") for area in ("balances", "trades", "ledger")]
WELL = [*PROVEN, ("rights", "ticked", "Query funds, Query ledger entries", ""), *READ, ("identity", "unknown", "", "")]
FULL = ("activity", "ticked", "6", "")
UNASKABLE = [*PROVEN, ("rights", "unknown", "", ""), READ[0], ("identity", "unknown", "", ""), FULL]
WIDE = ["Enable Margin Loan, Repay & Transfer", "Enable Withdrawals"]
TOLD = {"can_tell": True, "read_only": True, "beyond": []}

# name: exchange, purpose, state, lines, cause, outcome
TESTS: dict[str, tuple[str, str, str, list[tuple[str, str, str, str]], str, dict[str, Any]]] = {
    "queued": ("kraken", "connect", "queued", REACHED[:1], "", {}),
    "running": ("kraken", "connect", "running", PROVEN, "", {}),
    "passed": ("kraken", "connect", "passed", [*WELL, FULL], "", {"rights": TOLD}),
    "look": ("kraken", "look", "passed", [*WELL, ("activity", "unknown", "0", "account_empty")], "", {"rights": TOLD}),
    "asking": ("bitstamp", "replace", "asking", UNASKABLE, "", {"questions": ["only_reads", "same_account"]}),
    "too-wide": (
        "binance",
        "connect",
        "failed",
        [*PROVEN, ("rights", "crossed", ", ".join(WIDE), "rights_too_wide"), READ[0], ("identity", "ticked", "", "")],
        "rights_too_wide",
        {"rights": {"can_tell": True, "read_only": False, "beyond": WIDE}},
    ),
    "missing": (
        "kraken",
        "connect",
        "failed",
        [
            *PROVEN,
            ("rights", "ticked", "Query funds", ""),
            ("read", "crossed", "Query closed orders & trades", "right_missing"),
            ("read", "crossed", "Query ledger entries", "right_missing"),
        ],
        "right_missing",
        {},
    ),
    "passphrase": (
        "kucoin",
        "connect",
        "failed",
        [*REACHED, ("key", "ticked", "", ""), ("signature", "crossed", "", "passphrase_wrong")],
        "passphrase_wrong",
        {},
    ),
    "in-reserve": ("kraken", "stage", "passed", [*WELL, FULL], "", {"rights": TOLD}),
    "down": ("kraken", "replace", "failed", [("reachable", "crossed", "", "maintenance")], "maintenance", {}),
    "in-trouble": (
        "kraken",
        "replace",
        "failed",
        [*REACHED, ("key", "crossed", "", "key_unknown")],
        "key_unknown",
        {"in_trouble": True},
    ),
    "other-account": ("kraken", "replace", "failed", WELL, "", {"other_account": True}),
    "known": ("kraken", "connect", "failed", WELL, "", {"other_wallet": "of the tester"}),
    "overtaken": ("kraken", "replace", "failed", WELL, "", {"overtaken": True}),
    "expired": ("kraken", "connect", "expired", REACHED, "", {}),
}


def test_id(name: str) -> UUID:
    """Known beforehand, so that the album can name their pages."""
    return uuid5(NAMESPACE_URL, f"https://holdfast.example/tests/{name}")


def seeker(now: datetime) -> Mapping[str, str]:
    return visitors.owner(now, SEEKER)


def tester(now: datetime) -> Mapping[str, str]:
    cookies = visitors.owner(now, TESTER)
    owner = User.objects.get(email=TESTER)
    wallet = Wallet.objects.create(
        owner=owner, exchange="kraken", way="key", label="Kraken", created_at=now, health="working"
    )
    for name in TESTS:
        _test(name, owner, wallet, now)
    return cookies


def _test(name: str, owner: User, wallet: Wallet, now: datetime) -> None:
    exchange, purpose, state, lines, cause, outcome = TESTS[name]
    if "other_wallet" in outcome:
        outcome = {"other_wallet": str(wallet.pk)}
    under_way = state in {"queued", "running", "asking"}
    CredentialTest.objects.create(
        id=test_id(name),
        owner=owner,
        wallet=wallet if purpose in {"replace", "stage"} or name == "passed" else None,
        purpose=purpose,
        state=state,
        exchange=exchange,
        label=wallet.label,
        lines=[dict(zip(("check", "mark", "detail", "cause"), line, strict=True)) for line in lines],
        outcome=outcome,
        cause=cause,
        cause_right=next((detail for _, mark, detail, _ in lines if mark == "crossed"), ""),
        not_before=now + timedelta(hours=1),  # no worker takes it
        finished_at=None if under_way and state != "asking" else now,
        created_at=now,
        expires_at=now + timedelta(hours=1),
    )
