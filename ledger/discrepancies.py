"""A wallet's balances, reported and calculated, with the causes that are found in its data; and the row that is added
where nothing else explains them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Func, Q, UUIDField
from django.urls import reverse
from django.utils.http import urlencode

from accounts.audit import Action, record
from ledger import acts, file_causes, handmade, listing, reconcile, reported_days
from ledger.assets import Namer, namer, names_of
from ledger.lines import exact
from ledger.looking import MOVING
from ledger.models import (
    Balance,
    ClockQuestion,
    Coverage,
    Journal,
    Part,
    Proposal,
    ReportedBalance,
    Transaction,
)
from ledger.readers import UNREADABLE
from ledger.readings import cells
from ledger.readings.telling import UNSURE
from ledger.reconcile import Cause, Code, Line, Open, Past, Reported, Then
from ledger.sums import NOUGHT, less, total
from wallets import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.audit import Actor
    from wallets.models import Wallet

TYPED = "typed"  # the place of what an owner types in; a key's next reading replaces it
SKIPS = (UNREADABLE, cells.UNREADABLE, cells.UNKNOWN_LIST)
MANY, MONTHS, HOLES = 200, 12, 3


@dataclass(frozen=True, slots=True)
class Balances:
    """`source`: who says what is reported; nobody, for files without a word of the owner's."""

    lines: Sequence[Line]
    source: str  # exchange, owner, nobody
    reported_at: datetime | None
    causes: Sequence[Cause]  # of the wallet as a whole

    @property
    def differing(self) -> list[Line]:
        return [line for line in self.lines if line.differs]


def balances_of(wallet: Wallet) -> Balances:
    reported = reported_by(wallet)
    typed, whole = is_owners(reported), whole_of(wallet, reported)
    lines = compared(wallet, reported)
    if any(line.differs for line in lines):
        lines = with_since(wallet, with_causes(wallet, lines))
    source = "owner" if typed else "exchange" if whole else "nobody"
    at = max((each.at for each in reported.values()), default=whole.at if whole else None)
    return Balances(lines, source, at, causes_of(wallet) if any(line.differs for line in lines) else ())


def compared(wallet: Wallet, reported: Mapping[str, Reported]) -> list[Line]:
    return compared_each({wallet: reported})[wallet]


def compared_each(reported: Mapping[Wallet, Mapping[str, Reported]]) -> dict[Wallet, list[Line]]:
    """Two queries, however many wallets."""
    wholes = {wallet: whole_of(wallet, told) for wallet, told in reported.items()}
    held = calculated([Asked(wallet.pk, told, wholes[wallet]) for wallet, told in reported.items()])
    return {
        wallet: reconcile.compared(told, held[wallet.pk], whole=wholes[wallet]) for wallet, told in reported.items()
    }


# --- what is reported ----------------------------------------------------------------------------------------------


def reported_by(wallet: Wallet) -> dict[str, Reported]:
    """Over all places where the exchange keeps it, by our names of its symbols."""
    return by_names(ReportedBalance.objects.filter(wallet=wallet), namer(wallet))


def by_names(rows: Iterable[ReportedBalance], names: Namer) -> dict[str, Reported]:
    found = dict[str, Reported]()
    ordered = sorted(rows, key=lambda row: (is_typed(row), row.asset, row.place))
    for row in ordered:  # the owner's word last: it takes the place of what a key had told before
        code = row.asset if is_typed(row) else names.code(row.asset, row.reported_at)[0]
        known = None if is_typed(row) else found.get(code)
        amount = total((row.amount, known.amount)) if known else row.amount
        found[code] = Reported(amount, row.reported_at, is_typed(row))
    return found


def is_owners(reported: Mapping[str, Reported]) -> bool:
    return bool(reported) and all(each.typed for each in reported.values())


def whole_of(wallet: Wallet, reported: Mapping[str, Reported]) -> Reported | None:
    return None if is_owners(reported) else reported_nought(wallet, reported)


def is_typed(row: ReportedBalance) -> bool:
    return row.place == TYPED


