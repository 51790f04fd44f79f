"""The pages of the portfolio: figures, where each leads, what is said where something is missing or to come."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ledger.models import Reckoning, ReportedBalance
from ledger.pricing.candles import DAY, HOUR
from tests.ledger.gains.books import buys, day, moved, reckon, sells, tell
from tests.ledger.matched import another
from tests.ledger.priced import hours, quoted
from wallets.models import Wallet
from wallets.visitors import one_list_read

pytestmark = pytest.mark.django_db
PORTFOLIO, HISTORY = "/portfolio/", "/portfolio/history/"
SPACE = "\N{NO-BREAK SPACE}"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def quotes(now):
    quoted("BTC", "USD", now - timedelta(days=20), *["200"] * 20, span=DAY)
    quoted("BTC", "USD", now - hours(26), *["200"] * 26, "250", span=HOUR)


def page_of(browser, address=PORTFOLIO, **headers):
    answer = browser.get(address, headers=headers)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode().replace(SPACE, " "))


def piece_of(browser, address):
    return page_of(browser, address, hx_request="true")


# --- the whole -----------------------------------------------------------------------------------------------------


def test_without_a_wallet_and_without_rows_it_says_what_to_do(alices_browser, alice, now):
    assert "Add a wallet" in page_of(alices_browser)

    wallet = another(alice)
    assert "Your history is being read" in page_of(alices_browser)

    wallet.last_success_at = now  # of a test of its key
    wallet.save()
    assert "Your history is being read" in page_of(alices_browser)
    assert "Nothing is held" not in piece_of(alices_browser, f"/portfolio/wallets/{wallet.pk}/glance/")

    wallet.streams = [{"stream": "ledger", "state": "done"}]  # a run has come to its end
    wallet.save()
    assert "Nothing is held" in page_of(alices_browser)


def test_the_first_reckoning_is_waited_for_calmly(alices_browser, wallet, quotes):
    tell(wallet, *buys("T1", "2", "100", day(0)))

    page = page_of(alices_browser)

    assert "being reckoned for the first time" in page
    assert 'hx-trigger="every 3s"' in page
    assert "400.00 USD" in page
    assert "To come" in page


def test_figures_stand_with_their_freshness_and_lead_on(alices_browser, alice, wallet, quotes, now):
    tell(wallet, *buys("T1", "2", "100", day(0)), *moved("D1", "0.5", day(1)))
    reckon(alice, now=now)

    page = page_of(alices_browser)

    assert "525.00 USD" in page
    assert "+400.00 USD" in page
    assert "Cost of 0.5 not known" in page
    assert "/portfolio/assets/BTC/#findings" in page
    assert "costs reckoned" in page
    assert "every 3s" not in page
    assert "Something is below nought" in page


def test_what_changed_since_is_said_quietly(alices_browser, alice, wallet, quotes, now):
    tell(wallet, *buys("T1", "2", "100", day(0)))
    reckon(alice, now=now)
    tell(wallet, *buys("T2", "1", "100", day(3)))
    assert "being brought up to date" in page_of(alices_browser)

    reckon(alice, now=now)
    alice.base_currency = "EUR"
    alice.save()
    assert "Figures are still in USD" in page_of(alices_browser)


def test_figures_of_a_history_that_is_still_being_read_say_so(alices_browser, alice, wallet, quotes, now):
    other = another(alice, way="manual")
    tell(wallet, *buys("T1", "2", "100", day(0)))
    reckon(alice, now=now)
    said, short = "“Kraken” is not read to its end yet", "what “Kraken” holds is not all here yet"

    page, glance = page_of(alices_browser), piece_of(alices_browser, "/portfolio/glance/")
    assert said in page
    assert f'href="/wallets/{wallet.pk}/"' in page
    assert 'hx-trigger="every 10s"' in page
    assert short in glance
    assert "in a day" not in glance
    assert said not in page_of(alices_browser, f"/portfolio/wallets/{other.pk}/")

    another(alice)
    assert "2 wallets are not read to their end yet" in page_of(alices_browser)

    wallet.__class__.objects.update(streams=[{"stream": "ledger", "state": "done"}])
    assert "not read to" not in page_of(alices_browser)
    assert "not all here" not in piece_of(alices_browser, "/portfolio/glance/")


def test_what_waits_for_its_owner_is_not_asked_for_again_and_again(alices_browser, alice, wallet, quotes, now):
    tell(wallet, *buys("T1", "2", "100", day(0)))
    reckon(alice, now=now)
    wallet.__class__.objects.update(health="needs_you")

    page = page_of(alices_browser)

    assert "“Kraken” is not read to its end yet" in page
    assert 'hx-trigger="every 10s"' not in page


def test_a_reckoning_that_fails_is_said_and_amounts_stand(alices_browser, wallet, quotes):
    tell(wallet, *buys("T1", "2", "100", day(0)))
    page_of(alices_browser)
    Reckoning.objects.update(failed=True)

    page = page_of(alices_browser)

    assert "could not be reckoned" in page
    assert "every 3s" not in page
    assert "400.00 USD" in page


def test_what_has_no_price_is_flagged_with_what_can_be_done(alices_browser, wallet):
    tell(wallet, *moved("D1", "5", day(1), asset="QQFOO"), *moved("D2", "1", day(1), asset="CLAIM-AIRDROP.COM"))

    page = page_of(alices_browser)

    assert "Not everything has a price" in page
    assert "1 asset counts for nothing" in page
    assert "Set a price" in page
    assert "Say what it is" in page
    assert "Looks like bait" in page
    assert "CLAIM-AIRDROP.COM" not in page_of(alices_browser, f"{PORTFOLIO}?small=hide")


def test_a_wallet_is_chosen_and_a_strangers_is_not_there(alices_browser, bobs_browser, alice, wallet, quotes):
    second = another(alice)
    tell(wallet, *buys("T1", "2", "100", day(0)))
    tell(second, *moved("D1", "1", day(0)))

    answer = alices_browser.get(f"{PORTFOLIO}?wallet={second.pk}&small=hide")
    assert answer.headers["Location"] == f"/portfolio/wallets/{second.pk}/?small=hide"
    page = page_of(alices_browser, answer.headers["Location"])
    assert "250.00 USD" in page
    assert "400.00 USD" not in page
    assert alices_browser.get(f"{PORTFOLIO}?wallet=x").status_code == 404
    assert bobs_browser.get(f"{PORTFOLIO}?wallet={second.pk}").status_code == 404


def test_many_are_shown_when_asked_for(alices_browser, wallet):
    tell(wallet, *[row for n in range(102) for row in moved(f"D{n}", "1", day(0), asset=f"QQ{n:03}")])

    page = page_of(alices_browser)

    assert "Show 2 more" in page
    assert "QQ101" not in page
    assert "QQ101" in page_of(alices_browser, f"{PORTFOLIO}?all=yes")


def test_what_is_hidden_is_not_more_to_be_shown(alices_browser, wallet, quotes):
    tell(wallet, *[row for n in range(100) for row in moved(f"D{n}", "1", day(0), asset=f"QQ{n:03}")])
    tell(wallet, *moved("DUST", "0.0001", day(0)))

    page = page_of(alices_browser, f"{PORTFOLIO}?small=hide")

    assert "1 hidden." in page
    assert "more</a>" not in page


def test_many_assets_and_wallets_cost_no_more_questions_than_few(alices_browser, alice, wallet, now):
    def hold(place, number):
        quoted(f"QQ{number}", "USD", now - hours(25), *["2"] * 26, span=HOUR)
        tell(place, *moved(f"D{number}", "1", now - timedelta(days=3), asset=f"QQ{number}"))

    hold(wallet, 0)
    few = asked(alices_browser, alice, now, "QQ0")
    for number in range(1, 4):
        hold(another(alice, f"W{number}"), number)
    hold(wallet, 4)

    assert asked(alices_browser, alice, now, "QQ0") == few


def asked(browser, alice, now, code):
    reckon(alice, now=now)
    counted = {}
    for address in (PORTFOLIO, HISTORY, f"{HISTORY}?range=1w", f"/portfolio/assets/{code}/", "/portfolio/glance/"):
        browser.get(address, headers={"hx-request": "true"})
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address, headers={"hx-request": "true"}).status_code == 200
        counted[address] = len(queries)
    return counted


# --- over time -----------------------------------------------------------------------------------------------------


def chart_of(page):
    return json.loads(re.search(r'<script id="history-data" type="application/json">(.*?)</script>', page)[1])


def test_the_chart_is_told_as_texts_and_as_a_table(alices_browser, wallet, quotes, now):
    tell(wallet, *moved("D1", "2", now - timedelta(days=4)), *moved("D2", "1", now - timedelta(days=4), asset="QQFOO"))

    piece = piece_of(alices_browser, f"{HISTORY}?range=1m")

    told = chart_of(piece)
    assert told["values"] == ["400.00"] * 4 + ["500.00"]
    assert told["currency"] == "USD"
    assert "QQFOO (throughout)" in piece
    assert '<th scope="row">Now</th>' in piece
    assert "<html" not in piece
    assert '<details class="disclosure" open' in page_of(alices_browser, HISTORY)


def test_ranges_wallets_and_assets_narrow_it(alices_browser, alice, wallet, quotes, now):
    second = another(alice)
    tell(wallet, *moved("D1", "2", now - timedelta(days=4)))
    tell(second, *moved("D2", "1", now - timedelta(days=4)))

    assert chart_of(piece_of(alices_browser, f"{HISTORY}?range=1w"))["hourly"] is True
    assert chart_of(piece_of(alices_browser, f"{HISTORY}?wallet={second.pk}"))["values"][-1] == "250.00"
    told = chart_of(piece_of(alices_browser, f"{HISTORY}?asset=BTC&range=nonsense"))
    assert (told["amounts"][-1], told["prices"][-1]) == ("3", "250.00")
    assert alices_browser.get(f"{HISTORY}?asset=ETH").status_code == 404
    assert alices_browser.get(f"{HISTORY}?wallet=x").status_code == 404


def test_where_nothing_can_be_drawn_it_is_said(alices_browser, wallet, now):
    tell(wallet, *moved("D1", "5", now - timedelta(days=4), asset="QQFOO"))
    assert "Nobody says what it was worth" in piece_of(alices_browser, HISTORY)

    assert "Nothing was held before today" in piece_of(alices_browser, f"{HISTORY}?wallet={another(wallet.owner).pk}")


def test_who_has_no_wallet_is_led_to_one_and_not_told_what_was_held(alices_browser, alice):
    piece = piece_of(alices_browser, HISTORY)

    assert "Nothing was held" not in piece
    assert reverse("wallets:add") in piece


# --- one asset -----------------------------------------------------------------------------------------------------


def test_an_asset_leads_from_worth_to_lot_to_transaction(alices_browser, alice, wallet, quotes, now):
    tell(wallet, *buys("T1", "2", "100", day(0)), *sells("T2", "0.5", "120", day(2)), *moved("D1", "1", day(1)))
    reckon(alice, now=now)

    page = page_of(alices_browser, "/portfolio/assets/BTC/")

    assert "625.00 USD" in page
    [lot, *_] = re.findall(r'<th scope="row"><span class="lot-when"><a href="(/transactions/[0-9a-f-]{36}/)">', page)
    assert alices_browser.get(lot).status_code == 200
    assert "Long" in page
    assert "Cost of 1 not known" in page
    assert "Came from nobody knows where" in page
    assert "+95.00 USD" in page
    assert "/transactions/?asset=BTC" in page


def test_no_day_of_acquisition_is_claimed_for_a_lot_that_came_from_nowhere(alices_browser, alice, wallet, now):
    tell(wallet, *buys("T1", "1", "10", day(0)), *moved("D1", "2", day(1)))
    reckon(alice, now=now)

    page = page_of(alices_browser, "/portfolio/assets/BTC/")

    assert re.findall(r'class="lot-when">(\w*) ?<', page) == ["", "Came"]


def test_an_old_price_leads_to_the_moment_it_is_of(alices_browser, wallet, now):
    """Of now there is none: who opens a figure must not be told so."""
    quoted("ETH", "USD", now - timedelta(days=12), "321", span=DAY)
    tell(wallet, *moved("D1", "1", day(0), asset="XETH"))

    page = page_of(alices_browser, "/portfolio/assets/ETH/")

    assert "at 321.00 USD, price of" in page
    [address] = set(re.findall(r'href="(/transactions/prices/of/ETH/[^"]*)"', page))
    assert "321 USD" in page_of(alices_browser, address)


def test_many_lots_come_in_pages(alices_browser, alice, wallet, quotes, now):
    tell(wallet, *[row for n in range(22) for row in buys(f"T{n}", "1", "10", day(n))])
    reckon(alice, now=now)

    page = page_of(alices_browser, "/portfolio/assets/BTC/")
    later = re.search(r'href="(\?after=[^"]*)#lots"', page)[1]

    rows = r'data-label="Cost of one"'
    assert len(re.findall(rows, page)) == 20
    last = page_of(alices_browser, f"/portfolio/assets/BTC/{later}")
    assert len(re.findall(rows, last)) == 2
    assert "The oldest lots" in last  # and back


def test_the_range_that_is_shown_is_marked_on_a_page_of_its_own_too(alices_browser, wallet, quotes, now):
    tell(wallet, *buys("T1", "2", "100", now - timedelta(days=10)))

    page = page_of(alices_browser, f"{HISTORY}?range=1m")

    assert 'aria-current="true">1 month<' in page


def test_money_has_no_lots_and_a_strangers_asset_is_not_there(alices_browser, bobs_browser, wallet):
    tell(wallet, *moved("D1", "50", day(1), asset="ZUSD"))

    page = page_of(alices_browser, "/portfolio/assets/USD/")

    assert "50.00 USD" in page
    assert "Lots that are left" not in page
    assert "being reckoned" not in page
    assert bobs_browser.get("/portfolio/assets/USD/").status_code == 404


# --- pieces of other pages -----------------------------------------------------------------------------------------


def test_other_pages_show_a_glance_and_by_itself_it_leads_to_the_whole(alices_browser, wallet, quotes):
    assert "Nothing yet" in piece_of(alices_browser, "/portfolio/glance/")
    tell(wallet, *buys("T1", "2", "100", day(0)))

    assert "400.00 USD" in piece_of(alices_browser, "/portfolio/glance/")
    assert "400.00 USD" in piece_of(alices_browser, f"/portfolio/wallets/{wallet.pk}/glance/")
    assert alices_browser.get("/portfolio/glance/").headers["Location"] == PORTFOLIO
    alone = alices_browser.get(f"/portfolio/wallets/{wallet.pk}/glance/")
    assert alone.headers["Location"] == f"/portfolio/wallets/{wallet.pk}/"
    assert 'hx-get="/portfolio/glance/"' in page_of(alices_browser, "/home/")


# --- against what exchanges show -----------------------------------------------------------------------------------

DIFFERING = "/portfolio/differing/"


def report(wallet, now, **amounts):
    """By a run that has come to its end."""
    for symbol, amount in amounts.items():
        facts = {"owner": wallet.owner, "wallet": wallet, "asset": symbol, "amount": amount, "reported_at": now}
        ReportedBalance.objects.create(place="spot", **facts)
    Wallet.objects.filter(pk=wallet.pk).update(streams=one_list_read(now))


def test_worth_of_what_does_not_add_up_says_so_and_leads_to_where_it_is_compared(alices_browser, alice, wallet, now):
    second, third = another(alice, "Second"), another(alice, "Third")
    for each in (wallet, second, third):
        tell(each, *moved(f"D{each.label}", "2", day(0)), *moved(f"E{each.label}", "1", day(0), asset="XETH"))
    report(wallet, now, XXBT="2.5", XETH="1")
    report(second, now, XXBT="2", XETH="1")
    report(third, now, XXBT="2")  # what it leaves out is nought

    page, piece = page_of(alices_browser), piece_of(alices_browser, DIFFERING)
    assert f'hx-get="{DIFFERING}"' in page
    assert "Not all of it adds up" in piece
    assert re.search(r"Kraken</a> shows other amounts of BTC\b", piece)
    assert re.search(r"Third</a> shows other amounts of ETH\b", piece)
    assert f"/wallets/{wallet.pk}/balances/" in piece
    assert "Second" not in piece
    alone = piece_of(alices_browser, f"{DIFFERING}?wallet={third.pk}")
    assert ("Third" in alone, "Kraken" in alone) == (True, False)
    assert alices_browser.get(DIFFERING).headers["Location"] == PORTFOLIO


def test_what_adds_up_and_what_is_still_to_come_is_not_said_to_differ(alices_browser, bobs_browser, alice, wallet, now):
    binned, read, files = another(alice, "Binned"), another(alice, "Read"), another(alice, "Files", way="csv")
    for each in (wallet, binned, read, files):
        tell(each, *moved(f"D{each.label}", "2", now - hours(5)))
    report(wallet, now, XXBT="3")
    Wallet.objects.filter(pk=wallet.pk).update(streams=[])
    report(binned, now, XXBT="3")
    Wallet.objects.filter(pk=binned.pk).update(binned_at=now)
    report(read, now - hours(1), XXBT="2")
    tell(read, *moved("LATER", "1", now - hours(0.5)))

    assert piece_of(alices_browser, DIFFERING).strip() == ""
    Wallet.objects.filter(pk=wallet.pk).update(streams=one_list_read(now))
    assert "Kraken" in piece_of(alices_browser, DIFFERING)
    assert piece_of(bobs_browser, DIFFERING).strip() == ""
    stranger = bobs_browser.get(f"{DIFFERING}?wallet={wallet.pk}", headers={"hx_request": "true"})
    assert stranger.status_code == 404


def test_many_wallets_are_compared_with_as_many_queries_as_few(alices_browser, alice, wallet, now):
    """It is asked for behind each look at the portfolio: with each wallet two more, of two hundred wallets."""

    def compared():
        with CaptureQueriesContext(connection) as asked:
            told = piece_of(alices_browser, DIFFERING)
        return len(asked), told.count("shows other amounts of")

    for number in range(12):
        each = wallet if not number else another(alice, f"Wallet {number}")
        tell(each, *moved(f"D{number}", "2", day(0)), *moved(f"L{number}", "1", now - hours(0.5)))
        report(each, now - hours(1), XXBT="2" if number % 2 else "3")
        if number == 1:
            few, found = compared()
            assert found == 1
    assert compared() == (few, 6)


BEFORE_TIME = "0001-01-01T00:00:00%2B23:59"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/portfolio/assets/%00/", 404),
        ("/portfolio/history/?asset=%00", 404),
        ("/transactions/prices/of/%00/", 404),
        ("/transactions/prices/of/BTC/?quote=%00", 200),
        (f"/portfolio/assets/BTC/?after={BEFORE_TIME}_1", 200),
        (f"/tax/2024/income/?after={BEFORE_TIME}_1", 200),
        (f"/tax/2024/disposals/?after={BEFORE_TIME}_69936982-b25f-44ed-8b84-a4b915350401_1", 200),
    ],
)
def test_an_address_that_somebody_made_up_is_no_failure(alice, alices_browser, wallet, address, status):
    tell(wallet, *buys("T1", "1", "100", day(0)), *sells("T2", "0.5", "90", day(9)))
    reckon(alice)

    assert alices_browser.get(address).status_code == status
