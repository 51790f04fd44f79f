"""A second reckoning, after SPEC.md and in another shape: one list of lots for everything, sorted anew at each step, in
fractions that are never rounded. Slow, short, and with no line of the engine's but its types.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby

from ledger.engine.types import Country, Event, Kind, Method, Scope, Settings, TransferFee

COME, LEAVE, ARRIVE, GO = range(4)
QUIET_US = {Kind.LOST, Kind.GIFT}


@dataclass
class Step:
    at: object
    rank: int
    sequence: int
    id: str
    wallet: str
    asset: str
    amount: Fraction
    money: Fraction | None = None
    counts: bool = True
    known: bool = True
    link: str = ""
    fee: Step | None = None
    extra: Fraction = Fraction(0)
    targets: tuple = ()
    part: int = 0
    acquired: object = None
    given: bool = False
    inherited: bool = False
    worth: Fraction | None = None  # of a gift, where that is less than it had cost

    @property
    def order(self):
        return (self.at, self.rank, self.sequence, self.id, self.part)


@dataclass
class Lot:
    id: str
    place: str
    asset: str
    amount: Fraction
    cost: Fraction
    at: object
    order: tuple
    price: Fraction
    known: bool
    gift: tuple = ()  # what one piece was worth, and when it was given


# --- events, step by step ----------------------------------------------------------------------------------------


def steps(events: list[Event], settings: Settings) -> list[Step]:
    found = []
    by_link = lambda event: event.link or event.id  # noqa: E731 - short
    for _, group in groupby(sorted(events, key=lambda e: (by_link(e), e.at, e.sequence, e.id)), by_link):
        together = list(group)
        found += moves(together, settings) if together[0].link else plain(together[0], settings)
    return sorted(found, key=lambda step: step.order)


def fraction(number) -> Fraction | None:
    return None if number is None else Fraction(number)


def worth(event: Event) -> Fraction | None:
    if event.value is not None:  # the owner's word goes before the money
        return Fraction(event.value)
    for leg in (event.sent, event.received):
        if leg and leg.asset == "USD":
            return Fraction(leg.amount)
    return None


def fee_worth(event: Event) -> Fraction | None:
    fee = event.fee
    if fee.asset == "USD":
        return Fraction(fee.amount)
    if event.fee_value is not None:
        return Fraction(event.fee_value)
    same = [leg for leg in (event.sent, event.received) if leg and leg.asset == fee.asset]
    value = worth(event)
    return value * Fraction(fee.amount) / Fraction(same[0].amount) if same and value is not None else None


def plain(event: Event, settings: Settings) -> list[Step]:
    value, country = worth(event), settings.regimes[0].country
    fee = (fee_worth(event) or 0) if event.fee else 0
    base = (event.sequence, event.id, event.wallet)
    found = []
    if event.received and event.received.asset != "USD":
        cost, known = value, True
        if event.kind is Kind.TRADE and value is not None and event.sent.asset == "USD":
            cost = value + fee
        given = event.kind is Kind.GIFT and event.category != "inheritance"
        if event.kind is Kind.DEPOSIT or (given and country is Country.US):
            cost, known = Fraction(0), False
        if event.basis is not None:
            cost, known = Fraction(event.basis), True
        step = Step(event.at, COME, *base, event.received.asset, Fraction(event.received.amount), cost, known=known)
        step.acquired, step.given = event.acquired, given
        step.inherited = event.category == "inheritance" and country is Country.US
        if step.given and country is Country.US and known and value is not None and value < cost:
            step.worth = value
        found.append(step)
    if event.sent and event.sent.asset != "USD":
        proceeds = None if value is None else value - (fee if event.kind in {Kind.TRADE, Kind.SPEND} else 0)
        counts = event.kind not in {Kind.LOST, Kind.WITHDRAWAL}
        found.append(Step(event.at, GO, *base, event.sent.asset, Fraction(event.sent.amount), proceeds, counts, part=1))
    if event.fee and event.fee.asset != "USD":
        found.append(fee_step(event, event.at))
    return found


def fee_step(event: Event, at, *, counts: bool = True) -> Step:
    amount = Fraction(event.fee.amount)
    return Step(
        at, GO, event.sequence, event.id, event.wallet, event.fee.asset, amount, fee_worth(event), counts, part=2
    )


def moves(group: list[Event], settings: Settings) -> list[Step]:
    out, ins = next(e for e in group if e.sent), [e for e in group if e.received]
    option, asset, sent = settings.transfer_fee, out.sent.asset, Fraction(out.sent.amount)
    at = min([out.at, *(e.at for e in ins)])
    lost = max(Fraction(0), sent - sum(Fraction(e.received.amount) for e in ins))
    targets = tuple((e.wallet, Fraction(e.received.amount)) for e in ins)
    step = Step(at, LEAVE, out.sequence, out.id, out.wallet, asset, sent - lost, link=out.link, targets=targets, part=1)
    found = [step]
    own = out.fee if out.fee and out.fee.asset == asset else None
    stays = lost + (Fraction(own.amount) if own else 0)
    if stays:
        rate = Fraction(out.value) / sent if out.value is not None else None
        if own and out.fee_value is not None:
            rate = Fraction(out.fee_value) / Fraction(own.amount)
        counts = option is TransferFee.DISPOSAL
        money = rate * stays if rate is not None else None
        step.fee = Step(at, GO, out.sequence, out.id, out.wallet, asset, stays, money, counts, part=2)
    elif_other = out.fee and not own
    if elif_other and out.fee.asset != "USD":
        found.append(fee_step(out, out.at, counts=option is not TransferFee.NOTHING))
    if elif_other and option is TransferFee.COST:
        step.extra = fee_worth(out) or Fraction(0)
    arrivals = [(e, Fraction(e.received.amount)) for e in ins]
    found += [Step(e.at, ARRIVE, e.sequence, e.id, e.wallet, asset, size, link=e.link) for e, size in arrivals]
    return found


# --- lots --------------------------------------------------------------------------------------------------------


class Book:
    """`gone`: (disposal, part, lot) -> amount, proceeds, cost. A place is a wallet, a link, or all wallets together."""

    def __init__(self, settings: Settings, asset: str):
        self.settings, self.asset = settings, asset
        self.lots: list[Lot] = []
        self.gone = defaultdict(lambda: [Fraction(0), Fraction(0), Fraction(0)])
        self.long = {}
        self.inherited = set()
        self.held = defaultdict(Fraction)
        self.way = defaultdict(Fraction)  # link -> on its way
        self.due = {}  # link -> its targets
        self.early = defaultdict(Fraction)
        self.regimes = list(settings.regimes)
        self.method, self.together = self.regimes[0].method, self.regimes[0].scope is Scope.UNIVERSAL

    def place(self, wallet: str) -> str:
        return "" if self.together else wallet

    def queue(self, place: str, method: Method | None = None) -> list[Lot]:
        lots = sorted((lot for lot in self.lots if lot.place == place), key=lambda lot: lot.order)
        match method or self.method:
            case Method.LIFO:
                lots.reverse()
            case Method.HIFO:
                lots.sort(key=lambda lot: -lot.price)
            case Method.LOFO:
                lots.sort(key=lambda lot: lot.price)
        return lots

    def cut(self, lot: Lot, amount: Fraction) -> Lot:
        """A piece of a lot, which gets smaller by it."""
        cost = lot.cost * amount / lot.amount
        lot.amount, lot.cost = lot.amount - amount, lot.cost - cost
        if not lot.amount:
            self.lots = [other for other in self.lots if other is not lot]
        return Lot(lot.id, lot.place, lot.asset, amount, cost, lot.at, lot.order, lot.price, lot.known, lot.gift)

    def pieces(self, step: Step, wallet: str, amount: Fraction) -> list[Lot]:
        found, place = [], self.place(wallet)

        def take(lots, most):
            nonlocal amount
            for lot in lots:
                size = min(most, amount, lot.amount)
                if size > 0:
                    found.append(self.cut(lot, size))
                    amount, most = amount - size, most - size

        if step.part != 2 and self.method is not Method.AVERAGE:
            for choice in self.settings.choices.get(step.id, ()):
                chosen = [lot for lot in self.queue(place, Method.FIFO) if lot.id == choice.lot]
                take(chosen, amount if choice.amount is None else Fraction(choice.amount))
        take(self.queue(place), amount)
        if not self.together:
            for link in self.due:
                due = sum(size for target, size in self.due[link] if target == wallet) - self.early[link, wallet]
                before = amount
                take([lot for lot in self.lots if lot.place == f"way {link}"], due)
                self.early[link, wallet] += before - amount
        if amount:
            found.append(Lot("", "", self.asset, amount, Fraction(0), step.at, (), Fraction(0), known=False))
        return found

    def settle(self, step: Step, pieces: list[Lot]) -> None:
        for piece in pieces:
            line = self.gone[step.id, step.part, "" if self.method is Method.AVERAGE else piece.id]
            share = piece.cost if step.money is None or not step.counts else step.money * piece.amount / step.amount
            cost, since = self.lost_on(piece, share)
            line[0], line[1], line[2] = line[0] + piece.amount, line[1] + share, line[2] + cost
            long = piece.id in self.inherited or more_than_a_year(since.date(), step.at.date())
            self.long[step.id, step.part, piece.id] = long

    def lost_on(self, piece: Lot, share: Fraction) -> tuple[Fraction, object]:
        """A gift's cost and day, which are others where it is sold below what it had cost its giver."""
        if not piece.gift or share >= piece.cost:
            return piece.cost, piece.at
        worth, at = piece.gift
        return (share, piece.at) if share >= worth * piece.amount else (worth * piece.amount, at)

    def add(self, place: str, lot: Lot) -> None:
        lot.place = place
        held = [other for other in self.lots if other.place == place]
        if self.method is Method.AVERAGE and held and not place.startswith("way "):
            held[0].amount, held[0].cost = held[0].amount + lot.amount, held[0].cost + lot.cost
            held[0].known = held[0].known and lot.known
        else:
            self.lots.append(lot)

    # --- what each step does ---

    def come(self, step: Step) -> None:
        cost = step.money or Fraction(0)
        at = step.acquired or step.at
        order = (at, step.sequence, step.id)
        known = step.known and step.money is not None
        lot = Lot(step.id, "", step.asset, step.amount, cost, at, order, cost / step.amount, known)
        if step.worth is not None:
            lot.gift = (step.worth / step.amount, step.at)
        if step.inherited:
            self.inherited.add(lot.id)
        self.add(self.place(step.wallet), lot)
        self.held[step.wallet] += step.amount

    def go(self, step: Step) -> None:
        self.settle(step, self.pieces(step, step.wallet, step.amount))
        self.held[step.wallet] -= step.amount

    def leave(self, step: Step) -> None:
        moved = [] if self.together else self.pieces(step, step.wallet, step.amount)
        for piece in moved:
            if not piece.id:
                piece.id, piece.order = step.id, (step.at, step.sequence, step.id)
            self.add(f"way {step.link}", piece)
        self.held[step.wallet] -= step.amount
        self.way[step.link] += step.amount
        self.due[step.link] = step.targets
        if step.fee:
            self.held[step.wallet] -= step.fee.amount
            pieces = self.pieces(step.fee, step.wallet, step.fee.amount)
            heirs = moved or self.queue(self.place(step.wallet))[:1]
            if self.settings.transfer_fee is TransferFee.COST and heirs:
                self.raise_cost(heirs, sum(piece.cost for piece in pieces))
                for piece in pieces:
                    piece.cost = Fraction(0)
            self.settle(step.fee, pieces)
        self.raise_cost(moved or self.queue(self.place(step.wallet))[:1], step.extra)

    def raise_cost(self, lots: list[Lot], money: Fraction) -> None:
        whole = sum(lot.amount for lot in lots)
        for lot in lots:
            lot.cost += money * lot.amount / whole

    def arrive(self, step: Step) -> None:
        due = min(step.amount, self.way[step.link])
        self.way[step.link] -= due
        used = min(due, self.early[step.link, step.wallet])
        if not self.together:
            self.early[step.link, step.wallet] -= used
            rest = due - used
            for lot in [lot for lot in self.lots if lot.place == f"way {step.link}"]:
                size = min(rest, lot.amount)
                if size:
                    self.add(step.wallet, self.cut(lot, size))
                    rest -= size
        if step.amount > due:
            order = (step.at, step.sequence, step.id)
            lot = Lot(step.id, "", step.asset, step.amount - due, Fraction(0), step.at, order, Fraction(0), known=False)
            self.add(self.place(step.wallet), lot)
        self.held[step.wallet] += step.amount
        if not self.way[step.link]:
            self.due.pop(step.link, None)
            for key in [key for key in self.early if key[0] == step.link]:
                del self.early[key]

    def turn(self) -> None:
        """In 2025: into one, or shared out by age to wallets by name, and then to what is on its way."""
        self.regimes.pop(0)
        were, self.together = self.together, self.regimes[0].scope is Scope.UNIVERSAL
        lots, self.lots = self.queue("", Method.FIFO) if were else self.laid_out(), []
        if self.together:
            self.early.clear()
            for lot in lots:
                self.add("", lot)
            return
        self.lots = lots
        room = [(wallet, self.held[wallet]) for wallet in sorted(self.held) if self.held[wallet] > 0]
        room += [(f"way {link}", self.way[link]) for link in sorted(self.way) if self.way[link]]
        for place, size in room:
            rest = size
            for lot in self.queue("", Method.FIFO):
                part = min(rest, lot.amount)
                if part and not lot.place:
                    self.add(place, self.cut(lot, part))
                    rest -= part

    def laid_out(self) -> list[Lot]:
        wallets = sorted({lot.place for lot in self.lots if not lot.place.startswith("way ")})
        ways = [f"way {link}" for link in self.due]
        return [lot for place in [*wallets, *ways] for lot in self.lots if lot.place == place]


def more_than_a_year(acquired: date, disposed: date) -> bool:
    """The day after the acquisition is the first; one year is over when that day comes again."""
    first = acquired + timedelta(days=1)
    again = first.replace(year=first.year + 1) if (first.month, first.day) != (2, 29) else date(first.year + 1, 3, 1)
    return disposed >= again


def by_lots(events: list[Event], settings: Settings) -> dict[str, Book]:
    books = {}
    for step in steps(events, settings):
        book = books.setdefault(step.asset, Book(settings, step.asset))
        while len(book.regimes) > 1 and step.at.year >= book.regimes[1].from_year:
            book.turn()
        (book.come, book.leave, book.arrive, book.go)[step.rank](step)
    for book in books.values():
        while len(book.regimes) > 1:
            book.turn()
    return books
