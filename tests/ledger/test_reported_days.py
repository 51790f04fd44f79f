"""Reports are kept by the day, and tell since when an asset differs."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import discrepancies, edits, intake, reported_days
from ledger.models import ReportedDay, Transaction
from ledger.reconcile import Reported
from tests.ledger.matched import MINUTE, OWNER, another, arrived, left
from tests.ledger.stand import SOON, ledger_row, read, store, trade
from tests.ledger.test_views_reconcile import at as address
from tests.ledger.test_views_reconcile import line_of, page_of, pressed
from wallets.records import Balance

pytestmark = pytest.mark.django_db
THIRD = datetime(2026, 3, 3, 12, tzinfo=UTC)
FIFTH, SEVENTH, NINTH = (THIRD + timedelta(days=days) for days in (2, 4, 6))


def said(wallet, at, **amounts):
    balances = [Balance(asset, Decimal(amount)) for asset, amount in amounts.items()]
    intake.report_balances(wallet, balances, now=at)


def kept(wallet):
    return [(each.day, each.amounts) for each in ReportedDay.objects.filter(wallet=wallet).order_by("day", "id")]


def words_of(page):
    return re.sub(r"<[^>]*>", "", page)


@pytest.fixture
def parted(wallet):
    """Told and calculated alike on the third; on the sixth a withdrawal came that the transactions do not tell."""
    store(wallet, arrived(1, "1.5", at=THIRD - MINUTE), arrived(2, "0.25", at=FIFTH - MINUTE))
    read(wallet)
    for at, amount in ((THIRD, "1.5"), (FIFTH, "1.75"), (SEVENTH, "1.5"), (NINTH, "1.5")):
        said(wallet, at, XXBT=amount)
    return wallet


# --- what is kept --------------------------------------------------------------------------------------------------


def test_the_last_report_of_each_day_is_kept_over_all_places(wallet):
    said(wallet, THIRD, XXBT="1", ZEUR="5")
    spread = [Balance("XXBT", Decimal(1), "spot"), Balance("XXBT", Decimal("0.50"), "earn")]
    intake.report_balances(wallet, spread, now=THIRD + timedelta(hours=3))
    said(wallet, FIFTH)

    assert kept(wallet) == [(date(2026, 3, 3), {"XXBT": "1.50"}), (date(2026, 3, 5), {})]


def test_a_day_is_one_statement_however_much_is_held(wallet):
    counted = []
    for many in (1, 30):
        with CaptureQueriesContext(connection) as asked:
            said(wallet, THIRD, **{f"QQ{number}": "1" for number in range(many)})
        counted.append(len(asked))

    assert counted[0] == counted[1]


def test_of_older_months_the_last_day_is_kept(wallet):
    for days in range(200):
        said(wallet, THIRD + timedelta(days=days), XXBT="1")

    days = [day for day, _ in kept(wallet)]
    newest = (THIRD + timedelta(days=199)).date()
    assert days[:3] == [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)]
    assert days[3:] == [newest - reported_days.DAILY + timedelta(days=number) for number in range(91)]


# --- since when ----------------------------------------------------------------------------------------------------


def test_it_is_told_when_both_agreed_last_and_since_when_they_differ(parted):
    found = line_of(parted).since

    assert (found.agreed, found.differs) == (FIFTH, SEVENTH)
    assert [(each.at, each.reported, each.calculated, each.difference) for each in found.days] == [
        (FIFTH, Decimal("1.75"), Decimal("1.75"), Decimal(0)),
        (SEVENTH, Decimal("1.5"), Decimal("1.75"), Decimal("-0.25")),
        (NINTH, Decimal("1.5"), Decimal("1.75"), Decimal("-0.25")),
    ]


def test_it_is_calculated_as_of_each_reports_own_moment(wallet, alice):
    store(wallet, arrived(1, "1", at=THIRD - MINUTE), left(2, "0.5", at=THIRD + MINUTE, fee="0.1"))
    store(wallet, arrived(3, "2", at=FIFTH - MINUTE), arrived(4, "4", at=FIFTH + MINUTE))
    store(wallet, arrived(5, "8", at=FIFTH + MINUTE), left(6, "9", at=FIFTH - timedelta(hours=30)))
    read(wallet)
    ignored = Transaction.objects.get(sent_amount=9)
    edits.edit(by=OWNER, owner=alice, ids=[ignored.pk], changes={"ignored": True}, now=SOON)
    for at, amount in ((THIRD, "1"), (FIFTH, "2.4"), (NINTH, "1")):
        said(wallet, at, XXBT=amount)

    found = line_of(wallet).since

    assert (found.agreed, found.differs) == (FIFTH, NINTH)
    assert [each.calculated for each in found.days] == [Decimal("2.4"), Decimal("14.4")]


def test_of_many_reports_each_is_calculated_as_it_would_be_alone(wallet):
    hours = [timedelta(hours=number) for number in range(0, 120, 7)]
    for number, after in enumerate(hours):
        store(wallet, *trade(number, at=THIRD + after), left(number, "0.3", fee="0.01", at=THIRD + 2 * after))
    read(wallet)
    times = [THIRD + after * 3 for after in hours]

    found = reported_days.calculated(wallet, ["BTC", "EUR"], times)

    for asset, amounts in found.items():
        assert amounts == [discrepancies.calculated([asked(wallet, asset, at)])[wallet.pk][asset] for at in times]


def asked(wallet, asset, at):
    return discrepancies.Asked(wallet.pk, {asset: Reported(Decimal(0), at)}, None)


def test_what_is_no_longer_named_is_nought_and_two_symbols_are_one_asset(wallet):
    store(wallet, arrived(1, "1.5", at=THIRD - MINUTE))
    read(wallet)
    said(wallet, THIRD, XXBT="1", XBT="0.5")
    said(wallet, FIFTH, ZEUR="1")

    assert (line_of(wallet).since.agreed, line_of(wallet).since.differs) == (THIRD, FIFTH)
    assert line_of(wallet).since.days[-1].reported == 0


def test_where_they_never_agreed_the_first_report_is_told(alices_browser, wallet):
    for at in (THIRD, FIFTH):
        said(wallet, at, XXBT="1")

    assert (line_of(wallet).since.agreed, line_of(wallet).since.differs) == (None, THIRD)
    assert "differed already on 3 Mar 2026" in words_of(page_of(alices_browser, wallet))


def test_of_one_report_alone_and_of_what_agrees_nothing_is_said(wallet):
    said(wallet, THIRD, XXBT="1")
    assert line_of(wallet).since is None

    store(wallet, arrived(1, "1", at=FIFTH - MINUTE))
    read(wallet)
    said(wallet, SEVENTH, XXBT="1")
    assert line_of(wallet).since is None


def test_the_page_says_it_and_leads_to_what_happened_between(alices_browser, parted):
    page = page_of(alices_browser, parted)

    assert "agreed on 5 Mar 2026 and differ since 7 Mar 2026" in words_of(page)
    href = f"/transactions/?wallet={parted.pk}&amp;asset=BTC&amp;from=2026-03-05&amp;to=2026-03-07"
    assert href in page
    shown = alices_browser.get(href.replace("&amp;", "&")).content.decode()
    assert "0.25" in shown
    assert "1.5 BTC" not in shown


def test_days_are_those_of_the_owners_clock(alices_browser, wallet, alice):
    alice.time_zone = "Pacific/Auckland"
    alice.save()
    store(wallet, arrived(1, "1", at=THIRD - MINUTE))
    read(wallet)
    said(wallet, THIRD, XXBT="1")
    said(wallet, FIFTH, XXBT="2")

    page = page_of(alices_browser, wallet)

    assert "agreed on 4 Mar 2026 and differ since 6 Mar 2026" in words_of(page)
    assert "from=2026-03-04&amp;to=2026-03-06" in page


# --- the owner's word ----------------------------------------------------------------------------------------------


def typed(wallet, at, amount, asset="BTC"):
    discrepancies.type_in(by=OWNER, wallet=wallet, asset=asset, amount=Decimal(amount), now=at)


@pytest.fixture
def files(alice):
    return another(alice, "Files", way="csv")


def test_what_the_owner_typed_in_is_a_report_of_that_asset_alone(files):
    store(files, arrived(1, "1", at=THIRD - MINUTE), arrived(2, "7", at=THIRD - MINUTE, asset="XETH"))
    read(files)
    typed(files, THIRD, "1")
    typed(files, FIFTH, "8", "ETH")
    typed(files, SEVENTH, "2")

    assert (line_of(files).since.agreed, line_of(files).since.differs) == (THIRD, SEVENTH)
    assert line_of(files, "ETH").since is None


def test_it_takes_the_place_of_what_a_key_had_told_before(wallet):
    said(wallet, THIRD, XXBT="1", XETH="3")
    typed(wallet, FIFTH, "2")

    told = discrepancies.reported_by(wallet)

    assert {asset: (each.amount, each.typed) for asset, each in told.items()} == {"BTC": (2, True), "ETH": (3, False)}


def test_a_word_that_is_taken_back_leaves_nothing_of_its_day(alices_browser, files):
    typed(files, THIRD, "1")
    typed(files, FIFTH, "2")
    typed(files, FIFTH + MINUTE, "3")

    pressed(alices_browser, files, "typed/take-back/", asset="BTC")

    assert kept(files) == [(date(2026, 3, 3), {"BTC": "1"})]


# --- how often it asks ---------------------------------------------------------------------------------------------


def test_it_asks_as_often_for_many_assets_and_days_as_for_one(alices_browser, alice, wallet):
    counted = []
    for mine, many in ((wallet, 1), (another(alice), 30)):
        rows = [
            ledger_row(f"D{number}", f"D{number}", f"QQ{number}X", "3", kind="deposit", at=THIRD)
            for number in range(many)
        ]
        store(mine, *rows)
        read(mine)
        for days in range(1, many + 2):
            said(mine, THIRD + timedelta(days=days), **{f"QQ{number}X": "2" for number in range(many)})
        page_of(alices_browser, mine)
        with CaptureQueriesContext(connection) as asked:
            assert alices_browser.get(address(mine)).content.decode().count("differed already on") == many
        counted.append(len(asked))

    assert counted[0] == counted[1]
