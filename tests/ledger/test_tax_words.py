"""What owners say about their gains: lots chosen by hand, costs, the plan for wallets, fees of transfers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import tax_settings
from accounts.audit import SYSTEM
from accounts.models import AuditEvent
from ledger import lot_table, lots_ready, lots_then, plans
from ledger.models import Checkpoint, Finding, GainChoices, KnownCost, LotChoice, Match, Reckoning
from tests.accounts.api.conftest import script_of
from tests.ledger.gains.books import assert_as_from_the_beginning, buys, day, gains, moved, named, reckon, sells, tell
from tests.ledger.matched import another
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def other(alice):
    return another(alice, "Savings")


@pytest.fixture
def sale(alice, wallet):
    """Two lots, of which the first and half of the second were sold; a third came later."""
    tell(
        wallet,
        *buys("B1", "1", "100", day(0)),
        *buys("B2", "1", "300", day(1)),
        *sells("S1", "1.5", "600", day(30)),
        *buys("B3", "1", "500", day(31)),
    )
    reckon(alice)
    return named(alice, "S1")


def at(each, part="lots/"):
    return f"/tax/disposals/{each.pk}/{part}"


def shown(browser, address, **query):
    answer = browser.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode().replace("\xa0", " ")


def pressed(browser, address, **said):
    answer = browser.post(address, said, follow=True)
    assert answer.status_code == 200
    return answer.content.decode().replace("\xa0", " ")


def lot(each):
    return f"lot-{each.pk}"


# --- lots ----------------------------------------------------------------------------------------------------------


def test_the_lots_offered_are_those_that_were_there(alices_browser, alice, sale):
    page = shown(alices_browser, at(sale))

    assert lot(named(alice, "B1")) in page
    assert lot(named(alice, "B2")) in page
    assert lot(named(alice, "B3")) not in page
    assert "Gain by the method" in page
    assert "350.00 USD" in page
    assert "The IRS accepts lots" in page


def test_further_lots_are_not_said_to_be_older(alices_browser, sale, monkeypatch):
    """They stand oldest first, or in any other order that was asked for."""
    monkeypatch.setattr(lot_table, "SIZE", 1)

    page = shown(alices_browser, at(sale))

    assert "<span>Further</span>" in page
    assert "<span>Older</span>" not in page


def test_what_a_choice_comes_to_is_shown_before_it_is_kept(alices_browser, alice, sale):
    page = pressed(alices_browser, at(sale), **{lot(named(alice, "B2")): "1", "do": "look"})

    assert "250.00 USD" in page  # 600 - 300 - 50
    assert "\N{MINUS SIGN}100.00 USD" in page
    assert not LotChoice.objects.exists()


def test_a_choice_is_kept_and_reckoned_and_taken_back(alices_browser, alice, sale):
    page = pressed(alices_browser, at(sale), **{lot(named(alice, "B2")): "1", "do": "keep"})
    assert "Your choice is kept." in page

    read = reckon(alice)
    assert sum(gain for *_, gain, _ in gains(read)) == 250
    assert Match.objects.filter(reckoning=read, rule="chosen").get().lot == named(alice, "B2").pk
    page = shown(alices_browser, at(sale, ""))
    assert "Chosen by you" in page
    assert "Change your choice" in page
    assert_as_from_the_beginning(alice)

    assert "taken back" in pressed(alices_browser, at(sale, "lots/take-back/"))
    assert sum(gain for *_, gain, _ in gains(reckon(alice))) == 350
    assert {"lots_chosen", "lots_taken_back"} <= set(AuditEvent.objects.values_list("action", flat=True))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2", "This lot held 1 then"),
        ("-1", "plain figure"),
        ("one", "plain figure"),
        ("0", "more than nothing"),
        ("0.0000000000000000001", "at most 18 decimals"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_the_lot(alices_browser, alice, sale, typed, words):
    page = pressed(alices_browser, at(sale), **{lot(named(alice, "B2")): typed, "do": "keep"})

    assert words in page
    assert f'value="{typed}"' in page
    assert not LotChoice.objects.exists()


def test_more_than_left_is_refused_and_so_is_a_lot_that_was_not_there(alices_browser, alice, sale):
    both = {lot(named(alice, "B1")): "1", lot(named(alice, "B2")): "1", "do": "keep"}
    assert "Only 1.5 left here" in pressed(alices_browser, at(sale), **both)
    assert "was not there" in pressed(alices_browser, at(sale), **{lot(named(alice, "B3")): "1", "do": "keep"})
    assert not LotChoice.objects.exists()


def test_nothing_typed_takes_the_choice_back(alices_browser, alice, sale):
    pressed(alices_browser, at(sale), **{lot(named(alice, "B2")): "1", "do": "keep"})

    assert "Nothing is chosen" in pressed(alices_browser, at(sale), **{lot(named(alice, "B2")): "", "do": "keep"})

    assert not LotChoice.objects.exists()


def test_lots_are_ordered_by_what_one_had_cost(alices_browser, alice, sale):
    page = shown(alices_browser, at(sale), order="highest")

    assert page.index(lot(named(alice, "B2"))) < page.index(lot(named(alice, "B1")))


def test_a_lot_that_came_to_hold_less_is_told(alices_browser, alice, wallet, sale):
    pressed(alices_browser, at(sale), **{lot(named(alice, "B2")): "1", "do": "keep"})
    tell(wallet, *sells("S0", "1.75", "10", day(2)))

    read = reckon(alice)

    assert Finding.objects.filter(reckoning=read, problem="choice_short").exists()
    assert f'href="{at(sale)}"' in shown(alices_browser, "/tax/2024/")
    assert "This lot held" in shown(alices_browser, at(sale))


def test_where_everything_is_one_pool_nothing_can_be_chosen(alices_browser, alice, sale):

    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="GB", now=day(0))
    reckon(alice)

    assert "one pool" in shown(alices_browser, at(sale))


def test_a_choice_of_what_was_bought_later_goes_on_from_what_is_kept(alices_browser, alice, sale):
    """The lots come of the newest kept state; they are those of the beginning."""
    read = reckon(alice)
    kept = lots_then.then(read, sale)
    read.version = ""
    whole = lots_then.then(read, sale)

    assert kept.open() == whole.open()
    assert [each.amount for each in kept.open()] == [1, 1]


# --- costs ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def came(alice, wallet):
    tell(wallet, *moved("D1", "2", day(0)), *sells("S1", "2", "5000", day(10)))
    reckon(alice)
    return named(alice, "D1")


def test_a_cost_is_said_and_counts_and_is_taken_back(alices_browser, alice, came):
    address = f"/tax/costs/{came.pk}/"
    said = {"cost": "1,250.50", "currency": "USD", "acquired": "2020-03-04", "note": "Receipt of the broker"}

    assert "Kept as your word." in pressed(alices_browser, address, **said)

    assert gains(reckon(alice)) == [("BTC", 2, Decimal("3749.5"), "long")]
    assert_as_from_the_beginning(alice)
    assert "Receipt of the broker" in shown(alices_browser, "/tax/said/")
    assert "taken back" in pressed(alices_browser, f"{address}take-back/")
    assert gains(reckon(alice)) == [("BTC", 2, Decimal(5000), "short")]


def test_nobody_is_asked_what_money_had_cost(alices_browser, alice, came):
    sale = named(alice, "S1")
    assert "There is nothing to say" in shown(alices_browser, f"/tax/costs/{sale.pk}/")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"cost": "much"}, "plain figure"),
        ({"cost": "-1"}, "plain figure"),
        ({"cost": "0,5"}, "plain figure"),
        ({"acquired": "1999-01-01"}, "look at the year"),
        ({"acquired": "2099-01-01"}, "when it came in, or before"),
        ({"currency": "GOLD"}, "“GOLD” is none of the choices"),
        ({"note": "x" * 300}, "at most 200"),
    ],
)
def test_a_cost_that_cannot_be_is_not_kept(alices_browser, came, wrong, words):
    said = {"cost": "1", "currency": "USD", "acquired": "", "note": "", **wrong}

    assert words in pressed(alices_browser, f"/tax/costs/{came.pk}/", **said)
    assert not KnownCost.objects.exists()


def test_a_seed_phrase_in_a_note_is_refused(alices_browser, came):
    words = "legal winner thank year wave sausage worth useful legal winner thank yellow"

    page = pressed(alices_browser, f"/tax/costs/{came.pk}/", cost="1", currency="USD", note=words)

    assert "seed phrase" in page
    assert not KnownCost.objects.exists()


# --- where very much was traded ------------------------------------------------------------------------------------


@pytest.fixture
def much(monkeypatch):
    monkeypatch.setattr(lots_ready, "LIGHT", 2)


def as_offered(reckoning, each):
    then = lots_then.then(reckoning, each)
    return then.open(), then.outcome(()), then.start.at == each.occurred_at


def test_a_page_waits_for_the_state_that_a_worker_keeps(alices_browser, alice, sale, much):
    read = Reckoning.objects.get(in_force=True)
    lots, outcome, _ = as_offered(read, sale)
    assert "being looked up" in shown(alices_browser, at(sale))
    lots_ready.work(timezone.now())
    assert "Take of the lot" in shown(alices_browser, at(sale))
    assert as_offered(read, sale) == (lots, outcome, True)


def test_what_is_kept_for_a_page_goes_with_what_it_was_made_of(alices_browser, alice, wallet, sale, much):
    shown(alices_browser, at(sale))
    lots_ready.work(timezone.now())
    assert Checkpoint.objects.filter(at=sale.occurred_at).count() == 1
    tell(wallet, *buys("B0", "1", "50", day(0, -1)))
    assert_as_from_the_beginning(alice)
    assert not Checkpoint.objects.filter(at=sale.occurred_at).exists()
    shown(alices_browser, at(sale))
    lots_ready.work(timezone.now())
    assert [lot.cost for lot in as_offered(Reckoning.objects.get(in_force=True), sale)[0]] == [50, 100, 300]


def test_a_state_is_not_kept_of_what_was_reckoned_anew_meanwhile(alice, sale, much):
    read = Reckoning.objects.get(in_force=True)
    Reckoning.objects.update(reckoned_at=timezone.now())
    lots_ready.keep(read, sale)
    assert not Checkpoint.objects.filter(at=sale.occurred_at).exists()


def test_programs_are_asked_to_come_back(alice, sale, much):
    script = script_of(alice, "write")
    wish = {"disposal": str(sale.pk), "lots": [{"lot": str(named(alice, "B2").pk), "amount": "1"}]}
    said = partial(script.post, "/api/v1/lots/choices/", wish, content_type="application/json")
    assert said().headers["Retry-After"] == "2"
    lots_ready.work(timezone.now())
    assert said().status_code == 201


# --- the plan ------------------------------------------------------------------------------------------------------


@pytest.fixture
def held(alice, wallet, other):
    """At the turn of the year: 1 BTC in each wallet, one cheap and one dear."""
    tell(wallet, *buys("B1", "1", "100", day(0)))
    tell(other, *buys("B2", "1", "900", day(1)), *sells("S1", "1", "1000", day(400)))
    return reckon(alice)


def test_no_page_of_lots_claims_a_day_that_nobody_knows(alices_browser, alice, wallet, other, held):
    """What came from nobody knows where was acquired on some other day, and cost something else than nothing."""
    tell(other, *moved("D1", "1", day(2)), *moved("D2", "1", day(3)))
    reckon(alice)
    came = "12 Jan 2024"

    page = shown(alices_browser, "/tax/plan/")
    assert f"acquired {came}" not in plain(page)
    assert f"came {came}, acquired on a day that nobody knows, cost not known" in plain(page)
    assert "acquired 10 Jan 2024, cost 100.00 USD" in plain(page)
    for address in (SHARES, at(named(alice, "S1"))):
        page = plain(shown(alices_browser, address))
        assert f"came {came}" in page, address
        # which of the two lies in the wallet of the sale depends on the order of wallets: each that is shown says it
        assert page.count("acquired on a day that nobody knows") == page.count("came 1"), address
        assert "of the lot of 12 Jan" not in page, address
        assert "not known" in page, address


def plain(page):
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def test_without_a_plan_the_proposal_is_shown(alices_browser, alice, held):
    page = shown(alices_browser, "/tax/plan/")

    assert "You have not saved a plan yet" in page
    assert "Rev" in page
    assert page.count("1 BTC, cost") == 2
    year = shown(alices_browser, "/tax/2024/")  # the last moment before belongs to it
    assert "Lots were shared out among wallets without a plan" in year
    assert "From the next year on each wallet counts by itself" in year


def test_another_order_is_looked_at_then_saved_and_taken_back(alices_browser, alice, wallet, other, held):
    order = {"method": "hifo", f"place-{other.pk}": "1", f"place-{wallet.pk}": "2"}
    assert "Nothing is saved yet." in shown(alices_browser, "/tax/plan/", **order)
    assert not GainChoices.objects.exists()

    assert "Your plan is saved" in pressed(alices_browser, "/tax/plan/", **order)

    kept = GainChoices.objects.get().allocation
    assert (kept["method"], kept["wallets"]) == ("hifo", [str(other.pk), str(wallet.pk)])
    assert gains(reckon(alice)) == [("BTC", 1, Decimal(100), "long")]
    assert not Finding.objects.filter(reckoning=reckon(alice), problem="no_plan").exists()
    assert_as_from_the_beginning(alice)
    assert "You have a plan" in shown(alices_browser, "/tax/plan/")
    pressed(alices_browser, "/tax/plan/take-back/")
    assert GainChoices.objects.get().allocation is None


def test_all_links_are_read_once_however_many_assets_a_plan_shows(alice, wallet, other, held):
    """Of who linked thousands of transfers, each reading cost a tenth of a second, and there was one for each asset."""
    tell(wallet, *buys("E1", "1", "100", day(0), asset="XETH"), *buys("S1", "1", "100", day(0), asset="SOL"))
    read = reckon(alice)

    with CaptureQueriesContext(connection) as asked:
        found = plans.outcome(read, None, ["BTC", "ETH", "SOL"], NEW_YEAR)

    assert set(found) == {"BTC", "ETH", "SOL"}
    assert sum("said.kind = 'linked'" in each["sql"] for each in asked) == 1


def test_what_a_plan_shows_is_what_the_engine_does(alice, wallet, other, held):
    shares = plans.outcome(held, None, ["BTC"], NEW_YEAR)["BTC"]

    assert sorted((share.wallet, share.amount) for share in shares) == sorted([(str(wallet.pk), 1), (str(other.pk), 1)])
    assert sum(share.cost for share in shares) == 1000


def test_without_a_plan_the_oldest_lots_go_to_wallets_as_they_were_added(alice, wallet, other, held):
    """By names that are drawn by lot one history came to other gains in each account."""
    found = []
    for first, second in ((wallet, other), (other, wallet)):
        Wallet.objects.filter(pk=first.pk).update(created_at=day(-2))
        Wallet.objects.filter(pk=second.pk).update(created_at=day(-1))
        Reckoning.objects.all().delete()
        found.append(gains(reckon(alice)))

    assert found == [[("BTC", 1, Decimal(100), "long")], [("BTC", 1, Decimal(900), "long")]]
    assert plans.ordered(alice, None, [wallet.pk, other.pk]) == [str(other.pk), str(wallet.pk)]


def test_who_counts_all_wallets_together_needs_no_plan(alices_browser, alice, held):

    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="CA", now=day(0))
    reckon(alice)

    assert "No plan is needed" in shown(alices_browser, "/tax/plan/")


def cell(lot, wallet):
    return f"share-{lot.pk}-{wallet.pk}"


@pytest.fixture
def lots(alice, held):
    return named(alice, "B1"), named(alice, "B2")


SHARES = "/tax/plan/of/BTC/"


def test_lots_are_shared_out_one_by_one(alices_browser, alice, wallet, other, lots):
    cheap, dear = lots
    page = shown(alices_browser, SHARES)
    assert page.count('value="1"') == 2  # as the order has it: each lot whole in one of the wallets
    assert "Share BTC out lot by lot" in shown(alices_browser, "/tax/plan/")
    said = {
        cell(cheap, wallet): "0.25",
        cell(cheap, other): "0.75",
        cell(dear, wallet): "0.75",
        cell(dear, other): "0.25",
    }
    assert "shared out as you said" in pressed(alices_browser, SHARES, **said)
    kept = GainChoices.objects.get().allocation
    assert {(each["lot"], each["wallet"]): each["amount"] for each in kept["shares"]} == {
        (str(cheap.pk), str(wallet.pk)): "0.25",
        (str(cheap.pk), str(other.pk)): "0.75",
        (str(dear.pk), str(wallet.pk)): "0.75",
        (str(dear.pk), str(other.pk)): "0.25",
    }
    assert kept["saved"]
    reckoned = reckon(alice)
    assert gains(reckoned) == [
        ("BTC", Decimal("0.75"), Decimal(675), "long"),
        ("BTC", Decimal("0.25"), Decimal(25), "long"),
    ]
    assert not Finding.objects.filter(reckoning=reckoned, problem__in=["no_plan", "plan_does_not_fit"]).exists()
    assert_as_from_the_beginning(alice)
    assert "You shared these out lot by lot" in shown(alices_browser, "/tax/plan/")
    assert f'name="{cell(cheap, wallet)}" value="0.25"' in shown(alices_browser, SHARES)


def test_another_order_leaves_what_was_shared_out_by_hand(alices_browser, alice, wallet, other, lots):
    cheap, dear = lots
    pressed(alices_browser, SHARES, **{cell(cheap, other): "1", cell(dear, wallet): "1"})
    pressed(alices_browser, "/tax/plan/", method="lifo")
    kept = GainChoices.objects.get().allocation
    assert (kept["method"], len(kept["shares"])) == ("lifo", 2)
    assert "order again" in pressed(alices_browser, f"{SHARES}take-back/")
    assert GainChoices.objects.get().allocation["shares"] == []
    assert "order again" not in pressed(alices_browser, f"{SHARES}take-back/")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ((("1", "0"), ("0", "0.5")), "Savings held 1 then, and gets 0.5. Share out exactly what it held."),
        ((("1", "1"), ("0", "0")), "This lot was 1, and you shared out 2 of it."),
        ((("1", "some"), ("0", "1")), "Write a plain figure"),
        ((("1", "-1"), ("0", "1")), "Write a plain figure"),
        ((("1", ""), ("0.0000000000000000001", "1")), "decimals"),
    ],
)
def test_what_does_not_add_up_is_refused_and_stays_in_the_form(alices_browser, wallet, other, lots, typed, words):
    (cheap, dear), ((one, two), (three, four)) = lots, typed
    said = {cell(cheap, wallet): one, cell(cheap, other): two, cell(dear, wallet): three, cell(dear, other): four}
    page = pressed(alices_browser, SHARES, **said)
    assert "This cannot be kept yet" in page
    assert words in page
    assert f'name="{cell(cheap, wallet)}" value="{one}"' in page
    assert not GainChoices.objects.exists()


def test_where_only_one_wallet_held_something_nothing_is_shared_out(alices_browser, alice, wallet, held):
    tell(wallet, *buys("B3", "1", "10", day(2), asset="XETH"))
    reckon(alice)
    assert "There is nothing to share out by hand" in shown(alices_browser, "/tax/plan/of/ETH/")
    assert alices_browser.get("/tax/plan/of/DOGE/").status_code == 404


def test_who_needs_no_plan_shares_nothing_out(alices_browser, alice, held):
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="CA", now=day(0))
    reckon(alice)
    assert alices_browser.get(SHARES).status_code == 404


# --- fees of transfers ---------------------------------------------------------------------------------------------


def test_what_becomes_of_fees_is_chosen_and_counts(alices_browser, alice, wallet):
    tell(wallet, *buys("B1", "1", "100", day(0)), *moved("W1", "-0.5", day(1), fee="0.1"))
    before = reckon(alice)

    assert "Kept." in pressed(alices_browser, "/tax/options/", transfer_fee="nothing")

    after = reckon(alice)
    assert after.pk != before.pk
    assert not Match.objects.filter(reckoning=after, counts=True).exists()
    assert "“gift” is none of the choices" in pressed(alices_browser, "/tax/options/", transfer_fee="gift")
