from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.naming import aliases
from ledger.naming.base import LONGEST, Alias, AssetKind, By, Listed
from ledger.naming.resolver import MOST_REMEMBERED, Names, version

LISTED = {
    code: Listed(code, name, AssetKind.COIN)
    for code, name in {"BTC": "Bitcoin", "LUNA": "Terra", "LUNC": "Terra Luna Classic", "USDC": "USD Coin"}.items()
}
EARLY = datetime(2018, 1, 1, tzinfo=UTC)
LATER = datetime(2021, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def code(exchange: str, symbol: str, at: datetime = NOW, *own: Alias) -> str:
    return Names(LISTED, own).code(exchange, symbol, at).code


@pytest.mark.parametrize(
    ("exchange", "symbol", "expected"),
    [
        ("kraken", "XXBT", "BTC"),
        ("kraken", "XBT", "BTC"),
        ("kraken", "ZEUR", "EUR"),
        ("kraken", "XDG", "DOGE"),
        ("kraken", "XTZ", "XTZ"),
        ("kraken", "LUNA", "LUNC"),
        ("kraken", "LUNA2", "LUNA"),
        ("bitfinex", "UST", "USDT"),
        ("bitfinex", "IOT", "IOTA"),
        ("coinbase", "CGLD", "CELO"),
        ("coinbase", "ETH2", "ETH"),
        ("poloniex", "STR", "XLM"),
        ("binance", "LDBTC", "BTC"),
        ("binance", "LDOP", "OP"),
        ("binance", "LDO", "LDO"),
        ("okx", "LDBTC", "LDBTC"),
        ("binance", "BETH", "BETH"),
        ("gate", "MATIC", "POL"),
        ("kucoin", "miota", "IOTA"),
        ("a file", "XBT", "BTC"),
    ],
)
def test_exchanges_have_names_of_their_own(exchange: str, symbol: str, expected: str) -> None:
    assert code(exchange, symbol) == expected


@pytest.mark.parametrize(
    ("exchange", "symbol", "before", "after"),
    [
        ("binance", "LUNA", "LUNC", "LUNA"),
        ("coinbase", "BTT", "BTTOLD", "BTT"),
        ("binance", "BTT", "BTTOLD", "BTTOLD"),
        ("kraken", "LUNA", "LUNC", "LUNC"),
        ("gate", "MATIC", "POL", "POL"),
    ],
)
def test_names_have_their_history(exchange: str, symbol: str, before: str, after: str) -> None:
    assert (code(exchange, symbol, LATER), code(exchange, symbol, NOW)) == (before, after)


def test_bitcoin_cash_was_bcc_on_binance_and_is_not_any_more() -> None:
    assert (code("binance", "BCC", EARLY), code("binance", "BCC", NOW)) == ("BCH", "BCC")


def test_a_name_turns_at_the_very_moment() -> None:
    turn = aliases.TERRA_SPLIT

    assert code("binance", "LUNA", turn) == "LUNA"
    assert code("binance", "LUNA", turn.replace(hour=5, minute=59)) == "LUNC"


def test_ccxt_knows_what_our_own_table_does_not() -> None:
    found = Names({}).code("kucoin", "KALT", NOW)

    assert (found.code, found.by) == ("ALT", By.CCXT)


def test_an_exchange_built_on_another_has_its_names_too() -> None:
    assert code("binanceus", "YOYO") == code("binance", "YOYO") == "YOYOW"


def test_the_owners_word_goes_first_for_an_exchange_or_for_all_and_for_its_time() -> None:
    own = (
        Alias("LUNA", "MOONS", "binance", until=LATER),
        Alias("luna", "TERRA"),
    )

    assert code("binance", "LUNA", EARLY, *own) == "MOONS"
    assert code("binance", "LUNA", NOW, *own) == "TERRA"
    assert code("kraken", "LUNA", NOW, *own) == "TERRA"


def test_an_unknown_symbol_works_and_says_that_it_is_unknown() -> None:
    found = Names(LISTED).code("gate", " newcoin\u200b ", NOW)

    assert (found.code, found.known, found.kind, found.spam) == ("NEWCOIN", False, AssetKind.UNKNOWN, "")


def test_what_its_owner_mapped_is_known() -> None:
    found = Names(LISTED, [Alias("NEWCOIN", "NEW")]).code("gate", "NEWCOIN", NOW)

    assert (found.code, found.known, found.by) == ("NEW", True, By.OWNER)


def test_a_ticker_of_two_assets_is_told_unless_it_is_said_which() -> None:
    listed = {"TON": Listed("TON", "Toncoin", AssetKind.COIN, also=("Tokamak Network",))}

    assert Names(listed).code("okx", "TON", NOW).also == ("Tokamak Network",)
    assert Names(listed, [Alias("TON", "TON")]).code("okx", "TON", NOW).also == ()


def test_a_code_says_how_it_was_come_to() -> None:
    assert Names(LISTED).code("binance", "LUNA", LATER).why == (
        "The LUNA of before 28 May 2022 is today's Luna Classic"
    )
    assert Names(LISTED).code("binance", "BTC", LATER).why == ""


@pytest.mark.parametrize(
    "symbol",
    ["visit-moon.com", "www.free", "$ Claim at t.me/x", "0x" + "ab" * 20, "\u0412\u0422\u0421"],
)
def test_bait_is_marked_and_says_why(symbol: str) -> None:
    found = Names(LISTED).code("gate", symbol, NOW)

    assert found.spam
    assert not found.known


@pytest.mark.parametrize("symbol", ["CLAIM", "VISIT", "USDC.E", "1INCH", "\u5e01\u5b89", "X"])
def test_odd_tickers_are_no_bait(symbol: str) -> None:
    assert Names(LISTED).code("gate", symbol, NOW).spam == ""


def test_what_only_calls_itself_usdc_is_kept_apart() -> None:
    names = Names(LISTED)

    bait = names.named("chain", "USDC", NOW, name="Visit usdc-gift.org to claim")

    assert bait.code != "USDC"
    assert bait.spam
    assert names.named("chain", "USDC", NOW, name="USD Coin").code == "USDC"
    assert names.named("chain", "YFI", NOW, name="yearn.finance").code == "YFI"


@given(
    st.text(max_size=80),
    st.sampled_from(["kraken", "binance", "gate", "", "../etc"]),
    st.datetimes(timezones=st.just(UTC)),
)
def test_any_text_has_a_code_that_can_be_kept_and_is_its_own_code(symbol: str, exchange: str, at: datetime) -> None:
    found = Names(LISTED).code(exchange, symbol, at).code

    assert 0 < len(found) <= LONGEST
    assert found.isprintable()
    assert found == found.strip()


@given(st.text(max_size=20), st.datetimes(timezones=st.just(UTC)))
def test_lists_never_change_a_code(symbol: str, at: datetime) -> None:
    """Else a machine without them, or with newer ones, would derive other journals."""
    assert Names(LISTED).code("binance", symbol, at).code == Names({}).code("binance", symbol, at).code


@given(st.sampled_from(aliases.RENAMED), st.datetimes(min_value=datetime(2009, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - made aware by hypothesis
def test_no_new_name_is_an_old_one_again(alias: Alias, at: datetime) -> None:
    """What a name became is not renamed once more at the same time: codes are where the chain of names ends."""
    if alias.holds(at):
        assert code("", alias.code, at) == alias.code


def test_files_of_made_up_symbols_fill_no_memory() -> None:
    names = Names({})
    for number in range(MOST_REMEMBERED + 10):
        names._seen["gate", f"S{number}"] = names.code("gate", "A", NOW)  # noqa: SLF001 - asking each would take a minute
    names.code("gate", "LAST", NOW)

    assert len(names._seen) < 10  # noqa: SLF001 - what is to be shown


def test_hundreds_of_dated_words_make_no_other_symbol_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each moment of each word was looked at for each symbol: at 500 words, 20 ms for every asset of a page."""
    words = [Alias(f"S{day}", "BTC", since=EARLY + timedelta(days=day)) for day in range(500)]
    names, looked, at = Names(LISTED, words), [], Names._at  # noqa: SLF001 - how much is done, not what it gives
    monkeypatch.setattr(Names, "_at", lambda *asked: looked.append(asked) or at(*asked))

    assert (names.code("", "S7", EARLY).code, names.code("", "S7", NOW).code) == ("S7", "BTC")
    assert len(looked) < 10


def test_older_prices_are_found_under_older_names() -> None:
    assert aliases.formerly("POL") == ("MATIC",)
    assert aliases.formerly("BTC") == ()


def test_the_version_names_what_codes_depend_on() -> None:
    assert version().startswith(f"{aliases.VERSION}+ccxt")
