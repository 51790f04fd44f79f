"""Prices as they are fetched: from the sandbox's exchanges, over HTTP, into the database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache

from config.leases import LeaseLostError
from ledger import price_endings, price_fetching, price_wants, prices
from ledger.models import Balance, DailyChange, Journal, PriceRun, PriceSeries, PriceSource, PriceWant
from ledger.pricing import depths
from ledger.pricing.base import Missing, Price
from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.clock import seconds
from ledger.pricing.runs import LENGTHS
from tests.ledger.gains.books import buys, day, named, says, tell
from tests.ledger.matched import another
from tests.ledger.priced import daily, fetch_all, moved, origins, quoted
from wallets.models import Wallet
from wallets.sandbox.prices import price

pytestmark = pytest.mark.django_db
Aim = PriceWant.Aim


@pytest.fixture
def market(playground, settings):
    playground.control("reset")
    settings.EXCHANGE_ORIGINS = origins(playground)
    return playground


@pytest.fixture
def now():
    """The sandbox's own clock runs; what is fetched are whole hours and days before."""
    return datetime.now(UTC).replace(minute=30, second=0, microsecond=0)


def held(wallet, asset):
    Balance.objects.create(wallet=wallet, owner=wallet.owner, asset=asset, amount=1)


def a_while_ago(now, days=40):
    return (now - timedelta(days=days)).date()


