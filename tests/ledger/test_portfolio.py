"""What is held, what it is worth and what it had cost; and that nothing is taken for nought without being said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts import profile, tax_settings
from accounts.audit import SYSTEM, Actor, ActorKind
from ledger import handmade, holding_lines, portfolio_shown
from ledger.engine.types import Country, Term
from ledger.models import FindingSum, Lot
from ledger.portfolio import Basis, freshness_of, portfolio_of
from ledger.portfolio_assets import asset_of
from ledger.portfolio_rows import around, by_asset, ring, rows
from ledger.portfolio_terms import Terms
from ledger.price_rates import rates
from ledger.pricing.candles import DAY, HOUR
from tests.ledger.conftest import NOW
from tests.ledger.gains.books import buys, day, moved, reckon, sells, tell
from tests.ledger.matched import another
from tests.ledger.priced import hours, quoted
from wallets.visitors import one_list_read

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now().replace(minute=30)


@pytest.fixture
def quotes(now):
    """Bitcoin is at 250 dollars, and was at 200 a day ago."""
    quoted("BTC", "USD", now - hours(25), "200", "200", span=HOUR)
    quoted("BTC", "USD", now, "250", span=HOUR)


BY_LOTS = {"method": "fifo", "scope": "per_wallet"}


def held(found, code="BTC"):
    return next(each for each in found.held if each.code == code)


def test_before_anything_is_reckoned_amounts_and_worth_are_there(alice, wallet, quotes, now):
    tell(wallet, *buys("T1", "2", "100", day(0)))

    found = portfolio_of(alice, now=now)

    assert (found.standing.reckoning, found.gain, found.cost, found.realised) == (None, None, None, None)
    assert (held(found).value, held(found).change, held(found).basis) == (500, 100, None)
    assert (held(found, "USD").amount, held(found, "USD").value) == (-100, -100)
    assert (found.worth, found.change) == (400, 100)
    assert [each.code for each in found.below_nought] == ["USD"]


def test_cost_and_gain_follow_and_so_does_what_was_realised_this_year(alice, wallet, quotes, now):
    sold = now - timedelta(hours=2)
    tell(wallet, *buys("T1", "2", "100", day(0)), *sells("T2", "0.5", "120", sold))
    reckon(alice, now=now)

    found = portfolio_of(alice, now=now)

    assert (held(found).basis.cost, held(found).gain) == (75, Decimal("1.5") * 250 - 75)
    assert (found.cost, found.gain) == (75, 300)
    assert found.realised == (95 if sold.year == now.year else 0)
    assert found.standing.current


@pytest.mark.parametrize("country", ["US", "GB", "CA"])
def test_what_has_an_unknown_cost_is_told_and_counts_neither_for_nor_against(alice, wallet, quotes, now, country):
    """In a pool as well: there a cost that is not known of a part of it is not unknown of all of it."""
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country=country, scope="universal", now=now)
    tell(wallet, *buys("T1", "2", "100", day(0)), *moved("D1", "0.5", day(1)))
    reckon(alice, now=now)

    found = held(portfolio_of(alice, now=now))

    assert (found.basis.unknown, found.basis.told_cost) == (Decimal("0.5"), 100)
    assert found.gain == 400
    [row] = [each for each in rows(portfolio_of(alice, now=now)) if each.held.code == "BTC"]
    assert (row.unknown, row.cost, row.gain, row.gain_share) == (
        "0.5",
        "100.00",
        "+400.00",
        "+400.0\N{NO-BREAK SPACE}%",
    )


def test_only_so_much_of_what_a_pool_sold_is_without_a_cost_as_came_from_nobody_knows_where(alice, wallet, quotes, now):
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="GB", scope="universal", now=now)
    tell(wallet, *buys("T1", "2", "100", day(0)), *moved("D1", "0.5", day(1)), *sells("S1", "0.5", "250", day(90)))
    reckoned = reckon(alice, now=now)

    assert FindingSum.objects.get(reckoning=reckoned, problem="missing_basis").money == 50
    found = held(portfolio_of(alice, now=now))
    assert (found.amount, found.basis.unknown, found.basis.cost) == (2, Decimal("0.4"), 80)
    assert found.gain == Decimal("1.6") * 250 - 80


def test_a_basis_tells_a_gain_only_of_what_it_knows():
    assert Basis(Decimal(2), Decimal(10), lots=1).gain(Decimal(8)) == 6
    assert Basis(Decimal(2), Decimal(0), Decimal(2), 1).gain(Decimal(8)) is None
    assert Basis(Decimal(2), Decimal(10), Decimal(2), 1).gain(Decimal(8)) == 6  # what it cost to move what nobody knows
    assert Basis(Decimal(2), Decimal(10), lots=1).gain(None) is None
    assert Basis().gain(Decimal(8)) is None


def test_lots_of_more_than_is_held_are_told_beside_their_cost(alice, wallet, quotes, now):
    """What was sold before anything came took none of them. What they gained is not that of what is held."""
    tell(wallet, *sells("S1", "1", "150", day(0)), *buys("B1", "3", "300", day(10)))
    tell(wallet, *moved("D1", "5", day(1), asset="XETH"))
    reckon(alice, now=now)

    found = portfolio_of(alice, now=now)

    btc, _, eth = rows(found)
    assert (btc.amount, btc.cost, btc.gain, btc.lots) == ("2", "300.00", "+450.00", "3")
    assert (eth.amount, eth.lots) == ("5", "")
    assert "Lots add up to 3, 2 held" in holding_lines.html([btc], "USD", waiting=False)
    fewer = replace(btc, lots="1.5", lots_are_fewer=True)
    assert "Cost known of 1.5 of 2" in holding_lines.html([fewer], "USD", waiting=False)


@pytest.mark.parametrize(
    ("amount", "told"),
    [("-0.0000000001", "\N{MINUS SIGN}0.0000000001"), ("0.000000000000000001", "0.000000000000000001"), ("0", "0")],
)
def test_an_amount_however_small_is_not_told_to_be_nothing(amount, told):
    assert portfolio_shown.amount(Decimal(amount)) == told


def test_what_has_no_price_comes_last_and_is_named_but_for_bait(alice, wallet, quotes, now):
    tell(
        wallet,
        *moved("D1", "5", day(1), asset="QQFOO"),
        *moved("D2", "1", day(1), asset="CLAIM-AIRDROP.COM"),
        *moved("D3", "1", day(1)),
    )

    found = portfolio_of(alice, now=now)

    assert [each.code for each in found.held] == ["BTC", "QQFOO", "CLAIM-AIRDROP.COM"]
    assert [each.code for each in found.unpriced] == ["QQFOO"]
    assert found.worth == 250
    assert [each.held.code for each in rows(found, small=False)] == ["BTC", "QQFOO"]


def test_a_wallet_has_its_own_figures_unless_all_count_together(alice, wallet, quotes, now):
    second = another(alice)
    tell(wallet, *buys("T1", "2", "100", day(0)))
    tell(second, *buys("T2", "1", "90", day(0)))
    by = Actor(ActorKind.OWNER, alice)
    tax_settings.set_for_all_years(by=by, owner=alice, now=now, scope="per_wallet")
    reckon(alice, now=now)

    found = portfolio_of(alice, now=now, wallet=second)
    assert (held(found).amount, held(found).basis.cost, found.together) == (1, 90, False)
    assert {each.label: value for each, value in portfolio_of(alice, now=now).by_wallet} == {
        "Kraken": 400,
        "Second": 160,
    }

    tax_settings.set_from(
        by=by, owner=alice, now=now, from_year=2009, country="GB", method="uk_pool", scope="universal"
    )
    reckon(alice, now=now)
    found = portfolio_of(alice, now=now, wallet=second)
    assert (held(found).basis, found.gain, found.together) == (None, None, True)
    assert held(portfolio_of(alice, now=now)).basis.cost == 190


def test_a_wallet_in_the_bin_holds_nothing(alice, wallet, quotes, now):
    tell(wallet, *buys("T1", "2", "100", day(0)))
    wallet.binned_at = now
    wallet.save()

    found = portfolio_of(alice, now=now)

    assert (found.held, found.wallets, found.worth) == ([], [], 0)


def test_figures_stay_in_the_former_currency_until_all_is_brought_over(alice, wallet, quotes, now):
    tell(wallet, *buys("T1", "2", "100", day(0)))
    reckon(alice, now=now)
    by = Actor(ActorKind.OWNER, alice)
    profile.change(by=by, owner=alice, now=now, base_currency="EUR", time_zone="UTC")
    alice.refresh_from_db()

    found = portfolio_of(alice, now=now)
    assert (found.currency, found.standing.current, held(found).value) == ("USD", False, 500)

    reckon(alice, now=now)
    assert portfolio_of(alice, now=now).currency == "EUR"


def test_each_figure_has_its_freshness(alice, wallet, quotes, now):
    quoted("ETH", "USD", now - timedelta(days=3), "9", span=DAY)
    tell(wallet, *moved("D1", "1", day(1)), *moved("D2", "1", day(1), asset="XETH"))
    wallet.last_success_at, wallet.cause = now - hours(2), "key_expired"
    wallet.streams = one_list_read(now - hours(2))
    wallet.save()
    files = another(alice, "Files", way="csv")
    reckon(alice, now=now)

    found = portfolio_of(alice, now=now)
    fresh = freshness_of(found)

    assert fresh.priced_until == now
    assert fresh.priced_from == (now - timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert (fresh.old, fresh.failing) == (1, 1)
    assert (fresh.synced_from, fresh.synced_until, fresh.reckoned_at) == (now - hours(2), now - hours(2), now)
    assert freshness_of(portfolio_of(alice, now=now, wallet=files)).synced_until is None


def test_a_rate_of_money_that_nobody_renews_is_not_passed_off_as_of_now(alice, wallet):
    """Over a week-end, and over holidays, the last one is today's."""
    last = datetime.combine(rates().last, time(), UTC)
    tell(wallet, *moved("D1", "1", day(1)))
    profile.change(by=Actor(ActorKind.OWNER, alice), owner=alice, now=NOW, base_currency="EUR", time_zone="UTC")
    alice.refresh_from_db()
    for days, priced in ((7, last + timedelta(days=7)), (8, last)):
        now = last + timedelta(days=days)
        quoted("BTC", "USD", now - hours(1), "250", span=HOUR)
        fresh = freshness_of(portfolio_of(alice, now=now))
        assert (fresh.priced_from, fresh.old) == (priced, int(priced == last))


