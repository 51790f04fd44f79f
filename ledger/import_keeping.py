"""Keeping what a file says: its lines become source rows, and what follows from them is derived, in one transaction."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Max, Min

from config.turns import PATIENCE
from ledger import import_reworded, intake, journal, looking
from ledger.models import ImportFile, ImportRow, Journal, SourceRow
from ledger.planning import by_hash
from wallets.models import Wallet
from wallets.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from ledger.looking import Stretch

    Tell = Callable[[int], None]

BATCH = 2000
LONG_PATIENCE = 3600  # seconds: in the long lane nobody waits behind it who has no time
# What a line is made of is kept with its row from now on. Those that failed wait to be mended.
LINK = """
    UPDATE ledger_importrow AS line
    SET row_id = row.id, raw = CASE WHEN line.state = 'failed' THEN line.raw END
    FROM (
        SELECT DISTINCT ON (family, external_id) id, family, external_id FROM ledger_sourcerow
        WHERE wallet_id = %(wallet)s AND origin = 'file'
        ORDER BY family, external_id, revision DESC
    ) AS row
    WHERE line.file_id = %(file)s AND row.family = line.family AND row.external_id = line.external_id
"""


def run(sql: str, facts: dict[str, Any], cursor: Any) -> None:
    with by_hash():
        cursor.execute(sql, facts)


def keep(
    file: ImportFile, *, now: datetime, tell: Tell, within: Stretch | None = None, recognised: bool = False
) -> Wallet:
    """In its wallet's turn. `within`: only lines of that stretch. `recognised`: it is known what is here already."""
    wallet = wallet_of(file)
    Journal.objects.turn(wallet, seconds=LONG_PATIENCE if file.heavy else PATIENCE)
    if not recognised:
        import_reworded.recognise(file)
    lines = lines_of(file, within)
    kept = 0
    for family, records in kept_rows(lines):
        intake.store(wallet, records, stream=family, now=now, origin=SourceRow.Origin.FILE)
        kept += len(records)
        tell(kept // 4)  # the lesser part of the work
    read_on(wallet, now=now, tell=tell, begun=kept // 4, whole=kept)
    if stretch := stretch_of(lines):
        looking.for_doubles(wallet, stretch, now=now)
    return wallet


def link(file: ImportFile, wallet: Wallet) -> None:
    with connection.cursor() as cursor:
        run(LINK, {"file": file.pk, "wallet": wallet.pk}, cursor)
    ImportRow.objects.filter(file=file, raw__isnull=False).exclude(state=ImportRow.State.FAILED).update(raw=None)


def read_on(wallet: Wallet, *, now: datetime, tell: Tell, begun: int = 0, whole: int) -> None:
    """As `journal.catch_up_all`, telling how far it is: from `begun` towards `whole`."""
    read = 0
    while journal.catch_up(wallet, now=now):
        read = min(read + journal.STEP, whole)
        tell(begun + read * (whole - begun) // max(whole, 1))


def wallet_of(file: ImportFile) -> Wallet:
    """As it is now."""
    assert file.wallet  # noqa: S101 - asked for before anything is kept
    return Wallet.objects.select_related("owner").get(pk=file.wallet.pk)


def lines_of(file: ImportFile, within: Stretch | None = None) -> QuerySet[ImportRow]:
    """Also those that say nothing yet: a later reader may know them."""
    lines = ImportRow.objects.filter(file=file, at__isnull=False).exclude(external_id="")
    return lines.filter(at__gte=within.since, at__lte=within.until) if within else lines


def kept_rows(lines: QuerySet[ImportRow]) -> Iterator[tuple[str, Sequence[Record]]]:
    told = lines.order_by("number").values_list("family", "external_id", "at", "raw").iterator(chunk_size=BATCH)
    while batch := list(islice(told, BATCH)):
        for family in dict.fromkeys(family for family, *_ in batch):
            yield family, [as_record(each) for each in batch if each[0] == family]


def as_record(line: tuple[Any, ...]) -> Record:
    return Record(*line)


def stretch_of(lines: QuerySet[ImportRow]) -> Stretch | None:
    ends = lines.aggregate(since=Min("at"), until=Max("at"))
    return looking.Stretch(**ends) if ends["since"] else None
