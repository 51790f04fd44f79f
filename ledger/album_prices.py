"""The pages of prices as pictures are taken of them. Development and tests only."""

from __future__ import annotations

from config.album import View, add_views, add_visitor
from ledger import visitors_prices

APPRAISER = "appraiser"
OF = "/transactions/prices/of"


def register() -> None:
    add_visitor(APPRAISER, visitors_prices.appraiser)
    add_views(*PRICES)


PRICES = (
    View("prices", "ledger:prices", visitor=APPRAISER),
    View("prices-empty", "ledger:prices", visitor="expectant"),
    View("price", f"{OF}/DOT/", visitor=APPRAISER),
    View("price-missing", f"{OF}/QQFOO/", visitor=APPRAISER),
    View(
        "price-wrong",
        f"{OF}/BTC/",
        visitor=APPRAISER,
        fills={"#own input[name=price]": "-1"},
        press=("#own button[type=submit]",),
    ),
)
