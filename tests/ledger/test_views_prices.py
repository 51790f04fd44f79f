"""Pages of prices: what something was worth and why, what its owner says instead, and which are missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.audit import Action
from accounts.models import AuditEvent
from ledger import price_gaps, price_wants
from ledger.models import OwnPrice, PriceWant, Transaction
from ledger.price_fetching import NOBODY
from ledger.pricing.candles import DAY
from tests.ledger.conftest import NOW
from tests.ledger.priced import quoted
from tests.ledger.stand import ledger_row, read, store

pytestmark = pytest.mark.django_db
PRICES = "/transactions/prices/"
AT = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


@pytest.fixture
def dot(alice, wallet):
    """Somebody holds one; DOT was 6.5 dollars then, and a euro 1.25."""
    alice.base_currency = "USD"
    alice.save()
    store(wallet, ledger_row("D", "D", "DOT", "3", kind="deposit", at=AT))
    read(wallet)
    return "DOT"


def at(code, moment=AT, **more):
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return f"{reverse('ledger:price', args=[code])}?at={moment:%Y-%m-%dT%H:%M:%SZ}{query}"


def page_of(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def said(browser, address, **facts):
    answer = browser.post(address, {"price": "7", "reach": "hour", "note": "", **facts}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_price_is_shown_with_where_it_comes_from(alices_browser, dot):
    quoted(dot, "USD", AT, "6.5")

    page = page_of(alices_browser, at(dot))

    assert "6.5\xa0USD" in page
    assert "Bitstamp" in page
    assert "The close of that hour" in page


def test_a_price_says_by_whose_clock_a_moment_is_meant(alices_browser, alice, dot):
    """Beside it stands that hours are counted in UTC: a time without a zone is taken for that."""
    alice.time_zone = "America/New_York"
    alice.save()
    quoted(dot, "USD", AT, "6.5")

    page = page_of(alices_browser, at(dot))

    assert 'class="note">America/New_York</span>' in page
    assert "On your clock, America/New_York. Empty: noon." in page


def test_every_step_of_a_way_is_told(alices_browser, dot):
    quoted(dot, "USDT", AT, "6", source="binance")
    quoted("USDT", "USD", AT - timedelta(hours=2), "0.98")

    page = page_of(alices_browser, at(dot))

    assert "5.88\xa0USD" in page
    assert "6\xa0USDT" in page
    assert "0.98\xa0USD" in page
    assert "the last price before it stands in" in page


def test_where_there_is_none_the_page_says_what_to_do(alices_browser, dot):
    page = page_of(alices_browser, at(dot))

    assert "There is no price for that moment" in page
    assert "No prices of DOT are kept." in page
    assert reverse("ledger:asset", args=[dot]) in page


def test_while_exchanges_are_asked_the_page_says_so(alices_browser, dot):
    price_wants.feed(NOW)

    assert "Exchanges are being asked" in page_of(alices_browser, at(dot))
    assert "Exchanges are being asked" in page_of(alices_browser, PRICES)

    PriceWant.objects.update(trouble=NOBODY)
    assert "Exchanges are being asked" not in page_of(alices_browser, at(dot))
    assert NOBODY in page_of(alices_browser, PRICES)


def test_a_transaction_and_an_asset_lead_to_their_prices(alices_browser, dot):
    each = Transaction.objects.get()

    for page in (reverse("ledger:transaction", args=[each.pk]), reverse("ledger:asset", args=[dot])):
        assert reverse("ledger:price", args=[dot]) in page_of(alices_browser, page)
    assert PRICES in page_of(alices_browser, reverse("ledger:assets"))


def test_an_owner_says_what_it_was_worth_and_takes_it_back(alices_browser, dot):
    quoted(dot, "USD", AT, "6.5")

    page = said(alices_browser, at(dot), price="1,234.50", note="From the invoice")

    assert "1,234.5\xa0USD" in page
    assert "From the invoice" in page
    assert "Your own price" in page
    own = OwnPrice.objects.get()
    assert (own.at, own.price, own.reach) == (AT.replace(minute=0), Decimal("1234.50"), "hour")

    page = alices_browser.post(at(dot), {"take_back": own.pk}, follow=True).content.decode()
    assert "6.5\xa0USD" in page
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {Action.PRICE_SET, Action.PRICE_TAKEN_BACK}
    own.refresh_from_db()
    assert own.ended_at


def test_the_latest_word_about_a_time_holds_and_the_former_is_kept(alices_browser, dot):
    said(alices_browser, at(dot), price="7")
    said(alices_browser, at(dot, AT + timedelta(minutes=20)), price="8")

    assert "8\xa0USD" in page_of(alices_browser, at(dot))
    former, latter = OwnPrice.objects.order_by("price")
    assert former.ended_at
    assert latter.ended_at is None


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"price": ""}, "required"),
        ({"price": "-1"}, "not below nought"),
        ({"price": "1e5"}, "no exponent"),
        ({"price": "1250,5"}, "such as 1250.5"),
        ({"price": "NaN"}, "plain figure"),
        ({"price": "\u0661"}, "plain figure"),
        ({"reach": "century"}, "is none of the choices for"),
        ({"note": "x" * 501}, "at most 500"),
        ({"note": "legal winner thank year wave sausage worth useful legal winner thank yellow"}, "seed phrase"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(alices_browser, dot, facts, words):
    assert words in said(alices_browser, at(dot), **facts)
    assert not OwnPrice.objects.exists()


@pytest.mark.parametrize(("written", "meant"), [("41,250.5", "41250.5"), ("1 234 567.25", "1234567.25"), ("7.", None)])
def test_thousands_may_be_parted(alices_browser, dot, written, meant):
    """A comma that parts none would make ten times a price, or a hundred times: 1250,50 is not 125050."""
    said(alices_browser, at(dot), price=written)
    assert list(OwnPrice.objects.values_list("price", flat=True)) == ([Decimal(meant)] if meant else [])


def test_a_currency_without_rates_is_refused(alices_browser, dot):
    assert "currency with official rates" in said(alices_browser, at(dot, quote="DOGE"))


@pytest.mark.parametrize("query", ["at=yesterday", "at=9999-12-31T23:59:59Z", "at=0001-01-01", "day=x&time=y&quote="])
def test_a_moment_that_makes_no_sense_is_now_or_says_so(alices_browser, dot, query):
    assert "Price of DOT" in page_of(alices_browser, f"{reverse('ledger:price', args=[dot])}?{query}")


def test_a_day_and_a_time_are_those_of_the_owners_clock(alices_browser, alice, dot):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    quoted(dot, "USD", AT, "6.5")

    page = page_of(alices_browser, f"{reverse('ledger:price', args=[dot])}?day=2026-03-02&time=21:30&quote=usd")

    assert "6.5\xa0USD" in page


def test_missing_prices_are_listed_with_what_they_touch(alices_browser, dot, wallet):
    store(wallet, ledger_row("E", "E", "DOT", "1", kind="deposit", at=AT + timedelta(days=60)))
    store(wallet, ledger_row("F", "F", "XETH", "1", kind="deposit", at=AT))
    read(wallet)
    quoted("ETH", "USD", AT, "2000", span=DAY)

    page = page_of(alices_browser, PRICES)

    assert "2 between 2 Mar 2026 and 1 May 2026" in page
    assert "Mark it as worthless" in page
    assert ">ETH<" not in page


def test_where_there_are_too_many_days_to_look_at_in_one_go_the_page_says_so_and_goes_on(
    alices_browser, dot, wallet, monkeypatch
):
    """What was cut off counted as not missing."""
    monkeypatch.setattr(price_gaps, "MOST_DAYS", 2)
    later = AT + timedelta(days=1)
    store(
        wallet,
        *(ledger_row(f"F{n}", f"F{n}", "FLR", "3", kind="deposit", at=later + timedelta(days=n)) for n in range(2)),
    )
    read(wallet)

    first = page_of(alices_browser, PRICES)
    second = page_of(alices_browser, f"{PRICES}?after=DOT")

    assert ("DOT</a>" in first, "FLR</a>" in first, "Assets up to DOT were looked at" in first) == (True, False, True)
    assert ("DOT</a>" in second, "FLR</a>" in second, "there are others" in second) == (False, True, False)
    assert "No other price is missing" in page_of(alices_browser, f"{PRICES}?after=FLR")


def test_what_a_trade_against_money_tells_itself_is_not_missing(alices_browser, wallet):
    store(wallet, ledger_row("A", "T", "ZEUR", "-10", at=AT), ledger_row("B", "T", "DOT", "2", at=AT))
    read(wallet)

    assert "No price is missing" in page_of(alices_browser, PRICES)


def test_what_is_said_to_be_worthless_is_missing_no_longer(alices_browser, dot):
    said(alices_browser, at(dot, AT.replace(hour=0, minute=0)), price="0", reach="onward")

    page = page_of(alices_browser, PRICES)

    assert "No price is missing" in page
    assert "Prices you set" in page
    assert "0\xa0USD" in page_of(alices_browser, at(dot, AT + timedelta(days=200)))


def test_a_price_is_taken_back_from_the_list(alices_browser, dot):
    said(alices_browser, at(dot))
    own = OwnPrice.objects.get()

    answer = alices_browser.post(reverse("ledger:price", args=[dot]), {"take_back": own.pk, "back": "list"})

    assert answer["Location"] == PRICES
    assert "Prices you set" not in page_of(alices_browser, PRICES)


def test_a_stranger_finds_nothing(bobs_browser, alices_browser, dot):
    said(alices_browser, at(dot))
    own = OwnPrice.objects.get()

    assert bobs_browser.get(at(dot)).status_code == 404
    assert bobs_browser.post(at(dot), {"take_back": own.pk}).status_code == 404
    assert "Prices you set" not in page_of(bobs_browser, PRICES)
    for named in (own.pk, "nonsense"):
        assert alices_browser.post(at("EUR"), {"take_back": named}).status_code == 404


def test_it_asks_as_often_for_many_assets_as_for_one(alices_browser, alice, wallet):
    counted = []
    for count in (1, 25):
        store(wallet, *(ledger_row(f"Q{n}", f"Q{n}", f"QQ{n}X", "1", kind="deposit", at=NOW) for n in range(count)))
        read(wallet)
        for n in range(count):
            quoted(f"QQ{n}Y", "USD", AT, "1")
        page_of(alices_browser, PRICES)
        with CaptureQueriesContext(connection) as asked:
            page_of(alices_browser, PRICES)
        counted.append(len(asked))

    assert counted[0] == counted[1]
