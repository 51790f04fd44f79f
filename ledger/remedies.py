"""What was found about the data of a tax year, in words, and for each what mends it: where a button leads."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Sum
from django.urls import reverse
from django.utils.http import urlencode

from ledger.engine.types import Problem, Rule
from ledger.models import Finding, FindingSum, Match, Transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from accounts.models import User
    from ledger.models import Reckoning

SHORT = 5  # of each kind, on the year's page
MOST = 200  # of what came into pools
NOUGHT = Decimal(0)


class Words(NamedTuple):
    title: str
    meaning: str
    money: str  # what the money it touches is


WORDS = {
    Problem.MISSING_BASIS: Words(
        "Nobody says what it had cost",
        "It was disposed of, and how it was acquired, or a part of it, is not known here. That part counts as if it "
        "had cost nothing, so the gain is as high as it can be.",
        "proceeds without a cost",
    ),
    Problem.NEGATIVE_BALANCE: Words(
        "More left than was there",
        "Something is missing in the history of this wallet: what came in before.",
        "",
    ),
    Problem.MISSING_PRICE: Words(
        "Nobody says what it was worth",
        "Without a price there is no gain and no income: its proceeds are taken to be its cost.",
        "cost of what has no price",
    ),
    Problem.FEE_WITHOUT_RATE: Words(
        "A fee that nobody can convert",
        "It was paid in money of which no rate is known, so it counts as nothing: a sale has gained too much by it, a "
        "purchase has cost too little.",
        "of trades without their fee",
    ),
    Problem.ONE_SIDED: Words(
        "Only one side of a trade is here",
        "What was given or got for it is missing. Until it is written down, an asset counts as traded at the market's "
        "price, and money alone as nothing: what was sold, or bought, for it is not in these figures. If nothing was "
        "given or got for it, say what it was instead: a deposit, a withdrawal, a gift, income. If both halves are "
        "here, each by itself, write it down at one of them and ignore the other.",
        "worth of the side that is here",
    ),
    Problem.WORTH_SAID: Words(
        "Your word on its worth is not the money that changed hands",
        "Gains go by what you said, as where things pass between relatives. If you did not mean that, take your word "
        "back, or correct the amount itself.",
        "more or less than was paid",
    ),
    Problem.IN_TRANSIT: Words(
        "Sold before it had arrived",
        "A transfer to this wallet arrives later than what was sold there. The lots on their way were used; look at "
        "the times.",
        "",
    ),
    Problem.UNKNOWN_ORIGIN: Words(
        "Came from nobody knows where",
        "Its cost counts as nothing until you say what it was: a transfer of yours, a purchase, a gift, income. What "
        "you had lent or pledged and got back keeps its cost once it is linked with what you gave. Nobody knows when "
        "you acquired it, so it is not taken for a purchase of that day: where sales are held against what is bought "
        "around them, as in the United Kingdom and Canada, it stands against none. If you bought it then, say what it "
        "cost.",
        "",
    ),
    Problem.FORK_UNSHARED: Words(
        "Came of a fork, and nobody says its share of the old coin's cost",
        "By the rules of your country a part of what the old coin had cost belongs to the new one. Until you say how "
        "much, the new one counts as if it had cost nothing, and the old one as if it had cost all. If it was handed "
        "out and nothing split, say that it cost 0.",
        "",
    ),
    Problem.UNKNOWN_TARGET: Words(
        "Went to nobody knows where",
        "It left with its cost and without a gain. If you sold or spent it, say so; if it went to a wallet of yours, "
        "link it.",
        "",
    ),
    Problem.MORE_ARRIVED: Words(
        "More arrived than was sent",
        "What arrived beyond what was sent has no cost. Look whether the right ends are linked.",
        "",
    ),
    Problem.LINK_OF_TWO_ASSETS: Words(
        "Linked, but not of one asset",
        "A transfer moves one asset. Each end counts by itself until the link is taken apart.",
        "",
    ),
    Problem.CHOICE_SHORT: Words(
        "A lot you chose does not hold as much",
        "The rest went by the method. Choose again from what was there.",
        "",
    ),
    Problem.NO_PLAN: Words(
        "Lots were shared out among wallets without a plan of yours",
        "From the next year on each wallet counts by itself. Look at how lots are shared out, and save it as your "
        "plan.",
        "cost that was shared out",
    ),
    Problem.PLAN_DOES_NOT_FIT: Words(
        "Your plan puts more into a wallet than it held",
        "What did not fit was shared out in the plan's order.",
        "",
    ),
}
ORDER = {problem: place for place, problem in enumerate(WORDS)}


class Step(StrEnum):
    """What there is to do about a finding, for programs."""

    LINK = "link_transfer"
    DESCRIBE = "say_what_it_was"
    TIME = "look_at_time"
    COST = "say_cost"
    LOTS = "see_lots"
    CAME = "see_what_came"
    PURCHASE = "add_purchase"
    HISTORY = "import_history"
    BALANCES = "compare_balances"
    PRICE = "set_price"
    WORTH = "say_worth"
    RATE = "say_rate"
    FEE = "say_fee"
    SIDE = "say_other_side"
    WORD = "look_at_word"
    ENDS = "look_at_ends"
    LINKS = "see_links"
    CHOOSE = "choose_lots"
    PLAN = "look_at_plan"


class Remedy(NamedTuple):
    step: Step
    label: str
    href: str
    about: UUID | None = None  # which transaction, where it is one's: of a disposal it may be what came before
    year: int | None = None  # in which it lies, where that may be another than the finding's


@dataclass(frozen=True, slots=True)
class Told:
    """One finding, as a page shows it."""

    finding: Finding
    transaction: Transaction | None
    remedies: Sequence[Remedy]

    @property
    def fee(self) -> tuple[Decimal, str] | None:
        """Where it is about that."""
        if self.finding.problem != Problem.FEE_WITHOUT_RATE or not self.transaction:
            return None
        return self.transaction.fee_amount or NOUGHT, self.transaction.fee_asset


@dataclass(slots=True)
class Group:
    """All of one kind."""

    problem: Problem
    count: int
    money: Decimal
    shown: list[Told] = field(default_factory=list)

    @property
    def words(self) -> Words:
        return WORDS[self.problem]

    @property
    def more(self) -> bool:
        return self.count > len(self.shown)


# --- reading -------------------------------------------------------------------------------------------------------

FEW = """
    SELECT finding.* FROM unnest(%(problems)s::text[]) AS kind (problem) CROSS JOIN LATERAL (
        SELECT * FROM ledger_finding AS f
        WHERE f.reckoning_id = %(reckoning)s AND f.year = %(year)s AND f.problem = kind.problem
        ORDER BY f.at DESC, f.id DESC LIMIT %(most)s
    ) AS finding
