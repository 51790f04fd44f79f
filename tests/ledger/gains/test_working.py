"""Gains follow what happened: reckoned from the database, kept, and made anew where something changed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from psycopg.errors import CheckViolation

from accounts import tax_settings
from accounts.audit import Actor, ActorKind
from ledger import linking, plans
from ledger.gains import asking, stale, terms, working
from ledger.models import (
    Block,
    Earning,
    Finding,
    Holding,
    Lot,
    LotChoice,
    Match,
    Reckoning,
    Stale,
    TransactionKey,
)
from tests.ledger.gains.books import (
    assert_as_from_the_beginning,
    buys,
    checkpoints,
    day,
    found,
    gains,
    moved,
    named,
    reckon,
    says,
    sells,
    tell,
)
from tests.ledger.stand import ledger_row
from wallets.models import Wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(alice):
    return Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="Second", created_at=day(0))


def test_a_sale_meets_the_lots_that_were_bought(alice, wallet):
    tell(wallet, *buys("T1", "2", "100", day(0)), *buys("T2", "1", "90", day(1)), *sells("T3", "2.5", "300", day(2)))
    reckoning = reckon(alice)
    assert gains(reckoning) == [
        ("BTC", Decimal(2), Decimal(240) - 100, "short"),
        ("BTC", Decimal("0.5"), Decimal(60) - 45, "short"),
    ]
    assert [(each.amount, each.cost) for each in Lot.objects.filter(reckoning=reckoning)] == [(Decimal("0.5"), 45)]
    [held] = Holding.objects.filter(reckoning=reckoning)
    assert (held.asset, held.wallet, held.amount, held.cost, held.lots) == ("BTC", wallet.pk, Decimal("0.5"), 45, 1)


def test_other_money_is_turned_into_the_owners_by_the_rate_of_the_day(alice, wallet):
    tell(wallet, *buys("T1", "1", "100", day(0), money="ZEUR"), *sells("T2", "1", "200", day(400), money="ZEUR"))
    [(_, _, gain, term)] = gains(reckon(alice))
    assert term == "long"
    assert gain > Decimal(80)
    assert gain != Decimal(100)


def test_what_comes_later_is_added_without_touching_what_was(alice, wallet):
    tell(wallet, *buys("T1", "5", "100", day(0)), *sells("T2", "1", "50", day(100)))
    first = reckon(alice)
    kept = set(Match.objects.filter(reckoning=first).values_list("pk", flat=True))
    assert len(checkpoints(first, "BTC")) > 5
    tell(wallet, *sells("T3", "1", "60", day(400)))
    again = reckon(alice)
    assert again.pk == first.pk
    assert kept < set(Match.objects.filter(reckoning=first).values_list("pk", flat=True))
    assert_as_from_the_beginning(alice)


def test_what_a_plan_would_make_of_its_moment_is_booked_from_the_day_before(alice, wallet):
    """From the year's beginning on it would keep the page waiting, where very much was traded."""
    tell(wallet, *buys("T1", "5", "100", day(0)), *sells("T2", "1", "50", day(400)))
    reckoning = reckon(alice)
    at = plans.turning(terms.told(alice, reckoning.settings))
    assert at - timedelta(days=1) in checkpoints(reckoning, "BTC")
    assert_as_from_the_beginning(alice)


def test_states_are_kept_of_days_before_which_nothing_moved_for_long(alice, wallet):
    """Reckoned from the eve on, the year's beginning had none: the page of the plan took nothing to be held then."""
    tell(wallet, *buys("T1", "5", "100", day(0)), *sells("T2", "1", "50", day(400)))
    reckoning = reckon(alice)
    kept, at = checkpoints(reckoning, "BTC"), plans.turning(terms.told(alice, reckoning.settings))
    assert at in kept

    stale.shared_out(alice.pk, since=at - plans.MOMENT)

    assert checkpoints(reckon(alice), "BTC") == kept
    assert plans.assets_of(reckoning, at) == (["BTC"], "")