def reported_nought(wallet: Wallet, reported: Mapping[str, Reported]) -> Reported | None:
    """An exchange that is read names all that it holds: what it leaves out is nought, and so is all of it, if it names
    nothing at all. Before its first run has ended nobody has asked it.
    """
    at = max((each.at for each in reported.values()), default=None)
    at = at or (wallet.last_success_at if wallet.is_connected and not wallet.awaits_history else None)
    return Reported(NOUGHT, at) if at else None


@transaction.atomic
def type_in(*, by: Actor, wallet: Wallet, asset: str, amount: Decimal, now: datetime) -> None:
    """What the owner sees at the exchange, kept as their word until they say something else, or a key tells."""
    ReportedBalance.objects.update_or_create(
        wallet=wallet,
        asset=asset,
        place=TYPED,
        defaults={"owner": wallet.owner, "amount": amount, "reported_at": now},
    )
    reported_days.keep(wallet, {asset: amount}, now=now, typed=asset)
    _told(by, wallet, Action.BALANCE_TYPED, asset, now=now)


@transaction.atomic
def take_back(*, by: Actor, wallet: Wallet, asset: str, now: datetime) -> None:
    for row in ReportedBalance.objects.filter(wallet=wallet, place=TYPED):
        if row.asset == asset:  # compared here: what comes from a form may be nothing that a database takes
            row.delete()
            reported_days.forget(wallet, row.asset, at=row.reported_at)
            _told(by, wallet, Action.BALANCE_TAKEN_BACK, asset, now=now)


def _told(by: Actor, wallet: Wallet, action: Action, asset: str, *, now: datetime) -> None:
    """Which asset, not how much: the trail is seen by more people than the balance."""
    record(by=by, action=action, owner=wallet.owner, now=now, subject=wallet.label, about=wallet.pk, asset=asset)


# --- what is calculated --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """Of one wallet: what is told of its assets, and of those that are not named."""

    wallet: UUID
    told: Mapping[str, Reported]
    whole: Reported | None

    def at(self, asset: str) -> datetime | None:
        known = self.told.get(asset, self.whole)
        return known.at if known else None


TOLD = "unnest(%(wallets)s::uuid[], %(assets)s::text[], %(times)s::timestamptz[]) AS told (wallet, asset, at)"
SINCE = f"""
    SELECT told.wallet, told.asset, sum(leg.amount) FROM {TOLD}
    JOIN ledger_transaction AS t ON t.wallet_id = told.wallet AND NOT t.ignored AND t.occurred_at > told.at
        AND t.occurred_at < (date_trunc('day', told.at AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC'
    CROSS JOIN LATERAL (VALUES
        (t.sent_asset, -t.sent_amount), (t.received_asset, t.received_amount), (t.fee_asset, -t.fee_amount)
    ) AS leg (asset, amount)
    WHERE leg.asset = told.asset AND leg.amount IS NOT NULL GROUP BY told.wallet, told.asset
    UNION ALL
    SELECT told.wallet, told.asset, sum(changed.amount) FROM {TOLD}
    JOIN ledger_dailychange AS changed ON changed.wallet_id = told.wallet AND changed.asset = told.asset
        AND changed.day > (told.at AT TIME ZONE 'UTC')::date
    GROUP BY told.wallet, told.asset
"""  # noqa: S608 - only names of our own


def calculated(asked: Sequence[Asked]) -> dict[UUID, dict[str, Decimal]]:
    """As of each report: what happened since is taken off again."""
    held: dict[UUID, dict[str, Decimal]] = {each.wallet: {} for each in asked}
    for wallet, asset, amount in Balance.objects.filter(wallet__in=held).values_list("wallet", "asset", "amount"):
        held[wallet][asset] = amount
    known = [
        (each.wallet, asset, at)
        for each in asked
        for asset in {*held[each.wallet], *each.told}
        if (at := each.at(asset))
    ]
    facts = {name: [one[place] for one in known] for place, name in enumerate(("wallets", "assets", "times"))}
    with connection.cursor() as cursor:
        cursor.execute(SINCE, facts)
        for wallet, asset, amount in cursor.fetchall():
            held[wallet][asset] = less(held[wallet].get(asset, NOUGHT), amount)
    return held


