"""The matchers look at what changed: first for the same told twice within a wallet, then for transfers between them.

What is certain is decided at once, and never against an owner's word; what is doubtful is proposed. Looking twice finds
nothing new, so it may be repeated at will.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from itertools import combinations
from operator import or_
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import DateTimeField, Max, Q, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Greatest, Least

from accounts.audit import SYSTEM
from ledger import acts, clocks, decisions, layouts, told_links
from ledger.assets import names_of
from ledger.clocks import told
from ledger.decisions import TRANSFERS, Kind, Verdict
from ledger.imports import formats
from ledger.matching import duplicates, transfers
from ledger.matching.base import HAND, Candidate, Decided, Ends, Movement, Precision, Side, Verdicts
from ledger.models import Edit, FormerBook, ImportFile, Journal, Proposal, Transaction, TransactionKey
from ledger.naming.base import AssetKind
from ledger.parts import fetched_by_index
from ledger.proposals import naming, now_called
from ledger.readings.base import Kind as TransactionKind
from ledger.readings.events import Amount
from ledger.readings.numbers import EARLIEST, LATEST
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from accounts.models import User
    from ledger.clocks import Clocks
    from ledger.decisions import Standing
    from ledger.matching.base import Duplicates, Match, Transfer, Transfers
    from ledger.naming.resolver import Names

BESIDE = timedelta(days=1)  # a file's clock may be off by any time zone
ON_THE_WAY = timedelta(days=10)  # banks take days
AT_ONCE = 20_000  # transactions
MANY = 60_000
FEW = 3_000  # of those that move, looked at while somebody waits
TICK = timedelta(microseconds=1)
LEGS = ("sent", "received", "fee")
MATCHED = {"occurred_at", *LEGS}
MOVING = (TransactionKind.DEPOSIT, TransactionKind.WITHDRAWAL, TransactionKind.TRANSFER)
COLUMNS = (
    "id",
    "wallet_id",
    "occurred_at",
    "kind",
    "category",
    "sent_amount",
    "sent_asset",
    "received_amount",
    "received_asset",
    "fee_amount",
    "fee_asset",
    "order",
    "hash",
    "address",
    "network",
    "origins",
    "rows",
    "source",
    "mine",
    "ignored",
)


@dataclass(frozen=True, slots=True)
class Stretch:
    since: datetime
    until: datetime

    def wider(self, by: timedelta) -> Stretch:
        """Nothing lies at the ends of the calendar, and nothing is left of it there."""
        return Stretch(max(self.since, EARLIEST) - by, min(self.until, LATEST) + by)


Window = tuple[Stretch, list[dict[str, Any]]]  # how far was looked, and what is there


def takes_long(journal: Journal) -> bool:
    """Longer than a worker has for one task: what changed is beside very many."""
    changed = Transaction.objects.filter(
        wallet=journal.wallet_id, occurred_at__gte=journal.look_from, occurred_at__lte=journal.look_to
    )
    return changed[:MANY].count() >= MANY


@transaction.atomic
def look(wallet: Wallet, *, now: datetime) -> bool:
    """At what changed in this wallet since. True: something was decided."""
    for mine in Wallet.objects.for_user(wallet.owner).filter(purged_at=None).order_by("pk"):
        Journal.objects.turn(mine)  # a transfer has two ends, and everybody takes turns in this order
    journal = Journal.objects.get(wallet=wallet)
    if journal.look_from is None or journal.look_to is None:
        return False
    stretch = Stretch(journal.look_from, journal.look_to)
    as_was_said(wallet, stretch, now=now)
    merged = for_doubles(wallet, stretch, now=now)
    if told_links.FORMAT in tellers(wallet):
        told_links.carry_out(wallet, since=stretch.since, until=stretch.until, now=now)
    linked = for_transfers(wallet.owner, stretch, now=now)
    Journal.objects.filter(wallet=wallet).update(look_from=None, look_to=None)
    leave_to_those_away(wallet.owner, stretch)
    return merged or linked


def leave_to_those_away(owner: User, stretch: Stretch) -> None:
    """What was looked at without a wallet that lies in the bin is looked at once more when that is back."""
    away = Journal.objects.filter(owner=owner, wallet__binned_at__isnull=False, wallet__purged_at=None)
    away.update(look_from=Least("look_from", Value(stretch.since)), look_to=Greatest("look_to", Value(stretch.until)))


def as_was_said(wallet: Wallet, stretch: Stretch, *, now: datetime) -> None:
    """Of an account that was found again: its owner's words from then go before what was found since."""
    if FormerBook.objects.for_user(wallet.owner).joined().exists():
        for _, rows in windows(Transaction.objects.filter(wallet=wallet), stretch, timedelta()):
            decisions.hold_again(wallet.owner, [row["id"] for row in rows], now=now)


