"""What was reported in time: kept by the day, and set beside what is calculated as of each.

Of the last ninety days each is kept, of the months before the last day of each. So a wallet has some hundred rows
however long it is read, nothing of its past is forgotten as a whole, and all of it is compared at a glance.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection

from ledger.assets import namer
from ledger.models import ReportedDay
from ledger.planning import uncompiled
from ledger.reconcile import Then
from ledger.sums import NOUGHT, less, total

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from ledger.assets import Namer
    from wallets.models import Wallet

DAILY = timedelta(days=90)
THIN = """
    DELETE FROM ledger_reportedday AS old WHERE wallet_id = %s AND typed = %s AND day < %s AND EXISTS (
        SELECT 1 FROM ledger_reportedday AS later WHERE later.wallet_id = old.wallet_id AND later.typed = old.typed
        AND later.day > old.day AND date_trunc('month', later.day) = date_trunc('month', old.day)
    )
"""


def keep(wallet: Wallet, amounts: Mapping[str, Decimal], *, now: datetime, typed: str = "") -> None:
    """In place of what was said before on the same day. `typed`: the owner's word, of this asset alone."""
    kept = ReportedDay(
        owner_id=wallet.owner_id,
        wallet=wallet,
        typed=typed,
        day=day_of(now),
        amounts={asset: f"{amount:f}" for asset, amount in amounts.items()},
        reported_at=now,
    )
    ReportedDay.objects.bulk_create(
        [kept],
        update_conflicts=True,
        unique_fields=["wallet", "typed", "day"],
        update_fields=["amounts", "reported_at"],
    )
    with connection.cursor() as cursor:
        cursor.execute(THIN, [wallet.pk, typed, kept.day - DAILY])


def forget(wallet: Wallet, asset: str, *, at: datetime) -> None:
    """The owner's word of that day is taken back."""
    ReportedDay.objects.filter(wallet=wallet, typed=asset, day=day_of(at)).delete()


def day_of(at: datetime) -> date:
    return at.astimezone(UTC).date()


# --- beside what is calculated -------------------------------------------------------------------------------------

# Days change it as a whole; what came on a report's own day, but after it, is taken off again. A place is the number of
# reports whose day is over.
MOVED = """
    SELECT false, asset, width_bucket(day - 1, %(days)s::date[]), sum(amount) FROM ledger_dailychange
    WHERE wallet_id = %(wallet)s AND asset = ANY(%(assets)s) GROUP BY 2, 3
    UNION ALL
    SELECT true, leg.asset, told.place::int, sum(leg.amount)
    FROM unnest(%(times)s::timestamptz[]) WITH ORDINALITY AS told (at, place)
    JOIN ledger_transaction AS t ON t.wallet_id = %(wallet)s AND NOT t.ignored AND t.occurred_at > told.at
        AND t.occurred_at < (date_trunc('day', told.at AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC'
    CROSS JOIN LATERAL (VALUES
        (t.sent_asset, -t.sent_amount), (t.received_asset, t.received_amount), (t.fee_asset, -t.fee_amount)
    ) AS leg (asset, amount)
    WHERE leg.asset = ANY(%(assets)s) AND leg.amount IS NOT NULL GROUP BY 2, 3
"""


def compared(wallet: Wallet, assets: Sequence[str]) -> dict[str, list[Then]]:
    """Each of these assets at each report that was kept and says something of it, in turn."""
    days = list(ReportedDay.objects.filter(wallet=wallet).order_by("reported_at", "id"))
    held, names = calculated(wallet, assets, [each.reported_at for each in days]), namer(wallet)
    found: dict[str, list[Then]] = {asset: [] for asset in assets}
    for place, each in enumerate(days):
        said = amounts_of(each, names)
        for asset in (each.typed,) if each.typed else assets:
            if asset in found:
                found[asset].append(Then(each.reported_at, said.get(asset, NOUGHT), held[asset][place]))
    return found


def amounts_of(each: ReportedDay, names: Namer) -> dict[str, Decimal]:
    """By our names. What the owner typed in goes by them already."""
    found: dict[str, Decimal] = {}
    for symbol, amount in each.amounts.items():
        code = symbol if each.typed else names.code(symbol, each.reported_at)[0]
        found[code] = total((found.get(code), Decimal(amount))) if code in found else Decimal(amount)
    return found


def calculated(wallet: Wallet, assets: Sequence[str], times: Sequence[datetime]) -> dict[str, list[Decimal]]:
    """What was held of each asset at each of these times, which are in turn."""
    days = [day_of(at) for at in times]
    facts: dict[str, Any] = {"wallet": wallet.pk, "assets": list(assets), "times": list(times), "days": days}
    sums: dict[tuple[bool, str, int], Decimal] = defaultdict(Decimal)
    with uncompiled() as cursor:
        cursor.execute(MOVED, facts)
        sums.update({(after, asset, place): amount for after, asset, place, amount in cursor.fetchall()})
    held: dict[str, list[Decimal]] = {}
    for asset in assets:
        running, held[asset] = NOUGHT, []
        for place in range(len(times)):
            running = total((running, sums[False, asset, place]))
            held[asset].append(less(running, sums[True, asset, place + 1]))
    return held
