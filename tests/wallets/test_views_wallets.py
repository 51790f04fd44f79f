"""The list, the strip, one wallet, its checklist, the bin and the yearly look, as their owner sees them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import recovery
from accounts.audit import SYSTEM, Action, Actor, ActorKind, record
from accounts.models import AuditEvent
from config.keyset import newest_first
from tests.conftest import signed_in
from tests.wallets.holdings import NOW, SECRET, a_check, a_credential, a_report, a_wallet, many_wallets, page_of, words
from wallets import keeping
from wallets.diagnosis import SAFE, diagnose
from wallets.models import Credential, CredentialTest, RightsReport, Wallet
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper as Settings

    from accounts.models import User

INDEX, STRIP, BIN, CONNECTIONS = "/wallets/", "/wallets/strip/", "/wallets/bin/", "/wallets/connections/"
HTMX = {"headers": {"HX-Request": "true"}}
# What no sign-in ever hears.
KEYS_ALONE = {
    *(Cause.KEY_UNKNOWN, Cause.SIGNATURE_WRONG, Cause.PASSPHRASE_WRONG, Cause.KEY_EXPIRED, Cause.KEY_REVOKED),
    *(Cause.KEY_INACTIVE, Cause.WRONG_HOST, Cause.NONCE_CLASH, Cause.ACCOUNT_KIND),
}


# --- the list --------------------------------------------------------------------------------------------------------


def test_an_empty_list_leads_to_the_exchanges(alices_browser: Client) -> None:
    page = alices_browser.get(INDEX).text

    assert "No wallets yet" in page
    assert reverse("wallets:add") in page


def test_a_line_says_name_place_state_cause_times_and_one_button(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(
        alice,
        label="<Savings>",
        cause="key_expired",
        last_success_at=timezone.now() - timedelta(days=2),
        next_try_at=timezone.now() + timedelta(hours=5, minutes=1),
    )

    page = alices_browser.get(INDEX).text

    assert "&lt;Savings&gt;" in page
    text = words(page)
    for said in (
        "Kraken · Key",
        "Needs you",
        "The key has run out.",
        "2 days ago",
        "in 5 hours",
        "Update the key",
    ):
        assert said in text, said
    assert f'href="{reverse("wallets:update_key", args=[wallet.pk])}"' in page


def test_what_waits_for_its_owner_stands_on_top(alice: User, alices_browser: Client) -> None:
    a_wallet(alice, label="Needs me", cause="key_expired", created_at=NOW - timedelta(days=9))
    a_wallet(alice, label="Works", created_at=NOW)
    a_wallet(alice, label="Put away", archived_at=NOW, created_at=NOW + timedelta(days=1))

    shown = alices_browser.get(INDEX).context["glances"]

    assert [seen.wallet.label for seen in shown] == ["Needs me", "Works", "Put away"]


def test_only_those_that_wait_are_shown_when_asked_for(alice: User, alices_browser: Client) -> None:
    a_wallet(alice, label="Needs me", cause="key_expired")
    a_wallet(alice, label="Works")
    a_wallet(alice, label="Needs me, paused", cause="key_expired", paused_at=NOW)

    answer = alices_browser.get(INDEX, {"show": "needs_you"})

    assert [seen.wallet.label for seen in answer.context["glances"]] == ["Needs me"]
    assert "One wallet waits for you." in words(answer.text)


def test_nothing_waits_is_said_too(alice: User, alices_browser: Client) -> None:
    a_wallet(alice)

    assert "Nothing waits for you" in alices_browser.get(INDEX, {"show": "needs_you"}).text


def test_a_strangers_wallets_and_those_in_the_bin_are_not_in_the_list(
    alice: User, bob: User, alices_browser: Client
) -> None:
    a_wallet(bob, label="of bob")
    a_wallet(alice, label="thrown away", binned_at=NOW, key=False)

    page = alices_browser.get(INDEX).text

    assert "of bob" not in page
    assert "thrown away" not in page


def test_a_wallet_that_was_paused_can_be_resumed_from_the_list(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, paused_at=NOW)

    assert f'<form method="post" action="/wallets/{wallet.pk}/resume/">' in alices_browser.get(INDEX).text


def test_older_wallets_follow_without_gap_or_repeat(alice: User, alices_browser: Client) -> None:
    many_wallets(alice, 120, needing=60)
    for path, count in ((INDEX, 120), (f"{INDEX}?show=needs_you", 60)):
        seen, here = [], path
        while here:
            answer = alices_browser.get(here)
            seen += [glance.wallet.pk for glance in answer.context["glances"]]
            here = answer.context["older"] and INDEX + answer.context["older"]

        assert (len(seen), len(set(seen))) == (count, count)


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "\x00"}, {"show": "<script>"}])
def test_what_makes_no_sense_shows_everything(alice: User, alices_browser: Client, query: dict[str, str]) -> None:
    a_wallet(alice)

    assert len(alices_browser.get(INDEX, query).context["glances"]) == 1


# --- the strip on the first page -------------------------------------------------------------------------------------


def test_the_first_page_asks_for_the_strip_and_has_a_plain_link_without_script(alices_browser: Client) -> None:
    page = alices_browser.get("/home/").text

    assert f'hx-get="{STRIP}"' in page
    assert f'href="{INDEX}"' in page.split(f'hx-get="{STRIP}"')[1][:400]


def test_the_strip_opened_by_itself_is_the_list(alices_browser: Client) -> None:
    assert alices_browser.get(STRIP)["Location"] == INDEX


def test_the_strip_of_a_new_owner_invites(alices_browser: Client) -> None:
    page = alices_browser.get(STRIP, **HTMX).text

    assert "Nothing is connected yet" in page
    assert "<html" not in page


def test_the_strip_shows_what_waits_and_counts_the_rest(alice: User, bob: User, alices_browser: Client) -> None:
    for number in range(6):
        a_wallet(alice, label=f"Waits {number}", cause="key_expired", created_at=NOW + timedelta(hours=number))
    a_wallet(alice, health="exchange_down", cause="maintenance")
    a_wallet(bob, label="of bob", cause="key_expired")

    text = words(alices_browser.get(STRIP, **HTMX).text)

    assert [f"Waits {number}" in text for number in range(6)] == [False, False, True, True, True, True]
    assert "See all that wait for you" in text
    assert "Exchange down 1 wallet." in text
    assert "See all 7 wallets" in text
    assert "of bob" not in text


def test_what_works_in_part_waits_for_its_owner_where_the_rest_does(alice: User, alices_browser: Client) -> None:
    """Its own page and a notice said that it was the owner's turn, and the first page that nothing waits."""
    a_wallet(alice, label="Without trades", health="partly", cause="right_missing", cause_right="Query trades")
    a_wallet(alice, label="Odd today", health="partly", cause="unexpected_reply")

    text = words(alices_browser.get(STRIP, **HTMX).text)
    listed = words(alices_browser.get(f"{INDEX}?show=needs_you").text)

    for page in (text, listed):
        assert ("Without trades" in page, "Odd today" in page) == (True, False)
    assert "1 wallet." in text


