"""How long the pages of wallets take for one owner with very many: in process, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone

from tests.conftest import signed_in
from tests.factories import OwnerFactory
from tests.measuring import deep, measure, say
from tests.wallets.holdings import a_check, a_report, a_wallet, many_wallets

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User
    from wallets.models import Wallet

HTMX = {"HX-Request": "true"}


def run(report: Callable[[str], object], *, rows: int) -> None:
    few, many = OwnerFactory(email="few@example.test"), OwnerFactory(email="many@example.test")
    staff = OwnerFactory(email="staff@example.test", is_staff=True, is_superuser=True)
    for number in range(10):
        a_wallet(few, cause="" if number % 3 else "key_expired")
    many_wallets(many, rows, needing=rows // 100)
    wallet = lived_in(many, rows)
    report(f"{'page':44} {'p50 ms':>8} {'p95 ms':>8} {'queries':>8}")
    for name, owner in (("10 wallets", few), (f"{rows:,} wallets", many)):
        browser = signed_in(owner)
        report(name)
        for address, headers in (
            ("/wallets/", {}),
            ("/wallets/?show=needs_you", {}),
            ("/wallets/strip/", HTMX),
            ("/wallets/bin/", {}),
            ("/wallets/connections/", {}),
            ("/wallets/help/", {}),
        ):
            say(report, address, *measure(browser, address, headers))
    browser = signed_in(many)
    for name, address in (
        ("list, twenty pages down", deep(browser, "/wallets/", {})),
        (f"a wallet, {rows:,} events", f"/wallets/{wallet.pk}/"),
        ("its trail, twenty pieces down", deep(browser, f"/wallets/{wallet.pk}/", {})),
    ):
        say(report, name, *measure(browser, address, {}))
    console = signed_in(staff)
    for address in ("/admin/wallets/wallet/", "/admin/wallets/wallet/?cause=key_expired&exchange=kraken"):
        say(report, address, *measure(console, address, {}))


def lived_in(owner: User, rows: int) -> Wallet:
    """One wallet with a long history, and some connections beside it. A tenth as many lie in the bin."""
    wallet = a_wallet(owner, created_at=timezone.now(), cause="right_missing")
    a_report(wallet.credentials.get())
    for _ in range(200):
        a_check(
            wallet, ("reachable", "ticked", "", ""), ("read", "crossed", "", "right_missing"), cause="right_missing"
        )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_auditevent
                   (id, owner_id, actor_id, action, actor_kind, subject, about, details, agent, at)
            SELECT gen_random_uuid(), %(owner)s, %(owner)s, 'connection_checked', 'owner', '', %(wallet)s, '{}', '',
                   timestamptz '2026-11-20' - n * interval '1 minute'
            FROM generate_series(1, %(rows)s) AS n
            """,
            {"owner": owner.pk, "wallet": wallet.pk, "rows": rows},
        )
        cursor.execute(
            """
            INSERT INTO wallets_credential
                   (id, owner_id, wallet_id, version, way, standing, created_at, confirmed_words)
            SELECT gen_random_uuid(), %(owner)s, id, 1, 'key', 'current', created_at, ''
            FROM wallets_wallet WHERE owner_id = %(owner)s AND id <> %(wallet)s ORDER BY created_at LIMIT %(some)s
            """,
            {"owner": owner.pk, "wallet": wallet.pk, "some": rows // 2},
        )
        cursor.execute(
            """
            UPDATE wallets_wallet SET binned_at = created_at
            WHERE id IN (SELECT id FROM wallets_wallet WHERE owner_id = %(owner)s AND id <> %(wallet)s
                         ORDER BY id LIMIT %(some)s)
            """,
            {"owner": owner.pk, "wallet": wallet.pk, "some": rows // 10},
        )
        cursor.execute("ANALYZE")
    return wallet
