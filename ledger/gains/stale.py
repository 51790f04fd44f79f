"""What may come to something else, and from when on. Said in the same transaction as whatever changed it.

Only added here, so that nobody waits for anybody; whoever has reckoned anew takes away what was read before.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from config.queue import wake
from ledger import wire
from ledger.pricing.book import BRIDGES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

WORK = "ledger.gains"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
LEGS = "(VALUES (t.sent_asset), (t.received_asset), (t.fee_asset)) AS leg (asset)"
# What is worth what its owner says, in an edit or by having written it down.
WORTH_IS_MINE = "({0}.value_amount IS NOT NULL AND ('value' = ANY({0}.mine) OR {0}.origins = ARRAY['hand']::varchar[]))"
# What gains do not depend on may change without their being reckoned anew.
COUNTING = f"""(
    {{0}}.occurred_at, {{0}}.kind, {{0}}.category, {{0}}.sent_amount, {{0}}.sent_asset, {{0}}.received_amount,
    {{0}}.received_asset, {{0}}.fee_amount, {{0}}.fee_asset, {{0}}.value_amount, {{0}}.value_currency, {WORTH_IS_MINE},
    {{0}}.ignored
)"""
ALONE = "({0}.sent_asset = '' OR {0}.received_asset = '')"  # what may be an end of a transfer
# What was ever linked with them, however far: what is lost on the way is booked where it left, so one end is another
# when the far one is. Names that answer for others stand for those.
ENDS = """
    ends (id) AS (
        {seeds}
        UNION
        SELECT far.id FROM ends CROSS JOIN LATERAL (
            SELECT other_id AS id FROM ledger_decision WHERE one_id = ends.id AND kind = 'linked'
            UNION ALL
            SELECT one_id FROM ledger_decision WHERE other_id = ends.id AND kind = 'linked'
            UNION ALL
            SELECT d.other_id FROM ledger_transactionkey AS k JOIN ledger_decision AS d ON d.one_id = k.id
            WHERE k.alias_of_id = ends.id AND d.kind = 'linked'
            UNION ALL
            SELECT d.one_id FROM ledger_transactionkey AS k JOIN ledger_decision AS d ON d.other_id = k.id
            WHERE k.alias_of_id = ends.id AND d.kind = 'linked'
        ) AS beside CROSS JOIN LATERAL (
            SELECT coalesce(alias_of_id, id) AS id FROM ledger_transactionkey WHERE id = beside.id LIMIT 1
        ) AS far
    )
"""
# Each looked up by its name: believed to be many, they had all transactions gone through at every step.
OF_ENDS = "ends CROSS JOIN LATERAL (SELECT * FROM ledger_transaction WHERE id = ends.id LIMIT 1) AS t"
# Before staged transactions take the place of former ones (ledger.posting): both, where they differ.
CHANGED = f"""
    WITH RECURSIVE pairs AS (
        SELECT former.id AS gone, staged.id AS come,
            coalesce({ALONE.format("former")}, FALSE) OR coalesce({ALONE.format("staged")}, FALSE) AS alone FROM
            (SELECT * FROM ledger_transaction WHERE id = ANY(%(former)s)) AS former
            FULL JOIN staged_transactions AS staged ON staged.id = former.id
        WHERE former.id IS NULL OR staged.id IS NULL
            OR {COUNTING.format("former")} IS DISTINCT FROM {COUNTING.format("staged")}
    ), {ENDS.format(seeds="SELECT coalesce(gone, come) FROM pairs WHERE alone")}, moved AS (
        SELECT t.occurred_at, leg.asset FROM ledger_transaction AS t JOIN pairs ON pairs.gone = t.id, LATERAL {LEGS}
        WHERE t.id = ANY(%(former)s)
        UNION ALL
        SELECT t.occurred_at, leg.asset FROM staged_transactions AS t JOIN pairs ON pairs.come = t.id, LATERAL {LEGS}
        UNION ALL
        SELECT t.occurred_at, leg.asset FROM {OF_ENDS}, LATERAL {LEGS}
    )
    INSERT INTO ledger_stale (owner_id, asset, since, noted_at)
    SELECT %(owner)s, asset, min(occurred_at), now() FROM moved WHERE asset <> '' GROUP BY asset
"""  # noqa: S608 - only names of our own
NAMED = f"""
    WITH RECURSIVE {ENDS.format(seeds="SELECT unnest(%(named)s::uuid[])")}
    INSERT INTO ledger_stale (owner_id, asset, since, noted_at)
    SELECT t.owner_id, leg.asset, min(t.occurred_at), now()
    FROM {OF_ENDS}, LATERAL {LEGS}
    WHERE leg.asset <> '' GROUP BY t.owner_id, leg.asset
"""  # noqa: S608 - as above
# Whose gains were reckoned with an asset whose price is another now, or with one that is priced by way of it.
PRICED = """
    INSERT INTO ledger_stale (owner_id, asset, since, noted_at)
    SELECT found.owner_id, found.asset, min(found.occurred_at), now()
    FROM ledger_reckoning AS r CROSS JOIN LATERAL ({each}) AS found
    WHERE r.in_force {whose} GROUP BY found.owner_id, found.asset
