"""What we say ourselves about assets, beside the lists that are installed.

Names here go before those of the lists: they are for assets newer than a list, or whose ticker an older and lesser
asset has there. All of it is from memory of what is generally known; `also` is found by the lists, not here.
"""

from __future__ import annotations

import re

from ledger.naming.base import AssetKind

# What is meant to keep the worth of a currency. Never taken to have done so: its price is looked up like any other's.
STABLECOINS = frozenset(
    re.findall(
        r"\S+",
        """
    USDT USDC DAI SAI TUSD USDP BUSD GUSD FRAX LUSD SUSD HUSD FDUSD PYUSD USDD USDE USDS RLUSD USD1 USDG USDL USDQ USDR
    USD0 USDY USDB USDK USDJ CUSD MIM DOLA CRVUSD GHO FEI ALUSD MUSD OUSD VAI USDX
    EURC EURT EURS EURI EURR EURQ EURCV AEUR CEUR AGEUR EURA GBPT TGBP XSGD BIDR IDRT BRZ TRYB GYEN CADC QCAD AUDT
    """,
    )
)

NAMES: dict[str, tuple[str, AssetKind]] = {
    "BTC": ("Bitcoin", AssetKind.COIN),
    "ETH": ("Ether", AssetKind.COIN),
    "TON": ("Toncoin", AssetKind.COIN),
    "BNB": ("BNB (Binance Coin)", AssetKind.COIN),
    "XNO": ("Nano", AssetKind.COIN),
    "LUNA": ("Terra", AssetKind.COIN),
    "LUNC": ("Terra Luna Classic", AssetKind.COIN),
    "USTC": ("TerraClassicUSD", AssetKind.TOKEN),
    "POL": ("Polygon (POL, formerly MATIC)", AssetKind.COIN),
    "RENDER": ("Render", AssetKind.TOKEN),
    "S": ("Sonic (formerly Fantom)", AssetKind.COIN),
    "A": ("Vaulta (formerly EOS)", AssetKind.COIN),
    "KAIA": ("Kaia (formerly Klaytn)", AssetKind.COIN),
    "IOTA": ("IOTA", AssetKind.COIN),
    "BTT": ("BitTorrent", AssetKind.TOKEN),
    "BTTOLD": ("BitTorrent (before its split)", AssetKind.TOKEN),
    "BETH": ("Binance staked ether (Beacon ETH)", AssetKind.TOKEN),
    "WBETH": ("Wrapped Binance staked ether", AssetKind.TOKEN),
    "REPV1": ("Augur (version 1)", AssetKind.TOKEN),
    "REPV2": ("Augur (version 2)", AssetKind.TOKEN),
    "KFEE": ("Kraken fee credits", AssetKind.TOKEN),
    "ACT": ("Act I: The AI Prophecy", AssetKind.TOKEN),
    "AIXBT": ("aixbt", AssetKind.TOKEN),
    "ASTER": ("Aster", AssetKind.TOKEN),
    "BERA": ("Berachain", AssetKind.COIN),
    "CATI": ("Catizen", AssetKind.TOKEN),
    "EIGEN": ("EigenLayer", AssetKind.TOKEN),
    "HMSTR": ("Hamster Kombat", AssetKind.TOKEN),
    "HYPE": ("Hyperliquid", AssetKind.COIN),
    "IP": ("Story", AssetKind.COIN),
    "KAITO": ("Kaito", AssetKind.TOKEN),
    "LISTA": ("Lista DAO", AssetKind.TOKEN),
    "MOVE": ("Movement", AssetKind.TOKEN),
    "NOT": ("Notcoin", AssetKind.TOKEN),
    "PENGU": ("Pudgy Penguins", AssetKind.TOKEN),
    "PNUT": ("Peanut the Squirrel", AssetKind.TOKEN),
    "REZ": ("Renzo", AssetKind.TOKEN),
    "SAGA": ("Saga", AssetKind.COIN),
    "SCR": ("Scroll", AssetKind.TOKEN),
    "SKY": ("Sky", AssetKind.TOKEN),
    "USUAL": ("Usual", AssetKind.TOKEN),
    "WLFI": ("World Liberty Financial", AssetKind.TOKEN),
}

# Codes of currencies under which exchanges trade a coin, and not the money.
COINS_NAMED_LIKE_MONEY = frozenset(
    {"MNT", "ERN", "ALL", "TOP", "STN", "BAM", "GEL", "MOP", "CUP", "XAU", "XAG", "ANG", "SCR", "SBD"}
)
# And the other way round: money, whose code is the ticker of a coin that no list has.
ALSO = {"RON": ("Ronin",)}
