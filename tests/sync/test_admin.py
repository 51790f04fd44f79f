"""What staff see and do about synchronisation. Never a secret, an amount, a market or an owner's own words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.audit import Action
from accounts.models import AuditEvent
from ledger.models import Coverage, Journal
from sync import retries
from sync.models import HeldExchange, Incident, Run, StreamState
from tests.conftest import signed_in
from tests.sync.test_board import failing
from tests.wallets.holdings import NOW, SECRET, a_wallet
from wallets.models import Wallet
from wallets.records import Cause

pytestmark = pytest.mark.django_db
BOARD, RUNS = "/admin/sync/run/board/", "/admin/sync/run/"
LISTS = [RUNS, "/admin/sync/incident/", "/admin/sync/heldexchange/"]
WALLETS = "/admin/wallets/wallet/"
SEVENS = 771_700_771  # rows: no random name has so many digits of it
ACTS = [f"{BOARD}{act}/" for act in ("retry", "hold", "release")]


@pytest.fixture
def console(staff_member):
    return signed_in(staff_member)


@pytest.fixture
def broken(alice):
    """A wallet with something in every corner that staff must not see, and a run that failed."""
    wallet = a_wallet(alice, label="Savings of Alice", note="private note", cause="maintenance", failing_since=NOW)
    Run.objects.create(
        owner=alice, wallet=wallet, exchange="kraken", state="failed", asked_by="system", cause="maintenance",
        code="EService:Busy", stream="trades:XMRUSD", new=SEVENS, same=SEVENS, pages=12, not_before=NOW, created_at=NOW,
        finished_at=timezone.now(),
        summary=[{"stream": "trades:XMRUSD", "state": "failed", "cause": "maintenance", "rows": SEVENS, "right": ""}],
    )  # fmt: skip
    return wallet


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [BOARD, *LISTS])
def test_an_owner_finds_nothing_here_and_a_stranger_is_led_to_the_door(client, alices_browser, path):
    assert alices_browser.get(path).status_code == 404
    assert client.get(path)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("path", ACTS)
def test_nobody_but_staff_acts_and_only_by_a_post(client, alices_browser, console, broken, path):
    what = {"exchange": "kraken", "cause": "maintenance", "why": "x"}

    assert alices_browser.post(path, what).status_code == 404
    assert client.post(path, what)["Location"].startswith("/accounts/login/")
    assert console.get(path).status_code == 405
    assert not HeldExchange.objects.exists()
    assert not AuditEvent.objects.filter(action=Action.WALLETS_RETRIED).exists()


# --- the board --------------------------------------------------------------------------------------------------------


def test_the_board_says_where_why_and_how_many_and_draws_the_day(console, broken):
    page = console.get(BOARD).text

    for said in ("Kraken", "maintenance", "1 wallet fails", "1 run failed in 24 hours", "20 Nov 2026, 12:00"):
        assert said in page, said
    assert page.count('class="sparkline-bar"') == 1
    assert "Try again" in page


def test_a_figure_leads_to_these_wallets(console, broken, alice):
    failing(alice, Cause.MAINTENANCE, since=timezone.now())
    failing(alice, Cause.NETWORK, since=NOW)
    page = console.get(BOARD).text
    addresses = [found.replace("&amp;", "&") for found in re.findall(r'href="([^"]+failing=[^"]+)"', page)]

    lists = [console.get(address).context["cl"].result_list for address in addresses]

    assert sorted(len(rows) for rows in lists) == [1, 1, 1]


def test_looking_at_the_board_is_recorded(console, staff_member):
    console.get(BOARD)

    event = AuditEvent.objects.get(action=Action.STAFF_LOOKED)
    assert (event.actor, event.subject) == (staff_member, "the board of failing wallets")


def test_a_quiet_board_says_so(console):
    assert "Nothing fails" in console.get(BOARD).text


def test_every_page_of_the_console_leads_to_the_board(console):
    assert f'href="{BOARD}"' in console.get("/admin/").text


@pytest.mark.parametrize("kept_back", [SECRET, "gAAAA", "Savings of Alice", "private note", str(SEVENS), "XMR"])
def test_nothing_is_given_away(console, broken, kept_back):
    run = Run.objects.get()
    pages = [BOARD, RUNS, f"{RUNS}{run.pk}/change/", WALLETS, f"{WALLETS}{broken.pk}/change/"]

    html = "".join(console.get(path).text for path in pages)

    assert "EService:Busy" in html
    assert kept_back not in html
    assert str(broken.book) not in html


def test_a_wallet_says_which_kinds_of_lists_were_not_read_and_since_when(console, broken):
    for stream, cause in (("trades:XMREUR", "part_down"), ("earn orders", "part_down"), ("ledger", "")):
        StreamState.objects.create(
            owner=broken.owner, wallet=broken, way=broken.way, stream=stream, cause=cause, updated_at=NOW
        )
    Coverage.objects.create(
        owner=broken.owner,
        wallet=broken,
        stream="earn orders",
        read_at=datetime(2026, 11, 2, 8, tzinfo=UTC),
        updated_at=NOW,
    )

    page = " ".join(console.get(f"{WALLETS}{broken.pk}/change/").text.split())

    assert "<td>Earn orders</td><td>part_down</td><td>1</td><td>2026-11-02 08:00</td>" in page
    assert "<td>Trades</td><td>part_down</td><td>1</td><td>never</td>" in page
    assert "XMR" not in page
    assert "<td>Ledger</td>" not in page


# --- acts -------------------------------------------------------------------------------------------------------------


def test_a_group_is_tried_again(console, broken):
    answer = console.post(f"{BOARD}retry/", {"exchange": "kraken", "cause": "maintenance"}, follow=True)

    assert "1 wallet is tried again now" in answer.text
    assert Wallet.objects.get().next_try_at <= timezone.now()
    assert AuditEvent.objects.get(action=Action.WALLETS_RETRIED).ip == "127.0.0.1"


def test_an_exchange_is_paused_with_a_reason_and_the_pause_ends(console, broken):
    page = console.post(f"{BOARD}hold/", {"exchange": "kraken", "why": "They <asked>"}, follow=True).text
    assert "Paused</strong> since" in page
    assert "They &lt;asked&gt;" in page
    assert "Try again" not in page

    page = console.post(f"{BOARD}release/", {"exchange": "kraken"}, follow=True).text

    assert "The pause is over" in page
    assert not HeldExchange.objects.exists()


@pytest.mark.parametrize(
    ("act", "what", "said"),
    [
        ("hold", {"exchange": "kraken", "why": " "}, "Say which exchange, and why."),
        ("hold", {"exchange": "no such", "why": "x"}, "Say which exchange, and why."),
        ("release", {"exchange": "kraken"}, "This exchange is not paused."),
        ("retry", {"exchange": "kraken", "cause": "no such"}, "There is no such exchange or cause."),
        ("retry", {"exchange": "kraken", "cause": "rights_too_wide"}, "Only the owner or the exchange can mend this."),
    ],
)
def test_what_cannot_be_is_said_and_not_done(console, act, what, said):
    assert said in console.post(f"{BOARD}{act}/", what, follow=True).text
    assert not HeldExchange.objects.exists()


def test_of_a_paused_exchange_nobody_is_tried(console, broken):
    HeldExchange.objects.create(exchange="kraken", why="x", held_at=NOW)

    page = console.post(f"{BOARD}retry/", {"exchange": "kraken", "cause": "maintenance"}, follow=True).text

    assert "End the pause first" in page


def choose(console, action, *wallets):
    chosen = [str(wallet.pk) for wallet in wallets]
    return console.post(WALLETS, {"action": action, "_selected_action": chosen}, follow=True)


def test_chosen_wallets_are_tried_again(console, broken, alice):
    paused = a_wallet(alice, cause="network", paused_at=NOW)

    page = choose(console, "ask_again", broken, paused).text

    assert "1 asked for. 1 left alone" in page
    run = Run.objects.unfinished().get()
    assert (run.wallet, run.asked_by, run.full) == (broken, "staff", False)


def test_everything_is_pulled_again_of_a_chosen_wallet(console, broken, alice, alices_browser):
    choose(console, "pull_again", broken)

    assert Run.objects.unfinished().get().full
    trail = alices_browser.get("/settings/security/trail/").text
    assert "A synchronisation was asked for" in trail
    assert "staff@example.test" in trail


def test_rows_of_a_chosen_wallet_are_read_anew_without_asking_the_exchange(console, broken, alices_browser):
    assert "1 read anew in the background." in choose(console, "read_anew", broken).text

    assert Journal.objects.get(wallet=broken).behind
    assert not Run.objects.unfinished().exists()
    assert "staff@example.test" in alices_browser.get("/settings/security/trail/").text


def test_more_than_a_hand_can_choose_is_for_the_board(console, alice, monkeypatch):
    monkeypatch.setattr(retries, "MOST", 1)

    page = choose(console, "ask_again", a_wallet(alice), a_wallet(alice)).text

    assert "Choose at most 1" in page
    assert not Run.objects.exists()


# --- runs, incidents, held exchanges ----------------------------------------------------------------------------------


def test_a_run_is_seen_with_its_lists_by_kind_and_in_the_wallets_own_trail(console, broken):
    run = Run.objects.get()

    page = console.get(f"{RUNS}{run.pk}/change/").text

    assert "Trades" in page
    assert f"{WALLETS}{broken.pk}/change/" in page
    assert AuditEvent.objects.get(action=Action.STAFF_LOOKED, owner=broken.owner).about == broken.pk


def test_a_wallet_shows_its_runs(console, broken):
    page = console.get(f"{WALLETS}{broken.pk}/change/").text

    assert f"{RUNS}{Run.objects.get().pk}/change/" in page


def test_incidents_and_held_exchanges_are_listed(console):
    incident = Incident.objects.create(exchange="gemini", cause="network", owners=7, began_at=NOW)
    HeldExchange.objects.create(exchange="kraken", why="They asked us", held_at=NOW)

    assert "gemini" in console.get(LISTS[1]).text
    assert "They asked us" in console.get(LISTS[2]).text
    assert console.get(f"{LISTS[1]}{incident.pk}/change/").status_code == 200
    assert console.get(f"{LISTS[2]}kraken/change/").status_code == 200


def test_runs_are_narrowed_by_state_cause_and_exchange(console, broken, alice):
    Run.objects.create(
        owner=alice, wallet=broken, exchange="kraken", state="done", asked_by="owner", not_before=NOW, created_at=NOW,
        finished_at=NOW,
    )  # fmt: skip

    for query in ({"state": "failed"}, {"cause": "maintenance"}, {"exchange": "kraken", "state": "failed"}):
        assert [row.state for row in console.get(RUNS, query).context["cl"].result_list] == ["failed"]
    assert not console.get(RUNS, {"exchange": "gemini"}).context["cl"].result_list


def test_nothing_is_added_changed_or_deleted_by_hand(console, broken):
    rows = {
        RUNS: Run.objects.get().pk,
        LISTS[1]: Incident.objects.create(exchange="gemini", cause="network", owners=7, began_at=NOW).pk,
        LISTS[2]: HeldExchange.objects.create(exchange="kraken", why="x", held_at=NOW).pk,
        WALLETS: broken.pk,
    }
    for path, row in rows.items():
        assert console.get(f"{path}add/").status_code == 403
        assert console.post(f"{path}{row}/delete/", {"post": "yes"}).status_code == 403
        assert console.post(f"{path}{row}/change/", {"state": "done"}).status_code == 403


# --- however much there is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [BOARD, RUNS, WALLETS])
def test_thirty_rows_cost_what_one_costs(console, alice, bob, path, django_assert_num_queries):
    def fill(count):
        for number in range(count):
            wallet = failing(alice if number % 2 else bob)
            Run.objects.create(
                owner=wallet.owner, wallet=wallet, exchange="kraken", state="failed", asked_by="system", not_before=NOW,
                created_at=NOW, finished_at=timezone.now(),
            )  # fmt: skip

    fill(1)
    console.get(path)
    with CaptureQueriesContext(connection) as few:
        console.get(path)
    fill(30)

    with django_assert_num_queries(len(few)):
        console.get(path)


def test_a_long_list_of_runs_walks_an_index_and_counts_no_further_than_a_thousand(console, broken):
    many_runs(broken, 3_000)

    with CaptureQueriesContext(connection) as queries:
        console.get(RUNS)

    said = [query["sql"] for query in queries if 'FROM "sync_run"' in query["sql"]]
    assert all("LIMIT 1000" in sql for sql in said if "COUNT(" in sql)
    (listing,) = [sql for sql in said if "ORDER BY" in sql and "COUNT(" not in sql]
    assert "runs_newest" in plan_of(listing)


def test_the_day_is_counted_along_an_index_of_failures(console, broken):
    many_runs(broken, 3_000)

    with CaptureQueriesContext(connection) as queries:
        console.get(BOARD)

    (counting,) = [query["sql"] for query in queries if 'FROM "sync_run"' in query["sql"]]
    assert "runs_failed" in plan_of(counting)


def many_runs(wallet, count):
    """That came through, one a minute, up to now."""
    now = timezone.now()
    Run.objects.bulk_create(
        Run(
            owner=wallet.owner, wallet=wallet, exchange="kraken", state="done", asked_by="system",
            not_before=at, created_at=at, finished_at=at,
        )
        for at in (now - timedelta(minutes=number) for number in range(count))
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sync_run")


def plan_of(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


def test_addresses_of_the_board_have_names():
    assert reverse("admin:sync_board") == BOARD
    assert [reverse(f"admin:sync_board_{act}") for act in ("retry", "hold", "release")] == ACTS