# --- the same, told twice ------------------------------------------------------------------------------------------


def for_doubles(wallet: Wallet, stretch: Stretch, *, now: datetime) -> bool:
    known = clocks.of(wallet)
    apart = clocks.take_apart(wallet, known, now=now)
    merged = 0
    if several_tell(wallet):
        mine = Transaction.objects.filter(wallet=wallet)
        found = with_moved(mine, windows(mine, stretch.wider(BESIDE), BESIDE))
        merged = sum(doubles_in(wallet, rows, seen, known, now=now) for seen, rows in found)
    clocks.tidy(wallet)
    return apart or merged > 0


def with_moved(mine: Any, found: Iterable[Window]) -> Iterator[Window]:
    """And those that their sources have there, wherever the owner has put them: few, and told apart by an index."""
    away = mine.filter(mine__contains=["occurred_at"]).exclude(origins=[HAND])
    told_at = Cast(KeyTextTransform("occurred_at", "source"), DateTimeField())
    for seen, rows in found:
        here = {row["id"] for row in rows}
        moved = away.annotate(told_at=told_at).filter(told_at__gte=seen.since, told_at__lte=seen.until)
        yield seen, [*rows, *(row for row in moved.order_by("id").values(*COLUMNS) if row["id"] not in here)]


# From one family to the next by the index of names, not by all rows: there are a handful.
FAMILIES = """
    WITH RECURSIVE found AS (
        (SELECT family FROM ledger_sourcerow WHERE wallet_id = %(wallet)s ORDER BY family LIMIT 1)
        UNION ALL
        SELECT (
            SELECT row.family FROM ledger_sourcerow AS row
            WHERE row.wallet_id = %(wallet)s AND row.family > found.family ORDER BY row.family LIMIT 1
        ) FROM found WHERE found.family IS NOT NULL
    )
    SELECT family, (
        SELECT origin FROM ledger_sourcerow AS row
        WHERE row.wallet_id = %(wallet)s AND row.family = found.family LIMIT 1
    ) FROM found WHERE family IS NOT NULL
"""


def tellers(wallet: Wallet) -> set[str]:
    """Who tells of it: the API, the owner, each format of a file. A family has one origin only."""
    with connection.cursor() as cursor:
        cursor.execute(FAMILIES, {"wallet": wallet.pk})
        return {family if origin == "file" else origin for family, origin in cursor.fetchall()}


def several_tell(wallet: Wallet) -> bool:
    """Where only one format does, it may have come in several layouts."""
    return len(tellers(wallet)) > 1 or ImportFile.objects.filter(wallet=wallet).values("columns").distinct().count() > 1


def doubles_in(wallet: Wallet, rows: list[dict[str, Any]], seen: Stretch, known: Clocks, *, now: datetime) -> bool:
    """What sources say is compared, whatever the owner says of it: else what was put right, or left out, would come
    once more with the next source.
    """
    if not rows:
        return False
    told = [said for row in rows if moves(said := as_told(row))]
    counted = [row for row in told if not row["ignored"]]
    found = compared(counted, known)
    matches = [*found.certain, *put_right_again(rows, named_by(found.certain), known)]
    matches += left_out_again(told, named_by(matches), known)
    certain = [verdict for match in matches for verdict in merging(match, known)]
    settle(wallet.owner, certain, now=now)
    doubtful = doubts(found, counted, named_by(matches))
    named = {row["id"] for row in counted if seen.since <= row["occurred_at"] <= seen.until}
    named |= {UUID(name) for each in found.doubtful for name in (*each.left, *each.right)}
    propose(wallet.owner, Proposal.About.DUPLICATES, named, doubtful)
    clocks.ask(wallet, known, found.offsets, {str(row["id"]): row["occurred_at"] for row in counted})
    return bool(certain)