RUNNING = """
    SELECT asset, day, sum(amount) OVER (PARTITION BY asset ORDER BY day) AS held
    FROM ledger_dailychange WHERE wallet_id = %s AND asset = ANY(%s)
"""
PAST = f"""
    WITH running AS ({RUNNING}), ends AS (
        SELECT DISTINCT ON (asset, date_trunc('month', day)) asset, day, held FROM running
        ORDER BY asset, date_trunc('month', day), day DESC
    ), latest AS (
        SELECT asset, day, held, row_number() OVER (PARTITION BY asset ORDER BY day DESC) AS place FROM ends
    )
    SELECT asset, min(day), min(held), min(day) FILTER (WHERE held < 0),
        (SELECT array_agg(day ORDER BY day) FROM latest WHERE latest.asset = running.asset AND place <= {MONTHS}),
        (SELECT array_agg(held ORDER BY day) FROM latest WHERE latest.asset = running.asset AND place <= {MONTHS})
    FROM running GROUP BY asset
"""  # noqa: S608 - as above


def pasts(wallet: Wallet, assets: Sequence[str]) -> dict[str, Past]:
    with connection.cursor() as cursor:
        cursor.execute(PAST, [wallet.pk, list(assets)])
        return {
            asset: Past(first, lowest, below, tuple(zip(days, held, strict=True)))
            for asset, first, lowest, below, days, held in cursor.fetchall()
        }


# --- since when ----------------------------------------------------------------------------------------------------


def with_since(wallet: Wallet, lines: Sequence[Line]) -> list[Line]:
    kept = reported_days.compared(wallet, [line.asset for line in lines if line.differs])
    return [began(wallet, line, kept[line.asset]) if line.differs else line for line in lines]


def began(wallet: Wallet, line: Line, kept: Iterable[Then]) -> Line:
    if line.reported is None:
        return line
    now = Then(line.reported.at, line.reported.amount, line.calculated)
    found = reconcile.since([*(each for each in kept if each.at < now.at), now])
    if found is None:
        return line
    zone = ZoneInfo(wallet.owner.time_zone)  # the list's days are those of its owner's clock
    ends = {"from": found.agreed, "to": found.differs}
    days = {name: at.astimezone(zone).date().isoformat() for name, at in ends.items() if at}
    return replace(line, since=replace(found, href=listed(wallet, line.asset, **days)))


# --- causes of one asset -------------------------------------------------------------------------------------------


def with_causes(wallet: Wallet, lines: Sequence[Line]) -> list[Line]:
    differing = [line.asset for line in lines if line.differs]
    found = Found(wallet, lines)
    past = pasts(wallet, differing)
    return [
        reconcile.explained(line, found.causes(line, lines), past.get(line.asset)) if line.differs else line
        for line in lines
    ]


