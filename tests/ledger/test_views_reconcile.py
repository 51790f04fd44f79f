"""The page of balances: what is reported beside what is calculated, causes that are found, the row that closes it."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent
from ledger import discrepancies, edits, handmade, importing
from ledger.models import Balance, Coverage, Decision, ImportFile, Part, Proposal, ReportedBalance, Transaction
from ledger.readings.telling import UNSURE
from ledger.reconcile import Code
from tests.ledger.bringing import at_work, taken, taken_back, tracked
from tests.ledger.conftest import NOW
from tests.ledger.matched import MINUTE, OWNER, another, arrived, doubled, left, look, of
from tests.ledger.stand import SOON, assert_sound, ledger_row, read, store, trade
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
RUN = [{"stream": "ledger", "state": "done"}]  # a run has come to its end


@pytest.fixture
def other(alice):
    return another(alice)


@pytest.fixture
def files(alice):
    """Fed by files and by hand."""
    return another(alice, "Files", way="csv")


def report(wallet, at=LATER, **amounts):
    for asset, amount in amounts.items():
        ReportedBalance.objects.create(
            owner=wallet.owner, wallet=wallet, asset=asset, place="spot", amount=Decimal(amount), reported_at=at
        )


def line_of(wallet, asset="BTC"):
    return next(line for line in discrepancies.balances_of(wallet).lines if line.asset == asset)


def codes(line):
    return {(cause.code, cause.exact) for cause in line.causes}


def at(wallet, part=""):
    return f"/wallets/{wallet.pk}/balances/{part}"


def short_of(browser, wallet):
    return browser.get(at(wallet, "short/"), headers={"HX-Request": "true"}).content.decode()


def page_of(browser, wallet):
    answer = browser.get(at(wallet))
    assert answer.status_code == 200
    return answer.content.decode()


def pressed(browser, wallet, part, **data):
    answer = browser.post(at(wallet, part), data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


# --- both, side by side --------------------------------------------------------------------------------------------


def test_what_adds_up_is_said_to(alices_browser, wallet):
    store(wallet, arrived(1, "1.5"))
    read(wallet)
    report(wallet, XXBT="1.5000000000")

    assert "Everything adds up" in page_of(alices_browser, wallet)
    assert line_of(wallet).agrees


def test_places_are_added_and_exchanges_own_symbols_are_named(wallet):
    report(wallet, XXBT="1")
    ReportedBalance.objects.create(
        owner=wallet.owner, wallet=wallet, asset="XBT", place="earn", amount=Decimal("0.25"), reported_at=LATER
    )

    assert line_of(wallet).reported.amount == Decimal("1.25")


def test_what_happened_after_the_report_is_no_difference(wallet):
    store(wallet, arrived(1, "1"), arrived(2, "2", at=LATER + MINUTE), arrived(3, "4", at=LATER + timedelta(days=3)))
    read(wallet)
    report(wallet, XXBT="1")

    assert Balance.objects.get(wallet=wallet).amount == 7
    assert line_of(wallet).agrees


def test_an_exchange_that_was_read_and_names_nothing_holds_nothing(wallet):
    store(wallet, arrived(1))
    read(wallet)
    assert line_of(wallet).reported is None  # not read yet

    Wallet.objects.update(last_success_at=LATER)  # a test of its key asks for no balances
    wallet.refresh_from_db()
    assert line_of(wallet).reported is None

    Wallet.objects.update(streams=RUN)
    wallet.refresh_from_db()
    assert line_of(wallet).difference == -1


def test_before_the_first_run_has_ended_nothing_is_said_to_add_up(alices_browser, wallet):
    """Who has just connected an account with money in it read that nothing is held, and that it adds up."""
    Wallet.objects.update(last_success_at=LATER, health="working")
    said = short_of(alices_browser, wallet)
    assert "Its history is not all here yet" in said
    assert "Everything adds up" not in said

    Wallet.objects.update(streams=RUN)
    assert re.search(r"Everything adds up to what Kraken shows, as of\s+<time", short_of(alices_browser, wallet))


# --- causes --------------------------------------------------------------------------------------------------------


def test_an_open_end_elsewhere_is_found_and_leads_to_where_it_is_linked(alices_browser, wallet, other):
    store(other, left(1, "0.7", at=NOW))
    look(other)
    report(wallet, XXBT="0.7")

    assert codes(line_of(wallet)) == {(Code.UNMATCHED, True)}
    page = page_of(alices_browser, wallet)
    assert "Accounts for all of it" in page
    assert f"/transactions/transfers/link/?one={of(other).pk}" in page


def test_what_is_ignored_is_found(wallet, alice):
    store(wallet, arrived(1, "0.4"), arrived(2, "0.6"))
    read(wallet)
    report(wallet, XXBT="1")
    ignored = Transaction.objects.get(received_amount=Decimal("0.4"))
    edits.edit(by=OWNER, owner=alice, ids=[ignored.pk], changes={"ignored": True}, now=SOON)

    assert codes(line_of(wallet)) == {(Code.IGNORED, True)}


def test_what_is_told_twice_is_found(wallet):
    doubled(wallet)
    report(wallet, XXBT="0.5", ZEUR="-100.26")

    assert (Code.TOLD_TWICE, True) in codes(line_of(wallet))


def test_what_is_told_twice_is_found_among_hundreds_of_doubts_about_other_things(wallet):
    found = doubled(wallet)
    Proposal.objects.bulk_create(
        Proposal(owner=wallet.owner, about="duplicates", ones=[uuid4()], others=[uuid4()], score=50, at=NOW)
        for _ in range(300)
    )
    Proposal.objects.filter(pk=found.pk).delete()
    found.at -= timedelta(days=1)  # the oldest, and the last that came
    found.save(force_insert=True)
    report(wallet, XXBT="0.5", ZEUR="-100.26")

    assert (Code.TOLD_TWICE, True) in codes(line_of(wallet))


def test_a_file_that_alone_makes_the_difference_is_named(alices_browser, wallet, alice):
    """Of another account, or told otherwise as well; taken back; or not taken in yet."""
    store(wallet, arrived(1, "1"))
    read(wallet)
    report(wallet, XXBT="1")
    body = tracked((NOW - timedelta(days=3), "0.3"), (NOW - timedelta(days=9), "0.51237"), (LATER + MINUTE, "7"))
    file = taken(alice, wallet, body, "another account.csv")
    line = line_of(wallet)
    assert (line.difference, codes(line)) == (Decimal("-0.81237"), {(Code.FILE, True)})
    page = page_of(alices_browser, wallet)
    assert "another account.csv brought 2 transactions of BTC that nothing else tells" in page
    assert f"/imports/{file.pk}/" in page

    taken_back(file)
    assert line_of(wallet).agrees
    report(wallet, at=LATER + MINUTE - timedelta(seconds=30), XBT="0.81237")
    assert [cause.words for cause in line_of(wallet).causes] == [
        "You took another account.csv back, and what it told of BTC comes to exactly this difference. Bring it again."
    ]
    ImportFile.objects.all().delete()
    file = importing.receive(by=OWNER, owner=alice, stream=io.BytesIO(body), name="late.csv", wallet=wallet, now=NOW)
    at_work(file)
    [cause] = line_of(wallet).causes
    assert cause.words.startswith("late.csv waits to be taken in")


def test_a_file_that_tells_what_another_source_tells_too_makes_no_difference(wallet, alice):
    store(wallet, arrived(1, "0.51237", NOW), arrived(2, "1"))
    read(wallet)
    taken(alice, wallet, tracked((NOW, "0.51237")), "same.csv")
    report(wallet, XXBT="1")
    assert line_of(wallet).difference == Decimal("-0.51237")
    assert codes(line_of(wallet)) == set()


def test_two_names_of_one_asset_are_found_and_so_is_one_that_nobody_knows(wallet):
    store(wallet, ledger_row("D", "D", "QQFOO", "3", kind="deposit"))
    read(wallet)
    report(wallet, XXBT="3")

    assert {(Code.OTHER_NAME, True), (Code.UNKNOWN_ASSET, False)} <= codes(line_of(wallet, "QQFOO"))
    assert (Code.OTHER_NAME, True) in codes(line_of(wallet, "BTC"))


def test_a_conflict_is_found(wallet, alice):
    store(wallet, arrived(1, "1"))
    read(wallet)
    changes = {"received": {"amount": "2", "asset": "BTC"}}
    edits.edit(by=OWNER, owner=alice, ids=[of(wallet).pk], changes=changes, now=SOON)
    store(wallet, arrived(1, "3"))
    read(wallet)
    report(wallet, XXBT="3")

    assert (Code.CONFLICT, False) in codes(line_of(wallet))


def test_spans_that_are_missing_and_rows_that_nobody_reads_are_told_once(alices_browser, wallet):
    store(wallet, arrived(1, "1"))
    read(wallet)
    report(wallet, XXBT="2")
    hole = [[(NOW - timedelta(days=60)).isoformat(), (NOW - timedelta(days=50)).isoformat()]]
    Coverage.objects.create(
        owner=wallet.owner, wallet=wallet, stream="ledger", since=NOW - timedelta(days=90), holes=hole, updated_at=NOW
    )
    Part.objects.update(skip=discrepancies.SKIPS[0])

    found = discrepancies.balances_of(wallet).causes
    assert [each.code for each in found] == [Code.MISSING_BEGINNING, Code.MISSING_SPAN, Code.UNREADABLE_ROWS]
    assert "21 Sep 2026 to 1 Oct 2026" in page_of(alices_browser, wallet)


@pytest.mark.parametrize("why", UNSURE)
def test_rows_that_may_have_moved_something_are_told_where_balances_differ(wallet, why):
    store(wallet, arrived(1, "1"))
    read(wallet)
    Part.objects.update(skip=why)
    report(wallet, XXBT="2")
    [cause] = discrepancies.balances_of(wallet).causes
    assert (cause.code, cause.words.startswith("1 row of this wallet may have moved")) == (Code.UNSURE_ROWS, True)
    assert why in cause.words


def test_an_exchange_that_cannot_be_read_and_rows_still_to_be_read_are_told(wallet):
    store(wallet, arrived(1, "1"))
    report(wallet, XXBT="2")
    Wallet.objects.update(cause="key_expired")
    wallet.refresh_from_db()

    found = discrepancies.balances_of(wallet).causes
    assert [each.code for each in found] == [Code.STILL_READING, Code.EXCHANGE_NOT_READ]


def test_a_balance_that_fell_below_nought_tells_since_when(alices_browser, wallet):
    store(wallet, left(1, "1", at=NOW - timedelta(days=3)), arrived(1, "0.2", at=NOW))
    read(wallet)
    report(wallet, XXBT="0.5")

    line = line_of(wallet)
    assert line.past.below_since == (NOW - timedelta(days=3)).date()
    assert [held for _, held in line.past.months] == [Decimal("-0.8")]
    assert "falls below nought on 17 Nov 2026" in page_of(alices_browser, wallet)


# --- the last resort -----------------------------------------------------------------------------------------------


def test_an_opening_balance_closes_the_gap_and_the_bin_takes_it_back(alices_browser, wallet):
    store(wallet, *trade(1), left(1, "0.1"))
    read(wallet)
    report(wallet, XXBT="1", ZEUR="-100.26")
    line = line_of(wallet)
    assert "As a last resort" in page_of(alices_browser, wallet)

    said = pressed(alices_browser, wallet, "accept/", asset="BTC", difference=str(line.difference))

    assert "Added: opening balance." in said
    added = Transaction.objects.get(kind="adjustment")
    assert added.occurred_at < Transaction.objects.filter(kind="trade").get().occurred_at
    assert line_of(wallet).agrees
    assert_sound(wallet)
    handmade.put_in_bin(by=OWNER, each=added, now=SOON)
    assert line_of(wallet).differs


def test_what_is_too_much_is_corrected_as_of_the_report(alices_browser, wallet):
    store(wallet, arrived(1, "1"))
    read(wallet)
    report(wallet, XXBT="0.25")

    pressed(alices_browser, wallet, "accept/", asset="BTC", difference="-0.75")

    assert line_of(wallet).agrees
    assert Transaction.objects.get(kind="adjustment").category == "correction"


@pytest.mark.parametrize("difference", ["0.5", "nonsense", "", "NaN", "sNaN", "1E+9999"])
def test_nothing_is_added_for_other_figures_than_those_that_hold(alices_browser, wallet, difference):
    store(wallet, arrived(1, "1"))
    read(wallet)
    report(wallet, XXBT="2")

    assert "Nothing was added" in pressed(alices_browser, wallet, "accept/", asset="BTC", difference=difference)
    assert not Transaction.objects.filter(kind="adjustment").exists()


def test_pressed_twice_it_is_added_once(alices_browser, wallet):
    report(wallet, XXBT="2")

    for _ in range(2):
        pressed(alices_browser, wallet, "accept/", asset="BTC", difference="2")

    assert Transaction.objects.count() == 1


# --- files tell no balance -----------------------------------------------------------------------------------------


def test_of_files_it_is_said_and_the_owner_types_in_what_is_shown(alices_browser, files):
    store(files, arrived(1, "1"))
    read(files)
    assert "Nobody says what it holds" in page_of(alices_browser, files)

    said = pressed(alices_browser, files, "typed/", asset="btc", amount="1,000.5")
    assert "Kept as your word." in said
    assert line_of(files).difference == Decimal("999.5")

    pressed(alices_browser, files, "typed/", asset="BTC", amount="1")
    assert line_of(files).agrees
    pressed(alices_browser, files, "typed/take-back/", asset="BTC")
    assert line_of(files).reported is None
    told = AuditEvent.objects.filter(about=files.pk, action__startswith="balance_").order_by("at", "id")
    assert [each.action for each in told] == ["balance_typed", "balance_typed", "balance_taken_back"]
    assert all(each.details == {"asset": "BTC"} for each in told)  # which, not how much


def test_taking_back_what_was_never_said_changes_nothing(alices_browser, files):
    pressed(alices_browser, files, "typed/", asset="BTC", amount="1")

    for asset in ("", "ETH", "B\0TC"):
        pressed(alices_browser, files, "typed/take-back/", asset=asset)

    assert ReportedBalance.objects.count() == 1


def test_nought_is_an_answer(alices_browser, files):
    store(files, arrived(1, "1"))
    read(files)

    pressed(alices_browser, files, "typed/", asset="BTC", amount="0.00")

    assert line_of(files).difference == -1


@pytest.mark.parametrize(
    ("asset", "amount", "words"),
    [
        ("", "1", "required"),
        ("BTC", "one", "plain figure"),
        ("BTC", "-1", "plain figure"),
        ("BTC", "1e9", "plain figure"),
        ("BTC", "0,05", "plain figure"),
        ("B TC", "1", "no spaces"),
        ("B\0TC", "1", "Null characters"),
        ("BTC", "9" * 79, "plain figure"),
    ],
)
def test_what_cannot_be_a_balance_is_said(alices_browser, files, asset, amount, words):
    assert words in pressed(alices_browser, files, "typed/", asset=asset, amount=amount)
    assert not ReportedBalance.objects.exists()


def test_of_a_connected_wallet_nothing_is_typed_in(alices_browser, wallet):
    assert "connected" in pressed(alices_browser, wallet, "typed/", asset="BTC", amount="1")
    assert not ReportedBalance.objects.exists()


# --- whose, where, and how often -----------------------------------------------------------------------------------


def test_a_stranger_and_who_looks_in_the_bin_find_nothing(bobs_browser, alices_browser, wallet):
    addresses = ("", "short/")
    for part in addresses:
        assert bobs_browser.get(at(wallet, part)).status_code == 404
    for part in ("accept/", "typed/", "typed/take-back/"):
        assert bobs_browser.post(at(wallet, part)).status_code == 404
    Wallet.objects.update(binned_at=NOW)
    assert alices_browser.get(at(wallet)).status_code == 404


def test_the_wallets_own_page_shows_it_in_short(alices_browser, wallet):
    report(wallet, XXBT="2")
    Wallet.objects.update(streams=RUN)

    assert at(wallet, "short/") in alices_browser.get(f"/wallets/{wallet.pk}/").content.decode()
    assert (
        "1 asset differs" in alices_browser.get(at(wallet, "short/"), headers={"HX-Request": "true"}).content.decode()
    )
    assert alices_browser.get(at(wallet, "short/")).url == at(wallet)


def test_it_asks_as_often_for_many_as_for_one(alices_browser, alice, wallet, other):
    counted = []
    for mine, count in ((wallet, 1), (other, 30)):
        for number in range(count):
            store(mine, ledger_row(f"D{number}", f"D{number}", f"QQ{number}X", "3", kind="deposit"))
        read(mine)
        report(mine, **{f"QQ{number}X": "2" for number in range(count)}, XXBT="4")
        page_of(alices_browser, mine)
        with CaptureQueriesContext(connection) as asked:
            page_of(alices_browser, mine)
        counted.append(len(asked))

    assert counted[0] == counted[1]
    assert not Decision.objects.exists()
