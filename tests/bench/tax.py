"""Tax pages of an owner with very many disposals: in process, as `bench pages` measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone

from ledger.gains import asking, sums, terms
from ledger.models import Reckoning
from tests.conftest import signed_in
from tests.factories import OwnerFactory
from tests.measuring import bearer, deep, measure, say
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User

# One in fifty met two lots, and one in two hundred at a cost nobody knows.
MATCHES = """
    INSERT INTO ledger_match (reckoning_id, asset, wallet, disposal, part, act, lot, amount, acquired, disposed, day,
        year, proceeds, cost, adjustment, term, rule, counts, known)
    SELECT %(reckoning)s, 'C' || n %% 200, %(wallet)s, md5('d' || n / parts)::uuid, 1, 'sold', md5('l' || n)::uuid, 0.5,
        at - interval '90 days', at, at::date, 2024, n %% 1000, n %% 700, 0,
        CASE WHEN n %% 5 = 0 THEN 'long' ELSE 'short' END, 'fifo', TRUE, n %% 200 <> 7
    FROM generate_series(1, %(rows)s) AS n, LATERAL (SELECT CASE WHEN n %% 50 < 2 THEN 2 ELSE 1 END AS parts) AS p,
        LATERAL (SELECT timestamptz '2024-01-01' + (n / parts) * interval '365 days' / (%(rows)s + 1) AS at) AS t
"""
FINDINGS = """
    INSERT INTO ledger_finding (reckoning_id, problem, asset, wallet, transaction, at, year, amount, money)
    SELECT reckoning_id, 'missing_basis', asset, wallet, disposal, disposed, year, amount, proceeds
    FROM ledger_match WHERE NOT known
"""


def run(report: Callable[[str], object], *, rows: int) -> None:
    owner = OwnerFactory(email="many@example.test")
    fill(owner, rows)
    browser, script = signed_in(owner), bearer(owner)
    report(f"{'page':44} {'p50 ms':>8} {'p95 ms':>8} {'queries':>8}")
    first = "/tax/2024/disposals/"
    for name, address in {
        "years": "/tax/",
        "year": "/tax/2024/",
        "disposals": first,
        "disposals, of one asset": f"{first}?asset=C17",
        "disposals, long": f"{first}?term=long",
        "disposals, with a finding": f"{first}?problem=missing_basis",
        "disposals, with none of a finding": f"{first}?problem=in_transit",
        "disposals, twenty pages down": deep(browser, first, {}),
        "findings": "/tax/2024/findings/?problem=missing_basis",
    }.items():
        say(report, name, *measure(browser, address, {}))
    for name, address in {
        "API, year": "/api/v1/tax/2024/",
        "API, disposals": "/api/v1/tax/2024/disposals/",
    }.items():
        say(report, name, *measure(browser, address, script))


def fill(owner: User, rows: int) -> None:
    now = timezone.now()
    wallet = Wallet.objects.create(owner=owner, exchange="kraken", way="key", label="Kraken", created_at=now)
    asked = terms.asked(owner)
    made = Reckoning.objects.create(
        owner=owner,
        in_force=True,
        digest=terms.digest(asked),
        settings=asked,
        version=terms.version(),
        wallets=[wallet.pk],
        assets=[f"C{number}" for number in range(200)],
        asked_at=now,
        not_before=now,
        reckoned_at=now,
        finished_at=now,
    )
    with connection.cursor() as cursor:
        cursor.execute(MATCHES, {"reckoning": made.pk, "wallet": wallet.pk, "rows": rows})
        cursor.execute(FINDINGS)
        sums.put_on_all(made)
        cursor.execute("ANALYZE")
    assert asking.standing(owner, now=now).current