def compared(rows: Sequence[dict[str, Any]], known: Clocks) -> Duplicates:
    told = candidates(rows)
    return duplicates.match(told, verdicts=verdicts([row["id"] for row in rows], {each.origin for each in told}, known))


def moves(row: dict[str, Any]) -> bool:
    return any(row[f"{leg}_amount"] is not None for leg in LEGS)


def as_told(row: dict[str, Any]) -> dict[str, Any]:
    """As its sources have it. What was written by hand is its owner's to the last word."""
    source = row["source"]
    if not source or row["origins"] == [HAND]:
        return row
    told = {"kind": source["kind"], "occurred_at": datetime.fromisoformat(source["occurred_at"])}
    for leg in LEGS:
        said = source[leg]
        told[f"{leg}_amount"] = Decimal(said["amount"]) if said else None
        told[f"{leg}_asset"] = said["asset"] if said else ""
    return {**row, **told}


def named_by(matches: Iterable[Match]) -> AbstractSet[str]:
    return {each for match in matches for each in match.ids}


def put_right_again(rows: Sequence[dict[str, Any]], taken: AbstractSet[str], known: Clocks) -> list[Match]:
    """What a source tells as the owner has put it right: our own export does."""
    rows = [row for row in rows if moves(row) and not row["ignored"] and str(row["id"]) not in taken]
    right = {str(row["id"]) for row in rows if not MATCHED.isdisjoint(row["mine"])}
    return [match for match in compared(rows, known).certain if match.ids & right] if right else []


def left_out_again(rows: Sequence[dict[str, Any]], taken: AbstractSet[str], known: Clocks) -> list[Match]:
    """What an owner left out, and what tells the same and came after that word: the word is about it too. What was
    here when it was said is another matter: of two alike, one was left out and the other was not.
    """
    said = words_to_leave_out([row["id"] for row in rows if "ignored" in row["mine"] and row["ignored"]])
    if not said:
        return []
    born = came([row["id"] for row in rows if not row["ignored"] and str(row["id"]) not in taken])
    later = {str(name): at for name, at in born.items() if at > min(said.values())}
    if not later:
        return []
    found = compared([row for row in rows if str(row["id"]) in {*said, *later}], known)
    return [match for match in found.certain if after_the_word(match, said, later)]


def after_the_word(match: Match, said: Mapping[str, datetime], later: Mapping[str, datetime]) -> bool:
    words = [said[each] for each in match.ids if each in said]
    return bool(words) and all(later[each] > max(words) for each in match.ids if each not in said)


def words_to_leave_out(named: Sequence[UUID]) -> dict[str, datetime]:
    latest = Edit.objects.filter(key__in=named, field="ignored").order_by().values_list("key").annotate(Max("at"))
    return {str(name): at for name, at in latest} if named else {}


def came(named: Sequence[UUID]) -> dict[UUID, datetime]:
    """When each was first told of."""
    return dict(TransactionKey.objects.filter(pk__in=named).values_list("pk", "created_at"))


