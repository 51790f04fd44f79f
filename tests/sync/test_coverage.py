"""What is missing from a wallet's history is told, with the way out: not only what was before its time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.models import Coverage
from sync.coverage import Hole, spans_of
from sync.models import StreamState
from sync.reach import reach_of
from tests.sync.test_views import run_of
from tests.wallets.holdings import NOW, a_wallet

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def covered(wallet, stream, *holes):
    told = [[(NOW - since * DAY).isoformat(), (NOW - until * DAY).isoformat()] for since, until in holes]
    return Coverage.objects.create(
        owner=wallet.owner, wallet=wallet, stream=stream, until=NOW, holes=told, updated_at=NOW
    )


@pytest.fixture
def wallet(alice):
    return a_wallet(alice)


def test_a_kind_is_complete_only_once_a_first_run_was_through_with_all_its_lists(wallet):
    """Ten markets of a thousand were read, and all trades were said to be complete."""
    given = {"owner": wallet.owner, "wallet": wallet, "way": wallet.way, "updated_at": NOW}
    for stream in ("ledger", "trades:BTC", "trades:ETH"):
        StreamState.objects.create(stream=stream, **given)
    covered(wallet, "ledger")
    covered(wallet, "trades:BTC")

    assert {span.name: span.until for span in spans_of(wallet)} == {"Ledger": NOW, "Trades": None}

    run_of(wallet, "partly")  # what was not read is told beside it, and why
    assert {span.name: span.until for span in spans_of(wallet)} == {"Ledger": NOW, "Trades": NOW}


def test_the_holes_of_all_markets_are_told_as_those_of_their_kind(wallet):
    covered(wallet, "trades:BTC", (90, 60), (20, 10))
    covered(wallet, "trades:ETH", (80, 50))
    covered(wallet, "ledger")

    told = {span.name: span.missing for span in spans_of(wallet)}

    assert told["Ledger"] == ()
    assert told["Trades"] == (Hole(NOW - 90 * DAY, NOW - 50 * DAY), Hole(NOW - 20 * DAY, NOW - 10 * DAY))


def test_the_page_names_the_stretch_and_the_way_out(alices_browser, wallet):
    covered(wallet, "ledger", (90, 60))

    page = alices_browser.get(f"/sync/wallets/{wallet.pk}/").content.decode()

    assert "missing, because this wallet was not read" in page
    assert "the key was made with a date" not in page
    assert f'<a href="/imports/?wallet={wallet.pk}#bring">file from its website</a> has them.' in page
    assert page.count('class="reach-missing"') == 2  # of the list, and in the words below


def drawn(wallet):
    reach = reach_of(spans_of(wallet), now=NOW)
    return {bar.name: [(piece.x, piece.x + piece.width, piece.missing) for piece in bar.pieces] for bar in reach.bars}


def test_what_is_missing_is_drawn_where_it_is(wallet):
    covered(wallet, "ledger", (75, 50))
    covered(wallet, "trades:BTC")
    Coverage.objects.update(first_row_at=NOW - 100 * DAY)

    assert drawn(wallet) == {"Ledger": [(0, 1000, False), (250, 500, True)], "Trades": [(0, 1000, False)]}


def test_where_the_beginning_is_missing_a_part_of_the_line_stands_for_it(wallet):
    covered(wallet, "ledger")
    Coverage.objects.update(since=NOW - 100 * DAY, until=NOW - 10 * DAY)

    (since, until, missing), before = drawn(wallet)["Ledger"]

    assert (since, missing) == (91, False)
    assert until < 1000 - 80
    assert before == (0, 91, True)


def test_a_short_gap_is_seen_and_nothing_is_drawn_where_nothing_happened(wallet):
    assert reach_of(spans_of(wallet), now=NOW) is None
    covered(wallet, "ledger", (0.5, 0))
    assert reach_of([], now=NOW) is None
    Coverage.objects.update(first_row_at=NOW - 4000 * DAY)

    assert drawn(wallet)["Ledger"][1] == (996, 1000, True)


@pytest.mark.parametrize(
    ("limited", "words"),
    [(True, "Kraken no longer hands them out this way"), (False, "the key was made with a date")],
)
def test_what_is_not_told_is_put_down_to_the_exchange_or_to_the_key(alices_browser, wallet, limited, words):
    covered(wallet, "ledger")
    Coverage.objects.update(since=NOW - 90 * DAY, limited=limited)

    page = alices_browser.get(f"/sync/wallets/{wallet.pk}/").content.decode()

    assert words in page
    assert spans_of(wallet)[0].hidden_by_key is not limited


# --- what was never read --------------------------------------------------------------------------------------------


def offered(wallet, *streams, **facts):
    for stream in streams:
        StreamState.objects.create(
            owner=wallet.owner, wallet=wallet, way=wallet.way, stream=stream, updated_at=NOW, **facts
        )


def test_a_kind_that_was_never_read_has_a_line_that_says_why(alices_browser, wallet):
    """Bybit's earn lists failed at the first run, and the page did not say that there are any."""
    covered(wallet, "ledger")
    offered(wallet, "ledger")
    offered(wallet, "staking", state="failed", cause="right_missing", cause_right="Earn")
    run_of(wallet, "partly")

    (_, staking) = spans_of(wallet)
    page = alices_browser.get(f"/sync/wallets/{wallet.pk}/").content.decode()

    assert (staking.name, staking.until, staking.lists, staking.not_read) == ("Staking", None, 1, 1)
    assert "not read yet" in page
    assert "Staking: not read yet. The key may not read everything." in page


def test_of_a_kind_with_many_lists_it_is_said_how_many_were_never_read(alices_browser, wallet):
    covered(wallet, "trades:BTC")
    offered(wallet, "trades:BTC", "trades:ETH", "trades:SOL")
    run_of(wallet, "partly")

    page = alices_browser.get(f"/sync/wallets/{wallet.pk}/").content.decode()

    assert "Trades: 2 of 3 lists not read yet. The next sync asks for them." in page


def test_while_a_first_run_is_under_way_their_turn_comes(alices_browser, wallet):
    covered(wallet, "ledger")
    offered(wallet, "ledger", "staking")
    run_of(wallet, "running")

    page = alices_browser.get(f"/sync/wallets/{wallet.pk}/").content.decode()

    assert "Staking: not read yet. Its turn comes in the sync that is under way." in page


def test_what_keeps_a_whole_wallet_from_being_read_is_said_of_its_lists(alices_browser, wallet):
    covered(wallet, "ledger")
    offered(wallet, "ledger", "staking")
    type(wallet).objects.update(health="exchange_down", cause="maintenance")
    run_of(wallet, "failed")

    page = alices_browser.get(f"/sync/wallets/{wallet.pk}/").content.decode()

    assert "Staking: not read yet. Kraken is down for the moment." in page


def test_a_list_that_is_read_or_of_another_way_in_is_not_named(wallet):
    covered(wallet, "ledger")
    offered(wallet, "ledger")
    StreamState.objects.create(owner=wallet.owner, wallet=wallet, way="oauth", stream="transactions", updated_at=NOW)

    assert [(span.name, span.not_read) for span in spans_of(wallet)] == [("Ledger", 0)]
