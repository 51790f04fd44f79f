"""Files to which a difference comes down: what one of them alone brought, or would bring if it were taken in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.urls import reverse

from ledger.models import ImportFile
from ledger.reconcile import Cause, Code, same
from ledger.sums import NOUGHT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    from ledger.reconcile import Line
    from wallets.models import Wallet

State = ImportFile.State
FEW, SMALL = 20, 20_000  # files, the newest, and lines of each: a page waits for it
WORDS = {
    State.COMMITTED: (
        "{name} brought {count} of {asset} that nothing else tells, and together they come to exactly this difference. "
        "If they are of another account, or are told otherwise as well, take that import back."
    ),
    State.UNDONE: "You took {name} back, and what it told of {asset} comes to exactly this difference. Bring it again.",
    State.PREVIEW: "{name} waits to be taken in, and what it would bring of {asset} comes to exactly this difference.",
}
LEGS = """
    CROSS JOIN LATERAL (VALUES
        (sent_asset, -sent_amount), (received_asset, received_amount), (fee_asset, -fee_amount)
    ) AS leg (asset, amount)
    JOIN unnest(%(assets)s::text[], %(times)s::timestamptz[]) AS asked (asset, at)
        ON asked.asset = leg.asset AND occurred_at <= asked.at
"""
# Of transactions that files alone tell, those that one file alone does.
BROUGHT = f"""
    WITH told AS MATERIALIZED (
        SELECT id, rows, occurred_at, sent_asset, sent_amount, received_asset, received_amount, fee_asset, fee_amount
        FROM ledger_transaction
        WHERE owner_id = %(owner)s AND wallet_id = %(wallet)s AND NOT ignored AND origins = ARRAY['file']::varchar[]
        AND (sent_asset = ANY(%(assets)s) OR received_asset = ANY(%(assets)s) OR fee_asset = ANY(%(assets)s))
        LIMIT {SMALL + 1}
    ), of_file AS (
        SELECT told.id, min(line.file_id::text)::uuid AS file
        FROM told CROSS JOIN LATERAL unnest(told.rows) AS named (row_id)
        JOIN ledger_importrow AS line ON line.row_id = named.row_id
        JOIN ledger_importfile AS file ON file.id = line.file_id AND file.state = 'committed'
        GROUP BY told.id HAVING count(DISTINCT line.file_id) = 1
    )
    SELECT file, leg.asset, sum(leg.amount), count(DISTINCT told.id) FROM told JOIN of_file USING (id) {LEGS}
    WHERE (SELECT count(*) FROM told) <= {SMALL} GROUP BY file, leg.asset
"""  # noqa: S608 - only names of our own
# As the preview has it: what was new in a file.
LINES = """
    SELECT line.file_id, leg.value ->> 'asset', sum((leg.value ->> 'amount')::numeric), count(*)
    FROM ledger_importrow AS line CROSS JOIN LATERAL jsonb_array_elements(line.told) AS told
    CROSS JOIN LATERAL jsonb_array_elements(told.value -> 'legs') AS leg
    JOIN unnest(%(assets)s::text[], %(times)s::timestamptz[]) AS asked (asset, at)
        ON asked.asset = leg.value ->> 'asset' AND (told.value ->> 'at')::timestamptz <= asked.at
    WHERE line.file_id = ANY(%(files)s) AND line.state = 'new' GROUP BY line.file_id, leg.value ->> 'asset'
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What one file tells of one asset. `change`: of what is calculated here, if its owner does what the words say."""

    file: ImportFile
    asset: str
    change: Decimal
    count: int

    @property
    def cause(self) -> Cause:
        count = f"{self.count:,} transaction{'' if self.count == 1 else 's'}"
        words = WORDS[State(self.file.state)].format(name=self.file.name, count=count, asset=self.asset)
        return Cause(Code.FILE, words, reverse("imports:file", args=[self.file.pk]), exact=True)


def told(wallet: Wallet, lines: Sequence[Line]) -> list[Told]:
    """Of the assets that differ."""
    times = {line.asset: line.reported.at for line in lines if line.differs and line.reported}
    facts: dict[str, Any] = {"wallet": wallet.pk, "owner": wallet.owner_id}
    facts |= {"assets": list(times), "times": list(times.values())}
    files = ImportFile.objects.filter(owner=wallet.owner_id, wallet=wallet)
    small = files.filter(state__in=(State.PREVIEW, State.UNDONE), all_rows__lte=SMALL).order_by("-created_at", "-id")
    facts["files"] = [each.pk for each in small[:FEW]]
    with connection.cursor() as cursor:
        cursor.execute(BROUGHT, facts)
        found = [(file, asset, amount.copy_negate(), count) for file, asset, amount, count in cursor.fetchall()]
        cursor.execute(LINES, facts)
        found += cursor.fetchall()
    known = files.in_bulk([file for file, *_ in found])
    return [Told(known[file], asset, change, count) for file, asset, change, count in found]


def causes(line: Line, found: Iterable[Told]) -> Iterator[Cause]:
    """Those that account for the difference to the last digit: any file tells something."""
    for each in found:
        if each.asset == line.asset and same(line.difference or NOUGHT, each.change):
            yield each.cause