class Found:
    """All that the data tell of these assets: so many queries, however many assets there are."""

    def __init__(self, wallet: Wallet, lines: Sequence[Line]) -> None:
        assets = [line.asset for line in lines if line.differs]
        self.files = file_causes.told(wallet, lines)
        self.wallet, self.names = wallet, names_of(wallet.owner_id)
        self.ends = [*ends_elsewhere(wallet, assets)]
        self.ignored = of_asset(wallet, assets, ignored=True)
        self.disputed = [
            each for each in of_asset(wallet, assets, conflicts__len__gt=0) if set(each.conflicts) - {"note", "tags"}
        ]
        self.doubtful = of_asset(wallet, assets, pk__in=in_doubt(wallet))

    def causes(self, line: Line, lines: Sequence[Line]) -> Iterable[Cause]:
        yield from reconcile.from_open_ends(line, self.ends)
        yield from self._ignored(line)
        yield from self._told_twice(line)
        yield from file_causes.causes(line, self.files)
        yield from self._disputed(line)
        yield from self._names(line, lines)

    def _ignored(self, line: Line) -> Iterable[Cause]:
        mine = [each for each in self.ignored if line.asset in assets_of(each)]
        if mine:
            change = total(change_of(each, line.asset) for each in mine)
            words = (
                f"{number(mine)} of {line.asset} {verb(mine)} ignored here, and would change it by {signed(change)}."
            )
            href = listed(self.wallet, line.asset, ignored=listing.ONLY)
            yield Cause(Code.IGNORED, words, href, exact=reconcile.same(line.difference or NOUGHT, change))

    def _told_twice(self, line: Line) -> Iterable[Cause]:
        mine = [each for each in self.doubtful if line.asset in assets_of(each)]
        if mine:
            words = f"{number(mine)} of {line.asset} may be told twice."
            gap = (line.difference or NOUGHT).copy_negate()
            told = any(reconcile.same(gap, change_of(each, line.asset)) for each in mine)
            yield Cause(Code.TOLD_TWICE, words, reverse("ledger:duplicates"), exact=told)

    def _disputed(self, line: Line) -> Iterable[Cause]:
        mine = [each for each in self.disputed if line.asset in assets_of(each)]
        if mine:
            words = f"{number(mine)} of {line.asset} {verb(mine)} waiting for your decision: the source changed."
            yield Cause(Code.CONFLICT, words, listed(self.wallet, line.asset, needs_attention="1"))

    def _names(self, line: Line, lines: Sequence[Line]) -> Iterable[Cause]:
        href = reverse("ledger:asset", args=[line.asset])
        for other in reconcile.other_names(line, lines):
            words = f"{other} is off by just as much the other way: they may be one asset under two names."
            yield Cause(Code.OTHER_NAME, words, href, exact=True)
        code = self.names.code("", line.asset, line.reported.at) if line.reported else None
        if code and not code.known:
            words = f"No asset called {line.asset} is known. If it goes by another name, say so."
            yield Cause(Code.UNKNOWN_ASSET, words, href)


def ends_elsewhere(wallet: Wallet, assets: Sequence[str]) -> Iterable[Open]:
    """What left or arrived in another wallet, and has no other end: this wallet may be it."""
    rows = Transaction.objects.filter(*acts.unlinked(), owner=wallet.owner_id, kind__in=MOVING, ignored=False)
    rows = rows.filter(wallet__binned_at=None).exclude(wallet=wallet).select_related("wallet")
    of_asset = Q(sent_asset__in=assets, received_amount=None) | Q(received_asset__in=assets, sent_amount=None)
    for each in rows.filter(of_asset).order_by("-occurred_at", "-id")[:MANY]:
        asset, amount = each.sent_asset or each.received_asset, each.sent_amount or each.received_amount or NOUGHT
        left = each.sent_amount is not None
        words = (
            f"{exact(amount)} {asset} {'left' if left else 'arrived at'} {each.wallet.label} on "
            f"{reconcile.day(each.occurred_at)} and {'may have arrived' if left else 'may have left'} here."
        )
        fee = each.fee_amount if each.fee_amount is not None and each.fee_asset == asset else NOUGHT
        href = f"{reverse('ledger:transfers_link')}?one={each.pk}"
        yield Open(asset, amount if left else amount.copy_negate(), fee, words, href)


def of_asset(wallet: Wallet, assets: Sequence[str], **facts: object) -> list[Transaction]:
    legs = Q(sent_asset__in=assets) | Q(received_asset__in=assets) | Q(fee_asset__in=assets)
    found = Transaction.objects.filter(legs, owner=wallet.owner_id, wallet=wallet, **facts)
    return list(found.order_by("-occurred_at", "-id")[:MANY])


def in_doubt(wallet: Wallet) -> QuerySet[Any, Any]:
    """The names in all proposals of doubles, however many there are about other wallets; and by another clock."""
    names = Func(Func("ones", "others", function="array_cat"), function="unnest", output_field=UUIDField())
    proposals = Proposal.objects.filter(owner=wallet.owner_id, about=Proposal.About.DUPLICATES)
    asked = ClockQuestion.objects.filter(wallet=wallet)
    return proposals.values(name=names).union(asked.values(name=names), all=True)


def assets_of(each: Transaction) -> set[str]:
    return {each.sent_asset, each.received_asset, each.fee_asset}