def test_a_wallet_whose_key_was_tried_was_not_read(alice, wallet, quotes, now):
    tell(wallet, *moved("D1", "1", day(1)))
    wallet.last_success_at, wallet.streams = now, []
    wallet.save()

    assert freshness_of(portfolio_of(alice, now=now)).synced_until is None


def test_an_asset_tells_its_lots_years_and_findings(alice, wallet, quotes, now):
    tell(
        wallet,
        *buys("T1", "2", "100", day(0)),
        *moved("D1", "0.5", day(1)),
        *sells("T2", "0.5", "120", day(2)),
        *buys("T3", "1", "90", now - hours(3)),
    )
    reckon(alice, now=now)

    found = asset_of(alice, "BTC", now=now)
    lines = found.lines(found.lots.order_by("acquired", "id"))

    assert [(line.lot.amount, line.gain, line.term, line.wallet) for line in lines] == [
        (Decimal("1.5"), 300, Term.LONG, "Kraken"),
        (Decimal("0.5"), None, Term.LONG, "Kraken"),
        (1, 160, Term.SHORT, "Kraken"),
    ]
    assert lines[0].unit_cost == 50
    assert [(each.year, each.gain) for each in found.years] == [(2024, 95)]
    assert [each.problem for each in found.findings] == ["unknown_origin"]
    assert [(each.amount, each.value, each.basis.cost) for each in found.wallets] == [(3, 750, 165)]
    after = f"{lines[0].lot.acquired.isoformat()}_{lines[0].lot.pk}"
    assert [lot.pk for lot in found.lots_from(after)] == [line.lot.pk for line in lines[1:]]
    assert found.lots_from("2024-01-01_5").count() == found.lots_from("nonsense").count() == 3