def test_states_are_kept_where_nothing_is_left_after_a_change(alice, wallet):
    tell(wallet, *buys("T1", "5", "100", day(0)), *sells("T2", "1", "50", day(400)))
    kept = checkpoints(reckon(alice), "BTC")
    each = named(alice, "T2")

    says(alice, each, ignored=True)

    assert checkpoints(reckon(alice), "BTC") == kept
    assert_as_from_the_beginning(alice)


def test_lots_that_are_as_they_were_stay_where_they_are(alice, wallet):
    tell(wallet, *(row for number in range(5) for row in buys(f"T{number}", "1", f"{number + 1}00", day(number))))
    tell(wallet, *sells("S1", "1.5", "900", day(400)))
    names = lots(reckon(alice))
    assert [amount for _, amount in names] == [Decimal("0.5"), 1, 1, 1]
    tell(wallet, *sells("S2", "1", "900", day(410)), *buys("T9", "2", "300", day(411)))
    later = lots(reckon(alice))
    assert [amount for _, amount in later] == [Decimal("0.5"), 1, 1, 2]
    assert later[1:-1] == names[2:]
    assert_as_from_the_beginning(alice)
    says(alice, named(alice, "S2"), ignored=True)
    assert_as_from_the_beginning(alice)


def lots(reckoning):
    """By the name that a lot has in its table."""
    return list(Lot.objects.filter(reckoning=reckoning).order_by("acquired").values_list("pk", "amount"))


def test_an_edit_reckons_anew_what_follows_it(alice, wallet):
    tell(wallet, *buys("T1", "5", "100", day(0)), *sells("T2", "1", "50", day(100)), *sells("T3", "1", "60", day(300)))
    before = found(reckon(alice))
    says(alice, named(alice, "T2"), received={"amount": "70", "asset": "USD"})
    assert Stale.objects.filter(owner=alice, asset="BTC").exists()
    assert gains(reckon(alice))[0][2] == 50
    assert_as_from_the_beginning(alice)
    says(alice, named(alice, "T2"), received={"amount": "50", "asset": "USD"})
    assert found(reckon(alice)) == before


def test_what_the_database_refuses_leaves_all_as_it_was(alice, wallet):
    """Lines are handed to it beside the reckoning, and what it says of them is heard."""
    tell(wallet, *buys("T1", "5", "100", day(0)), *sells("T2", "1", "50", day(100)))
    before = found(reckon(alice))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_match ADD CONSTRAINT refused CHECK (amount < 3) NOT VALID")
    tell(wallet, *sells("T3", "4", "60", day(300)))
    with pytest.raises(CheckViolation):
        reckon(alice)
    reckoning = Reckoning.objects.get(owner=alice)
    assert found(reckoning) == before
    assert Stale.objects.filter(owner=alice).exists()


def test_a_note_changes_no_gain(alice, wallet):
    tell(wallet, *buys("T1", "5", "100", day(0)))
    reckon(alice)
    says(alice, named(alice, "T1"), note="my first", tags=["first"])
    assert not Stale.objects.filter(owner=alice).exists()


def test_what_is_ignored_counts_for_nothing(alice, wallet):
    tell(wallet, *buys("T1", "5", "100", day(0)), *sells("T2", "1", "50", day(100)))
    reckon(alice)
    says(alice, named(alice, "T2"), ignored=True)
    assert gains(reckon(alice)) == []
    assert_as_from_the_beginning(alice)


def test_lots_move_with_a_transfer_and_stay_when_it_is_taken_apart(alice, wallet, second):
    tell(wallet, *buys("T1", "2", "100", day(0)), *moved("W1", "-1", day(10)))
    tell(second, *moved("D1", "1", day(10, 1)), *sells("S1", "1", "80", day(500)))
    by = Actor(ActorKind.OWNER, alice)
    problems = set(Finding.objects.filter(reckoning=reckon(alice)).values_list("problem", flat=True))
    assert problems >= {"unknown_origin", "unknown_target"}
    ends = [named(alice, "W1").pk, named(alice, "D1").pk]
    linking.link(by=by, owner=alice, named=ends, now=timezone.now())
    reckoning = reckon(alice)
    assert gains(reckoning) == [("BTC", Decimal(1), Decimal(30), "long")]
    assert not Finding.objects.filter(reckoning=reckoning).exclude(problem="no_plan").exists()
    assert_as_from_the_beginning(alice)