def test_the_strip_is_calm_when_all_is_well(alice: User, alices_browser: Client) -> None:
    a_wallet(alice)

    text = words(alices_browser.get(STRIP, **HTMX).text)

    assert "Nothing waits for you." in text
    assert "See your wallet" in text


# --- one wallet: when something is wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_says_what_happened_whose_turn_that_all_is_safe_and_has_one_button(
    alice: User, alices_browser: Client, cause: Cause, settings: Settings
) -> None:
    settings.EGRESS_IPS = ("203.0.113.10",)
    settings.OAUTH_CLIENTS = {"coinbase": ("client", "secret")}
    by_consent = {"exchange": "coinbase", "way": "oauth"} if cause is Cause.SIGN_IN_AGAIN else {}
    wallet = a_wallet(alice, cause=cause, cause_right="Query ledger entries", **by_consent)
    name = "Coinbase" if by_consent else "Kraken"
    said = diagnose(cause, exchange=name, right="Query ledger entries")

    panel = alices_browser.get(page_of(wallet)).text.split('id="health"')[1].split("</section>")[0]

    text = words(panel)
    assert said.title in text
    assert said.remedy in text
    assert "Your turn." in text or "Nothing for you to do." in text
    assert text.count(SAFE) == 1
    assert panel.count('class="button ') == (0 if "Nothing for you to do." in text else 1)


