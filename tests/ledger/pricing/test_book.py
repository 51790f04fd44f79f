from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.pricing import fiat
from ledger.pricing.base import Method, Missing, Price, product
from ledger.pricing.book import PriceBook
from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.clock import EPOCH
from ledger.pricing.implied import Implied
from ledger.pricing.series import Pair, Series

AT = datetime(2024, 3, 28, 12, 30, tzinfo=UTC)
SPANS = {Method.HOUR: HOUR, Method.DAY: DAY, Method.OWNER: DAY}
RATES = fiat.read("Date,USD,GBP,\n2024-03-28,1.25,0.8,\n")


def prices(
    asset: str,
    quote: str,
    price: str,
    method: Method = Method.HOUR,
    at: datetime = AT,
    source: str = "Bitstamp",
    span: int = 0,
) -> Series:
    span = span or SPANS[method]
    moment = (at - EPOCH) // timedelta(seconds=1) // span * span
    return Series(Pair(asset, quote, source, method, span), [(moment, Decimal(price))])


def found(answer: Price | Missing) -> Price:
    assert isinstance(answer, Price), answer
    return answer


def ways(answer: Price | Missing) -> list[tuple[str, str, Method]]:
    return [(step.asset, step.quote, step.method) for step in found(answer).steps]


def test_the_owner_goes_before_the_trade_and_the_hour_before_the_day() -> None:
    owner, hour, day = (
        prices("BTC", "USD", price, method)
        for price, method in (("1", Method.OWNER), ("3", Method.HOUR), ("4", Method.DAY))
    )
    implied = Implied("BTC", "USD", Decimal(2), Decimal(4))

    assert found(PriceBook([day, hour, owner]).price("BTC", "USD", AT, implied=implied)).value == 1
    assert found(PriceBook([day, hour]).price("BTC", "USD", AT, implied=implied)).value == 2
    assert found(PriceBook([day, hour]).price("BTC", "USD", AT)).value == 3
    assert found(PriceBook([day]).price("BTC", "USD", AT)).value == 4


def test_every_step_can_be_opened() -> None:
    [step] = found(PriceBook([prices("BTC", "USD", "70000.10")]).price("BTC", "USD", AT)).steps

    assert (step.source, step.method, str(step.price)) == ("Bitstamp", Method.HOUR, "70000.10")
    assert (step.at, step.carried, step.turned) == (AT.replace(minute=0), False, False)


def test_a_stablecoin_is_worth_what_it_was_traded_for() -> None:
    book = PriceBook([prices("SHIB", "USDT", "0.00003"), prices("USDT", "USD", "0.98")])

    assert found(book.price("SHIB", "USD", AT)).value == Decimal("0.0000294")


def test_without_a_price_of_the_stablecoin_there_is_none() -> None:
    missing = PriceBook([prices("SHIB", "USDT", "0.00003")]).price("SHIB", "USD", AT)

    assert isinstance(missing, Missing)
    assert missing.tried == ("SHIB \u2192 USD", "SHIB \u2192 USDT \u2192 USD")


def test_a_way_may_have_three_legs_and_names_them_all() -> None:
    book = PriceBook([prices("SHIB", "USDT", "2"), prices("USDT", "USD", "0.5")], RATES)

    price = book.price("SHIB", "GBP", AT)

    assert found(price).value == Decimal("0.64")
    assert ways(price) == [
        ("SHIB", "USDT", Method.HOUR),
        ("USDT", "USD", Method.HOUR),
        ("EUR", "USD", Method.OFFICIAL),
        ("EUR", "GBP", Method.OFFICIAL),
    ]


def test_money_goes_by_the_official_rate_and_not_by_an_exchanges() -> None:
    book = PriceBook([prices("EUR", "USD", "1.1")], RATES)

    assert found(book.price("EUR", "USD", AT)).value == Decimal("1.25")
    assert found(PriceBook([prices("EUR", "USD", "1.1")]).price("EUR", "USD", AT)).value == Decimal("1.1")