def long_on_its_way(owner, wallet, second):
    tell(wallet, *buys("T1", "2", "100", day(0)), *moved("W1", "-1", day(350)))
    tell(second, *moved("D1", "0.9", day(360)), *sells("S1", "0.5", "80", day(400)))
    ends = [named(owner, "W1").pk, named(owner, "D1").pk]
    linking.link(by=Actor(ActorKind.OWNER, owner), owner=owner, named=ends, now=timezone.now())


@pytest.mark.parametrize("fields", [{"received": {"amount": "0.95", "asset": "BTC"}}, {"ignored": True}])
def test_an_edit_of_where_it_arrived_reckons_anew_from_when_it_left(alice, wallet, second, fields):
    """A checkpoint lies between both ends: what is lost on the way is booked where it left."""
    long_on_its_way(alice, wallet, second)
    assert checkpoints(reckon(alice), "BTC")
    says(alice, named(alice, "D1"), **fields)
    assert_as_from_the_beginning(alice)


@pytest.mark.parametrize("binned", ["own", "second"])
def test_the_other_end_of_a_transfer_is_reckoned_anew_where_a_wallet_goes_into_the_bin(alice, wallet, second, binned):
    long_on_its_way(alice, wallet, second)
    reckon(alice)
    Wallet.objects.filter(pk=(wallet if binned == "own" else second).pk).update(binned_at=timezone.now())
    assert_as_from_the_beginning(alice)


def test_a_coin_that_bears_the_name_of_money_that_is_no_more_is_a_coin(alice, wallet):
    """MTL was the Maltese lira until 2007, and has rates of that time."""
    tell(wallet, *buys("T1", "10", "20", day(0), asset="MTL"), *sells("T2", "10", "35", day(2), asset="MTL"))
    assert gains(reckon(alice)) == [("MTL", Decimal(10), Decimal(15), "short")]


def test_income_is_told_with_what_it_was_worth(alice, wallet):
    tell(wallet, ledger_row("R1", "R1", "ZEUR", "10", kind="staking", at=day(3)))
    reckoning = reckon(alice)
    [earned] = Earning.objects.filter(reckoning=reckoning)
    assert earned.asset == "EUR"
    assert earned.value > 10


def test_fees_of_positions_on_margin_are_losses_also_those_that_come_later(alice, wallet):
    tell(wallet, ledger_row("M1", "P1", "ZUSD", "100", "5", kind="margin", at=day(1)))
    assert sum(gain for _, _, gain, _ in gains(reckon(alice))) == 95

    tell(wallet, ledger_row("M2", "P2", "ZUSD", "0", "0.5", kind="rollover", at=day(2)))

    assert_as_from_the_beginning(alice)
    assert sum(gain for _, _, gain, _ in gains(reckon(alice))) == Decimal("94.5")


def test_without_a_price_the_gain_is_nought_and_it_is_said(alice, wallet):
    tell(wallet, *buys("T1", "1", "5", day(0), asset="NOPRICE", money="XXBT"))
    problems = set(Finding.objects.filter(reckoning=reckon(alice)).values_list("problem", "asset"))
    assert ("missing_price", "NOPRICE") in problems


def test_a_wallet_in_the_bin_counts_for_nothing_until_it_is_back(alice, wallet, second):
    tell(wallet, *buys("T1", "2", "100", day(0)))
    tell(second, *buys("T2", "1", "10", day(0)), *sells("T3", "1", "30", day(5)))
    both = found(reckon(alice))
    Wallet.objects.filter(pk=second.pk).update(binned_at=timezone.now())
    standing = asking.standing(alice, now=timezone.now())
    assert not standing.current
    assert gains(reckon(alice)) == []
    assert_as_from_the_beginning(alice)
    Wallet.objects.filter(pk=second.pk).update(binned_at=None)
    asking.standing(alice, now=timezone.now())
    assert found(reckon(alice)) == both


