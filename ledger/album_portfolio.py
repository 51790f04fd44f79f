"""The pages of the portfolio as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from config.album import View, add_views, add_visitor
from ledger import portfolio_visitors
from ledger.visitors import known

HOLDER = "holder"


def register() -> None:
    add_visitor(HOLDER, portfolio_visitors.holder)
    add_visitor("impatient", portfolio_visitors.impatient)
    add_views(*PORTFOLIO)


PORTFOLIO = (
    View("portfolio", "portfolio:index", visitor=HOLDER),
    View("portfolio-small-hidden", "/portfolio/?small=hide", visitor=HOLDER),
    View("portfolio-wallet", f"/portfolio/wallets/{known('held')}/", visitor=HOLDER),
    View("portfolio-asset", "/portfolio/assets/BTC/", visitor=HOLDER),
    View("portfolio-asset-unpriced", "/portfolio/assets/QQFOO/", visitor=HOLDER),
    View("portfolio-asset-money", "/portfolio/assets/EUR/", visitor=HOLDER),
    View("portfolio-history", "/portfolio/history/?range=all", visitor=HOLDER),
    View("portfolio-week", "/portfolio/history/?range=1w&asset=ETH", visitor=HOLDER),
    View("portfolio-home", "/home/", visitor=HOLDER),
    View("portfolio-first", "portfolio:index", visitor="impatient"),
    View("portfolio-no-wallet", "portfolio:index", visitor="beginner"),
    View("portfolio-reading", "portfolio:index", visitor="expectant"),
)