"""
ONE_LEG = f"""
    SELECT t.owner_id, t.occurred_at, leg.asset FROM ledger_transaction AS t, LATERAL {LEGS}
    WHERE t.owner_id = r.owner_id AND {{which}} AND t.occurred_at >= %(since)s AND t.occurred_at < %(until)s
        AND leg.asset <> ''
"""  # noqa: S608 - as above
SHARED_OUT = """
    INSERT INTO ledger_stale (owner_id, asset, since, noted_at)
    SELECT r.owner_id, asset, %(since)s, now() FROM ledger_reckoning AS r, LATERAL unnest(r.assets) AS asset
    WHERE r.owner_id = %(owner)s AND r.in_force
"""
# What a wallet holds, and what was linked with that: since when.
OF_WALLET = f"""
    WITH RECURSIVE own AS (
        SELECT d.one_id AS id FROM ledger_decision AS d WHERE d.owner_id = %(owner)s AND d.kind = 'linked'
        UNION SELECT d.other_id FROM ledger_decision AS d WHERE d.owner_id = %(owner)s AND d.kind = 'linked'
    ), linked AS (
        SELECT t.id FROM own JOIN ledger_transactionkey AS k ON k.id = own.id
        JOIN ledger_transaction AS t ON t.id = coalesce(k.alias_of_id, k.id) WHERE t.wallet_id = %(wallet)s
    ), {ENDS.format(seeds="SELECT id FROM linked")}, moved AS (
        SELECT leg.asset, t.occurred_at FROM ledger_transaction AS t, LATERAL {LEGS}
        WHERE t.wallet_id = %(wallet)s
        UNION ALL
        SELECT leg.asset, t.occurred_at FROM ledger_transaction AS t JOIN ends ON ends.id = t.id, LATERAL {LEGS}
    )
    SELECT asset, min(occurred_at) FROM moved WHERE asset <> '' GROUP BY asset
"""  # noqa: S608 - as above
# Once it is gone nothing tells any more what it held. It still counts where nobody reckoned since it was binned.
GONE = f"""
    INSERT INTO ledger_stale (owner_id, asset, since, noted_at)
    SELECT %(owner)s, held.asset, held.since, now() FROM ({OF_WALLET}) AS held (asset, since)
    WHERE EXISTS (
        SELECT FROM ledger_reckoning WHERE owner_id = %(owner)s AND in_force AND %(wallet)s = ANY(wallets)
    )
"""  # noqa: S608 - as above
BY_LEG = (
    " UNION ALL ".join(
        ONE_LEG.format(which=f"t.{leg} = %(asset)s AND t.{leg} <> ''") for leg in ("sent_asset", "received_asset")
    )
    + " UNION ALL "
    + ONE_LEG.format(which="t.fee_asset = %(asset)s AND t.fee_asset <> ''")
)
ANY_LEG = ONE_LEG.format(which="TRUE")


# How far links lead is anybody's guess, and the planner guesses so high that it compiles what is done in no time.
PLAINLY = "SET LOCAL jit = off"


def changed(owner_id: int, *, former: Collection[UUID]) -> None:
    """What is staged takes the place of these (ledger.posting)."""
    with connection.cursor() as cursor:
        cursor.execute(f"{PLAINLY}; {CHANGED}", {"former": wire.asked(list(former)), "owner": owner_id})
        cursor.nextset()
        if cursor.rowcount:
            wake(WORK)


@transaction.atomic
def decided(named: Iterable[UUID]) -> None:
    """Transactions that were joined, or taken apart."""
    with connection.cursor() as cursor:
        cursor.execute(PLAINLY)
        cursor.execute(NAMED, {"named": list(named)})
        if cursor.rowcount:
            wake(WORK)


def prices_changed(
    *, asset: str, since: datetime, now: datetime, until: datetime | None = None, owner_id: int | None = None
) -> None:
    """Of one owner, or of all. `until`: the end of what is priced anew; none: until now."""
    whose = "AND r.owner_id = %(owner)s" if owner_id else "AND (%(bridge)s OR r.assets @> ARRAY[%(asset)s]::varchar[])"
    bridge = asset in BRIDGES
    end = until or now + timedelta(days=1)
    facts: dict[str, Any] = {"asset": asset, "since": since, "until": end, "owner": owner_id, "bridge": bridge}
    with connection.cursor() as cursor:
        cursor.execute(PRICED.format(each=ANY_LEG if bridge else BY_LEG, whose=whose), facts)
        if cursor.rowcount:
            wake(WORK)


def shared_out(owner_id: int, *, since: datetime) -> None:
    """Lots are shared out among wallets by another plan: all assets, from the last moment before on."""
    with connection.cursor() as cursor:
        cursor.execute(SHARED_OUT, {"owner": owner_id, "since": since})
        if cursor.rowcount:
            wake(WORK)


def gone(owner_id: int, wallet: UUID) -> None:
    """Before a wallet's transactions are deleted for good."""
    with connection.cursor() as cursor:
        cursor.execute(PLAINLY)
        cursor.execute(GONE, {"owner": owner_id, "wallet": wallet})
        if cursor.rowcount:
            wake(WORK)