def test_when_we_have_stopped_asking_it_is_said_why(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, cause="key_expired")
    assert "We have stopped asking" in alices_browser.get(page_of(wallet)).text

    Wallet.objects.update(next_try_at=NOW)
    assert "We have stopped asking" not in alices_browser.get(page_of(wallet)).text


@pytest.mark.parametrize(("cause", "health"), [("rights_too_wide", "needs_you"), ("exchange_retired", "retired")])
def test_that_keys_keep_failing_is_not_said_of_one_that_does_not_fail(
    alice: User, alices_browser: Client, cause: str, health: str
) -> None:
    page = page_of(a_wallet(alice, cause=cause, health=health))

    assert "keys keep failing" not in alices_browser.get(page).text


def test_missing_rights_name_the_exact_boxes(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, cause="right_missing", cause_right="Query ledger entries")

    mend = words(alices_browser.get(page_of(wallet)).text.split('id="mend"')[1].split("Check again")[0])

    ticked, left = mend.split("Leave alone")
    assert "Query ledger entries" in ticked
    assert "Withdraw funds" in left


def test_boxes_that_are_ticked_already_are_not_asked_for(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, cause="right_missing", key=False)
    told = {"can_tell": True, "read": ["Query funds"], "missing": ["Query ledger entries"]}
    RightsReport.objects.create(credential=a_credential(wallet), owner=alice, at=NOW, **told)

    page = words(alices_browser.get(page_of(wallet)).text)
    ticked = page.split("Tick at Kraken")[1].split("Leave alone")[0]

    assert "Query ledger entries" in ticked
    assert "Query funds" not in ticked
    assert "the right “reading”" not in page


def test_too_many_rights_are_named_as_the_last_check_heard_them(alice: User, alices_browser: Client) -> None:
    """The wallet's own column may be cut short, and names of boxes may hold commas."""
    beyond = ["Create, modify & cancel orders", "Withdraw funds"]
    wallet = a_wallet(alice, cause="rights_too_wide", cause_right="Create, modify & canc")
    a_check(wallet, cause="rights_too_wide", outcome={"rights": {"beyond": beyond}})

    mend = alices_browser.get(page_of(wallet)).text.split('id="mend"')[1]

    assert "<span>Create, modify &amp; cancel orders</span>" in mend
    assert "<span>Withdraw funds</span>" in mend


def test_our_addresses_are_there_to_be_copied(alice: User, alices_browser: Client, settings: Settings) -> None:
    settings.EGRESS_IPS = ("203.0.113.10", "203.0.113.11")
    wallet = a_wallet(alice, cause="ip_refused")

    mend = alices_browser.get(page_of(wallet)).text.split('id="mend"')[1]

    assert mend.count("data-copy-button") == 3  # each, and all at once
    assert "203.0.113.10, 203.0.113.11" in mend


def test_without_fixed_addresses_the_advice_is_to_take_the_restriction_off(
    alice: User, alices_browser: Client, settings: Settings
) -> None:
    settings.EGRESS_IPS = ()
    wallet = a_wallet(alice, cause="ip_refused")

    text = words(alices_browser.get(page_of(wallet)).text)

    assert "Take the restriction to addresses off this key" in text
    assert "add the addresses shown here" not in text


def test_an_inactive_key_says_how_it_is_activated(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, exchange="binance", cause="key_inactive")

    assert "Check again" in words(alices_browser.get(page_of(wallet)).text)


def test_a_sign_in_that_is_no_longer_offered_says_so(alice: User, alices_browser: Client, settings: Settings) -> None:
    settings.OAUTH_CLIENTS = {}
    wallet = a_wallet(alice, exchange="uphold", way="oauth", cause="sign_in_again")

    text = words(alices_browser.get(page_of(wallet)).text)

    assert "Signing in there is not offered here any more." in text
    assert "Go on with files" in text