def test_a_pair_may_be_read_the_other_way_round() -> None:
    price = found(PriceBook([prices("EUR", "USDT", "1.25")]).price("USDT", "EUR", AT))

    assert price.value == Decimal("0.8")
    assert price.steps[0].turned


def test_of_two_ways_the_one_of_finer_prices_is_taken() -> None:
    book = PriceBook(
        [
            prices("XYZ", "BTC", "2"),
            prices("BTC", "USD", "10"),
            prices("XYZ", "USDT", "21", Method.DAY),
            prices("USDT", "USD", "1"),
        ],
    )

    assert found(book.price("XYZ", "USD", AT)).value == 20


def test_what_was_traded_lately_stands_in_and_says_so() -> None:
    book = PriceBook([prices("BTC", "USD", "5")])

    [step] = found(book.price("BTC", "USD", AT + timedelta(hours=5))).steps
    assert step.carried
    assert isinstance(book.price("BTC", "USD", AT + timedelta(hours=9)), Missing)
    assert isinstance(book.price("BTC", "USD", AT - timedelta(hours=1)), Missing)


def test_who_has_a_price_at_the_moment_goes_before_who_has_an_older_one() -> None:
    deep, other = prices("BTC", "USD", "5", at=AT - timedelta(hours=1)), prices("BTC", "USD", "6", source="Kraken")

    assert found(PriceBook([deep, other]).price("BTC", "USD", AT)).steps[0].source == "Kraken"
    assert found(PriceBook([prices("BTC", "USD", "5"), other]).price("BTC", "USD", AT)).steps[0].source == "Bitstamp"


def test_a_fresh_price_by_another_way_goes_before_one_that_is_days_old() -> None:
    other = [prices("XYZ", "USDT", "21"), prices("USDT", "USD", "1")]
    old = [prices("XYZ", "USD", "5", Method.DAY, AT - timedelta(days=late)) for late in (0, 1, 3)]

    assert found(PriceBook([*other, old[0]]).price("XYZ", "USD", AT)).value == 5  # of this day, and direct
    assert found(PriceBook([*other, old[1]]).price("XYZ", "USD", AT)).value == 21
    assert found(PriceBook([*other, old[2]]).price("XYZ", "USD", AT)).value == 21
    assert found(PriceBook([old[2]]).price("XYZ", "USD", AT)).value == 5


def test_of_two_old_prices_the_fresher_by_days_is_taken_and_of_equals_the_direct_one() -> None:
    other = [prices("XYZ", "USDT", "21", Method.DAY, AT - timedelta(days=2)), prices("USDT", "USD", "1")]
    direct = {late: prices("XYZ", "USD", "5", Method.DAY, AT - timedelta(days=late)) for late in (2, 3)}

    assert found(PriceBook([*other, direct[3]]).price("XYZ", "USD", AT)).value == 21
    assert found(PriceBook([*other, direct[2]]).price("XYZ", "USD", AT)).value == 5


def test_hours_without_a_trade_do_not_make_a_way_about_of_a_direct_price() -> None:
    direct = prices("XYZ", "USD", "5", at=AT - timedelta(hours=5))

    book = PriceBook([direct, prices("XYZ", "USDT", "21"), prices("USDT", "USD", "1")])

    assert found(book.price("XYZ", "USD", AT)).value == 5


def test_a_way_of_three_fresh_legs_goes_before_one_of_two_with_an_old_one() -> None:
    old = prices("XYZ", "EUR", "5", Method.DAY, AT - timedelta(days=2))

    book = PriceBook([old, prices("XYZ", "BTC", "2"), prices("BTC", "USD", "10")], RATES)

    assert ways(book.price("XYZ", "GBP", AT))[0] == ("XYZ", "BTC", Method.HOUR)


