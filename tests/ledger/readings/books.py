"""A reader against the sandbox's true books: whatever an account did is told by its drafts, once, whole, in any order.

Rows come from the real connector, which speaks to a resident of the sandbox in this very process, without a socket. A
reader's test names its exchange and inherits the rest:

    class TestBooks(ReadsTheBooks):
        exchange, reader = "kraken", kraken
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from functools import lru_cache, reduce
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.http import Answer
from ledger.readings.base import Kind as Means
from ledger.readings.base import Row
from ledger.readings.events import Told, drafts
from tests.strength import examples
from tests.sync import truth
from wallets import catalogue
from wallets.sandbox.books import TWIN, Books, Kind
from wallets.sandbox.server import House
from wallets.sandbox.wire import Call

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ledger.readings.base import Reader, Reading
    from ledger.readings.events import Draft
    from wallets.sandbox.books import Event

SIZE = 320  # events: twenty blocks, each coin four times, odd blocks and even ones
LATELY = {"binance", "binanceus", "bybit", "kucoin", "okx"}  # walked by stretches, or not told for ever
HERE = "http://sandbox"
TOKEN = "token-of-ada"
EXPECTED = {
    Kind.BUY: Means.TRADE,
    Kind.SELL: Means.TRADE,
    Kind.CONVERT: Means.TRADE,
    Kind.REWARD: Means.REWARD,
    Kind.DEPOSIT: Means.DEPOSIT,
    Kind.WITHDRAWAL: Means.WITHDRAWAL,
}

# --- the account --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """All that a connector brings of one, and which event each row tells of: `numbers[i]` is that of `rows[i]`."""

    books: Books
    rows: tuple[Row, ...]
    numbers: tuple[int, ...]

    @property
    def events(self) -> list[Event]:
        return list(self.books.events(range(self.books.size)))

    def rows_of(self, number: int) -> list[Row]:
        return [row for row, of in zip(self.rows, self.numbers, strict=True) if of == number]


@lru_cache(maxsize=16)
def account_of(exchange: str, size: int = SIZE) -> Account:
    house = House(clock=lambda: datetime.now(UTC))
    resident = house.residents[exchange]
    books = getattr(resident, "wallet", resident).books
    books.size = size
    if exchange in LATELY:
        books.start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - books.step * (size + 20)
    rows = tuple(row_of(record) for record in records_of(connected(exchange, house), exchange, books))
    told = {
        truth.text_of(raw): event.number
        for event in books.events(range(size))
        for raw in truth.rows_of(exchange, event)
    }
    return Account(books, rows, tuple(told[truth.text_of(row.raw)] for row in rows))


def row_of(record: Any) -> Row:
    return Row(record.family, record.external_id, record.occurred_at, record.raw)


def records_of(connector: Any, exchange: str, books: Books) -> Iterator[Any]:
    """Each once: pages may overlap."""
    known = set()
    for stream in connector.streams():
        cursor = connector.stretch(stream, books.start, datetime.now(UTC)) if exchange in LATELY else None
        more = True
        while more:
            page = connector.page(stream, cursor)
            yield from (each for each in page.records if (each.family, each.external_id) not in known)
            known |= {(each.family, each.external_id) for each in page.records}
            cursor, more = page.cursor, page.more


def connected(exchange: str, house: House) -> Any:
    module, name = catalogue.load()[exchange].connector.split(":")
    made = getattr(import_module(module), name)(
        credentials_of(exchange, house), pace=NoLimit(), origin=f"{HERE}/{exchange}"
    )
    (made.client if hasattr(made, "client") else made.api).session = Wire(house)
    return made


def credentials_of(exchange: str, house: House) -> dict[str, str]:
    resident = house.residents[exchange]
    if exchange == "uphold":
        resident.configure({"allowed": 10_000_000, "granted": {"token": TOKEN, "scopes": [*uphold_scopes()]}})
        return {"token": TOKEN}
    key = next(iter(getattr(resident, "wallet", resident).keys.values()))
    for name, value in (("uncounted", True), ("allowed", 10_000_000)):
        if hasattr(key, name):
            setattr(key, name, value)
    told = {name: getattr(key, name, "") for name in ("secret", "passphrase")}
    return {"key": key.id, **{name: value for name, value in told.items() if value}}


def uphold_scopes() -> Sequence[str]:
    return import_module("wallets.connectors.uphold").SCOPES


class NoLimit:
    """A pace that lets every call go."""

    def before(self, cost: float) -> None: ...

    def slow_down(self, wait: timedelta | None, whose: object) -> None:
        raise AssertionError("the sandbox was asked too often")


@dataclass(frozen=True, slots=True)
class Answered:
    """As much of the answer of `requests` as connectors look at."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Wire:
    """Both ways out of Holdfast (`config.http.Session`), straight to whoever lives at the address."""

    house: House

    def ask(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        parts = urlsplit(url)
        name, _, rest = parts.path.lstrip("/").partition("/")
        told = {header.lower(): str(value) for header, value in headers.items()}
        call = Call(method, f"/{rest}", parts.query, told, body, f"{HERE}/{name}", "127.0.0.1")
        reply = self.house.residents[name].answer(call)
        date = format_datetime(self.house.now(), usegmt=True)
        return Answer(reply.status, {**reply.headers, "Date": date}, reply.body)

    def get(self, url: str, *, headers: Mapping[str, str], params: Mapping[str, str]) -> Answered:
        answer = self.ask("GET", f"{url}?{urlencode(params)}" if params else url, headers=headers)
        return Answered(answer.status, answer.headers, answer.body)


# --- what a reader makes of it ------------------------------------------------------------------------------------


def told_by(reader: Reader, rows: Iterable[tuple[int, Row]]) -> dict[str, list[Told]]:
    """Readings by event; numbers stand for the rows' own ids."""
    events: dict[str, list[Told]] = defaultdict(list)
    for number, row in rows:
        for reading in reader.read(row):
            events[reading.event].append(Told(reading, number))
    return events


def drafts_of(reader: Reader, rows: Iterable[tuple[int, Row]] | Sequence[Row]) -> list[Draft]:
    numbered = [(place, each) if isinstance(each, Row) else each for place, each in enumerate(rows)]
    found = [draft for told in told_by(reader, numbered).values() for draft in drafts(told)]
    return sorted(found, key=lambda draft: (draft.at, draft.anchor))


def net(found: Iterable[Draft]) -> dict[str, Decimal]:
    """What drafts change, asset by asset, without what comes to nothing."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for draft in found:
        for told, sign in ((draft.sent, -1), (draft.received, 1), (draft.fee, -1)):
            if told:
                sums[told.asset] += sign * told.amount
    return {asset: amount for asset, amount in sums.items() if amount}


def readings_of(reader: Reader, *rows: Row) -> list[Reading]:
    return [reading for row in rows for reading in reader.read(row)]


def is_accounted_for(found: Sequence[Reading]) -> bool:
    """It moves something, adds details to its event, or says why not."""
    details = ("category", "order", "group", "hash", "address", "network", "note", "worth")
    return bool(found) and all(
        reading.legs or reading.skip or any(getattr(reading, name) for name in details) for reading in found
    )


def proper(reading: Reading) -> bool:
    """What the ledger takes for granted of any reading, of whatever row."""
    texts = ("category", "order", "group", "hash", "address", "network", "note", "skip")
    return (
        bool(reading.identity and reading.event and reading.at.tzinfo)
        and all(isinstance(getattr(reading, name), str) for name in texts)
        and all(leg.asset and leg.amount.is_finite() for leg in reading.legs)
        and not (reading.legs and reading.skip)
    )


# --- rows that no exchange should send ----------------------------------------------------------------------------

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["", "0", "-1", "1e400", "NaN", "Infinity", "1e-50", "9" * 60, "2024-01-01", "\x00"])
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)


def spoilt(rows: Sequence[Row]) -> st.SearchStrategy[Row]:
    """A true row with anything in some of its fields, and without some, under any id, perhaps of no known family."""

    def spoil(row: Row) -> st.SearchStrategy[Row]:
        names = st.sampled_from(sorted(row.raw))
        families = st.just(row.family) | st.sampled_from(["", "nothing", "nothing:BTCEUR"])
        return st.builds(
            lambda changed, lost, family: row._replace(
                family=family,
                raw={name: value for name, value in {**row.raw, **changed}.items() if name not in lost},
            ),
            st.dictionaries(names | st.text(max_size=6), ANYTHING, max_size=4),
            st.sets(names, max_size=3),
            families,
        )

    return st.sampled_from(rows).flatmap(spoil)


def one_of_each(account: Account) -> list[Row]:
    """A row of each shape: by family and by the names of its fields."""
    return list({(row.family.partition(":")[0], *sorted(row.raw)): row for row in account.rows}.values())


# --- what every reader has to hold --------------------------------------------------------------------------------


class ReadsTheBooks:
    """What differs at an exchange is said above the tests, each with its reason."""

    exchange: str
    reader: Any
    expected: Mapping[Kind, Means] = EXPECTED
    partial: frozenset[str] = frozenset()  # families that do not tell the whole event, and so not alone
    in_parts: frozenset[Kind] = frozenset()  # events that are several of one kind here, each with rows of its own
    more_rows: Sequence[Row] = ()  # real shapes that the sandbox does not play: they are spoilt too

    @staticmethod
    def plain(asset: str) -> str:
        """The books' name of an asset, by the exchange's."""
        return asset

    @staticmethod
    def untold(event: Event) -> Mapping[str, Decimal]:
        """What the event changed, and this exchange says nowhere."""
        return {}

    # --- looking ---------------------------------------------------------------------------------------------------

    @pytest.fixture
    def account(self) -> Account:
        return account_of(self.exchange)

    def changes(self, event: Event) -> dict[str, Decimal]:
        sums = defaultdict(Decimal, event.changes)
        for asset, amount in self.untold(event).items():
            sums[asset] -= amount
        return {asset: amount for asset, amount in sums.items() if amount}

    def changed(self, found: Iterable[Draft]) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for asset, amount in net(found).items():
            sums[self.plain(asset)] += amount
        return dict(sums)

    def by_event(self, account: Account, found: Iterable[Draft]) -> dict[int, list[Draft]]:
        """No draft may tell of two."""
        told: dict[int, list[Draft]] = defaultdict(list)
        for draft in found:
            (number,) = {account.numbers[row] for row in draft.rows}
            told[number].append(draft)
        return told

    # --- tests -----------------------------------------------------------------------------------------------------

    def test_they_add_up_to_what_the_books_hold(self, account: Account) -> None:
        untold = [self.untold(event) for event in account.events]
        held = {
            asset: reduce(lambda left, each, of=asset: left - each.get(of, 0), untold, amount)
            for asset, amount in account.books.balances().items()
        }
        assert self.changed(drafts_of(self.reader, account.rows)) == {a: n for a, n in held.items() if n}

    def test_each_event_is_one_transaction_of_its_kind(self, account: Account) -> None:
        told = self.by_event(account, drafts_of(self.reader, account.rows))
        for event in account.events:
            found = told[event.number]
            assert len(found) == 1 or (found and event.kind in self.in_parts)
            assert {draft.kind for draft in found} == {self.expected[event.kind]}
            assert self.changed(found) == self.changes(event)
            assert all(abs(draft.at - event.at) < timedelta(seconds=1) for draft in found)

    def test_twins_stay_two(self, account: Account) -> None:
        told = self.by_event(account, drafts_of(self.reader, account.rows))
        one, other = told[TWIN - 1], told[TWIN]
        assert self.changed(one) == self.changed(other)
        assert not {each for draft in one for each in draft.identities} & {
            each for draft in other for each in draft.identities
        }

    def test_no_row_is_passed_over_and_no_two_parts_share_a_name(self, account: Account) -> None:
        read = [list(self.reader.read(row)) for row in account.rows]
        assert [row for row, found in zip(account.rows, read, strict=True) if not is_accounted_for(found)] == []
        names = [reading.identity for found in read for reading in found]
        assert len(names) == len(set(names))

    def test_the_order_of_rows_does_not_matter(self, account: Account) -> None:
        numbered = list(enumerate(account.rows))
        mixed = Random(3).sample(numbered, len(numbered))
        assert drafts_of(self.reader, mixed) == drafts_of(self.reader, numbered)

    def test_each_list_alone_tells_its_events_too(self, account: Account) -> None:
        for family in {row.family.partition(":")[0] for row in account.rows} - self.partial:
            alone = [(place, row) for place, row in enumerate(account.rows) if row.family.partition(":")[0] == family]
            told = self.by_event(account, drafts_of(self.reader, alone))
            assert told, family
            for number, found in told.items():
                event = account.books.event(number)
                assert (family, {draft.kind for draft in found}) == (family, {self.expected[event.kind]})
                assert (family, self.changed(found)) == (family, self.changes(event))

    def test_nothing_that_a_row_could_hold_is_too_much(self, account: Account) -> None:
        @settings(max_examples=examples(100), suppress_health_check=[HealthCheck.too_slow])
        @given(spoilt([*one_of_each(account), *self.more_rows]))
        def read(row: Row) -> None:
            found = list(self.reader.read(row))
            assert found
            assert all(proper(reading) for reading in found), found

        read()