def windows(mine: Any, stretch: Stretch, beside: timedelta) -> Iterator[Window]:
    """So many at once as memory bears, each with what lies beside it."""
    while len(rows := list(in_stretch(mine, stretch)[:AT_ONCE])) == AT_ONCE:
        last = rows[-1]["occurred_at"]
        yield Stretch(stretch.since, last), rows
        halfway = rows[AT_ONCE // 2]["occurred_at"]
        stretch = Stretch(max(last - beside, halfway + TICK), stretch.until)
    yield stretch, rows


def in_stretch(mine: Any, stretch: Stretch) -> Any:
    found = mine.filter(occurred_at__gte=stretch.since, occurred_at__lte=stretch.until)
    return found.order_by("occurred_at", "id").values(*COLUMNS)


def candidates(rows: Sequence[dict[str, Any]]) -> list[Candidate]:
    told_by = tellers_of(rows)
    return [
        Candidate(
            id=str(row["id"]),
            origin=told_by[row["id"]].origin or min(row["origins"], key=TRUSTED.index),
            at=row["occurred_at"],
            kind=TransactionKind(row["kind"]),
            sent=amount(row, "sent"),
            received=amount(row, "received"),
            fee=amount(row, "fee"),
            order=row["order"],
            hash=row["hash"],
            precision=precision(told_by[row["id"]].origin),
            told=told_by[row["id"]].formats,
            lists=told_by[row["id"]].lists,
        )
        for row in rows
    ]


def precision(origin: str) -> Precision:
    """Some formats tell the minute only."""
    form = formats.every().get(layouts.family_of(origin))
    return Precision.SECOND if form is None or form.seconds else Precision.MINUTE


TRUSTED = ["api", "hand", "file"]


# A line that is named by what it says is in no list: it may be any of those that have an id.
LISTS = """
    SELECT row.id, row.origin, row.family,
        CASE WHEN content THEN (SELECT string_agg(name, E'\\n') FROM jsonb_object_keys(row.raw -> 'cells') AS name)
             ELSE '' END,
        CASE WHEN content THEN '{}' ELSE ARRAY(
            SELECT DISTINCT split_part(part.identity, ':', 1) FROM ledger_part AS part WHERE part.row_id = row.id
        ) END
    FROM ledger_sourcerow AS row, LATERAL (
        SELECT row.origin = 'file' AND row.external_id ~ %s AND row.raw -> 'cells' IS NOT NULL AS content
    ) AS named
    WHERE row.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Tellers:
    """Of one transaction: who tells it, where only files do; all files that do; and whose ids its rows bear."""

    origin: str
    formats: frozenset[str]
    lists: frozenset[str]


def tellers_of(rows: Sequence[dict[str, Any]]) -> dict[UUID, Tellers]:
    named = fetched_by_index(LISTS, [layouts.BY_CONTENT, sorted({each for row in rows for each in row["rows"]})])
    told = {
        pk: (layouts.origin(family, columns) if origin == "file" else "", lists)
        for pk, origin, family, columns, lists in named
    }
    found: dict[UUID, Tellers] = {}
    for row in rows:
        mine = [told[each] for each in row["rows"]]
        origin = mine[0][0] if row["origins"] == ["file"] else ""
        formats = frozenset(form for form, _ in mine if form)
        found[row["id"]] = Tellers(origin, formats, frozenset(each for _, lists in mine for each in lists))
    return found


def amount(row: dict[str, Any], name: str) -> Amount | None:
    found: Decimal | None = row[f"{name}_amount"]
    return None if found is None else Amount(found, row[f"{name}_asset"])


def verdicts(named: Sequence[UUID], origins: AbstractSet[str], known: Clocks) -> Verdicts:
    """What came apart with a clock may be joined again, by that clock or by something else."""
    held = decisions.of(named)
    return Verdicts(
        same=frozenset(pair(each) for each in held if each.kind == Kind.SAME),
        different=frozenset(pair(each) for each in held if each.kind == Kind.DIFFERENT and not each.by_clock),
        offsets={origin: frozenset(ahead) for origin, ahead in known.ahead_of(origins).items()},
    )


def pair(said: Standing) -> frozenset[str]:
    return frozenset({str(said.one), str(said.other)})


def merging(match: Match, known: Clocks) -> Iterable[Verdict]:
    """Everybody with those of the origin that is believed: a file's sum with each of its parts. And of the others each
    with each that tells it in as many: who was here first keeps its name, and need not be the one that is believed.
    """
    members = match.members
    origins = sorted(members, key=lambda origin: (TRUSTED.index(origin.partition(":")[0]), -len(members[origin])))
    for first, second in combinations(origins, 2):
        ones, others = ([UUID(each) for each in members[origin]] for origin in (first, second))
        clock = known.between(put_right(match, first), put_right(match, second))
        reasons = told(match.reasons) if clock else ()
        if len(others) == len(ones):
            for one, other in zip(ones, others, strict=True):
                yield Verdict(Kind.SAME, [one], [other], reasons=reasons, clock=clock)
        elif first == origins[0]:
            yield Verdict(Kind.SAME, ones, others, reasons=reasons, clock=clock)


def put_right(match: Match, origin: str) -> tuple[str, timedelta]:
    return origin, match.ahead.get(match.members[origin][0], timedelta())


def doubts(found: Duplicates, rows: Sequence[dict[str, Any]], settled: AbstractSet[str]) -> list[Proposal]:
    at = {str(row["id"]): row["occurred_at"] for row in rows}
    return [
        Proposal(
            ones=list(doubt.left),
            others=list(doubt.right),
            score=doubt.score,
            reasons=told(doubt.reasons),
            at=min(at[each] for each in (*doubt.left, *doubt.right)),
        )
        for doubt in found.doubtful
        if settled.isdisjoint((*doubt.left, *doubt.right))
    ]


# --- transfers -------------------------------------------------------------------------------------------------------


def for_transfers(owner: User, stretch: Stretch, *, now: datetime) -> bool:
    """Between all wallets of an owner that are not in the bin."""
    wide = stretch.wider(ON_THE_WAY)
    names = names_of(owner.pk)
    found = windows(moving(owner), wide, ON_THE_WAY)
    return sum(transfers_in(owner, rows, names, now=now) for _, rows in found if rows) > 0


def moving(owner: User) -> Any:
    return Transaction.objects.for_user(owner).kept().filter(kind__in=MOVING, ignored=False)


def transfers_in(owner: User, rows: list[dict[str, Any]], names: Names, *, now: datetime) -> bool:
    found = transfers_among(rows, names)
    certain = [linking(each) for each in found.automatic]
    settle(owner, certain, now=now)
    propose(owner, TRANSFERS, [row["id"] for row in rows], suggested(found.suggested, rows))
    return bool(certain)


def transfers_among(rows: list[dict[str, Any]], names: Names) -> Transfers:
    movements = [movement for row in rows if (movement := as_movement(row, names))]
    return transfers.match(movements, own=transfers.addresses(movements), decided=decided([row["id"] for row in rows]))


def propose_beside(owner: User, ends: Iterable[UUID]) -> None:
    """What else may be a transfer with one of these, which are free again: proposed at once where few moved near them.
    The next look does the rest, and what is certain is its alone, for it waits its turn.
    """
    free = set(now_called(ends).values())
    times = moving(owner).filter(pk__in=free).values_list("occurred_at", flat=True)
    near = [Q(occurred_at__range=(each.since, each.until)) for each in stretches(times, 2 * ON_THE_WAY)]
    rows = list(moving(owner).filter(reduce(or_, near)).values(*COLUMNS)[: FEW + 1]) if near else []
    if 0 < len(rows) <= FEW:
        there = {frozenset(map(str, names)) for _, about, names in naming(owner, free) if about == TRANSFERS}
        found = transfers_among(rows, names_of(owner.pk)).suggested
        wanted = [each for each in found if each.ends.outs | each.ends.ins not in there]
        wanted = [each for each in wanted if not {str(end) for end in free}.isdisjoint(each.ends.outs | each.ends.ins)]
        propose(owner, TRANSFERS, (), suggested(wanted, rows))


def stretches(times: Iterable[datetime], beside: timedelta) -> list[Stretch]:
    """Around these, those that overlap taken together."""
    found: list[Stretch] = []
    for at in sorted(times):
        around = Stretch(at, at).wider(beside)
        if found and around.since <= found[-1].until:
            around = Stretch(found.pop().since, around.until)
        found.append(around)
    return found


def as_movement(row: dict[str, Any], names: Names) -> Movement | None:
    """One side only: what has both is no end of anything."""
    sent, received = amount(row, "sent"), amount(row, "received")
    told = sent or received
    if told is None or (sent and received):
        return None
    fee = amount(row, "fee")
    known = names.code("", told.asset, row["occurred_at"])
    return Movement(
        id=str(row["id"]),
        wallet=str(row["wallet_id"]),
        side=Side.OUT if sent else Side.IN,
        at=row["occurred_at"],
        asset=told.asset,
        amount=told.amount,
        fee=fee.amount if fee else told.amount * 0,
        fee_asset=fee.asset if fee else "",
        hash=row["hash"],
        address=row["address"],
        network=row["network"],
        kind=TransactionKind(row["kind"]),
        category=row["category"],
        internal=row["category"] == "internal",
        fiat=known.kind is AssetKind.FIAT,
    )


def row_of(each: Transaction) -> dict[str, Any]:
    """Of one that is at hand."""
    return {name: getattr(each, name) for name in COLUMNS}


def decided(named: Sequence[UUID]) -> Decided:
    """Each act is one word: a rejection of three ends says nothing about two of them. What was linked by itself with
    something that is gone is free again: another source may tell of it.
    """
    held = decisions.of(named)
    linked = [each for each in held if each.kind == Kind.LINKED]
    here = acts.told_of({end for each in linked for end in (each.one, each.other)})
    return Decided(
        links=frozenset(together(each for each in linked if not each.by_itself or {each.one, each.other} <= here)),
        rejections=frozenset(together(each for each in held if each.kind == Kind.APART)),
    )


def together(held: Iterable[Standing]) -> Iterable[Ends]:
    acts: dict[UUID, tuple[set[str], set[str]]] = {}
    for each in held:
        outs, ins = acts.setdefault(each.act, (set(), set()))
        outs.add(str(each.one))
        ins.add(str(each.other))
    return [Ends(frozenset(outs), frozenset(ins)) for outs, ins in acts.values()]


def linking(found: Transfer) -> Verdict:
    outs, ins = ([UUID(each) for each in sorted(ends)] for ends in (found.ends.outs, found.ends.ins))
    return Verdict(Kind.LINKED, outs, ins, found.score, told(found.reasons))


def suggested(found: Iterable[Transfer], rows: Sequence[dict[str, Any]]) -> list[Proposal]:
    at = {str(row["id"]): row["occurred_at"] for row in rows}
    return [
        Proposal(
            ones=sorted(each.ends.outs),
            others=sorted(each.ends.ins),
            score=each.score,
            reasons=told(each.reasons),
            at=min(at[name] for name in each.ends.outs | each.ends.ins),
        )
        for each in found
    ]


# --- both ------------------------------------------------------------------------------------------------------------


def settle(owner: User, certain: Sequence[Verdict], *, now: datetime) -> None:
    named = {each for verdict in certain for each in (*verdict.ones, *verdict.others)}
    if named:
        wallets = decisions.hold(owner, named)
        decisions.write(by=SYSTEM, owner=owner, verdicts=certain, now=now)
        decisions.derive_again(wallets, named, now=now)


def propose(owner: User, about: Proposal.About, named: Iterable[UUID], proposals: Sequence[Proposal]) -> None:
    """In place of what was proposed about these before. What is proposed again keeps its id: its owner may have it
    before him.
    """
    told = [pk for pk, subject, _ in naming(owner, named) if subject == about]
    former = {sides_of(each): each.pk for each in Proposal.objects.filter(pk__in=told).only("ones", "others")}
    for each in proposals:
        each.owner, each.about = owner, about
        each.pk = former.pop(sides_of(each), each.pk)
    Proposal.objects.filter(pk__in={*told} - {each.pk for each in proposals}).delete()
    Proposal.objects.bulk_create(
        proposals,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["score", "reasons", "at"],
    )


def sides_of(each: Proposal) -> tuple[tuple[str, ...], ...]:
    return tuple(map(str, each.ones)), tuple(map(str, each.others))