@pytest.mark.parametrize(
    ("lines", "terms"),
    [
        ([(2009, "US")], [Term.SHORT, Term.LONG]),
        ([(2009, "DE")], [Term.SHORT, Term.SHORT]),
        ([(2009, "US"), (2026, "DE")], [Term.SHORT, Term.SHORT]),
        ([(2009, "other"), (2026, "US")], [Term.SHORT, Term.SHORT]),  # as the engine has it: by the rules of that day
    ],
)
def test_what_was_inherited_is_long_term_among_the_lots_where_it_is_on_the_tax_pages(lines, terms, alice, wallet):
    """However soon it would be sold, where American rules held when it came and hold now."""
    now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    fields = {"kind": "gift", "received": {"amount": "1", "asset": "BTC"}}
    alive = {**fields, "occurred_at": "2025-09-01T12:00:00Z"}
    given = handmade.add(by=SYSTEM, wallet=wallet, fields=alive, now=now)
    dead = {**fields, "category": "inheritance", "occurred_at": "2025-09-02T12:00:00Z"}
    came = handmade.add(by=SYSTEM, wallet=wallet, fields=dead, now=now)
    (_, first), *others = lines
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country=first, now=now)
    for year, country in others:
        tax_settings.set_from(by=SYSTEM, owner=alice, from_year=year, country=country, **BY_LOTS, now=now)
    reckon(alice, now=now)

    found = asset_of(alice, "BTC", now=now)
    held = {line.lot.origin: line.term for line in found.lines(found.lots)}
    assert held == dict(zip((given.pk, came.pk), terms, strict=True))