"""


def groups_of(owner: User, reckoning: Reckoning, year: int, *, few: int = SHORT) -> list[Group]:
    """By kind, what weighs most first; of each some."""
    counted = FindingSum.objects.filter(reckoning=reckoning, year=year).values_list("problem")
    groups = {
        problem: Group(Problem(problem), count, money)
        for problem, count, money in counted.annotate(Sum("count"), Sum("money"))
    }
    facts = {"problems": list(groups), "reckoning": reckoning.pk, "year": year, "most": few}
    found = list(Finding.objects.raw(FEW, facts)) if few and groups else []
    for told in told_of(owner, reckoning, found):
        groups[told.finding.problem].shown.append(told)
    return sorted(groups.values(), key=lambda group: (-group.money, ORDER[group.problem]))


def told_of(owner: User, reckoning: Reckoning, found: Sequence[Finding]) -> list[Told]:
    """With what each is about, in two queries."""
    named = {each.transaction for each in found if each.transaction}
    known = Transaction.objects.for_user(owner).filter(pk__in=named).in_bulk() if named else {}
    lots = origins(reckoning, [each for each in found if each.problem == Problem.MISSING_BASIS])
    return [
        Told(each, transaction := known.get(each.transaction), list(remedies(each, transaction, lots)))
        for each in found
    ]


class Origins(NamedTuple):
    """Where what was disposed of at a cost nobody knows came from."""

    lots: list[UUID]
    nowhere: bool  # some of it came from no lot at all
    stirred: list[Finding]  # in a pool no lot has a name: what came into it from nobody knows where, the newest first


def origins(reckoning: Reckoning, found: Sequence[Finding]) -> Mapping[tuple[UUID, str], Origins]:
    """By disposal and asset."""
    lots: dict[tuple[UUID, str], Origins] = defaultdict(lambda: Origins([], nowhere=False, stirred=[]))
    if not found:
        return lots
    here = Match.objects.filter(
        reckoning=reckoning,
        known=False,
        asset__in={each.asset for each in found},
        disposed__in={each.at for each in found},
        disposal__in={each.transaction for each in found},
    )
    came = None
    for disposal, asset, lot, rule, at in here.values_list("disposal", "asset", "lot", "rule", "disposed").distinct():
        if lot:
            lots[disposal, asset].lots.append(lot)
        elif rule == Rule.MISSING:
            lots[disposal, asset] = lots[disposal, asset]._replace(nowhere=True)
        else:
            came = unknown(reckoning, found) if came is None else came
            lots[disposal, asset].stirred.extend(each for each in came if each.asset == asset and each.at <= at)
    return lots


def unknown(reckoning: Reckoning, found: Sequence[Finding]) -> list[Finding]:
    here = Finding.objects.filter(reckoning=reckoning, asset__in={each.asset for each in found})
    here = here.filter(problem=Problem.UNKNOWN_ORIGIN, at__lte=max(each.at for each in found))
    return list(here.exclude(transaction=None).order_by("-at", "-id")[:MOST])


# --- what mends it -------------------------------------------------------------------------------------------------


def remedies(
    each: Finding, transaction: Transaction | None, lots: Mapping[tuple[UUID, str], Origins]
) -> Iterator[Remedy]:
    for offer in OFFERS[Problem(each.problem)]:
        yield from offer(each, transaction, lots)


def link(_: Finding, transaction: Transaction | None, __: Any) -> Iterator[Remedy]:
    if transaction:
        yield linked(transaction.pk)


def label(_: Finding, transaction: Transaction | None, __: Any) -> Iterator[Remedy]:
    if transaction:
        yield at(transaction, Step.DESCRIBE, "Say what it was")


def times(_: Finding, transaction: Transaction | None, __: Any) -> Iterator[Remedy]:
    if transaction:
        yield at(transaction, Step.TIME, "Look at its time")


def cost(_: Finding, transaction: Transaction | None, __: Any) -> Iterator[Remedy]:
    if transaction:
        yield costing(transaction.pk)


def cost_of_lots(each: Finding, _: Transaction | None, lots: Mapping[tuple[UUID, str], Origins]) -> Iterator[Remedy]:
    """One lot is asked about at once; several on the page of the disposal, those of a pool where they are found."""
    met = lots.get((each.transaction, each.asset)) if each.transaction else None
    if met is None:
        return
    stirred = dict.fromkeys(came.transaction for came in met.stirred if came.transaction)
    named = met.lots or list(stirred)
    if len(named) == 1:
        yield costing(named[0])
        yield linked(named[0])
    elif met.lots:
        yield Remedy(Step.LOTS, "See its lots", reverse("tax:disposal", args=[each.transaction]), each.transaction)
    elif stirred:
        href = f"{reverse('tax:findings', args=[met.stirred[0].year])}?problem={Problem.UNKNOWN_ORIGIN}"
        yield Remedy(Step.CAME, "See what came in", href, year=met.stirred[0].year)
    if met.nowhere:
        yield Remedy(Step.PURCHASE, "Write the purchase down", reverse("ledger:add"))


def history(_: Finding, __: Transaction | None, ___: Any) -> Iterator[Remedy]:
    yield Remedy(Step.HISTORY, "Import older history", reverse("imports:index"))


def balances(each: Finding, _: Transaction | None, __: Any) -> Iterator[Remedy]:
    if each.wallet:
        yield Remedy(Step.BALANCES, "Compare balances", reverse("balances:balances", args=[each.wallet]))


def price(each: Finding, transaction: Transaction | None, _: Any) -> Iterator[Remedy]:
    yield Remedy(Step.PRICE, "Set a price", under("ledger:price", each.asset, at=each.at.isoformat()))
    if transaction:
        yield at(transaction, Step.WORTH, "Say what it was worth")


def rate(each: Finding, transaction: Transaction | None, _: Any) -> Iterator[Remedy]:
    if transaction and transaction.fee_asset:  # none: its owner has taken the fee away since
        href = under("ledger:price", transaction.fee_asset, at=each.at.isoformat())
        yield Remedy(Step.RATE, "Say its rate", href, transaction.pk)
    if transaction:
        yield at(transaction, Step.FEE, "Say the fee in other money")


def side(_: Finding, transaction: Transaction | None, __: Any) -> Iterator[Remedy]:
    if transaction:
        yield at(transaction, Step.SIDE, "Write its other side down")


def word(_: Finding, transaction: Transaction | None, __: Any) -> Iterator[Remedy]:
    if transaction:
        yield at(transaction, Step.WORD, "Look at what you said")


def transfers(_: Finding, transaction: Transaction | None, __: Any) -> Iterator[Remedy]:
    if transaction:
        yield at(transaction, Step.ENDS, "Look at both ends")
    yield Remedy(Step.LINKS, "See what is linked", f"{reverse('ledger:transfers')}?show=linked")


def lots_again(_: Finding, transaction: Transaction | None, __: Any) -> Iterator[Remedy]:
    if transaction:
        yield Remedy(Step.CHOOSE, "Choose lots again", reverse("tax:lots", args=[transaction.pk]), transaction.pk)


def plan(_: Finding, __: Transaction | None, ___: Any) -> Iterator[Remedy]:
    yield Remedy(Step.PLAN, "Look at the plan", reverse("tax:plan"))


def at(transaction: Transaction, step: Step, label: str) -> Remedy:
    return Remedy(step, label, reverse("ledger:transaction", args=[transaction.pk]), transaction.pk)


def linked(transaction: UUID) -> Remedy:
    return Remedy(Step.LINK, "Link as a transfer", under("ledger:transfers_link", one=transaction), transaction)


def costing(transaction: UUID) -> Remedy:
    return Remedy(Step.COST, "Say what it cost", reverse("tax:cost", args=[transaction]), transaction)


def under(name: str, *args: str, **query: object) -> str:
    return f"{reverse(name, args=args)}?{urlencode({each: str(value) for each, value in query.items()})}"


OFFERS: Mapping[Problem, Sequence[Callable[[Finding, Transaction | None, Any], Iterable[Remedy]]]] = {
    Problem.MISSING_BASIS: (cost_of_lots, history),
    Problem.NEGATIVE_BALANCE: (balances, history),
    Problem.MISSING_PRICE: (price,),
    Problem.FEE_WITHOUT_RATE: (rate,),
    Problem.ONE_SIDED: (side, history),
    Problem.WORTH_SAID: (word,),
    Problem.IN_TRANSIT: (times,),
    Problem.UNKNOWN_ORIGIN: (link, cost, label),
    Problem.FORK_UNSHARED: (cost,),
    Problem.UNKNOWN_TARGET: (link, label),
    Problem.MORE_ARRIVED: (transfers,),
    Problem.LINK_OF_TWO_ASSETS: (transfers,),
    Problem.CHOICE_SHORT: (lots_again,),
    Problem.NO_PLAN: (plan,),
    Problem.PLAN_DOES_NOT_FIT: (plan,),
}
