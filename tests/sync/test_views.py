"""The pages of runs: what is asked for, how far it is, what came of it; a stranger finds none of it."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.models import AuditEvent
from config.fields import seal
from ledger.models import Coverage
from sync.models import Incident, Run, StreamState
from wallets.diagnosis import diagnose
from wallets.models import Credential, Wallet
from wallets.records import Cause

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def connected(owner, label="Kraken"):
    wallet = Wallet.objects.create(
        owner=owner, exchange="kraken", way="key", label=label, created_at=NOW, health="working"
    )
    credential = Credential(owner=owner, wallet=wallet, version=1, way="key", standing="current", created_at=NOW)
    seal(credential, sealed="{}")
    credential.save(force_insert=True)
    return wallet


def run_of(wallet, state="done", **facts):
    over = {} if state in {"queued", "running", "waiting"} else {"finished_at": NOW}
    return Run.objects.create(
        owner=wallet.owner, wallet=wallet, exchange="kraken", state=state, asked_by="owner", not_before=NOW,
        created_at=NOW, **over, **facts,
    )  # fmt: skip


@pytest.fixture
def wallet(alice):
    return connected(alice)


def test_sync_now_asks_once_however_often_it_is_pressed(alices_browser, wallet, alice):
    for _ in range(2):
        answer = alices_browser.post(reverse("sync:sync_now", args=[wallet.pk]))
        assert answer.status_code == 302

    assert Run.objects.get().wallet == wallet
    assert AuditEvent.objects.filter(owner=alice, action="sync_asked").count() == 2


def test_everything_again_is_asked_for_as_such(alices_browser, wallet):
    alices_browser.post(reverse("sync:sync_now", args=[wallet.pk]), {"full": "yes"})

    assert Run.objects.get().full


def test_without_a_key_it_is_said(alices_browser, alice):
    bare = Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="Bare", created_at=NOW)

    answer = alices_browser.post(reverse("sync:sync_now", args=[bare.pk]), follow=True)

    assert "There is no key to ask with" in answer.content.decode()
    assert not Run.objects.exists()


def test_sync_all_asks_for_each_connected_wallet(alices_browser, alice, bob):
    connected(alice, "One")
    connected(alice, "Two")
    connected(bob, "Not hers")
    Wallet.objects.create(owner=alice, exchange="kraken", way="csv", label="Files", created_at=NOW)

    alices_browser.post(reverse("sync:sync_all"))

    assert set(Run.objects.values_list("wallet__label", flat=True)) == {"One", "Two"}


@pytest.mark.parametrize("others", [1, 0])
def test_sync_all_leaves_alone_what_is_not_asked_until_its_owner_acts(alices_browser, alice, others):
    """Kraken locks accounts whose keys keep failing."""
    for number in range(others):
        connected(alice, f"Fine {number}")
    connected(alice, "Refused")
    Wallet.objects.filter(label="Refused").update(health="needs_you", cause="key_unknown", next_try_at=None)

    page = alices_browser.post(reverse("sync:sync_all"), follow=True).content.decode()

    assert set(Run.objects.values_list("wallet__label", flat=True)) == {f"Fine {number}" for number in range(others)}
    said = "1 wallet asked for what is new." if others else "Nothing was asked:"
    assert f"{said} 1 waits for you first." in page


def test_progress_is_told_kind_by_kind_and_asks_again_while_it_lasts(alices_browser, wallet):
    run = run_of(wallet, "running", started_at=NOW)
    for name, state, rows in (("ledger", "done", 1200), ("trades:BTC", "running", 20), ("trades:ETH", "waiting", 0)):
        StreamState.objects.create(
            owner=wallet.owner,
            wallet=wallet,
            way="key",
            stream=name,
            run=run.pk,
            state=state,
            rows=rows,
            updated_at=NOW,
        )

    page = alices_browser.get(reverse("sync:now", args=[wallet.pk]), headers={"HX-Request": "true"}).content.decode()

    assert 'hx-trigger="every 2s"' in page
    assert "1,200 rows" in page
    assert "0 of 2 lists" in page


def test_what_is_over_is_not_asked_for_again(alices_browser, wallet):
    run_of(wallet, "failed", cause="maintenance")

    page = alices_browser.get(reverse("sync:now", args=[wallet.pk]), headers={"HX-Request": "true"}).content.decode()

    assert "hx-trigger" not in page
    assert "Kraken is down for the moment" in page
    assert "Your history and your edits stay as they are." in page


@pytest.mark.parametrize(
    ("health", "again"), [("exchange_down", True), ("waiting", True), ("needs_you", False), ("partly", False)]
)
def test_what_heals_by_itself_is_looked_at_again(alices_browser, wallet, health, again):
    run_of(wallet, "failed", cause="maintenance")
    Wallet.objects.update(health=health)

    page = alices_browser.get(reverse("sync:now", args=[wallet.pk]), headers={"HX-Request": "true"}).content.decode()

    assert ('hx-trigger="every 5s"' in page) is again


def test_the_page_around_is_loaded_anew_where_the_wallet_no_longer_stands_as_it_did(alices_browser, wallet):
    run_of(wallet, "failed", cause="maintenance")
    Wallet.objects.update(health="exchange_down", cause="maintenance")
    asking = {"HX-Request": "true"}
    piece = alices_browser.get(reverse("sync:now", args=[wallet.pk]), headers=asking).content.decode()
    again = unescape(piece.partition('hx-get="')[2].partition('"')[0])

    assert "HX-Refresh" not in alices_browser.get(again, headers=asking)
    Wallet.objects.update(health="working", cause="")
    assert alices_browser.get(again, headers=asking)["HX-Refresh"] == "true"


def test_the_page_around_is_loaded_anew_once_the_first_history_is_here(alices_browser, wallet):
    """What it says of balances was true before: that nothing is here yet."""
    run_of(wallet, "running")
    asking = {"HX-Request": "true"}
    piece = alices_browser.get(reverse("sync:now", args=[wallet.pk]), headers=asking).content.decode()
    again = unescape(piece.partition('hx-get="')[2].partition('"')[0])

    assert "HX-Refresh" not in alices_browser.get(again, headers=asking)
    Wallet.objects.update(streams=[{"stream": "ledger", "state": "done"}])
    assert alices_browser.get(again, headers=asking)["HX-Refresh"] == "true"


def test_our_own_words_are_not_called_the_exchanges(alices_browser, wallet):
    run = run_of(wallet, "failed", cause="unexpected_reply", code="worker died")

    page = alices_browser.get(reverse("sync:run", args=[run.pk])).text

    assert "worker died" in page
    assert "exchange's own code" not in unescape(page).lower()


def test_an_incident_is_said_to_be_nobodys_key(alices_browser, wallet):
    run_of(wallet, "failed", cause="maintenance")
    Incident.objects.create(exchange="kraken", cause="maintenance", owners=7, began_at=NOW)

    page = alices_browser.get(reverse("sync:history", args=[wallet.pk])).content.decode()

    assert "no key to change" in page


@pytest.mark.parametrize(("health", "apart"), [("needs_you", 1), ("exchange_down", 0)])
def test_an_incident_takes_nothing_back_of_what_a_wallet_asks_of_its_owner(alices_browser, wallet, health, apart):
    """“No key to change” stood below “Make a new key and put it here”."""
    Incident.objects.create(exchange="kraken", cause="maintenance", owners=7, began_at=NOW)
    wallet.health, wallet.cause = health, "key_expired"
    wallet.save()

    page = alices_browser.get(reverse("sync:history", args=[wallet.pk])).text

    assert "no key to change because of it" in page
    assert page.count("another matter, and waits for you") == apart


def test_thirty_runs_cost_as_many_queries_as_one(alices_browser, wallet, django_assert_max_num_queries):
    run_of(wallet)
    address = reverse("sync:history", args=[wallet.pk])
    alices_browser.get(address)
    with django_assert_max_num_queries(30) as one:
        alices_browser.get(address)
    for _ in range(30):
        run_of(wallet)

    with django_assert_max_num_queries(len(one)):
        page = alices_browser.get(address)

    assert "Older runs" in page.content.decode()


@pytest.mark.parametrize("name", ["history", "now", "sync_now", "pull_again"])
def test_a_stranger_finds_nothing(bobs_browser, wallet, name):
    ask = bobs_browser.post if name in {"sync_now", "pull_again"} else bobs_browser.get

    assert ask(reverse(f"sync:{name}", args=[wallet.pk])).status_code == 404


def test_a_strangers_run_is_not_there(bobs_browser, alices_browser, wallet):
    address = reverse("sync:run", args=[run_of(wallet).pk])

    assert bobs_browser.get(address).status_code == 404
    assert alices_browser.get(address).status_code == 200


# --- a part again -------------------------------------------------------------------------------------------------


def a_list(wallet, name="ledger"):
    return StreamState.objects.create(owner=wallet.owner, wallet=wallet, way="key", stream=name, updated_at=NOW)


def pull_again(browser, wallet, **typed):
    return browser.post(reverse("sync:pull_again", args=[wallet.pk]), typed, follow=True)


def test_days_are_the_owners_own_and_both_are_included(alices_browser, wallet, alice):
    type(alice).objects.filter(pk=alice.pk).update(time_zone="Australia/Sydney")
    a_list(wallet)

    pull_again(alices_browser, wallet, stream="ledger", since="2024-05-01", until="2024-05-02")

    run = Run.objects.get()
    assert (run.full, run.stream) == (True, "ledger")
    assert run.since == datetime(2024, 4, 30, 14, tzinfo=UTC)
    assert run.until == datetime(2024, 5, 2, 13, 59, 59, 999999, tzinfo=UTC)


def test_without_days_the_whole_list_is_pulled_again(alices_browser, wallet):
    a_list(wallet)

    pull_again(alices_browser, wallet, stream="ledger")

    run = Run.objects.get()
    assert (run.full, run.stream, run.since, run.until) == (True, "ledger", None, None)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"stream": "ledger", "since": "2024-05-02", "until": "2024-05-01"}, "The stretch begins after its end."),
        ({"stream": "ledger", "since": "2124-05-02"}, "This lies in the future."),
        ({"stream": "ledger", "until": "2124-05-02"}, "This lies in the future."),
        ({"stream": "ledger", "since": "in May"}, "Enter a valid date."),
        ({"stream": "no such"}, "is none of the choices for"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field_and_nothing_begins(alices_browser, wallet, typed, said):
    a_list(wallet)

    page = pull_again(alices_browser, wallet, **typed).content.decode()

    assert said in page
    assert not Run.objects.exists()


def test_beside_a_run_it_is_said_that_it_begins_after_it(alices_browser, wallet):
    a_list(wallet)
    run_of(wallet, "running", plan=[{"name": "ledger"}])

    page = pull_again(alices_browser, wallet, stream="ledger", since="2024-05-01").content.decode()

    assert "It begins as soon as the run that is under way has ended." in page


def test_markets_without_a_row_are_not_offered(alices_browser, wallet):
    for name in ("ledger", "trades:BTCUSDT", "trades:ETHUSDT"):
        a_list(wallet, name)
    Coverage.objects.create(
        owner=wallet.owner, wallet=wallet, stream="trades:BTCUSDT", first_row_at=NOW, updated_at=NOW
    )

    page = alices_browser.get(reverse("sync:history", args=[wallet.pk])).content.decode()

    assert "Trades, BTCUSDT" in page
    assert "Trades, ETHUSDT" not in page


def test_a_run_of_a_stretch_reports_in_words(alices_browser, wallet):
    run = run_of(wallet, stream="trades", full=True, since=NOW, new=1, changed=2, vanished=0, same=40)

    page = alices_browser.get(reverse("sync:run", args=[run.pk])).content.decode()

    for said in (
        "1 row was missing here and came in now.",
        "2 rows came different from before.",
        "As far back as Kraken tells, every row that was here is still sent.",
        "40 rows came just as before.",
        "Nothing outside it was touched",
    ):
        assert said in page


def test_a_pull_that_broke_off_claims_nothing_it_has_not_seen_and_says_that_it_begins_again(alices_browser, wallet):
    run = run_of(wallet, "failed", full=True, same=40, cause="maintenance")

    page = alices_browser.get(reverse("sync:run", args=[run.pk])).content.decode()

    assert "40 rows came just as before." in page
    assert "It begins again by itself when the exchange answers." in page
    assert "is still sent" not in page
    assert "Nothing was missing" not in page


def test_each_list_of_a_run_says_how_it_ended_and_why(alices_browser, wallet):
    lists = [("trades:BTCUSDT", "failed", 0, "right_missing"), ("ledger", "done", 7, ""), ("fees", "running", 3, "")]
    told = [
        {"stream": name, "state": state, "rows": rows, "complete_to": "", "cause": cause, "right": "Query trades"}
        for name, state, rows, cause in [*lists, ("staking", "waiting", 0, "")]
    ]
    run = run_of(wallet, "failed", cause="network", summary=told)

    page = alices_browser.get(reverse("sync:run", args=[run.pk])).content.decode()
    rows = [" ".join(strip_tags(row).split()) for row in page.partition("Lists read in this run")[2].split("<tr>")[2:]]

    missing = diagnose(Cause.RIGHT_MISSING, exchange="Kraken", right="Query trades").title
    assert rows[:3] == [
        f"Trades, BTCUSDT Not read {missing} 0",
        "Ledger Read 7",
        "Fees Read in part 3",
    ]
    assert rows[3].startswith("Staking Not reached 0")