def test_other_terms_are_read_once_they_are_ready(alice, wallet):
    tell(wallet, *buys("T1", "1", "100", day(0)), *buys("T2", "1", "200", day(1)), *sells("T3", "1", "300", day(2)))
    former = reckon(alice)
    by = Actor(ActorKind.OWNER, alice)
    tax_settings.set_for_all_years(by=by, owner=alice, now=timezone.now(), method="hifo")
    standing = asking.standing(alice, now=timezone.now())
    assert standing.reckoning == former
    assert not standing.current
    latter = reckon(alice)
    assert latter != former
    assert gains(latter) == [("BTC", Decimal(1), Decimal(100), "short")]
    assert asking.standing(alice, now=timezone.now()).current


def test_a_look_changes_nothing_and_is_forgotten(alice, wallet):
    tell(wallet, *buys("T1", "1", "100", day(0)), *buys("T2", "1", "200", day(1)), *sells("T3", "1", "300", day(2)))
    mine = reckon(alice)
    look = asking.look(alice, now=timezone.now(), method="hifo")
    assert look.reckoned_at is None
    assert reckon(alice) == mine
    look.refresh_from_db()
    assert (gains(mine)[0][2], gains(look)[0][2]) == (200, 100)
    tell(wallet, *sells("T4", "1", "300", day(3)))
    reckon(alice)
    assert asking.look(alice, now=timezone.now(), method="hifo").reckoned_at is None
    reckon(alice)
    assert len(gains(Reckoning.objects.get(pk=look.pk))) == 2
    asking.due(timezone.now() + timedelta(days=2))
    assert not Reckoning.objects.filter(pk=look.pk).exists()
    assert not Match.objects.filter(reckoning=look.pk).exists()


