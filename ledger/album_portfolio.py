"""The pages of the portfolio as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from config.album import View, add_views, add_visitor
from ledger import portfolio_visitors
from ledger.visitors import known

INVESTOR = "investor"


def register() -> None:
    add_visitor(INVESTOR, portfolio_visitors.investor)
    add_visitor("impatient", portfolio_visitors.impatient)
    add_views(*PORTFOLIO)


PORTFOLIO = (
    View("portfolio", "portfolio:index", visitor=INVESTOR),
    View("portfolio-small-hidden", "/portfolio/?small=hide", visitor=INVESTOR),
    View("portfolio-wallet", f"/portfolio/wallets/{known('held')}/", visitor=INVESTOR),
    View("portfolio-asset", "/portfolio/assets/BTC/", visitor=INVESTOR),
    View("portfolio-asset-unpriced", "/portfolio/assets/QQFOO/", visitor=INVESTOR),
    View("portfolio-asset-money", "/portfolio/assets/EUR/", visitor=INVESTOR),
    View("portfolio-history", "/portfolio/history/?range=all", visitor=INVESTOR),
    View("portfolio-week", "/portfolio/history/?range=1w&asset=ETH", visitor=INVESTOR),
    View("portfolio-home", "/home/", visitor=INVESTOR),
    View("portfolio-first", "portfolio:index", visitor="impatient"),
    View("portfolio-no-wallet", "portfolio:index", visitor="beginner"),
    View("portfolio-reading", "portfolio:index", visitor="expectant"),
)
