"""What is on its way between an owner's wallets: it has left one and is in none, and it is theirs all the same.

What left counts as far as it arrives. As the engine has it, what is said to have arrived before it left had left by
then, and is not counted in both wallets.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from django.db import connection

from ledger.gains.feeding import links_of
from ledger.readings.numbers import EXACT
from ledger.sums import NOUGHT, less, total

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    Change = tuple[str, int, Decimal]  # of an asset, from which place on, and by how much

# Transfers that were under way at one of the moments: what was sent and came from each moment to the next.
CROSSING = """
    WITH ends AS (
        SELECT said.link, width_bucket(t.occurred_at, %(moments)s::timestamptz[]) AS place,
            t.sent_amount AS sent, t.received_amount AS received,
            coalesce(nullif(t.sent_asset, ''), t.received_asset) AS asset
        FROM unnest(%(names)s::uuid[], %(links)s::text[]) AS said (name, link)
        JOIN ledger_transaction AS t ON t.id = said.name
        WHERE t.owner_id = %(owner)s AND t.wallet_id = ANY(%(wallets)s) AND NOT t.ignored
    ), crossing AS (
        SELECT link FROM ends GROUP BY link
        HAVING min(asset) = max(asset) AND count(sent) + count(received) = count(*)
            AND sum(sent) > 0 AND sum(received) > 0 AND min(place) < max(place)
    )
    SELECT link, asset, place, coalesce(sum(sent), 0), coalesce(sum(received), 0)
    FROM ends JOIN crossing USING (link) GROUP BY link, asset, place ORDER BY link, place
"""


def changes(owner_id: int, wallets: Collection[UUID], moments: Sequence[datetime]) -> Iterator[Change]:
    """Of what is on its way; `moments`, oldest first: at place 0 is what was so before the first of them."""
    links = links_of(owner_id)
    if not links:
        return
    facts: dict[str, Any] = {"names": list(links), "links": list(links.values()), "moments": list(moments)}
    with connection.cursor() as cursor:
        cursor.execute(CROSSING, {**facts, "owner": owner_id, "wallets": list(wallets)})
        rows = cursor.fetchall()
    for _, ends in groupby(rows, key=itemgetter(0)):
        yield from of_transfer(list(ends))


def of_transfer(ends: Sequence[tuple[str, str, int, Decimal, Decimal]]) -> Iterator[Change]:
    gone, came = total(sent for *_, sent, _ in ends), total(received for *_, received in ends)
    sent = received = way = NOUGHT
    for _, asset, place, sent_now, received_now in ends:
        sent, received = EXACT.add(sent, sent_now), EXACT.add(received, received_now)
        left = gone if received else sent
        now = less(less(max(received, min(left, came)), received), less(left, sent))
        yield asset, place, less(now, way)
        way = now


def before(owner_id: int, wallets: Collection[UUID], moment: datetime) -> dict[str, Decimal]:
    """By asset, what was on its way just then."""
    found: dict[str, Decimal] = {}
    for asset, place, amount in changes(owner_id, wallets, [moment]):
        if place == 0:
            found[asset] = EXACT.add(found.get(asset, NOUGHT), amount)
    return found
