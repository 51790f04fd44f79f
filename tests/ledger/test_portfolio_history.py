"""Worth over time: what each day changed, added up, at what it closed at; and what has no price is said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.audit import Actor, ActorKind
from ledger import linking
from ledger.models import DailyChange
from ledger.portfolio import portfolio_of
from ledger.portfolio_charts import change, data, left_out, lines
from ledger.portfolio_history import (
    POINTS,
    Interval,
    Range,
    Which,
    every_day,
    every_hour,
    every_month,
    first_day,
    grid_of,
    grid_of_range,
    history_of,
    standing,
    which_of,
)
from ledger.pricing.candles import DAY, HOUR
from tests.ledger.gains.books import buys, named, sells, tell
from tests.ledger.gains.books import moved as went
from tests.ledger.matched import another
from tests.ledger.priced import hours, moved, quoted

pytestmark = pytest.mark.django_db
FIRST = date(2026, 3, 1)
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
NOW = BEGIN + timedelta(days=9, hours=12)


def days(number):
    return timedelta(days=number)


def which(wallet, asset="", currency="USD"):
    return Which(wallet.owner_id, [wallet.pk], currency, asset)


def worth(history):
    return [point.value for point in history.points]


def test_each_day_is_worth_what_was_held_at_its_end(wallet):
    moved(wallet, "BTC", FIRST, "2")
    moved(wallet, "BTC", FIRST + days(2), "-0.5")
    quoted("BTC", "USD", BEGIN, "100", "110", "120", "130", span=DAY)

    found = history_of(which(wallet), every_day(FIRST, FIRST + days(3)))

    assert worth(found) == [200, 220, 180, 195]
    assert (found.left_out, found.never) == ({}, [])


def test_it_begins_with_what_was_held_before_and_is_counted_back_from_the_last_day(wallet):
    moved(wallet, "BTC", FIRST, "1")
    moved(wallet, "BTC", FIRST + days(3), "1")
    quoted("BTC", "USD", BEGIN, *["10"] * 10, span=DAY)

    weekly = every_day(FIRST + days(1), FIRST + days(9), step=4)

    assert [at.date() for at in weekly.moments] == [FIRST + days(n) for n in (1, 5, 9)]
    assert worth(history_of(which(wallet), weekly)) == [10, 20, 20]


def test_before_anything_was_held_there_is_nothing_to_draw(wallet):
    moved(wallet, "BTC", FIRST + days(2), "1")
    quoted("BTC", "USD", BEGIN, *["10"] * 10, span=DAY)

    found = history_of(which(wallet), every_day(FIRST, FIRST + days(4)))

    assert [point.at.date() for point in found.points] == [FIRST + days(n) for n in (2, 3, 4)]
    assert history_of(which(another(wallet.owner)), every_day(FIRST, FIRST + days(4))).points == []


def test_what_has_no_price_is_left_out_and_said(wallet):
    moved(wallet, "BTC", FIRST, "1")
    moved(wallet, "NEW", FIRST, "5")
    moved(wallet, "QQFOO", FIRST, "7")
    quoted("BTC", "USD", BEGIN, *["10"] * 10, span=DAY)
    quoted("NEW", "USD", BEGIN + days(2), "3", "3", span=DAY)

    found = history_of(which(wallet), every_day(FIRST, FIRST + days(3)))

    assert worth(found) == [10, 10, 25, 25]
    assert [point.left_out for point in found.points] == [1, 1, 0, 0]  # the other one never has a price
    assert (found.left_out, found.never) == ({"NEW": 2, "QQFOO": 4}, ["QQFOO"])
    assert [(each.asset, each.points, each.always) for each in left_out(found)] == [
        ("QQFOO", 4, True),
        ("NEW", 2, False),
    ]


def test_a_day_on_which_nothing_has_a_price_is_worth_nobody_knows_what_not_nothing(wallet):
    moved(wallet, "BTC", FIRST, "1")
    quoted("BTC", "USD", BEGIN + days(1), "10", span=DAY)

    assert worth(history_of(which(wallet), every_day(FIRST, FIRST + days(1)))) == [None, 10]


def test_the_last_price_stands_for_a_month_and_no_longer():
    moments = [BEGIN + days(10 * number) for number in range(6)]
    ten = Decimal(10)

    assert standing([None, ten, None, None, None, None], moments) == [None, ten, ten, ten, ten, None]


def test_sold_out_is_worth_nothing(wallet):
    moved(wallet, "BTC", FIRST, "1")
    moved(wallet, "BTC", FIRST + days(1), "-1")
    quoted("BTC", "USD", BEGIN, "10", "10", span=DAY)

    assert worth(history_of(which(wallet), every_day(FIRST, FIRST + days(2)))) == [10, 0, 0]


def test_one_asset_is_told_with_its_amount_and_price(wallet):
    moved(wallet, "BTC", FIRST, "2")
    moved(wallet, "ETH", FIRST, "9")
    quoted("BTC", "USD", BEGIN, "100", "110", span=DAY)

    found = history_of(which(wallet, "BTC"), every_day(FIRST, FIRST + days(1)))

    assert [(point.amount, point.price, point.value) for point in found.points] == [(2, 100, 200), (2, 110, 220)]


def test_the_last_point_is_the_figure_of_the_page(alice, wallet):
    tell(wallet, *buys("T1", "2", "100", NOW - days(3)))
    quoted("BTC", "USD", NOW - days(4), *["100"] * 4, span=DAY)
    quoted("BTC", "USD", NOW, "150", span=HOUR)
    now = portfolio_of(alice, now=NOW)

    found = history_of(which_of(now), grid_of_range(Range.MONTH, which_of(now), NOW), now=now)

    assert worth(found) == [100, 100, 100, now.worth] == [100, 100, 100, 200]
    assert found.points[-1].at == NOW
    assert history_of(which_of(now, "BTC"), every_day(FIRST, FIRST), now=now).points[-1].price == 150


@pytest.mark.parametrize("chosen", [Range.WEEK, Range.MONTH, Range.QUARTER])
@pytest.mark.parametrize(("ago", "told"), [(12, 1010), (34, 1010), (36, 10), (120, 10)])
def test_an_old_price_stands_as_long_in_every_range_as_on_the_page(alice, wallet, chosen, ago, told):
    """A chart that leaves out what the page counts ends in a gain that nobody made."""
    now = NOW.replace(hour=23)
    tell(wallet, *went("D1", "1", NOW - days(200)), *went("D2", "1", NOW - days(200), asset="XETH"))
    quoted("BTC", "USD", now - days(200), *["10"] * 200, span=DAY)
    quoted("BTC", "USD", now, "10", span=HOUR)
    quoted("ETH", "USD", now - days(ago), "1000", span=DAY)
    page = portfolio_of(alice, now=now)

    found = history_of(which_of(page), grid_of_range(chosen, which_of(page), now), now=page)

    assert (page.worth, found.points[-1].value, found.points[-2].value) == (told, told, told)
    assert {each.code for each in page.unpriced} == ({"ETH"} if told == 10 else set())
    assert change(found.points[-9:], "USD")[0] in {"0.00\N{NO-BREAK SPACE}USD", ""}


def test_from_sums_of_different_things_no_change_is_told(alice, wallet):
    tell(wallet, *went("D1", "1", NOW - days(9)), *went("D2", "1", NOW - days(9), asset="XETH"))
    quoted("BTC", "USD", NOW - days(9), *["10"] * 9, span=DAY)
    quoted("BTC", "USD", NOW, "10", span=HOUR)
    page = portfolio_of(alice, now=NOW)
    grid = grid_of_range(Range.MONTH, which_of(page), NOW)
    assert change(history_of(which_of(page), grid, now=page).points, "USD")[0] == "0.00\N{NO-BREAK SPACE}USD"

    quoted("ETH", "USD", NOW, "1000", span=HOUR)
    page = portfolio_of(alice, now=NOW)
    found = history_of(which_of(page), grid, now=page)
    assert (found.points[0].value, found.points[-1].value) == (10, 1010)
    assert (found.points[0].left_out, found.left_out, found.never) == (1, {"ETH": 9}, [])
    assert change(found.points, "USD") == ("", "")


def test_a_week_is_told_by_the_hour(alice, wallet):
    tell(wallet, *buys("T0", "1", "10", NOW - days(60)), *buys("T1", "2", "100", NOW - hours(2)))
    quoted("BTC", "USD", NOW - days(8), *[str(100 + number) for number in range(24 * 8)], span=HOUR)
    grid = grid_of_range(Range.WEEK, which(wallet), NOW)

    found = history_of(which(wallet, "BTC"), grid)

    assert (grid.hourly, len(grid.moments), grid.moments[-1]) == (True, 7 * 24, NOW - hours(1))
    assert [point.amount for point in found.points[-3:]] == [1, 3, 3]
    assert [point.price for point in found.points[-2:]] == [290, 291]
    assert found.points[0].amount == 1


def sent_on(wallet, other, left, came, *, at, arriving):
    """All that was held of two is 3 BTC, and some of it is sent from one to the other."""
    tell(wallet, *buys("T0", "3", "300", BEGIN), *went("W1", left, at))
    tell(other, *went("D1", came, arriving))
    ends = [named(wallet.owner, name).pk for name in ("W1", "D1")]
    linking.link(by=Actor(ActorKind.OWNER, wallet.owner), owner=wallet.owner, named=ends, now=NOW)
    return Which(wallet.owner_id, [wallet.pk, other.pk], "USD", "BTC")


@pytest.mark.parametrize(("came", "amount"), [("2", 3), ("1.5", Decimal("2.5")), ("2.5", 3)])
def test_what_is_on_its_way_between_wallets_when_a_day_is_over_is_held(wallet, came, amount):
    """As far as it arrives: a chart that dips for a night tells of a loss that nobody made."""
    midnight = BEGIN + days(3)
    both = sent_on(wallet, another(wallet.owner), "-2", came, at=midnight - hours(1), arriving=midnight + hours(25))
    quoted("BTC", "USD", BEGIN, *["10"] * 10, span=DAY)
    arrived = Decimal(1) + Decimal(came)

    found = history_of(both, every_day(FIRST, FIRST + days(5)))
    assert worth(found) == [30, 30, 10 * amount, 10 * amount, 10 * arrived, 10 * arrived]

    alone = Which(both.owner_id, both.wallets[:1], "USD", "BTC")
    assert worth(history_of(alone, every_day(FIRST, FIRST + days(4)))) == [30, 30, 10, 10, 10]


def test_what_is_on_its_way_when_an_hour_is_over_is_held(wallet):
    both = sent_on(wallet, another(wallet.owner), "-2", "2", at=NOW - hours(5.5), arriving=NOW - hours(1.5))
    quoted("BTC", "USD", NOW - days(8), *["10"] * (24 * 8), span=HOUR)
    quoted("BTC", "USD", NOW - days(9), *["10"] * 9, span=DAY)

    assert set(worth(history_of(both, grid_of_range(Range.WEEK, both, NOW)))) == {30}


def test_what_arrived_before_it_left_by_another_clock_is_held_once(wallet):
    midnight = BEGIN + days(3)
    both = sent_on(wallet, another(wallet.owner), "-2", "2", at=midnight + hours(1), arriving=midnight - hours(1))
    quoted("BTC", "USD", BEGIN, *["10"] * 10, span=DAY)

    assert worth(history_of(both, every_day(FIRST, FIRST + days(4)))) == [30, 30, 30, 30, 30]


def test_what_left_in_two_and_arrived_in_one_is_on_its_way_together(wallet):
    other, midnight = another(wallet.owner), BEGIN + days(3)
    tell(wallet, *buys("T0", "3", "300", BEGIN), *went("W1", "-1", midnight - hours(1)))
    tell(wallet, *went("W2", "-1", midnight + hours(23)), *sells("T2", "1", "10", midnight + days(3)))
    tell(other, *went("D1", "2", midnight + hours(25)))
    ends = [named(wallet.owner, name).pk for name in ("W1", "W2", "D1")]
    linking.link(by=Actor(ActorKind.OWNER, wallet.owner), owner=wallet.owner, named=ends, now=NOW)
    quoted("BTC", "USD", BEGIN, *["10"] * 10, span=DAY)

    found = history_of(Which(wallet.owner_id, [wallet.pk, other.pk], "USD", "BTC"), every_day(FIRST, FIRST + days(6)))
    assert [point.amount for point in found.points] == [3, 3, 3, 3, 3, 3, 2]


def test_ranges_have_no_more_points_than_can_be_seen(wallet):
    assert len(grid_of_range(Range.YEAR, which(wallet), NOW).moments) == 365
    tell(wallet, *buys("T0", "1", "10", NOW - days(4000)))

    grid = grid_of_range(Range.ALL, which(wallet), NOW)

    assert first_day(which(wallet)) == (NOW - days(4000)).date()
    assert POINTS * 0.8 < len(grid.moments) <= POINTS
    assert grid.moments[-1].date() == (NOW - days(1)).date()


def test_months_end_where_the_calendar_does():
    months = every_month(date(2026, 1, 15), date(2026, 3, 10))
    assert [at.date() for at in months.moments] == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 10)]
    assert not every_month(date(2026, 4, 1), date(2026, 3, 10)).moments
    assert len(every_hour(BEGIN, BEGIN + hours(3)).moments) == 3
    assert [len(grid_of(each, BEGIN, BEGIN + days(14)).moments) for each in Interval] == [336, 15, 3, 1]


def test_many_assets_cost_no_more_questions_than_few(alice, wallet, django_assert_num_queries):
    found = portfolio_of(alice, now=NOW)
    for number in range(30):
        moved(wallet, f"A{number}", FIRST, "1")
        quoted(f"A{number}", "USD", BEGIN, "3", span=DAY)
    assert DailyChange.objects.count() == 30
    assert found.wallets == [wallet]

    with django_assert_num_queries(5):
        assert worth(history_of(which(wallet), every_day(FIRST, FIRST)))[0] == 90


def test_a_chart_is_texts_and_a_table_is_thin_and_ends_with_now(alice, wallet):
    moved(wallet, "BTC", FIRST, "2")
    quoted("BTC", "USD", BEGIN, *["100.005"] * 150, span=DAY)
    found = history_of(which(wallet), every_day(FIRST, FIRST + days(149)))

    told = data(found, "Europe/Berlin")
    assert (told["values"][0], told["zone"], told["out"][0], "amounts" in told) == ("200.01", "UTC", 0, False)
    assert (len(lines(found)), lines(found)[0]) == (50, found.points[-1])
    assert change(found.points, "USD") == ("0.00\N{NO-BREAK SPACE}USD", "0.0\N{NO-BREAK SPACE}%")
    assert change([], "USD") == ("", "")
