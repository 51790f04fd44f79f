"""An exchange that is not asked just now: staff's pause, an incident; what owners read of it, and what waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.audit import Action, Actor, ActorKind
from accounts.models import AuditEvent
from sync import holds, incidents, schedule
from sync.models import HeldExchange, Incident, Run
from tests.sync.test_schedule import NOW, failed_run, make_wallet, many
from tests.sync.test_views import run_of

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def staff(staff_member):
    return Actor(ActorKind.STAFF, staff_member)


@pytest.fixture
def wallet(alice):
    return make_wallet(alice, health="working")


def in_incident(exchange="kraken"):
    return Incident.objects.create(
        exchange=exchange, cause="maintenance", owners=5, began_at=NOW, probed_at=NOW - 9 * MINUTE
    )


def pause(by, why="They asked us to"):
    holds.hold(by=by, exchange="kraken", why=why, now=NOW)


def test_what_was_asked_for_waits_while_staff_holds_it_and_goes_on_after(staff, wallet):
    schedule.request(by=schedule.SYSTEM, wallet=wallet, now=NOW)
    pause(staff)
    assert Run.objects.claim(now=NOW + MINUTE) is None

    assert holds.release(by=staff, exchange="kraken", now=NOW + MINUTE)

    assert Run.objects.claim(now=NOW + MINUTE).wallet == wallet


def test_other_exchanges_go_on(staff, alice):
    schedule.request(by=schedule.SYSTEM, wallet=make_wallet(alice, exchange="gemini"), now=NOW)

    pause(staff)

    assert Run.objects.claim(now=NOW).exchange == "gemini"


def test_each_act_is_recorded_with_its_reason(staff, staff_member):
    pause(staff)
    holds.release(by=staff, exchange="kraken", now=NOW)

    held, released = AuditEvent.objects.filter(actor=staff_member).order_by("action")
    assert (held.action, held.actor_kind, held.subject) == (Action.EXCHANGE_HELD, "staff", "Kraken")
    assert held.details == {"why": "They asked us to", "id": "kraken"}
    assert released.action == Action.EXCHANGE_RELEASED


def test_a_second_reason_takes_the_place_of_the_first_and_the_pause_is_as_old_as_it_is(staff):
    pause(staff)

    holds.hold(by=staff, exchange="kraken", why="Still", now=NOW + MINUTE)

    held = HeldExchange.objects.get()
    assert (held.why, held.held_at) == ("Still", NOW)


def test_what_is_not_held_is_not_released(staff):
    assert not holds.release(by=staff, exchange="kraken", now=NOW)
    assert not AuditEvent.objects.exists()


def test_nobody_is_tried_in_an_incident_while_staff_holds_the_exchange(staff):
    for owner in many(5):
        failed_run(owner)
    in_incident()
    pause(staff)

    incidents.probe(NOW)

    assert not Run.objects.unfinished().exists()


# --- what owners read -------------------------------------------------------------------------------------------


def now_of(browser, wallet):
    return browser.get(reverse("sync:now", args=[wallet.pk]), headers={"HX-Request": "true"}).text


def test_the_wallet_says_calmly_that_its_exchange_is_paused_and_keeps_staffs_reason_back(alices_browser, wallet, staff):
    run_of(wallet, "queued")
    pause(staff, why="Their legal team wrote")

    for page in (now_of(alices_browser, wallet), alices_browser.get(reverse("sync:history", args=[wallet.pk])).text):
        assert "Reading from Kraken is paused for now" in page
        assert "There is nothing to do, and no key to change" in page
        assert "Goes on when the pause ends" in page
        assert "legal" not in page


def test_in_an_incident_it_says_whose_trouble_it_is(alices_browser, wallet):
    in_incident()

    assert "Kraken has trouble just now" in now_of(alices_browser, wallet)


@pytest.mark.parametrize("others", [1, 0])
def test_sync_all_says_of_keys_refused_in_an_incident_that_they_wait_for_its_end(alices_browser, alice, others):
    """It said that no wallet was connected."""
    for number in range(others):
        make_wallet(alice, label=f"Fine {number}", exchange="gemini")
    make_wallet(alice, health="exchange_down", cause="maintenance", excused="key_unknown", next_try_at=None)
    in_incident()

    page = alices_browser.post(reverse("sync:sync_all"), follow=True).text

    said = "1 wallet asked for what is new." if others else "Nothing was asked:"
    assert f"{said} 1 waits until its exchange is well." in page
    assert "No wallet is connected" not in page


def test_beside_the_words_that_no_key_is_to_be_changed_no_run_blames_one(alices_browser, alice):
    """The owner pressed the button in an incident, and the run heard that the key is unknown."""
    wallet = make_wallet(alice, health="exchange_down", cause="maintenance", excused="key_unknown")
    in_incident()
    run = run_of(wallet, "failed", cause="key_unknown")

    for address in (reverse("sync:history", args=[wallet.pk]), reverse("sync:run", args=[run.pk])):
        page = alices_browser.get(address).text
        assert "does not know this key" not in page
        assert "Kraken has trouble just now" in page


def test_what_a_run_heard_long_before_an_incident_stands_as_it_was(alices_browser, alice):
    wallet = make_wallet(alice, health="needs_you", cause="key_unknown")
    run = run_of(wallet, "failed", cause="key_unknown")
    Run.objects.update(finished_at=NOW - timedelta(days=3))
    in_incident()

    assert "does not know this key" in alices_browser.get(reverse("sync:run", args=[run.pk])).text


@pytest.mark.parametrize("by", ["staff", "incident"])
@pytest.mark.parametrize("health", ["working", "exchange_down"])
def test_no_next_try_is_promised_while_nobody_is_read_there(alices_browser, alice, staff, by, health):
    cause = {"working": "", "exchange_down": "maintenance"}[health]
    wallet = make_wallet(
        alice,
        health=health,
        cause=cause,
        last_success_at=timezone.now(),
        next_try_at=timezone.now() + 5 * MINUTE,
        streams=[{"stream": "ledger", "state": "done"}],
    )
    pages = [reverse("wallets:wallet", args=[wallet.pk]), reverse("wallets:index")]
    for page in pages:
        assert "in 4\xa0minutes" in alices_browser.get(page).text

    pause(staff) if by == "staff" else in_incident()

    for page in pages:
        text = alices_browser.get(page).text
        assert "in 4\xa0minutes" not in text
        assert "hen the exchange is read again" in text


def test_a_key_that_is_tried_at_an_incidents_end_does_not_wait_for_its_owner(alices_browser, alice):
    in_incident()
    wallet = make_wallet(alice, health="exchange_down", cause="maintenance", excused="key_expired", next_try_at=None)

    text = alices_browser.get(reverse("wallets:wallet", args=[wallet.pk])).text

    assert "When the exchange is read again" in text
    assert "When you have acted" not in text
    assert "We have stopped asking" not in text


def test_a_first_history_is_promised_within_a_minute_only_where_somebody_asks(alices_browser, wallet, staff):
    assert "It comes by itself within a minute" in now_of(alices_browser, wallet)

    pause(staff)

    said = now_of(alices_browser, wallet)
    assert "within a minute" not in said
    assert "It comes by itself when the exchange is read again" in said


def test_beside_it_nothing_blames_a_key_that_the_wallet_does_not_blame(alices_browser, alice):
    """What the run heard stands on its own page. Here it would frighten who is told that no key is to be changed."""
    in_incident()
    excused, others = make_wallet(alice, cause="maintenance", health="exchange_down"), make_wallet(alice)
    old = make_wallet(alice, cause="key_unknown", health="needs_you")
    for wallet in (excused, others, old):
        run_of(wallet, "failed", cause="key_unknown")

    said = [now_of(alices_browser, wallet) for wallet in (excused, others, old)]

    assert ["does not know this key" in each for each in said] == [False, False, True]
    assert "Kraken is down for the moment. Your history" in said[0]


def test_lists_of_wallets_say_it_for_the_exchanges_of_this_owner_alone(alices_browser, wallet, alice, staff):
    make_wallet(alice, exchange="okx", paused_at=NOW)
    for exchange in ("gemini", "okx"):
        holds.hold(by=staff, exchange=exchange, why="x", now=NOW)
    in_incident()

    piece = alices_browser.get(reverse("sync:holds"), headers={"HX-Request": "true"}).text

    assert piece.count("callout-title") == 1
    assert "Kraken has trouble just now" in piece
    for page in ("wallets:index", "wallets:strip"):
        answer = alices_browser.get(reverse(page), headers={"HX-Request": "true"})
        assert f'hx-get="{reverse("sync:holds")}"' in answer.text


def test_opened_by_itself_the_piece_leads_to_the_list(alices_browser):
    assert alices_browser.get(reverse("sync:holds"))["Location"] == reverse("wallets:index")


def test_a_wallet_elsewhere_says_nothing(alices_browser, wallet, staff):
    holds.hold(by=staff, exchange="gemini", why="x", now=NOW)
    in_incident("binance")

    assert "callout" not in now_of(alices_browser, wallet)
