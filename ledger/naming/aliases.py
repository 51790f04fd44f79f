"""What exchanges call assets by, and how names changed. Our own table, written from what is generally known.

When a project changed its name, or swapped its coin for a new one, is it the same asset afterwards?

- The SAME, when everybody's holding was carried over one for one under a new name and the old one ended: MATIC is POL,
  RNDR is RENDER, NANO is XNO. The code is the newest name for all of its history, so lots keep their dates and cost,
  and the exchange's row "MATIC out, POL in" moves nothing.
- DIFFERENT, when the number of units changed (LEND and AAVE, VEN and VET, MKR and SKY, BTTOLD and BTT), when both
  went on side by side (REP and REPV2, SAI and DAI), when several became one (AGIX and OCEAN into FET), or when one is
  a claim on the other (BETH, cbETH, WBTC). The swap is a transaction of its own, which its owner may look at.
- What a fork left behind goes by its later name from the beginning: the LUNA of before 28 May 2022 is today's LUNC.

An owner who sees it otherwise maps the symbol; their word goes before all of this.

M marks what stands here from memory alone and wants a check against the exchange's own announcement.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ledger.naming.base import Alias

VERSION = 1  # rises with every change that gives a symbol another code


def day(year: int, month: int, of: int, hour: int = 0) -> datetime:
    return datetime(year, month, of, hour, tzinfo=UTC)


TERRA_SPLIT = day(2022, 5, 28, 6)  # the new chain's first block; the hour is M
BTT_SPLIT = day(2022, 1, 18)  # M: exchanges renamed it within some days of this
BCH_SPLIT = day(2018, 11, 16)  # M: Binance renamed BCC a day after the chain split


def at(exchange: str, why: str, **names: str) -> list[Alias]:
    return [Alias(symbol, code, exchange, why=why) for symbol, code in names.items()]


# --- stage one: what an exchange means by a symbol ----------------------------------------------------------------

OF_EXCHANGES = [
    *at("kraken", "Kraken's own name", XBT="BTC", XXBT="BTC", XDG="DOGE", XXDG="DOGE", FEE="KFEE"),
    *at(
        "kraken",
        "Kraken puts Z before money",
        ZEUR="EUR",
        ZUSD="USD",
        ZGBP="GBP",
        ZCAD="CAD",
        ZJPY="JPY",
        ZAUD="AUD",
        ZCHF="CHF",
        ZKRW="KRW",
    ),
    *at(
        "kraken",
        "Kraken puts X before its older coins",
        XETH="ETH",
        XETC="ETC",
        XLTC="LTC",
        XXLM="XLM",
        XXMR="XMR",
        XXRP="XRP",
        XZEC="ZEC",
        XMLN="MLN",
        XICN="ICN",
        XNMC="NMC",
        XDAO="DAO",  # M: listed until about 2018
    ),
    *at("kraken", "Kraken left the old coin its name", LUNA="LUNC", LUNA2="LUNA", UST="USTC"),
    *at("kraken", "Staked ether is ether", ETH2="ETH"),
    *at("coinbase", "Staked ether is ether", ETH2="ETH"),
    *at("coinbase", "Coinbase's own name", CGLD="CELO"),
    *at("bitfinex", "Bitfinex calls Tether so", UST="USDT"),
    *at("bitfinex", "Bitfinex's own name", IOT="IOTA", DSH="DASH", DAT="DATA", QTM="QTUM", UDC="USDC", TSD="TUSD"),
    *at("bitfinex", "Bitcoin Cash, as Bitfinex named it after the split of 2018", BAB="BCH"),  # M
    *at("bitfinex", "Bitfinex left the old coin its name", LUNA="LUNC", LUNA2="LUNA"),
    *at("poloniex", "Stellar's ticker until 2015; Poloniex kept it", STR="XLM"),
    Alias("BCC", "BCH", "binance", until=BCH_SPLIT, why="Binance's name for Bitcoin Cash until November 2018"),
    Alias("BCC", "BCH", "bittrex", until=BCH_SPLIT, why="Bittrex's name for Bitcoin Cash until November 2018"),  # M
    Alias("BCC", "BCH", "bitfinex", until=BCH_SPLIT, why="Bitcoin Cash in its first days"),  # M
    Alias("BTTC", "BTT", "binance", since=BTT_SPLIT, why="Binance's name for the BitTorrent token after its split"),
    Alias("BTT", "BTTOLD", "binance", why="The BitTorrent token before its split, a thousandth of today's"),  # M
]

# For exchanges that ccxt does not know.
ANYWHERE = {"XBT": "BTC", "BCHSV": "BSV"}

# --- stage two: how the names of assets changed, wherever they lie -------------------------------------------------

RENAMED = [
    Alias("LUNA", "LUNC", until=TERRA_SPLIT, why="The LUNA of before 28 May 2022 is today's Luna Classic"),
    Alias("UST", "USTC", why="TerraUSD is called TerraClassicUSD since May 2022"),
    Alias("BTT", "BTTOLD", until=BTT_SPLIT, why="The BitTorrent token before its split, a thousandth of today's"),
    Alias("MATIC", "POL", why="MATIC became POL in September 2024, one for one"),
    Alias("RNDR", "RENDER", why="RNDR became RENDER, one for one"),
    Alias("FTM", "S", why="FTM became S in January 2025, one for one"),  # M
    Alias("EOS", "A", why="EOS became A in May 2025, one for one"),  # M
    Alias("KLAY", "KAIA", why="KLAY became KAIA in October 2024, one for one"),  # M
    Alias("MIOTA", "IOTA", why="A million iotas; exchanges call it IOTA"),
    Alias("XRB", "XNO", why="RaiBlocks, then Nano, then XNO"),
    Alias("NANO", "XNO", why="NANO goes by XNO since 2021"),
    Alias("GNT", "GLM", why="GNT became GLM in 2020, one for one"),
    Alias(
        "AGI", "AGIX", until=day(2022, 6, 1), why="AGI became AGIX in 2021, one for one"
    ),  # M: later another asset took the ticker
    Alias("XZC", "FIRO", why="Zcoin took the name Firo in 2020"),
    Alias("PAX", "USDP", why="The Paxos dollar took the ticker USDP in 2021"),
    Alias("TOMO", "VIC", why="TOMO became VIC in 2023, one for one"),  # M
    Alias("WAX", "WAXP", why="The older WAX token became WAXP, one for one"),  # M
    Alias("BCHABC", "BCH", why="Bitcoin Cash, as it was called in the months after the split of 2018"),
    Alias("BCHSV", "BSV", why="Bitcoin SV, as it was called in the months after the split of 2018"),
    Alias("TONCOIN", "TON", why="Toncoin's longer ticker"),  # M
]

# Binance shows what lies in its Simple Earn as LDBTC, LDETH and so on: the same coin, lent. LDO is Lido.
LENT = {"binance": "LD"}
NOT_LENT = {"LDO"}


def formerly(code: str) -> tuple[str, ...]:
    """Under which tickers an asset was traded before: where to look for its older prices."""
    return tuple(alias.symbol for alias in RENAMED if alias.code == code)


def taken_over() -> list[Alias]:
    """Tickers that mean another asset since some day."""
    return [alias for alias in RENAMED if alias.until]


def ended(code: str, symbol: str) -> datetime | None:
    """When a ticker that an asset was traded under came to mean another one; none: it still means the same."""
    return next((alias.until for alias in RENAMED if (alias.code, alias.symbol) == (code, symbol)), None)
