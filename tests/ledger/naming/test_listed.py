"""Lists in the shape in which packages bring them, made up here; and the real ones, where they are installed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from config.libraries import MODULES
from ledger.naming import listed
from ledger.naming.base import AssetKind

if TYPE_CHECKING:
    from pathlib import Path

TOKENS = """
const tokens = [
  {
    id: 'solar',
    filePath: 'token:SOLR',
    symbol: 'solr',
    name: 'Solar',
    marketCapRank: 376,
    addresses: {
      ethereum: '0x00',
    },
  },
  {
    id: 'ann',
    symbol: 'ann',
    name: "Ann's Coin",
  },
  {
    id: 'eve',
    symbol: 'two',
    name: 'Second Moon',
  },
]
"""


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    write(tmp_path / listed.BROAD / "cryptocurrencies.json", json.dumps({"ONE": "Firstcoin", "two": "Secundus"}))
    write(tmp_path / listed.CURATED / "dist" / "metadata" / "tokens.js", TOKENS)
    chains = {"1": {"symbol": "ONE", "name": "Firstcoin chain"}, "2": {"symbol": "SOLR", "name": "Other"}}
    write(tmp_path / listed.CHAINS / "slip44.json", json.dumps(chains))
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)


def test_every_list_adds_its_names(modules: Path) -> None:
    assets = listed.everything(modules)

    assert assets["ONE"].name == "Firstcoin"
    assert (assets["SOLR"].name, assets["SOLR"].source) == ("Solar", listed.CURATED)
    assert assets["ANN"].name == "Ann's Coin"


def test_a_coin_has_a_chain_of_its_own_name_and_a_token_has_not(modules: Path) -> None:
    assets = listed.everything(modules)

    assert assets["ONE"].kind is AssetKind.COIN
    assert assets["SOLR"].kind is AssetKind.TOKEN
    assert assets["USDT"].kind is AssetKind.STABLECOIN


def test_two_assets_of_one_ticker_are_told_and_the_one_in_use_goes_first(modules: Path) -> None:
    two = listed.everything(modules)["TWO"]

    assert (two.name, two.also) == ("Second Moon", ("Secundus",))


def test_without_any_package_our_own_few_are_there(tmp_path: Path) -> None:
    assets = listed.everything(tmp_path)

    assert assets["BTC"].name == "Bitcoin"
    assert assets["LUNC"].kind is AssetKind.COIN


@pytest.mark.parametrize("name", ["euro", "Euro Member Countries, euro", "The EURO!"])
def test_names_that_are_alike_are_one_asset(name: str) -> None:
    assert listed.alike("Euro", name)


@pytest.mark.parametrize(("one", "other"), [("Toncoin", "Tokamak Network"), ("Blue Network", "Red Network")])
def test_names_that_share_only_empty_words_are_two(one: str, other: str) -> None:
    assert not listed.alike(one, other)


def test_money_is_money_and_what_exchanges_trade_under_its_code_is_not(tmp_path: Path) -> None:
    assets = listed.everything(tmp_path)

    assert (assets["EUR"].name, assets["EUR"].kind) == ("Euro", AssetKind.FIAT)
    assert assets["RON"].also == ("Ronin",)
    assert "MNT" not in assets
    assert "XTS" not in assets


def test_the_real_lists_hold_hundreds_with_names() -> None:
    assets = listed.everything(MODULES)

    assert len(assets) > 5000
    assert len(listed.web3icons(MODULES)) > 1000
    assert all(asset.name and asset.code for asset in assets.values())
    for code, name in {
        "SOL": "Solana",
        "DOT": "Polkadot",
        "UNI": "Uniswap",
        "XMR": "Monero",
        "LTC": "Litecoin",
    }.items():
        assert (assets[code].name, assets[code].also) == (name, ())
