"""Which transactions a list shows: filters, search, and walks through the indexes. Nothing is counted or skipped.

A filter is a mapping of names to texts as an address carries them; pages, the API and saved views share it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, reduce
from heapq import merge
from itertools import islice
from operator import or_
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q

from config import keyset
from config.questions import Question
from ledger.fields import BROKEN, BadFieldError
from ledger.models import Transaction
from ledger.readings.base import Kind
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from django.db.models import QuerySet

    from accounts.models import User

NAMES = ("wallet", "asset", "kind", "category", "from", "to", "q", "needs_attention", "ignored")
HIDDEN, SHOWN, ONLY = "hidden", "shown", "only"
IGNORED = (HIDDEN, SHOWN, ONLY)
LEGS = ("sent_asset", "received_asset", "fee_asset")
LONGEST_SEARCH, TERMS = 100, 8
DEEP = 2_000  # so many are looked up; a word that more have is common


@dataclass(frozen=True, slots=True)
class Filters:
    wallet: UUID | None = None
    asset: str = ""
    kind: str = ""
    category: str = ""
    since: datetime | None = None
    until: datetime | None = None  # not included
    q: str = ""
    needs_attention: bool = False
    ignored: str = HIDDEN


@dataclass(frozen=True, slots=True)
class Wallets:
    """The owner's, read once for a page: names for the rows, and which of them lie in the bin."""

    by_id: Mapping[UUID, Wallet]
    binned: frozenset[UUID] = field(default_factory=frozenset)

    @property
    def kept(self) -> list[Wallet]:
        return [wallet for pk, wallet in self.by_id.items() if pk not in self.binned]


def _wallets(owner: int) -> QuerySet[Wallet]:
    return Wallet.objects.filter(owner=owner, purged_at=None).order_by("label", "id")


WALLETS = Question(_wallets, owner=-1)


def wallets_of(owner: User) -> Wallets:
    found = {each.pk: each for each in WALLETS.ask(owner=owner.pk)}
    return Wallets(found, frozenset(pk for pk, each in found.items() if each.binned_at))


# --- what was asked for --------------------------------------------------------------------------------------------


class BadFiltersError(ValueError):
    """Some of what was asked for makes no sense; each says what."""

    def __init__(self, errors: list[BadFieldError]) -> None:
        super().__init__()
        self.errors = errors


def filters_of(owner: User, said: Mapping[str, str], wallets: Wallets) -> Filters:
    """Raises BadFiltersError. A day is one of the owner's own clock; `to` is included where it is a day."""
    readers: dict[str, Callable[[str], Any]] = {
        "wallet": lambda text: _wallet(text, wallets),
        "asset": lambda text: _words("asset", text, 64).upper(),
        "kind": lambda text: _one_of("kind", text, tuple(Kind)),
        "category": lambda text: _words("category", text, 40),
        "from": lambda text: _moment("from", text, owner, days=0),
        "to": lambda text: _moment("to", text, owner, days=1),
        "q": lambda text: _words("q", text, LONGEST_SEARCH),
        "needs_attention": lambda text: _one_of("needs_attention", text.lower(), ("1", "true", "on")) != "",
        "ignored": lambda text: _one_of("ignored", text, IGNORED),
    }
    found: dict[str, Any] = {}
    errors = []
    for name, text in said.items():
        if text and name in readers:
            try:
                found[ATTRIBUTES.get(name, name)] = readers[name](text)
            except BadFieldError as error:
                errors.append(error)
    if errors:
        raise BadFiltersError(errors)
    return Filters(**found)


ATTRIBUTES = {"from": "since", "to": "until"}


def _wallet(text: str, wallets: Wallets) -> UUID:
    try:
        found = UUID(text)
    except ValueError:
        found = None
    if found is None or found not in wallets.by_id:
        raise BadFieldError("wallet", "not_found", "There is no such wallet.")
    return found


def _words(name: str, text: str, longest: int) -> str:
    if len(text) > longest or BROKEN.search(text):
        raise BadFieldError(name, "invalid", f"This takes at most {longest} characters.")
    return text.strip()


