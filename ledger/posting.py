"""Writes transactions, and in the same step what they change about balances. Sums are never made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from psycopg.types.json import Jsonb

from ledger import wire
from ledger.gains import stale
from ledger.models import Transaction
from ledger.parts import fetched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from ledger.deriving import Derived
    from wallets.models import Wallet

ARRAY = "bytea"  # as ledger.wire makes them; the database takes them for what its column is
COLUMNS = {
    "id": "uuid",
    "owner_id": "int8",
    "wallet_id": "uuid",
    "event": "text",
    "occurred_at": "timestamptz",
    "kind": "text",
    "category": "text",
    "sent_amount": "numeric",
    "sent_asset": "text",
    "received_amount": "numeric",
    "received_asset": "text",
    "fee_amount": "numeric",
    "fee_asset": "text",
    "value_amount": "numeric",
    "value_currency": "text",
    "note": "text",
    "tags": ARRAY,
    "ignored": "bool",
    "group": "text",
    "order": "text",
    "hash": "text",
    "address": "text",
    "network": "text",
    "origins": ARRAY,
    "rows": ARRAY,
    "source": "jsonb",
    "mine": ARRAY,
    "ruled": ARRAY,
    "conflicts": ARRAY,
    "unknown": ARRAY,
    "words": "text",
}
# More than these leave no dead rows behind: a large file is taken in in one transaction, and each step walked through
# what all steps before it had staged.
FEW = 100
NAMES = ", ".join(f'"{name}"' for name in COLUMNS)
STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS staged_transactions (LIKE ledger_transaction) ON COMMIT DELETE ROWS;
    DELETE FROM staged_transactions  -- of another wallet, in the same transaction
"""
COPY = f"COPY staged_transactions ({NAMES}) FROM STDIN (FORMAT binary)"
# Looked up first, by an index each: in one statement with the rest, whatever the planner believes of a table that
# just begins to fill would decide whether all of the wallet is gone through.
OF_EVENTS = "SELECT id FROM ledger_transaction WHERE wallet_id = %s AND event = ANY(%s)"
OF_NAMES = "SELECT id, wallet_id FROM ledger_transaction WHERE id = ANY(%s)"
LEGS = """
    SELECT leg.asset, (t.occurred_at AT TIME ZONE 'UTC')::date AS day, {sign} * leg.amount AS amount
    FROM {table} AS t CROSS JOIN LATERAL (VALUES
        (t.sent_asset, -t.sent_amount), (t.received_asset, t.received_amount), (t.fee_asset, -t.fee_amount)
    ) AS leg (asset, amount)
    WHERE NOT t.ignored AND leg.amount IS NOT NULL {which}
"""
CHANGES = f"""
    WITH changed AS (
        SELECT asset, day, sum(amount) AS amount FROM (
            {LEGS.format(sign="1", table="staged_transactions", which="")}
            UNION ALL
            {LEGS.format(sign="-1", table="ledger_transaction", which="AND t.id = ANY(%(former)s)")}
        ) AS legs GROUP BY asset, day HAVING sum(amount) <> 0
    ), days AS (
        INSERT INTO ledger_dailychange (wallet_id, owner_id, asset, day, amount)
        SELECT %(wallet)s, %(owner)s, asset, day, amount FROM changed
        ON CONFLICT (wallet_id, asset, day) DO UPDATE SET amount = ledger_dailychange.amount + excluded.amount
        RETURNING asset, amount
    ), sums AS (
        INSERT INTO ledger_balance (wallet_id, owner_id, asset, amount)
        SELECT %(wallet)s, %(owner)s, asset, sum(amount) FROM changed GROUP BY asset
        ON CONFLICT (wallet_id, asset) DO UPDATE SET amount = ledger_balance.amount + excluded.amount
        RETURNING asset, amount
    )
    SELECT asset FROM days WHERE amount = 0 UNION SELECT asset FROM sums WHERE amount = 0
"""  # noqa: S608 - only names of our own
EMPTY_DAYS = "DELETE FROM ledger_dailychange WHERE wallet_id = %s AND asset = ANY(%s) AND amount = 0"
EMPTY = "DELETE FROM ledger_balance WHERE wallet_id = %s AND asset = ANY(%s) AND amount = 0"
DROP = "DELETE FROM ledger_transaction WHERE id = ANY(%s)"
SET = ", ".join(f'"{name}" = excluded."{name}"' for name in COLUMNS if name != "id")
KEEP = f"""
    INSERT INTO ledger_transaction AS kept ({NAMES}) SELECT {NAMES} FROM staged_transactions
    ON CONFLICT (id) DO UPDATE SET {SET} WHERE kept.* IS DISTINCT FROM excluded.*
"""  # noqa: S608 - as above