@pytest.mark.parametrize("cause", [each for each in Cause if each not in {Cause.KEY_TYPE_RETIRED, Cause.IP_REFUSED}])
def test_nothing_is_said_of_a_key_where_there_is_none(
    alice: User, alices_browser: Client, cause: Cause, settings: Settings
) -> None:
    """Those two are said by exchanges that have keys only."""
    settings.OAUTH_CLIENTS = {"coinbase": ("client", "secret")}
    said = diagnose(cause, exchange="Coinbase", right="Query ledger", way="oauth")
    wallet = a_wallet(alice, exchange="coinbase", way="oauth", cause=cause, cause_right="Query ledger")

    panel = words(alices_browser.get(page_of(wallet)).text.split('id="health"')[1].split("</section>")[0])

    assert said.title in panel
    if cause not in KEYS_ALONE:
        assert "key" not in panel.lower(), panel


def test_what_a_key_was_to_end_on_explains_that_it_is_unknown(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, cause="key_unknown", key=False)
    a_credential(wallet, expires_at=timezone.now() - timedelta(days=1))

    assert "so most likely it has run out" in words(alices_browser.get(page_of(wallet)).text)


@pytest.mark.parametrize(
    ("ours", "said"),
    [((), "We have no fixed addresses."), (("203.0.113.10",), "We ask from 203.0.113.10, too."), (("192.0.2.1",), "")],
)
def test_what_a_key_was_bound_to_explains_that_it_is_unknown(
    alice: User, alices_browser: Client, settings: Settings, ours: tuple[str, ...], said: str
) -> None:
    """Kraken says of a key that is used from elsewhere what it says of one that is not there."""
    settings.EGRESS_IPS = ours
    wallet = a_wallet(alice, cause="key_unknown", key=False)
    told = {"can_tell": True, "read": ["Query funds"], "ips": ["192.0.2.1"]}
    RightsReport.objects.create(credential=a_credential(wallet), owner=alice, at=NOW, **told)

    text = words(alices_browser.get(page_of(wallet)).text)

    assert ("this key was bound to 192.0.2.1." in text) is bool(said)
    assert said in text


@pytest.mark.parametrize(
    ("facts", "offered"),
    [
        ({}, True),
        ({"cause": "network", "health": "exchange_down"}, True),
        ({"cause": "key_unknown"}, False),
        ({"cause": "rights_too_wide"}, False),
        ({"cause": "maintenance", "health": "exchange_down", "excused": "key_unknown"}, False),
        ({"paused_at": NOW}, False),
    ],
)
def test_a_sync_is_offered_only_where_asking_brings_something(
    alice: User, alices_browser: Client, facts: dict[str, object], *, offered: bool
) -> None:
    """A key that rests until its owner acts is not tried from a menu: keys that keep failing get accounts locked."""
    wallet = a_wallet(alice, next_try_at=None, **facts)

    pages = [
        alices_browser.get(address).text for address in (page_of(wallet), reverse("sync:history", args=[wallet.pk]))
    ]

    assert ["Sync now" in page for page in pages] == [offered, offered]
    assert "Check connection" in pages[0]


# --- one wallet: facts -----------------------------------------------------------------------------------------------


def test_a_working_wallet_says_so_and_asks_for_nothing(alice: User, alices_browser: Client) -> None:
    now = timezone.now()
    wallet = a_wallet(alice, last_success_at=now - timedelta(hours=2), next_try_at=now + timedelta(hours=4, minutes=1))
    Wallet.objects.update(streams=[{"stream": "ledger", "state": "done"}])

    text = words(alices_browser.get(page_of(wallet)).text)

    assert "Kraken answered 2 hours ago. The next look is in 4 hours." in text
    assert "Your turn" not in text


def test_a_look_that_is_due_is_not_said_to_have_been(alice: User, alices_browser: Client) -> None:
    now = timezone.now()
    wallet = a_wallet(alice, last_success_at=now - timedelta(minutes=2), next_try_at=now - timedelta(minutes=1))

    text = words(alices_browser.get(page_of(wallet)).text)

    assert "its history is being fetched. Kraken answered 2 minutes ago." in text
    assert "The next look" not in text
    assert "Everything is read as it should be" not in text

    Wallet.objects.update(streams=[{"stream": "ledger", "state": "done"}])
    text = words(alices_browser.get(page_of(wallet)).text)
    assert "Everything is read as it should be. Kraken answered 2 minutes ago. The next look is now." in text