def test_only_so_many_looks_are_kept_for_one_owner(alice, wallet):
    tell(wallet, *buys("T1", "1", "100", day(0)))
    mine = reckon(alice)
    now = timezone.now()
    for place, currency in enumerate(["EUR", "GBP", "CHF", "JPY", "CAD", "AUD"] * 4):
        method = ("fifo", "lifo", "hifo", "lofo")[place // 6]
        asking.look(alice, now=now + timedelta(seconds=place), method=method, currency=currency)
    looks = Reckoning.objects.filter(owner=alice, in_force=False)
    assert looks.count() == asking.LOOKS
    assert {each.settings["currency"] for each in looks.order_by("-expires_at")[:2]} == {"AUD", "CAD"}
    assert Reckoning.objects.get(owner=alice, in_force=True) == mine


@pytest.mark.parametrize("looks", [True, False])
def test_what_another_version_of_the_engine_made_is_made_again(alice, wallet, looks):
    """Whether its owner looks or not."""
    tell(wallet, *buys("T1", "1", "100", day(0)), *sells("T2", "1", "300", day(2)))
    made, now = reckon(alice), timezone.now()
    Reckoning.objects.filter(pk=made.pk).update(version="0.1")
    Match.objects.filter(reckoning=made).update(cost=1)
    if looks:
        assert not asking.standing(alice, now=now).current
    else:
        asking.due(now)
    [again] = [Reckoning.objects.claim(now=now)]
    assert again is not None
    working.work(again, clock=lambda: now)
    assert asking.standing(alice, now=now).current
    assert gains(made) == [("BTC", Decimal(1), Decimal(200), "short")]


def test_a_former_release_beside_a_later_one_leaves_its_figures_alone_for_an_hour(alice, wallet):
    """Each made everybody's gains again every ten seconds, for as long as workers of both stood there."""
    tell(wallet, *buys("T1", "1", "100", day(0)))
    made, now = reckon(alice), timezone.now()
    look = asking.look(alice, now=now, method="lifo")
    working.work(Reckoning.objects.claim(now=now), clock=lambda: now)
    later = f"{int(terms.version().split('.')[0]) + 1}.1"
    Reckoning.objects.update(version=later, reckoned_at=now)
    asking.due(now)
    assert asking.standing(alice, now=now).current
    assert asking.look(alice, now=now, method="lifo").reckoned_at == now
    assert not Reckoning.objects.filter(finished_at=None).exists()
    asking.due(now + timedelta(minutes=61))  # it went away again
    assert Reckoning.objects.get(pk=made.pk).finished_at is None
    assert asking.look(alice, now=now + timedelta(minutes=61), method="lifo").reckoned_at is None
    assert look.pk != made.pk


@pytest.mark.parametrize("kept", [Block, Lot])
def test_where_what_was_kept_is_gone_all_is_reckoned_once_more(alice, wallet, kept):
    tell(wallet, *(row for each in range(4) for row in buys(f"T{each}", "1", f"{100 + each}", day(each))))
    reckon(alice)
    kept.objects.all().delete()
    tell(wallet, *sells("T9", "2", "500", day(9)))
    reckon(alice)
    assert_as_from_the_beginning(alice)


def test_what_failed_is_not_tried_over_and_over_but_once_there_is_something_new_or_an_hour_has_passed(alice, wallet):
    tell(wallet, *buys("T1", "1", "100", day(0)))
    made, now = reckon(alice), timezone.now()
    Stale.objects.create(owner=alice, asset="BTC", since=day(0), noted_at=now)
    fallen = Reckoning.objects.filter(pk=made.pk)
    fallen.update(failed=True, finished_at=now + timedelta(seconds=1))

    def is_tried(at):
        asking.due(at)
        return fallen.get().finished_at is None

    assert not is_tried(now + timedelta(minutes=1))
    assert is_tried(now + timedelta(minutes=62))
    fallen.update(failed=True, finished_at=now + timedelta(seconds=1))
    Stale.objects.create(owner=alice, asset="BTC", since=day(0), noted_at=now + timedelta(seconds=2))
    assert is_tried(now + timedelta(minutes=1))


def test_amounts_finer_than_usual_are_exact(alice, wallet):
    tell(wallet, *buys("T1", "1", "100", day(0)))
    reckon(alice)
    tell(wallet, *buys("T2", "0." + "0" * 23 + "7", "1", day(1)))
    [held] = Holding.objects.filter(reckoning=reckon(alice))
    assert held.amount == 1 + Decimal("7e-24")
    assert_as_from_the_beginning(alice)


def test_what_is_committed_while_it_works_is_not_lost(alice, wallet):
    tell(wallet, *buys("T1", "1", "100", day(0)))
    reckoning = reckon(alice)
    Stale.objects.create(owner=alice, asset="BTC", since=day(0), noted_at=timezone.now())
    assert not asking.standing(alice, now=timezone.now()).current
    reckon(alice)
    assert asking.standing(alice, now=timezone.now()).reckoning == reckoning
    assert asking.standing(alice, now=timezone.now()).current


def test_chosen_lots_are_taken_and_the_choice_follows_a_name_that_joined_another(alice, wallet):
    tell(wallet, *buys("T1", "1", "100", day(0)), *buys("T2", "1", "200", day(1)), *sells("T3", "1", "300", day(2)))
    assert gains(reckon(alice))[0][2] == 200
    key = TransactionKey.objects.create(
        owner=alice, book=wallet.book, anchor="former", created_at=day(0), alias_of_id=named(alice, "T2").pk
    )
    sold = named(alice, "T3")
    LotChoice.objects.create(owner=alice, disposal_id=sold.pk, lot=key, place=0, created_at=day(3))
    stale.decided({sold.pk})
    assert gains(reckon(alice)) == [("BTC", Decimal(1), Decimal(100), "short")]
    assert_as_from_the_beginning(alice)