def change_of(each: Transaction, asset: str) -> Decimal:
    legs = (
        (each.sent_asset, (each.sent_amount or NOUGHT).copy_negate()),
        (each.received_asset, each.received_amount or NOUGHT),
        (each.fee_asset, (each.fee_amount or NOUGHT).copy_negate()),
    )
    return total(amount for name, amount in legs if name == asset)


def number(found: Sequence[object]) -> str:
    return "1 transaction" if len(found) == 1 else f"{len(found)}{'+' if len(found) == MANY else ''} transactions"


def verb(found: Sequence[object]) -> str:
    return "is" if len(found) == 1 else "are"


def signed(amount: Decimal) -> str:
    return f"{'+' if amount > 0 else ''}{exact(amount)}"


def listed(wallet: Wallet, asset: str, **filters: str) -> str:
    return f"{reverse('ledger:index')}?{urlencode({'wallet': str(wallet.pk), 'asset': asset, **filters})}"


# --- causes of a whole wallet --------------------------------------------------------------------------------------


def causes_of(wallet: Wallet) -> list[Cause]:
    return [*reading(wallet), *missing(wallet), *unreadable(wallet)]


def reading(wallet: Wallet) -> Iterable[Cause]:
    if Journal.objects.filter(wallet=wallet, behind=True).exists():
        words = "Rows have come in and are still being read. It settles by itself within minutes."
        yield Cause(Code.STILL_READING, words)
    if wallet.is_connected and wallet.cause:
        words = f"{catalogue.named(wallet.exchange)} could not be read lately: what came since is missing."
        yield Cause(Code.EXCHANGE_NOT_READ, words, reverse("wallets:wallet", args=[wallet.pk]))


def missing(wallet: Wallet) -> Iterable[Cause]:
    href = reverse("sync:history", args=[wallet.pk])
    spans = list(Coverage.objects.filter(wallet=wallet).order_by("stream"))
    late = [each.since for each in spans if each.since]
    if late:
        since = reconcile.day(max(late))
        words = f"The exchange hands out nothing from before {since}. What was before is in its files: bring one."
        yield Cause(Code.MISSING_BEGINNING, words, href)
    for first, last in holes_in(spans):
        words = f"Nothing was read from {first} to {last}, and the exchange no longer tells it. A file has it."
        yield Cause(Code.MISSING_SPAN, words, href)


def holes_in(spans: Iterable[Coverage]) -> list[tuple[str, str]]:
    told = sorted({(since, until) for each in spans for since, until in each.holes})
    return [
        (reconcile.day(datetime.fromisoformat(since)), reconcile.day(datetime.fromisoformat(until)))
        for since, until in told[:HOLES]
    ]


def unreadable(wallet: Wallet) -> Iterable[Cause]:
    if count := skipped(wallet, SKIPS):
        words = f"{count} of this wallet could not be understood yet, and count for nothing."
        yield Cause(Code.UNREADABLE_ROWS, words)
    for why in UNSURE:
        if count := skipped(wallet, [why]):
            words = f"{count} of this wallet may have moved something and count for nothing. {why}"
            yield Cause(Code.UNSURE_ROWS, f"{words} If this is what is missing, write it down by hand.")


def skipped(wallet: Wallet, reasons: Sequence[str]) -> str:
    found = list(Part.objects.filter(wallet=wallet, skip__in=reasons).values_list("row", flat=True)[:MANY])
    return ("1 row" if len(found) == 1 else f"{len(found)}{'+' if len(found) == MANY else ''} rows") if found else ""


# --- the last resort -----------------------------------------------------------------------------------------------


class NothingToAddError(Exception):
    """The two agree by now, or differ by something else than was shown."""


@transaction.atomic
def accept(*, by: Actor, wallet: Wallet, asset: str, difference: Decimal, now: datetime) -> Transaction:
    """Writes the proposed row down, if it is still the one that was looked at. It is undone like any other."""
    Journal.objects.turn(wallet)
    line = next((each for each in balances_of(wallet).lines if each.asset == asset), None)
    if line is None or line.proposal is None or line.difference != difference:
        raise NothingToAddError
    return handmade.add(by=by, wallet=wallet, fields={**line.proposal.fields, "note": NOTE}, now=now)


NOTE = "Added to agree with what the exchange shows. Where it came from is not known."