def test_the_connections_facts_are_told(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, key=False, rotate_months=6)
    credential = a_credential(wallet, version=3, expires_at=NOW + timedelta(days=40), used_at=NOW)
    a_report(credential, read=["Query funds", "Query ledger entries"], ips=["203.0.113.10"])

    card = alices_browser.get(page_of(wallet)).text.split('id="connection"')[1].split("</section>")[0]

    text = words(card)
    for said in ("Reads only", "Query funds, Query ledger entries", "203.0.113.10", "30 Dec 2026", "20 Nov 2026"):
        assert said in text
    assert '<option value="6" selected>After 6 months</option>' in card


def test_the_owners_own_word_is_shown_with_its_date(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, key=False)
    a_credential(wallet, confirmed_at=NOW, confirmed_words="I made it to read <only>.")

    text = alices_browser.get(page_of(wallet)).text

    assert "Your own word" in text
    assert "I made it to read &lt;only&gt;." in text


def test_rights_that_widened_are_not_called_reading_only(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, cause="rights_too_wide", cause_right="Withdraw funds", key=False)
    credential = a_credential(wallet)
    a_report(credential)
    a_report(credential, beyond=["Withdraw funds"]).__class__.objects.filter(beyond=["Withdraw funds"]).update(
        at=NOW + timedelta(hours=1)
    )

    card = words(alices_browser.get(page_of(wallet)).text.split('id="connection"')[1].split("</section>")[0])

    assert "More than reading" in card
    assert "Reads only" not in card


def test_former_credentials_are_history_without_a_value(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, key=False)
    a_credential(wallet, version=1, standing="former", wiped_at=NOW, leaked_at=NOW, dead_at=NOW)
    a_credential(wallet, version=2, standing="former", wiped_at=NOW)
    a_credential(wallet, version=3)

    text = words(alices_browser.get(page_of(wallet)).text)

    assert "Dead at the exchange" in text
    assert "Replaced or removed" in text
    assert "In force" in text


def test_a_key_that_needs_its_owner_is_not_said_to_be_in_force(alice: User, alices_browser: Client) -> None:
    """In green, and with a tick, below words that it has run out."""
    wallet = a_wallet(alice, cause="key_expired")

    table = alices_browser.get(page_of(wallet)).text.split("Credentials of this wallet")[1].split("</table>")[0]

    assert "Needs you" in table
    assert "In force" not in table


def test_what_the_last_check_crossed_is_shown_while_its_key_is_in_force(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, cause="ip_refused")
    a_check(wallet, ("reachable", "ticked", "", ""), ("address", "crossed", "", "ip_refused"), cause="ip_refused")
    assert "Something was crossed" in alices_browser.get(page_of(wallet)).text

    Credential.objects.update(standing="former", sealed=None)
    a_credential(wallet, version=2)
    assert "Something was crossed" not in alices_browser.get(page_of(wallet)).text


def test_what_each_way_gives_is_told_the_one_in_use_first(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, way="csv", exchange="kraken", key=False)

    methods = alices_browser.get(page_of(wallet)).context["methods"]

    assert [(said, in_use) for said, _, in_use in methods] == [("Files, in use", True), ("Key", False)]


def test_a_wallet_by_hand_has_its_name_its_note_and_its_trail(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, exchange="", way="manual", key=False)
    assert "the exchange exports" not in alices_browser.get(page_of(wallet)).text

    text = words(alices_browser.get(page_of(wallet)).text)

    assert "Fed by what you write down." in text
    assert "Check connection" not in text
    assert "Update key" not in text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "Its key was wiped"),
        ({"exchange": "coinbase", "way": "oauth"}, "Its sign-in was wiped"),
        ({"way": "csv"}, ""),
    ],
)
def test_in_the_bin_only_what_was_wiped_is_said_to_be(
    alice: User, alices_browser: Client, facts: dict[str, str], said: str
) -> None:
    wallet = a_wallet(alice, key=False, binned_at=timezone.now(), **facts)

    page, listed = words(alices_browser.get(page_of(wallet)).text), words(alices_browser.get(BIN).text)

    assert said in page
    assert ("was wiped" in page, "was wiped" in listed) == (bool(said), bool(said))