def test_of_the_owners_words_the_one_of_the_shortest_time_goes_first_in_whatever_money() -> None:
    own = {span: prices("BTC", "EUR", f"{span}", Method.OWNER, span=span) for span in (HOUR, DAY, 1000 * DAY)}
    dollars = prices("BTC", "USD", "7", Method.OWNER, span=DAY)

    assert found(PriceBook([dollars, own[1000 * DAY]], RATES).price("BTC", "USD", AT)).value == 7
    assert found(PriceBook([dollars, own[DAY]], RATES).price("BTC", "USD", AT)).value == 7
    assert found(PriceBook([dollars, own[HOUR]], RATES).price("BTC", "USD", AT)).value == HOUR * Decimal("1.25")
    assert found(PriceBook([dollars, own[HOUR]]).price("BTC", "USD", AT)).value == 7  # no rate leads there


def test_of_two_words_that_hold_from_some_day_on_the_later_one_does() -> None:
    older, newer = (
        Series(Pair("BTC", money, "you", Method.OWNER, 1000 * DAY), [(int(at.timestamp()), Decimal(price))])
        for money, price, at in (("USD", "7", AT - timedelta(days=90)), ("EUR", "8", AT - timedelta(days=9)))
    )

    assert found(PriceBook([older, newer], RATES).price("BTC", "USD", AT)).value == 10


def test_a_trade_in_other_money_is_brought_over() -> None:
    implied = Implied("BTC", "EUR", Decimal(2), Decimal(1000))

    price = PriceBook([], RATES).price("BTC", "USD", AT, implied=implied)

    assert found(price).value == 625
    assert ways(price)[0] == ("BTC", "EUR", Method.TRADE)


def test_an_asset_in_itself_is_one_and_an_unknown_one_is_missing() -> None:
    book = PriceBook([], RATES)

    assert found(book.price("FOO", "FOO", AT)).value == 1
    missing = book.price("FOO", "USD", AT)
    assert isinstance(missing, Missing)
    assert missing.tried == ("No prices of FOO are kept.",)


def test_a_price_of_nought_is_a_price_but_not_the_other_way_round() -> None:
    book = PriceBook([prices("DEAD", "USD", "0", Method.OWNER)])

    assert found(book.price("DEAD", "USD", AT)).value == 0
    assert isinstance(book.price("USD", "DEAD", AT), Missing)


@pytest.mark.parametrize("offset", [0, -7, 5])
def test_a_moment_is_a_moment_in_any_time_zone(offset: int) -> None:
    book = PriceBook([prices("BTC", "USD", "5")], RATES)

    assert found(book.price("BTC", "USD", AT.astimezone(timezone(timedelta(hours=offset))))).value == 5


codes = st.sampled_from(["A", "B", "USDT", "BTC", "USD", "EUR", "GBP"])
amounts = st.integers(1, 10**6).map(lambda number: str(Decimal(number) / 1000))
stored = st.builds(prices, codes, codes, amounts, st.sampled_from([Method.HOUR, Method.DAY]))


@given(st.lists(stored, max_size=12), codes, codes)
def test_a_price_is_always_the_product_of_its_steps(series: list[Series], asset: str, quote: str) -> None:
    """Whatever is known, who opens a number finds what it is made of."""
    answer = PriceBook(series, RATES).price(asset, quote, AT)

    if isinstance(answer, Price):
        factors = [1 / step.price if turned(answer, place) else step.price for place, step in enumerate(answer.steps)]
        assert abs(product(tuple(factors)) - answer.value) <= answer.value * Decimal("1e-20")
    else:
        assert answer.tried


def turned(price: Price, place: int) -> bool:
    return price.steps[place].turned


@given(st.lists(stored, max_size=12), codes, codes)
def test_the_same_prices_give_the_same_answer(series: list[Series], asset: str, quote: str) -> None:
    assert PriceBook(series, RATES).price(asset, quote, AT) == PriceBook(series, RATES).price(asset, quote, AT)
