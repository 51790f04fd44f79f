"""What was disposed of in a tax year, one line for each part of a transaction, with the lots that it met.

A disposal may have met many lots, each a row. The walk from one disposal to the next before it goes through the index
by key; nothing is counted, and nothing is skipped one by one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db import connection

from config.keyset import moment_of
from ledger.engine.types import Problem, Term
from ledger.fields import BROKEN, BadFieldError
from ledger.models import Earning, Finding, GainSum, Match

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from django.db.models import QuerySet

    from ledger.listing import Wallets
    from ledger.models import Reckoning, Transaction

SIZE = 50
LOTS = 100  # of a disposal in the API; all of them stand on its page
NAMES = ("asset", "wallet", "term", "problem")
CLOCKS = timedelta(days=2)  # the fee of a transfer is booked when it arrived, where that is said to be earlier
TABLE = "ledger_match AS m"
# With a finding of that kind: the walk goes through the findings.
FOUND = """
    ledger_finding AS f JOIN ledger_match AS m ON m.reckoning_id = f.reckoning_id AND m.asset = f.asset
        AND m.disposed = f.at AND m.disposal = f.transaction
"""
HEADS = """
    WITH RECURSIVE heads AS (
        (SELECT m.disposed, m.disposal, m.part, 1 AS number FROM {table}
        WHERE {where} {after} ORDER BY m.disposed DESC, m.disposal DESC, m.part DESC LIMIT 1)
        UNION ALL
        SELECT next.disposed, next.disposal, next.part, heads.number + 1 FROM heads, LATERAL (
            SELECT m.disposed, m.disposal, m.part FROM {table}
            WHERE {where} AND {time} <= heads.disposed
                AND (m.disposed, m.disposal, m.part) < (heads.disposed, heads.disposal, heads.part)
            ORDER BY m.disposed DESC, m.disposal DESC, m.part DESC LIMIT 1
        ) AS next WHERE heads.number < %(size)s
    ) SELECT disposed, disposal, part FROM heads
"""
SUMMED = """
    SELECT m.disposed, m.disposal, m.part, min(m.asset), min(m.wallet::text), min(m.act), sum(m.amount),
        sum(m.proceeds), sum(m.cost), sum(m.adjustment), bool_and(m.known), count(*),
        CASE WHEN count(*) = count(m.acquired) THEN min(m.acquired) END,
        CASE WHEN count(*) = count(m.acquired) THEN max(m.acquired) END,
        array_agg(DISTINCT m.term), array_agg(DISTINCT m.rule)
    FROM unnest(%(times)s::timestamptz[], %(disposals)s::uuid[], %(parts)s::int[]) AS key (disposed, disposal, part)
    JOIN ledger_match AS m ON m.reckoning_id = %(reckoning)s AND m.year = %(year)s AND (m.counts OR %(any)s)
        AND m.disposed = key.disposed AND m.disposal = key.disposal AND m.part = key.part
    WHERE %(term)s::text IS NULL OR m.term = %(term)s
    GROUP BY m.disposed, m.disposal, m.part ORDER BY m.disposed DESC, m.disposal DESC, m.part DESC