def test_in_the_bin_it_can_only_be_restored(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, key=False, cause="no_key", binned_at=NOW)

    page = alices_browser.get(page_of(wallet)).text

    assert "Until 20 Dec 2026 it comes back" in words(page)
    main = page.split("<main")[1]
    assert re.findall(r'<form method="post" action="([^"]+)"', main) == [page_of(wallet, "restore/")]


@pytest.mark.parametrize("more", [{}, {"purged_at": NOW, "binned_at": NOW}])
def test_what_is_not_there_is_404(alice: User, bob: User, alices_browser: Client, more: dict[str, object]) -> None:
    wallet = a_wallet(alice if more else bob, key=False, **more)

    for part in ("", "checklist/", "help/", "remove/", "detach/", "leaked/"):
        assert alices_browser.get(page_of(wallet, part)).status_code == 404
    assert alices_browser.get(f"/wallets/{uuid4()}/").status_code == 404


def test_no_page_holds_anything_sealed(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, cause="ip_refused")
    a_check(wallet, ("address", "crossed", "", "ip_refused"), cause="ip_refused", claims=[["user", "claim-canary"]])

    pages = [INDEX, CONNECTIONS, *(page_of(wallet, part) for part in ("", "checklist/", "help/", "remove/", "leaked/"))]
    html = "".join(alices_browser.get(path).text for path in pages)

    assert SECRET not in html
    assert "claim-canary" not in html
    assert "gAAAA" not in html  # what a sealed value begins with


# --- one wallet: a leaked key ----------------------------------------------------------------------------------------


def leaked_wallet(owner: User) -> tuple[Wallet, CredentialTest]:
    wallet = a_wallet(owner)
    keeping.leaked(by=Actor(ActorKind.OWNER, owner), wallet=wallet, now=NOW)
    wallet.refresh_from_db()
    return wallet, CredentialTest.objects.get(purpose="end")


def test_a_leaked_key_is_followed_to_its_end(alice: User, alices_browser: Client) -> None:
    wallet, watch = leaked_wallet(alice)
    assert "Is the leaked key still alive?" in alices_browser.get(page_of(wallet)).text

    watch.outcome = {"ended": False, "looked_at": (timezone.now() - timedelta(minutes=20)).isoformat()}
    watch.save()
    text = words(alices_browser.get(page_of(wallet)).text)
    assert "The leaked key is still alive at Kraken It still worked there 20 minutes ago." in text
    assert text.index("The leaked key is still alive") < text.index("Import a file"), "what is urgent comes first"

    Credential.objects.update(standing="former", sealed=None, wiped_at=NOW, dead_at=NOW)
    assert "The leaked key is dead" in alices_browser.get(page_of(wallet)).text


def test_a_leaked_key_that_nobody_saw_die_is_said_to_be_so(alice: User, alices_browser: Client) -> None:
    wallet, _ = leaked_wallet(alice)
    Credential.objects.update(standing="former", sealed=None, wiped_at=NOW)

    assert "We did not see the leaked key die" in alices_browser.get(page_of(wallet)).text


def test_with_a_new_key_a_dead_one_is_history(alice: User, alices_browser: Client) -> None:
    wallet, _ = leaked_wallet(alice)
    Credential.objects.update(standing="former", sealed=None, wiped_at=NOW, dead_at=NOW)
    a_credential(wallet, version=2)
    Wallet.objects.update(cause="", health="working")

    assert "The leaked key is dead" not in alices_browser.get(page_of(wallet)).text


# --- the trail -------------------------------------------------------------------------------------------------------


def test_the_trail_is_this_wallets_own(alice: User, alices_browser: Client) -> None:
    wallet, other = a_wallet(alice), a_wallet(alice, label="Other")
    me = Actor(ActorKind.OWNER, alice, ip="192.0.2.9")
    record(by=me, action=Action.WALLET_RENAMED, owner=alice, now=NOW, subject="Kraken", about=wallet.pk)
    record(by=me, action=Action.WALLET_PAUSED, owner=alice, now=NOW, subject="Other", about=other.pk)

    trail = words(alices_browser.get(page_of(wallet)).text.split('id="trail"')[1])

    assert "Wallet renamed You, 192.0.2.9" in trail
    assert "Wallet paused" not in trail