def post(wallet: Wallet, derived: Sequence[Derived], *, events: Iterable[str], origins: Mapping[int, str]) -> None:
    """These are all the transactions of these events: what stood there before goes."""
    of_events, names = former(wallet, events), {each.id for each in derived}
    stood = of_events | former_of(wallet, names - of_events)
    facts: dict[str, Any] = {
        "wallet": wallet.pk,
        "owner": wallet.owner_id,
        "former": wire.asked(list(stood)),
    }
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(COPY) as copy:
            copy.set_types(list(COLUMNS.values()))
            for each in derived:
                copy.write_row(row_of(each, wallet, origins))
        stale.changed(wallet.owner_id, former=stood)
        cursor.execute(CHANGES, facts)
        if empty := [asset for (asset,) in cursor.fetchall()]:
            cursor.execute(EMPTY_DAYS, [wallet.pk, empty])
            cursor.execute(EMPTY, [wallet.pk, empty])
        if gone := of_events - names:
            cursor.execute(DROP, [wire.asked(list(gone))])
        cursor.execute(KEEP)
        if len(derived) > FEW:
            cursor.execute("TRUNCATE staged_transactions")


def former(wallet: Wallet, events: Iterable[str]) -> set[UUID]:
    """What stands for these events."""
    return {name for (name,) in fetched(OF_EVENTS, [wallet.pk, list(events)])}


def former_of(wallet: Wallet, names: Iterable[UUID]) -> set[UUID]:
    """Which of these names stand for something, of whatever event."""
    return {name for name, held_by in fetched(OF_NAMES, [list(names)]) if held_by == wallet.pk}


def row_of(each: Derived, wallet: Wallet, origins: Mapping[int, str]) -> tuple[Any, ...]:
    held, draft = each.held, each.draft
    return (
        each.id,
        wallet.owner_id,
        wallet.pk,
        each.event,
        held.occurred_at,
        held.kind,
        held.category[:40],
        *held.sent,
        *held.received,
        *held.fee,
        *held.value,
        held.note,
        wire.texts(tuple(held.tags)),
        held.ignored,
        draft.group[:260],
        draft.order[:260],
        draft.hash[:200],
        draft.address[:200],
        draft.network[:80],
        wire.texts(tuple(sorted({origins[row] for row in draft.rows}))),
        wire.numbers(draft.rows),
        Jsonb(each.source) if each.source else None,
        wire.texts(each.mine),
        wire.texts(each.ruled),
        wire.texts(each.conflicts),
        wire.texts(each.unknown),
        words_of(each),
    )


def words_of(each: Derived) -> str:
    """What it is found by: assets and kinds have filters of their own, so that a search stays small."""
    held = each.held
    told = (held.note, held.category, *held.tags, each.draft.hash, each.draft.address)
    return " ".join(filter(None, told))[:2000]


def borne_elsewhere(wallet: Wallet, names: Iterable[UUID], events: Iterable[str]) -> list[UUID]:
    """Those of these names that transactions of other events bear."""
    if not (named := list(names)):
        return []
    held = Transaction.objects.filter(wallet=wallet, pk__in=named).exclude(event__in=list(events))
    return list(held.values_list("pk", flat=True))


def of_events(wallet: Wallet, keys: Iterable[UUID]) -> Iterator[str]:
    """The events that transactions of these names stand for."""
    found = Transaction.objects.filter(wallet=wallet, pk__in=list(keys))
    yield from found.values_list("event", flat=True)
