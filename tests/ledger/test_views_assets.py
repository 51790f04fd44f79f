"""Pages of assets: what an owner holds or held, and what their symbols stand for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent
from ledger import edits
from ledger.models import AssetAlias, Journal, Transaction
from tests.ledger.conftest import NOW
from tests.ledger.matched import OWNER, another, arrived, left, of
from tests.ledger.stand import SOON, assert_sound, held, ledger_row, read, store

pytestmark = pytest.mark.django_db
ASSETS = "/transactions/assets/"


def deposit(symbol, number=1, amount="3"):
    return ledger_row(f"Q{number}", f"Q{number}", symbol, amount, kind="deposit")


def at(code):
    return reverse("ledger:asset", args=[code])


def page_of(browser, address=ASSETS):
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def said(browser, /, page, **facts):
    answer = browser.post(at(page), {"symbol": page, "exchange": "", **facts}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def unknown(wallet):
    store(wallet, deposit("QQFOO"))
    read(wallet)
    return "QQFOO"


def test_what_is_held_and_was_held_is_listed_over_all_wallets(alices_browser, alice, wallet):
    second = another(alice)
    store(wallet, arrived(1, "1.5"), ledger_row("E", "E", "XETH", "2", kind="deposit"))
    store(second, arrived(2, "0.25"))
    read(wallet)
    read(second)
    store(wallet, left(1, "2", asset="XETH", at=NOW + timedelta(days=1)))
    read(wallet)

    page = page_of(alices_browser)

    assert "Bitcoin" in page
    assert "1.75" in page
    assert [page.count(f'<span class="where-each">{name}</span>') for name in ("Kraken", "Second")] == [1, 1]
    assert "No longer held" in page  # the ether


def test_what_nobody_knows_leads_to_where_its_owner_says_what_it_is(alices_browser, unknown):
    page = page_of(alices_browser)
    assert "Not every asset is known" in page
    assert at(unknown) in page

    words = said(alices_browser, unknown, code="btc")
    assert "QQFOO is BTC from now on. Your wallet is read anew in the background" in words


def test_a_word_changes_what_rows_mean_and_no_edit_is_lost(alices_browser, alice, wallet, unknown):
    edits.edit(by=OWNER, owner=alice, ids=[of(wallet).pk], changes={"note": "mine"}, now=SOON)
    said(alices_browser, unknown, code="BTC")
    assert Journal.objects.get().behind  # a worker reads on

    read(wallet)

    each = of(wallet)
    assert (each.received_asset, each.unknown, each.note, held(wallet)) == ("BTC", [], "mine", {"BTC": 3})
    assert_sound(wallet)
    assert "Not every asset is known" not in page_of(alices_browser)


def test_it_is_changed_and_taken_back_and_the_trail_tells(alices_browser, alice, wallet, unknown):
    said(alices_browser, unknown, code="BTC")
    alias = AssetAlias.objects.get()
    change = reverse("ledger:alias_change", args=[alias.pk])
    assert 'value="BTC"' in page_of(alices_browser, change)

    alices_browser.post(change, {"symbol": "QQFOO", "code": "ETH", "exchange": "kraken"})
    read(wallet)
    assert held(wallet) == {"ETH": 3}

    answer = alices_browser.post(reverse("ledger:alias_delete", args=[alias.pk]), follow=True)
    assert "QQFOO is what it was before." in answer.content.decode()
    read(wallet)
    assert held(wallet) == {"QQFOO": 3}
    told = AuditEvent.objects.filter(owner=alice, action__startswith="asset_").order_by("at", "id")
    assert [(each.action, each.subject, each.details) for each in told] == [
        ("asset_named", "QQFOO", {"asset": "BTC"}),
        ("asset_name_changed", "QQFOO", {"asset": "ETH", "exchange": "kraken"}),
        ("asset_name_dropped", "QQFOO", {"asset": "ETH", "exchange": "kraken"}),
    ]


def test_days_are_those_of_the_owners_clock(alices_browser, alice, unknown):
    alice.time_zone = "Asia/Tokyo"
    alice.save()

    said(alices_browser, unknown, code="BTC", since="2026-11-01", until="2026-12-01")

    alias = AssetAlias.objects.get()
    assert alias.since == datetime(2026, 10, 31, 15, tzinfo=UTC)
    assert 'value="2026-11-01"' in page_of(alices_browser, reverse("ledger:alias_change", args=[alias.pk]))


def test_only_wallets_of_that_exchange_are_read_anew(alices_browser, alice, wallet, unknown):
    another(alice, "Elsewhere", exchange="gemini")

    assert "Your wallet is read anew" in said(alices_browser, unknown, code="BTC", exchange="kraken")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"code": ""}, "required"),
        ({"code": "B TC"}, "no spaces"),
        ({"code": "QQFOO"}, "It is called that already"),
        ({"code": "B\0C"}, "Null characters"),
        ({"code": "X" * 65}, "at most 64"),
        ({"code": "BTC", "symbol": ""}, "required"),
        ({"code": "BTC", "exchange": "nowhere"}, "is none of the choices for"),
        ({"code": "BTC", "since": "2026-02-02", "until": "2026-01-01"}, "The end comes after the beginning"),
        ({"code": "BTC", "since": "yesterday"}, "valid date"),
        ({"code": "BTC", "since": "0001-01-01", "until": "9999-12-31"}, "QQFOO is BTC"),
    ],
)
def test_what_cannot_be_is_said(alices_browser, unknown, facts, words):
    assert words in said(alices_browser, unknown, **facts)


def test_the_same_word_is_not_kept_twice(alices_browser, unknown):
    said(alices_browser, unknown, code="BTC")

    assert "You have said exactly that already." in said(alices_browser, unknown, code="BTC")
    assert AssetAlias.objects.count() == 1


@pytest.mark.parametrize("symbol", ["A/B", "..", "AB?x=1", "ÄÖ#", "<B>"])
def test_symbols_of_any_shape_have_a_page(alices_browser, wallet, symbol):
    store(wallet, deposit(symbol))
    read(wallet)
    code = Transaction.objects.get().received_asset

    assert at(code) in page_of(alices_browser).replace("&#x27;", "'")
    if code != "..":  # a browser takes it for a step up
        assert page_of(alices_browser, f"{ASSETS}of/{quote(code, safe='')}/")


def test_bait_is_marked_with_the_reason(alices_browser, wallet):
    store(wallet, deposit("CLAIM-AIRDROP.COM"))
    read(wallet)

    assert "Perhaps bait" in page_of(alices_browser)
    assert "It looks like bait" in page_of(alices_browser, at("CLAIM-AIRDROP.COM"))


def test_a_stranger_finds_nothing(bobs_browser, alices_browser, unknown):
    said(alices_browser, unknown, code="BTC")
    alias = AssetAlias.objects.get()

    assert bobs_browser.get(at(unknown)).status_code == 404
    assert bobs_browser.post(at(unknown), {"code": "BTC"}).status_code == 404
    assert bobs_browser.get(reverse("ledger:alias_change", args=[alias.pk])).status_code == 404
    assert bobs_browser.post(reverse("ledger:alias_delete", args=[alias.pk])).status_code == 404
    assert "No assets yet" in page_of(bobs_browser)


def test_it_asks_as_often_for_many_as_for_one(alices_browser, wallet):
    counted = []
    for count in (1, 30):
        store(wallet, *(deposit(f"QQ{number}X", number) for number in range(count)))
        read(wallet)
        page_of(alices_browser)
        with CaptureQueriesContext(connection) as asked:
            page_of(alices_browser)
        counted.append(len(asked))

    assert counted[0] == counted[1]