def test_the_trail_goes_back_in_pieces(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice)
    for minute in range(25):
        record(
            by=SYSTEM,
            action=Action.CONNECTION_CHECKED,
            owner=alice,
            now=NOW + timedelta(minutes=minute),
            about=wallet.pk,
        )
    seen, here = [], page_of(wallet)
    while here:
        answer = alices_browser.get(here)
        seen += [line.at for line in answer.context["lines"]]
        here = answer.context["older"] and page_of(wallet) + answer.context["older"]

    assert len(set(seen)) == 25
    assert answer.context["newest"] == f"{page_of(wallet)}#trail"


# --- the checklist ---------------------------------------------------------------------------------------------------


def test_the_checklist_ticks_crosses_and_only_asks_for_what_is_crossed(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, cause="ip_refused")
    a_check(
        wallet,
        ("reachable", "ticked", "", ""),
        ("identity", "unknown", "", ""),
        ("address", "crossed", "203.0.113.10", "ip_refused"),
        cause="ip_refused",
    )

    page = alices_browser.get(page_of(wallet, "checklist/")).text

    marks = re.findall(r'class="check check-(\w+)"', page)
    assert {"ticked", "crossed", "unknown", "skipped"} <= set(marks)
    ticked, crossed = (page.split(f"check-{mark}")[1].split("</li>")[0] for mark in ("ticked", "crossed"))
    assert "<p>" not in ticked
    assert "203.0.113.10" in crossed
    assert "hx-get" not in page.split("<main")[1]


def test_asking_runs_it_and_the_page_waits_for_it(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice)

    answer = alices_browser.post(page_of(wallet, "checklist/"), follow=True)

    test = CredentialTest.objects.get(purpose="check")
    assert (test.wallet, test.state) == (wallet, "queued")
    assert f'hx-get="{page_of(wallet, "checklist/")}?seen=queued-0"' in answer.text
    assert AuditEvent.objects.filter(about=wallet.pk, action=Action.CONNECTION_CHECKED).exists()


def test_while_nothing_is_new_nothing_is_sent(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice)
    alices_browser.post(page_of(wallet, "checklist/"))
    path = page_of(wallet, "checklist/")

    assert alices_browser.get(f"{path}?seen=queued-0", **HTMX).status_code == 204
    CredentialTest.objects.update(
        state="running", lines=[{"check": "reachable", "mark": "ticked", "detail": "", "cause": ""}]
    )
    piece = alices_browser.get(f"{path}?seen=queued-0", **HTMX)

    assert "Kraken answers" in piece.text
    assert "<html" not in piece.text


def test_without_a_key_there_is_nothing_to_check(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, key=False, cause="no_key")
    assert "There is no key to check" in alices_browser.get(page_of(wallet, "checklist/")).text

    answer = alices_browser.post(page_of(wallet, "checklist/"), follow=True)

    assert "There is no key to check. Put one here first." in answer.text
    assert not CredentialTest.objects.exists()


def test_while_a_second_factor_is_being_recovered_nothing_is_asked(alice: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice)
    recovery.start(by=SYSTEM, owner=alice, now=NOW)
    recovery.confirm(by=SYSTEM, recovery=recovery.open_of(alice), now=NOW)

    answer = alices_browser.post(page_of(wallet, "checklist/"), follow=True)

    assert "Keys rest while a lost second factor is being replaced" in answer.text
    assert not CredentialTest.objects.exists()


# --- the bin ---------------------------------------------------------------------------------------------------------


def test_the_bin_says_until_when_and_restores(alice: User, bob: User, alices_browser: Client) -> None:
    wallet = a_wallet(alice, label="Thrown away", key=False, cause="no_key", binned_at=NOW)
    a_wallet(bob, label="of bob", key=False, binned_at=NOW)
    a_wallet(alice, label="Long gone", key=False, binned_at=NOW, purged_at=NOW)

    page = alices_browser.get(BIN).text

    assert "Can be restored until 20 Dec 2026" in words(page)
    assert f'action="{page_of(wallet, "restore/")}"' in page
    assert "of bob" not in page
    assert "Long gone" not in page