def test_an_asset_that_is_gone_is_still_there_and_one_that_never_was_is_not(alice, bob, wallet, now):
    tell(wallet, *buys("T1", "2", "100", day(0)), *sells("T2", "2", "120", day(2)))
    reckon(alice, now=now)

    found = asset_of(alice, "BTC", now=now)

    assert (found.held.amount, found.wallets, found.lots.count()) == (0, [], 0)
    assert asset_of(alice, "ETH", now=now) is None
    assert asset_of(bob, "BTC", now=now) is None


def test_what_is_written_by_hand_counts_as_well(alice, quotes, now):
    paper = another(alice, "Paper", way="manual")
    fields = {"kind": "gift", "occurred_at": NOW, "received": {"amount": "2", "asset": "BTC"}}
    handmade.add(by=Actor(ActorKind.OWNER, alice), wallet=paper, fields=fields, now=now)

    assert portfolio_of(alice, now=now).worth == 500


def test_more_than_a_year_is_long_where_anybody_asks():
    terms = Terms(Country.US, together=False, year=2026, long_before=NOW)
    assert terms.term(NOW - hours(1)) is Term.LONG
    assert terms.term(NOW) is Term.SHORT
    assert Terms(Country.GB, together=True, year=2026, long_before=None).term(NOW) is Term.NONE


# --- how the whole is shared out -----------------------------------------------------------------------------------


def test_a_ring_is_whole_and_puts_together_what_is_thin():
    parts = [(f"A{number}", f"A{number}", Decimal(100 - number)) for number in range(12)]

    found = ring([*parts, ("DEBT", "DEBT", Decimal(-50)), ("DUST", "DUST", Decimal("0.01"))], "EUR")

    assert [each.name for each in found] == [*(f"A{number}" for number in range(7)), "6 others"]
    assert abs(sum(each.length for each in found) - 100) < Decimal("0.1")
    assert [each.offset for each in found][:2] == [100, 100 - found[0].length]
    assert list(around([], Decimal(0), "EUR")) == ring([], "EUR") == []


def test_a_debt_is_no_share(alice, wallet, quotes, now):
    tell(wallet, *buys("T1", "2", "100", day(0)))

    assert [(each.code, each.share) for each in by_asset(portfolio_of(alice, now=now))] == [
        ("BTC", "100.0\N{NO-BREAK SPACE}%")
    ]
    assert not Lot.objects.exists()
