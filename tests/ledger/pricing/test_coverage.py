"""What is still to be asked, and of whom."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.pricing.candles import DAY
from ledger.pricing.clock import seconds
from ledger.pricing.coverage import Ask, minus, next_ask, priced, silences, told, unpriced
from ledger.pricing.depths import Market
from ledger.pricing.runs import written

NOW = seconds(datetime(2026, 3, 1, tzinfo=UTC))
FIRST = NOW - 900 * DAY
BITSTAMP, COINBASE, KRAKEN = (Market(each, "SOL", "USD") for each in ("bitstamp", "coinbaseexchange", "kraken"))
MARKETS = [BITSTAMP, COINBASE, KRAKEN]
STRETCHES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def runs(begin, end, traded=range(0)):
    """Told from day to day; on these of them something was traded."""
    closes = {FIRST + day * DAY: Decimal(day + 1) for day in traded}
    return written((FIRST + begin * DAY, FIRST + end * DAY), DAY, closes)


def ask(known):
    found = next_ask([(FIRST, NOW)], MARKETS, known, span=DAY, now=NOW)
    return found and (found.market.exchange, (found.begin - FIRST) // DAY, (found.end - FIRST) // DAY)


@given(wanted=STRETCHES, taken=STRETCHES)
def test_what_is_left_is_what_was_wanted_and_not_taken(wanted, taken) -> None:
    def moments(stretches):
        return {at for begin, end in stretches for at in range(begin, end)}

    assert moments(minus(wanted, taken)) == moments(wanted) - moments(taken)


def test_the_deepest_is_asked_first_and_the_newest_page_of_it() -> None:
    assert ask({}) == ("bitstamp", 0, 900)
    assert ask({BITSTAMP: runs(400, 900, range(400, 900))}) == ("bitstamp", 0, 400)


def test_what_was_told_is_not_asked_again() -> None:
    assert ask({BITSTAMP: runs(0, 900, range(900))}) is None


def test_before_a_pair_was_traded_somebody_else_is_asked() -> None:
    known = {BITSTAMP: runs(0, 900, range(300, 900))}

    assert ask(known) == ("coinbaseexchange", 0, 300)
    known[COINBASE] = runs(0, 300, range(100, 300))
    assert ask(known) is None  # Kraken tells no further back than two years


def test_who_tells_the_newest_only_is_asked_no_further_back() -> None:
    known = {BITSTAMP: runs(0, 900), COINBASE: runs(0, 900)}

    assert ask(known) == ("kraken", 900 - 719, 900)
    known[KRAKEN] = runs(900 - 719, 900, range(900))
    assert ask(known) is None


def test_nobody_is_asked_beyond_the_day_on_which_a_ticker_came_to_mean_something_else() -> None:
    classic, luna = Market("binance", "LUNC", "USDT"), Market("binance", "LUNA", "USDT")
    known = {classic: runs(0, 900, range(500, 900))}
    split = FIRST + 400 * DAY + 6 * 3600

    found = next_ask([(FIRST, NOW)], [classic, luna], known, span=DAY, now=NOW, until={"LUNA": split})

    assert found == Ask(luna, FIRST, FIRST + 400 * DAY)  # that day closed after it
    known[luna] = runs(0, 400, range(400))
    assert next_ask([(FIRST, NOW)], [classic, luna], known, span=DAY, now=NOW, until={"LUNA": split}) is None


def test_what_others_told_counts_while_they_are_not_asked() -> None:
    known = {BITSTAMP: runs(0, 900, range(900))}

    assert next_ask([(FIRST, NOW)], [COINBASE], known, span=DAY, now=NOW) is None


def test_a_few_days_without_trades_are_no_end() -> None:
    told_of = runs(0, 20, [*range(8), *range(10, 20)])
    longer = runs(0, 20, [*range(8), *range(11, 20)])

    assert priced(told_of) == told(told_of)
    assert unpriced([(FIRST, FIRST + 20 * DAY)], {BITSTAMP: longer}) == [(FIRST + 8 * DAY, FIRST + 11 * DAY)]
    assert silences(told(longer), priced(longer)) == [(FIRST + 8 * DAY, FIRST + 11 * DAY)]
