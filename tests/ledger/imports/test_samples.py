"""Real exports are recognised, and read to what adds up by hand."""

from __future__ import annotations

import pytest

from ledger.imports import formats, look
from tests.ledger.imports.files import SAMPLES, amounts, net, readings

# Added up by hand, column by column, without what is only locked or moved inside.
NET = {
    "bitvavo-transactions.csv": amounts(
        ETH="0.000053650000000001", BTC="0.00072401", ADA="0.361357", USDT="-0.000000000000003",
    ),
    "coinbase-transactions.csv": amounts(
        ETH="0.000060487912", BTC="-0.00029567", XRP="156.145683", EUR="-70", USD="-70",
    ),
    "cryptocom-app-transactions.csv": amounts(
        CRO="-11791.02036830", USDC="234.306749", USDT="-795.068191", EGLD="-4.15", ETHW="-0.67", XRP="3059.220008",
        BTC="0.01152324", AVAX="5", SOL="3.3",
    ),
    "gemini-transactions.csv": amounts(USD="366.61", BTC="0.17472814"),
    "kraken-ledgers.csv": amounts(ZEUR="1425.3252", XXBT="0.11436572"),
    "kraken-trades.csv": amounts(ZEUR="-578.82663", XXBT="0.1147"),
}  # fmt: skip
LINES = {"bitvavo": 34, "coinbase": 8, "cryptocom-app": 65, "gemini": 6, "kraken-ledgers": 8, "kraken-trades": 3}


@pytest.mark.parametrize("name", NET)
def test_a_sample_asks_nothing_and_adds_up(name):
    found = look.survey(SAMPLES / name)
    assert found.ready
    assert found.lines == LINES[name.removesuffix(".csv").removesuffix("-transactions")]
    assert net(readings(SAMPLES / name)) == NET[name]


def test_krakens_two_files_tell_the_trades_once():
    ledgers, trades = (readings(SAMPLES / f"kraken-{name}.csv") for name in ("ledgers", "trades"))
    assert net([*ledgers, *trades]) == NET["kraken-ledgers.csv"]


@pytest.mark.parametrize("name", NET)
def test_a_row_that_was_kept_is_read_again_to_the_same(name):
    options = look.survey(SAMPLES / name).options
    for outcome in look.outcomes(SAMPLES / name, options):
        again = list(formats.reader(outcome.family).read(look.row_of(outcome)))
        assert outcome.state == "skipped" or tuple(again) == outcome.result.readings
        assert outcome.state == "read" or again[0].skip == outcome.result.why