"""


# --- what is asked for ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    asset: str = ""
    wallet: UUID | None = None
    term: str | None = None
    problem: str = ""


def filters_of(said: Mapping[str, str], wallets: Wallets) -> Filters:
    """Raises BadFieldError."""
    return Filters(
        asset=asset_of(said.get("asset", "")),
        wallet=wallet_of(said.get("wallet", ""), wallets),
        term=one_of("term", said.get("term", ""), (Term.SHORT, Term.LONG)) or None,
        problem=one_of("problem", said.get("problem", ""), tuple(Problem)),
    )


def asset_of(text: str) -> str:
    if len(text) > 64 or BROKEN.search(text):  # noqa: PLR2004 - as long as names of assets are
        raise BadFieldError("asset", "invalid", "Name the asset, such as BTC.")
    return text.strip().upper()


def wallet_of(text: str, wallets: Wallets) -> UUID | None:
    try:
        found = UUID(text) if text else None
    except ValueError:
        found = UUID(int=0)
    if found and found not in wallets.by_id:
        raise BadFieldError("wallet", "not_found", "There is no such wallet.")
    return found


def one_of(name: str, text: str, choices: Sequence[str]) -> str:
    if text and text not in choices:
        raise BadFieldError(name, "invalid_choice", f"Choose one of: {', '.join(choices)}.")
    return text


# --- disposals -----------------------------------------------------------------------------------------------------


class Key(NamedTuple):
    disposed: datetime
    disposal: UUID
    part: int

    def __str__(self) -> str:
        return f"{self.disposed.isoformat()}_{self.disposal}_{self.part}"


def key_of(text: str) -> Key | None:
    """What makes no sense is the first page."""
    at, _, rest = text.partition("_")
    name, _, part = rest.partition("_")
    try:
        found = Key(moment_of(at), UUID(name), int(part))
    except ValueError:
        return None
    return found if 0 <= found.part < 2**15 else None


@dataclass(frozen=True, slots=True)
class Disposal:
    key: Key
    asset: str
    wallet: UUID
    act: str
    amount: Decimal
    proceeds: Decimal
    cost: Decimal
    adjustment: Decimal
    known: bool  # what it had cost
    met: int  # so many lots
    first: datetime | None  # when the oldest and the youngest of them were acquired
    last: datetime | None
    terms: Sequence[str]
    rules: Sequence[str]
    lots: list[Match] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def gain(self) -> Decimal:
        return self.proceeds - self.cost + self.adjustment

    @property
    def term(self) -> str:
        """More than one: both, in parts."""
        return self.terms[0] if len(self.terms) == 1 else "mixed"

    @property
    def rule(self) -> str:
        return self.rules[0] if len(self.rules) == 1 else "mixed"


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Disposal]
    older: str


def page_of(
    reckoning: Reckoning, year: int, chosen: Filters, *, after: str = "", size: int = SIZE, lots: int = 0
) -> Page:
    """Newest first: three queries, or four with the lots."""
    keys = heads(reckoning, year, chosen, key_of(after), size + 1)
    rows = summed(reckoning, year, keys[:size], chosen.term)
    with_problems(reckoning, rows)
    if lots:
        with_lots(reckoning, rows, lots)
    return Page(rows, str(keys[size - 1]) if len(keys) > size else "")


def heads(reckoning: Reckoning, year: int, chosen: Filters, after: Key | None, size: int) -> list[Key]:
    time = "f.at" if chosen.problem else "m.disposed"
    facts: dict[str, Any] = {"reckoning": reckoning.pk, "year": year, "size": size}
    where = ["m.reckoning_id = %(reckoning)s", "m.year = %(year)s", "m.counts"]
    if chosen.problem:
        where += ["f.reckoning_id = %(reckoning)s", "f.year = %(year)s", "f.problem = %(problem)s"]
    for name in ("asset", "wallet", "term"):
        if getattr(chosen, name):
            where.append(f"m.{name} = %({name})s")
            facts[name] = getattr(chosen, name)
    facts["problem"] = chosen.problem
    begun = ""
    if after:
        begun = (
            f"AND {time} <= %(at)s AND (m.disposed, m.disposal, m.part) < (%(at)s, %(disposal)s::uuid, %(part)s::int)"
        )
        facts |= {"at": after.disposed, "disposal": after.disposal, "part": after.part}
    table = FOUND if chosen.problem else TABLE
    with connection.cursor() as cursor:
        cursor.execute(HEADS.format(table=table, where=" AND ".join(where), after=begun, time=time), facts)
        return [Key(*row) for row in cursor.fetchall()]


def summed(
    reckoning: Reckoning, year: int, keys: Sequence[Key], term: str | None, *, gainless: bool = False
) -> list[Disposal]:
    """`gainless`: with what left without a gain."""
    facts: dict[str, Any] = {
        "any": gainless,
        "reckoning": reckoning.pk,
        "year": year,
        "times": [key.disposed for key in keys],
        "disposals": [key.disposal for key in keys],
        "parts": [key.part for key in keys],
        "term": term,
    }
    with connection.cursor() as cursor:
        cursor.execute(SUMMED, facts)
        return [disposal(*row) for row in cursor.fetchall()]


def disposal(at: datetime, name: UUID, part: int, asset: str, wallet: str, *rest: Any) -> Disposal:
    return Disposal(Key(at, name, part), asset, UUID(wallet), *rest)


def with_problems(reckoning: Reckoning, rows: Sequence[Disposal]) -> None:
    if not rows:
        return
    found = Finding.objects.filter(
        reckoning=reckoning,
        asset__in={row.asset for row in rows},
        at__gte=rows[-1].key.disposed,
        at__lte=rows[0].key.disposed,
        transaction__in=[row.key.disposal for row in rows],
    )
    said: dict[tuple[UUID | None, str], list[str]] = defaultdict(list)
    for transaction, asset, problem in found.values_list("transaction", "asset", "problem").distinct():
        said[transaction, asset].append(problem)
    for row in rows:
        row.problems.extend(sorted(said[row.key.disposal, row.asset]))


MET = """
    SELECT lot.* FROM unnest(%(assets)s::text[], %(times)s::timestamptz[], %(disposals)s::uuid[], %(parts)s::int[])
        AS key (asset, disposed, disposal, part)
    CROSS JOIN LATERAL (
        SELECT * FROM ledger_match AS m WHERE m.reckoning_id = %(reckoning)s AND m.asset = key.asset
            AND m.disposed = key.disposed AND m.disposal = key.disposal AND m.part = key.part
        ORDER BY m.id LIMIT %(most)s
    ) AS lot