def test_an_empty_bin_says_what_it_is_for(alices_browser: Client) -> None:
    assert "The bin is empty" in alices_browser.get(BIN).text


# --- however much there is -------------------------------------------------------------------------------------------

PAGES: list[tuple[str, dict[str, object]]] = [(INDEX, {}), (STRIP, HTMX), (BIN, {}), (CONNECTIONS, {})]


@pytest.mark.parametrize(("path", "more"), PAGES, ids=[path for path, _ in PAGES])
def test_thirty_rows_cost_what_one_costs(
    alice: User, alices_browser: Client, path: str, more: dict, django_assert_num_queries: Callable
) -> None:
    def fill(count: int) -> None:
        for number in range(count):
            a_report(a_wallet(alice, cause="key_expired" if number % 2 else "").credentials.get())
            a_wallet(alice, key=False, cause="no_key", binned_at=NOW)
            a_wallet(alice, health="exchange_down", cause="maintenance")

    fill(2)
    alices_browser.get(path, **more)
    with CaptureQueriesContext(connection) as few:
        alices_browser.get(path, **more)
    fill(30)

    with django_assert_num_queries(len(few)):
        alices_browser.get(path, **more)


def test_a_wallet_with_a_long_history_costs_what_a_new_one_costs(
    alice: User, alices_browser: Client, django_assert_num_queries: Callable
) -> None:
    def live(wallet: Wallet, times: int) -> None:
        for number in range(times):
            a_check(wallet, ("reachable", "ticked", "", ""), state="passed")
            a_report(wallet.credentials.get(standing="current"))
            a_credential(wallet, version=times + number, standing="former", wiped_at=NOW)
            record(by=SYSTEM, action=Action.CONNECTION_CHECKED, owner=alice, now=NOW, about=wallet.pk)

    wallet = a_wallet(alice, key=False)
    a_credential(wallet, version=1_000)
    live(wallet, 1)
    alices_browser.get(page_of(wallet))
    with CaptureQueriesContext(connection) as few:
        alices_browser.get(page_of(wallet))
    live(wallet, 30)

    with django_assert_num_queries(len(few)):
        alices_browser.get(page_of(wallet))


def test_a_page_of_a_hundred_thousand_reads_its_own_rows_only(alice: User, bob: User) -> None:
    """By the plan, not by the clock: an index walk that stops after a page, with nothing sorted, counted or skipped."""
    many_wallets(alice, 100_000, needing=100)
    many_wallets(bob, 10_000)
    mine = Wallet.objects.for_user(alice).kept()

    for wallets in (mine, mine.in_state("needs_you")):
        plan = plan_of_a_page_in_the_middle(wallets)
        assert "Index Scan" in plan
        assert "Sort" not in plan
        assert "Rows Removed by Filter" not in plan


def plan_of_a_page_in_the_middle(wallets: QuerySet[Wallet]) -> str:
    middle = f"{NOW.isoformat()}_ffffffff-ffff-ffff-ffff-ffffffffffff"
    with CaptureQueriesContext(connection) as queries:
        newest_first(wallets, time="created_at", after=middle)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ANALYZE {queries[0]['sql']}")
        return "\n".join(row[0] for row in cursor.fetchall())


# --- who may ---------------------------------------------------------------------------------------------------------

# Always the same one: each test process counts the tests for itself.
ONE = "/wallets/5b0c1f0e-9a4d-4c1f-8f0a-1f2e3d4c5b6a/"
ALL = [INDEX, STRIP, BIN, CONNECTIONS, "/wallets/help/", ONE, f"{ONE}checklist/"]


@pytest.mark.parametrize("path", ALL)
def test_a_stranger_is_led_to_the_door_and_a_newcomer_to_enrolment(client: Client, newcomer: User, path: str) -> None:
    assert "/accounts/login/" in client.get(path)["Location"]
    assert signed_in(newcomer, factor_age=None).get(path)["Location"] == "/enrol/"