def _one_of(name: str, text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise BadFieldError(name, "invalid_choice", f"This is one of: {', '.join(known)}.")
    return text


def _moment(name: str, text: str, owner: User, *, days: int) -> datetime:
    """2026-03-01, or a time with its zone."""
    try:
        if len(text) == len("2026-03-01"):
            day = date.fromisoformat(text) + timedelta(days=days)
            return datetime.combine(day, time(), ZoneInfo(owner.time_zone)).astimezone(UTC)
        at = datetime.fromisoformat(text)
        if at.tzinfo:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadFieldError(name, "invalid", "Write a day such as 2026-03-01, or a time with its zone.")


# --- what is shown -------------------------------------------------------------------------------------------------


def listed(owner: User, chosen: Filters, wallets: Wallets) -> QuerySet[Transaction] | Walks:
    """The owner's transactions that these filters leave, for keyset pages by (occurred_at, id)."""
    rows = _of_any_asset(owner, chosen, wallets)
    if not chosen.asset:
        return rows
    # One index each: what was sent, what came, and what a fee took. A condition on all three would be a scan.
    return Walks(*(rows.filter(**{leg: chosen.asset}) for leg in LEGS))


def shown(owner: User, chosen: Filters, wallets: Wallets) -> QuerySet[Transaction, Any] | Walks | Newest:
    """The same for the lists that owners see, as records of the columns that these show."""
    if chosen == Filters():
        return Newest(owner)
    found: QuerySet[Transaction, Any] | Walks = _as_records(listed(owner, chosen, wallets))
    return found


def _as_records(rows: Any) -> Any:
    """A model object for each row costs as much as fetching it."""
    return Walks(*map(_as_records, rows.parts)) if isinstance(rows, Walks) else rows.values_list(*COLUMNS, named=True)


COLUMNS = (
    *("id", "wallet_id", "occurred_at", "kind", "category", "sent_amount", "sent_asset", "received_amount"),
    *("received_asset", "fee_amount", "fee_asset", "value_amount", "value_currency", "note", "tags", "ignored"),
    *("group", "order", "hash", "address", "network", "origins", "mine", "ruled", "conflicts", "unknown"),
)


def counted(owner: User, chosen: Filters, wallets: Wallets) -> QuerySet[Transaction]:
    """The same as one question, for whoever has to count them all."""
    rows = _of_any_asset(owner, chosen, wallets)
    return rows.filter(reduce(or_, (Q(**{leg: chosen.asset}) for leg in LEGS))) if chosen.asset else rows


def _of_any_asset(owner: User, chosen: Filters, wallets: Wallets) -> QuerySet[Transaction]:
    rows: QuerySet[Transaction] = Transaction.objects.for_user(owner).filter(_condition(chosen))
    if wallets.binned:
        rows = rows.exclude(wallet__in=wallets.binned)
    return sought(rows, owner, chosen.q) if chosen.q else rows


def _condition(chosen: Filters) -> Q:
    facts: dict[str, Any] = {
        "wallet": chosen.wallet,
        "kind": chosen.kind,
        "category": chosen.category,
        "occurred_at__gte": chosen.since,
        "occurred_at__lt": chosen.until,
    }
    condition = Q(**{name: value for name, value in facts.items() if value})
    if chosen.ignored != SHOWN:
        condition &= Q(ignored=chosen.ignored == ONLY)
    return condition & (~Q(conflicts=[]) | ~Q(unknown=[])) if chosen.needs_attention else condition


def sought(rows: QuerySet[Transaction], owner: User, q: str) -> QuerySet[Transaction]:
    """By note, category, tags, hash and address: every word, each by its beginning.

    What is rare is looked up; what is common is met soon by walking from the newest on, and a look-up would not end.
    """
    words = terms(q)
    if not words:
        return rows.none()
    asked = SearchQuery(" & ".join(f"'{word}':*" for word in words), search_type="raw", config="simple")
    said = SearchVector("words", config="simple")
    mine = Transaction.objects.for_user(owner).annotate(said=said).filter(said=asked)
    found = list(mine.values_list("pk", flat=True)[:DEEP])
    return rows.filter(pk__in=found) if len(found) < DEEP else rows.annotate(said=said).filter(said=asked)


def terms(q: str) -> list[str]:
    """Nothing in them that would mean something to the search itself."""
    return [word for word in re.split(r"[\s'\\\0&|!()<>:*]+", q[:LONGEST_SEARCH]) if re.search(r"\w", word)][:TERMS]


class Walks:
    """Several lists of transactions as one, in the order asked for: each is walked by its own index, as far as needed.

    It answers what `config.keyset` and `config.api.pages` ask of a QuerySet.
    """

    model = Transaction

    def __init__(self, *parts: QuerySet[Transaction]) -> None:
        self.parts = parts

    def filter(self, *args: Any, **kwargs: Any) -> Walks:
        return Walks(*(part.filter(*args, **kwargs) for part in self.parts))

    def order_by(self, *names: str) -> Walks:
        return Walks(*(part.order_by(*names) for part in self.parts))

    def __getitem__(self, part: slice) -> list[Transaction]:
        found = merge(*(each[part] for each in self.parts), key=_newest)
        return list(islice(_once(found), part.stop))


def _newest(each: Transaction) -> tuple[timedelta, int]:
    return datetime.max.replace(tzinfo=UTC) - each.occurred_at, -each.id.int


def _once(found: Iterable[Transaction]) -> Iterator[Transaction]:
    last = None
    for each in found:
        if each.id != last:
            yield each
        last = each.id


class Newest:
    """All that an owner's list shows where nothing narrows it, from the newest on: the question asked most often.

    It answers what `config.keyset` and `config.api.pages` ask of a QuerySet, and is one as soon as it is narrowed.
    """

    model = Transaction

    def __init__(self, owner: User, begun: tuple[datetime, UUID] | None = None) -> None:
        self.owner, self.begun = owner, begun

    def beyond(self, at: datetime, row_id: UUID) -> Newest:
        return Newest(self.owner, (at, row_id))

    def filter(self, *args: Any, **kwargs: Any) -> QuerySet[Transaction, Any]:
        narrowed: QuerySet[Transaction, Any] = _as_records(everything(self.owner.pk)).filter(*args, **kwargs)
        return narrowed

    def order_by(self, *names: str) -> Newest:
        assert names == NEWEST_FIRST, "lists of transactions have one order"  # noqa: S101 # ours
        return self

    def __getitem__(self, part: slice) -> list[Any]:
        if self.begun is None:
            return _first_of_all(part.stop).ask(owner=self.owner.pk)
        at, row_id = self.begun
        return _first_beyond(part.stop).ask(owner=self.owner.pk, at=at, row_id=row_id)


NEWEST_FIRST = ("-occurred_at", "-id")


def everything(owner: int, chosen: Filters | None = None) -> QuerySet[Transaction]:
    """What is in the bin is looked for in the same question: it need not be known before."""
    binned = Wallet.objects.filter(owner=owner).exclude(binned_at=None)
    return Transaction.objects.filter(_condition(chosen or Filters()), owner=owner).exclude(wallet__in=binned)


@cache
def _first_of_all(most: int) -> Question[Any]:
    """There are as many of them as a page may have rows."""
    return Question(lambda owner: _as_records(everything(owner)).order_by(*NEWEST_FIRST)[:most], owner=-1)


@cache
def _first_beyond(most: int) -> Question[Any]:
    def put(owner: int, at: datetime, row_id: UUID) -> QuerySet[Transaction, Any]:
        rows = everything(owner).filter(keyset.beyond("occurred_at", at, row_id))
        found: QuerySet[Transaction, Any] = _as_records(rows).order_by(*NEWEST_FIRST)[:most]
        return found

    return Question(put, owner=-1, at=datetime.min.replace(tzinfo=UTC), row_id=UUID(int=1))


def first(rows: QuerySet[Transaction] | Walks, most: int) -> list[Transaction]:
    return list(rows.order_by(*NEWEST_FIRST)[:most])