def played(asset, quote, at, span=HOUR):
    """What the sandbox says it closed at."""
    return price("holdfast", asset, quote, (seconds(at) // span + 1) * span)


def value(found):
    assert isinstance(found, Price), found
    return found.value


def sources_of(asset):
    return set(PriceSeries.objects.filter(asset=asset).values_list("source", flat=True))


def test_latest_hours_come_first_then_days_then_hours_around_transactions(market, wallet, now):
    day = a_while_ago(now)
    moved(wallet, "BTC", day)
    held(wallet, "BTC")
    price_wants.feed(now)
    order = []
    while price_fetching.work(now, clock=lambda: now):
        whole = PriceWant.objects.exclude(whole_at=None).values_list("aim", flat=True)
        order += [aim for aim in whole if aim not in order]

    assert order == [Aim.LATEST, Aim.DAYS, Aim.HOURS]
    then = datetime(day.year, day.month, day.day, 9, 12, tzinfo=UTC)
    assert value(prices.book(wallet.owner_id).price("BTC", "USD", then)) == played("BTC", "USD", then)
    last = day + timedelta(days=30)
    assert daily("BTC", "USD", [last], wallet.owner_id)[0] == played(
        "BTC", "USD", datetime(last.year, last.month, last.day, tzinfo=UTC), DAY
    )
    newest = prices.latest(["BTC"], "USD", owner_id=wallet.owner_id, now=now)["BTC"]
    assert value(newest) == played("BTC", "USD", now - timedelta(hours=1))
    assert newest.steps[0].at == now.replace(minute=0) - timedelta(hours=1)
    before = prices.day_before(["BTC"], "USD", owner_id=wallet.owner_id, now=now)["BTC"]
    assert value(before) == played("BTC", "USD", now - timedelta(days=1, hours=1))  # a day before the newest


def test_nothing_older_than_the_first_transaction_is_fetched_and_periods_stay_one_row(market, wallet, now):
    moved(wallet, "ETH", a_while_ago(now, 400))
    price_wants.feed(now)
    fetch_all(now)

    for span in (HOUR, DAY):
        rows = list(PriceRun.objects.filter(series__span=span).order_by("begins"))
        periods = [seconds(row.begins) // LENGTHS[span] for row in rows]
        assert len(set(periods)) == len(periods)
        assert rows[0].begins.date() >= a_while_ago(now, 401)
    assert PriceRun.objects.filter(series__span=HOUR).count() <= 2  # of the period with the transaction in it


def test_the_candle_of_an_hour_that_closes_is_fetched_when_it_has(market, wallet, now):
    held(wallet, "BTC")
    earlier = now - timedelta(hours=3)
    price_wants.feed(earlier)
    fetch_all(earlier)
    want = PriceWant.objects.get(aim=Aim.LATEST)
    assert earlier < want.not_before < earlier + timedelta(hours=1)

    fetch_all(now)

    series = PriceSeries.objects.get(span=HOUR)
    assert series.last_at == now.replace(minute=0) - timedelta(hours=1)
    ends = series.runs.order_by("-ends").values_list("ends", flat=True)[0]
    assert ends == now.replace(minute=0)


def test_who_has_no_market_in_money_is_priced_by_way_of_what_has(market, wallet, now):
    moved(wallet, "SHIB", a_while_ago(now))
    held(wallet, "SHIB")
    for _ in range(2):  # that USDT is needed is known once SHIB is priced in it
        price_wants.feed(now)
        fetch_all(now)

    found = prices.latest(["SHIB"], "USD", owner_id=wallet.owner_id, now=now)["SHIB"]
    assert [(step.asset, step.quote, step.source) for step in found.steps] == [
        ("SHIB", "USDT", "binance"),
        ("USDT", "USD", "bitstamp"),
    ]
    assert value(found) != found.steps[0].price  # a dollar's stand-in is not taken for a dollar


@pytest.mark.parametrize(
    ("asset", "symbol", "end"), [("LUNC", "LUNA", (2022, 5, 28)), ("BTTOLD", "BTT", (2022, 1, 18))]
)
def test_the_price_of_a_coin_is_never_that_of_another_which_took_over_its_ticker(now, asset, symbol, end):
    """Whoever holds what nobody trades any more is told so, and not what today's LUNA or BTT is worth."""
    for depth in depths.DEPTHS:
        pairs = {f"{symbol}/USDT": f"{symbol}USDT"} if depth.exchange == "binance" else {}
        PriceSource.objects.create(exchange=depth.exchange, pairs=pairs, pairs_at=now)
    sources = price_fetching.Sources(now)
    since = datetime(2021, 12, 1, tzinfo=UTC)

    assert price_fetching.question(PriceWant(asset=asset, aim=Aim.LATEST, since=since), sources) is None
    asked = price_fetching.question(PriceWant(asset=asset, aim=Aim.DAYS, since=since), sources)
    assert (asked.market.symbol, asked.end) == (symbol, seconds(datetime(*end, tzinfo=UTC)))


SPLIT = datetime(2022, 5, 28, 6, tzinfo=UTC)


def luna_for_lunc():
    """As it was kept before a ticker was only asked until another coin took it over: 0.0001 was Luna Classic's."""
    days = ["0.00012", "0.00011", "0.00010", "8", "9"]  # of 25 to 29 May 2022: the split is on the fourth
    quoted("LUNC", "USDT", SPLIT - timedelta(days=3), *days, source="binance", span=DAY, symbol="LUNA")
    quoted("LUNC", "USDT", SPLIT - timedelta(hours=2), "0.0001", "0.0001", "7", "8", source="binance", symbol="LUNA")
    quoted("LUNC", "USDT", SPLIT + timedelta(days=400), "1.1", source="binance", span=DAY, symbol="LUNA")


def test_what_was_kept_of_a_coin_that_took_over_a_ticker_is_dropped(wallet, now):
    luna_for_lunc()
    quoted("LUNC", "USDT", SPLIT + timedelta(days=1), "0.00009", source="kraken", span=DAY)
    PriceWant.objects.create(asset="LUNC", aim=Aim.DAYS, since=SPLIT, not_before=now + timedelta(days=1), whole_at=now)
    moved(wallet, "LUNC", SPLIT.date() - timedelta(days=3))
    price_wants.feed(now)

    book = prices.book(wallet.owner_id)
    then = [SPLIT + timedelta(hours=late) for late in (-72, -1, 1, 25, 401 * 24)]
    assert [str(prices.worth(book.price("LUNC", "USDT", at))) for at in then] == [
        *("0.00012", "0.0001", "0.0001", "0.00009", "None")
    ]
    former = PriceSeries.objects.filter(symbol="LUNA").order_by("span")
    assert [(each.last_at, str(each.last_price)) for each in former] == [
        (SPLIT - timedelta(hours=1), "0.0001"),
        (datetime(2022, 5, 27, tzinfo=UTC), "0.00010"),
    ]
    days = PriceWant.objects.get(asset="LUNC", aim=Aim.DAYS)
    assert (days.not_before, days.whole_at) == (now, None)


def test_who_reckoned_with_the_price_of_another_coin_hears_of_it_once(now, monkeypatch):
    luna_for_lunc()
    told = []
    monkeypatch.setattr(price_endings, "changed", lambda **facts: told.append(facts))
    price_endings.keep_to_their_coins(now)
    price_endings.keep_to_their_coins(now)

    assert sorted((each["asset"], each["since"]) for each in told) == [
        ("LUNC", SPLIT.replace(hour=0)),
        ("LUNC", SPLIT),
    ]


def test_a_ticker_that_had_no_price_of_its_own_coin_is_left_without_one(now):
    quoted("BTTOLD", "USDT", datetime(2023, 1, 1, tzinfo=UTC), "5", source="binance", span=DAY, symbol="BTT")
    price_endings.keep_to_their_coins(now)

    left = PriceSeries.objects.get(asset="BTTOLD")
    assert (left.last_at, left.last_price, left.runs.count()) == (None, None, 0)


def test_an_exchange_that_is_down_is_left_alone_and_the_next_is_asked(market, wallet, now):
    market.fault("status", provider="bitstamp")
    moved(wallet, "BTC", a_while_ago(now))
    price_wants.feed(now)
    fetch_all(now)

    assert sources_of("BTC") == {"coinbaseexchange"}
    down = PriceSource.objects.get(exchange="bitstamp")
    assert (down.cause, down.failures, down.code) == ("maintenance", 1, "http 503")
    assert now < down.not_before <= now + timedelta(minutes=2)

    market.control("bitstamp/faults", method="DELETE")
    moved(wallet, "ETH", a_while_ago(now))
    later = now + timedelta(minutes=5)
    price_wants.feed(later)
    fetch_all(later)
    assert sources_of("ETH") == {"bitstamp"}
    assert PriceSource.objects.get(exchange="bitstamp").failures == 0


@pytest.mark.parametrize("kind", ["html", "empty", "truncated", "redirect", "reset"])
def test_what_is_no_answer_is_never_taken_for_an_empty_one(market, wallet, now, kind):
    market.fault(kind, path="/api/v2/ohlc/*", provider="bitstamp")
    moved(wallet, "BTC", a_while_ago(now, 3))
    price_wants.feed(now)
    fetch_all(now)

    assert sources_of("BTC") == {"coinbaseexchange"}
    assert PriceSource.objects.get(exchange="bitstamp").cause in {"unexpected_reply", "network"}


def test_who_asks_us_to_slow_down_is_asked_again_when_it_says(market, wallet, now):
    market.fault("status", status=429, times=1, path="/api/v2/ohlc/*", provider="bitstamp")
    moved(wallet, "BTC", a_while_ago(now, 3))
    price_wants.feed(now)
    fetch_all(now)

    assert PriceSource.objects.get(exchange="bitstamp").cause == "rate_limited"


def test_what_nobody_trades_is_said_and_looked_for_again_tomorrow(market, wallet, now):
    moved(wallet, "QQFOO", a_while_ago(now))
    held(wallet, "QQFOO")
    price_wants.feed(now)
    fetch_all(now)

    wants = PriceWant.objects.filter(asset="QQFOO", aim__in=[Aim.DAYS, Aim.HOURS])
    assert {want.trouble for want in wants} == {price_fetching.NOBODY}
    assert all(want.not_before == now + timedelta(days=1) for want in wants)
    found = prices.book(wallet.owner_id).price("QQFOO", "EUR", now)
    assert isinstance(found, Missing)


def test_money_and_bait_are_asked_of_nobody_and_one_row_serves_all_owners(market, wallet, bob, now):
    other = Wallet.objects.create(owner=bob, exchange="kraken", way="key", label="Kraken", created_at=now)
    for asset in ("EUR", "CLAIM-AIRDROP.COM", "BTC"):
        moved(wallet, asset, date(2026, 1, 5))
    moved(other, "BTC", date(2025, 6, 1))

    price_wants.feed(now)

    assert set(PriceWant.objects.values_list("asset", flat=True)) == {"BTC"}
    days = PriceWant.objects.get(aim=Aim.DAYS)
    assert days.since.date() == date(2025, 6, 1)
    assert len(PriceWant.objects.get(aim=Aim.HOURS).periods) == 2


def test_a_need_that_grows_is_taken_up_and_one_that_ends_is_dropped(market, wallet, now):
    moved(wallet, "BTC", a_while_ago(now, 10))
    price_wants.feed(now)
    fetch_all(now)
    due = PriceWant.objects.get(aim=Aim.DAYS).not_before
    price_wants.feed(now)
    assert PriceWant.objects.get(aim=Aim.DAYS).not_before == due  # nothing new: it keeps its turn

    moved(wallet, "BTC", a_while_ago(now, 20))
    price_wants.feed(now)
    assert PriceWant.objects.get(aim=Aim.DAYS).not_before == now

    DailyChange.objects.all().delete()
    price_wants.feed(now)
    assert PriceWant.objects.exists()
    price_wants.feed(now + price_wants.WHOLE)  # then all is walked through
    assert not PriceWant.objects.exists()
    assert PriceSeries.objects.exists()  # what is known stays


def all_wanted():
    return sorted(PriceWant.objects.values_list("asset", "aim", "since", "periods"))


def test_what_is_added_bit_by_bit_is_what_a_walk_through_all_finds(alice, wallet, now):
    other = another(alice)
    for number, (one, asset, days) in enumerate([(wallet, "BTC", 40), (other, "BTC", 90), (wallet, "ETH", 300)]):
        moved(one, asset, a_while_ago(now, days))
        price_wants.feed(now + timedelta(minutes=number))
    held(other, "ETH")
    PriceSeries.objects.create(asset="ETH", quote="USDT", source="binance", symbol="ETHUSDT", span=HOUR)
    price_wants.feed(now + timedelta(minutes=4))
    added = all_wanted()
    assert {asset for asset, *_ in added} == {"BTC", "ETH", "USDT"}
    cache.delete(price_wants.MARK)
    price_wants.feed(now + timedelta(minutes=4))
    assert all_wanted() == added


def test_an_edit_that_brings_an_asset_is_seen_before_the_next_walk(alice, wallet):
    now = datetime.now(UTC)
    tell(wallet, *buys("T1", "1", "100", day(0)))
    price_wants.feed(now)
    Journal.objects.update(read_at=now - timedelta(days=1))
    says(alice, named(alice, "T1"), received={"amount": "1", "asset": "ETH"})
    price_wants.feed(now + timedelta(minutes=1))
    assert PriceWant.objects.filter(asset="ETH", aim=Aim.LATEST).exists()


def test_a_worker_that_lost_its_want_keeps_nothing(market, wallet, now):
    moved(wallet, "BTC", a_while_ago(now, 3))
    price_wants.feed(now)
    want = PriceWant.objects.claim(now=now)
    PriceWant.objects.filter(pk=want.pk).update(lease_token=None)

    with pytest.raises(LeaseLostError):
        price_fetching.advance(want, clock=lambda: now)

    assert not PriceRun.objects.exists()


def test_development_without_a_sandbox_asks_nobody(settings, wallet, now):
    settings.EXCHANGE_ORIGINS, settings.SANDBOX_PORT = {}, None
    moved(wallet, "BTC", a_while_ago(now, 3))
    price_wants.feed(now)
    fetch_all(now)

    assert not PriceSource.objects.exists()
    assert PriceWant.objects.filter(trouble=price_fetching.NOBODY).count() == 2
