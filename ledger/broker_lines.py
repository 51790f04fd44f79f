"""Lines of a form 1099-DA: brought by their owner, held against our disposals, settled one by one."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from operator import itemgetter
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Count, Max

from accounts.audit import Action, record
from config import turns
from ledger import broker_reading, sums
from ledger.assets import names_of
from ledger.engine.days import CUT_OFF, number_of, was_cut_off
from ledger.importing import clean
from ledger.models import BrokerLine, Match
from ledger.readings.numbers import EXACT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.audit import Actor
    from accounts.models import User
    from ledger.broker_reading import Said
    from ledger.models import Reckoning
    from wallets.models import Wallet

CENT = Decimal("0.01")
DAY = timedelta(days=1)
LOTS = 200  # lines of a broker that one sale may have
MINE, THEIRS, SEEN = "mine", "theirs", "seen"
VERDICTS = {
    MINE: "My figures are right",
    THEIRS: "The broker's figures are right",
    SEEN: "Looked at",
}


class State(StrEnum):
    MATCHED = "matched"
    DIFFERS = "differs"
    ONLY_THEIRS = "only_theirs"
    ONLY_OURS = "only_ours"


WORDS = {
    State.MATCHED: "The same",
    State.DIFFERS: "Differing",
    State.ONLY_THEIRS: "Only at the broker",
    State.ONLY_OURS: "Only in Holdfast",
}


# --- bringing, settling, taking away --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Brought:
    file: uuid.UUID
    lines: int
    other_years: int  # lines that were left out


@transaction.atomic
def bring(
    *,
    by: Actor,
    owner: User,
    year: int,
    stream: BinaryIO,
    name: str,
    wallet: Wallet | None = None,
    mapping: Mapping[str, str] | None = None,
    now: datetime,
) -> Brought:
    """All lines of this year, or none. Raises BadFormError."""
    form = broker_reading.read(stream, mapping)
    year = number_of(year)  # a form is of a calendar year
    mine = [said for said in form.lines if said.sold.year == year]
    if not mine:
        raise broker_reading.BadFormError(f"No line in it is of {year}.")
    turns.take(f"form 1099-DA:{owner.pk}")  # or who presses twice would be looked at before the first is here
    refuse_twice(owner, year, mine)
    file, exchange, names = uuid.uuid4(), wallet.exchange if wallet else "", names_of(owner.pk)
    kept = [
        BrokerLine(
            owner=owner, wallet=wallet, year=year, file=file, file_name=clean(name), created_at=now,
            asset=names.code(exchange, said.symbol, now).code, **facts(said),
        )
        for said in mine
    ]  # fmt: skip
    BrokerLine.objects.bulk_create(kept, batch_size=2000)
    record(by=by, action=Action.BROKER_FORM_BROUGHT, owner=owner, now=now, subject=f"{clean(name)}, {year}")
    return Brought(file, len(mine), len(form.lines) - len(mine))


def refuse_twice(owner: User, year: int, mine: Sequence[Said]) -> None:
    """Every sale would be there once more than it was made. Raises BadFormError."""
    for file in files_of(owner, year):
        if file["lines"] == len(mine):
            told = lines_of(owner, year).filter(file=file["file"]).values_list("number", "sold", "proceeds", "raw")
            if sorted(told, key=itemgetter(0)) == [(each.number, each.sold, each.proceeds, each.raw) for each in mine]:
                name = file["file_name"]
                raise broker_reading.BadFormError(f"These lines are here already, from {name}. Delete those first.")


def facts(said: Said) -> dict[str, object]:
    names = ("number", "broker", "amount", "acquired", "sold", "proceeds", "cost", "withheld", "covered", "term", "raw")
    return {name: getattr(said, name) for name in names}


def lines_of(owner: User, year: int) -> QuerySet[BrokerLine]:
    return BrokerLine.objects.filter(owner=owner, year=number_of(year))


def files_of(owner: User, year: int) -> list[dict[str, Any]]:
    """What was brought, newest first: {file, file_name, year, wallet_id, wallet__label, brought, lines}."""
    rows: Any = lines_of(owner, year).values("file", "file_name", "year", "wallet_id", "wallet__label")
    return list(rows.annotate(brought=Max("created_at"), lines=Count("id")).order_by("-brought", "file"))


def year_of(owner: User, file: uuid.UUID) -> int | None:
    return BrokerLine.objects.filter(owner=owner, file=file).values_list("year", flat=True).first()


@transaction.atomic
def forget(*, by: Actor, owner: User, year: int, file: uuid.UUID | None = None, now: datetime) -> int:
    """All lines of a year, or those of one file."""
    gone = lines_of(owner, year)
    gone = gone.filter(file=file) if file else gone
    number, _ = gone.delete()
    if number:
        record(by=by, action=Action.BROKER_FORM_DELETED, owner=owner, now=now, subject=str(year), lines=number)
    return number


@transaction.atomic
def settle(*, by: Actor, owner: User, year: int, lines: Sequence[uuid.UUID], verdict: str, now: datetime) -> int:
    """An empty verdict takes it back."""
    number = lines_of(owner, year).filter(pk__in=lines).update(verdict=verdict)
    if number:
        words = VERDICTS.get(verdict, "taken back")
        record(by=by, action=Action.BROKER_LINE_SETTLED, owner=owner, now=now, subject=str(year), verdict=words)
    return number


# --- held against our disposals -----------------------------------------------------------------------------------


class Ours(NamedTuple):
    """One disposal, over all lots that it met."""

    transaction: uuid.UUID
    part: int
    asset: str
    wallet: uuid.UUID
    day: date
    amount: Decimal
    proceeds: Decimal
    cost: Decimal
    known: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """What the broker says beside what we say; either may be missing. A broker may tell one sale in several lines."""

    theirs: tuple[BrokerLine, ...]
    ours: Ours | None

    @property
    def state(self) -> State:
        if not self.theirs:
            return State.ONLY_OURS
        if self.ours is None:
            return State.ONLY_THEIRS
        return State.DIFFERS if self.differences else State.MATCHED

    @property
    def differences(self) -> tuple[str, ...]:
        """By what: a cent for each line is rounding."""
        if self.ours is None or not self.theirs:
            return ()
        slack = CENT * (len(self.theirs) + 1)
        found = []
        if abs(self.proceeds - self.ours.proceeds) > slack:
            found.append("proceeds")
        if self.cost is not None and abs(self.cost - self.ours.cost) > slack:
            found.append("cost")
        if any(line.sold != self.ours.day for line in self.theirs):
            found.append("date")
        if self.amount is not None and self.amount != self.ours.amount:
            found.append("amount")
        return tuple(found)

    @property
    def amount(self) -> Decimal | None:
        return total(line.amount for line in self.theirs)

    @property
    def proceeds(self) -> Decimal:
        return sums.total(line.proceeds for line in self.theirs)

    @property
    def cost(self) -> Decimal | None:
        return total(line.cost for line in self.theirs)

    @property
    def asset(self) -> str:
        return self.theirs[0].asset if self.theirs else self.ours.asset if self.ours else ""

    @property
    def day(self) -> date:
        return self.theirs[0].sold if self.theirs else self.ours.day  # type: ignore[union-attr]  # one of both is there

    @property
    def verdict(self) -> str:
        return self.theirs[0].verdict if self.theirs else ""


def total(numbers: Iterable[Decimal | None]) -> Decimal | None:
    """None, where one of them is missing."""
    found = list(numbers)
    return None if not found or None in found else sums.total(found)


OURS = """
    SELECT disposal, part, asset, wallet, day, sum(amount), sum(proceeds), sum(cost), bool_and(known)
    FROM ledger_match WHERE reckoning_id = %(reckoning)s AND year = %(year)s AND counts
        AND (%(days)s::date[] IS NULL OR day = ANY(%(days)s))
        AND act <> 'transfer_fee' AND rule <> 'result' AND (%(wallets)s::uuid[] IS NULL OR wallet = ANY(%(wallets)s))
    GROUP BY disposal, part, asset, wallet, day, disposed ORDER BY asset, disposed, disposal, part
