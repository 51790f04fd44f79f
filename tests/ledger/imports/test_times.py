"""Moments are read in every form that files have; order and zone are proven or asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.imports.times import Clock, Orders, moment, names_zone, orders_of, zone_in

VIENNA = Clock("Europe/Vienna")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2021-07-02 03:04:05", "2021-07-02T01:04:05+00:00"),
        ("2021-01-02 03:04:05.123456789", "2021-01-02T02:04:05.123456+00:00"),
        ("2021-01-02T03:04:05Z", "2021-01-02T03:04:05+00:00"),
        ("2021-01-02 03:04:05 UTC", "2021-01-02T03:04:05+00:00"),
        ("2021-01-02 03:04:05 +0000 UTC", "2021-01-02T03:04:05+00:00"),
        ("2021-01-02T03:04:05-0500", "2021-01-02T08:04:05+00:00"),
        ("2021-01-02 03:04:05 America/New_York", "2021-01-02T08:04:05+00:00"),
        ("2021-07-02 03:04:05 PDT", "2021-07-02T10:04:05+00:00"),
        ("2021/1/2 3:04", "2021-01-02T02:04:00+00:00"),
        ("2021-01-02", "2021-01-01T23:00:00+00:00"),
        ("1612345678", "2021-02-03T09:47:58+00:00"),
        ("1612345678123", "2021-02-03T09:47:58.123000+00:00"),
        ("1612345678123456", "2021-02-03T09:47:58.123456+00:00"),
        ("1612345678.5", "2021-02-03T09:47:58.500000+00:00"),
        ("Tue May 26 2020 18:06:28 GMT+0000", "2020-05-26T18:06:28+00:00"),
        ("Tue May 26 2020 18:06:28 GMT+0200 (Central European Summer Time)", "2020-05-26T16:06:28+00:00"),
        ("Jan. 28, 2022, 12:13 AM", "2022-01-27T23:13:00+00:00"),
        ("May 5, 2021 at 10:11 PM", "2021-05-05T20:11:00+00:00"),
        ("28 Jan 2022 13:01:02", "2022-01-28T12:01:02+00:00"),
        ("14:35 2024-11-16", "2024-11-16T13:35:00+00:00"),
        ("14:35:07 2024-11-16", "2024-11-16T13:35:07+00:00"),
        ("13/02/2021 5:06 PM", "2021-02-13T16:06:00+00:00"),
        ("02/13/21 05:06", "2021-02-13T04:06:00+00:00"),
        ("31.12.2021 23:59:59", "2021-12-31T22:59:59+00:00"),
    ],
)
def test_moments_as_exchanges_write_them(text, shown):
    assert moment(text, VIENNA).isoformat() == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2021-13-01",
        "2021-02-30",
        "2021-01-02 25:00",
        "03/04/2021",
        "2021-01-02 13:00 PM",
        "44198.5",
        "2021-01-02 03:04 Mars/Base",
    ],
)
def test_what_is_no_moment_or_may_be_two_says_so(text):
    with pytest.raises(ValueError, match=r"^(is|may|names)"):
        moment(text, VIENNA)


def test_an_order_that_was_said_is_obeyed():
    assert [moment("03/04/21", Clock("UTC", order)).date().isoformat() for order in ("dmy", "mdy", "ymd")] == [
        "2021-04-03", "2021-03-04", "2003-04-21",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "zone"),
    [("Filled Time(UTC+08:00)", "UTC+08:00"), ("Date(UTC)", "UTC"), ("Time (UTC\u22125)", "UTC-5"),
     ("Date(UTC+0)", "UTC+0"), ("Time", ""), ("Destination", "")],
)  # fmt: skip
def test_a_column_may_name_its_zone(column, zone):
    assert zone_in(column) == zone
    assert not zone or moment("2021-01-02 03:04:05", Clock(zone))


def test_dates_of_a_file_prove_their_order_together():
    orders = Orders()
    orders.look(2, "03/04/2021 10:00")
    assert orders.open
    assert orders.samples == [(2, "03/04/2021 10:00")]
    orders.look(3, "25/04/2021 10:00")
    assert (orders.decided(), orders.open) == ("dmy", False)
    orders.look(4, "04/25/2021 10:00")
    assert orders.open
    assert not orders.possible


def test_two_digit_years_may_stand_in_front():
    assert orders_of("11-03-04") == {"dmy", "mdy", "ymd"}
    assert orders_of("21-03-31") == {"dmy", "ymd"}
    assert orders_of("2021-03-04") == orders_of("Jan 5, 2021") == {"dmy", "mdy", "ymd"}


def test_nothing_was_moved_before_the_first_coin():
    orders = Orders()
    orders.look(2, "24-01-15 10:30:00")
    assert orders.open
    orders.look(3, "24-02-08 10:30:00")  # or the 24th of February, 2008
    assert (orders.decided(), orders.open) == ("ymd", False)


@pytest.mark.parametrize("text", ["08/02/2024 10:30", "01-02-03 10:30"])
def test_what_is_old_any_way_or_says_its_century_proves_nothing(text):
    orders = Orders()
    orders.look(2, text)
    assert orders.open


def test_seconds_that_a_spreadsheet_took_are_missed():
    orders = Orders()
    orders.look(2, "2021-01-02 03:04")
    assert orders.lost_seconds
    orders.look(3, "2021-01-02 03:04:05")
    assert not orders.lost_seconds


def test_what_names_its_own_zone_needs_no_question():
    assert names_zone("2021-01-02T03:04:05Z")
    assert names_zone("1612345678123")
    assert not names_zone("2021-01-02 03:04:05 PM")


MOMENTS = st.datetimes(datetime(2009, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
FORMS = [
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%d/%m/%Y %H:%M:%S.%f",
    "%b. %d, %Y, %I:%M:%S.%f %p",
    "%a %b %d %Y %H:%M:%S.%f GMT+0000",
]


@given(MOMENTS, st.sampled_from(FORMS))
def test_what_was_written_is_read(at, form):
    assert moment(at.strftime(form), Clock("UTC", "dmy")) == at


@given(MOMENTS, st.sampled_from([1, 1_000, 1_000_000]))
def test_epochs_are_known_by_their_length(at, per_second):
    count = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1_000_000 // per_second)
    exact = datetime(1970, 1, 1, tzinfo=UTC) + count * timedelta(microseconds=1_000_000 // per_second)
    assert moment(str(count), Clock()) == exact


@given(
    st.text(max_size=40),
    st.sampled_from(["", "UTC", "Europe/Vienna", "../etc", "UTC+99"]),
    st.sampled_from(["", "dmy"]),
)
def test_any_text_is_a_moment_or_says_so(text, zone, order):
    orders_of(text)
    names_zone(text)
    try:
        assert moment(text, Clock(zone, order)).tzinfo is UTC
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either end is right