"""


def with_lots(reckoning: Reckoning, rows: Sequence[Disposal], most: int) -> None:
    facts = {
        "reckoning": reckoning.pk,
        "most": most,
        "assets": [row.asset for row in rows],
        "times": [row.key.disposed for row in rows],
        "disposals": [row.key.disposal for row in rows],
        "parts": [row.key.part for row in rows],
    }
    by_key = {(row.key.disposal, row.key.part, row.asset): row for row in rows}
    for match in Match.objects.raw(MET, facts):
        by_key[match.disposal, match.part, match.asset].lots.append(match)


# --- one of them ---------------------------------------------------------------------------------------------------


def matches_of(reckoning: Reckoning, each: Transaction) -> QuerySet[Match]:
    """All lots that a transaction met, whatever left by it."""
    assets = {each.sent_asset, each.received_asset, each.fee_asset} - {""}
    here = Match.objects.filter(reckoning=reckoning, asset__in=assets, disposal=each.pk)
    return here.filter(disposed__gte=each.occurred_at - CLOCKS, disposed__lte=each.occurred_at)


def parts_of(reckoning: Reckoning, each: Transaction) -> list[Disposal]:
    """What left by it, those parts too that make no gain."""
    rows = matches_of(reckoning, each).values_list("disposed", "disposal", "part", "year").distinct()
    keys = [(Key(at, name, part), year) for at, name, part, year in sorted(rows)[:4]]
    found = [summed(reckoning, year, [key], None, gainless=True) for key, year in keys]
    return [part for parts in found for part in parts]


def findings_of(reckoning: Reckoning, each: Transaction) -> list[Finding]:
    assets = {each.sent_asset, each.received_asset, each.fee_asset} - {""}
    here = Finding.objects.filter(reckoning=reckoning, asset__in=assets, transaction=each.pk)
    return list(here.filter(at__gte=each.occurred_at - CLOCKS, at__lte=each.occurred_at).order_by("at", "id")[:SIZE])


# --- income --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Incomes:
    rows: list[Earning]
    older: str


def income_of(
    reckoning: Reckoning, year: int, *, asset: str = "", category: str | None = None, after: str = "", size: int = SIZE
) -> Incomes:
    rows = Earning.objects.filter(reckoning=reckoning, year=year)
    rows = rows.filter(asset=asset) if asset else rows
    rows = rows.filter(category=category) if category is not None else rows
    return Incomes(*newest_first(rows, after, size))


def newest_first(rows: QuerySet[Any], after: str, size: int) -> tuple[list[Any], str]:
    """By time and number. What makes no sense is the first page."""
    at, _, number = after.partition("_")
    try:
        begun = (moment_of(at), int(number))
    except ValueError:
        begun = None
    if begun and 0 <= begun[1] < 2**63:
        rows = rows.filter(at__lte=begun[0]).extra(where=["(at, id) < (%s, %s)"], params=list(begun))
    found = list(rows.order_by("-at", "-id")[: size + 1])
    last = found[size - 1] if len(found) > size else None
    return found[:size], f"{last.at.isoformat()}_{last.id}" if last else ""


def assets_of(reckoning: Reckoning, year: int) -> list[str]:
    """Those of which something was disposed of: what a filter offers."""
    rows = GainSum.objects.filter(reckoning=reckoning, year=year)
    return list(rows.values_list("asset", flat=True).distinct().order_by("asset"))