"""


def reconcile(reckoning: Reckoning, year: int) -> list[Pair]:
    """Line by line, by asset and time. Ours are those of the wallets that a form was brought for.

    By a broker's clock a sale may lie in the year before or after. Such a pair is of both years, by its line of the one
    and by its disposal of the other, so the days beside the year are looked at, too.
    """
    called = number_of(year)
    eve, morrow = date(called - 1, 12, 31), date(called + 1, 1, 1)
    around = (called - 1, called + 1)
    beside = BrokerLine.objects.filter(owner=reckoning.owner_id, year__in=around, sold__in=(eve, morrow))
    lines = in_order(lines_of(reckoning.owner, year))
    theirs = [*lines, *in_order(beside)]
    if not theirs:
        return []
    wallets = {line.wallet_id for line in theirs}
    own = disposals(reckoning, year, wallets)
    ours = own + disposals(reckoning, called - 1, wallets, [eve]) + disposals(reckoning, called + 1, wallets, [morrow])
    other = called if was_cut_off(year) else called + CUT_OFF  # a form goes on where a year was cut off
    ours += disposals(reckoning, other, wallets)
    pairs = [pair for some, others in by_asset(theirs, ours) for pair in paired(some, others)]
    mine, told = set(own), {line.wallet_id for line in lines}
    found = [pair for pair in pairs if of_lines(pair, called) or (pair.ours in mine and of_disposals(pair, told))]
    return sorted(found, key=lambda pair: (pair.day, pair.asset))


def of_lines(pair: Pair, year: int) -> bool:
    return bool(pair.theirs) and pair.theirs[0].year == year


def of_disposals(pair: Pair, told: Collection[uuid.UUID | None]) -> bool:
    """What no line tells of is missing only in a form of its wallet, or of all."""
    return bool(pair.theirs) or None in told or (pair.ours is not None and pair.ours.wallet in told)


def by_asset(
    theirs: Iterable[BrokerLine], ours: Iterable[Ours]
) -> Iterable[tuple[Sequence[BrokerLine], Sequence[Ours]]]:
    found: dict[str, tuple[list[BrokerLine], list[Ours]]] = defaultdict(lambda: ([], []))
    for line in theirs:
        found[line.asset][0].append(line)
    for each in ours:
        found[each.asset][1].append(each)
    return found.values()


def in_order(lines: QuerySet[BrokerLine]) -> list[BrokerLine]:
    return list(lines.order_by("asset", "sold", "file", "number"))


def disposals(
    reckoning: Reckoning, year: int, wallets: set[uuid.UUID | None], days: list[date] | None = None
) -> list[Ours]:
    """Of all wallets, where a form names none; of all days of the year, where none is named."""
    known = None if None in wallets else list(wallets)
    with connection.cursor() as cursor:
        cursor.execute(OURS, {"reckoning": reckoning.pk, "year": year, "wallets": known, "days": days})
        return [Ours(*row) for row in cursor]


def paired(theirs: Sequence[BrokerLine], ours: Sequence[Ours]) -> Iterator[Pair]:
    """Of one asset. Each goes to the first way that finds it a partner: the same amount that day, several lines that
    come to it, the same proceeds, the same amount a day off.
    """
    left, free = list(theirs), list(ours)
    for way in (same_amount, several_lines, same_proceeds, a_day_off):
        found = way(left, free)
        yield from (Pair(tuple(lines), disposal) for lines, disposal in found)
        gone = {line.pk for lines, _ in found for line in lines}
        taken = {disposal for _, disposal in found}
        left = [line for line in left if line.pk not in gone]
        free = [each for each in free if each not in taken]
    yield from (Pair((line,), None) for line in left)
    yield from (Pair((), disposal) for disposal in free)


Found = list[tuple[list[BrokerLine], Ours]]


def by_day(ours: Iterable[Ours]) -> dict[date, list[Ours]]:
    days: dict[date, list[Ours]] = defaultdict(list)
    for each in ours:
        days[each.day].append(each)
    return days


def same_amount(left: Sequence[BrokerLine], free: Sequence[Ours]) -> Found:
    """Where several have it, the one with the nearest proceeds."""
    days, found = by_day(free), []
    for line in left:
        partners = [each for each in days[line.sold] if each.amount == line.amount and of_wallet(line, each)]
        if partners:
            found.append(([line], take(partners, [line], days[line.sold])))
    return found


def of_wallet(line: BrokerLine, disposal: Ours) -> bool:
    """A form that was brought for a wallet tells of that one only."""
    return line.wallet_id in {None, disposal.wallet}


def take(partners: Sequence[Ours], lines: Sequence[BrokerLine], among: list[Ours]) -> Ours:
    proceeds = sums.total(line.proceeds for line in lines)
    nearest = min(partners, key=lambda each: abs(each.proceeds - proceeds))
    among.remove(nearest)
    return nearest


def several_lines(left: Sequence[BrokerLine], free: Sequence[Ours]) -> Found:
    """A sale that met several lots: brokers tell it in lines that follow each other, maybe after others of that day."""
    days, found, run = by_day(free), [], list[BrokerLine]()
    amounts = {(each.day, each.amount) for each in free}
    for line in left:
        run = [*run[-LOTS:], line] if run and run[-1].sold == line.sold and run[-1].file == line.file else [line]
        for lines in endings(run, amounts):
            partners = [each for each in days[line.sold] if each.amount == total_of(lines) and of_wallet(line, each)]
            if partners:
                found.append((lines, take(partners, lines, days[line.sold])))
                run = []
                break
    return found


def endings(run: Sequence[BrokerLine], amounts: Collection[tuple[date, Decimal]]) -> Iterator[list[BrokerLine]]:
    """The last lines of a run, where all of them together come to something that was sold that day: fewest first."""
    amount = run[-1].amount
    for place in range(len(run) - 2, -1, -1):
        more = run[place].amount
        if amount is None or more is None:
            return
        amount = EXACT.add(amount, more)
        if (run[-1].sold, amount) in amounts:
            yield list(run[place:])


def total_of(lines: Iterable[BrokerLine]) -> Decimal | None:
    return total(line.amount for line in lines)


def same_proceeds(left: Sequence[BrokerLine], free: Sequence[Ours]) -> Found:
    """Also where the form does not say how much, or says another amount."""
    days, found = by_day(free), []
    for line in left:
        near = [each for each in days[line.sold] if abs(each.proceeds - line.proceeds) <= CENT]
        partners = [each for each in near if of_wallet(line, each)]
        if partners:
            found.append(([line], take(partners, [line], days[line.sold])))
    return found


def a_day_off(left: Sequence[BrokerLine], free: Sequence[Ours]) -> Found:
    """A broker's days may begin at another hour than the owner's."""
    days, found = by_day(free), []
    for line in left:
        for day in (line.sold - DAY, line.sold + DAY):
            partners = [each for each in days[day] if each.amount == line.amount and of_wallet(line, each)]
            if partners:
                found.append(([line], take(partners, [line], days[day])))
                break
    return found


Told = dict[tuple[uuid.UUID, int, uuid.UUID | None], bool]


def reported(reckoning: Reckoning, year: int) -> Told:
    """Disposals that a broker told the tax office of, whether with their cost. The fee of one is another. Of a sale
    that was told in part with its cost, the lots with theirs, too: they go under another box than the rest.
    """
    pairs = [pair for pair in reconcile(reckoning, year) if pair.ours and pair.theirs]
    found: Told = {(*name_of(pair), None): all(line.covered for line in pair.theirs) for pair in pairs}
    mixed = {name_of(pair): days_covered(pair.theirs) for pair in pairs}
    mixed = {name: days for name, days in mixed.items() if days and not found[*name, None]}
    return found | dict.fromkeys(lots_covered(reckoning, year, mixed), True)


def name_of(pair: Pair) -> tuple[uuid.UUID, int]:
    assert pair.ours is not None  # noqa: S101 - whoever asks has looked
    return pair.ours.transaction, pair.ours.part


def days_covered(lines: Iterable[BrokerLine]) -> set[date]:
    """On which was acquired what was told with its cost, and nothing of the rest."""
    days = {covered: {line.acquired for line in lines if bool(line.covered) is covered} for covered in (True, False)}
    return {day for day in days[True] - days[False] if day}


def lots_covered(
    reckoning: Reckoning, year: int, mixed: Mapping[tuple[uuid.UUID, int], set[date]]
) -> Iterator[tuple[uuid.UUID, int, uuid.UUID | None]]:
    zone = ZoneInfo(reckoning.settings["zone"])
    met = Match.objects.filter(reckoning=reckoning, year=year, disposal__in=[name for name, _ in mixed])
    for name, part, lot, acquired in met.values_list("disposal", "part", "lot", "acquired"):
        if lot and acquired and acquired.astimezone(zone).date() in mixed.get((name, part), ()):
            yield name, part, lot
